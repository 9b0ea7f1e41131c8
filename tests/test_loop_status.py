"""``goldloop status`` beside a real run: what is at work, what was killed, and the stages that only some rounds have."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from conftest import WriteSuite

from evals.errors import BadInput
from loop.progress import PROGRESS
from loop.stage import lock_holder, only_one

REPOSITORY = Path(__file__).parents[1]
SLOW = """
import time
from fakes import LearningBackend

class Unhurried(LearningBackend):
    def __init__(self, ref, *, batch_size=1):
        super().__init__(ref, batch_size=1)

    def generate(self, prompts, sampling):
        time.sleep(1.5)
        return super().generate(prompts, sampling)
"""


@pytest.fixture
def project(write_suite: WriteSuite, tmp_path: Path) -> Path:
    (tmp_path / "slowly.py").write_text(SLOW)
    suite = write_suite(train=6, holdout=6)
    text = (
        f"name: t\nmodel: scripted\nbackend: slowly:Unhurried\nfinetune: {{trainer: scripted}}\nsuites: {{target: [{suite}]}}\n"
    )
    (tmp_path / "goldloop.yaml").write_text(text)
    return tmp_path


def command(project: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    path = os.pathsep.join(map(str, (project, REPOSITORY, REPOSITORY / "tests")))
    return [sys.executable, "-m", "goldloop", *arguments], {**os.environ, "PYTHONPATH": path}


def call(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    line, environment = command(project, *arguments)
    return subprocess.run(line, cwd=project, env=environment, capture_output=True, text=True, check=False)


def status(project: Path) -> Any:
    ended = call(project, "status", "t", "--json")
    assert ended.returncode == 0, ended.stderr
    return orjson.loads(ended.stdout)


@pytest.fixture
def running(project: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run that has made at least one answer to the training tasks."""
    line, environment = command(project, "run")
    process = subprocess.Popen(line, cwd=project, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal = project / "runs/t/round-1/before-train/journal.jsonl"
    deadline = time.monotonic() + 120
    while not journal.is_file():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(2.0)
    yield process
    process.kill()
    process.wait()


def test_a_run_at_work_and_the_same_run_killed(project: Path, running: subprocess.Popen[bytes]) -> None:
    at_work = status(project)
    assert (at_work["state"], at_work["pid"]) == ("running", running.pid)
    position = at_work["position"]
    assert (position["label"], position["unit"], position["total"]) == ("round 1: before, train", "attempts", 6)
    assert 0 < position["rate"] < 3 and position["seconds_left"] > 0
    states = {row["stage"]: row["state"] for row in at_work["stages"]}
    assert (states["goldens"], states["before-train"], states["finetune"]) == ("done", "running", "to do")

    running.send_signal(signal.SIGKILL)
    running.wait()
    assert (project / "runs/t" / PROGRESS).is_file(), "what a killed process wrote stays"
    killed = status(project)
    assert (killed["state"], killed["pid"]) == ("stopped", None)
    assert {row["stage"]: row["state"] for row in killed["stages"]}["before-train"] == "stopped"
    told = call(project, "status", "t")
    assert "stopped at round 1: before, train, " in told.stdout and "next: goldloop resume t" in told.stderr


def test_stages_that_only_some_rounds_have_are_listed_before_the_gate(project: Path) -> None:
    for name in ("goldens", "after-again", "after-train", "before-again-1", "gate"):
        (project / "runs/t/round-1" / name).mkdir(parents=True)
    (project / "runs/t/run.json").write_text("{}")
    names = [row["stage"] for row in status(project)["stages"]]
    assert names[-4:] == ["after-again", "after-train", "before-again-1", "gate"]


def test_looking_at_a_lock_neither_takes_nor_breaks_it(tmp_path: Path) -> None:
    assert lock_holder(tmp_path) is None
    with only_one(tmp_path):
        assert lock_holder(tmp_path) == os.getpid()
        with pytest.raises(BadInput, match="another goldloop is at work"), only_one(tmp_path):
            pass
        assert lock_holder(tmp_path) == os.getpid(), "who was refused left the holder's name alone"
    assert lock_holder(tmp_path) is None
