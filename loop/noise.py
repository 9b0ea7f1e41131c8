"""How much a model differs from itself under other seeds: further runs join the baseline, and the spread is estimated.

The noise of sampling is in every interval and test of the gate already, since they are made from the tasks' own differences.
What is estimated here is for information.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from evals.comparison import outcomes_of
from evals.records import Record, Result

_NONE_OF_MANY = 3.69
"""Upper 97.5% limit of a Poisson rate of which no event was seen: -ln(0.025)."""


class Noise(Record):
    """The spread between two runs of the same model on the same ``tasks``, estimated from ``runs`` runs.

    ``deviation`` is the standard deviation of the difference between two runs' shares, with its 95% interval ``low`` to
    ``high``. It is a property of the model and the suite: more runs make it surer, not larger.
    """

    runs: int
    tasks: int
    deviation: float
    low: float
    high: float


def joined_runs(first: Sequence[Result], reruns: Sequence[Sequence[Result]]) -> list[Result]:
    """One evaluation with the samples of all runs, numbered on, of the tasks of the first one."""
    tasks = {result.key for result in first}
    joined = list(first)
    for run in reruns:
        offset = 1 + max((result.attempt.sample for result in joined), default=-1)
        for result in run:
            if result.key in tasks:
                attempt = result.attempt.model_copy(update={"sample": result.attempt.sample + offset})
                joined.append(result.model_copy(update={"attempt": attempt}))
    return joined


def estimate_noise(runs: Sequence[Sequence[Result]]) -> Noise | None:
    """The noise of a model on one suite; None with fewer than two runs, or no task that has a verdict in all of them.

    The variance of one run's share is the sum of the tasks' variances between runs over the squared number of tasks, since
    given the tasks, their answers are independent; that of a difference is twice as large. Its own uncertainty is from the
    spread of the tasks' variances.
    """
    outcomes = [outcomes_of(run) for run in runs]
    shared = sorted(set.intersection(*map(set, outcomes))) if len(outcomes) > 1 else []
    if not shared:
        return None
    means = np.array([[float(np.mean(run[task])) for task in shared] for run in outcomes])
    variances = means.var(axis=0, ddof=1)
    n, total = len(shared), float(variances.sum())
    if total == 0:
        return Noise(runs=len(runs), tasks=n, deviation=0.0, low=0.0, high=min(1.0, math.sqrt(_NONE_OF_MANY) / n))
    deviation = math.sqrt(2 * total) / n
    of_total = math.sqrt(n * float(variances.var(ddof=1))) if n > 1 else total
    factor = math.exp(1.96 * of_total / total / 2)  # of the logarithm, by the delta method
    return Noise(runs=len(runs), tasks=n, deviation=deviation, low=deviation / factor, high=min(1.0, deviation * factor))
