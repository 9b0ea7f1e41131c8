"""A trainer from outside the package: it trains nothing and writes what it was given, one word count a row.

Use it from a checkout, in a configuration:

    finetune:
      trainer: examples.scripted_trainer:CountingTrainer
      trainer_options: {step_rows: 4}

or with ``python -m goldloop run --set finetune.trainer=examples.scripted_trainer:CountingTrainer``.

A trainer of your own has the same two methods: ``counter`` says how long a row is, ``train`` writes ``adapter_model.safetensors``
and ``adapter_config.json`` into ``lesson.out`` and returns what it did (see ``finetune/base.py``).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from pydantic import Field

from evals.files import canonical_json, write_json
from evals.records import ModelRef, Record
from finetune.base import WEIGHTS, Learnt, Lesson
from trainset.records import Example


class CountingSettings(Record):
    """``finetune.trainer_options`` of this trainer; an unknown option is an error that names the nearest one."""

    step_rows: int = Field(default=8, gt=0, description="rows that make a step")


def words(example: Example) -> int:
    """Words of a row, prompt and completion."""
    return sum(len(message["content"].split()) for message in (*example.prompt, *example.completion))


class CountingTrainer:
    """Its loss is the mean number of words a row of each step."""

    settings = CountingSettings

    def __init__(self, *, options: CountingSettings) -> None:
        self.step_rows = options.step_rows

    def counter(self, base: ModelRef) -> Callable[[Example], int]:
        """Words instead of tokens: ``finetune.max_length`` counts in this unit."""
        return words

    def train(self, lesson: Lesson) -> Learnt:
        """Count, and write the counts where a real trainer writes weights."""
        counts = [words(example) for example in lesson.examples]
        lesson.progress.start("count", len(counts), "rows")
        steps = [counts[start : start + self.step_rows] for start in range(0, len(counts), self.step_rows)]
        (lesson.out / WEIGHTS).write_bytes(canonical_json(counts))
        write_json(lesson.out / "adapter_config.json", {"peft_type": "LORA", "base_model_name_or_path": lesson.base.base})
        lesson.progress.advance(len(counts))
        lesson.progress.finish(f"{len(steps)} steps")
        total = math.fsum(counts)
        return Learnt(
            revision=lesson.base.revision,
            losses=[sum(step) / len(step) for step in steps],
            epochs=1,
            trained_tokens=int(total),
            total_tokens=int(total),
        )
