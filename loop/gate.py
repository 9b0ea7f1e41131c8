"""The paired gate: promote, reject or inconclusive, with the evidence that it was decided on.

Promote needs all of: a gain on the target whose 95% interval lies above 0 and that is at least ``min_effect``; no guard suite
that fell by more than ``max_guard_drop``; every guard's one-sided lower bound above ``-guard_margin``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from evals.comparison import Comparison, compare_outcomes, outcomes_of
from evals.errors import Inconclusive
from evals.records import Record, Result
from loop.config import GateSettings

Decision = Literal["promote", "reject", "inconclusive"]
EXIT_CODES: Mapping[Decision, int] = {"promote": 0, "reject": 2, "inconclusive": 3}


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


class GateReport(Record):
    """The decision, its reasons in words, and every figure behind it. Slice ``*`` is the whole suite."""

    decision: Decision
    reasons: tuple[str, ...]
    lines: tuple[Line, ...]


def decide(
    before: Sequence[Result],
    after: Sequence[Result],
    *,
    target: Sequence[str],
    guard: Sequence[str],
    settings: GateSettings,
) -> GateReport:
    """Compare two evaluations of the same holdout tasks.

    Raises:
        Inconclusive: no holdout result of a target suite on both sides.
    """
    lines: list[Line] = []
    both = {"target": target, "guard": guard}
    for role, suites in both.items():
        for suite in suites:
            mine = [r for r in before if r.suite == suite], [r for r in after if r.suite == suite]
            names = sorted({r.slice for r in mine[0]})
            slices = ["*", *names] if len(names) > 1 else ["*"]
            lines += [_line(suite, name, role, *mine) for name in slices]
    wholes = [line for line in lines if line.slice == "*"]
    rejecting: list[str] = []
    doubting: list[str] = []
    good: list[str] = []
    for line in wholes:
        if line.role == "target":
            _judge_target(line, settings, rejecting, doubting, good)
        else:
            _judge_guard(line, settings, rejecting, doubting, good)
    decision: Decision = "reject" if rejecting else "inconclusive" if doubting else "promote"
    return GateReport(decision=decision, reasons=tuple(rejecting or doubting or good), lines=tuple(lines))


def _line(suite: str, slice_: str, role: Any, before: Sequence[Result], after: Sequence[Result]) -> Line:
    left = outcomes_of([r for r in before if slice_ in ("*", r.slice)])
    right = outcomes_of([r for r in after if slice_ in ("*", r.slice)])
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


def _judge_target(line: Line, settings: GateSettings, rejecting: list[str], doubting: list[str], good: list[str]) -> None:
    said = f"{line.suite}: {points(line.delta)} points, 95% interval {points(line.ci95[0])} to {points(line.ci95[1])}"
    if line.delta <= 0 or line.ci95[1] < settings.min_effect:
        rejecting.append(f"{said}: no gain")
    elif line.ci95[0] <= 0 or line.delta < settings.min_effect:
        doubting.append(f"{said}: with {line.n} tasks this run can see {100 * line.detectable:.0f} points")
    else:
        good.append(said)


def _judge_guard(line: Line, settings: GateSettings, rejecting: list[str], doubting: list[str], good: list[str]) -> None:
    said = f"{line.suite} (guard): {points(line.delta)} points, lower bound {points(line.low_one_sided)}"
    if line.delta < -settings.max_guard_drop:
        rejecting.append(f"{said}: worse by more than {100 * settings.max_guard_drop:.0f} points")
    elif line.low_one_sided <= -settings.guard_margin:
        doubting.append(f"{said}: a drop of {100 * settings.guard_margin:.0f} points cannot be excluded with {line.n} tasks")
    else:
        good.append(said)
