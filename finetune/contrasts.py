"""Objectives that contrast a row's target with the failing attempt that it answers: ``weighted`` and ``dpo``.

Rows without an attempt (replay, a trainset of others) are learnt as ``sft`` learns them. What a token's loss is belongs to
``finetune.objectives``.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, Literal

import torch
from pydantic import Field, model_validator
from torch.nn.functional import logsigmoid

from evals.records import Record
from finetune.objectives import token_losses
from trainset.render import Encoded


class WeightedSettings(Record):
    """``finetune.objective_options`` of ``weighted``."""

    weight: float = Field(default=2.0, ge=1, description="of tokens in which target and attempt differ; all others weigh 1")


class WeightedLoss:
    """The mean of the tokens' losses, in which those weigh more that the attempt has otherwise.

    After FGit (arXiv 2503.16913), whose weights also follow the model's own scores; here they are one constant.
    """

    settings = WeightedSettings

    def __init__(self, *, options: WeightedSettings | None = None) -> None:
        self._weight = (options or WeightedSettings()).weight

    def __call__(self, model: Any, rows: Sequence[Encoded]) -> torch.Tensor:
        """The loss of a batch."""
        return self.share(model, rows, rows)

    def share(self, model: Any, rows: Sequence[Encoded], batch: Sequence[Encoded]) -> torch.Tensor:
        """See ``finetune.objectives.BatchObjective``."""
        losses = torch.cat(token_losses(model, rows))
        weights = torch.tensor([weight for row in rows for weight in self.weights(row)], device=losses.device)
        return (weights * losses).sum() / sum(sum(self.weights(row)) for row in batch)

    def weights(self, row: Encoded) -> list[float]:
        """Weights of a row's trained tokens, its end of turn among them.

        The token after something that only the attempt has weighs more, too: it is where the attempt went on and should not have.
        """
        trained = row.ids[row.prompt_length :]
        weights = [1.0] * len(trained)
        if row.rejected:
            matcher = SequenceMatcher(None, row.rejected, trained, autojunk=False)
            for tag, _, _, start, end in matcher.get_opcodes():
                if tag != "equal":
                    for place in range(start, max(end, min(start + 1, len(trained)))):
                        weights[place] = self._weight
        return weights


LossType = Literal["sigmoid", "sft"]


class DpoSettings(Record):
    """``finetune.objective_options`` of ``dpo``: names and defaults of TRL's ``DPOConfig``, but for the SFT term."""

    beta: float = Field(default=0.1, gt=0, description="how near to the base the model is kept")
    label_smoothing: float = Field(default=0.0, ge=0, lt=0.5, description="chance that a pair is the wrong way round")
    loss_type: tuple[LossType, ...] = Field(default=("sigmoid", "sft"), min_length=1, description="terms of the loss")
    loss_weights: tuple[float, ...] = Field(default=(), description="their weights; 1 each where none is given")

    @model_validator(mode="after")
    def _one_weight_a_term(self) -> DpoSettings:
        if self.loss_weights and len(self.loss_weights) != len(self.loss_type):
            raise ValueError(f"{len(self.loss_weights)} loss_weights for {len(self.loss_type)} terms of loss_type; give one each")
        return self


class DpoLoss:
    """DPO (arXiv 2305.18290) with an SFT term: chosen is the row's target, rejected the attempt; the reference is the base.

    ``sigmoid`` is a mean over the pairs of the batch, ``sft`` one over the trained tokens of all its rows. Of a task with several
    targets, the one nearest to the attempt is in a pair; the others are learnt by the SFT term alone.
    """

    settings = DpoSettings
    passes = 2  # completions of a row that are in memory at once

    def __init__(self, *, options: DpoSettings | None = None) -> None:
        self._options = options or DpoSettings()
        kinds = self._options.loss_type
        weights = self._options.loss_weights or (1.0,) * len(kinds)
        self._weights = {kind: sum(w for k, w in zip(kinds, weights, strict=True) if k == kind) for kind in ("sigmoid", "sft")}

    def __call__(self, model: Any, rows: Sequence[Encoded]) -> torch.Tensor:
        """The loss of a batch."""
        return self.share(model, rows, rows)

    def share(self, model: Any, rows: Sequence[Encoded], batch: Sequence[Encoded]) -> torch.Tensor:
        """See ``finetune.objectives.BatchObjective``."""
        losses = token_losses(model, rows)
        trained = sum(len(row.ids) - row.prompt_length for row in batch)
        total = self._weights["sft"] * torch.cat(losses).sum() / trained
        paired = [place for place, row in enumerate(rows) if row.preferred]
        if self._weights["sigmoid"] and paired:
            chosen = [rows[place] for place in paired]
            rejected = [row.of_attempt() for row in chosen]
            base_chosen, base_rejected = _of_base(model, chosen), _of_base(model, rejected)
            now_chosen = -torch.stack([losses[place].sum() for place in paired])
            margin = (now_chosen - _log_probability(model, rejected)) - (base_chosen - base_rejected)
            pairs = sum(row.preferred for row in batch)
            total = total + self._weights["sigmoid"] * self._sigmoid(self._options.beta * margin).sum() / pairs
        return total

    def _sigmoid(self, margin: torch.Tensor) -> torch.Tensor:
        smoothing = self._options.label_smoothing
        return -(1 - smoothing) * logsigmoid(margin) - smoothing * logsigmoid(-margin)


def _log_probability(model: Any, rows: Sequence[Encoded]) -> torch.Tensor:
    """Of each row's whole completion, shape (rows,)."""
    return -torch.stack([losses.sum() for losses in token_losses(model, rows)])


def _of_base(model: Any, rows: Sequence[Encoded]) -> torch.Tensor:
    """The same under the base, without dropout: the reference is one model, not a draw of many."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad(), model.disable_adapter():
            return _log_probability(model, rows)
    finally:
        model.train(training)
