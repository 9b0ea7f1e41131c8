"""Scores beside the verdict: linters and compilers, each from 0 to 1, and what they do to a pass.

A score is 1 where a tool finds nothing, else what is left of 1 when each finding takes one line's share (a warning half of
it): ``max(0, 1 - findings / lines)`` over the lines of the files that the answer wrote. ``compiles`` is 1 or 0. The tools
only parse, but they run in the sandbox like everything that touches an answer, with our own rules: comments in the answer
cannot switch them off. A tool that is missing or breaks gives no score, and where the metric is required the verdict is
``error``. Does not measure what code does when it runs.

Add one: a function from an answer's files and a sandbox to findings (``Measure``), and a row in METRICS, or, marked with
``@measure``, ``pkg.mod:function`` as a metric's name.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from evals.errors import SandboxFault, TaskFault
from evals.graders.base import inside, run_twice
from evals.languages import language_of
from evals.plugins import load
from evals.records import Limits, Metric, Task, Verdict
from evals.sandboxes.base import Job, Outcome, Sandbox, Toolchain

METRICS: Mapping[str, str] = {
    "compiles": "evals.graders.metrics:compiles",
    "ruff": "evals.graders.metrics:ruff",
    "tsc": "evals.graders.metrics:tsc",
    "eslint": "evals.graders.metrics:eslint",
}
"""By the name that ``Task.metrics`` gives."""

_LIMITS = Limits(wall_seconds=60.0, memory_mb=2048, processes=64, file_mb=16, max_output_bytes=4_000_000)
_PYTHON = {".py", ".pyi"}
_SCRIPTS = {".js", ".jsx", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx"}
_RUFF_RULES = "E4,E7,E9,F,W,B"  # listed here: ruff's default selection changes from one version to the next
_SHOWN = 10
_COMPILE = b"""
import json, sys
found = []
for name in json.load(open("metrics.json"))["files"]:
    try:
        compile(open(name, "rb").read(), name, "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        found.append({"file": name, "line": getattr(error, "lineno", 0) or 0, "code": "syntax", "message": str(error)[:200]})
json.dump({"findings": found}, sys.stdout)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFiles:
    """The project with an answer in it, and the files that the answer wrote."""

    project: Mapping[str, str]
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFinding:
    """One finding of a tool."""

    file: str
    line: int
    code: str
    message: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.code} {self.message}"[:200]


Measure = Callable[[AnswerFiles, Sandbox], Sequence[ToolFinding]]
_Measure = TypeVar("_Measure", bound=Measure)


def measure(function: _Measure) -> _Measure:
    """Mark a function as a metric that a task may name; no other function of this machine is called for a task."""
    function.is_measure = True  # type: ignore[attr-defined]
    return function


def measured(judged: Verdict, task: Task, code: str, sandbox: Sandbox) -> Verdict:
    """The verdict with the task's metrics; a required one below its minimum turns a pass into a fail.

    Raises:
        TaskFault: a metric that does not exist.
    """
    scores: dict[str, float] = {}
    told: dict[str, Any] = {}
    failed, broken = "", ""
    answer = answer_files(task, code)
    for metric in task.metrics:
        tool = measure_for(metric, task)
        try:
            findings = tool(answer, sandbox)
        except SandboxFault as fault:
            told[metric.name] = {"fault": str(fault)[:400]}
            broken = broken or (metric.name if metric.required else "")
            continue
        scores[metric.name] = score_of(metric.name, findings, answer)
        if findings:
            told[metric.name] = {"findings": len(findings), "first": [str(finding) for finding in findings[:_SHOWN]]}
        if metric.required and scores[metric.name] < metric.least:
            failed = failed or metric.name
    changes: dict[str, Any] = {"scores": scores, "evidence": {**judged.evidence, **({"metrics": told} if told else {})}}
    if failed and judged.passed:
        changes |= {"status": "fail", "reason": f"metric:{failed}"}
    elif broken and judged.passed:
        changes |= {"status": "error", "reason": f"metric:{broken}"}
    return judged.model_copy(update=changes)


def metric_problems(task: Task) -> list[str]:
    """What is wrong with a task's metrics, each finding with its place."""
    problems = []
    for metric in task.metrics:
        try:
            measure_for(metric, task)
        except TaskFault as error:
            problems.append(str(error))
    names = [metric.name for metric in task.metrics]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [*problems, *(f"{task.source or task.key}: metric {name!r} is given twice" for name in twice)]


def measure_for(metric: Metric, task: Task) -> Measure:
    """The function behind a metric.

    Raises:
        TaskFault: there is no such name, or one from another package is not marked with ``@measure``.
    """
    place = task.source or task.key
    try:
        function: Measure = load(METRICS, metric.name, "metric", form="pkg.mod:function", fault=TaskFault)
    except TaskFault as error:
        raise TaskFault(f"{place}: {error}") from None
    if metric.name not in METRICS and getattr(function, "is_measure", False) is not True:
        raise TaskFault(
            f"{place}: metric {metric.name!r} is not marked as one: put @evals.graders.metrics.measure on the function"
        )
    return function


def score_of(name: str, findings: Sequence[ToolFinding], answer: AnswerFiles) -> float:
    """The score of some findings; see the module."""
    if name == "compiles":
        return 0.0 if findings else 1.0
    lines = sum(bool(line.strip()) for file in answer.written for line in answer.project[file].splitlines())
    weight = sum(0.5 if finding.warning else 1.0 for finding in findings)
    return round(max(0.0, 1.0 - weight / max(1, lines)), 4)


def answer_files(task: Task, code: str) -> AnswerFiles:
    """Where an answer's text goes: the file ``entry``, the files of a patch, or a file of its own."""
    if task.kind == "patch":
        from evals.graders.patches import PatchFault, apply_patch

        try:
            project = apply_patch(task.starter, code)
        except PatchFault:  # graded as a fail already
            return AnswerFiles(project=task.starter, written=())
        return AnswerFiles(project=project, written=tuple(n for n in sorted(project) if project[n] != task.starter.get(n)))
    name = task.entry or f"answer{language_of(task.language).suffixes[0]}"
    return AnswerFiles(project={**task.starter, name: code}, written=(name,))


def compiles(answer: AnswerFiles, sandbox: Sandbox) -> list[ToolFinding]:
    """Errors of syntax, by Python's compiler or TypeScript's.

    Raises:
        SandboxFault: the compiler is missing or failed.
    """
    findings: list[ToolFinding] = []
    if python := _written(answer, _PYTHON):
        files = {"metrics.py": _COMPILE, **_files(answer, python)}
        findings += _findings(_run(files, ("{python}", "-I", "-S", "-B", "metrics.py"), sandbox, "python"), "python")
    return findings + (_script_findings(answer, "syntax", sandbox) if _written(answer, _SCRIPTS) else [])


def ruff(answer: AnswerFiles, sandbox: Sandbox) -> list[ToolFinding]:
    """What ruff finds of the rules ``_RUFF_RULES``; ``# noqa`` does not count.

    Raises:
        SandboxFault: ruff is missing or failed.
    """
    names = _written(answer, _PYTHON)
    if not names:
        return []
    beside = Path(sys.executable).with_name("ruff")
    binary = str(beside) if beside.is_file() else shutil.which("ruff")
    if binary is None:
        raise SandboxFault("ruff is not installed: pip install ruff")
    options = ("--isolated", "--no-cache", "--ignore-noqa", "--exit-zero", "--output-format", "json", "--select", _RUFF_RULES)
    job = Job(
        files=_files(answer, names),
        command=(binary, "check", *options, "--", *names),
        limits=_LIMITS,
        readable=(str(Path(binary).parent),),
    )
    rows = _document(run_twice(job, sandbox), "ruff")
    if not isinstance(rows, list):
        raise SandboxFault(f"ruff: expected a list of findings, found {str(rows)[:200]}")
    try:
        return [
            ToolFinding(
                file=next((name for name in names if str(row["filename"]).endswith(f"/{name}")), names[0]),
                line=int(row["location"]["row"]),
                code=str(row["code"] or "syntax"),
                message=str(row["message"]),
            )
            for row in rows
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise SandboxFault(f"ruff: a finding without {error}") from None


def tsc(answer: AnswerFiles, sandbox: Sandbox) -> list[ToolFinding]:
    """What TypeScript's compiler finds in the answer's files: strict, or as the project's ``tsconfig.json`` has it.

    Raises:
        SandboxFault: the web toolchain is missing, or the compiler failed.
    """
    return _script_findings(answer, "tsc", sandbox)


def eslint(answer: AnswerFiles, sandbox: Sandbox) -> list[ToolFinding]:
    """What ESLint finds with the recommended rules of JavaScript, TypeScript and React's hooks.

    Raises:
        SandboxFault: the web toolchain is missing, or ESLint failed.
    """
    return _script_findings(answer, "eslint", sandbox)


def _script_findings(answer: AnswerFiles, tool: str, sandbox: Sandbox) -> list[ToolFinding]:
    names = _written(answer, _SCRIPTS)
    if not names:
        return []
    driver = inside("metrics_driver.cjs")
    project = {name: text.encode() for name, text in answer.project.items()}
    files = {**project, "metrics.cjs": driver, "metrics.json": json.dumps({"files": names}).encode()}
    return _findings(_run(files, ("{node}", "metrics.cjs", "{web}", tool), sandbox, "web"), tool)


def _written(answer: AnswerFiles, suffixes: set[str]) -> list[str]:
    return [name for name in answer.written if PurePosixPath(name).suffix in suffixes]


def _files(answer: AnswerFiles, names: Sequence[str]) -> dict[str, bytes]:
    listed = json.dumps({"files": names}).encode()
    return {"metrics.json": listed, **{name: answer.project[name].encode(errors="surrogatepass") for name in names}}


def _run(files: Mapping[str, bytes], command: tuple[str, ...], sandbox: Sandbox, toolchain: Toolchain) -> Outcome:
    return run_twice(Job(files=files, command=command, limits=_LIMITS, toolchain=toolchain), sandbox)


def _document(outcome: Outcome, tool: str) -> Any:
    """The JSON document that a tool wrote.

    Raises:
        SandboxFault: the tool ended without writing one.
    """
    try:
        if outcome.exit_code != 0 or outcome.timed_out or outcome.killed or outcome.truncated:
            raise ValueError
        return json.loads(outcome.stdout)
    except (ValueError, RecursionError):
        said = outcome.stderr[-300:].decode(errors="replace").strip()
        late = "took too long" if outcome.timed_out else f"ended with {outcome.exit_code}"
        raise SandboxFault(f"{tool} {late}: {said}") from None


def _findings(outcome: Outcome, tool: str) -> list[ToolFinding]:
    document = _document(outcome, tool)
    try:
        return [
            ToolFinding(
                file=str(row["file"]),
                line=int(row["line"]),
                code=str(row["code"]),
                message=str(row["message"]),
                warning=row.get("warning") is True,
            )
            for row in document["findings"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SandboxFault(f"{tool}: a finding without {error}") from None
