"""Checks are plain Python asserts; this module takes them apart so that expected values never enter the sandbox.

``assert f(1) == 2`` becomes a step that evaluates ``f(1)`` inside and the value ``2`` that stays outside. Everything that is
no assertion is set-up and runs inside, in order. An assertion whose expected side is no literal is evaluated inside
(``judge="inside"``); importers count those.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

from evals.errors import TaskFault

_CONSTRUCTORS: Mapping[str, Any] = {
    "set": set,
    "frozenset": frozenset,
    "tuple": tuple,
    "list": list,
    "dict": dict,
    "float": float,
    "complex": complex,
    "Decimal": Decimal,
    "Fraction": Fraction,
    "bytes": bytes,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One statement of the checks.

    ``run`` executes set-up; ``value`` evaluates an expression that is compared outside with ``expected``; ``raises`` wants
    the named exception; ``inside`` is an assertion that only the sandbox can evaluate. ``source`` is what the sandbox gets,
    ``text`` the statement as written. ``tolerance`` is (relative, absolute) or None for equality.
    """

    kind: Literal["run", "value", "raises", "inside"]
    source: str
    text: str
    line: int
    expected: Any = None
    tolerance: tuple[float, float] | None = None


@lru_cache(maxsize=4096)
def parse_checks(source: str, name: str = "checks") -> tuple[Step, ...]:
    """Take checks apart into steps.

    Raises:
        TaskFault: not Python, or nothing in it asserts anything.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise TaskFault(f"{name}:{error.lineno}: the checks are not Python ({error.msg}): {error.text or ''!r}") from None
    steps = tuple(_step(node) for node in tree.body)
    if all(step.kind == "run" for step in steps):
        raise TaskFault(f"{name}: nothing is checked; write at least one line such as `assert f(1) == 2`")
    return steps


def _step(node: ast.stmt) -> Step:
    text = ast.unparse(node)
    common = {"text": text, "line": node.lineno}
    if isinstance(node, ast.Assert):
        for parse in (_equality, _closeness, _truth):
            found = parse(node.test)
            if found is not None:
                expression, expected, tolerance = found
                return Step(
                    kind="value", source=ast.unparse(expression), expected=expected, tolerance=tolerance, **common
                )
        return Step(kind="inside", source=text, **common)
    if isinstance(node, ast.With) and len(node.items) == 1:
        manager = node.items[0].context_expr
        if isinstance(manager, ast.Call) and ast.unparse(manager.func) in {"raises", "pytest.raises"} and manager.args:
            body = "\n".join(ast.unparse(statement) for statement in node.body)
            return Step(kind="raises", source=body, expected=ast.unparse(manager.args[0]), **common)
    return Step(kind="run", source=text, **common)


_Found = tuple[ast.expr, Any, tuple[float, float] | None]


def _equality(test: ast.expr) -> _Found | None:
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Eq, ast.Is))):
        return None
    left, right = test.left, test.comparators[0]
    for expression, literal in ((left, right), (right, left)):
        try:
            return expression, literal_value(literal), None
        except ValueError:
            continue
    return None


def _closeness(test: ast.expr) -> _Found | None:
    """``math.isclose(x, 1.5, rel_tol=..)`` and ``abs(x - 1.5) < 1e-6``."""
    if isinstance(test, ast.Call) and ast.unparse(test.func) in {"math.isclose", "isclose"} and len(test.args) == 2:
        try:
            keywords = {k.arg: float(literal_value(k.value)) for k in test.keywords}
            tolerance = (keywords.get("rel_tol", 1e-9), keywords.get("abs_tol", 0.0))
            return test.args[0], literal_value(test.args[1]), tolerance
        except ValueError:
            return None
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Lt, ast.LtE)):
        call = test.left
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "abs" and len(call.args) == 1:
            inner = call.args[0]
            if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub):
                try:
                    return inner.left, literal_value(inner.right), (0.0, float(literal_value(test.comparators[0])))
                except (ValueError, TypeError):
                    return None
    return None


def _truth(test: ast.expr) -> _Found | None:
    negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    inner = test.operand if negated and isinstance(test, ast.UnaryOp) else test
    if isinstance(inner, ast.Compare):
        return None  # an inequality between computed values: only the sandbox can tell
    return ast.Call(ast.Name("bool", ast.Load()), [inner], []), not negated, None


def literal_value(node: ast.expr) -> Any:
    """Value of a literal, with the constructors of plain values (set, Decimal, ...) and arithmetic on numbers.

    Raises:
        ValueError: not a literal.
    """
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError):
        pass
    match node:
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _CONSTRUCTORS and len(arguments) < 3:
            values = [literal_value(argument) for argument in arguments]
            try:
                return _CONSTRUCTORS[name](*values)
            except Exception as error:
                raise ValueError(str(error)) from None
        case ast.Attribute(value=ast.Name(id="math"), attr=("inf" | "nan" | "pi" | "e") as attribute):
            return getattr(math, attribute)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = literal_value(operand)
            if isinstance(value, (int, float, Decimal, Fraction)):
                return -value
        case ast.Tuple(elts=items):
            return tuple(literal_value(item) for item in items)
        case ast.List(elts=items):
            return [literal_value(item) for item in items]
        case ast.Dict(keys=keys, values=values):
            return {
                literal_value(key): literal_value(value) for key, value in zip(keys, values, strict=True) if key is not None
            }
    raise ValueError("not a literal")
