"""The paired gate: promote, reject or inconclusive, with the evidence that it was decided on.

Promote needs all of: a gain on the target whose 95% interval lies above 0, that its test sees at 5%, and that is at least
``min_effect`` and the noise floor; the same tasks with the same number of samples on both sides, of which no more ended as
errors than ``evals.run`` allows; no guard suite that fell by more than ``max_guard_drop``; every guard's one-sided lower bound
above ``-guard_margin``; no guard slice that fell, after Holm's correction; no task broken from all samples to none (what fell
twice rejects, what was not run again is inconclusive); no more than ``lost_fixes`` tasks lost that an earlier round had fixed.
A gain on trained tasks far above the holdout's is an alarm, not a rejection.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field

from evals.clusters import holm
from evals.comparison import compare_outcomes, flaky_tasks, groups_of, outcomes_of, pass_rate, set_apart
from evals.errors import Inconclusive
from evals.records import Record, Result
from evals.run import MAX_ERROR_SHARE
from evals.stats import Comparison
from loop.config import GateSettings

Decision = Literal["promote", "reject", "inconclusive"]
EXIT_CODES: Mapping[str, int] = {"promote": 0, "reject": 2, "inconclusive": 3}
_LEVEL = 0.05
Role = Literal["target", "guard"]


class Line(Comparison):
    """One row of the closing table: the comparison of a suite or one of its slices, on the holdout. Slice ``*`` is the whole.

    ``errors`` are tasks left out on both sides, since all their samples on one side were infrastructure errors.
    """

    suite: str
    slice: str
    role: Role
    errors: int = 0


class Overfit(Record):
    """Gain on ``n`` trained tasks beside the gain on the target's holdout; ``alarm`` if the surplus is certainly large.

    Trained tasks are those that failed before, so part of the surplus is due to this selection: hence the margin.
    """

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
    ``broken`` are tasks that passed in all samples before and in none after, nor in a re-run; ``flaky`` are tasks set apart,
    since the same code got both verdicts; ``settings`` are those under which it was decided.
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
    settings: GateSettings | None = None

    def notes(self) -> list[str]:
        """What else a reader of the decision should know, in words."""
        notes = (
            [f"noise floor: the old model differs from itself by {100 * self.noise_floor:.1f} points"] if self.noise_floor else []
        )
        if self.flaky:
            notes.append(f"flaky tasks set apart: {len(self.flaky)} (the same code passed and failed)")
        if left_out := [f"{line.suite} {line.errors}" for line in self.lines if line.slice == "*" and line.errors]:
            notes.append(f"tasks left out on both sides, since infrastructure failed on one: {', '.join(left_out)}")
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
    base_train: Sequence[Result] = ()
    base_holdout: Sequence[Result] = ()
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
        ValueError: there is no target suite, so nothing would have to improve.
        Inconclusive: no holdout result of a target or guard suite on both sides.
        BadInput: a sample of a task occurs twice in an evaluation.
    """
    if not target:
        raise ValueError("needs at least one target suite")
    history = history or History()
    findings = _Findings()
    mine = {*target, *guard}
    _judge_likeness([r for r in before if r.suite in mine], [r for r in after if r.suite in mine], findings)
    flaky = flaky_tasks([*before, *after, *history.again, *(result for run in history.reruns for result in run)])
    before, after = set_apart(flaky, before), set_apart(flaky, after)
    lines = compare_suites(before, after, target=target, guard=guard)
    floor = noise_floor(before, history.reruns, target)
    slice_p = holm({f"{line.suite}: {line.slice}": _p_of_a_drop(line) for line in lines if _is_guard_slice(line)})
    lost = _lost_fixes(history.fixed, after)
    broken = broken_tasks(before, after, history.again)
    for line in (line for line in lines if line.slice == "*"):
        if line.role == "target":
            _judge_target(line, settings, floor, findings)
        else:
            _judge_guard(line, settings, findings)
    _judge_slices(lines, slice_p, findings)
    if len(lost) > settings.lost_fixes:
        findings.rejecting.append(
            f"{len(lost)} holdout tasks that an earlier round fixed fail again (gate.lost_fixes allows some)"
        )
    if unknown := history.fixed - outcomes_of(after).keys() - set(flaky):
        findings.doubting.append(f"{len(unknown)} holdout tasks that an earlier round fixed have no verdict now")
    _judge_broken(broken, {result.key for result in history.again if result.verdict.status != "error"}, findings)
    overfit = _overfit(history.trained, lines, settings) if history.trained else None
    return GateReport(
        decision=findings.decision,
        reasons=findings.reasons,
        lines=lines,
        noise_floor=floor,
        slice_p=slice_p,
        lost_fixes=lost,
        broken=broken,
        flaky=flaky,
        overfit=overfit,
        settings=settings,
    )


def compare_suites(
    before: Sequence[Result], after: Sequence[Result], *, target: Sequence[str], guard: Sequence[str] = ()
) -> tuple[Line, ...]:
    """A line for each suite and slice. A slice in which no task has a verdict on both sides is left out.

    Raises:
        Inconclusive: a suite without a task that has a verdict on both sides.
        BadInput: a sample of a task occurs twice in an evaluation.
    """
    roles: tuple[tuple[Role, Sequence[str]], ...] = (("target", target), ("guard", guard))
    lines: list[Line] = []
    for role, suites in roles:
        for suite in suites:
            sides = [[result for result in side if result.suite == suite] for side in (before, after)]
            whole = _line(suite, "*", role, *sides)
            if whole is None:
                raise Inconclusive(f"suite {suite}: no holdout task has a verdict before and after; nothing can be compared")
            lines += [whole, *(line for name in _slices(*sides) if (line := _line(suite, name, role, *sides)))]
    return tuple(lines)


def _judge_broken(broken: Sequence[str], run_again: Set[str], findings: _Findings) -> None:
    """One run of a few samples may be bad luck; a task that fell twice is broken."""
    fell = "passed in every sample before and in none after"
    if twice := [task for task in broken if task in run_again]:
        findings.rejecting.append(f"{len(twice)} tasks {fell}, twice")
    if once := [task for task in broken if task not in run_again]:
        findings.doubting.append(f"{len(once)} tasks {fell}, such as {once[0]}: run them again (`goldloop gate --again FOLDER`)")


def _judge_likeness(before: Sequence[Result], after: Sequence[Result], findings: _Findings) -> None:
    """Both sides must have answered the same tasks equally often, with few infrastructure errors."""
    left, right = (Counter(result.key for result in side) for side in (before, after))
    if alone := left.keys() ^ right.keys():
        findings.doubting.append(
            f"{len(alone)} tasks were evaluated on one side only ({len(left)} before, {len(right)} after), such as {min(alone)}: "
            "evaluate the same tasks on both sides"
        )
    if uneven := [task for task in left.keys() & right.keys() if left[task] != right[task]]:
        task = min(uneven)
        findings.doubting.append(
            f"{len(uneven)} tasks have a different number of samples after than before, such as {task}: {left[task]} before, "
            f"{right[task]} after; evaluate both sides with the same settings"
        )
    for name, side in (("before", before), ("after", after)):
        errors = sum(result.verdict.status == "error" for result in side)
        if errors > MAX_ERROR_SHARE * len(side):
            findings.doubting.append(
                f"{errors} of {len(side)} attempts {name} ended as infrastructure errors; evaluate them again"
            )


def _slices(before: Sequence[Result], after: Sequence[Result]) -> list[str]:
    names = sorted({result.slice for result in (*before, *after)})
    return names if len(names) > 1 else []


def noise_floor(first: Sequence[Result], reruns: Sequence[Sequence[Result]], suites: Sequence[str]) -> float:
    """Largest difference of a model with itself on a suite's holdout, over runs with other seeds; 0 without such runs.

    Only tasks with a verdict in every run count: differences in tasks are not noise.
    """
    floor = 0.0
    for suite in suites:
        runs = [outcomes_of([result for result in run if result.suite == suite]) for run in (first, *reruns)]
        if shared := set.intersection(*map(set, runs)):
            shares = [pass_rate({task: outcomes[task] for task in sorted(shared)}).share for outcomes in runs]
            floor = max(floor, max(shares) - min(shares))
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
    groups = groups_of(trained[0])
    own = compare_outcomes({task: before[task] for task in shared}, {task: after[task] for task in shared}, groups)
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


def _line(suite: str, slice_: str, role: Role, before: Sequence[Result], after: Sequence[Result]) -> Line | None:
    """None where no task has a verdict on both sides."""
    sides = [[r for r in side if slice_ in ("*", r.slice)] for side in (before, after)]
    left, right = map(outcomes_of, sides)
    shared = left.keys() & right.keys()
    if not shared:
        return None
    answered = {r.key for r in sides[0]} & {r.key for r in sides[1]}
    paired = compare_outcomes({k: left[k] for k in shared}, {k: right[k] for k in shared}, groups_of(sides[0]))
    return Line(suite=suite, slice=slice_, role=role, errors=len(answered - shared), **dict(paired))


def points(share: float) -> str:
    """A share as signed points: 0.25 is ``+25.0``."""
    return f"{100 * share:+.1f}"


def _with(line: Line) -> str:
    tasks = f"with {line.n} task{'' if line.n == 1 else 's'}"
    return tasks if line.clusters == line.n else f"{tasks} in {line.clusters} group{'' if line.clusters == 1 else 's'}"


def _judge_target(line: Line, settings: GateSettings, floor: float, findings: _Findings) -> None:
    said = f"{line.suite}: {points(line.delta)} points, 95% interval {points(line.ci95[0])} to {points(line.ci95[1])}"
    if line.delta <= 0 or line.ci95[1] < settings.min_effect:
        findings.rejecting.append(f"{said}: no gain")
    elif line.ci95[0] <= 0 or line.p >= _LEVEL or line.delta < settings.min_effect:
        findings.doubting.append(f"{said}: {_with(line)} this run can see {line.sees}")
    elif line.delta < floor:
        findings.doubting.append(f"{said}: the old model differs from itself by {100 * floor:.1f} points under other seeds")
    else:
        findings.good.append(said)


def _judge_guard(line: Line, settings: GateSettings, findings: _Findings) -> None:
    said = f"{line.suite} (guard): {points(line.delta)} points, lower bound {points(line.low_one_sided)}"
    if line.delta < -settings.max_guard_drop:
        findings.rejecting.append(f"{said}: worse by more than {100 * settings.max_guard_drop:.0f} points")
    elif line.low_one_sided <= -settings.guard_margin:
        findings.doubting.append(
            f"{said}: a drop of {100 * settings.guard_margin:.0f} points cannot be excluded {_with(line)}; "
            f"this run can see {line.sees}"
        )
    else:
        findings.good.append(said)


def _judge_slices(lines: Sequence[Line], slice_p: Mapping[str, float], findings: _Findings) -> None:
    for line in filter(_is_guard_slice, lines):
        p = slice_p[f"{line.suite}: {line.slice}"]
        if p < _LEVEL:
            findings.rejecting.append(
                f"{line.suite} (guard), slice {line.slice}: {points(line.delta)} points, p {p:.3f} after Holm"
            )
