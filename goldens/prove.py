"""Proof of goldens: each passes its own checks in the sandbox, now, and an answer that does nothing fails them.

Does not measure how sharp the checks are beyond that.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from evals.errors import Inconclusive, TaskFault
from evals.progress import Progress, Silent
from evals.records import Task, Verdict
from evals.run import Grade
from goldens.records import Golden


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A task's golden with its proof, or why there is none."""

    task: Task
    golden: Golden | None
    problem: str = ""
    fault: bool = False
    late: bool = False


def empty_answer(task: Task) -> str:
    """An answer of the right shape that does nothing: the golden's functions returning None, or a query without rows."""
    if task.kind == "sql":
        return "SELECT NULL WHERE false"
    try:
        tree = ast.parse(task.golden)
    except SyntaxError:
        return "pass"
    lines = []
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines.append(f"def {node.name}(*args, **kwargs):\n    return None")
        elif isinstance(node, ast.ClassDef):
            lines.append(f"class {node.name}:\n    pass")
    return "\n".join(lines) or "pass"


def prove(task: Task, grade: Grade) -> Proof:
    """Run a task's golden and its empty answer through the task's own checks."""
    start = time.monotonic()
    passed: Verdict = grade(task, task.golden)
    seconds = round(time.monotonic() - start, 3)
    if passed.status == "error":
        return Proof(task=task, golden=None, problem=f"{passed.reason}: {dict(passed.evidence)}", fault=True)
    if not passed.passed:
        problem = f"the golden fails its own checks: {explain(passed)}"
        return Proof(task=task, golden=None, problem=problem, late=passed.reason == "time")
    empty = grade(task, empty_answer(task))
    if empty.status == "error":
        return Proof(task=task, golden=None, problem=f"{empty.reason}: {dict(empty.evidence)}", fault=True)
    if empty.passed:
        return Proof(task=task, golden=None, problem="the checks pass for an answer that does nothing; add sharper checks")
    golden = Golden(task=task.key, code=task.golden, source="task", proof=passed, empty=empty, seconds=seconds)
    return Proof(task=task, golden=golden)


def explain(verdict: Verdict) -> str:
    """A verdict in one line: reason, the check, and what came instead."""
    evidence = verdict.evidence
    parts = [verdict.reason]
    if "check" in evidence:
        parts.append(f"at `{evidence['check']}`")
    if "got" in evidence:
        parts.append(f"expected {evidence['expected']}, got {evidence['got']}")
    if evidence.get("message"):
        parts.append(str(evidence["message"]))
    return ", ".join(parts)


def prove_all(tasks: Sequence[Task], grade: Grade, *, workers: int = 2, progress: Progress | None = None) -> dict[str, Golden]:
    """Goldens by task key.

    Raises:
        TaskFault: goldens that fail, each with its place.
        Inconclusive: the sandbox failed on some.
    """
    bar = progress or Silent()
    bar.start("prove goldens", len(tasks), "goldens")
    proofs = []
    with ThreadPoolExecutor(workers, thread_name_prefix="prove") as pool:
        for proof in pool.map(lambda task: prove(task, grade), tasks):
            proofs.append(proof)
            bar.advance()
    # A golden that ran out of time is proved once more, alone: a busy machine must not break a good task.
    proofs = [prove(proof.task, grade) if proof.late else proof for proof in proofs]
    bar.finish()
    faults = [proof for proof in proofs if proof.fault]
    if faults:
        raise Inconclusive(f"{len(faults)} goldens could not be proved, the sandbox failed: {faults[0].problem}")
    broken = [proof for proof in proofs if proof.golden is None]
    if broken:
        shown = [f"{proof.task.source or proof.task.key}: {proof.problem}" for proof in broken[:20]]
        more = [f"... and {len(broken) - 20} more"] if len(broken) > 20 else []
        raise TaskFault("\n".join([*shown, *more]))
    return {proof.task.key: proof.golden for proof in proofs if proof.golden is not None}
