"""Rows to token ids and loss masks: loss on the completion only, the end of the turn trained, nothing cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evals.errors import BadInput
from evals.models.chat import encode_chat, turn_end
from trainset.records import Example


class EmptyRow(BadInput):
    """A row that teaches nothing; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """``ids``: all tokens of a row; the first ``prompt_length`` carry no loss. The last one is the end of the turn."""

    key: str
    ids: tuple[int, ...]
    prompt_length: int


def encode_example(tokenizer: Any, example: Example) -> Encoded:
    """Encode one row exactly as generation will meet it: the prompt's ids are those that the backend feeds the model.

    The end that is trained is what the chat template puts after an answer; see ``evals.models.chat.turn_end``.

    Raises:
        EmptyRow: the prompt or the completion is empty.
        BadInput: neither template nor tokenizer has an end of a turn.
    """
    key = str(example.provenance["key"])
    end = turn_end(tokenizer)
    if end is None:
        raise BadInput(
            "model: its chat template puts nothing after an answer and its tokenizer has no end token; a model trained without "
            "one never stops"
        )
    answer = example.completion[0]["content"]
    if not answer.strip():
        raise EmptyRow(f"{key}: the completion is empty")
    prompt = encode_chat(tokenizer, example.prompt)
    if not prompt:
        raise EmptyRow(f"{key}: the prompt is empty")
    trained: list[int] = tokenizer(answer + end.text, add_special_tokens=False)["input_ids"]
    if not end.text:
        trained = [*trained, *([] if end.token is None else [end.token])]
    if len(trained) < (1 if end.text else 2):
        raise EmptyRow(f"{key}: no token of the completion is trained")
    return Encoded(key=key, ids=(*prompt, *trained), prompt_length=len(prompt))
