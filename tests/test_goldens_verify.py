"""Verification: what is sound, weak, broken, or not known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from evals.errors import Inconclusive, TaskFault
from evals.graders import grade
from evals.records import Task, Verdict
from evals.run import Grade
from evals.sandboxes.base import Sandbox
from goldens.prove import LEAST_SECONDS, TIME_FACTOR, within
from goldens.verify import Effort, check_known, score_of, tallies, verify_all, verify_task

pytestmark = pytest.mark.slow

GOLDEN = "def f(x):\n    if x > 3:\n        return x * 2\n    return -1\n"
SHARP = "assert f(4) == 8\nassert f(3) == -1\nassert f(5) == 10\nassert f(0) == -1\n"
BLUNT = "assert f(9) == 18\n"
PASS, FAIL = Verdict(status="pass", reason="pass"), Verdict(status="fail", reason="wrong_value")
ERROR, LATE = Verdict(status="error", reason="sandbox"), Verdict(status="fail", reason="time")


def task(golden: str = GOLDEN, checks: str = SHARP, **changes: Any) -> Task:
    row = {"id": "t", "suite": "s", "split": "train", "group": "g", "prompt": "p", "golden": golden, "checks": checks}
    return Task.model_validate({**row, "source": "suite/t", **changes})


def in_box(sandbox: Sandbox) -> Grade:
    return lambda task, code: grade(task, code, sandbox)


def test_sharp_checks_kill_every_mutant(sandbox: Sandbox) -> None:
    found = verify_task(task(), in_box(sandbox), Effort(mutants=12))
    assert (found.state, found.passes, found.repeats, found.score) == ("sound", 3, 3, 1.0), found
    assert found.mutants == found.killed >= 8
    assert {name: tried.status for name, tried in found.stubs.items()} == {
        "empty": "fail",
        "identity": "fail",
        "constant": "fail",
    }


def test_blunt_checks_are_weak_and_their_survivors_are_shown_as_lines(sandbox: Sandbox) -> None:
    found = verify_task(task(checks=BLUNT), in_box(sandbox), Effort(mutants=12))
    assert found.state == "weak"
    assert found.score is not None
    assert found.score < 0.75
    assert ("boundary", 2, "if x > 3:", "if x >= 3:") in {(s.operator, s.line, s.before, s.after) for s in found.survivors}
    assert found.killed + len(found.survivors) + found.mutant_errors == found.mutants


def test_a_constant_answer_that_passes_is_reported_and_rejects_nothing(sandbox: Sandbox) -> None:
    found = verify_task(task(checks=BLUNT), in_box(sandbox), Effort(mutants=0))
    assert found.stubs["constant"].status == "pass"
    assert (found.state, found.findings) == ("sound", ("a stub passes: constant",))


def test_checks_that_an_empty_answer_passes_are_broken(sandbox: Sandbox) -> None:
    found = verify_task(task(checks="assert f(1) != 5\n"), in_box(sandbox), Effort(mutants=0))
    assert found.state == "broken"
    assert any("does nothing" in finding for finding in found.findings)


def test_a_golden_that_fails_is_broken_and_nothing_more_is_run() -> None:
    answers = [PASS, FAIL]
    found = verify_task(task(), lambda task, code: answers.pop(0), Effort(repeats=3))
    assert (found.state, found.passes, found.repeats, answers) == ("broken", 1, 2, [])
    assert found.findings == ("the golden passes 1 of 2 runs: wrong_value",)


def test_checks_that_the_answer_itself_decides_are_weak() -> None:
    inside = PASS.model_copy(update={"evidence": {"checks": 2, "inside": 2}})
    found = verify_task(task(), lambda task, code: inside if code == GOLDEN else FAIL, Effort(mutants=3))
    assert found.state == "weak"
    assert found.findings == ("2 of 2 checks are decided by the answer's own process; compare with literals",)


def test_a_mutant_that_loops_for_ever_is_killed_by_time(sandbox: Sandbox) -> None:
    golden = "def f(x):\n    n = 0\n    while n < x:\n        n += 1\n    return n\n"
    wanted = task(golden, "assert f(2) == 2\nassert f(5) == 5\n", limits={"wall_seconds": 2.0})
    reasons = []

    def watched(task: Task, code: str | None) -> Verdict:
        verdict = grade(task, code, sandbox)
        reasons.append(verdict.reason)
        return verdict

    found = verify_task(wanted, watched, Effort(repeats=1, mutants=20))
    assert "time" in reasons
    assert found.mutant_errors == 0
    assert found.killed >= 6


def test_what_the_grader_refuses_is_broken_with_its_reason() -> None:
    def refuse(task: Task, code: str | None) -> Verdict:
        raise TaskFault("suite/t: no")

    found = verify_task(task(), refuse, Effort())
    assert (found.state, found.findings) == ("broken", ("suite/t: no",))


def test_a_language_without_mutators_is_weak() -> None:
    wanted = task("MOVE 1 TO X", language="fakes:UNMUTATED", kind="stdin", cases=[{"stdout": "1"}])
    found = verify_task(wanted, lambda task, code: PASS if code == task.golden else FAIL, Effort())
    assert (found.state, found.score) == ("weak", None)
    assert "no mutants: language 'unmutated' has no mutator" in found.findings[0]


def flaky(share: float) -> Callable[[Task, str | None], Verdict]:
    """Goldens pass; of the rest, this share ends as errors."""
    count = [0.0]

    def run(task: Task, code: str | None) -> Verdict:
        if code == task.golden:
            return PASS
        count[0] += share
        if count[0] >= 1:
            count[0] -= 1
            return ERROR
        return FAIL

    return run


def test_errors_are_counted_and_left_out_of_the_score() -> None:
    found = verify_task(task(), flaky(0.5), Effort(mutants=8))
    assert found.mutant_errors == 3 + 1
    assert found.score == 1.0
    assert found.errors == found.mutant_errors + sum(tried.status == "error" for tried in found.stubs.values())


def test_too_many_errors_allow_no_conclusion() -> None:
    found = verify_all([task(id=str(n)) for n in range(4)], flaky(0.1), Effort(mutants=8))
    with pytest.raises(Inconclusive, match="infrastructure errors"):
        check_known(found)


def test_few_errors_allow_one() -> None:
    check_known(verify_all([task(id=str(n)) for n in range(4)], flaky(0.001), Effort(mutants=8)))


def test_no_run_at_all_allows_no_conclusion() -> None:
    with pytest.raises(Inconclusive):
        check_known([])


def test_a_golden_that_never_ran_is_an_error_and_not_broken() -> None:
    found = verify_task(task(), lambda task, code: ERROR, Effort())
    assert (found.state, found.passes, found.golden_errors) == ("error", 0, 3)


@pytest.mark.parametrize("first", [[LATE], [ERROR] * 3])
def test_a_golden_that_ran_late_or_met_faults_is_verified_again_alone(first: list[Verdict]) -> None:
    answers = [*first, *[PASS] * 3, *[FAIL] * 20]
    (found,) = verify_all([task()], lambda task, code: answers.pop(0), Effort(mutants=2))
    assert (found.state, found.passes) == ("sound", 3)


def test_two_late_runs_are_broken() -> None:
    (found,) = verify_all([task()], lambda task, code: LATE, Effort(mutants=2))
    assert (found.state, found.late) == ("broken", True)


def test_tallies_have_a_row_a_suite_and_a_slice() -> None:
    tasks = [task(id=f"{tag}{n}", tags=[tag]) for tag in ("a", "b") for n in range(2)]
    found = verify_all(tasks, lambda task, code: PASS if code == GOLDEN else FAIL, Effort(mutants=2))
    rows = list(tallies(found))
    assert [(row.slice, row.tasks, row.sound, row.mutants, row.score) for row in rows] == [
        ("*", 4, 4, 8, 1.0),
        ("a", 2, 2, 4, 1.0),
        ("b", 2, 2, 4, 1.0),
    ]
    assert score_of(found) == 1.0


def test_the_time_limit_is_a_multiple_of_the_goldens_own_within_the_tasks() -> None:
    wanted = task(limits={"wall_seconds": 20.0})
    assert within(wanted, 0.0).limits.wall_seconds == LEAST_SECONDS
    assert within(wanted, 1.0).limits.wall_seconds == TIME_FACTOR
    assert within(wanted, 9.0).limits.wall_seconds == 20.0
