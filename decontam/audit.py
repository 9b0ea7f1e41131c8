"""Audit of training files against a holdout. Fails closed: what cannot be read is never called clean.

One thread reads, the others parse, scan and score; results come back in file order, so that the output does not depend on the
number of threads. What is in flight is bounded, so that memory does not grow with the files.
"""

from __future__ import annotations

import heapq
import itertools
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from decontam.batches import Batch, BrokenRow, Longs, Parse
from decontam.clean import plan, write_clean
from decontam.duplicates import duplicate_counts
from decontam.index import BLIND, RULE_VERSION, HoldoutIndex, Rule, build_index, without_boilerplate
from decontam.items import Holdout
from decontam.matching import CHANNELS, column_name, match_column, scan, value_text
from decontam.outputs import AuditFiles
from decontam.records import AuditSummary, Channel, FileReport, Item, ItemReport, Leak, Match
from decontam.report import Entry
from decontam.sources import Columns, Found, Source, choose_columns, read_batches
from evals.errors import BadInput
from evals.files import digest
from evals.progress import Progress, Silent

EXCERPT = 1500  # characters of a text kept on either side of a match, for the report
RANKS = {"clean": 0, "short": 1, "flag": 2, "strict": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSettings:
    """What decides the outcome of an audit beside the files. ``max_broken_share``: of rows; above it, inconclusive.

    ``boilerplate_documents``: grams in more training texts than this count for nothing (0: off). It also hides an item that
    leaked more often than that, and reads the files twice.
    """

    rule: Rule = field(default_factory=Rule)
    channels: tuple[Channel, ...] = CHANNELS
    text_columns: tuple[str, ...] = ()
    max_broken_share: float = 0.01
    boilerplate_documents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The outcome: the summary, what is known of each item, the worst matches with their texts, and what they leaked from."""

    summary: AuditSummary
    items: tuple[ItemReport, ...]
    entries: tuple[Entry, ...]
    total_matches: int
    removed: Mapping[str, Mapping[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One match in a batch. ``row`` is the row's number in the file."""

    row: int
    match: Match
    excerpt: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scanned:
    """What a worker hands back of a batch: row numbers, matches, rows that could not be read, bytes."""

    rows: Longs
    found: tuple[_Found, ...]
    broken: tuple[BrokenRow, ...]
    size_bytes: int


@dataclass(slots=True)
class _Tally:
    """What has been counted so far, in file order."""

    index: HoldoutIndex
    items: Mapping[str, Item]
    worst: int
    files: list[FileReport] = field(default_factory=list)
    matches: Counter[str] = field(default_factory=Counter)
    total: int = 0
    documents: Counter[str] = field(default_factory=Counter)
    coverage: dict[str, float] = field(default_factory=dict)
    removed: dict[str, dict[int, str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)  # files of which nobody knows how many rows are missing
    heap: list[tuple[float, int, Entry]] = field(default_factory=list)
    order: Iterator[int] = field(default_factory=itertools.count)

    def keep(self, source: Source, item: _Found) -> None:
        """Count one match; its texts are kept while it is among the worst."""
        match = item.match
        self.total += 1
        self.matches[f"{match.channel} {match.verdict}"] += 1
        self.coverage[match.item] = max(self.coverage.get(match.item, 0.0), match.coverage)
        rank = match.coverage + RANKS[match.verdict]
        if len(self.heap) < self.worst or rank > self.heap[0][0]:
            entry = Entry(
                leak=Leak(file=source.name, row=item.row, match=match),
                document=item.excerpt,
                document_offset=item.offset,
                item_text=self.items[match.item].part(match.part),
                document_length=item.length,
            )
            push = heapq.heappush if len(self.heap) < self.worst else heapq.heapreplace
            push(self.heap, (rank, -next(self.order), entry))


def run_audit(
    found: Found,
    holdout: Holdout,
    settings: AuditSettings,
    *,
    index: HoldoutIndex | None = None,
    threads: int = 1,
    out: Path | None = None,
    clean: Path | None = None,
    worst: int = 500,
    progress: Progress | None = None,
) -> Audit:
    """Match every text of the sources with the holdout.

    ``out``: a new folder for matches.parquet, documents.parquet, items.parquet, report.html and, last, summary.json. ``clean``: a
    new folder for the input without its leaks; written only where the audit ran to its end.

    Raises:
        BadInput: a column is not there, or ``out`` or ``clean`` would touch something that exists.
        Inconclusive: the holdout is empty, or nothing of it can be indexed.
    """
    progress = progress or Silent()
    index = index or build_index(holdout.items, settings.rule)
    columns = {source.name: choose_columns(source, settings.text_columns or None) for source in found.sources}
    files = AuditFiles(out, found.sources) if out is not None else None
    if clean is not None:
        plan(found.sources, clean)
    started = time.monotonic()
    partial = False
    if settings.boilerplate_documents:
        index = _without_boilerplate(index, found.sources, columns, settings, threads, progress)
    tally = _Tally(index, {item.key: item for item in index.items}, worst)
    total = sum(source.size_bytes for source in found.sources)
    progress.start("audit", total / 1e6, "MB")
    try:
        for source in found.sources:
            _audit_file(source, columns[source.name], index, settings, threads, tally, files, progress)
    except KeyboardInterrupt:
        partial = True
    seconds = time.monotonic() - started
    summary = _summarise(tally, holdout, found, settings, partial=partial, megabytes=total / 1e6, seconds=seconds)
    progress.finish(f"{summary.leaking_rows:,} of {summary.rows:,} rows leak")
    audit = Audit(
        summary=summary,
        items=tuple(_item_reports(index, tally)),
        entries=tuple(entry for _, _, entry in sorted(tally.heap, key=lambda kept: (-kept[0], -kept[1]))),
        total_matches=tally.total,
        removed=tally.removed,
    )
    if files is not None:
        files.finish(audit.summary, audit.items, audit.entries, audit.total_matches)
    if clean is not None and not partial:
        unread = {report.file: report.broken for report in tally.files}
        write_clean(found.sources, tally.removed, clean, unread=unread)
    return audit


def _scan_batch(parse: Parse, index: HoldoutIndex, channels: Sequence[Channel]) -> _Scanned:
    """A worker's work: parse, scan, score, and cut out what the report may show."""
    batch = parse()
    found: list[_Found] = []
    for column in batch.columns:
        for value, match in match_column(column, index, channels):
            text = value_text(column, value)
            low = max(match.document_span[0] - EXCERPT, 0)
            found.append(
                _Found(
                    row=int(batch.rows[column.rows[value]]),
                    match=match,
                    excerpt=text[low : match.document_span[1] + EXCERPT],
                    offset=low,
                    length=len(text),
                )
            )
    found.sort(key=lambda item: item.row)
    return _Scanned(rows=batch.rows, found=tuple(found), broken=batch.broken, size_bytes=batch.size_bytes)


def in_order(parses: Iterator[Parse], work: Callable[[Parse], Any], threads: int) -> Iterator[Any]:
    """Results of ``work`` in the order of ``parses``, with at most two more than ``threads`` parses in flight."""
    if threads == 1:
        yield from map(work, parses)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Any]] = deque()
        try:
            for parse in parses:
                waiting.append(pool.submit(work, parse))
                if len(waiting) >= threads + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _audit_file(
    source: Source,
    columns: Columns,
    index: HoldoutIndex,
    settings: AuditSettings,
    threads: int,
    tally: _Tally,
    files: AuditFiles | None,
    progress: Progress,
) -> None:
    counts: Counter[str] = Counter()
    first_broken: list[str] = []
    removed: dict[int, str] = {}
    try:
        batches = read_batches(source, columns)
        for scanned in in_order(batches, lambda parse: _scan_batch(parse, index, settings.channels), threads):
            verdicts: dict[int, _Found] = {}
            items: dict[int, set[str]] = {}
            for item in scanned.found:
                tally.keep(source, item)
                items.setdefault(item.row, set()).add(item.match.item)
                best = verdicts.get(item.row)
                if best is None or _rank(item) > _rank(best):
                    verdicts[item.row] = item
            for row, best in verdicts.items():
                counts["short" if best.match.verdict == "short" else "leaking"] += 1
                tally.documents.update(items[row])
                if best.match.leak:
                    removed[row] = f"{best.match.item} ({best.match.part}, {best.match.channel}, {best.match.coverage:.2f})"
            counts["rows"] += len(scanned.rows) + len(scanned.broken)
            counts["broken"] += len(scanned.broken)
            first_broken += [f"row {broken.row}: {broken.why}" for broken in scanned.broken[: 5 - len(first_broken)]]
            if any(broken.rest for broken in scanned.broken):
                tally.lost.append(source.name)
            if files is not None:
                best_of = {row: (item.match.verdict, item.match.coverage, item.match.item) for row, item in verdicts.items()}
                files.add(source, scanned.rows, scanned.broken, best_of, [(item.row, item.match) for item in scanned.found])
            progress.advance(scanned.size_bytes / 1e6, f"{sum(tally.matches.values()):,} matches")
    finally:  # also of a file that was cut short by Ctrl-C: what was seen is reported
        tally.removed[source.name] = removed
        tally.files.append(
            FileReport(
                file=source.name,
                kind=source.kind + (f".{source.compression}" if source.compression else ""),
                columns=tuple(columns),
                rows=counts["rows"],
                clean=counts["rows"] - counts["leaking"] - counts["short"] - counts["broken"],
                leaking=counts["leaking"],
                short=counts["short"],
                broken=counts["broken"],
                size_bytes=source.size_bytes,
                first_broken=tuple(first_broken),
            )
        )


def _rank(item: _Found) -> tuple[int, float]:
    return RANKS[item.match.verdict], item.match.coverage


def _without_boilerplate(
    index: HoldoutIndex,
    sources: Sequence[Source],
    columns: Mapping[str, Columns],
    settings: AuditSettings,
    threads: int,
    progress: Progress,
) -> HoldoutIndex:
    """A first pass that counts in how many texts each gram of the holdout stands."""
    counts = {"text": np.zeros(len(index.text.idf), np.int64), "code": np.zeros(len(index.code.idf), np.int64)}

    def count(parse: Parse) -> tuple[int, list[tuple[Channel, Longs]]]:
        batch: Batch = parse()
        grams: list[tuple[Channel, Longs]] = []
        for column, channel in itertools.product(batch.columns, settings.channels):
            hits = scan(column, index, channel)
            grams.append((channel, np.unique(hits[:, :2], axis=0)[:, 1]))
        return batch.size_bytes, grams

    progress.start("boilerplate", sum(source.size_bytes for source in sources) / 1e6, "MB")
    for source in sources:
        for size_bytes, grams in in_order(read_batches(source, columns[source.name]), count, threads):
            for channel, seen in grams:
                np.add.at(counts[channel], seen, 1)
            progress.advance(size_bytes / 1e6)
    most = settings.boilerplate_documents
    progress.finish(f"{sum(int((c > most).sum()) for c in counts.values()):,} grams in more than {most:,} texts")
    return without_boilerplate(index, counts["text"], counts["code"], most)


def _summarise(
    tally: _Tally,
    holdout: Holdout,
    found: Found,
    settings: AuditSettings,
    *,
    partial: bool,
    megabytes: float,
    seconds: float,
) -> AuditSummary:
    index, files = tally.index, tally.files
    rows, broken = sum(f.rows for f in files), sum(f.broken for f in files)
    leaking = sum(f.leaking for f in files)
    open_questions = [
        *(["interrupted: what came after was not read"] if partial else []),
        *(["no rows were read: an audit of nothing says nothing"] if not rows else []),
        *(f"{name}: not read to its end" for name in tally.lost),
        *([f"{broken:,} of {rows:,} rows could not be read, more than {settings.max_broken_share:.1%}"]
          if broken > settings.max_broken_share * rows else []),
        *(f"holdout: {message}" for message in holdout.broken),
    ]  # fmt: skip
    verdict: Literal["clean", "leaks", "inconclusive"] = "leaks" if leaking else "inconclusive" if open_questions else "clean"
    unindexable = len(index.unindexable)
    notes = [
        *(
            [f"{unindexable:,} holdout items cannot be found: too short, or all boilerplate (see items.parquet)"]
            if unindexable
            else []
        ),
        *found.notes,
        *holdout.notes,
    ]
    config = {
        "rule": asdict(index.rule),
        "version": RULE_VERSION,
        "channels": list(settings.channels),
        "text_columns": list(settings.text_columns),
        "max_broken_share": settings.max_broken_share,
        "boilerplate_documents": settings.boilerplate_documents,
    }
    return AuditSummary(
        verdict=verdict,
        reasons=(*open_questions, *notes),
        partial=partial,
        files=tuple(files),
        rows=rows,
        leaking_rows=leaking,
        short_rows=sum(f.short for f in files),
        broken_rows=broken,
        items=len(index.items),
        indexable_items=len(index.items) - unindexable,
        leaked_items=len(tally.documents),
        matches=dict(sorted(tally.matches.items())),
        duplicates=duplicate_counts(index, holdout.others),
        config=config,
        config_digest=digest(config),
        index_digest=index.digest,
        megabytes=round(megabytes, 3),
        seconds=round(seconds, 3),
        megabytes_per_second=round(megabytes / seconds, 1) if seconds else 0.0,
        blind=BLIND,
    )


def _item_reports(index: HoldoutIndex, tally: _Tally) -> Iterator[ItemReport]:
    for item, findable, twin in zip(index.items, index.findable, index.twins, strict=True):
        yield ItemReport(
            item=item.key,
            indexable=findable,
            reason="" if findable else _why_unindexable(item.prompt, item.answer),
            documents=tally.documents[item.key],
            max_coverage=tally.coverage.get(item.key, 0.0),
            duplicate_of=index.items[twin[0]].key if twin else "",
            similarity=round(twin[1], 4) if twin else 0.0,
        )


def _why_unindexable(prompt: str, answer: str) -> str:
    if not answer.strip():
        return "fewer than 8 informative words in a row, and no answer to find it by"
    return f"fewer than 8 informative words in a row, or only words and code that many items share ({len(prompt)} characters)"


def training_texts(found: Found, text_columns: Sequence[str] = ()) -> Iterator[tuple[str, int, str, str]]:
    """All texts of the sources as (file, row, column, text), in order, one batch in memory at a time."""
    for source in found.sources:
        for parse in read_batches(source, choose_columns(source, text_columns or None)):
            batch = parse()
            for column in batch.columns:
                for value in range(len(column.offsets) - 1):
                    row = int(batch.rows[column.rows[value]])
                    yield source.name, row, column_name(column, value), value_text(column, value)


def check_threads(threads: int) -> int:
    """The number of threads to use: as given, or one a core where 0 is given.

    Raises:
        BadInput: negative.
    """
    if threads < 0:
        raise BadInput(f"--threads {threads}: must be 0 (one a core) or more")
    return threads or len(os.sched_getaffinity(0))
