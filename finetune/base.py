"""The seam of training: what a trainer gets, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from evals.progress import Progress
from evals.records import ModelRef
from finetune.settings import FinetuneSettings
from trainset.records import Example

WEIGHTS = "adapter_model.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What to train on, and where to leave it.

    ``trainset`` is the trainset's digest: with ``settings`` and the base's revision it names the run, so that a checkpoint of
    another one is not taken up. ``place`` names the trainset in messages.
    """

    examples: Sequence[Example]
    base: ModelRef
    settings: FinetuneSettings
    out: Path
    trainset: str
    place: str
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What a trainer did. ``losses``: mean loss a trained token of each optimizer step; token counts are over all epochs."""

    revision: str
    losses: Sequence[float]
    epochs: int
    trained_tokens: int
    total_tokens: int


class Trainer(Protocol):
    """Trains an adapter. Made with ``finetune.trainer_options``, which its ``settings`` model checks where it has one."""

    def __init__(self, **options: Any) -> None: ...

    def counter(self, base: ModelRef) -> Callable[[Example], int]:
        """How long a row is to this trainer, in the unit of ``finetune.max_length``: what refuses a row before training does."""
        ...

    def train(self, lesson: Lesson) -> Learnt:
        """Train on the examples and write the adapter to ``lesson.out``, which exists: ``WEIGHTS`` and ``adapter_config.json``.

        A run that was killed is taken up where that gives the same result; else it starts again.

        Raises:
            BadInput: the model does not load, a row is too long, or an option does not fit.
        """
        ...
