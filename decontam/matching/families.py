"""Items of a holdout that are alike: variants of one item count as one when counting the items in which a gram occurs.

Without this the grams of an item that occurs twice in a holdout would be unique to neither, and no leak of it would be seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from decontam.kernels.batches import Longs

_TWIN_ITEMS = 64  # a gram in more items than this is boilerplate, and does not show that two items are alike
_TWIN_SHARE, _TWIN_LEAST = 0.5, 8  # nor does one in half of a small holdout, as what checks of a suite have in common
ALIKE = 0.5
"""Share of the grams of the smaller of two items from which they are variants of one."""
_NEARLY_THE_SAME = 0.9


def twins_of(items: int, item_of: Longs, key_of: NDArray[np.uint64]) -> list[tuple[int, float] | None]:
    """For each item an earlier one that shares half of the grams of the smaller of the two, and the share; else None.

    Without this the grams of an item that occurs twice in a holdout would be unique to neither, and no leak of it would be seen.
    """
    from scipy.sparse import coo_array

    if not len(key_of):
        return [None] * items
    numbers = np.unique(key_of, return_inverse=True)[1].astype(np.int64)
    pairs = distinct_pairs(item_of, numbers)
    sizes = np.bincount(pairs[:, 0], minlength=items)
    often = np.bincount(pairs[:, 1])
    most = min(_TWIN_ITEMS, max(_TWIN_LEAST, int(_TWIN_SHARE * items)))
    kept = often[pairs[:, 1]] <= most
    pairs = pairs[kept]
    sizes = np.bincount(pairs[:, 0], minlength=items)
    pairs = pairs[often[pairs[:, 1]] > 1]
    ones = np.ones(len(pairs), np.int32)
    table = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(items, int(numbers.max()) + 1)).tocsr()
    shared = (table @ table.T).tocoo()
    twins: list[tuple[int, float] | None] = [None] * items
    for left, right, count in zip(shared.coords[0].tolist(), shared.coords[1].tolist(), shared.data.tolist(), strict=True):
        share = count / min(sizes[left], sizes[right])
        best = twins[left]
        if right < left and count >= 3 and share >= ALIKE and (best is None or share > best[1]):
            twins[left] = (right, float(share))
    return twins


def distinct_pairs(first: Longs, second: Longs) -> Longs:
    """Rows (first, second), each once and ascending; both hold numbers from 0 on. Sorts single numbers, which pairs are not."""
    if not len(first):
        return np.zeros((0, 2), np.int64)
    width = int(second.max()) + 1
    return np.stack(np.divmod(np.unique(first * width + second), width), axis=1)


def families_of(twins: Sequence[tuple[int, float] | None], most: int) -> Longs:
    """A family number for each item; similar items share one.

    Up to ``most`` items that share half are variants of one item. More of them are of one template, which would be theirs alone
    if they were one family: of these only those are one that are nearly the same.
    """
    wide, close = _chains(twins, ALIKE), _chains(twins, _NEARLY_THE_SAME)
    sizes = np.bincount(wide)
    return np.where(sizes[wide] <= most, wide, close)


def joined(first: Longs, second: Longs, most: int) -> Longs:
    """Families of items that are alike in one way or another.

    More than ``most`` times two in one are of one template, and stay as they are in ``first``.
    """
    if not len(first):
        return first
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    items = len(first)
    links = np.concatenate([first, second + items])
    table = coo_array((np.ones(2 * items, np.int8), (np.tile(np.arange(items), 2), links)), shape=(2 * items, 2 * items))
    labels = connected_components(table, directed=False)[1][:items].astype(np.int64)
    sizes = np.bincount(labels)
    return np.where(sizes[labels] <= 2 * most, labels, items * 2 + first)


def _chains(twins: Sequence[tuple[int, float] | None], least: float) -> Longs:
    family = list(range(len(twins)))
    for number, twin in enumerate(twins):
        if twin is not None and twin[1] >= least:
            family[number] = family[twin[0]]  # an earlier item, whose family is known
    return np.array(family, np.int64)
