r"""The compiled look for text within text, and the decoder of escapes: what a scan cannot read as it stands.

``look`` passes over a column once, 64 bytes at a time, and says where signs of a layer stand closely together: escapes
(``\u0041``, ``\n`` within one line), markup (tags, entities), percent escapes, terminal colours, letters of other alphabets among
Latin ones, base64, and lines that begin alike. Plain text has none, and is looked at no further. Decoded are they by
``decontam.kernels.unwrapping`` and ``decontam.matching.views``. Releases the GIL.
"""

from __future__ import annotations

import numpy as np
from numba import njit, uint64

from decontam.kernels.batches import Bytes, Longs
from decontam.kernels.vectors import base64_mask, byte_mask, code_mask, high_mask, layer_mask, ones, trailing_zeros

U = np.uint64
ESCAPES, MARKUP, PERCENT, COLOURS, LETTERS, BASE64, LINES, KINDS = range(8)
# By kind: how many signs make a layer, and how far apart they may stand, in bytes (in lines for LINES, in blocks for BASE64).
LEAST = np.array([4, 3, 6, 3, 3, 2, 3], np.int64)
GAP = np.array([400, 300, 120, 300, 400, 1, 3], np.int64)
LONGEST_ENTITY = 12
_WITHIN_LINE, _ANYWHERE = 1, 2


@njit(inline="always")
def is_letter(byte):
    """Whether a byte is an ASCII letter."""
    return 97 <= (byte | 0x20) <= 122


@njit(inline="always")
def _hex(byte):
    """The value of a hexadecimal digit, or -1."""
    if 48 <= byte <= 57:
        return np.int64(byte) - 48
    lower = np.int64(byte | 0x20)
    return lower - 87 if 97 <= lower <= 102 else np.int64(-1)


@njit(nogil=True, cache=True)
def number_at(data, position, high, digits):
    """The number that ``digits`` hexadecimal digits from ``position`` on give, or -1."""
    if position + digits > high:
        return np.int64(-1)
    total = np.int64(0)
    for k in range(digits):
        value = _hex(data[position + k])
        if value < 0:
            return np.int64(-1)
        total = total * 16 + value
    return total


@njit(nogil=True, cache=True)
def _sign(data, at, low, high):
    """The kind of layer that the byte at ``at`` is a sign of and how far it holds; kind -1 if none."""
    byte = data[at]
    after = data[at + 1] if at + 1 < high else np.uint8(0)
    if byte == 92:
        if after == 117 and number_at(data, at + 2, high, 4) >= 0:
            return ESCAPES, _ANYWHERE
        if after == 120 and number_at(data, at + 2, high, 2) >= 0:
            return ESCAPES, _ANYWHERE
        if after == 110 or after == 34 or after == 92 or after == 47 or after == 39:  # \n \" \\ \/ \'
            return ESCAPES, _WITHIN_LINE
        return -1, 0
    if byte == 38:
        if after == 35 or is_letter(after):
            for k in range(at + 2, min(at + LONGEST_ENTITY, high)):
                if data[k] == 59:
                    return MARKUP, _ANYWHERE
                if not (is_letter(data[k]) or 48 <= data[k] <= 57):
                    break
        return -1, 0
    if byte == 60:
        return (MARKUP, _ANYWHERE) if (after == 47 or is_letter(after)) and at + 2 < high else (-1, 0)
    if byte == 37:
        return (PERCENT, _ANYWHERE) if number_at(data, at + 1, high, 2) >= 0 else (-1, 0)
    if byte == 27:
        return (COLOURS, _ANYWHERE) if after == 91 else (-1, 0)
    return -1, 0


@njit(nogil=True, cache=True)
def is_foreign(data, at, high):
    """Whether a letter that looks like a Latin one, or a character that cannot be seen, begins at ``at``."""
    byte = data[at]
    if byte == 0xE2:
        return at + 2 < high and data[at + 1] == 0x80 and 0x8B <= data[at + 2] <= 0x8F
    return 0xCD <= byte <= 0xD6


@njit(nogil=True, cache=True)
def _begins_alike(data, at, high, before, classes):
    """Whether the line at ``at`` begins as lines do that a tool printed: see ``decontam.matching.prefixes``.

    ``before``: where the line before began. A line of prose or code does not, and an empty one says nothing (2).
    """
    begin = at
    while at < high and (data[at] == 32 or data[at] == 9):
        at += 1
    if at >= high or data[at] == 10:
        return 2
    byte = data[at]
    if at + 64 > len(data):
        return 1 if classes[byte] else 0
    signs = code_mask(data, at)
    if classes[byte] == 1:  # a digit: up to six of them, and then no other number
        end = at
        while end + 1 < len(data) and classes[data[end]] == 1:
            end += 1
        if data[end] == 45 or data[end] == 47 or data[end] == 58:  # a date, a time, a commit
            return 1
        if end - at <= 6 and data[end] <= 126 and classes[data[end]] != 3 and data[end] != 44:
            return 1
    elif classes[byte] == 2:  # marks of comments, quotes and changes: where code follows
        return 1 if ones(signs) >= 2 else 0
    elif byte == 91:  # [10:01] or [17]
        return 1 if classes[data[at + 1]] == 1 else 0
    elif byte == 60:  # <nick>
        close = trailing_zeros(byte_mask(data, at, np.uint8(62)))
        return 1 if close < 32 and data[at + np.int64(close) + 1] == 32 else 0
    elif byte == 46 and data[at + 1] == 46:  # the second line of a prompt
        return 1
    if at != begin or not (classes[byte] == 3 or classes[byte] == 1 or byte == 46 or byte == 94):
        return 0
    if data[at + 8] == 32 and data[at + 9] == 40 and _hex(data[at + 2]) >= 0 and _hex(data[at + 5]) >= 0:
        return 1
    same = 0
    if before >= 0:
        while same < 8 and data[at + same] == data[before + same] and data[at + same] > 10:
            same += 1
    if same == 8:
        return 1
    colon = np.int64(trailing_zeros(byte_mask(data, at, np.uint8(58))))
    if colon < 24 and data[at + colon + 1] == 32:
        return 1
    return 1 if same >= 4 and colon < 64 else 0


def _line_classes() -> np.ndarray:
    table = np.zeros(256, np.uint8)
    for char in "0123456789":
        table[ord(char)] = 1
    for char in "#/-*>+|;%":
        table[ord(char)] = 2
    for point in range(128):
        if chr(point).isalpha():
            table[point] = 3
    return table


LINE_CLASSES = _line_classes()


@njit(nogil=True, cache=True)
def _close(found, count, value, kind, first, last, signs, low):
    """Write down a run of signs if they are enough; the new number of rows."""
    if signs >= LEAST[kind]:
        if count < len(found):
            found[count, 0], found[count, 1] = value, kind
            found[count, 2], found[count, 3] = first - low, last - low
        return count + 1
    return count


@njit(nogil=True, cache=True)
def _look(data, offsets, found, classes):
    """Fill ``found`` as far as it goes; returns how many rows there are."""
    count = 0
    size = len(data)
    tail = np.zeros(65, np.uint8)
    first, last, signs = np.zeros(KINDS, np.int64), np.zeros(KINDS, np.int64), np.zeros(KINDS, np.int64)
    for value in range(len(offsets) - 1):
        low, high = offsets[value], offsets[value + 1]
        signs[:] = 0
        newline = low - 1
        line_before, lines_missed = low, 0
        if low < high and _begins_alike(data, low, high, np.int64(-1), classes) == 1:
            first[LINES], last[LINES], signs[LINES] = low, low, 1
        base = low
        carry = U(0)
        held = 0  # how far the last escape holds
        while base < high:
            if base + 64 <= size:
                mask, dense, wide = layer_mask(data, base), base64_mask(data, base), high_mask(data, base)
            else:
                for k in range(64):
                    tail[k] = data[base + k] if base + k < high else 0
                mask, dense, wide = layer_mask(tail, 0), base64_mask(tail, 0), high_mask(tail, 0)
            if high - base < 64:
                keep = (U(1) << uint64(high - base)) - U(1)
                mask &= keep
                dense &= keep
                wide &= keep
            if ones(dense) >= 62:
                if signs[BASE64] == 0:
                    first[BASE64] = max(base - 64, low)
                last[BASE64] = min(base + 128, high)
                signs[BASE64] += 1
            elif signs[BASE64]:
                count = _close(found, count, value, BASE64, first[BASE64], last[BASE64], signs[BASE64], low)
                signs[BASE64] = 0
            if wide:
                letters = dense & ~wide
                edges = wide & ((letters << U(1)) | (letters >> U(1)) | (carry & U(1)))
                carry = letters >> U(63)
                while edges:
                    at = base + np.int64(trailing_zeros(edges))
                    edges &= edges - U(1)
                    while at > low and data[at] & 0xC0 == 0x80:
                        at -= 1
                    if is_foreign(data, at, high):
                        if signs[LETTERS] and at - last[LETTERS] > GAP[LETTERS]:
                            count = _close(found, count, value, LETTERS, first[LETTERS], last[LETTERS], signs[LETTERS], low)
                            signs[LETTERS] = 0
                        if signs[LETTERS] == 0:
                            first[LETTERS] = at
                        last[LETTERS] = at + 1
                        signs[LETTERS] += 1
            else:
                carry = dense >> U(63)
            while mask:
                at = base + np.int64(trailing_zeros(mask))
                mask &= mask - U(1)
                if data[at] != 10:
                    kind, holds = _sign(data, at, low, high)
                    if kind < 0:
                        continue
                    far = at - last[kind] > GAP[kind]
                    if kind == ESCAPES and held == _WITHIN_LINE and newline > last[kind]:
                        far = True
                    if signs[kind] and far:
                        count = _close(found, count, value, kind, first[kind], last[kind], signs[kind], low)
                        signs[kind] = 0
                    if kind == ESCAPES:
                        held = max(held, holds) if signs[kind] else holds
                    if signs[kind] == 0:
                        first[kind] = at
                    last[kind] = at + 1
                    signs[kind] += 1
                    continue
                newline = at
                count, line_before, lines_missed = _line(
                    data, at + 1, high, line_before, lines_missed, classes, found, count, value, first, last, signs, low
                )
            base += 64
        for kind in range(KINDS):
            end = high if kind == LINES else last[kind]
            if kind == LINES and lines_missed >= 1:
                end = last[LINES]
            count = _close(found, count, value, kind, first[kind], end, signs[kind], low)
    return count


@njit(nogil=True, cache=True)
def _line(data, at, high, before, missed, classes, found, count, value, first, last, signs, low):
    """Take a line's beginning into account; returns the rows, where the line began, and how many in a row are not alike."""
    if at >= high:
        return count, before, missed
    alike = _begins_alike(data, at, high, before, classes)
    if alike == 1:
        if signs[LINES] == 0:
            first[LINES] = at
            if before >= low:
                first[LINES] = before
        signs[LINES] += 1
        last[LINES] = at
        missed = 0
    elif alike == 0 and signs[LINES]:
        missed += 1
        if missed == 1:
            last[LINES] = at
        if missed >= GAP[LINES]:
            count = _close(found, count, value, LINES, first[LINES], last[LINES], signs[LINES], low)
            signs[LINES] = 0
            missed = 0
    return count, at, missed


def look(data: Bytes, offsets: Longs) -> Longs:
    """Where layers stand in the values of a column.

    Returns:
        int64 rows (value, kind, first byte, end byte in the value), in no order within a value.
    """
    found = np.empty((max(256, len(data) // 4096), 4), np.int64)
    while True:
        count = _look(data, offsets, found, LINE_CLASSES)
        if count <= len(found):
            return found[:count]
        found = np.empty((count, 4), np.int64)
