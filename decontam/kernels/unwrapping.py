"""The compiled decoder of escapes, tags, entities, terminal colours and letters that look alike: a layer off a text at once.

Which stretches have a layer is told by ``decontam.kernels.layers``. Each byte of the result has the place where it came from.
Releases the GIL.
"""

from __future__ import annotations

from html.entities import html5

import numpy as np
from numba import njit

from decontam.kernels.layers import COLOURS, ESCAPES, LETTERS, LONGEST_ENTITY, MARKUP, PERCENT, is_foreign, is_letter, number_at
from decontam.kernels.text import hash_bytes

U = np.uint64
_LONGEST_TAG = 512

_LATIN = "aceopxyijsdqwhbkmtnnrgluABCEHIJKMOPSTXYZaoevikptuxyABEHIKMNOPTXYZongh"
_SEEN = "асеорхуіјѕԁԛԝһвкмтпиггцдАВСЕНІЈКМОРЅТХУЗαοενικρτυχγΑΒΕΗΙΚΜΝΟΡΤΧΥΖоռցհ"
_FIRST_LETTER, _LETTERS = 0x370, 0x590 - 0x370


def _lookalikes() -> np.ndarray:
    """By code point from Greek to Armenian: the Latin letter that looks the same, or 0."""
    table = np.zeros(_LETTERS, np.uint8)
    for seen, latin in zip(_SEEN, _LATIN, strict=True):
        if seen.lower() not in "игцдпзг":  # these look like no letter
            table[ord(seen) - _FIRST_LETTER] = ord(latin)
    return table


LOOKALIKES = _lookalikes()


def named_characters() -> tuple[np.ndarray, np.ndarray]:
    """HTML's named characters by the hash of the name, open addressing: keys and code points."""
    keys, points = np.zeros(1 << 13, np.uint64), np.zeros(1 << 13, np.int32)
    for name, value in html5.items():
        if name.endswith(";") and len(value) == 1 and len(name) <= LONGEST_ENTITY:
            data = np.frombuffer(name[:-1].encode(), np.uint8)
            key = int(hash_bytes(data, 0, len(data)))
            probe = key & 8191
            while keys[probe]:
                probe = (probe + 1) & 8191
            keys[probe], points[probe] = key, ord(value)
    return keys, points


@njit(nogil=True, cache=True)
def _put(point, out, source, used, at):
    """Append a code point; returns the new length."""
    if point < 0x80:
        out[used], source[used] = point, at
        return used + 1
    if point < 0x800:
        size = 2
        out[used] = 0xC0 | (point >> 6)
    elif point < 0x10000:
        size = 3
        out[used] = 0xE0 | (point >> 12)
        out[used + 1] = 0x80 | ((point >> 6) & 0x3F)
    else:
        size = 4
        out[used] = 0xF0 | (point >> 18)
        out[used + 1] = 0x80 | ((point >> 12) & 0x3F)
        out[used + 2] = 0x80 | ((point >> 6) & 0x3F)
    out[used + size - 1] = 0x80 | (point & 0x3F)
    for k in range(size):
        source[used + k] = at
    return used + size


@njit(nogil=True, cache=True)
def unwrap(data, low, high, kinds, keys, points, lookalikes, out, source):
    """Decode the bytes from ``low`` to ``high`` into ``out``, of as many bytes and 4 more; ``source``: where each came from.

    ``kinds``: a bit for each kind to decode. A tag gives nothing, or a line break where it breaks lines; an escape that is broken
    stays. Returns the length.
    """
    used = 0
    at = low
    while at < high:
        byte = data[at]
        if byte == 92 and kinds & 1 << ESCAPES and at + 1 < high:
            after = data[at + 1]
            digits = 4 if after == 117 else 2 if after == 120 else 0
            point = number_at(data, at + 2, high, digits) if digits else np.int64(-1)
            size = 2 + digits
            if 0xD800 <= point < 0xDC00 and at + 12 <= high and data[at + 6] == 92 and data[at + 7] == 117:
                second = number_at(data, at + 8, high, 4)
                if 0xDC00 <= second < 0xE000:
                    point, size = 0x10000 + ((point - 0xD800) << 10) + (second - 0xDC00), 12
            if point < 0:
                size = 2
                if after == 110:
                    point = 10
                elif after == 116 or after == 114:
                    point = 32
                elif after == 34 or after == 92 or after == 47 or after == 39:
                    point = np.int64(after)
            if point >= 0:
                used = _put(point, out, source, used, at)
                at += size
                continue
        elif byte == 38 and kinds & 1 << MARKUP and at + 2 < high:
            end = at + 1
            while end < high and end < at + LONGEST_ENTITY and data[end] != 59 and data[end] > 32:
                end += 1
            if end < high and data[end] == 59:
                point = np.int64(-1)
                if data[at + 1] == 35:
                    hexadecimal = data[at + 2] | 0x20 == 120
                    point = number_at(data, at + 3, end, end - at - 3) if hexadecimal else np.int64(0)
                    for k in range(at + 2, end if not hexadecimal else at + 2):
                        point = point * 10 + data[k] - 48 if point >= 0 and 48 <= data[k] <= 57 else np.int64(-1)
                    point = point if point < 0x110000 else np.int64(-1)
                else:
                    key = hash_bytes(data, at + 1, end)
                    probe = key & U(8191)
                    while keys[probe] != U(0) and keys[probe] != key:
                        probe = (probe + U(1)) & U(8191)
                    point = np.int64(points[probe]) if keys[probe] == key else np.int64(-1)
                if point == 160:
                    point = 32
                if point > 0:
                    used = _put(point, out, source, used, at)
                    at = end + 1
                    continue
        elif byte == 60 and kinds & 1 << MARKUP and at + 2 < high:
            after = data[at + 1]
            if after == 47 or is_letter(after) or after == 33:
                end = at + 1
                while end < high and end < at + _LONGEST_TAG and data[end] != 62 and data[end] != 60:
                    end += 1
                if end < high and data[end] == 62:
                    name = data[at + 2] if after == 47 else after
                    second = data[at + 2 + (after == 47)] if at + 3 < high else np.uint8(0)
                    lower, next_ = name | 0x20, second | 0x20
                    breaks = (
                        (lower == 98 and next_ == 114)
                        or (lower == 112 and not is_letter(second))
                        or ((lower == 108 or lower == 100) and next_ == 105)
                        or (lower == 116 and next_ == 114)
                        or lower == 104
                    )
                    if breaks:
                        used = _put(10, out, source, used, at)
                    at = end + 1
                    continue
        elif byte == 37 and kinds & 1 << PERCENT:
            point = number_at(data, at + 1, high, 2)
            if point >= 0:
                out[used], source[used] = point, at
                used += 1
                at += 3
                continue
        elif byte == 43 and kinds & 1 << PERCENT:
            out[used], source[used] = 32, at
            used += 1
            at += 1
            continue
        elif byte == 27 and kinds & 1 << COLOURS and at + 1 < high and data[at + 1] == 91:
            end = at + 2
            while end < high and end < at + 24 and not 64 <= data[end] <= 126:
                end += 1
            at = end + 1
            continue
        elif kinds & 1 << LETTERS and byte >= 0xC2 and at + 1 < high:
            if byte == 0xE2 and is_foreign(data, at, high):
                at += 3
                continue
            if byte < 0xE0:
                point = ((np.int64(byte) & 0x1F) << 6) | (np.int64(data[at + 1]) & 0x3F)
                place = point - 0x370
                if 0 <= place < len(lookalikes) and lookalikes[place]:
                    out[used], source[used] = lookalikes[place], at
                    used += 1
                    at += 2
                    continue
                if 0x300 <= point < 0x370 or point == 0xAD:
                    at += 2
                    continue
        out[used], source[used] = byte, at
        used += 1
        at += 1
    return used
