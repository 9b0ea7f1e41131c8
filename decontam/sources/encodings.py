"""Which encoding a text has that is not UTF-8: marks, zeros of UTF-16, then charset-normalizer's guess.

A file of UTF-8 with single broken lines is UTF-8: its lines are broken one by one. A guess is only made of enough letters, and
what the encoding cannot decode ends the file: no character is ever replaced.
"""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEAST_BYTES = 16  # that are not ASCII; fewer fit any encoding
_HIGH = re.compile(rb"[\x80-\xff]")


def encoding_of(start: bytes) -> str:
    """The encoding of a text by its first bytes; empty for UTF-8 and where none is known."""
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    if b"\0" in start:
        return _wide(start)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # the last character may be cut
        return ""
    except UnicodeDecodeError:
        pass
    lines = [line for line in start.split(b"\n") if _HIGH.search(line)]
    if any(_is_utf8(line) for line in lines) or len(_HIGH.findall(start)) < _LEAST_BYTES:
        return ""
    from charset_normalizer import from_bytes  # slow to import, seldom needed

    guess = from_bytes(b"\n".join(lines)).best()
    return guess.encoding if guess is not None and guess.encoding not in ("ascii", "utf_8") else ""


def _wide(start: bytes) -> str:
    """UTF-16 without a mark, by where its zeros are."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    half = len(start) // 2
    if half >= 8 and max(even, odd) > half * 2 // 5 and min(even, odd) <= half // 50:
        return "utf-16-le" if odd > even else "utf-16-be"
    return ""


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
