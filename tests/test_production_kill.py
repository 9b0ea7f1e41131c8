"""SIGKILL at seeded writes of ingest and triage, then again: the same folder as if nothing had happened, to the byte.

A process is killed just before one of its writes reaches the disk, or just before a file or folder gets its name. The model is
scripted; the sandbox and the files are real. Does not cover what people decide (``goldloop review``).
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from forked import forked
from killing import Killer
from langsmith_logs import KEY, lines, run, said

from evals.sandboxes.base import Sandbox

POINTS = 20
_COMMANDS = (
    ("ingest", "answers.jsonl", "feedback.jsonl", "--licence", "MIT", "--json"),
    ("triage", "production", "--model", "scripted", "--samples", "2", "--json"),
)
_SETTINGS = ("--set", "backend=fakes:Slowest", "--set", "evals.workers=1")


@pytest.fixture(scope="module")
def processes() -> Any:
    """Starts processes from one that has goldloop imported, which takes seconds."""
    return forked()


def work(project: str, kill_at: int, written: str) -> None:
    """Ingest and triage; ``kill_at`` counts the process's durable writes. The number of writes goes to ``written``."""
    os.chdir(project)
    os.dup2(os.open("said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
    killer = Killer(kill_at)
    import evals.sandboxes
    from loop.cli import main

    evals.sandboxes.self_test = lambda sandbox: []
    os.fsync, os.replace, os.rename = killer.before(os.fsync), killer.before(os.replace), killer.before(os.rename)
    for command in _COMMANDS:
        try:
            main([*command, *(_SETTINGS if command[0] == "triage" else ())])
        except SystemExit as ended:
            assert not ended.code, (command, ended.code)
    Path(written).write_text(str(killer.writes))


def end_of(project: Path) -> dict[str, Any]:
    """Every file of the folder, but for the lock and for when decisions were made; answers and verdicts in any order."""
    folder = project / "production"
    kept: dict[str, Any] = {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
    del kept[".lock"]
    kept["decisions.jsonl"] = [{**json.loads(line), "when": ""} for line in kept["decisions.jsonl"].splitlines()]
    for name in [name for name in kept if name.startswith("asked/")]:
        kept[name] = sorted(kept[name].splitlines())
    return kept


@pytest.mark.slow
def test_a_killed_ingest_and_triage_end_like_ones_that_were_not(processes: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    def start(name: str, kill_at: int) -> int:
        project = tmp_path / name
        if not project.exists():
            write_logs(project)
        process = processes.Process(target=work, args=(str(project), kill_at, str(project / "writes")))
        process.start()
        process.join(timeout=120)
        assert process.exitcode is not None, "still running after two minutes"
        return int(process.exitcode)

    assert start("whole", 0) == 0
    expected, total = end_of(tmp_path / "whole"), int((tmp_path / "whole/writes").read_text())
    assert [json.loads(data)["reproduction"]["failed"] for name, data in expected.items() if "problems/" in name] == [2, 2]
    assert len([name for name in expected if name.endswith("golden.py")]) == 2
    assert start("whole", 0) == 0
    assert end_of(tmp_path / "whole") == expected, "a second time changes something"
    forget_written(tmp_path / "whole")
    assert start("whole", 0) == 0
    assert end_of(tmp_path / "whole") == expected, "a draft that was written just before a kill is not known as written"
    for point in sorted(Random(35).sample(range(1, total + 1), POINTS)):
        name = f"killed-{point}"
        assert start(name, point) == -signal.SIGKILL, point
        assert start(name, 0) == 0, (point, (tmp_path / name / "said.txt").read_text()[-2000:])
        left = end_of(tmp_path / name)
        assert left == expected, (point, sorted(n for n in {*left, *expected} if left.get(n) != expected.get(n)))


def forget_written(project: Path) -> None:
    """As a kill leaves it between a new draft and the note of what was written, by which edits by hand are seen."""
    file = min(project.glob("production/problems/*.json"))
    kept = json.loads(file.read_text())
    del kept["written"]
    file.write_text(json.dumps(kept))


def write_logs(project: Path) -> None:
    """Two functions that two users each got wrong, and what they said in a file of its own; the project's key."""
    asked = {
        "doubled": ("Write `doubled(n)`, twice a number: doubled(2) == 4, doubled(7) == 14.", "n", "n * n", "n + n"),
        "shout": (
            "I need `shout(text)`: upper case and a mark. shout('ab') == 'AB!', shout('x') == 'X!'.",
            "text",
            "text",
            "text.upper() + '!'",
        ),
    }
    answers: list[Any] = []
    feedback: list[Any] = []
    for name, (question, argument, wrong, right) in asked.items():
        code = f"```python\ndef {name}({argument}):\n    return {{}}\n```"
        for user in ("bo", "kim"):
            answers.append(run(f"{name}-{user}", question, code.format(wrong), user=user, at=len(answers)))
            feedback.append(said(f"{name}-{user}", comment="wrong", correction=code.format(right)))
    (project / "production").mkdir(parents=True)
    (project / "production/redaction.key").write_text(KEY.hex())
    (project / "answers.jsonl").write_bytes(lines([*answers, b"{torn"]))
    (project / "feedback.jsonl").write_bytes(lines(feedback))
