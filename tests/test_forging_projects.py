"""Answers that try to pass test files without solving the task, past the scan of their source where they can.

The answers are files below ``tests/forging``: each component shows a fixed text, each class answers nothing right.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from project_tasks import CART, COUNTER, cart_task, counter_task
from sandbox_requirements import required_sandbox

from evals.graders.projects import ProjectGrader
from evals.records import Task

FORGING = Path(__file__).parent / "forging"
VITEST = sorted((FORGING / "vitest").glob("*.tsx"))
PYTEST = sorted((FORGING / "pytest").glob("*.py.txt"))


def forged(task: Task, file: Path, sandbox: str) -> None:
    found = ProjectGrader().grade(task, file.read_text(), required_sandbox(sandbox))
    assert found.status == "fail", (found.status, found.reason, found.evidence)


@pytest.mark.parametrize("file", VITEST, ids=lambda file: file.stem)
def test_no_forged_component_passes(file: Path) -> None:
    forged(counter_task(), file, "sandlock")


@pytest.mark.parametrize("file", PYTEST, ids=lambda file: file.stem.removesuffix(".py"))
def test_no_forged_class_passes(file: Path) -> None:
    forged(cart_task(), file, "sandlock")


def test_the_honest_component_passes() -> None:
    found = ProjectGrader().grade(counter_task(), COUNTER, required_sandbox("sandlock"))
    assert found.passed, (found.reason, found.evidence)


def test_the_honest_class_passes() -> None:
    found = ProjectGrader().grade(cart_task(), CART, required_sandbox("sandlock"))
    assert found.passed, (found.reason, found.evidence)


@pytest.mark.docker
@pytest.mark.parametrize("name", ["values_that_equal_everything", "reports_that_all_say_passed", "the_interpreter_ended"])
def test_no_forged_class_passes_in_a_container(name: str) -> None:
    forged(cart_task(), FORGING / "pytest" / f"{name}.py.txt", "docker")


@pytest.mark.docker
def test_the_honest_class_passes_in_a_container() -> None:
    found = ProjectGrader().grade(cart_task(), CART, required_sandbox("docker"))
    assert found.passed, (found.reason, found.evidence)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize("name", ["states_rewritten_in_the_worker_s_own_channel", "the_worker_killed_from_within"])
def test_no_forged_component_passes_in_a_container(name: str) -> None:
    forged(counter_task(), FORGING / "vitest" / f"{name}.tsx", "docker")


@pytest.mark.docker
@pytest.mark.slow
def test_the_honest_component_passes_in_a_container() -> None:
    found = ProjectGrader().grade(counter_task(), COUNTER, required_sandbox("docker"))
    assert found.passed, (found.reason, found.evidence)
