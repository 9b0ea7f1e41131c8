"""Faults of the machine while an answer is graded: none becomes a fail of a right answer, or a pass of a wrong one."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest
from injected_faults import FAULTS
from project_tasks import CART, cart_task
from sandbox_requirements import required_sandbox, unavailable

from evals.graders import grade
from evals.records import Case, Task
from evals.sandboxes import make_sandbox

pytestmark = pytest.mark.slow

_HEAD = {"suite": "s", "split": "train", "prompt": "p"}
WRITES = "open('kept', 'w').write('x' * 200000)\n"
TASKS: dict[str, tuple[Task, str, str]] = {
    "function": (
        Task(id="f", group="f", golden=f"import time\ndef f(n):\n    time.sleep(0.1)\n    {WRITES}    return n + 1\n",
             checks="assert f(1) == 2\nassert f(4) == 5\n", **_HEAD),
        "return n + 1", "return n + 2",
    ),
    "program": (
        Task(id="p", group="p", kind="stdin", golden=f"import time\ntime.sleep(0.1)\n{WRITES}print(int(input()) + 1)\n",
             cases=(Case(stdin="1\n", stdout="2\n"), Case(stdin="4\n", stdout="5\n")), **_HEAD),
        "+ 1", "+ 2",
    ),
    "project": (cart_task(), "return sum(", "return 1 + sum("),
}  # fmt: skip
HONEST = {"wrong_value", "wrong_output", "tests_failed"}
DELAYS = (0.0, 0.02, 0.08, 0.2)
ROUNDS = [(kind, number) for kind in FAULTS for number in range(8)]


@cache
def _can_mount() -> bool:
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return os.geteuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize(("kind", "number"), ROUNDS, ids=[f"{kind}-{number}" for kind, number in ROUNDS])
def test_no_fault_of_the_machine_is_the_answers(kind: str, number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    required_sandbox("sandlock")
    if ("disk" in kind or "inodes" in kind) and not _can_mount():
        unavailable("mount", "file systems cannot be mounted here")
    task, right, wrong = TASKS[list(TASKS)[number % 3]]
    is_right = number % 2 == 0
    code = task.golden if is_right else task.golden.replace(right, wrong)
    assert is_right or code != task.golden
    with FAULTS[kind](monkeypatch, tmp_path, DELAYS[number // 2]):
        sandbox = make_sandbox("sandlock")
        try:
            verdict = grade(task, code, sandbox)
        finally:
            sandbox.close()
    if is_right:
        assert verdict.status in {"pass", "error"}, verdict
    else:
        assert verdict.status == "error" or verdict.reason in HONEST, verdict


def test_the_answers_are_judged_as_they_are_where_nothing_is_wrong() -> None:
    for task, right, wrong in TASKS.values():
        assert grade(task, task.golden, required_sandbox("sandlock")).passed
        assert grade(task, task.golden.replace(right, wrong), required_sandbox("sandlock")).reason in HONEST


def test_the_right_class_is_the_project_s_golden() -> None:
    assert TASKS["project"][0].golden == CART
