"""Whether a query that reads no table, though the golden does, is right on other data: both run over varied databases.

Rows of the task's first data set are left out, values are handed round among the rows of a column, numbers moved; constraints
are kept to (``inside/sql_driver.py``). The golden says what is right on each. A query of literals that is wrong where the
golden's result changes with the data has written down one database's rows. Rows that a query makes by itself (``range``, a
recursion) may be what the task asks for, on tables that it never meant to vary: no failure, nor a pass. Order is not compared.
"""

from __future__ import annotations

from typing import Literal

from evals.graders.base import run_twice
from evals.graders.learnt import Asked
from evals.graders.sqlrows import ResultSet, compare
from evals.graders.sqlrun import query_job, read_varied
from evals.records import Task
from evals.sandboxes.base import Sandbox

_DATABASES = 20
_EXTREMES = 2  # the first ones: no rows, and values turned around, which the data never span
_LEAST_AGREED, _LEAST_WRONG, _LEAST_RESULTS = 6, 3, 2


def ask_varied(
    task: Task, code: str, *, tables: frozenset[str], generates: bool, tolerance: tuple[float, float], sandbox: Sandbox
) -> Asked:
    """Ask a query that reads no table, where the golden reads ``tables``; ``generates``: it makes rows by itself.

    Raises:
        SandboxFault: the sandbox failed twice.
    """
    golden = read_varied(run_twice(query_job(task, task.golden, varied=_DATABASES, read=tables), sandbox))
    answer = read_varied(run_twice(query_job(task, code, varied=_DATABASES, read=tables), sandbox))
    asked = sorted(golden.keys() & answer.keys())
    differing = {number: found for number in asked if (found := compare(answer[number], golden[number], tolerance))}
    wrong = [number for number in differing if number >= _EXTREMES]
    results = {_told(golden[number]) for number in asked if number >= _EXTREMES}
    outcome: Literal["knows", "learnt", "unclear"] = "unclear"
    if not differing and len(asked) >= _LEAST_AGREED:
        outcome = "knows"
    elif not generates and len(wrong) >= _LEAST_WRONG and len(results) >= _LEAST_RESULTS:
        outcome = "learnt"
    first = differing[wrong[0] if wrong else min(differing)] if differing else None
    shown = {"check": "data varied", "expected": first.expected, "got": first.got} if first else None
    return Asked(outcome=outcome, inputs=len(asked), agreed=len(asked) - len(differing), first=shown)


def _told(result: ResultSet) -> str:
    return repr(sorted(map(repr, result.rows)))
