"""Run tasks against a model and grade the answers. Generation and grading overlap; a journal makes a killed run resumable.

Does not cover statistics (``evals.stats``) or where results are kept (``loop``).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from evals.asked import answer_language, asked_names
from evals.errors import Inconclusive
from evals.extract import extract_code
from evals.feedback import feedback
from evals.files import Journal, write_jsonl
from evals.models.base import Backend, Completion, Prompt, Sampling, completions
from evals.progress import Progress, Silent
from evals.reasons import reason_row
from evals.records import Attempt, Message, Result, Task, Try, Verdict
from evals.source import sound

MAX_ERROR_SHARE = 0.01
Grade = Callable[[Task, str | None], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """One answer to make: a sample of a task, on its first try (turn 0) or after that many failing ones."""

    task: Task
    sample: int
    prompt: Prompt
    turn: int = 0

    @property
    def name(self) -> str:
        return f"{self.task.key}#{self.sample}" + (f"~{self.turn}" if self.turn else "")


def fitting_workers(workers: int, tasks: Sequence[Task]) -> int:
    """``workers``, or for 0 as many as this machine's processors and memory allow (at the largest limit of the tasks)."""
    if workers:
        return workers
    free_mb = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    largest = max((task.limits.memory_mb for task in tasks), default=512)
    return max(1, min(len(os.sched_getaffinity(0)), free_mb // largest))


def prompt_seed(task: Task, sample: int, turn: int = 0) -> int:
    """A seed of 32 bits that depends on the task, the sample and the turn only, never on the batch."""
    name = f"{task.key}#{sample}" + (f"~{turn}" if turn else "")
    return int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "big")


def evaluate(
    tasks: Sequence[Task],
    backend: Backend,
    grade: Grade,
    journal: Journal,
    *,
    sampling: Sampling,
    samples: int = 1,
    repair_turns: int = 0,
    workers: int = 0,
    progress: Progress | None = None,
    label: str = "evaluate",
) -> list[Result]:
    """Generate and grade ``samples`` answers per task; results come in the order of tasks and samples.

    With ``repair_turns``, a failing answer goes back to the model with what its tests said, at most that often; a result's
    verdict stays that of the first try, its ``repairs`` hold the others. An error is not a turn: that answer is requested once
    more, and if it fails again nobody knows what a repair would have done (its last verdict is the error).
    The journal gets one entry per answer and one per verdict. What it holds is not done again: batches are a
    pure function of the tasks, so a resumed run generates exactly the missing ones, with the same neighbours.
    A time-out, and a fault of the machine, is graded once more, alone, before it counts.
    """
    run = _Run(backend, grade, journal, sampling, fitting_workers(workers, tasks), progress or Silent())
    units = [_first_try(task, sample, sampling) for task in tasks for sample in range(samples)]
    run.do(units, label)
    repairs: dict[str, list[Try]] = {unit.name: [] for unit in units}
    open_units = {unit.name: unit for unit in units}
    for turn in range(1, repair_turns + 1):
        open_units = {
            first: _next_try(unit, run, turn, sampling)
            for first, unit in open_units.items()
            if run.verdicts[unit.name].status == "fail"
        }
        if not open_units:
            break
        asked = list(open_units.values())
        run.do(asked, f"{label}, repair {turn}")
        if errors := run.forget_errors(asked):
            run.do(errors, f"{label}, repair {turn}, errors again")
        for first, unit in open_units.items():
            repairs[first].append(Try(attempt=run.attempts[unit.name], verdict=run.verdicts[unit.name]))
    return [_result(unit, run, repairs[unit.name]) for unit in units]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A further answer to a task, asked in other words than the task's own; ``sample`` and ``turn`` name it within the task."""

    task: Task
    messages: tuple[Message, ...]
    sample: int
    turn: int = 0

    @property
    def seed(self) -> int:
        """That of its prompt."""
        return prompt_seed(self.task, self.sample, self.turn)


def ask(
    questions: Sequence[Asking],
    backend: Backend,
    grade: Grade,
    journal: Journal,
    *,
    sampling: Sampling,
    workers: int = 0,
    progress: Progress | None = None,
    label: str = "ask",
) -> list[Try]:
    """Generate and grade one answer a question, in their order; journalled and resumed as ``evaluate`` does it."""
    workers = fitting_workers(workers, [question.task for question in questions])
    run = _Run(backend, grade, journal, sampling, workers, progress or Silent())
    units = [_asked(question) for question in questions]
    run.do(units, label)
    return [Try(attempt=run.attempts[unit.name], verdict=run.verdicts[unit.name]) for unit in units]


def _asked(question: Asking) -> _Unit:
    task = question.task
    prompt = Prompt(messages=question.messages, seed=question.seed, language=answer_language(task), asked=asked_names(task))
    return _Unit(task=task, sample=question.sample, prompt=prompt, turn=question.turn)


def _first_try(task: Task, sample: int, sampling: Sampling) -> _Unit:
    seed = prompt_seed(task, sample) if sampling.temperature else 0
    asked, language = asked_names(task), answer_language(task)
    prompt = Prompt(messages=tuple(task.messages()), seed=seed, language=language, asked=asked)
    return _Unit(task=task, sample=sample, prompt=prompt)


def _next_try(unit: _Unit, run: _Run, turn: int, sampling: Sampling) -> _Unit:
    """The same conversation, with the answer and what its tests said."""
    answer: Message = {"role": "assistant", "content": run.attempts[unit.name].completion}
    said: Message = {"role": "user", "content": feedback(run.verdicts[unit.name], unit.task.public)}
    seed = prompt_seed(unit.task, unit.sample, turn) if sampling.temperature else 0
    prompt = replace(unit.prompt, messages=(*unit.prompt.messages, answer, said), seed=seed)
    return _Unit(task=unit.task, sample=unit.sample, prompt=prompt, turn=turn)


def _result(unit: _Unit, run: _Run, repairs: Sequence[Try]) -> Result:
    return Result(
        id=unit.task.id,
        suite=unit.task.suite,
        split=unit.task.split,
        group=unit.task.group,
        slice=unit.task.slice,
        attempt=run.attempts[unit.name],
        verdict=run.verdicts[unit.name],
        repairs=tuple(repairs),
    )


class _Run:
    """Attempts and verdicts by the units' names, those of the journal first."""

    def __init__(
        self, backend: Backend, grade: Grade, journal: Journal, sampling: Sampling, workers: int, progress: Progress
    ) -> None:
        self._backend, self._grade, self._journal, self._sampling = backend, grade, journal, sampling
        self._workers, self._bar = workers, progress
        self._doing: list[str] = []
        self.attempts: dict[str, Attempt] = {}
        self.verdicts: dict[str, Verdict] = {}
        for entry in journal.entries:
            if "graded" in entry:
                self.verdicts[entry["graded"]] = Verdict.model_validate(entry["verdict"])
            for attempt in map(Attempt.model_validate, entry.get("attempts", ())):
                self.attempts[_name(attempt)] = attempt
                self.verdicts.pop(_name(attempt), None)  # an error's, if any: the answer was asked for again

    def forget_errors(self, units: Sequence[_Unit]) -> list[_Unit]:
        """The units that ended as errors, without their attempts and verdicts: to be done again."""
        errors = [unit for unit in units if self.verdicts[unit.name].status == "error"]
        for unit in errors:
            del self.attempts[unit.name], self.verdicts[unit.name]
        return errors

    def do(self, units: Sequence[_Unit], label: str) -> None:
        """Generate and grade what the journal does not hold; grading overlaps with the generation of what is longer."""
        self._bar.start(label, len(units), "attempts")
        self._doing = [unit.name for unit in units]
        late: list[_Unit] = []
        with ThreadPoolExecutor(self._workers, thread_name_prefix="grade") as pool:
            pending: dict[Future[Verdict], _Unit] = {}
            for batch in self._backend.plan([unit.prompt for unit in units]):
                for unit in self._answered([units[index] for index in batch]):
                    if unit.name in self.verdicts:
                        self._bar.advance(1, self._note())
                    elif self.attempts[unit.name].finish_reason == "error":
                        message = self.attempts[unit.name].error
                        self._keep(unit, Verdict(status="error", reason="backend", evidence={"message": message}))
                    else:
                        pending[pool.submit(self._grade, unit.task, self.attempts[unit.name].code)] = unit
                    for future in [future for future in pending if future.done()]:
                        self._collect(pending.pop(future), future.result(), late)
            for future in as_completed(pending):
                self._collect(pending[future], future.result(), late)
        for unit in late:  # alone: no other job of this run is active
            self._keep(unit, self._grade(unit.task, self.attempts[unit.name].code))
        self._bar.finish(self._note())

    def _answered(self, units: Sequence[_Unit]) -> Iterator[_Unit]:
        """The units of a batch, each once it has its answer.

        A batch that lacks an answer is generated whole, so that a resumed run meets the same rows side by side; an answer
        that is known already stays, since it may be graded and a server seldom says the same twice.
        """
        known = [unit.name in self.attempts for unit in units]
        yield from (unit for unit, has_answer in zip(units, known, strict=True) if has_answer)
        if all(known):
            return
        for index, completion in completions(self._backend, [unit.prompt for unit in units], self._sampling):
            if not known[index]:
                attempt = _attempt(units[index], completion)
                self._journal.append({"attempts": [attempt]})
                self.attempts[_name(attempt)] = attempt
                yield units[index]

    def _collect(self, unit: _Unit, verdict: Verdict, late: list[_Unit]) -> None:
        if verdict.reason == "time" or verdict.status == "error":
            late.append(unit)
        else:
            self._keep(unit, verdict)

    def _keep(self, unit: _Unit, verdict: Verdict) -> None:
        if self.attempts[unit.name].finish_reason == "length" and reason_row(verdict.reason).cut_off:
            verdict = verdict.model_copy(update={"reason": "truncated"})
        self.verdicts[unit.name] = verdict
        self._journal.append({"graded": unit.name, "verdict": verdict})
        self._bar.advance(1, self._note())

    def _note(self) -> str:
        """Verdicts so far of what is being done: of a repair turn, its own."""
        counts = Counter(self.verdicts[name].status for name in self._doing if name in self.verdicts)
        text = f"{counts['pass']} pass {counts['fail']} fail"
        return " ".join([text, *(f"{counts[name]} {name}" for name in ("error", "unsettled") if counts[name])])


def _name(attempt: Attempt) -> str:
    return f"{attempt.key}#{attempt.sample}" + (f"~{attempt.turn}" if attempt.turn else "")


def _attempt(unit: _Unit, completion: Completion) -> Attempt:
    text = sound(completion.text)
    extraction = extract_code(text, answer_language(unit.task), unit.prompt.asked or ())
    return Attempt(
        key=unit.task.key,
        sample=unit.sample,
        turn=unit.turn,
        completion=text,
        code=extraction.code if extraction else None,
        finish_reason=completion.finish_reason,
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
        error=completion.error,
    )


def forget_errors(file: Path) -> None:
    """Remove infrastructure errors from a journal, so that those attempts and verdicts are repeated."""
    if not file.is_file():
        return
    entries = Journal(file).entries
    spoiled = {entry["graded"] for entry in entries if "graded" in entry and entry["verdict"]["status"] == "error"}
    kept: list[Mapping[str, Any]] = []
    for entry in entries:
        if "attempts" in entry:
            if attempts := [attempt for attempt in entry["attempts"] if attempt["finish_reason"] != "error"]:
                kept.append({"attempts": attempts})
        elif entry["graded"] not in spoiled:
            kept.append(entry)
    if kept != entries:
        write_jsonl(file, kept)


def check_errors(results: Sequence[Result], what: str) -> None:
    """A run with too many infrastructure errors says nothing about the model; errors during repairs count too.

    Raises:
        Inconclusive: more than 1% of the results are errors; the message names the most common.
    """
    errors = [verdict for result in results if (verdict := result.after_repair).status == "error"]
    if len(errors) > MAX_ERROR_SHARE * len(results):
        reasons = Counter(f"{verdict.reason}: {verdict.evidence.get('message', '')}"[:160] for verdict in errors)
        raise Inconclusive(
            f"{what}: {len(errors)} of {len(results)} attempts ended as infrastructure errors (limit "
            f"{MAX_ERROR_SHARE:.0%}), most often {reasons.most_common(1)[0][0]!r}; "
            "they are not counted against the model: fix the cause and run again"
        )
