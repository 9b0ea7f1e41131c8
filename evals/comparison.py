"""Pass rates and their comparison, with the method that the data allow: one sample per task, or several; flaky tasks.

With one sample per task, each task its own group: Wilson's interval, Newcombe's paired interval (wider for few tasks) and the
exact McNemar test (``evals.stats``). Else the group is the cluster, or the task where no groups are given
(``evals.clusters``). Neither samples of a task nor tasks of a group are counted as independent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.clusters import Groups, compare_means, difference_interval, mean_interval
from evals.errors import BadInput
from evals.records import Result
from evals.stats import Comparison, Interval, compare, paired_interval, wilson

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
    """Pass or fail by task, in the order of the samples; without errors and what is unsettled, which say nothing of the model.

    Raises:
        BadInput: a sample of a task occurs twice, so that one answer would count as two.
    """
    outcomes: dict[str, list[bool]] = {}
    places = Counter((result.key, result.attempt.sample) for result in results)
    if twice := [place for place, count in places.items() if count > 1]:
        tasks = len({key for key, _ in twice})  # not named: they may be of the holdout
        raise BadInput(
            f"{len(twice)} samples of {tasks} tasks have more than one result in the same evaluation; expected one each, so "
            "evaluate again"
        )
    for result in results:
        if result.verdict.settled:
            outcomes.setdefault(result.key, []).append(result.verdict.passed)
    return outcomes


def unsettled_as(passed: bool, results: Sequence[Result]) -> Sequence[Result]:
    """The results with what is unsettled as passed or as failed, for a decision that must not gain by it."""
    if all(result.verdict.status != "unsettled" for result in results):
        return results
    status = "pass" if passed else "fail"
    return [
        result.model_copy(update={"verdict": result.verdict.model_copy(update={"status": status})})
        if result.verdict.status == "unsettled"
        else result
        for result in results
    ]


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
        trials = sum(map(len, outcomes.values()))
        interval = mean_interval(means, groups=labels, trials=trials) if len(means) > 1 else Interval(low=0.0, high=1.0)
    return Rate(n=len(outcomes), samples=samples, share=share, interval=interval)


def _labels(tasks: Sequence[str], groups: Groups | None) -> list[str]:
    return [groups[task] for task in tasks] if groups is not None else list(tasks)


def compare_outcomes(before: Outcomes, after: Outcomes, groups: Groups | None = None, level: float = 0.05) -> Comparison:
    """Compare two models on the same tasks; without ``groups`` every task is independent of the others.

    A single cluster does not show the spread between clusters: the interval is then the widest, -1 to 1, and p is 1. ``level``
    is that of the test in ``detectable``; the intervals are of 95% whatever it is (see ``delta_interval``).

    Raises:
        ValueError: no tasks, or not the same ones on both sides.
    """
    _require_same_tasks(before, after)
    tasks = sorted(before)
    left, right = pass_rate(before, groups), pass_rate(after, groups)
    labels = _labels(tasks, groups)
    if _is_simple(before, after, labels):
        return compare({task: before[task][0] for task in tasks}, {task: after[task][0] for task in tasks}, level)
    means = [{task: sum(side[task]) / len(side[task]) for task in tasks} for side in (before, after)]
    one_sided = delta_interval(before, after, groups, 0.90)
    shared: dict[str, Any] = {
        "samples": max(left.samples, right.samples),
        "before": left.share,
        "after": right.share,
        "before_ci95": left.interval,
        "after_ci95": right.interval,
        "delta": right.share - left.share,
        "ci95": delta_interval(before, after, groups, 0.95),
        "low_one_sided": one_sided.low,
        "high_one_sided": one_sided.high,
        "fell_from_all": tuple(task for task in tasks if means[0][task] == 1.0 and means[1][task] == 0.0),
    }
    if len(set(labels)) < 2:
        return Comparison(
            n=len(tasks),
            clusters=1,
            gained=sum(means[1][task] > means[0][task] for task in tasks),
            lost=sum(means[1][task] < means[0][task] for task in tasks),
            p=1.0,
            test=f"sign flips over {'tasks' if len(tasks) == 1 else 'groups'}",
            least_p=1.0,
            detectable=1.0,
            **shared,
        )
    paired = compare_means(means[0], means[1], groups=dict(zip(tasks, labels, strict=True)), level=level)
    # Tasks that hardly differ have hardly any standard error; then the interval's width is what can be detected.
    detectable = max(paired.detectable, min(1.0, shared["delta"] - shared["ci95"].low))
    return paired.model_copy(update={**shared, "detectable": detectable})


def delta_interval(before: Outcomes, after: Outcomes, groups: Groups | None = None, confidence: float = 0.95) -> Interval:
    """The interval of ``compare_outcomes`` at any confidence.

    Raises:
        ValueError: no tasks, or not the same ones on both sides.
    """
    _require_same_tasks(before, after)
    tasks = sorted(before)
    labels = _labels(tasks, groups)
    if _is_simple(before, after, labels):
        cells = Counter((before[task][0], after[task][0]) for task in tasks)
        return paired_interval(cells[True, True], cells[False, True], cells[True, False], cells[False, False], confidence)
    left, right = ([sum(side[task]) / len(side[task]) for task in tasks] for side in (before, after))
    trials = sum(map(len, before.values())), sum(map(len, after.values()))
    return difference_interval(left, right, labels, confidence, trials)


def _is_simple(before: Outcomes, after: Outcomes, labels: Sequence[str]) -> bool:
    """One sample a task, each task a cluster."""
    return len(set(labels)) == len(labels) and all(len(passed) == 1 for side in (before, after) for passed in side.values())


def _require_same_tasks(before: Outcomes, after: Outcomes) -> None:
    if not before or before.keys() != after.keys():
        differing = len(before.keys() ^ after.keys())  # not named: they may be of the holdout
        raise ValueError(f"needs the same tasks on both sides, at least one; {len(before)} and {len(after)}, {differing} differ")


def flaky_tasks(results: Sequence[Result]) -> tuple[str, ...]:
    """Tasks for which the very same code passed once and failed once: their verdicts say nothing about a model."""
    seen: dict[tuple[str, str], set[str]] = {}
    for result in results:
        for attempt, verdict in ((result.attempt, result.verdict), *((turn.attempt, turn.verdict) for turn in result.repairs)):
            if attempt.code and verdict.settled:
                seen.setdefault((attempt.key, attempt.code), set()).add(verdict.status)
    return tuple(sorted({task for (task, _), statuses in seen.items() if len(statuses) > 1}))


def set_apart(tasks: Sequence[str], results: Sequence[Result]) -> Sequence[Result]:
    """The results of all other tasks."""
    return [result for result in results if result.key not in tasks] if tasks else results
