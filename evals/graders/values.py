"""The value judge: the sandbox evaluates, the comparison happens on the host, where no candidate can reach.

Covers every language whose row has a runtime. Python checks that need code to decide go through ``referee``, hidden inputs
through ``fuzz``; what the sandbox writes is read in ``reports``. The evidence of a pass counts the checks that were left
``inside``, to a process that the candidate shares.
"""

from __future__ import annotations

import re

from evals.errors import SandboxFault, TaskFault
from evals.graders.base import verdict
from evals.graders.codec import parse_comparator
from evals.graders.fuzz import fuzz_problems, hidden
from evals.graders.referee import exposed, judged
from evals.graders.runtimes import runtime_for
from evals.records import Task, Verdict
from evals.sandboxes.base import Sandbox


class ValueGrader:
    """Evaluates a task's checks on the answer inside the sandbox and compares outside."""

    def problems(self, task: Task) -> list[str]:
        """See ``Grader.problems``."""
        place = task.source or task.key
        if not task.checks.strip():
            return [f"{place}: the task has no checks; add checks.py with lines such as `assert f(1) == 2`"]
        problems = []
        try:
            runtime_for(task.language).parse(task.checks, place)
            comparator = parse_comparator(task.compare, place)
            if comparator.kind == "checks" and not re.search(rf"^def {comparator.function}\(", task.checks, re.MULTILINE):
                known = "exact, approx(rtol=1e-6), unordered, exception, or a function that the checks define"
                problems.append(f"{place}: compare: expected {known}, found {task.compare!r}")
        except TaskFault as error:
            problems.append(str(error))
        return problems + fuzz_problems(task)

    def grade(self, task: Task, code: str, sandbox: Sandbox) -> Verdict:
        """See ``Grader.grade``.

        Raises:
            TaskFault: the checks cannot be parsed, or the golden gives too few answers to hidden inputs.
        """
        try:
            ruling = judged(task, code, sandbox)
            if ruling[0] == "pass" and task.fuzz.strip():
                ruling = hidden(task, code, sandbox, ruling)
        except SandboxFault as error:
            return verdict("error", "sandbox", sandbox, message=str(error))
        return verdict(ruling[0], ruling[1], sandbox, **ruling[2])

    def exposed(self, task: Task, sandbox: Sandbox) -> bool:
        """See ``Enclosing.exposed``."""
        return exposed(task, sandbox)
