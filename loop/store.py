"""DuckDB over the artifacts: views, no copies, any number of readers while a run writes.

Only finished files are read (each is renamed into place), so a query never sees half a row. Single holdout items are in no
view: ``results`` leaves their attempts out and ``scores`` has their counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from evals.errors import BadInput

_PLACE = (
    "regexp_extract(filename, '([^/]+)/round-[0-9]+/[^/]+/[^/]+$', 1) AS run, "
    "regexp_extract(filename, 'round-([0-9]+)/[^/]+/[^/]+$', 1)::INT AS round, "
    "regexp_extract(filename, '([^/]+)/[^/]+$', 1) AS stage"
)
_RESULT = (
    "{id: 'VARCHAR', suite: 'VARCHAR', split: 'VARCHAR', \"group\": 'VARCHAR', slice: 'VARCHAR', "
    "attempt: 'STRUCT(completion VARCHAR, code VARCHAR, finish_reason VARCHAR, prompt_tokens INT, completion_tokens INT)', "
    "verdict: 'STRUCT(status VARCHAR, reason VARCHAR, evidence JSON, sandbox VARCHAR)'}"
)
_FAILURE = (
    "{key: 'VARCHAR', attempt: 'STRUCT(completion VARCHAR, code VARCHAR, finish_reason VARCHAR)', "
    "verdict: 'STRUCT(status VARCHAR, reason VARCHAR, evidence JSON)'}"
)
_PAIR = (
    "{key: 'VARCHAR', \"group\": 'VARCHAR', slice: 'VARCHAR', prompt: 'VARCHAR', golden: 'STRUCT(code VARCHAR, source VARCHAR)'}"
)
_DROPPED = (
    "{key: 'VARCHAR', slice: 'VARCHAR', "
    "matches: 'STRUCT(item VARCHAR, part VARCHAR, rule VARCHAR, coverage DOUBLE, \"unique\" INT, snippet VARCHAR)[]'}"
)
_TURNS = "'STRUCT(\"role\" VARCHAR, content VARCHAR)[]'"
_ROW = f"{{prompt: {_TURNS}, completion: {_TURNS}, provenance: 'JSON'}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryAnswer:
    """Column names and rows of a query."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


# view -> (files below the runs folder, their columns, what the view selects)
_VIEWS = {
    "results": (
        "*/round-*/before-train/results.jsonl",
        _RESULT,
        f"SELECT {_PLACE}, suite, id, concat_ws('/', suite, id) AS key, split, slice, \"group\", verdict.status, verdict.reason, "
        "verdict.evidence, "
        "attempt.completion, attempt.code, attempt.finish_reason, attempt.completion_tokens FROM source",
    ),
    "scores": (
        "*/round-*/*/results.jsonl",
        _RESULT,
        f"SELECT {_PLACE}, suite, split, slice, count(*) AS n, count(*) FILTER (verdict.status = 'pass') AS passed, "
        "count(*) FILTER (verdict.status = 'error') AS errors, "
        "count(*) FILTER (verdict.status = 'unsettled') AS unsettled FROM source GROUP BY ALL ORDER BY ALL",
    ),
    "failures": (
        "*/round-*/failures/failures.jsonl",
        _FAILURE,
        f"SELECT {_PLACE}, key, verdict.reason, verdict.evidence, attempt.completion, attempt.code FROM source",
    ),
    "pairs": (
        "*/round-*/pairs/pairs.jsonl",
        _PAIR,
        f'SELECT {_PLACE}, key, "group", slice, prompt, golden.code AS golden, golden.source FROM source',
    ),
    "contaminated": (
        "*/round-*/screen/contaminated.jsonl",
        _DROPPED,
        f'SELECT {_PLACE}, key, slice, m.item, m.part, m.rule, m.coverage, m."unique" FROM source, unnest(matches) AS u(m)',
    ),
    "trainset": (
        "*/round-*/trainset/trainset.jsonl",
        _ROW,
        f"SELECT {_PLACE}, provenance->>'key' AS key, provenance->>'source' AS source, prompt, completion FROM source",
    ),
}


def open_store(runs: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory connection with a view for each kind of artifact below ``runs``; without files a view is empty.

    Views: results (training split only), scores, failures, pairs, contaminated, trainset.
    """
    connection = duckdb.connect()
    for name, (pattern, columns, query) in _VIEWS.items():
        files = sorted(str(path) for path in runs.glob(pattern))
        if files:
            listing = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
            source = (
                f"read_json([{listing}], columns = {columns}, format = 'newline_delimited', filename = true, "
                "maximum_object_size = 67108864)"
            )
            connection.execute(f"CREATE VIEW {name} AS WITH source AS (SELECT * FROM {source}) {query}")
        else:
            fields = "SELECT * FROM (SELECT NULL::VARCHAR AS run, NULL::INT AS round, NULL::VARCHAR AS stage) WHERE false"
            connection.execute(f"CREATE VIEW {name} AS {fields}")
    # From here on the user's query can read those files and nothing else, and cannot write.
    connection.execute(f"SET allowed_directories = ['{str(runs.resolve()).replace(chr(39), chr(39) * 2)}/']")
    connection.execute("SET enable_external_access = false")
    return connection


def ask(runs: Path, query: str, parameters: Sequence[Any] = ()) -> QueryAnswer:
    """Run one query over the artifacts.

    Raises:
        BadInput: there is no runs folder, or DuckDB refuses the query; its message is passed on.
    """
    if not runs.is_dir():
        raise BadInput(f"{runs}: no such folder; `goldloop run` makes it, or give another with --runs")
    with open_store(runs) as connection:
        try:
            cursor = connection.execute(query, parameters)
            return QueryAnswer(
                columns=tuple(column[0] for column in cursor.description or ()),
                rows=tuple(cursor.fetchall()),
            )
        except duckdb.Error as error:
            views = ", ".join(_VIEWS)
            raise BadInput(f"sql: {error}\nviews: {views}") from None
