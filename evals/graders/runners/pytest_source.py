"""Test files of pytest, read and changed: their test ids, the flipped form in which every test must fail, and canaries.

As for vitest (see ``vitest_source``): a compared value is changed to another one, else the last assertion is negated, else a
failing one is added at the end of the test. Of a test that the answer's process decides there are several flipped copies, and
one that is as it was, under names that do not tell which. Covers functions, classes, ``unittest.TestCase``, and tables of
literals under one ``parametrize``.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from evals.errors import TaskFault
from evals.graders.runners import Copy
from evals.graders.runners.lookalikes import other_value
from evals.source import read_tree

Function = ast.FunctionDef | ast.AsyncFunctionDef
_SKIPS = {"skip", "skipif", "xfail", "skipIf", "skipUnless", "expectedFailure"}
_OPPOSITE = {
    **{"assertTrue": "assertFalse", "assertFalse": "assertTrue", "assertIsNone": "assertIsNotNone", "assertIn": "assertNotIn"},
    **{"assertIsNotNone": "assertIsNone", "assertNotIn": "assertIn", "assertNotEqual": "assertEqual"},
    **{"assertIsInstance": "assertNotIsInstance", "assertIs": "assertIsNot"},
}
_SAME = {"assertEqual", "assertListEqual", "assertDictEqual", "assertTupleEqual", "assertSetEqual", "assertCountEqual"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFunction:
    """One test function; ``name`` is its id below the file, without the brackets of a table."""

    name: str
    node: Function
    banned: str


def parse_tests(file: str, text: str) -> ast.Module:
    """The tree of a test file.

    Raises:
        TaskFault: it is not Python.
    """
    try:
        tree: ast.Module = read_tree(text)
        return tree
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise TaskFault(f"{file}:{line}: the test file cannot be parsed: {error}") from None


def find_tests(file: str, text: str) -> list[TestFunction]:
    """The test functions of a file, in order.

    Raises:
        TaskFault: it is not Python.
    """
    return find_tests_in(parse_tests(file, text))


def find_tests_in(tree: ast.Module) -> list[TestFunction]:
    """The test functions of a file that has been read, in order."""
    return list(_tests(tree.body, "", ""))


def decided(function: Function, recorder: str, uncounted: Collection[int]) -> bool:
    """Whether a test is decided outside: all that it asserts is recorded, so often as is known, and its end is, too.

    Its result inside is then worth nothing. ``uncounted`` are the recorded assertions of which it is not known how often they
    come to be.
    """
    last: ast.stmt = function.body[-1]
    while isinstance(last, (ast.For, ast.With)):
        last = last.body[-1]
    for node in ast.walk(function):
        if isinstance(node, ast.Assert) and not _is_record(node, recorder, uncounted):
            return False
        if isinstance(node, ast.Call) and (_raises(node) is not None or ast.unparse(node.func).startswith("self.assert")):
            return False
    return isinstance(last, ast.Assert)


def _is_record(node: ast.Assert, recorder: str, uncounted: Collection[int]) -> bool:
    match node.test:
        case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=int(number)), _]):
            return name == recorder and number not in uncounted
    return False


def _tests(body: list[ast.stmt], prefix: str, banned: str) -> Iterator[TestFunction]:
    for node in body:
        if isinstance(node, ast.ClassDef) and (node.name.startswith("Test") or _is_case(node)):
            yield from _tests(node.body, f"{prefix}{node.name}::", banned or _banned(node))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test"):
            yield TestFunction(name=prefix + node.name, node=node, banned=banned or _banned(node))


def _is_case(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith("TestCase") for base in node.bases)


def _banned(node: ast.ClassDef | Function) -> str:
    words = {part for item in node.decorator_list for part in ast.unparse(item).split("(")[0].split(".")}
    return min(_SKIPS & words, default="")


def tables_of(function: Function) -> list[ast.expr]:
    """The tables of a test function: its decorators that are a ``parametrize``."""
    return [item for item in function.decorator_list if "parametrize" in ast.unparse(item)]


def ids_of(file: str, test: TestFunction) -> list[str]:
    """The ids of a test function: one, or one per row of its table.

    Raises:
        TaskFault: the table is not a list of literals.
    """
    tables = tables_of(test.node)
    if not tables:
        return [f"{file}::{test.name}"]
    rows = _rows(tables[0]) if len(tables) == 1 else None
    if rows is None or len(set(rows)) != len(rows):
        place = f"{file}:{test.node.lineno}"
        raise TaskFault(f"{place}: the test's table is computed, so its ids cannot be read; list them in fail_to_pass")
    return [f"{file}::{test.name}[{row}]" for row in rows]


def _rows(table: ast.expr) -> list[str] | None:
    if not isinstance(table, ast.Call) or len(table.args) < 2 or table.keywords:
        return None
    try:
        names, rows = ast.literal_eval(table.args[0]), ast.literal_eval(table.args[1])
    except ValueError:
        return None
    single = isinstance(names, str) and "," not in names
    ids = []
    for row in rows:
        values = [row] if single else list(row)
        if not all(value is None or isinstance(value, (str, int, float, bool)) for value in values):
            return None
        if any(isinstance(value, str) and not (value.isascii() and value.isprintable() and value) for value in values):
            return None
        ids.append("-".join(str(value) for value in values))
    return ids


def copied(tree: ast.Module, names: Collection[str], flipped: int, luck: random.Random) -> dict[str, Copy]:
    """Put beside these tests so many copies each, which are to be flipped: all copies by the names that they got.

    The tree is changed. What has no copies is not among them.
    """
    copies: dict[str, Copy] = {}
    taken = {test.name.split("::")[-1] for test in _tests(tree.body, "", "")}
    words = sorted({word for name in taken for word in name.split("_")[1:] if word}) or ["works", "value"]
    for body, prefix in _bodies(tree.body, ""):
        for node in list(body):
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or (name := prefix + node.name) not in names:
                continue
            made = [node, *(copy.deepcopy(node) for _ in range(flipped))]
            called = [node.name, *(_name(words, taken, luck) for _ in range(flipped))]
            order = luck.sample(range(len(made)), len(made))
            for one, new in zip(made, luck.sample(called, len(called)), strict=True):
                one.name = new
                copies[prefix + new] = Copy(name=name, flipped=one is not node)
            body[body.index(node) : body.index(node) + 1] = [made[place] for place in order]
    return copies


def _bodies(body: list[ast.stmt], prefix: str) -> Iterator[tuple[list[ast.stmt], str]]:
    yield body, prefix
    for node in body:
        if isinstance(node, ast.ClassDef) and (node.name.startswith("Test") or _is_case(node)):
            yield from _bodies(node.body, f"{prefix}{node.name}::")


def _name(words: list[str], taken: set[str], luck: random.Random) -> str:
    """A name of a test that looks like the others."""
    name = "test_" + "_".join(luck.choice(words) for _ in range(luck.randint(2, 4)))
    while name in taken:
        name += f"_{luck.choice(words)}"
    taken.add(name)
    return name


def woven(text: str, added: str, luck: random.Random) -> str:
    """A test file with functions and imports added: the imports before its first test, the functions anywhere from there on."""
    tree, extra = read_tree(text), read_tree(added).body
    found = [place for place, node in enumerate(tree.body) if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    first = found[0] if found else len(tree.body)
    for node in extra:
        place = first if isinstance(node, ast.ImportFrom) else luck.randint(first, len(tree.body))
        tree.body.insert(place, node)
        first += isinstance(node, ast.ImportFrom)
    return ast.unparse(tree)


def flip(file: str, text: str, token: str, recorder: str = "", kept: Collection[str] = ()) -> str:
    """The file with every test changed so that it must fail for a right answer; preferably not where it calls the recorder.

    The tests in ``kept`` are left as they are.

    Raises:
        TaskFault: it is not Python.
    """
    lines = text.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    data = text.encode()
    tests = [test for test in find_tests(file, text) if test.name not in kept]
    edits = [_flip(test.node, f"{token}{number:x}", recorder, text) for number, test in enumerate(tests)]
    for (row, column), (last, end), before, after in sorted(edits, reverse=True):
        start, stop = starts[row - 1] + column, starts[last - 1] + end
        data = data[:start] + before.encode() + data[start:stop] * (after is not None) + (after or "").encode() + data[stop:]
    return data.decode()


Edit = tuple[tuple[int, int], tuple[int, int], str, str | None]
"""Start and end as (line, byte column), text before and after; after None: the text before replaces the range."""


def _flip(function: Function, token: str, recorder: str, around: str) -> Edit:
    sure = list(_sure(function.body))
    for node in reversed(sure):
        edit = _decisive(node, token, around)
        if edit is not None:
            return edit
    negatable = [node for node in reversed(sure) if isinstance(node, ast.Assert)]
    for node in sorted(negatable, key=lambda node: bool(recorder) and recorder in ast.unparse(node)):
        return (*_span(node.test), "not (", ")")
    last = function.body[-1]
    begin, end = _span(last)
    failing = f"assert '{token}' == '{token[::-1]}-'"
    if begin[0] == function.lineno or isinstance(last, (ast.Expr, ast.Assign, ast.Pass, ast.Assert)):
        return end, end, f"; {failing}", ""
    return end, end, "\n" + " " * function.body[0].col_offset + failing, ""


def _sure(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Assertions that always run when the test does."""
    for node in body:
        if isinstance(node, ast.Return):
            return
        if isinstance(node, ast.Assert) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            yield node
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            raising = [item.context_expr for item in node.items if _raises(item.context_expr) is not None]
            yield from raising
            if not raising:
                yield from _sure(node.body)
        elif isinstance(node, ast.For) and _surely_loops(node):
            yield from _sure(node.body)


def _surely_loops(node: ast.For) -> bool:
    given = isinstance(node.iter, (ast.List, ast.Tuple)) and bool(node.iter.elts)
    return given and not any(isinstance(inner, (ast.Break, ast.Continue)) for inner in ast.walk(node))


def _raises(node: ast.expr) -> ast.expr | None:
    """The exception that a ``raises`` expects."""
    if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in {"pytest.raises", "raises", "self.assertRaises"}:
        return node.args[0]
    return None


def _decisive(node: ast.AST, token: str, around: str) -> Edit | None:
    """The change of the value that decides an assertion; None if it has no such value."""
    if isinstance(node, ast.Assert):
        return _compared(node.test, token, around)
    if isinstance(node, ast.Call) and (expected := _raises(node)) is not None:
        return (*_span(expected), f"type('{token}', (Exception,), {{}})", None)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        call, function = node.value, node.value.func
        if ast.unparse(function.value) != "self":
            return None
        if function.attr in _SAME and len(call.args) >= 2:
            return _other(_side(call.args[0], call.args[1]), token, around)
        if function.attr in _OPPOSITE:
            begin, end = _span(function)
            return begin, end, f"self.{_OPPOSITE[function.attr]}", None
    return None


def _compared(test: ast.expr, token: str, around: str) -> Edit | None:
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    if isinstance(test.ops[0], (ast.Eq, ast.Is)):
        return _other(_side(test.left, test.comparators[0]), token, around)
    return _other(test.left, token, around) if isinstance(test.ops[0], ast.In) else None


def _side(left: ast.expr, right: ast.expr) -> ast.expr:
    """The side with the expected value: the literal, else the right-hand side."""
    return left if _plain(left) and not _plain(right) else right


def _plain(node: ast.expr) -> bool:
    return not any(isinstance(inner, (ast.Call, ast.Name, ast.Attribute, ast.Await)) for inner in ast.walk(node))


def _other(node: ast.expr, token: str, around: str) -> Edit:
    """Another value of the same kind; for a literal, one that looks alike."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        value = ...
    if value is not ... and value != (changed := other_value(value, random.Random(token), around)):
        return (*_span(node), repr(changed), None)
    before = (
        f"(lambda v: (not v) if type(v) is bool else v + 977 + abs(v) if type(v) in (int, float) and abs(v) < 1e300 else "
        f"v + '{token}' if type(v) is str else v + b'{token}' if type(v) is bytes else object())("
    )
    return (*_span(node), before, ")")


def _span(node: ast.expr | ast.stmt) -> tuple[tuple[int, int], tuple[int, int]]:
    assert node.end_lineno is not None and node.end_col_offset is not None
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


_CANARIES = (
    ("assert ({a!r} + '') == {b!r}", False),
    ("assert ({a!r} + '') == {a!r}", True),
    ("assert not ({a!r} + '') == {a!r}", False),
    ("assert ({a!r} + '') != {b!r}", True),
    ("assert [{n}, {a!r}] == [{n}, {b!r}]", False),
    ("assert dict(k={n} + 0) == dict(k={n} + 1)", False),
    ("assert {a!r} in [{b!r}]", False),
    ("assert ({a!r} + '') is None", False),
    ("raise ValueError({a!r})", False),
)
_RAISING = (("int({a!r})", True), ("int('{n}')", False))


def canaries(text: str, names: list[str], luck: random.Random) -> tuple[str, dict[str, bool]]:
    """Source of tests to weave into a file, and for each name whether it must pass."""
    words = [word for name in names for word in name.split("::")[-1].split("_")[1:] if word] or ["works", "value"]
    raises = f"{luck.choice('kqvxz')}{luck.getrandbits(32):08x}"
    taken = {name.split("::")[-1] for name in names}
    expected: dict[str, bool] = {}
    parts = []
    forms = [*_CANARIES, *((f"with {raises}(ValueError): {call}", passes) for call, passes in _RAISING)]
    for form, passes in luck.sample(forms, len(forms)):
        name = _name(words, taken, luck)
        while f"def {name}(" in text:
            name = _name(words, taken, luck)
        a, b = (f"{luck.choice('ghkmp')}{luck.getrandbits(40):x}" for _ in range(2))
        parts.append(f"def {name}():\n    {form.format(a=a, b=b, n=luck.randint(3, 900))}\n")
        expected[name] = passes
    return f"from pytest import raises as {raises}\n" + "\n\n".join(parts), expected
