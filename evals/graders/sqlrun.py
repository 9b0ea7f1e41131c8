"""Queries in the sandbox: the job that runs one over a task's data sets, and what it answered.

Reads what the sandbox wrote strictly, and decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from evals.files import canonical_json
from evals.graders.base import duckdb_extension, ended_early, inside
from evals.graders.codec import decode
from evals.graders.sqlrows import ResultSet
from evals.graders.sqltext import generates_rows, tables_of
from evals.records import Task
from evals.sandboxes.base import Job, Outcome

SCHEMA = "schema.sql"
_DRIVER = inside("sql_driver.py")
_MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Result sets, one per data set, and the tables that the query read, where that is known.

    ``generates``: rows of it come from a table function or a recursion.
    """

    sets: tuple[ResultSet, ...]
    tables: frozenset[str] | None
    generates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Why there are no result sets. ``database``: the task's own scripts failed, not the query."""

    reason: str
    evidence: Mapping[str, Any]
    database: bool = False


def data_sets(task: Task) -> dict[str, str]:
    """The script of every data set by the name of its file, the schema's own rows first."""
    schema = task.starter.get(SCHEMA, "")
    further = sorted(name for name in task.starter if name.startswith("data_") and name.endswith(".sql"))
    return {SCHEMA: schema, **{name: f"{schema}\n;\n{task.starter[name]}" for name in further}}


def query_job(task: Task, query: str, *, varied: int = 0, read: Collection[str] = ()) -> Job:
    """The job that runs a query over every data set; with ``varied``, over so many variations of the first one instead.

    A variation counts where it changes one of the tables that are ``read``.

    Raises:
        SandboxFault: DuckDB is not installed.
    """
    extension = duckdb_extension()
    data = list(data_sets(task).values())
    described = {
        "data": data,
        "query": query,
        "duckdb": extension,
        "most_rows": _MOST_ROWS,
        "varied": varied,
        "read": sorted(read),
    }
    return Job(
        files={"driver.py": _DRIVER, "job.json": canonical_json(described)},
        command=("{python}", "-I", "-S", "-B", "driver.py"),
        limits=task.limits,
        readable=(extension,),
    )


def read_answers(task: Task, outcome: Outcome) -> Answered | Failed:
    """The result sets of a job over every data set, or why there are none."""
    records = _records(outcome)
    tree = next((_tree(record["tree"]) for record in records if "tree" in record), None)
    answers = {record.get("data"): record for record in reversed(records) if "data" in record}
    sets = []
    for index, name in enumerate(data_sets(task)):
        place = {"check": f"data set {name}"}
        record = answers.get(index, {})
        if "database" in record:
            message = f"starter/{name}: {record['database']}"
            return Failed(reason="database", evidence={**place, "message": message}, database=True)
        if "too_many" in record:
            return Failed(reason="output_flood", evidence={**place, "message": f"more than {_MOST_ROWS:,} rows"})
        if "raised" in record:
            message = str(record.get("message"))
            reason = "syntax_error" if message.startswith("Parser Error") else f"exception:{record['raised']}"
            return Failed(reason=reason, evidence={**place, "message": message})
        result = _result_set(record)
        if result is None:
            _, reason, evidence = ended_early(outcome, place)
            return Failed(reason=reason, evidence=evidence)
        sets.append(result)
    return Answered(sets=tuple(sets), tables=tables_of(tree), generates=generates_rows(tree))


def read_varied(outcome: Outcome) -> dict[int, ResultSet]:
    """The result sets of a job over variations, by number; what was not varied, or gave no rows in time, is not among them."""
    found: dict[int, ResultSet] = {}
    for record in _records(outcome):
        number = record.get("data")
        if isinstance(number, int) and number not in found and (result := _result_set(record)) is not None:
            found[number] = result
    return found


def _records(outcome: Outcome) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    for line in outcome.stdout.splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            break
        if not isinstance(record, dict):
            break
        records.append(record)
    return records


def _result_set(record: Mapping[str, Any]) -> ResultSet | None:
    rows, columns = record.get("rows"), record.get("columns")
    if not isinstance(rows, list) or not isinstance(columns, list) or not all(isinstance(row, list) for row in rows):
        return None
    return ResultSet(columns=tuple(map(str, columns)), rows=tuple(tuple(map(decode, row)) for row in rows))


def _tree(text: Any) -> Any:
    try:
        return json.loads(str(text))
    except (ValueError, RecursionError):
        return None
