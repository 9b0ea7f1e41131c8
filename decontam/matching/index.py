"""The holdout index: every gram of every item, as tables that the kernels read.

Prompt, answer and tests are parts of their own, scored apart. The text channel has 8-grams of words of all parts; the code
channel has windows of 12 code tokens of answers. Grams that say nothing, or that many items share, belong to no item.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from decontam.kernels.batches import Longs
from decontam.kernels.folding import folding
from decontam.kernels.text import hash_bytes, split_words
from decontam.kernels.tokens import N
from decontam.matching.alignment import Shapes, shapes_of
from decontam.matching.families import families_of
from decontam.matching.grams import Grams, code_grams, code_literals, text_grams, utf8
from decontam.matching.held import Elsewhere
from decontam.records import Item
from decontam.rule import RULE_VERSION, Rule
from evals.errors import BadInput, Inconclusive
from evals.files import canonical_json, digest, write_atomic

BLIND = (
    "n-grams do not see paraphrases or translations, into another human or programming language; the code channel looks through "
    "renaming, comments and layout, not through reordered statements or another algorithm"
)
_TELLING_DIGITS = frozenset("3456789")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLiterals:
    """Telling literals, those of each part from ``starts[part]`` to ``starts[part + 1]``.

    ``places``: their tokens, ascending within a part; ``said``: the hash of what they say; ``families``: in how many families of
    items they occur.
    """

    starts: Longs
    places: Longs
    said: NDArray[np.uint64]
    families: Longs


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
    training_literals: Counter[str] = field(default_factory=Counter, repr=False)  # in how many families of training tasks
    elsewhere: Mapping[str, Elsewhere] = field(default_factory=dict, repr=False)  # by channel; see ``matching.elsewhere``
    own_literals: int = 0  # literals of more families are conventions of the suite; 0 where its training tasks are not known

    @cached_property
    def literals(self) -> tuple[dict[int, str], ...]:
        """By part of the code channel: the telling numbers and texts in it, by token."""
        return tuple({} if part.name == "tests" else telling_literals(part.text) for part in self.code.parts)

    @cached_property
    def shapes(self) -> Shapes:
        """By part of the code channel: its tokens as they are aligned."""
        return shapes_of(part.text if part.name != "tests" else "" for part in self.code.parts)

    @cached_property
    def reaches(self) -> Longs:
        """By part of the code channel: its bytes."""
        return np.array([len(part.text.encode("utf-8", "replace")) for part in self.code.parts], np.int64)

    @cached_property
    def own(self) -> OwnLiterals:
        """The telling numbers and texts of all parts of the code channel, as arrays."""
        said = [text.encode() for own in self.literals for text in own.values()]
        return OwnLiterals(
            starts=np.cumsum([0, *map(len, self.literals)]).astype(np.int64),
            places=np.array([place for own in self.literals for place in own], np.int64),
            said=np.array([hash_bytes(np.frombuffer(text, np.uint8), 0, len(text)) for text in said], np.uint64),
            families=np.array([self.literal_families[text] for own in self.literals for text in own.values()], np.int64),
        )

    @cached_property
    def ranks(self) -> Longs:
        """Where each item stands in the order of the keys."""
        order = sorted(range(len(self.items)), key=lambda number: self.items[number].key)
        ranks = np.empty(len(order), np.int64)
        ranks[order] = np.arange(len(order))
        return ranks

    @cached_property
    def literal_families(self) -> Counter[str]:
        """In how many families of items each literal occurs, those of training tasks included where they are known."""
        families = families_of(self.twins, self.rule.common_least)
        pairs = {
            (text, int(families[part.number]))
            for part, texts in zip(self.code.parts, self.literals, strict=True)
            for text in texts.values()
        }
        return Counter(text for text, _ in pairs) + self.training_literals

    @property
    def unindexable(self) -> tuple[str, ...]:
        """Keys of the items that cannot be found at all."""
        return tuple(item.key for item, parts in zip(self.items, self.findable, strict=True) if not parts)

    @cached_property
    def groups(self) -> frozenset[str]:
        """Groups of the holdout's items."""
        return frozenset(item.group for item in self.items if item.group)

    @cached_property
    def solutions(self) -> dict[str, str]:
        """Items by their answer, up to spacing, punctuation and case."""
        return {solution_key(item.answer): item.key for item in self.items}


def telling_literals(code: str) -> dict[int, str]:
    """The numbers and texts in a code that can tell it from others, by token; 0, 1, 2 and single characters do not."""
    literals = code_literals(code.encode("utf-8", "replace"))
    return {n: text for n, text in enumerate(literals) if len(text) > 1 or text in _TELLING_DIGITS}


def solution_key(code: str) -> str:
    """Identity of a solution up to spacing, punctuation and case."""
    tables = folding()
    data, offsets, *_ = split_words(utf8(code), tables.codes, tables.sequences, tables.starts)
    return np.insert(data, offsets[1:-1], ord(" ")).tobytes().decode()


def index_digest(items: Sequence[Item], rule: Rule) -> str:
    """The digest of the index of these items under this rule."""
    return digest([RULE_VERSION, asdict(rule), sorted((item.model_dump() for item in items), key=lambda row: str(row["key"]))])


def build_index(items: Sequence[Item], rule: Rule | None = None) -> HoldoutIndex:
    """Index the holdout.

    Raises:
        Inconclusive: there is no holdout, or none of it can be indexed.
    """
    rule = rule or Rule()
    if not items:
        raise Inconclusive(
            "the holdout is empty: nothing can be called clean, and no gain could be believed; give tasks split: holdout"
        )
    text, text_found, short, twins = text_grams(items, rule)
    code, code_found = code_grams(items, rule, families_of(twins, rule.common_least))
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


def without_boilerplate(index: HoldoutIndex, text_counts: Longs, code_counts: Longs, most: int) -> HoldoutIndex:
    """The index in which grams that stand in more than ``most`` training texts are ignored."""

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
    """The index for these channels alone: items that only another channel could find count as unindexable.

    Raises:
        Inconclusive: no item of the holdout can be found.
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
        BadInput: it is not an index, is damaged, or was made of another holdout or under another rule.
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
