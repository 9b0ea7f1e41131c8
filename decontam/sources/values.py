"""Text of rows that are Python objects: which values count as text, and batches built from them one row at a time.

The rules are those of ``arrays`` (the fast way); a test compares both. Strings count, empty ones too; of lists the strings, and
of objects the ``MESSAGE_FIELDS``, below which every string counts except under ``type``; of ``tool_calls`` only the arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from decontam.kernels.batches import Batch, BrokenRow, Column
from decontam.sources.base import Shape, nothing_under

MESSAGE_FIELDS = ("content", "value", "text", "reasoning_content", "thinking")
_LONE = re.compile("[\ud800-\udfff]")
Value = tuple[str, int, str]  # name of the column, ordinal or -1, text


def row_values(row: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[Value]:
    """All text values of a row under the names; a dotted name is tried as a key and as a path through objects."""
    for name in names:
        if name in row:
            yield from column_values(row[name], name)
        if "." in name:
            yield from column_values(walk(row, name), name)


def walk(row: Any, name: str) -> Any:
    """The value behind a dotted name, None if the path does not exist."""
    for key in name.split("."):
        row = row.get(key) if isinstance(row, dict) else None
    return row


def column_values(value: Any, name: str) -> Iterator[Value]:
    """All text values of one column."""
    if isinstance(value, str):
        yield name, -1, value
    elif isinstance(value, dict):
        yield from message_values(value, name, -1)
    elif isinstance(value, list):
        for ordinal, item in enumerate(value):
            if isinstance(item, dict):
                yield from message_values(item, f"{name}[]", ordinal)
            else:
                for text in leaves(item):
                    yield f"{name}[]", ordinal, text


def message_values(message: Mapping[str, Any], name: str, ordinal: int) -> Iterator[Value]:
    """The text of one message."""
    for field in MESSAGE_FIELDS:
        for text in leaves(message.get(field)):
            yield f"{name}.{field}", ordinal, text
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        for text in leaves(walk(call, "function.arguments")):
            yield f"{name}.tool_calls", ordinal, text


def leaves(value: Any) -> Iterator[str]:
    """All strings in a value, except under the key ``type`` (of the parts of a message)."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key != "type":
                yield from leaves(item)


def shape_of(value: Any) -> Shape | None:
    """The shape of a value; None where it holds no text."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        return "message" if next(message_values(value, "", 0), None) else None
    if isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            return "texts"
        if next(column_values(value, ""), None):
            return "messages" if all(isinstance(item, dict) for item in value) else "other"
    return None


def fields_of(rows: Iterable[Any]) -> dict[str, Shape]:
    """Columns with text in some rows and the shape each has first; objects are opened one level a dot."""
    shapes: dict[str, Shape] = {}

    def add(row: Mapping[str, Any], prefix: str, depth: int) -> None:
        for key, value in row.items():
            name = f"{prefix}{key}"
            if name not in shapes and (shape := shape_of(value)) and _LONE.search(name) is None:
                shapes[name] = shape
            if isinstance(value, dict) and depth < 8:
                add(value, f"{name}.", depth + 1)

    for row in rows:
        if isinstance(row, dict):
            add(row, "", 0)
    return shapes


class RowBuilder:
    """Collects rows into a batch."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.rows: list[int] = []
        self.broken: list[BrokenRow] = []
        self.values: dict[str, tuple[list[bytes], list[int], list[int]]] = {}

    def add(self, number: int, row: Any) -> None:
        """Add a parsed row; one without text is a broken one."""
        if not isinstance(row, dict):
            self.refuse(number, f"not an object but {type(row).__name__}")
            return
        values = list(row_values(row, self.names))
        if not values:
            self.refuse(number, nothing_under(self.names, row))
            return
        for name, ordinal, text in values:
            texts, indices, ordinals = self.values.setdefault(name, ([], [], []))
            texts.append(utf8(text))
            indices.append(len(self.rows))
            ordinals.append(ordinal)
        self.rows.append(number)

    def refuse(self, number: int, why: str) -> None:
        """Record a row that cannot be read."""
        self.broken.append(BrokenRow(row=number, why=why))

    def build(self, size_bytes: int = 0) -> Batch:
        """The batch of the rows that were added."""
        columns = []
        for name, (texts, indices, ordinals) in self.values.items():
            offsets = np.zeros(len(texts) + 1, np.int64)
            np.cumsum([len(text) for text in texts], out=offsets[1:])
            columns.append(
                Column(
                    name=name,
                    data=np.frombuffer(b"".join(texts), np.uint8),
                    offsets=offsets,
                    rows=np.array(indices, np.int64),
                    ordinals=np.array(ordinals, np.int64) if "[]" in name else None,
                )
            )
        rows = np.array(self.rows, np.int64)
        return Batch(rows=rows, columns=tuple(columns), broken=tuple(self.broken), size_bytes=size_bytes)


def utf8(text: str) -> bytes:
    """The text as UTF-8; half a surrogate pair, which only the standard library's parser lets pass, becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _LONE.sub("\ufffd", text).encode()
