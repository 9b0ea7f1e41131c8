"""Decides the assertions that were taken apart, from what was recorded inside; runs outside the sandbox.

Each must have been recorded as often as its test runs it, and hold each time. If that number is not known (a loop over what
the answer returned, a branch), all its records must hold.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.graders.codec import decode
from evals.graders.reports import shown
from evals.graders.runners import Judged
from evals.graders.runners.pytest_taken import Taken, TakenFile
from evals.graders.runners.pytest_values import VALUE, Raised, bounded, evaluate, has_opaque


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordJudge:
    """See ``Judge``."""

    file: TakenFile
    decides: bool

    def title(self, name: str) -> str:
        """See ``Judge.title``."""
        return self.file.titles.get(name, name)

    def judge(self, name: str, records: Sequence[Any]) -> Judged:
        """See ``Judge.judge``."""
        function = name.partition("[")[0]
        values: dict[int, list[Any]] = {}
        for record in records:
            match record:
                case [int(number), str(text)] if number in self.file.taken:
                    values.setdefault(number, []).append(_value(text))
                case _:
                    return Judged(message="a record that belongs to no assertion")
        opaque: set[int] = set()
        message = ""
        for number, seen in values.items():
            taken = self.file.taken[number]
            if taken.function not in {"", function}:
                return Judged(message="a record of another test's assertion")
            for index, value in enumerate(seen):
                rows = taken.rows if taken.function else None
                row = rows[index] if rows is not None and index < len(rows) else {}
                named = {**self.file.constants, **taken.names, **self.file.tables.get(name, {}), **row}
                if not self._holds(taken, named, value):
                    opaque |= {number} if has_opaque(value) else set()
                    message = message or _said(taken, named, value)
        missing = self._missing(function, values)
        return Judged(message=message or missing, opaque=frozenset(opaque), unmade=not message)

    def _missing(self, function: str, values: Mapping[int, Sequence[Any]]) -> str:
        for number, taken in self.file.taken.items():
            if taken.function == function and taken.rows is not None and len(values.get(number, [])) != len(taken.rows):
                return f"assert {taken.text}: came to be {len(values.get(number, []))} times, not {len(taken.rows)}".replace(
                    VALUE, "..."
                )
        return ""

    def never(self, seen: set[int]) -> str:
        """See ``Judge.never``: assertions of helper functions that tests surely call."""
        for number in sorted(self.file.called - seen):
            if self.file.taken[number].rows:
                return f"assert {self.file.taken[number].text}: never came to be".replace(VALUE, "...")
        return ""

    def _holds(self, taken: Taken, named: Mapping[str, ast.expr], value: Any) -> bool:
        try:
            used = {node.id for node in ast.walk(taken.expression) if isinstance(node, ast.Name)} & named.keys()
            names = {name: evaluate(named[name], {}, self.file.calls) for name in used}
            return evaluate(taken.expression, {**names, VALUE: bounded(value)}, self.file.calls) is True
        except Exception:  # whatever came from inside, it was not confirmed as right
            return False


def _said(taken: Taken, named: Mapping[str, ast.expr], value: Any) -> str:
    used = sorted({node.id for node in ast.walk(taken.expression) if isinstance(node, ast.Name)} & named.keys())
    others = ", ".join(f"{name} = {ast.unparse(named[name]):.200}" for name in used)
    said = f"assert {taken.text}".replace(VALUE, shown(value)[:200])
    return f"{said} where {others}" if others else said


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return decode(["malformed"])
    match value:
        case {"raised": list(kinds), "message": str(said)}:
            return Raised([str(kind) for kind in kinds], said)
    return decode(value)
