"""SIGKILL at the n-th durable write of a process, for tests of what a killed one leaves."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any


class Killer:
    """Kills this process just before its ``kill_at``-th durable write; ``writes`` counts them."""

    def __init__(self, kill_at: int) -> None:
        self._kill_at, self.writes = kill_at, 0

    def before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """A function that writes, counted."""

        def call(*arguments: Any, **named: Any) -> Any:
            self.writes += 1
            if self.writes == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **named)

        return call
