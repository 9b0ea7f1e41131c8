"""Statistics of pass rates: intervals, paired comparison, minimum detectable effect.

Covers one binary outcome a task and model. Shares and differences are fractions (0.25 is 25 points).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from scipy.stats import binom, norm


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A two-sided confidence interval, ``low <= high``."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Two models on the same ``n`` tasks. ``gained``: failed before, passes after; ``lost``: the other way round.

    ``delta == after - before == (gained - lost) / n``. ``p`` is the mid-p of the exact McNemar test, two-sided;
    ``low_one_sided`` is the lower bound of the one-sided 95% interval; ``detectable`` is the smallest delta that a run of
    this size sees with 80% power.
    """

    n: int
    before: float
    after: float
    delta: float
    ci95: Interval
    low_one_sided: float
    gained: int
    lost: int
    p: float
    detectable: float


def wilson(passed: int, n: int, confidence: float = 0.95) -> Interval:
    """Score interval of a proportion (Wilson 1927, eq. 4 of Brown, Cai and DasGupta 2001).

    Raises:
        ValueError: no trials, or more passes than trials.
    """
    if n <= 0 or not 0 <= passed <= n:
        raise ValueError(f"needs 0 <= passed <= n and n > 0, got passed={passed}, n={n}")
    z = float(norm.ppf(0.5 + confidence / 2))
    share, z2 = passed / n, z * z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return Interval(low=max(0.0, centre - half), high=min(1.0, centre + half))


def newcombe_paired(both: int, gained: int, lost: int, neither: int, confidence: float = 0.95) -> Interval:
    """Interval of the difference of paired proportions, after minus before.

    Newcombe (1998), Statistics in Medicine 17:2635-2650, method 10: Wilson limits of both proportions, squared and added,
    with a continuity-corrected estimate of their correlation.
    """
    n = both + gained + lost + neither
    after, before = both + gained, both + lost
    p_after, p_before = after / n, before / n
    limits_after, limits_before = wilson(after, n, confidence), wilson(before, n, confidence)
    product = after * (n - after) * before * (n - before)
    phi = 0.0
    if product:
        cross = float(both * neither - gained * lost)
        cross = max(cross - n / 2, 0.0) if cross > 0 else cross
        phi = cross / math.sqrt(product)
    down_after, up_before = p_after - limits_after.low, limits_before.high - p_before
    up_after, down_before = limits_after.high - p_after, p_before - limits_before.low
    below = math.sqrt(max(0.0, down_after**2 - 2 * phi * down_after * up_before + up_before**2))
    above = math.sqrt(max(0.0, up_after**2 - 2 * phi * up_after * down_before + down_before**2))
    delta = p_after - p_before
    return Interval(low=max(-1.0, delta - below), high=min(1.0, delta + above))


def mcnemar_midp(gained: int, lost: int) -> float:
    """Two-sided mid-p of the exact McNemar test (Fagerland, Lydersen and Laake 2013, eq. 4); 1 without discordant pairs."""
    discordant = gained + lost
    if discordant == 0:
        return 1.0
    smaller = min(gained, lost)
    exact = 2 * float(binom.cdf(smaller, discordant, 0.5))
    if gained == lost:
        return 1.0 - float(binom.pmf(smaller, discordant, 0.5))
    return min(1.0, exact - float(binom.pmf(smaller, discordant, 0.5)))


def detectable_effect(n: int, discordance: float) -> float:
    """Smallest paired difference seen with 80% power at 5%, two-sided: ``2.8 * sqrt(discordance / n)`` (Miller 2024)."""
    return 2.8 * math.sqrt(discordance / n)


def compare(before: Mapping[str, bool], after: Mapping[str, bool]) -> Paired:
    """Compare two models on the same tasks.

    Raises:
        ValueError: no tasks, or not the same tasks.
    """
    if not before or before.keys() != after.keys():
        only = sorted(before.keys() ^ after.keys())[:3]
        raise ValueError(f"needs the same tasks on both sides, at least one; {len(before)} and {len(after)}, differing in {only}")
    n = len(before)
    both = sum(before[task] and after[task] for task in before)
    gained = sum(after[task] and not before[task] for task in before)
    lost = sum(before[task] and not after[task] for task in before)
    neither = n - both - gained - lost
    discordance = max((gained + lost) / n, 1 / n)
    return Paired(
        n=n,
        before=(both + lost) / n,
        after=(both + gained) / n,
        delta=(gained - lost) / n,
        ci95=newcombe_paired(both, gained, lost, neither),
        low_one_sided=newcombe_paired(both, gained, lost, neither, confidence=0.90).low,
        gained=gained,
        lost=lost,
        p=mcnemar_midp(gained, lost),
        detectable=detectable_effect(n, discordance),
    )
