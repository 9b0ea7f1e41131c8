"""Programs (kind ``stdin``): each case's input goes in, what is printed comes out and is compared here.

Covers languages whose row has a ``program``. All cases run in one sandbox job, each in a process and an empty folder (with the
starter files) of its own; the time limit is that of the whole job. No expected output enters the sandbox. A case that could not
be run, or was killed, is run again as the first of a job: what came before it is not to blame, and nothing of the answer's can
have been in the way. How outputs are compared: see ``outputs``.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.errors import SandboxFault, TaskFault
from evals.files import canonical_json
from evals.graders.base import DEEPEST_CALLS, ended_early, import_paths, run_twice, verdict
from evals.graders.outputs import OutputComparison, comparison_of, lines_of
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
            return _judge(task, _answered(task, code, sandbox), compare, sandbox)
        except SandboxFault as error:
            return verdict("error", "sandbox", sandbox, message=str(error))

    def exposed(self, task: Task, sandbox: Sandbox) -> bool:
        """See ``Enclosing.exposed``: no expected output enters the sandbox, and nothing is decided there."""
        return False


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Printed:
    """What the driver wrote of each case, by number from 0, and the outcome of the last job."""

    answers: Mapping[int, Mapping[str, Any]]
    outcome: Outcome


def _answered(task: Task, code: str, sandbox: Sandbox) -> _Printed:
    """What every case gave, up to the first that did not end well.

    Raises:
        SandboxFault: the sandbox failed twice, or twice a case could not be run though nothing of the answer had run before.
    """
    answers: dict[int, Mapping[str, Any]] = {}
    first = tries = 0
    while True:
        token = secrets.token_hex(16)
        outcome = run_twice(_job(task, code, first, token, sheltered=tries > 1), sandbox)
        answers |= _records(outcome, token)
        last = max(answers, default=-1)
        spoilt = answers.get(last, {})
        if "fault" not in spoilt and not _was_killed(spoilt):
            return _Printed(answers=answers, outcome=outcome)
        tries = tries + 1 if last == first else 1
        first = last
        if tries > 2:
            if "fault" in spoilt:
                raise SandboxFault(str(spoilt["fault"])[:_SHOWN])
            raise SandboxFault(f"the program was killed {tries} times in case {last + 1}, and not by anything of its own")
        del answers[last]


def _was_killed(answer: Mapping[str, Any]) -> bool:
    return answer.get("code") == -9 or answer.get("signal") == "SIGKILL"


def _job(task: Task, code: str, first: int, token: str, *, sheltered: bool) -> Job:
    """The job of the cases from one on; ``sheltered`` where it could not be told what kills the first of them."""
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
        "stdin": [case.stdin for case in task.cases[first:]],
        "first": first,
        "token": token,
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
        sheltered=sheltered,
    )


def _judge(task: Task, given: _Printed, compare: OutputComparison, sandbox: Sandbox) -> Verdict:
    for index, case in enumerate(task.cases):
        place = {"check": f"case {index + 1} of {len(task.cases)}", "stdin": case.stdin[:_SHOWN]}
        answer = given.answers.get(index)
        if answer is None:
            status, reason, evidence = ended_early(given.outcome, place)
            return verdict(status, reason, sandbox, **evidence)
        if answer.get("flood"):
            return verdict("fail", "output_flood", sandbox, **place, printed=str(answer.get("out", ""))[:_SHOWN])
        if answer.get("code") != 0:
            return _crashed(task, answer, place, sandbox)
        got = str(answer.get("out", ""))
        if not compare.matches(got, case.stdout):
            return verdict("fail", "wrong_output", sandbox, **place, **_difference(got, case.stdout))
    return verdict("pass", "pass", sandbox, checks=len(task.cases))


def _records(outcome: Outcome, token: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """What the driver wrote of each case, by number; the first record of a case counts."""
    seen: set[int] = set()
    for line in outcome.stdout.splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(record, dict) or not isinstance(record.get("case"), int):
            return
        if record["case"] not in seen and record.get("token") == token:
            seen.add(record["case"])
            yield record["case"], record


def _crashed(task: Task, answer: Mapping[str, Any], place: Mapping[str, Any], sandbox: Sandbox) -> Verdict:
    errors, code = str(answer.get("err", "")).strip(), answer.get("code")
    program = _program(task)
    named = list(program.error.finditer(errors))
    names = [match[1] for match in named]
    if _was_killed(answer):
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
    ours, theirs = lines_of(got), lines_of(expected)
    pairs = zip(ours, theirs, strict=False)
    line = next((place for place, (our, their) in enumerate(pairs) if our != their), min(len(ours), len(theirs)))
    shown = {"expected": "\n".join(theirs[line:])[:_SHOWN], "got": "\n".join(ours[line:])[:_SHOWN]}
    return {**shown, "line": line + 1}
