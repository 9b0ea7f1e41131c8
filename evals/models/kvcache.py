"""Where the keys and values of running answers live, and attention for one new token that does not copy grouped heads.

``RaggedRows`` holds rows of any length side by side: row b's keys are in columns [0, length b) of buffers made once, a step
writes one column of each row, and a finished row's place is taken by another. It covers decoder-only models with full attention
whose positions come from ``position_ids``; ``PaddedRows`` takes any other with the library's cache, one left-padded batch a time.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch.nn import functional
from transformers import AttentionInterface, DynamicCache
from transformers.cache_utils import DynamicLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

ATTENTION = "goldloop_grouped"
_BLOCK = 128
# Rows that attend together, each over the columns of the longest of them. On a CPU a batch is cut into such groups: one long row
# made 32 rows attend twice their columns, a fifth of a step. A GPU takes the batch as one.
_ROWS_TOGETHER = 8
# A shared start needs a mask, which costs time as well; 18 of 140 tokens shared saved 18% of reading a prompt.
_MIN_SHARED_TOKENS = 8
_RAGGED_MODELS = frozenset({"llama", "mistral", "olmo2", "qwen2", "qwen3", "smollm3"})
# Other kinds of rotary positions depend on the longest row of the batch.
_ROPE_TYPES = frozenset({"default", "linear", "llama3", "yarn"})


class Rows(Protocol):
    """Running answers, one row each; rows keep their order."""

    refills: bool
    evict_share: float

    def admit(self, prompts: Sequence[list[int]]) -> torch.Tensor:
        """Read prompts (token ids) into new rows behind the present ones; logits of what follows, (prompts, vocabulary).

        Of a model with a ``GreedyHead`` the best tokens alone, (prompts, 1); so does ``step``.
        """
        ...

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Append one token to every row, shape (rows,); logits of what follows, (rows, vocabulary)."""
        ...

    def keep(self, rows: Sequence[int]) -> None:
        """Drop all other rows; ``rows`` is in ascending order and names the places of those that stay."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RowGroup:
    """Rows that attend together: over ``width`` columns, of which ``mask`` (rows, 1, 1, width) hides those after a row's end."""

    rows: slice
    width: int
    mask: torch.Tensor


class RaggedLayer(DynamicLayer):  # type: ignore[misc]  # transformers is untyped here
    """One layer's keys and values in buffers of shape (places, heads, columns, size)."""

    def attach(self, rows: RaggedRows) -> None:
        """Give the layer the lengths that all layers share."""
        self._rows = rows
        self.buffers: list[torch.Tensor] = []

    def grow(self, like: torch.Tensor, places: int, columns: int) -> None:
        """Make room, keeping what is there."""
        grown = [like.new_zeros(places, like.shape[1], columns, like.shape[3]) for _ in range(2)]
        for new, old in zip(grown, self.buffers, strict=False):
            new[: old.shape[0], :, : old.shape[2]] = old
        self.buffers = grown

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Write one token at the end of each row; returns the keys and values of all rows, unused columns too."""
        rows, index = len(self._rows.lengths), self._rows.index
        for buffer, states in zip(self.buffers, (key_states, value_states), strict=True):
            buffer[index[0], :, index[1]] = states[:, :, 0]
        return self.buffers[0][:rows], self.buffers[1][:rows]


class RaggedRows:
    """Rows of any length; see ``Rows``. ``prompts`` are those still to come: their common start is read once."""

    refills = True
    evict_share = 0.125

    def __init__(self, model: Any, places: int, prompts: Sequence[list[int]]) -> None:
        self._model, self._places = model, places
        self._cache_name = cache_argument(model)
        self.lengths: list[int] = []
        self._layers = [RaggedLayer() for _ in range(model.config.num_hidden_layers)]
        for layer in self._layers:
            layer.attach(self)
        self._cache = DynamicCache(config=model.config)
        self._cache.layers = self._layers
        self._ends = torch.zeros(0, dtype=torch.long, device=model.device)
        self.index: tuple[torch.Tensor, torch.Tensor] = (self._ends, self._ends)
        self._shared = self._read_shared(prompts)

    def _read_shared(self, prompts: Sequence[list[int]]) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Keys and values by layer of the start that all prompts share; empty where that is not worth it."""
        first, last = min(prompts), max(prompts)
        most = min(map(len, prompts)) - 1  # the logits come from a token that is not shared
        shared = next((place for place in range(most) if first[place] != last[place]), most)
        self._shared_tokens = shared if shared >= _MIN_SHARED_TOKENS and len(prompts) > 1 else 0
        if not self._shared_tokens:
            return []
        cache = DynamicCache(config=self._model.config)
        ids = torch.tensor([first[: self._shared_tokens]], device=self._model.device)
        self._model(input_ids=ids, use_cache=True, logits_to_keep=1, **{self._cache_name: cache})
        return [(layer.keys, layer.values) for layer in cache.layers]

    def admit(self, prompts: Sequence[list[int]]) -> torch.Tensor:
        """See ``Rows.admit``. Equal prompts are read once."""
        unique = list(dict.fromkeys(map(tuple, prompts)))
        which = [unique.index(tuple(prompt)) for prompt in prompts]
        cache, logits = self._read(unique)
        start, lengths = len(self.lengths), [len(prompt) for prompt in prompts]
        picks = None if len(unique) == len(prompts) else torch.tensor(which, device=self._model.device)
        self._make_room(cache.layers[0].keys, start + len(prompts), max(lengths) + 1)
        for layer, read in zip(self._layers, cache.layers, strict=True):
            for buffer, states in zip(layer.buffers, (read.keys, read.values), strict=True):
                buffer[start : start + len(prompts), :, : states.shape[2]] = states if picks is None else states[picks]
        self.lengths += lengths
        self._ends = torch.tensor(self.lengths, device=self._model.device)
        return logits if picks is None else logits[picks]

    def _read(self, prompts: Sequence[tuple[int, ...]]) -> tuple[DynamicCache, torch.Tensor]:
        """A forward pass over right-padded prompts: no real token sees the padding, as attention is causal."""
        device, skip = self._model.device, self._shared_tokens
        rests = [list(prompt[skip:]) for prompt in prompts]
        width = max(map(len, rests))
        ids = torch.tensor([rest + [0] * (width - len(rest)) for rest in rests], device=device)
        cache, mask = DynamicCache(config=self._model.config), None
        if skip:
            for number, states in enumerate(self._shared):
                cache.update(*(state.expand(len(rests), -1, -1, -1) for state in states), number)
            mask = torch.ones(width, skip + width, dtype=torch.bool, device=device).tril(skip)[None, None]
        ends = [len(rest) - 1 for rest in rests]
        columns = sorted(set(ends))
        output = self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=torch.arange(skip, skip + width, device=device)[None],
            use_cache=True,
            logits_to_keep=torch.tensor(columns, device=device),
            **{self._cache_name: cache},
        )
        return cache, output.logits[range(len(ends)), [columns.index(end) for end in ends]]

    def _make_room(self, like: torch.Tensor, places: int, columns: int) -> None:
        there = self._layers[0].buffers[0].shape if self._layers[0].buffers else (0, 0, 0, 0)
        if there[0] >= places and there[2] >= columns:
            return
        columns = max(there[2], -(-columns // _BLOCK) * _BLOCK)
        for layer in self._layers:
            layer.grow(like, max(places, self._places), columns)

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """See ``Rows.step``."""
        self._make_room(self._layers[0].buffers[0], len(self.lengths), max(self.lengths) + 1)
        self.index = (torch.arange(len(self.lengths), device=tokens.device), self._ends)
        output = self._model(
            input_ids=tokens[:, None],
            attention_mask=tokens.new_ones(1, 1, 1, 1),  # a mask of four dimensions is taken as it is; ours go by group
            position_ids=self._ends[:, None],
            use_cache=True,
            row_groups=self._groups(),
            **{self._cache_name: self._cache},
        )
        self._ends = self._ends + 1
        self.lengths = [length + 1 for length in self.lengths]
        logits: torch.Tensor = output.logits[:, -1]
        return logits

    def _groups(self) -> list[RowGroup]:
        together = _ROWS_TOGETHER if self._ends.device.type == "cpu" else len(self.lengths)
        groups = []
        for start in range(0, len(self.lengths), together):
            rows = slice(start, start + together)
            width = max(self.lengths[rows]) + 1
            hidden = torch.arange(width, device=self._ends.device)[None] > self._ends[rows, None]
            mask = torch.zeros(hidden.shape, dtype=self._layers[0].buffers[0].dtype, device=hidden.device)
            groups.append(RowGroup(rows=rows, width=width, mask=mask.masked_fill_(hidden, -torch.inf)[:, None, None]))
        return groups

    def keep(self, rows: Sequence[int]) -> None:
        """See ``Rows.keep``. Later rows move up into the places of those that left."""
        for place, row in enumerate(rows):
            if place != row:
                for layer in self._layers:
                    for buffer in layer.buffers:
                        buffer[place, :, : self.lengths[row]] = buffer[row, :, : self.lengths[row]]
        self.lengths = [self.lengths[row] for row in rows]
        self._ends = torch.tensor(self.lengths, dtype=torch.long, device=self._model.device)


class PaddedRows:
    """One left-padded batch on the library's own cache; see ``Rows``. A second batch waits until the first is done."""

    refills = False
    evict_share = 0.25

    def __init__(self, model: Any, pad: int) -> None:
        self._model, self._pad = model, pad
        self._cache_name = cache_argument(model)

    def admit(self, prompts: Sequence[list[int]]) -> torch.Tensor:
        """See ``Rows.admit``; there must be no rows."""
        device, width = self._model.device, max(map(len, prompts))
        ids = torch.tensor([[self._pad] * (width - len(row)) + list(row) for row in prompts], device=device)
        self._mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in prompts], device=device)
        self._cache = DynamicCache(config=self._model.config)
        positions = (self._mask.cumsum(1) - 1).clamp(min=0)
        self._last = positions[:, -1:]
        return self._forward(ids, positions)

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """See ``Rows.step``."""
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(tokens), 1)], dim=1)
        self._last = self._last + 1
        return self._forward(tokens[:, None], self._last)

    def _forward(self, ids: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        output = self._model(
            input_ids=ids,
            attention_mask=self._mask,
            position_ids=positions,
            use_cache=True,
            logits_to_keep=1,
            **{self._cache_name: self._cache},
        )
        logits: torch.Tensor = output.logits[:, -1]
        return logits

    def keep(self, rows: Sequence[int]) -> None:
        """See ``Rows.keep``."""
        if rows:
            chosen = torch.tensor(rows, device=self._model.device)
            self._cache.batch_select_indices(chosen)
            self._mask, self._last = self._mask[chosen], self._last[chosen]


def grouped_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    row_groups: Sequence[RowGroup] = (),
    **kwargs: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Scaled dot-product attention; a single new token attends without repeating keys and values for each query head.

    ``row_groups``, where given, together hold all rows and stand for the mask.

    Shapes: query (batch, heads, tokens, size), key and value (batch, key heads, all tokens, size); returns
    (batch, tokens, heads, size).
    """
    batch, heads, tokens, size = query.shape
    if tokens != 1 or query.requires_grad:
        result: tuple[torch.Tensor, torch.Tensor | None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, dropout=dropout, **kwargs
        )
        return result
    grouped = query.reshape(batch, key.shape[1], heads // key.shape[1], size)
    if not row_groups:
        out = functional.scaled_dot_product_attention(grouped, key, value, attn_mask=attention_mask, scale=scaling)
        return out.reshape(batch, 1, heads, size), None
    parts = [
        functional.scaled_dot_product_attention(
            grouped[group.rows],
            key[group.rows, :, : group.width],
            value[group.rows, :, : group.width],
            attn_mask=group.mask,
            scale=scaling,
        )
        for group in row_groups
    ]
    return torch.cat(parts).reshape(batch, 1, heads, size), None


AttentionInterface.register(ATTENTION, grouped_attention)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)


def supports(config: Any) -> bool:
    """Whether rows of different lengths can run side by side: known architecture, full attention, settable positions."""
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    rope = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    return (
        config.model_type in _RAGGED_MODELS
        and kinds == {"full_attention"}
        and not getattr(config, "sliding_window", None)
        and rope.get("rope_type", "default") in _ROPE_TYPES
    )


def cache_argument(model: Any) -> str:
    """What the model's ``forward`` calls its key/value cache: ``cache`` from transformers 5.24 on, ``past_key_values`` before."""
    return "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
