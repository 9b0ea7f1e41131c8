"""Sequences of literals: six numbers and texts in the order in which they stand, whatever code stands between.

What stays of tests that are written for another framework: the arguments and the results. Literals count by value: ``1.0`` is
``1``, quotes and signs do not count. Releases the GIL.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, uint64

from decontam.kernels.text import BASE, hash_bytes, powers

U = np.uint64
L = 6  # literals in a window
_K1, _K3, _SALT = U(0x9E3779B97F4A7C15), U(0xC2B2AE3D27D4EB4F), U(0x8CB92BA72F3D8DD7)
_LONGEST = 64  # bytes of a text that count
_DISTINCT, _STEPS = 4, 3
POWER = powers(L)[L]


@njit(nogil=True, cache=True)
def literal_hash(data, start, end):
    """The hash of a literal's value."""
    byte = data[start]
    if byte == 34 or byte == 39 or byte == 96:
        start, end = start + 1, end - 1
        while start < end and data[start] == byte:  # triple quotes
            start += 1
        while start < end and data[end - 1] == byte:
            end -= 1
    elif end - start > 2 and data[end - 1] == 48 and data[end - 2] == 46:
        end -= 2
    return hash_bytes(data, start, min(end, start + _LONGEST)) + uint64(end - start)


@njit(nogil=True, cache=True)
def small_value(data, start, end):
    """What one counts with: the value of a whole number of up to two digits, or of a text of one letter; else -1."""
    byte = data[start]
    if byte == 34 or byte == 39 or byte == 96:
        return np.int64(data[start + 1]) + 1000 if end - start == 3 else np.int64(-1)
    if end - start > 2 and data[end - 1] == 48 and data[end - 2] == 46:
        end -= 2
    if end - start > 2:
        return np.int64(-1)
    value = np.int64(0)
    for at in range(start, end):
        if not 48 <= data[at] <= 57:
            return np.int64(-1)
        value = value * 10 + data[at] - 48
    return value


@njit(nogil=True, cache=True)
def literals_of(data, values, spans, count, marks, hashes, tokens):
    """Hashes and token numbers of the literals among ``count`` tokens; returns how many. ``marks``: codes that are literals."""
    used = 0
    for token in range(count):
        code = values[token, 0]
        if code == U(0):
            continue
        for mark in marks:
            if code == mark:
                hashes[used] = literal_hash(data, spans[token, 0], spans[token, 1])
                tokens[used] = token
                used += 1
                break
    return used


@njit(inline="always")
def literal_key(total):
    """Table key of a window of literals."""
    key = (total + _K3) * _K1 ^ _SALT
    return (key ^ (key >> U(32))) * _K1


@njit(nogil=True, cache=True)
def literal_keys(hashes, used):
    """Keys of all windows of literals, by first literal."""
    keys = np.empty(max(used - L + 1, 0), np.uint64)
    total = U(0)
    for n in range(used):
        total = total * BASE + hashes[n]
        if n >= L:
            total -= hashes[n - L] * POWER
        if n >= L - 1:
            keys[n - L + 1] = literal_key(total)
    return keys


@njit(nogil=True, cache=True)
def telling_windows(data, spans, hashes, tokens, used):
    """Windows that say something: four of the six literals distinct, and three that do not go on counting from the one before."""
    good = np.zeros(max(used - L + 1, 0), np.bool_)
    for first in range(len(good)):
        distinct, steps = 0, 0
        number, letter = np.int64(-1), np.int64(-1)
        for k in range(L):
            fresh = True
            for back in range(k):
                fresh = fresh and hashes[first + back] != hashes[first + k]
            distinct += fresh
            start, end = spans[tokens[first + k], 0], spans[tokens[first + k], 1]
            value = small_value(data, start, end)
            word = value < 0 and 97 <= data[start] | 0x20 <= 122  # true, none
            if value >= 1000:
                steps += letter >= 0 and fresh and value - letter not in (-1, 0, 1)
                letter = value
            elif value >= 0:
                steps += number >= 0 and value - number not in (-1, 0, 1)
                number = value
            elif not word:
                steps += fresh
        good[first] = distinct >= _DISTINCT and steps >= _STEPS
    return good


def literal_marks(text: int, number: int, kept_hash: Any) -> np.ndarray:
    """Codes of the tokens that are literals: texts, numbers, and the names of truth and nothing."""
    names = [kept_hash(name) for name in (b"true", b"false", b"none", b"null")]
    return np.array([text, number, *names], np.uint64)
