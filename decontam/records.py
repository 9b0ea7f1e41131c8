"""The records that decontam emits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from evals.records import Record
from goldens.records import Pair

PartName = Literal["prompt", "answer", "tests"]
Channel = Literal["text", "code", "exact"]
# strict and flag are leaks; short is an item of under 8 words, found whole with its answer nearby: for people to judge; shared is
# text of an item that unrelated tasks or many unrelated training texts have, too, with nothing of the item's own beside it.
MatchVerdict = Literal["strict", "flag", "short", "shared"]
Span = tuple[int, int]


class Item(Record):
    """One holdout item. ``key`` is unique in a holdout; ``place`` is where it was read (``file:line``), for messages."""

    key: str
    prompt: str = ""
    answer: str = ""
    tests: str = ""
    group: str = ""
    split: str = "holdout"
    place: str = Field(default="", exclude=True)

    def part(self, name: str) -> str:
        """The text of one part."""
        return {"prompt": self.prompt, "answer": self.answer, "tests": self.tests}[name]


class Match(Record):
    """One part of a holdout item found in one text.

    ``coverage``: idf-weighted share of the part's grams in the best window of the text, 0 to 1. ``grams``: distinct grams
    matched; ``unique``: those among them that occur in no other item. ``longest_run``: words (channel text) or code tokens
    (channel code) in a row. Spans are character offsets, start and end, into the text and into the item's part; the ``*_span``
    is the longest run's, the ``*_spans`` are all matched stretches, ascending. ``column`` names the text within its row, as
    ``prompt`` or ``messages[2].content``.
    """

    item: str
    split: str = Field(default="holdout", exclude_if=lambda split: split == "holdout")
    part: str
    channel: Channel = "text"
    verdict: MatchVerdict = "flag"
    rule: str
    coverage: float
    grams: int
    unique: int
    longest_run: int
    document_span: Span
    item_span: Span
    document_spans: tuple[Span, ...] = ()
    item_spans: tuple[Span, ...] = ()
    column: str = ""
    snippet: str

    @property
    def leak(self) -> bool:
        """Whether the text must be removed; ``short`` and ``shared`` matches only call for review."""
        return self.verdict in ("strict", "flag")


class Leak(Record):
    """A match with its place: ``file`` as given to the audit, ``row`` from 1 (the line number in JSONL)."""

    file: str
    row: int
    match: Match


class CleanPair(Pair):
    """A pair that passed the screen, with the digest of the holdout index that it was screened against."""

    index_digest: str


class ContaminatedPair(Pair):
    """A pair that leaks the holdout, with the evidence."""

    matches: tuple[Match, ...]


class ItemReport(Record):
    """What an audit says of one holdout item.

    ``indexable`` lists its parts and channels that can be found; ``reason`` says why
    nothing can, or what cannot. ``duplicate_of``: another item with the same (1.0) or nearly the same text.
    """

    item: str
    indexable: tuple[str, ...]
    reason: str = ""
    documents: int = 0
    max_coverage: float = 0.0
    duplicate_of: str = ""
    similarity: float = 0.0


class FileReport(Record):
    """What was read of one training file. ``rows == clean + leaking + short + shared + broken``."""

    file: str
    kind: str
    columns: tuple[str, ...]
    rows: int
    clean: int
    leaking: int
    short: int
    shared: int = 0
    broken: int
    size_bytes: int
    first_broken: tuple[str, ...] = ()  # "row 17: why", the first few


class AuditSummary(Record):
    """``summary.json``. ``verdict`` is clean only where every row was read, none leaked, and the audit ran to its end."""

    verdict: Literal["clean", "leaks", "inconclusive"]
    reasons: tuple[str, ...] = ()  # why it is inconclusive, or what to know beside the verdict
    partial: bool = False
    files: tuple[FileReport, ...]
    rows: int
    leaking_rows: int
    short_rows: int
    shared_rows: int = 0  # of text that unrelated tasks or texts have, too: told, and no leaks
    broken_rows: int
    items: int
    indexable_items: int
    leaked_items: int
    matches: Mapping[str, int]  # by "channel verdict", e.g. "text strict"
    duplicates: Mapping[str, int] = Field(default_factory=dict)  # by kind, e.g. "holdout x holdout exact"
    config: Mapping[str, Any]
    config_digest: str
    index_digest: str
    megabytes: float
    seconds: float
    megabytes_per_second: float
    blind: str
