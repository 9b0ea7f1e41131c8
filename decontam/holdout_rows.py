"""One row of a holdout's table as the parts of an item, by guessed or mapped columns.

Covers the layouts of public benchmarks and of conversations. Text under names that neither the guess nor the column map knows
is not read; the caller reports those columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import orjson

from evals.errors import BadInput
from evals.importers import unix

# The first name of a row that holds text wins; case does not matter.
GUESSES: Mapping[str, tuple[str, ...]] = {
    "id": ("task_id", "id", "question_id", "name", "key"),
    "prompt": ("prompt", "question", "text", "instruction", "problem", "input", "query", "content"),
    "answer": (
        *("canonical_solution", "code", "solution", "answer", "output", "completion", "response", "target", "golden"),
        *("sql", "query"),  # text-to-SQL: `query` is the answer where the prompt has another name
    ),
    "tests": ("test", "tests", "test_list", "checks", "assertions"),
    "messages": ("messages", "conversations"),
}
KNOWN = frozenset(name for part, names in GUESSES.items() if part != "id" for name in names)
ROLES = ("id", "prompt", "answer", "tests", "group", "messages")
_SPEAKERS = {"user": "user", "human": "user", "assistant": "assistant", "gpt": "assistant", "model": "assistant"}


def parts_of(values: Mapping[str, Any], columns: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Texts by role, and the column that each came from.

    Raises:
        ValueError: a column holds something that is not text.
    """
    texts: dict[str, str] = {}
    used: dict[str, str] = {}
    lower = {name.lower(): name for name in reversed(list(values))}
    for role in ROLES:
        names = [columns[role]] if role in columns else [lower[n] for n in GUESSES.get(role, ()) if n in lower]
        for name in names:
            if name in used.values():
                continue
            value = _lookup(values, name)
            parts = _conversation(value, name) if role == "messages" else {role: _text(value, name, role)}
            parts = {part: text for part, text in parts.items() if text.strip()}
            if role == "messages":
                parts = {part: text for part, text in parts.items() if part not in columns}  # the map takes precedence
            if parts:
                texts |= parts
                used |= dict.fromkeys(parts, name)
                break
    instruction, more = lower.get("instruction"), lower.get("input")
    if "prompt" not in columns and instruction is not None and used.get("prompt") == instruction and more is not None:
        text = _text(values[more], more, "prompt")  # the Alpaca layout: the question is in both
        if text.strip():
            texts["prompt"] += f"\n{text}"
            used["prompt"] = f"{instruction} + {more}"
    return texts, used


def _lookup(value: Any, name: str) -> Any:
    """A column's value; ``a.b`` is ``b`` of the object in ``a``, or of each object of the list in ``a``."""
    if isinstance(value, list):
        values = [_lookup(entry, name) for entry in value if isinstance(entry, Mapping)]
        return [entry for entry in values if entry is not None] or None
    if not isinstance(value, Mapping):
        return None
    if name in value:
        return value[name]
    head, dot, rest = name.partition(".")
    return _lookup(value.get(head), rest) if dot else None


def _text(value: Any, name: str, role: str) -> str:
    """Text, a number, or a list of them joined by newlines; of a conversation the turns that belong to the role.

    Raises:
        ValueError: anything else.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return unix(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return unix(value.decode())  # a UnicodeDecodeError is a ValueError, and says what is wrong
    if isinstance(value, Mapping):
        raise ValueError(
            f"{name}: expected text, a number or a list of texts, found an object with {', '.join(map(str, value))[:120]}; "
            f"name what is inside it in a column map, such as {role}={name}.{next(iter(value), 'text')}"
        )
    if isinstance(value, (list, tuple)):
        if role in ("prompt", "answer") and any(isinstance(entry, Mapping) and _turn(entry) for entry in value):
            return _conversation(value, name).get(role, "")
        return "\n".join(text for entry in value if (text := _text(entry, name, role)))
    return str(value)


def _turn(entry: Mapping[str, Any]) -> str:
    """The role of a chat message: ``user``, ``assistant``, another name, or empty if it is not a message."""
    speaker = entry.get("role", entry.get("from"))
    return _SPEAKERS.get(speaker.lower(), speaker) if isinstance(speaker, str) else ""


def _conversation(value: Any, name: str) -> dict[str, str]:
    """The user's turns as prompt, the last turn of the assistant as answer.

    Raises:
        ValueError: not a list of messages.
    """
    if value is None:
        return {}
    if isinstance(value, str):
        try:
            value = orjson.loads(value)  # tables without nesting hold chats as JSON text
        except orjson.JSONDecodeError:
            value = None
    if not isinstance(value, (list, tuple)) or not all(isinstance(entry, Mapping) and _turn(entry) for entry in value):
        raise ValueError(f"{name}: expected a list of messages with role and content, found {value!r:.80}")
    turns = [(_turn(entry), _said_in(entry.get("content", entry.get("value")), name)) for entry in value]
    return {
        "prompt": "\n".join(text for speaker, text in turns if speaker == "user"),
        "answer": next((text for speaker, text in reversed(turns) if speaker == "assistant"), ""),
    }


def _said_in(content: Any, name: str) -> str:
    """A message's text, also if it is a list of ``{"type": "text", "text": ...}``."""
    if isinstance(content, (list, tuple)):
        content = [entry.get("text") if isinstance(entry, Mapping) else entry for entry in content]
    return _text(content, f"{name}.content", "content")


def no_text(values: Mapping[str, Any], columns: Mapping[str, str]) -> str:
    """Why a row without any text of a part is broken, for people."""
    if not values:
        return "an empty object; expected an item's columns"
    wanted = [columns.get(part) or f"{', '.join(GUESSES[part][:3])}, ..." for part in ("prompt", "answer", "tests")]
    columns_seen = ", ".join(f"{name} ({value!r:.24})" for name, value in list(values.items())[:8])
    return f"no text; expected it under {' or '.join(wanted)}; found {columns_seen}"


# Names of columns, and what to say of a wrong one.


def names_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Top-level columns, in the order in which they first occur."""
    return list(dict.fromkeys(name for row in rows for name in row))


def require_columns(file: Path, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    """See that every column of a map is there.

    Raises:
        BadInput: one is not; the message names those that are.
    """
    if not columns or not rows:
        return
    there = list(dict.fromkeys(path for row in rows for path in _paths(row)))
    problems = [f"{role}={unknown_name(name, there)}" for role, name in columns.items() if name not in there]
    if problems:
        shown = ", ".join(there[:40]) + (", ..." if len(there) > 40 else "")
        raise BadInput(f"{file}: column map: {'; '.join(problems)}; the columns that are there: {shown}")


def _paths(row: Mapping[str, Any], depth: int = 4) -> Iterator[str]:
    """The columns of a row, and what is inside them by dotted names."""
    for name, value in row.items():
        yield name
        inner = value if isinstance(value, list) else [value]
        for entry in inner:
            if depth and isinstance(entry, Mapping):
                yield from (f"{name}.{path}" for path in _paths(entry, depth - 1))


def unknown_name(name: str, known: Sequence[str]) -> str:
    """An unknown name with the one that was likely meant."""
    near = get_close_matches(name, known, 1, 0.5)
    return f"{name!r} is unknown{f'; did you mean {near[0]!r}?' if near else ''}"
