from __future__ import annotations

import pytest

from evals.errors import Inconclusive, TaskFault
from evals.graders import grade
from evals.records import Task, Verdict
from evals.sandboxes.base import Sandbox
from goldens.prove import prove, prove_all


def task(golden: str = "def f(x):\n    return x + 1\n", checks: str = "assert f(1) == 2\n", **changes: object) -> Task:
    row = {"id": "t", "suite": "s", "split": "train", "group": "g", "prompt": "p", "golden": golden, "checks": checks}
    return Task.model_validate({**row, **changes})


def test_a_right_golden_is_proved_with_both_verdicts(sandbox: Sandbox) -> None:
    golden = prove(task(), lambda t, code: grade(t, code, sandbox)).golden
    assert golden is not None
    assert (golden.proof.status, golden.proof.sandbox) == ("pass", sandbox.tier)
    assert golden.empty is not None
    assert golden.empty.status == "fail"
    assert golden.seconds > 0


def test_checks_that_pass_for_nothing_are_refused(sandbox: Sandbox) -> None:
    proof = prove(task(checks="assert f(1) != 5\n"), lambda t, code: grade(t, code, sandbox))
    assert proof.golden is None
    assert "pass for an answer that does nothing" in proof.problem


def test_every_broken_golden_is_named(sandbox: Sandbox) -> None:
    broken = [task("def f(x):\n    return x\n", id=name, source=f"suite/{name}") for name in ("a", "b")]
    with pytest.raises(TaskFault) as caught:
        prove_all(broken, lambda t, code: grade(t, code, sandbox))
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["suite/a", "suite/b"]


def test_a_task_without_a_golden_is_skipped_in_the_holdout_and_refused_in_training() -> None:
    def never(task: Task, code: str | None) -> Verdict:
        raise AssertionError("nothing is to be run")

    assert prove_all([task("", split="holdout")], never) == {}
    with pytest.raises(TaskFault, match="a training task needs a golden"):
        prove_all([task("", split="train")], never)


def scripted(*verdicts: Verdict) -> list[Verdict]:
    return list(verdicts)


@pytest.mark.parametrize("first", [Verdict(status="fail", reason="time"), Verdict(status="error", reason="sandbox")])
def test_a_golden_that_ran_late_or_met_a_fault_is_proved_again_alone(first: Verdict) -> None:
    answers = scripted(
        first,
        Verdict(status="pass", reason="pass"),
        Verdict(status="fail", reason="wrong_value"),
    )
    assert list(prove_all([task()], lambda t, code: answers.pop(0))) == ["s/t"]


def test_a_sandbox_that_fails_is_no_broken_golden() -> None:
    with pytest.raises(Inconclusive, match="could not be proved, the sandbox failed"):
        prove_all([task()], lambda t, code: Verdict(status="error", reason="sandbox"))
