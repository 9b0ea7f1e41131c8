"""defog's sql-eval: questions on the 11 databases of defog-data, in Postgres' SQL, answered in DuckDB's.

Reads ``*_postgres.csv`` and the databases' ``NAME/NAME.sql`` and ``NAME.json``; nothing in them is run. The split is by
database. The benchmark accepts several queries a question; here the first one that DuckDB can run is the golden, with all
columns that its braces offer, and the prompt names the columns. As in the benchmark's own comparison, order counts only
where the question asks for it (or a LIMIT does). What DuckDB cannot run is left out with a note. Questions on the current
date have answers that move with it: tag ``moving-date``. Where the benchmark would accept other queries too, this is
stricter: tag ``several-accepted``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.errors import BadInput, TaskFault
from evals.importers import Imported, missing, of_row, unix
from evals.importers.partial import build_partial
from evals.importers.postgres import (
    alternatives,
    column_names,
    fill_braces,
    parse,
    translate_query,
    translate_schema,
    ungrouped,
    without_order,
)
from evals.records import Limits
from evals.splits import assign_split
from evals.tables import TableRow, read_rows
from evals.validation import SuiteHeader

HEADER = SuiteHeader(
    name="defog",
    description="sql-eval: questions on 11 databases, golden queries as the oracle (defog.ai).",
    kind="sql",
    language="sql",
    licence="Apache-2.0",
    system="You write SQL for DuckDB. Answer with one query in one code block.",
    limits=Limits(wall_seconds=20.0, memory_mb=1024),
)
_WANTED = {"question": str, "query": str, "db_name": str, "query_category": str}
_ORDER = re.compile(r"\b(order|sort|arrange|rank)", re.IGNORECASE)
_PROMPT = """Write one SQL query for DuckDB.

```sql
{tables}
```
{notes}
{question}

{columns}{order}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Database:
    schema: str
    tables: str
    moving: bool


def import_defog(path: Path) -> Imported:
    """Read a file of questions, or all of Postgres' in a folder, with the databases beside it.

    Raises:
        BadInput: the files are not sql-eval's, or no databases are there.
    """
    files, databases = _files(path), _databases(path)
    problems: list[str] = []
    left_out: list[str] = []
    known: dict[str, _Database | str] = {}
    tasks = []
    for file in files:
        for number, row in enumerate(read_rows(file, problems, odd_quotes=True), 1):
            row_problems = missing(row, _WANTED)
            problems += of_row(row, row_problems)
            if row_problems:
                continue
            name = row.values["db_name"]
            if name not in known:
                known[name] = _read_database(databases, name)
            database = known[name]
            if isinstance(database, str):
                left_out.append(f"{row.place}: {database}")
                continue
            try:
                tasks.append(_task(f"{file.stem.removesuffix('_postgres')}-{number}", row, database))
            except TaskFault as error:
                left_out.append(f"{row.place}: {error}")
    return build_partial(HEADER, tasks, problems, path, left_out)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    places = [path, path / "data", path / "sql-eval" / "data"]
    tables = next((files for place in places if (files := sorted(place.glob("*_postgres.csv")))), [])
    if not tables:
        raise BadInput(f"{path}: expected NAME_postgres.csv here, in data/ or in sql-eval/data/, found none")
    return tables


def _databases(path: Path) -> Path:
    places = [base / inner for base in (path, *path.absolute().parents[:4]) for inner in ("defog_data", "defog-data/defog_data")]
    folder = next((place for place in places if place.is_dir()), None)
    if folder is None:
        raise BadInput(f"{path}: expected the databases in defog_data/ or defog-data/defog_data/ here or above, found neither")
    return folder


def _read_database(folder: Path, name: str) -> _Database | str:
    """A database, or why it cannot be used."""
    if not re.fullmatch(r"\w+", name):
        return f"db_name: expected a plain name, found {name!r:.60}"
    script, described = folder / name / f"{name}.sql", folder / name / f"{name}.json"
    try:
        text = unix(script.read_text(encoding="utf-8"))
        tables = json.loads(described.read_text(encoding="utf-8"))["table_metadata"]
        shown = "\n".join(_table(table, columns) for table, columns in tables.items())
        return _Database(schema=translate_schema(text), tables=shown, moving=_is_moving(text))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"database {name}: {script} or {described.name} cannot be read: {error}"
    except TaskFault as error:
        return f"database {name}: {script}: {error}"


def _table(name: str, columns: list[Mapping[str, str]]) -> str:
    lines = []
    for place, column in enumerate(columns, 1):
        comma = "," if place < len(columns) else ""
        note = " ".join(column.get("column_description", "").split())
        lines.append(f"  {column['column_name']} {column['data_type']}{comma}" + (f" -- {note}" if note else ""))
    return f"CREATE TABLE {name} (\n" + "\n".join(lines) + "\n);"


def _is_moving(text: str) -> bool:
    return re.search(r"\bcurrent_(date|timestamp|time)\b|\bnow\s*\(", text, re.IGNORECASE) is not None


def _task(number: str, row: TableRow, database: _Database) -> Mapping[str, Any]:
    values = {key: unix(text) for key, text in row.values.items()}
    ordered = values["query_category"] == "order_by" or _ORDER.search(values["question"]) is not None
    golden, names = _golden(values["query"], ordered=ordered)
    moving = database.moving or _is_moving(golden)
    several = len(alternatives(values["query"])) > 1 or "{" in values["query"]
    marks = [*(["moving-date"] if moving else []), *(["several-accepted"] if several else [])]
    said = values.get("full_instructions", "").strip() or values.get("instructions", "").strip()
    limited = re.search(r"\bLIMIT\b", golden, re.IGNORECASE) is not None
    return {
        "id": number,
        "group": values["db_name"],
        "split": assign_split(HEADER.name, values["db_name"]),
        "tags": [values["db_name"], values["query_category"], *marks],
        "prompt": _PROMPT.format(
            tables=database.tables,
            notes=f"\n{said}\n" if said else "",
            question=values["question"].strip(),
            columns=f"The columns of the result, in this order: {', '.join(names)}." if names else "",
            order="\nThe rows in the order that the question implies." if ordered or limited else "\nThe rows in any order.",
        ),
        "starter": {"schema.sql": database.schema},
        "golden": golden + "\n",
        "source": row.place,
    }


def _golden(accepted: str, *, ordered: bool) -> tuple[str, list[str]]:
    """The first accepted query that DuckDB can run, and its columns.

    Raises:
        TaskFault: it can run none of them.
    """
    reasons = []
    for text in alternatives(accepted):
        try:
            query = translate_query(fill_braces(text))
            query = query if ordered else without_order(query)
            tree = parse(query)
        except TaskFault as error:
            reasons.append(str(error))
            continue
        loose = sorted(set(ungrouped(tree)))
        if not loose:
            return query, column_names(tree)
        reasons.append(f"selects {', '.join(loose)} without grouping by it, which DuckDB refuses")
    raise TaskFault("query: no accepted query can be run: " + "; ".join(dict.fromkeys(reasons) or ["there is none"]))
