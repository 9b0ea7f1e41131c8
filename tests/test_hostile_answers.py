"""Whatever a model writes, it is judged: no text of an answer makes the harness raise or hang, nor is it the harness' fault.

Each hostile text ends as a fail with a reason that fits, and a right answer graded after it in the same sandbox passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from javascript_tasks import js_task, required_node
from project_tasks import cart_task
from sandbox_requirements import required_sandbox

from evals.errors import TaskFault
from evals.extract import extract_code
from evals.feedback import feedback
from evals.files import canonical_json
from evals.graders import grade
from evals.graders.flags import find_flags
from evals.graders.patches import PatchFault, apply_patch
from evals.javascript.modules import as_script
from evals.records import Case, Limits, Metric, Task, Verdict
from evals.sandboxes.base import Sandbox
from evals.source import python_tree

pytestmark = pytest.mark.slow

LIMITS = Limits(wall_seconds=2.0, memory_mb=256, max_output_bytes=200_000)
LONG = 100_000


def task(**changes: Any) -> Task:
    values: dict[str, Any] = {
        "id": "hostile",
        "suite": "s",
        "split": "dev",
        "group": "g",
        "prompt": "p",
        "golden": "def f(x):\n    return 2 * x\n",
        "checks": "assert f(2) == 4\nassert all(f(n) == 2 * n for n in range(3))\n",
        "limits": LIMITS,
    }
    return Task(**{**values, **changes})


def judged(task: Task, code: str, sandbox: Sandbox, right: str = "") -> Verdict:
    """The verdict, which can be stored and told to the model; a right answer passes right after it."""
    found = grade(task, code, sandbox)
    canonical_json(found)
    feedback(found).encode()
    after = grade(task, right or task.golden, sandbox)
    assert after.passed, after
    return found


DEEP: Mapping[str, tuple[str, str]] = {
    "parentheses": ("x = " + "(" * 5000 + "1" + ")" * 5000, "syntax_error"),
    "brackets never closed": ("[" * LONG, "syntax_error"),
    "signs": ("x = " + "-" * LONG + "1", "exception:MemoryError"),
    "negations": ("x = " + "not " * 50_000 + "1", "exception:MemoryError"),
    "attributes": ("x = f" + ".a" * 50_000, "exception:RecursionError"),
    "calls": ("x = f" + "()" * 50_000, "exception:RecursionError"),
    "sums": ("x = " + "1+" * 50_000 + "1", "exception:RecursionError"),
    "powers": ("x = " + "2**" * 50_000 + "2", "exception:MemoryError"),
    "lambdas": ("x = " + "lambda:" * 50_000 + "1", "exception:MemoryError"),
    "choices": ("x = " + "1 if x else " * 20_000 + "1", "exception:MemoryError"),
    "comprehensions": ("x = " + "[a for a in " * 500 + "[]" + "]" * 500, "syntax_error"),
    "blocks": ("".join(" " * n + "if 1:\n" for n in range(500)) + " " * 500 + "pass", "syntax_error"),
    "decorators": ("@f\n" * 20_000 + "def f(x): pass", "exception:TypeError"),
    "f-strings": ("x = f'{" * 500 + "1" + "}'" * 500, "syntax_error"),
    "elif": ("if 0:\n  pass\n" + "elif 0:\n  pass\n" * 20_000, "exception:MemoryError"),
}


@pytest.mark.parametrize("name", DEEP)
def test_python_nested_deeper_than_a_compiler_goes_fails(name: str) -> None:
    code, reason = DEEP[name]
    assert judged(task(), f"def f(x):\n    return 2 * x\n{code}\n", required_sandbox("sandlock")).reason == reason


@pytest.mark.parametrize("depth", [300, 700, 1400])
def test_gaming_is_seen_in_code_that_is_deep_and_still_runs(depth: int) -> None:
    code = f"def f(x):\n    return 2 * x\nx = {'1+' * depth}1\ny = lambda: a{'.b' * depth}\nimport gc\n"
    found = judged(task(), code, required_sandbox("sandlock"))
    assert (found.status, list(found.evidence["seen"])) == ("pass", ["heap_walk"])


def test_a_right_answer_may_be_deep() -> None:
    code = f"def f(x):\n    return x + x{' + 0' * 1000}\n"
    metrics = (Metric(name="compiles", required=True), Metric(name="ruff"))
    assert grade(task(metrics=metrics), code, required_sandbox("sandlock")).passed


ODD: Mapping[str, tuple[str, str]] = {
    "NUL": ("def f(x):\n    return '\0'", "syntax_error"),
    "half of a surrogate pair": ("def f(x):\n    raise KeyError('\ud800' + chr(0xd800))", "exception:KeyError"),
    "a name that is half of a pair": (
        "def f(x):\n    raise type('E', (Exception,), {'__str__': lambda e: chr(0xdfff)})",
        "exception:E",
    ),
    "right to left": ("def f(x):\n    return x \u202e* 2", "syntax_error"),
    "an escape that is none": ("def f(x):\n    return '\\d'", "wrong_value"),
    "carriage returns": ("def f(x):\r    return x\r", "wrong_value"),
    "a form feed": ("\fdef f(x):\n\f    return x", "wrong_value"),
    "an integer of 5,000 digits": ("def f(x):\n    return " + "9" * 5000, "syntax_error"),
    "one long line": ("def f(x):\n    return '" + "a" * 2_000_000 + "'", "output_flood"),
    "only newlines": ("def f(x):" + "\n" * 2_000_000, "syntax_error"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_characters_fail_for_what_they_are(name: str) -> None:
    code, reason = ODD[name]
    assert judged(task(), code, required_sandbox("sandlock")).reason == reason


RETURNED: Mapping[str, str] = {
    "a huge integer": "10 ** 5000",
    "a huge integer as a key": "{10 ** 5000: 1}",
    "a huge iterator": "iter([10 ** 5000])",
    "nan": "float('nan')",
    "infinity": "float('inf')",
    "a list nested 100,000 deep": "(lambda v: [v := [v] for _ in range(100000)][-1])([])",
    "a list in itself": "(lambda v: v.append(v) or v)([])",
    "a signalling nan": "__import__('decimal').Decimal('sNaN')",
    "a decimal of huge exponent": "__import__('decimal').Decimal('1e999999')",
    "half of a pair": "chr(0xd800)",
    "a long key": "{'k' * 10000: 1}",
    "a long range": "range(10 ** 15)",
    "a repr that raises": "type('R', (), {'__repr__': lambda self: 1 / 0})()",
    "an equal that lies": "type('R', (), {'__eq__': lambda self, other: 1})()",
}


@pytest.mark.parametrize("name", RETURNED)
def test_values_that_are_hard_to_show_are_wrong_values(name: str) -> None:
    found = judged(task(), f"def f(x):\n    return {RETURNED[name]}", required_sandbox("sandlock"))
    assert (found.status, found.reason) == ("fail", "wrong_value")


_FORGE = """import os
def f(x):
    return 2 * x
for line in {lines!r}:
    for fd in range(3, 9):
        try:
            os.write(fd, line + b"\\n")
        except OSError:
            pass
os._exit(0)
"""
FORGED: Mapping[str, tuple[str, ...]] = {
    "nested 100,000 deep": ("[" * 90_000,),
    "an integer of 5,000 digits": ('{"load":null}', '{"step":0,"value":' + "9" * 5000 + "}"),
    "raised as a number": ('{"load":null}', *(f'{{"step":{n},"raised":5}}' for n in range(6)), '{"end":true}'),
    "no message": ('{"load":null}', *(f'{{"step":{n},"raised":[[1]],"message":{{}}}}' for n in range(6)), '{"end":true}'),
    "many classes": ('{"load":null}', '{"step":0,"raised":[' + ",".join(['"builtins.KeyError"'] * 9000) + "]}"),
    "a load of the wrong type": ('{"load":[1]}',),
    "bytes that are no text": ("\udcff",),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_records_of_the_wrong_types_fail(name: str) -> None:
    code = _FORGE.format(lines=[line.encode("utf-8", "surrogateescape") for line in FORGED[name]])
    for checks in ("assert f(2) == 4", task().checks, "try:\n    f(1)\nexcept ZeroDivisionError:\n    pass\nassert f(2) == 4"):
        assert judged(task(checks=checks), code, required_sandbox("sandlock")).status == "fail"


CART_FORGED = """import os
class Cart:
    items = [1]
    def add(self, name):
        for line in {lines!r}:
            for fd in range(3, 64):
                try:
                    os.write(fd, line + b"\\n")
                except OSError:
                    pass
    def total(self):
        return {total}
"""
RECORDS = (b'{"record": [[1], "2"]}', b'{"record": {"a": 1}}', b'"record"', b'{"end": [1]}', b"[" * 90_000)
TOTALS = ("10 ** 5000", "range(10 ** 15)", "'%999999999d'", "chr(0xd800)", "exec('raise ValueError(chr(0xd800))')")


def test_projects_whose_records_and_values_are_hostile_fail() -> None:
    tests = cart_task().tests["tests/test_cart.py"].replace("assert cart.total() == 0", "assert cart.total() % 7 == 0")
    tests += "\n\ndef test_listed(cart):\n    assert list(cart.items) == [0]\n"
    brief = Limits(wall_seconds=20.0, processes=32)  # the first waits for somebody to read what it wrote, as long as it may
    changed = cart_task(tests={"tests/test_cart.py": tests}, limits=brief)
    sandbox = required_sandbox("sandlock")
    for lines, total in [(RECORDS, "0"), *(((), total) for total in TOTALS)]:
        found = grade(changed, CART_FORGED.format(lines=lines, total=total), sandbox)
        canonical_json(found)
        assert found.status == "fail", (lines, total)
    assert grade(cart_task(), cart_task().golden, sandbox).passed


def test_projects_of_hostile_text_fail() -> None:
    sandbox = required_sandbox("sandlock")
    for code in ["x = '\ud800'", "x = a" + ".b" * 3000, "(" * 50_000 + "\0"]:
        found = grade(cart_task(), code, sandbox)
        canonical_json(found)
        assert found.status == "fail", code[:80]
    assert grade(cart_task(), cart_task().golden, sandbox).passed


def patch(name: str = "b/cart.py", body: str = "+x", head: str = "@@ -0,0 +1 @@", old: str = "/dev/null") -> str:
    return f"--- {old}\n+++ {name}\n{head}\n{body}\n"


PATCHES: Mapping[str, str] = {
    "an absolute path": patch("/etc/passwd"),
    "a way out": patch("b/../../x"),
    "the folder itself": patch("b/."),
    "no name": patch("b/"),
    "a file that is a folder": patch("b/prices.py/x.py"),
    "a folder that is a file": patch("b/a/x") + patch("b/a"),
    "a name too long": patch("b/" + "n" * 5000),
    "a path too deep": patch("b/" + "n/" * 100_000 + "x"),
    "control characters": patch('"b/\\007\\n"'),
    "a link": "diff --git a/l b/l\nnew file mode 120000\n" + patch("b/l"),
    "a submodule": "diff --git a/l b/l\nnew file mode 160000\n" + patch("b/l"),
    "binary": "diff --git a/l b/l\nGIT binary patch\nliteral 3\nKc\n",
    "a count of 5,000 digits": patch(head="@@ -" + "9" * 5000 + " +1 @@"),
    "a huge count": patch("b/prices.py", "-no\n" + "\n" * LONG, "@@ -1,999999999 +1,999999999 @@", old="a/prices.py"),
    "a hunk without numbers": patch(head="@@ def f @@"),
    "headers alone": "--- a/prices.py\n+++ b/prices.py\n" * 10_000,
    "hunks without lines": "--- a/prices.py\n+++ b/prices.py\n" + "@@ -1 +1 @@\n" * 20_000,
    "a rename from nothing": "rename from \nrename to x\n",
    "a rename to nothing": "rename from prices.py\nrename to \n",
    "a hunk of one line, often": "--- a/prices.py\n+++ b/prices.py\n@@ -1 +1 @@\n" + " PRICES\n" * 50_000,
    "both sides nothing": patch("/dev/null"),
}


@pytest.mark.parametrize("name", PATCHES)
def test_a_patch_that_no_project_takes_is_refused(name: str) -> None:
    starter = {"prices.py": "PRICES = {'tea': 3, 'cup': 5}\n"}
    changed = cart_task(kind="patch", entry="", starter=starter, golden=patch(body="+x = 1"))
    if name in {"headers alone", "hunks without lines"}:
        assert apply_patch(starter, PATCHES[name]) == starter
        return
    with pytest.raises(PatchFault):
        apply_patch(starter, PATCHES[name])
    assert grade(changed, PATCHES[name], required_sandbox("sandlock")).reason == "patch_does_not_apply"


def test_a_path_in_gits_quotes_is_read() -> None:
    diff = '--- "a/\\303\\244 \\"b\\".txt"\n+++ "b/\\303\\244 \\"b\\".txt"\n@@ -1 +1 @@\n-x\n+y\n'
    assert apply_patch({'ä "b".txt': "x\n"}, diff) == {'ä "b".txt': "y\n"}


PROGRAMS: Mapping[str, tuple[str, str]] = {
    "deep JSON": ("print('[' * 100000)", "wrong_output"),
    "half of a pair": ("import sys\nsys.stdout.buffer.write(b'\\xed\\xa0\\x80')", "wrong_output"),
    "nan": ("print('nan')", "wrong_output"),
    "minus nothing": ("print('-0.0')", "wrong_output"),
    "a flood": ("while True: print('a' * 10000)", "output_flood"),
    "an integer of 5,000 digits": ("print(10 ** 5000)", "exception:ValueError"),
    "the next case's folder": ("import os\nprint(2)\nos.mkdir('../case-1')", "exception:FileExistsError"),
    "an error that is half of a pair": ("raise ValueError(chr(0xd800))", "exception:ValueError"),
    "deep": ("x = " + "1+" * 50_000 + "1", "exception:RecursionError"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_prints_anything_fails(name: str) -> None:
    cases = (Case(stdin="1", stdout="2"), Case(stdin="2", stdout="4"))
    right = "print(2 * int(input()))"
    changed = task(kind="stdin", checks="", golden=right, cases=cases, compare="approx")
    code, reason = PROGRAMS[name]
    assert judged(changed, code, required_sandbox("sandlock")).reason == reason


QUERIES: Mapping[str, tuple[str, set[str]]] = {
    "nested": (
        "SELECT " + "(" * 20_000 + "1" + ")" * 20_000,
        {"syntax_error", "exited_early", "exception:InvalidInputException"},
    ),
    "a long sum": (
        "SELECT " + "1+" * 20_000 + "1",
        {"wrong_rows", "exited_early", "syntax_error", "exception:InvalidInputException"},
    ),
    "never ending": (
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
        {"time", "memory"},
    ),
    "ten million rows": ("SELECT range FROM range(10000000)", {"output_flood"}),
    "another database": ("ATTACH '/tmp/goldloop-x.db' AS x", {"exception:PermissionException", "syntax_error"}),
    "a copy": ("COPY (SELECT 1) TO '/tmp/goldloop-x.csv'", {"exception:PermissionException"}),
    "an extension": ("INSTALL httpfs", {"exception:PermissionException", "exception:IOException"}),
    "a file": ("SELECT * FROM read_csv('/etc/passwd')", {"exception:PermissionException"}),
    "a nested list": (
        "SELECT " + "[" * 300 + "1" + "]" * 300,
        {"wrong_rows", "wrong_columns", "exception:RecursionError", "exited_early", "memory"},
    ),
    "nan": ("SELECT 'nan'::DOUBLE", {"wrong_rows"}),
    "a huge text": ("SELECT repeat('a', 10000000)", {"output_flood"}),
    "a NUL": ("SELECT '\0'", {"wrong_rows", "syntax_error"}),
    "half of a pair": ("SELECT '\ud800'", {"wrong_rows"}),
    "no query": (";" * 10_000, {"wrong_columns", "exited_early", "syntax_error", "exception:InvalidInputException"}),
}


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("checks", ["", "assert rows() == [(3,)]\n"])
def test_a_hostile_query_fails(name: str, checks: str) -> None:
    starter = {"schema.sql": "CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (2);"}
    query, reasons = QUERIES[name]
    seconds = LIMITS.wall_seconds if "time" in reasons else 10.0  # a busy machine takes its time to run out of memory
    changed = task(
        kind="sql", language="sql", checks=checks, golden="SELECT sum(a) FROM t", starter=starter,
        limits=LIMITS.model_copy(update={"memory_mb": 768, "wall_seconds": seconds}),
    )  # fmt: skip
    found = judged(changed, query, required_sandbox("sandlock"))
    assert found.status == "fail"
    assert found.reason in reasons or (checks and found.reason in {"wrong_value", "time", "memory", "output_flood"})


SCRIPTS: Mapping[str, str] = {
    "deep": "function f(x) { return " + "(".join([""] * 20_000) + "1" + ")" * 20_000 + "}",
    "signs": "const f = (x) => " + "!" * 100_000 + "x",
    "a long sum": "const f = (x) => " + "1+" * 50_000 + "x",
    "leaving": "function f(x) { process.exit(0) }",
    "a getter that throws": "const f = (x) => ({ get a() { throw 1 } })",
    "a proxy": "const f = (x) => new Proxy({}, { get() { throw 1 } })",
    "in itself": "const f = (x) => { const a = []; a.push(a); return a }",
    "a BigInt": "const f = (x) => 10n ** 6000n",
    "a huge text": "const f = (x) => 'a'.repeat(3e6)",
    "half of a pair": "const f = (x) => '\ud800'",
    "an error that is half of a pair": "const f = (x) => { throw new Error('\\ud800') }",
    "minus nothing": "const f = (x) => -0",
    "nested": "const f = (x) => { let v = []; for (let i = 0; i < 1e5; i++) v = [v]; return v }",
    "comments never closed": "/* " * 8_000,
    "an import without an end": "import { a as } from\nexport {\nexport default",
    "a throw of nothing": "const f = (x) => { throw null }",
    "quotes": '\\"' * 100_000,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_hostile_script_fails(name: str) -> None:
    checks = "assert.deepStrictEqual(f(2), 4);\nassert.notDeepStrictEqual(f(2), 5);"
    changed = js_task(checks, "const f = (x) => 2 * x", limits=Limits(wall_seconds=10.0))
    assert judged(changed, SCRIPTS[name], required_node()).status == "fail"


def test_a_right_script_deeper_than_a_compiler_goes_is_measured() -> None:
    metrics = (Metric(name="tsc", required=True, least=0.0), Metric(name="eslint"))
    changed = js_task(
        "assert.deepStrictEqual(f(2), 4);", "const f = (x) => 2 * x", limits=Limits(wall_seconds=10.0), metrics=metrics
    )
    found = grade(changed, f"const f = (x) => 2 * x{' + 0' * 5000};\n", required_node("sandlock", "web"))
    assert found.passed, found
    assert "nested deeper" in found.evidence["metrics"]["tsc"]["first"][0]


TEXTS: Mapping[str, str] = {
    "ticks": "`" * LONG,
    "ticks, ended": "`" * LONG + "\n",
    "tildes": "~" * LONG,
    "a tag": "```" + "a" * LONG,
    "newlines": "\n" * LONG,
    "newlines in a fence": "```python\n" + "\n" * LONG + "x\n```",
    "blanks in a fence": "```python\n" + " " * LONG + "x\n```",
    "fences": "```\n" * (LONG // 4),
    "fences that open": "```python\n" * (LONG // 10),
    "thinking": "<think>" * (LONG // 7),
    "thinking in lines": "<think>\n" * (LONG // 8),
    "thinking that ends": "</think>" * (LONG // 8),
    "headers of diffs": "--- a/x\n" * (LONG // 8),
    "half definitions": "def f(\n" * (LONG // 7),
    "a lot of prose": "def f():\n    return 1\n\n" + "This is prose, really.\n" * (LONG // 23),
    "a long sum": "def f(): return " + "1+" * (LONG // 2) + "1",
    "signs": "def f(): return " + "-" * LONG + "1",
    "half of a pair": 'def f(): return "\ud800"\n',
    "NUL": "def f():\n\0\n",
    "deep JSON": '{"code": ' + "[" * LONG,
    "an integer of 5,000 digits in JSON": '{"code": ' + "9" * 5000 + "}",
    "constants": "const a\n" * (LONG // 8),
    "a constant, late": "const a =" + "\n" * LONG,
    "prose after a script": "function f(){return 1}\n" + "This is prose;\n" * 500,
    "comments never closed": "function f(){\n" + "/* " * 8_000,
    "marks of lists": "- " * LONG,
    "escapes": "```python\n" + "&lt;" * (LONG // 4) + "\n```",
}


@pytest.mark.parametrize("language", ["python", "sql", "javascript", "typescript", "tsx", "jsx", "diff"])
def test_code_is_looked_for_in_any_text(language: str) -> None:
    for text in TEXTS.values():
        found = extract_code(text, language)
        assert found is None or found.code.encode() is not None


def test_a_language_that_is_not_known_is_a_fault_of_the_task_whatever_the_text() -> None:
    for text in TEXTS.values():
        with pytest.raises(TaskFault, match="language 'json' is none of python, sql"):
            extract_code(text, "json")


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_gaming_is_looked_for_in_any_code(language: str) -> None:
    repeated = ("import ", "require(", "Object.prototype[", "new Error(", '\\"', "\\`", "/* ", "process ", "a.b\n", "@a\n", "{1:")
    for text in [*TEXTS.values(), *(part * (60_000 // len(part)) for part in repeated), "import" + " " * LONG]:
        assert isinstance(find_flags(task(language=language), text), dict)


def test_modules_are_looked_for_in_any_script() -> None:
    for text in [
        "import a from 'a';\n" * 3000,
        "export {",
        "import {",
        "import x = require(",
        "export default",
        "f" + "()" * 10_000,
    ]:
        assert isinstance(as_script(text, "typescript"), str)


def test_a_warning_about_an_escape_hides_no_gaming(recwarn: pytest.WarningsRecorder) -> None:
    assert "process_exit" in find_flags(task(), "import os\nx = '\\d'\nos._exit(0)\n")
    assert python_tree("x = '\\d'") is not None
    assert not recwarn.list
