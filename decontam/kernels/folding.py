"""Character folding as tables for the kernels: the same values as ``decontam.kernels.tokens.fold``, by code point.

Built once a process (about 0.1 s) with the Unicode data of the running Python.
"""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from decontam.kernels.tokens import fold, stands_alone

SEPARATES, DROPPED = 0, -1
ALONE = 1 << 24  # flag on a code: the character is a word by itself
# Ideographs fold to themselves; leaving them out of the loop saves most of the time.
_IDEOGRAPHS = ((0x3400, 0x4DC0), (0x4E00, 0x9FFD), (0x20000, 0x2A6DE), (0x2A700, 0x2EBE1), (0x30000, 0x3134B))


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    """Folding by code point.

    ``codes[c]``: what code point c folds to. 0 separates, -1 is dropped, a positive value is one code point (with ``ALONE``
    set if it is a word by itself), and -2 - k is the sequence ``sequences[starts[k]:starts[k + 1]]``, the first code with
    ``ALONE`` set if all of it is a word by itself.
    """

    codes: NDArray[np.int32]
    sequences: NDArray[np.int32]
    starts: NDArray[np.int32]


@cache
def folding() -> Folding:
    """The tables of this Python's Unicode version."""
    codes = np.zeros(sys.maxunicode + 1, np.int32)
    sequences: list[int] = []
    starts = [0]
    skipped = np.zeros(sys.maxunicode + 1, np.bool_)
    for first, end in _IDEOGRAPHS:
        assigned = [point for point in range(first, end) if unicodedata.category(chr(point)) == "Lo"]
        skipped[first:end] = True
        codes[assigned] = np.array(assigned) | ALONE
    for point in [*range(0x323B0), *range(0xE0000, 0xE0200)]:
        if skipped[point] or 0xD800 <= point < 0xE000:
            continue
        char = chr(point)
        if unicodedata.category(char) == "Cn":
            continue
        folded = fold(char)
        if folded is None:
            continue
        alone = ALONE if stands_alone(folded) else 0
        if not folded:
            codes[point] = DROPPED
        elif len(folded) == 1:
            codes[point] = ord(folded) | alone
        else:
            codes[point] = -2 - (len(starts) - 1)
            sequences += [ord(folded[0]) | alone, *map(ord, folded[1:])]
            starts.append(len(sequences))
    return Folding(codes=codes, sequences=np.array(sequences, np.int32), starts=np.array(starts, np.int32))
