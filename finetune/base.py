"""The seam of training: what a trainer gets, what it leaves, and the objectives by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from evals.options import read_options
from evals.plugins import load
from evals.progress import Progress
from evals.records import ModelRef
from finetune.settings import FinetuneSettings
from trainset.records import Example

WEIGHTS = "adapter_model.safetensors"
OBJECTIVES: Mapping[str, str] = {
    "sft": "finetune.objectives:completion_loss",
    "weighted": "finetune.contrasts:WeightedLoss",
    "dpo": "finetune.contrasts:DpoLoss",
}
"""What a row of a trainset is to teach, for trainers that have a loss; see ``finetune.objectives``."""


def objective_of(name: str, options: Mapping[str, Any] | None = None) -> Any:
    """The objective of a name, an ``Objective`` or a ``BatchObjective`` of ``finetune.objectives``, made with its options.

    Raises:
        BadInput: there is none, it cannot be loaded, or an option does not fit it.
    """
    target = load(OBJECTIVES, name, "finetune.objective", form="pkg.mod:function")
    given = read_options(target, options or {}, f"objective {name}", "finetune.objective_options")
    return target(**given) if isinstance(target, type) else target


def require_objective(name: str, options: Mapping[str, Any] | None = None) -> None:
    """Check that there is such an objective with such options, without importing a known one that is given none.

    Raises:
        BadInput: there is none, it cannot be loaded, or an option does not fit it.
    """
    if name not in OBJECTIVES or options:
        objective_of(name, options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What to train on, and where to leave it. A ``base`` with an adapter asks to go on from that adapter's weights.

    ``trainset`` is the trainset's digest: with ``settings`` and the base's revision it names the run, so that a checkpoint of
    another run is not resumed. ``place`` names the trainset in messages.

    ``epochs`` asks a trainer that is ``by_epoch`` to end after so many of ``num_train_epochs``, and to leave in ``state``, a
    file, what it takes to go on as if it had not ended; an earlier lesson may have left that there. 0 and None: all epochs, and
    a place of the trainer's own.
    """

    examples: Sequence[Example]
    base: ModelRef
    settings: FinetuneSettings
    out: Path
    trainset: str
    place: str
    progress: Progress
    epochs: int = 0
    state: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What a trainer did. ``losses``: mean loss per trained token of each optimizer step; token counts are over all epochs.

    ``learning_rate`` is the one that it took, where that was left to it.
    """

    revision: str
    losses: Sequence[float]
    epochs: int
    trained_tokens: int
    total_tokens: int
    learning_rate: float | None = None


@runtime_checkable
class Rates(Protocol):
    """What a trainer may offer beside: how likely the base finds rows already (``trainset.leave_out_likely``)."""

    def likelihoods(
        self, base: ModelRef, examples: Sequence[Example], settings: FinetuneSettings, progress: Progress
    ) -> Sequence[float]:
        """Of each row, the geometric mean of the probabilities of its trained tokens, 0 to 1."""
        ...


class Trainer(Protocol):
    """Trains an adapter.

    A class whose attribute ``settings`` is a pydantic model gets ``finetune.trainer_options``, read with it, as the keyword
    argument ``options`` (``evals.options``); a class without one takes no options. One whose attribute ``by_epoch`` is true
    follows ``Lesson.epochs``: its epochs can be chosen among.
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
