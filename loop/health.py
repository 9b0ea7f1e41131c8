"""The state of a suite over the rounds of a runs folder: saturated slices, never-solved, flaky and weak tasks, age.

Reads results, the ledger of splits and, if given, the report of ``goldloop goldens verify --out``. Judges nothing
that was not evaluated: a task without a verdict is reported as unseen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evals.comparison import Rate, groups_of, outcomes_of, pass_rate
from evals.errors import BadInput
from evals.files import digest, read_json, read_records
from evals.records import Record, Result
from evals.suites import Suite
from loop.holdout import HoldoutLedger
from loop.stages import RESULTS

SATURATED, SURELY, ROUNDS = 0.90, 0.80, 2


class SliceHealth(Record):
    """A slice's pass rates on the holdout, one a round, oldest first, and the lower limits of their 95% intervals.

    ``saturated``: in each of the last two rounds at least 90%, and surely (lower limit) at least 80%. The limit is Wilson's, or
    that of groups and samples as clusters: 11 tasks of 11 may be luck (limit 74%), 16 of 16 are not (81%), and tasks of one
    group count as one. The rounds are not pooled: they ask the same tasks, which would then count twice. The share counts,
    too, since 84% of 500 tasks is surely above 80%, and leaves 80 tasks to gain.
    """

    slice: str
    tasks: int
    rates: tuple[float, ...]
    lows: tuple[float, ...]
    saturated: bool


class Health(Record):
    """What needs attention. Lists hold task keys; ``days`` is the age of the oldest and of the newest group."""

    suite: str
    tasks: int
    evaluations: int
    slices: tuple[SliceHealth, ...]
    never_solved: tuple[str, ...]
    always_solved: tuple[str, ...]
    unseen: tuple[str, ...]
    flaky: tuple[str, ...]
    weak: tuple[str, ...] | None
    days: tuple[int, int] | None

    @property
    def asks(self) -> list[str]:
        """What to do, in words; empty if nothing is needed."""
        full = [part.slice for part in self.slices if part.saturated]
        advice = {
            f"add harder tasks to {', '.join(full)}: at least {SATURATED:.0%} solved in {ROUNDS} rounds, surely {SURELY:.0%} "
            "(95% interval); keep these as core": full,
            f"look at {len(self.never_solved)} tasks that no model solved: too hard, or wrong checks": self.never_solved,
            f"mend or remove {len(self.flaky)} flaky tasks: the same code got different verdicts": self.flaky,
            f"sharpen the checks of {len(self.weak or ())} weak tasks": self.weak,
        }
        return [text for text, tasks in advice.items() if tasks]


@dataclass(slots=True)
class _Seen:
    """What all evaluations showed for one task: passes, and the verdicts of each code."""

    passes: int = 0
    verdicts: int = 0
    by_code: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def examine_suite(suite: Suite, runs: Path, verified: Path | None = None) -> Health:
    """The health of a suite.

    Raises:
        BadInput: ``verified`` is not a report of ``goldloop goldens verify``.
    """
    evaluations = list(_evaluations(suite, runs))
    seen: defaultdict[str, _Seen] = defaultdict(_Seen)
    for _, results in evaluations:
        for result in results:
            if result.verdict.settled:
                counts = seen[result.key]
                counts.passes += result.verdict.passed
                counts.verdicts += 1
                counts.by_code[digest(result.attempt.code)].add(result.verdict.status)
    keys = [task.key for task in suite.tasks]
    weak, unsteady = _verified(verified, set(keys)) if verified else (None, set())
    flaky = {key for key, counts in seen.items() if any(len(verdicts) > 1 for verdicts in counts.by_code.values())} | unsteady
    return Health(
        suite=suite.name,
        tasks=len(keys),
        evaluations=len(evaluations),
        slices=tuple(_slices(suite, evaluations)),
        never_solved=tuple(key for key in keys if key in seen and not seen[key].passes),
        always_solved=tuple(key for key in keys if key in seen and seen[key].passes == seen[key].verdicts),
        unseen=tuple(key for key in keys if key not in seen),
        flaky=tuple(key for key in keys if key in flaky),
        weak=weak,
        days=_days(suite, runs),
    )


def _evaluations(suite: Suite, runs: Path) -> Iterator[tuple[Path, list[Result]]]:
    """Finished evaluations that hold tasks of the suite, by their folder, oldest first."""
    files = sorted(runs.glob(f"*/round-*/*/{RESULTS}"), key=lambda file: (file.stat().st_mtime, str(file)))
    for file in files:
        if results := [result for result in read_records(file, Result) if result.suite == suite.name]:
            yield file.parent, results


def _rounds(evaluations: Sequence[tuple[Path, Sequence[Result]]]) -> list[Sequence[Result]]:
    """What each round ended with on the holdout: the trained model's results, or the old model's if it got no further.

    Runs with other seeds and of a few tasks say nothing about a round, and before and after are one round, not two.
    """
    by_round: dict[Path, Sequence[Result]] = {}
    for stage in ("before-holdout", "after-holdout"):
        by_round |= {folder.parent: results for folder, results in evaluations if folder.name == stage}
    order = dict.fromkeys(folder.parent for folder, _ in evaluations)
    return [by_round[folder] for folder in order if folder in by_round]


def _slices(suite: Suite, evaluations: Sequence[tuple[Path, Sequence[Result]]]) -> Iterator[SliceHealth]:
    rounds = _rounds(evaluations)
    for name in sorted({task.slice for task in suite.tasks}):
        rates: list[Rate] = []
        for results in rounds:
            part = [r for r in results if r.slice == name and r.split == "holdout"]
            if outcomes := outcomes_of(part):
                rates.append(pass_rate(outcomes, groups_of(part)))
        last = rates[-ROUNDS:]
        yield SliceHealth(
            slice=name,
            tasks=sum(task.slice == name for task in suite.tasks),
            rates=tuple(rate.share for rate in rates),
            lows=tuple(rate.interval.low for rate in rates),
            saturated=len(last) == ROUNDS and all(rate.share >= SATURATED and rate.interval.low >= SURELY for rate in last),
        )


def _verified(file: Path, keys: set[str]) -> tuple[tuple[str, ...], set[str]]:
    """Weak tasks, and tasks whose golden did not pass every time, of a report of ``goldens verify``."""
    report: Any = read_json(file)
    rows = report.get("tasks") if isinstance(report, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and {"suite", "id", "state"} <= row.keys() for row in rows):
        raise BadInput(f"{file}: no report of `goldloop goldens verify --out`: expected `tasks` with `suite`, `task` and `state`")
    mine = {key: row for row in rows if (key := f"{row['suite']}/{row['id']}") in keys}
    weak = tuple(key for key, row in mine.items() if row["state"] == "weak")
    return weak, {key for key, row in mine.items() if 0 < row.get("passes", 0) < row.get("repeats", 0)}


def _days(suite: Suite, runs: Path) -> tuple[int, int] | None:
    moments = HoldoutLedger(runs).first_seen(suite)
    if not moments:
        return None
    now = datetime.now(UTC)
    return (now - min(moments)).days, (now - max(moments)).days
