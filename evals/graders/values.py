"""The value judge: the sandbox evaluates, the comparison happens out here, where no candidate can reach.

Covers everything that ``RUNTIMES`` lists. What the sandbox writes is taken literally and believed in nothing: a report out
of order, doubled, cut short or longer than it may be is a fail. Python checks that need code to decide go through
``referee``, hidden inputs through ``fuzz``. The evidence of a pass counts the checks that were left ``inside``, to a
process that the candidate shares.
"""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from evals.checks import Step
from evals.errors import SandboxFault, TaskFault
from evals.graders.base import ended_early, run_twice, verdict
from evals.graders.codec import Comparator, decode, equal, parse_comparator
from evals.records import Status, Task, Verdict
from evals.sandboxes.base import Job, Outcome, Sandbox

_MOST_KINDS_OF_ONE_ERROR = 2  # `class Missing(KeyError, AttributeError)` is honest
_LONGEST_NAME = 60
Found = tuple[Status, str, dict[str, Any]]


class Runtime(Protocol):
    """What a language brings to the value judge: checks taken apart, and the job that evaluates them.

    The job writes one JSON line a step on its standard output: ``{"load": null}`` or what loading raised, then
    ``{"step": n, "value": typed}`` or ``{"step": n, "raised": [names], "message": text}`` in order, then ``{"end": true}``,
    nothing else, and exits with 0. A runtime may have ``refer(task, steps, sandbox)``, which gives the steps with what only
    a run of the golden tells.
    """

    def parse(self, checks: str, place: str) -> tuple[Step, ...]:
        """Steps of a task's checks.

        Raises:
            TaskFault: not this language, or nothing in it asserts anything.
        """
        ...

    def job(self, task: Task, code: str, steps: tuple[Step, ...]) -> Job:
        """The job that loads the answer and evaluates the steps; no expected value is in it."""
        ...


RUNTIMES: Mapping[str, str] = {
    "python": "evals.graders.python:PythonRuntime",
    "sql": "evals.graders.python:PythonRuntime",
    "javascript": "evals.graders.javascript:JavaScriptRuntime",
    "typescript": "evals.graders.javascript:JavaScriptRuntime",
    "tsx": "evals.graders.javascript:JavaScriptRuntime",
}
"""By language. Add one: a class with ``parse`` and ``job`` and a row here."""


@cache
def runtime_for(language: str) -> Runtime:
    """The runtime of a language, made once.

    Raises:
        TaskFault: there is none.
    """
    if language not in RUNTIMES:
        raise TaskFault(f"language {language!r}: no runtime; there are: {', '.join(sorted(RUNTIMES))}")
    module, _, attribute = RUNTIMES[language].partition(":")
    found: Runtime = getattr(import_module(module), attribute)()
    return found


class ValueGrader:
    """Evaluates a task's checks on the answer inside the sandbox and compares outside."""

    def problems(self, task: Task) -> list[str]:
        """See ``Grader.problems``."""
        from evals.graders.fuzz import fuzz_problems

        place = task.source or task.key
        if not task.checks.strip():
            return [f"{place}: the task has no checks; add checks.py with lines such as `assert f(1) == 2`"]
        found = []
        try:
            runtime_for(task.language).parse(task.checks, place)
            comparator = parse_comparator(task.compare, place)
            if comparator.kind == "checks" and not re.search(rf"^def {comparator.function}\(", task.checks, re.MULTILINE):
                known = "exact, approx(rtol=1e-6), unordered, exception, or a function that the checks define"
                found.append(f"{place}: compare: expected {known}, found {task.compare!r}")
        except TaskFault as error:
            found.append(str(error))
        return found + fuzz_problems(task)

    def grade(self, task: Task, code: str, sandbox: Sandbox) -> Verdict:
        """See ``Grader.grade``.

        Raises:
            TaskFault: the checks cannot be parsed, or the golden gives too few answers to hidden inputs.
        """
        from evals.graders.fuzz import hidden
        from evals.graders.referee import judged

        try:
            found = judged(task, code, sandbox)
            if found[0] == "pass" and task.fuzz.strip():
                found = hidden(task, code, sandbox, found)
        except SandboxFault as error:
            return verdict("error", "sandbox", sandbox, message=str(error))
        return verdict(found[0], found[1], sandbox, **found[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a job said: how loading went, the answers in order, whether it came to its proper end.

    ``forged`` says what in it no driver writes; such a report proves nothing.
    """

    loaded: bool
    load: Mapping[str, Any] | None
    syntax: bool
    answers: tuple[Mapping[str, Any], ...]
    complete: bool
    forged: str
    outcome: Outcome


def read_report(outcome: Outcome, steps: int) -> Report:
    """Read a job's output, strictly: load, then 0 .. steps - 1, then the end."""
    lines = outcome.stdout.split(b"\n")
    cut = lines.pop()  # a line that its end is missing from
    load: Mapping[str, Any] | None = None
    loaded = syntax = complete = False
    answers: list[Mapping[str, Any]] = []
    forged = ""
    for number, line in enumerate(lines):
        try:
            record = json.loads(line)  # not orjson, which refuses lone surrogates in strings
        except (ValueError, RecursionError):
            record = None
        if complete or load is not None:
            forged = "more after the end"
        elif not isinstance(record, dict):
            forged = "a line that is no record"
        elif number == 0 and "load" in record:
            load, loaded, syntax = record["load"], record["load"] is None, record.get("syntax") is True
            forged = "" if load is None or isinstance(load, dict) else "a load record without its error"
        elif len(answers) == steps and record == {"end": True}:
            complete = True
        elif number and _is_step(record, len(answers), steps):
            answers.append(record)
        else:
            forged = f"a record out of order after {len(answers)} of {steps} steps"
        if forged:
            break
    limited = outcome.timed_out or outcome.killed or outcome.truncated
    complete = complete and outcome.exit_code == 0 and not limited
    if not forged and cut and not limited and outcome.exit_code == 0:
        forged = "a line without an end"
    return Report(
        loaded=loaded, load=load, syntax=syntax, answers=tuple(answers), complete=complete, forged=forged, outcome=outcome
    )


def _is_step(record: Mapping[str, Any], number: int, steps: int) -> bool:
    index = record.get("step")
    if number >= steps or type(index) is not int or index != number:
        return False
    return ("value" in record) != ("raised" in record)


def run_steps(runtime: Runtime, task: Task, code: str, steps: tuple[Step, ...], sandbox: Sandbox) -> Report:
    """Load the answer in the sandbox and evaluate these steps on it.

    Raises:
        SandboxFault: the sandbox failed twice.
    """
    return read_report(run_twice(runtime.job(task, code, steps), sandbox), len(steps))


def load_failure(report: Report) -> Found | None:
    """Why nothing in a report counts; None where its answers do."""
    if report.forged:
        return "fail", "forged_report", {"message": report.forged, "exit_code": report.outcome.exit_code}
    if report.load is not None:
        if report.syntax:
            return "fail", "syntax_error", {"message": message_of(report.load)}
        name = _short([*raised_names(report.load), "Exception"][0])
        return "fail", f"exception:{name}", {"stage": "load", "raised": name, "message": message_of(report.load)}
    if not report.loaded:
        return ended_early(report.outcome, {"stage": "load"})
    return None


def judge(steps: Sequence[Step], report: Report, comparator: Comparator) -> Found:
    """Status, reason and evidence from what came out of the sandbox."""
    failure = load_failure(report)
    if failure is not None:
        return failure
    for index, step in enumerate(steps):
        if index >= len(report.answers):
            return ended_early(report.outcome, place_of(step))
        found = judge_step(step, report.answers[index], comparator)
        if found is not None:
            return found
    if not report.complete:
        return ended_early(report.outcome, {"stage": "end"})
    return "pass", "pass", {"checks": sum(step.kind != "run" for step in steps)}


def place_of(step: Step) -> dict[str, Any]:
    """Where a step stands in its checks, as evidence."""
    return {"check": step.text[:400], "line": step.line}


def judge_step(step: Step, answer: Mapping[str, Any], comparator: Comparator) -> Found | None:
    """The failure that an answer is, or None."""
    place = place_of(step)
    raised = raised_names(answer)
    message = message_of(answer)
    if step.kind == "call":  # its answer, an exception too, is for who asked
        return None
    if step.kind == "raises":
        told = any(is_raised(name, raised) for name in step.expected) and not _is_anything(raised)
        if told and re.search(step.match, message):
            return None
        expected = " or ".join(step.expected) + (f" with {step.match!r} in its message" if step.match else "")
        got = f"{_short(raised[0])}: {message}" if raised else "nothing raised"
        return "fail", "wrong_exception", {**place, "expected": expected, "got": got[:400]}
    if raised:
        refuted = step.kind == "inside" and _short(raised[0]) == "AssertionError"
        reason = "wrong_value" if refuted else f"exception:{_short(raised[0])}"
        return "fail", reason, {**place, "raised": _short(raised[0]), "message": message}
    if step.kind == "value":
        got = decode(answer.get("value"))
        if not matches(step, got, comparator):
            return "fail", "wrong_value", {**place, "expected": shown(step.expected), "got": shown(got)}
    return None


def matches(step: Step, got: Any, comparator: Comparator) -> bool:
    """Whether a decoded value is what a step expects."""
    if step.truth:
        return bool(got) is step.expected
    if step.identical:
        return type(got) is type(step.expected) and equal(got, step.expected, None)
    if step.tolerance is not None:
        return equal(got, step.expected, step.tolerance)
    return (parse_comparator(step.compare, step.text) if step.compare else comparator).matches(got, step.expected)


def raised_names(answer: Mapping[str, Any]) -> list[str]:
    """Names of what was raised and its bases; empty where nothing was. What the sandbox wrote is not to be trusted."""
    if "raised" not in answer:
        return []
    found = answer["raised"]
    names = [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
    return names or ["builtins.Exception"]


def is_raised(name: str, raised: Sequence[str]) -> bool:
    """Whether one of the classes raised is the one that a check names.

    A built-in name is the built-in class; another one is a class of that name that is not built in. Languages without
    modules give bare names.
    """
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, BaseException):
        return f"builtins.{kind.__name__}" in raised or name in raised
    return any(_short(one) == name and not one.startswith("builtins.") for one in raised)


def _is_anything(raised: Sequence[str]) -> bool:
    """Whether a class inherits from more unrelated built-in exceptions than any honest one: made to suit every check."""
    named = [getattr(builtins, name.removeprefix("builtins."), None) for name in raised if name.startswith("builtins.")]
    kinds = {kind for kind in named if isinstance(kind, type)}
    leaves = [kind for kind in kinds if not any(other is not kind and issubclass(other, kind) for other in kinds)]
    return len(leaves) > _MOST_KINDS_OF_ONE_ERROR


def _short(name: str) -> str:
    """The name of a class without its module. The sandbox wrote it, and it becomes part of a verdict's reason."""
    found = name.rpartition(".")[2]
    return found if found.isidentifier() and len(found) <= _LONGEST_NAME else "Exception"


def message_of(answer: Mapping[str, Any]) -> str:
    """What was raised said; empty where what the sandbox wrote is no text."""
    found = answer.get("message", "")
    return found[:400] if isinstance(found, str) else ""


def shown(value: Any) -> str:
    """A value as evidence."""
    try:
        return repr(value)[:400]
    except (ValueError, RecursionError):  # an int of more than 4,300 digits
        return f"<{type(value).__name__} too large to show>"
