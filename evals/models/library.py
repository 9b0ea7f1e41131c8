"""Decoding by the library's own ``generate``, for models that keep more than keys and values, or prepare their steps themselves.

What a model needs from step to step (recurrent states, convolutions, positions of its own) stays the library's business; only the
choice of each token is ours. Prompts of one length run together, so nothing is padded: what padding does to a state differs from
model to model. Slower than ``kvcache`` where prompts differ in length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

Choose = Callable[[torch.Tensor], list[int]]
"""From the logits of all rows, (rows, vocabulary), the next token of each."""


class _Chosen(LogitsProcessor):  # type: ignore[misc]  # transformers is untyped here
    """Leaves one token possible in each row."""

    def __init__(self, choose: Choose) -> None:
        self._choose = choose

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores of shape (rows, vocabulary) with 0 at the chosen tokens."""
        chosen = torch.tensor(self._choose(scores), device=scores.device)
        return torch.full_like(scores, -torch.inf).scatter_(1, chosen[:, None], 0.0)


class _Finished(StoppingCriteria):  # type: ignore[misc]  # transformers is untyped here
    """Ends the batch when every row has ended."""

    def __init__(self, finished: Callable[[], list[bool]]) -> None:
        self._finished = finished

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        """Which rows have ended, shape (rows,)."""
        return torch.tensor(self._finished(), device=input_ids.device)


def decode_batch(
    model: Any, prompts: Sequence[list[int]], choose: Choose, finished: Callable[[], list[bool]], *, tokens: int, pad: int
) -> None:
    """Run prompts (token ids, all of one length) until ``finished`` is true of all, or for ``tokens`` tokens."""
    ids = torch.tensor(prompts, device=model.device)
    plain = GenerationConfig(max_new_tokens=tokens, do_sample=False, use_cache=True, pad_token_id=pad)
    with _settings(model, GenerationConfig()):
        model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            generation_config=plain,
            logits_processor=LogitsProcessorList([_Chosen(choose)]),
            stopping_criteria=StoppingCriteriaList([_Finished(finished)]),
        )


@contextmanager
def _settings(model: Any, settings: Any) -> Iterator[None]:
    """The model's own settings of generation fill what ours leave open, a repetition penalty for one: they are put aside."""
    own = model.generation_config
    model.generation_config = settings
    try:
        yield
    finally:
        model.generation_config = own
