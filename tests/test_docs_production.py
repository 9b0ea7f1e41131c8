"""The page on production failures: its commands run in their order, and the sample's figures are what it says."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from pathlib import Path

import pytest
from command_line import Ended
from documentation import ROOT, call, commands

from evals.suites import load_suite

PAGE = ROOT / "docs/production.md"
TYPED = [command for command in commands(PAGE) if command.whole]
SCRIPTED = ("--set", "backend=fakes:Unhelpful")


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Ended]]:
    """A folder in which somebody typed every command of the page, with a scripted model and trainer; what each printed."""
    folder = tmp_path_factory.mktemp("typed")
    shutil.copytree(ROOT / "examples/data", folder / "examples/data")
    said = []
    with contextlib.chdir(folder):
        for command in TYPED:
            words = list(command.words[1:])
            if "--model" in words:
                words[words.index("--model") + 1] = "scripted"
            if command.verb in ("triage", "run"):
                words += SCRIPTED
            if command.verb == "run":
                words += ["--set", "model=scripted", "--set", "finetune.trainer=scripted"]
            said.append(call(*words))
    return folder, said


def test_every_command_of_the_page_runs(followed: tuple[Path, list[Ended]]) -> None:
    verbs = [command.verb for command in TYPED]
    assert verbs[:3] == ["ingest", "triage", "review"] and "run" in verbs
    for command, ended in zip(TYPED, followed[1], strict=True):
        assert ended.code in ((0, 2, 3) if command.verb == "run" else (0,)), f"{command}: {ended.err}"


def shown(verb: str) -> list[str]:
    """The lines that the page shows below the first command of a verb."""
    text = PAGE.read_text(encoding="utf-8")
    block = re.search(rf"```console\n\$ goldloop {verb} .*?```", text, re.DOTALL)
    assert block is not None
    lines = block[0].splitlines()[2:-1]
    return [line for line in lines if not line.startswith("$ ")]


def test_the_sample_is_ingested_as_the_page_shows(followed: tuple[Path, list[Ended]]) -> None:
    printed = " ".join(followed[1][0].out.split())
    assert len(shown("ingest")) > 5
    assert [line for line in shown("ingest") if " ".join(line.split()) not in printed] == []


def test_the_log_is_as_many_problems_as_the_page_shows(followed: tuple[Path, list[Ended]]) -> None:
    printed = followed[1][1].out
    for line in shown("triage")[:5]:
        if not re.search(r"reproduced|drafted", line):  # of the model
            assert " ".join(line.split()) in " ".join(printed.split())


def test_a_round_says_what_it_did_for_the_log(followed: tuple[Path, list[Ended]]) -> None:
    report = json.loads((followed[0] / "runs/run/report.json").read_text(encoding="utf-8"))
    notes = [
        note for note in report["rounds"][-1]["notes"] if note.startswith("production: 10 failures in the log are 7 problems")
    ]
    assert len(notes) == 1 and re.search(r"round 1 fixes \d of the \d holdout tasks that failed \(\d+% to \d+%\)", notes[0])


def test_only_active_tasks_are_in_the_suite(followed: tuple[Path, list[Ended]]) -> None:
    folder = followed[0] / "production"
    assert {task.status for task in load_suite(str(folder)).tasks} == {"active"}
    assert "bo.berg" not in "".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.jsonl"))
