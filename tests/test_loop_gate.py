from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
import pytest
from command_line import Ended, Run

from evals.errors import BadInput, Inconclusive
from evals.files import digest_file, read_json, write_json, write_jsonl
from evals.records import Attempt, Result, Status, Verdict
from loop.cli import main
from loop.config import GateSettings
from loop.gate import GateReport, History, decide
from loop.holdout import HoldoutLedger
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


def test_no_gain_rejects() -> None:
    assert decision((5, 5), (30, 30)) == "reject"


def test_a_gain_within_noise_is_inconclusive() -> None:
    assert decision((5, 7), (30, 30)) == "inconclusive"


def test_a_guard_that_falls_rejects_whatever_the_gain() -> None:
    assert decision((5, 50), (30, 26)) == "reject"


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
    assert "with 60 tasks this run can see 11 points" in report.reasons[0]  # 7 gains and no loss, in four of five runs


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


def test_a_fix_of_an_earlier_round_that_is_lost_rejects() -> None:
    before, after = results("target", 5, 60), results("target", 40, 60)
    fixed = History(fixed=frozenset({"target/t3", "target/t50"}))
    report = decide(before, after, target=["target"], guard=[], settings=GateSettings(), history=fixed)
    assert report.decision == "reject" and report.lost_fixes == ("target/t50",)
    kind = GateSettings(lost_fixes=1)
    assert decide(before, after, target=["target"], guard=[], settings=kind, history=fixed).decision == "promote"


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
        assert "10 tasks were evaluated on one side only" in report.reasons[0] and "target/t50" in report.reasons[0]


def test_a_guard_without_a_task_is_inconclusive() -> None:
    before, after = results("target", 5, 60), results("target", 50, 60)
    with pytest.raises(Inconclusive, match="suite guard: no holdout task"):
        decide(before, after, target=["target"], guard=["guard"], settings=GateSettings())


def test_another_number_of_samples_is_another_evaluation() -> None:
    tasks = dict.fromkeys([f"t{n}" for n in range(40)], 0)
    report = judged(sampled("target", tasks, 1), sampled("target", dict.fromkeys(tasks, 4), 4))
    assert report.decision == "inconclusive" and "such as target/t0: 1 before, 4 after" in report.reasons[0]


def test_infrastructure_errors_are_said_and_too_many_decide_nothing() -> None:
    before = results("target", 10, 200)
    one = judged(before, results("target", 150, 200, errors=1))
    assert one.decision == "promote" and one.lines[0].errors == 1
    assert "infrastructure failed on one: target 1" in one.notes()[0]
    many = judged(before, results("target", 150, 200, errors=5))
    assert many.decision == "inconclusive" and "5 of 200 attempts after ended as infrastructure errors" in many.reasons[0]


def test_an_answer_that_stands_twice_is_refused() -> None:
    before, after = results("target", 5, 60), results("target", 50, 60)
    with pytest.raises(BadInput, match="target/t3, sample 0: two results in one evaluation"):
        judged(before, [*after, after[3]])


def test_a_gate_without_a_target_is_refused() -> None:
    both = results("guard", 30, 60)
    with pytest.raises(ValueError, match="at least one target"):
        decide(both, both, target=[], guard=["guard"], settings=GateSettings())


@pytest.mark.parametrize("tasks", [1, 2, 3, 4])
def test_a_handful_of_tasks_promotes_nothing(tasks: int) -> None:
    report = judged(results("target", 0, tasks), results("target", tasks, tasks))
    assert report.decision == "inconclusive" and "this run can see no difference at all" in report.reasons[0]
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
    assert "such as target/broke: run them again" in judged(before, after).reasons[0]
    twice = judged(before, after, again=sampled("target", {"broke": 0}, 4))
    assert twice.decision == "reject" and "in none after, twice" in twice.reasons[0]


def test_a_fix_without_a_verdict_is_not_taken_for_kept() -> None:
    before, after = results("target", 5, 60), results("target", 40, 60)
    report = judged(before, after, fixed=frozenset({"target/gone"}))
    assert (
        report.decision == "inconclusive" and "1 holdout tasks that an earlier round fixed have no verdict" in report.reasons[0]
    )


def test_noise_is_of_the_same_tasks() -> None:
    before, after = results("target", 20, 60), results("target", 50, 60)
    assert judged(before, after, reruns=[before[:30]]).noise_floor == 0.0  # the first 30 pass more often than all do


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
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(list(arguments))
        out, err = capsys.readouterr()
        return Ended(int(caught.value.code or 0), " ".join(out.split()), " ".join(err.split()))

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
    assert ended.code == 0 and "with 60 tasks this comparison can see" in ended.out
    (file,) = Path("after").glob("gate-*.json")
    kept = read_json(file)
    assert GateReport.model_validate(kept["report"]).decision == "promote"
    assert kept["before"]["results"] == digest_file(Path("before/results.jsonl"))
    (look,) = HoldoutLedger(Path("runs")).looks
    assert (look.what, look.suite, look.subject) == ("decision", "codes", "after") and len(look.groups) == 60


def test_the_verb_holds_to_the_budget_of_looks(goldloop: Run) -> None:
    assert goldloop("gate", "before", "after", "--target", "codes", "--set", "looks=1").code == 0
    ended = goldloop("gate", "after", "before", "--target", "codes", "--set", "looks=1")
    assert ended.code == 3 and "decided on 1 times (gate.looks: 1)" in ended.err


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


def test_noise_and_reruns_can_be_given_to_the_verb(goldloop: Run) -> None:
    evaluated(Path("noisy"), results("codes", 50, 60), model="before")
    ended = goldloop("gate", "before", "after", "--target", "codes", "--noise", "noisy")
    assert ended.code == 3 and "differs from itself by 75.0 points" in ended.out


def test_a_comparison_keeps_splits_apart_and_is_logged(goldloop: Run) -> None:
    ended = goldloop("compare", "before", "after")
    assert "train, paired, in points" in ended.out and "holdout, paired, in points" in ended.out
    assert ended.out.count("this comparison can see") == 2
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
