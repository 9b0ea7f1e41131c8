"""What an audit counts, in file order: matches, rows by verdict, items, and the worst matches with their texts.

Pure bookkeeping; the scanning is in ``decontam.matching.match`` and the threads in ``decontam.audit.run``.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from decontam.audit.judged import JudgedMatches
from decontam.audit.report import Entry
from decontam.kernels.batches import BrokenRow, Longs
from decontam.matching.index import HoldoutIndex
from decontam.records import FileReport, Item, Leak, Match
from decontam.sources import Columns, Source

_RANKS = {"shared": 1, "short": 2, "flag": 3, "strict": 4}
_SHOWN_BROKEN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One match in a batch. ``row``: the row's number in the file; ``excerpt``: the text around it, from character ``offset``."""

    row: int
    match: Match
    excerpt: str
    offset: int
    length: int

    @property
    def rank(self) -> tuple[int, float]:
        """By verdict, then coverage."""
        return _RANKS[self.match.verdict], self.match.coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What a worker returns for a batch: row numbers, matches by row, rows that could not be read, bytes used up."""

    rows: Longs
    found: tuple[Finding, ...]
    broken: tuple[BrokenRow, ...]
    size_bytes: int

    def best(self) -> dict[int, Finding]:
        """The worst match of each row with a match."""
        best: dict[int, Finding] = {}
        for item in self.found:
            if item.row not in best or item.rank > best[item.row].rank:
                best[item.row] = item
        return best


@dataclass(slots=True)
class FileCounts:
    """The rows of one file so far."""

    source: Source
    columns: Columns
    counts: Counter[str] = field(default_factory=Counter)
    first_broken: list[str] = field(default_factory=list)
    removed: dict[int, str] = field(default_factory=dict)
    lost: bool = False

    def add(self, scanned: Scanned, best: Mapping[int, Finding]) -> None:
        """Count one batch; ``best`` is the worst match of each of its rows."""
        for row, item in best.items():
            match = item.match
            self.counts["leaking" if match.leak else match.verdict] += 1
            if match.leak:
                self.removed[row] = f"{match.item} ({match.part}, {match.channel}, {match.coverage:.2f})"
        self.counts["rows"] += len(scanned.rows) + len(scanned.broken)
        self.counts["broken"] += len(scanned.broken)
        room = _SHOWN_BROKEN - len(self.first_broken)
        self.first_broken += [f"row {broken.row}: {broken.why}" for broken in scanned.broken[:room]]
        self.lost = self.lost or any(broken.rest for broken in scanned.broken)

    def report(self) -> FileReport:
        """The counts as a record."""
        counts, source = self.counts, self.source
        return FileReport(
            file=source.name,
            kind=source.kind + (f".{source.compression}" if source.compression else ""),
            columns=tuple(self.columns),
            rows=counts["rows"],
            clean=counts["rows"] - sum(counts[name] for name in ("leaking", "short", "shared", "broken")),
            leaking=counts["leaking"],
            short=counts["short"],
            shared=counts["shared"],
            broken=counts["broken"],
            size_bytes=source.size_bytes,
            first_broken=tuple(self.first_broken),
        )


@dataclass(slots=True)
class AuditTally:
    """Everything counted over all files. ``worst``: how many matches keep their texts; ``spared``: false alarms by ``judged``."""

    index: HoldoutIndex
    items: Mapping[str, Item]
    worst: int
    judged: JudgedMatches | None = None
    spared: int = 0
    files: list[FileReport] = field(default_factory=list)
    matches: Counter[str] = field(default_factory=Counter)
    total: int = 0
    documents: Counter[str] = field(default_factory=Counter)  # rows that hit an item
    coverage: dict[str, float] = field(default_factory=dict)
    removed: dict[str, dict[int, str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)  # files with an unknown number of missing rows
    _heap: list[tuple[float, int, Entry]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=itertools.count)

    def without_spared(self, source: Source, scanned: Scanned) -> Scanned:
        """A batch without the matches that people judged false alarms; these are counted."""
        if self.judged is None:
            return scanned
        kept = tuple(item for item in scanned.found if not self.judged.spares(source.name, item.row, item.match))
        self.spared += len(scanned.found) - len(kept)
        return replace(scanned, found=kept)

    def add(self, source: Source, scanned: Scanned) -> None:
        """Count the matches of one batch."""
        for item in scanned.found:
            self._keep(source, item)
        found = {(item.row, item.match.item) for item in scanned.found if item.match.verdict != "shared"}
        self.documents.update(key for _, key in found)

    def end_file(self, counts: FileCounts) -> None:
        """Take over a file's counts when it has been read, or as far as it was."""
        self.removed[counts.source.name] = counts.removed
        self.files.append(counts.report())
        if counts.lost:
            self.lost.append(counts.source.name)

    def entries(self) -> list[Entry]:
        """The worst matches with their texts, worst first."""
        return [entry for _, _, entry in sorted(self._heap, key=lambda kept: (-kept[0], -kept[1]))]

    def _keep(self, source: Source, item: Finding) -> None:
        match = item.match
        self.total += 1
        self.matches[f"{match.channel} {match.verdict}"] += 1
        self.coverage[match.item] = max(self.coverage.get(match.item, 0.0), match.coverage)
        rank = match.coverage + _RANKS[match.verdict]
        if len(self._heap) == self.worst and (not self.worst or rank <= self._heap[0][0]):
            return
        entry = Entry(
            leak=Leak(file=source.name, row=item.row, match=match),
            document=item.excerpt,
            document_offset=item.offset,
            item_text=self.items[match.item].part(match.part),
            document_length=item.length,
        )
        push = heapq.heappush if len(self._heap) < self.worst else heapq.heapreplace
        push(self._heap, (rank, -next(self._order), entry))
