"""What an audit writes: matches, documents, items (Parquet), texts.jsonl, report.html, and summary.json last.

Everything grows under a temporary name within the folder and gets its own name at the end, so what has that name is whole.
Small files share a part of documents.parquet: to open one costs more than to read a small file.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from decontam.audit.report import Entry, write_report
from decontam.audit.scanned import Finding, Matches, Scanned
from decontam.kernels.batches import Longs
from decontam.matching.found import CHANNEL_NAMES, VERDICTS
from decontam.matching.grams import PART_NAMES
from decontam.records import AuditSummary, Item, ItemReport, Match, Span
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
_VERDICTS = pa.array(["clean", *VERDICTS[1:], "broken"])
_BROKEN = len(VERDICTS)
_PENDING = ".unfinished"
TEXTS = "texts.jsonl"
"""The worst matches with both texts, as the report shows them: keys of ``Entry``, ``leak`` as a record."""
_BATCH = 4096  # matches in a table
_GROUP_ROWS, _PART_ROWS = 1 << 16, 1 << 20  # of documents.parquet, at least


@dataclass(frozen=True, slots=True, kw_only=True)
class _Documents:
    """The rows of a batch: their numbers, verdicts, coverage, and the item of the worst match, -1 where there is none."""

    file: str
    rows: Longs
    verdicts: Any
    coverage: Any
    items: Longs


class AuditFiles:
    """The folder of an audit's results while it grows. ``items``: of the index."""

    def __init__(self, out: Path, items: Sequence[Item]) -> None:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise BadInput(f"{out}: exists and is not empty, and nothing is overwritten; give a new folder")
        self._out, self._pending = out, out / _PENDING
        self._made = not out.exists()
        (self._pending / "documents.parquet").mkdir(parents=True)
        self._matches = pq.ParquetWriter(self._pending / "matches.parquet", MATCHES, compression="zstd")
        self._keys = pa.array([item.key for item in items], pa.string())
        self._waiting: list[tuple[str, Matches, Mapping[int, Match]]] = []
        self._read: list[_Documents] = []
        self._part: pq.ParquetWriter | None = None
        self._parts = self._part_rows = 0

    def add(self, file: str, scanned: Scanned, shown: Mapping[int, Finding]) -> None:
        """One batch of a file, in file order. ``shown``: the evidence of matches, as far as it is kept."""
        if len(scanned.rows) or scanned.broken:
            self._read.append(_documents(file, scanned))
            if sum(len(read.rows) for read in self._read) >= _GROUP_ROWS:
                self._write_documents()
        if len(scanned.matches):
            whole = {number: finding.match for number, finding in shown.items()}
            self._waiting.append((file, scanned.matches.bare(), whole))
            if sum(len(matches) for _, matches, _ in self._waiting) >= _BATCH:
                self._write_matches()

    def finish(self, summary: AuditSummary, items: Sequence[ItemReport], entries: Sequence[Entry], total: int) -> None:
        """Close the files, write the items and the report, give everything its final name, and write the summary last."""
        self._write_matches()
        self._write_documents()
        self._end_part()
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
        for writer in (self._matches, self._part):
            with suppress(Exception):  # most likely a full disk: nothing is kept
                if writer is not None:
                    writer.close()
        shutil.rmtree(self._pending, ignore_errors=True)
        if self._made:
            shutil.rmtree(self._out, ignore_errors=True)

    def _write_matches(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._matches.write_table(_matches_table(waiting, self._keys))

    def _write_documents(self) -> None:
        read, self._read = self._read, []
        if not read:
            return
        if self._part is None:
            name = f"part-{self._parts:05}.parquet"
            self._part = pq.ParquetWriter(self._pending / "documents.parquet" / name, DOCUMENTS, compression="zstd")
            self._parts += 1
        self._part.write_table(_documents_table(read, self._keys))
        self._part_rows += sum(len(batch.rows) for batch in read)
        if self._part_rows >= _PART_ROWS:
            self._end_part()

    def _end_part(self) -> None:
        if self._part is not None:
            self._part.close()
            self._part, self._part_rows = None, 0


def _texts(entry: Entry) -> dict[str, Any]:
    return {
        "leak": entry.leak,
        "document": entry.document,
        "document_offset": entry.document_offset,
        "document_length": entry.document_length,
        "item_text": entry.item_text,
    }


_COUNTS = ("coverage", "grams", "unique", "longest_run")


def _matches_table(batches: Sequence[tuple[str, Matches, Mapping[int, Match]]], keys: Any) -> pa.Table:
    """Matches as a table, column by column: an object a row would cost more than to find them."""
    found = [matches for _, matches, _ in batches]
    sizes = [len(matches) for matches in found]
    table = np.concatenate([matches.table for matches in found])
    whole = [match for _, _, shown in batches for match in shown.values()]
    bases = np.cumsum([0, *sizes[:-1]]).tolist()
    shown = [base + number for base, (_, _, shown) in zip(bases, batches, strict=True) for number in shown]
    places = np.full(len(table), -1, np.int64)
    places[shown] = np.arange(len(whole))
    kept = pa.array(places, mask=places < 0)  # by match: where its evidence is, null where there is none
    columns: dict[str, Any] = {
        "file": np.repeat(np.array([file for file, _, _ in batches], object), sizes),
        "row": np.concatenate([matches.rows for matches in found]),
        "column": np.concatenate([matches.places for matches in found]),
        "item": keys.take(pa.array(table["item"])),
        "part": pa.array(PART_NAMES).take(pa.array(table["part"])),
        "channel": pa.array(CHANNEL_NAMES).take(pa.array(table["channel"])),
        "verdict": pa.array(VERDICTS).take(pa.array(table["verdict"])),
        **{name: table[name].astype(np.float64 if name == "coverage" else np.int64) for name in _COUNTS},
        "snippet": pa.array([match.snippet for match in whole], pa.string()).take(kept),
        "rule": np.concatenate([matches.rules for matches in found]),
    }
    for name in ("document_span", "item_span"):
        columns[name] = _spans([getattr(match, name) for match in whole]).take(kept)
    for name in ("document_spans", "item_spans"):
        lists = [getattr(match, name) for match in whole]
        offsets = pa.array(np.cumsum([0, *map(len, lists)]), pa.int32())
        columns[name] = pa.ListArray.from_arrays(offsets, _spans([span for spans in lists for span in spans])).take(kept)
    return pa.table({name: columns[name] for name in MATCHES.names}, schema=MATCHES)


def _spans(spans: Sequence[Span]) -> pa.StructArray:
    ends = np.array(spans, np.int64).reshape(-1, 2)
    return pa.StructArray.from_arrays([pa.array(ends[:, 0]), pa.array(ends[:, 1])], fields=list(_SPAN))


def _documents(file: str, scanned: Scanned) -> _Documents:
    rows, broken, matches = scanned.rows, scanned.broken, scanned.matches
    numbers = np.concatenate([rows, np.array([b.row for b in broken], np.int64)]) if broken else rows
    verdicts = np.zeros(len(numbers), np.int32)
    verdicts[len(rows) :] = _BROKEN
    coverage, items = np.zeros(len(numbers)), np.full(len(numbers), -1, np.int64)
    if len(matches):
        best = matches.best
        places, worst = np.searchsorted(rows, matches.rows[best]), matches.table[best]
        verdicts[places], coverage[places], items[places] = worst["verdict"], worst["coverage"], worst["item"]
    if broken:
        order = np.argsort(numbers, kind="stable")
        numbers, verdicts, coverage, items = numbers[order], verdicts[order], coverage[order], items[order]
    return _Documents(file=file, rows=numbers, verdicts=verdicts, coverage=coverage, items=items)


def _documents_table(read: Sequence[_Documents], keys: Any) -> pa.Table:
    names = list(dict.fromkeys(batch.file for batch in read))
    places = {name: place for place, name in enumerate(names)}
    files = np.repeat(np.array([places[batch.file] for batch in read], np.int32), [len(batch.rows) for batch in read])
    items = np.concatenate([batch.items for batch in read])
    columns = {
        "file": pa.DictionaryArray.from_arrays(pa.array(files), pa.array(names, pa.string())),
        "row": pa.array(np.concatenate([batch.rows for batch in read])),
        "verdict": pa.DictionaryArray.from_arrays(np.concatenate([batch.verdicts for batch in read]), _VERDICTS),
        "coverage": pa.array(np.concatenate([batch.coverage for batch in read])),
        "item": keys.take(pa.array(items, mask=items < 0)),
    }
    return pa.table(columns, schema=DOCUMENTS)
