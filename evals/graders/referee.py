"""Checks that need code to decide are evaluated without the candidate: its process answers calls and nothing else.

``assert f(1) == 2`` needs no code: the value crosses the boundary. For ``assert all(f(x) == x for x in xs)``, a loop, or a
helper that asserts, the checks run in a separate job, in which the functions that the golden defines are stubs. A first
job with the golden shows which calls the checks make; the candidate answers exactly these; then the checks are replayed
with its answers. A call that depends on an answer and was not foreseen is put to the candidate in a further round.

Covers plain arguments and values, exceptions, iterators, and lists, dictionaries and sets that the candidate changes in
place. What a golden cannot do across this boundary (classes, functions as arguments, identity), and what would run an answer's
data as code (``eval``, pickles), stays in the candidate's process: ``weak_steps`` lists those checks, and the evidence counts
them. The questions are put in a job that holds nothing of the checks: no table, no helper.
"""

from __future__ import annotations

import ast
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from evals.checks import Step
from evals.errors import SandboxFault, TaskFault
from evals.files import digest
from evals.graders.base import ended_early, inside, run_twice
from evals.graders.codec import Comparator, Iterated, Opaque, decode, parse_comparator
from evals.graders.needs import defined, has_set_up, is_weak, needing, public_set_up, running, runs_code
from evals.graders.python import PythonRuntime, source_of
from evals.graders.reports import (
    Ruling,
    ValueReport,
    judge,
    judge_step,
    load_failure,
    message_of,
    place_of,
    raised_names,
    read_report,
)
from evals.graders.runtimes import run_steps, runtime_for
from evals.records import Task
from evals.sandboxes.base import Sandbox
from evals.source import read_tree

STUBS = inside("stubs.py").decode()
MAX_ROUNDS = 8
_SEEN = Step(kind="value", source="[goldloop_seen, goldloop_state['missing']]", text="", line=0)
_RUNTIME = PythonRuntime()

Call = tuple[str, str]  # the function's name, its arguments in typed form


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where each check of a task is decided: ``refereed`` without the candidate, the others in its process.

    ``calls`` are those that the golden's run makes, in order; ``weak`` the checks that the candidate's process decides;
    ``apart`` the steps that must not run in the referee's process.
    """

    refereed: frozenset[int] = frozenset()
    calls: tuple[Call, ...] = ()
    functions: tuple[str, ...] = ()
    imports: str = ""
    weak: tuple[int, ...] = ()
    apart: frozenset[int] = frozenset()

    def replayed(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """The steps that the referee runs."""
        return tuple(step for index, step in enumerate(steps) if index not in self.apart)


@dataclass(slots=True)
class _Plans:
    lock: threading.Lock = field(default_factory=threading.Lock)
    known: dict[str, Plan] = field(default_factory=dict)


_PLANS = _Plans()


def judged(task: Task, code: str, sandbox: Sandbox) -> Ruling:
    """Status, reason and evidence of an answer by its task's checks.

    Raises:
        TaskFault: the checks cannot be parsed.
        SandboxFault: the sandbox failed.
    """
    runtime = runtime_for(task.language)
    steps = runtime.parse(task.checks, task.source or task.key)
    comparator = comparator_of(task, sandbox)
    if not isinstance(runtime, PythonRuntime) or task.kind == "sql":
        refer = getattr(runtime, "refer", None)
        steps = refer(task, steps, sandbox) if refer is not None else steps
        report = run_steps(runtime, task, code, steps, sandbox)
        ruling = judge(steps, report, comparator)
        ruling = _reviewed(task, code, steps, report, ruling, sandbox)
        weak = sum(step.kind == "inside" for step in steps)
    else:
        plan = plan_for(task, steps, sandbox)
        ruling = _judged(task, code, steps, plan, comparator, sandbox)
        weak = max(len(plan.weak), _compared_by_code(task, steps, comparator))
    if ruling[0] == "pass" and weak and task.kind != "sql":
        ruling[2]["inside"] = weak
    return ruling


def _reviewed(task: Task, code: str, steps: tuple[Step, ...], report: ValueReport, ruling: Ruling, sandbox: Sandbox) -> Ruling:
    """The ruling on an answer where a run of the golden shows more; data behind a proxy are decided on as what they show."""
    runtime: Any = runtime_for(task.language)
    if not hasattr(runtime, "review"):
        return ruling
    reviewed: Ruling = (runtime.review(task, steps, report, sandbox) or ruling) if ruling[0] == "pass" else ruling
    plain: ValueReport | None = runtime.plainly(task, code, steps, sandbox) if reviewed[0] == "fail" else None
    if plain is None:
        return reviewed
    again = judge(steps, plain, comparator_of(task, sandbox))
    return again if again[0] == "pass" and runtime.review(task, steps, plain, sandbox) is None else reviewed


def _compared_by_code(task: Task, steps: Sequence[Step], comparator: Comparator) -> int:
    """The values whose comparison may run them as code."""
    return sum(step.kind == "value" for step in steps) if comparator.kind == "checks" and runs_code(task.checks) else 0


def weak_steps(task: Task, sandbox: Sandbox | None = None) -> list[str]:
    """The checks of a task that the candidate's own process decides, each with its line; ideally none.

    Raises:
        TaskFault: the checks cannot be parsed.
        SandboxFault: the sandbox failed.
        BadInput: no sandbox was given and none works here.
    """
    from evals.sandboxes import open_sandbox

    runtime = runtime_for(task.language)
    steps = runtime.parse(task.checks, task.source or task.key)
    if not isinstance(runtime, PythonRuntime):
        return [f"line {step.line}: {step.text}" for step in steps if step.kind == "inside"]
    if task.kind == "sql":
        return []
    plan = plan_for(task, steps, sandbox or open_sandbox())
    return [f"line {steps[index].line}: {steps[index].text}" for index in plan.weak]


def exposed(task: Task, sandbox: Sandbox) -> bool:
    """Whether the candidate's process holds anything that decides a check of a task, or values that one expects.

    Raises:
        TaskFault: the checks cannot be parsed.
        SandboxFault: the sandbox failed.
    """
    runtime = runtime_for(task.language)
    steps = runtime.parse(task.checks, task.source or task.key)
    if not isinstance(runtime, PythonRuntime):
        holds = getattr(runtime, "holds", None)
        return holds is None or any(map(holds, steps))
    plan = plan_for(task, steps, sandbox)
    return bool(plan.weak) or bool(plan.refereed and _own(steps, plan))


def plan_for(task: Task, steps: tuple[Step, ...], sandbox: Sandbox) -> Plan:
    """The plan of a task, computed once per process and kind of sandbox.

    Raises:
        SandboxFault: the sandbox failed.
    """
    wanted = needing(steps, task)
    if not wanted and not has_set_up(steps):
        return Plan()
    key = digest([task.golden, task.checks, dict(task.starter), task.limits.model_dump(), task.compare, sandbox.tier])
    with _PLANS.lock:
        known = _PLANS.known.get(key)
    if known is None:
        known = _made_plan(task, steps, wanted, sandbox)
        with _PLANS.lock:
            _PLANS.known[key] = known
    return known


def _made_plan(task: Task, steps: tuple[Step, ...], wanted: frozenset[int], sandbox: Sandbox) -> Plan:
    weak = Plan(weak=tuple(sorted(index for index in wanted if is_weak(steps[index]))))
    functions, imports = defined(task.golden)
    if not functions:
        return weak
    given = _given(task, functions, None)
    apart = running(steps)
    replayed = Plan(apart=apart).replayed(steps)
    job = _RUNTIME.job(task, f"{task.golden}\n{STUBS}", (*replayed, _SEEN), given)
    learnt = read_report(run_twice(job, sandbox), len(replayed) + 1)
    _require_time(task, learnt)
    if not learnt.complete:
        return weak
    calls, _ = _seen(learnt)
    plan = Plan(refereed=frozenset(range(len(steps))) - apart, calls=calls, functions=functions, imports=imports, apart=apart)
    reports = _settled(task, task.golden, steps, plan, sandbox)
    for report in (reports.report,) if isinstance(reports, _Early) else (reports.replay,):
        _require_time(task, report)
    if isinstance(reports, _Early) or reports.missing or not reports.replay.complete:
        return weak
    comparator = comparator_of(task, sandbox)
    answers = reports.replayed
    failed = {index for index in plan.refereed if judge_step(steps[index], answers[index], comparator)} | apart
    if failed:
        # Only what needs the candidate's process is decided there; what needs neither is, where nothing could be read there.
        refereed = plan.refereed - failed
        if not wanted & refereed and not has_set_up(steps):
            refereed = frozenset()
        kept = tuple(sorted(index for index in wanted & failed if is_weak(steps[index])))
        plan = replace(plan, refereed=refereed, weak=kept)
        if not refereed or _judged(task, task.golden, steps, plan, comparator, sandbox)[0] != "pass":
            return weak
    return plan


def _require_time(task: Task, report: ValueReport) -> None:
    """A machine too busy for the golden must not weaken a task's checks."""
    if report.outcome.timed_out:
        raise SandboxFault(f"{task.key}: the golden ran out of time ({task.limits.wall_seconds:g} s) under its own checks")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Early:
    """A candidate's process that did not end properly, and the steps that it was given."""

    steps: tuple[Step, ...]
    report: ValueReport


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reports:
    """What the candidate's process answered on the checks left to it, and what their replay said; both by the steps' numbers."""

    own: Mapping[int, Mapping[str, Any]]
    replay: ValueReport
    replayed: Mapping[int, Mapping[str, Any]]
    missing: int


def _judged(task: Task, code: str, steps: tuple[Step, ...], plan: Plan, comparator: Comparator, sandbox: Sandbox) -> Ruling:
    if not plan.refereed:
        return judge(steps, run_steps(_RUNTIME, task, code, steps, sandbox), comparator)
    reports = _settled(task, code, steps, plan, sandbox)
    own = _own(steps, plan)
    if isinstance(reports, _Early):
        ruling = judge(reports.steps, reports.report, comparator)
        return ruling if ruling[0] == "fail" else ended_early(reports.report.outcome, {"stage": "end"})
    if reports.missing:
        message = f"the checks ask for new calls after {MAX_ROUNDS} rounds"
        return "unsettled", "unsettled", {"message": message}
    for index, step in enumerate(steps):
        refereed = index in plan.refereed or (step.kind == "run" and not own)
        if (not refereed and index not in reports.own) or (refereed and index in plan.apart):
            continue
        if refereed and index not in reports.replayed:
            return ended_early(reports.replay.outcome, place_of(step))
        answer = reports.replayed[index] if refereed else reports.own[index]
        failure = judge_step(step, answer, comparator)
        if failure is not None:
            return failure
    return "pass", "pass", {"checks": sum(step.kind != "run" for step in steps)}


def _own(steps: tuple[Step, ...], plan: Plan) -> list[tuple[int, Step]]:
    """The steps that the candidate's process evaluates itself: none where the referee decides every check."""
    if all(index in plan.refereed for index, step in enumerate(steps) if step.kind != "run"):
        return []
    return [(index, step) for index, step in enumerate(steps) if index not in plan.refereed or step.kind == "run"]


def _settled(task: Task, code: str, steps: tuple[Step, ...], plan: Plan, sandbox: Sandbox) -> _Reports | _Early:
    """Put the calls to the candidate and replay the checks, until the replay asks for nothing new.

    The checks left to the candidate come with their set-up, and so in a job of their own: who reads there what other checks
    compare with has answered these already. With the calls comes only what the prompt shows.
    """
    own = dict(_own(steps, plan))
    answered: dict[int, Mapping[str, Any]] = {}
    if own:
        left = tuple(own.values())
        report = run_steps(_RUNTIME, task, code, left, sandbox)
        if load_failure(report) is not None or not report.complete:
            return _Early(steps=left, report=report)
        answered = dict(zip(own, report.answers, strict=True))
    replayed = [index for index in range(len(steps)) if index not in plan.apart]
    calls, known = plan.calls, set[tuple[Call, ...]]()
    public = public_set_up(steps, task)
    for _ in range(MAX_ROUNDS):
        known.add(calls)
        questions, asked = _questions(calls)
        put = (*public, *questions)
        report = run_steps(_RUNTIME, task, code, put, sandbox)
        if load_failure(report) is not None or not report.complete:
            return _Early(steps=put, report=report)
        answers = _answers(calls, asked, report.answers[len(public) :])
        again = (*plan.replayed(steps), _SEEN)
        job = _RUNTIME.job(task, f"{plan.imports}\n{STUBS}", again, _given(task, plan.functions, answers))
        replay = read_report(run_twice(job, sandbox), len(again))
        missing = 0
        if replay.complete:
            calls, missing = _seen(replay)
        if not missing or calls in known:
            break
    by_number = dict(zip(replayed, replay.answers, strict=False))
    return _Reports(own=answered, replay=replay, replayed=by_number, missing=missing)


def _given(task: Task, functions: Sequence[str], answers: Mapping[Call, Any] | None) -> dict[str, Any]:
    seed = task.key if "random" in task.checks else ""
    return {"goldloop_functions": list(functions), "goldloop_answers": answers, "goldloop_seed": seed}


def _seen(report: ValueReport) -> tuple[tuple[Call, ...], int]:
    seen, missing = decode(report.answers[-1].get("value"))
    return tuple((name, arguments) for name, arguments in seen), missing


def _questions(calls: Sequence[Call]) -> tuple[list[Step], list[Call]]:
    """The calls that can be put to the candidate, as steps; one with an argument that is not a plain value cannot."""
    steps, asked = [], []
    for call in calls:
        source, shown = _arguments_source(call[1])
        if source:
            text = f"{call[0]}({shown})"
            steps.append(Step(kind="call", source=call[0], arguments=source, text=text, line=0))
            asked.append(call)
    return steps, asked


@lru_cache(maxsize=4096)
def _arguments_source(typed: str) -> tuple[str, str]:
    """Source of the arguments (empty if they are not plain values) and their text in a call."""
    arguments = decode(json.loads(typed))
    if not is_plain(arguments):
        return "", ""
    positional, named = arguments
    shown = [*map(source_of, positional), *(f"{name}={source_of(value)}" for name, value in named.items())]
    return source_of(arguments), ", ".join(shown)


def is_plain(value: Any) -> bool:
    """Whether a decoded value has nothing opaque in it."""
    if isinstance(value, dict):
        return all(is_plain(key) and is_plain(item) for key, item in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(is_plain(item) for item in value)
    return not isinstance(value, (Opaque, Iterated))


def _answers(calls: Sequence[Call], asked: Sequence[Call], given: Sequence[Mapping[str, Any]]) -> dict[Call, Any]:
    """By call, in order, what the stub must do: ``(kind, source or what to raise, source of the changed arguments)``."""
    answers_of: dict[Call, Any] = {call: [] for call in calls}
    for call, answer in zip(asked, given, strict=True):
        changed = source_of(decode(answer["arguments"])) if "arguments" in answer else ""
        if "raised" in answer:
            answers_of[call].append(("raised", (raised_names(answer), message_of(answer)), changed))
        else:
            answers_of[call].append(("value", source_of(decode(answer.get("value"))), changed))
    impossible = ("raised", (["builtins.TypeError"], "an argument is not a plain value"), "")
    return {call: answers or [impossible] * 100 for call, answers in answers_of.items()}


def comparator_of(task: Task, sandbox: Sandbox) -> Comparator:
    """The comparator of a task, ready to use.

    Raises:
        TaskFault: there is no such comparator.
    """
    comparator = parse_comparator(task.compare, task.source or task.key)
    return (
        replace(comparator, decide=in_sandbox(task, comparator.function, sandbox)) if comparator.kind == "checks" else comparator
    )


def in_sandbox(task: Task, function: str, sandbox: Sandbox) -> Callable[[Sequence[tuple[Any, Any]]], list[bool]]:
    """A comparator that the checks define, run in a job of its own on plain values; what is opaque never matches.

    Raises:
        TaskFault: they do not define it.
    """
    place = task.source or task.key
    kept = (ast.FunctionDef, ast.Import, ast.ImportFrom)
    helpers = [node for node in read_tree(task.checks).body if isinstance(node, kept)]
    if not any(isinstance(node, ast.FunctionDef) and node.name == function for node in helpers):
        raise TaskFault(f"{place}: compare: the checks define no function {function}(got, expected)")
    code = "\n".join(ast.unparse(node) for node in helpers)

    def decide(pairs: Sequence[tuple[Any, Any]]) -> list[bool]:
        plain = [index for index, pair in enumerate(pairs) if is_plain(pair)]
        calls = [Step(kind="call", source=function, arguments=source_of((pairs[n], {})), text=function, line=0) for n in plain]
        report = run_steps(_RUNTIME, task, code, tuple(calls), sandbox)
        # One that raises or does not end on some value of a candidate did not confirm it.
        right = {n for n, answer in zip(plain, report.answers, strict=False) if decode(answer.get("value")) is True}
        return [index in right for index in range(len(pairs))]

    return decide
