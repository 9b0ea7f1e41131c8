"""The tables of a holdout's grams, as the kernels read them: which grams count, in which parts they occur, and their weights.

The text channel has 8-grams of words of all parts; the code channel has windows of 12 code tokens of answers and of code in
prompts, and of 6 literals of tests. Uninformative grams, those of stock text, and those that many items share, belong to no item.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decontam.kernels import code as codekernel
from decontam.kernels import indexing
from decontam.kernels import text as textkernel
from decontam.kernels.batches import Longs
from decontam.kernels.folding import folding
from decontam.kernels.literals import L, literal_keys, literals_of, telling_windows
from decontam.kernels.tokens import N, stands_alone
from decontam.matching.families import distinct_pairs, families_of, joined, twins_of
from decontam.matching.stock import own_windows, own_words
from decontam.records import Item
from decontam.rule import Rule

PARTS = ("prompt", "answer", "tests")
PART_NAMES = tuple(sorted(PARTS))
Keys = NDArray[np.uint64]
_SIGNS_IN_PROMPTS = 4  # in a window of code of a prompt, or it may be prose


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of one item; ``number`` is the item's. ``spans``: character offsets of its tokens, (tokens, 2).

    ``length``: tokens of a gram. In the code channel the tokens of tests are their literals.
    """

    number: int
    name: str
    text: str
    spans: Longs
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grams:
    """One channel's tables. Grams are numbered; ``posting_*`` list the parts of each."""

    parts: tuple[Part, ...]
    weight: NDArray[np.float64]
    tokens: Longs
    idf: NDArray[np.float64]
    unique: Longs
    posting_starts: Longs
    posting_parts: Longs
    posting_positions: Longs
    keys: Keys
    table: NDArray[np.int32]
    shift: np.uint64
    bitmap: Keys
    bitmap_shift: np.uint64
    verify: tuple[Any, ...] = field(repr=False)  # what the kernel compares a hit with
    numbers: Longs = field(repr=False)  # (parts, 3): its item, the place of its name in ``PART_NAMES``, tokens of a gram


def utf8(text: str) -> NDArray[np.uint8]:
    """The bytes of a text; what UTF-8 cannot hold becomes a question mark."""
    return np.frombuffer(text.encode("utf-8", "replace"), np.uint8)


def char_spans(text: str, spans: Longs) -> Longs:
    """Byte spans of a text's UTF-8 as character spans."""
    if text.isascii():
        return spans
    starts = np.flatnonzero((utf8(text) & 0xC0) != 0x80)
    return np.searchsorted(starts, spans).astype(np.int64)


def code_literals(code: bytes) -> list[str]:
    """For each code token its value if it is a number or a string (without its quotes), else empty."""
    data = np.frombuffer(code or b" ", np.uint8)
    values, spans = codekernel.lex_text(data)
    return [
        code[start:end].strip(b"\"'`").decode("utf-8", "replace") if value in codekernel.LITERALS else ""
        for value, (start, end) in zip(values[:, 0].tolist(), spans.tolist(), strict=True)
    ]


def text_grams(
    items: Sequence[Item], rule: Rule
) -> tuple[Grams, list[list[str]], dict[int, tuple[int, ...]], list[tuple[int, float] | None]]:
    """8-grams of words of every part: the tables, what can be found of each item, items by short gram, and each item's twin."""
    tables = folding()
    parts: list[Part] = []
    keys: list[Keys] = []
    kept: list[Longs] = []
    words_of: list[tuple[NDArray[np.uint8], Longs]] = []
    short_parts: dict[int, int] = {}
    endings = np.zeros(1 << (textkernel.ENDING_BITS - 6), np.uint64)
    for number, item in enumerate(items):
        for name in PARTS:
            text = item.part(name)
            word_bytes, offsets, hashes, spans = textkernel.split_words(utf8(text), tables.codes, tables.sequences, tables.starts)
            length = N
            positions = indexing.informative_positions(_word_kinds(word_bytes, offsets), hashes)
            positions = own_words(utf8(text), hashes, spans, positions)
            if name == "prompt" and rule.shortest <= len(hashes) < N and item.answer.strip():
                length, positions = len(hashes), np.zeros(1, np.int64)
                short_parts[len(parts)] = number
                ending = int(textkernel.gram_keys(hashes, 2)[-1]) >> (64 - textkernel.ENDING_BITS)
                endings[ending >> 6] |= np.uint64(1 << (ending & 63))
            parts.append(Part(number=number, name=name, text=text, spans=char_spans(text, spans), length=N))
            keys.append(textkernel.gram_keys(hashes, length))
            kept.append(positions)
            words_of.append((word_bytes, offsets))
    firsts = np.cumsum([0, *(len(offsets) - 1 for _, offsets in words_of)])
    item_of = np.concatenate([np.full(len(p), part.number) for part, p in zip(parts, kept, strict=True)]).astype(np.int64)
    key_of = np.concatenate([k[p] for k, p in zip(keys, kept, strict=True)]).astype(np.uint64)
    twins = twins_of(len(items), item_of, key_of)
    grams, spots = _grams(parts, keys, kept, rule, families_of(twins, rule.common_least))
    lengths = np.full(len(grams.idf), N, np.int64)
    gram_word = firsts[spots[:, 0]] + spots[:, 1]
    short: dict[int, tuple[int, ...]] = {}
    for gram in np.flatnonzero(np.isin(spots[:, 0], list(short_parts))).tolist():
        lengths[gram] = len(words_of[int(spots[gram, 0])][1]) - 1
        holders = grams.posting_parts[grams.posting_starts[gram] : grams.posting_starts[gram + 1]].tolist()
        short[gram] = tuple(short_parts[holder] for holder in holders)
    word_bytes = np.concatenate([data for data, _ in words_of])
    sizes = np.concatenate([np.diff(offsets) for _, offsets in words_of])
    word_offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    used = np.array(sorted({N, *lengths.tolist()}, reverse=True), np.int64)
    verify = (used, endings, gram_word, lengths, word_bytes, word_offsets, tables.codes, tables.sequences, tables.starts)
    findable: list[list[str]] = [[] for _ in items]
    for which, kept_part in enumerate(parts):
        if which in short_parts:
            findable[kept_part.number].append("short")
        elif grams.weight[which] < math.inf:
            findable[kept_part.number].append(f"{kept_part.name} text")
    return replace(grams, verify=verify), findable, short, twins


def _word_kinds(data: NDArray[np.uint8], offsets: Longs) -> NDArray[np.uint8]:
    """1 for each folded word that counts as one in ``informative``."""
    kinds: NDArray[np.uint8] = indexing.word_kinds(data, offsets)
    for n in np.flatnonzero(kinds > 1).tolist():
        word = data[offsets[n] : offsets[n + 1]].tobytes().decode()
        kinds[n] = (len(word) > 1 and word.isalpha()) or stands_alone(word)
    return kinds


def code_grams(items: Sequence[Item], rule: Rule, family: Longs) -> tuple[Grams, list[list[str]]]:
    """Windows of the code tokens of answers and of code in prompts, and of the literals of tests; what is found of each."""
    parts: list[Part] = []
    keys: list[Keys] = []
    kept: list[Longs] = []
    codes_of: list[Keys] = []
    for number, item in enumerate(items):
        for name in PARTS:
            text = item.part(name)
            if not text.strip():
                continue
            data = utf8(text)
            values, spans = codekernel.lex_text(data)
            if name == "tests":
                hashes, places = np.empty(len(values), np.uint64), np.empty(len(values), np.int64)
                used = literals_of(data, values, spans, len(values), codekernel.marks(), hashes, places)
                positions = np.flatnonzero(telling_windows(data, spans, hashes, places, used)).astype(np.int64)
                codes = np.zeros((len(positions), codekernel.W), np.uint64)
                for k in range(L if len(positions) else 0):
                    codes[:, k] = hashes[positions + k]
                keys.append(literal_keys(hashes, used))
                spans, length = spans[places[:used]], L
            else:
                positions = indexing.telling_positions(values, 0 if name == "answer" else _SIGNS_IN_PROMPTS)
                positions = own_windows(data, values, spans, positions)
                codes = np.empty((len(positions), codekernel.W), np.uint64)
                indexing.codes_at(values, positions, codes)
                keys.append(codekernel.all_window_keys(values))
                length = codekernel.W
            parts.append(Part(number=number, name=name, text=text, spans=char_spans(text, spans), length=length))
            kept.append(positions)
            codes_of.append(codes)
    item_of = np.concatenate([np.full(len(p), part.number) for part, p in zip(parts, kept, strict=True)]).astype(np.int64)
    key_of = np.concatenate([k[p] for k, p in zip(keys, kept, strict=True)]).astype(np.uint64)
    alike = families_of(twins_of(len(items), item_of, key_of), rule.common_least)
    family = joined(family, alike, rule.common_least)
    grams, spots = _grams(parts, keys, kept, rule, family, least=2 * rule.code_windows)
    codes = np.empty((len(spots), codekernel.W), np.uint64)
    order = np.argsort(spots[:, 0], kind="stable")
    bounds = np.searchsorted(spots[order, 0], np.arange(len(parts) + 1))
    for number, (low, high) in enumerate(itertools.pairwise(bounds.tolist())):
        chosen = order[low:high]
        codes[chosen] = codes_of[number][np.searchsorted(kept[number], spots[chosen, 1])]
    verify = (codes, codekernel.CLASSES, codekernel.PAIRS, codekernel.kept_table(), codekernel.marks())
    findable: list[list[str]] = [[] for _ in items]
    for part, weight in zip(grams.parts, grams.weight.tolist(), strict=True):
        if weight < math.inf:
            findable[part.number].append(f"{part.name} code")
    return replace(grams, verify=verify), findable


def _grams(
    parts: Sequence[Part],
    keys: Sequence[Keys],
    kept: Sequence[Longs],
    rule: Rule,
    family: Longs,
    least: int = 1,
) -> tuple[Grams, Longs]:
    """Number the grams, drop the common ones, weigh the parts; also where each gram occurs first (part, position).

    ``family``: by item; similar items count as one when counting the items in which a gram occurs.
    """
    items = len(family)
    part_of = np.concatenate([np.full(len(p), n) for n, p in enumerate(kept)]).astype(np.int64)
    position_of = np.concatenate(kept).astype(np.int64)
    key_of = np.concatenate([k[p] for k, p in zip(keys, kept, strict=True)]).astype(np.uint64)
    item_of = np.array([part.number for part in parts], np.int64)[part_of] if len(part_of) else part_of
    unique_keys, gram_of = np.unique(key_of, return_inverse=True)
    frequency = _frequency(gram_of, family[item_of], len(unique_keys))
    common = max(rule.common_least, int(rule.common_share * items))
    own = frequency[gram_of] <= common
    # A part that is nearly all boilerplate cannot be told from the others: the little that is left decides nothing.
    everything = np.bincount(part_of, minlength=len(parts))
    left = np.bincount(part_of[own], minlength=len(parts))
    told = (left >= rule.own_share * everything) & (left >= least)
    own &= told[part_of]
    part_of, position_of, key_of = part_of[own], position_of[own], key_of[own]
    unique_keys, gram_of = np.unique(key_of, return_inverse=True)
    frequency = _frequency(gram_of, family[np.array([p.number for p in parts], np.int64)[part_of]], len(unique_keys))
    order = np.lexsort((position_of, part_of, gram_of))
    gram_of, part_of, position_of = gram_of[order], part_of[order], position_of[order]
    new = np.ones(len(gram_of), np.bool_)
    new[1:] = (gram_of[1:] != gram_of[:-1]) | (part_of[1:] != part_of[:-1])
    gram_of, part_of, position_of = gram_of[new], part_of[new], position_of[new]
    idf = np.log1p(items / np.maximum(frequency, 1))
    weight = np.bincount(part_of, weights=idf[gram_of], minlength=len(parts)).astype(np.float64)
    weight[weight == 0] = math.inf
    bits = max(10, math.ceil(math.log2(max(len(unique_keys), 1) * 2 + 2)))
    table_keys, table = indexing.key_table(unique_keys, bits)
    bitmap_bits = min(max(bits + 4, 14), 27)
    slots = unique_keys >> np.uint64(64 - bitmap_bits)
    bitmap = np.zeros(1 << (bitmap_bits - 6), np.uint64)
    np.bitwise_or.at(bitmap, (slots >> np.uint64(6)).astype(np.int64), np.uint64(1) << (slots & np.uint64(63)))
    starts = np.searchsorted(gram_of, np.arange(len(unique_keys) + 1)).astype(np.int64)
    spots = np.stack([part_of[starts[:-1]], position_of[starts[:-1]]], axis=1)
    grams = Grams(
        parts=tuple(parts),
        weight=weight,
        tokens=np.array([len(part.spans) for part in parts], np.int64),
        idf=idf,
        unique=(frequency == 1).astype(np.int64),
        posting_starts=starts,
        posting_parts=part_of,
        posting_positions=position_of,
        keys=table_keys,
        table=table,
        shift=np.uint64(64 - bits),
        bitmap=bitmap,
        bitmap_shift=np.uint64(64 - bitmap_bits),
        verify=(),
        numbers=np.array([(part.number, PART_NAMES.index(part.name), part.length) for part in parts], np.int64).reshape(-1, 3),
    )
    return grams, spots


def _frequency(gram_of: Longs, item_of: Longs, grams: int) -> Longs:
    """In how many items each gram occurs."""
    pairs = distinct_pairs(gram_of, item_of)
    return np.bincount(pairs[:, 0], minlength=grams).astype(np.int64)
