"""A trainer that trains nothing: its weights name the trainset, the seed and the adapter before. For the logic around it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import Field

from evals.files import digest_file, write_json
from evals.records import ModelRef, Record
from finetune.base import WEIGHTS, Learnt, Lesson
from trainset.records import Example


class ScriptedSettings(Record):
    """``finetune.trainer_options`` of ``scripted``."""

    losses: tuple[float, ...] = Field(default=(1.0,), min_length=1, description="loss of each step that it reports")


class ScriptedTrainer:
    """Writes files where a real trainer writes its own; the same trainset, seed and start give the same adapter."""

    settings = ScriptedSettings
    by_epoch = True

    def __init__(self, *, options: ScriptedSettings | None = None) -> None:
        self._losses = (options or ScriptedSettings()).losses

    def counter(self, base: ModelRef) -> Callable[[Example], int]:
        """See ``Trainer.counter``: words."""
        return _words

    def train(self, lesson: Lesson) -> Learnt:
        """See ``Trainer.train``. Only a scripted backend can load what it writes."""
        words = sum(map(_words, lesson.examples))
        trained = sum(len(message["content"].split()) for row in lesson.examples for message in row.completion)
        lesson.progress.start("finetune", words, "words")
        seed = f" seed {lesson.settings.seed}" if lesson.settings.seed else ""
        after = f" after {digest_file(Path(lesson.base.adapter, WEIGHTS))}" if lesson.base.adapter else ""
        part = f" epoch {lesson.epochs}" if lesson.epochs not in (0, lesson.settings.num_train_epochs) else ""
        rate = f" rate {lesson.settings.learning_rate}" if lesson.settings.learning_rate != "auto" else ""
        (lesson.out / WEIGHTS).write_bytes(f"{lesson.trainset}{seed}{after}{rate}{part}".encode())
        write_json(
            lesson.out / "adapter_config.json", {"peft_type": "LORA", "base_model_name_or_path": lesson.base.base, "revision": ""}
        )
        lesson.progress.advance(words)
        lesson.progress.finish("scripted")
        return Learnt(revision="", losses=self._losses, epochs=1, trained_tokens=trained, total_tokens=words)


def _words(example: Example) -> int:
    return sum(len(message["content"].split()) for message in (*example.prompt, *example.completion))
