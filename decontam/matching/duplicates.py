"""Duplicates within a holdout and between its splits: exact (the same words) and near (half of the 8-grams of one in the other).

Does not see paraphrases. A duplicate between train and holdout is a leak in the suite itself, before any training file is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress

from decontam.matching.found import SHORT
from decontam.matching.index import HoldoutIndex, build_index, solution_key
from decontam.matching.match import as_column, find_matches
from decontam.records import Item
from evals.errors import Inconclusive

NEAR = 0.5  # coverage of a part
_ORDER = ("train", "final", "dev", "holdout")


def duplicate_counts(index: HoldoutIndex, others: Sequence[Item]) -> dict[str, int]:
    """Items with a duplicate, by kind: ``holdout x holdout exact``, ``... near``, ``dev x holdout``, ``train x holdout``."""
    counts: Counter[str] = Counter()
    for part in _by_split(index):
        split = part.items[0].split
        own: set[str] = set()
        for item, twin in zip(part.items, part.twins, strict=True):
            words = _words(item)
            kind = "exact" if words in own else "near" if twin else ""
            own.add(words)
            counts.update([f"{split} x {split} {kind}"] if kind else ())
        earlier = [item for item in (*others, *index.items) if _ORDER.index(item.split) < _ORDER.index(split)]
        counts.update(_between(earlier, part, split))
    return dict(counts)


def _by_split(index: HoldoutIndex) -> Iterator[HoldoutIndex]:
    """An index for each split's items, the holdout's first; items too short to be looked for have none."""
    splits = sorted({item.split for item in index.items}, key=_ORDER.index, reverse=True)
    for split in splits:
        with suppress(Inconclusive):
            mine = [item for item in index.items if item.split == split]
            yield index if len(splits) == 1 else build_index(mine, index.rule)


def _between(items: Sequence[Item], index: HoldoutIndex, split: str) -> dict[str, int]:
    """How many items have a duplicate in the split that the index is of."""
    counts: dict[str, int] = {}
    own = {_words(item) for item in index.items}
    near = _near(items, index)
    for number, item in enumerate(items):
        kind = "exact" if _words(item) in own else "near" if number in near else ""
        if kind:
            name = f"{item.split} x {split} {kind}"
            counts[name] = counts.get(name, 0) + 1
    return counts


def _words(item: Item) -> str:
    return f"{solution_key(item.prompt)}\n{solution_key(item.answer)}"


def _near(items: Sequence[Item], index: HoldoutIndex) -> set[int]:
    """The numbers of the items of which a part holds a large part of an item of the index, its own or not."""
    found = find_matches(as_column(text for item in items for text in (item.prompt, item.answer)), index).table
    near: list[int] = (found["value"][(found["verdict"] != SHORT) & (found["coverage"] >= NEAR)] // 2).tolist()
    return set(near)
