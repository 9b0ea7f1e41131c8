"""Duplicates within a holdout and between its splits: exact (the same words) and near (half of the 8-grams of one in the other).

Does not see paraphrases. A duplicate between train and holdout is a leak in the suite itself, before any training file is read.
"""

from __future__ import annotations

from collections.abc import Sequence

from decontam.index import HoldoutIndex, solution_key
from decontam.matching import match_text
from decontam.records import Item

NEAR = 0.5  # coverage of a part


def duplicate_counts(index: HoldoutIndex, others: Sequence[Item]) -> dict[str, int]:
    """Items with a duplicate, by kind: ``holdout x holdout exact`` and ``near``, ``train x holdout exact`` and so on."""
    counts: dict[str, int] = {}
    own: dict[str, str] = {}
    for item, twin in zip(index.items, index.twins, strict=True):
        words = _words(item)
        kind = "exact" if words in own else "near" if twin else ""
        own.setdefault(words, item.key)
        if kind:
            counts[f"holdout x holdout {kind}"] = counts.get(f"holdout x holdout {kind}", 0) + 1
    for item in others:
        kind = "exact" if _words(item) in own else "near" if _is_near(item, index) else ""
        if kind:
            name = f"{item.split} x holdout {kind}"
            counts[name] = counts.get(name, 0) + 1
    return counts


def _words(item: Item) -> str:
    return f"{solution_key(item.prompt)}\n{solution_key(item.answer)}"


def _is_near(item: Item, index: HoldoutIndex) -> bool:
    parts = (item.prompt, item.answer)
    return any(match.leak and match.coverage >= NEAR for text in parts for match in match_text(text, index))
