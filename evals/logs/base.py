"""The seam of log formats: what a reader of one format gives back.

A format turns one decoded record of a log into what stands in it: answers of a model, feedback on them, other records, and
what cannot be read. Every record gives at least one of these, so that nothing is lost without a word. Does not cover files,
redaction or what is kept (see ``evals.logs.ingest``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(slots=True, kw_only=True)
class Turn:
    """One turn of a conversation as a log has it; ``role`` is system, user, assistant or tool."""

    role: str
    text: str


@dataclass(slots=True, kw_only=True)
class LogEntry:
    """One answer of a model in production.

    ``id`` is the log's own (of the span, run, observation or completion), the same whenever the log is exported again; ``trace``
    and ``parent`` are those it belongs to. ``time`` is ISO 8601 in UTC, to the second or finer; empty where the log has none.
    ``turns`` are what the model was asked, system texts among them, the answer not; tool calls that the answer consists of are
    written into ``answer`` as JSON. ``error`` is the exception or error type with its message; ``finish`` the finish reason.
    ``corrected`` is what the answer should have been where the record itself says so. ``task`` has keys of a task that the log
    itself states (a CI log: kind ``patch`` with starter, golden, tests). ``notes`` names parts that were left out, such as
    ``image``, once each. ``licence`` and ``train_ok`` (None: not said) are consent for training.
    """

    id: str
    trace: str = ""
    parent: str = ""
    time: str = ""
    model: str = ""
    user: str = ""
    turns: list[Turn] = field(default_factory=list)
    answer: str = ""
    error: str = ""
    finish: str = ""
    corrected: str = ""
    task: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    licence: str = ""
    train_ok: bool | None = None


@dataclass(slots=True, kw_only=True)
class Feedback:
    """What somebody or something said of an answer, at once or later.

    ``target`` is the id of the entry, or of the trace, run or span that holds it. ``name`` is that of the score, annotation or
    feedback (``user_thumbs``, ``correctness``); ``score`` its number (True is 1), ``label`` its text; either may be missing.
    ``correction`` is the answer that it should have been. ``id`` is the feedback's own, empty where it has none.
    """

    target: str
    name: str
    score: float | None = None
    label: str = ""
    comment: str = ""
    correction: str = ""
    time: str = ""
    user: str = ""
    id: str = ""


@dataclass(slots=True, kw_only=True)
class Other:
    """A record that is no answer of a model; ``why`` is counted (``tool span``, ``no content``).

    With ids, feedback on it still finds the answers of its trace.
    """

    why: str
    id: str = ""
    trace: str = ""
    parent: str = ""


@dataclass(slots=True, kw_only=True)
class Unread:
    """A record, or a part of one, that cannot be understood: what was found, what was expected."""

    why: str


Found = LogEntry | Feedback | Other | Unread


class LogFormat(Protocol):
    """Reads the records of one log file, in order; one instance a file, so it may keep what belongs together."""

    def read(self, record: Mapping[str, Any]) -> Iterable[Found]:
        """What stands in one record: a line of JSONL, an entry of a JSON list, a row of a table. Raises nothing."""
        ...

    def close(self) -> Iterable[Found]:
        """What was still waiting for its other parts when the file ended."""
        ...


class LogSniffer(Protocol):
    """Says whether a record looks like one of a format: ``looks_like(record)`` on the class of a format."""

    @staticmethod
    def looks_like(record: Mapping[str, Any]) -> bool:
        """Whether the record has what only this format has."""
        ...
