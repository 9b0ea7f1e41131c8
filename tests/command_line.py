"""What the command line left, for tests of its verbs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pytest

from loop.cli import main


@dataclass(frozen=True, slots=True)
class Ended:
    """Exit code and both streams of one call."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def ended(capsys: pytest.CaptureFixture[str], *arguments: str, flat: Literal["", "err", "both"] = "") -> Ended:
    """What ``goldloop ARGUMENTS`` left, run in this process; of ``flat`` streams the words, however the terminal wraps them."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    out, err = capsys.readouterr()
    code = int(caught.value.code or 0)
    return Ended(code, " ".join(out.split()) if flat == "both" else out, " ".join(err.split()) if flat else err)


class Run(Protocol):
    """Calls ``goldloop`` in this process."""

    def __call__(self, *arguments: str) -> Ended: ...
