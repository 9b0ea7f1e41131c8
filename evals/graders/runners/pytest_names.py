"""Names in a test file that stand for expected values only: these may be moved from the file to the judge outside.

Covers constants of the file, locals, columns of one ``parametrize`` and of loops over tables, all of literals. A name that is
set twice, or read for anything but a comparison, is not one.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.graders.runners.pytest_source import Function, tables_of
from evals.graders.runners.pytest_values import callables, evaluate

Rows = list[dict[str, ast.expr]]
"""The values of a statement's names, one mapping for each time that it runs."""

MOST_ROWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """A name that may stand for an expected value, and how often the file reads it."""

    loads: int


Key = tuple[int, str]
"""A function's line (0: the file) and a name in it."""


def prepared(tree: ast.Module) -> ast.Module:
    """A copy without assertion messages, in which tables that are used once are written where they are used."""
    tree = copy.deepcopy(tree)
    calls = callables(tree)
    stored = _stored(tree)
    constants = {name: node for node in tree.body if (name := assigned(node, calls)) and stored[name] == 1}
    for part in ast.walk(tree):
        if isinstance(part, ast.Assert):
            part.msg = None
        elif isinstance(part, ast.For) and isinstance(part.iter, ast.Name):
            part.iter = _moved(part.iter, constants, tree)
        elif isinstance(part, ast.Call) and ast.unparse(part.func).endswith("parametrize") and len(part.args) == 2:
            part.args[1] = _moved(part.args[1], constants, tree)
    return tree


def _moved(used: ast.expr, constants: Mapping[str, ast.stmt], tree: ast.Module) -> ast.expr:
    given = constants.get(used.id) if isinstance(used, ast.Name) else None
    if not isinstance(used, ast.Name) or not isinstance(given, ast.Assign) or loads(tree, used.id) != 1:
        return used
    value, given.value = given.value, ast.Constant(value=None)
    return value


def _stored(tree: ast.AST) -> Counter[str]:
    names = Counter(node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    names.update(node.arg for node in ast.walk(tree) if isinstance(node, ast.arg))
    return names


def hideable(tree: ast.Module) -> dict[Key, Hidden]:
    """The names of a module whose values can be kept out of the sandbox."""
    calls = callables(tree)
    hidden_names: dict[Key, Hidden] = {}
    stored = _stored(tree)
    for node in tree.body:
        name = assigned(node, calls)
        if name and stored[name] == 1:
            hidden_names[0, name] = Hidden(loads=loads(tree, name))
    for function in _functions(tree.body):
        inside = _stored(function)
        names = {name for node in function.body if (name := assigned(node, calls))}
        for part in ast.walk(function):
            if isinstance(part, ast.For):
                names |= _literal_columns(table_rows(part.iter, targets(part.target), calls), calls)
        table = table_of(function, calls)
        if table is not None and "ids" not in {word.arg for word in table.call.keywords}:
            names |= _literal_columns(table.rows, calls)
        for name in names:
            if inside[name] == 1 and (0, name) not in hidden_names:
                hidden_names[function.lineno, name] = Hidden(loads=loads(function, name))
    return {key: hidden for key, hidden in hidden_names.items() if hidden.loads}


def _literal_columns(rows: Rows | None, calls: Mapping[str, Callable[..., Any]]) -> set[str]:
    return {name for name in (rows or [{}])[0] if all(known(row[name], frozenset(), calls) for row in rows or [])}


def _functions(body: Sequence[ast.stmt]) -> list[Function]:
    functions: list[Function] = []
    for node in body:
        if isinstance(node, ast.ClassDef):
            functions += _functions(node.body)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            functions.append(node)
    return functions


def loads(node: ast.AST, name: str) -> int:
    """How often a name is read below a node."""
    return sum(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) for n in ast.walk(node))


def assigned(node: ast.stmt, calls: Mapping[str, Callable[..., Any]]) -> str:
    """The name that a statement gives to a literal."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id if known(node.value, frozenset(), calls) else ""
    return ""


def known(node: ast.expr, names: frozenset[str], calls: Mapping[str, Callable[..., Any]]) -> bool:
    """Whether an expression's value is known outside: literals and these names."""
    try:
        evaluate(node, dict.fromkeys(names, 1), calls)
    except LookupError:
        return False
    except Exception:  # such as "a" * NAME with a stand-in for the name: its value is known, but not its type
        return all(n.id in names or n.id in calls for n in ast.walk(node) if isinstance(n, ast.Name))
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of literals under ``parametrize``: the ids that pytest gives its rows, their values by name."""

    call: ast.Call
    names: list[str]
    ids: list[str]
    rows: Rows


def table_of(function: Function, calls: Mapping[str, Callable[..., Any]]) -> Table | None:
    """The one table of a test function; None if there are two, or if it is computed."""
    calls_of = tables_of(function)
    if len(calls_of) != 1 or not isinstance(calls_of[0], ast.Call) or len(calls_of[0].args) != 2:
        return None
    call = calls_of[0]
    try:
        given = ast.literal_eval(call.args[0])
    except ValueError:
        return None
    names = [part.strip() for part in given.split(",")] if isinstance(given, str) else [str(part) for part in given]
    single = isinstance(given, str) and "," not in given
    rows = table_rows(call.args[1], names, calls, single=single)
    if not rows:
        return None
    ids = ["-".join(_id(name, value, index) for name, value in row.items()) for index, row in enumerate(rows)]
    sound = len({*ids}) == len(ids) and not any("\0" in text for text in ids)
    return Table(call=call, names=names, ids=ids, rows=rows) if sound else None


def _id(name: str, node: ast.expr, index: int) -> str:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return f"{name}{index}"
    if isinstance(value, (str, bytes)):
        return value if isinstance(value, str) and value.isascii() and value.isprintable() else "\0"
    return str(value) if value is None or isinstance(value, (int, float, bool, complex)) else f"{name}{index}"


def targets(target: ast.expr) -> list[str]:
    """The names that an assignment to this binds."""
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, ast.Tuple) and all(isinstance(item, ast.Name) for item in target.elts):
        return [item.id for item in target.elts if isinstance(item, ast.Name)]
    return []


def table_rows(
    node: ast.expr, names: list[str], calls: Mapping[str, Callable[..., Any]], *, single: bool | None = None
) -> Rows | None:
    """The rows of a list of literals, by name."""
    if not isinstance(node, (ast.List, ast.Tuple)) or not names or len(node.elts) > MOST_ROWS:
        return None
    single = len(names) == 1 if single is None else single
    rows: Rows = []
    for row in node.elts:
        values = [row] if single else row.elts if isinstance(row, (ast.Tuple, ast.List)) else []
        if len(values) != len(names) or not all(_fixed(value, calls) for value in values):
            return None
        rows.append(dict(zip(names, values, strict=True)))
    return rows


def _fixed(node: ast.expr, calls: Mapping[str, Callable[..., Any]]) -> bool:
    """Whether a cell of a table stands for one value: ``pytest.param`` and unpacked values do not."""
    if known(node, frozenset(), calls):
        return True
    parts = any(isinstance(inner, (ast.Starred, ast.NamedExpr)) for inner in ast.walk(node))
    return not parts and not (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("param"))
