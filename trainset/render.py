"""Rows to token ids and loss masks: loss on the completion only, the end-of-turn token trained, nothing cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evals.errors import BadInput
from evals.models.loading import encode_chat
from trainset.records import Example


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

    Raises:
        BadInput: the tokenizer has no end-of-turn token, or the completion is empty.
    """
    prompt = encode_chat(tokenizer, example.prompt)
    answer, *attempt = (_tokens(tokenizer, turns[0]["content"]) for turns in (example.completion, example.rejected) if turns)
    if tokenizer.eos_token_id is None:
        raise BadInput("model: its tokenizer has no end-of-turn token; a model trained without one never stops")
    if not answer:
        raise BadInput(f"trainset: {example.provenance['key']}: the completion is empty")
    return Encoded(
        key=str(example.provenance["key"]),
        ids=(*prompt, *answer, tokenizer.eos_token_id),
        prompt_length=len(prompt),
        rejected=(*attempt[0], tokenizer.eos_token_id) if attempt else (),
        preferred=bool(attempt) and example.provenance.get("nearest", True),
    )


def _tokens(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


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
