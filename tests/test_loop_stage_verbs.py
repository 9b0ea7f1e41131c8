"""Single verbs are the stages of a run: the same index, the same folder with manifest and lock, every configuration key."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Ended, ended
from conftest import make_suite

from evals.files import MANIFEST, read_json
from loop.cli import main
from loop.stage import only_one

pytestmark = pytest.mark.usefixtures("self_test_once")

Run = Callable[..., Ended]
ROUND = "runs/t/round-1"
SCRIPTED = ("--set", "finetune.trainer=scripted")
COVERAGE = ("--set", "decontam.coverage=0.35", *SCRIPTED)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Ended:
        return ended(capsys, *arguments, flat="err")

    return call


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a suite, and a run on it under settings of its own; tests get copies."""
    folder = tmp_path_factory.mktemp("first_run")
    path = make_suite(folder / "codes", "codes", train=6, holdout=6)
    text = "name: t\nmodel: scripted\nbackend: fakes:LearningBackend\ndecontam: {coverage: 0.35}\nfinetune: {trainer: scripted}\n"
    (folder / "goldloop.yaml").write_text(f"{text}suites: {{target: [{path}]}}\n")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as caught:
        patch.chdir(folder)
        main(["run"])
    assert not caught.value.code
    return folder


@pytest.fixture
def suite(first_run: Path, tmp_path: Path) -> str:
    """A suite that a run under settings of its own was made on; the run is in the working folder."""
    shutil.copytree(first_run, tmp_path, dirs_exist_ok=True)
    return str(first_run / "codes")


def test_a_trainset_that_a_run_built_is_trained_on_under_the_runs_own_settings(run: Run, suite: str, tmp_path: Path) -> None:
    command = ("finetune", f"{ROUND}/trainset", "--holdout", suite, "--out", "adapter", "--model", "scripted")
    assert run(*command, *COVERAGE, "--set", "lora.r=16", "--set", "seed=3").code == 0
    manifest = read_json(tmp_path / "adapter" / MANIFEST)
    assert manifest["inputs"]["index"] == read_json(tmp_path / ROUND / "finetune" / MANIFEST)["inputs"]["index"]
    assert manifest["counts"] == {"rows": 6, "steps": 1}


def test_under_other_settings_it_is_refused_as_another_holdout(run: Run, suite: str) -> None:
    ended = run("finetune", f"{ROUND}/trainset", "--holdout", suite, "--out", "adapter", *SCRIPTED)
    assert ended.code == 4
    assert "screened against holdout" in ended.err


def test_finetune_is_done_once_and_goes_on_under_the_same_settings_only(run: Run, suite: str, tmp_path: Path) -> None:
    command = ("finetune", f"{ROUND}/trainset", "--holdout", suite, "--out", "adapter", *COVERAGE)
    with only_one(tmp_path / "adapter"):
        busy = run(*command)
    assert busy.code == 4 and "another goldloop is working" in busy.err
    first, second = run(*command, "--json"), run(*command, "--json")
    assert first.code == second.code == 0 and first.json == second.json
    assert "finished before" not in first.err and "adapter: finished before; shown, not trained again" in second.err
    other = run(*command, "--set", "learning_rate=1e-3")
    assert other.code == 4 and "made from other inputs (finetune differ)" in other.err


def test_an_adapter_from_elsewhere_is_never_overwritten(run: Run, suite: str, tmp_path: Path) -> None:
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter/adapter_config.json").write_text("{}")
    ended = run("finetune", f"{ROUND}/trainset", "--holdout", suite, "--out", "adapter", *COVERAGE)
    assert ended.code == 4 and "adapter: holds an adapter already" in ended.err


def test_the_verbs_build_the_trainset_that_the_run_built(run: Run, suite: str, tmp_path: Path) -> None:
    assert run("pair", f"{ROUND}/before-train", "--suite", suite, "--out", "pairs").code == 0
    built = run("trainset", "pairs", "--holdout", suite, "--out", "rows", "--json", *COVERAGE)
    assert built.code == 0
    assert built.json["digest"] == read_json(tmp_path / ROUND / "trainset" / MANIFEST)["trainset"]
    told = run("trainset", "pairs", "--holdout", suite, "--out", "more", *COVERAGE, "--seed", "2").err
    sets = "--set decontam.coverage=0.35 --set finetune.trainer=scripted --set seed=2"
    assert f"next: goldloop finetune more --holdout {suite} --out adapter {sets}" in told


@pytest.mark.parametrize("verb", ["pair", "trainset", "finetune"])
def test_a_misspelt_key_is_named_by_each(run: Run, suite: str, verb: str) -> None:
    what = {"pair": ("pair", f"{ROUND}/before-train", "--suite", suite)}.get(verb, (verb, "pairs", "--holdout", suite))
    ended = run(*what, "--out", "new", "--set", "decontam.coverag=0.2")
    assert ended.code == 4
    assert "unknown key 'decontam.coverag'; did you mean 'decontam.coverage'?" in ended.err


def test_a_gate_takes_its_keys_with_and_without_their_prefix(run: Run, suite: str) -> None:
    sides = (f"{ROUND}/before-holdout", f"{ROUND}/after-holdout", "--target", "codes")
    for key in ("looks", "gate.looks"):
        ended = run("gate", *sides, "--set", f"{key}=1")
        assert ended.code == 3 and "(gate.looks: 1)" in ended.err
