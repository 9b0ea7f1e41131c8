"""Programs (kind ``stdin``): each case's input goes in, what is printed comes out and is compared here.

Covers languages whose row has a ``program``. All cases run in one sandbox job, each in a process and an empty folder (with the
starter files) of its own; the time limit is that of the whole job. No expected output enters the sandbox, so what a
program forges on the driver's descriptor is just output. ``Task.compare``: ``exact`` (except for white space at the ends of
lines and of the text), ``tokens`` (white space separates and nothing more), ``approx(...)`` (tokens, numbers near). Does
not cover problems with several right answers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.errors import SandboxFault, TaskFault
from evals.files import canonical_json
from evals.graders.base import DEEPEST_CALLS, ended_early, import_paths, run_twice, verdict
from evals.graders.codec import parse_comparator
from evals.languages import LANGUAGES, Program, language_of
from evals.records import Task, Verdict
from evals.sandboxes.base import SHARED, Job, Outcome, Sandbox

_SHOWN = 400


class ProgramGrader:
    """Runs an answer as a program on the task's cases."""

    def problems(self, task: Task) -> list[str]:
        """See ``Grader.problems``."""
        place = task.source or task.key
        problems = []
        try:
            _program(task)
        except TaskFault as error:
            problems.append(f"{place}: {error}")
        if not task.cases:
            problems.append(
                f"{place}: the task has no cases; add cases.jsonl with lines such as " + '{"stdin": "1", "stdout": "2"}'
            )
        elif not any(case.stdout.strip() for case in task.cases):
            problems.append(f"{place}: every case expects no output at all; a program that does nothing would pass")
        try:
            comparison_of(task)
        except TaskFault as error:
            problems.append(str(error))
        return problems

    def grade(self, task: Task, code: str, sandbox: Sandbox) -> Verdict:
        """See ``Grader.grade``.

        Raises:
            TaskFault: the task's ``compare`` or language is unknown.
        """
        compare = comparison_of(task)
        _program(task)
        try:
            outcome = run_twice(_job(task, code), sandbox)
            return _judge(task, outcome, compare, sandbox)
        except SandboxFault as error:
            return verdict("error", "sandbox", sandbox, message=str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputComparison:
    """How outputs are compared: by ``lines`` or by ``tokens``, numbers within the tolerance (relative, absolute)."""

    unit: str
    tolerance: tuple[float, float] | None = None

    def matches(self, got: str, expected: str) -> bool:
        """Whether the printed text may stand for the expected one."""
        if self.unit == "lines":
            return _lines(got) == _lines(expected)
        ours, theirs = got.split(), expected.split()
        return len(ours) == len(theirs) and all(map(self._near, ours, theirs))

    def _near(self, got: str, expected: str) -> bool:
        if got == expected or self.tolerance is None:
            return got == expected
        try:
            value, wanted = float(got), float(expected)
        except ValueError:
            return False
        if math.isnan(value) or math.isnan(wanted):
            return math.isnan(value) and math.isnan(wanted)
        return math.isclose(value, wanted, rel_tol=self.tolerance[0], abs_tol=self.tolerance[1])


def comparison_of(task: Task) -> OutputComparison:
    """The comparison that a task asks for.

    Raises:
        TaskFault: none of exact, tokens and approx(...).
    """
    place = task.source or task.key
    if task.compare.strip() == "tokens":
        return OutputComparison(unit="tokens")
    comparator = parse_comparator(task.compare, place)
    if comparator.kind == "exact":
        return OutputComparison(unit="lines")
    if comparator.kind == "approx":
        return OutputComparison(unit="tokens", tolerance=(comparator.rtol, comparator.atol))
    raise TaskFault(f"{place}: compare: a program's output takes exact, tokens or approx(...), found {task.compare!r}")


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def _program(task: Task) -> Program:
    """How programs of the task's language run.

    Raises:
        TaskFault: they cannot.
    """
    program = language_of(task.language).program
    if program is None:
        known = ", ".join(name for name, row in LANGUAGES.items() if row.program is not None)
        raise TaskFault(f"language {task.language!r}: programs can be in {known}")
    return program


def _job(task: Task, code: str) -> Job:
    program = _program(task)
    file = program.file(code)
    limits = task.limits.model_copy(
        update={
            "memory_mb": max(task.limits.memory_mb, program.least_memory_mb),
            "processes": max(task.limits.processes, program.least_processes),
        }
    )
    described = {
        "program": file,
        "stdin": [case.stdin for case in task.cases],
        "starter": dict(task.starter),
        "output_bytes": limits.max_output_bytes,
        "deepest": DEEPEST_CALLS,
        "paths": (paths := import_paths(task)),
    }
    # What the driver writes is JSON, up to six bytes for one; the limit inside is that of one case.
    printed = 6 * sum(len(case.stdout.encode()) for case in task.cases)
    return Job(
        files={
            program.driver_name: program.driver.read_bytes(),
            "job.json": canonical_json(described),
            **({"shared.py": SHARED} if program.toolchain == "python" else {}),
            file: code.encode(errors="surrogatepass"),
        },
        command=program.command,
        limits=limits.model_copy(update={"max_output_bytes": 7 * limits.max_output_bytes + printed}),
        toolchain=program.toolchain,
        readable=tuple(paths),
    )


def _judge(task: Task, outcome: Outcome, compare: OutputComparison, sandbox: Sandbox) -> Verdict:
    answers = dict(_answers(outcome))
    for index, case in enumerate(task.cases):
        place = {"check": f"case {index + 1} of {len(task.cases)}", "stdin": case.stdin[:_SHOWN]}
        answer = answers.get(index)
        if answer is None:
            status, reason, evidence = ended_early(outcome, place)
            return verdict(status, reason, sandbox, **evidence)
        if answer.get("fault"):
            raise SandboxFault(str(answer.get("err", ""))[:_SHOWN])
        if answer.get("flood"):
            return verdict("fail", "output_flood", sandbox, **place, printed=str(answer.get("out", ""))[:_SHOWN])
        if answer.get("code") != 0:
            return _crashed(task, answer, place, sandbox)
        got = str(answer.get("out", ""))
        if not compare.matches(got, case.stdout):
            return verdict("fail", "wrong_output", sandbox, **place, **_difference(got, case.stdout))
    return verdict("pass", "pass", sandbox, checks=len(task.cases))


def _answers(outcome: Outcome) -> Iterator[tuple[int, dict[str, Any]]]:
    """What the driver wrote of each case, by number; the first record of a case counts."""
    seen: set[int] = set()
    for line in outcome.stdout.splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(record, dict) or not isinstance(record.get("case"), int):
            return
        if record["case"] not in seen:
            seen.add(record["case"])
            yield record["case"], record


def _crashed(task: Task, answer: Mapping[str, Any], place: Mapping[str, Any], sandbox: Sandbox) -> Verdict:
    errors, code = str(answer.get("err", "")).strip(), answer.get("code")
    program = _program(task)
    named = list(program.error.finditer(errors))
    names = [match[1] for match in named]
    if code == -9 or answer.get("signal") == "SIGKILL":
        reason = "memory"
    elif names and names[-1] in program.syntax_errors:
        reason = "syntax_error"
    else:
        reason = f"exception:{names[-1]}" if names else "exited_early"
    signal = {"signal": answer["signal"]} if answer.get("signal") else {}
    return verdict("fail", reason, sandbox, **place, exit_code=code, **signal, message=_told(errors, named))


def _told(errors: str, named: Sequence[re.Match[str]]) -> str:
    """The end of a traceback; the line that names the error where a stack of calls follows it, as in Node.js."""
    end = errors[-_SHOWN:]
    return end if not named or named[-1][0] in end else f"{named[-1][0]}\n{end}"[:_SHOWN]


def _difference(got: str, expected: str) -> dict[str, Any]:
    """Both texts from the first differing line on, truncated."""
    ours, theirs = _lines(got), _lines(expected)
    pairs = zip(ours, theirs, strict=False)
    line = next((place for place, (our, their) in enumerate(pairs) if our != their), min(len(ours), len(theirs)))
    shown = {"expected": "\n".join(theirs[line:])[:_SHOWN], "got": "\n".join(ours[line:])[:_SHOWN]}
    return {**shown, "line": line + 1}
