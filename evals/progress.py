"""How long-running work reports its progress. The command line draws it; libraries and tests stay silent."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """One bar: ``advance`` by finished units, with an optional note (rates, pass counts)."""

    def start(self, label: str, total: float, unit: str) -> None:
        """Begin a bar of ``total`` units."""

    def advance(self, amount: float = 1, note: str = "") -> None:
        """Move the current bar."""

    def finish(self, note: str = "") -> None:
        """End the current bar."""


class Silent:
    """Draws nothing."""

    def start(self, label: str, total: float, unit: str) -> None:
        """Ignore."""

    def advance(self, amount: float = 1, note: str = "") -> None:
        """Ignore."""

    def finish(self, note: str = "") -> None:
        """Ignore."""
