"""Objectives: what a row of a trainset is to teach, as a loss over a padded microbatch.

Add one: an ``Objective`` and a row in ``OBJECTIVES`` of ``finetune.base``, or ``pkg.mod:function`` in ``finetune.objective``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from trainset.render import Encoded

Objective = Callable[[Any, Sequence[Encoded]], torch.Tensor]
"""From the model under its adapter and some rows: the sum of the losses of their trained tokens, with its graph."""


def completion_loss(model: Any, rows: Sequence[Encoded]) -> torch.Tensor:
    """Summed cross-entropy over the completion tokens of right-padded rows.

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
    return cross_entropy(inner.lm_head(states).float(), targets, reduction="sum")
