"""Pass rates and their comparison, with the method that the data allow: one sample per task, or several; flaky tasks.

With one sample per task, each task its own group: Wilson's interval, Newcombe's paired interval and the exact McNemar test
(``evals.stats``). Else the group is the cluster, or the task where no groups are given (``evals.clusters``). Neither samples
of a task nor tasks of a group are counted as independent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.clusters import Groups, compare_means, difference_interval, mean_interval
from evals.errors import BadInput
from evals.records import Result
from evals.stats import Comparison, Interval, compare, wilson

Outcomes = Mapping[str, Sequence[bool]]
"""Pass or fail of each sample, by task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Share of passing samples, the mean over ``n`` tasks of ``samples`` each at most, with its 95% interval."""

    n: int
    samples: int
    share: float
    interval: Interval


def outcomes_of(results: Sequence[Result]) -> dict[str, list[bool]]:
    """Pass or fail by task, in the order of the samples; errors are left out, since they say nothing about the model.

    Raises:
        BadInput: a sample of a task occurs twice, so that one answer would count as two.
    """
    outcomes: dict[str, list[bool]] = {}
    seen: set[tuple[str, int]] = set()
    for result in results:
        place = result.key, result.attempt.sample
        if place in seen:
            raise BadInput(f"{place[0]}, sample {place[1]}: two results in one evaluation; expected one, so evaluate again")
        seen.add(place)
        if result.verdict.status != "error":
            outcomes.setdefault(result.key, []).append(result.verdict.passed)
    return outcomes


def groups_of(results: Sequence[Result]) -> dict[str, str]:
    """The group of each task; groups of different suites are different groups."""
    return {result.key: f"{result.suite}/{result.group}" for result in results}


def pass_rate(outcomes: Outcomes, groups: Groups | None = None) -> Rate:
    """The rate of one model; without ``groups`` every task is independent of the others.

    Raises:
        ValueError: no task.
    """
    if not outcomes:
        raise ValueError("needs at least one task with a verdict")
    samples = max(map(len, outcomes.values()))
    means = [sum(passed) / len(passed) for passed in outcomes.values()]
    share = sum(means) / len(means)
    labels = _labels(list(outcomes), groups)
    if samples == 1 and len(set(labels)) == len(labels):
        interval = wilson(sum(passed[0] for passed in outcomes.values()), len(outcomes))
    else:
        interval = mean_interval(means, groups=labels) if len(means) > 1 else Interval(low=0.0, high=1.0)
    return Rate(n=len(outcomes), samples=samples, share=share, interval=interval)


def _labels(tasks: Sequence[str], groups: Groups | None) -> list[str]:
    return [groups[task] for task in tasks] if groups is not None else list(tasks)


def compare_outcomes(before: Outcomes, after: Outcomes, groups: Groups | None = None) -> Comparison:
    """Compare two models on the same tasks; without ``groups`` every task is independent of the others.

    A single cluster does not show the spread between clusters: the interval is then the widest, -1 to 1, and p is 1.

    Raises:
        ValueError: no tasks, or not the same ones on both sides.
    """
    if not before or before.keys() != after.keys():
        only = sorted(before.keys() ^ after.keys())[:3]
        raise ValueError(f"needs the same tasks on both sides, at least one; {len(before)} and {len(after)}, differing in {only}")
    tasks = sorted(before)
    left, right = pass_rate(before, groups), pass_rate(after, groups)
    means = [{task: sum(side[task]) / len(side[task]) for task in tasks} for side in (before, after)]
    labels = _labels(tasks, groups)
    if left.samples == right.samples == 1 and len(set(labels)) == len(labels):
        return compare({task: before[task][0] for task in tasks}, {task: after[task][0] for task in tasks})
    shared: dict[str, Any] = {
        "samples": max(left.samples, right.samples),
        "before": left.share,
        "after": right.share,
        "before_ci95": left.interval,
        "after_ci95": right.interval,
        "delta": right.share - left.share,
        "fell_from_all": tuple(task for task in tasks if means[0][task] == 1.0 and means[1][task] == 0.0),
    }
    if len(set(labels)) < 2:
        return Comparison(
            n=len(tasks),
            clusters=1,
            ci95=Interval(low=-1.0, high=1.0),
            low_one_sided=-1.0,
            gained=sum(means[1][task] > means[0][task] for task in tasks),
            lost=sum(means[1][task] < means[0][task] for task in tasks),
            p=1.0,
            test=f"sign flips over {'tasks' if len(tasks) == 1 else 'groups'}",
            detectable=1.0,
            **shared,
        )
    return _clustered(means[0], means[1], labels).model_copy(update=shared)


def _clustered(before: Mapping[str, float], after: Mapping[str, float], labels: Sequence[str]) -> Comparison:
    """``labels``, of at least two clusters, in the order of the tasks, which is the same on both sides."""
    sides = list(before.values()), list(after.values())
    paired = compare_means(before, after, groups=dict(zip(before, labels, strict=True)))
    interval = difference_interval(*sides, labels)
    return paired.model_copy(
        update={
            "ci95": interval,
            "low_one_sided": difference_interval(*sides, labels, 0.90).low,
            # Tasks that hardly differ have hardly any standard error; then the interval's width is what can be seen.
            "detectable": max(paired.detectable, min(1.0, paired.delta - interval.low)),
        }
    )


def flaky_tasks(results: Sequence[Result]) -> tuple[str, ...]:
    """Tasks for which the very same code passed once and failed once: their verdicts say nothing about a model."""
    seen: dict[tuple[str, str], set[str]] = {}
    for result in results:
        for attempt, verdict in ((result.attempt, result.verdict), *((turn.attempt, turn.verdict) for turn in result.repairs)):
            if attempt.code and verdict.status != "error":
                seen.setdefault((attempt.key, attempt.code), set()).add(verdict.status)
    return tuple(sorted({task for (task, _), statuses in seen.items() if len(statuses) > 1}))


def set_apart(tasks: Sequence[str], results: Sequence[Result]) -> Sequence[Result]:
    """The results of all other tasks."""
    return [result for result in results if result.key not in tasks] if tasks else results
