"""Rows to token ids and loss masks: loss on the completion only, the end-of-turn token trained, nothing cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evals.errors import BadInput
from evals.models.loading import encode_chat
from trainset.records import Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """``ids``: all tokens of a row; the first ``prompt_length`` carry no loss. The last one is the end of the turn."""

    key: str
    ids: tuple[int, ...]
    prompt_length: int


def encode_example(tokenizer: Any, example: Example) -> Encoded:
    """Encode one row exactly as generation will meet it: the prompt's ids are those that the backend feeds the model.

    Raises:
        BadInput: the tokenizer has no end-of-turn token, or the completion is empty.
    """
    prompt = encode_chat(tokenizer, example.prompt)
    answer: list[int] = tokenizer(example.completion[0]["content"], add_special_tokens=False)["input_ids"]
    if tokenizer.eos_token_id is None:
        raise BadInput("model: its tokenizer has no end-of-turn token; a model trained without one never stops")
    if not answer:
        raise BadInput(f"trainset: {example.provenance['key']}: the completion is empty")
    return Encoded(
        key=str(example.provenance["key"]),
        ids=(*prompt, *answer, tokenizer.eos_token_id),
        prompt_length=len(prompt),
    )
