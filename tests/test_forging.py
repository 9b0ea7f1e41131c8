"""Forged answers against every kind of check: the value judge alone, without the flags, lets none of them pass."""

from __future__ import annotations

import pytest
from forging_cheats import ANSWERS, HONEST, TASKS
from sandbox_requirements import required_sandbox

from evals.graders.referee import weak_steps
from evals.graders.values import ValueGrader
from evals.records import Verdict
from evals.sandboxes.base import Job

pytestmark = pytest.mark.slow


def judged(task: str, code: str, sandbox: str = "sandlock") -> Verdict:
    """By the judge alone: ``evals.graders.grade`` reads the answer for flags as well, which may only help."""
    return ValueGrader().grade(TASKS[task], code, required_sandbox(sandbox))


@pytest.mark.parametrize("cheat", sorted(ANSWERS))
def test_a_forged_answer_passes_no_task(cheat: str) -> None:
    verdicts = {task: judged(task, ANSWERS[cheat]) for task in TASKS}
    assert {task: found.reason for task, found in verdicts.items() if found.status != "fail"} == {}


# A harness as many are: the answer and then its checks, in one process whose exit code is the verdict.
NAIVE = b"""
import contextlib, re
@contextlib.contextmanager
def raises(kind, match=""):
    try:
        yield
    except kind as error:
        assert re.search(match, str(error))
    else:
        assert False
names = {"raises": raises, "__name__": "candidate"}
for name in ("answer.py", "checks.py"):
    exec(compile(open(name).read(), name, "exec"), names)
"""
BEATS_NAIVE = [
    "always_equal",
    "answers_the_referee_with_code",
    "atexit",
    "bool_by_caller",
    "class_swap",
    "end_record_early",
    "exception_that_is_everything",
    "exit_zero_on_call",
    "exit_zero_on_load",
    "forged_exception_name",
    "hidden_ones_guessed",
    "lying_dict",
    "lying_float",
    "lying_int",
    "lying_list",
    "lying_str",
    "lying_tuple",
    "metaclass",
    "parent_dies_child_reports",
    "patched_compile",
    "patched_exception_names",
    "proxy",
    "records_and_exit",
    "properties_by_patched_builtins",
    "properties_by_swapped_code",
    "signal_handler",
    "sys_exit_on_call",
    "sys_exit_on_load",
    "visible_cases_learnt_by_heart",
]


@pytest.mark.parametrize("cheat", BEATS_NAIVE)
def test_the_forged_answer_is_a_live_one(cheat: str) -> None:
    passed = []
    for name, task in TASKS.items():
        files = {"run.py": NAIVE, "answer.py": ANSWERS[cheat].encode(), "checks.py": task.checks.encode()}
        job = Job(files=files, command=("{python}", "-I", "-S", "-B", "run.py"), limits=task.limits)
        if required_sandbox("sandlock").run(job).exit_code == 0:
            passed.append(name)
    assert passed


@pytest.mark.docker
@pytest.mark.parametrize("cheat", sorted(ANSWERS))
def test_a_forged_answer_passes_no_task_in_docker(cheat: str) -> None:
    verdicts = {task: judged(task, ANSWERS[cheat], "docker") for task in ("raises", "property", "hidden")}
    assert {task: found.reason for task, found in verdicts.items() if found.status != "fail"} == {}


@pytest.mark.parametrize("task", sorted(TASKS))
def test_an_honest_answer_passes_the_task(task: str) -> None:
    found = judged(task, HONEST)
    assert (found.status, found.reason) == ("pass", "pass"), found.evidence


@pytest.mark.parametrize("task", sorted(TASKS))
def test_no_check_of_the_task_is_decided_by_the_candidates_process(task: str) -> None:
    assert weak_steps(TASKS[task], required_sandbox("sandlock")) == []
    assert "inside" not in judged(task, HONEST).evidence


def test_there_are_many_ways_to_forge() -> None:
    assert len(ANSWERS) >= 30
