"""Conversations as a model's own template writes them: as token ids, and what ends a turn.

Covers templates that have no system role, tokenizers without an end token or a padding token, and ends of a turn that are
no single token. Does not cover tools, images, or conversations of which the template itself leaves something out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from jinja2 import TemplateError

from evals.errors import BadInput
from evals.files import read_json
from evals.models.resolve import quiet_transformers
from evals.notices import say_once
from evals.records import Message

_MARK = "goldloopmark"
_REFUSALS = (TemplateError, TypeError)  # a template that adds a text to a list, or asks for what is not there


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnd:
    """What the template puts after an answer: ``text``, up to and with ``token``, which alone ends a turn.

    Where the template ends a turn in plain words, ``token`` is None and the text is the end. ``text`` is empty where the
    template puts nothing there; then the token is the tokenizer's own end.
    """

    text: str
    token: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manners:
    """What was found out about a template, once."""

    template: Any
    has_system: bool
    end: TurnEnd | None


_manners: WeakKeyDictionary[Any, _Manners] = WeakKeyDictionary()


def load_tokenizer(path: Path, name: str) -> Any:
    """The tokenizer of a model's folder; ``name`` is the model's in messages.

    Raises:
        BadInput: it does not load, or has no chat template.
    """
    from transformers import AutoTokenizer

    quiet_transformers()
    try:
        tokenizer = AutoTokenizer.from_pretrained(path)
    except Exception as error:  # whatever a class of transformers raises at files that are not its own
        raise BadInput(f"model: the tokenizer of {path}{kind_of(path)} does not load: {first_line(error)}") from None
    if not tokenizer.chat_template:
        raise BadInput(f"model: {name} has no chat template; goldloop trains and evaluates chat models")
    return tokenizer


def kind_of(path: Path) -> str:
    """What the configuration of a folder says of the model, for a message: its kind, and how its weights are quantised."""
    known: Any = read_json(path / "config.json")
    if not isinstance(known, dict):
        return ""
    settings = known.get("quantization_config")
    quantised = f", quantised by {settings.get('quant_method') or 'bitsandbytes'}" if isinstance(settings, dict) else ""
    return f" (kind {known.get('model_type')!r}{quantised})"


def first_line(error: Exception) -> str:
    """What an error says, in one line."""
    return next(filter(None, map(str.strip, str(error).splitlines())), type(error).__name__)


def encode_chat(tokenizer: Any, messages: Sequence[Message]) -> list[int]:
    """Token ids of a conversation up to and including the cue for the assistant's turn.

    A template that refuses or drops the system role gets that text at the start of the first user turn.

    Raises:
        BadInput: the template refuses the conversation.
    """
    try:
        text = _render(tokenizer, spoken(tokenizer, messages), cue=True)
    except _REFUSALS as error:
        roles = ", ".join(message["role"] for message in messages)
        raise BadInput(f"model: its chat template refuses the roles {roles}: {first_line(error)}") from None
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def spoken(tokenizer: Any, messages: Sequence[Message]) -> list[Message]:
    """The messages that the template is given: those given here, or without a system role where it has none."""
    if not messages or messages[0]["role"] != "system" or _manners_of(tokenizer).has_system:
        return list(messages)
    say_once("model: its chat template has no system role; system messages are put at the start of the first user turn")
    system, rest = messages[0]["content"], list(messages[1:])
    if not rest or rest[0]["role"] != "user":
        return [{"role": "user", "content": system}, *rest]
    return [{"role": "user", "content": f"{system}\n\n{rest[0]['content']}"}, *rest[1:]]


def turn_end(tokenizer: Any) -> TurnEnd | None:
    """What ends an assistant's turn; None where neither the template nor the tokenizer has an end."""
    return _manners_of(tokenizer).end


def pad_token(tokenizer: Any) -> int:
    """The token in places that a mask hides: the tokenizer's own, its end token, or the first of the vocabulary."""
    known = (tokenizer.pad_token_id, tokenizer.eos_token_id, 0)
    return int(next(token for token in known if token is not None))


def _manners_of(tokenizer: Any) -> _Manners:
    known = _manners.get(tokenizer)
    if known is None or known.template != tokenizer.chat_template:
        known = _Manners(template=tokenizer.chat_template, has_system=_has_system(tokenizer), end=_find_end(tokenizer))
        _manners[tokenizer] = known
    return known


def _render(tokenizer: Any, messages: Sequence[Message], *, cue: bool) -> str:
    return str(tokenizer.apply_chat_template(list(messages), add_generation_prompt=cue, tokenize=False))


def _has_system(tokenizer: Any) -> bool:
    user: Message = {"role": "user", "content": "x"}
    try:
        return _MARK in _render(tokenizer, [{"role": "system", "content": _MARK}, user], cue=True)
    except _REFUSALS:
        return False


def _find_end(tokenizer: Any) -> TurnEnd | None:
    """Read the end of a turn off a conversation that the template wrote."""
    eos = tokenizer.eos_token_id
    fallback = None if eos is None else TurnEnd(text="", token=eos)
    said: list[Message] = [{"role": "user", "content": "x"}, {"role": "assistant", "content": _MARK}]
    try:
        text = _render(tokenizer, said, cue=False)
    except _REFUSALS:
        return fallback
    _, found, after = text.rpartition(_MARK)
    if not found or not after.strip():
        return fallback
    marks = {**tokenizer.get_added_vocab(), **dict(zip(tokenizer.all_special_tokens, tokenizer.all_special_ids, strict=True))}
    present = [(after.find(mark), -len(mark), mark) for mark in marks if mark.strip() and mark in after]
    if not present:
        return TurnEnd(text=after.rstrip(), token=None)
    place, _, mark = min(present)
    return TurnEnd(text=after[: place + len(mark)], token=int(marks[mark]))
