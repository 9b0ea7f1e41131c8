"""Grades a project by test files: an answer that becomes one file of it (``tests``), or a diff against it (``patch``).

Two runs decide. In the first all tests must pass, exactly those that the task names, and tests with a known outcome
(canaries) must end as known. In the second, which looks the same, every test was changed so that a right answer must fail it:
what passes there did not come from the tests. Beside the changed copies of a test runs one that is as it was, and must pass:
code that rewrites results has to know which it is. A changed value replaces the original: code that reads what a test compares
with, and answers accordingly, passes the changed test and is detected.

Of Python tests, comparisons with literals are only recorded inside and decided outside (``runners.pytest_taken``): what they
compare with never enters the sandbox. Recorded assertions in branches, and in loops over what the answer returned, are not
counted: an answer that prevents their recording is not detected.

Does not detect an answer that is wrong where no test looks. What a test compares with and cannot be taken apart (two computed
values, an instance, exceptions of the task's own, all of vitest) is in the answer's process. An answer that reads it there, and
tells a changed test from an original by its text (a negated or added assertion), could pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from evals.errors import SandboxFault, TaskFault
from evals.files import canonical_json
from evals.graders.base import DEEPEST_CALLS, ended_early, import_paths, run_twice, stable, verdict
from evals.graders.flags import flagged
from evals.graders.patches import PatchFault, apply_patch
from evals.graders.runners import FOLDER, Disarming, Left, Prepared, Runner, RunReport, discover_ids, read_report, runner_for
from evals.graders.settling import by_second, with_seen
from evals.records import Task, Verdict
from evals.sandboxes.base import Outcome, Sandbox

PROTECTED = (
    *("tests/*", "node_modules/*", "*/node_modules/*", f"{FOLDER}/*", "*.test.*", "*.spec.*", "test_*.py", "*_test.py"),
    *("conftest.py", "pytest.ini", ".pytest.ini", "pyproject.toml", "setup.cfg", "setup.py", "tox.ini"),
    *("sitecustomize.py", "usercustomize.py", "*.pth", "package.json", "package-lock.json", ".npmrc", "tsconfig*.json"),
    *("jest.config.*", "vitest.config.*", "vitest.workspace.*", "vite.config.*", "babel.config.*", ".babelrc*", ".env*"),
)
"""Paths that no answer may write: tests, and what the runners would read. Patterns of a path or of its name."""

_SHOWN = 20


class ProjectGrader:
    """See ``Grader``; for the kinds ``tests`` and ``patch``."""

    def problems(self, task: Task) -> list[str]:
        """See ``Grader.problems``."""
        place = task.source or task.key
        problems = _shape_problems(task)
        try:
            runner = runner_for(task.tests, task.runner)
            for file, text in task.tests.items():
                if runner.runs(file):
                    problems += runner.problems(file, text)
            expected = expected_ids(task)
        except TaskFault as error:
            return [f"{place}: {problem}" for problem in [*problems, str(error)]]
        known = {file for file in task.tests if runner.runs(file)}
        for test in expected:
            if not any(test.startswith((f"{file} > ", f"{file}::")) for file in known):
                problems.append(f"the test id {test!r} names no test file; there are: {', '.join(sorted(known))}")
        for test in sorted({test for test in expected if expected.count(test) > 1}):
            problems.append(f"the test id {test!r} is given twice; titles must be unique within a file")
        return [f"{place}: {problem}" for problem in problems]

    def grade(self, task: Task, code: str, sandbox: Sandbox) -> Verdict:
        """See ``Grader.grade``.

        Raises:
            TaskFault: the task's tests cannot be parsed or flipped.
        """
        runner, expected = runner_for(task.tests, task.runner), expected_ids(task)
        try:
            project = _project(task, code)
        except PatchFault as error:
            return verdict("fail", "patch_does_not_apply", sandbox, message=str(error), place=error.place)
        changed = {name: text for name, text in project.items() if task.starter.get(name) != text}
        removed = [name for name in task.starter if name not in project]
        touched = _touched(task, [*changed, *removed])
        if touched:
            return flagged(verdict("fail", f"flagged:{min(touched)}", sandbox), touched)
        judged = self._graded(task, runner, project, code, expected, sandbox)
        flags = _new_flags(runner, changed, task.starter)
        if not flags or not judged.passed:
            return with_seen(judged, flags)
        flagged_files = {name: text for name, text in changed.items() if runner.flags({name: text})}
        files = runner.disarm(flagged_files) if isinstance(runner, Disarming) else None
        again = self._graded(task, runner, {**project, **files}, code, expected, sandbox) if files is not None else None
        return by_second(judged, again, flags)

    def _graded(
        self, task: Task, runner: Runner, project: Mapping[str, str], code: str, expected: tuple[str, ...], sandbox: Sandbox
    ) -> Verdict:
        """The verdict of both runs on a project."""
        try:
            first = self._run(task, runner, project, sandbox, flipped=False)
            left = self._left(task, runner, code, first[0].opaque, sandbox)
            if left:
                first = self._run(task, runner, project, sandbox, flipped=False, left=left)
            judged = _judge(first, expected, sandbox)
            if not judged.passed:
                return judged
            prepared = _prepared(runner, project, task, flipped=True, left=left)
            second = _done(prepared, sandbox)
            found = _unflipped(second, expected, sandbox)
            if found is None and (fallen := _fallen(second[0])) and code != task.golden:
                found = _once_more(task, prepared, project, fallen, sandbox)
        except SandboxFault as error:
            return verdict("error", "sandbox", sandbox, message=str(error))
        return found or _with_trust(judged, prepared.inside)

    def _left(self, task: Task, runner: Runner, code: str, opaque: Left, sandbox: Sandbox) -> Left:
        """The assertions to decide inside: those where the golden has instances too, so that an answer cannot choose them."""
        if not opaque or code == task.golden:
            return opaque
        try:
            golden = _project(task, task.golden)
        except PatchFault:
            return frozenset()
        return opaque & self._run(task, runner, golden, sandbox, flipped=False)[0].opaque

    def _run(
        self,
        task: Task,
        runner: Runner,
        project: Mapping[str, str],
        sandbox: Sandbox,
        *,
        flipped: bool,
        left: Left = frozenset(),
    ) -> tuple[RunReport, Outcome]:
        return _done(_prepared(runner, project, task, flipped=flipped, left=left), sandbox)


def _with_trust(judged: Verdict, inside: int) -> Verdict:
    """The verdict with the number of tests that the answer's process decided, if there are any."""
    evidence = {**judged.evidence, "inside_tests": inside}
    return judged.model_copy(update={"evidence": evidence}) if inside else judged


def _done(prepared: Prepared, sandbox: Sandbox) -> tuple[RunReport, Outcome]:
    outcome = run_twice(prepared.job, sandbox)
    return read_report(prepared, outcome), outcome


def _fallen(report: RunReport) -> list[str]:
    """Tests that did not pass in the second run, where they are as they were in the first."""
    return sorted({test.id for test in report.unflipped if test.state != "passed"})


def _once_more(task: Task, prepared: Prepared, project: Mapping[str, str], fallen: list[str], sandbox: Sandbox) -> Verdict | None:
    """The verdict on an answer with such tests; None where the golden has them, too: tests that depend on one another."""
    golden = _project(task, task.golden)
    kept = {name: data for name, data in prepared.job.files.items() if name not in project or name in task.tests}
    files = {**{name: text.encode() for name, text in golden.items()}, **kept}
    report, _ = _done(replace(prepared, job=replace(prepared.job, files=files)), sandbox)
    left = [test for test in fallen if test not in _fallen(report)]
    if not left:
        return None
    failed = [{"test": test, "state": "failed", "message": "passed alone, failed among others"} for test in left[:_SHOWN]]
    return verdict("fail", "tests_failed", sandbox, stage="flipped", tests=len(task.tests), failed=failed)


def _prepared(runner: Runner, project: Mapping[str, str], task: Task, *, flipped: bool, left: Left) -> Prepared:
    """A run with the task's packages, and the recursion limit of all kinds, as ``inside/pytest_main.py`` reads them."""
    prepared = runner.prepare(project, task.tests, task.limits, flipped=flipped, left=left)
    paths = import_paths(task)
    given = {f"{FOLDER}/given.json": canonical_json({"paths": paths, "deepest": DEEPEST_CALLS})}
    job = replace(prepared.job, files={**prepared.job.files, **given}, readable=(*prepared.job.readable, *paths))
    return replace(prepared, job=job)


def expected_ids(task: Task) -> tuple[str, ...]:
    """The ids of the tests that must run and pass: those that the task names, else all in its test files.

    Raises:
        TaskFault: none are named, and they cannot be read from the files.
    """
    named = (*task.fail_to_pass, *task.pass_to_pass)
    return named or discover_ids(task.tests, task.runner)


def _shape_problems(task: Task) -> list[str]:
    problems = []
    if not task.tests:
        problems.append("no test files; add tests/NAME.test.tsx or tests/test_NAME.py")
    if task.kind == "tests" and not task.entry:
        problems.append("kind 'tests' needs entry: the file that the answer becomes, such as src/App.tsx")
    if task.kind == "patch" and task.entry:
        problems.append(f"kind 'patch' takes no entry (found {task.entry!r}); the answer is a diff against starter/")
    if task.kind == "patch" and not task.starter:
        problems.append("kind 'patch' needs starter/: the project that the answer, a unified diff, applies to")
    names = [("starter", name) for name in task.starter] + [("tests", name) for name in task.tests]
    for what, name in [*names, *([("entry", task.entry)] if task.entry else [])]:
        if name.startswith("/") or ".." in PurePosixPath(name).parts or PurePosixPath(name).parts[:1] == (FOLDER,):
            problems.append(f"the {what} file {name!r} leaves the project or is in {FOLDER}/, which is the runner's")
        elif "node_modules" in PurePosixPath(name).parts:
            problems.append(f"the {what} file {name!r} is in node_modules, which the toolchain provides")
    for name in sorted(set(task.starter) & set(task.tests)):
        problems.append(f"{name!r} is both a starter file and a test file")
    if task.entry and _pattern(task, task.entry):
        problems.append(
            f"entry {task.entry!r} is protected by the pattern {_pattern(task, task.entry)!r}: no answer could write it"
        )
    return problems


def _project(task: Task, code: str) -> dict[str, str]:
    """The project with the answer in it.

    Raises:
        PatchFault: the diff does not apply.
    """
    if task.kind == "patch":
        return apply_patch(dict(task.starter), code)
    return {**task.starter, task.entry: code}


def _new_flags(runner: Runner, changed: Mapping[str, str], starter: Mapping[str, str]) -> dict[str, str]:
    """What the answer's files reach for; a starter file that did so before may keep doing so."""
    return dict(runner.flags({name: text for name, text in changed.items() if not runner.flags({name: starter.get(name, "")})}))


def _pattern(task: Task, name: str) -> str:
    base = PurePosixPath(name).name
    return next((p for p in (*PROTECTED, *task.protected) if fnmatchcase(name, p) or fnmatchcase(base, p)), "")


def _touched(task: Task, names: list[str]) -> dict[str, str]:
    for name in sorted({*names}):
        if name in task.tests or _pattern(task, name):
            return {"protected_path": f"{name} (protected by {_pattern(task, name) or 'the task: a test file'})"}
    return {}


def _judge(run: tuple[RunReport, Outcome], expected: tuple[str, ...], sandbox: Sandbox) -> Verdict:
    """The verdict of the first run."""
    report, outcome = run
    signs = _signs(report)
    if report.reports != 1:
        status, reason, evidence = ended_early(outcome, {"stage": "tests"})
        return flagged(verdict(status, reason, sandbox, **evidence), signs)
    states: dict[str, list[str]] = {}
    for test in report.tests:
        states.setdefault(test.id, []).append(test.state)
    failed = [{"test": t.id, "state": t.state, "message": stable(t.message)} for t in report.tests if t.state != "passed"]
    evidence = {"tests": len(expected), "failed": failed[:_SHOWN]}
    if report.errors:
        unreadable = any(word in report.errors[0] for word in ("SyntaxError", "PARSE_ERROR"))
        judged = verdict("fail", "syntax_error" if unreadable else "load_error", sandbox, **evidence, message=report.errors[0])
    elif failed:
        judged = verdict("fail", "tests_failed", sandbox, **evidence)
    elif missing := [test for test in expected if test not in states]:
        judged = verdict("fail", "tests_missing", sandbox, **evidence, missing=missing[:_SHOWN])
    elif extra := sorted({test for test in states if test not in expected or len(states[test]) > 1}):
        judged = verdict("fail", "tests_unexpected", sandbox, **evidence, unexpected=extra[:_SHOWN])
    elif signs:
        judged = verdict("fail", f"flagged:{min(signs)}", sandbox, **evidence)
    else:
        judged = verdict("pass", "pass", sandbox, tests=len(expected))
    return flagged(judged, signs)


def _signs(report: RunReport) -> dict[str, str]:
    """Flags raised by the run itself."""
    replaced = [test.message for test in report.tests if test.message.startswith(("goldloop: ", "Error: goldloop: "))]
    tampered = [*report.odd, *replaced]
    return {
        **({"tampered": "; ".join(tampered)[:400]} if tampered else {}),
        **({"forbidden_reach": "; ".join(report.violations)[:400]} if report.violations else {}),
    }


def _unflipped(run: tuple[RunReport, Outcome], expected: tuple[str, ...], sandbox: Sandbox) -> Verdict | None:
    """The verdict on an answer that passes tests which a right one must fail; None for an honest one."""
    report, outcome = run
    evidence: dict[str, Any] = {"stage": "flipped"}
    if report.reports != 1:
        status, reason, evidence = ended_early(outcome, evidence)
        return flagged(verdict(status, reason, sandbox, **evidence), _signs(report))
    if report.errors:
        judged = verdict("fail", "load_error", sandbox, **evidence, message=report.errors[0])
        return flagged(judged, _signs(report))
    states: dict[str, set[str]] = {}
    for test in report.tests:
        states.setdefault(test.id, set()).add(test.state)
    survived = [test for test in expected if states.get(test) != {"failed"}]
    signs = _signs(report)
    if survived:
        signs["tampered"] = "; ".join([*survived[:3], signs.get("tampered", "")]).strip("; ")
        evidence["survived"] = survived[:_SHOWN]
    if not signs:
        return None
    return flagged(verdict("fail", f"flagged:{min(signs)}", sandbox, **evidence), signs)
