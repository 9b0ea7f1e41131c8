"""Runners of test files, by the files' names, and what all of them report: which tests ran and how each ended.

Add one: a class with the methods of ``Runner`` and a row in RUNNERS, or ``pkg.mod:Class`` as a task's ``runner``. A runner
keeps candidate code out of the process that reports; the report is one JSON line behind a secret that candidate code does not
see. It renames the test files, adds canaries (tests whose outcome is known) and, for the second run, flips every test (see
``evals.graders.projects``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, runtime_checkable

from evals.errors import SandboxFault, TaskFault
from evals.plugins import load
from evals.records import Limits
from evals.sandboxes.base import Job, Outcome

RUNNERS: Mapping[str, str] = {
    "vitest": "evals.graders.runners.vitest:VitestRunner",
    "pytest": "evals.graders.runners.pytest:PytestRunner",
}
"""By name; the first one whose ``runs`` takes a test file's name is the file's runner."""

_MOST_COPIES, _TESTS_IN_ALL = 5, 12

FOLDER = ".goldloop"
"""The folder of our own files in a job; no project may have files there."""


Left = frozenset[tuple[str, int]]
"""Assertions, by test file and number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What a test of a flipped run is a copy of, by the task's name for it below its file, and whether it is flipped.

    Of one that was copied several are flipped and one is not, in an order and under names that do not tell which.
    """

    name: str
    flipped: bool


def copies_for(tests: int) -> int:
    """How many flipped copies stand beside each test: more where there are few, since who forges has to guess the true one."""
    return max(1, min(_MOST_COPIES, _TESTS_IN_ALL // max(1, tests)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a test's records say: the first that does not hold (empty: all hold), and the numbers of those with instances.

    ``unmade`` where all that there are hold, but some are not there: of a test that failed they were never reached.
    """

    message: str = ""
    unmade: bool = False
    opaque: frozenset[int] = frozenset()


class Judge(Protocol):
    """Decides the assertions that the tests of one file only recorded."""

    @property
    def decides(self) -> bool:
        """Whether it decides; the judge of a flipped file only knows the tests' names."""
        ...

    def title(self, name: str) -> str:
        """The task's name of a test."""
        ...

    def judge(self, name: str, records: Sequence[Any]) -> Judged:
        """What the records of one run of a test say."""
        ...

    def never(self, seen: set[int]) -> str:
        """An assertion that should have been recorded in some test, and is not among those seen; empty where there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A job that runs tests, and what its report must say beside the tests themselves.

    ``names`` maps the files in the job to the task's test files; ``canaries`` has for each file in the job the tests that
    were added, and whether each must pass; ``judges`` decide, for such a file, what was only recorded inside. In a
    ``flipped`` run all tests of the task must fail, but for the copies that are not flipped; ``copies`` has, for such a file,
    the tests that have copies, by the names they run under. ``inside`` counts the tests that the answer's process decides.
    """

    job: Job
    secret: str
    names: Mapping[str, str]
    canaries: Mapping[str, Mapping[str, bool]]
    judges: Mapping[str, Judge] = field(default_factory=dict)
    copies: Mapping[str, Mapping[str, Copy]] = field(default_factory=dict)
    inside: int = 0
    flipped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one test ended; ``state`` is ``passed``, ``failed``, or the runner's word for not run."""

    id: str
    state: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What came out of a run. ``reports`` counts the reports: only one is honest. ``odd`` names what no honest run shows.

    ``opaque`` are recorded assertions (test file, number) that did not hold and whose value is an instance, which only code
    inside can compare. ``unflipped`` are the copies of a flipped run that a right answer passes.
    """

    reports: int = 0
    tests: Sequence[Ended] = ()
    errors: Sequence[str] = ()
    violations: Sequence[str] = ()
    odd: Sequence[str] = field(default_factory=list)
    opaque: Left = frozenset()
    unflipped: Sequence[Ended] = ()


class Runner(Protocol):
    """Runs the test files of one framework."""

    name: str

    def runs(self, file: str) -> bool:
        """Whether a file of this name is a test file of this framework."""
        ...

    def ids(self, file: str, text: str) -> list[str]:
        """The ids of a file's tests, in order.

        Raises:
            TaskFault: the file cannot be parsed, or an id is computed; located.
        """
        ...

    def problems(self, file: str, text: str) -> list[str]:
        """Why a test file cannot be judged: no tests, skipped or focused ones, tests that cannot be flipped."""
        ...

    def flags(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """What the candidate's files use that no solution needs, by flag, each with the text that shows it."""
        ...

    def prepare(
        self, project: Mapping[str, str], tests: Mapping[str, str], limits: Limits, *, flipped: bool, left: Left = frozenset()
    ) -> Prepared:
        """The job that runs these test files around a project; the assertions in ``left`` are decided inside.

        Raises:
            TaskFault: a test cannot be flipped.
            SandboxFault: what the job needs is not installed here.
        """
        ...


@runtime_checkable
class Disarming(Protocol):
    """A runner that can write files without what its flags name, so that an answer can be asked whether it needs it."""

    def disarm(self, files: Mapping[str, str]) -> Mapping[str, str] | None:
        """The files without it; None where they cannot be written."""
        ...


@cache
def runner(name: str) -> Runner:
    """A runner by name or by ``pkg.mod:Class``, created once.

    Raises:
        TaskFault: there is none of that name.
    """
    methods = ("runs", "ids", "problems", "flags", "prepare")
    made: Runner = load(RUNNERS, name, "runner", methods=methods, fault=TaskFault)()
    return made


def runner_for(tests: Mapping[str, str], name: str = "") -> Runner:
    """The one runner of a task's test files: the named one, else the one for files of such names.

    Raises:
        TaskFault: there is none, or there are two.
    """
    if name:
        return runner(name)
    names = {name for name in RUNNERS for file in tests if runner(name).runs(file)}
    if len(names) != 1:
        there = f"files of {' and '.join(sorted(names))}" if names else ", ".join(sorted(tests)) or "no files"
        raise TaskFault(f"expected test files of one runner (*.test.tsx, .ts, .jsx, .js for vitest; test_*.py), found {there}")
    return runner(names.pop())


def discover_ids(tests: Mapping[str, str], name: str = "") -> tuple[str, ...]:
    """The ids of all tests in a task's test files, read without running them.

    Raises:
        TaskFault: no runner, a file that cannot be parsed, or an id that is computed; located.
    """
    chosen = runner_for(tests, name)
    return tuple(test for file in sorted(tests) if chosen.runs(file) for test in chosen.ids(file, tests[file]))


def read_report(prepared: Prepared, outcome: Outcome) -> RunReport:
    """The report of a run, with every sign that it is not honest.

    Raises:
        SandboxFault: the runner did not start, so nothing is known of the candidate.
    """
    said = [line for line in outcome.stdout.split(b"\n") if line.startswith(prepared.secret.encode() + b" ")]
    values = [_object(line[len(prepared.secret) + 1 :]) for line in said]
    if not values or "ready" not in values[0]:  # from there on candidate code runs, and what goes wrong is its fault
        seen = (
            next((value["fault"] for value in values if "fault" in value), "")
            or outcome.ended
            or outcome.stderr[-600:].decode(errors="replace").strip()
            or f"exit code {outcome.exit_code}, no word"
        )
        raise SandboxFault(f"the test runner did not start: {seen}")
    reports = [value for value in values if "modules" in value]
    if len(reports) != 1:
        return RunReport(reports=len(reports), odd=["more than one report"] if reports else [])
    return _read(prepared, reports[0], outcome)


def _read(prepared: Prepared, value: Mapping[str, Any], outcome: Outcome) -> RunReport:
    tests: list[Ended] = []
    unflipped: list[Ended] = []
    odd: list[str] = []
    errors: list[str] = []
    opaque: set[tuple[str, int]] = set()
    for module in value["modules"]:
        file = str(module["file"])
        if file and file not in prepared.names:
            odd.append("a test file that is not the task's")
        errors += [str(error) for error in module["errors"]]
        canaries = dict(prepared.canaries.get(file, {}))
        judge, seen, otherwise = prepared.judges.get(file), set[Any](), list[bool]()
        for test in module["tests"]:
            name, state = str(test["name"]), str(test["state"])
            if name not in prepared.canaries.get(file, {}):
                separator = "::" if file.endswith(".py") else " > "
                copy = _copy(prepared.copies.get(file, {}), name)
                title = judge.title(copy.name) if judge is not None else copy.name
                test_id = f"{prepared.names.get(file, file)}{separator}{title}"
                message = str(test["message"])
                if judge is not None and judge.decides:
                    judged = judge.judge(name, test["records"])
                    seen |= {r[0] for r in test["records"] if isinstance(r, list) and len(r) == 2 and isinstance(r[0], int)}
                    opaque |= {(prepared.names.get(file, file), number) for number in judged.opaque}
                    if judged.message and state in {"passed", "failed"} and not (state == "failed" and judged.unmade):
                        state, message = "failed", judged.message
                (tests if copy.flipped else unflipped).append(Ended(id=test_id, state=state, message=message))
            elif state in {"passed", "failed"} and (must := canaries.pop(name, None)) is not (state == "passed"):
                otherwise += [bool(must)]
        # Code that throws in a hook of all tests also fails the canaries; that is a failure of the task's tests, not a forgery.
        hooks = not prepared.flipped and any(test.state == "failed" for test in tests)
        if not all(otherwise) or (otherwise and not hooks):
            odd.append("a test with a known outcome ended otherwise")
        if canaries and not module["errors"]:  # code can end a worker by accident: a fail without a flag
            errors.append("the tests ended early: not all of them ran")
        if judge is not None and judge.decides and (never := judge.never(seen)) and not module["errors"]:
            errors.append(never)
    if outcome.exit_code != 1:  # a canary fails in every run
        odd.append(f"exit code {outcome.exit_code} where tests failed")
    violations = [str(text) for text in value.get("violations", [])]
    return RunReport(
        reports=1,
        tests=tests,
        errors=errors,
        violations=violations,
        odd=sorted(set(odd)),
        opaque=frozenset(opaque),
        unflipped=unflipped,
    )


def _copy(copies: Mapping[str, Copy], name: str) -> Copy:
    """What ran under a name; the brackets of a table's row stay behind it."""
    base, bracket, row = name.partition("[")
    if name in copies:
        return copies[name]
    copy = copies.get(base, Copy(name=base, flipped=True))
    return Copy(name=copy.name + bracket + row, flipped=copy.flipped)


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
