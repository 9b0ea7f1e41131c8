"""Statistics of pass rates: intervals, paired comparison, minimum detectable effect.

Covers one binary outcome per task and model. Shares and differences are fractions (0.25 is 25 points).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit
from scipy.stats import binom

from evals.records import Record

NO_EVIDENCE = "no evidence of a change"
_FEW_TASKS = 20
_NO_P = 6  # tasks from which on the exact test can be below 5%


class Interval(NamedTuple):
    """A two-sided confidence interval, ``low <= high``; written to files as ``[low, high]``."""

    low: float
    high: float


class Comparison(Record):
    """Two models on the same ``n`` tasks in ``clusters`` independent clusters: every figure that decisions and reports use.

    ``before``, ``after`` and ``delta == after - before`` are means over tasks of the share of passing samples, of which a task
    has ``samples`` at most. ``ci95`` is the interval of ``delta``; ``low_one_sided`` and ``high_one_sided`` are each the limit of
    a one-sided 95% interval; ``bootstrap95`` is given too if it was drawn. ``gained`` and ``lost`` count tasks whose share of
    passing samples rose and fell; ``fell_from_all`` are those that passed in every sample before and in none after. ``p`` is
    the two-sided p value of ``test``, enumerated where ``exact``, else drawn, and ``least_p`` the smallest that this test can
    give with so many clusters; ``detectable`` is the smallest delta that a comparison of this size detects with 80% power, 1
    where there is none.
    """

    n: int
    clusters: int
    samples: int = 1
    before: float
    after: float
    before_ci95: Interval = Interval(low=0.0, high=1.0)
    after_ci95: Interval = Interval(low=0.0, high=1.0)
    delta: float
    ci95: Interval
    bootstrap95: Interval | None = None
    low_one_sided: float
    high_one_sided: float
    gained: int
    lost: int
    fell_from_all: tuple[str, ...] = ()
    p: float
    test: str
    exact: bool = True
    least_p: float
    detectable: float

    @property
    def detects(self) -> str:
        """What a comparison of this size detects, in words."""
        return f"detects {100 * self.detectable:.0f} points or more (80% power)" if self.detectable < 1 else "detects nothing"

    @property
    def verdict(self) -> str:
        """``better`` or ``worse`` where the interval excludes 0 and the test's p is below 5%; else there is no evidence."""
        if self.p < 0.05 and (self.ci95.low > 0 or self.ci95.high < 0):
            return "better" if self.ci95.low > 0 else "worse"
        return NO_EVIDENCE


def wilson(passed: int, n: int, confidence: float = 0.95) -> Interval:
    """Score interval of a proportion (Wilson 1927, eq. 4 of Brown, Cai and DasGupta 2001).

    Raises:
        ValueError: no trials, or more passes than trials.
    """
    if n <= 0 or not 0 <= passed <= n:
        raise ValueError(f"needs 0 <= passed <= n and n > 0, got passed={passed}, n={n}")
    return score_interval(passed / n, n, float(ndtri(0.5 + confidence / 2)))


def score_interval(share: float, n: float, quantile: float) -> Interval:
    """Wilson's interval of a share from ``n`` trials, which may be an effective number; ``quantile`` is of the two-sided test."""
    q2 = quantile * quantile
    centre = (share + q2 / (2 * n)) / (1 + q2 / n)
    half = quantile / (1 + q2 / n) * math.sqrt(share * (1 - share) / n + q2 / (4 * n * n))
    return Interval(low=max(0.0, centre - half), high=min(1.0, centre + half))


def newcombe_paired(both: int, gained: int, lost: int, neither: int, confidence: float = 0.95) -> Interval:
    """Interval of the difference of paired proportions, after minus before.

    Newcombe (1998), Statistics in Medicine 17:2635-2650, method 10: Wilson limits of both proportions, squared and added,
    with a continuity-corrected estimate of their correlation. One limit alone, at 5%, is missed by 5% to 8% of runs with 60
    tasks or more, and by up to 11% with 20 tasks of which some are lost and none gained.
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
    return square_and_add(p_before, limits_before, p_after, limits_after, phi)


def paired_interval(both: int, gained: int, lost: int, neither: int, confidence: float = 0.95) -> Interval:
    """Interval of the difference of paired proportions for any number of tasks: Newcombe's, made wider where tasks are few.

    Below 20 tasks the wider limit on each side of Newcombe's and of Student's t over the tasks' differences, and below 6, where
    the exact test has no p under 5%, never without 0 unless the test says so. Coverage: ``benchmarks/intervals.py``.
    """
    n = both + gained + lost + neither
    found = newcombe_paired(both, gained, lost, neither, confidence)
    if n >= _FEW_TASKS or n < 2:
        return found
    delta = (gained - lost) / n
    error = math.sqrt(max(gained + lost - n * delta * delta, 0.0) / (n - 1) / n)
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * error
    low, high = max(-1.0, min(found.low, delta - half)), min(1.0, max(found.high, delta + half))
    if n < _NO_P and mcnemar_midp(gained, lost) >= 1 - confidence:
        low, high = min(low, 0.0), max(high, 0.0)
    return Interval(low=low, high=high)


def square_and_add(before: float, limits_before: Interval, after: float, limits_after: Interval, correlation: float) -> Interval:
    """Interval of ``after - before`` from the intervals of both shares and their correlation (Newcombe 1998, method 10)."""
    down_after, up_before = after - limits_after.low, limits_before.high - before
    up_after, down_before = limits_after.high - after, before - limits_before.low
    below = math.sqrt(max(0.0, down_after**2 - 2 * correlation * down_after * up_before + up_before**2))
    above = math.sqrt(max(0.0, up_after**2 - 2 * correlation * up_after * down_before + down_before**2))
    delta = after - before
    return Interval(low=max(-1.0, delta - below), high=min(1.0, delta + above))


def mcnemar_midp(gained: int, lost: int) -> float:
    """Two-sided mid-p of the exact McNemar test (Fagerland, Lydersen and Laake 2013, eq. 4); 1 without discordant pairs.

    With as many gained as lost, the observed outcome is the centre of the distribution and lies in both tails, half of it in
    each; of it, too, half counts: ``1 - f / 2`` (same, supplement; R package contingencytables).
    """
    discordant = gained + lost
    if discordant == 0:
        return 1.0
    smaller = min(gained, lost)
    observed = float(binom.pmf(smaller, discordant, 0.5))
    if gained == lost:
        return 1.0 - observed / 2
    return min(1.0, 2 * float(binom.cdf(smaller, discordant, 0.5)) - observed)


@lru_cache(maxsize=4096)
def detectable_gain(n: int, discordant: int, level: float = 0.05, *, mid_p: bool = True) -> float:
    """Smallest gain that the exact McNemar test (two-sided, at ``level``) detects with 80% power on ``n`` tasks.

    From the binomial distributions; for many tasks it is ``2.8 * sqrt(discordance / n)`` (Miller 2024), which promises too
    much if few tasks change: three gains of 60 tasks and no loss are no evidence. The share of tasks that change is that
    observed, ``discordant / n``, or the gain where that is larger: no gain is larger than the share of tasks that change.
    1.0 where no gain can be detected (at 5%: under 5 tasks). Without ``mid_p`` the test is the exact one, which is the sign
    test over units that all change by the same amount.
    """
    changed = np.arange(n + 1)
    largest_loss = binom.ppf(level / 2, changed, 0.5) + 1  # the exact test's limit, and one more for the mid-p
    for _ in range(3):
        p = 2 * binom.cdf(largest_loss, changed, 0.5) - (binom.pmf(largest_loss, changed, 0.5) if mid_p else 0.0)
        largest_loss = np.where((largest_loss >= 0) & (p >= level), largest_loss - 1, largest_loss)

    def power(gain: float) -> float:
        share = max(discordant / n, gain)
        seen = np.where(largest_loss >= 0, binom.cdf(largest_loss, changed, (1 - gain / share) / 2), 0.0)
        return float(np.sum(binom.pmf(changed, n, share) * seen))

    low, high = 0.0, 1.0
    if power(high) < 0.8:
        return high
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle) >= 0.8 else (middle, high)
    return high


def compare(before: Mapping[str, bool], after: Mapping[str, bool], level: float = 0.05) -> Comparison:
    """Compare two models on the same tasks, one sample each: McNemar's exact test, mid-p, and ``paired_interval``.

    ``level`` is that of the test in ``detectable``.

    Raises:
        ValueError: no tasks, or not the same tasks.
    """
    if not before or before.keys() != after.keys():
        differing = len(before.keys() ^ after.keys())
        raise ValueError(f"needs the same tasks on both sides, at least one; {len(before)} and {len(after)}, {differing} differ")
    n = len(before)
    both = sum(before[task] and after[task] for task in before)
    gained = sum(after[task] and not before[task] for task in before)
    lost = sum(before[task] and not after[task] for task in before)
    neither = n - both - gained - lost
    one_sided = paired_interval(both, gained, lost, neither, confidence=0.90)
    return Comparison(
        n=n,
        clusters=n,
        before=(both + lost) / n,
        after=(both + gained) / n,
        before_ci95=wilson(both + lost, n),
        after_ci95=wilson(both + gained, n),
        delta=(gained - lost) / n,
        ci95=paired_interval(both, gained, lost, neither),
        low_one_sided=one_sided.low,
        high_one_sided=one_sided.high,
        gained=gained,
        lost=lost,
        fell_from_all=tuple(sorted(task for task in before if before[task] and not after[task])),
        p=mcnemar_midp(gained, lost),
        test="McNemar, exact, mid-p",
        least_p=mcnemar_midp(n, 0),
        detectable=detectable_gain(n, gained + lost, level),
    )
