"""The value judge: the sandbox evaluates, the comparison happens out here, where no candidate can reach.

Covers Python functions and SQL result sets. An assertion without a literal expected side is evaluated inside and is
weaker; ``Step.kind == "inside"`` marks it.
"""

from __future__ import annotations

import cmath
import datetime
import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from evals.checks import Step, parse_checks
from evals.errors import SandboxFault, TaskFault
from evals.files import canonical_json
from evals.graders.base import ended_early, run_twice, verdict
from evals.records import Status, Task, Verdict
from evals.sandboxes.base import Job, Outcome, Sandbox

DRIVER = Path(__file__).with_name("_driver.py").read_bytes()


class Opaque:
    """A value that the judge does not know; it equals nothing, not even itself."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return self.text


class Runtime(Protocol):
    """What a language brings to the value judge: checks taken apart, and the job that evaluates them.

    The job writes one JSON line a step on its standard output: ``{"load": null}`` or what loading raised, then
    ``{"step": n, "value": typed}`` or ``{"step": n, "raised": [names], "message": text}``, then ``{"end": true}``.
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
    "python": "evals.graders.values:PythonRuntime",
    "sql": "evals.graders.values:PythonRuntime",
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
        place = task.source or task.key
        if not task.checks.strip():
            return [f"{place}: the task has no checks; add checks.py with lines such as `assert f(1) == 2`"]
        try:
            runtime_for(task.language).parse(task.checks, place)
        except TaskFault as error:
            return [str(error)]
        return []

    def grade(self, task: Task, code: str, sandbox: Sandbox) -> Verdict:
        """See ``Grader.grade``.

        Raises:
            TaskFault: the checks cannot be parsed.
        """
        runtime = runtime_for(task.language)
        steps = runtime.parse(task.checks, task.source or task.key)
        try:
            outcome = run_twice(runtime.job(task, code, steps), sandbox)
        except SandboxFault as error:
            return verdict("error", "sandbox", sandbox, message=str(error))
        status, reason, evidence = judge(steps, outcome)
        return verdict(status, reason, sandbox, **evidence)


class PythonRuntime:
    """Python, and SQL through DuckDB's Python package."""

    def parse(self, checks: str, place: str) -> tuple[Step, ...]:
        """See ``Runtime.parse``."""
        return parse_checks(checks, place)

    def job(self, task: Task, code: str, steps: tuple[Step, ...]) -> Job:
        """See ``Runtime.job``."""
        return _job(task, code, steps)


@cache
def _site_packages() -> str:
    spec = find_spec("duckdb")
    if spec is None or spec.origin is None:
        raise SandboxFault("duckdb is not installed: pip install duckdb")
    return str(Path(spec.origin).parent.parent)


def _job(task: Task, code: str, steps: tuple[Step, ...]) -> Job:
    paths = [_site_packages()] if task.kind == "sql" else []
    job = {
        "code": code,
        "kind": task.kind,
        "starter": dict(task.starter),
        "steps": [["value" if step.kind == "value" else step.kind, step.source] for step in steps],
        "paths": paths,
        "file_bytes": task.limits.file_mb << 20,
    }
    return Job(
        files={"driver.py": DRIVER, "job.json": canonical_json(job), **_starter_files(task)},
        command=("{python}", "-I", "-S", "-B", "driver.py"),
        limits=task.limits,
        readable=tuple(paths),
    )


def _starter_files(task: Task) -> Mapping[str, bytes]:
    return {} if task.kind == "sql" else {name: text.encode() for name, text in task.starter.items()}


def judge(steps: tuple[Step, ...], outcome: Outcome) -> tuple[Status, str, dict[str, Any]]:
    """Status, reason and evidence from what came out of the sandbox."""
    records = []
    for line in outcome.stdout.splitlines():
        try:
            record = json.loads(line)  # not orjson, which refuses lone surrogates in strings
        except (ValueError, RecursionError):
            break
        if not isinstance(record, dict):
            break
        records.append(record)
    if not records:
        return ended_early(outcome, {"stage": "load"})
    load = records[0].get("load")
    if isinstance(load, dict):
        if records[0].get("syntax"):
            return "fail", "syntax_error", {"message": load.get("message", "")}
        return "fail", f"exception:{[*_raised(load), 'Exception'][0]}", {"stage": "load", **load}
    answers: dict[int, dict[str, Any]] = {}
    for record in records[1:]:
        if isinstance(record.get("step"), int):
            answers.setdefault(record["step"], record)
    for index, step in enumerate(steps):
        place = {"check": step.text[:400], "line": step.line}
        if index not in answers:
            return ended_early(outcome, place)
        answer = answers[index]
        raised = _raised(answer)
        if step.kind == "raises":
            message = str(answer.get("message", ""))
            if not set(step.expected) & set(raised) or re.search(step.match, message) is None:
                expected = " or ".join(step.expected) + (f" with {step.match!r} in its message" if step.match else "")
                got = f"{raised[0]}: {message}" if raised else "nothing raised"
                return "fail", "wrong_exception", {**place, "expected": expected, "got": got[:400]}
        elif raised:
            refuted = step.kind == "inside" and raised[0] == "AssertionError"
            reason = "wrong_value" if refuted else f"exception:{raised[0]}"
            return "fail", reason, {**place, "raised": raised[0], "message": str(answer.get("message", ""))}
        elif step.kind == "value":
            got = decode(answer.get("value", ["object", "nothing", ""]))
            same_type = not step.identical or type(got) is type(step.expected)
            if not (same_type and equal(got, step.expected, step.tolerance)):
                return "fail", "wrong_value", {**place, "expected": _shown(step.expected), "got": _shown(got)}
    return "pass", "pass", {"checks": sum(step.kind != "run" for step in steps)}


def _raised(answer: Mapping[str, Any]) -> list[str]:
    """Names of what was raised and its bases; empty where nothing was. What the sandbox wrote is not to be trusted."""
    found = answer.get("raised") or []
    return [str(name) for name in found] if isinstance(found, list) else ["Exception"]


def _shown(value: Any) -> str:
    try:
        return repr(value)[:400]
    except (ValueError, RecursionError):  # an int of more than 4,300 digits
        return f"<{type(value).__name__} too large to show>"


def decode(value: Any) -> Any:
    """The plain Python value of the driver's canonical form; what is malformed (forged) equals nothing."""
    try:
        return _decode(value)
    except (ArithmeticError, AttributeError, TypeError, ValueError, RecursionError):
        return Opaque("<undecodable>")


def _decode(value: Any) -> Any:
    match value:
        case None | bool() | int():
            return value
        case ["i", str(text)]:
            return int(text, 16)
        case ["f", str(text)]:
            return float(text)
        case ["s", str(text)]:
            return text
        case ["b", str(text)]:
            return bytes.fromhex(text)
        case ["c", str(real), str(imaginary)]:
            return complex(float(real), float(imaginary))
        case ["l", list(items)]:
            return [_decode(item) for item in items]
        case ["t", list(items)]:
            return tuple(_decode(item) for item in items)
        case ["d", list(items)]:
            return {_hashable(_decode(key)): _decode(item) for key, item in items}
        case ["S", list(items)]:
            return {_hashable(_decode(item)) for item in items}
        case ["F", list(items)]:
            return frozenset(_hashable(_decode(item)) for item in items)
        case ["Decimal", str(text)]:
            return Decimal(text)
        case ["Fraction", str(text)]:
            return Fraction(text)
        case [str(name), str(text)] if name.startswith("datetime."):
            return _moment(text)
        case ["object", str(kind), str(text)]:
            return Opaque(f"<{kind} {text}>")
    return Opaque("<undecodable>")


def _hashable(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        return Opaque(repr(value))
    return value


def _moment(text: str) -> Any:
    """``datetime.date(2026, 1, 2)`` and kin, from their repr, without evaluating anything."""
    name, _, arguments = text.removeprefix("datetime.").partition("(")
    kinds = {"date": datetime.date, "datetime": datetime.datetime, "time": datetime.time}
    try:
        return kinds[name](*(int(part) for part in arguments.rstrip(")").split(",")))
    except (KeyError, ValueError, TypeError):
        return Opaque(text)


def equal(got: Any, expected: Any, tolerance: tuple[float, float] | None) -> bool:
    """Python's ``==`` on plain values; with a tolerance, ``math.isclose`` (relative, absolute)."""
    try:
        if tolerance is None:
            return bool(got == expected)
        if isinstance(got, complex) or isinstance(expected, complex):
            return cmath.isclose(got, expected, rel_tol=tolerance[0], abs_tol=tolerance[1])
        return math.isclose(got, expected, rel_tol=tolerance[0], abs_tol=tolerance[1])
    except (ArithmeticError, TypeError, ValueError, RecursionError):
        return False
