"""The progress of work, stored beside it for other processes: ``goldloop status`` shows it during a run and after."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.files import read_json, write_json
from evals.progress import Progress, Silent
from evals.records import Record
from loop.pace import RecentRate

PROGRESS = ".progress.json"
_WRITE_SECONDS = 1.0


class WorkPosition(Record):
    """``done`` of ``total`` units of the current piece of work. ``rate`` is units per second recently; 0 where unknown."""

    pid: int
    label: str
    unit: str
    done: float
    total: float
    rate: float

    @property
    def seconds_left(self) -> float | None:
        """At the current rate; None where that is unknown."""
        return max(0.0, self.total - self.done) / self.rate if self.rate > 0 else None


class RecordedProgress:
    """A progress that also writes its position into a folder, at most once a second. A killed process leaves what it wrote."""

    def __init__(self, shown: Progress | None, folder: Path) -> None:
        self._shown, self._file = shown or Silent(), folder / PROGRESS
        self._label, self._unit, self._total, self._done = "", "", 0.0, 0.0
        self._pace, self._written = RecentRate(), 0.0

    def start(self, label: str, total: float, unit: str) -> None:
        """See ``Progress.start``."""
        self._label, self._unit, self._total, self._done = label, unit, total, 0.0
        self._pace = RecentRate()
        self._write()
        self._shown.start(label, total, unit)

    def advance(self, amount: float = 1, note: str = "") -> None:
        """See ``Progress.advance``."""
        self._done += amount
        if time.monotonic() - self._written >= _WRITE_SECONDS:
            self._write()
        self._shown.advance(amount, note)

    def finish(self, note: str = "") -> None:
        """See ``Progress.finish``."""
        self._write()
        self._shown.finish(note)

    def forget(self) -> None:
        """All is done: remove the stored position."""
        self._file.unlink(missing_ok=True)

    def _write(self) -> None:
        self._written = time.monotonic()
        rate = self._pace.rate(self._done)
        position = WorkPosition(
            pid=os.getpid(), label=self._label, unit=self._unit, done=self._done, total=self._total, rate=round(rate, 4)
        )
        write_json(self._file, position)


def read_position(folder: Path) -> WorkPosition | None:
    """The position of work in a folder; None if nothing was stored."""
    file = folder / PROGRESS
    content: Mapping[str, Any] | None = read_json(file) if file.is_file() else None
    return WorkPosition.model_validate(content) if content is not None else None
