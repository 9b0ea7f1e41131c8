"""Mutants are wrong, drawn the same way each time, and none provably equals its golden."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from evals.errors import TaskFault
from evals.graders.patches import apply_patch
from evals.records import Task
from goldens.mutants import mutants_of
from goldens.mutants.candidates import Mutant, draw
from goldens.mutants.javascript import mutate_javascript, mutate_tsx
from goldens.mutants.patch import write_diff
from goldens.mutants.python import mutate_python
from goldens.mutants.sql import mutate_sql


def task(golden: str, **changes: Any) -> Task:
    row = {"id": "t", "suite": "s", "split": "train", "group": "g", "prompt": "p", "golden": golden, "source": "suite/t"}
    return Task.model_validate({**row, **changes})


def changes(mutants: list[Mutant]) -> set[tuple[str, str]]:
    return {(mutant.operator, mutant.after) for mutant in mutants}


@pytest.mark.parametrize(
    ("text", "operator", "after"),
    [
        ("x = a < b", "boundary", "x = a <= b"),
        ("x = a == b", "comparison", "x = a != b"),
        ("x = a in b", "comparison", "x = a not in b"),
        ("x = a + b", "arithmetic", "x = a - b"),
        ("x += 1", "arithmetic", "x -= 1"),
        ("x = a and b", "boolean", "x = a or b"),
        ("x = f(3)", "constant", "x = f(4)"),
        ("x = f(3)", "constant", "x = f(2)"),
        ("x = 'a'", "constant", "x = ''"),
        ("x = ''", "constant", "x = 'x'"),
        ("x = True", "constant", "x = False"),
        ("x.append(1)", "removed statement", "pass"),
        ("if a:\n    f()", "negated condition", "if not a:"),
        ("if not a:\n    f()", "negated condition", "if a:"),
        ("x = [a for a in b if a]", "negated condition", "x = [a for a in b if not a]"),
        ("def f():\n    return x", "return None", "return None"),
        ("f(a, b)", "swapped arguments", "f(b, a)"),
        ("if a:\n    f()\nelse:\n    g()", "dropped else", ""),
        ("for i in range(n):\n    f()", "off by one", "for i in range(n + 1):"),
        ("x = a[:n]", "off by one", "x = a[:n + 1]"),
    ],
)
def test_python_operators(text: str, operator: str, after: str) -> None:
    assert (operator, after) in changes(mutate_python(text).made)


@pytest.mark.parametrize(
    ("text", "operator"),
    [("if a > b:\n    b = a", "boundary"), ("x = a if a < b else b", "boundary"), ("x = max(a, b)", "swapped arguments")],
)
def test_python_changes_that_change_nothing_are_left_out(text: str, operator: str) -> None:
    assert operator not in {mutant.operator for mutant in mutate_python(text).made}


def test_equivalents_are_counted() -> None:
    assert mutate_python("if a > b:\n    b = a").equivalent == 1


def test_same_bytecode_is_equivalent() -> None:
    text = "def f():\n    return 1\n    x += 1\n"
    operators = {mutant.operator for mutant in mutate_python(text).made}
    assert "removed statement" not in operators
    assert mutate_python(text).equivalent > 0


def test_docstrings_and_annotations_are_left_alone() -> None:
    text = 'def f(x: "int" = None) -> "list[int]":\n    """Text."""\n    return x\n'
    assert {mutant.operator for mutant in mutate_python(text).made} == {"return None"}


def test_every_python_mutant_is_python_and_names_its_line() -> None:
    text = (
        "import math\n\n# a comment\ndef f(x, y):\n    if x > 0 and y[1:x]:\n        return math.pow(x, 2)\n    return f'{x}'\n"
    )
    made = mutate_python(text).made
    for mutant in made:
        ast.parse(mutant.code)
    assert {mutant.line for mutant in made} == {5, 6, 7}


@pytest.mark.parametrize(
    ("text", "operator", "after"),
    [
        ("x = a < b;", "boundary", "x = a <= b;"),
        ("x = a === b;", "comparison", "x = a !== b;"),
        ("x = a * b;", "arithmetic", "x = a + b;"),
        ("x = a && b;", "boolean", "x = a || b;"),
        ("x = a ?? b;", "boolean", "x = a && b;"),
        ("x = 1;", "constant", "x = 2;"),
        ("x = 'a';", "constant", 'x = "";'),
        ("if (a) f();", "negated condition", "if (!(a)) f();"),
        ("if (!a) f();", "negated condition", "if (a) f();"),
        ("if (a) f(); else g();", "dropped else", "if (a) f();"),
        ("function f() { return 1 }", "return undefined", "function f() { return undefined; }"),
        ("const f = (x) => x;", "return undefined", "const f = (x) => undefined;"),
        ("f(a, b);", "swapped arguments", "f(b, a);"),
        ("x.push(1);", "removed statement", ";"),
    ],
)
def test_javascript_operators(text: str, operator: str, after: str) -> None:
    assert (operator, after) in changes(mutate_javascript(text).made)


def test_javascript_extremes_are_equivalent() -> None:
    for text in ("if (a > b) { b = a; }", "x = a > b ? a : b;"):
        found = mutate_javascript(text)
        assert "boundary" not in {mutant.operator for mutant in found.made}
        assert found.equivalent == 1


def test_tsx_types_imports_keys_and_styles_are_left_alone() -> None:
    text = """import { x } from "y";
type P = { a: "b" | "c" };
export const f = (p: P) => <li key="k" className="wide">{x["a"]}</li>;
const o = { "z": x };
"""
    assert changes(mutate_tsx(text).made) == {
        ("return undefined", "export const f = (p: P) => undefined;"),
        ("constant", '...k" className="wide">{x[""]}</li>;'),
    }


def test_javascript_that_does_not_parse_is_named_with_its_line() -> None:
    with pytest.raises(TaskFault, match="suite/t: the golden is not javascript: line 2"):
        mutants_of(task("x = 1;\nfunction (", language="javascript"), 5)


@pytest.mark.parametrize(
    ("query", "operator", "after"),
    [
        ("SELECT a FROM t WHERE a > 1", "boundary", "SELECT a FROM t WHERE (a >= 1)"),
        ("SELECT a FROM t WHERE a = 1", "comparison", "SELECT a FROM t WHERE (a != 1)"),
        ("SELECT a FROM t WHERE a = 1", "dropped clause", "SELECT a FROM t"),
        ("SELECT DISTINCT a FROM t", "distinct", "SELECT a FROM t"),
        ("SELECT a FROM t ORDER BY a", "order", "SELECT a FROM t ORDER BY a DESC"),
        ("SELECT a FROM t ORDER BY a DESC", "order", "SELECT a FROM t ORDER BY a ASC"),
        ("SELECT a FROM t LIMIT 5", "constant", "SELECT a FROM t LIMIT 4"),
        ("SELECT sum(a) FROM t", "aggregate", "SELECT avg(a) FROM t"),
        ("SELECT a FROM t JOIN u USING (a)", "join", "SELECT a FROM (t LEFT JOIN u USING (a))"),
        ("SELECT a + b FROM t", "arithmetic", "SELECT (a - b) FROM t"),
    ],
)
def test_sql_operators(query: str, operator: str, after: str) -> None:
    assert (operator, after) in changes(mutate_sql(query).made)


def test_sql_that_is_no_select_is_refused() -> None:
    with pytest.raises(TaskFault, match="the golden is not sql"):
        mutants_of(task("DELETE FROM t", language="sql", kind="sql"), 5)


STARTER = {"m.py": "A = 1\n\ndef f(x):\n    return x\n", "notes.txt": "text"}
PATCH = "--- a/m.py\n+++ b/m.py\n@@ -1,4 +1,4 @@\n A = 1\n \n def f(x):\n-    return x\n+    return x + 2\n"


def test_a_patch_is_mutated_in_its_added_lines_only() -> None:
    patched = apply_patch(STARTER, PATCH)
    drawn = mutants_of(task(PATCH, kind="patch", starter=STARTER), 20).drawn
    assert {(mutant.file, mutant.line) for mutant in drawn} == {("m.py", 4)}
    for mutant in drawn:
        mutated = apply_patch(STARTER, mutant.code)
        assert mutated.keys() == patched.keys()
        assert mutated["m.py"] != patched["m.py"]
        assert mutated["m.py"].startswith("A = 1\n")


def test_a_diff_written_is_the_diff_applied() -> None:
    before = {"a.txt": "1\n2\n3", "gone.txt": "x\n", "same.txt": "s"}
    after = {"a.txt": "1\n2\n4\n", "new/b.txt": "n", "same.txt": "s"}
    assert apply_patch(before, write_diff(before, after)) == after


def test_the_same_mutants_are_drawn_every_time_and_spread_over_the_operators() -> None:
    golden = "def f(x, y):\n    if x > 1 and y:\n        return x + 'a' * 3\n    return g(y, x)\n"
    first, second = mutants_of(task(golden), 6).drawn, mutants_of(task(golden), 6).drawn
    assert first == second
    assert len({mutant.operator for mutant in first}) == 6


def test_another_task_draws_others() -> None:
    made = mutate_python("x = [" + ", ".join(map(str, range(100))) + "]").made
    assert draw(made, 5, "one") != draw(made, 5, "two")


def test_a_language_without_mutators_is_named() -> None:
    with pytest.raises(TaskFault, match="suite/t: no mutants: language 'cobol'"):
        mutants_of(task("MOVE 1 TO X", language="cobol"), 5)


def test_a_text_that_takes_too_long_to_parse_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.javascript.trees._MOST_SECONDS", 0.0)
    with pytest.raises(TaskFault, match=r"suite/t: the golden is not javascript: its [\d,]+ bytes take more than 0 s to parse"):
        mutants_of(task("f(1 + 2);\n" * 100_000, language="javascript"), 5)
