"""The seam of training: what a trainer gets, what it leaves, and the objectives by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from evals.plugins import load
from evals.progress import Progress
from evals.records import ModelRef
from finetune.settings import FinetuneSettings
from trainset.records import Example

WEIGHTS = "adapter_model.safetensors"
OBJECTIVES: Mapping[str, str] = {"sft": "finetune.objectives:completion_loss"}
"""What a row of a trainset is to teach, for trainers that have a loss; see ``finetune.objectives``."""


def objective_of(name: str) -> Any:
    """The objective of a name, a ``finetune.objectives.Objective``.

    Raises:
        BadInput: there is none, or it cannot be loaded.
    """
    return load(OBJECTIVES, name, "finetune.objective", form="pkg.mod:function")


def require_objective(name: str) -> None:
    """Check that there is such an objective, without importing the known ones.

    Raises:
        BadInput: there is none, or it cannot be loaded.
    """
    if name not in OBJECTIVES:
        objective_of(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What to train on, and where to leave it. A ``base`` with an adapter asks to go on from that adapter's weights.

    ``trainset`` is the trainset's digest: with ``settings`` and the base's revision it names the run, so that a checkpoint of
    another run is not resumed. ``place`` names the trainset in messages.
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
    """What a trainer did. ``losses``: mean loss per trained token of each optimizer step; token counts are over all epochs."""

    revision: str
    losses: Sequence[float]
    epochs: int
    trained_tokens: int
    total_tokens: int


class Trainer(Protocol):
    """Trains an adapter.

    A class whose attribute ``settings`` is a pydantic model gets ``finetune.trainer_options``, read with it, as the keyword
    argument ``options`` (``evals.options``); a class without one takes no options.
    """

    def counter(self, base: ModelRef) -> Callable[[Example], int]:
        """How long a row is to this trainer, in the unit of ``finetune.max_length``: what refuses a row before training does."""
        ...

    def train(self, lesson: Lesson) -> Learnt:
        """Train on the examples and write the adapter to ``lesson.out``, which exists: ``WEIGHTS`` and ``adapter_config.json``.

        A killed run is resumed if that gives the same result; else it starts again.

        Raises:
            BadInput: the model does not load, a row is too long, or an option does not fit.
        """
        ...
