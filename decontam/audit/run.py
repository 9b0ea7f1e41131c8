"""Audit of training files against a holdout. Fails closed: what cannot be read is never called clean.

One thread reads, the others parse, scan and score; results come back in file order, so that the output does not depend on the
number of threads. The work in flight is bounded, so that memory does not grow with the files.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from decontam.audit.clean import plan, write_clean
from decontam.audit.frequencies import Sample, count_around, without_often
from decontam.audit.judged import JudgedMatches
from decontam.audit.outputs import AuditFiles
from decontam.audit.report import Entry
from decontam.audit.scan import scan_batch
from decontam.audit.tally import EVIDENCE, AuditTally, FileCounts, Removed
from decontam.holdouts import Holdout
from decontam.kernels.batches import Parse
from decontam.matching.duplicates import duplicate_counts
from decontam.matching.elsewhere import with_elsewhere
from decontam.matching.index import BLIND, HoldoutIndex, build_index, for_channels
from decontam.matching.match import CHANNELS
from decontam.matching.places import column_name, value_text
from decontam.matching.stock import is_stock
from decontam.records import AuditSummary, Channel, ItemReport
from decontam.rule import RULE_VERSION, Rule
from decontam.sources import Columns, Found, Source, choose_columns, read_batches
from decontam.sources.values import is_label
from evals.errors import BadInput, Inconclusive
from evals.files import digest
from evals.progress import Progress, Silent

SHOWN_UNREAD = 50  # files
SHOWN_ITEMS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSettings:
    """What decides the outcome of an audit beside the files. ``max_broken_share``: of rows; above it, inconclusive.

    ``boilerplate_documents``: grams in more training texts than this are ignored (0: off). It also hides an item that
    leaked more often than that, and reads the files twice. ``counted_megabytes``: of the files, read beforehand to see what of
    the holdout is common in them (``matching.elsewhere``); 0: none. ``evidence``: the worst matches of each item of which places
    and texts are kept beside those of the first 2,000 of the audit; all are counted.
    """

    rule: Rule = field(default_factory=Rule)
    channels: tuple[Channel, ...] = CHANNELS
    text_columns: tuple[str, ...] = ()
    max_broken_share: float = 0.01
    boilerplate_documents: int = 0
    evidence: int = EVIDENCE
    counted_megabytes: float = 64.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The outcome: the summary, what is known of each item, the worst matches with their texts, and what they leaked from."""

    summary: AuditSummary
    items: tuple[ItemReport, ...]
    entries: tuple[Entry, ...]
    total_matches: int
    removed: Mapping[str, Mapping[int, str]]
    not_cleaned: str = ""  # why the cleaned files could not be written


def run_audit(
    training: Found,
    holdout: Holdout,
    settings: AuditSettings,
    *,
    index: HoldoutIndex | None = None,
    threads: int = 1,
    out: Path | None = None,
    clean: Path | None = None,
    worst: int = 500,
    judged: JudgedMatches | None = None,
    progress: Progress | None = None,
) -> Audit:
    """Match every text of the sources with the holdout.

    ``out``: a new folder for matches.parquet, documents.parquet, items.parquet, report.html and, last, summary.json. ``clean``: a
    new folder for the input without its leaks; written only if the audit ran to its end. ``judged``: matches that people called
    false alarms count as none, and the summary says how many.

    Raises:
        BadInput: a column does not exist, or ``out`` or ``clean`` would overwrite something.
        Inconclusive: the holdout is empty, or none of it can be indexed.
    """
    progress = progress or Silent()
    index = for_channels(index or _build(holdout, settings.rule), settings.channels)
    columns = {source.name: choose_columns(source, settings.text_columns or None) for source in training.sources}
    if clean is not None:
        plan(training.sources, clean)
    if out is not None and clean is not None and out.resolve() == clean.resolve():
        raise BadInput(f"{out}: --out and --clean need a folder each")
    files = AuditFiles(out, index.items) if out is not None else None
    try:
        audit = _run(training, holdout, columns, settings, index, threads, files, worst, judged, progress)
        if files is not None:
            files.finish(audit.summary, audit.items, audit.entries, audit.total_matches)
    except BaseException:
        if files is not None:
            files.abandon()
        raise
    if clean is None or audit.summary.partial:
        return audit
    try:
        write_clean(training.sources, audit.removed, clean, unread={report.file: report.broken for report in audit.summary.files})
    except BadInput as error:
        return replace(audit, not_cleaned=str(error))
    return audit


def _build(holdout: Holdout, rule: Rule) -> HoldoutIndex:
    """The index of a holdout; if it cannot be built, the rows that could not be read are part of the message."""
    try:
        return build_index(holdout.items, rule)
    except Inconclusive as error:
        if not holdout.broken:
            raise
        more = f" ... and {len(holdout.broken) - 3} more" if len(holdout.broken) > 3 else ""
        raise Inconclusive(f"{error}\nunreadable in the holdout: " + "; ".join(holdout.broken[:3]) + more) from None


def _run(
    training: Found,
    holdout: Holdout,
    columns: Mapping[str, Columns],
    settings: AuditSettings,
    index: HoldoutIndex,
    threads: int,
    files: AuditFiles | None,
    worst: int,
    judged: JudgedMatches | None,
    progress: Progress,
) -> Audit:
    """Read, scan and count everything; an interruption leaves whole batches only."""
    started = time.monotonic()
    partial = False
    total = sum(source.size_bytes for source in training.sources)
    tally = AuditTally(index, worst, settings.evidence, judged)
    with Interruptions() as interruptions:
        try:
            sample = Sample(
                sources=training.sources,
                columns=columns,
                channels=settings.channels,
                in_order=lambda parses, work: in_order(parses, work, threads),
                progress=progress,
                check=interruptions.check,
            )
            around = count_around(index, sample, settings.counted_megabytes)
            tally.index = with_elsewhere(index, holdout.others, around)
            if settings.boilerplate_documents:
                tally.index = without_often(tally.index, sample, settings.boilerplate_documents)
            progress.start("audit", total / 1e6, "MB")
            for source in training.sources:
                _audit_file(source, columns[source.name], settings, threads, tally, files, progress, interruptions)
        except KeyboardInterrupt:
            partial = True
    seconds = time.monotonic() - started
    summary = _summarise(tally, holdout, training, columns, settings, partial=partial, megabytes=total / 1e6, seconds=seconds)
    progress.finish(f"{summary.leaking_rows:,} of {summary.rows:,} rows leak")
    return Audit(
        summary=summary,
        items=tuple(_item_reports(tally)),
        entries=tuple(tally.entries()),
        total_matches=tally.total,
        removed=tally.removed,
    )


class Interruptions:
    """Ctrl-C between batches: the first one is remembered and raised when ``check`` is called, the second immediately."""

    def __init__(self) -> None:
        self._wanted = False
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: object) -> None:
        if self._wanted:
            raise KeyboardInterrupt
        self._wanted = True

    def check(self) -> None:
        """Raises KeyboardInterrupt if one was asked for."""
        if self._wanted:
            raise KeyboardInterrupt


def in_order(parses: Iterator[Parse], work: Callable[[Parse], Any], threads: int) -> Iterator[Any]:
    """Results of ``work`` in the order of ``parses``, with at most one more than ``threads`` parses in flight."""
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
    settings: AuditSettings,
    threads: int,
    tally: AuditTally,
    files: AuditFiles | None,
    progress: Progress,
    interruptions: Interruptions,
) -> None:
    index = tally.index
    counts = FileCounts(source, columns, Removed(index))
    try:
        batches = read_batches(source, columns)
        for scanned in in_order(batches, lambda parse: scan_batch(parse, index, settings.channels), threads):
            interruptions.check()
            scanned = tally.without_spared(source, scanned)
            shown = tally.show(scanned.matches)
            if files is not None:
                files.add(source.name, scanned, shown)
            counts.add(scanned)
            tally.add(source, scanned, shown)
            progress.advance(scanned.size_bytes / 1e6, f"{tally.total:,} matches")
    finally:  # also for a file that was interrupted by Ctrl-C: what was seen is reported
        tally.end_file(counts)


def _summarise(
    tally: AuditTally,
    holdout: Holdout,
    training: Found,
    columns: Mapping[str, Columns],
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
        *(f"not read: {what}" for what in training.unread[:SHOWN_UNREAD]),
        *([f"not read: {len(training.unread) - SHOWN_UNREAD:,} more"] if len(training.unread) > SHOWN_UNREAD else []),
        *(f"{name}: not read to its end" for name in tally.lost),
        *([f"{broken:,} of {rows:,} rows could not be read, more than {settings.max_broken_share:.1%}"]
          if broken > settings.max_broken_share * rows else []),
        *(f"holdout: {message}" for message in holdout.broken),
    ]  # fmt: skip
    verdict: Literal["clean", "leaks", "inconclusive"] = "leaks" if leaking else "inconclusive" if open_questions else "clean"
    unindexable = len(index.unindexable)
    notes = [
        *([f"{tally.spared:,} matches that people judged false alarms count as none"] if tally.spared else []),
        *(
            [
                f"{unindexable:,} holdout items cannot be found: too short, or all boilerplate (see items.parquet): "
                + ", ".join(index.unindexable[:SHOWN_ITEMS])
                + (" ..." if unindexable > SHOWN_ITEMS else "")
            ]
            if unindexable
            else []
        ),
        *(
            f"{name}: left out by --text-column: {', '.join(chosen.unscanned[:20])}"
            for name, chosen in columns.items()
            if chosen.unscanned
        ),
        *training.notes,
        *holdout.notes,
    ]
    config = {
        "rule": asdict(index.rule),
        "version": RULE_VERSION,
        "channels": list(settings.channels),
        "text_columns": list(settings.text_columns),
        "max_broken_share": settings.max_broken_share,
        "boilerplate_documents": settings.boilerplate_documents,
        "counted_megabytes": settings.counted_megabytes,
    }
    return AuditSummary(
        verdict=verdict,
        reasons=(*open_questions, *notes),
        partial=partial,
        files=tuple(files),
        rows=rows,
        leaking_rows=leaking,
        short_rows=sum(f.short for f in files),
        shared_rows=sum(f.shared for f in files),
        broken_rows=broken,
        items=len(index.items),
        indexable_items=len(index.items) - unindexable,
        leaked_items=int(np.count_nonzero(tally.documents)),
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


def _item_reports(tally: AuditTally) -> Iterator[ItemReport]:
    index = tally.index
    counted = zip(tally.documents.tolist(), tally.coverage.tolist(), strict=True)
    for item, findable, twin, (documents, coverage) in zip(index.items, index.findable, index.twins, counted, strict=True):
        yield ItemReport(
            item=item.key,
            indexable=findable,
            reason="" if findable else _why_unindexable(item.prompt, item.answer, item.tests),
            documents=documents,
            max_coverage=coverage,
            duplicate_of=index.items[twin[0]].key if twin else "",
            similarity=round(twin[1], 4) if twin else 0.0,
        )


def _why_unindexable(prompt: str, answer: str, tests: str) -> str:
    if is_stock((prompt, answer, tests)):
        return "nothing but licences, imports, frames of programs or headers of prompts, which stand in everybody's files"
    if not answer.strip():
        return "fewer than 8 informative words in a row, and no answer to find it by"
    return f"fewer than 8 informative words in a row, or only words and code that many items share ({len(prompt)} characters)"


def training_texts(training: Found, text_columns: Sequence[str] = ()) -> Iterator[tuple[str, int, str, str]]:
    """All texts of the sources but labels as (file, row, column, text), in order, one batch in memory at a time."""
    for source in training.sources:
        for parse in read_batches(source, choose_columns(source, text_columns or None)):
            batch = parse()
            for column in (column for column in batch.columns if not is_label(column.name)):
                for value in range(len(column.offsets) - 1):
                    row = int(batch.rows[column.rows[value]])
                    yield source.name, row, column_name(column, value), value_text(column, value)


def check_threads(threads: int) -> int:
    """The number of threads to use: as given, or one per core for 0.

    Raises:
        BadInput: negative.
    """
    if threads < 0:
        raise BadInput(f"--threads {threads}: must be 0 (one per core) or more")
    return threads or len(os.sched_getaffinity(0))
