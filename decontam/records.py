"""The records that decontam emits."""

from __future__ import annotations

from evals.records import Record
from goldens.records import Pair


class Match(Record):
    """One holdout item found in one document.

    ``coverage``: idf-weighted share of the part's n-grams that the document holds, 0 to 1. ``unique``: distinct matched grams
    that occur in no other holdout item. Spans are character offsets, start and end, in the document and in the item's part.
    """

    item: str
    part: str
    rule: str
    coverage: float
    grams: int
    unique: int
    longest_run: int
    document_span: tuple[int, int]
    item_span: tuple[int, int]
    snippet: str


class CleanPair(Record):
    """A pair that the screen let pass, with the digest of the holdout index that it was screened against."""

    pair: Pair
    index_digest: str


class ContaminatedPair(Record):
    """A pair that leaks the holdout, with the evidence."""

    pair: Pair
    matches: tuple[Match, ...]
