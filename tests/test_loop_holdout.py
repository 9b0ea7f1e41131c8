"""The holdout ledger: splits that stay, looks that are logged, a budget, and fresh tasks checked backwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest
from conftest import WriteSuite

from evals.errors import BadInput, Inconclusive
from evals.files import write_json
from evals.suites import Suite, load_suite
from finetune.records import TRAINED_ON, TrainedOn
from loop.cli import main
from loop.holdout import HoldoutLedger, require_untrained
from trainset.build import Built, load, save
from trainset.records import Example

pytestmark = pytest.mark.usefixtures("self_test_once")


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


def test_an_adapter_is_not_evaluated_on_holdout_tasks_that_it_was_trained_on(write_suite: WriteSuite, tmp_path: Path) -> None:
    tasks = suite_at(write_suite(holdout=4)).tasks
    holdout = [task for task in tasks if task.split == "holdout"]
    trained_on(tmp_path, holdout[1].prompt)
    folder = tmp_path / "first/round-1/trainset"
    adapter = tmp_path / "adapter"
    assert "no trained-on.json" in require_untrained(adapter, tasks)
    write_json(adapter / TRAINED_ON, TrainedOn(trainset="../first/round-1/trainset", digest=load(folder)[0].digest))
    assert require_untrained(adapter, [task for task in tasks if task.split == "train"]) == ""
    assert require_untrained(adapter, [holdout[0], *holdout[2:]]) == ""
    with pytest.raises(BadInput, match=rf"{holdout[1].id}: .*adapter was trained on it \(.*first/round-1/trainset\)"):
        require_untrained(adapter, tasks)
    trained_on(tmp_path, "nothing of the kind")
    with pytest.raises(BadInput, match=r"trainset: has digest .*, .*adapter was trained on "):
        require_untrained(adapter, tasks)
    folder.rename(tmp_path / "elsewhere")
    assert "its trainset is gone" in require_untrained(adapter, tasks)


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


def rewrite(path: Path, topic: str, old: str, new: str) -> None:
    file = path / "words" / f"codes_{topic}" / "prompt.md"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_a_holdout_task_does_not_become_training_by_a_new_group(write_suite: WriteSuite, tmp_path: Path) -> None:
    path = write_suite()
    HoldoutLedger(tmp_path / "runs").settle([suite_at(path)])
    rewrite(path, "island", "group: island", "group: elsewhere")
    move(path, "island", "train")
    with pytest.raises(BadInput, match=r"task 'codes_island' was 'holdout' and is 'train' now"):
        HoldoutLedger(tmp_path / "runs").settle([suite_at(path)])


def test_a_holdout_task_does_not_become_training_by_a_new_name(write_suite: WriteSuite, tmp_path: Path) -> None:
    path = write_suite()
    HoldoutLedger(tmp_path / "runs").settle([suite_at(path)])
    rewrite(path, "island", "group: island", "group: elsewhere")
    move(path, "island", "train")
    (path / "words/codes_island").rename(path / "words/another")
    with pytest.raises(BadInput, match=r"its text was 'holdout' and is 'train' now"):
        HoldoutLedger(tmp_path / "runs").settle([suite_at(path)])


def test_a_fresh_task_in_a_known_group_is_checked_backwards_too(write_suite: WriteSuite, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    HoldoutLedger(runs).settle([suite_at(write_suite(holdout=3))])
    path = write_suite(holdout=5, root=tmp_path / "later")
    rewrite(path, "mirror", "group: mirror", "group: island")
    later = suite_at(path)
    trained_on(runs, next(task.prompt for task in later.tasks if task.id == "codes_mirror"))
    with pytest.raises(BadInput, match=r"codes_mirror: a new holdout task, but .*first/round-1/trainset has it"):
        HoldoutLedger(runs).settle([later])


def test_one_task_more_or_less_does_not_make_a_spent_holdout_new(write_suite: WriteSuite, tmp_path: Path) -> None:
    ledger = HoldoutLedger(tmp_path / "runs")
    suite = suite_at(write_suite(holdout=6))
    for number in range(8):
        ledger.look("decision", suite.tasks, f"adapter {number}", "gate")
    fewer = suite_at(write_suite(holdout=5, root=tmp_path / "fewer"))
    with pytest.raises(Inconclusive, match="decided on 8 times"):
        ledger.require_budget([fewer], 8)
    for number in range(8):
        ledger.look("decision", fewer.tasks, f"adapter {number}", "gate of fewer")
    assert ledger.decisions(suite.tasks) == {"codes": pytest.approx(8 + 8 * 5 / 6)}


def test_a_raised_budget_is_logged_where_it_is_used(write_suite: WriteSuite, tmp_path: Path) -> None:
    ledger = HoldoutLedger(tmp_path / "runs")
    suite = suite_at(write_suite())
    for number in range(25):
        ledger.look("decision", suite.tasks, f"adapter {number}", "gate")
    with pytest.raises(Inconclusive, match=r"gate\.looks: 25"):
        ledger.require_budget([suite], 25)
    assert ledger.looks[-1].what == "decision"
    ledger.require_budget([suite], 40)
    assert (ledger.looks[-1].what, ledger.looks[-1].subject) == ("override", "gate.looks: 40")


@pytest.fixture
def looked(write_suite: WriteSuite, tmp_path: Path) -> Path:
    """A runs folder with a settled suite and three looks."""
    runs, suite = tmp_path / "runs", suite_at(write_suite())
    HoldoutLedger(runs).settle([suite])
    for number in range(3):
        HoldoutLedger(runs).look("decision", suite.tasks, f"adapter {number}", "gate")
    return runs


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda lines: [lines[0].replace(b"adapter 0", b"adapter 9"), *lines[1:]], "was edited: its first 3 lines"),
        (lambda lines: [lines[0], lines[2]], "3 lines were written and 2 are left"),
        (lambda lines: lines[:2], "3 lines were written and 2 are left"),
        (lambda lines: [lines[1], lines[0], lines[2]], "was edited"),
        (lambda lines: [*lines, lines[0], lines[0]], "looks.jsonl:4: 2 lines that goldloop did not write"),
        (lambda lines: [], "3 lines were written and 0 are left"),
    ],
)
def test_an_edited_ledger_is_noticed(looked: Path, edit: Callable[[list[bytes]], list[bytes]], said: str) -> None:
    file = looked / "looks.jsonl"
    file.write_bytes(b"".join(edit(file.read_bytes().splitlines(keepends=True))))
    with pytest.raises(BadInput, match=said):
        _ = HoldoutLedger(looked).looks


def test_a_ledger_without_its_seal_or_at_all_is_noticed(looked: Path, write_suite: WriteSuite, tmp_path: Path) -> None:
    (looked / "holdout-seal.json").unlink()
    with pytest.raises(BadInput, match="goldloop did not write"):
        _ = HoldoutLedger(looked).looks
    (looked / "looks.jsonl").unlink()
    (looked / "splits.jsonl").unlink()
    write_json(looked / "r/round-1/gate/manifest.json", {})
    with pytest.raises(BadInput, match="is missing, though 1 gates have decided here"):
        HoldoutLedger(looked).require_budget([suite_at(write_suite(root=tmp_path / "again"))], 25)


def test_a_process_that_died_while_writing_leaves_a_ledger_that_goes_on(looked: Path, write_suite: WriteSuite) -> None:
    file, seal = looked / "looks.jsonl", looked / "holdout-seal.json"
    before = seal.read_bytes()
    HoldoutLedger(looked).note_item("codes/codes_island", "why")
    seal.write_bytes(before)  # died between the line and its seal
    with file.open("ab") as handle:
        handle.write(b'{"at": "2026-')  # and one that died in its line
    assert [look.what for look in HoldoutLedger(looked).looks] == ["decision"] * 3 + ["item"]
    HoldoutLedger(looked).note_item("codes/codes_jacket", "why")
    assert (
        len(HoldoutLedger(looked).looks)
        == len(file.read_bytes().splitlines())
        == json.loads(seal.read_bytes())["looks.jsonl"]["lines"]
        == 5
    )


def note_many(runs: Path, name: str) -> None:
    for number in range(25):
        HoldoutLedger(runs).note_item(f"codes/{name}-{number}", "both at once")
        HoldoutLedger(runs).note_item(f"codes/shared-{number}", "both at once")


def test_two_processes_log_at_once_and_lose_nothing(tmp_path: Path) -> None:
    context = get_context("fork")
    workers = [context.Process(target=note_many, args=(tmp_path, name)) for name in ("a", "b")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    subjects = [look.subject for look in HoldoutLedger(tmp_path).looks]
    assert len(subjects) == len(set(subjects)) == 75


def test_reading_looks_makes_no_folder(tmp_path: Path) -> None:
    assert HoldoutLedger(tmp_path / "runs").looks == [] and not (tmp_path / "runs").exists()


def test_the_list_of_looks_counts_the_decisions(looked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["holdout", "looks", "--runs", str(looked)])
    assert "3 decisions" in capsys.readouterr().out
