"""Suite health over evaluations on disk."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import WriteSuite

from evals.errors import BadInput
from evals.files import write_json, write_jsonl
from evals.records import Attempt, Result, Status, Verdict
from evals.suites import Suite, load_suite
from loop.cli import main
from loop.health import examine_suite
from loop.holdout import HoldoutLedger

pytestmark = pytest.mark.usefixtures("self_test_once")


def evaluation(
    runs: Path, number: int, suite: Suite, passed: Mapping[str, bool], *, code: str = "", stage: str = "after-holdout"
) -> None:
    """One finished evaluation in which the named tasks have these verdicts."""
    results = []
    for task in suite.tasks:
        if task.id in passed:
            status: Status = "pass" if passed[task.id] else "fail"
            attempt = Attempt(key=task.key, completion="", code=code or f"{number}", finish_reason="stop")
            verdict = Verdict(status=status, reason=status)
            row = {"id": task.id, "suite": suite.name, "split": task.split, "group": task.group, "slice": task.slice}
            results.append(Result.model_validate({**row, "attempt": attempt, "verdict": verdict}))
    file = runs / f"r/round-{number}/{stage}/results.jsonl"
    write_jsonl(file, results)
    os.utime(file, (1_000_000 + number, 1_000_000 + number))


@pytest.fixture
def suite(write_suite: WriteSuite) -> Suite:
    return load_suite(str(write_suite(holdout=3)))


def holdout(suite: Suite, *passed: bool) -> dict[str, bool]:
    return dict(zip([task.id for task in suite.split("holdout")], passed, strict=True))


@pytest.mark.parametrize(
    ("history", "saturated"),
    [
        ([(True, True, True), (True, True, True)], True),
        ([(True, True, True), (True, True, False)], False),
        ([(True, True, True)], False),
        ([(False, True, True), (True, True, True), (True, True, True)], True),
    ],
)
def test_a_slice_is_saturated_after_two_rounds_of_ninety_percent(
    suite: Suite, tmp_path: Path, history: list[tuple[bool, ...]], saturated: bool
) -> None:
    for number, passed in enumerate(history):
        evaluation(tmp_path / "runs", number, suite, holdout(suite, *passed))
    found = examine_suite(suite, tmp_path / "runs")
    assert [part.saturated for part in found.slices] == [saturated]
    assert any("add harder tasks to words" in line for line in found.asks) is saturated


def test_tasks_are_never_solved_always_solved_or_unseen(suite: Suite, tmp_path: Path) -> None:
    for number, passed in enumerate([(True, False, True), (True, False, False)]):
        evaluation(tmp_path / "runs", number, suite, holdout(suite, *passed))
    found = examine_suite(suite, tmp_path / "runs")
    assert found.always_solved == ("codes/codes_island",) and found.never_solved == ("codes/codes_jacket",)
    assert len(found.unseen) == 4 and found.evaluations == 2


def test_the_same_code_with_two_verdicts_is_flaky(suite: Suite, tmp_path: Path) -> None:
    evaluation(tmp_path / "runs", 0, suite, holdout(suite, True, True, False), code="same")
    evaluation(tmp_path / "runs", 1, suite, holdout(suite, True, False, False), code="same")
    assert examine_suite(suite, tmp_path / "runs").flaky == ("codes/codes_jacket",)


def test_the_report_of_verify_names_weak_and_unsteady_tasks(suite: Suite, tmp_path: Path) -> None:
    rows = [
        {"suite": "codes", "id": "codes_island", "state": "weak", "passes": 3, "repeats": 3},
        {"suite": "codes", "id": "codes_jacket", "state": "broken", "passes": 2, "repeats": 3},
        {"suite": "other", "id": "task", "state": "weak", "passes": 3, "repeats": 3},
    ]
    write_json(tmp_path / "report.json", {"tasks": rows})
    found = examine_suite(suite, tmp_path / "runs", tmp_path / "report.json")
    assert found.weak == ("codes/codes_island",) and found.flaky == ("codes/codes_jacket",)


def test_another_file_is_not_taken_for_a_report(suite: Suite, tmp_path: Path) -> None:
    write_json(tmp_path / "other.json", {"tasks": 3})
    with pytest.raises(BadInput, match=r"other\.json: no report of `goldloop goldens verify"):
        examine_suite(suite, tmp_path / "runs", tmp_path / "other.json")


def test_the_age_comes_from_the_ledger(suite: Suite, tmp_path: Path) -> None:
    assert examine_suite(suite, tmp_path / "runs").days is None
    HoldoutLedger(tmp_path / "runs").settle([suite])
    assert examine_suite(suite, tmp_path / "runs").days == (0, 0)


def test_before_and_after_are_one_round_and_reruns_are_none(suite: Suite, tmp_path: Path) -> None:
    runs, full = tmp_path / "runs", holdout(suite, True, True, True)
    for stage in ("before-holdout", "before-again-1", "after-holdout"):
        evaluation(runs, 1, suite, full, stage=stage)
    evaluation(runs, 1, suite, {"codes_island": False}, stage="after-again")
    (part,) = examine_suite(suite, runs).slices
    assert (part.rates, part.saturated) == ((1.0,), False)
    evaluation(runs, 2, suite, full)
    (part,) = examine_suite(suite, runs).slices
    assert (part.rates, part.saturated) == ((1.0, 1.0), True)


def test_the_verb_counts_holdout_tasks_and_names_none(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    evaluation(Path("runs"), 1, suite, {**holdout(suite, True, False, True), "codes_anchor": False})
    with pytest.raises(SystemExit) as ended:
        main(["suite", "health", str(suite.path), "--json"])
    shown = capsys.readouterr().out
    found = json.loads(shown)
    assert ended.value.code == 2 and found["never_solved"] == ["codes/codes_anchor"]
    assert found["holdout"] == {"never_solved": 1, "always_solved": 2, "unseen": 0, "flaky": 0}
    assert not any(task.id in shown for task in suite.split("holdout"))
    (look,) = HoldoutLedger(Path("runs")).looks
    assert (look.what, look.why) == ("reading", "goldloop suite health")
