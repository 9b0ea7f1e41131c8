"""The holdout ledger: splits that stay, looks that are logged, a budget, and fresh tasks checked backwards."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest
from conftest import WriteSuite
from sandbox_requirements import unavailable

from decontam.screen import index_tasks, match_text
from evals.errors import BadInput, Inconclusive
from evals.files import read_json, write_json
from evals.records import HELD_OUT, Attempt, Verdict
from evals.suites import Suite, load_suite
from finetune.records import TRAINED_ON, TrainedOn
from goldens.records import Golden, Pair
from loop.ablate import Arm, run_arms
from loop.bench import open_tools
from loop.budget import HoldoutStanding
from loop.cli import main
from loop.config import make_config
from loop.holdout import HoldoutLedger, require_untrained
from loop.stages import holdout_index, screen_stage
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


FIRST = "first/round-1/trainset"
MBPP = Path(os.environ.get("GOLDLOOP_DATA", Path(__file__).parents[2] / "shared" / "data")) / "mbpp/mbpp.jsonl"


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
    told = r"adapter was trained on 1 of the 4 holdout tasks: in .*first/round-1/trainset, the rows of \(unnamed\)"
    with pytest.raises(BadInput, match=told) as refused:
        require_untrained(adapter, tasks)
    assert holdout[1].id not in str(refused.value)
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
    assert "codes: 3 of 25 looks spent, a model each; 3 decisions" in capsys.readouterr().out


def test_every_model_spends_the_budget_once_whatever_looked(write_suite: WriteSuite, tmp_path: Path) -> None:
    ledger, suite = HoldoutLedger(tmp_path / "runs"), suite_at(write_suite())
    for model, why in (("base", "run"), ("base", "eval"), ("base+1", "ablate"), ("base+1", "gate")):
        ledger.spend(suite.tasks, model, why, 2)
    ledger.look("decision", suite.tasks, "base+1", "gate")
    assert ledger.standing(suite.tasks) == {"codes": HoldoutStanding(suite="codes", decisions=1, looks=2)}
    with pytest.raises(Inconclusive, match=r"2 models were evaluated on its holdout \(gate.looks: 2\), and 1 more would be"):
        ledger.spend(suite.tasks, "base+2", "eval", 2)
    assert "base+2" not in {look.subject for look in ledger.looks}
    ledger.spend(suite.tasks, "base", "once more", 2)
    ledger.spend(suite.split("train"), "base+2", "no holdout task", 2)


def test_reading_results_spends_nothing(write_suite: WriteSuite, tmp_path: Path) -> None:
    ledger, suite = HoldoutLedger(tmp_path / "runs"), suite_at(write_suite())
    ledger.look("reading", suite.tasks, "all models so far", "goldloop suite health")
    assert ledger.standing(suite.tasks)["codes"].looks == 0


def test_a_model_pays_for_the_part_of_a_holdout_that_it_has_not_seen(write_suite: WriteSuite, tmp_path: Path) -> None:
    ledger, whole = HoldoutLedger(tmp_path / "runs"), suite_at(write_suite(holdout=6)).split("holdout")
    ledger.spend(whole[:2], "base", "a part", 25)
    ledger.spend(whole[1:3], "base", "another part", 25)
    ledger.spend(whole, "base+1", "all", 25)
    assert ledger.standing(whole)["codes"].looks == pytest.approx(1 + 3 / 6)
    assert ledger.standing(whole[:3])["codes"].looks == 2
    assert ledger.standing(whole[3:])["codes"].looks == 1


def test_a_round_needs_room_for_its_models_before_it_starts(write_suite: WriteSuite, tmp_path: Path) -> None:
    ledger, suite = HoldoutLedger(tmp_path / "runs"), suite_at(write_suite())
    with pytest.raises(Inconclusive, match=r"0 models were evaluated on its holdout .*, and 2 more would be"):
        ledger.require_budget([suite], 1, models=["base"])
    ledger.require_budget([suite], 2, models=["base"])
    ledger.spend(suite.tasks, "base", "before", 2)
    ledger.require_budget([suite], 2, models=["base"])


def test_a_spent_budget_refuses_an_evaluation_before_the_model_is_run(
    write_suite: WriteSuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_suite()
    monkeypatch.chdir(tmp_path)

    def evaluate(out: str, *more: str) -> int:
        with pytest.raises(SystemExit) as ended:
            call = ["eval", str(path), "--out", out, "--model", "m", "--unsafe-local", "--set", "gate.looks=1", *more]
            main([*call, "--set", "backend=fakes:Perfect"])
        return int(ended.value.code or 0)

    assert evaluate("one") == 0 and evaluate("again") == 0
    capsys.readouterr()
    assert evaluate("other", "--model", "n") == 3
    assert "1 models were evaluated on its holdout (gate.looks: 1)" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "other/journal.jsonl").exists()
    assert evaluate("other", "--model", "n", "--split", "train") == 0
    assert evaluate("more", "--model", "n", "--set", "gate.looks=2") == 0


def test_rules_and_decoding_of_the_same_model_are_further_looks(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = suite_at(write_suite())
    config = make_config({"model": "m", "backend": "fakes:Perfect", "suites": {"target": ["codes"]}})
    bench = open_tools(config, [suite], unsafe_local=True)
    bench.ledger = HoldoutLedger(tmp_path / "runs")
    holdout = suite.split("holdout")
    arms = [
        Arm(name="base"),
        Arm(name="+ a.md", rules="Be brief."),
        Arm(name="+ b.md", rules="Be brief."),
        Arm(name="+ c.md", rules="Be right."),
        Arm(name="warm", evals={"temperature": 0.5}),
        Arm(name="wide", evals={"batch_size": 2}),
    ]
    try:
        run_arms(bench, arms, holdout, tmp_path / "arms")
    finally:
        bench.close()
    assert bench.ledger.standing(holdout)["codes"].looks == 4  # the base, two texts of rules, a temperature


def test_the_next_decision_has_its_number_and_a_noted_one_keeps_it(write_suite: WriteSuite, tmp_path: Path) -> None:
    ledger, suite = HoldoutLedger(tmp_path / "runs"), suite_at(write_suite(holdout=6))
    holdout = suite.split("holdout")
    assert ledger.decision_number(holdout) == 1
    for number in range(3):
        ledger.look("decision", holdout, f"base+{number}", "gate")
    assert ledger.decision_number(holdout) == 4
    assert [ledger.decision_number(holdout, f"base+{number}", "gate") for number in range(3)] == [1, 2, 3]
    ledger.look("decision", holdout[:2], "base+3", "gate")
    assert ledger.decision_number(holdout) == 5


@pytest.mark.parametrize("split", ["dev", "final"])
def test_an_adapter_is_not_evaluated_on_dev_or_final_tasks_that_it_was_trained_on(
    write_suite: WriteSuite, tmp_path: Path, split: str
) -> None:
    tasks = suite_at(write_suite(dev=2, final=2)).tasks
    trained_on(tmp_path, next(task.prompt for task in tasks if task.split == split))
    adapter = tmp_path / "adapter"
    write_json(adapter / TRAINED_ON, TrainedOn(trainset="../first/round-1/trainset", digest=load(tmp_path / FIRST)[0].digest))
    with pytest.raises(BadInput, match=f"trained on 1 of the 2 {split} tasks"):
        require_untrained(adapter, tasks)
    assert require_untrained(adapter, [task for task in tasks if task.split != split]) == ""


@pytest.mark.parametrize("split", ["dev", "final"])
def test_a_fresh_dev_or_final_task_that_was_trained_on_is_refused(write_suite: WriteSuite, tmp_path: Path, split: str) -> None:
    runs = tmp_path / "runs"
    HoldoutLedger(runs).settle([suite_at(write_suite())])
    later = suite_at(write_suite(dev=2, final=2, root=tmp_path / "later"))
    trained_on(runs, next(task.prompt for task in later.tasks if task.split == split))
    with pytest.raises(BadInput, match=rf"a new {split} task, but .*first/round-1/trainset has it"):
        HoldoutLedger(runs).settle([later])


def test_what_is_near_a_dev_task_of_mbpp_is_not_trained_on(tmp_path: Path) -> None:
    if not MBPP.is_file():
        unavailable("data", f"{MBPP} is not there")
    suite = load_suite(f"mbpp:{MBPP}")
    proof = Verdict(status="pass", reason="pass")
    attempt = Attempt(key="", completion="", code=None, finish_reason="stop")
    pairs = [
        Pair(
            key=task.key,
            group=task.group,
            slice=task.slice,
            prompt=task.question,
            system="",
            language=task.language,
            licence="",
            attempt=attempt.model_copy(update={"key": task.key}),
            verdict=Verdict(status="fail", reason="no_code"),
            golden=Golden(key=task.key, code=task.golden, source="golden", proof=proof),
        )
        for task in suite.split("train")
    ]
    index = holdout_index(make_config({"suites": {"target": ["mbpp"]}}), [suite])
    clean = screen_stage(pairs, index, tmp_path)
    dropped = read_json(tmp_path / "manifest.json")["counts"]["dropped"]
    by_split = {split: sum(count for why, count in dropped.items() if f"leaks {split} " in why) for split in HELD_OUT}
    assert by_split["holdout"] == 84 and by_split["dev"] > 14
    dev = index_tasks(suite.split("dev"))
    near = [pair.key for pair in clean for match in match_text(f"{pair.prompt}\n{pair.golden.code}", dev) if match.leak]
    # 838 counts as dev task 595 does, for another answer: training tasks share that code, which a bare index cannot know.
    assert near == ["mbpp/838"]
