"""The shipped suite ``web`` keeps its promises: sizes, splits, an independent holdout, goldens that pass and stubs that fail."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
from sandbox_requirements import required_sandbox, unavailable

from decontam.kernels.tokens import N, tokenize
from decontam.matching.index import solution_key
from decontam.screen import index_tasks, match_text
from evals.graders import grade
from evals.records import Task, Verdict
from evals.suites import Suite, load_suite
from evals.toolchains import find_toolchain

pytestmark = pytest.mark.slow

SLICES = {"routes": "tests", "components": "tests", "fixes": "patch"}
SAMPLE = ("newsletter_signup", "weather_panel", "archive_pagination")


@cache
def web() -> Suite:
    return load_suite("web")


def task_of(name: str) -> Task:
    return next(task for task in web().tasks if task.id == name)


def idle_answer(task: Task) -> str:
    """An answer that can be graded and does nothing: a module without exports, or a diff that adds a comment."""
    if task.kind == "tests":
        return "export {};\n"
    file, text = next(iter(task.starter.items()))
    return f"--- a/{file}\n+++ b/{file}\n@@ -1,1 +1,2 @@\n+// nothing to see here\n {text.partition(chr(10))[0]}\n"


@cache
def verdicts_of(name: str) -> tuple[Verdict, Verdict]:
    """What the golden and the idle answer of a task get."""
    sandbox = required_sandbox("sandlock")
    if find_toolchain("web") is None:
        unavailable("web", "no web toolchain here: goldloop images build")
    task = task_of(name)
    return grade(task, task.golden, sandbox), grade(task, idle_answer(task), sandbox)


def require_golden_passes_and_idle_answer_fails(name: str) -> None:
    golden, idle = verdicts_of(name)
    assert golden.passed, golden
    assert (idle.status, idle.reason) == ("fail", "tests_failed"), idle
    assert {row["test"] for row in idle.evidence["failed"]} == set(task_of(name).fail_to_pass)


def test_every_slice_has_tasks_of_its_kind_in_both_splits() -> None:
    counts = Counter((task.slice, task.split) for task in web().tasks)
    for name, kind in SLICES.items():
        assert {task.kind for task in web().tasks if task.slice == name} == {kind}
        assert counts[name, "train"] >= 8
        assert counts[name, "holdout"] >= 6


def test_web_is_large_enough_with_over_a_third_in_the_holdout() -> None:
    assert len(web().tasks) >= 42
    assert len(web().split("holdout")) >= 0.35 * len(web().tasks)


def test_every_task_has_a_domain_of_its_own() -> None:
    assert [group for group, count in Counter(task.group for task in web().tasks).items() if count > 1] == []


def test_every_task_names_four_tests_or_more() -> None:
    for task in web().tasks:
        assert len(task.fail_to_pass) + len(task.pass_to_pass) >= 4, task.id


def test_every_fix_has_tests_that_pass_before_and_after() -> None:
    assert [task.id for task in web().tasks if task.kind == "patch" and not (task.pass_to_pass and task.fail_to_pass)] == []


def test_every_starter_file_is_shown_in_the_prompt() -> None:
    for task in web().tasks:
        for name, text in task.starter.items():
            assert f"`{name}`" in task.question, (task.id, name)
            assert text.rstrip("\n") in task.question, (task.id, name)


def test_prompts_are_written_one_by_one() -> None:
    """No two prompts share eight words in a row, the code that they show left out."""
    seen: dict[tuple[str, ...], str] = {}
    for task in web().tasks:
        words = [token.text for part in task.question.split("```")[::2] for token in tokenize(part)]
        for gram in {tuple(words[n : n + N]) for n in range(len(words) - N + 1)}:
            assert seen.setdefault(gram, task.id) == task.id, (task.id, seen[gram], gram)


def test_the_screen_finds_no_holdout_task_in_a_training_task() -> None:
    index = index_tasks(web().split("holdout"))
    found = [
        (task.id, match.item)
        for task in web().split("train", "dev")
        for match in match_text(f"{task.question}\n{task.golden}", index)
    ]
    assert found == []


def test_the_screen_can_find_every_holdout_task() -> None:
    assert index_tasks(web().split("holdout")).unindexable == ()


def test_no_holdout_solution_is_a_training_solution() -> None:
    training = {solution_key(task.golden) for task in web().split("train", "dev")}
    assert [task.id for task in web().split("holdout") if solution_key(task.golden) in training] == []


@pytest.mark.parametrize("name", SAMPLE)
def test_a_golden_passes_and_an_idle_answer_fails(name: str) -> None:
    require_golden_passes_and_idle_answer_fails(name)


@pytest.mark.parametrize("name", sorted(task.id for task in web().tasks))
def test_every_golden_passes_and_every_idle_answer_fails(name: str) -> None:
    require_golden_passes_and_idle_answer_fails(name)
