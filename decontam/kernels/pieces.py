"""Which tokens of a text stand in a list of known pieces, runs of a few tokens each, and which n-grams are more than that."""

from __future__ import annotations

import numpy as np
from numba import njit, uint64

from decontam.kernels.text import BASE, gram_key

U = np.uint64


@njit(nogil=True, cache=True)
def cover(hashes, size, keys, table, shift, covered):
    """Mark in ``covered``, uint8 a token, each run of ``size`` tokens whose key is in the table of ``indexing.key_table``."""
    mask = len(table) - 1
    for first in range(len(hashes) - size + 1):
        total = U(0)
        for k in range(size):
            total = total * BASE + hashes[first + k]
        key = gram_key(total, uint64(size))
        probe = np.int64(key >> shift)
        while table[probe] >= 0 and keys[probe] != key:
            probe = (probe + 1) & mask
        if table[probe] >= 0:
            covered[first : first + size] = 1


@njit(nogil=True, cache=True)
def own_positions(positions, covered, width, least):
    """Of the n-grams of ``width`` tokens from ``positions`` on, those of which ``least`` tokens or more are not covered."""
    kept = np.empty(len(positions), np.int64)
    used = 0
    for position in positions:
        own = 0
        for token in range(position, position + width):
            own += covered[token] == 0
        if own >= least:
            kept[used] = position
            used += 1
    return kept[:used].copy()
