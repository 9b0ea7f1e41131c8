r"""Words of a text for n-gram matching, in plain Python: the definition that the compiled kernel is tested against.

A word is a run of letters or digits; the underscore splits. Characters are folded one by one: NFKD, case folded, marks and
invisible format characters dropped, so that texts that are equal under NFKC have equal words, whoever composed them (NFKC itself
composes across characters; dropping the marks makes the value of a character independent of its neighbours). Scripts without
spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) give one word per character. The escapes ``\n``, ``\t`` and ``\r`` of a
text within quotes separate like what they stand for. Does not see words split by hyphenation.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

N = 8
# Scripts written without spaces: first and last code point.
UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x2E80, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0x20000, 0x3FFFF),
)


@dataclass(frozen=True, slots=True)
class Token:
    """A folded word with its character offsets in the original text."""

    text: str
    start: int
    end: int


@cache
def fold(char: str) -> str | None:
    """What a character contributes to its word: ``""`` nothing, ``None`` it separates words."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    kept = [c for c in folded if unicodedata.category(c)[0] != "M" and unicodedata.category(c) != "Cf"]
    if not kept and folded:
        return ""
    return "".join(c for c in kept if c.isalnum()) or None


@cache
def stands_alone(folded: str) -> bool:
    """Whether a folded character is a word by itself."""
    return any(first <= ord(c) <= last for c in folded for first, last in UNSPACED)


def tokenize(text: str) -> list[Token]:
    """Words in order, with offsets into the text as given."""
    tokens: list[Token] = []
    word, start, end = "", 0, 0
    escaped = False
    for position, char in enumerate(text):
        folded = None if escaped and char in "ntr" else fold(char)
        escaped = char == "\\"
        alone = bool(folded) and stands_alone(folded or "")
        if (folded is None or alone) and word:
            tokens.append(Token(word, start, end))
            word = ""
        if alone:
            tokens.append(Token(folded or "", position, position + 1))
        elif folded:
            if not word:
                start = position
            word, end = word + folded, position + 1
    return [*tokens, Token(word, start, end)] if word else tokens


def informative(gram: Sequence[str]) -> bool:
    """Whether a gram is informative: at least 40% words of two letters or more, and at least half of it distinct."""
    words = sum((len(word) > 1 and word.isalpha()) or stands_alone(word) for word in gram)
    return words >= 0.4 * len(gram) and len(set(gram)) >= 0.5 * len(gram)
