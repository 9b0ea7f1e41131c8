from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from conftest import WriteSuite

from evals.errors import BadInput
from evals.records import SPLITS, ModelRef
from evals.splits import assign_split
from evals.suites import export_suite, load_suite
from loop.api import evaluate
from loop.cli import main
from loop.holdout import HoldoutLedger


def test_a_split_is_the_same_for_ever() -> None:
    assert [assign_split("suite", f"group {n}") for n in range(6)] == [
        "holdout",
        "holdout",
        "holdout",
        "holdout",
        "train",
        "train",
    ]


def test_about_three_in_five_groups_are_for_training() -> None:
    assert 0.55 < sum(assign_split("suite", str(n)) == "train" for n in range(2000)) / 2000 < 0.65


def test_two_suites_split_the_same_groups_differently() -> None:
    assert {assign_split(f"suite {n}", "group") for n in range(20)} == {"train", "holdout"}


def test_the_share_can_be_all_or_nothing() -> None:
    assert {assign_split("suite", str(n), 1.0) for n in range(50)} == {"train"}
    assert {assign_split("suite", str(n), 0.0) for n in range(50)} == {"holdout"}


FORMS: tuple[Literal["folder", "jsonl", "parquet"], ...] = ("folder", "jsonl", "parquet")


@pytest.mark.parametrize("form", FORMS)
def test_a_suite_has_four_splits_in_every_form(
    write_suite: WriteSuite, tmp_path: Path, form: Literal["folder", "jsonl", "parquet"]
) -> None:
    suite = load_suite(str(write_suite(train=1, holdout=2, dev=3, final=4)))
    export_suite(suite, tmp_path / form, form)
    again = load_suite(str(tmp_path / form))
    assert [len(again.split(split)) for split in SPLITS] == [1, 3, 2, 4] and again.digest == suite.digest


def test_a_final_task_does_not_change_its_split(write_suite: WriteSuite, tmp_path: Path) -> None:
    path = write_suite(final=2)
    ledger = HoldoutLedger(tmp_path / "runs")
    ledger.settle([load_suite(str(path))])
    file = path / "words/codes_saddle/prompt.md"
    file.write_text(file.read_text().replace("split: final", "split: holdout"))
    with pytest.raises(BadInput, match="group 'saddle' was 'final' and is 'holdout' now"):
        ledger.settle([load_suite(str(path))])


@pytest.mark.parametrize("verb", ["eval", "ablate"])
def test_no_verb_evaluates_on_final(
    write_suite: WriteSuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    suite = str(write_suite(final=2))
    monkeypatch.chdir(tmp_path)
    more = ["--temperature", "0.5"] if verb == "ablate" else []
    call = [verb, suite, "--split", "final", "--out", "out", "--unsafe-local", "--set", "backend=fakes:Perfect", *more]
    with pytest.raises(SystemExit) as ended:
        main(call)
    assert ended.value.code == 4 and "--split final" in capsys.readouterr().err
    assert not (tmp_path / "out/journal.jsonl").exists()


def test_the_api_does_not_evaluate_on_final_either(write_suite: WriteSuite, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="split final is looked at once, by `goldloop publish`"):
        evaluate(str(write_suite(final=2)), ModelRef(base="m"), tmp_path / "out", splits=["final"], unsafe_local=True)
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("self_test_once")
def test_an_evaluation_of_all_splits_leaves_final_out(
    write_suite: WriteSuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = str(write_suite(dev=1, final=2))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["eval", suite, "--out", "out", "--model", "m", "--unsafe-local", "--set", "backend=fakes:Perfect"])
    assert ended.value.code == 0 and '"split":"final"' not in (tmp_path / "out/results.jsonl").read_text()
