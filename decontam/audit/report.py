"""The HTML report of an audit: one file that shows every leak beside the holdout item that it copies.

Covers the verdict, the files, the matches (at most as many as the audit hands over; all are in ``matches.parquet``), what could
not be compared, and what this kind of audit cannot see. It quotes the holdout, and says so. Both sides are hostile text: the
layout is in ``templates/audit.html.j2``, where all is escaped, and its policy forbids every load.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment

from decontam.pages import page_environment
from decontam.records import AuditSummary, ItemReport, Leak, Match, Span
from evals.files import write_atomic

CONTEXT = 240  # characters shown each side of a match
LONG = 1500  # a matched stretch beyond this is shown by its ends
SHOWN_CHARACTERS = 5000  # of one side of one match
SHOWN_PAIRS = 200  # duplicates; reasons; a page of thousands would not open on a phone
SHOWN_ITEMS = 12  # names behind one reason
_TEMPLATES = Path(__file__).parent / "templates"
_CHANNELS = {"text": "words", "code": "code", "exact": "exact"}
_VERDICTS = {"strict": "strict", "flag": "flag", "short": "short: look", "shared": "shared"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One match with the texts to show.

    ``document``: the training text around the match; ``document_offset``: where it starts in the whole text, in characters (the
    match's spans count from the text's start); ``document_length``: of the whole text, None if it is not known.
    ``item_text``: the whole part of the holdout item.
    """

    leak: Leak
    document: str
    document_offset: int
    item_text: str
    document_length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of one side: ``plain``, ``mark`` (matched), ``run`` (the longest run), or ``gap`` (``text`` says how much)."""

    kind: Literal["plain", "mark", "run", "gap"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A match as the page shows it. ``file``: the number of the file among the page's filters."""

    match: Match
    place: str
    file: int
    document: tuple[Piece, ...]
    item: tuple[Piece, ...]

    @property
    def figures(self) -> tuple[str, ...]:
        """Coverage and counts in words; figures that a rule does not use are left out."""
        match = self.match
        unit = "code token" if match.channel == "code" else "word"
        return (
            f"{percent(match.coverage)} of the {match.part}",
            *([f"{counted(match.grams, 'gram')}, {match.unique:,} in no other item"] if match.grams else []),
            *([f"longest run {counted(match.longest_run, unit)}"] if match.longest_run else []),
            f"rule {match.rule}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The matches of one item. ``documents`` and ``coverage`` are over all matches, also those that are not shown."""

    item: str
    documents: int
    coverage: float
    leaks: bool
    shown: tuple[Shown, ...]


def write_report(
    path: Path, summary: AuditSummary, items: Sequence[ItemReport], entries: Sequence[Entry], *, total_entries: int
) -> None:
    """Write the page to ``path``. ``entries``: the matches to show; ``total_entries``: how many there are.

    Raises:
        OSError: the file cannot be written; the error names it.
    """
    files = tuple(dict.fromkeys([report.file for report in summary.files] + [entry.leak.file for entry in entries]))
    matches = [entry.leak.match for entry in entries]
    hit = {entry.leak.file for entry in entries}
    page = (
        _environment()
        .get_template("audit.html.j2")
        .render(
            summary=summary,
            headline=headline(summary),
            groups=groups(items, entries, files),
            shown=len(entries),
            total=total_entries,
            channels=_options((match.channel for match in matches), _CHANNELS),
            verdicts=_options((match.verdict for match in matches), _VERDICTS),
            parts=_options(match.part for match in matches),
            file_options=[(str(number), file) for number, file in enumerate(files) if file in hit],
            blind_items=_by_reason(report for report in items if not report.indexable),
            partly=_by_reason(report for report in items if report.indexable and report.reason),
            pairs=duplicates(items),
            settings=list(_flat(summary.config)),
            limit=SHOWN_PAIRS,
            names=SHOWN_ITEMS,
        )
    )
    write_atomic(path, page.encode("utf-8", errors="replace"))


@cache
def _environment() -> Environment:
    environment = page_environment(_TEMPLATES)
    environment.globals |= {"counted": counted, "channel_names": _CHANNELS, "verdict_names": _VERDICTS}
    environment.filters |= {"percent": percent, "number": lambda value: f"{value:,}", "sentence": sentence}
    return environment


def headline(summary: AuditSummary) -> str:
    """The verdict in one sentence."""
    leaking = f"{summary.leaking_rows:,} of {counted(summary.rows, 'row')} leak{'s' * (summary.leaking_rows == 1)} the holdout"
    if summary.verdict == "leaks":
        return leaking
    if summary.verdict == "clean":
        return f"No leak found in {counted(summary.rows, 'row')}"
    if summary.leaking_rows:
        return f"Inconclusive, and {leaking} already"
    if not summary.rows or not summary.items:
        return f"Inconclusive: there {'are no rows' if not summary.rows else 'is no holdout item'} to compare"
    return "Inconclusive: no leak found, but not everything was compared"


def groups(items: Sequence[ItemReport], entries: Sequence[Entry], files: Sequence[str]) -> tuple[Group, ...]:
    """The entries by item, worst first: leaks before texts to look at, then by coverage and by documents hit."""
    reports = {report.item: report for report in items}
    numbers = {file: number for number, file in enumerate(files)}
    entries_of: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        entries_of[entry.leak.match.item].append(entry)
    made = []
    for item, own in entries_of.items():
        own.sort(key=lambda e: (not e.leak.match.leak, -e.leak.match.coverage, e.leak.file, e.leak.row))
        places = {(entry.leak.file, entry.leak.row) for entry in own}
        report = reports.get(item)
        made.append(
            Group(
                item=item,
                documents=max(len(places), report.documents if report else 0),
                coverage=max([entry.leak.match.coverage for entry in own] + ([report.max_coverage] if report else [])),
                leaks=own[0].leak.match.leak,
                shown=tuple(_shown(entry, numbers) for entry in own),
            )
        )
    return tuple(sorted(made, key=lambda group: (not group.leaks, -group.coverage, -group.documents, group.item)))


def _shown(entry: Entry, numbers: Mapping[str, int]) -> Shown:
    match = entry.leak.match
    spans = match.document_spans or (match.document_span,)
    length = entry.document_offset + len(entry.document) if entry.document_length is None else entry.document_length
    return Shown(
        match=match,
        place=f"{entry.leak.file}:{entry.leak.row}",
        file=numbers[entry.leak.file],
        document=pieces(entry.document, spans, match.document_span, entry.document_offset, length),
        item=pieces(entry.item_text, match.item_spans or (match.item_span,), match.item_span),
    )


def pieces(text: str, spans: Iterable[Span], run: Span, offset: int = 0, length: int | None = None) -> tuple[Piece, ...]:
    """A text as stretches to show: what matched, some of what stands around it, and gaps for the rest.

    ``text`` starts at ``offset`` of a whole of ``length`` characters, and the spans count from the start of that whole; their
    parts outside ``text`` are not shown.
    """
    length = offset + len(text) if length is None else length
    marks = merged((max(start - offset, 0), min(end - offset, len(text))) for start, end in spans)
    around = [(start - CONTEXT, end + CONTEXT) for start, end in marks] or [(0, 2 * CONTEXT)]
    windows = [_to_words(text, window) for window in merged((max(a, 0), min(b, len(text))) for a, b in around)]
    parts: list[Piece] = []
    before, room = -offset, SHOWN_CHARACTERS
    for start, end in windows:
        if room <= 0:
            break
        parts += _gap(start - before)
        edges = {start, end, *(edge for span in [*marks, (run[0] - offset, run[1] - offset)] for edge in span)}
        places = sorted(edge for edge in edges if start <= edge <= end)
        for a, b in pairwise(places):
            matched = any(low <= a and b <= high for low, high in marks)
            longest = matched and run[0] - offset <= a and b <= run[1] - offset
            stretch = tuple(_stretch(text[a:b], "run" if longest else "mark" if matched else "plain"))
            parts += stretch
            room -= sum(len(piece.text) for piece in stretch)
        before = end
    return (*parts, *_gap(length - offset - before))


def _stretch(text: str, kind: Literal["plain", "mark", "run"]) -> Iterator[Piece]:
    if len(text) <= LONG:
        yield Piece(kind=kind, text=text)
        return
    head, tail = text[: LONG * 2 // 3], text[-LONG // 3 :]
    yield Piece(kind=kind, text=head)
    yield from _gap(len(text) - len(head) - len(tail))
    yield Piece(kind=kind, text=tail)


def _gap(count: int) -> list[Piece]:
    return [Piece(kind="gap", text=f"… {counted(count, 'character')} …")] if count > 0 else []


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that overlap or touch joined; empty ones are dropped."""
    union: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((start, end))
    return union


def _to_words(text: str, window: Span, reach: int = 30) -> Span:
    """A window that cuts no word if a space is near."""
    start, end = window
    if start > 0 and (blank := next((n for n in range(start, start + reach) if text[n : n + 1].isspace()), None)) is not None:
        start = blank + 1
    if (
        end < len(text)
        and (blank := next((n for n in range(end, end - reach, -1) if text[n : n + 1].isspace()), None)) is not None
    ):
        end = blank
    return (start, end) if start < end else window


def _by_reason(reports: Iterable[ItemReport]) -> list[tuple[str, list[str]]]:
    items_of: dict[str, list[str]] = defaultdict(list)
    for report in reports:
        items_of[report.reason or "no reason recorded"].append(report.item)
    return sorted(items_of.items(), key=lambda pair: (-len(pair[1]), pair[0]))


def duplicates(items: Sequence[ItemReport]) -> list[tuple[str, str, float]]:
    """Pairs of items with the same or nearly the same text, most alike first; a pair that both name is listed once."""
    pairs: dict[frozenset[str], tuple[str, str, float]] = {}
    for report in items:
        if report.duplicate_of:
            pair = (report.item, report.duplicate_of, report.similarity)
            pairs.setdefault(frozenset(pair[:2]), pair)
    return sorted(pairs.values(), key=lambda pair: (-pair[2], pair[:2]))


def _options(values: Iterable[str], words: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    return [(value, (words or {}).get(value, value)) for value in sorted(set(values))]


def _flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in sorted(config.items()):
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            listed = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            yield f"{prefix}{key}", listed or "(none)"


def percent(share: float) -> str:
    """0.254 is ``25.4%``; a share below 1 is never shown as 100%, and one above 0 never as 0%."""
    if 0 < share < 0.0005:
        return "<0.1%"
    return "100%" if share >= 1 else f"{min(100 * share, 99.9):.1f}%"


def counted(count: int, what: str) -> str:
    """``1 row``, ``1,200 rows``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def sentence(text: str) -> str:
    """A clause as a sentence: a capital first and a full stop last."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}" if text else ""
