"""Graders turn an answer into a verdict.

Add one: a function ``(Task, str | None, Sandbox) -> Verdict`` and a row in GRADERS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from evals.graders.values import grade_values
from evals.records import Task, Verdict
from evals.sandboxes.base import Sandbox

Grader = Callable[[Task, str | None, Sandbox], Verdict]

GRADERS: Mapping[str, Grader] = {"function": grade_values, "sql": grade_values}
"""By task kind. Functions and SQL share one judge: the sandbox returns values, the comparison happens outside."""


def grade(task: Task, code: str | None, sandbox: Sandbox) -> Verdict:
    """Grade one answer. Infrastructure faults come back as status ``error``, never as ``fail``."""
    return GRADERS[task.kind](task, code, sandbox)
