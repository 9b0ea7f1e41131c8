"""Takes assertions apart: the value under test is recorded inside, what it is compared with stays outside.

``assert f(2) == 9`` becomes ``assert record(0, f(2))``, which always holds; ``f(2) == 9`` is decided later, outside.
Covers comparisons with literals, ``approx`` and ``isclose``, ``raises`` of built-in exceptions with ``match``, the assertions
of ``unittest.TestCase``; expected values by a name (a local, a constant of the file, a parameter of a table, a loop's
target) if that name is used for nothing else. What does not fit stays as it is, to be flipped.
"""

from __future__ import annotations

import ast
import builtins
import copy
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evals.graders.runners.pytest_names import (
    MOST_ROWS,
    Hidden,
    Key,
    Rows,
    Table,
    assigned,
    hideable,
    known,
    loads,
    prepared,
    table_of,
    table_rows,
    targets,
)
from evals.graders.runners.pytest_source import Function
from evals.graders.runners.pytest_values import VALUE, callables
from evals.source import read_tree

_EQUAL = {f"assert{kind}Equal" for kind in ("", "List", "Dict", "Tuple", "Set", "Sequence", "MultiLine")}
_COMPARING: Mapping[str, ast.cmpop] = {
    **{name: ast.Eq() for name in _EQUAL},
    **{"assertNotEqual": ast.NotEq(), "assertIs": ast.Is(), "assertIsNot": ast.IsNot(), "assertIn": ast.In()},
    **{"assertNotIn": ast.NotIn(), "assertLess": ast.Lt(), "assertLessEqual": ast.LtE(), "assertGreater": ast.Gt()},
    **{"assertGreaterEqual": ast.GtE()},
}
_RAISES = {"pytest.raises", "raises", "self.assertRaises", "self.assertRaisesRegex"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One assertion: its test function (empty for another function), its expression over the value from inside.

    ``names`` has the expressions of the function's locals; ``rows`` those of its loops' targets, for each time that it must
    run in one run of the test, and is None where that is not known. ``text`` is the assertion's source.
    """

    function: str
    expression: ast.expr
    names: Mapping[str, ast.expr]
    rows: Rows | None
    text: str


@dataclass(slots=True, kw_only=True)
class TakenFile:
    """A test file without what its assertions compare with.

    ``called`` are assertions of helper functions that some test surely calls. ``titles`` maps test names as they run to
    those of the task; ``tables`` has, by name as it runs, the values of a table's row.
    """

    tree: ast.Module
    taken: dict[int, Taken] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    tables: dict[str, dict[str, ast.expr]] = field(default_factory=dict)
    called: set[int] = field(default_factory=set)
    calls: dict[str, Callable[..., Any]] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)


def take(tree: ast.Module, recorder: str, left: frozenset[int] = frozenset()) -> TakenFile:
    """The file with its assertions taken apart, except those numbered in ``left``; the tree itself is not changed."""
    tree = prepared(tree)
    hidden = hideable(tree)
    while True:  # a name that is also used elsewhere is not secret, and what needs it stays inside
        taking = _Taking(copy.deepcopy(tree), recorder, left, hidden)
        taking.run()
        spoiled = {name for name in hidden if taking.used[name] != hidden[name].loads} | (taking.spoiled & {*hidden})
        if not spoiled:
            return taking.file
        hidden = {name: uses for name, uses in hidden.items() if name not in spoiled}


class _Taking:
    """One pass over a file: numbers the assertions, takes apart those that it can."""

    def __init__(self, tree: ast.Module, recorder: str, left: frozenset[int], hidden: Mapping[Key, Hidden]) -> None:
        self.file = TakenFile(tree=tree, calls=callables(tree))
        self.recorder, self.left, self.hidden = recorder, left, hidden
        self.used: Counter[Key] = Counter()
        self.number = 0
        self.function = ""
        self.place = 0
        self.helpers: dict[str, list[int]] = {}
        self.surely: set[str] = set()
        self.spoiled: set[Key] = set()
        self.once: set[str] = set()
        self.local: dict[str, ast.expr] = {}
        self.defined = {node.name for node in ast.walk(tree) if isinstance(node, (ast.ClassDef, ast.FunctionDef))}

    def run(self) -> None:
        """Take the whole file apart."""
        tree = self.file.tree
        for node in tree.body:
            name = assigned(node, self.file.calls)
            if (0, name) in self.hidden and isinstance(node, ast.Assign):
                self.file.constants[name] = node.value
                node.value = ast.Constant(value=None)
        self._scope(tree.body, "", test_class=True)
        self.file.called = {number for name in self.surely for number in self.helpers.get(name, [])}
        ast.fix_missing_locations(tree)

    def _scope(self, body: list[ast.stmt], prefix: str, *, test_class: bool) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                case = any(ast.unparse(base).endswith("TestCase") for base in node.bases)
                self._scope(node.body, f"{prefix}{node.name}::", test_class=test_class and (case or node.name.startswith("Test")))
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._function(node, prefix, is_test=test_class and node.name.startswith("test"))

    def _function(self, node: Function, prefix: str, *, is_test: bool) -> None:
        self.function, self.place = (prefix + node.name if is_test else ""), node.lineno
        table = table_of(node, self.file.calls) if is_test else None
        names = frozenset(name for place, name in self.hidden if place == node.lineno)
        if node.body and isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant):
            node.body[0].value = ast.Constant(value=...)  # a docstring may tell the expected value
        first = self.number
        self.once = {
            ast.unparse(call.func)
            for call in (n for statement in node.body if isinstance(statement, ast.Expr) for n in ast.walk(statement))
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and loads(node, call.func.id) == 1
        }
        self.local = dict(self._locals(node))
        node.body = self._block(node.body, [{}])
        if not is_test:
            self.helpers[node.name] = [n for n in range(first, self.number) if n in self.file.taken]
        elif table is not None and names & {*table.names}:
            self._hide_columns(prefix + node.name, table, names)

    def _locals(self, node: Function) -> list[tuple[str, ast.expr]]:
        locals_read = []
        for statement in node.body:
            name = assigned(statement, self.file.calls)
            if (node.lineno, name) in self.hidden and isinstance(statement, ast.Assign):
                locals_read.append((name, statement.value))
                statement.value = ast.Constant(value=None)
        return locals_read

    def _hide_columns(self, test: str, table: Table, names: frozenset[str]) -> None:
        """Empty the columns that only serve as expected values, and the ids that show them."""
        rows = table.call.args[1]
        assert isinstance(rows, (ast.List, ast.Tuple))
        for index, row in enumerate(table.rows):
            left = [ast.Constant(value=None) if name in names else value for name, value in row.items()]
            bare = isinstance(table.call.args[0], ast.Constant) and "," not in str(table.call.args[0].value)
            rows.elts[index] = left[0] if bare else ast.Tuple(elts=left, ctx=ast.Load())
            self.file.titles[f"{test}[r{index}]"] = f"{test}[{table.ids[index]}]"
            self.file.tables[f"{test}[r{index}]"] = {name: value for name, value in row.items() if name in names}
        shown: list[ast.expr] = [ast.Constant(value=f"r{index}") for index in range(len(table.rows))]
        table.call.keywords.append(ast.keyword(arg="ids", value=ast.List(elts=shown, ctx=ast.Load())))

    def _block(self, body: list[ast.stmt], rows: Rows | None) -> list[ast.stmt]:
        """The statements taken apart; ``rows`` is None if it is not known how often they run."""
        statements: list[ast.stmt] = []
        for node in body:
            statements += self._statement(node, rows)
            if isinstance(node, (ast.If, ast.Try, ast.While, ast.Match, ast.For)) and _leaves(node):
                rows = None
        return statements

    def _statement(self, node: ast.stmt, rows: Rows | None) -> list[ast.stmt]:
        if rows and isinstance(node, (ast.Expr, ast.Assign, ast.AnnAssign, ast.Assert, ast.Return)):
            self.surely |= {ast.unparse(n.func).split(".")[-1] for n in ast.walk(node) if isinstance(n, ast.Call)}
        match node:
            case ast.Assert(test=test):
                return [self._asserted(part, node, rows) for part in _parts(test)]
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=attribute)) as call):
                return self._unittest(node, call, attribute, rows)
            case ast.With(items=[item]) if _raising(item.context_expr):
                node.body = self._block(node.body, None)
                return self._raises(node, item, rows)
            case ast.For():
                node.body = self._block(node.body, self._looped(node, rows))
                node.orelse = self._block(node.orelse, None)
            case ast.With() | ast.AsyncWith():
                risky = any("suppress" in ast.unparse(item) or _raising(item.context_expr) for item in node.items)
                sure = None if risky else rows
                node.body = self._block(node.body, sure)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                node.body = self._block(node.body, rows if node.name in self.once else None)
            case _:
                for part in ("body", "orelse", "finalbody"):
                    if isinstance(getattr(node, part, None), list):
                        setattr(node, part, self._block(getattr(node, part), None))
                for handler in getattr(node, "handlers", []):
                    handler.body = self._block(handler.body, None)
        return [node]

    def _looped(self, node: ast.For, rows: Rows | None) -> Rows | None:
        names = targets(node.target)
        table = table_rows(node.iter, names, self.file.calls)
        whole = not node.orelse and not _leaves(node)
        match node.iter:
            case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(count))]):
                table = [{}] * min(count, MOST_ROWS + 1)
        if rows is None or not whole or table is None or len(rows) * len(table) > MOST_ROWS:
            self.spoiled |= {(self.place, name) for name in names}
            return None
        secret = [name for name in names if (self.place, name) in self.hidden]
        if secret and isinstance(node.iter, (ast.List, ast.Tuple)):
            for index, row in enumerate(table):
                left = [ast.Constant(value=None) if name in secret else value for name, value in row.items()]
                node.iter.elts[index] = left[0] if isinstance(node.target, ast.Name) else ast.Tuple(elts=left, ctx=ast.Load())
        kept = [{name: value for name, value in row.items() if name in secret} for row in table]
        return [{**outer, **row} for outer in rows for row in kept]

    def _asserted(self, test: ast.expr, node: ast.Assert, rows: Rows | None) -> ast.stmt:
        split = self._split(test)
        recorded = self._record(split, rows)
        return ast.Assert(test=recorded or test, msg=None if recorded else node.msg)

    def _record(self, split: tuple[ast.expr, ast.expr] | None, rows: Rows | None) -> ast.expr | None:
        """The call that records, for an expression and its value from inside; None if it cannot be recorded or is in ``left``."""
        number, self.number = self.number, self.number + 1
        if split is None or number in self.left:
            return None
        expression, inside = split
        visible = self._names()
        for name in (n.id for n in ast.walk(expression) if isinstance(n, ast.Name) and n.id in visible):
            key = (self.place, name) if (self.place, name) in self.hidden else (0, name)
            self.used[key] += 1
        self.file.taken[number] = Taken(
            function=self.function, expression=expression, names=self.local, rows=rows, text=ast.unparse(expression)
        )
        named = ast.Name(id=self.recorder, ctx=ast.Load())
        return ast.Call(func=named, args=[ast.Constant(value=number), inside], keywords=[])

    def _names(self) -> frozenset[str]:
        return frozenset(name for place, name in self.hidden if place in (0, self.place))

    def _known(self, node: ast.expr) -> bool:
        return known(node, self._names(), self.file.calls)

    def _split(self, test: ast.expr) -> tuple[ast.expr, ast.expr] | None:
        """The expression over the value from inside, and that value's own expression."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                split = self._split(operand)
                return split and (ast.UnaryOp(op=ast.Not(), operand=split[0]), split[1])
            case ast.Compare(left=ast.Call(func=ast.Name(id="abs"), args=[ast.BinOp(op=ast.Sub()) as gap]) as call):
                if not all(self._known(comparator) for comparator in test.comparators):
                    return None
                sides = self._only([gap.left, gap.right])
                if sides is None:
                    return self._compared(test)
                gap = ast.BinOp(left=sides[0][0], op=ast.Sub(), right=sides[0][1])
                call = ast.Call(func=call.func, args=[gap], keywords=[])
                return ast.Compare(left=call, ops=test.ops, comparators=test.comparators), sides[1]
            case ast.Compare():
                return self._compared(test)
            case ast.Call(func=function, args=given, keywords=named) if (
                self.file.calls.get(ast.unparse(function)) is math.isclose
            ):
                sides = self._only(given)
                if sides is None or not all(self._known(word.value) for word in named):
                    return None
                return ast.Call(func=function, args=sides[0], keywords=named), sides[1]
        return None

    def _only(self, parts: Sequence[ast.expr]) -> tuple[list[ast.expr], ast.expr] | None:
        """The parts with the one that is not known outside replaced, and that one."""
        unknown = [index for index, part in enumerate(parts) if not self._known(part)]
        if len(unknown) != 1 or len(parts) < 2:
            return None
        changed = list(parts)
        changed[unknown[0]] = ast.Name(id=VALUE, ctx=ast.Load())
        return changed, parts[unknown[0]]

    def _compared(self, test: ast.Compare) -> tuple[ast.expr, ast.expr] | None:
        operands = self._only([test.left, *test.comparators])
        if operands is None:
            return None
        for op, side in zip(test.ops, test.comparators, strict=True):
            if isinstance(op, (ast.Is, ast.IsNot)):
                pair = [side, test.left]
                if not any(
                    isinstance(part, ast.Name) or (isinstance(part, ast.Constant) and part.value in (None, True, False))
                    for part in pair
                ):
                    return None
        return ast.Compare(left=operands[0][0], ops=test.ops, comparators=operands[0][1:]), operands[1]

    def _unittest(self, node: ast.Expr, call: ast.Call, attribute: str, rows: Rows | None) -> list[ast.stmt]:
        given = call.args
        split = None
        if attribute in _COMPARING and len(given) in (2, 3) and not call.keywords:
            split = self._split(ast.Compare(left=given[0], ops=[_COMPARING[attribute]], comparators=[given[1]]))
        elif attribute in {"assertIsNone", "assertIsNotNone"} and len(given) in (1, 2):
            op = ast.Is() if attribute == "assertIsNone" else ast.IsNot()
            split = self._split(ast.Compare(left=given[0], ops=[op], comparators=[ast.Constant(value=None)]))
        elif attribute in {"assertAlmostEqual", "assertCountEqual"} and len(given) >= 2:
            sides = self._only(given)
            ours = ast.Name(id="_almost" if attribute == "assertAlmostEqual" else "_same_items", ctx=ast.Load())
            if sides is not None and all(self._known(word.value) for word in call.keywords):
                split = ast.Call(func=ours, args=sides[0], keywords=call.keywords), sides[1]
        elif attribute in {"assertRaises", "assertRaisesRegex"}:
            return self._raises_call(node, call, rows)
        elif not attribute.startswith("assert"):
            return [node]
        recorded = self._record(split, rows)
        return [ast.Expr(value=recorded)] if recorded is not None else [node]

    def _raises_call(self, node: ast.Expr, call: ast.Call, rows: Rows | None) -> list[ast.stmt]:
        """``self.assertRaises(kind, function, arguments)`` as a block."""
        own = 1 if ast.unparse(call.func) == "self.assertRaises" else 2
        if len(call.args) <= own:
            return [node]
        body: list[ast.stmt] = [ast.Expr(value=ast.Call(func=call.args[own], args=call.args[own + 1 :], keywords=call.keywords))]
        item = ast.withitem(context_expr=ast.Call(func=call.func, args=call.args[:own], keywords=[]), optional_vars=None)
        statements = self._raises(ast.With(items=[item], body=body), item, rows)
        return statements if len(statements) == 2 else [node]

    def _raises(self, node: ast.With, item: ast.withitem, rows: Rows | None) -> list[ast.stmt]:
        """A block that must raise: any exception is accepted, and whether it is the right one is decided outside."""
        call = item.context_expr
        assert isinstance(call, ast.Call)
        names = self._kinds(call.args[0])
        pattern = call.args[1] if ast.unparse(call.func) == "self.assertRaisesRegex" and len(call.args) > 1 else None
        for word in call.keywords:
            pattern = word.value if word.arg == "match" else pattern
        sound = names is not None and (pattern is None or self._known(pattern))
        sound = sound and (item.optional_vars is None or isinstance(item.optional_vars, ast.Name))
        name = item.optional_vars.id if isinstance(item.optional_vars, ast.Name) else f"{self.recorder}_caught"
        kinds: list[ast.expr] = [ast.Constant(value=kind) for kind in names or ()]
        caught = "exception" if ast.unparse(call.func).startswith("self.") else "value"
        inside = ast.Attribute(value=ast.Name(id=name, ctx=ast.Load()), attr=caught, ctx=ast.Load())
        expression = ast.Call(
            func=ast.Name(id="_raised", ctx=ast.Load()),
            args=[
                ast.Name(id=VALUE, ctx=ast.Load()),
                ast.Tuple(elts=kinds, ctx=ast.Load()),
                *([pattern] if pattern is not None else []),
            ],
            keywords=[],
        )
        recorded = self._record((expression, inside) if sound else None, rows)
        if recorded is None:
            return [node]
        plain = ast.unparse(call.func).replace("Regex", "")
        item.context_expr = read_tree(f"{plain}(Exception)", mode="eval").body
        item.optional_vars = ast.Name(id=name, ctx=ast.Store())
        return [node, ast.Expr(value=recorded)]

    def _kinds(self, node: ast.expr) -> tuple[str, ...] | None:
        """The built-in exceptions that are expected, by their full names."""
        names = []
        for part in node.elts if isinstance(node, ast.Tuple) else [node]:
            kind = getattr(builtins, part.id, None) if isinstance(part, ast.Name) and part.id not in self.defined else None
            if not (isinstance(kind, type) and issubclass(kind, Exception)):
                return None
            names.append(f"builtins.{kind.__name__}")
        return tuple(names)


def _raising(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and bool(node.args) and ast.unparse(node.func) in _RAISES


def _parts(test: ast.expr) -> list[ast.expr]:
    """The parts of ``a and b``, each of which must hold."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return [part for value in test.values for part in _parts(value)]
    return [test]


def _leaves(node: ast.stmt) -> bool:
    """Whether a statement may leave its block early."""
    return any(isinstance(inner, (ast.Return, ast.Break, ast.Continue)) for inner in ast.walk(node))
