"""Rounds with a scripted model, the real sandbox and real files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import WriteSuite
from fakes import Recovering

from evals.errors import BadInput, Inconclusive
from evals.files import read_json, read_records
from evals.records import Result
from loop.config import make_config
from loop.registry import Registry
from loop.runs import resume_run, start_run
from loop.status import run_status
from trainset.records import Example

pytestmark = pytest.mark.usefixtures("self_test_once")


def settings(target: Path, guard: Path | None = None, **changes: Any) -> Any:
    suites = {"target": [str(target)], "guard": [str(guard)] if guard else []}
    base = {
        "name": "test",
        "backend": "fakes:LearningBackend",
        "model": "scripted",
        "suites": suites,
        "finetune": {"trainer": "scripted"},
    }
    return make_config({**base, **changes})


def test_a_round_promotes_what_learned(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite(train=6, holdout=6))
    finished = start_run(config, tmp_path, tmp_path / "runs")
    line = finished.rounds[0].summary()["suites"]["codes"]["holdout"]
    assert (line["before"], line["after"], line["delta"], line["n"]) == (0.0, 1.0, 1.0, 6)
    assert finished.rounds[0].decision == "promote"
    current = Registry(tmp_path / "runs").current()
    assert current is not None
    assert current.adapter == "test/round-1/finetune"


def test_no_holdout_task_reaches_the_trainset(write_suite: WriteSuite, tmp_path: Path) -> None:
    start_run(settings(write_suite(train=6, holdout=6)), tmp_path, tmp_path / "runs")
    rows = read_records(tmp_path / "runs/test/round-1/trainset/trainset.jsonl", Example)
    holdout = read_records(tmp_path / "runs/test/round-1/before-holdout/results.jsonl", Result)
    assert {row.provenance["key"] for row in rows}.isdisjoint({result.key for result in holdout})
    assert len(rows) == 6


def test_report_json_has_the_promised_keys(write_suite: WriteSuite, tmp_path: Path) -> None:
    start_run(settings(write_suite()), tmp_path, tmp_path / "runs")
    (report,) = read_json(tmp_path / "runs/test/report.json")["rounds"]
    assert set(report["suites"]["codes"]["holdout"]) >= {"before", "after", "delta", "ci95", "n"}
    assert report["decision"] in {"promote", "reject", "inconclusive"}
    assert report["counts"]["failures"] == 4


def test_same_inputs_same_report_wherever_it_runs(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite()
    for runs in ("a", "b/c"):
        start_run(settings(suite), tmp_path, tmp_path / runs)
    first, second = ((tmp_path / runs / "test/report.json").read_bytes() for runs in ("a", "b/c"))
    assert first == second
    assert str(tmp_path).encode() not in first


def test_resuming_a_finished_run_does_nothing_again(write_suite: WriteSuite, tmp_path: Path) -> None:
    start_run(settings(write_suite()), tmp_path, tmp_path / "runs")
    journal = tmp_path / "runs/test/round-1/before-train/journal.jsonl"
    before = journal.read_bytes(), journal.stat().st_mtime_ns
    resume_run(tmp_path / "runs/test")
    assert (journal.read_bytes(), journal.stat().st_mtime_ns) == before


def test_a_run_is_refused_under_other_settings(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite()
    start_run(settings(suite), tmp_path, tmp_path / "runs")
    with pytest.raises(BadInput, match=r"finetune\.learning_rate \('auto' then, 0\.001 now\)"):
        start_run(settings(suite, finetune={"learning_rate": 1e-3}), tmp_path, tmp_path / "runs")


def test_settings_that_never_reached_an_evaluation_may_be_mended(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite(train=6, holdout=6)
    with pytest.raises(BadInput, match="Misspelt"):
        start_run(settings(suite, backend="fakes:Misspelt"), tmp_path, tmp_path / "runs")
    assert start_run(settings(suite), tmp_path, tmp_path / "runs").rounds[0].decision == "promote"


def test_a_changed_suite_is_refused_on_resume(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite()
    start_run(settings(suite), tmp_path, tmp_path / "runs")
    checks = suite / "words/codes_anchor/checks.py"
    checks.write_text(checks.read_text() + "assert codes_anchor() != ''\n")
    with pytest.raises(BadInput, match="made from other inputs"):
        resume_run(tmp_path / "runs/test")


def test_all_tasks_passing_leaves_nothing_to_train_on(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite(), backend="fakes:LearningBackend").model_copy(update={"backend": "fakes:Perfect"})
    finished = start_run(config, tmp_path, tmp_path / "runs")
    assert finished.rounds[0].reasons == ("all 4 training tasks pass: nothing to train on; add harder tasks to the target suite",)


def test_all_tasks_erroring_is_inconclusive_and_not_the_models_fault(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite()).model_copy(update={"backend": "fakes:Dead"})
    with pytest.raises(Inconclusive, match="4 of 4 attempts ended as infrastructure errors"):
        start_run(config, tmp_path, tmp_path / "runs")
    assert not (tmp_path / "runs/test/round-1/failures").exists()


def test_an_errored_run_can_be_resumed_once_the_cause_is_mended(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite()).model_copy(update={"backend": "fakes:Recovering"})
    Recovering.broken = True
    with pytest.raises(Inconclusive):
        start_run(config, tmp_path, tmp_path / "runs")
    Recovering.broken = False
    assert resume_run(tmp_path / "runs/test").rounds[0].counts["failures"] == 4


def test_an_empty_holdout_is_inconclusive(write_suite: WriteSuite, tmp_path: Path) -> None:
    with pytest.raises(Inconclusive, match="the holdout is empty"):
        start_run(settings(write_suite(holdout=0)), tmp_path, tmp_path / "runs")


def test_a_guard_that_falls_rejects(write_suite: WriteSuite, tmp_path: Path) -> None:
    suites = write_suite(holdout=8), write_suite("others", holdout=8)
    config = settings(*suites).model_copy(update={"backend": "fakes:Forgetful"})
    finished = start_run(config, tmp_path, tmp_path / "runs")
    assert finished.rounds[0].decision == "reject"
    assert Registry(tmp_path / "runs").current() is None


def test_a_golden_that_fails_its_checks_is_named(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite()
    (suite / "words/codes_basket/golden.py").write_text("def codes_basket():\n    return 'wrong'\n")
    with pytest.raises(Exception, match=r"codes_basket: the golden fails its own checks: wrong_value"):
        start_run(settings(suite), tmp_path, tmp_path / "runs")


def test_a_second_round_trains_on_all_pairs_from_the_base(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite(train=6, holdout=6), rounds=2).model_copy(update={"backend": "fakes:Slow"})
    finished = start_run(config, tmp_path, tmp_path / "runs")
    first, second = finished.rounds
    assert second.counts["trainset_golden"] == 6
    assert first.counts["trainset_golden"] == 3
    assert second.lineage[0] == f"round-1:{first.adapter}"
    assert second.summary()["suites"]["codes"]["holdout"]["before"] == first.summary()["suites"]["codes"]["holdout"]["after"]


def test_status_lists_every_stage_as_done(write_suite: WriteSuite, tmp_path: Path) -> None:
    finished = start_run(settings(write_suite()), tmp_path, tmp_path / "runs")
    assert {row["state"] for row in run_status(finished.folder)} == {"done"}


def test_the_guards_training_failures_are_learned_from_only_when_asked(write_suite: WriteSuite, tmp_path: Path) -> None:
    target, guard = write_suite(train=4, holdout=5), write_suite("others", train=4, holdout=3)
    trained = {}
    for asked in (False, True):
        runs = tmp_path / f"runs-{asked}"
        start_run(settings(target, guard, trainset={"guard_failures": asked}), tmp_path, runs)
        rows = read_records(runs / "test/round-1/trainset/trainset.jsonl", Example)
        trained[asked] = {str(row.provenance["key"]).split("/")[0] for row in rows}
    assert trained == {False: {"codes"}, True: {"codes", "others"}}


def test_evidence_holds_no_memory_address_and_no_temporary_name(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite()).model_copy(update={"backend": "fakes:Addresses"})
    for runs in ("a", "b"):
        start_run(config, tmp_path, tmp_path / runs)
    first, second = ((tmp_path / runs / "test/round-1/before-train/results.jsonl").read_bytes() for runs in "ab")
    assert first == second
    assert b"0x..." in first
    assert b"goldloop-box" not in first
