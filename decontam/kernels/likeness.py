"""How alike code is beyond windows, compiled: the numbers and texts place by place, and how many tokens stand in one order.

``decontam.matching.judging`` says what follows from it. Tokens are compared by the hash of what they say. Releases the GIL.
"""

from __future__ import annotations

import numpy as np
from numba import njit, uint64

from decontam.kernels.code import W, lex
from decontam.kernels.score import FIRST, LAST, PART
from decontam.kernels.text import hash_bytes

U = np.uint64
UNSEEN, DIFFERS, AGREES = np.int8(-1), np.int8(0), np.int8(1)
_NAME = np.frombuffer(b"name", np.uint8)


@njit(nogil=True, cache=True)
def _said_hash(data, start, end):
    """The hash of a literal without its quotes."""
    while start < end and (data[start] == 34 or data[start] == 39 or data[start] == 96):
        start += 1
    while start < end and (data[end - 1] == 34 or data[end - 1] == 39 or data[end - 1] == 96):
        end -= 1
    return hash_bytes(data, start, end)


@njit(nogil=True, cache=True)
def shape_hashes(data, values, spans, bounds, text, number):
    """The tokens of codes as they are aligned: own names count as one; assignment signs, brackets of calls and commas go.

    ``values``, ``spans`` and ``bounds`` are those of the lexer, ``text`` and ``number`` its codes of literals. Returns the hashes
    and where those of each code begin.
    """
    hashes, begins = np.empty(len(values), np.uint64), np.zeros(len(bounds), np.int64)
    used = 0
    for code in range(len(bounds) - 1):
        for token in range(bounds[code], bounds[code + 1]):
            start, end = spans[token, 0], spans[token, 1]
            if values[token, 1] != U(0):
                hashes[used] = hash_bytes(_NAME, 0, len(_NAME))
            elif values[token, 0] == text or values[token, 0] == number:
                hashes[used] = _said_hash(data, start, end)
            elif end - start == 1 and (data[start] == 40 or data[start] == 41 or data[start] == 44 or data[start] == 61):
                continue
            else:
                hashes[used] = hash_bytes(data, start, end)
            used += 1
        begins[code + 1] = used
    return hashes[:used].copy(), begins


@njit(nogil=True, cache=True)
def _chains(item, text):
    """For each token of ``item`` its first place in ``text``, for each place the next with the same token, -1 behind the last.

    Also how many tokens both have, whatever their order.
    """
    size = 16
    while size < 2 * len(text):
        size *= 2
    keys, heads, counts = np.zeros(size, np.uint64), np.full(size, -1, np.int64), np.zeros(size, np.int64)
    following, firsts = np.empty(len(text), np.int64), np.empty(len(item), np.int64)
    mask = uint64(size - 1)
    for place in range(len(text) - 1, -1, -1):
        probe = text[place] & mask
        while heads[probe] >= 0 and keys[probe] != text[place]:
            probe = (probe + U(1)) & mask
        following[place] = heads[probe]
        keys[probe], heads[probe] = text[place], place
        counts[probe] += 1
    both = 0
    for token in range(len(item)):
        probe = item[token] & mask
        while heads[probe] >= 0 and keys[probe] != item[token]:
            probe = (probe + U(1)) & mask
        firsts[token] = heads[probe]
        both += counts[probe] > 0
        counts[probe] -= 1
    return firsts, following, both


@njit(nogil=True, cache=True)
def aligned(items, item_begins, which, texts, text_begins, least):
    """By text, how many tokens of item ``which`` stand in it in the same order, in stretches of two or more.

    0 where less than the share ``least`` of them occurs at all, which is told without the order.
    """
    counts = np.zeros(len(which), np.int64)
    for n in range(len(which)):
        item = items[item_begins[which[n]] : item_begins[which[n] + 1]]
        counts[n] = _aligned(item, texts[text_begins[n] : text_begins[n + 1]], least[n] * len(item)) if len(item) else 0
    return counts


@njit(nogil=True, cache=True)
def _aligned(item, text, least):
    """The longest stretch first, then what is on either side of it (Ratcliff and Obershelp).

    The same stretches as those of ``difflib.SequenceMatcher`` without junk.
    """
    firsts, following, both = _chains(item, text)
    if both < least:
        return 0
    # before[k]: how long the stretch is that ends with the token before ``here`` and the text's token k - 1.
    before, ahead = np.zeros(len(text) + 1, np.int64), np.zeros(len(text) + 1, np.int64)
    waiting = np.empty((len(item) + 2, 4), np.int64)
    waiting[0, 0], waiting[0, 1], waiting[0, 2], waiting[0, 3] = 0, len(item), 0, len(text)
    left, total = 1, 0
    while left:
        left -= 1
        first, end, low, high = waiting[left, 0], waiting[left, 1], waiting[left, 2], waiting[left, 3]
        best_first, best_low, best = first, low, 0
        for here in range(first, end):
            place = firsts[here]
            while 0 <= place < high:
                if place >= low:
                    length = before[place] + 1
                    ahead[place + 1] = length
                    if length > best:
                        best_first, best_low, best = here - length + 1, place - length + 1, length
                place = following[place]
            place = firsts[here - 1] if here > first else -1
            while place >= 0:
                before[place + 1] = 0
                place = following[place]
            before, ahead = ahead, before
        place = firsts[end - 1]
        while place >= 0:
            before[place + 1] = 0
            place = following[place]
        if best == 0:
            continue
        total += best if best > 1 else 0
        if first < best_first and low < best_low:
            waiting[left, 0], waiting[left, 1], waiting[left, 2], waiting[left, 3] = first, best_first, low, best_low
            left += 1
        if best_first + best < end and best_low + best < high:
            waiting[left, 0], waiting[left, 1] = best_first + best, end
            waiting[left, 2], waiting[left, 3] = best_low + best, high
            left += 1
    return total


@njit(nogil=True, cache=True)
def agreed(data, offsets, hits, order, rows, posting_starts, posting_parts, posting_positions, own_starts, own_places, own_said,
           starts, classes, pairs, kept, text, number):  # fmt: skip
    """For each row of ``rows`` and each telling literal of its part: whether matched code has the same in its place.

    ``hits``, ``order`` and ``rows`` are those of ``score``; ``own_*`` list by part the tokens of its telling literals and the
    hashes of what they say; ``starts``: where the literals of each row begin in the result. Windows overlap: what agrees once
    agrees, and no token is compared with one place twice.
    """
    states = np.full(starts[-1], UNSEEN, np.int8)
    seen, since = np.zeros(starts[-1], np.uint64), np.zeros(starts[-1], np.int64)
    room = 256
    values, spans = np.empty((room, 2), np.uint64), np.empty((room, 2), np.int64)
    for row in range(len(rows)):
        part = rows[row, PART]
        own, many = own_starts[part], own_starts[part + 1] - own_starts[part]
        if not many:
            continue
        base = starts[row]
        for at in range(rows[row, FIRST], rows[row, LAST] + 1):
            value, gram, first = hits[order[at], 0], hits[order[at], 1], hits[order[at], 2]
            low, high = posting_starts[gram], posting_starts[gram + 1]
            while posting_parts[low] < part and low + 1 < high:
                low += 1
            position = posting_positions[low]
            begin, end = 0, many
            while begin < end:
                middle = (begin + end) // 2
                begin, end = (middle + 1, end) if own_places[own + middle] < position else (begin, middle)
            fresh = False
            while end < many and own_places[own + end] < position + W:
                # Bit n of ``seen``: token ``since`` + n was compared with this place. Tokens before ``first`` come no more.
                passed = first - since[base + end]
                seen[base + end] = seen[base + end] >> uint64(passed) if passed < 64 else U(0)
                since[base + end] = first
                bit = uint64(own_places[own + end] - position)
                fresh = fresh or (states[base + end] != AGREES and not (seen[base + end] >> bit) & U(1))
                end += 1
            if not fresh:
                continue
            start, stop = offsets[value] + hits[order[at], 3], offsets[value] + hits[order[at], 4]
            if stop - start + 16 > room:
                room = 2 * (stop - start + 16)
                values, spans = np.empty((room, 2), np.uint64), np.empty((room, 2), np.int64)
            count = lex(data, start, stop, classes, pairs, kept, True, values, spans)
            if count != W:  # a docstring lies within the window
                count = lex(data, start, stop, classes, pairs, kept, False, values, spans)
            if count != W:
                continue
            for which in range(begin, end):
                token = own_places[own + which] - position
                if states[base + which] == AGREES or (seen[base + which] >> uint64(token)) & U(1):
                    continue
                seen[base + which] |= U(1) << uint64(token)
                code = values[token, 0]
                same = code == text or code == number
                same = same and _said_hash(data, spans[token, 0], spans[token, 1]) == own_said[own + which]
                states[base + which] = AGREES if same else DIFFERS
    return states
