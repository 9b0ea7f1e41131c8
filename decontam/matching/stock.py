"""Text that stands in everybody's files and is no item's own: licences, imports, frames of programs, headers of prompts.

An n-gram of an item is stock where all but a word or two of it stand in such text. It does not enter the index, whatever part of
the item it stands in: a copy of an item is known by what is left. Licences are those that ``identify`` ships in full; frames and
headers are ``texts/scaffolds.txt``. Both are compared by runs of a few tokens, so that a frame with other names in it, or a
notice with another name, is known, too. Does not see licences and frames that are in use at one place only: these are counted
(``matching.elsewhere``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decontam.kernels import code as codekernel
from decontam.kernels import indexing, pieces
from decontam.kernels import text as textkernel
from decontam.kernels.batches import Bytes, Longs
from decontam.kernels.folding import folding
from decontam.kernels.tokens import N

SCAFFOLDS = Path(__file__).with_name("texts") / "scaffolds.txt"
_LICENCE_WORDS, _SCAFFOLD_WORDS, _SCAFFOLD_TOKENS = 6, 4, 6  # tokens of a piece
_OWN_WORDS, _OWN_TOKENS = 3, 4  # of an n-gram that is more than stock
_ONLY = 0.9  # share of a text's words
# Lines that say where a program comes from, whose it is and what it needs, in bytes; searched only where a word of them occurs.
_LINES = re.compile(
    rb"^[^\n\w]*(?:"
    rb"copyright\b[^\n]{0,200}?(?:\(c\)|\xc2\xa9|\b(?:19|20)\d\d\b)[^\n]{0,200}|(?:\(c\)|\xc2\xa9) ?(?:19|20)\d\d\b[^\n]{0,200}"
    rb"|(?:spdx-[a-z]+-?[a-z]*:|all rights reserved\b)[^\n]{0,200}"
    rb"|import +[\w.]+(?: +as +\w+)?(?: *, *[\w.]+(?: +as +\w+)?)* *;?(?: *#[^\n]*)?"
    rb"|from +[\w.]+ +import +(?:\*|\([^)\n]*\)?|[\w., ]+)(?: *#[^\n]*)?"
    rb"|import +(?:static +)?[\w.]+(?:\.\*)? *;|import +[^\n;]{0,200}from *['\"][^'\"\n]+['\"] *;?"
    rb"|import *['\"][^'\"\n]+['\"] *;?"
    rb"|(?:const|let|var) +[\w{}, :]+ *= *require\([^)\n]*\)[\w.]* *;?|export +default +\w+ *;?"
    rb"|include *[<\"][^>\"\n]+[>\"]|using +(?:static +|namespace +)?[\w.:]+ *;|use +[\w:{}, *]+;|package +[\w.]+ *;?"
    rb"|/[\w/.-]*/(?:env +)?[\w.-]+|-\*-[^\n]*-\*-|(?:pylint|flake8|mypy|noqa|eslint-disable|type): *[^\n]{0,100}"
    rb")[ \t*/#>-]*$",
    re.MULTILINE | re.IGNORECASE,
)
_SIGNS = re.compile(
    rb"copyright|\(c\)|\xc2\xa9|spdx|rights reserved|import|require|include|using|\buse |package|^#!|-\*-|export default|noqa"
    rb"|: *disable",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Keys of runs of ``size`` tokens, as the kernel reads them."""

    size: int
    keys: NDArray[np.uint64]
    table: NDArray[np.int32]
    shift: np.uint64

    def mark(self, hashes: NDArray[np.uint64], covered: NDArray[np.uint8]) -> None:
        pieces.cover(hashes, self.size, self.keys, self.table, self.shift, covered)


def own_words(data: Bytes, hashes: NDArray[np.uint64], spans: Longs, positions: Longs) -> Longs:
    """Of the n-grams of words from ``positions`` on, those that are more than stock. ``spans``: bytes of each word."""
    if not len(positions):
        return positions
    covered = _words_covered(data, hashes, spans)
    kept: Longs = pieces.own_positions(positions, covered, N, _OWN_WORDS) if covered.any() else positions
    return kept


def own_windows(data: Bytes, values: NDArray[np.uint64], spans: Longs, positions: Longs) -> Longs:
    """Of the windows of code tokens from ``positions`` on, those that are more than stock; ``values``: as of ``lex_text``."""
    if not len(positions):
        return positions
    covered = np.zeros(len(values), np.uint8)
    _code_pieces().mark(values[:, 0] | values[:, 1], covered)
    _mark_lines(data, spans, covered)
    kept: Longs = pieces.own_positions(positions, covered, codekernel.W, _OWN_TOKENS) if covered.any() else positions
    return kept


def is_stock(texts: Iterable[str]) -> bool:
    """Whether nearly all words of these texts together are stock."""
    words = stock = 0
    for text in texts:
        data = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
        hashes, spans = _split(data)
        words += len(hashes)
        stock += int(_words_covered(data, hashes, spans).sum())
    return words >= N and stock >= _ONLY * words


def _words_covered(data: Bytes, hashes: NDArray[np.uint64], spans: Longs) -> NDArray[np.uint8]:
    covered = np.zeros(len(hashes), np.uint8)
    for known in _word_pieces():
        known.mark(hashes, covered)
    _mark_lines(data, spans, covered)
    return covered


def _mark_lines(data: Bytes, spans: Longs, covered: NDArray[np.uint8]) -> None:
    """Mark the tokens of lines that are imports, notices of copyright, or said to tools."""
    text = data.tobytes()
    if not _SIGNS.search(text):
        return
    for line in _LINES.finditer(text):
        first, end = np.searchsorted(spans[:, 0], line.span())
        covered[first:end] = 1


@cache
def licences() -> tuple[tuple[str, str], ...]:
    """Name and full text of each licence."""
    from identify.vendor.licenses import LICENSES

    return tuple((str(name), str(text)) for name, text in LICENSES)


@cache
def scaffolds() -> tuple[tuple[str, str], ...]:
    """Name and text of each block of the list of frames and headers."""
    blocks = SCAFFOLDS.read_text(encoding="utf-8").split("\n#%% ")[1:]
    return tuple((name, text) for name, _, text in (block.partition("\n") for block in blocks))


@cache
def _word_pieces() -> tuple[_Pieces, ...]:
    full = [text for _, text in licences()]
    frames = [text for _, text in scaffolds()]
    return _pieces(map(_words, [*full, *frames]), _LICENCE_WORDS), _pieces(map(_words, frames), _SCAFFOLD_WORDS)


@cache
def _code_pieces() -> _Pieces:
    return _pieces((_tokens(text) for name, text in scaffolds() if not name.startswith(("prompts", "notices"))), _SCAFFOLD_TOKENS)


def _pieces(sequences: Iterable[NDArray[np.uint64]], size: int) -> _Pieces:
    keys: Any = np.unique(np.concatenate([textkernel.gram_keys(hashes, size) for hashes in sequences]))
    bits = max(10, math.ceil(math.log2(2 * len(keys) + 2)))
    slots, table = indexing.key_table(keys, bits)
    return _Pieces(size, slots, table, np.uint64(64 - bits))


def _words(text: str) -> NDArray[np.uint64]:
    return _split(np.frombuffer(text.encode(), np.uint8))[0]


def _split(data: Bytes) -> tuple[NDArray[np.uint64], Longs]:
    tables = folding()
    _, _, hashes, spans = textkernel.split_words(data, tables.codes, tables.sequences, tables.starts)
    return hashes, spans


def _tokens(text: str) -> NDArray[np.uint64]:
    data = np.frombuffer(text.encode(), np.uint8)
    values, _ = codekernel.lex_text(data)
    tokens: NDArray[np.uint64] = values[:, 0] | values[:, 1]
    return tokens
