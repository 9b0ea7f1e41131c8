"""Runs inside the sandbox: a query over every data set, each in a database of its own; rows come out in typed form.

It knows no expected row. One JSON line per data set, so that a time-out keeps those before it. Needs DuckDB's extension module.
Where it is asked for variations, the query runs over one database again and again, each time with other rows (``vary``).
"""

import datetime
import decimal
import importlib.util
import json
import os
import sys
import uuid
from typing import Any

ROWS_AT_ONCE = 1000


def encode(value: object) -> object:
    """Typed form of a value of DuckDB (see ``codec.decode``); moments with a zone become text in UTC."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return ["i", format(value, "x")]
    if isinstance(value, float):
        return ["f", repr(value)]
    if isinstance(value, str):
        return ["s", value]
    if isinstance(value, decimal.Decimal):
        return ["Decimal", str(value)]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return ["b", bytes(value).hex()]
    if isinstance(value, uuid.UUID):
        return ["s", str(value)]
    if isinstance(value, (datetime.datetime, datetime.time)) and value.tzinfo is not None:
        moment = value.astimezone(datetime.UTC) if isinstance(value, datetime.datetime) else value
        return ["s", moment.isoformat()]
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return ["datetime." + type(value).__name__, repr(value)]
    if isinstance(value, dict):
        return ["d", [[encode(key), encode(item)] for key, item in value.items()]]
    if isinstance(value, (list, tuple)):
        return ["l" if isinstance(value, list) else "t", [encode(item) for item in value]]
    return ["object", type(value).__name__, repr(value)[:200]]


def main() -> None:
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    with open("job.json", encoding="utf-8") as handle:  # noqa: PTH123
        job = json.load(handle)
    os.unlink("job.json")  # noqa: PTH108

    def emit(record: "dict[str, object]") -> None:
        out.write(json.dumps(record) + "\n")
        out.flush()

    duckdb = load(job["duckdb"])
    for index, script in enumerate(job["data"][:1] if job["varied"] else job["data"]):
        connection = duckdb.connect(config={"threads": "1"})
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(script)
            steps = steps_of(connection) if job["varied"] else []
            tables = {name_of(table) for table, _, _ in steps}
            # A name that is no table stands for a view, or a macro, of any of them.
            read = tables if not tables.issuperset(job["read"]) else set(job["read"])
        except duckdb.Error as error:
            emit({"data": index, "database": str(error)[:400]})
            return
        # From here on the answer's code runs: no files, and no way back.
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            if job["varied"]:
                for number in range(job["varied"]):
                    changed = vary(connection, steps, number, duckdb.Error) & read
                    emit({"data": number, **(answer_of(connection, job) if changed else {"unvaried": True})})
                    connection.execute("ROLLBACK")
                return
            if index == 0:
                (tree,) = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [job["query"]]).fetchone()
                emit({"tree": tree})
            answer = answer_of(connection, job)
            emit({"data": index, **answer})
            if "too_many" in answer:
                return
        except (duckdb.Error, RuntimeError, ValueError, OverflowError) as error:
            emit({"data": index, "raised": type(error).__name__, "message": str(error)[:400]})
            return
        connection.close()


def load(extension: str) -> Any:
    """DuckDB, by the extension's file: nothing else of its folder can be read, and the package around it takes 100 ms more."""
    spec = importlib.util.spec_from_file_location("_duckdb", extension)
    assert spec is not None and spec.loader is not None
    module = sys.modules["_duckdb"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answer_of(connection: Any, job: "dict[str, Any]") -> "dict[str, Any]":
    """The rows of the job's query, in typed form."""
    connection.execute(job["query"])
    columns = [column[0] for column in connection.description or ()]
    rows: list[list[object]] = []
    while fetched := connection.fetchmany(ROWS_AT_ONCE):
        rows += [[encode(cell) for cell in row] for row in fetched]
        if len(rows) > job["most_rows"]:
            return {"too_many": len(rows)}
    return {"columns": columns, "rows": rows}


EXTREMES = 2
"""How many of the variations, the first ones, leave what the data span: no rows at all, and values turned around."""
KEPT = (50, 35, 70, 50, 85, 25)
OTHER = {
    "number": "{c} + 1 + hash(rowid, {k}, {n}) % 9",
    "text": "{c} || '{k}'",
    "moment": "{c} + INTERVAL 1 DAY * (1 + hash(rowid, {k}, {n}) % 9)",
    "truth": "NOT {c}",
}
TURNED = {
    "number": "-1 - {c}",
    "text": "reverse({c}) || 'z'",
    "moment": "{c} + INTERVAL 1 DAY * (400 + hash(rowid, {k}, {n}) % 99)",
    "truth": "NOT {c}",
}
KINDS = (
    ("number", ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")),
    ("text", ("VARCHAR",)),
    ("moment", ("DATE", "TIMESTAMP")),
    ("truth", ("BOOLEAN",)),
)


def steps_of(connection: Any) -> "list[tuple[str, str, str]]":
    """What can be varied: (table, column, kind), and a table's rows as (table, "", "rows"). Keys stay as they are."""
    quoted = "'\"' || replace(schema_name, '\"', '\"\"') || '\".\"' || replace(table_name, '\"', '\"\"') || '\"'"
    keys = connection.execute(
        f"SELECT {quoted}, unnest(constraint_column_names) FROM duckdb_constraints() WHERE constraint_type IN "
        "('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')"
    ).fetchall()
    steps = [
        (table, "", "rows")
        for (table,) in connection.execute(
            f"SELECT {quoted} FROM duckdb_tables() WHERE NOT internal ORDER BY table_oid"
        ).fetchall()
    ]
    columns = connection.execute(
        f"SELECT {quoted}, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY table_oid, column_index"
    ).fetchall()
    tables = {table for table, _, _ in steps}
    for table, column, type_name in columns:
        if table in tables and (table, column) not in keys:
            kind = next((kind for kind, starts in KINDS if type_name.startswith(starts) and "[" not in type_name), "other")
            steps.append((table, '"' + column.replace('"', '""') + '"', kind))
    return steps


def name_of(table: str) -> str:
    """A table's own name, as a query's syntax tells it."""
    return table[:-1].rpartition('."')[2].lower()


def vary(connection: Any, steps: "list[tuple[str, str, str]]", number: int, error: "type[Exception]") -> "set[str]":
    """Begin a transaction and change the rows in it. The names of the tables that were changed.

    Steps that a constraint refuses are taken out of ``steps``. The same database gives the same variation in every job.
    """
    while True:
        connection.execute("BEGIN")
        changed = set()
        for step in steps:
            try:
                for change in changes_of(connection, step, number):
                    if connection.execute(change).fetchone()[0]:
                        changed.add(name_of(step[0]))
            except error:
                connection.execute("ROLLBACK")
                steps.remove(step)
                break
        else:
            return changed


def changes_of(connection: Any, step: "tuple[str, str, str]", number: int) -> "list[str]":
    """The statements of one step: rows left out, values of a column handed round among the rows, or other values."""
    table, column, kind = step
    (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    names = {"c": column, "k": number, "n": f"'{len(column)}'"}
    if number == 0:
        return [f"DELETE FROM {table}"] if kind == "rows" else []
    if number == 1:
        return [f"UPDATE {table} SET {column} = {TURNED[kind].format(**names)}"] if kind in TURNED else []
    if kind == "rows":
        kept = f"hash(rowid, {number}) % 100 < {KEPT[number % len(KEPT)]}"
        (left,) = connection.execute(f"SELECT count(*) FROM {table} WHERE {kept}").fetchone()
        return [f"DELETE FROM {table} WHERE NOT ({kept})"] if 0 < left < rows and number % 4 != 3 else []
    if rows == 1 or (number % 4 == 3 and kind == "number"):
        return [f"UPDATE {table} SET {column} = {OTHER[kind].format(**names)}"] if kind in OTHER else []
    if number % 4 == 0:
        return []
    order = f"row_number() OVER (ORDER BY hash(rowid, {number}, '{len(column)}'), rowid)"
    takers = f"SELECT rowid AS r, row_number() OVER (ORDER BY rowid) AS n FROM {table}"
    given = f"SELECT r, v FROM ({takers}) JOIN (SELECT {column} AS v, {order} AS n FROM {table}) USING (n)"
    return [f"UPDATE {table} SET {column} = given.v FROM ({given}) given WHERE {table}.rowid = given.r"]


if __name__ == "__main__":
    main()
