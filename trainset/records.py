"""The records that trainset emits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evals.records import Message, Record


class Example(Record):
    """One row for fine-tuning: TRL's conversational prompt/completion form, with where it came from."""

    prompt: tuple[Message, ...]
    completion: tuple[Message, ...]
    provenance: Mapping[str, Any]


class Trainset(Record):
    """A finished trainset on disk. ``index_digest`` names the holdout that it was screened against."""

    path: str
    digest: str
    index_digest: str
    rows: int
    counts: Mapping[str, int]
