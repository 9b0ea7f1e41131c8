"""The sampling of targets as a stage of a round: yields, proofs, the screen, resuming after a kill."""

from __future__ import annotations

import os
import signal
from collections import Counter
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import fakes
import pytest
from command_line import ended
from conftest import WriteSuite
from forked import forked
from killing import Killer

from decontam.records import ContaminatedPair
from evals.errors import BadInput, Inconclusive
from evals.files import MANIFEST, read_json, read_records
from goldens.records import Golden, Pair
from loop.config import make_config
from loop.runs import start_run
from loop.status import run_status
from loop.store import open_store
from trainset.records import Example

pytestmark = pytest.mark.usefixtures("self_test_once")
TARGETS = ["own", "revise", "hint", "golden"]
POINTS = 6


def settings(suite: Path, backend: str = "fakes:Sampler", **trainset: Any) -> Any:
    chosen = {"targets": TARGETS, "sampling": {"samples": 6}, "replay_share": 0, **trainset}
    return make_config(
        {
            "name": "test",
            "model": "scripted",
            "backend": backend,
            "suites": {"target": [str(suite)]},
            "trainset": chosen,
            "finetune": {"trainer": "scripted"},
        }
    )


def sources(run: Path) -> dict[str, Counter[str]]:
    """Sources of the rows by task."""
    rows: dict[str, Counter[str]] = {}
    for row in read_records(run / "round-1/trainset/trainset.jsonl", Example):
        rows.setdefault(str(row.provenance["key"]).rpartition("_")[2], Counter())[str(row.provenance["source"])] += 1
    return rows


def test_each_task_learns_from_the_first_source_that_has_a_proved_target(
    write_suite: WriteSuite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finished = start_run(settings(write_suite(train=6, holdout=6)), tmp_path, tmp_path / "runs")
    run = tmp_path / "runs/test"
    rows = sources(run)
    assert rows["anchor"].keys() == {"own"} and 2 <= rows["anchor"]["own"] <= 4
    assert (rows["basket"], rows["candle"], rows["dragon"]) == ({"own": 1}, {"revise": 1}, {"hint": 1})
    assert rows["engine"] == rows["feather"] == {"golden": 1}

    targets = read_records(run / "round-1/targets/targets.jsonl", Golden)
    assert all(golden.proof.passed and golden.proof.sandbox and golden.seed is not None for golden in targets)
    (revised,) = [golden for golden in targets if golden.source == "revise"]
    assert "word =" not in revised.code and revised.distance == 2
    pairs = {(pair.key, pair.golden.code): pair for pair in read_records(run / "round-1/pairs/pairs.jsonl", Pair)}
    assert all(pairs[golden.key, golden.code].golden.distance == golden.distance for golden in targets)

    found = read_json(run / "round-1/targets" / MANIFEST)["yield"]
    assert {source: (row["asked"], row["answers"], row["tasks"]) for source, row in found.items()} == {
        "own": (6, 36, 2),
        "revise": (4, 24, 1),
        "hint": (3, 18, 1),
    }
    report = finished.rounds[0]
    assert report.summary()["yields"] == found
    assert report.counts["trainset_revise"] == report.counts["trainset_hint"] == 1
    stages = [row["stage"] for row in run_status(run)]
    assert stages.index("failures") < stages.index("targets") < stages.index("pairs")
    assert "Targets that the model wrote itself" in (run / "report.html").read_text()
    counted = open_store(run.parent).sql("SELECT source, count(*) FROM trainset GROUP BY 1").fetchall()
    assert dict(counted) == sum(rows.values(), Counter())
    assert {source for (source,) in open_store(run.parent).sql("SELECT source FROM pairs").fetchall()} == set(TARGETS)
    shown = ended(capsys, "status", "test", "--runs", str(run.parent), flat="both").out
    assert f"own {found['own']['targets']}" in shown


def test_nothing_is_sampled_by_default(write_suite: WriteSuite, tmp_path: Path) -> None:
    start_run(settings(write_suite(), targets=["repair", "golden"]), tmp_path, tmp_path / "runs")
    assert not (tmp_path / "runs/test/round-1/targets").exists()
    assert make_config({"suites": {"target": ["x"]}}).trainset.sources == ("repair", "golden")


def test_a_target_that_leaks_the_holdout_is_no_row(write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite(train=6, holdout=6)
    (suite / "words/codes_island/golden.py").write_text(fakes.leaking_code("codes_island"))
    finished = start_run(settings(suite, "fakes:LeakingSampler", targets=["own"]), tmp_path, tmp_path / "runs")
    run = tmp_path / "runs/test/round-1"
    leaks = read_records(run / "screen/contaminated.jsonl", ContaminatedPair)
    assert len(leaks) == 6 and {(leak.golden.source, leak.matches[0].item) for leak in leaks} == {("own", "codes/codes_island")}
    assert finished.rounds[0].kind == "nothing new" and not (run / "trainset").exists()


def test_errors_of_the_server_are_not_failed_targets(write_suite: WriteSuite, tmp_path: Path) -> None:
    with pytest.raises(Inconclusive, match=r"targets, own: .* ended as infrastructure errors"):
        start_run(settings(write_suite(), "fakes:BrokenSampler"), tmp_path, tmp_path / "runs")
    assert not (tmp_path / "runs/test/round-1/pairs").exists()


def test_held_back_tasks_are_asked_nothing_and_measured_after(write_suite: WriteSuite, tmp_path: Path) -> None:
    finished = start_run(settings(write_suite(train=8, holdout=6), goldens_held_back=0.5), tmp_path, tmp_path / "runs")
    report, run = finished.rounds[0], tmp_path / "runs/test/round-1"
    asked = read_json(run / "targets" / MANIFEST)["counts"]["in"]
    gap = report.held_back
    assert gap is not None and 0 < gap.unseen_tasks == 8 - asked
    assert (gap.trained, gap.unseen, gap.trained_tasks) == (1.0, 1.0, asked)
    assert sum(map(sum, (row.values() for row in sources(run.parent).values()))) >= asked
    assert "held back" in (run.parent / "report.html").read_text()
    assert report.summary()["held_back"]["gap"] == 0


def test_rows_that_the_base_finds_likely_already_are_left_out(write_suite: WriteSuite, tmp_path: Path) -> None:
    config = settings(write_suite(train=6, holdout=6), targets=["golden"], leave_out_likely=0.5)
    rating = config.model_copy(update={"finetune": config.finetune.model_copy(update={"trainer": "fakes:RatingTrainer"})})
    finished = start_run(rating, tmp_path, tmp_path / "runs")
    assert sources(tmp_path / "runs/test").keys() == {"dragon", "engine", "feather"}
    report = finished.rounds[0]
    assert report.dropped["trainset: likely already"] == 3
    assert (report.counts["trainset_rows"], report.counts["trainset_golden"]) == (3, 3)
    with pytest.raises(BadInput, match="trainer 'scripted' cannot tell how likely rows are"):
        start_run(config.model_copy(update={"name": "other", "start": "base"}), tmp_path, tmp_path / "runs")


@pytest.fixture(scope="module")
def processes() -> Any:
    return forked()


def sample(suite: str, project: str, kill_at: int, said: str) -> None:
    """Run or resume a run whose ``kill_at``-th durable write from the start of the sampling on is its last."""
    os.chdir(project)
    import evals.sandboxes
    from loop.runs import resume_run

    rounds: Any = import_module("loop.rounds")

    evals.sandboxes.self_test = lambda sandbox: []
    killer, real = Killer(kill_at), rounds.sample_targets_stage

    def counted(*arguments: Any) -> Any:
        kept = os.fsync, os.replace
        os.fsync, os.replace = killer.before(os.fsync), killer.before(os.replace)
        try:
            return real(*arguments)
        finally:
            os.fsync, os.replace = kept

    rounds.sample_targets_stage = counted
    if Path("runs/test/run.json").is_file():
        resume_run(Path("runs/test"))
    else:
        start_run(settings(Path(suite)), Path(), Path("runs"))
    Path(said).write_text(str(killer.writes))


def end_of(project: Path) -> dict[str, Any]:
    run = project / "runs/test"
    kept: dict[str, Any] = {"report": read_json(run / "report.json")}
    for name in ("targets", "pairs", "screen", "trainset", "finetune"):
        manifest = read_json(run / "round-1" / name / MANIFEST)
        del manifest["seconds"], manifest["made"]
        kept[name] = manifest
    kept["files"] = [(run / "round-1" / name).read_bytes() for name in ("targets/targets.jsonl", "trainset/trainset.jsonl")]
    return kept


@pytest.mark.slow
def test_killed_while_sampling_and_resumed_it_ends_the_same(processes: Any, write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = str(write_suite(train=6, holdout=6))

    def go(project: Path, kill_at: int) -> int | None:
        project.mkdir(exist_ok=True)
        process = processes.Process(target=sample, args=(suite, str(project), kill_at, str(tmp_path / "writes")))
        process.start()
        process.join()
        code: int | None = process.exitcode
        return code

    assert go(tmp_path / "whole", 0) == 0
    writes, wanted = int((tmp_path / "writes").read_text()), end_of(tmp_path / "whole")
    assert writes > 60
    for number, point in enumerate(sorted(Random(0).sample(range(1, writes), POINTS))):
        project = tmp_path / f"killed-{number}"
        assert go(project, point) == -signal.SIGKILL
        journal = project / "runs/test/round-1/targets/journal.jsonl"
        before = journal.read_bytes() if journal.is_file() else b""
        assert go(project, 0) == 0
        assert end_of(project) == wanted, point
        assert journal.read_bytes().startswith(before[: before.rfind(b"\n") + 1])
