"""Checks are plain Python asserts; this module takes them apart so that expected values never enter the sandbox.

``assert f(1) == 2`` becomes a step that evaluates ``f(1)`` inside and the value ``2`` that stays outside. What is not an
assertion is set-up and runs inside, in order. An assertion whose expected side is not a literal, one in a loop or a
branch, and a call of a function that asserts need code to decide (kind ``inside``): see ``evals.graders.referee`` for
where that code runs. ``assert f(1) == approx([1.5], rtol=1e-6)`` and ``assert f(1) == unordered([1, 2])`` choose the
comparator of one check (see ``evals.graders.codec``). Forms of test frameworks become plain ones first (``evals.checkforms``).
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

from evals.checkforms import OWN, is_plain_form, noted, plain_checks
from evals.errors import TaskFault
from evals.source import read_tree

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
_NUMBERS = (int, float, complex, Decimal, Fraction)
_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_APPROX = {"rtol": 0, "rel": 0, "rel_tol": 0, "atol": 1, "abs": 1, "abs_tol": 1}
DEFAULT_RTOL = 1e-6
_LARGEST_POWER = 4096  # bits: `10 ** 10 ** 10` in a check must not hang the judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One statement of the checks.

    ``run`` executes set-up; ``value`` evaluates an expression that is compared outside with ``expected``; ``raises``
    wants one of the exceptions named in ``expected``, with ``match`` (a pattern) in its message; ``inside`` is an
    assertion that needs code to decide; ``call`` calls ``source`` with ``arguments`` (source of a tuple and a dict).
    ``source`` is what the sandbox gets, ``text`` the whole statement. ``tolerance`` is (relative, absolute) or None for
    the comparator; ``compare`` names a comparator for this check, empty for the task's; ``identical`` (written ``is``)
    wants the type too; ``truth`` compares what ``bool`` says of the value.
    """

    kind: Literal["run", "value", "raises", "inside", "call"]
    source: str
    text: str
    line: int
    expected: Any = None
    tolerance: tuple[float, float] | None = None
    identical: bool = False
    match: str = ""
    truth: bool = False
    compare: str = ""
    arguments: str = ""


@lru_cache(maxsize=4096)
def parse_checks(source: str, name: str = "checks") -> tuple[Step, ...]:
    """Take checks apart into steps.

    Raises:
        TaskFault: they are not Python, or assert nothing.
    """
    try:
        tree = read_tree(source)
    except SyntaxError as error:
        problem = f"({error.msg}): {error.text or ''!r}"
        raise TaskFault(f"{name}:{error.lineno}: the checks are not Python {problem}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise TaskFault(f"{name}: the checks are not Python ({error or type(error).__name__})") from None
    try:
        plain = plain_checks(tree)
        asserting = {node.name for node in plain.body if isinstance(node, _FUNCTIONS) and _asserts(node)}
        steps = tuple(step for node in plain.body for step in _steps(node, asserting, shown=id(node) in plain.asserting))
    except TaskFault as error:
        raise TaskFault(f"{name}:{error}") from None
    if all(step.kind == "run" for step in steps):
        raise TaskFault(f"{name}: nothing is checked; write at least one line such as `assert f(1) == 2`")
    return steps


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _asserts(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Assert) for inner in ast.walk(node))


def _steps(node: ast.stmt, asserting: Set[str], *, shown: bool) -> Iterator[Step]:
    text = ast.unparse(node)
    line = node.lineno
    if isinstance(node, ast.Assert):
        for test in _conjuncts(node.test):
            yield _assertion(test, text, line)
        return
    if isinstance(node, ast.With) and is_plain_form(node) and isinstance(manager := node.items[0].context_expr, ast.Call):
        body = "\n".join(ast.unparse(statement) for statement in node.body)
        expected, match = _exceptions(manager.args[0]), _match(manager, line)
        name = node.items[0].optional_vars
        body = noted(name.id, body) if isinstance(name, ast.Name) else body
        yield Step(kind="raises", source=body, text=text, line=line, expected=expected, match=match)
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        inside = shown or ast.unparse(node.value.func) in asserting
    else:
        inside = shown or (not isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and _asserts(node))
    shown_text = text.replace(OWN, "")
    yield Step(kind="inside" if inside else "run", source=text, text=shown_text, line=line)


def _conjuncts(test: ast.expr) -> Iterator[ast.expr]:
    """The parts of ``a and b``: each is an assertion of its own."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from _conjuncts(part)
    else:
        yield test


def _assertion(test: ast.expr, text: str, line: int) -> Step:
    for parse in (_equality, _chosen, _closeness, _truth):
        compared = parse(test)
        if compared is not None:
            expression, expected, tolerance = compared
            return Step(
                kind="value",
                source=ast.unparse(expression),
                text=text,
                line=line,
                expected=expected,
                tolerance=tolerance,
                identical=isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is),
                truth=parse is _truth,
                compare="unordered" if parse is _chosen and tolerance is None else "",
            )
    return Step(kind="inside", source=f"assert {ast.unparse(test)}", text=text, line=line)


def _exceptions(node: ast.expr) -> tuple[str, ...]:
    """The accepted classes by name, without their modules: the sandbox names what was raised and its bases so."""
    items = node.elts if isinstance(node, ast.Tuple) else [node]
    return tuple(ast.unparse(item).rsplit(".", 1)[-1] for item in items)


def _match(call: ast.Call, line: int) -> str:
    for keyword in call.keywords:
        if keyword.arg == "match" and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
            try:
                re.compile(keyword.value.value)
            except re.error as error:
                raise TaskFault(f"{line}: `{ast.unparse(call)}`: match is not a regular expression: {error}") from None
            if len(call.keywords) == len(call.args) == 1:
                return keyword.value.value
    if call.keywords or len(call.args) > 1:
        raise TaskFault(f"{line}: `{ast.unparse(call)}`: raises() takes a class and match='pattern', nothing else")
    return ""


_Found = tuple[ast.expr, Any, tuple[float, float] | None]


def _equality(test: ast.expr) -> _Found | None:
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Eq, ast.Is))):
        return None
    for expression, literal in _both_ways(test.left, test.comparators[0]):
        try:
            expected = literal_value(literal)
        except ValueError:
            continue
        if isinstance(test.ops[0], ast.Is) and not (expected is None or isinstance(expected, bool)):
            return None  # identity of other values depends on the interpreter
        return expression, expected, None
    return None


def _chosen(test: ast.expr) -> _Found | None:
    """``f(1) == approx(1.5, rtol=1e-6)`` and ``f(1) == unordered([1, 2])``, either with its sides swapped."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return None
    for expression, call in _both_ways(test.left, test.comparators[0]):
        name = ast.unparse(call.func).removeprefix("pytest.") if isinstance(call, ast.Call) else ""
        if isinstance(call, ast.Call) and name in {"approx", "unordered"} and len(call.args) == 1:
            try:
                expected = literal_value(call.args[0])
            except ValueError:
                return None
            place = f"{call.lineno}: `{ast.unparse(call)}`"
            if name == "approx":
                return expression, expected, tolerances(call, place)
            if call.keywords:
                raise TaskFault(f"{place}: unordered() takes the expected items, nothing else")
            return expression, expected, None
    return None


def tolerances(call: ast.Call, place: str) -> tuple[float, float]:
    """(relative, absolute) of a call of ``approx``; pytest's names ``rel`` and ``abs`` count too.

    Raises:
        TaskFault: another argument, or a value that is not a number >= 0.
    """
    limits = [DEFAULT_RTOL, 0.0]
    for keyword in call.keywords:
        if keyword.arg not in _APPROX:
            raise TaskFault(f"{place}: approx: expected rtol= and atol=, found {keyword.arg or '**'}=")
        try:
            value = float(ast.literal_eval(keyword.value))
        except (ValueError, TypeError, SyntaxError, OverflowError):
            value = -1.0
        if not 0 <= value < math.inf:
            raise TaskFault(f"{place}: approx: {keyword.arg} must be a number >= 0, found {ast.unparse(keyword.value)}")
        limits[_APPROX[keyword.arg]] = value
    return limits[0], limits[1]


def _both_ways(left: ast.expr, right: ast.expr) -> tuple[tuple[ast.expr, ast.expr], ...]:
    return (left, right), (right, left)


_ABSOLUTES = {"abs", "math.fabs", "fabs"}


def _closeness(test: ast.expr) -> _Found | None:
    """``math.isclose(x, 1.5, rel_tol=..)`` and ``abs(x - 1.5) < 1e-6``, either with its sides swapped."""
    tolerance: tuple[float, float]
    try:
        if isinstance(test, ast.Call) and _is_closeness(test) and len(test.args) == 2:
            keywords = {k.arg: float(literal_value(k.value)) for k in test.keywords}
            if not set(keywords) <= {"rel_tol", "abs_tol"}:
                return None
            tolerance = (keywords.get("rel_tol", 1e-9), keywords.get("abs_tol", 0.0))
            left, right = test.args
        else:
            call, limit = _bound(test)
            if not (isinstance(call, ast.Call) and ast.unparse(call.func) in _ABSOLUTES and len(call.args) == 1):
                return None
            inner = call.args[0]
            if not (isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub)):
                return None
            tolerance = (0.0, float(literal_value(limit)))
            left, right = inner.left, inner.right
    except (ValueError, TypeError, OverflowError):
        return None
    if min(tolerance) < 0:
        return None
    for expression, literal in _both_ways(left, right):
        try:
            expected = literal_value(literal)
        except ValueError:
            continue
        return (expression, expected, tolerance) if isinstance(expected, _NUMBERS) else None
    return None


def _is_closeness(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in {"math.isclose", "isclose"}


def _bound(test: ast.expr) -> tuple[ast.expr, ast.expr]:
    """(small side, large side) of ``a < b``, ``a <= b``, ``b > a`` and ``b >= a``."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        if isinstance(test.ops[0], (ast.Lt, ast.LtE)):
            return test.left, test.comparators[0]
        if isinstance(test.ops[0], (ast.Gt, ast.GtE)):
            return test.comparators[0], test.left
    raise ValueError("no inequality")


def _truth(test: ast.expr) -> _Found | None:
    negated = False
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, negated = test.operand, not negated
    if any(isinstance(inner, ast.Compare) or _is_closeness(inner) for inner in ast.walk(test)):
        return None  # a comparison of computed values: it takes code to tell
    return test, not negated, None


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
        case ast.Call(func=ast.Name(id=name), args=[*arguments], keywords=[]) if name in _CONSTRUCTORS:
            return _build(_CONSTRUCTORS[name], *(literal_value(argument) for argument in arguments))
        case ast.Attribute(value=ast.Name(id="math"), attr=("inf" | "nan" | "pi" | "e") as attribute):
            return getattr(math, attribute)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = literal_value(operand)
            if isinstance(value, _NUMBERS):
                return -value
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATORS:
            return _arithmetic(operation, literal_value(left), literal_value(right))
        case ast.Set(elts=items):
            return _build(set, [literal_value(item) for item in items])
        case ast.Tuple(elts=items):
            return tuple(literal_value(item) for item in items)
        case ast.List(elts=items):
            return [literal_value(item) for item in items]
        case ast.Dict(keys=keys, values=values) if None not in keys:
            pairs = zip(keys, values, strict=True)
            return _build(dict, [(literal_value(key), literal_value(value)) for key, value in pairs if key is not None])
    raise ValueError("not a literal")


def _build(constructor: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return constructor(*arguments)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ValueError(str(error)) from None


def _arithmetic(operation: ast.operator, left: Any, right: Any) -> Any:
    if not (isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS)):
        raise ValueError("arithmetic on something that is not a number")
    if isinstance(operation, ast.Pow):
        if not (isinstance(left, (int, float)) and isinstance(right, (int, float))):
            raise ValueError("a power of something that is not a plain number")
        if isinstance(left, int) and isinstance(right, int) and left.bit_length() * abs(right) > _LARGEST_POWER:
            raise ValueError("a power too large for a literal")
    return _build(_OPERATORS[type(operation)], left, right)
