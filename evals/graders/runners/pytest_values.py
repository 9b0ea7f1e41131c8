"""What a taken-apart assertion says, decided outside the sandbox: expressions of literals and of one value from inside.

Covers literals, containers, arithmetic on them, ``approx``, ``isclose``, and calls of a few types of the standard library.
Nothing is compiled or executed here: the tree is walked, and what it does not know is not a literal.
"""

from __future__ import annotations

import ast
import collections
import datetime
import decimal
import fractions
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evals.graders.codec import Iterated, Opaque, equal

VALUE = "_value"
"""The name that stands for the value from inside."""

_BUILT_IN = {
    **{kind.__name__: kind for kind in (set, frozenset, list, tuple, dict, bytes, bytearray, complex)},
    **{kind.__name__: kind for kind in (abs, sorted)},
}
_MODULES: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "datetime": {name: getattr(datetime, name) for name in ("date", "datetime", "time", "timedelta")},
    "decimal": {"Decimal": decimal.Decimal},
    "fractions": {"Fraction": fractions.Fraction},
    "collections": {name: getattr(collections, name) for name in ("Counter", "OrderedDict", "deque")},
    "math": {"isclose": math.isclose},
}
_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    **{ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv},
    **{ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow},
}
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    **{ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_, ast.Invert: operator.invert},
}
_COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    **{ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt},
    **{ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not},
    **{ast.In: lambda a, b: a in _items(b), ast.NotIn: lambda a, b: a not in _items(b)},
}
_LARGEST = 100_000
_LONGEST_RANGE = 10_000_000


class Approx:
    """``pytest.approx`` of a number, or of numbers in a list, tuple or dictionary."""

    def __init__(self, expected: Any, rel: float | None = None, abs: float | None = None, nan_ok: bool = False) -> None:
        self.expected, self.nan_ok = _listed(expected), nan_ok
        self.relative = (1e-6 if abs is None else 0.0) if rel is None else rel
        self.absolute = 1e-12 if abs is None else abs

    def __eq__(self, got: object) -> bool:
        if isinstance(got, float) and math.isnan(got) and not self.nan_ok:
            return False
        return equal(_listed(got), self.expected, (self.relative, self.absolute))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self.expected!r} ± ({self.relative:g}, {self.absolute:g})"


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _items(value: Any) -> Any:
    return value.items if isinstance(value, Iterated) else value


def _almost(first: Any, second: Any, places: Any = None, delta: Any = None) -> bool:
    """``assertAlmostEqual``."""
    if first == second:
        return True
    if delta is not None:
        return bool(abs(first - second) <= delta)
    return bool(round(abs(first - second), 7 if places is None else places) == 0)


def _same_items(first: Any, second: Any) -> bool:
    """``assertCountEqual``."""
    left, right = list(_items(first)), list(second)
    for item in right:
        if item not in left:
            return False
        left.remove(item)
    return not left


def _raised(value: Any, kinds: tuple[str, ...], pattern: str | None = None) -> bool:
    """Whether what was raised is of a built-in class, with a message that matches the pattern."""
    if not isinstance(value, Raised) or not {*kinds} & {*value.kinds}:
        return False
    return pattern is None or re.search(pattern, value.text) is not None


class Raised:
    """An exception from inside: its class and bases by name, and its text."""

    def __init__(self, kinds: Sequence[str], text: str) -> None:
        self.kinds, self.text = kinds, text

    def __repr__(self) -> str:
        return f"{self.kinds[0] if self.kinds else '?'}({self.text!r})".removeprefix("builtins.")


OURS: Mapping[str, Callable[..., Any]] = {"_almost": _almost, "_same_items": _same_items, "_raised": _raised}


def callables(tree: ast.Module) -> dict[str, Callable[..., Any]]:
    """What a test file may call in an expected value, by the names that the file gives it."""
    known: dict[str, Callable[..., Any]] = {**_BUILT_IN, **OURS}
    modules = {**_MODULES, "pytest": {"approx": Approx}}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                given = modules.get(alias.name, {})
                known |= {f"{alias.asname or alias.name}.{name}": kind for name, kind in given.items()}
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            given = modules[node.module]
            known |= {alias.asname or alias.name: given[alias.name] for alias in node.names if alias.name in given}
    defined = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    return {name: kind for name, kind in known.items() if name.split(".")[0] not in defined}


def evaluate(node: ast.expr, names: Mapping[str, Any], calls: Mapping[str, Callable[..., Any]]) -> Any:
    """The value of an expression.

    Raises:
        LookupError: a part of it is not a literal, a known name or a known call.
        Exception: as the expression itself does.
    """
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return names[name]
        case ast.List(elts=items):
            return [evaluate(item, names, calls) for item in items]
        case ast.Tuple(elts=items):
            return tuple(evaluate(item, names, calls) for item in items)
        case ast.Set(elts=items):
            return {evaluate(item, names, calls) for item in items}
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {evaluate(_there(key), names, calls): evaluate(value, names, calls) for key, value in pairs}
        case ast.UnaryOp(op=unary, operand=operand):
            return _UNARY[type(unary)](evaluate(operand, names, calls))
        case ast.BinOp(left=left, op=binary, right=right):
            return _computed(binary, evaluate(left, names, calls), evaluate(right, names, calls))
        case ast.Compare(left=left, ops=ops, comparators=others):
            return _chain([evaluate(part, names, calls) for part in (left, *others)], ops)
        case ast.Call(func=function, args=given, keywords=keywords):
            named = {str(word.arg): evaluate(word.value, names, calls) for word in keywords if word.arg is not None}
            return calls[ast.unparse(function)](*[evaluate(item, names, calls) for item in given], **named)
    raise LookupError(ast.unparse(node))


def _there(key: ast.expr | None) -> ast.expr:
    if key is None:
        raise LookupError("**")
    return key


def bounded(value: Any) -> Any:
    """A value from inside that goes into an expression.

    Raises:
        LookupError: a range that would not fit into memory as a list; ``list`` and ``in`` would iterate over it.
    """
    if isinstance(value, range) and (value.stop - value.start) // value.step > _LONGEST_RANGE:
        raise LookupError("a range too long to iterate over here")
    return value


def _computed(op: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(op, ast.Pow):
        size = left.bit_length() if isinstance(left, int) else 0
        if not (isinstance(right, (int, float)) and abs(right) <= 1000 and size * abs(right) <= _LARGEST):
            raise LookupError("a power too large to compute here")
    if isinstance(op, ast.Mod) and isinstance(left, (str, bytes)):
        raise LookupError("a format, which may ask for any width")
    sizes = [side if isinstance(side, int) else len(side) for side in (left, right) if isinstance(side, (int, str, list, tuple))]
    numbers = all(isinstance(side, (int, float, complex)) for side in (left, right))
    if isinstance(op, ast.Mult) and not numbers and math.prod(abs(size) for size in sizes) > _LARGEST:
        raise LookupError("a repetition too long to compute here")
    return _BINARY[type(op)](left, right)


def _chain(values: list[Any], ops: Sequence[ast.cmpop]) -> bool:
    return all(_COMPARED[type(op)](left, right) for left, op, right in zip(values, ops, values[1:], strict=False))


def has_opaque(value: Any) -> bool:
    """Whether a value holds an instance, which cannot be judged outside."""
    if isinstance(value, (Opaque, Raised)) and not isinstance(value, Iterated):
        return True
    if isinstance(value, dict):
        return any(has_opaque(item) for pair in value.items() for item in pair)
    return isinstance(value, (list, tuple, set, frozenset)) and any(has_opaque(item) for item in value)
