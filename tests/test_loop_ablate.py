"""Levers side by side: the arms that are made, the statistics between them, and a whole comparison on a scripted model."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import WriteSuite
from fakes import answer_right, answer_wrong

from evals.errors import BadInput, Inconclusive
from evals.files import digest, read_json
from evals.models.base import Completion, Prompt, Sampling
from evals.models.scripted import ScriptedBackend
from evals.records import ModelRef, Task, Verdict
from evals.sandboxes.base import Sandbox
from evals.stats import compare
from evals.suites import load_suite
from finetune.records import TRAINED_ON
from loop.ablate import BASE, Arm, arms_of, compare_arms, read_rules, require_comparable, run_arms, with_rules
from loop.adapters import check_adapter
from loop.bench import Bench
from loop.cli import main
from loop.config import make_config
from loop.runs import start_run
from loop.verbs.levers import _best

pytestmark = pytest.mark.usefixtures("self_test_once")


def test_rules_and_adapter_make_four_arms() -> None:
    arms = arms_of(rules={"rules": "be brief"}, adapter="a", temperature=0, tries=1, repair=0)
    assert [(arm.name, bool(arm.rules), arm.adapter) for arm in arms] == [
        ("base", False, ""),
        ("+ rules", True, ""),
        ("+ adapter", False, "a"),
        ("+ rules + adapter", True, "a"),
    ]


def test_no_lever_is_refused() -> None:
    with pytest.raises(BadInput, match="--rules"):
        arms_of(rules={}, adapter="", temperature=0, tries=1, repair=0)


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
    base, rules, repair = run_arms(bench, arms, suite.split("train"), tmp_path / "out").arms
    assert (base.rate, rules.rate, repair.rate) == (0.0, 1.0, 1.0) and rules.gained == 6
    assert repair.oracle and not rules.oracle and repair.delta is repair.p is None
    assert (tmp_path / "out/rules/rules.md").read_text() == "Think."
    assert [arm["name"] for arm in read_json(tmp_path / "out/ablation.json")["arms"]] == [BASE, "+ rules", "repair"]
    assert bench.config.evals.repair_turns == 0
    assert [arm["rules"] for arm in read_json(tmp_path / "out/ablation.json")["arms"]] == ["", digest("Think."), ""]

    edited = [Arm(name=BASE), Arm(name="+ rules", rules="Think twice.")]
    with pytest.raises(BadInput, match="an edited rule is another lever"):
        run_arms(bench, edited, suite.split("train"), tmp_path / "out")
    assert (tmp_path / "out/rules/rules.md").read_text() == "Think."

    further = [arms[0], Arm(name="+ others", rules="Try."), arms[2]]
    assert [report.rate for report in run_arms(bench, further, suite.split("train"), tmp_path / "out").arms] == [0.0, 1.0, 1.0]


def test_a_task_whose_verdict_flips_for_the_same_code_is_set_apart(
    write_suite: WriteSuite, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = write_suite(train=6)
    suite = load_suite(str(path))
    flaky = suite.split("train")[0]

    class Flipping(Bench):
        asked = 0

        def grade(self, task: Task, code: str | None) -> Verdict:
            if task.key != flaky.key:
                return Verdict(status="pass", reason="pass")
            Flipping.asked += 1
            return Verdict(status="pass" if Flipping.asked % 2 else "fail", reason="wrong_value")

    bench = Flipping(
        config=make_config({"model": "scripted", "suites": {"target": [str(path)]}}),
        targets=[suite],
        guards=[],
        sandbox=sandbox,
        open_backend=lambda ref: ScriptedBackend(answer_right, ref=ref),
    )
    found = run_arms(bench, [Arm(name=BASE), Arm(name="+ rules", rules="Think.")], suite.split("train"), tmp_path / "out")
    assert found.flaky == (flaky.key,) and [report.n for report in found.arms] == [5, 5]


def test_tasks_of_one_group_are_one_piece_of_evidence() -> None:
    base, better = {f"t{n}": [False] for n in range(8)}, {f"t{n}": [n < 6] for n in range(8)}
    alone = compare_arms({BASE: base, "+ rules": better})[1]
    grouped = compare_arms({BASE: base, "+ rules": better}, {f"t{n}": f"s/{n // 4}" for n in range(8)})[1]
    assert grouped.delta == alone.delta and grouped.p is not None and alone.p is not None and grouped.p > alone.p


def test_several_rule_files_make_an_arm_each(tmp_path: Path) -> None:
    for name in ("brief", "typed"):
        (tmp_path / f"{name}.md").write_text(f"Be {name}.")
    texts = read_rules([tmp_path / "brief.md", tmp_path / "typed.md"])
    arms = arms_of(rules=texts, adapter="a", temperature=0, tries=1, repair=0)
    assert [arm.folder for arm in arms] == ["base", "brief", "typed", "adapter", "brief-adapter", "typed-adapter"]


def test_tries_take_the_temperature_that_the_base_has() -> None:
    _, arm = arms_of(rules={}, adapter="", temperature=0, tries=4, repair=0, usual_temperature=0.3)
    assert (arm.folder, arm.evals) == ("best-of-4-at-0.3", {"temperature": 0.3, "samples": 4})
    with pytest.raises(BadInput, match="the base has this temperature already"):
        arms_of(rules={}, adapter="", temperature=0.3, tries=1, repair=0, usual_temperature=0.3)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"none.md": None}, r"none\.md: no such file"),
        ({"empty.md": b" \n"}, r"empty\.md: the file is empty"),
        ({"latin.md": b"sch\xf6n"}, r"latin\.md: not UTF-8 text \(byte 3\)"),
        ({"one.md": b"Be brief.", "one.txt": b"Be long."}, "another file is called 'one'"),
        ({"one.md": b"Be brief.", "two.md": b"Be brief.\n"}, r"two\.md: has the same text as 'one'"),
        ({"base.md": b"Be brief.", "two.md": b"Be long."}, "two arms would be called 'base'"),
    ],
)
def test_mistakes_in_rule_files_are_named(tmp_path: Path, files: dict[str, bytes | None], said: str) -> None:
    for name, content in files.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=said):
        arms_of(rules=read_rules([tmp_path / name for name in files]), adapter="", temperature=0, tries=1, repair=0)


@pytest.mark.parametrize(
    ("config", "weights", "said"),
    [
        (None, False, "holds no adapter_model.safetensors"),
        (None, True, "holds no adapter_config.json"),
        ('{"base_model_name_or_path": "nobody/other-7b"}', True, "was trained on nobody/other-7b, the model is mine"),
        ('{"base_model_name_or_path": "hub/Mine"}', True, ""),
        ('{"base_model_name_or_path": "/elsewhere/other-7b"}', True, ""),
        ("{}", True, ""),
    ],
)
def test_an_adapter_that_cannot_be_used_is_found_before_anything_runs(
    tmp_path: Path, config: str | None, weights: bool, said: str
) -> None:
    if weights:
        (tmp_path / "adapter_model.safetensors").write_bytes(b"x")
    if config is not None:
        (tmp_path / "adapter_config.json").write_text(config)
    if not said:
        check_adapter(str(tmp_path), "mine")
        return
    with pytest.raises(BadInput, match=said):
        check_adapter(str(tmp_path), "mine")


def test_the_verb_names_the_best_lever_and_what_comes_next(
    write_suite: WriteSuite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules.md"
    rules.write_text("Think.")
    arguments = ["ablate", str(write_suite(train=8)), "--split", "train", "--rules", str(rules), "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--repair", "1", "--model", "scripted", "--set", "backend=test_loop_ablate:RuledBackend"])
    out, err = capsys.readouterr()
    assert ended.value.code in (0, None), err
    said = " ".join(out.split())
    assert "better than the base: + rules, +100.0 points" in said
    compared, _, apart = said.partition(
        "with an oracle at use: the tests choose or mend the answers; not comparable with the base"
    )
    assert "repair turn" in apart and "repair turn" not in compared
    assert f"next: goldloop failures {tmp_path}/out/rules" in err


class RuledBackend(ScriptedBackend):
    """Right exactly where its system prompt says ``Think.``"""

    def __init__(self, ref: ModelRef, *, batch_size: int = 4) -> None:
        super().__init__({}, ref=ref, batch_size=batch_size)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        answers = [answer_right if "Think." in prompt.messages[0]["content"] else answer_wrong for prompt in prompts]
        asked = ["\n".join(message["content"] for message in prompt.messages) for prompt in prompts]
        texts = [answer(text) for answer, text in zip(answers, asked, strict=True)]
        return [Completion(text=text, finish_reason="stop") for text in texts]


def test_an_unchanged_model_wins_by_no_oracle() -> None:
    """Best of 4 of the same model at the same temperature: by itself a gain in nearly every run, here never one that is named."""
    tempting = named = 0
    for seed in range(100):
        draw = random.Random(seed)
        chance = [draw.random() for _ in range(60)]
        base = {f"t{n}": [draw.random() < share] for n, share in enumerate(chance)}
        best = {f"t{n}": [any(draw.random() < share for _ in range(4))] for n, share in enumerate(chance)}
        arms = [Arm(name=BASE), *arms_of(rules={}, adapter="", temperature=0, tries=4, repair=0, usual_temperature=0.8)[1:]]
        assert [arm.oracle for arm in arms] == [False, True]
        reports = compare_arms({BASE: base, arms[1].name: best}, oracles={arms[1].name})
        tempting += compare({t: v[0] for t, v in base.items()}, {t: v[0] for t, v in best.items()}).verdict == "better"
        named += _best(reports) is not None
        assert reports[1].rate > reports[0].rate and reports[1].delta is None
    assert tempting >= 95 and named == 0


def test_arms_with_an_oracle_cost_the_others_no_evidence() -> None:
    base, better = {f"t{n}": [n < 10] for n in range(40)}, {f"t{n}": [n < 19] for n in range(40)}
    with_oracle = compare_arms({BASE: base, "+ rules": better, "repair": better}, oracles={"repair"})
    assert with_oracle[1].p == compare_arms({BASE: base, "+ rules": better})[1].p


@pytest.fixture
def learnt(write_suite: WriteSuite, tmp_path: Path) -> tuple[Path, Path]:
    """A suite, and an adapter that a run trained on its training tasks."""
    suite = write_suite(train=6, holdout=6)
    settings = {"name": "r", "backend": "fakes:LearningBackend", "model": "scripted", "finetune": {"trainer": "scripted"}}
    start_run(make_config({**settings, "suites": {"target": [str(suite)]}}), tmp_path, tmp_path / "runs")
    return suite, tmp_path / "runs/r/round-1/finetune"


def test_an_adapter_is_not_compared_on_tasks_that_it_was_trained_on(
    learnt: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite, adapter = learnt
    settings = ["--model", "scripted", "--set", "backend=fakes:LearningBackend", "--runs", str(tmp_path / "runs")]
    with pytest.raises(SystemExit) as ended:
        arguments = ["ablate", str(suite), "--split", "train", "--adapter", str(adapter), "--out", str(tmp_path / "out")]
        main([*arguments, *settings])
    said = " ".join(capsys.readouterr().err.split())
    assert ended.value.code == 4 and "was trained on 6 of these 6 training tasks" in said and "--split dev" in said
    assert not (tmp_path / "out").exists()
    tasks = load_suite(str(suite))
    assert require_comparable(str(adapter), tasks.split("holdout")) == ""
    fresh = [task.model_copy(update={"id": f"new_{task.id}"}) for task in tasks.split("train")]
    assert require_comparable(str(adapter), fresh) == ""


def test_an_adapter_of_unknown_ancestry_is_compared_and_said_to_be(learnt: tuple[Path, Path]) -> None:
    suite, adapter = learnt
    (adapter / TRAINED_ON).unlink()
    assert "is unknown" in require_comparable(str(adapter), load_suite(str(suite)).split("train"))


def test_an_adapter_that_leaks_the_holdout_is_refused_as_in_eval(
    learnt: tuple[Path, Path],
) -> None:
    suite, adapter = learnt
    learnt_tasks = load_suite(str(suite)).split("train")
    leaking = [task.model_copy(update={"split": "holdout"}) for task in learnt_tasks]
    with pytest.raises(BadInput, match=r"was trained on 6 of the 6 holdout tasks"):
        require_comparable(str(adapter), leaking)
