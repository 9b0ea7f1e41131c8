"""SIGKILL in every stage of a run with the embedded model, then resume: the same end as if nothing had happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from evals.files import MANIFEST, read_json
from loop.scaffold import init_project
from loop.status import STAGES

pytestmark = [pytest.mark.model, pytest.mark.slow]

REPOSITORY = Path(__file__).parents[1]
QUICK = ("--anyway", "--set", "evals.max_new_tokens=24", "--set", "finetune.num_train_epochs=2")


def start(project: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "loop", *arguments]
    return subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def kill_in(stage: Path, process: subprocess.Popen[bytes]) -> None:
    """SIGKILL as soon as the stage has begun, a moment later for those that take long, so that a journal is half written."""
    deadline = time.monotonic() + 120
    while not (stage / "inputs.json").exists() and process.poll() is None:
        assert time.monotonic() < deadline, f"{stage.name} did not begin"
        time.sleep(0.005)
    if stage.name in ("before-train", "before-holdout", "after-holdout", "finetune"):
        time.sleep(1.0)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_run_killed_in_every_stage_ends_like_one_that_was_not(embedded_model: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    init_project(project)
    whole = start(project, "run", *QUICK, "--name", "whole")
    _, errors = whole.communicate(timeout=300)
    assert whole.returncode in (0, 2, 3), errors.decode()
    assert (project / "runs/whole/report.json").is_file(), errors.decode()

    run = project / "again/killed"  # a folder of its own: beside the other run it would copy its evaluations
    journals: dict[Path, bytes] = {}
    for name in STAGES:
        arguments = ("resume", "killed") if (run / "run.json").exists() else ("run", *QUICK, "--name", "killed")
        kill_in(run / "round-1" / name, start(project, *arguments, "--runs", "again"))
        for journal in run.glob("round-1/*/journal.jsonl"):
            data = journal.read_bytes()
            journals[journal] = data[: data.rfind(b"\n") + 1]
    last = start(project, "resume", "killed", "--runs", "again")
    _, errors = last.communicate(timeout=300)
    assert last.returncode == whole.returncode, errors.decode()

    left, right = project / "runs/whole", run
    first, second = (read_json(folder / "report.json")["rounds"] for folder in (left, right))
    assert first == second
    for name in ("trainset", "finetune", "gate"):
        manifests = [read_json(folder / "round-1" / name / MANIFEST) for folder in (left, right)]
        for manifest in manifests:
            manifest.pop("seconds")
            manifest.pop("made")
        assert manifests[0] == manifests[1], name
    assert (left / "round-1/trainset/trainset.jsonl").read_bytes() == (right / "round-1/trainset/trainset.jsonl").read_bytes()

    assert journals, "no kill met a journal"
    for journal, data in journals.items():
        final = journal.read_bytes()
        assert final.startswith(data), f"{journal.parent.name}: an entry was made again after it was in the journal"
        attempts = [a["key"] for line in final.splitlines() for a in orjson.loads(line).get("attempts", ())]
        assert len(attempts) == len(set(attempts)), f"{journal.parent.name}: an attempt was generated twice"
