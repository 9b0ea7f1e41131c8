"""The next token by greedy decoding, without scoring the whole vocabulary in full precision. For CPUs that multiply bfloat16.

Every token is scored in bfloat16, an error bound says which tokens could be the best, and those alone are scored in fp32: the
token is that of the full product, up to the rounding of fp32 sums. On the embedded model that is 49,152 tokens in a third of the
time. Covers heads without a bias; logits are not to be had.
"""

from __future__ import annotations

import torch
from torch.nn import functional

_BLOCK = 64  # tokens whose largest score is looked at first
_UNIT = 2.0**-8  # relative error of rounding to bfloat16
_SUMS = 1e-4  # relative error of summing in fp32, generously
_NEVER = -3.0e38


def is_worth_it(head: object, device: torch.device) -> bool:
    """Whether this head can be replaced, and bfloat16 is fast here."""
    return (
        type(head) is torch.nn.Linear
        and head.bias is None
        and head.weight.dtype == torch.float32
        and device.type == "cpu"
        and bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    )


class GreedyHead(torch.nn.Module):
    """Stands for a linear output layer: where that returns logits, this returns the best token alone."""

    def __init__(self, head: torch.nn.Linear) -> None:
        super().__init__()
        self._weight = head.weight.detach()
        vocabulary, size = self._weight.shape
        self._blocks = -(-vocabulary // _BLOCK)
        rough = self._weight.new_zeros(size, self._blocks * _BLOCK, dtype=torch.bfloat16)
        rough[:, :vocabulary] = self._weight.t()
        self._rough = rough.t()
        norms = functional.pad(self._weight.norm(dim=1), (0, self._blocks * _BLOCK - vocabulary))
        self._norms = norms.view(self._blocks, _BLOCK).amax(-1)
        self._vocabulary = vocabulary

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Token ids of shape (batch, tokens, 1) for states of shape (batch, tokens, size)."""
        flat = states.reshape(-1, states.shape[-1])
        scores = functional.linear(flat.bfloat16(), self._rough)
        scores[:, self._vocabulary :] = _NEVER
        scores = scores.view(len(flat), self._blocks, _BLOCK)
        highest = scores.amax(-1).float()
        # Rounding both factors, Cauchy-Schwarz, and rounding the result.
        error = (2 * _UNIT + _UNIT**2 + _SUMS) * flat.norm(dim=1, keepdim=True) * self._norms
        error = (error + _UNIT * highest.abs().amax(-1, keepdim=True)) / (1 - 2 * _UNIT)
        least = (highest - error).amax(-1, keepdim=True)  # the best token's score is not below
        rows, blocks = torch.nonzero(highest + error >= least, as_tuple=True)
        within = scores[rows, blocks].float() + error[rows, blocks][:, None] >= least[rows]
        which, places = torch.nonzero(within, as_tuple=True)
        rows, tokens = rows[which], blocks[which] * _BLOCK + places
        exact = (flat[rows] * self._weight[tokens]).sum(-1)
        best = exact.new_full((len(flat),), -torch.inf).scatter_reduce(0, rows, exact, "amax")
        first = exact == best[rows]  # of equal ones the first, as argmax has it
        winners = tokens.new_full((len(flat),), self._vocabulary).scatter_reduce(0, rows[first], tokens[first], "amin")
        return winners.view(*states.shape[:-1], 1)
