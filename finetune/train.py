"""Train an adapter on a trainset's folder: the gate before it, the trainer of the configured name, the report after it.

Add a trainer: a class that fits ``base.Trainer`` and a row in ``TRAINERS``, or ``pkg.mod:Class`` in ``finetune.trainer``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.errors import BadInput
from evals.files import digest_file, write_json
from evals.options import read_options
from evals.plugins import load
from evals.progress import Progress, Silent
from evals.records import ModelRef
from finetune.base import WEIGHTS, Lesson, Rates, Trainer
from finetune.processes import process_number
from finetune.records import TRAINED_ON, TrainedOn, TrainReport
from finetune.settings import CHOOSING, FinetuneSettings
from trainset import build as trainsets
from trainset.records import Example

TRAINERS: Mapping[str, str] = {
    "lora": "finetune.lora:LoraTrainer",
    "scripted": "finetune.scripted:ScriptedTrainer",
}


def open_trainer(settings: FinetuneSettings) -> Trainer:
    """The configured trainer, made with its options.

    Raises:
        BadInput: there is no such trainer, or an option does not fit it.
    """
    target = trainer_class(settings.trainer)
    trainer: Trainer = target(
        **read_options(target, settings.trainer_options, f"trainer {settings.trainer}", "finetune.trainer_options")
    )
    return trainer


def likelihoods(
    base: ModelRef, examples: Sequence[Example], settings: FinetuneSettings, progress: Progress | None = None
) -> Sequence[float]:
    """How likely the base finds rows already, as the configured trainer rates them; see ``base.Rates``.

    Raises:
        BadInput: the trainer rates no rows, or the model does not load.
    """
    trainer = open_trainer(settings)
    if not isinstance(trainer, Rates):
        raise BadInput(f"trainset.leave_out_likely: trainer {settings.trainer!r} cannot tell how likely rows are; take lora")
    return trainer.likelihoods(base, examples, settings, progress or Silent())


def trainer_class(name: str) -> Any:
    """The class behind ``finetune.trainer``.

    Raises:
        BadInput: there is none, or it cannot be loaded.
    """
    return load(TRAINERS, name, "finetune.trainer", methods=("counter", "train"))


def finetune(
    trainset: Path,
    base: ModelRef,
    settings: FinetuneSettings,
    out: Path,
    *,
    index_digest: str,
    progress: Progress | None = None,
    epochs: int = 0,
    state: Path | None = None,
) -> TrainReport:
    """Train an adapter on a trainset's folder and write it to ``out``; returns what was done.

    A killed run is taken up where its trainer can; the result is the same. ``epochs`` and ``state`` are those of ``Lesson``. Of
    several processes (``finetune.processes``) the first one writes.

    Raises:
        BadInput: the trainset was screened against another holdout than today's, there is no such trainer, a row is too long, or
            the model does not load.
    """
    built, examples = trainsets.load(trainset)
    if built.index_digest != index_digest:
        raise BadInput(
            f"{trainset}: screened against holdout {built.index_digest}, today's holdout is {index_digest}; "
            "screen the pairs again and rebuild the trainset"
        )
    trainer = open_trainer(settings)
    out.mkdir(parents=True, exist_ok=True)
    lesson = Lesson(
        examples=examples,
        base=base,
        settings=settings,
        out=out,
        trainset=built.digest,
        place=str(trainset),
        progress=progress or Silent(),
        epochs=epochs,
        state=state,
    )
    learnt = trainer.train(lesson)
    if not (out / WEIGHTS).is_file():
        raise BadInput(
            f"finetune.trainer: {settings.trainer!r} ended without {WEIGHTS} in {out}; a trainer must write its adapter there"
        )
    rate = {"learning_rate": learnt.learning_rate} if learnt.learning_rate is not None else {}
    report = TrainReport(
        model=base.model_copy(update={"revision": learnt.revision, "adapter": str(out)}),
        trainset_digest=built.digest,
        index_digest=built.index_digest,
        settings=settings.model_dump(mode="json", exclude=set(CHOOSING)) | rate,
        steps=len(learnt.losses),
        rows=len(examples),
        epochs=learnt.epochs,
        trained_tokens=learnt.trained_tokens,
        total_tokens=learnt.total_tokens,
        losses=tuple(round(loss, 5) for loss in learnt.losses),
        adapter_digest=digest_file(out / WEIGHTS),
    )
    if process_number() == 0:
        write_json(out / TRAINED_ON, TrainedOn(trainset=os.path.relpath(trainset, out), digest=built.digest))
    return report
