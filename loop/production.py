"""What a round did for failures of production: one sentence a suite that came from a log. Decides nothing: that is the gate's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scipy.stats import norm

from evals.comparison import outcomes_of
from evals.files import read_json, read_records
from evals.records import Result
from evals.stats import score_interval
from evals.suites import Suite
from goldens.production.folders import FUNNEL
from goldens.production.triage import Funnel


def production_notes(suites: Sequence[Suite], number: int, before: Sequence[Result], after: Sequence[Result]) -> list[str]:
    """How many failures of the log came how far, and how many of the holdout's the round fixed, with a 95% interval (Wilson)."""
    notes = []
    for suite in suites:
        file = suite.path / FUNNEL
        if file.is_file():
            funnel = Funnel.model_validate(read_json(file))
            notes.append(f"{suite.name}: {_way(funnel)}; {_fixed(suite.name, number, before, after)}")
    return notes


def latest_verdicts(runs: Path, suite: str) -> dict[str, list[bool]]:
    """Whether each task of a suite was passed by the models that the runs evaluated, by id, the newest last.

    Counts every evaluation of a round's start and of its candidate; a task with an infrastructure error in one is left out of it.
    """
    verdicts: dict[str, list[bool]] = {}
    started = {file.parent: str(read_json(file).get("started", "")) for file in runs.glob("*/run.json")}
    for folder in sorted(started, key=lambda folder: (started[folder], folder.name)):
        for round_folder in sorted(folder.glob("round-*"), key=lambda path: int(path.name.removeprefix("round-"))):
            for when in ("before", "after"):
                _add_verdicts(round_folder, when, suite, verdicts)
    return verdicts


def _add_verdicts(round_folder: Path, when: str, suite: str, verdicts: dict[str, list[bool]]) -> None:
    passed: dict[str, bool] = {}
    for split in ("train", "holdout"):
        file = round_folder / f"{when}-{split}" / "results.jsonl"
        for result in read_records(file, Result) if file.is_file() else ():
            if result.suite == suite and result.verdict.settled:
                passed[result.id] = passed.get(result.id, True) and result.verdict.passed
    for name, whether in passed.items():
        verdicts.setdefault(name, []).append(whether)


def _way(funnel: Funnel) -> str:
    return (
        f"{funnel.failing:,} failures in the log are {funnel.problems:,} problems, {funnel.reproduced:,} reproduced, "
        f"{funnel.active:,} active"
    )


def _fixed(suite: str, number: int, before: Sequence[Result], after: Sequence[Result]) -> str:
    left, right = (outcomes_of([result for result in side if result.suite == suite]) for side in (before, after))
    failed = [task for task in left.keys() & right.keys() if not any(left[task])]
    if not failed:
        return f"no holdout task of it failed before round {number}"
    fixed = sum(any(right[task]) for task in failed)
    interval = score_interval(fixed / len(failed), len(failed), float(norm.ppf(0.975)))
    return (
        f"round {number} fixes {fixed} of the {len(failed)} holdout tasks that failed "
        f"({interval.low:.0%} to {interval.high:.0%}); none of them was trained on"
    )
