"""Statistics of dependent outcomes: samples of one task, tasks of one group, never counted as independent.

Covers pass@k and pass^k, intervals of a mean over tasks, the paired comparison of two models by sign flips and by the
bootstrap over clusters, and the correction for several comparisons. One sample per task, each task its own group: see
``evals.stats``. Coverage of the 95% intervals is measured by ``benchmarks/intervals.py``. The bootstrap's falls to 73% with
few clusters, so it decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit
from scipy.stats import norm
from scipy.stats import t as student

from evals.stats import Comparison, Interval, detectable_gain, score_interval, square_and_add

_EXACT_UP_TO = 16  # informative tasks; 2 ** 16 sign patterns are enumerated, beyond that they are drawn
_DRAWS = 100_000
_BLOCK = 2_048
_MOST_OF_TWO = 0.95
"""Two clusters always correlate by 1 or -1; with 1 the interval can collapse (93% coverage), with this it does not (95%)."""


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


def mean_interval(
    means: Sequence[float], confidence: float = 0.95, groups: Sequence[str] = (), trials: float = math.inf
) -> Interval:
    """Interval of the mean over tasks from one mean per task; tasks of one of ``groups`` are one cluster, without groups each.

    The cluster-robust variance (Miller 2024, eq. 4; bias-reduced) says how many independent trials the tasks are worth; that
    number goes into Wilson's interval with Student's quantile (Korn and Graubard 1998; Dean and Pagano 2015), since the plain
    t interval misses its 95% near 0 and 1. If the spread says nothing because all means are equal, every cluster is one trial.
    There are never more trials than ``trials``, the samples that were drawn of all tasks: the clusters of a small suite may
    differ by less than chance makes independent samples differ, and that is luck. One cluster alone gives the widest interval,
    0 to 1.

    Raises:
        ValueError: fewer than two tasks, or means that are not shares.
    """
    values = _finite(means)
    if values.size < 2:
        raise ValueError(f"needs at least two tasks, got {values.size}")
    if values.min() < 0 or values.max() > 1:
        raise ValueError(f"needs shares from 0 to 1, got {values.min()} to {values.max()}")
    labels: Sequence[object] = groups or range(values.size)
    return _share_interval(_Clustered.of(values, labels), confidence, trials)


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
        return float(stdtrit(freedom, probability))


def _share_interval(clustered: _Clustered, confidence: float, most_trials: float) -> Interval:
    if clustered.count < 2:
        return Interval(low=0.0, high=1.0)
    error, share = clustered.error, min(1.0, max(0.0, clustered.mean))
    known = error > 1e-9 and 0 < share < 1
    trials = share * (1 - share) / error**2 if known else float(clustered.count)
    return score_interval(share, min(trials, most_trials), clustered.quantile(0.5 + confidence / 2))


def difference_interval(
    before: Sequence[float],
    after: Sequence[float],
    groups: Sequence[str],
    confidence: float = 0.95,
    trials: tuple[float, float] = (math.inf, math.inf),
) -> Interval:
    """Interval of the mean difference of task means, after minus before, over the same tasks in the same order.

    On each side the wider limit of two intervals. Newcombe's square-and-add (1998, method 10), with the cluster-robust limits
    of ``mean_interval`` (``trials`` before and after) and the clusters' own correlation, neither collapses where all tasks
    change alike, nor leans to one side near 0 and 1; but few clusters hardly show their correlation (two always give 1 or -1).
    Student's t over the clusters' differences does not need it. One cluster alone gives the widest interval, -1 to 1.

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
    if lefts.count == 2:
        correlation = min(correlation, _MOST_OF_TWO)
    limits = _share_interval(lefts, confidence, trials[0]), _share_interval(rights, confidence, trials[1])
    added = square_and_add(lefts.mean, limits[0], rights.mean, limits[1], correlation)
    student_t = _student_interval(_Clustered.of(right - left, groups), confidence)
    return Interval(low=min(added.low, student_t.low), high=max(added.high, student_t.high))


def _student_interval(differences: _Clustered, confidence: float) -> Interval:
    """Student's t interval of a mean difference from the clusters' differences; needs two clusters."""
    half = differences.quantile(0.5 + confidence / 2) * differences.error
    return Interval(low=max(-1.0, differences.mean - half), high=min(1.0, differences.mean + half))


def compare_means(
    before: Mapping[str, float],
    after: Mapping[str, float],
    seed: int = 0,
    groups: Groups | None = None,
    level: float = 0.05,
) -> Comparison:
    """Compare two models by their mean over samples on each task; tasks of one group are one cluster, without groups each.

    ``p`` is the sign-flip test's; the intervals are Student's t over the clusters' differences, with the percentile bootstrap
    over clusters beside them; ``gained`` and ``lost`` count tasks whose mean rose and fell; ``level`` is that of the test in
    ``detectable``.

    Raises:
        ValueError: fewer than two tasks or clusters, not the same tasks on both sides, or a mean that is not a number.
    """
    if before.keys() != after.keys() or len(before) < 2:
        differing = len(before.keys() ^ after.keys())
        raise ValueError(f"needs the same tasks on both sides, at least two; {len(before)} and {len(after)}, {differing} differ")
    keys = sorted(before)
    left, right = _finite([before[key] for key in keys]), _finite([after[key] for key in keys])
    labels = [groups[key] if groups else key for key in keys]
    clustered = _Clustered.of(right - left, labels)
    if clustered.count < 2:
        raise ValueError(f"needs at least two groups, got {clustered.count}")
    p, exact = sign_flip_p(clustered.totals.tolist(), seed=seed)
    one_sided = _student_interval(clustered, 0.90)
    return Comparison(
        n=len(keys),
        clusters=clustered.count,
        before=float(left.mean()),
        after=float(right.mean()),
        delta=clustered.mean,
        ci95=_student_interval(clustered, 0.95),
        bootstrap95=bootstrap_interval(clustered.totals.tolist(), seed=seed, sizes=clustered.sizes.tolist()),
        low_one_sided=one_sided.low,
        high_one_sided=one_sided.high,
        gained=int((right > left).sum()),
        lost=int((right < left).sum()),
        p=p,
        test=f"sign flips over {'tasks' if clustered.count == len(keys) else 'groups'}",
        exact=exact,
        least_p=least_sign_flip_p(clustered.count),
        detectable=_detectable(clustered, level),
    )


def least_sign_flip_p(clusters: int) -> float:
    """The smallest p that the sign-flip test can give with so many clusters: all changed in the same direction."""
    return min(1.0, 2.0 * 0.5**clusters)


def _detectable(clustered: _Clustered, level: float) -> float:
    """Smallest mean difference that the sign-flip test detects with 80% power, 1 where there is none.

    The larger of what the standard error allows (both errors, as in ``evals.stats``), and of what the number of clusters
    allows: clusters that change by the same amount give the sign test, whose p depends on how many of them change.
    """
    if least_sign_flip_p(clustered.count) >= level:
        return 1.0
    informative = np.abs(clustered.totals[np.abs(clustered.totals) > 1e-12])
    change = float(informative.mean()) if informative.size else 1.0  # nothing changed: a whole task
    share = detectable_gain(clustered.count, int(informative.size), level, mid_p=False)
    by_number = share * clustered.count * change / float(clustered.sizes.sum())
    by_error = (clustered.quantile(1 - level / 2) + clustered.quantile(0.8)) * clustered.error
    return min(1.0, max(by_number, by_error))


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
