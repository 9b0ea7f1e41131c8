import csv
import json
from pathlib import Path

import pytest
from sandbox_requirements import required_sandbox

from evals.errors import BadInput, TaskFault
from evals.graders import grade
from evals.importers import Imported
from evals.importers.defog import import_defog
from evals.importers.postgres import alternatives, fill_braces, parse, translate_query, translate_schema, ungrouped, without_order

DATA = Path(__file__).parents[2] / "shared" / "data"
SCHEMA = """-- it's a shop
CREATE TABLE public.shop (id SERIAL PRIMARY KEY, name text, opened date);
CREATE TABLE public.sale (
  shop_id BIGINT NOT NULL REFERENCES shop(id) ON DELETE CASCADE,
  price numeric(10,2),
  month text DEFAULT to_char(CURRENT_DATE, 'YYYY-MM')
);
INSERT INTO public.shop VALUES
  (1, 'public.north; REFERENCES a(b)', '2024-01-15'), (2, 'south', '2024-02-20'), (3, 'west', '2024-03-01');
INSERT INTO public.sale VALUES (1, 10.5, '2024-01'), (2, 4, '2024-02'), (2, 7, '2024-03');
"""
TABLES = {
    "shop": [
        {"column_name": "id", "data_type": "integer", "column_description": "number of the shop"},
        {"column_name": "name", "data_type": "text", "column_description": ""},
        {"column_name": "opened", "data_type": "date", "column_description": ""},
    ],
    "sale": [{"column_name": "shop_id", "data_type": "bigint", "column_description": ""}],
}
TOTALS = (
    "SELECT {s.id, s.name}, SUM(sale.price) AS total FROM shop s JOIN sale ON sale.shop_id = s.id GROUP BY {} ORDER BY total;"
    "SELECT s.id FROM shop s"
)
ROWS: list[tuple[str, ...]] = [
    ("What does each shop sell?", TOTALS, "shops", "group_by"),
    ("List the shops, sorted by name.", "SELECT name FROM shop ORDER BY name DESC", "shops", "order_by"),
    ("Which months?", "SELECT to_char(opened, 'YYYY-MM') FROM shop", "shops", "date_functions"),
]
FIELDS = ("question", "query", "db_name", "query_category")


def write(folder: Path, rows: list[tuple[str, ...]]) -> Path:
    base = folder / "defog_data" / "shops"
    base.mkdir(parents=True, exist_ok=True)
    (base / "shops.sql").write_text(SCHEMA)
    (base / "shops.json").write_text(json.dumps({"table_metadata": TABLES}))
    with (folder / "questions_postgres.csv").open("w", newline="") as handle:
        csv.writer(handle).writerows([FIELDS, *rows])
    return folder


@pytest.fixture
def suite(tmp_path: Path) -> Imported:
    return import_defog(write(tmp_path, ROWS))


def test_the_goldens_pass_on_the_translated_database(suite: Imported) -> None:
    sandbox = required_sandbox("sandlock")
    for task in suite.tasks:
        found = grade(task, task.golden, sandbox)
        assert found.passed, (task.id, found.reason, found.evidence)


def test_another_result_fails(suite: Imported) -> None:
    sandbox = required_sandbox("sandlock")
    answer = "SELECT s.id, s.name, MIN(price) FROM shop s JOIN sale ON shop_id = s.id GROUP BY ALL"
    assert grade(suite.tasks[0], answer, sandbox).reason == "wrong_rows"


def test_order_counts_only_where_the_question_asks_for_it(suite: Imported) -> None:
    sandbox = required_sandbox("sandlock")
    assert "ORDER BY" not in suite.tasks[0].golden
    assert grade(suite.tasks[0], suite.tasks[0].golden + " ORDER BY total DESC", sandbox).passed
    assert grade(suite.tasks[1], "SELECT name FROM shop ORDER BY name", sandbox).reason == "wrong_order"


def test_the_prompt_has_tables_question_and_the_columns_of_the_result(suite: Imported) -> None:
    prompt = suite.tasks[0].prompt
    assert "  id integer, -- number of the shop\n" in prompt
    assert "What does each shop sell?" in prompt
    assert "in this order: id, name, total." in prompt


def test_a_database_is_in_one_split(suite: Imported) -> None:
    assert {task.group for task in suite.tasks} == {"shops"}
    assert len({task.split for task in suite.tasks}) == 1


def test_tasks_say_what_makes_them_special(suite: Imported) -> None:
    assert suite.tasks[0].tags == ("shops", "group_by", "moving-date", "several-accepted")
    assert suite.tasks[1].tags == ("shops", "order_by", "moving-date")


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("SELECT name, COUNT(*) FROM shop GROUP BY id", r"csv:2: query: no accepted query can be run: selects name without"),
        ("DELETE FROM shop", r"csv:2: query: no accepted query can be run: not one SELECT"),
        ("SELECT to_char(opened, name) FROM shop", r"to_char: expected a pattern such as 'YYYY-MM', found 'name'"),
    ],
)
def test_what_duckdb_cannot_run_is_left_out_with_its_place(tmp_path: Path, query: str, note: str) -> None:
    found = import_defog(write(tmp_path, [("What?", query, "shops", "x"), *ROWS]))
    assert len(found.tasks) == 3
    with pytest.raises(BadInput, match=note):
        import_defog(write(tmp_path, [("What?", query, "shops", "x")]))
    assert found.left_out[0].split(": ", 1)[0].endswith("questions_postgres.csv:2")


def test_a_second_accepted_query_is_taken_where_the_first_cannot_run(tmp_path: Path) -> None:
    query = "SELECT name, COUNT(*) FROM shop GROUP BY id; SELECT name, COUNT(*) FROM shop GROUP BY name"
    (task,) = import_defog(write(tmp_path, [("What?", query, "shops", "x")])).tasks
    assert task.golden == "SELECT name, COUNT(*) FROM shop GROUP BY name\n"


def test_a_database_that_is_not_there_is_named(tmp_path: Path) -> None:
    found = import_defog(write(tmp_path, [*ROWS, ("Where?", "SELECT 1", "ships", "x"), ("Out?", "SELECT 1", "../etc", "x")]))
    assert "database ships" in found.left_out[0]
    assert "db_name: expected a plain name, found '../etc'" in found.left_out[1]


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [])
    (tmp_path / "questions_postgres.csv").write_text("question,answer\nWhat?,This\n")
    with pytest.raises(BadInput, match=r"csv:2: expected the key 'query', found question, answer"):
        import_defog(tmp_path)


def test_texts_in_a_schema_stay_as_they_are() -> None:
    made = translate_schema(SCHEMA)
    assert "'public.north; REFERENCES a(b)'" in made
    assert "REFERENCES shop" not in made
    assert "id INTEGER PRIMARY KEY" in made


def test_copied_rows_are_refused() -> None:
    with pytest.raises(TaskFault, match="pg_dump --inserts"):
        translate_schema("COPY public.a (b) FROM stdin;\n1\n\\.\n")


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("SELECT TO_CHAR(a.b, 'YYYY-MM') FROM a", "SELECT strftime(a.b, '%Y-%m') FROM a"),
        ("SELECT to_char(f(a, ','), 'HH24:MI:SS')", "SELECT strftime(f(a, ','), '%H:%M:%S')"),
        ("SELECT to_char(a::TIME, 'HH24')", "SELECT strftime(DATE '1970-01-01' + a::TIME, '%H')"),
        ("SELECT to_date(a, 'Month')", "SELECT CAST(strptime(a, '%B') AS DATE)"),
        ("SELECT generate_series(1, 3) AS n", "SELECT unnest(generate_series(1, 3)) AS n"),
        ("SELECT n FROM generate_series(1, 3) AS t(n)", "SELECT n FROM generate_series(1, 3) AS t(n)"),
        ("SELECT 'to_char(a, b)'", "SELECT 'to_char(a, b)'"),
    ],
)
def test_postgres_functions_become_duckdbs(query: str, wanted: str) -> None:
    assert translate_query(query) == wanted


def test_braces_offer_all_their_columns() -> None:
    assert fill_braces("SELECT {a, b}, '{x}' FROM t GROUP BY {}") == "SELECT a, b, '{x}' FROM t GROUP BY a, b"
    with pytest.raises(TaskFault, match="braces without columns"):
        fill_braces("SELECT {} FROM t")


def test_statements_part_at_semicolons_outside_texts() -> None:
    assert alternatives("SELECT ';' ; SELECT 2;") == ["SELECT ';'", "SELECT 2"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("SELECT a FROM t ORDER BY a", "SELECT a FROM t"),
        ("SELECT a FROM t ORDER BY a LIMIT 3", "SELECT a FROM t ORDER BY a LIMIT 3"),
        ("SELECT sum(a) OVER (ORDER BY b) FROM t", "SELECT sum(a) OVER (ORDER BY b) FROM t"),
    ],
)
def test_an_order_goes_only_where_no_limit_needs_it(query: str, wanted: str) -> None:
    assert without_order(query) == wanted


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("SELECT a, b, sum(c) FROM t GROUP BY a", ["b"]),
        ("SELECT a, sum(c) FROM t GROUP BY 1", []),
        ("SELECT date_trunc('month', a) AS m, sum(c) FROM t GROUP BY m", []),
        ("WITH q AS (SELECT t.a, t.b FROM t GROUP BY t.a) SELECT * FROM q", ["b"]),
        ("SELECT a, min(c) - b FROM t GROUP BY a", ["b"]),
    ],
)
def test_columns_that_only_a_key_determines_are_found(query: str, wanted: list[str]) -> None:
    assert ungrouped(parse(query)) == wanted


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "sql-eval").is_dir(), reason="needs sql-eval and defog-data")
def test_sql_eval_comes_in_whole_but_for_one_question() -> None:
    found = import_defog(DATA)
    assert (len(found.tasks), len(found.left_out), len({task.group for task in found.tasks})) == (313, 1, 11)
