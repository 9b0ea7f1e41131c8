"""The paired gate: promote, reject or inconclusive, with the evidence that it was decided on.

Promote and reject need evidence alike; what neither shows is inconclusive. Promote needs all of: a gain on the target whose
interval lies above 0 and whose test's p is below the level (5%, or what a sequence of decisions leaves of it), and that is at
least ``min_effect``; the same tasks with the same number of samples on both sides, of which no more ended as errors than
``evals.run`` allows; every guard's drop surely below ``guard_margin``; no guard slice that fell, after Holm's correction; no
task broken from all samples to none. Reject needs one of: a target whose gain is surely below ``min_effect``; a guard whose drop
is surely above the margin; a guard slice that fell; a task that broke, twice; more lost fixes than ``max_lost_share``.

No reason or note names a task: they are of the holdout.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import Field

from evals.clusters import holm
from evals.comparison import compare_outcomes, delta_interval, flaky_tasks, groups_of, outcomes_of, set_apart, unsettled_as
from evals.errors import Inconclusive
from evals.records import Record, Result
from evals.run import MAX_ERROR_SHARE
from evals.stats import Comparison, Interval
from loop.config import GateSettings
from loop.noise import Noise, estimate_noise, joined_runs
from loop.overfit import Overfit, judge_overfit

Decision = Literal["promote", "reject", "inconclusive"]
EXIT_CODES: Mapping[str, int] = {"promote": 0, "reject": 2, "inconclusive": 3}
_LEVEL = 0.05
_TAKEN: Mapping[str, str] = {"before": "passed", "after": "failed"}
Role = Literal["target", "guard"]


class Line(Comparison):
    """One row of the closing table: the comparison of a suite or one of its slices, on one split. Slice ``*`` is the whole.

    ``errors`` are tasks left out on both sides, since all their samples on one side were infrastructure errors. ``decisive`` is
    the interval at the level that a target was decided at, where that is not 5%.
    """

    suite: str
    slice: str
    role: Role
    errors: int = 0
    decisive: Interval | None = None


class GateReport(Record):
    """The decision, its reasons in words, and every figure behind it. Slice ``*`` is the whole suite.

    ``level`` is the two-sided level of the target's verdict; ``noise`` by target is how much two runs of the old model differ;
    ``slice_p`` are the guard slices' p values for a drop, after Holm; ``fixed`` counts the holdout tasks with a verdict that
    earlier rounds fixed, and ``lost_fixes`` are those of them that fail again; ``broken`` are tasks that passed in all samples
    before and in none after, nor in a re-run; ``flaky`` are tasks set apart, since the same code got both verdicts; ``unsettled``
    counts attempts ``before``, which were taken as passed, and ``after``, as failed; ``settings`` are those under which it was
    decided. The tasks are for programs: what people read counts them.
    """

    decision: Decision
    reasons: tuple[str, ...]
    lines: tuple[Line, ...]
    level: float = 0.05
    noise: Mapping[str, Noise] = Field(default_factory=dict)
    slice_p: Mapping[str, float] = Field(default_factory=dict)
    fixed: int = 0
    lost_fixes: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    unsettled: Mapping[str, int] = Field(default_factory=dict)
    overfit: Overfit | None = None
    settings: GateSettings | None = None

    def notes(self) -> list[str]:
        """What else a reader of the decision should know, in words."""
        notes = []
        if self.level != _LEVEL:
            notes.append(f"the target was decided at a level of {100 * self.level:.3g}%: {_confidence(self.level)} intervals")
        for suite, noise in self.noise.items():
            notes.append(
                f"{suite}: two runs of the old model differ by {100 * noise.deviation:.1f} points (standard deviation; 95% "
                f"interval {100 * noise.low:.1f} to {100 * noise.high:.1f}, from {noise.runs} runs, which are averaged)"
            )
        if self.fixed:
            notes.append(f"of {self.fixed} holdout tasks that earlier rounds fixed, {len(self.lost_fixes)} fail again")
        if self.flaky:
            notes.append(f"flaky tasks set apart: {len(self.flaky)} (the same code passed and failed)")
        if self.unsettled:
            sides = [f"{self.unsettled[name]} {name} taken as {how}" for name, how in _TAKEN.items() if self.unsettled.get(name)]
            notes.append(f"unsettled answers: {', '.join(sides)}")
        if left_out := [f"{line.suite} {line.errors}" for line in self.lines if line.slice == "*" and line.errors]:
            notes.append(f"tasks left out on both sides, since infrastructure failed on one: {', '.join(left_out)}")
        if (found := self.overfit) is not None:
            notes.append(
                f"{'overfit alarm' if found.alarm else 'trained beside unseen'}: of what the base failed, solved "
                f"{found.trained:.1%} of {found.trained_tasks} trained tasks and {found.unseen:.1%} of {found.unseen_tasks} "
                f"unseen ones; gap between trained and unseen {points(found.gap)} points ({points(found.ci95[0])} to "
                f"{points(found.ci95[1])})"
            )
        return notes


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a gate must know beside the two evaluations.

    ``fixed``: holdout tasks that earlier rounds made pass; ``reruns``: further evaluations of the old model with other seeds;
    ``again``: a second run of the tasks that fell from all samples to none; ``trained``: the trained tasks before and after.
    ``base_train`` and ``base_holdout``: the original base's results on the training tasks (at least on those of ``trained``) and
    on the holdout, for the overfit alarm; without them the old model is taken for the base, which it is in a first round.
    """

    fixed: Set[str] = frozenset()
    reruns: Sequence[Sequence[Result]] = ()
    again: Sequence[Result] = ()
    trained: tuple[Sequence[Result], Sequence[Result]] | None = None
    base_train: Sequence[Result] | None = None
    base_holdout: Sequence[Result] | None = None


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
    level: float = _LEVEL,
) -> GateReport:
    """Compare two evaluations of the same holdout tasks.

    ``level`` is the two-sided level of the targets' verdicts: their interval and p are judged at it. What the table and the
    report show beside it stays at 95%.

    Raises:
        ValueError: there is no target suite, so nothing would have to improve; or a level that is no chance.
        Inconclusive: no holdout result of a target or guard suite on both sides.
        BadInput: a sample of a task occurs twice in an evaluation.
    """
    if not target:
        raise ValueError("needs at least one target suite")
    if not 0 < level < 1:
        raise ValueError(f"needs a level above 0 and below 1, got {level}")
    history = history or History()
    findings = _Findings()
    mine = {*target, *guard}
    _judge_likeness([r for r in before if r.suite in mine], [r for r in after if r.suite in mine], findings)
    flaky = flaky_tasks([*before, *after, *history.again, *(result for run in history.reruns for result in run)])
    unsettled = {
        name: sum(r.verdict.status == "unsettled" for r in side) for name, side in (("before", before), ("after", after))
    }
    # Nothing is gained by an answer that nobody can tell to be right, or to be wrong.
    before, after = unsettled_as(True, set_apart(flaky, before)), unsettled_as(False, set_apart(flaky, after))
    reruns = [unsettled_as(True, set_apart(flaky, run)) for run in history.reruns]
    history = replace(history, again=unsettled_as(False, history.again))
    baseline = joined_runs(before, reruns)
    lines = compare_suites(baseline, after, target=target, guard=guard, level=level)
    slice_p = holm({f"{line.suite}: {line.slice}": _p_of_a_drop(line) for line in lines if _is_guard_slice(line)})
    steady = {task for task, passed in outcomes_of(baseline).items() if all(passed)}
    broken = tuple(task for task in broken_tasks(before, after, history.again) if task in steady)
    for line in (line for line in lines if line.slice == "*"):
        if line.role == "target":
            _judge_target(line, settings, level, findings)
        else:
            _judge_guard(line, settings, findings)
    _judge_slices(lines, slice_p, findings)
    _judge_broken(broken, {result.key for result in history.again if result.verdict.status != "error"}, findings)
    now = outcomes_of(after)
    fixed = {task for task in history.fixed if task in now}
    lost = tuple(sorted(task for task in fixed if not any(now[task])))
    _judge_lost(lost, len(fixed), len(history.fixed - fixed - set(flaky)), settings, findings)
    noise = {suite: estimate_noise([[r for r in run if r.suite == suite] for run in (before, *reruns)]) for suite in target}
    return GateReport(
        decision=findings.decision,
        reasons=findings.reasons,
        lines=lines,
        level=level,
        noise={suite: found for suite, found in noise.items() if found is not None},
        slice_p=slice_p,
        fixed=len(fixed),
        lost_fixes=lost,
        broken=broken,
        flaky=flaky,
        unsettled={name: count for name, count in unsettled.items() if count},
        overfit=_overfit(history, before, after, target, settings.overfit_margin),
        settings=settings,
    )


def _overfit(
    history: History, before: Sequence[Result], after: Sequence[Result], target: Sequence[str], margin: float
) -> Overfit | None:
    if history.trained is None:
        return None
    base_train = history.trained[0] if history.base_train is None else history.base_train
    base_holdout = before if history.base_holdout is None else history.base_holdout
    trained, unseen = (
        tuple([result for result in side if result.suite in target] for side in sides)
        for sides in ((base_train, history.trained[1]), (base_holdout, after))
    )
    return judge_overfit((trained[0], trained[1]), (unseen[0], unseen[1]), margin)


def compare_suites(
    before: Sequence[Result],
    after: Sequence[Result],
    *,
    target: Sequence[str],
    guard: Sequence[str] = (),
    level: float = _LEVEL,
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
            left, right = ([result for result in side if result.suite == suite] for side in (before, after))
            whole = _line(suite, "*", role, left, right, level if role == "target" else _LEVEL)
            if whole is None:
                split = "/".join(sorted({result.split for result in (*left, *right)})) or "holdout"
                raise Inconclusive(f"suite {suite}: no {split} task has a verdict before and after; nothing can be compared")
            lines += [whole, *(line for name in _slices(left, right) if (line := _line(suite, name, role, left, right)))]
    return tuple(lines)


def _judge_broken(broken: Sequence[str], run_again: Set[str], findings: _Findings) -> None:
    """One run of a few samples may be bad luck; a task that fell twice is broken."""
    fell = "passed in every sample before and in none after"
    if twice := [task for task in broken if task in run_again]:
        findings.rejecting.append(f"{len(twice)} tasks {fell}, twice")
    if once := [task for task in broken if task not in run_again]:
        findings.doubting.append(f"{len(once)} tasks {fell}: run them again (`goldloop gate --again FOLDER`)")


def _judge_lost(lost: Sequence[str], fixed: int, unknown: int, settings: GateSettings, findings: _Findings) -> None:
    """What an earlier round fixed and fails again counts in the difference already; it rejects only if the user says so."""
    if (most := settings.max_lost_share) is None:
        return
    if lost and len(lost) > most * fixed:
        findings.rejecting.append(
            f"{len(lost)} of {fixed} holdout tasks that earlier rounds fixed fail again (gate.max_lost_share is {most:g})"
        )
    if unknown:
        findings.doubting.append(f"{unknown} holdout tasks that an earlier round fixed have no verdict now")


def _judge_likeness(before: Sequence[Result], after: Sequence[Result], findings: _Findings) -> None:
    """Both sides must have answered the same tasks equally often, with few infrastructure errors.

    This is about the two evaluations; further runs of the old model add samples to its side by design.
    """
    left, right = (Counter(result.key for result in side) for side in (before, after))
    if alone := left.keys() ^ right.keys():
        findings.doubting.append(
            f"{len(alone)} tasks were evaluated on one side only ({len(left)} before, {len(right)} after): evaluate the same "
            "tasks on both sides"
        )
    if uneven := {(left[task], right[task]) for task in left.keys() & right.keys() if left[task] != right[task]}:
        count = sum(left[task] != right[task] for task in left.keys() & right.keys())
        findings.doubting.append(
            f"{count} tasks have a different number of samples after than before ({_ranged(uneven, 0)} before, "
            f"{_ranged(uneven, 1)} after): evaluate both sides with the same settings"
        )
    for name, side in (("before", before), ("after", after)):
        errors = sum(result.verdict.status == "error" for result in side)
        if errors > MAX_ERROR_SHARE * len(side):
            findings.doubting.append(
                f"{errors} of {len(side)} attempts {name} ended as infrastructure errors; evaluate them again"
            )


def _ranged(pairs: Set[tuple[int, int]], place: int) -> str:
    numbers = [pair[place] for pair in pairs]
    return f"{min(numbers)}" if min(numbers) == max(numbers) else f"{min(numbers)} to {max(numbers)}"


def _slices(before: Sequence[Result], after: Sequence[Result]) -> list[str]:
    names = sorted({result.slice for result in (*before, *after)})
    return names if len(names) > 1 else []


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


def _is_guard_slice(line: Line) -> bool:
    return line.role == "guard" and line.slice != "*"


def _p_of_a_drop(line: Line) -> float:
    """One-sided: half of the two-sided p where the slice fell."""
    return line.p / 2 if line.delta < 0 else 1.0 - line.p / 2


def _line(
    suite: str, slice_: str, role: Role, before: Sequence[Result], after: Sequence[Result], level: float = _LEVEL
) -> Line | None:
    """None where no task has a verdict on both sides."""
    sides = [[r for r in side if slice_ in ("*", r.slice)] for side in (before, after)]
    left, right = map(outcomes_of, sides)
    shared = left.keys() & right.keys()
    if not shared:
        return None
    answered = {r.key for r in sides[0]} & {r.key for r in sides[1]}
    groups, old, new = groups_of(sides[0]), {task: left[task] for task in shared}, {task: right[task] for task in shared}
    paired = compare_outcomes(old, new, groups, level)
    decisive = delta_interval(old, new, groups, 1 - level) if level != _LEVEL else None
    return Line(suite=suite, slice=slice_, role=role, errors=len(answered - shared), decisive=decisive, **dict(paired))


def points(share: float) -> str:
    """A share as signed points: 0.25 is ``+25.0``."""
    return f"{100 * share:+.1f}"


def _with(line: Line) -> str:
    tasks = f"with {line.n} task{'' if line.n == 1 else 's'}"
    return tasks if line.clusters == line.n else f"{tasks} in {line.clusters} group{'' if line.clusters == 1 else 's'}"


def _confidence(level: float) -> str:
    return f"{100 * (1 - level):.6g}%"


def _judge_target(line: Line, settings: GateSettings, level: float, findings: _Findings) -> None:
    interval = line.decisive or line.ci95
    limits = f"{points(interval.low)} to {points(interval.high)}"
    said = f"{line.suite}: {points(line.delta)} points, {_confidence(level)} interval {limits}"
    if line.least_p >= level:
        findings.doubting.append(f"{said}: {_with(line)} p cannot fall below {line.least_p:.2g}, so nothing can be decided")
    elif interval.high < settings.min_effect:
        least = f"{100 * settings.min_effect:g} points or more"
        findings.rejecting.append(f"{said}: {'worse' if interval.high < 0 else f'no gain of {least}'}")
    elif interval.low <= 0 or line.p >= level or line.delta < settings.min_effect:
        findings.doubting.append(f"{said}: {_with(line)} this comparison {line.detects}")
    else:
        findings.good.append(said)


def _judge_guard(line: Line, settings: GateSettings, findings: _Findings) -> None:
    margin = f"{100 * settings.guard_margin:g} points"
    said = f"{line.suite} (guard): {points(line.delta)} points"
    if line.high_one_sided < -settings.guard_margin and _p_of_a_drop(line) < _LEVEL:
        findings.rejecting.append(f"{said}, at most {points(line.high_one_sided)}: fell by more than {margin}")
    elif line.low_one_sided <= -settings.guard_margin:
        findings.doubting.append(
            f"{said}, lower bound {points(line.low_one_sided)}: a drop of {margin} cannot be excluded {_with(line)}; this "
            f"comparison {line.detects}"
        )
    else:
        findings.good.append(f"{said}, lower bound {points(line.low_one_sided)}")


def _judge_slices(lines: Sequence[Line], slice_p: Mapping[str, float], findings: _Findings) -> None:
    for line in filter(_is_guard_slice, lines):
        p = slice_p[f"{line.suite}: {line.slice}"]
        if p < _LEVEL:
            findings.rejecting.append(
                f"{line.suite} (guard), slice {line.slice}: {points(line.delta)} points, p {p:.3f} after Holm"
            )
