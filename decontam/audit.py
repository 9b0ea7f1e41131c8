"""Audit of training files against a holdout index. Fails closed: what cannot be read is never called clean.

Reads JSONL rows with ``prompt``/``completion``, ``messages`` or ``text``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from decontam.records import Match
from decontam.screen import HoldoutIndex, match_text
from evals.errors import BadInput, Inconclusive
from evals.files import iter_jsonl
from evals.records import Record


class Leak(Record):
    """A holdout item found in one row; ``row`` is the line number from 1."""

    file: str
    row: int
    match: Match


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """``verdict`` is clean only if every row was read and none matched."""

    verdict: Literal["clean", "leaks"]
    rows: int
    leaks: tuple[Leak, ...]


def audit_files(files: Sequence[Path], index: HoldoutIndex) -> AuditReport:
    """Match every row of the files.

    Raises:
        BadInput: a file is missing, a line is no JSON, or a row has no text under a known key.
        Inconclusive: there are no rows at all.
    """
    rows = 0
    leaks: list[Leak] = []
    for file in files:
        for number, row in iter_jsonl(file):
            rows += 1
            text = row_text(row, f"{file}:{number}")
            leaks += [Leak(file=str(file), row=number, match=match) for match in match_text(text, index)]
    if not rows:
        raise Inconclusive(f"{', '.join(map(str, files))}: no rows; an audit of nothing says nothing")
    leaks.sort(key=lambda leak: -leak.match.coverage)
    return AuditReport(verdict="leaks" if leaks else "clean", rows=rows, leaks=tuple(leaks))


def row_text(row: Any, place: str) -> str:
    """All text of a row that a model would be trained on, system turns left out."""
    if isinstance(row, dict):
        parts: list[str] = []
        for key in ("prompt", "completion", "messages", "text", "instruction", "input", "output", "response"):
            value = row.get(key)
            if isinstance(value, str):
                parts.append(value)
            elif isinstance(value, list):
                parts += [str(m.get("content", "")) for m in value if isinstance(m, dict) and m.get("role") != "system"]
        if parts:
            return "\n".join(parts)
        raise BadInput(f"{place}: no text found; expected prompt and completion, messages, or text, found {', '.join(row)[:120]}")
    raise BadInput(f"{place}: expected an object, found {type(row).__name__}")
