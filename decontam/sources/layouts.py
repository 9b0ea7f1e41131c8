"""Where a JSON document has its rows: in lists, objects by id, splits, columns (as pandas writes them), nested or side by side.

A document is cut into entries so that each leak can be dropped alone; every string of it is in exactly one entry. Where several
readings are possible the coarser one is taken, which loses nothing but how finely ``--clean`` cuts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from decontam.sources.base import KNOWN_NAMES
from decontam.sources.values import is_wordy, leaves

_SPEAKERS = frozenset({"role", "from", "speaker"})
_SPLITS = frozenset({"train", "test", "validation", "valid", "val", "dev", "eval", "data", "rows"})
_MANY = 30  # keys of an object of strings that are more than a row's
_LONG = 64  # characters of a string without blanks that may be packed text
_KNOWN = frozenset(KNOWN_NAMES)


class Holder(Protocol):
    """A part of a document that holds rows."""

    @property
    def rows(self) -> list[Any]:
        """The rows, in order."""
        ...

    def drop(self, places: frozenset[int]) -> None:
        """Remove rows, by their places from 0, from the document itself."""
        ...


@dataclass(slots=True)
class InList:
    """The items of a list are rows."""

    holder: list[Any]

    @property
    def rows(self) -> list[Any]:
        """The items."""
        return list(self.holder)

    def drop(self, places: frozenset[int]) -> None:
        """Remove items."""
        self.holder[:] = [row for place, row in enumerate(self.holder) if place not in places]


@dataclass(slots=True)
class ByKey:
    """The values of some keys of an object are rows, each with its key."""

    holder: dict[str, Any]
    keys: list[str]

    @property
    def rows(self) -> list[Any]:
        """The values; a key is text as it is in any object."""
        return [{key: self.holder[key]} if not isinstance(self.holder[key], dict) else self._keyed(key) for key in self.keys]

    def _keyed(self, key: str) -> Any:
        value = self.holder[key]
        return value if next(leaves({key: 0}), None) is None else {key: value}

    def drop(self, places: frozenset[int]) -> None:
        """Remove keys."""
        for place in places:
            del self.holder[self.keys[place]]


@dataclass(slots=True)
class InColumns:
    """Lists of the same length by the names of columns, or objects by the same index: row i is the i-th of each."""

    holder: dict[str, Any]
    names: list[str]

    @property
    def rows(self) -> list[Any]:
        """One object a row."""
        parts = [list(part.values()) if isinstance(part := self.holder[name], dict) else part for name in self.names]
        return [dict(zip(self.names, values, strict=True)) for values in zip(*parts, strict=True)]

    def drop(self, places: frozenset[int]) -> None:
        """Remove the row from each column."""
        for name in self.names:
            column = self.holder[name]
            if isinstance(column, dict):
                kept = [item for place, item in enumerate(column.items()) if place not in places]
                self.holder[name] = dict(kept)
            else:
                self.holder[name] = [item for place, item in enumerate(column) if place not in places]


@dataclass(slots=True)
class Document:
    """A JSON document with its rows, numbered from 1 through all holders. ``single``: it is one row itself."""

    value: Any
    holders: list[Holder] = field(default_factory=list)

    @property
    def single(self) -> bool:
        """Whether there is no form of it without its row."""
        return not self.holders

    def rows(self) -> Iterator[Any]:
        """The rows in order."""
        if self.single:
            yield self.value
        for holder in self.holders:
            yield from holder.rows

    def drop(self, removed: Iterable[int]) -> None:
        """Remove rows by their numbers."""
        gone, begin = frozenset(removed), 1
        spans = []
        for holder in self.holders:
            count = len(holder.rows)
            spans.append((holder, frozenset(number - begin for number in gone if begin <= number < begin + count)))
            begin += count
        for holder, places in spans:
            if places:
                holder.drop(places)


def read_document(value: Any) -> Document:
    """A document with its rows found."""
    document = Document(value)
    _find(value, document.holders)
    return document


def _find(value: Any, holders: list[Holder]) -> None:
    """Add the holders in a value; none if it is a row itself."""
    if isinstance(value, list):
        holders.append(InList(value))
        return
    if not isinstance(value, dict) or not value:
        return
    if columns := _columns(value):
        holders.append(InColumns(value, columns))
        _rest(value, columns, holders)
        return
    if _is_row(value):
        return
    taken: list[str] = []
    for key, item in value.items():
        inner: list[Holder] = []
        if (isinstance(item, list) and _is_rows(item)) or (isinstance(item, dict) and _holds_rows(item)):
            _find(item, inner)
        if inner:
            holders += inner
            taken.append(key)
    if not taken and (keys := _entries(value)):
        holders.append(ByKey(value, keys))
        taken = keys
    if taken:
        _rest(value, taken, holders)


def _rest(value: dict[str, Any], taken: list[str], holders: list[Holder]) -> None:
    """What stands beside the rows: each entry with words is one, too; versions, counts and the like are none."""
    keys = [key for key in value if key not in set(taken)]
    if wordy := [key for key in keys if any(is_wordy(text) or len(text) > _LONG for _, _, text in leaves({key: value[key]}))]:
        holders.append(ByKey(value, wordy))


def _is_row(value: Mapping[str, Any]) -> bool:
    """Whether an object is a row: it has text or messages under a name that rows have."""
    for key, item in value.items():
        if key.lower() not in _KNOWN:
            continue
        if isinstance(item, str) or (isinstance(item, list) and item and (key.lower() not in _SPLITS or not _is_rows(item))):
            return True
    return any(isinstance(item, list) and _are_messages(item) and not _is_split(key) for key, item in value.items())


def _is_split(key: str) -> bool:
    return key.lower() in _SPLITS


def _are_messages(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, dict) and _SPEAKERS & {key.lower() for key in item} for item in items)


def _is_rows(items: list[Any]) -> bool:
    """Whether the items of a list are rows: objects, or lists of cells, with whatever stands between them."""
    return any(isinstance(item, (dict, list)) for item in items)


def _holds_rows(value: Mapping[str, Any]) -> bool:
    """Whether an object below another holds rows, rather than being one: splits in ``data``, entries by id in a split."""
    if _is_row(value):
        return False
    objects = [item for item in value.values() if isinstance(item, dict)]
    lists = [item for item in value.values() if isinstance(item, list) and _is_rows(item)]
    return bool(lists) or (len(objects) == len(value) and len(objects) > 1)


def _columns(value: Mapping[str, Any]) -> list[str]:
    """The keys that are columns of the same length, if the document is laid out by columns."""
    lists = [key for key, item in value.items() if isinstance(item, list) and item and not _is_rows(item)]
    if lists == list(value) and len({len(value[key]) for key in lists}) == 1 and (len(lists) > 1 or len(value[lists[0]]) > 1):
        return lists
    objects = [key for key, item in value.items() if isinstance(item, dict) and item]
    if objects != list(value):
        return []
    index = list(value[objects[0]])
    numbered = all(key.isdigit() for key in index) and not any(key.isdigit() for key in objects)
    named = len(objects) > 1 and _KNOWN & {key.lower() for key in objects} and not _KNOWN & {key.lower() for key in index}
    return objects if (numbered or named) and all(list(value[key]) == index for key in objects) else []


def _entries(value: Mapping[str, Any]) -> list[str]:
    """The keys whose values are rows by id."""
    objects = [key for key, item in value.items() if isinstance(item, dict)]
    if len(objects) == len(value):
        return objects
    others = [item for item in value.values() if not isinstance(item, dict)]
    numbered = len(value) > 1 and all(any(c.isdigit() for c in key) for key in value)
    if all(isinstance(item, (str, list)) for item in others) and (len(value) > _MANY or numbered):
        return list(value)
    return []
