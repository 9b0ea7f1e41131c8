"""The holdout index: every gram of every item, as tables that the kernels read.

Prompt, answer and tests are parts of their own, scored apart. The text channel has 8-grams of words of all parts; the code
channel has windows of 12 code tokens of answers. Grams that say nothing, or that many items share, belong to no item.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from decontam import codekernel, textkernel
from decontam.alignment import shape
from decontam.batches import Longs
from decontam.families import families_of, twins_of
from decontam.folding import folding
from decontam.records import Item
from decontam.rule import RULE_VERSION, Rule
from decontam.tokens import N, informative, tokenize
from evals.errors import BadInput, Inconclusive
from evals.files import canonical_json, digest, write_atomic

BLIND = (
    "n-grams do not see paraphrases or translations, into another human or programming language; the code channel looks through "
    "renaming, comments and layout, not through reordered statements or another algorithm"
)
_PARTS = ("prompt", "answer", "tests")
_TELLING_DIGITS = frozenset("3456789")
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


@dataclass(frozen=True, kw_only=True)
class HoldoutIndex:
    """Both channels over all items. ``digest`` names the holdout and the rule; ``unindexable`` are items that cannot be found."""

    digest: str
    rule: Rule
    items: tuple[Item, ...]
    twins: tuple[tuple[int, float] | None, ...] = field(repr=False)  # by item: an earlier item like it, and how much
    text: Grams
    code: Grams
    findable: tuple[tuple[str, ...], ...]  # by item: "prompt text", "answer code", "short" ...
    short: dict[int, tuple[int, ...]] = field(repr=False)  # gram of a whole short prompt -> items

    @cached_property
    def literals(self) -> tuple[dict[int, str], ...]:
        """By part of the code channel: the telling numbers and texts in it, by token."""
        found = []
        for part in self.code.parts:
            literals = code_literals(part.text.encode("utf-8", "replace"))
            found.append({n: text for n, text in enumerate(literals) if len(text) > 1 or text in _TELLING_DIGITS})
        return tuple(found)

    @cached_property
    def shapes(self) -> tuple[list[str], ...]:
        """By part of the code channel: its tokens as they are aligned."""
        return tuple(shape(part.text.encode("utf-8", "replace")) for part in self.code.parts)

    @cached_property
    def literal_families(self) -> Counter[str]:
        """In how many families of items each literal stands."""
        families = families_of(self.twins, self.rule.common_least)
        pairs = {
            (text, int(families[part.number]))
            for part, found in zip(self.code.parts, self.literals, strict=True)
            for text in found.values()
        }
        return Counter(text for text, _ in pairs)

    @property
    def unindexable(self) -> tuple[str, ...]:
        """Keys of the items of which nothing can be found."""
        return tuple(item.key for item, found in zip(self.items, self.findable, strict=True) if not found)

    @cached_property
    def groups(self) -> frozenset[str]:
        """Groups of the holdout's items."""
        return frozenset(item.group for item in self.items if item.group)

    @cached_property
    def solutions(self) -> dict[str, str]:
        """Items by their answer, up to spacing, punctuation and case."""
        return {solution_key(item.answer): item.key for item in self.items}


def solution_key(code: str) -> str:
    """Identity of a solution up to spacing, punctuation and case."""
    return " ".join(token.text for token in tokenize(code))


def index_digest(items: Sequence[Item], rule: Rule) -> str:
    """What the index of these items under this rule is called."""
    return digest([RULE_VERSION, asdict(rule), sorted((item.model_dump() for item in items), key=lambda row: str(row["key"]))])


def build_index(items: Sequence[Item], rule: Rule | None = None) -> HoldoutIndex:
    """Index the holdout.

    Raises:
        Inconclusive: there is no holdout, or nothing in it can be indexed.
    """
    rule = rule or Rule()
    if not items:
        raise Inconclusive(
            "the holdout is empty: nothing can be called clean, and no gain could be believed; give tasks split: holdout"
        )
    text, text_found, short, twins = _text_grams(items, rule)
    code, code_found = _code_grams(items, rule, families_of(twins, rule.common_least))
    findable = tuple((*a, *b) for a, b in zip(text_found, code_found, strict=True))
    if not any(findable):
        raise Inconclusive(
            f"none of the {len(items)} holdout items has {N} informative words in a row, or code enough: nothing can be screened"
        )
    return HoldoutIndex(
        digest=index_digest(items, rule),
        rule=rule,
        items=tuple(items),
        twins=tuple(twins),
        text=text,
        code=code,
        findable=findable,
        short=short,
    )


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8", "replace"), np.uint8)


def char_spans(text: str, spans: Longs) -> Longs:
    """Byte spans of a text's UTF-8 as character spans."""
    if text.isascii():
        return spans
    starts = np.flatnonzero((_bytes(text) & 0xC0) != 0x80)
    return np.searchsorted(starts, spans).astype(np.int64)


def code_literals(code: bytes, *, keep_texts: bool = False) -> list[str]:
    """For each token of a code what it says if it is a number or a text (without its quotes), else empty.

    ``keep_texts``: a text that stands alone on its line is a token, too, and no docstring.
    """
    data = np.frombuffer(code or b" ", np.uint8)
    values, spans = codekernel.lex_text(data, codekernel.CLASSES, codekernel.PAIRS, codekernel.kept_table(), keep_texts)
    return [
        code[start:end].strip(b"\"'`").decode("utf-8", "replace") if value in codekernel.LITERALS else ""
        for value, (start, end) in zip(values[:, 0].tolist(), spans.tolist(), strict=True)
    ]


def _text_grams(
    items: Sequence[Item], rule: Rule
) -> tuple[Grams, list[list[str]], dict[int, tuple[int, ...]], list[tuple[int, float] | None]]:
    tables = folding()
    parts: list[Part] = []
    keys: list[Keys] = []
    kept: list[Longs] = []
    words_of: list[tuple[NDArray[np.uint8], Longs]] = []
    short_parts: dict[int, int] = {}
    endings = np.zeros(1 << (textkernel.ENDING_BITS - 6), np.uint64)
    for number, item in enumerate(items):
        for name in _PARTS:
            text = item.part(name)
            word_bytes, offsets, hashes, spans = textkernel.split_words(
                _bytes(text), tables.codes, tables.sequences, tables.starts
            )
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
    found: list[list[str]] = [[] for _ in items]
    for which, kept_part in enumerate(parts):
        if which in short_parts:
            found[kept_part.number].append("short")
        elif grams.weight[which] < math.inf:
            found[kept_part.number].append(f"{kept_part.name} text")
    return replace(grams, verify=verify), found, short, twins


def _code_grams(items: Sequence[Item], rule: Rule, family: Longs) -> tuple[Grams, list[list[str]]]:
    kept_names = codekernel.kept_table()
    parts: list[Part] = []
    keys: list[Keys] = []
    kept: list[Longs] = []
    values_of = []
    out = np.empty(codekernel.W, np.uint64)
    for number, item in enumerate(items):
        values, spans = codekernel.lex_text(_bytes(item.answer), codekernel.CLASSES, codekernel.PAIRS, kept_names, False)
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
    found = [["answer code"] if grams.weight[number] < math.inf else [] for number in range(len(items))]
    return replace(grams, verify=verify), found


def telling(codes: Keys, values: Keys) -> bool:
    """Whether a window of code says anything: half of it distinct, and two words in it that keep their meaning."""
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
    """Number the grams, drop the common ones, weigh the parts; also where each gram stands first (part, position).

    ``family``: by item; items that are alike count as one where it is asked in how many items a gram stands.
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
    """In how many items each gram stands."""
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


def without_boilerplate(index: HoldoutIndex, text_counts: Longs, code_counts: Longs, most: int) -> HoldoutIndex:
    """The index in which grams that stand in more than ``most`` training texts count for nothing."""

    def reduce(grams: Grams, counts: Longs) -> Grams:
        idf = np.where(counts > most, 0.0, grams.idf)
        gram_of = np.repeat(np.arange(len(idf)), np.diff(grams.posting_starts))
        weight = np.bincount(grams.posting_parts, weights=idf[gram_of], minlength=len(grams.parts)).astype(np.float64)
        weight[weight == 0] = math.inf
        return replace(grams, idf=idf, unique=np.where(counts > most, 0, grams.unique), weight=weight)

    text, code = reduce(index.text, text_counts), reduce(index.code, code_counts)
    findable = [set[str]() for _ in index.items]
    for kind, grams in (("text", text), ("code", code)):
        for part, weight in zip(grams.parts, grams.weight, strict=True):
            if weight < math.inf:
                findable[part.number] |= {f"{part.name} {kind}", "short"}
    kept = tuple(tuple(n for n in names if n in left) for names, left in zip(index.findable, findable, strict=True))
    return replace(index, text=text, code=code, findable=kept)


def for_channels(index: HoldoutIndex, channels: Sequence[str]) -> HoldoutIndex:
    """The index as it is where only these channels look: what only another could find counts as not to be found.

    Raises:
        Inconclusive: nothing of the holdout can be found.
    """
    code, text = "code" in channels, "text" in channels
    findable = tuple(tuple(n for n in names if (code if n.endswith(" code") else text)) for names in index.findable)
    if not any(findable):
        raise Inconclusive(
            f"none of the {len(index.items)} holdout items can be found in the channel {', '.join(channels)} alone"
        )
    return replace(index, findable=findable)


def save_index(index: HoldoutIndex, path: Path) -> None:
    """Keep an index for later audits: its items and rule, under its digest."""
    content = {"digest": index.digest, "rule": asdict(index.rule), "items": [item.model_dump() for item in index.items]}
    write_atomic(path, canonical_json(content) + b"\n")


def load_index(path: Path, items: Sequence[Item], rule: Rule | None = None) -> HoldoutIndex:
    """Read a saved index, only if it is that of ``items`` under ``rule``.

    Raises:
        BadInput: no index, a damaged one, or one that was made of another holdout or under another rule.
    """
    rule = rule or Rule()
    try:
        content = orjson.loads(path.read_bytes())
        kept_rule, kept = Rule(**content["rule"]), [Item.model_validate(item) for item in content["items"]]
        named = str(content["digest"])
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file; an audit with --index FILE writes it") from None
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{path}: not an index that goldloop wrote ({error}); delete it and run the audit again") from None
    if index_digest(kept, kept_rule) != named:
        raise BadInput(f"{path}: the index is damaged: its items do not give its digest; delete it and run the audit again")
    if kept_rule != rule:
        changed = [name for name, value in asdict(kept_rule).items() if value != getattr(rule, name)]
        raise BadInput(
            f"{path}: the index was made under another rule ({', '.join(changed)}); delete it, or give the same options"
        )
    if index_digest(items, rule) != named:
        raise BadInput(
            f"{path}: the index was made of another holdout ({named}, {len(kept)} items) than the one given "
            f"({index_digest(items, rule)}, {len(items)} items); delete it, or give the holdout that it was made of"
        )
    return build_index(items, rule)
