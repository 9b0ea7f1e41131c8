"""Values across the sandbox boundary: the driver's typed form read back, and what may count as equal.

The typed form is JSON: ``None``, booleans and small integers as themselves, everything else as ``[tag, ...]``. Only plain
values come back as values. Whatever else a candidate returned is ``Opaque`` and equals nothing, and what is malformed is
opaque too, so a forged record can be wrong but cannot cause anything outside. What equals a plain value in Python comes back
as that value: read-only and chained mappings, ``UserDict`` and its like, ``memoryview``, numbers and arrays of numpy.

Comparators, as ``Task.compare`` and for one check:

- ``exact`` is Python's ``==`` on plain values: ``True == 1``, ``1 == 1.0`` and ``0.0 == -0.0`` hold, ``(1,) == [1]`` and
  ``nan == nan`` do not.
- ``approx(rtol=1e-6, atol=0.0)`` accepts numbers that are close (``math.isclose``), at any depth; ``nan`` is close to ``nan``, a
  boolean is not a number, and everything that is not a number is exact.
- ``unordered`` accepts a list or tuple in any order (of its own items only); everything else is exact.
- ``exception``: hidden inputs for which the golden raises are kept, and the answer must raise the same class.
- ``package.module:function`` is a function of this machine marked with ``@comparator``; ``name`` a function that the
  checks define. Both take ``(got, expected)`` and return True for a match; the latter runs in a sandbox of its own.
"""

from __future__ import annotations

import ast
import cmath
import datetime
import math
import re
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, TypeVar

from evals.checks import DEFAULT_RTOL, tolerances
from evals.errors import TaskFault
from evals.plugins import load
from evals.source import read_tree

_MANY_KEYS = 1000
_FRACTION = re.compile(r"-?\d{1,4000}(/\d{1,4000})?")
_MOMENT = re.compile(
    r"datetime\.(date|datetime|time|timedelta)\(([a-z_=0-9, -]*?)"
    r"(?:, tzinfo=datetime\.timezone(?:\.(?=utc)|(?=\())(utc|\(datetime\.timedelta\([a-z_=0-9, -]*\)\)))?(, fold=1)?\)"
)


class Opaque:
    """A value that the judge does not know; it equals nothing, not even itself. ``truth`` is what ``bool`` said of it."""

    def __init__(self, text: str, *, truth: bool = True) -> None:
        self.text = text
        self.truth = truth

    def __bool__(self) -> bool:
        return self.truth

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return self.text


class Iterated(Opaque):
    """What an iterator yielded; like every iterator it equals nothing."""

    def __init__(self, items: list[Any]) -> None:
        super().__init__("<iterator>")
        self.items = items

    def __repr__(self) -> str:
        return f"<iterator of {self.items!r:.200}>"


def decode(value: Any) -> Any:
    """The plain Python value of the driver's typed form; what is malformed (forged) equals nothing."""
    try:
        return _decode(value)
    except (ArithmeticError, AttributeError, TypeError, ValueError, RecursionError):
        return Opaque("<undecodable>")


def _decode(value: Any) -> Any:
    match value:
        case None | bool() | int():
            return value
        case ["i", str(text)]:
            return int(text, 16)
        case ["f", str(text)]:
            return float(text)
        case ["s", str(text)]:
            return text
        case ["b", str(text)]:
            return bytes.fromhex(text)
        case ["c", str(real), str(imaginary)]:
            return complex(float(real), float(imaginary))
        case ["l", list(items)]:
            return [_decode(item) for item in items]
        case ["t", list(items)]:
            return tuple(_decode(item) for item in items)
        case ["d", list(items)]:
            keys = _keys([key for key, _ in items])
            return dict(zip(keys, [_decode(item) for _, item in items], strict=True))
        case ["S", list(items)]:
            return set(_keys(items))
        case ["F", list(items)]:
            return frozenset(_keys(items))
        case _:
            return _decode_rare(value)


def _decode_rare(value: Any) -> Any:
    match value:
        case ["range", int(start), int(stop), int(step)]:
            return range(start, stop, step)
        case ["array", str(kind), list(items)] if len(kind) == 1:
            return array(kind, [_decode(item) for item in items])
        case ["deque", list(items)]:
            return deque(_decode(item) for item in items)
        case ["iter", list(items)]:
            return Iterated([_decode(item) for item in items])
        case ["Decimal", str(text)]:
            return Decimal(text)
        case ["Fraction", str(text)] if _FRACTION.fullmatch(text):  # not 1e999999999, which Fraction writes out
            return Fraction(text)
        case [str(name), str(text)] if name.startswith("datetime."):
            return _moment(text)
        case ["object", str(kind), str(text)]:
            return Opaque(f"<{kind} {text}>")
        case ["object", str(kind), str(text), bool(truth)]:
            return Opaque(f"<{kind} {text}>", truth=truth)
    return Opaque("<undecodable>")


def _keys(items: list[Any]) -> list[Any]:
    """Items of a set or keys of a dictionary. Items crafted to share one hash would cost the judge quadratic time."""
    keys = [_hashable(_decode(item)) for item in items]
    if len(keys) > _MANY_KEYS and 2 * len({hash(key) for key in keys}) < len(keys):
        raise ValueError("keys of one hash")
    return keys


def _hashable(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        return Opaque(repr(value))
    return value


def _moment(text: str) -> Any:
    """``datetime.date(2026, 1, 2)`` and the like, from their repr, without evaluating anything."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return Opaque(text)
    positional: list[int] = []
    named: dict[str, Any] = {}
    for part in filter(None, match[2].split(", ")):
        name, equals, number = part.rpartition("=")
        if equals:
            named[name] = int(number)
        else:
            positional.append(int(number))
    if match[3] is not None:
        named["tzinfo"] = datetime.UTC if match[3] == "utc" else datetime.timezone(_moment(match[3][1:-1]))
    if match[4] is not None:
        named["fold"] = 1
    moment: Callable[..., Any] = getattr(datetime, match[1])
    return moment(*positional, **named)


_Function = TypeVar("_Function", bound=Callable[[Any, Any], bool])


def comparator(function: _Function) -> _Function:
    """Mark a function of ``(got, expected)`` as one that a suite may name; no other function of this machine is called."""
    function.is_comparator = True  # type: ignore[attr-defined]
    return function


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparator:
    """How two values are compared. ``rtol`` and ``atol`` are those of ``approx``; ``function`` is a custom one's name."""

    kind: Literal["exact", "approx", "unordered", "exception", "host", "checks"]
    rtol: float = DEFAULT_RTOL
    atol: float = 0.0
    function: str = ""
    decide: Callable[[Sequence[tuple[Any, Any]]], list[bool]] | None = None

    def all_matches(self, pairs: Sequence[tuple[Any, Any]]) -> list[bool]:
        """``matches`` of many pairs of (got, expected): with ``decide``, which runs a job, in one go.

        Raises:
            SandboxFault: the sandbox failed.
        """
        if self.kind == "checks" and self.decide is not None:
            return self.decide(pairs)
        return [self.matches(got, expected) for got, expected in pairs]

    def matches(self, got: Any, expected: Any) -> bool:
        """Whether ``got`` may stand for ``expected``. A custom comparator that raises counts as a mismatch.

        Raises:
            SandboxFault: the sandbox failed.
        """
        if self.kind == "checks" and self.decide is not None:
            return self.decide([(got, expected)])[0]
        if self.kind == "approx":
            return equal(got, expected, (self.rtol, self.atol))
        if self.kind == "unordered":
            return _unordered(got, expected)
        if self.kind == "host":
            function = _host_function(self.function)
            try:
                return function(got, expected) is True
            except Exception:  # whatever the candidate returned, it was not confirmed as right
                return False
        return equal(got, expected, None)


EXACT = Comparator(kind="exact")


def parse_comparator(text: str, place: str) -> Comparator:
    """The comparator that ``text`` names.

    Raises:
        TaskFault: there is no such comparator; the message lists those that exist.
    """
    text = text.strip()
    if text in {"", "exact"}:
        return EXACT
    if text == "unordered":
        return Comparator(kind="unordered")
    if text == "exception":
        return Comparator(kind="exception")
    if re.fullmatch(r"[\w.]+:\w+", text):
        try:
            _host_function(text)
        except TaskFault as error:
            raise TaskFault(f"{place}: compare: {error}") from None
        return Comparator(kind="host", function=text)
    try:
        call = read_tree(text, mode="eval").body
    except (SyntaxError, ValueError):
        call = None
    if isinstance(call, ast.Call) and ast.unparse(call.func) == "approx" and not call.args:
        tolerance = tolerances(call, place)
        return Comparator(kind="approx", rtol=tolerance[0], atol=tolerance[1])
    if isinstance(call, ast.Name):
        if text == "approx":
            return Comparator(kind="approx")
        return Comparator(kind="checks", function=text)
    raise TaskFault(
        f"{place}: compare: expected exact, approx(rtol=1e-6, atol=0.0), unordered, exception, package.module:function or "
        f"the name of a function in the checks, found {text!r}"
    )


def _host_function(name: str) -> Callable[[Any, Any], bool]:
    function: Callable[[Any, Any], bool] = load({}, name, "function", form="package.module:function", fault=TaskFault)
    if getattr(function, "is_comparator", False) is not True:
        raise TaskFault(f"{name} is not a comparator: mark it with @evals.graders.codec.comparator")
    return function


def equal(got: Any, expected: Any, tolerance: tuple[float, float] | None) -> bool:
    """Python's ``==`` on plain values; with a tolerance (relative, absolute), numbers may differ by that much, at any depth."""
    try:
        return bool(got == expected) if tolerance is None else _near(got, expected, *tolerance)
    except (ArithmeticError, TypeError, ValueError, RecursionError):
        return False


def _near(got: Any, expected: Any, rtol: float, atol: float) -> bool:
    if isinstance(got, bool) or isinstance(expected, bool):
        return bool(got == expected)
    if isinstance(expected, (list, tuple)):
        same = isinstance(got, list if isinstance(expected, list) else tuple) and len(got) == len(expected)
        return same and all(_near(part, wanted, rtol, atol) for part, wanted in zip(got, expected, strict=True))
    if isinstance(expected, dict):
        same = isinstance(got, dict) and got.keys() == expected.keys()
        return same and all(_near(got[key], value, rtol, atol) for key, value in expected.items())
    if isinstance(expected, complex) or (isinstance(got, complex) and isinstance(expected, (int, float))):
        return isinstance(got, (int, float, complex)) and cmath.isclose(got, expected, rel_tol=rtol, abs_tol=atol)
    if isinstance(expected, (int, float, Decimal, Fraction)):
        if not isinstance(got, (int, float, Decimal, Fraction)):
            return False
        if math.isnan(got) or math.isnan(expected):
            return math.isnan(got) and math.isnan(expected)
        return bool(got == expected) or math.isclose(got, expected, rel_tol=rtol, abs_tol=atol)
    return bool(got == expected)


def _unordered(got: Any, expected: Any) -> bool:
    if not (isinstance(expected, (list, tuple)) and isinstance(got, list if isinstance(expected, list) else tuple)):
        return equal(got, expected, None)
    if len(got) != len(expected):
        return False
    left = list(got)
    for item in expected:
        place = next((index for index, candidate in enumerate(left) if equal(candidate, item, None)), None)
        if place is None:
            return False
        del left[place]
    return True
