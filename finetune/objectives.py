"""Objectives: what a row of a trainset is to teach, as a loss over a microbatch.

Those that contrast a row's target with the failing attempt are in ``finetune.contrasts``. Add one: an ``Objective``, or a class
with ``share`` (``BatchObjective``) and ``settings`` for its options, and a row in ``OBJECTIVES`` of ``finetune.base``, or
``pkg.mod:function`` in ``finetune.objective``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, Protocol, runtime_checkable

import torch
from torch.nn.functional import cross_entropy

from evals.errors import BadInput
from evals.models.chat import first_line
from finetune.packing import PACKED, attend_by, bare_model, pack, packed_logits, scores_at, takes_packs
from trainset.render import Encoded

# Relative differences of losses that are rounding.
_ROUNDING: Mapping[torch.dtype, float] = {torch.float32: 1e-4}
_COARSE_ROUNDING = 0.02

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
    """Summed cross-entropy over the completion tokens of all rows."""
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
    """Scores of the completion tokens of all rows, shape (tokens, vocabulary), and those tokens."""
    targets = torch.tensor([token for row in rows for token in row.ids[row.prompt_length :]], device=model.device)
    logits = packed_logits(model, pack(rows)) if takes_packs(model) else _padded_logits(model, rows)
    return logits.float(), targets


def padded(rows: Sequence[Encoded], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask of right-padded rows, each of shape (rows, longest)."""
    width = max(len(row.ids) for row in rows)
    ids = torch.tensor([[*row.ids, *[0] * (width - len(row.ids))] for row in rows], device=device)
    mask = torch.tensor([[1] * len(row.ids) + [0] * (width - len(row.ids)) for row in rows], device=device)
    return ids, mask


def _padded_logits(model: Any, rows: Sequence[Encoded]) -> torch.Tensor:
    """The model's own scores of every completion token, in order, shape (trained tokens, vocabulary)."""
    ids, mask = padded(rows, model.device)
    # The state at position t predicts token t + 1, so the first trained state is the prompt's last.
    places = [(n, place) for n, row in enumerate(rows) for place in range(row.prompt_length - 1, len(row.ids) - 1)]
    which, where = (torch.tensor(axis, device=ids.device) for axis in zip(*places, strict=True))
    return scores_at(model, ids.shape, (which, where), input_ids=ids, attention_mask=mask)


def pack_where_exact(model: Any, rows: Sequence[Encoded]) -> bool:
    """Let the model take packs (``finetune.packing``) if every token of some rows has there the loss that it has alone."""
    bare = bare_model(model)
    before = getattr(bare.config, "_attn_implementation", None)
    if not before or not getattr(bare, "_supports_sdpa", False):
        return False
    by_length = sorted(rows, key=lambda row: (len(row.ids), row.key))
    some = [by_length[0], by_length[len(by_length) // 2], by_length[-1]]
    try:
        with torch.no_grad():
            alone = torch.cat([losses for row in some for losses in token_losses(model, [row])])
            attend_by(model, PACKED)
            together = torch.cat(token_losses(model, some))
        exact = bool(((alone - together).abs().mean() <= _rounding(model) * alone.abs().mean()).item())
    except torch.OutOfMemoryError:
        raise
    except Exception:  # whatever a forward pass that takes no positions, or no branches, may raise; padded rows run, or one alone
        exact = False
    if not exact:
        attend_by(model, before)
    return exact


def padding_is_unseen(model: Any, rows: Sequence[Encoded]) -> bool:
    """Whether rows of different lengths have together the losses that each has alone: a few models read their padding."""
    pair = [min(rows, key=lambda row: len(row.ids)), max(rows, key=lambda row: len(row.ids))]
    if len(pair[0].ids) == len(pair[1].ids):
        return True
    try:
        with torch.no_grad():
            together = float(completion_loss(model, pair))
    except torch.OutOfMemoryError:
        raise
    except Exception:  # whatever a forward pass that takes no mask may raise; alone it runs, see below
        return False
    with torch.no_grad():
        alone = sum(float(completion_loss(model, [row])) for row in pair)
    return not _differ(alone, together, model)


def require_next_token_loss(model: Any, row: Encoded, name: str) -> None:
    """Check on one row that what is trained is what the model itself calls its loss; ``name`` is the model's in messages.

    Turns the model's cache off, which only costs memory here, unless that changes the loss.

    Raises:
        BadInput: the two differ, or the model has no loss for text alone.
    """
    bare = bare_model(model)
    ids, mask = padded([row], model.device)
    labels = ids.clone()
    labels[0, : row.prompt_length] = -100
    kind = f"model: {name} is of the kind {bare.config.model_type!r}"
    takes = inspect.signature(bare.forward).parameters
    plain = {"output_router_logits": False} if "output_router_logits" in takes else {}
    try:
        with torch.no_grad():
            own = float(bare(input_ids=ids, attention_mask=mask, labels=labels, **plain).loss) * (
                len(row.ids) - row.prompt_length
            )
            for cached in (False, True):
                bare.config.get_text_config(decoder=True).use_cache = bare.config.use_cache = cached
                ours = float(completion_loss(model, [row]))
                if not _differ(own, ours, model):
                    return
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # whatever a forward pass that wants more than text may raise
        raise BadInput(f"{kind}, which has no loss on text alone: {first_line(error)}; give a decoder-only model") from None
    raise BadInput(f"{kind}, whose own loss is not that of the next token ({own:.4g}, not {ours:.4g}); it is not trained here")


def _differ(one: float, other: float, model: Any) -> bool:
    return abs(one - other) > _rounding(model) * abs(one)


def _rounding(model: Any) -> float:
    return _ROUNDING.get(model.dtype, _COARSE_ROUNDING)
