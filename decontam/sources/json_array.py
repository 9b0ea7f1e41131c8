"""JSON files that are one value: an array of rows, an object with one such array in it, or a single row. Parsed whole."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

from decontam.kernels.batches import Batch, Parse
from decontam.sources.base import KNOWN_NAMES, Shape, Source, broken_batch
from decontam.sources.lines import parse_line
from decontam.sources.plain import read_whole
from decontam.sources.values import RowBuilder, fields_of


def fields(source: Source) -> dict[str, Shape]:
    """Columns with text in the first thousand rows."""
    return fields_of(islice(load(source)[0], 1000))


def batches(source: Source, names: tuple[str, ...]) -> Iterator[Parse]:
    """One parse per file."""
    if source.size_bytes:
        yield partial(parse, source, names)


def parse(source: Source, names: tuple[str, ...]) -> Batch:
    """All rows, numbered from 1."""
    rows, why = load(source)
    if why:
        return broken_batch(0, why, source.size_bytes)
    builder = RowBuilder(names)
    for number, row in enumerate(rows, 1):
        builder.add(number, row)
    return builder.build(source.size_bytes)


def load(source: Source) -> tuple[list[Any], str]:
    """The rows of a file, or the reason why they cannot be read."""
    data, failure = read_whole(source)
    if failure or not data.strip():
        return [], failure
    value, why = parse_line(data.removeprefix(b"\xef\xbb\xbf"))
    return ([], why) if why else (rows_of(value), "")


def rows_of(value: Any) -> list[Any]:
    """The rows in a value. An object without a known column and with one list of objects wraps that list."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and (key := wrapped(value)) is not None:
        rows: list[Any] = value[key]
        return rows
    return [value]


def wrapped(value: dict[str, Any]) -> str | None:
    """The key under which an object has its rows, as ``data`` in ``{"version": 1, "data": [...]}``."""
    if any(name in value for name in KNOWN_NAMES):
        return None
    lists = [key for key, item in value.items() if isinstance(item, list) and item and all(isinstance(row, dict) for row in item)]
    return lists[0] if len(lists) == 1 else None
