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
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evals.checks import Step, parse_checks
from evals.errors import SandboxFault
from evals.files import canonical_json
from evals.records import Task, Verdict
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


def grade_values(task: Task, code: str | None, sandbox: Sandbox) -> Verdict:
    """Evaluate the task's checks on the candidate and compare outside.

    Raises:
        TaskFault: the checks cannot be parsed.
    """
    steps = parse_checks(task.checks, task.source or task.key)

    def verdict(status: Any, reason: str, **evidence: Any) -> Verdict:
        return Verdict(status=status, reason=reason, evidence=evidence, sandbox=sandbox.tier)

    if code is None or not code.strip():
        return verdict("fail", "no_code")
    # An error of the machine is found out by running again; an error twice is infrastructure's and is kept as such.
    fault = ""
    for _ in range(2):
        try:
            outcome = sandbox.run(_job(task, code, steps))
        except SandboxFault as error:
            fault = str(error)
            continue
        status, reason, evidence = judge(steps, outcome)
        evidence = {key: stable(value) if isinstance(value, str) else value for key, value in evidence.items()}
        return verdict(status, reason, **evidence)
    return verdict("error", "sandbox", message=fault)


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


def stable(text: str) -> str:
    """Evidence without what differs between two runs of the same code: memory addresses, the name of the working folder."""
    return re.sub(r"[^\s'\"]*goldloop-box-\w+", "/box", re.sub(r"\b0x[0-9a-f]{6,}\b", "0x...", text))


def judge(steps: tuple[Step, ...], outcome: Outcome) -> tuple[str, str, dict[str, Any]]:
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
        return _ended_early(outcome, {"stage": "load"})
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
            return _ended_early(outcome, place)
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


def _ended_early(outcome: Outcome, place: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    evidence = {**place, "exit_code": outcome.exit_code, "stderr": outcome.stderr[-400:].decode(errors="replace")}
    if outcome.timed_out:
        return "fail", "time", evidence
    if outcome.killed:
        return "fail", "memory", evidence
    if outcome.truncated:
        return "fail", "output_flood", evidence
    return "fail", "exited_early", evidence


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
