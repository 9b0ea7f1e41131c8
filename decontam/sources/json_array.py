"""JSON files that are no JSONL: one document with its rows somewhere in it (``layouts``), or several one after another.

A file is held whole while it is in flight.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from decontam.kernels.batches import Batch, BrokenRow, Parse
from decontam.sources.base import Source, broken_batch
from decontam.sources.layouts import Document, read_document
from decontam.sources.lines import parse_line
from decontam.sources.plain import read_whole
from decontam.sources.values import RowBuilder, fields_of

_MARK = "\ufeff"
_BLANK = " \t\r\n,\x1e"  # between documents; the last begins records of RFC 7464


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A file of JSON.

    ``spans``: of each of several documents in ``text``, empty for a single one. ``why``: what cannot be read.
    """

    documents: list[Document]
    text: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    why: str = ""

    def rows(self) -> Iterator[Any]:
        """The rows; of several documents each is one."""
        for document in self.documents:
            yield from [document.value] if self.spans else document.rows()


def fields(source: Source) -> tuple[str, ...]:
    """Places with text in the first thousand rows."""
    return fields_of(islice(load(source).rows(), 1000))


def batches(source: Source, names: tuple[str, ...]) -> Iterator[Parse]:
    """One parse per file."""
    if source.size_bytes:
        yield partial(parse, source, names)


def parse(source: Source, names: tuple[str, ...]) -> Batch:
    """All rows, numbered from 1."""
    loaded = load(source)
    if loaded.why and not loaded.documents:
        return broken_batch(0, loaded.why, source.size_bytes)
    builder = RowBuilder(names)
    number = 0
    for number, row in enumerate(loaded.rows(), 1):
        builder.add(number, row)
    if loaded.why:
        builder.broken.append(BrokenRow(row=number + 1, why=loaded.why, rest=True))
    return builder.build(source.size_bytes)


def load(source: Source) -> Loaded:
    """The documents of a file, or the reason why they cannot be read."""
    data, failure = read_whole(source)
    if failure or not data.strip():
        return Loaded(documents=[], why=failure)
    value, why = parse_line(data.removeprefix(b"\xef\xbb\xbf"))
    if not why:
        return Loaded(documents=[read_document(value)])
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Loaded(documents=[], why=why)
    return several(text, why)


def several(text: str, why: str) -> Loaded:
    """Documents one after another; ``why``: what is wrong if it is only one."""
    decode = json.JSONDecoder(strict=False).raw_decode
    documents: list[Document] = []
    spans: list[tuple[int, int]] = []
    place = len(text) - len(text.lstrip(_MARK))
    while True:
        while place < len(text) and text[place] in _BLANK:
            place += 1
        if place == len(text):
            return Loaded(documents=documents, text=text, spans=tuple(spans))
        try:
            value, end = decode(text, place)
        except (json.JSONDecodeError, RecursionError) as error:
            documents = documents if len(documents) > 1 or (documents and isinstance(documents[0].value, dict)) else []
            after = f"after {len(documents)} documents: {error}" if documents else why
            return Loaded(documents=documents, text=text, spans=tuple(spans), why=after)
        documents.append(Document(value))
        spans.append((place, end))
        place = end
