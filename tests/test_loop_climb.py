"""Rounds that go on from one another: within a run, from run to run, with several seeds, and to their end."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from command_line import Ended, Run, ended
from conftest import WriteSuite

from evals.errors import BadInput, Inconclusive
from evals.files import read_json, read_records
from evals.records import Result
from loop.config import make_config
from loop.registry import Registry, current_adapter
from loop.runs import Finished, resume_run, start_run, summaries
from loop.status import run_state, run_status
from trainset.records import Example

pytestmark = pytest.mark.usefixtures("self_test_once")


def settings(target: Path, backend: str = "fakes:Climber", **changes: Any) -> Any:
    base = {"name": "test", "model": "scripted", "suites": {"target": [str(target)]}, "finetune": {"trainer": "scripted"}}
    return make_config({**base, **changes}).model_copy(update={"backend": backend})


def rows_of(folder: Path) -> Counter[str]:
    """Rows a task in a trainset."""
    return Counter(str(row.provenance["key"]) for row in read_records(folder / "trainset.jsonl", Example))


def rates(finished: Finished) -> list[tuple[float, float]]:
    lines = [report.summary()["suites"]["codes"]["holdout"] for report in finished.rounds if report.gate]
    return [(round(line["before"], 3), round(line["after"], 3)) for line in lines]


def test_a_second_round_climbs_from_the_first_ones_adapter(write_suite: WriteSuite, tmp_path: Path) -> None:
    finished = start_run(settings(write_suite(train=8, holdout=16), rounds=2), tmp_path, tmp_path / "runs")
    assert rates(finished) == [(0.0, 0.375), (0.375, 1.0)]
    assert [report.decision for report in finished.rounds] == ["promote", "promote"]
    first, second = finished.rounds
    assert (first.start, second.start) == ("base", f"round-1:{first.adapter}")
    assert second.lineage == (f"round-1:{first.adapter}",)
    (row,) = second.against_base
    assert (row.suite, row.before, row.after, row.delta, row.n) == ("codes", 0.0, 1.0, 1.0, 16)
    current = Registry(tmp_path / "runs").current("scripted", ["codes"])
    assert current is not None
    assert current.adapter == "test/round-2/finetune"


def test_what_still_fails_after_it_was_trained_on_gets_one_more_row(write_suite: WriteSuite, tmp_path: Path) -> None:
    finished = start_run(settings(write_suite(train=8, holdout=16), rounds=2), tmp_path, tmp_path / "runs")
    easy, hard = ("anchor", "basket", "candle", "dragon"), ("engine", "feather", "garden", "hammer")
    assert rows_of(finished.folder / "round-1/trainset") == {f"codes/codes_{word}": 1 for word in (*easy, *hard)}
    second = rows_of(finished.folder / "round-2/trainset")
    assert second == {f"codes/codes_{word}": 1 for word in easy} | {f"codes/codes_{word}": 2 for word in hard}
    assert finished.rounds[1].counts["trainset_again"] == 4


def test_a_round_with_nothing_new_is_a_finished_round(write_suite: WriteSuite, tmp_path: Path) -> None:
    finished = start_run(settings(write_suite(train=8, holdout=16), rounds=5), tmp_path, tmp_path / "runs")
    assert [report.kind for report in finished.rounds] == ["trained", "trained", "nothing new"]
    assert finished.stop is not None
    assert (finished.stop.rule, "all 8 training tasks pass" in finished.stop.said) == ("nothing new", True)
    assert {row["state"] for row in run_status(finished.folder)} == {"done"}
    assert run_state(finished.folder).state == "done"
    assert read_json(finished.folder / "report.json")["stopped"]["rule"] == "nothing new"
    page = finished.html.read_text(encoding="utf-8")
    assert "Ended after round 3 by <code>nothing new</code>: all 8 training tasks pass" in page
    assert "Started from the base model." in page and f"round-1:{finished.rounds[0].adapter}" in page
    before = (finished.folder / "report.json").read_bytes()
    assert resume_run(finished.folder).rounds == finished.rounds
    assert (finished.folder / "report.json").read_bytes() == before
    with pytest.raises(BadInput, match=r"nothing new .*this round trained no adapter"):
        Registry(tmp_path / "runs").promote_folder("test", 3)


def test_goldens_trained_on_as_often_as_allowed_are_nothing_new(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite(train=8, holdout=16), rounds=5, trainset={"max_repeats": 1})
    finished = start_run(config, tmp_path, tmp_path / "runs")
    assert [report.decision for report in finished.rounds] == ["promote", "nothing new"]
    assert "4 training tasks fail, and their goldens were trained on already" in finished.rounds[1].reasons[0]


def test_a_base_with_nothing_to_learn_ends_in_a_finished_round(write_suite: WriteSuite, tmp_path: Path) -> None:
    finished = start_run(settings(write_suite(), "fakes:Perfect"), tmp_path, tmp_path / "runs")
    assert [report.kind for report in finished.rounds] == ["nothing new"]
    assert not (finished.folder / "round-1/before-holdout").exists(), "a look at the holdout was spent on nothing"


def test_a_rejected_round_is_not_repeated_with_the_same_data(write_suite: WriteSuite, tmp_path: Path) -> None:
    finished = start_run(settings(write_suite(), "fakes:Slowest", rounds=3), tmp_path, tmp_path / "runs")
    assert [report.kind for report in finished.rounds] == ["trained", "nothing new"]


def test_a_finished_run_goes_on_with_one_more_round_where_asked(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite(train=8, holdout=16))
    said: list[str] = []
    start_run(config, tmp_path, tmp_path / "runs")
    assert len(start_run(config, tmp_path, tmp_path / "runs").rounds) == 1
    again = start_run(config, tmp_path, tmp_path / "runs", further=True, tell=said.append)
    assert rates(again) == [(0.0, 0.375), (0.375, 1.0)]
    assert "test: round 1 is done; goes on with round 2" in said
    third = start_run(config, tmp_path, tmp_path / "runs", further=True)
    assert third.rounds[-1].kind == "nothing new"
    assert len(start_run(config, tmp_path, tmp_path / "runs", further=True).rounds) == 3, "went on after a stop rule"


def test_more_rounds_than_are_done_go_on_to_that_number(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite(train=8, holdout=16)
    start_run(settings(suite), tmp_path, tmp_path / "runs")
    again = start_run(settings(suite, rounds=2), tmp_path, tmp_path / "runs", further=True)
    assert [report.number for report in again.rounds] == [1, 2]


def test_a_new_run_starts_from_the_adapter_in_use_with_its_data(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite(train=8, holdout=16)
    said: list[str] = []
    first = start_run(settings(suite), tmp_path, tmp_path / "runs")
    second = start_run(settings(suite, name="next"), tmp_path, tmp_path / "runs", tell=said.append)
    assert "starts from the adapter in use, of test, round 1" in said
    assert rates(second) == [(0.375, 1.0)]
    report = second.rounds[0]
    assert report.start == f"test/round-1:{first.rounds[0].adapter}"
    assert set(rows_of(second.folder / "round-1/trainset")) == set(rows_of(first.folder / "round-1/trainset"))
    assert report.counts["trainset_again"] == 4
    assert (report.against_base[0].before, report.against_base[0].delta) == (0.0, 1.0)
    third = start_run(settings(suite, name="third"), tmp_path, tmp_path / "runs")
    assert third.start.lineage == (f"test/round-1:{first.rounds[0].adapter}", f"next/round-1:{report.adapter}")


def test_the_same_evaluation_of_another_run_is_copied(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite(train=8, holdout=16)
    first = start_run(settings(suite), tmp_path, tmp_path / "runs")
    second = start_run(settings(suite, name="next"), tmp_path, tmp_path / "runs")
    base = second.folder / "base-holdout"
    assert read_json(base / "manifest.json")["copied"] is True
    assert not (base / "journal.jsonl").exists()
    assert (base / "results.jsonl").read_bytes() == (first.folder / "round-1/before-holdout/results.jsonl").read_bytes()


def test_a_resumed_run_keeps_its_start_whatever_was_promoted_since(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite(train=8, holdout=16)
    first = start_run(settings(suite), tmp_path, tmp_path / "runs")
    assert resume_run(first.folder).rounds == first.rounds
    assert resume_run(first.folder).start.adapter == ""


def test_start_base_takes_the_base_whatever_is_in_use(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite(train=8, holdout=16)
    start_run(settings(suite), tmp_path, tmp_path / "runs")
    other = start_run(settings(suite, name="other", start="base"), tmp_path, tmp_path / "runs")
    assert rates(other) == [(0.0, 0.375)]
    assert other.start.said == "the base model, as asked (start: base)"


def test_an_adapter_in_use_for_other_suites_is_not_taken(write_suite: WriteSuite, tmp_path: Path) -> None:
    start_run(settings(write_suite(train=8, holdout=16)), tmp_path, tmp_path / "runs")
    other = settings(write_suite("others", train=8, holdout=16), name="other")
    assert (
        start_run(other, tmp_path, tmp_path / "runs").start.said == "the base model: no adapter is in use for scripted on others"
    )
    in_use = [(entry.run, entry.suites) for entry in Registry(tmp_path / "runs").heads()]
    assert in_use == [("test", ("codes",)), ("other", ("others",))]
    assert current_adapter("scripted", "codes", tmp_path / "runs").endswith("test/round-1/finetune")
    with pytest.raises(BadInput, match="several adapters are in use for scripted"):
        current_adapter("scripted", "third", tmp_path / "runs")
    with pytest.raises(BadInput, match="no adapter is in use for another"):
        current_adapter("another", "codes", tmp_path / "runs")


def test_a_given_adapter_is_the_start_and_says_what_is_not_known(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite(train=8, holdout=16)
    first = start_run(settings(suite), tmp_path, tmp_path / "runs", promote=False)
    assert Registry(tmp_path / "runs").current() is None
    given = tmp_path / "given"
    shutil.copytree(first.folder / "round-1/finetune", given)
    finished = start_run(settings(suite, "fakes:LearningBackend", name="from", start=str(given)), tmp_path, tmp_path / "runs")
    assert finished.start.said == f"adapter {given}"
    assert finished.rounds[0].kind == "nothing new"
    assert "not recorded beside it" in finished.rounds[0].notes[0]


@pytest.mark.parametrize("damage", ["removed", "changed"])
def test_a_damaged_adapter_in_use_is_no_start(write_suite: WriteSuite, tmp_path: Path, damage: str) -> None:
    suite = write_suite(train=8, holdout=16)
    first = start_run(settings(suite), tmp_path, tmp_path / "runs")
    weights = first.folder / "round-1/finetune/adapter_model.safetensors"
    if damage == "removed":
        weights.unlink()
    else:
        weights.write_bytes(b"other")
    with pytest.raises(BadInput, match=r"the adapter in use (was changed|is missing)"):
        start_run(settings(suite, name="next"), tmp_path, tmp_path / "runs")


def test_training_may_go_on_from_the_adapters_own_weights(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite(train=8, holdout=16), rounds=2, train_from="current")
    finished = start_run(config, tmp_path, tmp_path / "runs")
    weights = (finished.folder / "round-2/finetune/adapter_model.safetensors").read_text()
    assert weights.endswith(f"after {finished.rounds[0].adapter}")
    assert rates(finished) == [(0.0, 0.375), (0.375, 1.0)]


def test_of_several_seeds_the_best_on_dev_is_decided_on(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite(train=6, holdout=8, dev=3), "fakes:Lucky", finetune={"trainer": "scripted", "seeds": 3})
    finished = start_run(config, tmp_path, tmp_path / "runs")
    (report,) = finished.rounds
    assert (report.decision, report.folder, rates(finished)) == ("promote", "finetune-seed-1", [(0.0, 1.0)])
    assert [(one.seed, one.dev, one.holdout, one.chosen) for one in report.seeds] == [
        (0, 0.0, {"codes": 0.0}, False),
        (1, 1.0, {"codes": 1.0}, True),
        (2, 0.0, {"codes": 0.0}, False),
    ]
    (spread,) = report.spread
    assert (spread.seeds, round(spread.mean, 6), round(spread.deviation, 6)) == (3, 0.333333, 0.57735)
    current = Registry(tmp_path / "runs").current()
    assert current is not None
    assert current.adapter == "test/round-1/finetune-seed-1"
    page = " ".join(finished.html.read_text(encoding="utf-8").split())
    assert "Trained 3 times" in page and "codes: +33.3 points on average, standard deviation 57.7 points" in page
    results = read_records(finished.folder / "round-1/dev-seed-1/results.jsonl", Result)
    assert {result.split for result in results} == {"dev"}


def test_several_seeds_need_dev_tasks_to_choose_on(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite(train=6, holdout=6), finetune={"trainer": "scripted", "seeds": 2})
    with pytest.raises(BadInput, match=r"finetune\.seeds: 2 adapters .* no target suite has a dev task"):
        start_run(config, tmp_path, tmp_path / "runs")


def test_rounds_without_gain_stop_a_run(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite(train=8), rounds=9, stop={"rounds_without_gain": 1})
    finished = start_run(config.model_copy(update={"backend": "fakes:Slowest"}), tmp_path, tmp_path / "runs")
    assert finished.stop is not None
    assert (finished.stop.rule, len(finished.rounds)) == ("stop.rounds_without_gain", 1)


def test_tokens_stop_a_run_and_are_named(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite(train=8, holdout=16), rounds=9, stop={"tokens": 1})
    finished = start_run(config, tmp_path, tmp_path / "runs")
    assert finished.stop is not None
    assert (finished.stop.rule, len(finished.rounds)) == ("stop.tokens", 1)


def test_hours_stop_a_run(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite(train=8, holdout=16), rounds=9, stop={"hours": 1e-9})
    finished = start_run(config, tmp_path, tmp_path / "runs")
    assert finished.stop is not None
    assert finished.stop.rule == "stop.hours"


def test_spent_looks_stop_a_run_after_a_round_and_refuse_the_first(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite(train=8, holdout=16)
    finished = start_run(settings(suite, rounds=2, gate={"looks": 2}), tmp_path, tmp_path / "runs")
    assert finished.stop is not None
    assert (finished.stop.rule, len(finished.rounds)) == ("gate.looks", 1)
    with pytest.raises(Inconclusive, match=r"gate\.looks: 2"):
        start_run(settings(suite, name="other", gate={"looks": 2}), tmp_path, tmp_path / "runs")


def test_a_stopped_run_goes_on_once_its_rule_allows_it(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite(train=8, holdout=16)
    start_run(settings(suite, rounds=2, stop={"tokens": 1}), tmp_path, tmp_path / "runs")
    assert len(start_run(settings(suite, rounds=2), tmp_path, tmp_path / "runs").rounds) == 2


def test_runs_are_listed_with_what_they_came_to(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite(train=8, holdout=16)
    start_run(settings(suite), tmp_path, tmp_path / "runs")
    start_run(settings(suite, name="next"), tmp_path, tmp_path / "runs")
    first, second = summaries(tmp_path / "runs")
    assert (first.name, first.rounds, first.decision, first.gain, first.in_use) == ("test", 1, "promote", {"codes": 0.375}, False)
    assert (second.name, second.gain, second.in_use, second.base) == ("next", {"codes": 1.0}, True, "scripted")
    assert first.started <= second.started


@pytest.fixture
def verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], write_suite: WriteSuite) -> Run:
    """Calls ``goldloop`` in a folder with a project whose model climbs."""
    suite = write_suite(train=8, holdout=16)
    scripted = "model: scripted\nbackend: fakes:Climber\nfinetune:\n  trainer: scripted\n"
    (tmp_path / "goldloop.yaml").write_text(f"name: t\n{scripted}suites:\n  target: [{suite}]\n")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Ended:
        return ended(capsys, *arguments, flat="both")

    return call


def test_a_run_says_where_it_starts_what_is_in_use_and_what_to_do_with_it(verb: Run) -> None:
    first = verb("run")
    assert first.code == 0
    assert "what the gate promotes is put in use" in first.err
    assert "starts from the base model: no adapter is in use for scripted on codes" in first.err
    assert "in use: runs/t/round-1/finetune (t, round 1)" in first.out
    assert "goldloop eval codes --adapter current" in first.out
    second = verb("run")
    assert "t: round 1 is done; goes on with round 2" in second.err
    assert "in use: runs/t/round-2/finetune (t, round 2)" in second.out
    assert "codes against the original base: 0.0% -> 100.0%, +100.0 points" in second.out
    third = verb("run")
    assert (third.code, "stopped after round 3 by nothing new: all 8 training tasks pass" in third.out) == (0, True)


def test_the_list_of_runs_has_date_base_decision_and_gain(verb: Run) -> None:
    assert "no runs in runs yet" in verb("runs").out
    verb("run")
    verb("run", "--name", "second")
    (first, second) = verb("runs", "--json").json["runs"]
    assert (first["name"], first["base"], first["decision"], first["gain"]) == ("t", "scripted", "promote", {"codes": 0.375})
    assert (second["start"], second["in_use"], second["gain"]) == ("the adapter in use, of t, round 1", True, {"codes": 1.0})
    shown = verb("runs").out
    assert first["started"][:10] in shown
    assert "+37.5" in shown


def test_an_evaluation_of_the_adapter_in_use(verb: Run) -> None:
    refused = verb("eval", "codes", "--adapter", "current", "--out", "e", "--model", "scripted", "--set", "backend=fakes:Climber")
    assert (refused.code, "no adapter is in use for scripted" in refused.err) == (4, True)
    verb("run")
    arguments = ("eval", "codes", "--split", "train", "--adapter", "current", "--out", "e", "--model", "scripted")
    shown = verb(*arguments, "--set", "backend=fakes:Climber", "--json")
    assert shown.json["counts"] == {"in": 8, "pass": 4, "fail": 4, "unsettled": 0, "error": 0}


def test_a_run_may_leave_promotion_to_a_person(verb: Run, tmp_path: Path) -> None:
    finished = verb("run", "--no-promote")
    assert "nothing is put in use (--no-promote)" in finished.err
    assert "put it in use: goldloop promote t --round 1" in finished.out
    assert Registry(tmp_path / "runs").current() is None
    assert verb("resume", "t").code == 0
    assert Registry(tmp_path / "runs").current() is None, "a resumed run promoted what it was told to leave"
    assert verb("promote", "t").code == 0
    assert verb("run", "--name", "next").out.count("round 1") >= 1


def test_promote_takes_the_last_round_that_the_gate_promoted(verb: Run) -> None:
    verb("run", "--rounds", "5", "--no-promote")
    assert "in use: t/round-2/finetune" in verb("promote").out
    refused = verb("promote", "t", "--round", "3")
    assert (refused.code, "this round trained no adapter" in refused.err) == (4, True)


def test_status_and_resume_of_a_run_with_nothing_new_agree(verb: Run) -> None:
    verb("run", "--rounds", "5")
    before = verb("status", "t", "--json").json
    assert (before["state"], {row["state"] for row in before["stages"]}) == ("done", {"done"})
    resumed = verb("resume", "t")
    assert (resumed.code, "stopped after round 3 by nothing new" in resumed.out) == (0, True)
    assert verb("status", "t", "--json").json == before
