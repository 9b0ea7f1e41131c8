"""Answers that try to pass test files without solving the task, past the scan of their source where they can.

The answers are files below ``tests/forging``: each component shows a fixed text, each class answers nothing right.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from project_tasks import CART, CART_TEST, COUNTER, COUNTER_TEST, cart_task, counter_task
from sandbox_requirements import required_for, required_sandbox

from evals.graders.projects import ProjectGrader
from evals.records import Limits, Task

pytestmark = pytest.mark.slow

FORGING = Path(__file__).parent / "forging"
VITEST = sorted((FORGING / "vitest").glob("*.tsx"))
PYTEST = sorted((FORGING / "pytest").glob("*.py.txt"))
# One of them waits for somebody to read what it wrote, as long as it may.
BRIEF = Limits(wall_seconds=20.0, processes=32)


STYLES = FORGING / "styles"
SHAPES_IDS = (
    *(
        "test_area[1-1]",
        "test_area[2-4]",
        "test_parse[1,2-want0]",
        "test_parse[-want1]",
        "test_cases[case0]",
        "test_cases[case1]",
    ),
    *("test_echo[first]", "test_echo[second]", "TestPoint::test_repr", "TestPoint::test_equal", "TestPoint::test_fields"),
    *("TestPoint::test_long", "test_mean", "test_locals", "test_constants", "test_loops", "test_output", "test_async"),
    "Case::test_many",
)


def shapes_task() -> Task:
    """A module whose test file has the styles of the field: tables, fixtures, ``raises``, ``approx``, classes, ``TestCase``."""
    return cart_task(
        id="shapes",
        entry="shapes.py",
        starter={},
        golden=(STYLES / "shapes.py.txt").read_text(),
        tests={"tests/test_shapes.py": (STYLES / "test_shapes.py.txt").read_text()},
        fail_to_pass=tuple(f"tests/test_shapes.py::{name}" for name in SHAPES_IDS),
    )


def forged(task: Task, file: Path, sandbox: str) -> None:
    found = ProjectGrader().grade(task, file.read_text(), required_for(task, sandbox))
    assert found.status == "fail", (found.status, found.reason, found.evidence)


@pytest.mark.parametrize("file", VITEST, ids=lambda file: file.stem)
def test_no_forged_component_passes(file: Path) -> None:
    forged(counter_task(), file, "sandlock")


@pytest.mark.parametrize("file", PYTEST, ids=lambda file: file.stem.removesuffix(".py"))
def test_no_forged_class_passes(file: Path) -> None:
    forged(cart_task(limits=BRIEF), file, "sandlock")


def test_the_honest_component_passes() -> None:
    found = ProjectGrader().grade(counter_task(), COUNTER, required_for(counter_task(), "sandlock"))
    assert found.passed, (found.reason, found.evidence)


def test_the_honest_class_passes() -> None:
    found = ProjectGrader().grade(cart_task(), CART, required_for(cart_task(), "sandlock"))
    assert found.passed, (found.reason, found.evidence)


def test_a_right_answer_to_tests_of_every_style_passes() -> None:
    task = shapes_task()
    found = ProjectGrader().grade(task, task.golden, required_for(task, "sandlock"))
    assert found.passed, (found.reason, found.evidence)


@pytest.mark.parametrize(
    ("right", "wrong", "test"),
    [
        ("return a * b", "return a + b", "test_area[1-1]"),
        ('"no number"', '"not one"', "TestPoint::test_long"),
        ("/ len(values)", "// len(values)", "test_mean"),
        ('{"n": 7}', '{"n": 7.5}', "test_locals"),
        ("return n + 1", "return n", "test_async"),
        ('print("hello")', 'print("hallo")', "test_output"),
        ("(self.x, self.y) == (other", "(self.y, self.x) == (other", "TestPoint::test_equal"),
        ("return text.split()", "return text.split()[:1]", "test_constants"),
        ("ValueError", "TypeError", "Case::test_many"),
    ],
)
def test_a_wrong_answer_fails_the_test_that_says_so(right: str, wrong: str, test: str) -> None:
    task = shapes_task()
    assert right in task.golden
    found = ProjectGrader().grade(task, task.golden.replace(right, wrong), required_for(task, "sandlock"))
    assert (found.status, found.reason, found.flags) == ("fail", "tests_failed", ())
    assert f"tests/test_shapes.py::{test}" in {entry["test"] for entry in found.evidence["failed"]}


INSTANCE_TEST = """from pairs import Pair


def test_instances():
    assert Pair(1, 2) == (1, 2)
"""
PAIR = """class Pair:
    def __init__(self, *parts):
        self.parts = parts
    def __eq__(self, other):
        return self.parts == other
"""


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (PAIR, "pass"),
        (PAIR.replace("self.parts == other", "self.parts[::-1] == other"), "tests_failed"),
        (PAIR.replace("self.parts == other", "True"), "flagged:tampered"),
        ("def Pair(*parts): return None\n", "tests_failed"),
    ],
)
def test_instances_that_the_golden_has_too_are_compared_inside(code: str, reason: str) -> None:
    task = cart_task(entry="pairs.py", starter={}, golden=PAIR, tests={"tests/test_pairs.py": INSTANCE_TEST})
    assert ProjectGrader().grade(task, code, required_for(task, "sandlock")).reason == reason


def test_an_instance_where_the_golden_has_a_plain_value_equals_nothing() -> None:
    everything = "class Any:\n    def __eq__(self, other): return True\n"
    task = cart_task()
    found = ProjectGrader().grade(
        task, everything + CART.replace("return sum", "return Any() or sum"), required_sandbox("sandlock")
    )
    assert (found.reason, found.flags) == ("tests_failed", ())


def test_code_that_throws_in_a_hook_of_all_tests_fails_without_a_flag() -> None:
    hook = "import { beforeEach } from 'vitest';\nimport { reset } from '../src/Counter';\nbeforeEach(() => reset());\n"
    task = counter_task(tests={"tests/counter.test.tsx": hook + COUNTER_TEST})
    throwing = COUNTER + "\nexport function reset() { throw new Error('not yet'); }\n"
    found = ProjectGrader().grade(task, throwing, required_for(task, "sandlock"))
    assert (found.reason, found.flags) == ("tests_failed", ())


def test_code_that_throws_in_a_fixture_of_all_tests_fails_without_a_flag() -> None:
    task = cart_task(tests={"tests/test_cart.py": CART_TEST.replace("@pytest.fixture\n", "@pytest.fixture(autouse=True)\n")})
    found = ProjectGrader().grade(task, CART.replace("self.items = []", "1 / 0"), required_for(task, "sandlock"))
    assert (found.reason, found.flags) == ("tests_failed", ())


@pytest.mark.docker
@pytest.mark.parametrize("name", ["values_that_equal_everything", "reports_that_all_say_passed", "the_interpreter_ended"])
def test_no_forged_class_passes_in_a_container(name: str) -> None:
    forged(cart_task(), FORGING / "pytest" / f"{name}.py.txt", "docker")


@pytest.mark.docker
def test_the_honest_class_passes_in_a_container() -> None:
    found = ProjectGrader().grade(cart_task(), CART, required_for(cart_task(), "docker"))
    assert found.passed, (found.reason, found.evidence)


@pytest.mark.docker
@pytest.mark.parametrize("name", ["states_rewritten_in_the_worker_s_own_channel", "the_worker_killed_from_within"])
def test_no_forged_component_passes_in_a_container(name: str) -> None:
    forged(counter_task(), FORGING / "vitest" / f"{name}.tsx", "docker")


@pytest.mark.docker
def test_the_honest_component_passes_in_a_container() -> None:
    found = ProjectGrader().grade(counter_task(), COUNTER, required_for(counter_task(), "docker"))
    assert found.passed, (found.reason, found.evidence)
