"""The records that trainset emits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from evals.records import Message, Record


class Example(Record):
    """One row for fine-tuning: TRL's conversational prompt/completion form, with where it came from.

    ``rejected`` is the failing attempt that the completion answers, in the same form; empty for replay, and where there is none
    that may be shown to the model.
    """

    prompt: tuple[Message, ...]
    completion: tuple[Message, ...]
    rejected: tuple[Message, ...] = Field(default=(), exclude_if=lambda messages: not messages)
    provenance: Mapping[str, Any]


class Trainset(Record):
    """A finished trainset on disk. ``index_digest`` names the holdout that it was screened against."""

    path: str
    digest: str
    index_digest: str
    rows: int
    counts: Mapping[str, int]
