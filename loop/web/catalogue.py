"""All queries of the pages, in one place: DuckDB tables over the runs' results, kept up to date with the files.

The tables hold what pages filter, count and sort by, and where each attempt's line is; texts stay in the files and are read one
by one. A file is read once, and again only when it changed; one that is gone takes its rows with it. Held-out tasks are in
counts alone: ``shown`` has none of them.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from evals.errors import BadInput
from evals.records import BLIND, Attempt, Failure, Result, Verdict
from goldens.signatures import signature_of
from goldens.taxonomy import kind_of

PAGE = 50
_REFRESH_SECONDS = 1.0
_TRAINSET = "/trainset/trainset.jsonl"
_COLUMNS = pa.schema(
    [
        ("file", pa.int32()),
        ("start", pa.int64()),
        ("length", pa.int32()),
        ("run", pa.string()),
        ("round", pa.int32()),
        ("stage", pa.string()),
        ("suite", pa.string()),
        ("id", pa.string()),
        ("key", pa.string()),
        ("sample", pa.int32()),
        ("split", pa.string()),
        ("slice", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("kind", pa.string()),
        ("signature", pa.string()),
        ("tokens", pa.int64()),
        ("repairs", pa.int32()),
    ]
)
_ROWS = pa.schema(
    [
        ("file", pa.int32()),
        ("start", pa.int64()),
        ("length", pa.int32()),
        ("run", pa.string()),
        ("round", pa.int32()),
        ("number", pa.int32()),
        ("key", pa.string()),
        ("source", pa.string()),
        ("slice", pa.string()),
        ("failure", pa.string()),
        ("asked", pa.int32()),
        ("answered", pa.int32()),
    ]
)
_ORDERS = {
    "cost": "tokens DESC, key, sample",
    "task": "key, sample",
    "reason": "reason, key, sample",
    "repairs": "repairs DESC, tokens DESC, key, sample",
}
ORDERS = tuple(_ORDERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an attempt is, as an address names it."""

    run: str
    round: int
    stage: str
    key: str
    sample: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a page of failures is narrowed to; an empty field takes everything. ``least`` is in tokens."""

    run: str = ""
    round: int | None = None
    stage: str = ""
    suite: str = ""
    slice: str = ""
    reason: str = ""
    kind: str = ""
    signature: str = ""
    text: str = ""
    least: int = 0
    order: str = "cost"


class Catalogue:
    """The tables of one runs folder. Several threads may ask at once."""

    def __init__(self, runs: Path, memory: str = "512MB") -> None:
        self._runs = runs
        self._database = duckdb.connect(config={"memory_limit": memory, "threads": 2})
        for name, schema in (("attempts", _COLUMNS), ("rows", _ROWS)):
            fields = ", ".join(f'"{field.name}" {_sql_type(field.type)}' for field in schema)
            self._database.execute(f'CREATE TABLE "{name}" ({fields})')
        blind = ", ".join(f"'{split}'" for split in BLIND)
        self._database.execute(f"CREATE VIEW shown AS SELECT * FROM attempts WHERE split NOT IN ({blind})")
        self._database.execute("CREATE VIEW failed AS SELECT * FROM shown WHERE status = 'fail'")
        self._lock = threading.Lock()
        self._files: dict[str, tuple[int, tuple[int, int, int]]] = {}
        self._paths: dict[int, str] = {}
        self._next, self._looked = 0, 0.0

    def refresh(self, *, now: bool = False) -> None:
        """Read what is new or changed since the last time, at most once a second."""
        with self._lock:
            if not now and time.monotonic() - self._looked < _REFRESH_SECONDS:
                return
            there = dict(_results(self._runs))
            for path in [path for path, (_, seen) in self._files.items() if there.get(path) != seen]:
                number, _ = self._files.pop(path)
                del self._paths[number]
                self._forget(number)
            for path, stamp in there.items():
                if path not in self._files:
                    self._read(path, stamp)
            self._looked = time.monotonic()

    def _forget(self, number: int) -> None:
        for name in ("attempts", "rows"):
            self._database.execute(f'DELETE FROM "{name}" WHERE file = ?', [number])

    def _read(self, path: str, stamp: tuple[int, int, int]) -> None:
        number = self._next
        self._next += 1
        name = "rows" if path.endswith(_TRAINSET) else "attempts"
        try:
            for batch in _batches(path, number):
                with self._database.cursor() as cursor:
                    cursor.register("incoming", batch)
                    cursor.execute(f'INSERT INTO "{name}" SELECT * FROM incoming')
                    cursor.unregister("incoming")
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            self._forget(number)  # gone or damaged: what reads it says so
        self._files[path] = (number, stamp)
        self._paths[number] = path

    def ask(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows of a query as dictionaries."""
        self.refresh()
        with self._database.cursor() as cursor:
            cursor.execute(query, parameters)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def count(self, filters: Filters) -> dict[str, int]:
        """Failures and tasks within filters, and the tokens that they cost."""
        where, given = _where(filters)
        (row,) = self.ask(
            f"SELECT count(*) AS failures, count(DISTINCT key) AS tasks, coalesce(sum(tokens), 0)::BIGINT AS tokens "
            f"FROM failed {where}",
            given,
        )
        return row

    def clusters(self, filters: Filters, page: int = 1, size: int = 20) -> tuple[list[dict[str, Any]], int]:
        """Failures that say the same, the costliest first, and how many clusters there are."""
        where, given = _where(filters)
        rows = self.ask(
            "SELECT kind, signature, count(*) AS failures, count(DISTINCT key) AS tasks, sum(tokens)::BIGINT AS tokens, "
            "count(DISTINCT slice) AS slices, min(slice) AS slice, count(*) OVER () AS total "
            f"FROM failed {where} GROUP BY kind, signature ORDER BY tokens DESC, failures DESC, signature LIMIT ? OFFSET ?",
            [*given, size, size * (page - 1)],
        )
        return rows, rows[0]["total"] if rows else 0

    def failures(self, filters: Filters, page: int = 1, size: int = PAGE) -> list[dict[str, Any]]:
        """One page of failures."""
        where, given = _where(filters)
        order = _ORDERS.get(filters.order, _ORDERS["cost"])
        return self.ask(
            f"SELECT run, round, stage, suite, key, sample, slice, reason, kind, signature, tokens, repairs FROM failed {where} "
            f"ORDER BY {order}, run, round, stage LIMIT ? OFFSET ?",
            [*given, size, size * (page - 1)],
        )

    def choices(self, column: str, filters: Filters) -> list[str]:
        """The values of a column among failures, for a filter."""
        if column not in ("run", "stage", "suite", "slice", "reason", "kind"):
            raise AssertionError(column)
        where, given = _where(filters)
        return [row["value"] for row in self.ask(f"SELECT DISTINCT {column} AS value FROM failed {where} ORDER BY 1", given)]

    def attempt(self, place: Place, *, held_out: bool = False) -> Result:
        """One attempt, read from its file.

        Raises:
            BadInput: there is none, or it is of a held-out task and was not asked for as one.
        """
        rows = self.ask(
            f"SELECT file, start, length FROM {'attempts' if held_out else 'shown'} "
            "WHERE run = ? AND round = ? AND stage = ? AND key = ? AND sample = ?",
            [place.run, place.round, place.stage, place.key, place.sample],
        )
        what = f"{place.key}: no such attempt in {place.run}, round {place.round}, {place.stage}, or not any more"
        return Result.model_validate(orjson.loads(self._line(rows, what)))

    def _line(self, rows: Sequence[Mapping[str, Any]], what: str) -> bytes:
        """The line of a file that a row is of."""
        path = self._paths.get(rows[0]["file"]) if rows else None
        if path is None:
            raise BadInput(what)
        with open(path, "rb") as handle:  # noqa: PTH123  (a path of ours, as text)
            handle.seek(rows[0]["start"])
            return handle.read(rows[0]["length"])

    def trainsets(self) -> list[dict[str, Any]]:
        """Every trainset with its rows, the newest last."""
        return self.ask('SELECT run, round, count(*) AS "rows" FROM rows GROUP BY run, round ORDER BY run, round')

    def training_rows(self, run: str, number: int, source: str, text: str, page: int, size: int) -> list[dict[str, Any]]:
        """One page of a trainset's rows; ``total`` in each is how many there are."""
        return self.ask(
            "SELECT number, key, source, slice, failure, asked, answered, count(*) OVER () AS total FROM rows "
            "WHERE run = ? AND round = ? AND (? = '' OR source = ?) AND contains(lower(key), ?) "
            "ORDER BY number LIMIT ? OFFSET ?",
            [run, number, source, source, text.lower(), size, size * (page - 1)],
        )

    def training_row(self, run: str, number: int, row: int) -> dict[str, Any]:
        """One row of a trainset as it stands in its file.

        Raises:
            BadInput: there is none.
        """
        found = self.ask("SELECT file, start, length FROM rows WHERE run = ? AND round = ? AND number = ?", [run, number, row])
        line: dict[str, Any] = orjson.loads(self._line(found, f"row {row}: is not in the trainset of {run}, round {number}"))
        return line

    def shares(self, run: str, number: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """A trainset's rows by source, and by slice."""
        by = {
            name: self.ask(
                f'SELECT {name} AS name, count(*) AS "rows" FROM rows WHERE run = ? AND round = ? GROUP BY 1 ORDER BY 2 DESC, 1',
                [run, number],
            )
            for name in ("source", "slice")
        }
        return by["source"], by["slice"]

    def lengths(self, run: str, number: int, bins: int = 24) -> tuple[list[int], int]:
        """How many rows of a trainset are how long, in equal steps up to the longest: characters of question and answer."""
        found = self.ask("SELECT max(asked + answered) AS most FROM rows WHERE run = ? AND round = ?", [run, number])
        most = int(found[0]["most"] or 0)
        counts = [0] * bins
        for row in self.ask(
            "SELECT least(?, (asked + answered) * ? // ?)::INT AS bin, count(*) AS n FROM rows WHERE run = ? AND round = ? "
            "GROUP BY 1",
            [bins - 1, bins, max(1, most), run, number],
        ):
            counts[row["bin"]] = row["n"]
        return counts, most

    def uses(self, keys: Sequence[str]) -> list[dict[str, Any]]:
        """The trainsets that hold rows of tasks."""
        return self.ask(
            "SELECT run, round, number, key, source FROM rows WHERE list_contains(?::VARCHAR[], key) ORDER BY ALL", [list(keys)]
        )

    def held_out(self, key: str) -> list[dict[str, Any]]:
        """Where a held-out task was attempted."""
        return self.ask(
            "SELECT run, round, stage, key, sample FROM attempts WHERE key = ? AND split = 'holdout' ORDER BY ALL", [key]
        )


def _where(filters: Filters) -> tuple[str, list[Any]]:
    parts: list[str] = []
    given: list[Any] = []
    for column in ("run", "stage", "suite", "slice", "reason", "kind", "signature"):
        if value := getattr(filters, column):
            parts.append(f"{column} = ?")
            given.append(value)
    if filters.round is not None:
        parts.append("round = ?")
        given.append(filters.round)
    if filters.least:
        parts.append("tokens >= ?")
        given.append(filters.least)
    if filters.text:
        parts.append("(contains(lower(key), ?) OR contains(lower(signature), ?))")
        given += [filters.text.lower()] * 2
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), given


def _results(runs: Path) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Result files with what changes when they do. A walk by hand: a glob of 400 files takes 30 ms."""
    for run in _folders(runs):
        if not os.path.isfile(f"{run}/run.json"):  # noqa: PTH113
            continue
        for round_folder in _folders(run):
            if os.path.basename(round_folder).startswith("round-"):  # noqa: PTH119
                for stage in _folders(round_folder):
                    path = f"{stage}/trainset.jsonl" if stage.endswith("/trainset") else f"{stage}/results.jsonl"
                    try:
                        found = os.stat(path)  # noqa: PTH116
                    except OSError:
                        continue
                    yield path, (found.st_ino, found.st_size, found.st_mtime_ns)


def _folders(parent: Path | str) -> list[str]:
    try:
        with os.scandir(parent) as entries:
            return sorted(entry.path for entry in entries if entry.is_dir())
    except OSError:
        return []


def _batches(path: str, number: int, size: int = 5_000) -> Iterator[pa.Table]:
    """A file's rows for its table, in batches, so that a large file is never whole in memory."""
    *_, run, round_name, stage, _ = path.split("/")
    fixed: dict[str, Any] = {"file": number, "run": run, "round": int(round_name.removeprefix("round-"))}
    training = path.endswith(_TRAINSET)
    schema = _ROWS if training else _COLUMNS
    rows: list[dict[str, Any]] = []
    with open(path, "rb") as handle:  # noqa: PTH123
        start = 0
        for place, line in enumerate(handle, 1):
            if line.strip():
                value = orjson.loads(line)
                found = {"number": place, **_training_row(value)} if training else {"stage": stage, **_row(value)}
                rows.append({**fixed, "start": start, "length": len(line), **found})
            start += len(line)
            if len(rows) == size:
                yield pa.Table.from_pylist(rows, schema=schema)
                rows = []
    if rows:
        yield pa.Table.from_pylist(rows, schema=schema)


def _training_row(value: Mapping[str, Any]) -> dict[str, Any]:
    known = value["provenance"]
    return {
        "key": known.get("key", ""),
        "source": known.get("source", ""),
        "slice": known.get("slice", "-"),
        "failure": known.get("failure", ""),
        "asked": sum(len(turn["content"]) for turn in value["prompt"]),
        "answered": sum(len(turn["content"]) for turn in value["completion"]),
    }


def _row(value: Mapping[str, Any]) -> dict[str, Any]:
    attempt, verdict, repairs = value["attempt"], value["verdict"], value.get("repairs", ())
    failed = verdict["status"] == "fail"
    failure = _failure(attempt, verdict) if failed and value["split"] not in BLIND else None
    return {
        "suite": value["suite"],
        "id": value["id"],
        "key": f"{value['suite']}/{value['id']}",
        "sample": attempt.get("sample", 0),
        "split": value["split"],
        "slice": value["slice"],
        "status": verdict["status"],
        "reason": verdict["reason"],
        "kind": kind_of(failure) if failure else "",
        "signature": signature_of(failure) if failure else "",
        "tokens": attempt.get("completion_tokens", 0) + sum(one["attempt"].get("completion_tokens", 0) for one in repairs),
        "repairs": len(repairs),
    }


def _failure(attempt: Mapping[str, Any], verdict: Mapping[str, Any]) -> Failure:
    """For what tells kinds apart; its fields were checked when they were written."""
    return Failure.model_construct(
        key=attempt["key"], attempt=Attempt.model_construct(**attempt), verdict=Verdict.model_construct(**verdict), repair=None
    )


def _sql_type(kind: pa.DataType) -> str:
    return {"int32": "INTEGER", "int64": "BIGINT"}.get(str(kind), "VARCHAR")
