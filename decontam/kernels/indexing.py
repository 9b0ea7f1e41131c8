"""What building an index does for every gram of a holdout, compiled: which grams are informative, and the tables of keys."""

from __future__ import annotations

import numpy as np
from numba import njit

from decontam.kernels import code as codekernel
from decontam.kernels.tokens import N

U = np.uint64
W = codekernel.W


@njit(nogil=True, cache=True)
def word_kinds(data, offsets):
    """For each folded word 1 where it has two letters or more and nothing else, 0 where not, 2 where only Unicode can tell."""
    kinds = np.zeros(len(offsets) - 1, np.uint8)
    for word in range(len(kinds)):
        low, high = offsets[word], offsets[word + 1]
        letters = 0
        for at in range(low, high):
            if data[at] >= 128:
                kinds[word] = 2
                break
            letters += 97 <= data[at] <= 122
        else:
            kinds[word] = letters == high - low and high - low > 1
    return kinds


@njit(nogil=True, cache=True)
def informative_positions(kinds, hashes):
    """First words of the grams of N words that are informative: see ``decontam.kernels.tokens.informative``."""
    kept = np.empty(max(len(hashes) - N + 1, 0), np.int64)
    used = 0
    for first in range(len(kept)):
        words, distinct = 0, 0
        for k in range(N):
            words += kinds[first + k]
            fresh = True
            for back in range(k):
                fresh = fresh and hashes[first + back] != hashes[first + k]
            distinct += fresh
        if 5 * words >= 2 * N and 2 * distinct >= N:
            kept[used] = first
            used += 1
    return kept[:used].copy()


@njit(nogil=True, cache=True)
def telling_positions(values, least_signs):
    """First tokens of the windows of code that are informative: half of it distinct, and two words that keep their meaning.

    ``least_signs``: that many signs other than comma and full stop, which tells code from prose.
    """
    kept = np.empty(max(len(values) - W + 1, 0), np.int64)
    codes = np.empty(W, np.uint64)
    used = 0
    for first in range(len(kept)):
        codekernel.window_codes(values, first, codes)
        words, distinct, signs = 0, 0, 0
        for k in range(W):
            code = values[first + k, 0]
            words += code > U(0xFFFF)
            signs += code != U(0) and code <= U(0xFFFF) and code != U(44) and code != U(46)
            fresh = True
            for back in range(k):
                fresh = fresh and codes[back] != codes[k]
            distinct += fresh
        if 2 * distinct >= W and words >= 2 and signs >= least_signs:
            kept[used] = first
            used += 1
    return kept[:used].copy()


@njit(nogil=True, cache=True)
def codes_at(values, firsts, out):
    """The codes of the windows from each of ``firsts`` on, into the rows of ``out``."""
    for n in range(len(firsts)):
        codekernel.window_codes(values, firsts[n], out[n])


@njit(nogil=True, cache=True)
def key_table(keys, bits):
    """Open addressing by the top ``bits`` of the key, linear probing; -1 is empty."""
    size = 1 << bits
    slots, table = np.zeros(size, np.uint64), np.full(size, -1, np.int32)
    shift = U(64 - bits)
    for gram in range(len(keys)):
        probe = np.int64(keys[gram] >> shift)
        while table[probe] >= 0:
            probe = (probe + 1) & (size - 1)
        slots[probe], table[probe] = keys[gram], gram
    return slots, table
