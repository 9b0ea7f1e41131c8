"""How sharp a suite's checks are: goldens pass every time, stubs and mutants of the goldens fail.

A task is broken if its golden does not pass each time or an answer that does nothing passes; weak if too many
mutants survive or only the sandbox decides; error if infrastructure failures prevented a result. Identity and constant
stubs that pass are reported and reject nothing. Does not cover whether prompts say what checks want.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from evals.errors import Inconclusive, TaskFault
from evals.progress import Progress, Silent
from evals.records import Task, Verdict
from evals.run import MAX_ERROR_SHARE, Grade, fitting_workers
from goldens.mutants import Mutants, mutants_of
from goldens.prove import PASSES_FOR_NOTHING, Timed, explain, timed, within
from goldens.records import State, Survivor, Tally, Tried, Verification
from goldens.stubs import empty_answer, more_stubs

DEFAULT_REPEATS = 3
DEFAULT_MUTANTS = 8
_UNSOUND = frozenset({"fail", "unsettled"})  # of a golden
LEAST_SCORE = 0.75  # a lower bound: mutants that are equal but not provably so count as survivors


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How often each golden runs, how many mutants of it, and below which score its task is weak."""

    repeats: int = DEFAULT_REPEATS
    mutants: int = DEFAULT_MUTANTS
    least_score: float = LEAST_SCORE


def verify_task(task: Task, grade: Grade, effort: Effort) -> Verification:
    """Run a task's golden, its stubs and its mutants through its checks. Time-outs of the golden count: see ``verify_all``."""
    head = {"id": task.id, "suite": task.suite, "slice": task.slice, "split": task.split, "source": task.source}
    if not task.golden.strip():
        unproved = "the task has no golden: nothing shows that its checks can be passed"
        return Verification(**head, repeats=0, passes=0, state="weak", findings=(unproved,))
    try:
        runs = _golden_runs(task, grade, effort.repeats)
        verification = Verification(**head, **_golden_fields(runs), state="sound")
        unsound = next((run.verdict for run in runs if run.verdict.status in _UNSOUND), None)
        if unsound is not None:
            finding = f"the golden passes {verification.passes} of {len(runs)} runs: {explain(unsound)}"
            return verification.model_copy(update={"state": "broken", "findings": (finding,), "late": unsound.reason == "time"})
        if not verification.passes:
            finding = f"the golden could not be run: {explain(runs[0].verdict)}"
            return verification.model_copy(update={"state": "error", "findings": (finding,)})
        limited = within(task, verification.seconds)
        verification = verification.model_copy(
            update={"stubs": {n: _tried(grade(limited, code)) for n, code in _stubs(task).items()}}
        )
    except TaskFault as fault:
        return Verification(**head, repeats=1, passes=0, state="broken", findings=(str(fault),))
    return _with_findings(_with_mutants(verification, limited, grade, effort), effort)


def _golden_fields(runs: Sequence[Timed]) -> dict[str, Any]:
    passed = [run.verdict for run in runs if run.verdict.passed]
    evidence = passed[0].evidence if passed else {}
    return {
        "repeats": len(runs),
        "passes": len(passed),
        "golden_errors": sum(run.verdict.status == "error" for run in runs),
        "seconds": max(run.seconds for run in runs),
        "checks": int(evidence.get("checks", 0)),
        "inside": int(evidence.get("inside", 0)),
    }


def _golden_runs(task: Task, grade: Grade, repeats: int) -> list[Timed]:
    """The golden's runs; the first that is no pass ends them, since one is enough."""
    runs: list[Timed] = []
    for _ in range(repeats):
        runs.append(timed(task, task.golden, grade))
        if runs[-1].verdict.status in _UNSOUND:
            break
    return runs


def _stubs(task: Task) -> Mapping[str, str]:
    return {"empty": empty_answer(task), **more_stubs(task)}


def _tried(verdict: Verdict) -> Tried:
    return Tried(status=verdict.status, reason=verdict.reason)


def _with_mutants(verification: Verification, task: Task, grade: Grade, effort: Effort) -> Verification:
    """The verification with the outcome of the mutants; a golden without mutants makes its task weak."""
    try:
        mutants = mutants_of(task, effort.mutants) if effort.mutants else Mutants(drawn=(), equivalent=0)
    except TaskFault as fault:
        return verification.model_copy(update={"findings": (str(fault),)})
    killed, errors = 0, 0
    survivors: list[Survivor] = []
    for mutant in mutants.drawn:
        verdict = grade(task, mutant.code)
        killed += verdict.status == "fail"
        errors += verdict.status == "error"
        if verdict.passed:
            place = {"operator": mutant.operator, "file": mutant.file, "line": mutant.line}
            survivors.append(Survivor(**place, before=mutant.before, after=mutant.after))
    counted = killed + len(survivors)
    changes = {
        "mutants": len(mutants.drawn),
        "killed": killed,
        "survivors": tuple(survivors),
        "mutant_errors": errors,
        "equivalent": mutants.equivalent,
        "score": round(killed / counted, 4) if counted else None,
    }
    return verification.model_copy(update=changes)


def _with_findings(verification: Verification, effort: Effort) -> Verification:
    """The verification with its state and all findings behind it."""
    empty = verification.stubs["empty"]
    findings = list(verification.findings)
    state: State = "weak" if findings else "sound"
    if verification.score is not None and verification.score < effort.least_score:
        state = "weak"
        findings.append(f"{len(verification.survivors)} of {verification.mutants} mutants survive; check what they change")
    if verification.inside:
        state = "weak" if verification.inside == verification.checks else state
        inside = f"{verification.inside} of {verification.checks}"
        findings.append(f"{inside} checks are decided by the answer's own process; compare with literals")
    findings += [
        f"a stub passes: {name}"
        for name, stub in verification.stubs.items()
        if name != "empty" and stub.status in {"pass", "unsettled"}
    ]
    if empty.status in {"pass", "unsettled"}:
        state = "broken"
        findings.append(PASSES_FOR_NOTHING)
    elif empty.status == "error":
        state = "error"
        findings.append(f"the empty answer could not be run: {empty.reason}")
    return verification.model_copy(update={"state": state, "findings": tuple(findings)})


def verify_all(
    tasks: Sequence[Task], grade: Grade, effort: Effort, *, workers: int = 0, progress: Progress | None = None
) -> list[Verification]:
    """Verifications in the order of the tasks. A golden that ran out of time is verified once more, alone."""
    bar = progress or Silent()
    bar.start("verify goldens", len(tasks), "tasks")
    verifications: list[Verification] = []
    with ThreadPoolExecutor(fitting_workers(workers, tasks), thread_name_prefix="verify") as pool:
        for verification in pool.map(lambda task: verify_task(task, grade, effort), tasks):
            verifications.append(verification)
            bar.advance(1, note_of(verifications))
    # A busy machine, or a fault of it, must not fail a good task.
    verifications = [
        verify_task(task, grade, effort) if row.late or row.state == "error" else row
        for task, row in zip(tasks, verifications, strict=True)
    ]
    bar.finish(note_of(verifications))
    return verifications


def note_of(verifications: Sequence[Verification]) -> str:
    """The score so far, and what is not sound."""
    score, states = score_of(verifications), [row.state for row in verifications]
    parts = [f"score {score:.1%}" if score is not None else "no mutants"]
    return ", ".join([*parts, *(f"{states.count(s)} {s}" for s in ("weak", "broken", "error") if s in states)])


def score_of(verifications: Iterable[Verification]) -> float | None:
    """Killed among killed and surviving mutants; None if none was run."""
    rows = list(verifications)
    killed = sum(row.killed for row in rows)
    counted = killed + sum(len(row.survivors) for row in rows)
    return round(killed / counted, 4) if counted else None


def tallies(verifications: Sequence[Verification]) -> Iterator[Tally]:
    """A row per suite, then one for each of its slices."""
    for suite in dict.fromkeys(row.suite for row in verifications):
        whole = [row for row in verifications if row.suite == suite]
        yield _tally(suite, "*", whole)
        for name in sorted({row.slice for row in whole} - {"-"}):
            yield _tally(suite, name, [row for row in whole if row.slice == name])


def _tally(suite: str, name: str, rows: Sequence[Verification]) -> Tally:
    states = [row.state for row in rows]
    return Tally(
        suite=suite,
        slice=name,
        tasks=len(rows),
        sound=states.count("sound"),
        weak=states.count("weak"),
        broken=states.count("broken"),
        errors=states.count("error"),
        mutants=sum(row.mutants for row in rows),
        killed=sum(row.killed for row in rows),
        score=score_of(rows),
    )


def check_known(verifications: Sequence[Verification]) -> None:
    """Refuse a conclusion from runs with too many infrastructure errors.

    Raises:
        Inconclusive: more than 1% of the runs are errors, or no run was made.
    """
    runs, errors = sum(row.runs for row in verifications), sum(row.errors for row in verifications)
    if not runs or errors > MAX_ERROR_SHARE * runs:
        first = next((text for row in verifications if row.state == "error" for text in row.findings), "mutants could not be run")
        raise Inconclusive(
            f"{errors} of {runs} runs ended as infrastructure errors (limit {MAX_ERROR_SHARE:.0%}), the first: {first}; "
            "fix the cause and verify again"
        )
