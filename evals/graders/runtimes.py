"""What a language brings to the value judge, by the language's row.

Add one: a class with the methods of ``Runtime``, named in ``Language.runtime`` (see ``evals.languages``). One that has the
methods of ``HiddenInputs`` too takes hidden inputs (``Task.fuzz``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, runtime_checkable

from evals.checks import Step
from evals.errors import TaskFault
from evals.graders.base import run_twice
from evals.graders.reports import ValueReport, read_report
from evals.languages import language_of, part_of
from evals.records import Task
from evals.sandboxes.base import Job, Sandbox


class Runtime(Protocol):
    """What a language brings to the value judge: checks taken apart, and the job that evaluates them.

    The job writes one JSON line per step on its standard output: ``{"load": null}`` or what loading raised, then
    ``{"step": n, "value": typed}`` or ``{"step": n, "raised": [names], "message": text}`` in order, then ``{"end": true}``,
    nothing else, and exits with 0. A runtime may have ``refer(task, steps, sandbox)``, which gives the steps with what only
    a run of the golden tells; ``review(task, steps, report, sandbox)``, the failure that only such a run shows in a report that
    passes; ``plainly(task, code, steps, sandbox)``, the report to decide on then, in which nothing that the answer gave as data
    is code of its own, or None where nothing changes; and ``holds(step)``: whether a step takes anything into the answer's
    process that decides.
    """

    def parse(self, checks: str, place: str) -> tuple[Step, ...]:
        """Steps of a task's checks.

        Raises:
            TaskFault: they are not in this language, or assert nothing.
        """
        ...

    def job(self, task: Task, code: str, steps: tuple[Step, ...]) -> Job:
        """The job that loads the answer and evaluates the steps; no expected value is in it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A call of the entry: its text, and in Python the source of its arguments."""

    text: str
    arguments: str = ""


@runtime_checkable
class HiddenInputs(Protocol):
    """What a runtime needs beside ``Runtime`` to call an answer with hidden inputs."""

    def functions(self, golden: str) -> list[str]:
        """The functions that a golden defines at its top level, in order."""
        ...

    def question(self, entry: str, arguments: tuple[Any, ...]) -> Question:
        """A call of a function with plain values of Python.

        Raises:
            TaskFault: the language has no such value.
        """
        ...

    def ask(self, entry: str, questions: Sequence[Question]) -> tuple[Step, ...]:
        """The questions as steps of a job, one each."""
        ...

    def plain(self, value: Any) -> Any:
        """What a call gave, in the driver's typed form, as a plain value of Python; ``Opaque`` for anything else."""
        ...


@cache
def runtime_for(language: str) -> Runtime:
    """The runtime of a language, created once.

    Raises:
        TaskFault: there is none.
    """
    row = language_of(language)
    runtime: Runtime = part_of(row, "runtime")()
    return runtime


def hidden_inputs(language: str) -> HiddenInputs:
    """The runtime of a language, as one that takes hidden inputs.

    Raises:
        TaskFault: it does not take them.
    """
    runtime = runtime_for(language)
    if not isinstance(runtime, HiddenInputs):
        raise TaskFault(f"language {language!r} takes no hidden inputs: its runtime has no functions, question, ask and plain")
    return runtime


def run_steps(runtime: Runtime, task: Task, code: str, steps: tuple[Step, ...], sandbox: Sandbox) -> ValueReport:
    """Load the answer in the sandbox and evaluate these steps on it.

    Raises:
        SandboxFault: the sandbox failed twice.
    """
    return read_report(run_twice(runtime.job(task, code, steps), sandbox), len(steps))
