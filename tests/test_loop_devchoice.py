"""Rate, epoch and scale of a round's adapter, chosen on dev: what is trained and looked at, in which order, and after a kill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import WriteSuite
from test_loop_climb import settings

from evals import notices
from evals.errors import BadInput
from evals.files import MANIFEST, read_json, read_records
from evals.records import Result
from loop import stages
from loop.runs import Finished, resume_run, start_run

pytestmark = pytest.mark.usefixtures("self_test_once")
CHOOSING = {"trainer": "scripted", "num_train_epochs": 4, "dev_samples": 2, "dev_scales": []}


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "_said", set())


def run(suite: Path, place: Path, **finetune: Any) -> Finished:
    return start_run(settings(suite, "fakes:Ripening", finetune={**CHOOSING, **finetune}), place, place / "runs")


def looks(finished: Finished) -> list[tuple[str, float, bool]]:
    return [(look.name, round(look.dev, 3), look.chosen) for look in finished.rounds[0].looks]


def folders(finished: Finished) -> set[str]:
    return {path.name for path in (finished.folder / "round-1").iterdir() if path.is_dir() and path.name[:4] in ("fine", "dev-")}


def test_the_epoch_that_is_best_on_dev_is_decided_on_and_later_ones_are_not_trained(
    write_suite: WriteSuite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    finished = run(write_suite(train=6, holdout=8, dev=4), tmp_path)
    (first, second, third) = looks(finished)
    assert 0 < first[1] < 1
    assert [first[0], second, third] == ["finetune-epoch-1", ("finetune-epoch-2", 1.0, True), ("finetune-epoch-3", 0.0, False)]
    report = finished.rounds[0]
    assert (report.folder, report.decision) == ("finetune-epoch-2", "promote")
    assert folders(finished) == {f"{kind}-epoch-{n}" for kind in ("finetune", "dev") for n in (1, 2, 3)}
    dev = read_records(finished.folder / "round-1/dev-epoch-1/results.jsonl", Result)
    assert len(dev) == 8 and {result.split for result in dev} == {"dev"}
    assert "choosing on dev: 1 training, at most 4 evaluations of 4 dev tasks, 32 answers" in caplog.text
    page = " ".join(finished.html.read_text(encoding="utf-8").split())
    assert "Chosen on dev" in page and "finetune-epoch-2" in page
    assert read_json(finished.folder / "report.json")["rounds"][0]["looks"][1]["chosen"] is True


def test_the_rate_is_swept_with_the_first_seed_and_further_seeds_take_the_best(write_suite: WriteSuite, tmp_path: Path) -> None:
    finished = run(write_suite(train=6, holdout=6, dev=4), tmp_path, sweep=[1e-3, 1e-2], seeds=2, num_train_epochs=2)
    assert [name for name, _, _ in looks(finished)] == [
        "finetune-epoch-1",
        "finetune",
        "finetune-rate-0.01-epoch-1",
        "finetune-rate-0.01",
        "finetune-rate-0.01-seed-1-epoch-1",
        "finetune-rate-0.01-seed-1",
    ]
    assert [look.learning_rate for look in finished.rounds[0].looks] == [1e-3, 1e-3, *[1e-2] * 4]
    report = finished.rounds[0]
    assert report.folder == "finetune-rate-0.01-epoch-1"
    assert [(one.seed, one.folder, one.chosen) for one in report.seeds] == [
        (0, "finetune-rate-0.01-epoch-1", True),
        (1, "finetune-rate-0.01-seed-1-epoch-1", False),
    ]


@pytest.mark.parametrize("victim", ["finetune_stage", "evaluate_stage"])
def test_a_run_killed_while_it_chooses_ends_as_if_it_had_not_been(
    victim: str, write_suite: WriteSuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = write_suite(train=6, holdout=6, dev=4)
    whole = run(suite, tmp_path / "whole")
    real: Callable[..., Any] = getattr(stages, victim)

    class Killed(BaseException):
        pass

    def dying(*given: Any, **how: Any) -> Any:
        if any(isinstance(argument, Path) and argument.name.endswith("epoch-2") for argument in given):
            raise Killed
        return real(*given, **how)

    with monkeypatch.context() as patch:
        patch.setattr(stages, victim, dying)
        with pytest.raises(Killed):
            run(suite, tmp_path / "killed")
    first = tmp_path / "killed/runs/test/round-1/finetune-epoch-1" / MANIFEST
    made = first.read_bytes()
    resumed = resume_run(tmp_path / "killed/runs/test")
    assert first.read_bytes() == made
    assert looks(resumed) == looks(whole)
    assert resumed.rounds[0].adapter == whole.rounds[0].adapter


def test_without_dev_tasks_the_last_epoch_is_taken_and_that_is_said(
    write_suite: WriteSuite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    finished = run(write_suite(train=6, holdout=6), tmp_path)
    assert (finished.rounds[0].folder, finished.rounds[0].looks, folders(finished)) == ("finetune", (), {"finetune"})
    assert "finetune.dev_samples: no target suite has a dev task to choose epoch and scale on; the last epoch" in caplog.text


def test_several_rates_need_dev_tasks(write_suite: WriteSuite, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"2 adapters are chosen from on dev, and no target suite has a dev task"):
        run(write_suite(train=6, holdout=6), tmp_path, sweep=[1e-3, 1e-4])


def test_weights_that_are_no_lora_are_not_scaled(write_suite: WriteSuite, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no LoRA weights to scale; set finetune\.dev_scales to \[\]"):
        run(write_suite(train=6, holdout=6, dev=4), tmp_path, dev_scales=[0.5])
