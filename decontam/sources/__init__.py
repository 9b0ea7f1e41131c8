"""Training files as batches of flat text columns: what to read, which columns, and the parses for the worker threads.

A reader for another kind: a module with ``fields`` and ``batches`` (see ``base.Reader``), a line in ``READERS``, its extension in
``sniff.KINDS``. Does not cover pickles, databases and files of one text larger than the memory: such files are named as unread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from decontam.kernels.batches import Parse, place
from decontam.sources import arrow, delimited, json_array, jsonl, parquet, plain
from decontam.sources.base import Columns, Found, Kind, Reader, Source, broken_batch
from decontam.sources.columns import choose
from decontam.sources.find import find_sources

__all__ = ["READERS", "Columns", "Found", "Reader", "Source", "choose_columns", "find_sources", "place", "read_batches"]

READERS: Mapping[Kind, Reader] = {
    "jsonl": Reader(fields=jsonl.fields, batches=jsonl.batches),
    "json": Reader(fields=json_array.fields, batches=json_array.batches),
    "parquet": Reader(fields=parquet.fields, batches=parquet.batches),
    "arrow": Reader(fields=arrow.fields, batches=arrow.batches),
    "csv": Reader(fields=delimited.fields, batches=delimited.batches),
    "tsv": Reader(fields=delimited.fields, batches=delimited.batches),
    "text": Reader(fields=plain.text_fields, batches=plain.text_batches),
    "notebook": Reader(fields=plain.notebook_fields, batches=plain.notebook_batches),
}


def choose_columns(source: Source, text_columns: Sequence[str] | None = None) -> Columns:
    """The columns of a file to scan: all that hold strings, or those named, dotted where nested (``meta.text``, ``a.b[].c``).

    Raises:
        BadInput: a name does not exist (the message lists those that do), or the file cannot be opened.
    """
    return choose(source, READERS[source.kind], text_columns)


def read_batches(source: Source, columns: Columns | Sequence[str]) -> Iterator[Parse]:
    """The parses of a file in file order: the iterator does the reading, calling a parse does the work and may be in any thread.

    ``columns``: without names every string is read.

    What cannot be read is a ``BrokenRow`` in some batch (row 0: the whole file), never an exception.
    """
    names = columns.wanted if isinstance(columns, Columns) else tuple(dict.fromkeys(columns))
    try:
        yield from READERS[source.kind].batches(source, names)
    except OSError as error:
        yield partial(broken_batch, 0, f"cannot be read ({error.strerror or error})")
