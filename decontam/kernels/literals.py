"""Literals of tests: six numbers and texts in the order in which they stand, and calls with the literals of their arguments.

What stays of tests that are written for another framework: the calls, the arguments and the results, whatever code stands
between. Literals count by value: ``1.0`` is ``1``, quotes and signs do not count. Releases the GIL.
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
_CALL = U(0x94D049BB133111EB)
_LONGEST_CALL = 400  # tokens


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
    """Hashes and token numbers of the literals among ``count`` tokens; returns how many.

    ``marks``: codes that are literals, those of texts first, and last that of ``assert``. The message of an ``assert`` is none
    of its case's values: other frameworks have others, or none.
    """
    used = 0
    depth = np.int64(-1)  # of brackets since an assert, -1 outside of one
    for token in range(count):
        code = values[token, 0]
        if code == U(0):
            continue
        if code == marks[-1]:
            depth = np.int64(0)
            continue
        if depth >= 0:
            if code == U(40) or code == U(91) or code == U(123):
                depth += 1
            elif code == U(41) or code == U(93) or code == U(125):
                depth -= 1
            elif code == marks[0] and depth == 0 and values[token - 1, 0] == U(44):
                depth = np.int64(-1)
                continue
        for mark in marks[:-1]:
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


@njit(inline="always")
def called_key(name):
    """Table key of the name of a function that tests call."""
    key = (name ^ _CALL) * _K1
    return (key ^ (key >> U(32))) * _K3


@njit(nogil=True, cache=True)
def call_codes(values, token, count, hashes, places, used, literal, out):
    """The call of the own name at ``token``: its name and the literals of its arguments, into ``out``.

    ``literal``: the first of the ``used`` literals that stands behind the name. Those beyond the room of ``out`` go into its
    last code together. Returns the key of the call; 0 where it has no literals, does not end, or is very long.
    """
    out[:] = U(0)
    out[0] = values[token, 1]
    size, depth = 1, 0
    for at in range(token + 1, min(count, token + _LONGEST_CALL)):
        code = values[at, 0]
        if code == U(40) or code == U(91) or code == U(123):
            depth += 1
        elif code == U(41) or code == U(93) or code == U(125):
            depth -= 1
            if depth == 0:
                break
        while literal < used and places[literal] < at:
            literal += 1
        if literal < used and places[literal] == at:
            if size < len(out) - 1:
                out[size] = hashes[literal]
            else:
                out[len(out) - 1] = out[len(out) - 1] * BASE + hashes[literal]
            size += 1
    if depth != 0 or size == 1:
        return U(0)
    total = U(0)
    for code in out:
        total = total * BASE + code
    key = (total + _CALL) * _K1
    return (key ^ (key >> U(32))) * _K3


@njit(nogil=True, cache=True)
def calls_of(values, count, hashes, places, used, width):
    """All calls of own names that have literals: tokens of the names, keys, and codes (calls, width)."""
    tokens, keys = np.empty(count, np.int64), np.empty(count, np.uint64)
    codes = np.empty((count, width), np.uint64)
    calls = 0
    for token in range(count - 1):
        if values[token, 1] == U(0) or values[token + 1, 0] != U(40):
            continue
        key = call_codes(values, token, count, hashes, places, used, 0, codes[calls])
        if key != U(0):
            tokens[calls], keys[calls] = token, key
            calls += 1
    return tokens[:calls].copy(), keys[:calls].copy(), codes[:calls].copy()


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
    """Codes of the tokens that are literals: texts, numbers, and the names of truth and nothing; last ``assert``."""
    names = [kept_hash(name) for name in (b"true", b"false", b"none", b"null", b"assert")]
    return np.array([text, number, *names], np.uint64)
