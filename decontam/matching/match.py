"""From texts to matches: run the kernels over a column, score, and judge; evidence is made where it is asked for.

Python touches only texts in which something was found. Safe to call from several threads: the kernels release the GIL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from decontam.kernels import code as codekernel
from decontam.kernels import score as scorekernel
from decontam.kernels import text as textkernel
from decontam.kernels.batches import Column, Longs
from decontam.kernels.score import FIELDS, FIRST, GRAMS, LAST, PART, RUN_FIRST, RUN_LAST, UNIQUE, VALUE
from decontam.kernels.tokens import N, tokenize
from decontam.matching.apart import Said, beside_variants, set_apart
from decontam.matching.found import CHANNEL_NAMES, FOUND, VERDICTS, ChannelLook, ColumnMatches, gather
from decontam.matching.grams import PART_NAMES
from decontam.matching.index import HoldoutIndex
from decontam.matching.judging import Known, aligned_in, is_sibling, judge_code, judge_tests, judge_text, told_by_literals
from decontam.matching.places import Given
from decontam.matching.views import views
from decontam.records import Channel, Match

NEARBY_WORDS = 64
CHANNELS: tuple[Channel, ...] = ("text", "code")
Judged = TypeVar("Judged")
_SHORT_RULE = f"a whole item of under {N} words, with its answer nearby"


def match_column(column: Column, index: HoldoutIndex, channels: Sequence[Channel] = CHANNELS) -> list[tuple[int, Match]]:
    """Matches of a column's values and of their views, as (number of the value, match), ascending by value.

    What both a value and a view of it show is told once, as the one of more coverage shows it.
    """
    return match_readings(readings(column), index, channels)


def readings(column: Column) -> list[tuple[Column, Given]]:
    """A column and its views, each with the column as it was given: found once for several indexes."""
    return [(column, Given(column)), *((view.column, Given(column, view)) for view in views(column))]


def match_readings(
    read: Sequence[tuple[Column, Given]], index: HoldoutIndex, channels: Sequence[Channel] = CHANNELS
) -> list[tuple[int, Match]]:
    """See ``match_column``."""
    found = find_in(read, index, channels)
    return [(value, found.match(number)) for number, value in enumerate(found.table["value"].tolist())]


def find_matches(column: Column, index: HoldoutIndex, channels: Sequence[Channel] = CHANNELS) -> ColumnMatches:
    """The same matches, with what decides a verdict and without their places and texts."""
    return find_in(readings(column), index, channels)


def find_in(read: Sequence[tuple[Column, Given]], index: HoldoutIndex, channels: Sequence[Channel]) -> ColumnMatches:
    """See ``find_matches``."""
    looks: list[ChannelLook] = []
    tables: list[Any] = []
    rules: dict[str, int] = {}
    for column, given in read:
        for look, said in _looks(column, given, index, channels):
            tables.append(_table(look, said, len(looks), index, rules))
            looks.append(look)
    return beside_variants(gather(index, looks, tables, tuple(rules)))


def _looks(
    column: Column, given: Given, index: HoldoutIndex, channels: Sequence[Channel]
) -> Iterator[tuple[ChannelLook, tuple[Longs, Any, list[Said]]]]:
    """What each channel finds: the rows that match, their shares and verdicts, all of the same length."""
    if "text" in channels:
        hits = scan(column, index, "text")
        if len(hits):
            yield _judged(column, given, index, "text", hits)
        if index.short and len(hits):
            yield _short(column, given, index, hits)
    if "code" in channels and len(index.code.idf):
        hits = scan(column, index, "code")
        if len(hits):
            yield _judged(column, given, index, "code", hits)


def _table(
    look: ChannelLook, said: tuple[Longs, Any, list[Said]], number: int, index: HoldoutIndex, rules: dict[str, int]
) -> Any:
    """The matches of a look as rows of ``FOUND``."""
    which, shares, verdicts = said
    rows = look.rows[which]
    table = np.zeros(len(rows), FOUND)
    if not len(rows):
        return table
    table["value"] = look.given.numbers(rows[:, VALUE])
    table["first"], table["end"] = look.places(rows)
    table["look"], table["row"] = number, which
    table["channel"] = CHANNEL_NAMES.index(look.channel)
    table["grams"], table["unique"] = rows[:, GRAMS], rows[:, UNIQUE]
    runs = rows[:, RUN_LAST] - rows[:, RUN_FIRST] + 1
    if look.grams is None:
        table["item"], table["part"] = rows[:, PART], PART_NAMES.index("prompt")
        table["longest_run"] = index.text.verify[3][look.hits[rows[:, RUN_FIRST], 1]]
    else:
        parts = look.grams.numbers[rows[:, PART]]
        table["item"], table["part"] = parts[:, 0], parts[:, 1]
        table["longest_run"] = runs + parts[:, 2] - 1
    distinct, inverse = np.unique(np.minimum(shares, 1.0), return_inverse=True)
    table["coverage"] = np.array([round(share, 4) for share in distinct.tolist()])[inverse]
    known: dict[Said, tuple[int, int]] = {}
    for verdict in dict.fromkeys(verdicts):
        assert verdict is not None
        known[verdict] = VERDICTS.index(verdict[0]), rules.setdefault(verdict[1], len(rules))
    table["verdict"], table["rule"] = np.array([known[verdict] for verdict in verdicts]).T
    return table


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


def _judged(
    column: Column, given: Given, index: HoldoutIndex, channel: Channel, hits: Longs
) -> tuple[ChannelLook, tuple[Longs, Any, list[Said]]]:
    """Matches of one channel."""
    rule = index.rule
    grams = index.text if channel == "text" else index.code
    needed = (rule.coverage, rule.answer_coverage) if channel == "text" else (rule.aligned_coverage, rule.tests_coverage)
    least, coverage = 2 if channel == "text" else 1, min(needed)
    tables = (grams.posting_starts, grams.posting_parts, grams.idf, grams.unique, grams.weight, grams.tokens)
    rows, shares, order = scorekernel.score(hits, *tables, least, coverage)
    look = ChannelLook(column=column, given=given, channel=channel, grams=grams, hits=hits, order=order, rows=rows)
    judge = _judge_words if channel == "text" else _judge_codes
    said = judge(look, index, shares)
    set_apart(look, index, said, judge)
    which = np.array([number for number, verdict in enumerate(said) if verdict is not None], np.int64)
    return look, (which, shares[which], [verdict for verdict in said if verdict is not None])


def _each(keys: Sequence[Any], judge: Callable[..., Judged]) -> list[Judged]:
    """What ``judge`` says of each tuple of values; the same tuples are judged once."""
    known: dict[Any, Judged] = {}
    said: list[Judged] = []
    for key in zip(*(key.tolist() for key in keys), strict=True):
        if key not in known:
            known[key] = judge(*key)
        said.append(known[key])
    return said


def _judge_words(look: ChannelLook, index: HoldoutIndex, shares: Any) -> list[Said]:
    """What the rule says of each row of the text channel."""
    assert look.grams is not None
    rows, parts, rule = look.rows, look.grams.parts, index.rule
    names = look.grams.numbers[rows[:, PART], 1]
    keys = (names, shares, rows[:, GRAMS], rows[:, UNIQUE])
    said = _each(keys, lambda name, *counts: judge_text(rule, PART_NAMES[name], *counts))
    if index.own_literals:
        for number, verdict in enumerate(said):
            part = parts[rows[number, PART]]
            if verdict and part.name == "answer" and is_sibling(look.column, index, part, _window(look, rows[number])):
                said[number] = None
    return said


def _judge_codes(look: ChannelLook, index: HoldoutIndex, shares: Any) -> list[Said]:
    """What the rule says of each row of the code channel: of tests by their literals, else by all evidence."""
    assert look.grams is not None
    rows, rule = look.rows, index.rule
    tests = look.grams.numbers[rows[:, PART], 1] == PART_NAMES.index("tests")
    said: list[Said] = [None] * len(rows)
    of_tests = np.flatnonzero(tests)
    judged = _each((shares[of_tests], rows[of_tests, UNIQUE]), lambda *counts: judge_tests(rule, *counts))
    for number, verdict in zip(of_tests.tolist(), judged, strict=True):
        said[number] = verdict
    others = np.flatnonzero(~tests & (rows[:, UNIQUE] > 0) & (shares >= rule.aligned_coverage))
    told = np.array(told_by_literals(look.column, index, look.hits, look.order, rows[others]), object)
    keys = (told, index.shapes.sizes[rows[others, PART]], shares[others], rows[others, GRAMS], rows[others, UNIQUE])
    first = _each(keys, lambda says, tokens, *counts: _by_codes(index, Known(says, tokens), counts))
    for number, (verdict, _) in zip(others.tolist(), first, strict=True):
        said[number] = verdict
    # What is not decided yet is aligned, all at once.
    open_ = np.array([number for number, (_, asked) in enumerate(first) if asked is not None], np.int64)
    least = np.array([asked for _, asked in first if asked is not None])
    aligned = aligned_in(look.column, index, look.hits, look.order, rows[others[open_]], least)
    keys = (*(key[open_] for key in keys), aligned)
    second = _each(keys, lambda says, tokens, *rest: _by_codes(index, Known(says, tokens, rest[-1]), rest[:-1]))
    for number, (verdict, _) in zip(others[open_].tolist(), second, strict=True):
        said[number] = verdict
    return said


def _by_codes(index: HoldoutIndex, evidence: Known, counts: Sequence[Any]) -> tuple[Said, float | None]:
    """What the rule says, and the least share of tokens in order that it asked for and that is not known."""
    return judge_code(index.rule, evidence, *counts), evidence.asked


def _window(look: ChannelLook, row: Longs) -> Longs:
    """The hits of a row."""
    return look.hits[look.order[row[FIRST] : row[LAST] + 1]]


def _short(column: Column, given: Given, index: HoldoutIndex, hits: Longs) -> tuple[ChannelLook, tuple[Longs, Any, list[Said]]]:
    """Whole items of under 8 words with their answer within 64 words of them: for people to judge."""
    seen: set[tuple[int, int]] = set()
    rows: list[list[int]] = []
    places = np.flatnonzero(np.isin(hits[:, 1], list(index.short)))
    known = zip(places.tolist(), hits[places].tolist(), strict=True)
    for hit, value, start, end, number in ((at, v, s, e, n) for at, (v, g, _, s, e) in known for n in index.short[g]):
        if (value, number) in seen:
            continue
        data = column.data[column.offsets[value] : column.offsets[value + 1]]
        before, after = data[max(start - 16 * NEARBY_WORDS, 0) : start], data[end : end + 16 * NEARBY_WORDS]
        around = before.tobytes() + b" " + after.tobytes()
        if not _holds(around.decode("utf-8", "ignore"), index.items[number].answer):
            continue
        seen.add((value, number))
        row = [0] * FIELDS
        row[VALUE], row[PART], row[GRAMS], row[UNIQUE] = value, number, 1, 1
        row[FIRST] = row[LAST] = row[RUN_FIRST] = row[RUN_LAST] = hit
        rows.append(row)
    table, order = np.array(rows, np.int64).reshape(-1, FIELDS), np.arange(len(hits))
    look = ChannelLook(column=column, given=given, channel="exact", grams=None, hits=hits, order=order, rows=table)
    return look, (np.arange(len(rows)), np.ones(len(rows)), [("short", _SHORT_RULE)] * len(rows))


def _holds(text: str, answer: str) -> bool:
    words = [token.text for token in tokenize(text)]
    wanted = [token.text for token in tokenize(answer)]
    return bool(wanted) and any(words[n : n + len(wanted)] == wanted for n in range(len(words) - len(wanted) + 1))
