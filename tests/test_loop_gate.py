from __future__ import annotations

from collections.abc import Mapping

import pytest

from evals.errors import Inconclusive
from evals.records import Attempt, Result, Status, Verdict
from loop.config import GateSettings
from loop.gate import History, decide


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


def rerun(results_: list[Result], share: float) -> list[Result]:
    """The same tasks, of which this share passes."""
    count = round(share * len(results_))
    verdicts = [Verdict(status="pass" if n < count else "fail", reason="x") for n in range(len(results_))]
    return [r.model_copy(update={"verdict": v}) for r, v in zip(results_, verdicts, strict=True)]


def test_a_gain_within_the_old_models_own_noise_is_inconclusive() -> None:
    before, after = results("target", 100, 400), results("target", 160, 400)
    settings = GateSettings()
    assert decide(before, after, target=["target"], guard=[], settings=settings).decision == "promote"
    noisy = History(reruns=[rerun(before, 0.42)])
    report = decide(before, after, target=["target"], guard=[], settings=settings, history=noisy)
    assert report.decision == "inconclusive" and "differs from itself by 17.0 points" in report.reasons[0]


def sliced(suite: str, passes: Mapping[str, tuple[int, int]]) -> list[Result]:
    made = []
    for name, (passed, n) in passes.items():
        for r in results(f"{suite}", passed, n):
            task = f"{name}-{r.task}"
            attempt = r.attempt.model_copy(update={"task": f"{suite}/{task}"})
            made.append(r.model_copy(update={"task": task, "slice": name, "attempt": attempt}))
    return made


def test_a_guard_slice_that_breaks_rejects_though_the_whole_holds() -> None:
    target = results("target", 5, 60), results("target", 40, 60)
    before = target[0] + sliced("guard", {"a": (12, 20), "b": (12, 200), "c": (30, 60)})
    after = target[1] + sliced("guard", {"a": (0, 20), "b": (26, 200), "c": (31, 60)})
    report = decide(before, after, target=["target"], guard=["guard"], settings=GateSettings())
    assert report.decision == "reject" and "slice a: -60.0 points" in " ".join(report.reasons)


def test_one_small_drop_among_many_slices_is_noise_after_holm() -> None:
    target = results("target", 5, 60), results("target", 40, 60)
    names = {f"s{n}": (50, 100) for n in range(20)}
    before = target[0] + sliced("guard", names)
    after = target[1] + sliced("guard", {**names, "s3": (45, 100)})  # alone: one-sided p of 0.016
    report = decide(before, after, target=["target"], guard=["guard"], settings=GateSettings())
    assert report.decision == "promote" and report.slice_p["guard: s3"] > 0.05


def test_a_fix_of_an_earlier_round_that_is_lost_rejects() -> None:
    before, after = results("target", 5, 60), results("target", 40, 60)
    fixed = History(fixed=frozenset({"target/t3", "target/t50"}))
    report = decide(before, after, target=["target"], guard=[], settings=GateSettings(), history=fixed)
    assert report.decision == "reject" and report.lost_fixes == ("target/t50",)
    kind = GateSettings(lost_fixes=1)
    assert decide(before, after, target=["target"], guard=[], settings=kind, history=fixed).decision == "promote"


def test_a_task_broken_from_all_samples_to_none_rejects_unless_a_rerun_passes() -> None:
    tasks = {f"t{n}": 1 for n in range(40)}
    before = sampled("target", {**tasks, "broke": 4}, 4)
    after = sampled("target", {**dict.fromkeys(tasks, 4), "broke": 0}, 4)
    report = decide(before, after, target=["target"], guard=[], settings=GateSettings())
    assert report.decision == "reject" and report.broken == ("target/broke",)
    lucky = History(again=sampled("target", {"broke": 1}, 4))
    assert decide(before, after, target=["target"], guard=[], settings=GateSettings(), history=lucky).decision == "promote"


@pytest.mark.parametrize(("train_after", "alarm"), [(60, True), (30, False)])
def test_memorised_training_tasks_raise_an_alarm_and_decide_nothing(train_after: int, alarm: bool) -> None:
    before, after = results("target", 5, 60), results("target", 25, 60)
    history = History(trained=(results("train", 0, 60), results("train", train_after, 60)))
    report = decide(before, after, target=["target"], guard=[], settings=GateSettings(), history=history)
    assert report.decision == "promote"
    assert report.overfit is not None and report.overfit.alarm is alarm
    assert report.overfit.surplus == pytest.approx(train_after / 60 - 20 / 60)


def test_a_task_whose_same_code_passes_and_fails_is_set_apart() -> None:
    before, after = results("target", 5, 60), results("target", 40, 60)
    coded = [r.model_copy(update={"attempt": r.attempt.model_copy(update={"code": f"def {r.task}(): ..."})}) for r in before]
    same = [r.model_copy(update={"attempt": c.attempt}) for r, c in zip(after, coded, strict=True)]
    report = decide(coded[:1] + before[1:], same[:1] + after[1:], target=["target"], guard=[], settings=GateSettings())
    assert report.flaky == ()  # passed both times
    report = decide(coded[9:10] + before[:9], same[9:10] + after[:9], target=["target"], guard=[], settings=GateSettings())
    assert report.flaky == ("target/t9",) and report.lines[0].n == 9 and "flaky tasks set apart: 1 " in report.notes()[0]
