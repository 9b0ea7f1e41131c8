"""Statistics of dependent outcomes: samples of one task, tasks of one group, never counted as independent.

Covers pass@k and pass^k, intervals of a mean over tasks, the paired comparison of two models by sign flips and by the
bootstrap over clusters, and the correction for several comparisons. One sample per task, each task its own group: see
``evals.stats``. Measured coverage of the 95% intervals (``benchmarks/intervals.py``): 94% to 97%, with fewer than ten clusters
or with rates near 0 and 1 on 20 or 40 tasks up to 99%. The bootstrap's falls to 73% there, so it decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from evals.stats import Comparison, Interval, score_interval, square_and_add

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


Groups = Mapping[str, str]
"""The group of each task: tasks of one group are about the same thing, so they are one cluster."""


def mean_interval(means: Sequence[float], confidence: float = 0.95, groups: Sequence[str] = ()) -> Interval:
    """Interval of the mean over tasks from one mean per task; tasks of one of ``groups`` are one cluster, without groups each.

    The cluster-robust variance (Miller 2024, eq. 4; bias-reduced) says how many independent trials the tasks are worth; that
    number goes into Wilson's interval with Student's quantile (Korn and Graubard 1998; Dean and Pagano 2015), since the plain
    t interval misses its 95% near 0 and 1. If the spread says nothing because all means are equal, every cluster is one trial.
    One cluster alone gives the widest interval, 0 to 1.

    Raises:
        ValueError: fewer than two tasks, or means that are not shares.
    """
    values = _finite(means)
    if values.size < 2:
        raise ValueError(f"needs at least two tasks, got {values.size}")
    if values.min() < 0 or values.max() > 1:
        raise ValueError(f"needs shares from 0 to 1, got {values.min()} to {values.max()}")
    labels: Sequence[object] = groups or range(values.size)
    return _share_interval(_Clustered.of(values, labels), confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clustered:
    """Values in clusters: their sum and number in each."""

    totals: np.ndarray
    sizes: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, labels: Sequence[object]) -> _Clustered:
        numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
        places = [numbers[label] for label in labels]
        return cls(totals=np.bincount(places, weights=values), sizes=np.bincount(places))

    @property
    def mean(self) -> float:
        return float(self.totals.sum() / self.sizes.sum())

    @property
    def count(self) -> int:
        return int(self.sizes.size)

    @property
    def sums(self) -> np.ndarray:
        """The clusters' summed deviations from the mean, each corrected for its own influence on the mean; needs two clusters."""
        deviations: np.ndarray = self.totals - self.mean * self.sizes
        deviations /= np.sqrt(1 - self.sizes / self.sizes.sum())
        return deviations

    @property
    def error(self) -> float:
        """Cluster-robust standard error of the mean, bias-reduced (Bell and McCaffrey 2002, CR2); needs two clusters."""
        return float(np.linalg.norm(self.sums) / self.sizes.sum())

    def quantile(self, probability: float) -> float:
        """Student's, with Bell and McCaffrey's degrees of freedom: clusters - 1 where all are of one size, else fewer."""
        n = float(self.sizes.sum())
        pulls = self.sizes**2 / (n - self.sizes)
        freedom = n**2 / float(self.sizes @ self.sizes + pulls.sum() ** 2 - pulls @ pulls)
        return float(student.ppf(probability, freedom))


def _share_interval(clustered: _Clustered, confidence: float) -> Interval:
    if clustered.count < 2:
        return Interval(low=0.0, high=1.0)
    error, share = clustered.error, min(1.0, max(0.0, clustered.mean))
    known = error > 1e-9 and 0 < share < 1
    trials = share * (1 - share) / error**2 if known else float(clustered.count)
    return score_interval(share, trials, clustered.quantile(0.5 + confidence / 2))


def difference_interval(
    before: Sequence[float], after: Sequence[float], groups: Sequence[str], confidence: float = 0.95
) -> Interval:
    """Interval of the mean difference of task means, after minus before, over the same tasks in the same order.

    Newcombe's square-and-add (1998, method 10) with the cluster-robust limits of ``mean_interval`` and the clusters' own
    correlation: unlike the t interval it neither collapses where all tasks change alike, nor leans to one side near 0 and 1.
    One cluster alone gives the widest interval, -1 to 1.

    Raises:
        ValueError: no task, or sides of different length.
    """
    left, right = _finite(before), _finite(after)
    if not left.size or not left.size == right.size == len(groups):
        raise ValueError(f"needs the same tasks on both sides and a group for each: {left.size}, {right.size}, {len(groups)}")
    lefts, rights = _Clustered.of(left, groups), _Clustered.of(right, groups)
    if lefts.count < 2:
        return Interval(low=-1.0, high=1.0)
    size = math.sqrt(float(lefts.sums @ lefts.sums) * float(rights.sums @ rights.sums))
    correlation = float(lefts.sums @ rights.sums) / size if size > 1e-12 else 0.0
    limits = _share_interval(lefts, confidence), _share_interval(rights, confidence)
    return square_and_add(lefts.mean, limits[0], rights.mean, limits[1], correlation)


def compare_means(
    before: Mapping[str, float], after: Mapping[str, float], seed: int = 0, groups: Groups | None = None
) -> Comparison:
    """Compare two models by their mean over samples on each task; tasks of one group are one cluster, without groups each.

    ``p`` is the sign-flip test's; ``ci95`` and ``low_one_sided`` are Student's t over the clusters' differences, with the
    percentile bootstrap over clusters beside them; ``gained`` and ``lost`` count tasks whose mean rose and fell.

    Raises:
        ValueError: fewer than two tasks or clusters, not the same tasks on both sides, or a mean that is not a number.
    """
    if before.keys() != after.keys() or len(before) < 2:
        only = sorted(before.keys() ^ after.keys())[:3]
        raise ValueError(f"needs the same tasks on both sides, at least two; {len(before)} and {len(after)}, differing in {only}")
    keys = sorted(before)
    left, right = _finite([before[key] for key in keys]), _finite([after[key] for key in keys])
    labels = [groups[key] if groups else key for key in keys]
    clustered = _Clustered.of(right - left, labels)
    if clustered.count < 2:
        raise ValueError(f"needs at least two groups, got {clustered.count}")
    error, delta, likely = clustered.error, clustered.mean, clustered.quantile(0.975)
    p, exact = sign_flip_p(clustered.totals.tolist(), seed=seed)
    return Comparison(
        n=len(keys),
        clusters=clustered.count,
        before=float(left.mean()),
        after=float(right.mean()),
        delta=delta,
        ci95=Interval(low=max(-1.0, delta - likely * error), high=min(1.0, delta + likely * error)),
        bootstrap95=bootstrap_interval(clustered.totals.tolist(), seed=seed, sizes=clustered.sizes.tolist()),
        low_one_sided=max(-1.0, delta - clustered.quantile(0.95) * error),
        gained=int((right > left).sum()),
        lost=int((right < left).sum()),
        p=p,
        test=f"sign flips over {'tasks' if clustered.count == len(keys) else 'groups'}",
        exact=exact,
        # Of both errors, 2.5% and 20%, as in evals.stats; never finer than half a task.
        detectable=min(1.0, (likely + clustered.quantile(0.8)) * max(error, 0.5 / len(keys))),
    )


def _finite(values: Sequence[float]) -> np.ndarray:
    """The values as an array.

    Raises:
        ValueError: one of them is not a number; any comparison with it would be false, and would look like a finding.
    """
    data = np.asarray(values, dtype=float)
    if not np.isfinite(data).all():
        raise ValueError(f"needs numbers, got {data[~np.isfinite(data)][0]} at place {int(np.argmin(np.isfinite(data)))}")
    return data


def sign_flip_p(differences: Sequence[float], seed: int = 0) -> tuple[float, bool]:
    """Two-sided p of the sign-flip (randomisation) test over tasks, and whether all sign patterns were counted.

    Fisher (1935), The Design of Experiments, section 21: under the null hypothesis every task's difference could as well have
    had the other sign. Drawn patterns count the observed one among them (Phipson and Smyth 2010), so p is never 0.

    Raises:
        ValueError: a difference is not a number.
    """
    values = np.abs(_finite([d for d in differences if d != 0]))
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


def bootstrap_interval(
    values: Sequence[float], confidence: float = 0.95, *, draws: int = 10_000, seed: int = 0, sizes: Sequence[int] = ()
) -> Interval:
    """Percentile bootstrap of the mean over tasks, widened to the t interval's coverage in small samples.

    ``values`` are one a task, or the sums of clusters of the given ``sizes``. Efron and Tibshirani (1993), section 13.3; the
    widening by ``sqrt(n / (n - 1))`` and Student's quantile is Hesterberg's (2015, section 4.1): plain percentiles are too
    narrow.

    Raises:
        ValueError: fewer than two tasks, or a value that is not a number.
    """
    data = _finite(values)
    n = data.size
    if n < 2:
        raise ValueError(f"needs at least two tasks, got {n}")
    weights = np.asarray(list(sizes) or [1] * n)
    generator = np.random.default_rng(seed)
    drawn = (generator.integers(0, n, size=(min(500, draws - start), n)) for start in range(0, draws, 500))
    means = np.concatenate([data[rows].sum(axis=1) / weights[rows].sum(axis=1) for rows in drawn])
    z = math.sqrt(n / (n - 1)) * float(student.ppf(0.5 + confidence / 2, n - 1))
    tail = float(norm.cdf(-z))
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(low=float(low), high=float(high))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjusted p values of several comparisons (Holm 1979): below 0.05 keeps the chance of any false finding below 5%.

    Raises:
        ValueError: a p value is not between 0 and 1.
    """
    if wrong := [name for name, p in p_values.items() if not 0 <= p <= 1]:
        raise ValueError(f"needs p values from 0 to 1, got {p_values[wrong[0]]} for {wrong[0]!r}")
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda key: (p_values[key], key))):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = largest
    return adjusted
