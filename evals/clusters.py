"""Statistics where a task has several samples: the task is the cluster, its samples are never counted as independent.

Covers pass@k and pass^k, intervals of a mean over tasks, the paired comparison of two models by sign flips and by the
bootstrap over tasks, and the correction for several comparisons. One sample a task: see ``evals.stats``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from evals.stats import Interval

_EXACT_UP_TO = 16  # informative tasks; 2 ** 16 sign patterns are enumerated, beyond that they are drawn
_DRAWS = 100_000
_BLOCK = 2_048


def pass_at_k(n: int, passed: int, k: int) -> float:
    """Chance that one of ``k`` of a task's ``n`` samples passes (Chen et al. 2021, arXiv:2107.03374, eq. 1).

    Raises:
        ValueError: ``n < k``, where the estimator is undefined, or impossible counts.
    """
    _require_counts(n, passed, k)
    return 1.0 - math.comb(n - passed, k) / math.comb(n, k)


def pass_hat_k(n: int, passed: int, k: int) -> float:
    """Chance that all of ``k`` of a task's ``n`` samples pass (pass^k, Yao et al. 2024, arXiv:2406.12045, section 3).

    Raises:
        ValueError: ``n < k``, where the estimator is undefined, or impossible counts.
    """
    _require_counts(n, passed, k)
    return math.comb(passed, k) / math.comb(n, k)


def _require_counts(n: int, passed: int, k: int) -> None:
    if not 0 <= passed <= n or not 1 <= k <= n:
        raise ValueError(f"needs 0 <= passed <= n and 1 <= k <= n, got n={n}, passed={passed}, k={k}; draw at least k samples")


def mean_interval(means: Sequence[float], confidence: float = 0.95) -> Interval:
    """Interval of the mean over tasks from one mean a task, by Student's t with clusters as the units (Miller 2024, eq. 4).

    Shares stay within 0 and 1. With all means alike the spread says nothing; the interval is then the widest, 0 to 1.

    Raises:
        ValueError: fewer than two tasks.
    """
    values = np.asarray(means, dtype=float)
    if values.size < 2:
        raise ValueError(f"needs at least two tasks, got {values.size}")
    if np.ptp(values) == 0:
        return Interval(low=0.0, high=1.0)
    half = float(student.ppf(0.5 + confidence / 2, values.size - 1) * values.std(ddof=1) / math.sqrt(values.size))
    centre = float(values.mean())
    return Interval(low=max(0.0, centre - half), high=min(1.0, centre + half))


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedMeans:
    """Two models on the same ``n`` tasks with any number of samples each; ``delta`` is the mean difference of task means.

    ``p`` is the two-sided sign-flip test's, exact where ``exact``; ``ci95`` is Student's t over the tasks' differences,
    ``bootstrap95`` the percentile bootstrap over tasks beside it; ``low_one_sided`` is the lower bound of the one-sided 95%
    interval; ``detectable`` is the smallest delta that such a run sees with 80% power.
    """

    n: int
    before: float
    after: float
    delta: float
    ci95: Interval
    bootstrap95: Interval
    low_one_sided: float
    p: float
    exact: bool
    detectable: float


def compare_means(before: Mapping[str, float], after: Mapping[str, float], seed: int = 0) -> PairedMeans:
    """Compare two models by their mean over samples on each task.

    Raises:
        ValueError: fewer than two tasks, or not the same ones on both sides.
    """
    if before.keys() != after.keys() or len(before) < 2:
        only = sorted(before.keys() ^ after.keys())[:3]
        raise ValueError(f"needs the same tasks on both sides, at least two; {len(before)} and {len(after)}, differing in {only}")
    keys = sorted(before)
    left, right = np.array([before[key] for key in keys]), np.array([after[key] for key in keys])
    differences = right - left
    n = len(keys)
    error = float(differences.std(ddof=1)) / math.sqrt(n)
    delta = float(differences.mean())
    half = float(student.ppf(0.975, n - 1)) * error
    p, exact = sign_flip_p(differences.tolist(), seed=seed)
    return PairedMeans(
        n=n,
        before=float(left.mean()),
        after=float(right.mean()),
        delta=delta,
        ci95=Interval(low=max(-1.0, delta - half), high=min(1.0, delta + half)),
        bootstrap95=bootstrap_interval(differences.tolist(), seed=seed),
        low_one_sided=max(-1.0, delta - float(student.ppf(0.95, n - 1)) * error),
        p=p,
        exact=exact,
        # 1.96 + 0.84 standard errors, as in evals.stats.detectable_effect; never finer than half a task.
        detectable=2.8 * max(error, 0.5 / n),
    )


def sign_flip_p(differences: Sequence[float], seed: int = 0) -> tuple[float, bool]:
    """Two-sided p of the sign-flip (randomisation) test over tasks, and whether all sign patterns were counted.

    Fisher (1935), The Design of Experiments, section 21: under the null hypothesis every task's difference could as well have
    had the other sign. Drawn patterns count the observed one among them (Phipson and Smyth 2010), so p is never 0.
    """
    values = np.abs(np.asarray([d for d in differences if d != 0], dtype=float))
    if values.size == 0:
        return 1.0, True
    observed = abs(math.fsum(differences)) - 1e-9
    if values.size <= _EXACT_UP_TO:
        patterns = (np.arange(1 << values.size)[:, None] >> np.arange(values.size)) & 1
        sums = (2 * patterns - 1) @ values
        return float(np.count_nonzero(np.abs(sums) >= observed)) / sums.size, True
    generator = np.random.default_rng(seed)
    reached = 0
    for start in range(0, _DRAWS, _BLOCK):
        rows = min(_BLOCK, _DRAWS - start)
        signs = generator.integers(0, 2, size=(rows, values.size), dtype=np.int8) * 2 - 1
        reached += int(np.count_nonzero(np.abs(signs @ values) >= observed))
    return (reached + 1) / (_DRAWS + 1), False


def bootstrap_interval(values: Sequence[float], confidence: float = 0.95, *, draws: int = 10_000, seed: int = 0) -> Interval:
    """Percentile bootstrap of the mean over tasks, widened to the t interval's coverage in small samples.

    Efron and Tibshirani (1993), section 13.3; the widening by ``sqrt(n / (n - 1))`` and Student's quantile is Hesterberg's
    (2015, section 4.1): plain percentiles are too narrow.

    Raises:
        ValueError: fewer than two tasks.
    """
    data = np.asarray(values, dtype=float)
    n = data.size
    if n < 2:
        raise ValueError(f"needs at least two tasks, got {n}")
    generator = np.random.default_rng(seed)
    means = np.concatenate(
        [data[generator.integers(0, n, size=(min(500, draws - start), n))].mean(axis=1) for start in range(0, draws, 500)]
    )
    z = math.sqrt(n / (n - 1)) * float(student.ppf(0.5 + confidence / 2, n - 1))
    tail = float(norm.cdf(-z))
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(low=float(low), high=float(high))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjusted p values of several comparisons (Holm 1979): below 0.05 keeps the chance of any false finding below 5%."""
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda key: (p_values[key], key))):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = largest
    return adjusted
