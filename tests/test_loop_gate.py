from __future__ import annotations

from collections.abc import Mapping

import pytest

from evals.errors import Inconclusive
from evals.records import Attempt, Result, Status, Verdict
from loop.config import GateSettings
from loop.gate import decide


def results(suite: str, passed: int, n: int, *, errors: int = 0) -> list[Result]:
    made = []
    for number in range(n):
        status = "error" if number >= n - errors else "pass" if number < passed else "fail"
        task = f"{suite}/t{number}"
        made.append(
            Result(
                task=f"t{number}",
                suite=suite,
                split="holdout",
                group="g",
                slice="s",
                attempt=Attempt(task=task, completion="", code="", finish_reason="stop"),
                verdict=Verdict(status=status, reason=status),
            )
        )
    return made


def decision(target: tuple[int, int], guard: tuple[int, int], n: int = 60) -> str:
    before = results("target", target[0], n) + results("guard", guard[0], n)
    after = results("target", target[1], n) + results("guard", guard[1], n)
    return decide(before, after, target=["target"], guard=["guard"], settings=GateSettings()).decision


def test_a_clear_gain_without_loss_promotes() -> None:
    assert decision((5, 30), (30, 30)) == "promote"


def test_no_gain_rejects() -> None:
    assert decision((5, 5), (30, 30)) == "reject"


def test_a_gain_within_noise_is_inconclusive() -> None:
    assert decision((5, 7), (30, 30)) == "inconclusive"


def test_a_guard_that_falls_rejects_whatever_the_gain() -> None:
    assert decision((5, 50), (30, 26)) == "reject"


def test_a_guard_too_small_to_tell_is_inconclusive() -> None:
    before = results("target", 5, 60) + results("guard", 4, 8)
    after = results("target", 40, 60) + results("guard", 4, 8)
    mixed = [r.model_copy(update={"verdict": Verdict(status="pass", reason="pass")}) if r.task == "t7" else r for r in after]
    mixed = [
        r.model_copy(update={"verdict": Verdict(status="fail", reason="x")}) if (r.suite, r.task) == ("guard", "t0") else r
        for r in mixed
    ]
    report = decide(before, mixed, target=["target"], guard=["guard"], settings=GateSettings())
    assert report.decision == "inconclusive"
    assert "cannot be excluded with 8 tasks" in report.reasons[0]


def test_errors_are_left_out_of_both_sides() -> None:
    before, after = results("target", 5, 60), results("target", 30, 60, errors=10)
    (line,) = decide(before, after, target=["target"], guard=[], settings=GateSettings()).lines
    assert line.n == 50


def test_nothing_to_compare_is_inconclusive() -> None:
    with pytest.raises(Inconclusive, match="nothing can be compared"):
        decide([], results("target", 1, 4), target=["target"], guard=[], settings=GateSettings())


def test_an_inconclusive_answer_says_what_the_run_can_see() -> None:
    before, after = results("target", 5, 60), results("target", 7, 60)
    report = decide(before, after, target=["target"], guard=[], settings=GateSettings())
    assert "with 60 tasks this run can see 7 points" in report.reasons[0]


def sampled(suite: str, passed: Mapping[str, int], samples: int) -> list[Result]:
    made = []
    for task, count in passed.items():
        for sample in range(samples):
            status: Status = "pass" if sample < count else "fail"
            attempt = Attempt(task=f"{suite}/{task}", sample=sample, completion="", code="", finish_reason="stop")
            verdict = Verdict(status=status, reason=status)
            made.append(Result(task=task, suite=suite, split="holdout", group="g", slice="s", attempt=attempt, verdict=verdict))
    return made


def test_several_samples_a_task_are_not_counted_as_tasks() -> None:
    tasks = [f"t{n}" for n in range(20)]
    before = sampled("target", dict.fromkeys(tasks, 1), 4)
    after = sampled("target", {task: 4 if n < 8 else 1 for n, task in enumerate(tasks)}, 4)
    (line,) = decide(before, after, target=["target"], guard=[], settings=GateSettings()).lines
    assert (line.n, line.samples, line.gained, line.lost) == (20, 4, 8, 0)
    assert line.before == 0.25 and line.after == 0.55 and "sign flips" in line.test


def test_a_sampled_gain_on_few_tasks_is_inconclusive() -> None:
    tasks = [f"t{n}" for n in range(20)]
    before = sampled("target", dict.fromkeys(tasks, 1), 50)
    after = sampled("target", {task: 50 if n < 2 else 1 for n, task in enumerate(tasks)}, 50)
    assert decide(before, after, target=["target"], guard=[], settings=GateSettings()).decision == "inconclusive"
