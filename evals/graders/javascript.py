"""JavaScript and TypeScript functions in the value judge: the job for Node.js, and the golden's reference run.

JavaScript needs Node.js alone; the types of TypeScript are removed by the compiler of the web toolchain, inside the
sandbox and before the answer runs. Answers may be scripts, CommonJS or ES modules of one file (see ``evals.javascript.modules``).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from evals.checks import Step
from evals.errors import TaskFault
from evals.files import canonical_json
from evals.graders.base import inside
from evals.graders.codec import Opaque, decode
from evals.graders.reports import shown
from evals.graders.runtimes import Question, run_steps
from evals.javascript.checks import parse_javascript
from evals.javascript.modules import as_script
from evals.javascript.values import Thing, Unknown, read
from evals.javascript.wanted import Reference
from evals.records import Task
from evals.sandboxes.base import Job, Sandbox

DRIVER = inside("driver.js")
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
    r"|^(?:export\s+)?const\s+(\w+)\s*=\s*(?:async\s*)?\(",
    re.MULTILINE,
)


class JavaScriptRuntime:
    """JavaScript and TypeScript. Caches what goldens gave: a task's reference is run once."""

    def __init__(self) -> None:
        self._references: dict[tuple[str, str, str, str], dict[int, Thing]] = {}

    def parse(self, checks: str, place: str) -> tuple[Step, ...]:
        """See ``Runtime.parse``."""
        return parse_javascript(checks, place)

    def job(self, task: Task, code: str, steps: Sequence[Step]) -> Job:
        """See ``Runtime.job``."""
        typed = task.language in _TYPED
        packages, compiler = ([f"--allow-fs-read={_PACKAGES}"], [_COMPILER]) if typed else ([], [])
        starter = {name: text.encode() for name, text in task.starter.items()}
        job = {
            "code": as_script(code, task.language),
            "steps": "".join(step.source for step in steps),
            "types": typed,
            "jsx": task.language == "tsx",
        }
        return Job(
            files={**starter, "driver.cjs": DRIVER, "job.json": canonical_json(job)},
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
        wanting = [number for number, step in enumerate(steps) if isinstance(step.expected, Reference)]
        if not wanting:
            return steps
        key = (sandbox.tier, task.language, task.golden, task.checks)
        records = self._references.get(key)
        if records is None:
            records = self._references[key] = self._golden_records(task, steps, wanting, sandbox)
        return tuple(
            replace(step, expected=replace(step.expected, golden=records[number])) if number in records else step
            for number, step in enumerate(steps)
        )

    def _golden_records(self, task: Task, steps: tuple[Step, ...], wanting: Sequence[int], sandbox: Sandbox) -> dict[int, Thing]:
        place = task.source or task.key
        if not task.golden.strip():
            raise TaskFault(f"{place}: the checks compute what they expect, which needs a golden; there is none")
        report = run_steps(self, task, task.golden, steps, sandbox)
        answers = report.answers if report.complete and not report.forged else ()
        golden_values = {}
        for number in wanting:
            answer = answers[number] if number < len(answers) else {}
            got = read(str(decode(answer.get("value"))))
            records = replace(steps[number].expected, golden=got if isinstance(got, Thing) else None)
            if not records.holds():
                why = str(answer.get("message", "")) or shown(records)
                raise TaskFault(
                    f"{place}: the golden does not satisfy the checks at line {steps[number].line} ({why[:200]}); mend either"
                )
            golden_values[number] = got
        return golden_values


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
