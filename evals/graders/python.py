"""Python in the value judge, and SQL through DuckDB's extension module: the job that the driver reads, values as source."""

from __future__ import annotations

import ast
import marshal
import math
from array import array
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from evals.checks import Step, parse_checks
from evals.graders.base import DEEPEST_CALLS, duckdb_extension, import_paths, inside
from evals.graders.codec import Iterated, Opaque, decode
from evals.graders.runtimes import Question
from evals.records import Task
from evals.sandboxes.base import Job
from evals.source import read_tree

DRIVER = inside("driver.py")
_MARSHAL_VERSION = 2  # plain values are the same for every interpreter that a sandbox may have


class PythonRuntime:
    """Python, and SQL through DuckDB's extension module."""

    def parse(self, checks: str, place: str) -> tuple[Step, ...]:
        """See ``Runtime.parse``."""
        return parse_checks(checks, place)

    def job(self, task: Task, code: str, steps: Sequence[Step], given: Mapping[str, Any] | None = None) -> Job:
        """See ``Runtime.job``; ``given`` are plain values that the code finds as its global names."""
        paths, duckdb = ([], duckdb_extension()) if task.kind == "sql" else (import_paths(task), "")
        job = {
            "code": code,
            "kind": task.kind,
            "starter": dict(task.starter),
            "steps": [_mode(step) for step in steps],
            "paths": paths,
            "duckdb": duckdb,
            "deepest": DEEPEST_CALLS,
            "file_bytes": task.limits.file_mb << 20,
            "given": dict(given or {}),
        }
        # The driver is the same for every task, so a sandbox may cache it compiled.
        return Job(
            files={"driver.py": DRIVER, "job.bin": marshal.dumps(job, _MARSHAL_VERSION), **_starter_files(task)},
            command=("{python}", "-I", "-S", "-B", "driver.py"),
            limits=task.limits,
            readable=(*paths, *filter(None, [duckdb])),
        )

    def functions(self, golden: str) -> list[str]:
        """See ``HiddenInputs.functions``."""
        try:
            return [node.name for node in read_tree(golden).body if isinstance(node, ast.FunctionDef)]
        except (SyntaxError, ValueError):
            return []

    def question(self, entry: str, arguments: tuple[Any, ...]) -> Question:
        """See ``HiddenInputs.question``."""
        text = f"{entry}({', '.join(source_of(argument) for argument in arguments)})"
        return Question(text=text, arguments=source_of((arguments, {})))

    def ask(self, entry: str, questions: Sequence[Question]) -> tuple[Step, ...]:
        """See ``HiddenInputs.ask``."""
        return tuple(
            Step(kind="call", source=entry, arguments=question.arguments, text=question.text, line=0) for question in questions
        )

    def plain(self, value: Any) -> Any:
        """See ``HiddenInputs.plain``."""
        return decode(value)


def _mode(step: Step) -> tuple[str, Any]:
    """How the driver evaluates a step. It does not reveal what the step checks."""
    if step.kind == "call":
        return "call", (step.source, step.arguments)
    if step.kind == "value" or (step.kind == "raises" and is_expression(step.source)):
        return "eval", step.source
    return "exec", step.source


@cache
def is_expression(source: str) -> bool:
    """Whether this is one expression."""
    try:
        compile(source, "<check>", "eval")
    except (SyntaxError, ValueError):
        return False
    return True


def _starter_files(task: Task) -> Mapping[str, bytes]:
    return {} if task.kind == "sql" else {name: text.encode() for name, text in task.starter.items()}


def source_of(value: Any) -> str:
    """Python source of a decoded value, to be evaluated with builtins around it, and ``Opaque`` for what is opaque.

    Raises:
        ValueError: it is not a plain value.
    """
    kind = type(value)
    if value is None or kind in {bool, str, bytes}:
        return repr(value)
    if kind is int:
        return repr(value) if abs(value) >> 53 == 0 else hex(value)  # not limited in length
    if kind is float:
        return repr(value) if math.isfinite(value) else {"inf": "1e999", "-inf": "-1e999"}.get(repr(value), "(1e999-1e999)")
    if kind is complex:
        return f"complex({source_of(value.real)}, {source_of(value.imag)})"
    if kind is list:
        return f"[{_listed(value)}]"
    if kind is tuple:
        return f"({_listed(value)},)" if value else "()"
    if kind is dict:
        return "{" + ", ".join(f"{source_of(key)}: {source_of(item)}" for key, item in value.items()) + "}"
    if kind in {set, frozenset}:
        return f"{kind.__name__}([{_listed(value)}])"
    if kind is range:
        return repr(value)
    if kind is array:
        return f"__import__('array').array({value.typecode!r}, [{_listed(value)}])"
    if kind is deque:
        return f"__import__('collections').deque([{_listed(value)}])"
    if kind in {Decimal, Fraction}:
        return f"__import__({kind.__module__!r}).{kind.__name__}({str(value)!r})"
    if kind in {date, datetime, time, timedelta}:
        return repr(value).replace("datetime.", "__import__('datetime').")
    if isinstance(value, Iterated):
        return f"iter([{_listed(value.items)}])"
    if isinstance(value, Opaque):
        return f"Opaque({value.text!r}, {value.truth})"
    raise ValueError(f"no plain value: {value!r:.80}")


def _listed(items: Any) -> str:
    return ", ".join(source_of(item) for item in items)
