"""The paired gate: promote, reject or inconclusive, with the evidence that it was decided on.

Promote needs all of: a gain on the target whose 95% interval lies above 0 and that is at least ``min_effect`` and the noise
floor; no guard suite that fell by more than ``max_guard_drop``; every guard's one-sided lower bound above ``-guard_margin``; no
guard slice that fell, after Holm's correction; no task broken from all samples to none, twice; no more than ``lost_fixes``
tasks lost that an earlier round had fixed. A gain on trained tasks far above the holdout's is an alarm, not a rejection.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from evals.clusters import holm
from evals.comparison import Comparison, compare_outcomes, outcomes_of, pass_rate
from evals.errors import Inconclusive
from evals.records import Record, Result
from loop.config import GateSettings

Decision = Literal["promote", "reject", "inconclusive"]
EXIT_CODES: Mapping[Decision, int] = {"promote": 0, "reject": 2, "inconclusive": 3}
_SLICE_LEVEL = 0.05


class Line(Record):
    """One row of the closing table: a suite or one of its slices, on the holdout."""

    suite: str
    slice: str
    role: Literal["target", "guard"]
    n: int
    before: float
    after: float
    delta: float
    ci95: tuple[float, float]
    low_one_sided: float
    gained: int
    lost: int
    p: float
    detectable: float
    samples: int = 1
    test: str = "McNemar, exact, mid-p"
    before_ci95: tuple[float, float] = (0.0, 1.0)
    after_ci95: tuple[float, float] = (0.0, 1.0)

    @property
    def verdict(self) -> str:
        """``better`` or ``worse`` where the interval excludes 0, else ``not seen``."""
        return "better" if self.ci95[0] > 0 else "worse" if self.ci95[1] < 0 else "not seen"


class Overfit(Record):
    """Gain on ``n`` trained tasks beside the gain on the target's holdout; ``alarm`` where the surplus is large for sure."""

    n: int
    train_gain: float
    holdout_gain: float
    surplus: float
    ci95: tuple[float, float]
    alarm: bool


class GateReport(Record):
    """The decision, its reasons in words, and every figure behind it. Slice ``*`` is the whole suite.

    ``noise_floor`` is the largest difference of the old model with itself under other seeds; ``slice_p`` are the guard
    slices' p values for a drop, after Holm; ``lost_fixes`` are holdout tasks that an earlier round fixed and this one lost;
    ``broken`` are tasks that passed in all samples before and in none after, in a re-run neither; ``flaky`` are tasks set apart,
    since the same code got both verdicts.
    """

    decision: Decision
    reasons: tuple[str, ...]
    lines: tuple[Line, ...]
    noise_floor: float = 0.0
    slice_p: Mapping[str, float] = Field(default_factory=dict)
    lost_fixes: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    overfit: Overfit | None = None

    def notes(self) -> list[str]:
        """What else a reader of the decision should know, in words."""
        notes = (
            [f"noise floor: the old model differs from itself by {100 * self.noise_floor:.1f} points"] if self.noise_floor else []
        )
        if self.flaky:
            notes.append(f"flaky tasks set apart: {len(self.flaky)} (the same code passed and failed)")
        if self.overfit is not None:
            gains = f"{points(self.overfit.train_gain)} points on {self.overfit.n} trained tasks, "
            gains += f"{points(self.overfit.holdout_gain)} on the holdout"
            surplus = f"{points(self.overfit.surplus)} ({points(self.overfit.ci95[0])} to {points(self.overfit.ci95[1])})"
            notes.append(f"{'overfit alarm' if self.overfit.alarm else 'training beside holdout'}: {gains}, surplus {surplus}")
        return notes


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a gate must know beside the two evaluations.

    ``fixed``: holdout tasks that earlier rounds made pass; ``reruns``: further evaluations of the old model with other seeds;
    ``again``: a second run of the tasks that fell from all samples to none; ``trained``: the trained tasks before and after.
    """

    fixed: Set[str] = frozenset()
    reruns: Sequence[Sequence[Result]] = ()
    again: Sequence[Result] = ()
    trained: tuple[Sequence[Result], Sequence[Result]] | None = None


@dataclass(slots=True, kw_only=True)
class _Findings:
    """Reasons by what they do to the decision; the gravest kind that is not empty decides."""

    rejecting: list[str] = field(default_factory=list)
    doubting: list[str] = field(default_factory=list)
    good: list[str] = field(default_factory=list)

    @property
    def decision(self) -> Decision:
        return "reject" if self.rejecting else "inconclusive" if self.doubting else "promote"

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(self.rejecting or self.doubting or self.good)


def decide(
    before: Sequence[Result],
    after: Sequence[Result],
    *,
    target: Sequence[str],
    guard: Sequence[str],
    settings: GateSettings,
    history: History | None = None,
) -> GateReport:
    """Compare two evaluations of the same holdout tasks.

    Raises:
        Inconclusive: no holdout result of a target suite on both sides.
    """
    history = history or History()
    flaky = flaky_tasks([*before, *after, *history.again, *(result for run in history.reruns for result in run)])
    before, after = _without(flaky, before), _without(flaky, after)
    lines = [
        _line(suite, name, role, before, after)
        for role, suites in (("target", target), ("guard", guard))
        for suite in suites
        for name in _slices(suite, before)
    ]
    floor = noise_floor(before, history.reruns, target)
    slice_p = holm({f"{line.suite}: {line.slice}": _p_of_a_drop(line) for line in lines if _is_guard_slice(line)})
    lost = _lost_fixes(history.fixed, after)
    broken = broken_tasks(before, after, history.again)
    found = _Findings()
    for line in (line for line in lines if line.slice == "*"):
        if line.role == "target":
            _judge_target(line, settings, floor, found)
        else:
            _judge_guard(line, settings, found)
    _judge_slices(lines, slice_p, found)
    if len(lost) > settings.lost_fixes:
        found.rejecting.append(f"{len(lost)} holdout tasks that an earlier round fixed fail again (gate.lost_fixes allows some)")
    if broken:
        found.rejecting.append(f"{len(broken)} tasks passed in every sample before and in none after, twice")
    overfit = _overfit(history.trained, lines, settings) if history.trained else None
    return GateReport(
        decision=found.decision,
        reasons=found.reasons,
        lines=tuple(lines),
        noise_floor=floor,
        slice_p=slice_p,
        lost_fixes=lost,
        broken=broken,
        flaky=flaky,
        overfit=overfit,
    )


def flaky_tasks(results: Sequence[Result]) -> tuple[str, ...]:
    """Tasks for which the very same code passed once and failed once: their verdicts say nothing of a model."""
    seen: dict[tuple[str, str], set[str]] = {}
    for result in results:
        if result.attempt.code and result.verdict.status != "error":
            seen.setdefault((result.attempt.task, result.attempt.code), set()).add(result.verdict.status)
    return tuple(sorted({task for (task, _), statuses in seen.items() if len(statuses) > 1}))


def _without(tasks: Sequence[str], results: Sequence[Result]) -> Sequence[Result]:
    return [result for result in results if result.attempt.task not in tasks] if tasks else results


def _slices(suite: str, results: Sequence[Result]) -> list[str]:
    names = sorted({result.slice for result in results if result.suite == suite})
    return ["*", *names] if len(names) > 1 else ["*"]


def noise_floor(first: Sequence[Result], reruns: Sequence[Sequence[Result]], suites: Sequence[str]) -> float:
    """Largest difference of a model with itself on a suite's holdout, over runs with other seeds; 0 without such runs."""
    floor = 0.0
    for suite in suites:
        shares = [
            pass_rate(outcomes).share
            for run in (first, *reruns)
            if (outcomes := outcomes_of([result for result in run if result.suite == suite]))
        ]
        floor = max(floor, max(shares, default=0.0) - min(shares, default=0.0))
    return floor


def broken_tasks(before: Sequence[Result], after: Sequence[Result], again: Sequence[Result] = ()) -> tuple[str, ...]:
    """Tasks that passed in all of several samples before and in none after, and in none of a second run either.

    One sample cannot tell a broken task from an unlucky one, so it never names any.
    """
    left, right, third = outcomes_of(before), outcomes_of(after), outcomes_of(again)
    return tuple(
        sorted(
            task
            for task, passed in left.items()
            if len(passed) > 1 and all(passed) and task in right and not any(right[task]) and not any(third.get(task, ()))
        )
    )


def _lost_fixes(fixed: Set[str], after: Sequence[Result]) -> tuple[str, ...]:
    outcomes = outcomes_of(after)
    return tuple(sorted(task for task in fixed if task in outcomes and not any(outcomes[task])))


def _is_guard_slice(line: Line) -> bool:
    return line.role == "guard" and line.slice != "*"


def _p_of_a_drop(line: Line) -> float:
    """One-sided: half of the two-sided p where the slice fell."""
    return line.p / 2 if line.delta < 0 else 1.0 - line.p / 2


def _overfit(trained: tuple[Sequence[Result], Sequence[Result]], lines: Sequence[Line], settings: GateSettings) -> Overfit | None:
    """Training gain minus holdout gain, two independent samples of tasks: their standard errors add in squares."""
    before, after = outcomes_of(trained[0]), outcomes_of(trained[1])
    shared = before.keys() & after.keys()
    targets = [line for line in lines if line.role == "target" and line.slice == "*"]
    if len(shared) < 2 or not targets:
        return None
    own = compare_outcomes({task: before[task] for task in shared}, {task: after[task] for task in shared})
    total = sum(line.n for line in targets)
    gain = sum(line.delta * line.n for line in targets) / total
    spread = math.sqrt(sum(((line.ci95[1] - line.ci95[0]) * line.n / total) ** 2 for line in targets))
    half = math.hypot(own.ci95.high - own.ci95.low, spread) / 2
    surplus = own.delta - gain
    return Overfit(
        n=own.n,
        train_gain=own.delta,
        holdout_gain=gain,
        surplus=surplus,
        ci95=(surplus - half, surplus + half),
        alarm=surplus - half > settings.overfit_margin,
    )


def _line(suite: str, slice_: str, role: Any, before: Sequence[Result], after: Sequence[Result]) -> Line:
    left = outcomes_of([r for r in before if r.suite == suite and slice_ in ("*", r.slice)])
    right = outcomes_of([r for r in after if r.suite == suite and slice_ in ("*", r.slice)])
    shared = left.keys() & right.keys()
    if not shared:
        raise Inconclusive(f"suite {suite}: no holdout task has a verdict before and after; nothing can be compared")
    paired: Comparison = compare_outcomes({k: left[k] for k in shared}, {k: right[k] for k in shared})
    return Line(
        suite=suite,
        slice=slice_,
        role=role,
        n=paired.n,
        samples=paired.samples,
        test=paired.test,
        before=paired.before.share,
        after=paired.after.share,
        before_ci95=(paired.before.interval.low, paired.before.interval.high),
        after_ci95=(paired.after.interval.low, paired.after.interval.high),
        delta=paired.delta,
        ci95=(paired.ci95.low, paired.ci95.high),
        low_one_sided=paired.low_one_sided,
        gained=paired.gained,
        lost=paired.lost,
        p=paired.p,
        detectable=paired.detectable,
    )


def points(share: float) -> str:
    """A share as signed points: 0.25 is ``+25.0``."""
    return f"{100 * share:+.1f}"


def _judge_target(line: Line, settings: GateSettings, floor: float, found: _Findings) -> None:
    said = f"{line.suite}: {points(line.delta)} points, 95% interval {points(line.ci95[0])} to {points(line.ci95[1])}"
    if line.delta <= 0 or line.ci95[1] < settings.min_effect:
        found.rejecting.append(f"{said}: no gain")
    elif line.ci95[0] <= 0 or line.delta < settings.min_effect:
        found.doubting.append(f"{said}: with {line.n} tasks this run can see {100 * line.detectable:.0f} points")
    elif line.delta < floor:
        found.doubting.append(f"{said}: the old model differs from itself by {100 * floor:.1f} points under other seeds")
    else:
        found.good.append(said)


def _judge_guard(line: Line, settings: GateSettings, found: _Findings) -> None:
    said = f"{line.suite} (guard): {points(line.delta)} points, lower bound {points(line.low_one_sided)}"
    if line.delta < -settings.max_guard_drop:
        found.rejecting.append(f"{said}: worse by more than {100 * settings.max_guard_drop:.0f} points")
    elif line.low_one_sided <= -settings.guard_margin:
        found.doubting.append(
            f"{said}: a drop of {100 * settings.guard_margin:.0f} points cannot be excluded with {line.n} tasks"
        )
    else:
        found.good.append(said)


def _judge_slices(lines: Sequence[Line], slice_p: Mapping[str, float], found: _Findings) -> None:
    for line in filter(_is_guard_slice, lines):
        p = slice_p[f"{line.suite}: {line.slice}"]
        if p < _SLICE_LEVEL:
            found.rejecting.append(f"{line.suite} (guard), slice {line.slice}: {points(line.delta)} points, p {p:.3f} after Holm")
