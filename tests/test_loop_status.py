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

import pytest
from command_line import Ended, Run, ended
from conftest import WriteSuite

from evals.errors import BadInput
from loop.progress import PROGRESS, read_position
from loop.stage import lock_holder, only_one

REPOSITORY = Path(__file__).parents[1]
SLOW = """
import time
from fakes import LearningBackend

class Unhurried(LearningBackend):
    made = 0

    def __init__(self, ref, *, batch_size=1):
        super().__init__(ref, batch_size=1)

    def generate(self, prompts, sampling):
        time.sleep(2 if self.made < 4 else 600)
        self.made += 1
        return super().generate(prompts, sampling)
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Ended:
        return ended(capsys, *arguments)

    return call


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


def status(run: Run) -> Any:
    ended = run("status", "t", "--json")
    assert ended.code == 0, ended.err
    return ended.json


@pytest.fixture
def running(project: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run that has some answers to the training tasks, and waits for ten minutes for the fifth."""
    line, environment = command(project, "run")
    process = subprocess.Popen(line, cwd=project, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while (at := read_position(project / "runs/t")) is None or at.label != "round 1: before, train" or at.done < 1:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    yield process
    process.kill()
    process.wait()


@pytest.mark.slow
def test_a_run_at_work_and_the_same_run_killed(run: Run, project: Path, running: subprocess.Popen[bytes]) -> None:
    at_work = status(run)
    assert (at_work["state"], at_work["pid"]) == ("running", running.pid)
    position = at_work["position"]
    assert (position["label"], position["unit"], position["total"]) == ("round 1: before, train", "attempts", 6)
    assert 1 <= position["done"] < 5 and 0 < position["rate"] < 3 and position["seconds_left"] > 0
    states = {row["stage"]: row["state"] for row in at_work["stages"]}
    assert (states["goldens"], states["before-train"], states["finetune"]) == ("done", "running", "to do")

    running.send_signal(signal.SIGKILL)
    running.wait()
    assert (project / "runs/t" / PROGRESS).is_file(), "what a killed process wrote stays"
    killed = status(run)
    assert (killed["state"], killed["pid"]) == ("stopped", None)
    assert {row["stage"]: row["state"] for row in killed["stages"]}["before-train"] == "stopped"
    told = run("status", "t")
    assert "stopped at round 1: before, train, " in told.out and "next: goldloop resume t" in told.err


def test_stages_that_only_some_rounds_have_are_listed_before_the_gate(run: Run, project: Path) -> None:
    for name in ("goldens", "after-again", "after-train", "before-again-1", "gate"):
        (project / "runs/t/round-1" / name).mkdir(parents=True)
    (project / "runs/t/run.json").write_text("{}")
    names = [row["stage"] for row in status(run)["stages"]]
    assert names[-4:] == ["after-again", "after-train", "before-again-1", "gate"]


def test_looking_at_a_lock_neither_takes_nor_breaks_it(tmp_path: Path) -> None:
    assert lock_holder(tmp_path) is None
    with only_one(tmp_path):
        assert lock_holder(tmp_path) == os.getpid()
        with pytest.raises(BadInput, match="another goldloop is working"), only_one(tmp_path):
            pass
        assert lock_holder(tmp_path) == os.getpid(), "who was refused left the holder's name alone"
    assert lock_holder(tmp_path) is None
