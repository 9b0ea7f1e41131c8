"""From texts to matches: run the kernels over a column, score, and turn hits into evidence.

Python touches only texts in which something was found. Safe to call from several threads: the kernels release the GIL.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from decontam.kernels import code as codekernel
from decontam.kernels import score as scorekernel
from decontam.kernels import text as textkernel
from decontam.kernels.batches import Column, Longs, place
from decontam.kernels.score import FIRST, GRAMS, LAST, PART, RUN_FIRST, RUN_LAST, UNIQUE, VALUE
from decontam.kernels.tokens import N, tokenize
from decontam.matching.grams import Grams
from decontam.matching.index import HoldoutIndex
from decontam.matching.judging import CodeEvidence, is_sibling, judge_calls, judge_code, judge_tests, judge_text, position_in
from decontam.matching.views import View, views
from decontam.records import Channel, Match, MatchVerdict, Span

SNIPPET_CHARS = 200
NEARBY_WORDS = 64
BUSY = 2000
"""Parts found in one batch above which only the worst matches of each item are told with all their places, the rest with one,
and code is not looked at where the words show that its item leaks: time stays in proportion when everything leaks."""
SHOWN_OF_ITEM = 2
CHANNELS: tuple[Channel, ...] = ("text", "code")


def match_column(column: Column, index: HoldoutIndex, channels: Sequence[Channel] = CHANNELS) -> list[tuple[int, Match]]:
    """Matches of a column's values and of their views, as (number of the value, match), ascending by value.

    What both a value and a view of it show is told once, as the one of more coverage shows it.
    """
    return match_readings(readings(column), index, channels)


def readings(column: Column) -> list[tuple[Column, Given]]:
    """A column and its views, each with the column as it was given: found once for several indexes."""
    return [(column, Given(column)), *((view.column, Given(column, view)) for view in views(column))]


def match_readings(
    found: Sequence[tuple[Column, Given]], index: HoldoutIndex, channels: Sequence[Channel] = CHANNELS
) -> list[tuple[int, Match]]:
    """See ``match_column``."""
    matches = [match for column, given in found for match in _seen(column, given, index, channels)]
    best: dict[tuple[int, str, str, str], tuple[int, Match]] = {}
    for value, match in matches:
        key = (value, match.item, match.part, match.channel)
        if key not in best or match.coverage > best[key][1].coverage:
            best[key] = (value, match)
    return sorted(best.values(), key=lambda pair: (pair[0], -pair[1].coverage, pair[1].item, pair[1].part, pair[1].channel))


def _seen(column: Column, given: Given, index: HoldoutIndex, channels: Sequence[Channel]) -> Iterator[tuple[int, Match]]:
    known: set[tuple[int, int]] = set()
    if "text" in channels:
        hits = scan(column, index, "text")
        yield from _matches(column, given, index, "text", hits, known)
        if index.short and len(hits):
            yield from _short(column, given, index, hits)
    if "code" in channels and len(index.code.idf):
        yield from _matches(column, given, index, "code", scan(column, index, "code"), known)


def scan(column: Column, index: HoldoutIndex, channel: Channel) -> Longs:
    """Verified hits: rows (value, gram, ordinal of its first token, first byte, end byte)."""
    grams = index.text if channel == "text" else index.code
    tables = (grams.bitmap, grams.bitmap_shift, grams.keys, grams.table, grams.shift)
    kernel: Callable[..., Longs] = textkernel.scan_text if channel == "text" else codekernel.scan_code
    return kernel(column.data, column.offsets, *tables, *grams.verify)


def match_text(text: str, index: HoldoutIndex, channels: Sequence[Channel] = CHANNELS) -> list[Match]:
    """Every part of an item that the text leaks, worst first."""
    return [match for _, match in match_column(as_column([text]), index, channels)]


def as_column(texts: Iterable[str], name: str = "text") -> Column:
    """Python strings as a column; lone surrogates become question marks."""
    encoded = [text.encode("utf-8", "replace") for text in texts]
    return Column(
        name=name,
        data=np.frombuffer(b"".join(encoded) or b"\0", np.uint8),
        offsets=np.cumsum([0, *map(len, encoded)]).astype(np.int64),
        rows=np.arange(len(encoded), dtype=np.int64),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A part of an item that a value leaks: what the kernel counted (``row``), the share, and what the rule says."""

    row: Any
    share: float
    verdict: MatchVerdict
    rule: str


def _matches(
    column: Column, given: Given, index: HoldoutIndex, channel: Channel, hits: Longs, known: set[tuple[int, int]]
) -> Iterator[tuple[int, Match]]:
    """Matches of one channel. ``known``: (value, item) that another channel has shown to leak; this one adds its own."""
    if not len(hits):
        return
    rule = index.rule
    grams = index.text if channel == "text" else index.code
    needed = (rule.coverage, rule.answer_coverage) if channel == "text" else (rule.aligned_coverage, rule.tests_coverage)
    least, coverage = 2 if channel == "text" else 1, min(needed)
    tables = (grams.posting_starts, grams.posting_parts, grams.idf, grams.unique, grams.weight, grams.tokens)
    rows, coverages, order = scorekernel.score(hits, *tables, least, coverage)
    busy = len(rows) > BUSY
    judged: list[_Judged] = []
    for row, share in zip(rows.tolist(), coverages.tolist(), strict=True):
        part = grams.parts[row[PART]]
        if channel == "text":
            said = judge_text(rule, part.name, share, row[GRAMS], row[UNIQUE])
            if said and part.name == "answer" and is_sibling(column, index, part, hits[order[row[FIRST] : row[LAST] + 1]]):
                said = None
        elif part.name == "tests":
            calls = part.length == 1
            said = judge_calls(rule, share, row[GRAMS]) if calls else judge_tests(rule, share, row[GRAMS], row[UNIQUE])
        elif (not row[UNIQUE] and row[GRAMS] < rule.shared_windows) or (busy and (row[VALUE], part.number) in known):
            continue
        else:
            evidence = CodeEvidence(column, index, row[PART], hits[order[row[FIRST] : row[LAST] + 1]])
            said = judge_code(rule, evidence, share, row[GRAMS], row[UNIQUE])
        if said is not None:
            judged.append(_Judged(row=row, share=share, verdict=said[0], rule=said[1]))
            known.add((row[VALUE], part.number))
    shown = _worst(judged, grams) if busy else range(len(judged))
    for number, found in enumerate(judged):
        window = hits[order[found.row[FIRST] : found.row[LAST] + 1]] if number in shown else None
        yield _match(found, given, index, grams, channel, hits[order[found.row[RUN_FIRST] : found.row[RUN_LAST] + 1]], window)


def _worst(judged: Sequence[_Judged], grams: Grams) -> set[int]:
    """The worst few matches of each item, by number: these are told with their places."""
    by_item: dict[int, list[int]] = {}
    for number, found in enumerate(judged):
        by_item.setdefault(grams.parts[found.row[PART]].number, []).append(number)
    worst = (heapq.nsmallest(SHOWN_OF_ITEM, numbers, key=lambda n: (-judged[n].share, n)) for numbers in by_item.values())
    return {number for numbers in worst for number in numbers}


def _match(
    found: _Judged, given: Given, index: HoldoutIndex, grams: Grams, channel: Channel, run: Longs, window: Longs | None
) -> tuple[int, Match]:
    """The number of the value as given, and the match; without ``window`` it has the place in the text only."""
    row, share = found.row, found.share
    part = grams.parts[row[PART]]
    text = given.value(row[VALUE])
    run_bytes = (int(run[0, 3]), int(run[-1, 4]))
    shown = window is not None
    return text.number, Match.model_construct(
        item=index.items[part.number].key,
        part=part.name,
        channel=channel,
        verdict=found.verdict,
        rule=found.rule,
        coverage=round(min(share, 1.0), 4),
        grams=row[GRAMS],
        unique=row[UNIQUE],
        longest_run=len(run) + part.length - 1,
        document_span=text.chars([run_bytes])[0],
        item_span=_run_span(grams, row[PART], run) if shown else (0, 0),
        document_spans=tuple(text.chars(_merge(map(tuple, window[:, 3:5].tolist())))) if window is not None else (),
        item_spans=tuple(_item_spans(grams, row[PART], window)) if window is not None else (),
        column=given.name(text.number),
        snippet=text.text(*run_bytes)[:SNIPPET_CHARS] if shown else "",
    )


def column_name(column: Column, value: int) -> str:
    """The place of a value within its row: ``prompt``, or ``messages[2].content``."""
    return column.name if column.ordinals is None else place(column.name, int(column.ordinals[value]))


def value_text(column: Column, value: int) -> str:
    """One value as text."""
    return bytes(column.data[column.offsets[value] : column.offsets[value + 1]]).decode("utf-8", "replace")


class Given:
    """The column as it was given, for what was found in it or, with ``view``, in a view of it."""

    def __init__(self, column: Column, view: View | None = None) -> None:
        self._column, self._view = column, view
        self._last: tuple[int, _Value] | None = None

    def value(self, number: int) -> _Value:
        """The value, or the one that a stretch of the view is of."""
        if self._last is None or self._last[0] != number:
            value = number if self._view is None else int(self._view.values[number])
            self._last = (number, _Value(self._column, value, self._view, number))
        return self._last[1]

    def name(self, value: int) -> str:
        """The place of a value within its row."""
        return column_name(self._column, value)


class _Value:
    """One value's bytes, with the characters that they are: counted by blocks, since a value may be very long.

    Spans are bytes of the value, or of the stretch of the view of it.
    """

    _BLOCK = 1 << 14

    def __init__(self, column: Column, value: int, view: View | None, stretch: int) -> None:
        self.number = value
        self._view, self._stretch = view, stretch
        self._data = column.data[column.offsets[value] : column.offsets[value + 1]]
        self._ascii = not len(self._data) or int(self._data.max()) < 0x80
        blocks = range(0, 0 if self._ascii else len(self._data), self._BLOCK)
        self._before = np.cumsum([0, *(self._characters(start, start + self._BLOCK) for start in blocks)])

    def _characters(self, start: int, end: int) -> int:
        return int(np.count_nonzero((self._data[start:end] & 0xC0) != 0x80))

    def chars(self, spans: Iterable[Span]) -> list[Span]:
        """Byte spans as character spans of the value."""
        return [(self._char(start), self._char(end)) for start, end in map(self._given, spans)]

    def _given(self, span: Span) -> Span:
        return span if self._view is None else self._view.given(self._stretch, *span)

    def _char(self, byte: int) -> int:
        if self._ascii:
            return byte
        block = byte // self._BLOCK
        return int(self._before[block]) + self._characters(block * self._BLOCK, byte)

    def text(self, start: int, end: int) -> str:
        """The characters between two bytes."""
        first, last = self._given((start, end))
        return self._data[first:last].tobytes().decode("utf-8", "replace")


def _merge(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _item_spans(grams: Grams, part: int, hits: Longs) -> list[Span]:
    """The places of grams in the item's part, merged."""
    spans, length = grams.parts[part].spans, grams.parts[part].length
    places = [position_in(grams, gram, part) for gram in hits[:, 1].tolist()]
    return _merge((int(spans[place, 0]), int(spans[place + length - 1, 1])) for place in places)


def _run_span(grams: Grams, part: int, run: Longs) -> Span:
    """The place of a run of grams, one token apart, in the item's part."""
    spans = grams.parts[part].spans
    first = position_in(grams, int(run[0, 1]), part)
    last = min(first + len(run) + grams.parts[part].length - 2, len(spans) - 1)
    return int(spans[first, 0]), int(spans[last, 1])


def _short(column: Column, given: Given, index: HoldoutIndex, hits: Longs) -> Iterator[tuple[int, Match]]:
    """Whole items of under 8 words with their answer within 64 words of them: for people to judge."""
    seen: set[tuple[int, int]] = set()
    known = hits[np.isin(hits[:, 1], list(index.short))].tolist()
    for value, gram, start, end, number in ((v, g, s, e, n) for v, g, _, s, e in known for n in index.short[g]):
        if (value, number) in seen:
            continue
        item = index.items[number]
        data = column.data[column.offsets[value] : column.offsets[value + 1]]
        before, after = data[max(start - 16 * NEARBY_WORDS, 0) : start], data[end : end + 16 * NEARBY_WORDS]
        around = before.tobytes() + b" " + after.tobytes()
        if not _holds(around.decode("utf-8", "ignore"), item.answer):
            continue
        seen.add((value, number))
        text = given.value(value)
        span = text.chars([(start, end)])[0]
        yield (
            text.number,
            Match(
                item=item.key,
                part="prompt",
                channel="exact",
                verdict="short",
                rule=f"a whole item of under {N} words, with its answer nearby",
                coverage=1.0,
                grams=1,
                unique=1,
                longest_run=int(index.text.verify[3][gram]),
                document_span=span,
                item_span=(0, len(item.prompt)),
                document_spans=(span,),
                item_spans=((0, len(item.prompt)),),
                column=given.name(text.number),
                snippet=text.text(start, end)[:SNIPPET_CHARS],
            ),
        )


def _holds(text: str, answer: str) -> bool:
    words = [token.text for token in tokenize(text)]
    wanted = [token.text for token in tokenize(answer)]
    return bool(wanted) and any(words[n : n + len(wanted)] == wanted for n in range(len(words) - len(wanted) + 1))
