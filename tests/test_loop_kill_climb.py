"""SIGKILL at seeded writes of a run of two rounds, then resume: the same end as if nothing had happened.

A process is killed just before one of its writes reaches the disk, or just before a file gets its name, so every place at which
a file could be lost, torn or made twice can be met. Model and trainer are scripted; the sandbox and the files are real.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import WriteSuite
from forked import forked
from killing import Killer

from evals.files import MANIFEST, read_json

POINTS = 20


@pytest.fixture(scope="module")
def processes() -> Any:
    """Starts processes from one that has goldloop imported, which takes seconds."""
    return forked()


def work(suite: str, project: str, name: str, kill_at: int, said: str) -> None:
    """Run or resume two rounds; ``kill_at`` counts the process's durable writes. The number of writes goes to ``said``."""
    os.chdir(project)
    killer = Killer(kill_at)
    import evals.sandboxes
    from loop.config import make_config
    from loop.runs import resume_run, start_run

    evals.sandboxes.self_test = lambda sandbox: []
    os.fsync, os.replace = killer.before(os.fsync), killer.before(os.replace)
    config = {
        "name": name,
        "model": "scripted",
        "backend": "fakes:Climber",
        "rounds": 2,
        "suites": {"target": [suite]},
        "finetune": {"trainer": "scripted"},
    }
    folder = Path("runs", name)
    if (folder / "run.json").is_file():
        resume_run(folder)
    else:
        start_run(make_config(config), Path(), Path("runs"))
    Path(said).write_text(str(killer.writes))


def end_of(project: Path) -> dict[str, Any]:
    """All that a run leaves and that must be the same: report, trainsets, decisions, adapters, looks, what is in use."""
    run = project / "runs/climb"
    kept: dict[str, Any] = {"report": read_json(run / "report.json")}
    for stage in sorted(run.glob("round-*/*")):
        manifest = read_json(stage / MANIFEST)
        del manifest["seconds"], manifest["made"]  # of the clock and the machine
        kept[f"{stage.parent.name}/{stage.name}"] = manifest
        for name in ("trainset.jsonl", "results.jsonl", "adapter_model.safetensors"):
            if (stage / name).is_file():
                kept[f"{stage.parent.name}/{stage.name}/{name}"] = (stage / name).read_bytes()
    kept["registry"] = (project / "runs/registry.jsonl").read_bytes()
    looks = [line for line in (project / "runs/looks.jsonl").read_text().splitlines() if line]
    kept["looks"] = len(looks)
    return kept


@pytest.mark.slow
def test_a_climb_killed_at_seeded_writes_ends_like_one_that_was_not(
    processes: Any, write_suite: WriteSuite, tmp_path: Path
) -> None:
    suite = write_suite(train=8, holdout=16)

    def run(project: Path, kill_at: int) -> int:
        project.mkdir(exist_ok=True)
        said = project / "writes"
        process = processes.Process(target=work, args=(str(suite), str(project), "climb", kill_at, str(said)))
        process.start()
        process.join(timeout=120)
        assert process.exitcode is not None, "still running after two minutes"
        return int(process.exitcode)

    whole = tmp_path / "whole"
    assert run(whole, 0) == 0
    expected, total = end_of(whole), int((whole / "writes").read_text())
    assert [row["decision"] for row in expected["report"]["rounds"]] == ["promote", "promote"]
    points = sorted(Random(11).sample(range(1, total + 1), POINTS))
    for point in points:
        project = tmp_path / f"killed-{point}"
        assert run(project, point) == -signal.SIGKILL, point
        assert run(project, 0) == 0, point
        left = end_of(project)
        assert left == expected, (point, [name for name in expected if left.get(name) != expected[name]])
