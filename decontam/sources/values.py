"""Text of rows that are Python objects: every string below a row, whatever the keys above it, and batches built from them.

The rules are those of ``arrays`` (the fast way); a test compares both. Strings count, empty ones too, and keys that are prose. A
value's name is its path: ``conversation[].input``, ``paragraphs[].qas[].question``; of a row that is no object, ``value``.
Names of labels (ids, hashes, links, roles) are read like all others, but alone they are no text: see ``is_label``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from decontam.kernels.batches import Batch, BrokenRow, Column
from decontam.sources.base import nothing_under

ROOT = "value"  # of a row that is a string or a list
_LABELS = frozenset(
    {
        *("id", "ids", "_id", "uuid", "guid", "hash", "sha", "sha1", "sha256", "md5", "digest", "checksum", "url", "urls", "uri"),
        *("href", "role", "roles", "from", "type", "types", "lang", "language", "license", "licence", "split"),
    }
)
_LABEL_ENDS = ("_id", "_ids", "_hash", "_url", "_uri", "_sha")
_PROSE_WORDS, _PROSE_CHARACTERS = 4, 40
_MAX_NAMES = 256  # of a batch: objects whose keys are data would make a column of every value
_LONE = re.compile("[\ud800-\udfff]")
Value = tuple[str, int, str]  # name of the column, ordinal in its outermost list or -1, text


@lru_cache(4096)
def is_label(name: str) -> bool:
    """Whether values of a name tell rows apart or sort them: a row that has nothing else, of one word each, has no text."""
    last = name.replace("[]", "").rpartition(".")[2].lower()
    return last in _LABELS or last.endswith(_LABEL_ENDS)


def is_wordy(text: str) -> bool:
    """Whether a string can be of several words: it has a blank, or letters of scripts that need none."""
    return " " in text or not text.isascii()


@lru_cache(4096)
def is_prose(key: str) -> bool:
    """Whether a key is text itself, as in objects of answers by their questions."""
    return len(key) > _PROSE_CHARACTERS or len(key.split()) >= _PROSE_WORDS


def leaves(row: Any) -> Iterator[Value]:
    """All strings in a row, depth first; no recursion, since a row may be nested deeply."""
    stack: list[tuple[str, int, Any]] = [("", -1, row)]
    while stack:
        name, ordinal, value = stack.pop()
        if isinstance(value, str):
            yield name or ROOT, ordinal, value
        elif isinstance(value, dict):
            for key in value:
                if is_prose(key):
                    yield f"{name}.keys" if name else "keys", ordinal, key
            stack += [
                (f"{name}.{key}" if name else key, ordinal, item)
                for key, item in reversed(value.items())
                if isinstance(item, (str, dict, list))
            ]
        elif isinstance(value, list):
            inner = f"{name or ROOT}[]"
            stack += [(inner, place if ordinal < 0 else ordinal, value[place]) for place in range(len(value) - 1, -1, -1)]


@lru_cache(4096)
def title(name: str) -> str:
    """A path as reports have it: the parts of a message's content are its content."""
    return name.replace("].content[].text", "].content")


def bare(name: str) -> str:
    """A path without the marks of lists, so that ``messages.content`` is ``messages[].content``."""
    return name.replace("[]", "")


def inside(name: str, names: Iterable[str]) -> bool:
    """Whether a column is one of these or within one."""
    name = bare(name)
    return any(name == column or name.startswith(f"{column}.") for column in map(bare, names))


class Chosen:
    """Which columns are read: all, or those of the names and what is within them."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._known: dict[str, bool] = {}

    def __contains__(self, name: str) -> bool:
        if not self.names:
            return True
        if name not in self._known:
            self._known[name] = inside(name, self.names)
        return self._known[name]


def fields_of(rows: Iterable[Any]) -> tuple[str, ...]:
    """The names of all strings in some rows, in the order in which they first occur."""
    return tuple(dict.fromkeys(name for row in rows for name, _, _ in leaves(row) if _LONE.search(name) is None))


class RowBuilder:
    """Collects rows into a batch. ``names``: the columns to read, none for all."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.chosen = Chosen(names)
        self.rows: list[int] = []
        self.broken: list[BrokenRow] = []
        self.values: dict[str, tuple[list[bytes], list[int], list[int]]] = {}

    def add(self, number: int, row: Any) -> None:
        """Add a parsed row; one without text is a broken one."""
        values = [value for value in leaves(row) if value[0] in self.chosen]
        if not any(not is_label(name) or is_wordy(text) for name, _, text in values):
            self.refuse(number, nothing_under(self.chosen.names, row))
            return
        for path, ordinal, text in values:
            name = title(path)
            if name not in self.values and len(self.values) >= _MAX_NAMES:
                name, ordinal = "*", -1
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
                    name=name if _LONE.search(name) is None else _LONE.sub("\ufffd", name),
                    data=np.frombuffer(b"".join(texts), np.uint8),
                    offsets=offsets,
                    rows=np.array(indices, np.int64),
                    ordinals=np.array(ordinals, np.int64) if ordinals[0] >= 0 else None,
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
