"""Whole traces as answers: where a log has a trace's question and answer, and no generation within it.

Exports of traces or root runs alone are usual, and people's feedback is on these. A root waits until the file's end, or until
too many wait; a generation of its trace takes its place. Does not cover generations of another file (see
``evals.logs.project``, which prefers them when feedback is joined).
"""

from __future__ import annotations

from collections.abc import Iterator

from evals.logs.base import LogEntry, Other
from evals.logs.values import answered, keep

_WINDOW = 200_000


class Roots:
    """The roots of a file's traces that have shown no generation so far."""

    def __init__(self) -> None:
        self._waiting: dict[str, LogEntry] = {}
        self._generated: dict[str, None] = {}

    def generation(self, trace: str) -> None:
        """A generation of the trace was found: its root is no answer."""
        if trace:
            self._waiting.pop(trace, None)
            keep(self._generated, trace, None, _WINDOW)

    def root(self, entry: LogEntry) -> None:
        """Keep a root, if question and answer stand in it and its trace has shown no generation."""
        if entry.turns and entry.trace not in self._generated and not isinstance(answered(entry), Other):
            keep(self._waiting, entry.trace, entry, _WINDOW)

    def close(self) -> Iterator[LogEntry]:
        """The roots that no generation took the place of."""
        yield from self._waiting.values()
        self._waiting.clear()
