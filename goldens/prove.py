"""Proof of goldens: each passes its own checks in the sandbox, now, and an answer that does nothing fails them.

The fast gate of a run: one try each. ``goldens.verify`` measures how sharp the checks are beyond that.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from evals.errors import Inconclusive, TaskFault
from evals.progress import Progress, Silent
from evals.records import Task, Verdict
from evals.run import Grade, fitting_workers
from goldens.records import Golden
from goldens.stubs import empty_answer

# An answer may take this multiple of its golden's own time, so that a verdict does not depend on the machine (EvalPlus #5: one
# model scored 0.40 or 0.23 with the limit alone), and never less than these seconds; the task's own limit is the ceiling.
TIME_FACTOR = 15.0
LEAST_SECONDS = 3.0
PASSES_FOR_NOTHING = "the checks pass for an answer that does nothing; add sharper checks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A task's golden with its proof, or why it has none."""

    task: Task
    golden: Golden | None
    problem: str = ""
    fault: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A verdict and the wall time that it took."""

    verdict: Verdict
    seconds: float


def timed(task: Task, code: str, grade: Grade) -> Timed:
    """Grade an answer under the clock."""
    start = time.monotonic()
    verdict = grade(task, code)
    return Timed(verdict=verdict, seconds=round(time.monotonic() - start, 3))


def within(task: Task, golden_seconds: float) -> Task:
    """The task with the time limit that its golden's own time justifies."""
    limit = min(task.limits.wall_seconds, max(LEAST_SECONDS, TIME_FACTOR * golden_seconds))
    return task.model_copy(update={"limits": task.limits.model_copy(update={"wall_seconds": limit})})


def prove(task: Task, grade: Grade) -> Proof:
    """Run a task's golden and its empty answer through the task's own checks."""
    if not task.golden.strip():
        return Proof(task=task, golden=None, problem="a training task needs a golden; give it one, or split: holdout")
    run = timed(task, task.golden, grade)
    passed = run.verdict
    empty = grade(task, empty_answer(task)) if passed.passed else None
    for verdict in (passed, empty):
        if verdict is not None and verdict.status == "error":
            return Proof(task=task, golden=None, problem=f"{verdict.reason}: {dict(verdict.evidence)}", fault=True)
    if empty is None:
        problem = f"the golden fails its own checks: {explain(passed)}"
        return Proof(task=task, golden=None, problem=problem, late=passed.reason == "time")
    if empty.status != "fail":  # passed, or cannot be told from an answer that knows
        return Proof(task=task, golden=None, problem=PASSES_FOR_NOTHING)
    golden = Golden(key=task.key, code=task.golden, source="golden", proof=passed, empty=empty, seconds=run.seconds)
    return Proof(task=task, golden=golden)


def explain(verdict: Verdict) -> str:
    """A verdict in one line: reason, the check, and what was returned instead."""
    evidence = verdict.evidence
    parts = [verdict.reason]
    if "check" in evidence:
        parts.append(f"at `{evidence['check']}`")
    if "got" in evidence:
        parts.append(f"expected {evidence['expected']}, got {evidence['got']}")
    if evidence.get("message"):
        parts.append(str(evidence["message"]))
    return ", ".join(parts)


def prove_all(tasks: Sequence[Task], grade: Grade, *, workers: int = 0, progress: Progress | None = None) -> dict[str, Golden]:
    """Goldens by task key. Tasks of dev and holdout may lack one (benchmarks of tests only): they have no entry.

    Raises:
        TaskFault: goldens that fail, or training tasks without one, each with its place.
        Inconclusive: the sandbox failed on some.
    """
    tasks = [task for task in tasks if task.golden.strip() or task.split == "train"]
    bar = progress or Silent()
    bar.start("prove goldens", len(tasks), "goldens")
    proofs = []
    with ThreadPoolExecutor(fitting_workers(workers, tasks), thread_name_prefix="prove") as pool:
        for proof in pool.map(lambda task: prove(task, grade), tasks):
            proofs.append(proof)
            bar.advance()
    # A golden that ran out of time, or met a fault, is proved once more, alone: a busy machine must not fail a good task.
    proofs = [prove(proof.task, grade) if proof.late or proof.fault else proof for proof in proofs]
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
