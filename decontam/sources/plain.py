"""Text, markdown and code: one row per file, column ``text``. Notebooks: one row, columns ``cells`` and ``outputs``.

A cell is one value, and so is every other string of a notebook but pictures. A file is held whole while it is in flight.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from decontam.kernels.batches import Batch, Parse
from decontam.sources.base import Source, broken_batch
from decontam.sources.lines import parse_line
from decontam.sources.streams import open_stream
from decontam.sources.values import RowBuilder, leaves


def text_fields(source: Source) -> tuple[str, ...]:
    """Always ``text``."""
    return ("text",)


def text_batches(source: Source, names: tuple[str, ...]) -> Iterator[Parse]:
    """One parse per file."""
    if source.size_bytes:
        yield partial(parse_text, source)


def parse_text(source: Source) -> Batch:
    """Decode a file; bytes that are not UTF-8 and of no encoding that was found, or a NUL, make it unreadable."""
    data, failure = read_whole(source)
    if failure:
        return broken_batch(1, failure, source.size_bytes, rest=False)
    if b"\0" in data:
        return broken_batch(1, "binary file (it has NUL bytes)", source.size_bytes, rest=False)
    builder = RowBuilder()
    try:
        builder.add(1, {"text": data.removeprefix(b"\xef\xbb\xbf").decode()})
    except UnicodeDecodeError as error:
        return broken_batch(1, f"not UTF-8 (byte {error.start + 1}), nor another encoding", source.size_bytes, rest=False)
    return builder.build(source.size_bytes)


def notebook_fields(source: Source) -> tuple[str, ...]:
    """The cells, and what is beside them."""
    return ("cells[]", "outputs[]")


def notebook_batches(source: Source, names: tuple[str, ...]) -> Iterator[Parse]:
    """One parse per file."""
    if source.size_bytes:
        yield partial(parse_notebook, source)


def parse_notebook(source: Source) -> Batch:
    """The source of every cell, each whole, and every other string, as of outputs."""
    data, failure = read_whole(source)
    if failure:
        return broken_batch(1, failure, source.size_bytes, rest=False)
    value, why = parse_line(data.removeprefix(b"\xef\xbb\xbf"))
    if why:
        return broken_batch(1, why, source.size_bytes, rest=False)
    builder = RowBuilder()
    sources: list[str] = []
    rest = without_sources(value, sources)
    others = [text for name, _, text in leaves(rest) if "image/" not in name or "svg" in name]
    builder.add(1, {"cells": sources, "outputs": others})
    return builder.build(source.size_bytes)


def without_sources(notebook: Any, sources: list[str]) -> Any:
    """A notebook without the text of its cells, which goes into ``sources``.

    Cells are those of format 4, and of format 3, where they are in worksheets and code is called input.
    """
    if not isinstance(notebook, dict):
        return notebook
    for holder in [notebook, *(notebook.get("worksheets") or [])]:
        cells = holder.get("cells") if isinstance(holder, dict) else None
        for cell in cells if isinstance(cells, list) else ():
            for key in ("source", "input") if isinstance(cell, dict) else ():
                if text := joined(cell.get(key)):
                    sources.append(text)
                    del cell[key]
    return notebook


def joined(value: Any) -> str:
    """A text, or a list of its lines as notebooks have them; empty for anything else."""
    if isinstance(value, list) and value and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value if isinstance(value, str) else ""


def read_whole(source: Source) -> tuple[bytes, str]:
    """All bytes of a file, decompressed, and the reason if some are missing."""
    with open_stream(source) as stream:
        parts = []
        while part := stream.read(1 << 20):
            parts.append(part)
        return b"".join(parts), f"{stream.failure} after {sum(map(len, parts))} bytes" if stream.failure else ""
