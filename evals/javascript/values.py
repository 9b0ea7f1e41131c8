"""JavaScript's values outside the sandbox, and its equalities: ``===``, ``==``, ``Object.is``, deep ones, JSON's.

Covers what the driver writes (primitives, arrays, plain objects, class instances, Map, Set, Date, RegExp, typed arrays,
errors). What it could not read without running the candidate's code (proxies, accessors, functions, cycles) is
``Unknown`` and equals nothing. Numbers are floats, as in JavaScript.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Mode = Literal["strict", "loose", "is", "deep", "deep_loose", "like", "same", "json"]
"""``===``; ``==``; ``Object.is``; Node's ``deepStrictEqual`` and ``deepEqual``; ``toEqual``; lodash's ``isEqual``; JSON text."""


class Undefined:
    """The type of ``undefined``, and of a hole in an array, which reads as it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


UNDEFINED = Undefined("undefined")
HOLE = Undefined("<hole>")


@dataclass(frozen=True, slots=True)
class BigInt:
    """A BigInt."""

    value: int

    def __repr__(self) -> str:
        return f"{self.value}n"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that cannot be judged by its value; it equals nothing."""

    what: str

    def __repr__(self) -> str:
        return f"<{self.what}>"


@dataclass(frozen=True, slots=True)
class Thing:
    """An object: what it is (``Object``, ``Map``, a class's name), its parts in order, its own enumerable properties."""

    kind: str
    parts: tuple[Any, ...] = ()
    properties: tuple[tuple[str, Any], ...] = ()

    def __repr__(self) -> str:
        inner = [show(part) for part in self.parts] + [f"{key}: {show(value)}" for key, value in self.properties]
        if self.kind == "Array":
            return f"[{', '.join(inner)}]"
        return ("" if self.kind == "Object" else f"{self.kind} ") + "{" + ", ".join(inner) + "}"


def show(value: Any) -> str:
    """A value as JavaScript writes it, nearly: for messages."""
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value).replace("inf", "Infinity")
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)


_NUMBERS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "-0": -0.0}
_ORDERLESS = {"Map", "Set"}


def read(text: str) -> Any:
    """The value of the driver's canonical text; what is malformed is unknown, and so equals nothing."""
    try:
        return _read(json.loads(text))
    except (ValueError, TypeError, RecursionError, OverflowError):  # of an integer that is not a float
        return Unknown("unreadable")


def _read(form: Any) -> Any:
    match form:
        case None | bool() | str():
            return form
        case int() | float():
            return float(form)
        case list():
            return array([_read(item) for item in form])
        case {"$": [*tagged]} if len(form) == 1:
            return _read_tagged(tagged)
        case dict() if "$" not in form:
            return Thing("Object", (), tuple((key, _read(item)) for key, item in form.items()))
    return Unknown("unreadable")


def _read_tagged(form: list[Any]) -> Any:
    match form:
        case ["u"]:
            return UNDEFINED
        case ["hole"]:
            return HOLE
        case ["n", str(name)] if name in _NUMBERS:
            return _NUMBERS[name]
        case ["big", str(digits)] if len(digits) < 4000:
            return BigInt(int(digits))
        case ["o", str(kind), list(parts), list(properties)]:
            return Thing(kind, tuple(_read(part) for part in parts), tuple((str(k), _read(v)) for k, v in properties))
        case ["x", str(what)]:
            return Unknown(what)
    return Unknown("unreadable")


def array(items: list[Any]) -> Thing:
    """An array of these items."""
    return Thing("Array", tuple(items))


def known(value: Any) -> bool:
    """Whether nothing in it is unknown."""
    if isinstance(value, Thing):
        return all(known(part) for part in value.parts) and all(known(item) for _, item in value.properties)
    return not isinstance(value, Unknown)


def equal(got: Any, expected: Any, mode: Mode) -> bool:
    """Whether two values are equal in JavaScript's sense of ``mode``. Objects of two processes are never ``===``."""
    try:
        return _EQUALITIES[mode](got, expected)
    except (RecursionError, OverflowError, ValueError):
        return False


def _strict(got: Any, expected: Any) -> bool:
    got, expected = _filled(got), _filled(expected)
    return type(got) is type(expected) and not isinstance(got, (Thing, Unknown)) and bool(got == expected)


def _filled(value: Any) -> Any:
    return UNDEFINED if value is HOLE else value


def _is(got: Any, expected: Any) -> bool:
    if isinstance(got, float) and isinstance(expected, float):
        same_zero = math.copysign(1, got) == math.copysign(1, expected) or got != 0
        return (math.isnan(got) and math.isnan(expected)) or (got == expected and same_zero)
    return _strict(got, expected)


def _same(got: Any, expected: Any) -> bool:
    return _strict(got, expected) or _is(got, expected)


def _loose(got: Any, expected: Any) -> bool:
    """``==`` between primitives. An object is never equal: its conversion would be the candidate's own code."""
    if isinstance(got, (Thing, Unknown)) or isinstance(expected, (Thing, Unknown)):
        return False
    nothing = (None, UNDEFINED, HOLE)
    if got in nothing or expected in nothing:
        return got in nothing and expected in nothing
    if type(got) is type(expected):
        return bool(got == expected)
    left, right = _number(got), _number(expected)
    return left is not None and right is not None and left == right


def _number(value: Any) -> float | int | None:
    if isinstance(value, BigInt):
        return value.value
    if isinstance(value, str):
        text = value.strip()
        if "_" in text or text.lower().lstrip("+-") in {"inf", "nan", "infinity"}:
            return {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}.get(text)
        try:
            return float(int(text, 0)) if text[:2].lower() in {"0x", "0o", "0b"} else float(text or "0")
        except ValueError:
            return None
    return float(value)


def _deeply(primitive: Callable[[Any, Any], bool], *, kinds: bool = True, absent: bool = False, holes: bool = True) -> Any:
    """A deep equality over one of primitives. ``kinds``: classes count; ``absent``: a property of undefined is none."""

    def properties(thing: Thing) -> dict[str, Any]:
        return {key: value for key, value in thing.properties if not (absent and value is UNDEFINED)}

    def deep(got: Any, expected: Any) -> bool:
        if not (isinstance(got, Thing) and isinstance(expected, Thing)):
            if holes and (got is HOLE) != (expected is HOLE):
                return False
            return primitive(got, expected)
        if got.kind != expected.kind and (kinds or not {got.kind, expected.kind}.isdisjoint(_BUILT_IN)):
            return False
        left, right = properties(got), properties(expected)
        if left.keys() != right.keys() or len(got.parts) != len(expected.parts):
            return False
        if not all(deep(left[key], right[key]) for key in left):
            return False
        if got.kind not in _ORDERLESS:
            return all(deep(a, b) for a, b in zip(got.parts, expected.parts, strict=True))
        rest = list(expected.parts)
        for part in got.parts:
            place = next((n for n, candidate in enumerate(rest) if deep(part, candidate)), None)
            if place is None:
                return False
            del rest[place]
        return True

    return deep


_BUILT_IN = {"Array", "Map", "Set", "Date", "RegExp", "Error"}


def _json(got: Any, expected: Any) -> bool:
    """Whether ``JSON.stringify`` writes the same text of both; key order counts."""
    return known(got) and known(expected) and _json_form(got) == _json_form(expected)


def _json_form(value: Any) -> Any:
    match value:
        case bool():
            return ("bool", value)  # or True would equal 1.0
        case float():
            return value + 0.0 if math.isfinite(value) else None
        case BigInt():
            raise ValueError("JSON.stringify throws on a BigInt")
        case Thing(kind="Array", parts=parts):
            return [None if isinstance(form := _json_form(part), Undefined) else form for part in parts]
        case Thing(kind="Date", parts=(float(time),)):
            return iso(time)
        case Thing(kind="Number" | "String" | "Boolean", parts=(inner,)):
            return _json_form(inner)
        case Thing(kind=kind, parts=parts, properties=properties):
            listed = [(str(n), part) for n, part in enumerate(parts)] if kind.endswith("Array") else []
            forms = [(key, _json_form(item)) for key, item in (*listed, *properties)]
            return ("object", [(key, form) for key, form in forms if not isinstance(form, Undefined)])
    return value


def iso(time: float) -> str | None:
    """What ``toISOString`` gives for milliseconds since 1970; None outside the years 1 to 9999 and for an invalid date."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time)
    except (OverflowError, ValueError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


_EQUALITIES: Mapping[Mode, Callable[[Any, Any], bool]] = {
    "strict": _strict,
    "loose": lambda got, expected: _loose(got, expected),
    "is": _is,
    "deep": _deeply(_is),
    "deep_loose": _deeply(lambda got, expected: _loose(got, expected) or _is(got, expected), kinds=False, holes=False),
    "like": _deeply(_is, kinds=False, absent=True, holes=False),
    "same": _deeply(_same),
    "json": _json,
}


def truthy(value: Any) -> bool:
    """JavaScript's truth of a value."""
    match value:
        case None | Undefined() | Unknown():
            return False
        case float():
            return value != 0 and not math.isnan(value)
        case BigInt():
            return value.value != 0
        case Thing():
            return True
    return bool(value)
