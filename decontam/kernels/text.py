"""The compiled scan for n-grams of words: from UTF-8 bytes to verified hits, without a Python object per word.

One pass: 64 bytes are classified at once, a word of up to 8 bytes is one load, a rolling polynomial over word hashes asks a
bitmap, then a table; what the table knows is compared word by word with the item's own words before it counts. The definition
of a word is ``decontam.kernels.tokens``; ``tests/test_decontam_kernel.py`` holds the two equal. Releases the GIL.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, uint64

from decontam.kernels.characters import CODE, decode, encode, same_word
from decontam.kernels.tokens import N
from decontam.kernels.vectors import escape_mask, escaped_mask, load64, trailing_zeros, word_mask

U = np.uint64
_K1, _K2, _K3 = U(0x9E3779B97F4A7C15), U(0xD6E8FEB86659FD93), U(0xC2B2AE3D27D4EB4F)
BASE = U(0x5851F42D4C957F2D)
_HIGH, _LOWER = U(0x8080808080808080), U(0x2020202020202020)
_ALONE = 1 << 24
ENDING_BITS = 14
ENDING_SHIFT = U(64 - ENDING_BITS)
_RING = 16  # the last words, their hashes and places; a power of two above N


def powers(count: int) -> Any:
    """Powers of the polynomial's base, from the 0th to the ``count``-th, modulo 2 to the 64."""
    return np.array([pow(int(BASE), n, 1 << 64) for n in range(count + 1)], np.uint64)


POWERS = powers(N)
MASKS = np.array([(1 << 8 * n) - 1 for n in range(8)] + [(1 << 64) - 1], np.uint64)


@njit(inline="always")
def mix(state, chunk):
    """The next state of a hash that takes 8 bytes at a time."""
    state = (state ^ chunk) * _K1
    state ^= state >> U(29)
    return state * _K2


@njit(inline="always")
def gram_key(hash_, length):
    """Table key of a gram: its polynomial and its number of words."""
    key = (hash_ + uint64(length) * _K3) * _K1
    return key ^ (key >> U(32))


@njit(nogil=True, cache=True)
def safe_load(data, start, end):
    """Up to 8 bytes from ``start``, none from ``end`` on."""
    value = U(0)
    for position in range(start, min(end, start + 8)):
        value |= uint64(data[position]) << uint64(8 * (position - start))
    return value


@njit(nogil=True, cache=True)
def hash_bytes(data, start, end):
    """Hash of the bytes from ``start`` to ``end``."""
    state = U(0)
    position = start
    while True:
        state = mix(state, safe_load(data, position, end))
        position += 8
        if position >= end:
            return state


@njit(nogil=True, cache=True)
def fold_run(data, start, end, codes, sequences, starts, folded, words):
    """Fold a run of bytes into words, until its end or until the room is used up.

    Writes the words' folded UTF-8 into ``folded`` and a row (begin in folded, end in folded, begin in data, end in data) per word
    into ``words``, of at least 4 rows. A word that alone fills it is cut. Returns the number of words and the place reached.
    """
    count, used = 0, 0
    begin, first, last = np.int64(0), np.int64(-1), np.int64(0)
    position = start
    escaped = False
    while position < end:
        if first < 0 and (count + 2 >= len(words) or 2 * used > len(folded)):
            return count, position
        if used + 128 > len(folded):
            break
        here = position
        point, position = decode(data, position, end)
        code = np.int64(codes[point])
        if escaped and (point == 0x6E or point == 0x74 or point == 0x72):
            code = 0
        escaped = point == 0x5C
        if code == -1:
            continue
        low, high = np.int64(0), np.int64(0)
        lead = code
        if code <= -2:
            low, high = np.int64(starts[-2 - code]), np.int64(starts[-1 - code])
            lead = np.int64(sequences[low])
        alone = code != 0 and lead & _ALONE != 0
        if (code == 0 or alone) and first >= 0:
            words[count, 0], words[count, 1], words[count, 2], words[count, 3] = begin, used, first, last
            count += 1
            first = -1
        if code == 0:
            continue
        if first < 0:
            begin, first = used, here
        if code > 0:
            used = encode(lead & CODE, folded, used)
        else:
            for k in range(low, high):
                used = encode(np.int64(sequences[k]) & CODE, folded, used)
        last = position
        if alone:
            words[count, 0], words[count, 1], words[count, 2], words[count, 3] = begin, used, first, last
            count += 1
            first = -1
    if first >= 0:
        words[count, 0], words[count, 1], words[count, 2], words[count, 3] = begin, used, first, last
        count += 1
    return count, position


def scan_text(data, offsets, *tables):
    """All verified grams of the index in the values of one column.

    Args:
        data: bytes of all values.
        offsets: n + 1 int64.
        tables: bitmap and its shift; keys and grams of the open-addressing table (gram -1 is empty) and its shift; the lengths of
            grams, descending; a bitmap of the last two words of grams shorter than N; first word and length of each gram; the
            folded words and their offsets; the folding tables.

    Returns:
        int64 rows (value, gram, ordinal of the gram's first word in the value, first byte, end byte in the value), ascending by
        value and end of gram.
    """
    hits = np.empty((max(4096, len(data) // 4), 5), np.int64)  # what is not filled takes no memory
    while True:
        count = _scan(data, offsets, hits, *tables)
        if count <= len(hits):
            return hits[:count]
        hits = np.empty((count, 5), np.int64)  # rare: the second pass has room for all


@njit(nogil=True, cache=True)
def _look_up(data, low, begins, ends, slot, key, n, position, value, hits, total, keys, grams, table_shift, gram_word,
             gram_length, word_bytes, word_offsets, codes, sequences, starts):  # fmt: skip
    """What the table knows under the key, compared word by word; the new number of hits, counted on where there is no room."""
    probe = np.int64(key >> table_shift)
    while grams[probe] >= 0:
        gram = grams[probe]
        if keys[probe] == key and gram_length[gram] == n:
            word, first = gram_word[gram], 0
            if 0 < total <= len(hits) and hits[total - 1, 0] == value and hits[total - 1, 2] == position - 1:
                before = hits[total - 1, 1]
                if gram_length[before] == n and gram_word[before] == word - 1:
                    first = n - 1  # the others were compared as words of the gram before
            same = True
            for k in range(first, n):
                which = (slot - n + 1 + k) & (_RING - 1)
                from_, to = word_offsets[word + k], word_offsets[word + k + 1]
                if not same_word(data, begins[which], ends[which], word_bytes, from_, to, codes, sequences, starts):
                    same = False
                    break
            if same:
                if total < len(hits):
                    hits[total, 0], hits[total, 1], hits[total, 2] = value, gram, position
                    hits[total, 3] = begins[(slot - n + 1) & (_RING - 1)] - low
                    hits[total, 4] = ends[slot] - low
                return total + 1
        probe = (probe + 1) & (len(keys) - 1)
    return total


@njit(inline="always")
def _known(keys, grams, key, table_shift):
    """Whether the table has the key; most of what passes the bitmap ends here."""
    probe = key >> table_shift
    while grams[probe] >= 0 and keys[probe] != key:
        probe = (probe + U(1)) & uint64(len(keys) - 1)
    return grams[probe] >= 0


@njit(nogil=True, cache=True)
def _scan(data, offsets, hits, bitmap, bitmap_shift, keys, grams, table_shift, lengths, endings, gram_word, gram_length,
          word_bytes, word_offsets, codes, sequences, starts):  # fmt: skip
    """Fill ``hits`` as far as it goes; returns how many there are.

    No array is made or replaced in the loop: that would cost more than the loop itself (numba counts references).
    """
    kept = 0
    prefix = np.zeros(_RING, np.uint64)  # polynomial over the words so far
    begins, ends = np.zeros(_RING, np.int64), np.zeros(_RING, np.int64)
    folded, words = np.empty(1 << 15, np.uint8), np.empty((1 << 8, 4), np.int64)
    tail = np.zeros(128, np.uint8)
    size = len(data)
    kinds, longest = len(lengths), POWERS[N]
    for value in range(len(offsets) - 1):
        low, high = offsets[value], offsets[value + 1]
        total, count, slot = U(0), 0, U(0)
        prefix[0] = U(0)
        start = np.int64(-1)
        carry, slash = U(0), U(0)
        base = low
        while base < high or start >= 0:
            if base + 64 <= size:
                mask, backslash, letter = word_mask(data, base), escape_mask(data, base), escaped_mask(data, base)
            elif base < high:
                for k in range(64):
                    tail[k] = data[base + k] if base + k < high else 0
                mask, backslash, letter = word_mask(tail, 0), escape_mask(tail, 0), escaped_mask(tail, 0)
            else:
                mask, backslash, letter = U(0), U(0), U(0)
            if high - base < 64:
                mask &= (U(1) << uint64(max(high - base, 0))) - U(1)
            if backslash | slash:
                mask &= ~(((backslash << U(1)) | slash) & letter)
            slash = backslash >> U(63)
            changes = mask ^ ((mask << U(1)) | carry)
            carry = mask >> U(63)
            while changes:
                place = base + np.int64(trailing_zeros(changes))
                changes &= changes - U(1)
                if start < 0:
                    start = place
                    continue
                # A run of word bytes, start to place: one word where it is ASCII.
                length = place - start
                plain = True
                hash_ = U(0)
                if length <= 16 and start + 16 <= size:
                    # Both halves are always hashed: a second multiplication costs less than a branch that is guessed wrong.
                    small = uint64(min(length, 8))
                    chunk, rest = load64(data, start) & MASKS[small], load64(data, start + 8) & MASKS[uint64(length) - small]
                    plain = (chunk | rest) & _HIGH == U(0)
                    hash_ = mix(U(0), chunk | (_LOWER & MASKS[small]))
                    longer = mix(hash_, rest | (_LOWER & MASKS[uint64(length) - small]))
                    hash_ = longer if length > 8 else hash_
                else:
                    at = start
                    while at < place and plain:
                        chunk = safe_load(data, at, place)
                        plain = chunk & _HIGH == U(0)
                        hash_ = mix(hash_, chunk | (_LOWER & MASKS[uint64(min(place - at, 8))]))
                        at += 8
                if plain:
                    slot = (slot + U(1)) & U(_RING - 1)
                    begins[slot], ends[slot] = start, place
                    total = total * BASE + hash_
                    prefix[slot] = total
                    count += 1
                    if count >= N:
                        key = gram_key(total - prefix[(slot - U(N)) & U(_RING - 1)] * longest, U(N))
                        bit = key >> bitmap_shift
                        if (bitmap[bit >> U(6)] >> (bit & U(63))) & U(1) and _known(keys, grams, key, table_shift):
                            kept = _look_up(data, low, begins, ends, np.int64(slot), key, N, count - N, value, hits, kept, keys,
                                             grams, table_shift, gram_word, gram_length, word_bytes, word_offsets, codes,
                                             sequences, starts)  # fmt: skip
                    if kinds == 1 or count < 2:
                        start = np.int64(-1)
                        continue
                    # Short items: one look at the last two words, however many lengths there are.
                    ending = gram_key(total - prefix[(slot - U(2)) & U(_RING - 1)] * POWERS[2], U(2)) >> ENDING_SHIFT
                    looked = kinds if (endings[ending >> U(6)] >> (ending & U(63))) & U(1) else 1
                    for which in range(1, looked):
                        n = lengths[which]
                        if count < n:
                            continue
                        key = gram_key(total - prefix[(slot - uint64(n)) & U(_RING - 1)] * POWERS[uint64(n)], uint64(n))
                        bit = key >> bitmap_shift
                        if (bitmap[bit >> U(6)] >> (bit & U(63))) & U(1) and _known(keys, grams, key, table_shift):
                            kept = _look_up(data, low, begins, ends, np.int64(slot), key, n, count - n, value, hits, kept, keys,
                                             grams, table_shift, gram_word, gram_length, word_bytes, word_offsets, codes,
                                             sequences, starts)  # fmt: skip
                    start = np.int64(-1)
                    continue
                while start < place:
                    produced, start = fold_run(data, start, place, codes, sequences, starts, folded, words)
                    for word in range(produced):
                        hash_ = hash_bytes(folded, words[word, 0], words[word, 1])
                        slot = (slot + U(1)) & U(_RING - 1)
                        begins[slot], ends[slot] = words[word, 2], words[word, 3]
                        total = total * BASE + hash_
                        prefix[slot] = total
                        count += 1
                        for which in range(kinds):
                            n = lengths[which]
                            if count < n:
                                continue
                            key = gram_key(total - prefix[(slot - uint64(n)) & U(_RING - 1)] * POWERS[uint64(n)], uint64(n))
                            bit = key >> bitmap_shift
                            if (bitmap[bit >> U(6)] >> (bit & U(63))) & U(1) and _known(keys, grams, key, table_shift):
                                kept = _look_up(data, low, begins, ends, np.int64(slot), key, n, count - n, value, hits, kept,
                                                 keys, grams, table_shift, gram_word, gram_length, word_bytes, word_offsets,
                                                 codes, sequences, starts)  # fmt: skip
                start = np.int64(-1)
            base += 64
    return kept


@njit(nogil=True, cache=True)
def split_words(data, codes, sequences, starts):
    """The words of one value: folded bytes, their offsets (n + 1), hashes, and byte spans (n, 2) in the value."""
    folded, words = np.empty(36 * len(data) + 256, np.uint8), np.empty((len(data) + 4, 4), np.int64)
    count, _ = fold_run(data, 0, len(data), codes, sequences, starts, folded, words)
    offsets, hashes = np.zeros(count + 1, np.int64), np.empty(count, np.uint64)
    for n in range(count):
        offsets[n + 1] = words[n, 1]
        hashes[n] = hash_bytes(folded, words[n, 0], words[n, 1])
    return folded[: offsets[count]].copy(), offsets, hashes, words[:count, 2:].copy()


@njit(nogil=True, cache=True)
def gram_keys(hashes, length):
    """Keys of all grams of ``length`` words, by position."""
    keys = np.empty(max(len(hashes) - length + 1, 0), np.uint64)
    for position in range(len(keys)):
        total = U(0)
        for k in range(length):
            total = total * BASE + hashes[position + k]
        keys[position] = gram_key(total, uint64(length))
    return keys
