"""Graders turn an answer into a verdict, by the task's kind.

Add one: a class with ``problems`` and ``grade`` (see ``base.Grader``) and a row in GRADERS, or ``pkg.mod:Class`` as a kind.
An answer that passes is read for attempts at gaming (``flags``), and asked about what was found (``settling``): the look itself
fails nothing. What the sandbox denied or lacks is told apart (``boundary``). After it, the task's metrics are measured beside
the verdict (``metrics``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from evals.errors import TaskFault
from evals.graders.base import Grader
from evals.graders.boundary import attributed
from evals.graders.flags import find_flags
from evals.graders.metrics import measured, metric_problems
from evals.graders.settling import settled
from evals.languages import language_of
from evals.plugins import load
from evals.records import Kind, Task, Verdict
from evals.sandboxes.base import Sandbox
from evals.source import sound

GRADERS: Mapping[Kind, str] = {
    "function": "evals.graders.values:ValueGrader",
    "sql": "evals.graders.sql:SqlGrader",
    "stdin": "evals.graders.programs:ProgramGrader",
    "tests": "evals.graders.projects:ProjectGrader",
    "patch": "evals.graders.projects:ProjectGrader",
}


@cache
def grader_for(kind: Kind) -> Grader:
    """The grader of a kind of task, created once and reused.

    Raises:
        TaskFault: there is no grader of that name.
    """
    grader: Grader = load(GRADERS, kind, "kind", methods=("problems", "grade"), fault=TaskFault)()
    return grader


def problems_of(task: Task) -> list[str]:
    """What is wrong with a task, each finding with its place; empty means that its grader can work with it.

    A task of an unknown kind or language has that one finding: nothing else of it can be looked at.
    """
    try:
        grader = grader_for(task.kind)
        if task.kind != "patch":  # an answer's files tell their languages
            language_of(task.language)
    except TaskFault as error:
        return [f"{task.source or task.key}: {error}"]
    return [*grader.problems(task), *metric_problems(task)]


def grade(task: Task, code: str | None, sandbox: Sandbox) -> Verdict:
    """Grade one answer. Infrastructure faults come back as status ``error``, never as ``fail``.

    A pass with a required metric below its minimum is a fail, one that nothing could settle is ``unsettled``; the evidence of
    either is kept.

    Raises:
        TaskFault: the task is broken: no grader of its kind, checks that cannot be parsed, a metric that does not exist.
    """
    if code is None or not code.strip():
        return Verdict(status="fail", reason="no_code", sandbox=sandbox.tier)
    code = sound(code)
    grader = grader_for(task.kind)
    graded = attributed(grader.grade(task, code, sandbox), task, code)
    graded = settled(graded, task, code, find_flags(task, code), grader, sandbox)
    return measured(graded, task, code, sandbox) if task.metrics and graded.status == "pass" else graded
