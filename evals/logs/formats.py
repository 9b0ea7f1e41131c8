"""The table of log formats: by name, from outside, or guessed from the first records. Does not cover reading files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from evals.errors import BadInput
from evals.logs.base import Found, LogFormat, LogSniffer
from evals.logs.otlp import is_envelope
from evals.plugins import load

FORMATS: Mapping[str, str] = {
    "ci": "evals.logs.ci:CiLog",
    "openinference": "evals.logs.openinference:OpenInferenceLog",
    "otel": "evals.logs.otel:OtelLog",
    "langsmith": "evals.logs.langsmith:LangsmithLog",
    "inspect": "evals.logs.inspect_ai:InspectLog",
    "langfuse": "evals.logs.langfuse:LangfuseLog",
    "openai": "evals.logs.openai_chat:OpenAiLog",
    "table": "evals.logs.table:TableLog",
}
"""By name, the class that reads a format; the most specific first, for guessing."""


class FunctionLog:
    """A format from outside that is one function of a record."""

    def __init__(self, function: Callable[[Mapping[str, Any]], Iterable[Found]]) -> None:
        self._function = function

    def read(self, record: Mapping[str, Any]) -> Iterable[Found]:
        """What the function gives for the record."""
        return self._function(record)

    def close(self) -> Iterable[Found]:
        """Nothing waits."""
        return ()


def make_format(name: str, columns: Mapping[str, str] | None = None) -> LogFormat:
    """A reader of one log file: of a row of ``FORMATS``, or of ``pkg.mod:func``, a class or a function from outside.

    Args:
        name: the format.
        columns: what the columns of rows mean (``{"prompt": "request.text"}``), for the format ``table`` only.

    Raises:
        BadInput: no such format, or columns that it does not take; with those that there are.
    """
    loaded = load(FORMATS, name, "log format", form="pkg.mod:func")
    if name == "table":
        return _table(loaded, columns or {})
    if columns:
        raise BadInput(f"log format {name!r} takes no columns, got {', '.join(columns)}; expected the format 'table' with them")
    if isinstance(loaded, type):
        made = loaded()
        if not (hasattr(made, "read") and hasattr(made, "close")):
            raise BadInput(f"log format {name!r}: expected a class with read and close, found {loaded!r:.80}")
        return made  # type: ignore[no-any-return]
    if not callable(loaded):
        raise BadInput(f"log format {name!r}: expected a class or a function of a record, found {type(loaded).__name__}")
    return FunctionLog(loaded)


def _table(row_reader: Callable[[Mapping[str, str]], LogFormat], columns: Mapping[str, str]) -> LogFormat:
    from evals.logs.table import GUESSES

    unknown = [meaning for meaning in columns if meaning not in GUESSES]
    lacking = [meaning for meaning in ("prompt", "answer") if columns and meaning not in columns]
    if unknown or lacking:
        problem = f"unknown {', '.join(unknown)}" if unknown else f"no {' and no '.join(lacking)}"
        raise BadInput(f"columns of the log: {problem}; expected prompt and answer, and any of {', '.join(GUESSES)}")
    return row_reader(columns)


def guess_format(records: Sequence[Mapping[str, Any]]) -> str | None:
    """The format that most of the records look like; None where none does.

    Each record is one vote for the first format that knows it. ``table`` has no vote where another format has one, and must
    know at least half of the records.
    """
    sniffers: dict[str, LogSniffer] = {name: load(FORMATS, name, "log format") for name in FORMATS}
    votes: Counter[str] = Counter()
    for record in records:
        for name, sniffer in sniffers.items():
            if sniffer.looks_like(record):
                votes[name] += 1
                break
    rows = votes.pop("table", 0)
    if votes:
        return max(votes, key=lambda name: (votes[name], -list(FORMATS).index(name)))
    if rows and 2 * rows >= len(records):
        return "table"
    return "otel" if any(map(is_envelope, records)) else None  # spans of a model may come after the first records
