"""Alignment of code: how much of an item's tokens a text has in the same order, whatever stands between.

For candidates that the windows of 12 tokens show only in part, as code whose temporaries were inlined, or whose tokens were
edited here and there. Own names count as one, literals as what they say; assignment signs, brackets of calls and commas go.
Slower than the kernels by far: asked only where some windows were found. Does not see reordered statements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from decontam.kernels import code as codekernel

_LEFT_OUT = frozenset("(),=")
_NAME = "name"
_SAME = {"const": "let", "var": "let", "!0": "true", "!1": "false"}
_MOST_TOKENS = 2000  # of an item: alignment takes time with the square


def shape(code: bytes) -> list[str]:
    """The tokens of a code as they are aligned."""
    data = np.frombuffer(code or b" ", np.uint8)
    values, spans = codekernel.lex_text(data, codekernel.CLASSES, codekernel.PAIRS, codekernel.kept_table(), False)
    tokens = []
    for (value, own), (start, end) in zip(values.tolist(), spans.tolist(), strict=True):
        text = code[start:end]
        if own:
            tokens.append(_NAME)
        elif value in codekernel.LITERALS:
            tokens.append(text.strip(b"\"'`").decode("utf-8", "replace"))
        elif (sign := text.decode("utf-8", "replace")) not in _LEFT_OUT:
            tokens.append(_SAME.get(sign, sign))
    return tokens


def aligned_share(item: Sequence[str], text: Sequence[str], least: float = 0.0) -> float:
    """Share of the item's tokens that the text has in order, in stretches of two or more, 0 to 1; 0 where it is below ``least``.

    Counted first without the order, which is faster and never less.
    """
    if not item or len(item) > _MOST_TOKENS or (Counter(item) & Counter(text)).total() < least * len(item):
        return 0.0
    blocks = SequenceMatcher(None, item, text, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 1) / len(item)
