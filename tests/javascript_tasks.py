"""Tasks in JavaScript for tests, graded by the value judge alone: no reading of the answer for attempts at gaming."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from sandbox_requirements import required_sandbox, unavailable

from evals.errors import SandboxFault
from evals.graders.values import ValueGrader
from evals.records import Limits, Task, Verdict
from evals.sandboxes.base import Job, Sandbox, Toolchain


@cache
def _lacks(name: str, toolchain: Toolchain) -> str:
    sandbox = required_sandbox(name)
    limits = Limits(wall_seconds=20.0)
    try:
        done = sandbox.run(Job(files={}, command=("{node}", "-e", ""), limits=limits, toolchain=toolchain))
    except SandboxFault as fault:
        return str(fault)
    return "" if done.exit_code == 0 else f"node exits with {done.exit_code}: {done.stderr[-200:]!r}"


def required_node(name: str = "sandlock", toolchain: Toolchain = "node") -> Sandbox:
    """The sandbox with a toolchain; skips the test where there is none, or fails it where GOLDLOOP_REQUIRE has ``node``."""
    sandbox = required_sandbox(name)
    lacking = _lacks(name, toolchain)
    if lacking:
        unavailable(toolchain, f"{name} has none: {lacking}")
    return sandbox


def js_task(checks: str, golden: str = "", **changes: Any) -> Task:
    values: dict[str, Any] = {
        "id": "t",
        "suite": "js",
        "split": "train",
        "group": "t",
        "language": "javascript",
        "prompt": "p",
        "golden": golden,
        "checks": checks,
        "limits": Limits(wall_seconds=10.0),
    }
    return Task(**{**values, **changes})


def judged(code: str, checks: str, golden: str = "", *, sandbox: str = "sandlock", **changes: Any) -> Verdict:
    """The judge's verdict; the code itself is the golden where none is given."""
    task = js_task(checks, golden or code, **changes)
    toolchain: Toolchain = "node" if task.language == "javascript" else "web"
    return ValueGrader().grade(task, code, required_node(sandbox, toolchain))


def scripts(folder: str) -> dict[str, dict[str, str]]:
    """The scripts in a folder of the tests by name, each by section: ``code``, and those that a line `// ---- name` opens."""
    found = {}
    for file in sorted((Path(__file__).parent / folder).glob("*.js")):
        parts = re.split(r"^// ---- (\w+)\n", f"// ---- code\n{file.read_text()}", flags=re.MULTILINE)
        found[file.stem] = dict(zip(parts[1::2], parts[2::2], strict=True))
    return found
