"""Hidden inputs: drawn by the task's own source, answered by the golden, compared with the candidate's answers outside.

``Task.fuzz`` is Python that defines ``inputs(random)``, which yields tuples of arguments; ``random`` is seeded from the
task's key, so the inputs are the same in every run. ``LEAST_INPUTS`` of them must have an answer, or as many as a top-level
``LEAST = 7`` says where a benchmark has no more. It runs in the sandbox, without hypothesis. Covers functions of plain
arguments in languages whose runtime takes hidden inputs; floats are compared with a tolerance if the golden returns any,
unless the task's comparator says otherwise.
"""

from __future__ import annotations

import ast
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from evals.checks import Step
from evals.errors import SandboxFault, TaskFault
from evals.files import digest
from evals.graders.base import ended_early, run_twice
from evals.graders.codec import Comparator, decode, parse_comparator
from evals.graders.python import PythonRuntime
from evals.graders.referee import in_sandbox, is_plain
from evals.graders.reports import Ruling, ValueReport, load_failure, read_report, shown
from evals.graders.runtimes import Question, hidden_inputs, run_steps, runtime_for
from evals.records import Task
from evals.sandboxes.base import Sandbox
from evals.source import read_tree

MOST_INPUTS = 200
LEAST_INPUTS = 10
_FLOATS = Comparator(kind="approx", rtol=1e-6, atol=1e-9)
_MAX_TIMEOUTS = 4
SIGNAL = "public pass, hidden fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenCase:
    """A hidden input as a call, with the golden's record for it."""

    question: Question
    answer: Mapping[str, Any]


@dataclass(slots=True)
class _Known:
    lock: threading.Lock = field(default_factory=threading.Lock)
    cases: dict[str, tuple[HiddenCase, ...]] = field(default_factory=dict)


_KNOWN = _Known()


def fuzz_problems(task: Task) -> list[str]:
    """Why the task's hidden inputs cannot be used, each problem with its place."""
    if not task.fuzz.strip():
        return []
    place = task.source or task.key
    try:
        names = _defined(task.fuzz)
    except (SyntaxError, ValueError) as error:
        return [f"{place}: fuzz: not Python: {error}"]
    problems = []
    least = names.get("LEAST", LEAST_INPUTS)
    if not isinstance(least, int) or not 1 <= least <= MOST_INPUTS:
        problems.append(f"{place}: fuzz: LEAST: expected a whole number from 1 to {MOST_INPUTS}, found {least!r:.40}")
    if "inputs" not in names:
        problems.append(f"{place}: fuzz: no function inputs(random) that yields tuples of arguments; define inputs(random)")
    try:
        entry_of(task)
    except TaskFault as error:
        problems.append(str(error))
    return problems


def entry_of(task: Task) -> str:
    """The function that hidden inputs go to: ``Task.entry``, or the last one that the golden defines at its top level.

    Raises:
        TaskFault: there is none.
    """
    if task.entry:
        return task.entry
    place = task.source or task.key
    try:
        names = hidden_inputs(task.language).functions(task.golden)
    except TaskFault as error:
        raise TaskFault(f"{place}: fuzz: {error}") from None
    if not names:
        raise TaskFault(f"{place}: fuzz: the golden defines no function at its top level; set entry to the name of one")
    return names[-1]


def hidden(task: Task, code: str, sandbox: Sandbox, passed: Ruling) -> Ruling:
    """What hidden inputs show about an answer that passed its checks.

    Raises:
        TaskFault: the source yields no tuples of plain arguments, or the golden answers too few of them.
        SandboxFault: the sandbox failed.
    """
    cases = cases_of(task, sandbox)
    steps = hidden_inputs(task.language).ask(entry_of(task), [case.question for case in cases])
    report = run_steps(runtime_for(task.language), task, code, steps, sandbox)
    failure = load_failure(report)
    if failure is not None:
        return failure
    failed = _failed(task, cases, report, sandbox)
    if failed:
        case, got = min(failed, key=lambda pair: (len(pair[0].question.text), pair[0].question.text))
        evidence = {
            "check": case.question.text[:400],
            "expected": _shown(task, case.answer),
            "got": got,
            "hidden": len(cases),
            "hidden_failed": len(failed),
            "flags": {SIGNAL: case.question.text[:200]},
        }
        return "fail", "hidden_fail", evidence
    if not report.complete:
        left = cases[len(report.answers) :]
        return ended_early(report.outcome, {"stage": "hidden", "check": left[0].question.text[:400] if left else ""})
    return "pass", "pass", {**passed[2], "hidden": len(cases)}


def _failed(task: Task, cases: Sequence[HiddenCase], report: ValueReport, sandbox: Sandbox) -> list[tuple[HiddenCase, str]]:
    comparator = _comparator(task, cases, sandbox)
    failed, pairs = [], []
    for case, answer in zip(cases, report.answers, strict=False):
        if "raised" in case.answer or "raised" in answer:
            if _class(case.answer) != _class(answer):
                failed.append((case, _shown(task, answer)))
        else:
            pairs.append((case, answer))
    values = [(_value(task, answer), _value(task, case.answer)) for case, answer in pairs]
    same = comparator.all_matches(values)
    return failed + [(case, _shown(task, answer)) for (case, answer), right in zip(pairs, same, strict=True) if not right]


def _class(answer: Mapping[str, Any]) -> str:
    raised = answer.get("raised")
    return str(raised[0]) if isinstance(raised, list) and raised else ""


def _value(task: Task, answer: Mapping[str, Any]) -> Any:
    """What a call gave, as a plain value of Python."""
    return hidden_inputs(task.language).plain(answer.get("value"))


def _shown(task: Task, answer: Mapping[str, Any]) -> str:
    if "raised" in answer:
        return f"{_class(answer)}: {answer.get('message', '')}"[:400]
    return shown(_value(task, answer))


def _comparator(task: Task, cases: Sequence[HiddenCase], sandbox: Sandbox) -> Comparator:
    comparator = parse_comparator(task.compare, task.source or task.key)
    if comparator.kind == "checks":
        return replace(comparator, decide=in_sandbox(task, comparator.function, sandbox))
    floats = any(_has_floats(_value(task, case.answer)) for case in cases)
    return _FLOATS if floats and comparator.kind in {"exact", "exception"} else comparator


def _has_floats(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_floats(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(_has_floats(item) for item in value)
    return isinstance(value, (float, complex))


def cases_of(task: Task, sandbox: Sandbox) -> tuple[HiddenCase, ...]:
    """The hidden inputs of a task with the golden's answers, computed once per process and kind of sandbox.

    Raises:
        TaskFault: the source yields no tuples of plain arguments, or the golden answers too few of them.
        SandboxFault: the sandbox failed.
    """
    key = digest([task.model_dump(mode="json"), sandbox.tier])
    with _KNOWN.lock:
        known = _KNOWN.cases.get(key)
    if known is None:
        known = _answered(task, _drawn(task, sandbox), sandbox)
        with _KNOWN.lock:
            _KNOWN.cases[key] = known
    return known


def _drawn(task: Task, sandbox: Sandbox) -> list[Question]:
    place = task.source or task.key
    problems = fuzz_problems(task)
    if problems:
        raise TaskFault("\n".join(problems))
    random = f"__import__('random').Random({task.key!r})"
    draw = Step(kind="value", source=f"[*__import__('itertools').islice(inputs({random}), {MOST_INPUTS})]", text="inputs", line=0)
    author = task.model_copy(update={"kind": "function", "language": "python"})
    report = read_report(run_twice(PythonRuntime().job(author, task.fuzz, (draw,)), sandbox), 1)
    if not report.complete or "raised" in report.answers[0]:
        said = report.load or (report.answers[0] if report.answers else {"message": "it did not end"})
        raise TaskFault(f"{place}: fuzz: inputs(random) failed: {_class(said)} {said.get('message', '')}")
    drawn = decode(report.answers[0]["value"])
    bad = next((given for given in drawn if not (isinstance(given, tuple) and is_plain(given))), None)
    if bad is not None:
        raise TaskFault(
            f"{place}: fuzz: inputs must yield tuples of plain arguments, such as `yield (3, 'a')`, found {bad!r:.80}"
        )
    entry, inputs = entry_of(task), hidden_inputs(task.language)
    questions = {question.text: question for question in (inputs.question(entry, arguments) for arguments in drawn)}
    return list(questions.values())


def _answered(task: Task, questions: list[Question], sandbox: Sandbox) -> tuple[HiddenCase, ...]:
    """The inputs that the golden answers; those on which it raises, runs out of time or floods its output are dropped."""
    runtime = runtime_for(task.language)
    keep_errors = parse_comparator(task.compare, task.source or task.key).kind == "exception"
    cases: list[HiddenCase] = []
    late = False
    room = task.limits.max_output_bytes // 2  # an answer's own records, and what it prints, go beside those of the golden
    left = list(questions)
    for _ in range(_MAX_TIMEOUTS):
        report = run_steps(runtime, task, task.golden, hidden_inputs(task.language).ask(entry_of(task), left), sandbox)
        if load_failure(report) is not None:
            break
        for question, answer in zip(left, report.answers, strict=False):
            size = len(orjson.dumps(answer))
            if size <= room and (("raised" in answer and keep_errors) or ("value" in answer and is_plain(_value(task, answer)))):
                room -= size
                cases.append(HiddenCase(question=question, answer=answer))
        if report.complete:
            break
        left = left[len(report.answers) + 1 :]
        late = late or report.outcome.timed_out
    least = _defined(task.fuzz).get("LEAST", LEAST_INPUTS)
    if len(cases) < least:
        if late:
            limit = task.limits.wall_seconds
            raise SandboxFault(f"{task.key}: fuzz: the golden ran out of time ({limit:g} s), {len(cases)} inputs are answered")
        place = task.source or task.key
        raise TaskFault(
            f"{place}: fuzz: the golden answers {len(cases)} of {len(questions)} inputs with a plain value, at least "
            f"{least} are needed; let inputs(random) yield more that {entry_of(task)} accepts"
        )
    return tuple(cases)


def _defined(source: str) -> dict[str, Any]:
    """What the source defines at its top level: names of functions and of values, those that are written out with their value."""
    names: dict[str, Any] = {}
    for node in read_tree(source).body:
        if isinstance(node, ast.FunctionDef):
            names[node.name] = None
        elif isinstance(node, ast.Assign):
            value = node.value.value if isinstance(node.value, ast.Constant) else None
            names |= {target.id: value for target in node.targets if isinstance(target, ast.Name)}
    return names
