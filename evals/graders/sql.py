"""Queries (kind ``sql``), on DuckDB.

Where the checks assert something, they decide (``rows()``, ``columns()``; see ``values``). Where they do not, the golden
is the oracle: it and the answer run in sandbox jobs of their own over the task's database, and the result sets are
compared here (``sqlrows``). The database is ``starter/schema.sql``; each ``starter/data_*.sql`` is one more data set, run
after it in a database of its own, so that an answer which lists the rows of one data set fails on the next. An answer that
reads no table though the golden does is flagged ``constant_query``. Does not cover other engines, nor a golden whose LIMIT
cuts through rows of equal sort keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evals.checks import parse_checks
from evals.errors import SandboxFault, TaskFault
from evals.files import canonical_json
from evals.graders.base import ended_early, inside, run_twice, verdict
from evals.graders.codec import decode, parse_comparator
from evals.graders.flags import flagged
from evals.graders.sqlrows import DEFAULT_TOLERANCE, ResultSet, compare, group_sizes
from evals.graders.sqltext import GoldenQuery, parse_golden, tables_of
from evals.graders.values import ValueGrader
from evals.records import Task, Verdict
from evals.sandboxes.base import Job, Outcome, Sandbox

SCHEMA = "schema.sql"
_DRIVER = inside("sql_driver.py")
_MOST_ROWS = 100_000
_CONSTANT = "the query reads no table, the golden does"


class SqlGrader:
    """Grades by the task's checks if they assert something, else by the golden's result set."""

    def __init__(self) -> None:
        self._values = ValueGrader()
        self._references: dict[tuple[Any, ...], tuple[ResultSet, ...]] = {}

    def problems(self, task: Task) -> list[str]:
        """See ``Grader.problems``."""
        if asserts(task):
            return self._values.problems(task)
        place = task.source or task.key
        problems = []
        if not task.starter.get(SCHEMA, "").strip():
            problems.append(f"{place}: the task has neither checks nor starter/{SCHEMA}; add one, or there is nothing to compare")
        try:
            parse_golden(task)
            tolerance_of(task)
        except TaskFault as error:
            problems.append(str(error))
        return problems

    def grade(self, task: Task, code: str, sandbox: Sandbox) -> Verdict:
        """See ``Grader.grade``.

        Raises:
            TaskFault: the checks or the golden cannot be parsed.
        """
        if asserts(task):
            return _with_tables_read(task, code, self._values.grade(task, code, sandbox), sandbox)
        golden, tolerance = parse_golden(task), tolerance_of(task)
        try:
            answer = _read(task, run_twice(_job(task, code), sandbox))
            if isinstance(answer, _Failure) and not answer.database:
                return verdict("fail", answer.reason, sandbox, **answer.evidence)
            expected = self._reference(task, golden, sandbox)
        except SandboxFault as error:
            return verdict("error", "sandbox", sandbox, message=str(error))
        if isinstance(answer, _Failure) or isinstance(expected, _Failure):
            return _unreferenced(task, code, answer if isinstance(answer, _Failure) else expected, sandbox)
        judged = _compared(task, answer, expected, tolerance, sandbox)
        return flagged(judged, _constant(golden, answer))

    def _reference(self, task: Task, golden: GoldenQuery, sandbox: Sandbox) -> _Answered | _Failure:
        """The golden's result sets, computed once per task and kept."""
        key = (task.key, task.golden, tuple(sorted(task.starter.items())), sandbox.tier)
        if key not in self._references:
            answer = _read(task, run_twice(_job(task, task.golden), sandbox))
            if isinstance(answer, _Failure):
                return answer
            keyed = _read(task, run_twice(_job(task, golden.keyed), sandbox)) if golden.keyed else None
            self._references[key] = tuple(_grouped(answer.sets, keyed, golden))
        return _Answered(sets=self._references[key], tables=golden.tables)


def _with_tables_read(task: Task, code: str, judged: Verdict, sandbox: Sandbox) -> Verdict:
    """A verdict of checks, flagged where a passing answer reads no table; only DuckDB, in the sandbox, can tell."""
    if not judged.passed:
        return judged
    try:
        golden = parse_golden(task)
        answer = _read(task, run_twice(_job(task, code), sandbox))
    except TaskFault:  # a golden that is not a plain SELECT: checks alone decide
        return judged
    except SandboxFault as error:
        return verdict("error", "sandbox", sandbox, message=str(error))
    return flagged(judged, _constant(golden, answer) if isinstance(answer, _Answered) else {})


def _constant(golden: GoldenQuery, answer: _Answered) -> dict[str, str]:
    reads_none = answer.tables is not None and not answer.tables
    return {"constant_query": _CONSTANT} if golden.tables and reads_none else {}


def asserts(task: Task) -> bool:
    """Whether a task's checks assert anything; checks that cannot be parsed count, so that their error is reported."""
    if not task.checks.strip():
        return False
    try:
        return any(step.kind != "run" for step in parse_checks(task.checks, task.source or task.key))
    except TaskFault as fault:
        return "nothing is checked" not in str(fault)


def tolerance_of(task: Task) -> tuple[float, float]:
    """(relative, absolute) difference that floats may have.

    Raises:
        TaskFault: ``compare`` is neither exact nor approx(...).
    """
    place = task.source or task.key
    comparator = parse_comparator(task.compare, place)
    if comparator.kind == "exact":
        return DEFAULT_TOLERANCE
    if comparator.kind == "approx":
        return comparator.rtol, comparator.atol
    raise TaskFault(f"{place}: compare: a result set takes exact or approx(...), found {task.compare!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """Result sets, one per data set, and the tables that the query read, where that is known."""

    sets: tuple[ResultSet, ...]
    tables: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """Why there are no result sets. ``database``: the task's own scripts failed, not the query."""

    reason: str
    evidence: Mapping[str, Any]
    database: bool = False


def data_sets(task: Task) -> dict[str, str]:
    """The script of every data set by the name of its file, the schema's own rows first."""
    schema = task.starter.get(SCHEMA, "")
    further = sorted(name for name in task.starter if name.startswith("data_") and name.endswith(".sql"))
    return {SCHEMA: schema, **{name: f"{schema}\n;\n{task.starter[name]}" for name in further}}


def _job(task: Task, query: str) -> Job:
    spec = find_spec("duckdb")
    if spec is None or spec.origin is None:
        raise SandboxFault("duckdb is not installed: pip install duckdb")
    paths = [str(Path(spec.origin).parent.parent)]
    described = {"data": list(data_sets(task).values()), "query": query, "paths": paths, "most_rows": _MOST_ROWS}
    return Job(
        files={"driver.py": _DRIVER, "job.json": canonical_json(described)},
        command=("{python}", "-I", "-S", "-B", "driver.py"),
        limits=task.limits,
        readable=tuple(paths),
    )


def _read(task: Task, outcome: Outcome) -> _Answered | _Failure:
    records: list[dict[str, Any]] = []
    for line in outcome.stdout.splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            break
        if not isinstance(record, dict):
            break
        records.append(record)
    tables = next((_tables_in(record["tree"]) for record in records if "tree" in record), None)
    answers = {record.get("data"): record for record in reversed(records) if "data" in record}
    sets = []
    for index, name in enumerate(data_sets(task)):
        place = {"check": f"data set {name}"}
        record = answers.get(index, {})
        if "database" in record:
            message = f"starter/{name}: {record['database']}"
            return _Failure(reason="database", evidence={**place, "message": message}, database=True)
        if "too_many" in record:
            return _Failure(reason="output_flood", evidence={**place, "message": f"more than {_MOST_ROWS:,} rows"})
        if "raised" in record:
            message = str(record.get("message"))
            reason = "syntax_error" if message.startswith("Parser Error") else f"exception:{record['raised']}"
            return _Failure(reason=reason, evidence={**place, "message": message})
        if not isinstance(record.get("rows"), list) or not isinstance(record.get("columns"), list):
            _, reason, evidence = ended_early(outcome, place)
            return _Failure(reason=reason, evidence=evidence)
        rows = tuple(tuple(map(decode, row)) for row in record["rows"])
        sets.append(ResultSet(columns=tuple(map(str, record["columns"])), rows=rows))
    return _Answered(sets=tuple(sets), tables=tables)


def _tables_in(text: Any) -> frozenset[str] | None:
    try:
        return tables_of(json.loads(str(text)))
    except (ValueError, RecursionError):
        return None


def _grouped(sets: Sequence[ResultSet], keyed: _Answered | _Failure | None, golden: GoldenQuery) -> Iterator[ResultSet]:
    """The golden's result sets with their groups of equal sort keys; without keys every row is a group of its own."""
    for index, result in enumerate(sets):
        if not golden.ordered:
            yield result
            continue
        groups: tuple[int, ...] = (1,) * len(result.rows)
        places = _places(golden, result)
        if places is not None and not golden.keys:
            groups = group_sizes([tuple(row[place] for place in places) for row in result.rows])
        elif places is not None and isinstance(keyed, _Answered):
            rows = keyed.sets[index].rows
            if tuple(row[: -golden.keys] for row in rows) == result.rows:
                groups = group_sizes([(*(row[place] for place in places), *row[-golden.keys :]) for row in rows])
        yield ResultSet(columns=result.columns, rows=result.rows, groups=groups)


def _places(golden: GoldenQuery, result: ResultSet) -> list[int] | None:
    """The positions of the sort keys that stand in a result; None where one is not there, or more than once."""
    if golden.at is None:
        return list(range(len(result.columns)))
    names = [name.lower() for name in result.columns]
    places = [place if isinstance(place, int) else (names.index(place) if names.count(place) == 1 else -1) for place in golden.at]
    return places if all(0 <= place < len(names) for place in places) else None


def _unreferenced(task: Task, code: str, broken: _Answered | _Failure, sandbox: Sandbox) -> Verdict:
    """The task's own scripts or golden failed: the golden's own grading reports it, and no other answer is blamed for it."""
    assert isinstance(broken, _Failure)
    if code.strip() == task.golden.strip():
        return verdict("fail", broken.reason, sandbox, **broken.evidence)
    return verdict("error", "reference", sandbox, **broken.evidence)


def _compared(task: Task, answer: _Answered, expected: _Answered, tolerance: tuple[float, float], sandbox: Sandbox) -> Verdict:
    for name, ours, theirs in zip(data_sets(task), answer.sets, expected.sets, strict=True):
        mismatch = compare(ours, theirs, tolerance)
        if mismatch is not None:
            evidence = {"check": f"data set {name}", "expected": mismatch.expected, "got": mismatch.got}
            return verdict("fail", mismatch.reason, sandbox, **evidence)
    return verdict("pass", "pass", sandbox, checks=len(expected.sets))
