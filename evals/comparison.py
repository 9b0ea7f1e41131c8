"""Pass rates and their comparison, with the method that the data allow: one sample a task, or several.

With one sample: Wilson's interval, Newcombe's paired interval and the exact McNemar test (``evals.stats``). With several: the
task is the cluster (``evals.clusters``). Samples are never counted as independent tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evals.clusters import PairedMeans, compare_means, mean_interval
from evals.records import Result
from evals.stats import Interval, Paired, compare, wilson

Outcomes = Mapping[str, Sequence[bool]]
"""Pass or fail of each sample, by task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Share of passing samples, the mean over ``n`` tasks of ``samples`` each at most, with its 95% interval."""

    n: int
    samples: int
    share: float
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two models on the same tasks.

    ``gained`` and ``lost`` count tasks whose share of passing samples rose and fell; ``fell_from_all`` are the tasks that
    passed in every sample before and in none after. ``test`` names how ``p`` was found.
    """

    n: int
    samples: int
    before: Rate
    after: Rate
    delta: float
    ci95: Interval
    low_one_sided: float
    gained: int
    lost: int
    fell_from_all: tuple[str, ...]
    p: float
    test: str
    detectable: float


def outcomes_of(results: Sequence[Result]) -> dict[str, list[bool]]:
    """Pass or fail by task, in the order of the samples; errors are left out, since they say nothing about the model."""
    found: dict[str, list[bool]] = {}
    for result in results:
        if result.verdict.status != "error":
            found.setdefault(result.attempt.task, []).append(result.verdict.passed)
    return found


def pass_rate(outcomes: Outcomes) -> Rate:
    """The rate of one model.

    Raises:
        ValueError: no task.
    """
    if not outcomes:
        raise ValueError("needs at least one task with a verdict")
    samples = max(map(len, outcomes.values()))
    means = [sum(passed) / len(passed) for passed in outcomes.values()]
    share = sum(means) / len(means)
    if samples == 1:
        interval = wilson(sum(passed[0] for passed in outcomes.values()), len(outcomes))
    else:
        interval = mean_interval(means) if len(means) > 1 else Interval(low=0.0, high=1.0)
    return Rate(n=len(outcomes), samples=samples, share=share, interval=interval)


def compare_outcomes(before: Outcomes, after: Outcomes) -> Comparison:
    """Compare two models on the same tasks.

    Raises:
        ValueError: no tasks, not the same ones on both sides, or a single task with several samples.
    """
    left, right = pass_rate(before), pass_rate(after)
    means = [{task: sum(passed) / len(passed) for task, passed in side.items()} for side in (before, after)]
    shared = means[0].keys() & means[1].keys()
    found: Paired | PairedMeans
    if left.samples == right.samples == 1:
        found = compare({task: p[0] for task, p in before.items()}, {task: p[0] for task, p in after.items()})
        test = "McNemar, exact, mid-p"
    else:
        found = compare_means(means[0], means[1])
        test = "sign flips over tasks"
    return Comparison(
        n=found.n,
        samples=max(left.samples, right.samples),
        before=left,
        after=right,
        delta=found.delta,
        ci95=found.ci95,
        low_one_sided=found.low_one_sided,
        gained=sum(means[1][task] > means[0][task] for task in shared),
        lost=sum(means[1][task] < means[0][task] for task in shared),
        fell_from_all=tuple(sorted(task for task in shared if means[0][task] == 1.0 and means[1][task] == 0.0)),
        p=found.p,
        test=test,
        detectable=found.detectable,
    )
