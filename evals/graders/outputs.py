"""How what a program printed is compared with what it should print, by a task's ``compare``.

- ``exact``: line by line, lines end with a line feed; blanks at the ends of lines and of the text do not count.
- ``tokens``: white space separates and does nothing more.
- ``approx(rtol=1e-6, atol=0.0)``: tokens, numbers near. A relative tolerance never makes one whole number another: where a
  whole number is expected, ``rtol`` counts for less than a half.
- ``decimals``, also with ``rtol=`` and ``atol=``: as LiveCodeBench grades. Lines stripped on both ends, equal as text or, token
  by token, as decimal numbers.

A number is written in plain digits: ``1_0``, digits of other scripts and hexadecimal are text. Does not cover problems with
several right answers.
"""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from evals.checks import tolerances
from evals.errors import TaskFault
from evals.graders.codec import parse_comparator
from evals.records import Task
from evals.source import read_tree

_BLANKS = " \t\r\n"
_SPACE = re.compile(r"[ \t\r\n\v\f]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_ENDLESS = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_NO_NUMBER = re.compile(r"[+-]?nan", re.IGNORECASE)
_HALF = 0.5 - 1e-9
_FORMS = "exact, tokens, decimals or approx(rtol=1e-6, atol=0.0)"

Tolerance = tuple[float, float]
"""Relative, absolute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputComparison:
    """How outputs are compared: by ``lines``, ``tokens`` or ``decimals``, numbers within the tolerance where there is one."""

    unit: Literal["lines", "tokens", "decimals"]
    tolerance: Tolerance | None = None

    def matches(self, got: str, expected: str) -> bool:
        """Whether the printed text may stand for the expected one."""
        if self.unit == "lines":
            return lines_of(got) == lines_of(expected)
        if self.unit == "tokens":
            return self._tokens_match(got, expected)
        ours, theirs = ([line.strip() for line in text.strip().split("\n")] for text in (got, expected))
        return len(ours) == len(theirs) and all(map(self._line_matches, ours, theirs))

    def _line_matches(self, got: str, expected: str) -> bool:
        if got == expected:
            return True
        numbers = all(_NUMBER.fullmatch(token) for token in (*_SPACE.split(got), *_SPACE.split(expected)))
        return numbers and self._tokens_match(got, expected)

    def _tokens_match(self, got: str, expected: str) -> bool:
        ours, theirs = (list(filter(None, _SPACE.split(text))) for text in (got, expected))
        return len(ours) == len(theirs) and all(map(self._token_matches, ours, theirs))

    def _token_matches(self, got: str, expected: str) -> bool:
        if got == expected:
            return True
        if self.tolerance is not None:
            return near(got, expected, self.tolerance)
        plain = self.unit == "decimals" and _NUMBER.fullmatch(got) and _NUMBER.fullmatch(expected)
        return bool(plain) and Decimal(got) == Decimal(expected)


def near(got: str, expected: str, tolerance: Tolerance) -> bool:
    """Whether two tokens are numbers that are near each other; ``nan`` is near ``nan`` only."""
    if not (_NUMBER.fullmatch(got) and _NUMBER.fullmatch(expected)):
        same = (_NO_NUMBER.fullmatch(got) and _NO_NUMBER.fullmatch(expected)) or (
            _ENDLESS.fullmatch(got) and _ENDLESS.fullmatch(expected) and got.startswith("-") == expected.startswith("-")
        )
        return bool(same)
    ours, theirs = Decimal(got), Decimal(expected)
    if ours == theirs:
        return True
    rtol, atol = tolerance
    value, wanted = float(ours), float(theirs)
    if not (math.isfinite(value) and math.isfinite(wanted)):
        return False  # numbers too large for a float, and not equal
    slack = rtol * max(abs(value), abs(wanted))
    if _WHOLE.fullmatch(expected):
        slack = 0.0 if _WHOLE.fullmatch(got) else min(slack, _HALF)
    apart = float(abs(ours - theirs)) if max(ours.adjusted(), theirs.adjusted()) < 300 else abs(value - wanted)
    return apart <= max(slack, atol)


def lines_of(text: str) -> list[str]:
    """The lines of a text as ``exact`` compares them."""
    return [line.rstrip(_BLANKS) for line in text.rstrip(_BLANKS).split("\n")]


def comparison_of(task: Task) -> OutputComparison:
    """The comparison that a task asks for.

    Raises:
        TaskFault: there is none of that name; the message lists them.
    """
    place, text = task.source or task.key, task.compare.strip()
    if text == "tokens":
        return OutputComparison(unit="tokens")
    if text.partition("(")[0] == "decimals":
        return OutputComparison(unit="decimals", tolerance=_given(text, place))
    comparator = parse_comparator(text, place)
    if comparator.kind == "exact":
        return OutputComparison(unit="lines")
    if comparator.kind == "approx":
        return OutputComparison(unit="tokens", tolerance=(comparator.rtol, comparator.atol))
    raise TaskFault(f"{place}: compare: a program's output takes {_FORMS}, found {task.compare!r}")


def _given(text: str, place: str) -> Tolerance | None:
    """The tolerance of ``decimals(...)``; None without one.

    Raises:
        TaskFault: it is malformed.
    """
    try:
        call = read_tree(text, mode="eval").body
    except (SyntaxError, ValueError):
        call = None
    if isinstance(call, ast.Name):
        return None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.args:
        given = {keyword.arg for keyword in call.keywords}
        relative, absolute = tolerances(call, place)
        return (relative if given & {"rtol", "rel", "rel_tol"} else 0.0, absolute)
    raise TaskFault(f"{place}: compare: a program's output takes {_FORMS}, found {text!r}")
