"""The shipped suites keep their promises: sizes, splits, independence of the holdout, proved goldens."""

from __future__ import annotations

from collections import Counter

import pytest

from decontam.kernels.tokens import N, tokenize
from decontam.matching.index import solution_key
from evals.graders import grade
from evals.records import Task
from evals.sandboxes.base import Sandbox
from evals.suites import Suite, load_suite
from goldens.prove import prove_all
from loop.config import GateSettings
from loop.reach import tasks_for_guard


@pytest.fixture(scope="module")
def house() -> Suite:
    return load_suite("house")


@pytest.fixture(scope="module")
def basics() -> Suite:
    return load_suite("basics")


def test_house_is_large_enough_with_over_a_third_in_the_holdout(house: Suite) -> None:
    assert len(house.tasks) >= 160
    assert len(house.split("holdout")) >= 0.35 * len(house.tasks)


def test_house_has_several_slices_in_every_split(house: Suite) -> None:
    for split in ("train", "dev", "holdout"):
        assert len(Counter(task.slice for task in house.tasks if task.split == split)) == 7


def test_basics_has_the_tasks_that_a_guard_needs(basics: Suite) -> None:
    holdout = basics.split("holdout")
    assert len(holdout) >= tasks_for_guard(GateSettings().guard_margin)
    assert len({task.group for task in holdout}) >= 100


@pytest.mark.parametrize("name", ["house", "basics"])
def test_no_group_straddles_splits(name: str) -> None:
    splits: dict[str, set[str]] = {}
    for task in load_suite(name).tasks:
        splits.setdefault(task.group, set()).add(task.split)
    assert [group for group, found in splits.items() if len(found) > 1] == []


def grams(task: Task) -> set[tuple[str, ...]]:
    words = [token.text for token in tokenize(f"{task.prompt}\n{task.golden}")]
    return {tuple(words[n : n + N]) for n in range(len(words) - N + 1)}


@pytest.mark.parametrize("name", ["house", "basics"])
def test_no_holdout_task_shares_half_its_text_with_a_training_task(name: str) -> None:
    suite = load_suite(name)
    training = {task.id: grams(task) for task in suite.split("train", "dev")}
    for task in suite.split("holdout"):
        own = grams(task)
        for other, theirs in training.items():
            assert len(own & theirs) < 0.5 * len(own) or len(own) < 4, (task.id, other)


@pytest.mark.parametrize("name", ["house", "basics"])
def test_no_holdout_solution_is_a_training_solution(name: str) -> None:
    suite = load_suite(name)
    training = {solution_key(task.golden) for task in suite.split("train", "dev")}
    assert [task.id for task in suite.split("holdout") if solution_key(task.golden) in training] == []


@pytest.mark.parametrize("name", ["house", "basics"])
def test_prompts_are_written_one_by_one(name: str) -> None:
    """No two prompts of a suite share eight words in a row."""
    seen: dict[tuple[str, ...], str] = {}
    for task in load_suite(name).tasks:
        words = [token.text for token in tokenize(task.prompt)]
        for gram in {tuple(words[n : n + N]) for n in range(len(words) - N + 1)}:
            assert seen.setdefault(gram, task.id) == task.id, (task.id, seen[gram], gram)


@pytest.mark.slow
def test_every_golden_is_proved(sandbox: Sandbox, house: Suite, basics: Suite) -> None:
    tasks = [*house.tasks, *basics.tasks]
    assert len(prove_all(tasks, lambda task, code: grade(task, code, sandbox))) == len(tasks)
