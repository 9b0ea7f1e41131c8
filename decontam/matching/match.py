"""From texts to matches: run the kernels over a column, score, and turn hits into evidence.

Python touches only texts in which something was found. Safe to call from several threads: the kernels release the GIL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from decontam.kernels import code as codekernel
from decontam.kernels import score as scorekernel
from decontam.kernels import text as textkernel
from decontam.kernels.batches import Column, Longs, place
from decontam.kernels.score import FIRST, GRAMS, LAST, PART, RUN_FIRST, RUN_LAST, UNIQUE, VALUE
from decontam.kernels.tokens import N, tokenize
from decontam.matching.grams import Grams
from decontam.matching.index import HoldoutIndex
from decontam.matching.judging import CodeEvidence, judge_code, judge_text, position_in
from decontam.records import Channel, Match, Span

SNIPPET_CHARS = 200
NEARBY_WORDS = 64
CHANNELS: tuple[Channel, ...] = ("text", "code")


def match_column(column: Column, index: HoldoutIndex, channels: Sequence[Channel] = CHANNELS) -> list[tuple[int, Match]]:
    """Matches of a column's values, as (number of the value, match), ascending by value."""
    matches: list[tuple[int, Match]] = []
    if "text" in channels:
        hits = scan(column, index, "text")
        matches += _matches(column, index, "text", hits)
        if index.short and len(hits):
            matches += _short(column, index, hits)
    if "code" in channels and len(index.code.idf):
        matches += _matches(column, index, "code", scan(column, index, "code"))
    return sorted(matches, key=lambda pair: (pair[0], -pair[1].coverage, pair[1].item, pair[1].part, pair[1].channel))


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


def _matches(column: Column, index: HoldoutIndex, channel: Channel, hits: Longs) -> Iterator[tuple[int, Match]]:
    if not len(hits):
        return
    rule = index.rule
    grams = index.text if channel == "text" else index.code
    least, coverage = (
        (2, min(rule.coverage, rule.answer_coverage)) if channel == "text" else (rule.code_windows, rule.aligned_coverage)
    )
    tables = (grams.posting_starts, grams.posting_parts, grams.idf, grams.unique, grams.weight, grams.tokens)
    rows, coverages, order = scorekernel.score(hits, *tables, least, coverage)
    text: _Value | None = None
    for row, share in zip(rows, coverages, strict=True):
        value = int(row[VALUE])
        window = hits[order[row[FIRST] : row[LAST] + 1]]
        part = grams.parts[row[PART]]
        counts = (float(share), int(row[GRAMS]), int(row[UNIQUE]))
        judged = (
            judge_text(rule, part.name, *counts)
            if channel == "text"
            else judge_code(rule, CodeEvidence(column, index, int(row[PART]), window), *counts)
        )
        if judged is None:
            continue
        verdict, said = judged
        if text is None or text.number != value:
            text = _Value(column, value)
        run = hits[order[row[RUN_FIRST] : row[RUN_LAST] + 1]]
        run_bytes = (int(run[0, 3]), int(run[-1, 4]))
        yield (
            value,
            Match(
                item=index.items[part.number].key,
                part=part.name,
                channel=channel,
                verdict=verdict,
                rule=said,
                coverage=round(min(float(share), 1.0), 4),
                grams=int(row[GRAMS]),
                unique=int(row[UNIQUE]),
                longest_run=len(run) + grams.length - 1,
                document_span=text.chars([run_bytes])[0],
                item_span=_run_span(grams, int(row[PART]), run),
                document_spans=tuple(text.chars(_merge((int(hit[3]), int(hit[4])) for hit in window))),
                item_spans=tuple(_item_spans(grams, int(row[PART]), window)),
                column=column_name(column, value),
                snippet=text.text(*run_bytes)[:SNIPPET_CHARS],
            ),
        )


def column_name(column: Column, value: int) -> str:
    """The place of a value within its row: ``prompt``, or ``messages[2].content``."""
    return column.name if column.ordinals is None else place(column.name, int(column.ordinals[value]))


def value_text(column: Column, value: int) -> str:
    """One value as text."""
    return bytes(column.data[column.offsets[value] : column.offsets[value + 1]]).decode("utf-8", "replace")


class _Value:
    """One value's bytes, with the characters that they are: counted by blocks, since a value may be very long."""

    _BLOCK = 1 << 14

    def __init__(self, column: Column, value: int) -> None:
        self.number = value
        self._data = column.data[column.offsets[value] : column.offsets[value + 1]]
        self._ascii = not len(self._data) or int(self._data.max()) < 0x80
        blocks = range(0, 0 if self._ascii else len(self._data), self._BLOCK)
        self._before = np.cumsum([0, *(self._characters(start, start + self._BLOCK) for start in blocks)])

    def _characters(self, start: int, end: int) -> int:
        return int(np.count_nonzero((self._data[start:end] & 0xC0) != 0x80))

    def chars(self, spans: Iterable[Span]) -> list[Span]:
        """Byte spans as character spans."""
        return [(self._char(start), self._char(end)) for start, end in spans]

    def _char(self, byte: int) -> int:
        if self._ascii:
            return byte
        block = byte // self._BLOCK
        return int(self._before[block]) + self._characters(block * self._BLOCK, byte)

    def text(self, start: int, end: int) -> str:
        """The characters between two bytes."""
        return self._data[start:end].tobytes().decode("utf-8", "replace")


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
    spans = grams.parts[part].spans
    places = [position_in(grams, gram, part) for gram in hits[:, 1].tolist()]
    return _merge((int(spans[place, 0]), int(spans[place + grams.length - 1, 1])) for place in places)


def _run_span(grams: Grams, part: int, run: Longs) -> Span:
    """The place of a run of grams, one token apart, in the item's part."""
    spans = grams.parts[part].spans
    first = position_in(grams, int(run[0, 1]), part)
    last = min(first + len(run) + grams.length - 2, len(spans) - 1)
    return int(spans[first, 0]), int(spans[last, 1])


def _short(column: Column, index: HoldoutIndex, hits: Longs) -> Iterator[tuple[int, Match]]:
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
        text = _Value(column, value)
        span = text.chars([(start, end)])[0]
        yield (
            value,
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
                column=column_name(column, value),
                snippet=text.text(start, end)[:SNIPPET_CHARS],
            ),
        )


def _holds(text: str, answer: str) -> bool:
    words = [token.text for token in tokenize(text)]
    wanted = [token.text for token in tokenize(answer)]
    return bool(wanted) and any(words[n : n + len(wanted)] == wanted for n in range(len(words) - len(wanted) + 1))
