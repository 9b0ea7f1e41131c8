"""Agreement of two raters beyond chance, with its interval, and whether a stated confidence is honest.

Covers ratings of two kinds (good or not). Ratings of several answers to one task are one cluster, never independent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import t as student

from evals.clusters import mean_interval
from evals.stats import Interval


def cohen_kappa(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Agreement beyond chance (Cohen 1960); 0 if one rater never varies and they differ, 1 if they agree throughout."""
    n = len(first)
    agreed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    chance = _chance(sum(first) / n, sum(second) / n)
    return 1.0 if agreed == 1.0 else (agreed - chance) / (1 - chance) if chance < 1 else 0.0


def _chance(p: float, q: float) -> float:
    return p * q + (1 - p) * (1 - q)


def kappa_error(first: Sequence[bool], second: Sequence[bool], tasks: Sequence[str]) -> float:
    """Standard error of kappa; ``tasks`` names the task of each rating, and ratings of one task are one cluster.

    The linearised kappa's sums over tasks, times ``tasks / (tasks - 1)`` in the variance. Where each rating is of a task of its
    own, the variance without that factor is the asymptotic one of Fleiss, Cohen and Everitt (1969).

    Raises:
        ValueError: fewer than two tasks, or two raters that gave but one kind, for whom kappa is not defined.
    """
    left, right = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    names, places = np.unique(np.asarray(tasks), return_inverse=True)
    p, q = float(left.mean()), float(right.mean())
    chance, agreed = _chance(p, q), float((left == right).mean())
    if names.size < 2 or chance == 1:
        raise ValueError(f"needs two tasks and ratings of both kinds, got {names.size} tasks and chance agreement {chance:g}")
    by_chance = np.where(left, q, 1 - q) + np.where(right, p, 1 - p) - 2 * chance
    pulls = ((left == right) - agreed) / (1 - chance) - by_chance * (1 - agreed) / (1 - chance) ** 2
    sums = np.bincount(places, weights=pulls)
    return math.sqrt(float(sums @ sums) * names.size / (names.size - 1)) / left.size


def kappa_interval(first: Sequence[bool], second: Sequence[bool], tasks: Sequence[str]) -> Interval:
    """95% interval of kappa over the tasks; -1 to 1 where kappa or its error is not defined (see ``kappa_error``).

    On each side the wider limit of two: kappa and Student's t times its error, which is nothing if all ratings agree; and
    kappa at the limits of the share that agrees (``evals.clusters.mean_interval``), with the agreement by chance as it is.
    """
    try:
        error = kappa_error(first, second, tasks)
    except ValueError:
        return Interval(low=-1.0, high=1.0)
    kappa, n = cohen_kappa(first, second), len(first)
    half = float(student.ppf(0.975, len(set(tasks)) - 1)) * error
    chance = _chance(sum(first) / n, sum(second) / n)
    same = [float(a == b) for a, b in zip(first, second, strict=True)]
    share = mean_interval(same, groups=tasks, trials=n)
    low, high = ((limit - chance) / (1 - chance) for limit in (share.low, share.high))
    return Interval(low=max(-1.0, min(low, kappa - half)), high=min(1.0, max(high, kappa + half)))


def expected_calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Mean distance of confidence and accuracy over equal bins (Guo et al. 2017, eq. 3)."""
    said, was = np.asarray(confidence, dtype=float), np.asarray(right, dtype=float)
    slots = np.minimum((said * bins).astype(int), bins - 1)
    parts = [slots == slot for slot in range(bins) if np.any(slots == slot)]
    return float(sum(part.sum() * abs(said[part].mean() - was[part].mean()) for part in parts) / said.size)
