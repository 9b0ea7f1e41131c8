"""Levers side by side: the arms that are made, the statistics between them, and a whole comparison on a scripted model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import WriteSuite

from evals.errors import BadInput, Inconclusive
from evals.files import read_json
from evals.models.base import Completion, Prompt, Sampling
from evals.models.scripted import ScriptedBackend
from evals.sandboxes.base import Sandbox
from evals.suites import load_suite
from loop.ablate import BASE, Arm, arms_of, compare_arms, run_arms, with_rules
from loop.config import make_config
from loop.stages import Bench


def test_rules_and_adapter_make_four_arms() -> None:
    arms = arms_of(rules="be brief", adapter="a", temperature=0, tries=1, repair=0)
    assert [(arm.name, bool(arm.rules), arm.adapter) for arm in arms] == [
        ("base", False, ""),
        ("+ rules", True, ""),
        ("+ adapter", False, "a"),
        ("+ rules + adapter", True, "a"),
    ]


def test_no_lever_is_refused() -> None:
    with pytest.raises(BadInput, match="--rules"):
        arms_of(rules="", adapter="", temperature=0, tries=1, repair=0)


def test_every_arm_is_compared_with_the_base_and_corrected_for_their_number() -> None:
    base = {f"t{n}": [n < 10] for n in range(40)}
    better = {f"t{n}": [n < 19] for n in range(40)}
    reports = compare_arms({BASE: base, "+ rules": better, "+ adapter": base})
    assert [report.name for report in reports] == ["base", "+ rules", "+ adapter"]
    assert reports[0].delta is None and reports[1].delta == pytest.approx(9 / 40) and reports[2].delta == 0
    assert reports[1].p == pytest.approx(2 * 0.5**9)  # mid-p of 9 to 0, twice: two comparisons
    assert (reports[1].gained, reports[1].lost) == (9, 0)


def test_arms_without_a_shared_verdict_are_inconclusive() -> None:
    with pytest.raises(Inconclusive):
        compare_arms({BASE: {"a": [True]}, "+ rules": {"b": [True]}})


def test_rules_come_after_the_suites_own_system_prompt(write_suite: WriteSuite) -> None:
    (task, *_) = load_suite(str(write_suite())).tasks
    ruled = with_rules(task.model_copy(update={"system": "You write Python."}), "Answer in one block.\n")
    assert ruled.messages()[0]["content"] == "You write Python.\n\nAnswer in one block."
    assert with_rules(task, " \n") is task


def test_a_comparison_on_a_model_that_needs_rules_and_repairs(write_suite: WriteSuite, sandbox: Sandbox, tmp_path: Path) -> None:
    path = write_suite(train=6)
    suite = load_suite(str(path))
    goldens = {task.prompt: f"```python\n{task.golden}```" for task in suite.tasks}

    class NeedsRules(ScriptedBackend):
        """Right with rules in the system prompt, or once it was told that it was wrong."""

        def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
            texts = [
                goldens[next(m["content"] for m in prompt.messages if m["role"] == "user")]
                if prompt.messages[0]["role"] == "system" or len(prompt.messages) > 1
                else "no idea"
                for prompt in prompts
            ]
            return [Completion(text=text, finish_reason="stop") for text in texts]

    bench = Bench(
        config=make_config({"model": "scripted", "suites": {"target": [str(path)]}}),
        targets=[suite],
        guards=[],
        sandbox=sandbox,
        open_backend=lambda ref: NeedsRules({}, ref=ref),
    )
    arms = [Arm(name=BASE), Arm(name="+ rules", rules="Think."), Arm(name="repair", evals={"repair_turns": 1}, repaired=True)]
    base, rules, repair = run_arms(bench, arms, suite.split("train"), tmp_path / "out")
    assert (base.rate, rules.rate, repair.rate) == (0.0, 1.0, 1.0) and rules.gained == repair.gained == 6
    assert (tmp_path / "out/arm-1/rules.md").read_text() == "Think."
    assert [arm["name"] for arm in read_json(tmp_path / "out/ablation.json")["arms"]] == [BASE, "+ rules", "repair"]
    assert bench.config.evals.repair_turns == 0
