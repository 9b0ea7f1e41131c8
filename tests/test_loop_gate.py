from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
import pytest
from command_line import Ended, Run, ended
from scipy.stats import binomtest
from scipy.stats import t as student

from evals.comparison import compare_outcomes
from evals.errors import BadInput, Inconclusive
from evals.files import digest_file, read_json, write_json, write_jsonl
from evals.records import Attempt, Result, Split, Status, Verdict
from evals.stats import detectable_gain, newcombe_paired
from loop import console
from loop.config import GateSettings
from loop.gate import GateReport, History, compare_suites, decide
from loop.holdout import HoldoutLedger
from loop.noise import estimate_noise
from loop.stage import stage
from loop.stages import count_results

pytestmark = pytest.mark.usefixtures("self_test_once")


def results(suite: str, passed: int, n: int, *, errors: int = 0) -> list[Result]:
    made = []
    for number in range(n):
        status = "error" if number >= n - errors else "pass" if number < passed else "fail"
        task = f"{suite}/t{number}"
        made.append(
            Result(
                id=f"t{number}",
                suite=suite,
                split="holdout",
                group=task,
                slice="s",
                attempt=Attempt(key=task, completion="", code="", finish_reason="stop"),
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


def test_what_is_surely_no_gain_rejects() -> None:
    assert decision((30, 10), (30, 30)) == "reject"
    assert decision((1000, 1000), (1500, 1500), n=3000) == "reject"  # the interval ends below 2 points


def swapped(suite: str, passed: int, n: int, change: int) -> list[Result]:
    """As ``results``, but ``change`` tasks that passed fail, and as many that failed pass."""
    made = results(suite, passed, n)
    flipped = {*range(change), *range(passed, passed + change)}
    return [
        r.model_copy(update={"verdict": Verdict(status="fail" if r.verdict.passed else "pass", reason="x")})
        if k in flipped
        else r
        for k, r in enumerate(made)
    ]


def test_no_gain_that_could_be_one_is_inconclusive() -> None:
    report = decide(results("target", 5, 60), swapped("target", 5, 60, 1), target=["target"], guard=[], settings=GateSettings())
    assert (report.lines[0].gained, report.lines[0].lost) == (1, 1)
    assert report.lines[0].ci95.high > GateSettings().min_effect
    assert report.decision == "inconclusive"
    assert decision((5, 5), (30, 30)) == "inconclusive"


def test_a_gain_within_noise_is_inconclusive() -> None:
    assert decision((5, 7), (30, 30)) == "inconclusive"


def test_a_guard_that_surely_falls_rejects_whatever_the_gain() -> None:
    assert decision((5, 50), (30, 10)) == "reject"
    assert decision((5, 50), (30, 26)) == "inconclusive"  # 4 of 60 lost: a drop of 10 points is neither sure nor excluded


def limits_of_a_drop(gained: int, lost: int, n: int) -> tuple[float, float]:
    """One-sided 95% limits of a paired difference, by the normal theory of matched pairs (Agresti 2013, eq. 11.1)."""
    delta = (gained - lost) / n
    error = float(np.sqrt((gained + lost - n * delta**2) / n**2))
    return delta - 1.645 * error, delta + 1.645 * error


@pytest.mark.parametrize(
    ("gained", "lost", "decided"),
    [(30, 30, "promote"), (30, 60, "inconclusive"), (30, 70, "inconclusive"), (20, 90, "reject"), (0, 80, "reject")],
)
def test_a_guard_is_judged_by_what_is_sure(gained: int, lost: int, decided: str) -> None:
    n, margin = 400, GateSettings().guard_margin
    before = results("guard", 200, n)
    flipped = {*range(lost), *range(200, 200 + gained)}
    after = [
        r.model_copy(update={"verdict": Verdict(status="fail" if r.verdict.passed else "pass", reason="x")})
        if k in flipped
        else r
        for k, r in enumerate(before)
    ]
    low, high = limits_of_a_drop(gained, lost, n)
    assert decided == ("promote" if low > -margin else "reject" if high < -margin else "inconclusive")
    target = results("target", 5, 60), results("target", 40, 60)
    report = decide(target[0] + before, target[1] + after, target=["target"], guard=["guard"], settings=GateSettings())
    assert report.decision == decided


@pytest.mark.parametrize("lost", [2, 3])
def test_two_or_three_tasks_are_no_evidence_against_a_guard(lost: int) -> None:
    target = results("target", 5, 60), results("target", 40, 60)
    sides = results("guard", lost, lost), results("guard", 0, lost)
    report = decide(target[0] + sides[0], target[1] + sides[1], target=["target"], guard=["guard"], settings=GateSettings())
    assert report.decision == "inconclusive"


def test_an_unchanged_guard_is_never_rejected() -> None:
    # 84 tasks of which 35% get another verdict by chance: a drop of 5 points or more in a fifth of such runs.
    generator = np.random.default_rng(5)
    target, found, drops = (results("target", 5, 60), results("target", 40, 60)), [], 0
    for _ in range(200):
        cells = generator.choice(3, size=84, p=[0.175, 0.175, 0.65])  # gained, lost, same
        before = [
            r.model_copy(update={"verdict": verdict(cell != 0)}) for r, cell in zip(results("guard", 0, 84), cells, strict=True)
        ]
        after = [
            r.model_copy(update={"verdict": verdict(cell != 1)}) for r, cell in zip(results("guard", 0, 84), cells, strict=True)
        ]
        drops += int((cells == 1).sum()) - int((cells == 0).sum()) > 0.05 * 84
        report = decide(target[0] + before, target[1] + after, target=["target"], guard=["guard"], settings=GateSettings())
        found.append(report.decision)
    assert drops > 20 and found.count("reject") <= 1 and found.count("promote") > 70


def verdict(passed: bool) -> Verdict:
    return Verdict(status="pass" if passed else "fail", reason="x")


def test_a_guard_too_small_to_tell_is_inconclusive() -> None:
    before = results("target", 5, 60) + results("guard", 4, 8)
    after = results("target", 40, 60) + results("guard", 4, 8)
    mixed = [r.model_copy(update={"verdict": Verdict(status="pass", reason="pass")}) if r.id == "t7" else r for r in after]
    mixed = [
        r.model_copy(update={"verdict": Verdict(status="fail", reason="x")}) if (r.suite, r.id) == ("guard", "t0") else r
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
    assert (
        "with 60 tasks this comparison detects 11 points or more (80% power)" in report.reasons[0]
    )  # 7 gains and no loss, in four of five runs


def sampled(suite: str, passed: Mapping[str, int], samples: int) -> list[Result]:
    made = []
    for task, count in passed.items():
        for sample in range(samples):
            status: Status = "pass" if sample < count else "fail"
            attempt = Attempt(key=f"{suite}/{task}", sample=sample, completion="", code="", finish_reason="stop")
            verdict = Verdict(status=status, reason=status)
            made.append(Result(id=task, suite=suite, split="holdout", group=task, slice="s", attempt=attempt, verdict=verdict))
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


def test_runs_with_other_seeds_join_the_old_models_side() -> None:
    # The first run had bad luck: of 400 tasks 100 pass, and 180 with each other seed.
    before, after = results("target", 100, 400), results("target", 160, 400)
    assert judged(before, after).decision == "promote"
    report = judged(before, after, reruns=[rerun(before, 0.45), rerun(before, 0.45)])
    (line,) = report.lines
    assert line.before == pytest.approx((100 + 180 + 180) / 1200) and line.after == 0.4 and line.samples == 3
    assert report.decision == "inconclusive"
    # By hand: 100 tasks pass all runs before, 80 two of three, and 60 of those pass after; the rest never.
    differences = np.array([0.0] * 100 + [1 / 3] * 60 + [-2 / 3] * 20 + [0.0] * 220)
    half = float(student.ppf(0.975, 399)) * differences.std(ddof=1) / 20 - 1e-9
    assert line.ci95.low <= differences.mean() - half and line.ci95.high >= differences.mean() + half


def test_the_same_tasks_count_in_runs_with_other_seeds() -> None:
    before, after = results("target", 20, 60), results("target", 50, 60)
    others = rerun(results("elsewhere", 0, 60), 1.0)
    report = judged(before, after, reruns=[before[:30], others])
    assert report.lines[0].n == 60 and report.lines[0].before == pytest.approx(20 / 60)
    assert "target" not in judged(before, after).noise


def test_noise_is_a_standard_deviation_that_more_runs_make_surer_not_larger() -> None:
    generator = np.random.default_rng(11)
    shares = generator.beta(0.8, 0.8, size=164)
    truth = float(np.sqrt(2 * (shares * (1 - shares)).sum()) / 164)  # of the difference of two runs, given the tasks
    named, covered, widths = results("target", 0, 164), 0, {2: [], 6: []}  # type: ignore[var-annotated]
    for _ in range(60):
        for count in (2, 6):
            runs = [
                [r.model_copy(update={"verdict": verdict(bool(p))}) for r, p in zip(named, row, strict=True)]
                for row in generator.random((count, 164)) < shares
            ]
            noise = estimate_noise(runs)
            assert noise is not None and (noise.runs, noise.tasks) == (count, 164)
            widths[count].append((noise.deviation, noise.high - noise.low))
            covered += noise.low <= truth <= noise.high
    means = {count: np.mean(found, axis=0) for count, found in widths.items()}
    assert abs(means[2][0] - truth) < 0.1 * truth and abs(means[6][0] - truth) < 0.05 * truth
    assert means[6][1] < means[2][1] and covered >= 0.9 * 120


def test_a_model_that_answers_alike_has_hardly_any_noise() -> None:
    same = results("target", 30, 60)
    noise = estimate_noise([same, same])
    assert noise is not None and noise.deviation == noise.low == 0.0 and 0 < noise.high < 0.05
    assert estimate_noise([same]) is None


def sliced(suite: str, passes: Mapping[str, tuple[int, int]]) -> list[Result]:
    made = []
    for name, (passed, n) in passes.items():
        for r in results(f"{suite}", passed, n):
            task = f"{name}-{r.id}"
            attempt = r.attempt.model_copy(update={"key": f"{suite}/{task}"})
            made.append(r.model_copy(update={"id": task, "slice": name, "attempt": attempt}))
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


def test_lost_fixes_are_reported_and_reject_only_above_the_share_that_is_set() -> None:
    before, after = results("target", 5, 60), results("target", 40, 60)
    fixed = History(fixed=frozenset({"target/t3", "target/t9", "target/t11", "target/t50"}))
    for share, decided in ((None, "promote"), (0.25, "promote"), (0.24, "reject"), (0.0, "reject")):
        settings = GateSettings(max_lost_share=share)
        report = decide(before, after, target=["target"], guard=[], settings=settings, history=fixed)
        assert report.decision == decided and (report.fixed, report.lost_fixes) == (4, ("target/t50",))
        assert "of 4 holdout tasks that earlier rounds fixed, 1 fail again" in report.notes()


def test_an_equal_second_round_that_loses_fixes_by_chance_is_not_rejected_for_it() -> None:
    generator = np.random.default_rng(2)
    named, shares = results("target", 0, 500), generator.beta(0.8, 0.8, size=500)
    runs = [generator.random(500) < share for share in (shares * 0.8, shares, np.minimum(1.0, shares * 1.3))]
    base, first, second = (
        [r.model_copy(update={"verdict": verdict(bool(p))}) for r, p in zip(named, passes, strict=True)] for passes in runs
    )
    fixed = frozenset(r.key for r, old in zip(first, base, strict=True) if r.verdict.passed and not old.verdict.passed)
    report = judged(first, second, fixed=fixed)
    assert report.decision == "promote" and len(report.lost_fixes) > 5


def test_a_task_broken_from_all_samples_to_none_rejects_once_a_rerun_agrees() -> None:
    tasks = {f"t{n}": 1 for n in range(40)}
    before = sampled("target", {**tasks, "broke": 4}, 4)
    after = sampled("target", {**dict.fromkeys(tasks, 4), "broke": 0}, 4)
    report = decide(before, after, target=["target"], guard=[], settings=GateSettings())
    assert report.decision == "inconclusive" and report.broken == ("target/broke",)
    agreed = History(again=sampled("target", {"broke": 0}, 4))
    assert decide(before, after, target=["target"], guard=[], settings=GateSettings(), history=agreed).decision == "reject"
    lucky = History(again=sampled("target", {"broke": 1}, 4))
    assert decide(before, after, target=["target"], guard=[], settings=GateSettings(), history=lucky).decision == "promote"


def moved(made: list[Result], split: Split, prefix: str) -> list[Result]:
    """The same results under other tasks."""
    return [
        r.model_copy(
            update={
                "id": f"{prefix}{r.id}",
                "split": split,
                "attempt": r.attempt.model_copy(update={"key": f"{r.suite}/{prefix}{r.id}"}),
            }
        )
        for r in made
    ]


@pytest.mark.parametrize(("solved", "alarm"), [(60, True), (30, False)])
def test_memorised_training_tasks_raise_an_alarm_and_decide_nothing(solved: int, alarm: bool) -> None:
    before, after = results("target", 5, 60), results("target", 25, 60)
    trained = moved(results("target", 0, 60), "train", "a"), moved(results("target", solved, 60), "train", "a")
    report = judged(before, after, trained=trained)
    assert report.decision == "promote"
    found = report.overfit
    assert found is not None and found.alarm is alarm
    assert (found.trained_tasks, found.unseen_tasks) == (60, 55)  # 5 of the holdout passed before
    assert found.gap == pytest.approx(solved / 60 - 20 / 55)
    # Newcombe (1998), Statistics in Medicine 17:873, method 10, from scipy's Wilson limits of both shares.
    own, other = (binomtest(k, n).proportion_ci(method="wilson") for k, n in ((solved, 60), (20, 55)))
    low = found.gap - np.hypot(solved / 60 - own.low, other.high - 20 / 55)
    high = found.gap + np.hypot(own.high - solved / 60, 20 / 55 - other.low)
    assert found.ci95 == pytest.approx((low, high), abs=1e-9)


def test_a_perfect_model_raises_no_overfit_alarm() -> None:
    # The base passed 45%; what it failed was trained on. Everything is solved now, trained or not.
    before, after = results("target", 45, 100), results("target", 100, 100)
    trained = moved(results("target", 0, 64), "train", "a"), moved(results("target", 64, 64), "train", "a")
    report = judged(before, after, trained=trained)
    assert report.overfit is not None and report.overfit.gap == 0.0 and not report.overfit.alarm


def test_the_overfit_alarm_sees_a_second_promoted_round() -> None:
    # The champion memorised the training tasks in the first round; the second round changes nothing there.
    base_holdout, champion, after = (results("target", passed, 100) for passed in (5, 25, 40))
    base_train, memorised = (moved(results("target", passed, 64), "train", "a") for passed in (0, 64))
    blind = judged(champion, after, trained=(memorised, memorised)).overfit
    assert blind is None  # the champion, taken for the base, failed no training task
    found = judged(champion, after, trained=(memorised, memorised), base_train=base_train, base_holdout=base_holdout).overfit
    assert found is not None and found.alarm and found.gap == pytest.approx(1.0 - 35 / 95)


def test_a_task_whose_same_code_passes_and_fails_is_set_apart() -> None:
    before, after = results("target", 5, 60), results("target", 40, 60)
    coded = [r.model_copy(update={"attempt": r.attempt.model_copy(update={"code": f"def {r.id}(): ..."})}) for r in before]
    same = [r.model_copy(update={"attempt": c.attempt}) for r, c in zip(after, coded, strict=True)]
    report = decide(coded[:1] + before[1:], same[:1] + after[1:], target=["target"], guard=[], settings=GateSettings())
    assert report.flaky == ()  # passed both times
    report = decide(coded[9:10] + before[:9], same[9:10] + after[:9], target=["target"], guard=[], settings=GateSettings())
    assert report.flaky == ("target/t9",) and report.lines[0].n == 9 and "flaky tasks set apart: 1 " in report.notes()[0]


def judged(before: list[Result], after: list[Result], **history: Any) -> GateReport:
    return decide(before, after, target=["target"], guard=[], settings=GateSettings(), history=History(**history))


def test_tasks_on_one_side_only_are_never_overlooked() -> None:
    before, after = results("target", 5, 60), results("target", 50, 60)
    assert judged(before, after).decision == "promote"
    for sides in ((before, after[:50]), (before[:50], after)):
        report = judged(*sides)
        assert report.decision == "inconclusive"
        assert "10 tasks were evaluated on one side only" in report.reasons[0]


def test_training_tasks_without_a_verdict_are_not_called_holdout_tasks() -> None:
    trained = moved(results("target", 0, 3, errors=3), "train", "a")
    with pytest.raises(Inconclusive, match="suite target: no train task has a verdict"):
        compare_suites(trained, trained, target=["target"])


def test_a_guard_without_a_task_is_inconclusive() -> None:
    before, after = results("target", 5, 60), results("target", 50, 60)
    with pytest.raises(Inconclusive, match="suite guard: no holdout task"):
        decide(before, after, target=["target"], guard=["guard"], settings=GateSettings())


def test_another_number_of_samples_is_another_evaluation() -> None:
    tasks = dict.fromkeys([f"t{n}" for n in range(40)], 0)
    report = judged(sampled("target", tasks, 1), sampled("target", dict.fromkeys(tasks, 4), 4))
    assert (
        report.decision == "inconclusive"
        and "40 tasks have a different number of samples after than before (1 before, 4 after)" in report.reasons[0]
    )


def test_infrastructure_errors_are_said_and_too_many_decide_nothing() -> None:
    before = results("target", 10, 200)
    one = judged(before, results("target", 150, 200, errors=1))
    assert one.decision == "promote" and one.lines[0].errors == 1
    assert "infrastructure failed on one: target 1" in one.notes()[0]
    many = judged(before, results("target", 150, 200, errors=5))
    assert many.decision == "inconclusive" and "5 of 200 attempts after ended as infrastructure errors" in many.reasons[0]


def test_an_answer_that_stands_twice_is_refused() -> None:
    before, after = results("target", 5, 60), results("target", 50, 60)
    with pytest.raises(BadInput, match="1 samples of 1 tasks have more than one result"):
        judged(before, [*after, after[3]])


def test_a_gate_without_a_target_is_refused() -> None:
    both = results("guard", 30, 60)
    with pytest.raises(ValueError, match="at least one target"):
        decide(both, both, target=[], guard=["guard"], settings=GateSettings())


@pytest.mark.parametrize("tasks", [1, 2, 3, 4])
def test_a_handful_of_tasks_promotes_nothing(tasks: int) -> None:
    report = judged(results("target", 0, tasks), results("target", tasks, tasks))
    assert report.decision == "inconclusive" and "nothing can be decided" in report.reasons[0]
    worse = judged(results("target", tasks, tasks), results("target", 0, tasks))
    assert worse.decision == "inconclusive" and worse.lines[0].detects == "detects nothing"
    names = [f"t{n}" for n in range(tasks)]
    report = judged(sampled("target", dict.fromkeys(names, 0), 8), sampled("target", dict.fromkeys(names, 8), 8))
    assert report.decision != "promote"


def test_tasks_of_one_group_are_not_counted_as_independent() -> None:
    sides = [
        [r.model_copy(update={"group": f"g{int(r.id[1:]) % 4}"}) for r in results("target", passed, 60)] for passed in (5, 30)
    ]
    report = judged(*sides)
    assert report.decision == "inconclusive" and "with 60 tasks in 4 groups" in report.reasons[0]
    assert (report.lines[0].clusters, report.lines[0].test) == (4, "sign flips over groups")


def test_a_guard_slice_of_one_sampled_task_does_not_stop_the_gate() -> None:
    tasks = {f"t{n}": n % 5 for n in range(60)}
    guard = [r.model_copy(update={"slice": "alone" if r.id == "t0" else "s"}) for r in sampled("guard", tasks, 4)]
    before = sampled("target", dict.fromkeys(tasks, 1), 4) + guard
    after = sampled("target", dict.fromkeys(tasks, 3), 4) + guard
    report = decide(before, after, target=["target"], guard=["guard"], settings=GateSettings())
    assert report.decision == "promote"
    assert [(line.n, line.p) for line in report.lines if line.slice == "alone"] == [(1, 1.0)]


def test_a_slice_of_which_nothing_has_a_verdict_has_no_line() -> None:
    target = results("target", 5, 200), results("target", 60, 200)
    guard = sliced("guard", {"a": (60, 150), "b": (1, 1)})
    spoiled = [r.model_copy(update={"verdict": Verdict(status="error", reason="x")}) if r.slice == "b" else r for r in guard]
    report = decide(target[0] + guard, target[1] + spoiled, target=["target"], guard=["guard"], settings=GateSettings())
    assert report.decision == "promote" and "guard 1" in report.notes()[0]
    assert [line.slice for line in report.lines if line.role == "guard"] == ["*", "a"]


def test_a_suite_of_flaky_tasks_decides_nothing() -> None:
    made = [r.model_copy(update={"attempt": r.attempt.model_copy(update={"code": "x"})}) for r in results("target", 0, 9)]
    passed = [r.model_copy(update={"verdict": Verdict(status="pass", reason="pass")}) for r in made]
    with pytest.raises(Inconclusive, match="nothing can be compared"):
        judged(made, passed)


def test_a_broken_task_says_whether_it_was_run_again() -> None:
    tasks = {f"t{n}": 1 for n in range(40)}
    before = sampled("target", {**tasks, "broke": 4}, 4)
    after = sampled("target", {**dict.fromkeys(tasks, 4), "broke": 0}, 4)
    assert "1 tasks passed in every sample before and in none after: run them again" in judged(before, after).reasons[0]
    twice = judged(before, after, again=sampled("target", {"broke": 0}, 4))
    assert twice.decision == "reject" and "in none after, twice" in twice.reasons[0]


def test_a_fix_without_a_verdict_is_not_taken_for_kept() -> None:
    before, after = results("target", 5, 60), results("target", 40, 60)
    gone = History(fixed=frozenset({"target/gone"}))
    assert judged(before, after, fixed=gone.fixed).decision == "promote"
    report = decide(before, after, target=["target"], guard=[], settings=GateSettings(max_lost_share=0.5), history=gone)
    assert (
        report.decision == "inconclusive" and "1 holdout tasks that an earlier round fixed have no verdict" in report.reasons[0]
    )


def test_one_sample_before_and_one_of_each_further_run_name_no_broken_task() -> None:
    before, after = results("target", 30, 60), swapped("target", 30, 60, 5)
    assert judged(before, after, reruns=[before, before]).broken == ()


def test_a_level_below_5_percent_decides_with_its_own_interval_and_p() -> None:
    before, after = results("target", 20, 200), results("target", 33, 200)  # 13 gained: p 0.0001
    for level, decided in ((0.05, "promote"), (0.002, "promote"), (0.0001, "inconclusive")):
        report = decide(before, after, target=["target"], guard=[], settings=GateSettings(), level=level)
        assert report.decision == decided and report.level == level
        assert report.lines[0].ci95 == newcombe_paired(20, 13, 0, 167)
    assert "99.99% interval" in report.reasons[0] and "level of 0.01%" in report.notes()[0]
    assert report.lines[0].decisive == newcombe_paired(20, 13, 0, 167, 0.9999)
    assert report.lines[0].p == pytest.approx(0.5**13) and report.lines[0].detectable > 1.5 * detectable_gain(200, 13)
    for level in (0.0, 1.0):
        with pytest.raises(ValueError, match="level"):
            decide(before, after, target=["target"], guard=[], settings=GateSettings(), level=level)


def test_a_strict_level_needs_more_than_a_handful_of_tasks() -> None:
    sides = results("target", 0, 8), results("target", 8, 8)
    assert judged(*sides).decision == "promote"
    report = decide(*sides, target=["target"], guard=[], settings=GateSettings(), level=0.002)
    assert report.decision == "inconclusive" and "p cannot fall below 0.0039" in report.reasons[0]


def every_text(report: GateReport) -> str:
    """All that people read: reasons, notes, the table and what stands below it."""
    with console.out.capture() as shown:
        console.out.print(console.gate_table(report, "holdout"))
        console.show_reach(report.lines)
    return "\n".join([*report.reasons, *report.notes(), shown.get()])


def test_nothing_that_people_read_names_a_holdout_task() -> None:
    # Each finding of the gate in turn, with task names that no other text holds.
    tasks = {f"secret{n}": 1 for n in range(40)}
    good = sampled("target", tasks, 4), sampled("target", dict.fromkeys(tasks, 4), 4)
    broke = sampled("target", {"secretA": 4}, 4), sampled("target", {"secretA": 0}, 4)
    coded = [r.model_copy(update={"attempt": r.attempt.model_copy(update={"code": "x"})}) for r in broke[0] + broke[1]]
    guard = sliced("guard", {"a": (12, 20), "b": (12, 200)}), sliced("guard", {"a": (0, 20), "b": (26, 200)})
    strict, secret = GateSettings(max_lost_share=0.0), frozenset({"target/secret1", "target/secret2", "target/secretB"})
    lost = sampled("target", {**dict.fromkeys(tasks, 4), "secret1": 0}, 4)
    trained = moved(good[0], "train", "secret"), moved(good[1], "train", "secret")
    spoiled = [r.model_copy(update={"verdict": Verdict(status="error", reason="x")}) if r.id == "secret3" else r for r in good[1]]
    cases: list[tuple[list[Result], list[Result], dict[str, Any]]] = [
        (good[0] + broke[0], good[1] + broke[1], {}),
        (good[0] + broke[0], good[1] + broke[1], {"again": broke[1]}),
        (good[0], good[1][:-8], {}),
        (good[0], good[1][:-1], {}),
        (good[0], spoiled, {}),
        (good[0] + coded[:4], good[1] + coded[4:], {}),
        (good[0], lost, {"fixed": secret}),
        (good[0], good[1], {"fixed": frozenset({"target/secretB"})}),
        (good[0], good[1], {"reruns": [good[0]], "trained": trained}),
        (good[0][:8], good[1][:8], {}),
        (good[1], good[0], {}),
    ]
    said = []
    for before, after, history in cases:
        report = decide(
            before + guard[0],
            after + guard[1],
            target=["target"],
            guard=["guard"],
            settings=strict,
            history=History(**history),
            level=0.01,
        )
        said.append(every_text(report))
        report = decide(before, after, target=["target"], guard=[], settings=strict, history=History(**history))
        said.append(every_text(report))
    everything = "\n".join(said)
    for finding in (
        "none after: run",
        "none after, twice",
        "one side only",
        "different number of samples",
        "errors; evaluate",
        "flaky tasks",
        "fail again (gate",
        "no verdict now",
        "two runs of the old model",
        "unseen",
        "slice a",
        "left out",
        "nothing can be decided",
        "worse",
    ):
        assert finding in everything, finding
    assert "secret" not in everything
    with pytest.raises(BadInput) as doubled:
        decide(good[0], [*good[1], good[1][0]], target=["target"], guard=[], settings=strict)
    with pytest.raises(ValueError, match="same tasks") as unlike:
        compare_outcomes({"target/secret1": [True]}, {"target/secret2": [True]})
    assert "secret" not in str(doubled.value) + str(unlike.value)


def test_a_decision_keeps_the_settings_that_it_was_made_under() -> None:
    before, after = results("target", 5, 60), results("target", 50, 60)
    settings = GateSettings(min_effect=0.07)
    report = decide(before, after, target=["target"], guard=[], settings=settings)
    assert GateReport.model_validate_json(report.model_dump_json()).settings == settings


def drawn(generator: np.random.Generator, suite: str, shares: np.ndarray) -> list[Result]:
    passes = generator.random(shares.size) < shares
    return [
        r.model_copy(update={"slice": f"s{number % 3}", "verdict": Verdict(status="pass" if passed else "fail", reason="x")})
        for number, (r, passed) in enumerate(zip(results(suite, 0, shares.size), passes.tolist(), strict=True))
    ]


@pytest.mark.slow
def test_a_model_that_did_not_change_is_hardly_ever_promoted() -> None:
    generator = np.random.default_rng(7)
    promoted = 0
    for _ in range(300):
        shares = {suite: generator.beta(0.8, 0.8, size=60) for suite in ("target", "guard")}
        before, after = ([r for suite, s in shares.items() for r in drawn(generator, suite, s)] for _ in range(2))
        report = decide(before, after, target=["target"], guard=["guard"], settings=GateSettings())
        promoted += report.decision == "promote"
    assert promoted / 300 <= 0.025


@pytest.fixture
def goldloop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in a folder with two finished evaluations of 60 holdout and 10 training tasks."""
    monkeypatch.chdir(tmp_path)
    for name, passed in (("before", 5), ("after", 40)):
        evaluated(Path(name), results("codes", passed, 60), model=name)

    def call(*arguments: str) -> Ended:
        return ended(capsys, *arguments, flat="both")

    return call


def evaluated(folder: Path, holdout: list[Result], **inputs: str) -> None:
    """A finished evaluation on the disk, as ``goldloop eval`` leaves it."""
    train = [
        r.model_copy(update={"id": f"a{n}", "attempt": r.attempt.model_copy(update={"key": f"codes/a{n}"}), "split": "train"})
        for n, r in enumerate(holdout[:10])
    ]
    every = [*train, *holdout]

    def work(out: Path) -> Mapping[str, Any]:
        write_jsonl(out / "results.jsonl", every)
        return {"counts": count_results(every), "results": digest_file(out / "results.jsonl")}

    stage(folder, {"evals": "e", "backend": "hf", "tasks": "t", **inputs}, work)


def test_the_verb_logs_its_decision_and_keeps_the_evidence(goldloop: Run) -> None:
    ended = goldloop("gate", "before", "after", "--target", "codes")
    assert ended.code == 0 and "60 tasks; detects" in ended.out
    assert "decision 1 of 25 on this holdout; unchanged models would be promoted at least once in about" in ended.out
    (file,) = Path("after").glob("gate-*.json")
    kept = read_json(file)
    assert kept["level"] == 0.05 and kept["sequence"][0].startswith("decision 1 of 25")
    assert GateReport.model_validate(kept["report"]).decision == "promote"
    assert kept["before"]["results"] == digest_file(Path("before/results.jsonl"))
    looks = HoldoutLedger(Path("runs")).looks
    expected = [("evaluation", "before"), ("evaluation", "after"), ("decision", "after")]
    assert [(look.what, look.subject) for look in looks] == expected and {look.suite for look in looks} == {"codes"}
    assert len(looks[0].groups) == 60


def test_the_verb_holds_to_the_budget_of_looks(goldloop: Run) -> None:
    assert goldloop("gate", "before", "after", "--target", "codes", "--set", "looks=2").code == 0
    evaluated(Path("third"), results("codes", 41, 60), model="third")
    ended = goldloop("gate", "before", "third", "--target", "codes", "--set", "looks=2")
    assert ended.code == 3 and "2 models were evaluated on its holdout (gate.looks: 2), and 1 more would be" in ended.err
    assert goldloop("gate", "after", "before", "--target", "codes", "--set", "looks=2").code == 2
    ended = goldloop("gate", "before", "before", "--target", "codes", "--set", "looks=2")
    assert ended.code == 3 and "decided on 2 times (gate.looks: 2)" in ended.err


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda: Path("after/manifest.json").unlink(), "the evaluation did not finish"),
        (lambda: rewrite(lambda lines: lines[:-5]), "was changed: holds"),
        (lambda: rewrite(lambda lines: [line.replace(b'"status":"fail"', b'"status":"pass"') for line in lines]), "was changed"),
        (lambda: rewrite(lambda lines: [*lines[:-1], lines[-1][:40]]), "results.jsonl:70: not JSON"),
        (lambda: other(evals="sampled"), "differ in more than the model: settings of decoding"),
        (lambda: other(backend="openai"), "differ in more than the model: backend"),
        (lambda: other(tasks="sharper"), "differ in more than the model: what the tasks ask or check"),
    ],
)
def test_the_verb_decides_on_nothing_but_two_whole_evaluations_made_alike(
    goldloop: Run, spoil: Callable[[], None], said: str
) -> None:
    spoil()
    ended = goldloop("gate", "before", "after", "--target", "codes")
    assert ended.code == 4 and said in ended.err.replace("/ ", "/")
    assert not list(Path("after").glob("gate-*.json")) and HoldoutLedger(Path("runs")).looks == []


def rewrite(change: Callable[[list[bytes]], list[bytes]]) -> None:
    file = Path("after/results.jsonl")
    file.write_bytes(b"".join(change(file.read_bytes().splitlines(keepends=True))))


def other(**inputs: str) -> None:
    rmtree("after")
    evaluated(Path("after"), results("codes", 40, 60), model="after", **inputs)


def test_further_runs_of_the_old_model_can_be_given_to_the_verb(goldloop: Run) -> None:
    evaluated(Path("noisy"), results("codes", 50, 60), model="before")
    ended = goldloop("gate", "before", "after", "--target", "codes", "--noise", "noisy", "--json")
    report = GateReport.model_validate({k: v for k, v in json.loads(ended.out).items() if k not in ("evidence", "sequence")})
    assert ended.code == 0 and report.lines[0].before == pytest.approx(55 / 120) and report.noise["codes"].runs == 2


def test_further_runs_are_of_the_old_model(goldloop: Run) -> None:
    evaluated(Path("noisy"), results("codes", 50, 60), model="another")
    ended = goldloop("gate", "before", "after", "--target", "codes", "--noise", "noisy")
    assert ended.code == 4 and "noisy: another model than before" in ended.err


def test_a_comparison_keeps_splits_apart_and_is_logged(goldloop: Run) -> None:
    ended = goldloop("compare", "before", "after")
    assert "train, paired, in points" in ended.out and "holdout, paired, in points" in ended.out
    assert ended.out.count("80% power") == 2
    assert "codes: 35 gained, 0 lost" in ended.out and "codes: 5 gained, 0 lost" in ended.out
    assert {(look.what, look.subject) for look in HoldoutLedger(Path("runs")).looks} == {
        ("evaluation", "before"),
        ("evaluation", "after"),
    }


def test_evaluations_of_different_suites_cannot_be_compared(goldloop: Run) -> None:
    evaluated(Path("elsewhere"), results("others", 5, 60), model="after")
    rewrite_suite = [r.model_copy(update={"suite": "others"}) for r in results("others", 5, 60)]
    write_jsonl(Path("elsewhere/results.jsonl"), rewrite_suite)
    manifest = {"counts": count_results(rewrite_suite), "results": digest_file(Path("elsewhere/results.jsonl"))}
    write_json(Path("elsewhere/manifest.json"), manifest)
    ended = goldloop("compare", "before", "elsewhere")
    assert ended.code == 4 and "no suite was evaluated in both" in ended.err
