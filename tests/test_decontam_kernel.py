"""The compiled text scan against plain Python on ``kernels.tokens``: same words, same hits, same spans, whatever the text."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from decontam.audit.run import in_order
from decontam.kernels import text as textkernel
from decontam.kernels.batches import Batch, Column, Longs
from decontam.kernels.folding import ALONE, DROPPED, SEPARATES, folding
from decontam.kernels.tokens import N, fold, informative, stands_alone, tokenize
from decontam.matching.grams import Grams, char_spans
from decontam.matching.index import HoldoutIndex, build_index
from decontam.matching.match import as_column, match_column, match_text, scan
from decontam.matching.views import views
from decontam.records import Item, Match
from decontam.rule import Rule

Words = tuple[str, ...]
Hit = tuple[int, Words, int, int, int]

FERRY = (
    "Given the tide table of a harbour, return the hours in which any ferry with that draught may enter; "
    "count slack water before and after each flood_tide."
)
CAFE = (
    "Où le café crème coûte-t-il 3½ €? Cherchez l'œuvre «Straße ﬁnal ΣΊΣΥΦΟΣ» près du marché naïf à Besançon "
    "où l’élève reçoit ①⑵ prix d'été déjà vus."
)
CHINESE = "请编写一个函数，返回给定港口的潮汐表中渡轮可以进港的小时数。"
MIXED = "한국어 문장 하나를 읽고 日本語のカタカナ und ｆｕｌｌ ｗｉｄｔｈ words ａｒｅ all 🙂 mixed İstanbul ภาษาไทย end."
CODE = (
    "def safe_hours(tides, draught):\n    floods = [tide for tide in tides if tide.depth > draught]\n"
    "    return sorted({hour for flood in floods for hour in range(flood.start - 1, flood.end + 2)})\n"
)
TESTS = 'assert note("now\\ntrue\\treally\\rnever") == ["now", "true", "really", "never", "turn", "rest"] and next(r) is None\n'
ITEMS = (
    Item(key="ferry", prompt=FERRY, answer=CODE),
    Item(key="cafe", prompt=CAFE, tests=TESTS),
    Item(key="chinese", prompt=CHINESE, answer="答案是七"),
    Item(key="mixed", prompt=MIXED),
    Item(key="short", prompt="Reverse naïve strings.", answer="return text[::-1]"),
    Item(key="longer short", prompt="Reverse naïve strings, then sort them again.", answer="seven words"),
    Item(key="short chinese", prompt="反转字符串", answer="倒过来"),
)


@cache
def the_index() -> HoldoutIndex:
    """On first use, not when tests are collected: compiling takes time."""
    return build_index(ITEMS)


TEXTS = [item.part(name) for item in ITEMS for name in ("prompt", "answer", "tests") if item.part(name)]


def reference_grams(items: Iterable[Item]) -> set[Words]:
    """What the items can be found by: informative 8-grams, and whole prompts of three to seven words."""
    grams: set[Words] = set()
    for item in items:
        for name in ("prompt", "answer", "tests"):
            words = tuple(token.text for token in tokenize(item.part(name)))
            if name == "prompt" and 3 <= len(words) < N and item.answer:
                grams.add(words)
            grams.update(words[n : n + N] for n in range(len(words) - N + 1) if informative(words[n : n + N]))
    return grams


GRAMS = reference_grams(ITEMS)
LENGTHS = sorted({len(gram) for gram in GRAMS})


def reference_hits(texts: Sequence[str]) -> list[Hit]:
    hits: list[Hit] = []
    for value, text in enumerate(texts):
        byte = np.cumsum([0, *(len(char.encode("utf-8", "replace")) for char in text)]).tolist()
        tokens = tokenize(text)
        words = tuple(token.text for token in tokens)
        for n in LENGTHS:
            for at in range(len(words) - n + 1):
                if words[at : at + n] in GRAMS:
                    hits.append((value, words[at : at + n], byte[tokens[at].start], byte[tokens[at + n - 1].end], at))
    return sorted(hits)


def words_of_gram(index: HoldoutIndex, gram: int) -> Words:
    """The words of the first place that the postings name."""
    posting = index.text.posting_starts[gram]
    part, at = index.text.parts[index.text.posting_parts[posting]], index.text.posting_positions[posting]
    words = [token.text for token in tokenize(part.text)]
    return tuple(words if gram in index.short else words[at : at + N])


@cache
def words_of_grams() -> list[Words]:
    return [words_of_gram(the_index(), gram) for gram in range(len(the_index().text.idf))]


def placed(texts: Sequence[str], before: str = "", after: str = "") -> Column:
    """The texts as values of a column somewhere within a buffer."""
    encoded = [text.encode("utf-8", "replace") for text in texts]
    data = before.encode() + b"".join(encoded) + after.encode()
    return Column(
        name="text",
        data=np.frombuffer(data or b"\0", np.uint8),
        offsets=np.cumsum([len(before.encode()), *map(len, encoded)]).astype(np.int64),
        rows=np.arange(len(texts), dtype=np.int64),
    )


def compiled_hits(column: Column, index: HoldoutIndex | None = None) -> list[Hit]:
    hits = scan(column, index or the_index(), "text").tolist()
    return sorted((value, words_of_grams()[gram], first, end, ordinal) for value, gram, ordinal, first, end in hits)


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


DISGUISES: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.casefold,
    partial(unicodedata.normalize, "NFC"),
    partial(unicodedata.normalize, "NFD"),
    partial(unicodedata.normalize, "NFKC"),
    partial(unicodedata.normalize, "NFKD"),
    full_width,
    "\u200b".join,
    "\u0301".join,
    lambda text: text.replace(" ", "\\n"),
    lambda text: text.replace(" ", "\n    "),
    lambda text: text.replace(" ", "_\0"),
    lambda text: text.replace(" ", " \u00ad"),
    lambda text: text.replace("a", "a\u0308\u200d").replace("n", "\ufe0fn"),
)
NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from("aAnNtTrR0_ \\\\\\\n\t\r\0'\"-"),
        st.sampled_from("\u0301\u0308\u200b\u200d\ufe0f\u00ad\u2060\ufeff\u0345\u1ab0\U000e0101"),
        st.sampled_from("éÅßſıİΣςŉǆﬁﬅ½⅓①⑽㍿㌀㋿ﷺ℡™Ａｚ１ﾊﾟｶﾞ"),
        st.sampled_from("中日本ーヶ々〆한국어하한ไทยກຂမက្ខ豈\U0002f800𠀀𝔘𝟘🙂👩🏽🇩🇪\ud800"),
        st.characters(),
    ),
    max_size=40,
)


@st.composite
def slices(draw: st.DrawFn) -> str:
    """Some words in a row of an item, in a disguise."""
    text = draw(st.sampled_from(TEXTS))
    starts = [match.start() for match in re.finditer(r"\S+", text)] if " " in text else list(range(len(text)))
    first = draw(st.integers(0, max(len(starts) - N, 0)))
    last = draw(st.integers(min(first + N, len(starts)), len(starts)))
    piece = text[starts[first] : starts[last] if last < len(starts) else len(text)]
    return draw(st.sampled_from(DISGUISES))(piece)


PADDING = st.builds(lambda char, n: char * n, st.sampled_from([" ", "x ", "é", "\\n", "中", "\0"]), st.integers(0, 70))
DOCUMENTS = st.lists(st.one_of(slices(), slices(), NASTY, PADDING), max_size=5).map("".join)
BUFFER_EDGES = st.builds(lambda char, n: char * n, st.sampled_from(["x", " ", "\\", "é"]), st.integers(0, 70))


@settings(max_examples=400, deadline=None)
@given(st.lists(DOCUMENTS, max_size=4), BUFFER_EDGES, BUFFER_EDGES)
@example(TEXTS, "", "")
@example([disguise(text) for disguise in DISGUISES for text in TEXTS], "\\", "n")
def test_the_compiled_scan_finds_what_plain_python_finds(texts: list[str], before: str, after: str) -> None:
    assert compiled_hits(placed(texts, before, after)) == reference_hits(texts)


@pytest.mark.parametrize("pad", ["x", " ", "\\", "é", "\u0301"])
def test_hits_do_not_depend_on_where_a_value_stands_in_the_buffer(pad: str) -> None:
    texts = [FERRY, full_width(CAFE), CHINESE]
    expected = reference_hits(texts)
    assert len(expected) > 40
    for n in range(130):
        assert compiled_hits(placed(texts, before=pad * n)) == expected
        assert compiled_hits(placed(texts, after=pad * n)) == expected


@pytest.mark.parametrize("char", [" ", "x", "é", "\\", "\\n", "中", "½", "\u200b"])
def test_hits_do_not_depend_on_where_the_blocks_of_64_bytes_end(char: str) -> None:
    for n in range(130):
        texts = [f"{char * n}\n{TESTS}{char * n}\n{MIXED}"]
        hits = compiled_hits(as_column(texts))
        assert len(hits) > 20
        assert hits == reference_hits(texts)


@pytest.mark.parametrize("following", ["x", "é", "\u0301", "\\", " "])
def test_a_last_word_ends_with_its_value(following: str) -> None:
    """Whatever the next value begins with, and however much of a block of 64 bytes is left."""
    for n in range(64):
        texts = [f"{'-' * n}{FERRY.rstrip('.')}", following + FERRY]
        assert compiled_hits(as_column(texts)) == reference_hits(texts)


def test_the_index_holds_every_gram_of_every_item() -> None:
    assert len(words_of_grams()) == len(set(words_of_grams()))
    assert set(words_of_grams()) == GRAMS


def test_hits_beyond_the_first_room_are_all_there() -> None:
    texts = [" ".join([FERRY] * 400), FERRY]
    hits = compiled_hits(as_column(texts))
    assert len(hits) > 8192
    assert hits == reference_hits(texts)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), NASTY, DOCUMENTS))
def test_split_words_gives_the_words_of_tokenize(text: str) -> None:
    tables = folding()
    data = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
    folded, offsets, _, spans = textkernel.split_words(data, tables.codes, tables.sequences, tables.starts)
    words = [bytes(folded[a:b]).decode() for a, b in pairwise(offsets)]
    firsts, ends = char_spans(text, spans).T.tolist()
    assert list(zip(words, firsts, ends, strict=True)) == [(token.text, token.start, token.end) for token in tokenize(text)]


def table_value(codes: Sequence[int], sequences: Sequence[int], starts: Sequence[int], point: int) -> tuple[str | None, bool]:
    """What the tables say of a code point: what it folds to, and whether it stands alone."""
    code = codes[point]
    if code in (SEPARATES, DROPPED):
        return (None if code == SEPARATES else ""), False
    values = [code] if code > 0 else sequences[starts[-2 - code] : starts[-1 - code]]
    return "".join(chr(value & (ALONE - 1)) for value in values), bool(values[0] & ALONE)


def test_the_folding_tables_are_fold_for_every_code_point() -> None:
    tables = folding()
    codes, sequences, starts = tables.codes.tolist(), tables.sequences.tolist(), tables.starts.tolist()
    assert len(codes) == sys.maxunicode + 1
    for point in range(sys.maxunicode + 1):
        folded = fold.__wrapped__(chr(point))  # uncached: a million entries would stay in memory
        expected = (folded, bool(folded) and stands_alone.__wrapped__(folded))
        if codes[point] != SEPARATES or folded is not None:
            assert table_value(codes, sequences, starts, point) == expected, hex(point)


def matches_in_parts(texts: Sequence[str], cuts: Iterable[int], threads: int) -> list[tuple[int, Match]]:
    """Matches with the texts cut into one column a batch, by several threads."""
    borders = [0, *sorted(cuts), len(texts)]

    def parse(low: int, high: int) -> Batch:
        return Batch(rows=np.arange(low, high), columns=(as_column(texts[low:high]),))

    def work(parse: Callable[[], Batch]) -> list[tuple[int, Match]]:
        batch = parse()
        return [(int(batch.rows[value]), match) for value, match in match_column(batch.columns[0], the_index())]

    parses = (partial(parse, low, high) for low, high in pairwise(borders))
    return [found for batch in in_order(parses, work, threads) for found in batch]


@settings(max_examples=40, deadline=None)
@given(st.data(), st.lists(DOCUMENTS, min_size=1, max_size=6), st.integers(1, 3))
@example(None, [FERRY, CODE, "", f"{CAFE}\n{CODE}", "Reverse naïve strings. return text[::-1]"], 3)
def test_threads_and_cuts_give_the_same_matches(data: st.DataObject | None, texts: list[str], threads: int) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(texts)), max_size=4)) if data else [1, 2, 4]
    assert matches_in_parts(texts, cuts, threads) == match_column(as_column(texts), the_index())


@pytest.fixture(scope="module")
def noise() -> str:
    """10 MB of words on one line."""
    random = np.random.default_rng(7)
    vocabulary = ["".join(random.choice(list("etaoinshrdlu"), size)) for size in random.integers(1, 12, 3000)]
    return " ".join(random.choice(vocabulary, 1_600_000))[:10_000_000]


@pytest.mark.parametrize("item", [FERRY, unicodedata.normalize("NFD", CAFE), CHINESE], ids=["ascii", "composed", "chinese"])
def test_an_item_within_a_line_of_20_megabytes_is_found_where_it_stands(noise: str, item: str) -> None:
    first = f"é {noise} "
    (match,) = match_text(f"{first}{item} {noise}", the_index(), ["text"])
    tokens = tokenize(item)
    assert match.document_span == (len(first) + tokens[0].start, len(first) + tokens[-1].end)
    assert (match.coverage, match.document_spans) == (1.0, (match.document_span,))


@pytest.mark.parametrize("char", ["a", "é", "e\u0301", "\u0301", "ﷺ", "½", "中", "\U0002f800", "\u200b", "\\", "\\n", "\0", "🙂"])
def test_words_of_a_megabyte_do_no_harm(char: str) -> None:
    filler = char * (1_000_000 // len(char.encode()))
    (match,) = match_text(f"{filler} {FERRY} {filler}", the_index(), ["text"])
    tokens = tokenize(FERRY)
    assert match.document_span == (len(filler) + 1 + tokens[0].start, len(filler) + 1 + tokens[-1].end)


def words(text: str) -> list[str]:
    return [token.text for token in tokenize(text)]


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS)
@example(f"Before. {FERRY} After. {full_width(CAFE)}")
def test_the_longest_run_is_the_same_words_in_both_texts(document: str) -> None:
    layered = any(True for _ in views(as_column([document])))  # a view's words are not those of the text as given
    for match in match_text(document, the_index(), ["text"]):
        part = next(item for item in ITEMS if item.key == match.item).part(match.part)
        run = words(part[slice(*match.item_span)])
        assert len(run) == match.longest_run
        assert layered or words(document[slice(*match.document_span)]) == run


def readings(document: str, span: tuple[int, int]) -> list[list[str]]:
    """The words of a stretch of a document: as given, and in each view of it, which leaves out what nobody sees."""
    first, end = (len(document[:at].encode("utf-8", "replace")) for at in span)
    seen = [document[slice(*span)]]
    for view in views(as_column([document])):
        inside = (view.source >= first) & (view.source < end)
        seen.append(bytes(view.column.data[inside]).decode("utf-8", "ignore"))
    return [words(text) for text in seen]


BROKEN_ESCAPES = "\u200b".join('assert note("now\\ntrue\\treally\\rnever") == ["now", "true", "really", "never", "turn"')


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS)
@example(BROKEN_ESCAPES)
@example(f"Before. {FERRY[:80]} between {FERRY[60:]} after")
def test_every_marked_stretch_is_words_of_the_other_text(document: str) -> None:
    for match in match_text(document, the_index(), ["text"]):
        part = next(item for item in ITEMS if item.key == match.item).part(match.part)
        assert match.document_spans
        for span in match.document_spans:
            assert any(
                len(stretch) >= min(N, len(words(part))) and set(stretch) <= set(words(part))
                for stretch in readings(document, span)
            )
        for span in match.item_spans:
            assert set(words(part[slice(*span)])) <= set(words(document))


def with_table(grams: Grams, entries: Iterable[tuple[int, int]]) -> Grams:
    """The grams with another table: (key, gram) in order of insertion."""
    bits = 16
    keys, table = np.zeros(1 << bits, np.uint64), np.full(1 << bits, -1, np.int32)
    for key, gram in entries:
        probe = key >> (64 - bits)
        while table[probe] >= 0:
            probe = (probe + 1) % len(table)
        keys[probe], table[probe] = key, gram
    everything = np.full_like(grams.bitmap, (1 << 64) - 1)  # so that the table is asked for every key
    return replace(grams, keys=keys, table=table, shift=np.uint64(64 - bits), bitmap=everything)


def key_of_gram(grams: Grams) -> dict[int, int]:
    return {int(gram): int(key) for key, gram in zip(grams.keys, grams.table, strict=True) if gram >= 0}


def test_a_gram_whose_key_is_another_ones_is_no_hit() -> None:
    keys = key_of_gram(the_index().text)
    text = with_table(the_index().text, [(keys[gram], (gram + 1) % len(keys)) for gram in keys])
    assert len(compiled_hits(as_column(TEXTS))) > 100
    assert compiled_hits(as_column(TEXTS), replace(the_index(), text=text)) == []


def test_grams_that_share_their_keys_are_told_apart() -> None:
    keys = key_of_gram(the_index().text)
    entries = [(keys[gram], (gram + shift) % len(keys)) for shift in (3, 1, 0, 2) for gram in keys]
    text = with_table(the_index().text, entries)
    assert compiled_hits(as_column(TEXTS), replace(the_index(), text=text)) == reference_hits(TEXTS)


@pytest.mark.parametrize(("held", "other"), [("hour", "hours"), ("hours", "hour")])
def test_a_word_is_not_taken_for_one_that_it_begins(held: str, other: str) -> None:
    """Also where the key of the one leads to the other."""
    item, text = FERRY.replace("hours", held), FERRY.replace("hours", other)
    index, theirs = (build_index([Item(key="a", prompt=prompt)]) for prompt in (item, text))
    gram_at = {words_of_gram(theirs, gram): key for gram, key in key_of_gram(theirs.text).items()}
    words = [words_of_gram(index, gram) for gram in range(len(index.text.idf))]
    entries = [(gram_at[tuple(other if word == held else word for word in gram)], n) for n, gram in enumerate(words)]
    tampered = replace(index, text=with_table(index.text, entries))
    found = {words[gram] for gram in scan(as_column([text]), tampered, "text")[:, 1]}
    assert found == {gram for gram in words if held not in gram} != set(words)


def test_items_that_differ_in_one_word_are_told_apart() -> None:
    """What is common is found in both, what is not in one."""
    other = FERRY.replace("slack", "still")
    index = build_index([Item(key="a", prompt=FERRY), Item(key="b", prompt=other)], Rule(unique=1))
    found = {match.item: match.coverage for match in match_text(other, index, ["text"])}
    assert found["b"] == 1.0 > found["a"] > 0.5


def test_offsets_of_hits_are_within_their_value() -> None:
    column = placed(TEXTS, "x" * 33, "y" * 5)
    hits: Longs = scan(column, the_index(), "text")
    sizes = np.diff(column.offsets)[hits[:, 0]]
    assert (hits[:, 3] >= 0).all() and (hits[:, 3] < hits[:, 4]).all() and (hits[:, 4] <= sizes).all()
