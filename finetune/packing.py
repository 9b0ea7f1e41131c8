"""Rows of any length as one sequence without padding, in which each sees itself alone; what they begin with is computed once.

The sequence is the tree of the rows' tokens, branch by branch: linear layers see each token once, and attention goes branch by
branch, each over the branches above it and itself. A row's numbers are those that it has alone, but for rounding, which
``finetune.objectives.pack_where_exact`` measures on the model; what cannot be packed (recurrences, ALiBi, windows shorter than a
row) is padded. Covers attention as sdpa computes it; does not use kernels of flash attention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from trainset.render import Encoded

PACKED = "goldloop_packed"
"""The attention of transformers under which a model takes packs, and padded rows as with sdpa."""
_WORTH_SHARING = 8
"""Tokens that rows must begin with alike to be branches of one tree: every branch costs calls of the attention kernel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Tokens that follow ``above``, the numbers of the branches before them, the root first; ``start`` is the first position."""

    ids: tuple[int, ...]
    start: int
    above: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """Rows as branches. ``places`` are, for each trained token of each row in order, where the state lies that predicts it."""

    branches: tuple[Branch, ...]
    places: tuple[int, ...]

    @property
    def tokens(self) -> int:
        """How many tokens are computed."""
        return sum(len(branch.ids) for branch in self.branches)


def pack(rows: Sequence[Encoded]) -> Pack:
    """The tree of some rows. The last token of a row predicts nothing and is left out."""
    branches: list[Branch] = []
    begins: list[int] = []
    paths: dict[int, list[int]] = {number: [] for number in range(len(rows))}

    def grow(members: Sequence[int], start: int, above: tuple[int, ...]) -> None:
        for group in _alike(rows, members, start):
            first = rows[group[0]].ids
            end = start + _shared([rows[member].ids[start:-1] for member in group])
            begins.append(begins[-1] + len(branches[-1].ids) if branches else 0)
            branches.append(Branch(ids=first[start:end], start=start, above=above))
            number = len(branches) - 1
            for member in group:
                paths[member].append(number)
            if further := [member for member in group if len(rows[member].ids) - 1 > end]:
                grow(further, end, (*above, number))

    grow(range(len(rows)), 0, ())
    places: list[int] = []
    for number, row in enumerate(rows):
        where = [begins[branch] + k for branch in paths[number] for k in range(len(branches[branch].ids))]
        places += where[row.prompt_length - 1 :]
    return Pack(branches=tuple(branches), places=tuple(places))


def _alike(rows: Sequence[Encoded], members: Sequence[int], start: int) -> list[list[int]]:
    """Rows that go on alike for as long as is worth a branch; the others alone."""
    groups: dict[tuple[int, ...] | int, list[int]] = {}
    for member in members:
        ahead = rows[member].ids[start : start + _WORTH_SHARING]
        worth = len(rows[member].ids) - 1 - start >= _WORTH_SHARING
        groups.setdefault(ahead if worth else member, []).append(member)
    return list(groups.values())


def _shared(texts: Sequence[tuple[int, ...]]) -> int:
    """How many tokens all begin with."""
    low, high = min(texts), max(texts)
    return next((place for place, pair in enumerate(zip(low, high, strict=False)) if pair[0] != pair[1]), len(low))


def new_tokens(row: Encoded, before: Encoded | None) -> int:
    """Tokens that a row adds to a pack whose nearest row is ``before``."""
    shared = _shared([row.ids[:-1], before.ids[:-1]]) if before is not None else 0
    return len(row.ids) - 1 - (shared if shared >= _WORTH_SHARING else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A pack for the attention: lengths and ancestors of its branches, and the mask of each that has some."""

    lengths: list[int]
    above: tuple[tuple[int, ...], ...]
    masks: tuple[torch.Tensor | None, ...]


def packed_logits(model: Any, packed: Pack) -> torch.Tensor:
    """The model's scores at ``packed.places``, shape (trained tokens, vocabulary); its attention must be ``PACKED``."""
    device = model.device
    lengths = [len(branch.ids) for branch in packed.branches]
    masks = tuple(
        torch.ones(1, 1, length, branch.start + length, dtype=torch.bool, device=device).tril(branch.start)
        if branch.above
        else None
        for branch, length in zip(packed.branches, lengths, strict=True)
    )
    plan = _Plan(lengths=lengths, above=tuple(branch.above for branch in packed.branches), masks=masks)
    ids = torch.tensor([[token for branch in packed.branches for token in branch.ids]], device=device)
    positions = torch.tensor([[branch.start + k for branch in packed.branches for k in range(len(branch.ids))]], device=device)
    places = torch.tensor(packed.places, device=device)
    unread = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=device)  # four axes: taken as it is, no mask of all pairs is made
    return scores_at(
        model,
        ids.shape,
        (torch.zeros_like(places), places),
        input_ids=ids,
        position_ids=positions,
        attention_mask=unread,
        goldloop_pack=plan,
    )


def scores_at(model: Any, shape: torch.Size, places: tuple[torch.Tensor, torch.Tensor], **inputs: Any) -> torch.Tensor:
    """The model's own scores at some (row, position) of its inputs, which have this shape; (places, vocabulary).

    They come out of the model's own forward pass, so that whatever it does to its scores (soft-capping, scaling, a bias) is done
    here. The layer that scores the vocabulary is given the states of those places alone: scores of 49,152 tokens for every prompt
    token are most of the memory of the usual step.
    """
    picked: list[bool] = []

    def pick(module: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        (states,) = arguments
        picked.append(states.ndim == 3 and states.shape[:2] == shape)
        return (states[places][None],) if picked[-1] else arguments

    head = model.get_output_embeddings()
    hook = head.register_forward_pre_hook(pick) if isinstance(head, torch.nn.Module) else None
    try:
        logits: torch.Tensor = model(**inputs).logits
    finally:
        if hook is not None:
            hook.remove()
    if picked == [True] and logits.shape[:2] == (1, len(places[0])):
        return logits[0]
    return logits[places]


def packed_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    goldloop_pack: _Plan | None = None,
    **options: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Attention of a pack, branch by branch; without one, that of sdpa. Shapes as there: (batch, heads, tokens, size).

    Raises:
        NotImplementedError: a branch is longer than the layer's window.
    """
    if goldloop_pack is None:
        plain: tuple[torch.Tensor, None] = sdpa_attention_forward(module, query, key, value, attention_mask, **options)
        return plain
    window = options.get("sliding_window")
    queries, keys, values = (torch.split(states, goldloop_pack.lengths, dim=2) for states in (query, key, value))
    out = []
    for number, (above, mask) in enumerate(zip(goldloop_pack.above, goldloop_pack.masks, strict=True)):
        seen = (*above, number)
        if window and sum(goldloop_pack.lengths[branch] for branch in seen) > window:
            raise NotImplementedError(f"a row is longer than the window of {window} tokens")
        states = (torch.cat([of[branch] for branch in seen], dim=2) if above else of[number] for of in (keys, values))
        out.append(sdpa_attention_forward(module, queries[number], *states, mask, **options)[0])
    return torch.cat(out, dim=1), None


AttentionInterface.register(PACKED, packed_attention)
AttentionMaskInterface.register(PACKED, sdpa_mask)


def takes_packs(model: Any) -> bool:
    """Whether a model's attention is ``PACKED``."""
    return getattr(getattr(bare_model(model), "config", None), "_attn_implementation", "") == PACKED


def attend_by(model: Any, attention: str) -> None:
    """Set a model's attention of transformers; the same weights."""
    bare_model(model).set_attn_implementation(attention)


def bare_model(model: Any) -> Any:
    """The model of transformers, under an adapter or not."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model
