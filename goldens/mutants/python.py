"""Mutants of Python, by its syntax tree.

Left out as equivalent: the same bytecode as the golden's, and an extreme that may be updated by an equal value. Not
mutated: docstrings, annotations, pieces of f-strings, what runs only as a script.
"""

from __future__ import annotations

import ast
import copy
import dis
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from types import CodeType
from typing import Any

from evals.source import read_tree
from goldens.mutants.candidates import Candidates, Mutant, changed_line

_BOUNDARY: Mapping[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_COMPARISON: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_SYMMETRIC = {"isinstance", "max", "min", "math.gcd", "gcd"}  # swapping them raises or changes nothing
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_Edit = tuple[str, Callable[[Any], ast.AST]]


def mutate_python(text: str) -> Candidates:
    """All mutants of a Python text, on the text that its syntax tree unparses to.

    Raises:
        SyntaxError: it is not Python.
    """
    tree = read_tree(text)
    base = ast.unparse(tree)
    golden = _bytecode(compile(base, "<golden>", "exec"))
    hidden, extremes = _hidden(tree), _extremes(tree)
    candidates, seen = Candidates(), {base}
    for index, node in enumerate(ast.walk(tree)):
        for operator, edit in () if id(node) in hidden else _edits(node):
            code = _apply(tree, index, edit)
            if code is None or code in seen:
                continue
            seen.add(code)
            extreme = operator == "boundary" and id(node) in extremes
            if extreme or _bytecode(compile(code, "<golden>", "exec")) == golden:
                candidates.equivalent += 1
                continue
            before, after = changed_line(base, code)
            line = getattr(node, "lineno", 1)
            candidates.made.append(Mutant(operator=operator, line=line, before=before, after=after, code=code + "\n"))
    return candidates


def _hidden(tree: ast.AST) -> Set[int]:
    """Nodes where a change could not show or would only break the text."""
    hidden: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (*_DEFINITIONS, ast.Module)) and ast.get_docstring(node, clean=False) is not None:
            hidden.update(id(inner) for inner in ast.walk(node.body[0]))
        parts = [getattr(node, name, None) for name in ("annotation", "returns")]
        hidden.update(id(inner) for part in parts if isinstance(part, ast.AST) for inner in ast.walk(part))
        if isinstance(node, ast.JoinedStr):
            hidden.update(id(part) for part in node.values if isinstance(part, ast.Constant))
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            hidden.update(id(inner) for inner in ast.walk(node))
    return hidden


def _extremes(tree: ast.AST) -> Set[int]:
    """The comparisons of ``if a > b: b = a`` and ``a if a > b else b``: with ``>=`` an equal value takes the place."""
    tests: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.If(test=ast.Compare(ops=[_]) as test, body=[ast.Assign(targets=[left], value=right)], orelse=[]):
                pass
            case ast.IfExp(test=ast.Compare(ops=[_]) as test, body=left, orelse=right):
                pass
            case _:
                continue
        if {ast.unparse(left), ast.unparse(right)} == {ast.unparse(test.left), ast.unparse(test.comparators[0])}:
            tests.add(id(test))
    return tests


def _apply(tree: ast.Module, index: int, edit: Callable[[Any], ast.AST]) -> str | None:
    """The text with one node replaced; None where the result is not Python."""
    changed = copy.deepcopy(tree)
    target = next(node for place, node in enumerate(ast.walk(changed)) if place == index)
    new = edit(target)
    if new is not target:
        _Replace(target, new).visit(changed)
    try:
        code = ast.unparse(ast.fix_missing_locations(changed))
        compile(code, "<mutant>", "exec")
    except (SyntaxError, ValueError):
        return None
    return code


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.AST, new: ast.AST) -> None:
        self._target, self._new = target, new

    def visit(self, node: ast.AST) -> Any:
        return self._new if node is self._target else self.generic_visit(node)


def _edits(node: ast.AST) -> Iterator[_Edit]:
    """What can be done to one node; each edit gets a copy that it may change."""
    match node:
        case ast.Compare(ops=ops):
            for place, op in enumerate(ops):
                for name, table in (("boundary", _BOUNDARY), ("comparison", _COMPARISON)):
                    if type(op) in table:
                        yield name, _set_item("ops", place, table[type(op)])
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _ARITHMETIC and not _formats(node):
            yield "arithmetic", _set("op", _ARITHMETIC[type(op)])
        case ast.BoolOp(op=op):
            yield "boolean", _set("op", ast.And if isinstance(op, ast.Or) else ast.Or)
        case ast.UnaryOp(op=ast.Not()):
            yield "negated condition", lambda copied: copied.operand
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield "arithmetic", lambda copied: copied.operand
        case ast.Constant(value=value):
            yield from _constants(value)
        case ast.Slice():
            for part in ("lower", "upper"):
                if getattr(node, part) is not None and not isinstance(getattr(node, part), ast.Constant):
                    yield "off by one", _add_one(part)
        case ast.Call(func=func, args=args):
            yield from _calls(func, args)
        case ast.Return(value=value) if value is not None and not (isinstance(value, ast.Constant) and value.value is None):
            yield "return None", _set("value", lambda: ast.Constant(None))
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield "negated condition", _negate("test")
    if isinstance(node, ast.comprehension) and node.ifs:
        yield "negated condition", _negate_filter
    if isinstance(node, (ast.If, ast.For, ast.While)) and node.orelse:
        yield "dropped else", lambda copied: _with(copied, orelse=[])
    if _removable(node):
        yield "removed statement", lambda copied: ast.Pass()


def _formats(node: ast.AST) -> bool:
    """``"%d" % x`` is formatting, not arithmetic: the swap would only raise."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, (ast.JoinedStr, ast.Constant))


def _removable(node: ast.AST) -> bool:
    """Statements that leave no name undefined when they are gone: failing with a NameError would prove nothing about checks."""
    if isinstance(node, (ast.AugAssign, ast.Raise, ast.Break, ast.Continue)):
        return True
    if isinstance(node, ast.Assign):
        return all(isinstance(target, (ast.Subscript, ast.Attribute)) for target in node.targets)
    return isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Await))


def _constants(value: object) -> Iterator[_Edit]:
    if isinstance(value, bool):
        yield "constant", lambda copied: ast.Constant(not value)
    elif isinstance(value, (int, float)):
        yield "constant", lambda copied: ast.Constant(value + 1)
        yield "constant", lambda copied: ast.Constant(value - 1)
    elif isinstance(value, str):
        yield "constant", lambda copied: ast.Constant("" if value else "x")


def _calls(func: ast.expr, args: Sequence[ast.expr]) -> Iterator[_Edit]:
    if isinstance(func, ast.Name) and func.id == "range" and not any(isinstance(arg, ast.Starred) for arg in args):
        for place in range(min(len(args), 2)):
            yield "off by one", _shift_argument(place, ast.Add)
            yield "off by one", _shift_argument(place, ast.Sub)
    elif len(args) >= 2 and ast.dump(args[0]) != ast.dump(args[1]) and ast.unparse(func) not in _SYMMETRIC:
        yield "swapped arguments", lambda copied: _with(copied, args=[copied.args[1], copied.args[0], *copied.args[2:]])


def _with(node: Any, **changes: Any) -> ast.AST:
    for name, value in changes.items():
        setattr(node, name, value)
    changed: ast.AST = node
    return changed


def _set(name: str, make: Callable[[], ast.AST]) -> Callable[[Any], ast.AST]:
    return lambda copied: _with(copied, **{name: make()})


def _set_item(name: str, place: int, make: Callable[[], ast.AST]) -> Callable[[Any], ast.AST]:
    def edit(copied: Any) -> ast.AST:
        getattr(copied, name)[place] = make()
        return _with(copied)

    return edit


def _negate(name: str) -> Callable[[Any], ast.AST]:
    return lambda copied: _with(copied, **{name: _not(getattr(copied, name))})


def _not(test: ast.expr) -> ast.expr:
    return test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else ast.UnaryOp(ast.Not(), test)


def _add_one(name: str) -> Callable[[Any], ast.AST]:
    return lambda copied: _with(copied, **{name: ast.BinOp(getattr(copied, name), ast.Add(), ast.Constant(1))})


def _negate_filter(copied: Any) -> ast.AST:
    copied.ifs[0] = _not(copied.ifs[0])
    return _with(copied)


def _shift_argument(place: int, operation: type[ast.operator]) -> Callable[[Any], ast.AST]:
    def edit(copied: Any) -> ast.AST:
        copied.args[place] = ast.BinOp(copied.args[place], operation(), ast.Constant(1))
        return _with(copied)

    return edit


def _bytecode(code: CodeType) -> tuple[Any, ...]:
    """What runs, without line numbers, file names and what only unreachable code mentions."""
    arguments = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    steps = tuple((step.opname, _operand(step.argval)) for step in dis.get_instructions(code))
    return steps, bytes(code.co_exceptiontable), arguments, names, code.co_flags


def _operand(value: Any) -> Any:
    return _bytecode(value) if isinstance(value, CodeType) else (type(value), value)
