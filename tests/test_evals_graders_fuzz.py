"""Hidden inputs: drawn alike in every run, answered by the golden, and what they say of an answer."""

from __future__ import annotations

from typing import Any

import pytest
from javascript_tasks import required_node
from sandbox_requirements import required_sandbox

from evals.errors import TaskFault
from evals.graders.fuzz import LEAST_INPUTS, MOST_INPUTS, SIGNAL, cases_of, entry_of, fuzz_problems
from evals.graders.javascript import javascript_of
from evals.graders.values import ValueGrader
from evals.records import Limits, Task, Verdict

GOLDEN = "def helper(x):\n    return x\ndef double(n):\n    return helper(n) * 2\n"
CHECKS = "assert double(2) == 4\nassert double(5) == 10"
INPUTS = "def inputs(random):\n    for _ in range(30):\n        yield (random.randint(0, 10 ** 6),)\n"


def task(**more: Any) -> Task:
    values = {"prompt": "p", "golden": GOLDEN, "checks": CHECKS, "fuzz": INPUTS, "source": "here", **more}
    return Task(id="t", suite="s", split="dev", group="t", **values)


def graded(code: str, **more: Any) -> Verdict:
    return ValueGrader().grade(task(**more), code, required_sandbox("sandlock"))


def inputs_of(found: Task) -> list[str]:
    return [case.question.text for case in cases_of(found, required_sandbox("sandlock"))]


def test_an_answer_that_is_right_on_hidden_inputs_passes_and_counts_them() -> None:
    found = graded("def double(n): return n + n")
    assert (found.status, found.evidence["hidden"]) == ("pass", 30)


def test_an_answer_that_knows_the_checks_by_heart_fails_with_its_smallest_input() -> None:
    found = graded("def double(n): return {2: 4, 5: 10}.get(n, n * 2 if n < 1000 else 0)")
    assert (found.status, found.reason) == ("fail", "hidden_fail")
    failing = [text for text in inputs_of(task()) if len(text) > len("double(999)")]
    assert found.evidence["check"] == min(failing, key=lambda text: (len(text), text))
    assert found.evidence["got"] == "0"
    assert found.evidence["hidden_failed"] == len(failing)


def test_the_evidence_has_the_signal_of_a_visible_pass_and_a_hidden_fail() -> None:
    found = graded("def double(n): return {2: 4, 5: 10}.get(n)")
    assert SIGNAL in found.evidence["flags"]
    assert found.flags == ()  # a wrong answer on hidden inputs need not be a dishonest one


def test_an_answer_that_fails_its_checks_is_not_asked_hidden_inputs() -> None:
    assert graded("def double(n): return n").reason == "wrong_value"


def test_an_exception_on_a_hidden_input_is_a_hidden_fail() -> None:
    found = graded("def double(n):\n    assert n < 100, 'large'\n    return 2 * n")
    assert (found.reason, found.evidence["got"]) == ("hidden_fail", "builtins.AssertionError: large")


def test_an_answer_that_never_ends_on_a_hidden_input_is_out_of_time() -> None:
    code = "def double(n):\n    while n > 100: pass\n    return 2 * n"
    found = graded(code, limits=Limits(wall_seconds=1.0))
    assert (found.status, found.reason, found.evidence["stage"]) == ("fail", "time", "hidden")


def test_an_answer_that_leaves_on_a_hidden_input_exited_early() -> None:
    assert graded("import os\ndef double(n):\n    n > 100 and os._exit(0)\n    return 2 * n").reason == "exited_early"


def test_the_inputs_are_the_same_in_every_run_and_other_ones_for_another_task() -> None:
    first, again = inputs_of(task()), inputs_of(task(prompt="other words"))
    assert first == again
    assert first != inputs_of(task().model_copy(update={"id": "u"}))


def test_equal_inputs_count_once_and_no_more_are_drawn_than_allowed() -> None:
    endless = "def inputs(random):\n    n = 0\n    while True:\n        n += 1\n        yield (n // 2,)\n"
    assert len(inputs_of(task(fuzz=endless))) == MOST_INPUTS // 2 + 1


def test_inputs_on_which_the_golden_raises_are_dropped() -> None:
    golden = "def double(n):\n    if n % 2:\n        raise ValueError(n)\n    return n * 2\n"
    fuzz = "def inputs(random):\n    yield from ((n,) for n in range(30))\n"
    assert inputs_of(task(golden=golden, fuzz=fuzz)) == [f"double({n})" for n in range(0, 30, 2)]


def test_inputs_on_which_the_golden_runs_out_of_time_are_dropped() -> None:
    golden = "def double(n):\n    while n == 3: pass\n    return n * 2\n"
    fuzz = "def inputs(random):\n    yield from ((n,) for n in range(20))\n"
    kept = inputs_of(task(golden=golden, fuzz=fuzz, limits=Limits(wall_seconds=1.0)))
    assert kept == [f"double({n})" for n in range(20) if n != 3]


def test_too_few_inputs_that_the_golden_answers_are_the_tasks_fault() -> None:
    fuzz = f"def inputs(random):\n    yield from ((n,) for n in range({LEAST_INPUTS - 1}))\n"
    with pytest.raises(TaskFault, match=r"here: fuzz: the golden answers 9 of 9 inputs .* at least 10"):
        graded(GOLDEN, fuzz=fuzz)


def test_a_task_may_say_that_fewer_inputs_are_enough() -> None:
    fuzz = "LEAST = 2\ndef inputs(random):\n    yield from [(1,), (300,)]\n"
    assert graded(GOLDEN, fuzz=fuzz).evidence["hidden"] == 2
    with pytest.raises(TaskFault, match=r"answers 1 of 1 inputs .* at least 2 are needed"):
        graded(GOLDEN, fuzz=fuzz.replace(", (300,)", ""))


def test_inputs_whose_answers_would_flood_the_output_are_dropped() -> None:
    golden = "def double(n):\n    return n * 2 if n < 25 else [0] * 10 ** (n - 20)\n"
    fuzz = "def inputs(random):\n    yield from ((n,) for n in range(28))\n"
    assert inputs_of(task(golden=golden, fuzz=fuzz)) == [f"double({n})" for n in range(26)]
    assert graded(golden, golden=golden, fuzz=fuzz).passed


@pytest.mark.parametrize(
    ("fuzz", "message"),
    [
        ("def inputs(random):\n    yield 3\n", "must yield tuples of plain arguments.*found 3"),
        ("def inputs(random):\n    yield (print,)\n", "must yield tuples of plain arguments"),
        ("def inputs(random):\n    yield 1 / 0\n", "failed: builtins.ZeroDivisionError division by zero"),
        ("raise KeyError('x')\ndef inputs(random): pass\n", "failed: builtins.KeyError 'x'"),
    ],
)
def test_inputs_that_cannot_be_used_are_the_tasks_fault(fuzz: str, message: str) -> None:
    with pytest.raises(TaskFault, match=f"here: fuzz: .*{message}"):
        graded(GOLDEN, fuzz=fuzz)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"fuzz": "def inputs("}, "here: fuzz: not Python"),
        ({"fuzz": "x = 1"}, "here: fuzz: no function inputs(random) that yields tuples of arguments; define inputs(random)"),
        ({"fuzz": "strategy = 1"}, "define inputs(random)"),
        ({"fuzz": "LEAST = 0\ndef inputs(random): pass"}, "here: fuzz: LEAST: expected a whole number from 1 to 200, found 0"),
        ({"fuzz": "LEAST = 1 + 1\ndef inputs(random): pass"}, "LEAST: expected a whole number from 1 to 200, found None"),
        ({"golden": "x = 1"}, "here: fuzz: the golden defines no function at its top level; set entry"),
    ],
)
def test_problems_of_hidden_inputs_are_found_before_grading(more: dict[str, Any], message: str) -> None:
    (problem,) = fuzz_problems(task(**more))
    assert message in problem


def test_a_task_without_hidden_inputs_has_no_problem_with_them() -> None:
    assert fuzz_problems(task(fuzz="")) == []


@pytest.mark.parametrize(
    ("more", "entry"),
    [
        ({}, "double"),
        ({"entry": "helper"}, "helper"),
        ({"language": "javascript", "golden": "function one() {}\nfunction two(a) {}\n"}, "two"),
        ({"language": "typescript", "golden": "export const three = (a: number) => a"}, "three"),
    ],
)
def test_hidden_inputs_go_to_the_goldens_last_function_or_the_named_one(more: dict[str, Any], entry: str) -> None:
    assert entry_of(task(**more)) == entry


MEAN = {"golden": "def mean(a):\n    return sum(a) / len(a)\n", "checks": "assert mean([1.0]) == 1.0"}
FLOATS = "def inputs(random):\n    for _ in range(20):\n        yield ([random.random() * 99 for _ in range(5)],)\n"


def test_floats_are_compared_with_a_tolerance() -> None:
    other = "def mean(a):\n    return sum(x / len(a) for x in a)\n"
    assert graded(other, fuzz=FLOATS, **MEAN).passed
    assert graded("def mean(a):\n    return sum(a) / len(a) + 0.01 * (len(a) > 1)\n", fuzz=FLOATS, **MEAN).reason == "hidden_fail"


def test_integers_are_compared_exactly() -> None:
    assert graded("def double(n): return n + n + (n > 100)").reason == "hidden_fail"


def test_a_tasks_comparator_holds_for_hidden_inputs() -> None:
    golden = "def letters(n):\n    return [n, n + 1, n + 2]\n"
    more = {"golden": golden, "checks": "assert letters(0) == [0, 1, 2]", "fuzz": INPUTS}
    backwards = "def letters(n):\n    return [n + 2, n + 1, n]\n"
    assert graded(backwards, compare="unordered", **more).passed
    assert graded(backwards, **more).reason == "wrong_value"


def test_a_comparator_of_the_checks_holds_for_hidden_inputs() -> None:
    checks = CHECKS + "\ndef near(got, expected):\n    return abs(got - expected) <= 1\n"
    assert graded("def double(n): return n + n + (n > 100)", checks=checks, compare="near").passed
    assert graded("def double(n): return n + n + 2 * (n > 100)", checks=checks, compare="near").reason == "hidden_fail"


def test_with_the_comparator_exception_the_class_of_what_is_raised_counts() -> None:
    golden = "def double(n):\n    if n % 2:\n        raise ValueError(n)\n    return n * 2\n"
    more = {"golden": golden, "checks": "assert double(2) == 4", "compare": "exception"}
    assert graded(golden, **more).passed
    assert graded(golden.replace("ValueError", "KeyError"), **more).reason == "hidden_fail"
    assert graded("def double(n): return n * 2", **more).reason == "hidden_fail"


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (None, "null"),
        (True, "true"),
        ('a"\n', '"a\\"\\n"'),
        (2**60, f"{2**60}n"),
        (-0.0, "-0.0"),
        (float("inf"), "Infinity"),
        ((1, [2.5]), "[1, [2.5]]"),
        ({"__proto__": 1}, '{["__proto__"]: 1}'),
    ],
)
def test_arguments_are_written_for_javascript(value: object, source: str) -> None:
    assert javascript_of(value) == source


def test_what_javascript_lacks_is_the_tasks_fault() -> None:
    with pytest.raises(TaskFault, match="JavaScript has no value"):
        javascript_of({1: 2})


SCRIPT = {
    "language": "javascript",
    "golden": "function halves(list) { return list.map((x) => x / 2) }",
    "checks": "console.assert(JSON.stringify(halves([4])) === '[2]')",
    "fuzz": "def inputs(random):\n    for _ in range(20):\n        yield ([random.randint(1, 9) for _ in range(3)],)\n",
    "limits": Limits(memory_mb=1024),
}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("const halves = (list) => list.map((x) => 0.5 * x)", "pass"),
        ("function halves(list) { return list.length === 1 ? [2] : [] }", "hidden_fail"),
        ("function halves(list) { return list.map((x) => Math.floor(x / 2)) }", "hidden_fail"),
    ],
)
def test_functions_of_javascript_get_hidden_inputs_too(code: str, reason: str) -> None:
    assert ValueGrader().grade(task(**SCRIPT), code, required_node()).reason == reason
