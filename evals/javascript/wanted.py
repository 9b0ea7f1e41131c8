"""What checks in JavaScript want of a value, outside the sandbox.

A ``Wanted`` is known from the text of the checks. A ``Reference`` is known once the golden has run: what both sides of an
assertion gave there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from evals.javascript.values import Mode, Thing, Undefined, equal, known, read, show, truthy

__all__ = ["Mode", "Reference", "Test", "Wanted"]

Test = Literal["equal", "truthy", "defined", "any", "close", "<", "<=", ">", ">=", "length", "contains"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wanted:
    """What a value must be; compares equal (``==``) to the driver's text of a value that is so."""

    test: Test = "equal"
    value: Any = None
    mode: Mode = "strict"
    within: float = 0.0
    negated: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.accepts(read(other))

    __hash__ = object.__hash__

    def accepts(self, got: Any) -> bool:
        """Whether a value is as wanted. What cannot be read is never so, negated or not."""
        if self.test == "any":
            return True
        if self.negated and not known(got):
            return False
        return _TESTS[self.test](self, got) is not self.negated

    def __repr__(self) -> str:
        value = show(self.value)
        shown = {"equal": value, "close": f"{value} within {self.within:g}", "any": "anything", "truthy": "truthy"}
        return ("not " if self.negated else "") + shown.get(self.test, f"{self.test} {value}")


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Wanted, Any], bool]:
    def ordered(wanted: Wanted, got: Any) -> bool:
        plain = isinstance(got, (float, str)) and type(got) is type(wanted.value)
        return plain and bool(compare(got, wanted.value))

    return ordered


def _length(wanted: Wanted, got: Any) -> bool:
    if isinstance(got, str):
        return bool(len(got.encode("utf-16-le", "surrogatepass")) // 2 == wanted.value)
    return isinstance(got, Thing) and got.kind == "Array" and len(got.parts) == wanted.value


def _contains(wanted: Wanted, got: Any) -> bool:
    if isinstance(got, str):
        return isinstance(wanted.value, str) and wanted.value in got
    return isinstance(got, Thing) and got.kind == "Array" and any(equal(p, wanted.value, wanted.mode) for p in got.parts)


_TESTS: Mapping[str, Callable[[Wanted, Any], bool]] = {
    "equal": lambda wanted, got: equal(got, wanted.value, wanted.mode),
    "truthy": lambda wanted, got: truthy(got),
    "defined": lambda wanted, got: known(got) and not isinstance(got, Undefined),
    "close": lambda wanted, got: isinstance(got, float) and abs(got - wanted.value) < wanted.within,
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
    "length": _length,
    "contains": _contains,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """What a step records of assertions that run any number of times, or whose two sides are both computed.

    ``sought`` says for each assertion in the step what it wants: a ``Wanted`` of its value, or the mode by which its two
    sides are equal; these must equal the golden's two. The answer must come by the same assertions in the same order as
    the golden, whose records ``golden`` are.
    """

    sought: tuple[Mode | Wanted, ...]
    golden: Thing | None = None

    def __eq__(self, other: object) -> bool:
        got = read(other) if isinstance(other, str) else None
        if not isinstance(got, Thing) or self.golden is None or len(got.parts) != len(self.golden.parts):
            return False
        return all(map(self._alike, got.parts, self.golden.parts))

    __hash__ = object.__hash__

    def _alike(self, got: Any, golden: Any) -> bool:
        if not isinstance(got, Thing) or len(got.parts) != len(golden.parts) or got.parts[0] != golden.parts[0]:
            return False
        sought = self.sought[int(golden.parts[0])]
        if isinstance(sought, Wanted):
            return sought.accepts(got.parts[1])
        mode = _by_value(sought, golden)
        return all(equal(part, wanted, mode) for part, wanted in zip(got.parts[1:], golden.parts[1:], strict=True))

    def holds(self) -> bool:
        """Whether the golden's own values satisfy the assertions, of which there must be some."""
        entries = self.golden.parts if self.golden is not None else ()
        return bool(entries) and all(map(self._sound, entries))

    def _sound(self, entry: Any) -> bool:
        if not (isinstance(entry, Thing) and len(entry.parts) > 1 and entry.parts[0] in range(len(self.sought))):
            return False
        sought = self.sought[int(entry.parts[0])]
        if isinstance(sought, Wanted):
            return sought.accepts(entry.parts[1])
        return len(entry.parts) == 3 and equal(entry.parts[1], entry.parts[2], _by_value(sought, entry))

    def __repr__(self) -> str:
        return f"as the golden: {self.golden!r}"


def _by_value(mode: Mode, entry: Thing) -> Mode:
    """Two processes share no object: where the checks want the same one, its value counts."""
    objects = any(isinstance(part, Thing) for part in entry.parts[1:])
    return "deep" if objects and mode in {"strict", "loose", "is"} else mode
