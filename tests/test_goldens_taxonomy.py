"""Failures by kind and in clusters."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from javascript_tasks import js_task, required_node
from project_tasks import CART, cart_task
from scipy.stats import binomtest, hypergeom

from evals.graders import grade
from evals.reasons import KINDS
from evals.records import Attempt, Case, Failure, Limits, Task, Verdict
from evals.sandboxes.base import Sandbox
from goldens import taxonomy
from goldens.signatures import signature_of
from goldens.taxonomy import clusters_of, count_kinds, kind_of


def failure(reason: str, task: str = "s/t", code: str = "x", **evidence: str) -> Failure:
    attempt = Attempt(key=task, completion=code, code=code, finish_reason="stop")
    return Failure(key=task, attempt=attempt, verdict=Verdict(status="fail", reason=reason, evidence=evidence))


@pytest.mark.parametrize(
    ("reason", "evidence", "kind"),
    [
        ("no_code", {}, "no code"),
        ("truncated", {}, "truncated"),
        ("syntax_error", {"message": "invalid syntax"}, "syntax"),
        ("exception:ModuleNotFoundError", {"message": "No module named 'numpy'"}, "missing import"),
        ("exception:NameError", {"message": "name 'math' is not defined", "check": "assert area(2) == 12"}, "missing import"),
        ("exception:NameError", {"message": "name 'area' is not defined", "check": "assert area(2) == 12"}, "wrong name"),
        ("exception:TypeError", {"message": "area() takes 1 positional argument but 2 were given"}, "wrong signature"),
        ("exception:TypeError", {"message": "can only concatenate str"}, "exception"),
        ("exception:KeyError", {"message": "'a'"}, "exception"),
        ("wrong_value", {}, "wrong value"),
        ("hidden_fail", {}, "hidden"),
        ("time", {}, "time"),
        ("memory", {}, "memory"),
        ("output_flood", {}, "output"),
        ("exited_early", {}, "ended early"),
        ("flagged:exit", {}, "gaming"),
        ("patch_does_not_apply", {}, "format"),
    ],
)
def test_every_reason_has_its_kind(reason: str, evidence: dict[str, str], kind: str) -> None:
    found = kind_of(failure(reason, **evidence))
    assert found == kind and found in KINDS


def test_every_reason_that_a_grader_gives_has_a_kind_of_its_own() -> None:
    graders = Path(__file__).parents[1] / "evals/graders"
    sources = [file.read_text() for file in graders.rglob("*.py")]
    found = r"""["']fail["'], f?["']([a-z_]{4,})["':]|reason="([a-z_]{4,})\""""
    given = {first or second for text in sources for first, second in re.findall(found, text)}
    given -= {"error", "stop", "database", "backend", "pass", "reason"}
    assert {"wrong_value", "tests_failed", "patch_does_not_apply", "hidden_fail", "wrong_rows"} <= given
    assert {name for name in given if kind_of(failure(name)) == "other"} == set()


def test_failures_of_one_cause_are_one_cluster() -> None:
    failures = [
        failure("exception:KeyError", "s/a", "long code here", message="'name'"),
        failure("exception:KeyError", "s/b", "short", message="'price_cents'"),
        failure("exception:IndexError", "s/c", message="list index out of range"),
    ]
    first, second = clusters_of(failures, {"s/a": "routes", "s/b": "routes", "s/c": "money"})
    assert (first.size, first.tasks, first.slices) == (2, ("s/a", "s/b"), {"routes": 2})
    assert first.representative.key == "s/b" and second.size == 1


def test_wrong_values_cluster_by_what_came_instead() -> None:
    none = [failure("wrong_value", f"s/{n}", expected=str(n), got="None") for n in range(3)]
    text = failure("wrong_value", "s/x", expected="3", got="'3'")
    assert [cluster.size for cluster in clusters_of([*none, text], {})] == [3, 1]
    assert signature_of(text) == "wrong_value: expected int, got str"


def test_clusters_hold_every_failure_once() -> None:
    failures = [failure("wrong_value", f"s/{n}", expected="1", got=str(n)) for n in range(9)] + [failure("time", "s/t")]
    clusters = clusters_of(failures, {})
    assert sorted(task for cluster in clusters for task in cluster.tasks) == sorted(f.key for f in failures)
    assert sum(count_kinds(failures).values()) == len(failures)


def graded(task: Task, code: str, sandbox: Sandbox) -> Failure:
    """The failure that a grader makes of an answer."""
    verdict = grade(task, code, sandbox)
    assert verdict.status == "fail", verdict
    attempt = Attempt(key=task.key, completion=code, code=code, finish_reason="stop")
    return Failure(key=task.key, attempt=attempt, verdict=verdict)


def small(**changes: Any) -> Task:
    values = {"id": "area", "suite": "s", "split": "train", "group": "g", "prompt": "p", "golden": "def area(r): return r * 2"}
    return Task(**{**values, "checks": "assert area(2) == 4\n", "limits": Limits(wall_seconds=2.0), **changes})


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("def area(r:\n  return 1", "syntax", "syntax_error: '…' was never closed"),
        ("import nowhere\ndef area(r): return 4", "missing import", "exception:ModuleNotFoundError: No module named '…'"),
        ("def area(r): return math.pi", "missing import", "exception:NameError: name '…' is not defined"),
        ("def area(r) -> List[int]: return 4", "missing import", "exception:NameError: name '…' is not defined"),
        ("def area(r): return reslt", "wrong name", "exception:NameError: name '…' is not defined"),
        ("class S:\n    def area(self, r): return 4", "wrong name", "exception:NameError: name '…' is not defined"),
        ("def area(): return 4", "wrong signature", "exception:TypeError: area() takes n positional arguments but n was given"),
        ("def area(r): return {}['zz']", "exception", "exception:KeyError: '…'"),
        ("from collections import Foo", "missing import", "exception:ImportError: cannot import name '…' from '…'"),
        ("import sys\nsys.exit(3)", "ended early", "exception:SystemExit: n"),
        ("def area(r): return 5", "wrong value", "wrong_value: expected int, got one more"),
        ("def area(r):\n    while True: pass", "time", "time: n s of processor time are used up, the limit is n s"),
    ],
)
def test_failing_python_is_named_by_its_cause(sandbox: Sandbox, code: str, kind: str, said: str) -> None:
    found = graded(small(), code, sandbox)
    assert (kind_of(found), signature_of(found)) == (kind, said)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("function surface(r) { return 4; }", "wrong name", "exception:ReferenceError: '…' is not defined"),
        ("const area = 5;", "wrong name", "exception:TypeError: '…' is not a function"),
        (
            "const _ = require('lodash'); function area(r) { return 4; }",
            "missing import",
            "exception:Error: Cannot find module '…'",
        ),
        ("function area(r) { return useState(r); }", "missing import", "exception:ReferenceError: '…' is not defined"),
        (
            "function area(r) { return r.a.b; }",
            "exception",
            "exception:TypeError: Cannot read properties of undefined (reading '…')",
        ),
        ("function area(r) { return 40; }", "wrong value", "wrong_value: expected int, got another power of ten"),
        ("function area(r) { return '4'; }", "wrong value", "wrong_value: expected int, got str"),
        ("function area(r) { }", "wrong value", "wrong_value: expected int, got undefined"),
    ],
)
def test_failing_javascript_is_named_by_its_cause(code: str, kind: str, said: str) -> None:
    found = graded(js_task("assert.strictEqual(area(2), 4);", "function area(r) { return 4; }"), code, required_node())
    assert (kind_of(found), signature_of(found)) == (kind, said)


@pytest.mark.parametrize(
    ("query", "kind", "said"),
    [
        ("SELEC 1", "syntax", "syntax_error: Parser Error: syntax error at or near '…'"),
        (
            "SELECT nam FROM sales",
            "wrong name",
            "exception:BinderException: Binder Error: Referenced column '…' not found in FROM clause!",
        ),
        ("SELECT name FROM sale", "wrong name", "exception:CatalogException: Catalog Error: Table with name '…' does not exist!"),
        ("SELECT name FROM sales", "wrong value", "wrong_columns: fewer columns"),
        ("SELECT name, n FROM sales LIMIT 1", "wrong value", "wrong_rows: fewer rows"),
        ("SELECT name, n + 1 FROM sales", "wrong value", "wrong_rows: as many rows, others"),
        ("SELECT name, n FROM sales ORDER BY name DESC", "wrong value", "wrong_order"),
    ],
)
def test_failing_queries_are_named_by_their_cause(sandbox: Sandbox, query: str, kind: str, said: str) -> None:
    schema = "CREATE TABLE sales(name TEXT, n INT); INSERT INTO sales VALUES ('a', 1), ('b', 2);"
    golden = "SELECT name, n FROM sales ORDER BY name"
    task = small(kind="sql", language="sql", checks="", golden=golden, starter={"schema.sql": schema}, limits=Limits())
    found = graded(task, query, sandbox)
    assert (kind_of(found), signature_of(found)) == (kind, said)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (
            "print('The answer is', int(input()) * 2)",
            "format",
            "wrong_output: what was expected, among other words or in another case",
        ),
        ("print(int(input()) * 2 - 1)", "wrong value", "wrong_output: expected int, got one less"),
        ("def main(): print(4)", "wrong value", "wrong_output: expected int, got nothing"),
        ("print(int(input(", "syntax", "syntax_error: SyntaxError: '…' was never closed"),
        ("import nowhere", "missing import", "exception:ModuleNotFoundError: No module named '…'"),
        ("input(); input()", "exception", "exception:EOFError: EOF when reading a line"),
    ],
)
def test_failing_programs_are_named_by_their_cause(sandbox: Sandbox, code: str, kind: str, said: str) -> None:
    cases = (Case(stdin="2\n", stdout="4\n"),)
    found = graded(small(kind="stdin", golden="print(int(input()) * 2)", checks="", cases=cases, limits=Limits()), code, sandbox)
    assert (kind_of(found), signature_of(found)) == (kind, said)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (CART.replace("sum(", "1 + sum("), "test", "tests_failed: assert n == n"),
        ("class Cart:\n    def (:", "syntax", "syntax_error: SyntaxError: invalid syntax"),
        (f"import nowhere\n{CART}", "missing import", "load_error: ModuleNotFoundError: No module named '…'"),
        ("class Kart: pass", "wrong name", "load_error: ImportError: cannot import name '…' from '…'"),
        (CART.replace("PRICES[item]", "PRICE[item]"), "wrong name", "tests_failed: NameError: name '…' is not defined"),
    ],
)
def test_failing_projects_are_named_by_what_their_tests_say(sandbox: Sandbox, code: str, kind: str, said: str) -> None:
    found = graded(cart_task(), code, sandbox)
    assert (kind_of(found), signature_of(found)) == (kind, said)


@pytest.mark.parametrize(
    ("diff", "said"),
    [
        (
            "--- a/one.py\n+++ b/one.py\n@@ -1 +1 @@\n-x = 3\n+x = 2\n",
            "… @@ -n +n @@: the hunk does not match: no line '…' in the file",
        ),
        (
            "--- a/two.py\n+++ b/two.py\n@@ -7 +7 @@\n-y = 9\n+y = 2\n",
            "… @@ -n +n @@: the hunk does not match: no line '…' in the file",
        ),
        ("--- a/other.py\n+++ b/other.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n", "…: no such file; there are: …"),
    ],
)
def test_patches_that_do_not_apply_are_alike_whatever_their_files(sandbox: Sandbox, diff: str, said: str) -> None:
    starter = {"one.py": "x = 1\n", "two.py": "y = 1\n"}
    found = graded(small(kind="patch", starter=starter, tests={"test_x.py": "def test_x(): pass\n"}, checks=""), diff, sandbox)
    assert (kind_of(found), signature_of(found)) == ("format", f"patch_does_not_apply: {said}")


@pytest.mark.parametrize(
    ("expected", "got", "said"),
    [
        ("10", "-10", "its negative"),
        ("19.99", "1999.0", "another power of ten"),
        ("3.14159", "3.1416", "nearly the same"),
        ("'Ab c'", "'ab C'", "the same but for case"),
        ("'a b'", "'a  b '", "the same but for white space"),
        ("'a-b'", "'a_b'", "another text"),
        ("'a-b'", "'a b'", "the same but for punctuation"),
        ("'ab'", "'xab'", "more than it"),
        ("'ab'", "''", "an empty text"),
        ("[1, 2, 3]", "[3, 1, 2]", "the same items in another order"),
        ("[1, 2, 3]", "[1, 2]", "fewer items"),
        ("(1, 2)", "(1, 3)", "as many items, others"),
        ("{'a': 1}", "{'a': 2}", "the same keys, other values"),
        ("{'a': 1}", "{'b': 1}", "other keys"),
        ("[1, 2, 3, ...cut", "[1, 2", "another"),
    ],
)
def test_wrong_values_say_how_they_differ(expected: str, got: str, said: str) -> None:
    assert signature_of(failure("wrong_value", expected=expected, got=got)).endswith(f", got {said}")


def test_a_cluster_names_the_slices_that_it_hits_more_than_failures_at_large_do() -> None:
    slices = {f"s/{n}": "money" if n < 20 else "routes" for n in range(100)}
    failures = [failure("time" if n < 15 or n == 50 else "no_code", f"s/{n}") for n in range(100)]
    clusters = {cluster.kind: cluster for cluster in clusters_of(failures, slices)}
    assert clusters["time"].unusual == ("money",) and clusters["no code"].unusual == ("routes",)
    even = [failure("time" if n % 2 else "no_code", f"s/{n}") for n in range(100)]
    assert all(not cluster.unusual for cluster in clusters_of(even, slices))


@pytest.fixture(scope="module")
def mixed() -> tuple[list[Failure], list[str]]:
    """200 failures in 10 clusters of many sizes, and the slices (8, of many sizes) that their tasks have; drawn at random."""
    generator = np.random.default_rng(7)
    reasons = [
        f"exception:E{n}" for n in generator.choice(10, p=[0.25, 0.2, 0.15, 0.1, 0.1, 0.08, 0.05, 0.04, 0.02, 0.01], size=200)
    ]
    failures = [failure(reason, f"s/{n}", message=reason[-2:] * 3) for n, reason in enumerate(reasons)]
    return failures, [f"slice{n}" for n in generator.choice(8, p=[0.3, 0.2, 0.15, 0.1, 0.1, 0.08, 0.05, 0.02], size=200)]


def test_unusual_slices_are_those_of_scipy_after_holm(mixed: tuple[list[Failure], list[str]]) -> None:
    failures, names = mixed
    # The largest cluster is moved into one slice by half, so that something is there to be found.
    largest = max(clusters_of(failures, {}), key=lambda cluster: cluster.size).tasks
    named = {f.key: name for f, name in zip(failures, names, strict=True)} | dict.fromkeys(largest[: len(largest) // 2], "slice5")
    clusters = clusters_of(failures, named)
    sizes = Counter(named.values())
    cells = [(cluster, name) for cluster in clusters for name in sizes]
    tested = []
    for cluster, name in cells:
        draw = hypergeom(len(failures), sizes[name], cluster.size)
        if draw.pmf(min(sizes[name], cluster.size)) < 0.05:
            tested.append((float(draw.sf(cluster.slices.get(name, 0) - 1)), cluster.signature, name))
    expected = set()
    for rank, (p, signature, name) in enumerate(sorted(tested)):
        if p >= 0.05 / (len(tested) - rank):
            break
        expected.add((signature, name))
    found = {(cluster.signature, name) for cluster in clusters for name in cluster.unusual}
    assert found == expected and len(found) >= 1
    alone = [row for row in tested if row[0] < 0.05]
    assert len(alone) > len(found)  # what stood out without the correction for their number


def test_where_slices_fail_alike_at_most_one_table_in_twenty_marks_anything(mixed: tuple[list[Failure], list[str]]) -> None:
    failures, names = mixed
    generator = np.random.default_rng(11)
    parts = {cluster.signature: cluster.tasks for cluster in clusters_of(failures, {})}
    marked = 0
    for _ in range(400):
        shuffled = dict(zip([f.key for f in failures], generator.permutation(names).tolist(), strict=True))
        table = {("", name): Counter(shuffled[task] for task in tasks) for name, tasks in parts.items()}
        marked += any(taxonomy._unusual(table).values())
    assert binomtest(marked, 400, 0.05, alternative="greater").pvalue > 0.01, marked


def test_every_kind_has_advice() -> None:
    assert KINDS and all(kind.advice and kind.meaning for kind in KINDS.values())
