"""What an audit counts, in file order: matches, rows by verdict, items, and the worst matches with their texts.

Pure bookkeeping; the scanning is in ``decontam.matching.match`` and the threads in ``decontam.audit.run``. Everything is counted;
evidence is kept of the first matches, and then of the worst few of each item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from decontam.audit.judged import JudgedMatches
from decontam.audit.report import Entry
from decontam.audit.scanned import Finding, Matches, Scanned
from decontam.kernels.batches import Longs
from decontam.matching.families import distinct_pairs
from decontam.matching.found import CHANNEL_NAMES, FLAG, FOUND, SHARED, VERDICTS
from decontam.matching.grams import PART_NAMES
from decontam.matching.index import HoldoutIndex
from decontam.records import FileReport, Leak
from decontam.sources import Columns, Source

EVIDENCE = 10
"""Of how many matches of an item, the worst, evidence is kept in any case."""
EVIDENCE_FIRST = 2000
"""Of how many matches of an audit, the first, evidence is kept whatever they are."""
_SHOWN_BROKEN = 5


class Removed(Mapping[int, str]):
    """Rows of one file that leak, ascending, each with the reason; made into words only when it is read."""

    def __init__(self, index: HoldoutIndex) -> None:
        self._index = index
        self._rows: list[Longs] = []
        self._matches = [np.empty(0, FOUND)]

    def add(self, matches: Matches, which: Longs) -> None:
        """Add the rows of some matches, all behind those that are there."""
        if len(which):
            self._rows.append(matches.rows[which])
            self._matches.append(matches.table[which])

    def __len__(self) -> int:
        return sum(map(len, self._rows))

    def __iter__(self) -> Iterator[int]:
        for rows in self._rows:
            yield from rows.tolist()

    def __getitem__(self, row: int) -> str:
        return dict(self.items())[row]

    def items(self) -> ItemsView[int, str]:
        """The rows with their reasons."""
        table = np.concatenate(self._matches)
        columns = (table["item"].tolist(), table["part"].tolist(), table["channel"].tolist(), table["coverage"].tolist())
        keys = [item.key for item in self._index.items]
        reasons = (
            f"{keys[item]} ({PART_NAMES[part]}, {CHANNEL_NAMES[channel]}, {coverage:.2f})"
            for item, part, channel, coverage in zip(*columns, strict=True)
        )
        return dict(zip(self, reasons, strict=True)).items()


@dataclass(slots=True)
class FileCounts:
    """The rows of one file so far."""

    source: Source
    columns: Columns
    removed: Removed
    counts: Counter[str] = field(default_factory=Counter)
    first_broken: list[str] = field(default_factory=list)
    lost: bool = False

    def add(self, scanned: Scanned) -> None:
        """Count one batch."""
        matches = scanned.matches
        if len(matches):
            verdicts = matches.table["verdict"][matches.best]
            leaks = verdicts >= FLAG
            self.counts["leaking"] += int(np.count_nonzero(leaks))
            for name in ("short", "shared"):
                self.counts[name] += int(np.count_nonzero(verdicts == VERDICTS.index(name)))
            self.removed.add(matches, matches.best[leaks])
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
class WorstOfItems:
    """Which matches have their evidence kept: see ``EVIDENCE``.

    ``most``: of an item; ``first``: of all, still to come; ``ranks``: of the worst of each item so far.
    """

    items: int
    most: int
    first: int
    ranks: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.ranks = np.zeros((self.items, self.most))  # ascending; every rank is above 0

    def choose(self, matches: Matches) -> list[int]:
        """The matches of a batch that are among the first of all, or the worst of their items so far; ascending."""
        if not len(matches):
            return []
        chosen = np.zeros(len(matches), np.bool_)
        chosen[: self.first] = True
        self.first = max(self.first - len(matches), 0)
        if self.most:
            chosen[self._worst(matches)] = True
        return np.flatnonzero(chosen).tolist()

    def _worst(self, matches: Matches) -> Longs:
        """The worst of each item that are worse than what was kept of it; a tie goes to the one read first."""
        item: Longs = matches.table["item"]
        order: Longs = np.lexsort((-matches.ranks, item))
        begins = np.flatnonzero(np.diff(item[order], prepend=-1))
        within = np.arange(len(order)) - np.repeat(begins, np.diff(begins, append=len(order)))
        order, within = order[within < self.most], within[within < self.most]
        # The k-th worst of a batch enters if it is worse than the k-th from below of those that are kept.
        enters = matches.ranks[order] > self.ranks[item[order], within]
        order = order[enters]
        self.ranks[item[order], within[enters]] = matches.ranks[order]
        touched = np.unique(item[order])
        self.ranks[touched] = np.sort(self.ranks[touched], axis=1)
        return order


@dataclass(slots=True)
class AuditTally:
    """Everything counted over all files.

    ``worst``: how many matches the report has; ``evidence``: see ``EVIDENCE``; ``spared``: false alarms by ``judged``.
    """

    index: HoldoutIndex
    worst: int
    evidence: int = EVIDENCE
    judged: JudgedMatches | None = None
    spared: int = 0
    files: list[FileReport] = field(default_factory=list)
    matches: Counter[str] = field(default_factory=Counter)
    total: int = 0
    documents: Longs = field(init=False)  # by item: rows that hit it
    coverage: NDArray[np.float64] = field(init=False)
    removed: dict[str, Removed] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)  # files with an unknown number of missing rows
    _shown: WorstOfItems = field(init=False)
    _entries: list[tuple[float, Entry]] = field(default_factory=list)

    def without_spared(self, source: Source, scanned: Scanned) -> Scanned:
        """A batch without the matches that people judged false alarms; these are counted."""
        if self.judged is None:
            return scanned
        matches = scanned.matches
        asked = np.flatnonzero(np.isin(matches.rows, list(self.judged.rows(source.name)))).tolist()
        spared = [
            number
            for number in asked
            if self.judged.spares(source.name, int(matches.rows[number]), matches.finding(number).match)
        ]
        self.spared += len(spared)
        return replace(scanned, matches=matches.part(np.delete(np.arange(len(matches)), spared))) if spared else scanned

    def __post_init__(self) -> None:
        items = len(self.index.items)
        self.documents, self.coverage = np.zeros(items, np.int64), np.zeros(items)
        self._shown = WorstOfItems(items, self.evidence, EVIDENCE_FIRST)

    def show(self, matches: Matches) -> dict[int, Finding]:
        """The evidence of those matches of the next batch whose evidence is kept."""
        return {number: matches.finding(number) for number in self._shown.choose(matches)}

    def add(self, source: Source, scanned: Scanned, shown: Mapping[int, Finding]) -> None:
        """Count the matches of one batch. ``shown``: their evidence, as far as it is kept."""
        matches = scanned.matches
        if not len(matches):
            return
        table = matches.table
        self.total += len(matches)
        kinds = np.bincount(table["channel"].astype(np.int64) * len(VERDICTS) + table["verdict"])
        for kind in np.flatnonzero(kinds).tolist():
            channel, verdict = divmod(kind, len(VERDICTS))
            self.matches[f"{CHANNEL_NAMES[channel]} {VERDICTS[verdict]}"] += int(kinds[kind])
        np.maximum.at(self.coverage, table["item"], table["coverage"])
        own = table["verdict"] != SHARED
        pairs = distinct_pairs(matches.rows[own], table["item"][own].astype(np.int64))
        self.documents += np.bincount(pairs[:, 1], minlength=len(self.documents))
        self._keep(source, matches, shown)

    def end_file(self, counts: FileCounts) -> None:
        """Take over a file's counts when it has been read, or as far as it was."""
        self.removed[counts.source.name] = counts.removed
        self.files.append(counts.report())
        if counts.lost:
            self.lost.append(counts.source.name)

    def entries(self) -> list[Entry]:
        """The worst matches with their texts, worst first."""
        return [entry for _, entry in self._entries]

    def _keep(self, source: Source, matches: Matches, shown: Mapping[int, Finding]) -> None:
        """Keep the worst of those with evidence; a tie goes to the one read first."""
        full = len(self._entries) >= self.worst
        least = self._entries[-1][0] if full and self._entries else -1.0
        for number, finding in shown.items():
            rank = float(matches.ranks[number])
            if rank <= least or not self.worst:
                continue
            entry = Entry(
                leak=Leak(file=source.name, row=finding.row, match=finding.match),
                document=finding.excerpt,
                document_offset=finding.offset,
                item_text=self.index.items[matches.table["item"][number]].part(finding.match.part),
                document_length=finding.length,
            )
            self._entries.append((rank, entry))
        self._entries.sort(key=lambda kept: -kept[0])
        del self._entries[self.worst :]
