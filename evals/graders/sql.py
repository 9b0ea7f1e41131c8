"""Queries (kind ``sql``), on DuckDB.

Where the checks assert something, they decide (``rows()``, ``columns()``; see ``values``). Where they do not, the golden
is the oracle: it and the answer run in sandbox jobs of their own over the task's database, and the result sets are
compared here (``sqlrows``). The database is ``starter/schema.sql``; each ``starter/data_*.sql`` is one more data set, run
after it in a database of its own, so that an answer which lists the rows of one data set fails on the next. An answer that
reads no table though the golden does (``constant_query``) is asked on varied data (``sqlasked``). Does not cover other engines,
nor a golden whose LIMIT cuts through rows of equal sort keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evals.checks import parse_checks
from evals.errors import SandboxFault, TaskFault
from evals.graders.base import run_twice, verdict
from evals.graders.codec import parse_comparator
from evals.graders.flags import flagged
from evals.graders.settling import unsettled, with_seen
from evals.graders.sqlasked import ask_varied
from evals.graders.sqlrows import DEFAULT_TOLERANCE, ResultSet, compare, group_sizes
from evals.graders.sqlrun import SCHEMA, Answered, Failed, data_sets, query_job, read_answers
from evals.graders.sqltext import GoldenQuery, parse_golden
from evals.graders.values import ValueGrader
from evals.records import Task, Verdict
from evals.sandboxes.base import Sandbox

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
            answer = read_answers(task, run_twice(query_job(task, code), sandbox))
            if isinstance(answer, Failed) and not answer.database:
                return verdict("fail", answer.reason, sandbox, **answer.evidence)
            expected = self._reference(task, golden, sandbox)
        except SandboxFault as error:
            return verdict("error", "sandbox", sandbox, message=str(error))
        if isinstance(answer, Failed) or isinstance(expected, Failed):
            return _unreferenced(task, code, answer if isinstance(answer, Failed) else expected, sandbox)
        judged = _compared(task, answer, expected, tolerance, sandbox)
        return _asked(judged, task, code, golden, answer, tolerance, sandbox)

    def _reference(self, task: Task, golden: GoldenQuery, sandbox: Sandbox) -> Answered | Failed:
        """The golden's result sets, computed once per task and kept."""
        key = (task.key, task.golden, tuple(sorted(task.starter.items())), sandbox.tier)
        if key not in self._references:
            answer = read_answers(task, run_twice(query_job(task, task.golden), sandbox))
            if isinstance(answer, Failed):
                return answer
            keyed = read_answers(task, run_twice(query_job(task, golden.keyed), sandbox)) if golden.keyed else None
            self._references[key] = tuple(_grouped(answer.sets, keyed, golden))
        return Answered(sets=self._references[key], tables=golden.tables)


def _with_tables_read(task: Task, code: str, judged: Verdict, sandbox: Sandbox) -> Verdict:
    """A verdict of checks; a passing answer that reads no table is asked. Only DuckDB, in the sandbox, can tell that it does."""
    if not judged.passed:
        return judged
    try:
        golden = parse_golden(task)
        answer = read_answers(task, run_twice(query_job(task, code), sandbox))
    except TaskFault:  # a golden that is not a plain SELECT: checks alone decide
        return judged
    except SandboxFault as error:
        return verdict("error", "sandbox", sandbox, message=str(error))
    return _asked(judged, task, code, golden, answer, DEFAULT_TOLERANCE, sandbox) if isinstance(answer, Answered) else judged


def _asked(
    judged: Verdict,
    task: Task,
    code: str,
    golden: GoldenQuery,
    answer: Answered,
    tolerance: tuple[float, float],
    sandbox: Sandbox,
) -> Verdict:
    """A verdict on a query, given what it reads: one that passes and reads no table is asked on other data."""
    flags = _constant(golden, answer)
    if not flags or not judged.passed:
        return with_seen(judged, flags)
    try:
        asked = ask_varied(task, code, tables=golden.tables, generates=answer.generates, tolerance=tolerance, sandbox=sandbox)
    except SandboxFault as error:
        return verdict("error", "sandbox", sandbox, message=str(error))
    told = judged.model_copy(update={"evidence": {**judged.evidence, **asked.evidence}})
    if asked.outcome == "learnt":
        return flagged(told, flags)
    return unsettled(told, flags) if asked.outcome == "unclear" else with_seen(told, flags)


def _constant(golden: GoldenQuery, answer: Answered) -> dict[str, str]:
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


def _grouped(sets: Sequence[ResultSet], keyed: Answered | Failed | None, golden: GoldenQuery) -> Iterator[ResultSet]:
    """The golden's result sets with their groups of equal sort keys; without keys every row is a group of its own."""
    for index, result in enumerate(sets):
        if not golden.ordered:
            yield result
            continue
        groups: tuple[int, ...] = (1,) * len(result.rows)
        places = _places(golden, result)
        if places is not None and not golden.keys:
            groups = group_sizes([tuple(row[place] for place in places) for row in result.rows])
        elif places is not None and isinstance(keyed, Answered):
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


def _unreferenced(task: Task, code: str, broken: Answered | Failed, sandbox: Sandbox) -> Verdict:
    """The task's own scripts or golden failed: the golden's own grading reports it, and no other answer is blamed for it."""
    assert isinstance(broken, Failed)
    if code.strip() == task.golden.strip():
        return verdict("fail", broken.reason, sandbox, **broken.evidence)
    return verdict("error", "reference", sandbox, **broken.evidence)


def _compared(task: Task, answer: Answered, expected: Answered, tolerance: tuple[float, float], sandbox: Sandbox) -> Verdict:
    for name, ours, theirs in zip(data_sets(task), answer.sets, expected.sets, strict=True):
        mismatch = compare(ours, theirs, tolerance)
        if mismatch is not None:
            evidence = {"check": f"data set {name}", "expected": mismatch.expected, "got": mismatch.got}
            return verdict("fail", mismatch.reason, sandbox, **evidence)
    return verdict("pass", "pass", sandbox, checks=len(expected.sets))
