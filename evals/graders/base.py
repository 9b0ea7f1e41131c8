"""The seam of grading: what a grader answers, and what it and its language runtimes share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from evals.errors import SandboxFault
from evals.records import Status, Task, Verdict
from evals.sandboxes.base import Job, Outcome, Sandbox
from evals.source import sound
from evals.toolchains import packages


class Grader(Protocol):
    """Grades the answers to one kind of task."""

    def problems(self, task: Task) -> list[str]:
        """Why this task cannot be graded, each problem with its place (``task.source``); empty for a sound task."""
        ...

    def grade(self, task: Task, code: str, sandbox: Sandbox) -> Verdict:
        """The verdict on an answer that is not empty. A fault of the sandbox gives status ``error``."""
        ...


DEEPEST_CALLS = 3000
"""The recursion limit of answers in Python, of whatever kind."""


def inside(name: str) -> bytes:
    """The text of a file of ``evals/graders/inside``: what runs in the sandbox, is sent there, and is never imported here."""
    return (Path(__file__).parent / "inside" / name).read_bytes()


def import_paths(task: Task) -> list[str]:
    """The folders that an answer imports from beside the standard library: the same ones in every kind.

    Raises:
        ToolchainMissing: the task names packages whose environment has not been built.
    """
    return packages.import_paths(task.packages)


@cache
def duckdb_extension() -> str:
    """The one file of DuckDB that a job with queries reads. The folder around it may hold suites with their goldens.

    Raises:
        SandboxFault: it is not installed.
    """
    spec = find_spec("_duckdb")
    if spec is None or spec.origin is None:
        raise SandboxFault("duckdb is not installed: pip install 'duckdb>=1.4'")
    return spec.origin


def run_twice(job: Job, sandbox: Sandbox) -> Outcome:
    """Run a job, and once more if the sandbox fails, to rule out a passing fault of the machine.

    Raises:
        SandboxFault: it failed twice. Graders turn it into status ``error``.
    """
    try:
        return sandbox.run(job)
    except SandboxFault:
        return sandbox.run(job)


def verdict(status: Status, reason: str, sandbox: Sandbox, **evidence: Any) -> Verdict:
    """A verdict whose evidence is the same for two runs of the same code, and can be written as JSON."""
    kept = {key: stable(value) if isinstance(value, str) else value for key, value in evidence.items()}
    return Verdict(status=status, reason=reason, evidence=storable(kept), sandbox=sandbox.tier)


def storable(value: Any) -> Any:
    """Evidence in a form that JSON in UTF-8 can represent."""
    if isinstance(value, str):
        return sound(value)
    if isinstance(value, Mapping):
        return {key: storable(item) for key, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, (list, tuple)) else value


def stable(text: str) -> str:
    """Evidence without what differs between two runs of the same code: memory addresses, the name of the working folder."""
    return re.sub(r"[^\s'\"]*goldloop-box-\w+", "/box", re.sub(r"\b0x[0-9a-f]{6,}\b", "0x...", text))


def ended_early(outcome: Outcome, place: Mapping[str, Any]) -> tuple[Status, str, dict[str, Any]]:
    """Status, reason and evidence of a job that ended before it had said everything."""
    evidence = {**place, "exit_code": outcome.exit_code, "stderr": outcome.stderr[-400:].decode(errors="replace")}
    if outcome.ended:
        evidence["message"] = outcome.ended
    if outcome.timed_out:
        return "fail", "time", evidence
    if outcome.killed:
        return "fail", "memory", evidence
    if outcome.truncated:
        return "fail", "output_flood", evidence
    return "fail", "exited_early", evidence
