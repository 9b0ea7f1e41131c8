"""Publishing: one look at split final, base against the adapter in use, whole or absent, never a second time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import Ended, Run, ended
from conftest import WriteSuite

from evals.errors import Inconclusive
from evals.files import read_json, read_records
from evals.records import Result
from evals.stats import mcnemar_midp, paired_interval
from finetune.records import TRAINED_ON
from loop.holdout import HoldoutLedger
from loop.registry import Registry
from loop.stages import evaluate_stage

pytestmark = pytest.mark.usefixtures("self_test_once")


@pytest.fixture
def goldloop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in a folder with a configuration whose model passes everything once it has an adapter."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Ended:
        unsafe = ("--unsafe-local",) if arguments[0] in ("run", "publish") else ()
        return ended(capsys, *arguments, *unsafe, flat="err")

    return call


def project(suite: Path, name: str = "t") -> None:
    Path("goldloop.yaml").write_text(
        f"name: {name}\nmodel: m\nbackend: fakes:LearningBackend\nfinetune: {{trainer: scripted}}\n"
        f"suites: {{target: [{suite}]}}\n"
    )


def test_the_last_figure_is_that_of_the_base_against_the_adapter_in_use(goldloop: Run, write_suite: WriteSuite) -> None:
    project(write_suite(train=6, holdout=6, final=6))
    assert goldloop("run").code == 0
    looked = HoldoutLedger(Path("runs")).looks
    ended = goldloop("publish", "--json")
    assert ended.code == 0
    (line,) = ended.json["lines"]
    low, high = paired_interval(0, 6, 0, 0)
    assert (line["before"], line["after"], line["delta"], line["n"]) == (0.0, 1.0, 1.0, 6)
    assert line["ci95"] == pytest.approx([low, high]) and line["p"] == pytest.approx(mcnemar_midp(6, 0))
    assert (ended.json["run"], ended.json["round"], ended.json["base"], ended.json["unproved"]) == ("t", 1, "m", 0)
    out = Path(ended.json["out"])
    for side in ("base", "adapter"):
        assert {result.split for result in read_records(out / side / "results.jsonl", Result)} == {"final"}
    assert read_json(out / "manifest.json")["publication"]["lines"] == ended.json["lines"]
    new = HoldoutLedger(Path("runs")).looks[len(looked) :]
    assert [(look.what, look.suite) for look in new] == [("publication", "codes"), ("published", "codes")]


def test_no_second_look_is_given(goldloop: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    project(write_suite(train=6, holdout=6, final=6))
    goldloop("run")
    assert goldloop("publish").code == 0
    for more in ([], ["--out", "elsewhere"], ["--set", "seed=3", "--out", "seeded"]):
        ended = goldloop("publish", *more)
        assert ended.code == 3 and "6 of its 6 final tasks were looked at before (published on 20" in ended.err
    project(write_suite(train=5, holdout=6, final=6, root=tmp_path / "later"), "other")
    entry = Registry(Path("runs")).current()
    assert goldloop("run", "--start", "base", "--set", "seed=7").code == 0
    assert Registry(Path("runs")).current() != entry  # another adapter
    assert "final tasks were looked at before" in goldloop("publish").err
    assert not Path("elsewhere").exists() and not Path("seeded").exists()


def test_fresh_final_tasks_are_published_and_a_mixture_is_not(goldloop: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite(train=6, holdout=6, final=3)
    project(suite)
    goldloop("run")
    published = goldloop("publish")
    assert published.code == 0
    assert [line.split()[0] for line in published.out.splitlines() if "95% interval" in line][:1] == ["final"]
    more = write_suite(train=6, holdout=6, final=6, root=tmp_path / "later")
    project(more, "t2")
    assert "3 of its 6 final tasks were looked at before" in goldloop("publish").err
    for topic in ("saddle", "timber", "umbrella"):
        for file in sorted((more / "words" / f"codes_{topic}").iterdir()):
            file.unlink()
        (more / "words" / f"codes_{topic}").rmdir()
    assert goldloop("publish").code == 0


def test_a_killed_publication_goes_on_with_the_same_models(
    goldloop: Run, write_suite: WriteSuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(write_suite(train=6, holdout=6, final=6))
    goldloop("run")

    def killed(*given: Any, **named: Any) -> Any:
        if given[4].startswith("publish: adapter"):
            raise KeyboardInterrupt
        return evaluate_stage(*given, **named)

    monkeypatch.setattr("loop.publish.evaluate_stage", killed)
    assert goldloop("publish").code != 0
    (folder,) = Path("runs/published").iterdir()
    assert (folder / "base/manifest.json").is_file() and not (folder / "manifest.json").exists()
    monkeypatch.setattr("loop.publish.evaluate_stage", evaluate_stage)
    refused = goldloop("publish", "--set", "evals.max_new_tokens=50")
    assert refused.code == 3 and "begun to be published on" in refused.err
    before = (folder / "base/manifest.json").read_bytes()
    assert goldloop("publish").code == 0 and (folder / "base/manifest.json").read_bytes() == before
    assert goldloop("publish").code == 3


def test_one_killed_after_its_manifest_has_ended(goldloop: Run, write_suite: WriteSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    project(write_suite(train=6, holdout=6, final=6))
    goldloop("run")

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(HoldoutLedger, "end_publication", killed)
        assert goldloop("publish").code != 0
    assert goldloop("publish", "--json").json["tasks"] == 6
    assert goldloop("publish").code == 3


def test_without_an_adapter_in_use_nothing_is_looked_at(goldloop: Run, write_suite: WriteSuite) -> None:
    project(write_suite(train=6, holdout=6, final=6))
    ended = goldloop("publish")
    assert ended.code == 4 and "no adapter is in use" in ended.err and not Path("runs").exists()
    assert goldloop("run").code == 0 and goldloop("rollback").code == 0
    assert goldloop("publish").code == 4
    assert "publication" not in {look.what for look in HoldoutLedger(Path("runs")).looks}


def test_without_final_tasks_it_says_how_to_make_them(goldloop: Run, write_suite: WriteSuite) -> None:
    project(write_suite(train=6, holdout=6))
    goldloop("run")
    ended = goldloop("publish")
    assert ended.code == 3 and "no task has split: final in codes (6 holdout, 6 train)" in ended.err
    assert "`split: final` in a group of its own" in ended.err


def test_a_configuration_or_a_suite_must_be_given(goldloop: Run, write_suite: WriteSuite) -> None:
    ended = goldloop("publish")
    assert ended.code == 4 and "name the suites (`goldloop publish SUITE`)" in ended.err
    suite = write_suite(train=6, holdout=6, final=6)
    project(suite)
    goldloop("run")
    Path("goldloop.yaml").unlink()
    sets = [item for pair in ("model=m", "backend=fakes:LearningBackend") for item in ("--set", pair)]
    assert goldloop("publish", str(suite), *sets).code == 0


def test_an_adapter_that_knows_a_final_task_is_refused(goldloop: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    project(write_suite(train=6, holdout=6))
    goldloop("run")
    later = write_suite(train=6, holdout=6, final=6, root=tmp_path / "later")
    words = later / "words"
    text = (words / "codes_anchor/prompt.md").read_text().partition("---\n")[2].partition("---\n")[2]
    file = words / "codes_saddle/prompt.md"
    file.write_text(file.read_text().replace("Write `codes_saddle", f"{text.strip()} Or write `codes_saddle"))
    project(later, "t2")
    ended = goldloop("publish")
    assert ended.code == 4 and "a new final task, but" in ended.err
    assert "publication" not in {look.what for look in HoldoutLedger(Path("runs")).looks}


def test_an_adapter_of_unknown_training_data_is_not_published(goldloop: Run, write_suite: WriteSuite) -> None:
    project(write_suite(train=6, holdout=6, final=6))
    goldloop("run")
    Path("runs/t/round-1/finetune", TRAINED_ON).unlink()
    ended = goldloop("publish")
    assert ended.code == 3 and "a figure to publish needs to know" in ended.err
    weights = Path("runs/t/round-1/finetune/adapter_model.safetensors")
    weights.write_bytes(weights.read_bytes() + b"x")
    assert "is not the adapter that was promoted" in goldloop("publish").err


def test_two_publications_cannot_begin_at_once(write_suite: WriteSuite, tmp_path: Path) -> None:
    from evals.suites import load_suite

    tasks = load_suite(str(write_suite(final=4))).tasks
    ledger = HoldoutLedger(tmp_path / "runs")
    ledger.begin_publication(tasks, "base and a", "one")
    ledger.begin_publication(tasks, "base and a", "one")
    with pytest.raises(Inconclusive, match="4 of its 4 final tasks were looked at before"):
        ledger.begin_publication(tasks, "base and b", "one")
    ledger.end_publication(tasks, "base and a", "one")
    with pytest.raises(Inconclusive, match="published on"):
        ledger.begin_publication(tasks, "base and a", "one")
    assert ledger.standing(tasks)["codes"].looks == 0


def test_a_folder_of_a_publication_is_not_compared(goldloop: Run, write_suite: WriteSuite) -> None:
    project(write_suite(train=6, holdout=6, final=6))
    goldloop("run")
    out = Path(goldloop("publish", "--json").json["out"])
    ended = goldloop("compare", str(out / "base"), str(out / "adapter"))
    assert ended.code == 4 and "split final is looked at once" in ended.err
