"""Queries: the golden's result set is the oracle where no check asserts anything."""

from __future__ import annotations

import datetime
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pydantic
import pytest

import evals
from evals.errors import SandboxFault
from evals.graders import grade, problems_of
from evals.graders.base import duckdb_extension
from evals.graders.python import PythonRuntime
from evals.graders.sqlrows import ResultSet, compare, near
from evals.graders.sqlrun import query_job
from evals.graders.sqltext import parse_golden
from evals.records import Task, Verdict
from evals.sandboxes.base import Job, Outcome, Sandbox

SCHEMA = """
CREATE TABLE t (id INTEGER, name VARCHAR, price DECIMAL(8, 2), sold DATE, level INTEGER);
INSERT INTO t VALUES (1, 'a', 1.50, DATE '2026-01-02', 1), (2, 'b', 2.25, NULL, 1), (3, NULL, 10.00, DATE '2026-03-04', 2);
"""
MORE = "DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (9, 'z', 0.10, DATE '2026-05-06', 2);"


def task(golden: str, *, more: bool = False, **changes: Any) -> Task:
    row = {"id": "t", "suite": "s", "split": "train", "group": "g", "prompt": "p", "kind": "sql", "language": "sql"}
    starter = {"schema.sql": SCHEMA, **({"data_more.sql": MORE} if more else {})}
    return Task.model_validate({**row, "golden": golden, "starter": starter, "source": "suite/t", **changes})


def judged(golden: str, query: str, sandbox: Sandbox, **changes: Any) -> Verdict:
    return grade(task(golden, **changes), query, sandbox)


@pytest.mark.parametrize(
    ("golden", "query"),
    [
        ("SELECT id FROM t", "SELECT id FROM t ORDER BY id DESC"),
        ("SELECT id AS a, name AS b FROM t", "SELECT id, name FROM t"),
        ("SELECT price FROM t", "SELECT price::DOUBLE FROM t"),
        ("SELECT avg(price) FROM t", "SELECT sum(price) / count(*) FROM t"),
        ("SELECT sold FROM t", "SELECT sold::TIMESTAMP FROM t"),
        (
            "SELECT level, count(*) FROM t GROUP BY level ORDER BY level",
            "SELECT level, count(id)::DOUBLE FROM t GROUP BY 1 ORDER BY 1",
        ),
        ("SELECT name FROM t ORDER BY level", "SELECT name FROM t ORDER BY level, id DESC"),
        ("SELECT id, level FROM t ORDER BY 2", "SELECT id, level FROM t ORDER BY 2, 1 DESC"),
        ("SELECT * FROM t ORDER BY 5", "SELECT * FROM t ORDER BY level, id DESC"),
        ("SELECT DISTINCT id, level FROM t ORDER BY level DESC", "SELECT id, level FROM t ORDER BY level DESC, id DESC"),
        ("SELECT DISTINCT id, level FROM t ORDER BY level % 2", "SELECT id, level FROM t ORDER BY level % 2, id DESC"),
        (
            "SELECT id, level FROM t WHERE id < 3 UNION ALL SELECT id, level FROM t WHERE id > 2 ORDER BY level",
            "SELECT id, level FROM t ORDER BY level, id DESC",
        ),
        ("SELECT id FROM t WHERE id > 1", "WITH t AS (SELECT * FROM t WHERE id > 1) SELECT id FROM t"),
        ("SELECT id FROM t WHERE id > 1 ORDER BY id", "WITH x AS (SELECT * FROM t) SELECT id FROM x WHERE id >= 2 ORDER BY 1;"),
    ],
)
def test_another_way_to_the_same_rows_passes(golden: str, query: str, sandbox: Sandbox) -> None:
    verdict = judged(golden, query, sandbox, more=True)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("golden", "query", "reason"),
    [
        ("SELECT id FROM t ORDER BY id", "SELECT id FROM t ORDER BY id DESC", "wrong_order"),
        ("SELECT name FROM t ORDER BY level", "SELECT name FROM t ORDER BY level DESC", "wrong_order"),
        ("SELECT id, level FROM t ORDER BY 2", "SELECT id, level FROM t ORDER BY 2 DESC", "wrong_order"),
        ("SELECT id FROM t ORDER BY ALL", "SELECT id FROM t ORDER BY id DESC", "wrong_order"),
        ("SELECT DISTINCT id, level FROM t ORDER BY level", "SELECT id, level FROM t ORDER BY level DESC", "wrong_order"),
        ("SELECT id FROM t UNION SELECT id FROM t ORDER BY id", "SELECT id FROM t ORDER BY id DESC", "wrong_order"),
        ("SELECT id FROM t", "SELECT id FROM t WHERE id > 1", "wrong_rows"),
        ("SELECT level FROM t", "SELECT DISTINCT level FROM t", "wrong_rows"),
        ("SELECT id, name FROM t", "SELECT name, id FROM t", "wrong_rows"),
        ("SELECT id FROM t", "SELECT id, name FROM t", "wrong_columns"),
        ("SELECT name FROM t", "SELECT coalesce(name, '') FROM t", "wrong_rows"),
        ("SELECT id FROM t", "SELECT nothing FROM t", "exception:BinderException"),
        ("SELECT id FROM t", "SELEC id FROM t", "syntax_error"),
        ("SELECT id FROM t", "SELECT id FROM read_csv('/etc/passwd')", "exception:PermissionException"),
    ],
)
def test_other_rows_fail_with_what_differs(golden: str, query: str, reason: str, sandbox: Sandbox) -> None:
    verdict = judged(golden, query, sandbox)
    assert (verdict.status, verdict.reason) == ("fail", reason), verdict


def test_the_evidence_shows_missing_and_surplus_rows(sandbox: Sandbox) -> None:
    evidence = judged("SELECT id, name FROM t", "SELECT id + (id // 3) * 4, name FROM t", sandbox).evidence
    assert evidence["check"] == "data set schema.sql"
    assert evidence["expected"] == "3 rows; (3, NULL)"
    assert evidence["got"] == "3 rows; (7, NULL)"


def test_an_answer_that_lists_one_data_sets_rows_fails_on_the_next(sandbox: Sandbox) -> None:
    listed = "SELECT id FROM t WHERE false UNION ALL (VALUES (1), (2), (3))"
    assert judged("SELECT id FROM t", listed, sandbox).passed
    verdict = judged("SELECT id FROM t", listed, sandbox, more=True)
    assert (verdict.reason, verdict.evidence["check"]) == ("wrong_rows", "data set data_more.sql")


def test_a_query_of_literals_is_flagged_and_no_pass(sandbox: Sandbox) -> None:
    verdict = judged("SELECT id FROM t", "SELECT * FROM (VALUES (1), (2), (3))", sandbox)
    assert (verdict.status, verdict.flags) == ("fail", ("constant_query",))
    assert verdict.reason == "flagged:constant_query"


def test_a_query_of_literals_is_no_fault_where_the_golden_is_one(sandbox: Sandbox) -> None:
    assert judged("SELECT 1 + 1", "SELECT 2", sandbox).passed


def test_a_common_table_expression_is_no_table(sandbox: Sandbox) -> None:
    verdict = judged("SELECT id FROM t", "WITH t AS (VALUES (1), (2), (3)) SELECT * FROM t", sandbox)
    assert verdict.flags == ("constant_query",)


SHOP = """
CREATE TYPE level AS ENUM ('low', 'high');
CREATE TABLE shops (id INTEGER PRIMARY KEY, town VARCHAR NOT NULL UNIQUE);
INSERT INTO shops VALUES (1, 'Ulm'), (2, 'Bonn'), (3, 'Kiel');
CREATE TABLE sales (id INTEGER PRIMARY KEY, shop INTEGER REFERENCES shops(id), amount DECIMAL(8, 2) CHECK (amount >= 0),
    day DATE, rank level, paid BOOLEAN, twice DECIMAL(9, 2) GENERATED ALWAYS AS (amount * 2));
INSERT INTO sales (id, shop, amount, day, rank, paid) VALUES (1, 1, 5, '2026-01-01', 'low', true),
    (2, 1, 7.5, '2026-01-02', 'high', true), (3, 2, 1, '2026-02-01', 'low', false), (4, 3, 9, NULL, 'high', true);
CREATE VIEW paid AS SELECT * FROM sales WHERE paid;
CREATE TABLE settings (currency VARCHAR, rate INTEGER);
INSERT INTO settings VALUES ('EUR', 19);
CREATE TABLE numbers (n INTEGER);
INSERT INTO numbers SELECT * FROM range(1, 6);
"""


def asked(golden: str, query: str, sandbox: Sandbox, **changes: Any) -> tuple[str, tuple[str, ...]]:
    """Status and flags, over tables with keys, checks, an enumeration, a generated column and a view."""
    found = judged(golden, query, sandbox, starter={"schema.sql": SHOP}, **changes)
    assert "constant_query" in {*found.flags, *found.evidence["seen" if found.passed else "flags"]}, found
    return found.status, found.flags


@pytest.mark.parametrize(
    ("golden", "query"),
    [
        ("SELECT sum(amount) AS total FROM sales", "SELECT 22.5"),
        ("SELECT max(amount) FROM sales", "SELECT 9.0"),
        ("SELECT shop, count(*) FROM sales GROUP BY shop ORDER BY shop", "VALUES (1, 2), (2, 1), (3, 1)"),
        ("SELECT count(*) FROM sales s JOIN shops h ON h.id = s.shop WHERE h.town = 'Ulm'", "SELECT 2"),
        ("SELECT day FROM sales WHERE day IS NOT NULL", "SELECT unnest([DATE '2026-01-01', '2026-01-02', '2026-02-01'])"),
        ("SELECT rank, sum(twice) FROM sales GROUP BY rank", "SELECT 'low', 12 UNION ALL SELECT 'high', 33"),
        ("SELECT count(*) FROM paid", "WITH x AS (SELECT 1 UNION ALL SELECT 2) SELECT count(*) + 1 FROM x"),
        ("SELECT rate FROM settings", "SELECT 19"),
    ],
)
def test_a_query_of_literals_is_wrong_on_other_data(golden: str, query: str, sandbox: Sandbox) -> None:
    assert asked(golden, query, sandbox) == ("fail", ("constant_query",))


@pytest.mark.parametrize(
    ("golden", "query"),
    [
        ("SELECT count(*) FROM sales WHERE false", "SELECT 0"),
        ("SELECT count(*) >= 0 FROM paid", "SELECT true"),
        ("SELECT u, f FROM (VALUES ('m', 1), ('km', 1000)) v(u, f) LEFT JOIN sales ON false", "VALUES ('m', 1), ('km', 1000)"),
        ("SELECT coalesce(max(1), 1) FROM sales", "WITH one AS (SELECT 1 AS n) SELECT n FROM one"),
    ],
)
def test_a_query_that_needs_no_table_passes_where_the_data_do_not_matter(golden: str, query: str, sandbox: Sandbox) -> None:
    assert asked(golden, query, sandbox, checks="assert len(columns()) >= 1\n" if "VALUES" in golden else "") == ("pass", ())


@pytest.mark.parametrize(
    ("golden", "query"),
    [
        ("SELECT n, n * n FROM numbers", "SELECT range, range * range FROM range(1, 6)"),
        (
            "SELECT n FROM numbers",
            "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r",
        ),
        ("SELECT count(*) FROM shops WHERE town < 'A'", "SELECT 0"),
        ("SELECT count(*) > 0 FROM sales", "SELECT true"),
    ],
)
def test_what_varied_data_do_not_settle_is_neither_pass_nor_failure(golden: str, query: str, sandbox: Sandbox) -> None:
    assert asked(golden, query, sandbox) == ("unsettled", ("constant_query",))


def test_queries_read_the_extension_of_duckdb_and_nothing_beside_it(sandbox: Sandbox) -> None:
    suite = Path(evals.__file__).parent / "suites" / "__init__.py"
    for job in (query_job(task("SELECT id FROM t"), "SELECT 1"), PythonRuntime().job(task("SELECT 1"), "SELECT 1", ())):
        places = [str(suite), str(Path(pydantic.__file__)), str(Path(duckdb_extension()).parent / "duckdb" / "__init__.py")]
        said = sandbox.run(replace(job, files={**job.files, "driver.py": (READING % (places,)).encode()}))
        assert said.stdout.split() == [b"closed"] * len(places), said


READING = """
for place in %r:
    try:
        print("OPEN" if open(place).read() else "OPEN")
    except OSError:
        print("closed")
"""


@pytest.mark.parametrize("form", ["result set", "checks"])
def test_values_of_every_type_come_out_without_the_package(form: str, sandbox: Sandbox) -> None:
    query = "SELECT id, uuid() IS NULL, now() IS NULL, [1], {'a': 1.5}, INTERVAL 1 DAY, 'x'::BLOB, MAP {'k': 1}, %s FROM t"
    query %= "TIMESTAMPTZ '2020-01-01 00:00:00+01'"
    checks = "assert len(rows()) == 3\nassert rows()[0][3] == [1]\n" if form == "checks" else ""
    assert judged(query, query, sandbox, checks=checks).passed


def test_checks_decide_where_they_assert(sandbox: Sandbox) -> None:
    checks = "assert columns() == ['id']\nassert rows() == [(1,)]\n"
    assert judged("SELECT id FROM t LIMIT 1", "SELECT 0 + id AS id FROM t WHERE id = 1", sandbox, checks=checks).passed
    assert judged("SELECT id FROM t LIMIT 1", "SELECT id FROM t", sandbox, checks=checks).reason == "wrong_value"


@pytest.mark.parametrize("literal", ["SELECT 1 AS id", "SELECT * FROM (VALUES (1)) AS t(id) -- from t"])
def test_literals_that_pass_checks_are_flagged(literal: str, sandbox: Sandbox) -> None:
    verdict = judged("SELECT id FROM t LIMIT 1", literal, sandbox, checks="assert rows() == [(1,)]\n")
    assert (verdict.status, verdict.flags) == ("fail", ("constant_query",))


def test_a_golden_that_fails_blames_nobody_else(sandbox: Sandbox) -> None:
    broken = "SELECT nothing FROM t"
    assert judged(broken, "SELECT id FROM t", sandbox).status == "error"
    assert judged(broken, broken, sandbox).status == "fail"


def test_a_broken_schema_blames_no_answer(sandbox: Sandbox) -> None:
    changes: dict[str, Any] = {"starter": {"schema.sql": "CREATE TABEL t"}}
    verdict = judged("SELECT 1 FROM t", "SELECT id FROM t", sandbox, **changes)
    assert (verdict.status, verdict.reason) == ("error", "reference")
    assert "starter/schema.sql" in verdict.evidence["message"]


def test_more_rows_than_anyone_wants_are_a_flood(sandbox: Sandbox) -> None:
    assert judged("SELECT id FROM t", "SELECT 1 FROM t, range(1000000)", sandbox).reason == "output_flood"


class _Broken:
    name, tier = "broken", "broken"

    def run(self, job: Job) -> Outcome:
        raise SandboxFault("gone")

    def close(self) -> None:
        pass


def test_a_broken_sandbox_is_an_error() -> None:
    assert judged("SELECT id FROM t", "SELECT id FROM t", _Broken()).status == "error"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"starter": {}}, "neither checks nor starter/schema.sql"),
        ({"golden": "DELETE FROM t"}, "must be one SELECT"),
        ({"compare": "unordered"}, "'unordered'"),
        ({"checks": "assert ("}, "not Python"),
    ],
)
def test_a_task_that_cannot_be_graded_is_named_with_its_place(changes: dict[str, Any], said: str) -> None:
    (problem,) = problems_of(task(**{"golden": "SELECT id FROM t", **changes}))
    assert problem.startswith("suite/t")
    assert said in problem


@pytest.mark.parametrize(
    ("query", "at", "keys"),
    [
        ("SELECT id FROM t ORDER BY level, id", ("id",), 1),
        ("SELECT DISTINCT id FROM t ORDER BY 1", (0,), 0),
        ("SELECT id, level + 1 FROM t ORDER BY level + 1", (1,), 0),
        ("SELECT id FROM t ORDER BY ALL", None, 0),
        ("SELECT id FROM t", (), 0),
    ],
)
def test_the_sort_keys_of_a_golden_are_read_from_its_syntax(query: str, at: tuple[int | str, ...] | None, keys: int) -> None:
    golden = parse_golden(task(query))
    assert (golden.at, golden.keys) == (at, keys)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (1, 1.0),
        (Decimal("1.50"), 1.5),
        (0.1 + 0.2, 0.3),
        (Decimal("0.3"), 0.1 + 0.2),
        (float("nan"), float("nan")),
        (datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2)),
        ([1, {"a": 2.0}], (1.0, {"a": 2})),
        (None, None),
    ],
)
def test_equal_cells(got: Any, expected: Any) -> None:
    assert near(got, expected)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (10_000_000_001, 10_000_000_002),
        (Decimal("10000000000.01"), Decimal("10000000000.02")),
        (True, 1),
        (None, 0),
        (None, ""),
        ("1", 1),
        (datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2, 1)),
        ([1], [1, 1]),
    ],
)
def test_unequal_cells(got: Any, expected: Any) -> None:
    assert not near(got, expected)


def test_rows_with_float_noise_match_in_any_order() -> None:
    rows = tuple((index, index / 7) for index in range(100))
    noisy = tuple((a, b * (1 + 1e-12)) for a, b in reversed(rows))
    names = ("a", "b")
    assert compare(ResultSet(columns=names, rows=noisy), ResultSet(columns=names, rows=rows)) is None
