"""What stands around every trainer: the gate on the holdout, names and options, the report; without a model."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evals.errors import BadInput
from evals.files import digest_bytes, read_json
from evals.records import ModelRef
from finetune.base import WEIGHTS, objective_of
from finetune.records import TRAINED_ON
from finetune.settings import FinetuneSettings
from finetune.train import TRAINERS, finetune, open_trainer
from trainset.build import Built, save
from trainset.records import Example

BASE = ModelRef(base="scripted")
SCRIPTED = FinetuneSettings(trainer="scripted")


@pytest.fixture
def trainset(tmp_path: Path) -> Path:
    rows = tuple(
        Example(
            prompt=({"role": "user", "content": f"Question {n}"},),
            completion=({"role": "assistant", "content": "one two three"},),
            provenance={"key": f"s/t{n}"},
        )
        for n in range(5)
    )
    save(Built(examples=rows, index_digest="b2:index", counts={"rows": 5}, dropped={}), tmp_path / "trainset")
    return tmp_path / "trainset"


def test_the_scripted_trainer_writes_an_adapter_that_names_its_trainset(trainset: Path, tmp_path: Path) -> None:
    report = finetune(trainset, BASE, SCRIPTED, tmp_path / "a", index_digest="b2:index")
    again = finetune(trainset, BASE, SCRIPTED, tmp_path / "b", index_digest="b2:index")
    assert (report.rows, report.steps, report.trained_tokens, report.total_tokens) == (5, 1, 15, 25)
    assert report.adapter_digest == again.adapter_digest == digest_bytes(report.trainset_digest.encode())
    assert read_json(tmp_path / "a" / TRAINED_ON) == {"trainset": "../trainset", "digest": report.trainset_digest}


def test_no_trainer_sees_a_trainset_of_another_holdout(trainset: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="screened against holdout b2:index, today's holdout is b2:other"):
        finetune(trainset, BASE, SCRIPTED, tmp_path / "a", index_digest="b2:other")
    assert not (tmp_path / "a").exists()


def test_an_unknown_trainer_is_named_with_those_that_there_are() -> None:
    with pytest.raises(BadInput, match=r"'scriptd' is none of lora, scripted, nor a 'pkg.mod:Class'; did you mean 'scripted'"):
        open_trainer(FinetuneSettings(trainer="scriptd"))


def test_an_unknown_objective_is_named_with_those_that_there_are() -> None:
    with pytest.raises(BadInput, match=r"'dop' is none of sft, weighted, dpo, nor a 'pkg.mod:function'; did you mean 'dpo'"):
        objective_of("dop")


@pytest.mark.parametrize(
    ("trainer", "options", "said"),
    [
        ("scripted", {"loses": [1.0]}, "finetune.trainer_options.loses: unknown option 'loses'; did you mean 'losses'"),
        ("scripted", {"losses": []}, "finetune.trainer_options.losses: "),
        ("lora", {"r": 8}, "finetune.trainer_options.r: unknown option 'r': trainer lora takes none"),
    ],
)
def test_options_are_checked_by_the_trainers_own_settings(trainer: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        open_trainer(FinetuneSettings(trainer=trainer, trainer_options=options))


@pytest.mark.parametrize("name", sorted(TRAINERS))
def test_every_trainer_of_the_table_has_what_the_seam_asks_for(name: str) -> None:
    trainer = open_trainer(FinetuneSettings(trainer=name))
    assert callable(trainer.train) and callable(trainer.counter(BASE))


def test_a_trainer_from_outside_trains_by_its_name(trainset: Path, tmp_path: Path) -> None:
    settings = FinetuneSettings(trainer="examples.scripted_trainer:CountingTrainer", trainer_options={"step_rows": 2})
    report = finetune(trainset, BASE, settings, tmp_path / "out", index_digest="b2:index")
    assert (report.steps, report.losses) == (3, (5.0, 5.0, 5.0))
    assert (tmp_path / "out" / WEIGHTS).read_bytes() == b"[5,5,5,5,5]"
    with pytest.raises(BadInput, match="unknown option 'step_row'; did you mean 'step_rows'"):
        open_trainer(settings.model_copy(update={"trainer_options": {"step_row": 2}}))


def test_a_trainer_that_leaves_no_adapter_is_refused(trainset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "forgetful.py").write_text(
        "from finetune.base import Learnt\n"
        "class Forgetful:\n"
        "    def counter(self, base): return lambda example: 1\n"
        "    def train(self, lesson): return Learnt(revision='', losses=[1.0], epochs=1, trained_tokens=1, total_tokens=1)\n"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(BadInput, match=f"ended without {WEIGHTS}"):
        finetune(trainset, BASE, FinetuneSettings(trainer="forgetful:Forgetful"), tmp_path / "out", index_digest="b2:index")
