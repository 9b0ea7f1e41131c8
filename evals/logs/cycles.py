"""Records whose parents go round in a circle: found in one pass over all of a file's links, in bounded memory.

Pointer jumping: after k rounds each record points to its ancestor 2^k steps up. Those that still point to a record of the file
when every chain must have ended are in a circle, or below one.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """How many records are in or below a circle of parents, and the number of the first such record (from 1)."""

    members: int = 0
    first: int = 0


def find_cycles(links: array[int]) -> Cycle:
    """The circles among links, given flat as (digest of the id, digest of its parent, number of the record), 64 bits each."""
    if not len(links):
        return Cycle()
    ids, parents, numbers = np.array(links, np.uint64).reshape(-1, 3).T
    ids, first = np.unique(ids, return_index=True)  # sorted
    parents, numbers = parents[first], numbers[first]
    places = np.minimum(np.searchsorted(ids, parents), len(ids) - 1)
    outside = len(ids)
    above = np.append(np.where(ids[places] == parents, places, outside), outside)
    for _ in range(max(1, len(ids)).bit_length()):
        above = above[above]
    stuck = np.flatnonzero(above[:-1] != outside)
    return Cycle(members=len(stuck), first=int(numbers[stuck].min()) if len(stuck) else 0)
