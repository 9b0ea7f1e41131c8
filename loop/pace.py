"""How fast work moves at the moment."""

from __future__ import annotations

import time
from collections import deque

_MARK_SECONDS, _WINDOW_SECONDS = 1.0, 60.0


class RecentRate:
    """The rate of the last minute: what a journal held before is soon forgotten."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, float]] = deque([(time.monotonic(), 0.0)])

    def rate(self, done: float) -> float:
        """Units per second, ``done`` being what is done now."""
        now = time.monotonic()
        if now - self._marks[-1][0] >= _MARK_SECONDS:
            self._marks.append((now, done))
        while len(self._marks) > 1 and now - self._marks[1][0] >= _WINDOW_SECONDS:
            self._marks.popleft()
        start, before = self._marks[0]
        return (done - before) / (now - start) if now > start else 0.0
