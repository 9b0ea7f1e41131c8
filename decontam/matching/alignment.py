"""Alignment of code: how much of an item's tokens a text has in the same order, whatever stands between.

For candidates that the windows of 12 tokens show only in part, as code whose temporaries were inlined, or whose tokens were
edited here and there. Own names count as one, literals as what they say; assignment signs, brackets of calls and commas go.
Slower than the scans by far: asked only where some windows were found. Does not see reordered statements.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decontam.kernels import code as codekernel
from decontam.kernels import likeness
from decontam.kernels.batches import Bytes, Longs

_MOST_TOKENS = 2000  # of an item: alignment takes time with the square
_AT_ONCE = 1 << 19  # bytes of texts that are lexed at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """The tokens of codes as they are aligned, by the hash of what they say; those of each from ``begins[n]`` on."""

    hashes: NDArray[np.uint64]
    begins: Longs

    @property
    def sizes(self) -> Longs:
        """How many tokens each has."""
        return np.diff(self.begins)


def shapes_of(codes: Iterable[str]) -> Shapes:
    """The shapes of codes."""
    texts = [code.encode("utf-8", "replace") for code in codes]
    ends = np.cumsum([0, *map(len, texts)]).astype(np.int64)
    return _shapes(np.frombuffer(b"".join(texts) or b" ", np.uint8), ends[:-1], ends[1:])


def _shapes(data: Bytes, lows: Longs, highs: Longs) -> Shapes:
    tables = (codekernel.CLASSES, codekernel.PAIRS, codekernel.kept_table())
    found = codekernel.lex_regions(data, lows, highs, *tables, False)
    hashes, begins = likeness.shape_hashes(data, *found, *codekernel.marks()[:2])
    return Shapes(hashes=hashes, begins=begins)


def aligned_shares(items: Shapes, which: Longs, data: Bytes, lows: Longs, highs: Longs, least: Any) -> Any:
    """Shares of the tokens of items ``which`` that regions of a text have in order, in stretches of two or more, 0 to 1.

    0 where it is below ``least`` (by item): counted first without the order, which is faster and never less.
    """
    sizes = items.sizes[which]
    shares = np.zeros(len(which))
    asked = np.flatnonzero((sizes > 0) & (sizes <= _MOST_TOKENS))
    ends = np.cumsum(highs[asked] - lows[asked])
    for part in np.split(asked, np.searchsorted(ends, np.arange(_AT_ONCE, int(ends.max(initial=0)), _AT_ONCE))):
        if len(part):
            texts = _shapes(data, lows[part], highs[part])
            counts = likeness.aligned(items.hashes, items.begins, which[part], texts.hashes, texts.begins, least[part])
            shares[part] = counts / sizes[part]
    return shares
