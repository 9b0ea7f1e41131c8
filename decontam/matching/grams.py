"""The tables of a holdout's grams, as the kernels read them: which grams count, in which parts they occur, and their weights.

The text channel has 8-grams of words of all parts; the code channel has windows of 12 code tokens of answers. Uninformative
grams, and those that many items share, belong to no item.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decontam.kernels import code as codekernel
from decontam.kernels import text as textkernel
from decontam.kernels.batches import Longs
from decontam.kernels.folding import folding
from decontam.kernels.tokens import N, informative
from decontam.matching.families import families_of, twins_of
from decontam.records import Item
from decontam.rule import Rule

PARTS = ("prompt", "answer", "tests")
Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of one item; ``number`` is the item's. ``spans``: character offsets of its tokens, (tokens, 2)."""

    number: int
    name: str
    text: str
    spans: Longs


@dataclass(frozen=True, slots=True, kw_only=True)
class Grams:
    """One channel's tables. ``length``: tokens a gram. Grams are numbered; ``posting_*`` list the parts of each."""

    length: int
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


def utf8(text: str) -> NDArray[np.uint8]:
    """The bytes of a text; what UTF-8 cannot hold becomes a question mark."""
    return np.frombuffer(text.encode("utf-8", "replace"), np.uint8)


def char_spans(text: str, spans: Longs) -> Longs:
    """Byte spans of a text's UTF-8 as character spans."""
    if text.isascii():
        return spans
    starts = np.flatnonzero((utf8(text) & 0xC0) != 0x80)
    return np.searchsorted(starts, spans).astype(np.int64)


def code_literals(code: bytes, *, keep_texts: bool = False) -> list[str]:
    """For each code token its value if it is a number or a string (without its quotes), else empty.

    ``keep_texts``: a text that stands alone on its line is a token, too, and no docstring.
    """
    data = np.frombuffer(code or b" ", np.uint8)
    values, spans = codekernel.lex_text(data, codekernel.CLASSES, codekernel.PAIRS, codekernel.kept_table(), keep_texts)
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
            folded = word_bytes.tobytes()
            words = [folded[offsets[n] : offsets[n + 1]].decode() for n in range(len(hashes))]
            length = N
            positions = [p for p in range(len(words) - N + 1) if informative(words[p : p + N])]
            if name == "prompt" and rule.shortest <= len(words) < N and item.answer.strip():
                length, positions = len(words), [0]
                short_parts[len(parts)] = number
                ending = int(textkernel.gram_keys(hashes, 2)[-1]) >> (64 - textkernel.ENDING_BITS)
                endings[ending >> 6] |= np.uint64(1 << (ending & 63))
            parts.append(Part(number=number, name=name, text=text, spans=char_spans(text, spans)))
            keys.append(textkernel.gram_keys(hashes, length))
            kept.append(np.array(positions, np.int64))
            words_of.append((word_bytes, offsets))
    firsts = np.cumsum([0, *(len(offsets) - 1 for _, offsets in words_of)])
    item_of = np.concatenate([np.full(len(p), part.number) for part, p in zip(parts, kept, strict=True)]).astype(np.int64)
    key_of = np.concatenate([k[p] for k, p in zip(keys, kept, strict=True)]).astype(np.uint64)
    twins = twins_of(len(items), item_of, key_of)
    grams, spots = _grams(parts, keys, kept, N, rule, families_of(twins, rule.common_least))
    lengths = np.full(len(grams.idf), N, np.int64)
    gram_word = np.zeros(len(grams.idf), np.int64)
    short: dict[int, tuple[int, ...]] = {}
    for gram, (where, position) in enumerate(spots):
        gram_word[gram] = firsts[where] + position
        if where in short_parts:
            lengths[gram] = len(words_of[where][1]) - 1
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


def code_grams(items: Sequence[Item], rule: Rule, family: Longs) -> tuple[Grams, list[list[str]]]:
    """Windows of code tokens of every answer: the tables, and what can be found of each item."""
    kept_names = codekernel.kept_table()
    parts: list[Part] = []
    keys: list[Keys] = []
    kept: list[Longs] = []
    values_of = []
    out = np.empty(codekernel.W, np.uint64)
    for number, item in enumerate(items):
        values, spans = codekernel.lex_text(utf8(item.answer), codekernel.CLASSES, codekernel.PAIRS, kept_names, False)
        positions = []
        for position in range(len(values) - codekernel.W + 1):
            codekernel.window_codes(values, position, out)
            if telling(out, values[position : position + codekernel.W]):
                positions.append(position)
        parts.append(Part(number=number, name="answer", text=item.answer, spans=char_spans(item.answer, spans)))
        keys.append(codekernel.all_window_keys(values))
        kept.append(np.array(positions, np.int64))
        values_of.append(values)
    grams, spots = _grams(parts, keys, kept, codekernel.W, rule, family, least=2 * rule.code_windows)
    codes = np.empty((len(spots), codekernel.W), np.uint64)
    for gram, (part, position) in enumerate(spots):
        codekernel.window_codes(values_of[part], position, codes[gram])
    verify = (codes, codekernel.CLASSES, codekernel.PAIRS, kept_names)
    findable = [["answer code"] if grams.weight[number] < math.inf else [] for number in range(len(items))]
    return replace(grams, verify=verify), findable


def telling(codes: Keys, values: Keys) -> bool:
    """Whether a window of code is informative: half of it distinct, and two words in it that keep their meaning."""
    words = sum(int(value) > 0xFFFF for value in values[:, 0])
    return len(set(codes.tolist())) >= codekernel.W // 2 and words >= 2


def _grams(
    parts: Sequence[Part],
    keys: Sequence[Keys],
    kept: Sequence[Longs],
    length: int,
    rule: Rule,
    family: Longs,
    least: int = 1,
) -> tuple[Grams, list[tuple[int, int]]]:
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
    table_keys, table = _table(unique_keys, bits)
    bitmap_bits = min(max(bits + 4, 14), 27)
    slots = unique_keys >> np.uint64(64 - bitmap_bits)
    bitmap = np.zeros(1 << (bitmap_bits - 6), np.uint64)
    np.bitwise_or.at(bitmap, (slots >> np.uint64(6)).astype(np.int64), np.uint64(1) << (slots & np.uint64(63)))
    starts = np.searchsorted(gram_of, np.arange(len(unique_keys) + 1)).astype(np.int64)
    spots = [(int(part_of[s]), int(position_of[s])) for s in starts[:-1]]
    grams = Grams(
        length=length,
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
    )
    return grams, spots


def _frequency(gram_of: Longs, item_of: Longs, grams: int) -> Longs:
    """In how many items each gram occurs."""
    pairs = np.unique(np.stack([gram_of, item_of], axis=1), axis=0) if len(gram_of) else np.zeros((0, 2), np.int64)
    return np.bincount(pairs[:, 0], minlength=grams).astype(np.int64)


def _table(keys: Keys, bits: int) -> tuple[Keys, NDArray[np.int32]]:
    """Open addressing by the top ``bits`` of the key, linear probing; -1 is empty."""
    size = 1 << bits
    slots, table = np.zeros(size, np.uint64), np.full(size, -1, np.int32)
    for gram, key in enumerate(keys.tolist()):
        probe = key >> (64 - bits)
        while table[probe] >= 0:
            probe = (probe + 1) & (size - 1)
        slots[probe], table[probe] = key, gram
    return slots, table
