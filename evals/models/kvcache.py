"""A key/value cache that writes in place, and attention for one new token that does not copy grouped heads.

The library's growing cache concatenates all keys and values of all layers for every token: 60% of a decoding step of the
embedded model at batch 64 on a CPU. Here a layer grows by blocks and a step writes one column. Covers decoder-only models with
full attention; any other falls back to the library's own cache and attention.
"""

from __future__ import annotations

import inspect
from typing import Any

import torch
from transformers import AttentionInterface, DynamicCache
from transformers.cache_utils import DynamicLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

ATTENTION = "goldloop_grouped"
_BLOCK = 64


class BlockLayer(DynamicLayer):  # type: ignore[misc]  # transformers is untyped here
    """One layer's keys and values, shape (batch, heads, tokens, size), as views into buffers that grow by blocks."""

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Append the states of new tokens; returns all keys and values so far."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self._buffers: list[torch.Tensor] = []
        start = self.get_seq_length()
        end = start + key_states.shape[-2]
        if not self._buffers or self._buffers[0].shape[-2] < end:
            self._grow(key_states, start, end)
        self._buffers[0][:, :, start:end] = key_states
        self._buffers[1][:, :, start:end] = value_states
        self.keys, self.values = (buffer[:, :, :end] for buffer in self._buffers)
        return self.keys, self.values

    def _grow(self, states: torch.Tensor, used: int, needed: int) -> None:
        batch, heads, _, size = states.shape
        capacity = (needed // _BLOCK + 1) * _BLOCK
        grown = [states.new_empty(batch, heads, capacity, size) for _ in range(2)]
        for new, old in zip(grown, self._buffers, strict=False):
            new[:, :, :used] = old[:, :, :used]
        self._buffers = grown

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keep some rows of the batch."""
        used = self.get_seq_length()
        self._buffers = [buffer[indices] for buffer in self._buffers]
        self.keys, self.values = (buffer[:, :, :used] for buffer in self._buffers)


def grouped_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **kwargs: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Scaled dot-product attention; a single new token attends without repeating keys and values for each query head.

    Shapes: query (batch, heads, tokens, size), key and value (batch, key heads, all tokens, size); returns
    (batch, tokens, heads, size).
    """
    batch, heads, tokens, size = query.shape
    if tokens != 1 or query.requires_grad:
        result: tuple[torch.Tensor, torch.Tensor | None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, dropout=dropout, **kwargs
        )
        return result
    grouped = query.reshape(batch, key.shape[1], heads // key.shape[1], size) * (scaling or size**-0.5)
    scores = grouped @ key.transpose(2, 3)
    if attention_mask is not None:
        mask = attention_mask[..., : key.shape[2]]
        scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
    out = torch.softmax(scores, dim=-1) @ value
    return out.reshape(batch, heads, 1, size).transpose(1, 2).contiguous(), None


AttentionInterface.register(ATTENTION, grouped_attention)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)


def supports(config: Any) -> bool:
    """Full attention in every layer, and a configuration that the library's cache takes as it is."""
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    return kinds == {"full_attention"} and not getattr(config, "sliding_window", None)


def cache_argument(model: Any) -> str:
    """What the model's ``forward`` calls its key/value cache: ``cache`` from transformers 5.24 on, ``past_key_values`` before."""
    return "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"


def new_cache(config: Any) -> DynamicCache:
    """An empty cache of block layers where the model allows it, else the library's own."""
    cache = DynamicCache(config=config)
    if supports(config):
        cache.layers = [BlockLayer() for _ in range(config.num_hidden_layers)]
    return cache
