"""Metrics: what tools find beside the verdict, and what that does to a pass."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_requirements import required_sandbox, unavailable

from evals.errors import SandboxFault, TaskFault
from evals.graders import grade
from evals.graders.metrics import METRICS, measure_for, measured, metric_problems
from evals.records import Metric, Task, Verdict
from evals.sandboxes.base import Job, Outcome, Sandbox
from evals.toolchains import find_toolchain

PASS = Verdict(status="pass", reason="pass")
CLEAN = "def f(x):\n    return x + 1\n"
SLOPPY = "import os\n\n\ndef f(x):\n    return x + 1\n"


def task(*metrics: dict[str, Any], **changes: Any) -> Task:
    row = {"id": "t", "suite": "s", "split": "train", "group": "g", "prompt": "p", "golden": CLEAN, "source": "suite/t"}
    return Task.model_validate({**row, "checks": "assert f(1) == 2\n", "metrics": metrics, **changes})


def web_sandbox() -> Sandbox:
    if find_toolchain("web") is None:
        unavailable("web", "no web toolchain here: goldloop images build")
    return required_sandbox("sandlock")


def test_ruff_gives_a_clean_answer_one_and_a_sloppy_one_less(sandbox: Sandbox) -> None:
    wanted = task({"name": "ruff"})
    assert measured(PASS, wanted, CLEAN, sandbox).scores == {"ruff": 1.0}
    found = measured(PASS, wanted, SLOPPY, sandbox)
    assert found.scores == {"ruff": round(1 - 1 / 3, 4)}
    assert found.evidence["metrics"]["ruff"]["first"] == ["answer.py:1 F401 `os` imported but unused"]


def test_a_comment_cannot_silence_ruff(sandbox: Sandbox) -> None:
    silenced = SLOPPY.replace("import os", "# ruff: noqa\nimport os  # noqa")
    assert measured(PASS, task({"name": "ruff"}), silenced, sandbox).scores["ruff"] < 1


def test_a_metric_that_is_not_required_leaves_a_pass_a_pass(sandbox: Sandbox) -> None:
    assert grade(task({"name": "ruff"}), SLOPPY, sandbox).passed


def test_a_required_metric_below_its_least_fails(sandbox: Sandbox) -> None:
    verdict = grade(task({"name": "ruff", "required": True}), SLOPPY, sandbox)
    assert (verdict.status, verdict.reason) == ("fail", "metric:ruff")


def test_a_required_metric_at_its_least_passes(sandbox: Sandbox) -> None:
    assert grade(task({"name": "ruff", "required": True, "least": 0.6}), SLOPPY, sandbox).passed


def test_what_does_not_pass_is_not_measured(sandbox: Sandbox) -> None:
    assert grade(task({"name": "ruff", "required": True}), "import os\n", sandbox).scores == {}


@pytest.mark.parametrize(("code", "score"), [(CLEAN, 1.0), ("def f(:\n", 0.0)])
def test_compiles_is_one_or_nothing(code: str, score: float, sandbox: Sandbox) -> None:
    assert measured(PASS, task({"name": "compiles"}), code, sandbox).scores == {"compiles": score}


TYPED = "export const f = (x: number): number => x + 1;\n"
WRONG = "export const f = (x: number): string => x + 1;\n"


@pytest.mark.slow
@pytest.mark.parametrize(("code", "clean"), [(TYPED, True), (WRONG, False), ("// @ts-nocheck\n" + WRONG, False)])
def test_tsc_finds_wrong_types_and_what_hides_them(code: str, clean: bool) -> None:
    found = measured(PASS, task({"name": "tsc"}, language="typescript"), code, web_sandbox())
    assert (found.scores["tsc"] == 1.0) == clean, found


@pytest.mark.slow
def test_tsc_knows_the_toolchains_types() -> None:
    code = 'import { useState } from "react";\nexport default function App() {\n  return <b>{useState(1)[0]}</b>;\n}\n'
    found = measured(PASS, task({"name": "tsc"}, language="tsx"), code, web_sandbox())
    assert found.scores == {"tsc": 1.0}, found


@pytest.mark.slow
def test_tsc_judges_the_answers_files_only() -> None:
    wanted = task({"name": "tsc"}, language="typescript", kind="tests", entry="src/a.ts", starter={"src/b.ts": WRONG})
    found = measured(PASS, wanted, 'export { f } from "./b";\n', web_sandbox())
    assert found.scores == {"tsc": 1.0}, found


@pytest.mark.slow
@pytest.mark.parametrize("silence", ["", "/* eslint-disable */\n"])
def test_eslint_finds_what_comments_cannot_hide(silence: str) -> None:
    code = f"{silence}export const f = (x) => {{ const unused = 1; return x; }};\n"
    found = measured(PASS, task({"name": "eslint"}, language="javascript"), code, web_sandbox())
    assert found.scores["eslint"] < 1
    assert any("unused" in line for line in found.evidence["metrics"]["eslint"]["first"])


@pytest.mark.slow
def test_eslint_leaves_a_clean_component_alone() -> None:
    code = "export default function App({ name }: { name: string }) {\n  return <b>{name}</b>;\n}\n"
    found = measured(PASS, task({"name": "eslint"}, language="tsx"), code, web_sandbox())
    assert found.scores == {"eslint": 1.0}, found


@pytest.mark.parametrize(("code", "score"), [("const a = <b/>;\n", 1.0), ("const = 1;\n", 0.0)])
def test_scripts_compile_or_do_not(code: str, score: float) -> None:
    found = measured(PASS, task({"name": "compiles"}, language="tsx"), code, web_sandbox())
    assert found.scores == {"compiles": score}, found


def test_a_patch_is_measured_in_the_files_that_it_changes(sandbox: Sandbox) -> None:
    starter = {"a.py": "import os\n", "b.py": "x = 1\n"}
    patch = "--- a/b.py\n+++ b/b.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"
    found = measured(PASS, task({"name": "ruff"}, kind="patch", starter=starter), patch, sandbox)
    assert found.scores == {"ruff": 1.0}


class _Tool:
    """A sandbox whose jobs end as told."""

    name, tier = "scripted", "scripted"

    def __init__(self, stdout: bytes, exit_code: int = 0) -> None:
        self._outcome = Outcome(
            exit_code=exit_code, stdout=stdout, stderr=b"no", timed_out=False, killed=False, truncated=False, wall_seconds=0.1
        )

    def run(self, job: Job) -> Outcome:
        return self._outcome

    def close(self) -> None:
        pass


class _Broken(_Tool):
    def run(self, job: Job) -> Outcome:
        raise SandboxFault("no toolchain")


@pytest.mark.parametrize("box", [_Broken(b""), _Tool(b"", 70), _Tool(b"not json"), _Tool(b'{"findings": [1]}'), _Tool(b"[[]]")])
@pytest.mark.parametrize("name", list(METRICS))
def test_a_tool_that_breaks_gives_no_score_and_blames_nobody(name: str, box: Sandbox) -> None:
    language = "python" if name == "ruff" else "typescript"
    found = measured(PASS, task({"name": name}, language=language), CLEAN, box)
    assert (found.status, found.scores) == ("pass", {})
    assert found.evidence["metrics"][name]["fault"]
    required = measured(PASS, task({"name": name, "required": True}, language=language), CLEAN, box)
    assert (required.status, required.reason) == ("error", f"metric:{name}")


def test_a_failed_metric_outweighs_one_that_could_not_be_measured() -> None:
    finding = b'{"findings": [{"file": "answer.py", "line": 1, "code": "x", "message": "m"}]}'
    wanted = task({"name": "compiles", "required": True}, {"name": "ruff", "required": True})
    assert measured(PASS, wanted, CLEAN, _Tool(finding)).reason == "metric:compiles"


def test_an_unknown_metric_is_named_with_its_place() -> None:
    wanted = task({"name": "pylint"}, {"name": "ruff"}, {"name": "ruff"})
    assert metric_problems(wanted) == [
        "suite/t: metric 'pylint' is none of compiles, ruff, tsc, eslint, nor a 'pkg.mod:function'; did you mean 'eslint'?",
        "suite/t: metric 'ruff' is given twice",
    ]
    with pytest.raises(TaskFault, match="pylint"):
        measure_for(wanted.metrics[0], wanted)


def test_every_metric_is_there() -> None:
    for name in METRICS:
        assert callable(measure_for(Metric(name=name), task()))
