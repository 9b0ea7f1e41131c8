"""SIGKILL in every stage of a run with the embedded model, then resume: the same end as if nothing had happened."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from forked import forked

from evals.files import MANIFEST, read_json
from loop.scaffold import init_project
from loop.status import STAGES

pytestmark = [pytest.mark.model, pytest.mark.slow]

REPOSITORY = Path(__file__).parents[1]
QUICK = ("--anyway", "--set", "evals.max_new_tokens=24", "--set", "finetune.num_train_epochs=2")


@pytest.fixture(scope="module")
def processes() -> Any:
    """Starts processes from one that has torch imported, too, which would take each of the eleven seconds."""
    return forked("torch", "transformers", "peft", "finetune.train", "evals.models.hf")


def work(project: str, arguments: Sequence[str], said: str) -> None:
    """``goldloop ARGUMENTS`` in a project; both streams go to ``said``."""
    os.chdir(project)
    file = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(file, stream)
    import evals.sandboxes
    from loop.cli import main

    evals.sandboxes.self_test = lambda sandbox: []  # the run that nobody kills has tested it
    main(arguments)


def kill_in(stage: Path, process: Any) -> None:
    """SIGKILL as soon as the stage has begun, a moment later for those that take long, so that a journal is half written."""
    deadline = time.monotonic() + 600
    while not (stage / "inputs.json").exists() and process.is_alive():
        assert time.monotonic() < deadline, f"{stage.name} did not begin"
        time.sleep(0.005)
    if stage.name in ("before-train", "before-holdout", "after-holdout", "finetune"):
        time.sleep(1.0)
    process.kill()
    process.join()


def test_a_run_killed_in_every_stage_ends_like_one_that_was_not(processes: Any, embedded_model: str, tmp_path: Path) -> None:
    said = tmp_path / "said.txt"

    def start(project: Path, *arguments: str) -> Any:
        process = processes.Process(target=work, args=(str(project), arguments, str(said)))
        process.start()
        return process

    project = tmp_path / "project"
    init_project(project)
    command = [sys.executable, "-m", "loop", "run", *QUICK, "--name", "whole"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    whole = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert whole.returncode in (0, 2, 3), whole.stderr
    assert (project / "runs/whole/report.json").is_file(), whole.stderr

    run = project / "again/killed"  # a folder of its own: beside the other run it would copy its evaluations
    journals: dict[Path, bytes] = {}
    for name in STAGES:
        arguments = ("resume", "killed") if (run / "run.json").exists() else ("run", *QUICK, "--name", "killed")
        kill_in(run / "round-1" / name, start(project, *arguments, "--runs", "again"))
        for journal in run.glob("round-1/*/journal.jsonl"):
            data = journal.read_bytes()
            journals[journal] = data[: data.rfind(b"\n") + 1]
    last = start(project, "resume", "killed", "--runs", "again")
    last.join(timeout=900)
    assert last.exitcode == whole.returncode, said.read_text()

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
