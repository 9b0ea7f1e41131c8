"""Words of a text for n-gram matching: NFKC, lower case, runs of letters or digits, original offsets kept.

The underscore splits, so ``parcel_id`` is two words. Scripts without spaces come out as single long words (see the audit for
character grams).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

N = 8
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word with its character offsets in the original text."""

    text: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """Tokens in order. Normalisation is per run, so offsets always point into the text as given."""
    tokens = []
    for match in _WORD.finditer(text):
        word = match[0]
        if not word.isascii():
            word = unicodedata.normalize("NFKC", word)
        tokens.append(Token(word.lower(), match.start(), match.end()))
    return tokens


def informative(gram: Sequence[str]) -> bool:
    """Whether a gram says anything: at least 40% words of two letters or more, and at least half of it distinct."""
    words = sum(len(word) > 1 and word.isalpha() for word in gram)
    return words >= 0.4 * len(gram) and len(set(gram)) >= 0.5 * len(gram)
