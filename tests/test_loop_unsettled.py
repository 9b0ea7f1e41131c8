"""Unsettled verdicts: counted apart, never trained on, never a failure to train on, and nothing that a candidate gains by."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import ended

from evals.comparison import flaky_tasks, outcomes_of, unsettled_as
from evals.files import write_jsonl
from evals.records import STATUSES, Attempt, Result, Split, Status, Task, Verdict
from goldens.pair import collect_failures, replay_pairs
from loop.config import GateSettings
from loop.gate import GateReport, decide
from loop.stages import count_results
from loop.store import open_store


def result(number: int, status: Status, split: Split = "holdout", code: str = "") -> Result:
    task = f"target/t{number}"
    flags = {"flags": ("heap_walk",), "evidence": {"flags": {"heap_walk": "line 1: import gc"}}} if status == "unsettled" else {}
    return Result(
        id=f"t{number}",
        suite="target",
        split=split,
        group=task,
        slice="s",
        attempt=Attempt(key=task, completion="x", code=code, finish_reason="stop"),
        verdict=Verdict(status=status, reason="flagged:heap_walk" if flags else status, **flags),
    )


def side(*statuses: Status) -> list[Result]:
    return [result(number, status) for number, status in enumerate(statuses)]


def gate(before: list[Result], after: list[Result]) -> GateReport:
    return decide(before, after, target=["target"], guard=[], settings=GateSettings())


FAILED: tuple[Status, ...] = ("fail",) * 60
SOLVED: tuple[Status, ...] = (*("pass",) * 25, *("fail",) * 35)
DOUBTFUL: tuple[Status, ...] = (*("unsettled",) * 25, *("fail",) * 35)


def test_the_gate_takes_the_candidate_s_as_failed_and_the_baseline_s_as_passed() -> None:
    assert gate(side(*FAILED), side(*SOLVED)).decision == "promote"
    doubtful = gate(side(*FAILED), side(*DOUBTFUL))
    assert doubtful.decision != "promote"
    assert (doubtful.lines[0].after, doubtful.lines[0].n) == (0.0, 60)
    assert any("25 after taken as failed" in note for note in doubtful.notes())
    known = gate(side(*DOUBTFUL), side(*SOLVED))
    assert known.decision != "promote"
    assert (known.lines[0].before, known.lines[0].delta) == (25 / 60, 0.0)
    assert any("25 before taken as passed" in note for note in known.notes())
    assert gate(side(*FAILED), side(*SOLVED)).unsettled == {}


def test_outside_the_gate_they_count_for_no_side() -> None:
    results = side("pass", "fail", "error", "unsettled")
    assert outcomes_of(results) == {"target/t0": [True], "target/t1": [False]}
    assert count_results(results) == {"in": 4, "pass": 1, "fail": 1, "error": 1, "unsettled": 1}
    assert [found.verdict.status for found in unsettled_as(True, results)] == ["pass", "fail", "error", "pass"]
    assert [found.verdict.status for found in unsettled_as(False, results)] == ["pass", "fail", "error", "fail"]
    assert flaky_tasks([result(0, "pass", code="x"), result(0, "unsettled", code="x")]) == ()
    assert flaky_tasks([result(0, "pass", code="x"), result(0, "fail", code="x")]) == ("target/t0",)


def test_they_are_neither_failures_to_train_on_nor_own_passes_to_rehearse() -> None:
    results = [result(number, status, "train") for number, status in enumerate(STATUSES)]
    tasks = [Task(id=r.id, suite="target", split="train", group=r.group, prompt="p", golden="") for r in results]
    assert [failure.key for failure in collect_failures(results)] == ["target/t1"]
    assert [pair.key for pair in replay_pairs(results, tasks)] == ["target/t0"]


def test_a_report_from_before_there_were_any_is_read() -> None:
    report = gate(side(*FAILED), side(*SOLVED))
    old = {key: value for key, value in report.model_dump(mode="json").items() if key != "unsettled"}
    assert GateReport.model_validate(old) == report


def test_people_see_them_apart(tmp_path: Path) -> None:
    folder = tmp_path / "demo" / "round-1" / "before-train"
    folder.mkdir(parents=True)
    write_jsonl(folder / "results.jsonl", [result(n, status, "train") for n, status in enumerate(STATUSES)])
    with open_store(tmp_path) as store:
        rows = store.execute("SELECT n, passed, errors, unsettled FROM scores").fetchall()
        named = store.execute("SELECT key FROM results WHERE status = 'unsettled'").fetchall()
    assert (rows, named) == ([(4, 1, 1, 1)], [("target/t3",)])


def test_failures_lists_them_for_review(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_jsonl(tmp_path / "results.jsonl", [result(n, status, "train") for n, status in enumerate(STATUSES)])
    shown = ended(capsys, "failures", str(tmp_path), flat="both")
    assert "unsettled, neither passed nor failed: 1" in shown.out
    assert "line 1: import gc" in shown.out
    listed = ended(capsys, "failures", str(tmp_path), "--json").json
    assert ([row["id"] for row in listed["unsettled"]], listed["failures"]) == (["t3"], 1)
