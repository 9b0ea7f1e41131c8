"""What the command line left, for tests of its verbs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Ended:
    """Exit code and both streams of one call."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Run(Protocol):
    """Calls ``goldloop`` in this process."""

    def __call__(self, *arguments: str) -> Ended: ...
