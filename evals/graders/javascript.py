"""JavaScript and TypeScript functions in the value judge: the job for Node.js, and the golden's reference run.

JavaScript needs Node.js alone; the types of TypeScript are removed by the compiler of the web toolchain, inside the
sandbox and before the answer runs. Answers may be scripts, CommonJS or ES modules of one file (see ``evals.javascript.modules``).

The checks run in a realm of their own beside the answer (see ``evals/graders/inside/driver.js``). An object whose own methods
would decide what the checks ask of it is no array: where the golden gave plain data and the checks ran the answer's code on
what the answer gave, it is of a wrong type (``review``). A proxy over data is asked what it shows, once (``plainly``).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from evals.checks import Step
from evals.errors import TaskFault
from evals.files import canonical_json
from evals.graders.base import inside, run_twice
from evals.graders.codec import Opaque, decode
from evals.graders.reports import Ruling, ValueReport, place_of, read_report, shown
from evals.graders.runtimes import Question
from evals.javascript.checks import parse_javascript
from evals.javascript.literals import declared_names
from evals.javascript.modules import as_script
from evals.javascript.trees import Unreadable, parse_source, parts
from evals.javascript.values import Thing, Unknown, read
from evals.javascript.wanted import Reference
from evals.records import Task
from evals.sandboxes.base import Job, Sandbox

DRIVER = inside("driver.js")
_REALM = ("membrane", "views", "calls", "pairs", "trace", "records", "values", "checks")
REALM = b"\n".join(inside(f"realm_{name}.js") for name in _REALM)
_TYPED = {"typescript", "tsx"}
_PACKAGES = "{web}/node_modules"
_COMPILER = f"{_PACKAGES}/typescript/lib/typescript.js"
# Beside the sandbox: an answer that could inspect its own process, or start another, could read the checks' variables.
_CONFINED = (
    "--no-warnings",
    "--experimental-permission",
    "--allow-fs-read=.",
    "--allow-fs-write=.",
    "--allow-fs-write=/proc/self/fd/1",
    "--allow-fs-write=/dev/null",
)

_FUNCTION = re.compile(
    r"^(?:export\s+)?(?:default\s+)?(?:async\s+)?function\s+(\w+)"
    r"|^(?:export\s+)?(?:const|let|var)\s+(\w+)\s*(?::[^=\n]+)?=\s*(?:async\s*)?(?:\(|function\b|\w+\s*=>)",
    re.MULTILINE,
)


_EXPORTED = re.compile(r"^(?:module\.)?exports\.(\w+)\s*=|^(?:globalThis\.|global\.)?(\w+)\s*=[^=]", re.MULTILINE)
_LIVE = frozenset({"object", "function", "promise", "generator", "proxy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Golden:
    """What a golden's run gave: the records of steps with a ``Reference``, and the kind of what it gave at each place.

    The places are those of ``realm_trace.js``.
    """

    records: Mapping[int, Thing]
    kinds: Mapping[str, str]

    def is_data(self, place: str) -> bool:
        """Whether the golden gave nothing there that could run code; where it gave nothing, the nearest place around counts."""
        while place:
            if place in self.kinds:
                return self.kinds[place] not in _LIVE
            place = place[: max(place.rfind("."), place.rfind("/"), 0)]
        return _LIVE.isdisjoint(self.kinds.values())


class JavaScriptRuntime:
    """JavaScript and TypeScript. Caches what goldens gave: a task's reference is run once."""

    def __init__(self) -> None:
        self._goldens: dict[tuple[str, str, str, str], _Golden] = {}

    def parse(self, checks: str, place: str) -> tuple[Step, ...]:
        """See ``Runtime.parse``."""
        return parse_javascript(checks, place)

    def job(self, task: Task, code: str, steps: Sequence[Step], *, trace: bool = False, recorded: bool = False) -> Job:
        """See ``Runtime.job``; with ``trace``, the records say of what kind everything was that a call gave.

        With ``recorded``, the checks see a proxy over an array or a plain object as the data that it shows when it is given.
        """
        typed = task.language in _TYPED
        packages, compiler = ([f"--allow-fs-read={_PACKAGES}"], [_COMPILER]) if typed else ([], [])
        starter = {name: text.encode() for name, text in task.starter.items()}
        job = {
            "code": as_script(code, task.language),
            "steps": "".join(step.source for step in steps),
            "types": typed,
            "jsx": task.language == "tsx",
            "declared": _names(task.golden, task.language),
            "trace": trace,
            "recorded": recorded,
        }
        return Job(
            files={**starter, "driver.cjs": DRIVER, "realm.js": REALM, "job.json": canonical_json(job)},
            command=("{node}", *_CONFINED, *packages, "driver.cjs", *compiler),
            limits=task.limits,
            toolchain="web" if typed else "node",
        )

    def functions(self, golden: str) -> list[str]:
        """See ``HiddenInputs.functions``."""
        return [plain or assigned for plain, assigned in _FUNCTION.findall(golden)]

    def question(self, entry: str, arguments: tuple[Any, ...]) -> Question:
        """See ``HiddenInputs.question``."""
        return Question(text=f"{entry}({', '.join(javascript_of(argument) for argument in arguments)})")

    def ask(self, entry: str, questions: Sequence[Question]) -> tuple[Step, ...]:
        """See ``HiddenInputs.ask``; the steps are those of checks, whose expected values are not used."""
        checks = "".join(f"assert.deepStrictEqual({question.text}, 0);\n" for question in questions)
        return self.parse(checks, "fuzz") if questions else ()

    def plain(self, value: Any) -> Any:
        """See ``HiddenInputs.plain``."""
        return _from_script(read(str(decode(value))))

    def holds(self, step: Step) -> bool:
        """Whether a step takes into the answer's process what decides, or the values that a check expects."""
        return step.kind not in {"value", "raises"} or isinstance(step.expected, Reference)

    def refer(self, task: Task, steps: tuple[Step, ...], sandbox: Sandbox) -> tuple[Step, ...]:
        """The steps with what the golden gave where the checks compute both sides; one job per task and sandbox.

        Raises:
            SandboxFault: the sandbox failed twice.
            TaskFault: there is no golden, or its own values do not satisfy the checks.
        """
        if not any(isinstance(step.expected, Reference) for step in steps):
            return steps
        records = self._golden(task, steps, sandbox).records
        return tuple(
            replace(step, expected=replace(step.expected, golden=records[number])) if number in records else step
            for number, step in enumerate(steps)
        )

    def review(self, task: Task, steps: tuple[Step, ...], report: ValueReport, sandbox: Sandbox) -> Ruling | None:
        """The failure of an answer whose own code decided what the checks ask of plain data; None where it did not.

        Raises:
            SandboxFault: the sandbox failed twice.
            TaskFault: the golden's own values do not satisfy the checks.
        """
        if not task.golden.strip():
            return None
        for step, answer in zip(steps, report.answers, strict=False):
            ran = answer.get("ran", [])
            for place in map(str, ran if isinstance(ran, list) else [ran]):
                golden = self._golden(task, steps, sandbox)
                if golden.is_data(place):
                    expected = f"data, as the golden's ({golden.kinds.get(place, 'plain')})"
                    return (
                        "fail",
                        "wrong_value",
                        {**place_of(step), "expected": expected, "got": "an object with code of its own"},
                    )
        return None

    def plainly(self, task: Task, code: str, steps: tuple[Step, ...], sandbox: Sandbox) -> ValueReport | None:
        """See ``Runtime``: what the checks find where every proxy over data is read once, and is data from then on.

        None for an answer that makes none.

        Raises:
            SandboxFault: the sandbox failed twice.
        """
        if "Proxy" not in code:
            return None
        return read_report(run_twice(self.job(task, code, steps, recorded=True), sandbox), len(steps))

    def _golden(self, task: Task, steps: tuple[Step, ...], sandbox: Sandbox) -> _Golden:
        key = (sandbox.tier, task.language, task.golden, task.checks)
        known = self._goldens.get(key)
        if known is None:
            known = self._goldens[key] = self._run_golden(task, steps, sandbox)
        return known

    def _run_golden(self, task: Task, steps: tuple[Step, ...], sandbox: Sandbox) -> _Golden:
        place = task.source or task.key
        if not task.golden.strip():
            raise TaskFault(f"{place}: the checks compute what they expect, which needs a golden; there is none")
        report = read_report(run_twice(self.job(task, task.golden, steps, trace=True), sandbox), len(steps))
        answers = report.answers if report.complete and not report.forged else ()
        values = {}
        for number, step in enumerate(steps):
            if not isinstance(step.expected, Reference):
                continue
            answer = answers[number] if number < len(answers) else {}
            got = read(str(decode(answer.get("value"))))
            records = replace(step.expected, golden=got if isinstance(got, Thing) else None)
            if not isinstance(got, Thing) or not records.holds():
                why = str(answer.get("message", "")) or shown(records)
                raise TaskFault(f"{place}: the golden does not satisfy the checks at line {step.line} ({why[:200]}); mend either")
            values[number] = got
        kinds = {place: str(kind) for answer in answers for place, kind in answer.get("gave", {}).items()}
        return _Golden(records=values, kinds=kinds)


@lru_cache(maxsize=4096)
def _names(golden: str, language: str) -> list[str]:
    """The names that a golden gives at its top level."""
    try:
        root = parse_source(golden, language)
    except Unreadable:
        return []
    declared = {name for statement in parts(root) for name in declared_names(statement)}
    return sorted(declared | {exported or assigned for exported, assigned in _EXPORTED.findall(golden)})


def javascript_of(value: Any) -> str:
    """JavaScript source of a plain value: tuples are arrays, dictionaries objects.

    Raises:
        TaskFault: JavaScript has no such value.
    """
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 1 << 53 else f"{value}n"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else {"inf": "Infinity", "-inf": "-Infinity"}.get(repr(value), "NaN")
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(javascript_of(item) for item in value)}]"
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return "{" + ", ".join(f"[{json.dumps(key)}]: {javascript_of(item)}" for key, item in value.items()) + "}"
    raise TaskFault(f"fuzz: JavaScript has no value for {value!r:.80}")


def _from_script(value: Any) -> Any:
    if isinstance(value, Unknown):
        return Opaque(repr(value))
    if isinstance(value, float):  # JavaScript has no other numbers
        return int(value) if value.is_integer() else value
    if isinstance(value, Thing) and value.kind == "Array" and not value.properties:
        return [_from_script(part) for part in value.parts]
    if isinstance(value, Thing) and value.kind == "Object" and not value.parts:
        return {key: _from_script(item) for key, item in value.properties}
    return value
