"""``goldloop validate``, and ``goldloop run`` before it begins: all problems at once, each with its place and the fix."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import orjson
import pytest
from command_line import Ended
from conftest import WriteSuite

from evals.comparison import compare_outcomes
from evals.files import write_json
from evals.records import Task
from evals.stats import detectable_gain, mcnemar_midp, newcombe_paired
from loop.cli import main
from loop.config import make_config
from loop.reach import guard_power, target_reach, tasks_for_gain, tasks_for_guard

pytestmark = pytest.mark.usefixtures("self_test_once")

Run = Callable[..., Ended]
SCRIPTED = "model: m\nbackend: fakes:LearningBackend\nfinetune: {trainer: scripted}\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(list(arguments))
        out, err = capsys.readouterr()
        return Ended(int(caught.value.code or 0), out, " ".join(err.split()))

    return call


def write(tmp_path: Path, text: str) -> None:
    (tmp_path / "goldloop.yaml").write_text(text)


def test_all_is_well(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    write(
        tmp_path,
        f"{SCRIPTED}suites: {{target: [{write_suite(train=6, holdout=6)}]}}\n",
    )
    ended = run("validate", "--json")
    assert ended.code == 0
    assert (ended.json["valid"], ended.json["problems"]) == (True, [])
    assert ended.json["checked"]["suite codes"] == "6 holdout, 6 train"
    assert set(ended.json["checked"]) == {"suite codes", "backend", "sandbox"}
    assert "next: goldloop run goldloop.yaml" in ended.err
    assert not (tmp_path / "runs").exists()


BAD = """\
name: t
model: ./nowhere
seeed: 1
suites:
  target: [{suite}, nowhere]
  guard: [{empty}]
gate:
  min_effect: 50
sandbox:
  name: jail
backend_options:
  max_model_len: 4096
finetune:
  trainer: scripted
  trainer_options:
    loses: [1]
evals:
  cache: {suite}/suite.yaml
"""


def test_all_problems_come_at_once_with_file_line_and_key(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/suite.yaml").write_text("name: empty\n")
    suite = write_suite()
    write(tmp_path, BAD.format(suite=suite, empty=tmp_path / "empty"))
    ended = run("validate", "--json")
    assert ended.code == 4 and ended.json["valid"] is False
    problems = ended.json["problems"]
    for place, words in {
        "goldloop.yaml:3: ": "unknown key 'seeed'; did you mean 'seed'?",
        "goldloop.yaml:8: ": "gate.min_effect: Input should be less than or equal to 1, got 50; it is a share: 50% is 0.5",
        "goldloop.yaml:5: suites.target: ": "suite 'nowhere': no such folder",
        "goldloop.yaml:6: suites.guard: ": "the suite is empty; add task folders",
        "goldloop.yaml:2: model: '": "./nowhere' is not a folder, a GGUF file or a hub id",
        "goldloop.yaml:10: sandbox.name: ": "'jail' is none of auto, sandlock",
        "goldloop.yaml:12: backend_options.max_model_len: ": "unknown option 'max_model_len': backend hf takes none",
        "goldloop.yaml:16: finetune.trainer_options.loses: ": "unknown option 'loses'; did you mean 'losses'?",
        "goldloop.yaml:18: evals.cache: ": "is a file",
    }.items():
        assert any(line.startswith(place) and words in line for line in problems), (place, problems)
    assert len(problems) == 9
    before_the_run = run("run")
    assert before_the_run.code == 4
    for line in (2, 3, 5, 6, 8, 10, 12, 16, 18):
        assert f"goldloop.yaml:{line}: " in before_the_run.err


def test_keys_that_are_given_twice_are_said_with_both_lines(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    write(tmp_path, f"suites: {{target: [{write_suite()}]}}\nseed: 1\nevals:\n  samples: 1\n  samples: 2\nseed: 2\n")
    for verb in ("validate", "run"):
        ended = run(verb)
        assert ended.code == 4
        assert "goldloop.yaml:5: key 'samples' is given twice, first in line 4" in ended.err
        assert "goldloop.yaml:6: key 'seed' is given twice, first in line 2" in ended.err


IMPOSSIBLE = {
    "gate.min_effect=50": "50% is 0.5",
    "gate.max_guard_drop=0.05": "is no more: a guard is judged by evidence against one margin; set gate.guard_margin",
    "gate.lost_fixes=0": "is no more: lost fixes are reported; to reject for them, set gate.max_lost_share",
    "gate.max_lost_share=10": "it is a share: 10% is 0.1",
    "gate.guard_margin=2": "less than or equal to 1",
    "gate.overfit_margin=.nan": "gate.overfit_margin: Input should be",
    "trainset.replay_share=1": "less than 1",
    "decontam.coverage=10": "it is a share: 10% is 0.1",
    "evals.temperature=.inf": "less than or equal to 5",
    "seed=99999999999": "less than 4294967296",
    "rounds=0": "greater than or equal to 1",
    "evals.samples=4": "set evals.temperature above 0",
}


@pytest.mark.parametrize("override", IMPOSSIBLE)
def test_impossible_values_are_errors(run: Run, write_suite: WriteSuite, tmp_path: Path, override: str) -> None:
    write(
        tmp_path,
        f"{SCRIPTED}suites: {{target: [{write_suite()}]}}\n",
    )
    ended = run("validate", "--json", "--unsafe-local", "--set", override)
    (problem,) = ended.json["problems"]
    assert ended.code == 4
    assert problem.startswith(f"--set: {override.partition('=')[0]}") and IMPOSSIBLE[override] in problem


def test_an_empty_holdout_is_inconclusive_and_no_training_task_is_bad_input(
    run: Run, write_suite: WriteSuite, tmp_path: Path
) -> None:
    head = SCRIPTED
    write(tmp_path, f"{head}suites: {{target: [{write_suite(holdout=0)}]}}\n")
    assert run("validate", "--unsafe-local").code == 3
    write(tmp_path, f"{head}suites: {{target: [{write_suite('others', train=0)}]}}\n")
    assert run("validate", "--unsafe-local").code == 4


def test_a_hopeless_holdout_stops_a_run_before_anything_is_done(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    target, guard = write_suite(train=4, holdout=4), write_suite("others", train=4, holdout=3)
    write(tmp_path, f"{SCRIPTED}suites: {{target: [{target}], guard: [{guard}]}}\n")
    ended = run("validate", "--json", "--unsafe-local")
    assert ended.code == 3
    (problem,) = ended.json["problems"]
    assert problem.startswith("goldloop.yaml:4: suites.target: suite codes: with 4 holdout tasks in 4 groups no gain at all")
    assert "p is 0.062 at the very best" in problem and "`--anyway` runs it all the same" in problem
    (guarded,) = ended.json["notes"]
    assert guarded.startswith("suite others (guard): 3 holdout tasks in 3 groups; even if no verdict changes, a loss of")
    refused = run("run", "--unsafe-local")
    assert refused.code == 3 and "no gain at all can be told from chance" in refused.err
    assert not list(tmp_path.glob("runs/*/round-*"))
    assert run("validate", "--unsafe-local", "--anyway").code == 0


def test_a_hopeless_run_that_is_wanted_anyway_is_inconclusive_and_never_rejected(
    run: Run, write_suite: WriteSuite, tmp_path: Path
) -> None:
    write(tmp_path, f"name: t\n{SCRIPTED}suites: {{target: [{write_suite(train=4, holdout=4)}]}}\n")
    ended = run("run", "--unsafe-local", "--anyway")
    assert ended.code == 3 and "(--anyway: the gate will say inconclusive)" in ended.err
    assert "p cannot fall below 0.062, so nothing can be decided" in " ".join(ended.out.split())
    assert run("resume", "t").code == 3  # what was wanted once is wanted again


def test_no_outcome_of_a_hopeless_design_is_promoted_and_some_outcome_of_any_other_is() -> None:
    # By enumeration of all outcomes of designs of few groups: the sign-flip test's p of each, and Student's t interval.
    for groups, size in ((4, 1), (5, 1), (5, 3), (6, 1), (6, 3)):
        labels = {f"t{n}": f"g{n % groups}" for n in range(groups * size)}
        promoted = False
        for signs in product((0, 1), repeat=groups):
            after = {task: [bool(signs[int(group[1:])])] for task, group in labels.items()}
            found = compare_outcomes({task: [False] for task in labels}, after, labels)
            promoted |= found.p < 0.05 and found.ci95.low > 0
        tasks = [holdout_task(task, group) for task, group in labels.items()]
        reach = target_reach(make_config({"suites": {"target": ["x"]}}), "x", tasks)
        assert bool(reach.hopeless) is not promoted, (groups, size)
        assert bool(reach.said) is promoted


def holdout_task(name: str, group: str) -> Task:
    return Task.model_validate({"id": name, "suite": "x", "split": "holdout", "group": group, "prompt": "", "golden": ""})


@pytest.mark.parametrize(("gain", "changed"), [(0.02, 0.2), (0.10, 0.2), (0.05, 0.35), (0.2, 0.2)])
def test_the_tasks_that_a_gain_needs_detect_it_in_four_of_five_runs(gain: float, changed: float) -> None:
    needed = tasks_for_gain(gain, changed)
    generator = np.random.default_rng(needed)
    cells = [(changed + gain) / 2, (changed - gain) / 2, 1 - changed]
    drawn = generator.multinomial(needed, cells, size=3_000)
    assert 0.76 <= np.mean([up > down and mcnemar_midp(up, down) < 0.05 for up, down, _ in drawn.tolist()]) <= 0.86


@pytest.mark.parametrize(("margin", "changed"), [(0.10, 0.2), (0.10, 0.35), (0.05, 0.2)])
def test_the_tasks_that_a_guard_needs_let_an_unchanged_model_pass_in_four_of_five_runs(margin: float, changed: float) -> None:
    needed = tasks_for_guard(margin, changed)
    for tasks, power in ((needed, 0.8), (needed // 2, guard_power(needed // 2, margin, changed))):
        drawn = np.random.default_rng(tasks).multinomial(
            tasks, [changed / 2, changed / 2, 0.5 - changed / 2, 0.5 - changed / 2], 1_500
        )
        lows = [newcombe_paired(both, up, down, neither, 0.90).low for up, down, both, neither in drawn.tolist()]
        assert abs(np.mean(np.array(lows) > -margin) - power) < 0.06


def test_what_each_holdout_detects_and_needs_is_said(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    target, guard = write_suite(train=4, holdout=6), write_suite("others", train=4, holdout=6)
    write(tmp_path, f"name: t\n{SCRIPTED}suites: {{target: [{target}], guard: [{guard}]}}\n")
    ours, others = run("validate", "--json", "--unsafe-local").json["notes"]
    detects = f"detects about {100 * detectable_gain(6, 1):.3g} points"
    assert ours == (
        f"suite codes (target): 6 holdout tasks in 6 groups; {detects} (80% power, if 20% of the verdicts change); "
        f"gate.min_effect, 2 points, needs about {tasks_for_gain(0.02):,} tasks or samples"
    )
    assert others.startswith("suite others (guard): 6 holdout tasks in 6 groups; ") and "80% needs about 124 tasks" in others
    started = run("run", "--unsafe-local")
    assert started.code == 0 and " ".join(ours.split()) in started.err
    quiet = run("validate", "--json", "--unsafe-local", "--set", "gate.min_effect=0.95").json["notes"][0]
    assert "needs about" not in quiet


def test_a_model_without_weights_or_chat_template_is_named(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    write(tmp_path, f"model: ./mine\nsuites: {{target: [{write_suite()}]}}\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/config.json").write_text("{}")
    (missing,) = run("validate", "--json", "--unsafe-local").json["problems"]
    assert "mine is not a model: *.safetensors missing, found config.json" in missing
    (tmp_path / "mine/model.safetensors").write_bytes(b"weights")
    write_json(tmp_path / "mine/tokenizer_config.json", {"model_max_length": 8})
    (plain,) = run("validate", "--json", "--unsafe-local").json["problems"]
    assert plain == "goldloop.yaml:1: model: mine has no chat template; goldloop trains and evaluates chat models"
    write_json(tmp_path / "mine/tokenizer_config.json", {"chat_template": "{{ messages }}"})
    assert run("validate", "--unsafe-local").code == 0


def test_a_backend_that_needs_a_package_is_named(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    write(tmp_path, f"model: m\nbackend: needy:Needy\nfinetune: {{trainer: scripted}}\nsuites: {{target: [{write_suite()}]}}\n")
    (tmp_path / "needy.py").write_text("class Needy:\n    needs = ('a_package_that_nobody_has',)\n")
    import sys

    sys.path.insert(0, str(tmp_path))
    try:
        ended = run("validate", "--json", "--unsafe-local")
    finally:
        sys.path.remove(str(tmp_path))
    (problem,) = ended.json["problems"]
    assert "backend needy:Needy needs a package: pip install a_package_that_nobody_has" in problem


def test_a_trainer_that_is_not_there_and_a_model_that_only_training_needs(
    run: Run, write_suite: WriteSuite, tmp_path: Path
) -> None:
    write(tmp_path, f"model: ./nowhere\nbackend: fakes:LearningBackend\nsuites: {{target: [{write_suite()}]}}\n")
    (model,) = run("validate", "--json", "--unsafe-local").json["problems"]
    assert model.startswith("goldloop.yaml:1: model: './nowhere' is not a folder")
    (trainer,) = run("validate", "--json", "--unsafe-local", "--set", "finetune.trainer=lora2").json["problems"]
    assert trainer.startswith("--set: finetune.trainer: ") and "did you mean 'lora'?" in trainer
    (option,) = run(
        "validate",
        "--json",
        "--unsafe-local",
        "--set",
        "finetune.trainer_options.x=1",
        "--set",
        "model=m",
        "--set",
        "finetune.trainer=scripted",
    ).json["problems"]
    assert option.startswith("--set: finetune.trainer_options.x: unknown option 'x'; there are losses")


def test_what_earlier_runs_leave_no_room_for_is_said(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    write(tmp_path, f"name: t\n{SCRIPTED}suites: {{target: [{write_suite(train=6, holdout=6)}]}}\n")
    assert run("run", "--unsafe-local").code == 0
    assert run("validate", "--unsafe-local").code == 0
    changed = run("validate", "--json", "--unsafe-local", "--set", "decontam.unique=4")
    (problem,) = changed.json["problems"]
    assert changed.code == 4 and "goldloop.yaml:1: name: runs/t/run.json: this run was started with other settings" in problem
    spent = run("validate", "--json", "--unsafe-local", "--set", "name=new", "--set", "gate.looks=1")
    (problem,) = spent.json["problems"]
    assert spent.code == 3 and "decided on 1 times and 2 models were evaluated on it, and 1 are allowed" in problem


def test_an_adapter_of_another_base_is_named(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    write(
        tmp_path,
        f"{SCRIPTED.replace('model: m', 'model: mine')}suites: {{target: [{write_suite()}]}}\n",
    )
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter/adapter_model.safetensors").write_bytes(b"weights")
    write_json(tmp_path / "adapter/adapter_config.json", {"base_model_name_or_path": "some/base"})
    (problem,) = run("validate", "--json", "--unsafe-local", "--adapter", "adapter").json["problems"]
    assert "adapter was trained on some/base, the model is mine" in problem


def test_the_schema_knows_every_key_and_refuses_others(run: Run, tmp_path: Path) -> None:
    from loop.config import config_keys

    schema = run("config", "schema").json
    for key, _, meaning in config_keys():
        node = schema
        for part in key.split("."):
            inner = node["properties"][part]
            reference = inner.get("$ref", "")
            node = schema["$defs"][reference.rpartition("/")[2]] if reference else inner
        assert node["description"] == meaning, key
    assert schema["additionalProperties"] is False and schema["required"] == ["suites"]
    assert schema["$defs"]["GateSettings"]["properties"]["min_effect"]["maximum"] == 1
    assert "seed" not in schema["$defs"]["FinetuneSettings"]["properties"]
    assert run("config", "schema", "--out", "s.json").code == 0
    assert orjson.loads((tmp_path / "s.json").read_bytes()) == schema
