"""Run tasks against a model and grade the answers. Generation and grading overlap; a journal makes a killed run resumable.

Does not cover statistics (``evals.stats``) or where results are kept (``loop``).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b

from evals.errors import Inconclusive
from evals.extract import extract_code
from evals.files import Journal
from evals.models.base import Backend, Completion, Prompt, Sampling
from evals.progress import Progress, Silent
from evals.records import Attempt, Result, Task, Verdict

MAX_ERROR_SHARE = 0.01
Grade = Callable[[Task, str | None], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    task: Task
    sample: int

    @property
    def name(self) -> str:
        return f"{self.task.key}#{self.sample}"


def fitting_workers(workers: int, tasks: Sequence[Task]) -> int:
    """``workers``, or for 0 as many as this machine has processors and memory for (the largest limit of the tasks each)."""
    if workers:
        return workers
    free_mb = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    largest = max((task.limits.memory_mb for task in tasks), default=512)
    return max(1, min(len(os.sched_getaffinity(0)), free_mb // largest))


def prompt_seed(task: Task, sample: int) -> int:
    """A seed of 32 bits that depends on the task and the sample only, never on the batch."""
    return int.from_bytes(blake2b(f"{task.key}#{sample}".encode(), digest_size=4).digest(), "big")


def evaluate(
    tasks: Sequence[Task],
    backend: Backend,
    grade: Grade,
    journal: Journal,
    *,
    sampling: Sampling,
    samples: int = 1,
    workers: int = 0,
    progress: Progress | None = None,
    label: str = "evaluate",
) -> list[Result]:
    """Generate and grade ``samples`` answers a task; results come in the order of tasks and samples.

    The journal gets one entry a generated batch and one a verdict. What it holds already is not done again: batches are a
    pure function of the tasks, so a resumed run generates exactly the missing ones, with the same neighbours.
    A time-out is graded once more, alone, before it counts.
    """
    bar = progress or Silent()
    units = [_Unit(task=task, sample=sample) for task in tasks for sample in range(samples)]
    attempts = {
        attempt.task + f"#{attempt.sample}": attempt
        for entry in journal.entries
        for attempt in map(Attempt.model_validate, entry.get("attempts", ()))
    }
    verdicts = {e["graded"]: Verdict.model_validate(e["verdict"]) for e in journal.entries if "graded" in e}
    prompts = [
        Prompt(messages=tuple(u.task.messages()), seed=prompt_seed(u.task, u.sample) if sampling.temperature else 0)
        for u in units
    ]
    by_name = {unit.name: unit for unit in units}
    bar.start(label, len(units), "attempts")
    with ThreadPoolExecutor(fitting_workers(workers, tasks), thread_name_prefix="grade") as pool:
        pending: dict[str, Future[Verdict]] = {}

        def submit(names: Iterable[str]) -> None:
            for name in names:
                if name in verdicts:
                    bar.advance(1, _note(verdicts))
                elif attempts[name].finish_reason == "error":
                    verdicts[name] = Verdict(status="error", reason="backend", evidence={"message": attempts[name].error})
                    journal.append({"graded": name, "verdict": verdicts[name]})
                    bar.advance(1, _note(verdicts))
                else:
                    pending[name] = pool.submit(grade, by_name[name].task, attempts[name].code)

        def collect(*, wait: bool) -> None:
            for name in [name for name, future in pending.items() if wait or future.done()]:
                verdict = pending.pop(name).result()
                if verdict.reason == "time":
                    again.append(name)
                    continue
                verdicts[name] = verdict
                journal.append({"graded": name, "verdict": verdict})
                bar.advance(1, _note(verdicts))

        again: list[str] = []
        for batch in backend.plan(prompts):
            names = [units[index].name for index in batch]
            if any(name not in attempts for name in names):
                completions = backend.generate([prompts[index] for index in batch], sampling)
                made = [_attempt(units[index], c) for index, c in zip(batch, completions, strict=True)]
                journal.append({"attempts": made})
                attempts |= dict(zip(names, made, strict=True))
            submit(names)
            collect(wait=False)
        collect(wait=True)
    for name in again:  # alone: nothing else of ours runs now
        verdicts[name] = grade(by_name[name].task, attempts[name].code)
        journal.append({"graded": name, "verdict": verdicts[name]})
        bar.advance(1, _note(verdicts))
    bar.finish(_note(verdicts))
    return [
        Result(
            task=unit.task.id,
            suite=unit.task.suite,
            split=unit.task.split,
            group=unit.task.group,
            slice=unit.task.slice,
            attempt=attempts[unit.name],
            verdict=verdicts[unit.name],
        )
        for unit in units
    ]


def _attempt(unit: _Unit, completion: Completion) -> Attempt:
    extraction = extract_code(completion.text, unit.task.language)
    return Attempt(
        task=unit.task.key,
        sample=unit.sample,
        completion=completion.text,
        code=extraction.code if extraction else None,
        finish_reason=completion.finish_reason,
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
        error=completion.error,
    )


def _note(verdicts: dict[str, Verdict]) -> str:
    counts = Counter(verdict.status for verdict in verdicts.values())
    text = f"{counts['pass']} pass {counts['fail']} fail"
    return f"{text} {counts['error']} error" if counts["error"] else text


def check_errors(results: Sequence[Result], what: str) -> None:
    """A run with too many infrastructure errors says nothing about the model.

    Raises:
        Inconclusive: more than 1% of the results are errors; the message names the commonest.
    """
    errors = [result for result in results if result.verdict.status == "error"]
    if len(errors) > MAX_ERROR_SHARE * len(results):
        reasons = Counter(f"{r.verdict.reason}: {r.verdict.evidence.get('message', '')}"[:160] for r in errors)
        raise Inconclusive(
            f"{what}: {len(errors)} of {len(results)} attempts ended as infrastructure errors (limit "
            f"{MAX_ERROR_SHARE:.0%}), most often {reasons.most_common(1)[0][0]!r}; "
            "they are not counted against the model: mend the cause and run again"
        )
