"""What an audit writes: matches, documents, items (Parquet), texts.jsonl, report.html, and summary.json last.

Everything grows under a temporary name within the folder and gets its own name at the end, so what has that name is whole.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from decontam.audit.report import Entry, write_report
from decontam.kernels.batches import BrokenRow, Longs
from decontam.records import AuditSummary, ItemReport, Match, Span
from decontam.sources import Source
from evals.errors import BadInput
from evals.files import write_json, write_jsonl

_SPAN = pa.struct([("start", pa.int64()), ("end", pa.int64())])
MATCHES = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),
        ("column", pa.string()),
        ("item", pa.string()),
        ("part", pa.string()),
        ("channel", pa.string()),
        ("verdict", pa.string()),
        ("coverage", pa.float64()),
        ("grams", pa.int64()),
        ("unique", pa.int64()),
        ("longest_run", pa.int64()),
        ("document_span", _SPAN),
        ("item_span", _SPAN),
        ("document_spans", pa.list_(_SPAN)),
        ("item_spans", pa.list_(_SPAN)),
        ("snippet", pa.string()),
        ("rule", pa.string()),
    ]
)
DOCUMENTS = pa.schema(
    [
        ("file", pa.dictionary(pa.int32(), pa.string())),
        ("row", pa.int64()),
        ("verdict", pa.dictionary(pa.int32(), pa.string())),
        ("coverage", pa.float64()),
        ("item", pa.string()),
    ]
)
_VERDICTS = pa.array(["clean", "shared", "short", "flag", "strict", "broken"])
_NUMBERS = {name.as_py(): number for number, name in enumerate(_VERDICTS)}
_PENDING = ".unfinished"
TEXTS = "texts.jsonl"
"""The worst matches with both texts, as the report shows them: keys of ``Entry``, ``leak`` as a record."""
_BATCH = 4096


class AuditFiles:
    """The folder of an audit's results while it grows."""

    def __init__(self, out: Path, sources: Sequence[Source]) -> None:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise BadInput(f"{out}: exists and is not empty, and nothing is overwritten; give a new folder")
        self._out, self._pending = out, out / _PENDING
        self._made = not out.exists()
        (self._pending / "documents.parquet").mkdir(parents=True)
        self._matches = pq.ParquetWriter(self._pending / "matches.parquet", MATCHES, compression="zstd")
        self._waiting: list[tuple[str, int, Match]] = []
        self._numbers = {source.name: number for number, source in enumerate(sources)}
        self._documents: tuple[str, pq.ParquetWriter] | None = None

    def add(
        self,
        source: Source,
        rows: Longs,
        broken: Sequence[BrokenRow],
        best: Mapping[int, tuple[str, float, str]],
        matches: Sequence[tuple[int, Match]],
    ) -> None:
        """One batch of a file, in file order: its rows, and for those with a match verdict, coverage and item of the worst."""
        if self._documents is None or self._documents[0] != source.name:
            self._end_documents()
            file = self._pending / "documents.parquet" / f"part-{self._numbers[source.name]:05}.parquet"
            self._documents = (source.name, pq.ParquetWriter(file, DOCUMENTS, compression="zstd"))
        if len(rows) or broken:
            self._documents[1].write_table(_documents(source.name, rows, broken, best))
        self._waiting += [(source.name, row, match) for row, match in matches]
        if len(self._waiting) >= _BATCH:
            self._flush()

    def finish(self, summary: AuditSummary, items: Sequence[ItemReport], entries: Sequence[Entry], total: int) -> None:
        """Close the files, write the items and the report, give everything its final name, and write the summary last."""
        self._flush()
        self._end_documents()
        self._matches.close()
        columns = {name: [getattr(item, name) for item in items] for name in ItemReport.model_fields}
        columns["indexable"] = [list(item.indexable) for item in items]
        pq.write_table(pa.table(columns), self._pending / "items.parquet", compression="zstd")
        write_jsonl(self._pending / TEXTS, map(_texts, entries))
        write_report(self._pending / "report.html", summary, items, entries, total_entries=total)
        for file in sorted(self._pending.iterdir()):
            file.rename(self._out / file.name)
        shutil.rmtree(self._pending)
        write_json(self._out / "summary.json", summary)

    def abandon(self) -> None:
        """Remove what was written so far: results are whole or absent."""
        for writer in (self._matches, self._documents[1] if self._documents else None):
            with suppress(Exception):  # most likely a full disk: nothing is kept
                if writer is not None:
                    writer.close()
        shutil.rmtree(self._pending, ignore_errors=True)
        if self._made:
            shutil.rmtree(self._out, ignore_errors=True)

    def _flush(self) -> None:
        if self._waiting:
            self._matches.write_table(_table(self._waiting))
            self._waiting = []

    def _end_documents(self) -> None:
        if self._documents is not None:
            self._documents[1].close()
            self._documents = None


def _texts(entry: Entry) -> dict[str, Any]:
    return {
        "leak": entry.leak,
        "document": entry.document,
        "document_offset": entry.document_offset,
        "document_length": entry.document_length,
        "item_text": entry.item_text,
    }


_FIELDS = tuple(name for name in MATCHES.names if name not in ("file", "row") and "span" not in name)


def _table(rows: Sequence[tuple[str, int, Match]]) -> pa.Table:
    """Matches as a table, column by column: a dictionary a row would cost more than to find them."""
    columns: dict[str, Any] = {
        "file": [file for file, _, _ in rows],
        "row": [row for _, row, _ in rows],
        **{name: [getattr(match, name) for _, _, match in rows] for name in _FIELDS},
    }
    for name in ("document_span", "item_span"):
        columns[name] = _spans([getattr(match, name) for _, _, match in rows])
    for name in ("document_spans", "item_spans"):
        lists = [getattr(match, name) for _, _, match in rows]
        offsets = pa.array(np.cumsum([0, *map(len, lists)]), pa.int32())
        columns[name] = pa.ListArray.from_arrays(offsets, _spans([span for spans in lists for span in spans]))
    return pa.table(columns, schema=MATCHES)


def _spans(spans: Sequence[Span]) -> pa.StructArray:
    ends = np.array(spans, np.int64).reshape(-1, 2)
    return pa.StructArray.from_arrays([pa.array(ends[:, 0]), pa.array(ends[:, 1])], fields=list(_SPAN))


def _documents(file: str, rows: Longs, broken: Sequence[BrokenRow], best: Mapping[int, tuple[str, float, str]]) -> pa.Table:
    numbers = np.concatenate([rows, np.array([b.row for b in broken], np.int64)])
    verdicts = np.concatenate([np.zeros(len(rows), np.int32), np.full(len(broken), _NUMBERS["broken"], np.int32)])
    coverage = np.zeros(len(numbers))
    item: list[str | None] = [None] * len(numbers) if best else []
    if best:
        places = np.searchsorted(rows, sorted(best))
        for place, (_, (verdict, share, key)) in zip(places, sorted(best.items()), strict=True):
            verdicts[place], coverage[place], item[place] = _NUMBERS[verdict], share, key
    order = np.argsort(numbers, kind="stable") if broken else None
    columns = {
        "file": pa.DictionaryArray.from_arrays(np.zeros(len(numbers), np.int32), pa.array([file])),
        "row": pa.array(numbers),
        "verdict": pa.DictionaryArray.from_arrays(pa.array(verdicts), _VERDICTS),
        "coverage": pa.array(coverage),
        "item": pa.array(item, pa.string()) if best else pa.nulls(len(numbers), pa.string()),
    }
    table = pa.table(columns, schema=DOCUMENTS)
    return table if order is None else table.take(order)
