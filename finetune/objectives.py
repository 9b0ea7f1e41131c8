"""Objectives: what a row of a trainset is to teach, as a loss over a padded microbatch.

Those that contrast a row's target with the failing attempt are in ``finetune.contrasts``. Add one: an ``Objective``, or a class
with ``share`` (``BatchObjective``) and ``settings`` for its options, and a row in ``OBJECTIVES`` of ``finetune.base``, or
``pkg.mod:function`` in ``finetune.objective``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any, Protocol, runtime_checkable

import torch
from torch.nn.functional import cross_entropy

from trainset.render import Encoded

Objective = Callable[[Any, Sequence[Encoded]], torch.Tensor]
"""From the model under its adapter and some rows: the sum of the losses of their trained tokens, with its graph."""


@runtime_checkable
class BatchObjective(Protocol):
    """An objective that is not a mean over trained tokens; called with some rows it gives the loss of their batch."""

    def __call__(self, model: Any, rows: Sequence[Encoded]) -> torch.Tensor:
        """The loss of a batch."""
        ...

    def share(self, model: Any, rows: Sequence[Encoded], batch: Sequence[Encoded]) -> torch.Tensor:
        """What ``rows`` add to the loss of their effective ``batch``; the shares of its microbatches sum up to that loss."""
        ...


def completion_loss(model: Any, rows: Sequence[Encoded]) -> torch.Tensor:
    """Summed cross-entropy over the completion tokens of right-padded rows."""
    logits, targets = _completion_logits(model, rows)
    return cross_entropy(logits, targets, reduction="sum")


def token_losses(model: Any, rows: Sequence[Encoded]) -> tuple[torch.Tensor, ...]:
    """Cross-entropy of every completion token, one vector a row."""
    logits, targets = _completion_logits(model, rows)
    losses = cross_entropy(logits, targets, reduction="none")
    ends = list(accumulate(len(row.ids) - row.prompt_length for row in rows))
    return tuple(losses[start:end] for start, end in pairwise([0, *ends]))


def loss_share(objective: Any, model: Any, rows: Sequence[Encoded], batch: Sequence[Encoded]) -> torch.Tensor:
    """What some rows of an effective batch add to its loss: of a plain objective, the mean over the batch's trained tokens."""
    if isinstance(objective, BatchObjective):
        return objective.share(model, rows, batch)
    loss: torch.Tensor = objective(model, rows) / sum(len(row.ids) - row.prompt_length for row in batch)
    return loss


def _completion_logits(model: Any, rows: Sequence[Encoded]) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores of the completion tokens of all rows, shape (tokens, vocabulary), and those tokens.

    Logits are computed at completion tokens only: a logit tensor over a vocabulary of 49,152 for every prompt token is most of
    the memory of the usual step.
    """
    width = max(len(row.ids) for row in rows)
    device = model.device
    ids = torch.tensor([[*row.ids, *[0] * (width - len(row.ids))] for row in rows], device=device)
    mask = torch.tensor([[1] * len(row.ids) + [0] * (width - len(row.ids)) for row in rows], device=device)
    inner = model.base_model.model
    hidden = inner.model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
    # The state at position t predicts token t + 1, so the first trained state is the prompt's last.
    states = torch.cat([hidden[n, row.prompt_length - 1 : len(row.ids) - 1] for n, row in enumerate(rows)])
    targets = torch.cat([ids[n, row.prompt_length : len(row.ids)] for n, row in enumerate(rows)])
    return inner.lm_head(states).float(), targets
