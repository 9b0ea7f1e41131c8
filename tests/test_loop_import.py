"""`goldloop import`: what it writes, prints and answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import Ended, Run

from evals.errors import SandboxFault
from evals.sandboxes.base import Job, Outcome, Sandbox
from evals.suites import load_suite
from loop.cli import main

pytestmark = pytest.mark.usefixtures("self_test_once")

GOOD = {
    "text": "Write `one()`.",
    "code": "def one():\n    return 1\n",
    "check": "assert one() == 1",
    "part": "train",
    "by": "MIT",
}
BAD = {**GOOD, "code": "def one():\n    return 2\n", "part": "test"}
LOST = {**GOOD, "by": "Proprietary"}
COLUMNS = ("--column", "prompt=text", "--column", "golden=code", "--column", "checks=check", "--column", "split=part")
LICENCE = ("--column", "licence=by")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(["import", *arguments])
        out, err = capsys.readouterr()
        return Ended(int(caught.value.code or 0), out, " ".join(err.split()))

    return call


@pytest.fixture
def file(tmp_path: Path) -> str:
    place = tmp_path / "tasks.jsonl"
    place.write_text("".join(json.dumps(row) + "\n" for row in (GOOD, BAD, LOST)))
    return str(place)


class _Shared:
    """The shared sandbox, which outlives the command."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.name, self.tier = sandbox.name, sandbox.tier

    def run(self, job: Job) -> Outcome:
        return self._sandbox.run(job)

    def close(self) -> None:
        pass


class _Broken(_Shared):
    def run(self, job: Job) -> Outcome:
        raise SandboxFault("no room")


@pytest.mark.parametrize("form", ["folder", "jsonl", "parquet"])
def test_what_is_written_loads_to_the_same_suite_in_every_form(run: Run, file: str, tmp_path: Path, form: str) -> None:
    out = tmp_path / form
    ended = run("table", file, "--out", str(out), "--form", form, *COLUMNS, *LICENCE, "--json")
    assert ended.code == 0
    assert load_suite(str(out)).digest == ended.json["digest"]


def test_the_table_counts_splits_and_says_what_was_left_out(run: Run, file: str, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    ended = run("table", file, "--out", out, "--name", "mine", *COLUMNS, *LICENCE)
    lines = [line.split() for line in ended.out.splitlines()]
    assert ["train", "1", "1", "1", "1", "MIT"] in lines
    assert ["holdout", "2", "2", "1", "2", "MIT,", "Proprietary"] in lines
    assert "1 tasks are holdout: their licence is not known to allow training" in " ".join(ended.out.split())
    assert ended.err.endswith(f"next: goldloop goldens verify {out}")


def test_a_name_is_the_suites(run: Run, file: str, tmp_path: Path) -> None:
    ended = run("table", file, "--out", str(tmp_path / "out"), "--name", "mine", *COLUMNS, "--json")
    assert ended.json["suite"] == "mine"
    assert {task.suite for task in load_suite(str(tmp_path / "out")).tasks} == {"mine"}


def test_a_limit_keeps_that_many_tasks(run: Run, file: str, tmp_path: Path) -> None:
    ended = run("table", file, "--out", str(tmp_path / "out"), "--limit", "2", *COLUMNS, *LICENCE, "--json")
    assert sum(ended.json["splits"].values()) == 2


def test_verifying_leaves_out_a_golden_that_fails(
    run: Run, file: str, tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loop.bench.open_sandbox", lambda *_, **__: _Shared(sandbox))
    ended = run("table", file, "--out", str(tmp_path / "out"), "--verify", *COLUMNS, *LICENCE, "--json")
    assert ended.code == 0
    assert [task.id for task in load_suite(str(tmp_path / "out")).tasks] == ["1", "3"]
    assert any("tasks.jsonl:2: the golden passes 0 of 1 runs" in note for note in ended.json["left_out"])


def test_a_sandbox_that_fails_proves_nothing_and_nothing_is_written(
    run: Run, file: str, tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loop.bench.open_sandbox", lambda *_, **__: _Broken(sandbox))
    ended = run("table", file, "--out", str(tmp_path / "out"), "--verify", *COLUMNS, *LICENCE)
    assert ended.code == 3
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing", "x"), "importer 'nothing' is none of defog, evalplus"),
        (("mbpp", "x", "--column", "prompt=text"), "--column: for hub and table only; mbpp knows its own columns"),
        (("table", "x", "--column", "prompt"), "--column prompt: expected KEY=COLUMN, such as prompt=question"),
        (("table", "x", "--form", "xml"), "--form xml: expected one of folder, jsonl, parquet"),
        (("quixbugs", "nowhere"), "nowhere: no such file or folder; give files.jsonl.gz or files.jsonl"),
    ],
)
def test_wrong_arguments_are_named(run: Run, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    ended = run(*arguments, "--out", str(tmp_path / "out"))
    assert ended.code == 4
    assert message in ended.err


def test_nothing_is_overwritten(run: Run, file: str, tmp_path: Path) -> None:
    ended = run("table", file, "--out", str(tmp_path), *COLUMNS)
    assert ended.code == 4
    assert "exists already and is not empty; give a new folder" in ended.err


def test_help_has_an_example(run: Run) -> None:
    ended = run("--help")
    assert "Example: goldloop import quixbugs" in " ".join(ended.out.split())


def test_a_broken_row_is_listed_apart_and_refused_where_that_is_asked_for(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "tasks.jsonl"
    place.write_text("".join(json.dumps({**GOOD, "check": f"assert one() == {n}"}) + "\n" for n in range(9)) + "{\n")
    asked = ["table", str(place), *COLUMNS, *LICENCE]
    refused = run(*asked, "--out", str(tmp_path / "a"))
    assert refused.code == 4 and "1 of 10 rows are broken, more than 5%; --max-left-out 11%" in refused.err
    shown = run(*asked, "--out", str(tmp_path / "b"), "--max-left-out", "11%")
    assert shown.code == 0 and "broken rows, left out: 1" in shown.out and "tasks.jsonl:10: not JSON" in shown.out
    told = run(*asked, "--out", str(tmp_path / "c"), "--max-left-out", "0.2", "--json")
    assert len(told.json["broken"]) == 1 and sum(told.json["splits"].values()) == 9
    assert run(*asked, "--out", str(tmp_path / "d"), "--max-left-out", "0.2", "--strict").code == 4
    assert "--max-left-out: expected a share" in run(*asked, "--out", str(tmp_path / "e"), "--max-left-out", "ten").err
