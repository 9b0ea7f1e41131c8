"""Views of a text: what it says once a layer of another format is off, with the place of every byte in the text as given.

Covers escapes of JSON and of programs, HTML tags and entities, percent escapes, base64, terminal colours, letters of other
alphabets that look like Latin ones, and what tools write before each line (``prefixes``). Layers within layers come off one after
the other, up to ``_DEPTH``. Only stretches that have signs of a layer are decoded (``kernels.layers``): plain text has no view.
Does not see encryption, compressed blocks or pictures of text.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decontam.kernels import layers, unwrapping
from decontam.kernels.batches import Bytes, Column, Longs
from decontam.matching.prefixes import without_prefixes

Places = NDArray[np.int64]
_DEPTH = 4
_MARGIN = 256  # bytes before and after the signs of a layer that may belong to the same text
_ESCAPED = range(layers.BASE64)
_BLOCK = re.compile(rb"[A-Za-z0-9+/_-]{32,}(?:(?:\\n|\r?\n)[ \t]*[A-Za-z0-9+/_-]{2,})*={0,2}")
_READABLE = 0.97
_READABLE_BYTES = np.array([(c >= 32 and c != 127) or c in (9, 10, 13) for c in range(256)], np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Decoded stretches of a column's values.

    ``values``: for each stretch the number of its value in the column as given. ``source``: for each byte of ``column.data`` the
    place in that value where it came from.
    """

    column: Column
    values: Longs
    source: Places

    def given(self, stretch: int, start: int, end: int) -> tuple[int, int]:
        """Bytes of a stretch as bytes of the value as given."""
        base = int(self.column.offsets[stretch])
        return int(self.source[base + start]), int(self.source[base + end - 1]) + 1


def views(column: Column) -> Iterator[View]:
    """All views of a column, the outermost layer first."""
    level = column
    above: View | None = None
    for _ in range(_DEPTH):
        found = layers.look(level.data, level.offsets)
        if not len(found):
            return
        view = _decoded(level, found, above)
        if view is None:
            return
        yield view
        level, above = view.column, view


def _decoded(column: Column, found: Longs, above: View | None) -> View | None:
    """The stretches in which layers were found, decoded."""
    pieces: list[tuple[int, Bytes, Places]] = []
    for value, first, end, kinds in _stretches(column, found):
        low = int(column.offsets[value])
        if kinds == 1 << layers.LINES:
            pieces += _unprefixed(column.data, value, low, low + first, low + end)
        elif kinds == 1 << layers.BASE64:
            pieces += _unpacked(column.data, value, low, low + first, low + end)
        else:
            pieces.append((value, *_unwrapped(column.data, low, low + first, low + end, kinds)))
    pieces = [piece for piece in pieces if len(piece[1])]
    if not pieces:
        return None
    values = np.array([value for value, _, _ in pieces], np.int64)
    source = [places for _, _, places in pieces]
    if above is not None:
        source = [above.source[above.column.offsets[value] + places] for value, _, places in pieces]
        given = above.values[values]
    else:
        given = values
    offsets = np.cumsum([0, *(len(data) for _, data, _ in pieces)]).astype(np.int64)
    data = np.concatenate([data for _, data, _ in pieces])
    inner = Column(name=column.name, data=data, offsets=offsets, rows=np.arange(len(pieces), dtype=np.int64))
    return View(column=inner, values=given, source=np.concatenate(source))


def _stretches(column: Column, found: Longs) -> Iterator[tuple[int, int, int, int]]:
    """Rows (value, first byte, end, kinds as bits): escapes of all kinds that stand together as one, with a margin."""
    order = np.lexsort((found[:, 2], found[:, 0]))
    rows = found[order].tolist()
    open_value, first, end, kinds = -1, 0, 0, 0
    for value, kind, start, last in rows:
        if kind not in _ESCAPED:
            yield value, start, last, 1 << kind
            continue
        size = int(column.offsets[value + 1] - column.offsets[value])
        start, last = max(start - _MARGIN, 0), min(last + _MARGIN, size)
        if value == open_value and start <= end:
            end, kinds = max(end, last), kinds | 1 << kind
            continue
        if kinds:
            yield open_value, first, end, kinds
        open_value, first, end, kinds = value, start, last, 1 << kind
    if kinds:
        yield open_value, first, end, kinds


def _unwrapped(data: Bytes, base: int, low: int, high: int, kinds: int) -> tuple[Bytes, Places]:
    out, source = np.empty(high - low + 4, np.uint8), np.empty(high - low + 4, np.int64)
    used = unwrapping.unwrap(data, low, high, kinds, *named_characters(), unwrapping.LOOKALIKES, out, source)
    return out[:used].copy(), source[:used] - base


@cache
def named_characters() -> Any:
    """HTML's named characters, as the decoder reads them."""
    return unwrapping.named_characters()


def _unprefixed(data: Bytes, value: int, base: int, low: int, high: int) -> Iterator[tuple[int, Bytes, Places]]:
    kept = without_prefixes(data[low:high].tobytes())
    if kept:
        places = np.concatenate([np.arange(low + first, low + end) for first, end in kept])
        yield value, data[places], places - base


def _unpacked(data: Bytes, value: int, base: int, low: int, high: int) -> Iterator[tuple[int, Bytes, Places]]:
    """Blocks of base64 that hold text: each byte came from where its four characters begin."""
    block = data[low:high].tobytes()
    for match in _BLOCK.finditer(block):
        letters = np.frombuffer(block[match.start() : match.end()].replace(b"\\n", b"  "), np.uint8)
        used = np.flatnonzero(letters > 32)
        packed = letters[used].tobytes().rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        if not _is_text(packed[:128]):
            continue
        text = _decode64(packed)
        if text is not None and _is_text(packed):
            quads = np.arange(len(text)) // 3 * 4
            yield value, np.frombuffer(text, np.uint8), used[quads] + (low + match.start() - base)


def _decode64(packed: bytes) -> bytes | None:
    try:
        return base64.b64decode(packed[: len(packed) // 4 * 4 + (len(packed) % 4 if len(packed) % 4 > 1 else 0)] + b"==")
    except (binascii.Error, ValueError):
        return None


def _is_text(packed: bytes) -> bool:
    text = np.frombuffer(_decode64(packed) or b"\0", np.uint8)
    return bool(_READABLE_BYTES[text].mean() >= _READABLE)
