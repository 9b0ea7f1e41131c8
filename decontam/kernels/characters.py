"""Characters for the kernels: UTF-8 to code points and back, and whether a word of a text folds to a known one."""

from __future__ import annotations

import numpy as np
from numba import njit

CODE = (1 << 24) - 1  # the code point in an entry of the folding table


@njit(nogil=True, cache=True)
def decode(data, position, end):
    """One UTF-8 code point and the position after it; a broken byte is code 0 (a separator)."""
    first = np.int64(data[position])
    if first < 0x80:
        return first, position + 1
    size = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    if first < 0xC2 or first > 0xF4 or position + size > end:
        return np.int64(0), position + 1
    point = first & (0x1F if size == 2 else 0x0F if size == 3 else 0x07)
    for k in range(1, size):
        byte = np.int64(data[position + k])
        if byte & 0xC0 != 0x80:
            return np.int64(0), position + 1
        point = (point << 6) | (byte & 0x3F)
    if point > 0x10FFFF:
        return np.int64(0), position + 1
    return point, position + size


@njit(nogil=True, cache=True)
def encode(code, out, used):
    """Append a code point as UTF-8; returns the new length."""
    if code < 0x80:
        out[used] = code
        return used + 1
    if code < 0x800:
        out[used] = 0xC0 | (code >> 6)
        out[used + 1] = 0x80 | (code & 0x3F)
        return used + 2
    if code < 0x10000:
        out[used] = 0xE0 | (code >> 12)
        out[used + 1] = 0x80 | ((code >> 6) & 0x3F)
        out[used + 2] = 0x80 | (code & 0x3F)
        return used + 3
    out[used] = 0xF0 | (code >> 18)
    out[used + 1] = 0x80 | ((code >> 12) & 0x3F)
    out[used + 2] = 0x80 | ((code >> 6) & 0x3F)
    out[used + 3] = 0x80 | (code & 0x3F)
    return used + 4


@njit(nogil=True, cache=True)
def same_word(data, start, end, wanted, low, high, codes, sequences, starts):
    """Whether the word at these bytes folds to ``wanted[low:high]``; of letters and digits in ASCII that is seen at once."""
    at = low
    if end - start == high - low:
        while at < high and data[start + at - low] | 0x20 == wanted[at] and wanted[at] < 128:
            at += 1
        if at == high:
            return True
    position, at = start, low
    scratch = np.empty(4, np.uint8)
    while position < end:
        point, position = decode(data, position, end)
        code = np.int64(codes[point])
        if code == -1:
            continue
        first, last = np.int64(0), np.int64(1)
        if code <= -2:
            first, last = np.int64(starts[-2 - code]), np.int64(starts[-1 - code])
        for k in range(first, last):
            single = code if code > 0 else np.int64(sequences[k])
            size = encode(single & CODE, scratch, 0)
            if at + size > high:
                return False
            for n in range(size):
                if wanted[at + n] != scratch[n]:
                    return False
            at += size
    return at == high
