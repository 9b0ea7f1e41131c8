"""Rows to token ids and loss masks: loss on the completion only, the end of the turn trained, nothing cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evals.errors import BadInput
from evals.models.chat import TurnEnd, encode_chat, turn_end
from trainset.records import Example


class EmptyRow(BadInput):
    """A row that teaches nothing; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """``ids``: all tokens of a row; the first ``prompt_length`` carry no loss. The last one is the end of the turn.

    ``rejected`` are the tokens of the failing attempt in place of the completion, with the end of the turn; empty without one.
    ``preferred``: completion and attempt are a pair of which the completion is to be preferred.
    """

    key: str
    ids: tuple[int, ...]
    prompt_length: int
    rejected: tuple[int, ...] = ()
    preferred: bool = False

    def of_attempt(self) -> Encoded:
        """The row with the attempt in place of the completion."""
        return Encoded(key=self.key, ids=(*self.ids[: self.prompt_length], *self.rejected), prompt_length=self.prompt_length)


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
    trained = _trained(tokenizer, answer, end)
    if len(trained) < (1 if end.text else 2):
        raise EmptyRow(f"{key}: no token of the completion is trained")
    rejected = _trained(tokenizer, example.rejected[0]["content"], end) if example.rejected else ()
    return Encoded(
        key=key,
        ids=(*prompt, *trained),
        prompt_length=len(prompt),
        rejected=rejected,
        preferred=bool(rejected) and example.provenance.get("nearest", True),
    )


def _trained(tokenizer: Any, text: str, end: TurnEnd) -> tuple[int, ...]:
    """The tokens of an answer and of the end of its turn."""
    ids: list[int] = tokenizer(text + end.text, add_special_tokens=False)["input_ids"]
    return (*ids, *([end.token] if not end.text and end.token is not None else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedRow:
    """A row as text, decoded from its tokens: the ``prompt`` carries no loss, ``completion`` and ``end`` of the turn do."""

    key: str
    source: str
    prompt: str
    completion: str
    end: str
    prompt_tokens: int
    trained_tokens: int


def decoded(tokenizer: Any, example: Example) -> DecodedRow:
    """What is trained of a row, from the very tokens.

    Raises:
        BadInput: see ``encode_example``.
    """
    row = encode_example(tokenizer, example)
    trained = str(tokenizer.decode(row.ids[row.prompt_length :]))
    answer = example.completion[0]["content"]
    last = str(tokenizer.decode(row.ids[-1:]))
    end = trained[len(answer) :] if trained.startswith(answer) else last
    return DecodedRow(
        key=row.key,
        source=str(example.provenance.get("source", "")),
        prompt=str(tokenizer.decode(row.ids[: row.prompt_length])),
        completion=trained.removesuffix(end),
        end=end,
        prompt_tokens=row.prompt_length,
        trained_tokens=len(row.ids) - row.prompt_length,
    )
