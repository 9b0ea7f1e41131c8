"""Checks written for pytest or unittest, in the form of plain checks: nothing that asserts is left out in silence.

``import pytest`` goes, since ``raises`` and ``approx`` are known here; where they stand in a loop or a function, helpers of the
same effect take their place. Test functions without arguments and the methods of test classes are called, in order, after
the rest. What cannot be run so (fixtures, marks, skipped tests, other parts of pytest) is refused with its line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from evals.errors import TaskFault
from evals.source import read_tree

_KNOWN = ("raises", "approx")
OWN = "goldloop_"
"""What the names of helpers start with."""
_HELPERS = """
class goldloop_raises:
    def __init__(self, *kinds, match=None):
        self.kinds, self.pattern, self.value, self.type = kinds, match, None, None
    def match(self, pattern):
        assert __import__("re").search(pattern, str(self.value)), f"{pattern!r} is not in {str(self.value)!r}"
        return True
    def __enter__(self):
        return self
    def __exit__(self, kind, value, trace):
        assert kind is not None, "nothing was raised"
        wanted = self.kinds[0] if isinstance(self.kinds[0], tuple) else self.kinds
        if not issubclass(kind, wanted):
            return False
        self.type, self.value = kind, value
        return self.pattern is None or self.match(self.pattern)
class goldloop_approx:
    def __init__(self, expected, rel=1e-6, rtol=None, atol=0.0, **more):
        self.expected = expected
        self.limits = rel if rtol is None else rtol, more.get("abs", atol)
    def near(self, got, expected):
        if isinstance(expected, (list, tuple)):
            return type(got) is type(expected) and len(got) == len(expected) and all(map(self.near, got, expected))
        if isinstance(expected, dict):
            return got.keys() == expected.keys() and all(self.near(got[key], expected[key]) for key in expected)
        if isinstance(expected, (int, float)) and not isinstance(expected, bool):
            if not isinstance(got, (int, float)) or isinstance(got, bool):
                return False
            return got == expected or abs(got - expected) <= max(self.limits[0] * max(abs(got), abs(expected)), self.limits[1])
        return got == expected
    def __eq__(self, got):
        return self.near(got, self.expected)
"""
_CASES = {"TestCase", "unittest.TestCase"}
_SET_UP = {"setUpClass", "setup_class", "setup_method", "setup_function", "setUpModule", "setup_module"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainChecks:
    """Statements of plain checks; ``asserting`` are those of them (by identity) that assert though no ``assert`` shows it."""

    body: tuple[ast.stmt, ...]
    asserting: frozenset[int]


def plain_checks(tree: ast.Module) -> PlainChecks:
    """The checks without the forms of test frameworks.

    Raises:
        TaskFault: they use what cannot be run here; the message starts with the line.
    """
    body = [kept for node in tree.body for kept in _kept(node)]
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    calls = [call for node in body for call in _calls(node, called)]
    asserting = {id(call) for call in calls}
    helped = _Helped(_names_of_pytest(tree))
    made = []
    for node in (*body, *calls):
        before = helped.used
        made.append(helped.visit(node) if not is_plain_form(node) else node)
        if helped.used > before and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            asserting.add(id(made[-1]))
    for node in made:
        for part in ast.walk(node):
            owner = part.value if isinstance(part, ast.Attribute) else None
            if (
                isinstance(part, ast.Attribute)
                and isinstance(owner, ast.Name)
                and owner.id == "pytest"
                and part.attr not in _KNOWN
            ):
                raise TaskFault(f"{part.lineno}: pytest.{part.attr} is not known in checks: there are raises and approx")
    naming = any(isinstance(node, ast.With) and node.items[0].optional_vars for node in made if is_plain_form(node))
    helpers = read_tree(_HELPERS).body if helped.used or naming else []
    return PlainChecks(body=(*helpers, *made), asserting=frozenset(asserting))


def _kept(node: ast.stmt) -> Iterator[ast.stmt]:
    """A statement without what only a test framework needs."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name == "pytest" and alias.asname:
                raise TaskFault(
                    f"{node.lineno}: `{ast.unparse(node)}`: write `import pytest`; raises and approx are known without"
                )
        names = [alias for alias in node.names if alias.name != "pytest"]
        if names:
            yield ast.copy_location(ast.Import(names=names), node)
    elif isinstance(node, ast.ImportFrom) and node.module == "pytest":
        unknown = [alias for alias in node.names if alias.name not in _KNOWN or alias.asname]
        if unknown:
            raise TaskFault(f"{node.lineno}: `{ast.unparse(node)}`: of pytest, checks know raises and approx, under these names")
    elif isinstance(node, ast.If) and "__main__" in ast.unparse(node.test) and "__name__" in ast.unparse(node.test):
        if not all(map(_is_main, node.body)):
            yield node
    elif not _is_main(node):
        yield node


def _is_main(node: ast.stmt) -> bool:
    """``unittest.main()`` or ``pytest.main()``."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) in {"unittest.main", "pytest.main"}
    )


def _calls(node: ast.stmt, called: set[str]) -> Iterator[ast.stmt]:
    """Calls of the tests that a statement defines and nothing calls."""
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and node.name not in called and _asserts(node):
        _refuse_marks(node)
        if node.args.args or node.args.kwonlyargs or node.args.posonlyargs:
            raise TaskFault(f"{node.lineno}: {node.name} takes arguments; checks have no fixtures and no parameters")
        yield _statement(f"{node.name}()", node)
    elif isinstance(node, ast.FunctionDef) and node.name in _SET_UP:
        raise TaskFault(f"{node.lineno}: {node.name} is not run in checks; write it as plain statements")
    elif isinstance(node, ast.ClassDef) and node.name not in called:
        bases = {ast.unparse(base) for base in node.bases}
        is_case = bool(bases & _CASES)
        if not is_case and not node.name.startswith("Test"):
            return
        methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
        tests = [method for method in methods if method.name.startswith("test")]
        if tests:
            _refuse_marks(node)
        for method in methods if tests else ():
            if method.name in _SET_UP:
                raise TaskFault(f"{method.lineno}: {node.name}.{method.name} is not run in checks; use setUp or plain statements")
        for method in tests:
            _refuse_marks(method)
            if len(method.args.args) != 1:
                raise TaskFault(f"{method.lineno}: {node.name}.{method.name} takes arguments; checks have no fixtures")
            yield _statement(f"{node.name}({method.name!r}).debug()" if is_case else f"{node.name}().{method.name}()", method)


def _refuse_marks(node: ast.FunctionDef | ast.ClassDef) -> None:
    for decorator in node.decorator_list:
        if any(word in ast.unparse(decorator) for word in ("pytest.", "unittest.", "skip", "fixture")):
            raise TaskFault(f"{decorator.lineno}: `@{ast.unparse(decorator)[:60]}`: checks know no marks and no fixtures")


def _asserts(node: ast.AST) -> bool:
    return any(isinstance(part, (ast.Assert, ast.With)) for part in ast.walk(node))


def _statement(source: str, at: ast.stmt) -> ast.stmt:
    made: ast.stmt = read_tree(source).body[0]
    for part in ast.walk(made):
        ast.copy_location(part, at)
    return made


def is_plain_form(node: ast.stmt) -> bool:
    """What ``evals.checks`` takes apart itself: an assertion, and a block that must raise."""
    if isinstance(node, ast.With) and len(node.items) == 1:
        named = node.items[0].optional_vars
        return _is_raises(node.items[0].context_expr) and (named is None or isinstance(named, ast.Name))
    return isinstance(node, ast.Assert)


def _is_raises(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in {"raises", "pytest.raises"} and bool(node.args)


def _names_of_pytest(tree: ast.Module) -> frozenset[str]:
    """The names under which the checks call pytest's helpers; another function of such a name may be the answer's."""
    names = {"pytest.raises", "pytest.approx"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "pytest":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.With):
            names |= {"raises" for item in node.items if _is_raises(item.context_expr)}
    return frozenset(names - {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))})


class _Helped(ast.NodeTransformer):
    """Puts the helpers in the place of pytest's, where these are called; counts them."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.used = 0

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = ast.unparse(node.func) if isinstance(node.func, (ast.Name, ast.Attribute)) else ""
        if name in self.names:
            self.used += 1
            node.func = ast.copy_location(ast.Name(id=OWN + name.removeprefix("pytest."), ctx=ast.Load()), node.func)
        return node


def noted(name: str, body: str) -> str:
    """Source that runs ``body`` and binds what it raises as ``name.value``, as pytest does; the exception goes on."""
    inner = "\n".join(f"    {line}" for line in body.split("\n"))
    return (
        f"{name} = {OWN}raises(BaseException)\ntry:\n{inner}\nexcept BaseException as goldloop_error:\n"
        f"    {name}.type, {name}.value = type(goldloop_error), goldloop_error\n    raise"
    )
