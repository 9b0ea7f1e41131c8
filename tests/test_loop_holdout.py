"""The holdout ledger: splits that stay, looks that are logged, a budget, and fresh tasks checked backwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import WriteSuite

from evals.errors import BadInput, Inconclusive
from evals.files import write_json
from evals.suites import Suite, load_suite
from loop.holdout import HoldoutLedger
from trainset.build import Built, save
from trainset.records import Example


def suite_at(path: Path) -> Suite:
    return load_suite(str(path))


def move(path: Path, topic: str, split: str) -> None:
    file = path / "words" / f"codes_{topic}" / "prompt.md"
    text = file.read_text()
    old = "train" if "split: train" in text else "holdout"
    file.write_text(text.replace(f"split: {old}", f"split: {split}"))


def test_the_same_splits_settle_again(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = suite_at(write_suite())
    for _ in range(2):
        assert HoldoutLedger(tmp_path / "runs").settle([suite]) == []


@pytest.mark.parametrize(("topic", "split"), [("island", "train"), ("anchor", "holdout")])
def test_a_group_that_changes_its_split_is_refused(write_suite: WriteSuite, tmp_path: Path, topic: str, split: str) -> None:
    path = write_suite()
    HoldoutLedger(tmp_path / "runs").settle([suite_at(path)])
    move(path, topic, split)
    with pytest.raises(BadInput, match=rf"codes_{topic}.*group '{topic}' was"):
        HoldoutLedger(tmp_path / "runs").settle([suite_at(path)])


def test_the_file_of_splits_does_not_name_tasks(write_suite: WriteSuite, tmp_path: Path) -> None:
    HoldoutLedger(tmp_path / "runs").settle([suite_at(write_suite())])
    assert "island" not in (tmp_path / "runs/splits.jsonl").read_text()


def test_fresh_holdout_tasks_are_welcome(write_suite: WriteSuite, tmp_path: Path) -> None:
    HoldoutLedger(tmp_path / "runs").settle([suite_at(write_suite(holdout=3))])
    more = suite_at(write_suite(holdout=5, root=tmp_path / "later"))
    fresh = HoldoutLedger(tmp_path / "runs").settle([more])
    assert {task.id for task in fresh} == {"codes_ladder", "codes_mirror"}


def trained_on(runs: Path, text: str) -> None:
    example = Example(
        prompt=({"role": "user", "content": text},), completion=({"role": "assistant", "content": "x"},), provenance={}
    )
    folder = runs / "first/round-1/trainset"
    save(Built(examples=(example,), index_digest="b2:0", counts={}, dropped={}), folder)
    write_json(folder / "manifest.json", {})


def test_a_fresh_holdout_task_that_was_trained_on_is_refused(write_suite: WriteSuite, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    HoldoutLedger(runs).settle([suite_at(write_suite(holdout=3))])
    later = suite_at(write_suite(holdout=5, root=tmp_path / "later"))
    trained_on(runs, next(task.prompt for task in later.tasks if task.id == "codes_mirror"))
    with pytest.raises(BadInput, match=r"codes_mirror: a new holdout task, but .*first/round-1/trainset has it"):
        HoldoutLedger(runs).settle([later])


def test_a_look_is_logged_once_for_the_same_purpose(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = suite_at(write_suite())
    for why in ("round 1", "round 1", "round 2"):
        HoldoutLedger(tmp_path / "runs").look("evaluation", suite.tasks, "base", why)
    looks = HoldoutLedger(tmp_path / "runs").looks
    assert [(look.what, look.suite, look.why) for look in looks] == [
        ("evaluation", "codes", "round 1"),
        ("evaluation", "codes", "round 2"),
    ]


def test_a_look_at_training_tasks_is_none(write_suite: WriteSuite, tmp_path: Path) -> None:
    HoldoutLedger(tmp_path / "runs").look("evaluation", suite_at(write_suite()).split("train"), "base", "x")
    assert HoldoutLedger(tmp_path / "runs").looks == []


def test_a_spent_budget_asks_for_fresh_tasks_and_takes_them(write_suite: WriteSuite, tmp_path: Path) -> None:
    ledger = HoldoutLedger(tmp_path / "runs")
    suite = suite_at(write_suite(holdout=3))
    for number in range(3):
        ledger.require_budget([suite], 3)
        ledger.look("decision", suite.tasks, f"adapter {number}", "gate")
    with pytest.raises(Inconclusive, match="decided on 3 times"):
        ledger.require_budget([suite], 3)
    ledger.require_budget([suite_at(write_suite(holdout=4, root=tmp_path / "later"))], 3)
