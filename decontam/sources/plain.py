"""Text, markdown and code: one row per file, column ``text``. Notebooks: one row, column ``cells``, one value per cell.

A file is held whole while it is in flight.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from decontam.kernels.batches import Batch, Parse
from decontam.sources.base import Shape, Source, broken_batch
from decontam.sources.lines import parse_line
from decontam.sources.streams import open_stream
from decontam.sources.values import RowBuilder


def text_fields(source: Source) -> dict[str, Shape]:
    """Always ``text``."""
    return {"text": "text"}


def text_batches(source: Source, names: tuple[str, ...]) -> Iterator[Parse]:
    """One parse per file."""
    if source.size_bytes:
        yield partial(parse_text, source)


def parse_text(source: Source) -> Batch:
    """Decode a file; bytes that are not UTF-8 become U+FFFD, a NUL makes it a binary file."""
    data, failure = read_whole(source)
    if failure:
        return broken_batch(1, failure, source.size_bytes, rest=False)
    if b"\0" in data:
        return broken_batch(1, "binary file (it has NUL bytes)", source.size_bytes, rest=False)
    builder = RowBuilder(("text",))
    builder.add(1, {"text": data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")})
    return builder.build(source.size_bytes)


def notebook_fields(source: Source) -> dict[str, Shape]:
    """Always ``cells``."""
    return {"cells": "texts"}


def notebook_batches(source: Source, names: tuple[str, ...]) -> Iterator[Parse]:
    """One parse per file."""
    if source.size_bytes:
        yield partial(parse_notebook, source)


def parse_notebook(source: Source) -> Batch:
    """The source of every cell; outputs are not read."""
    data, failure = read_whole(source)
    if failure:
        return broken_batch(1, failure, source.size_bytes, rest=False)
    value, why = parse_line(data.removeprefix(b"\xef\xbb\xbf"))
    if why:
        return broken_batch(1, why, source.size_bytes, rest=False)
    builder = RowBuilder(("cells",))
    builder.add(1, {"cells": list(cell_texts(value))})
    return builder.build(source.size_bytes)


def cell_texts(notebook: Any) -> Iterator[str]:
    """Cells of format 4, and of format 3, where they are in worksheets and code is called input."""
    holders = [notebook, *(notebook.get("worksheets") or [])] if isinstance(notebook, dict) else []
    for holder in holders:
        cells = holder.get("cells") if isinstance(holder, dict) else None
        for cell in cells if isinstance(cells, list) else ():
            text = (cell.get("source") or cell.get("input")) if isinstance(cell, dict) else None
            if isinstance(text, list):
                text = "".join(part for part in text if isinstance(part, str))
            if isinstance(text, str):
                yield text


def read_whole(source: Source) -> tuple[bytes, str]:
    """All bytes of a file, decompressed, and the reason if some are missing."""
    with open_stream(source) as stream:
        parts = []
        while part := stream.read(1 << 20):
            parts.append(part)
        return b"".join(parts), f"{stream.failure} after {sum(map(len, parts))} bytes" if stream.failure else ""
