"""What the command line prints beside results: life signs, rows of queries, completion, the next command."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import yaml
from command_line import Ended

from loop.cli import main

pytestmark = pytest.mark.usefixtures("self_test_once")

Run = Callable[..., Ended]
REPOSITORY = Path(__file__).parents[1]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()

    def call(*arguments: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(list(arguments))
        out, err = capsys.readouterr()
        return Ended(int(caught.value.code or 0), out, err)

    return call


def python(code: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    full = {**os.environ, "PYTHONPATH": str(REPOSITORY), **environment}
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, env=full, capture_output=True, text=True, check=False)


WORK = """
import time
from loop.console import Bars
bars = Bars(every_seconds=0.5, quiet=QUIET)
bars.start("evaluate", 10, "attempts")
for _ in range(3):
    time.sleep(0.6)
    bars.advance()
bars.finish()
time.sleep(1.2)
"""


def test_long_work_gives_signs_of_life_where_no_terminal_is(tmp_path: Path) -> None:
    ended = python(WORK.replace("QUIET", "False"), tmp_path)
    *signs, last = ended.stderr.splitlines()
    assert len(signs) == 3
    assert signs[0] == "  evaluate: 0 of 10 attempts, 0.0 attempts/s, time left unknown"
    assert re.fullmatch(r"  evaluate: 2 of 10 attempts, 1\.\d attempts/s, [56] s left", signs[2])
    assert last.startswith("  done evaluate: 3 attempts in 2 s")
    assert ended.stdout == ""


def test_json_output_has_no_signs_of_life(tmp_path: Path) -> None:
    assert python(WORK.replace("QUIET", "True"), tmp_path).stderr == ""


def test_rows_that_fit_are_a_table_and_wide_ones_go_key_by_key(run: Run) -> None:
    narrow = run("sql", "select 1 as one, 'x' as name")
    assert narrow.out.splitlines()[0].split() == ["one", "name"]
    wide = run("sql", "select repeat('a ', 30) as first, repeat('b ', 30) as second_one, 'l1\nl2' as lines from range(2)")
    lines = wide.out.splitlines()
    assert [line.strip() for line in lines if line.startswith("row")] == ["row 1", "row 2"]
    assert lines[1].split()[:2] == ["first", "a"] and lines[2].split()[:2] == ["second_one", "b"]
    assert lines[3].split() == ["lines", "l1"] and lines[4].split() == ["l2"]


def test_csv_and_jsonl_give_every_row_and_nothing_else(run: Run) -> None:
    query = "select range as n, case when range = 1 then null else 'a,\"b\"' end as t from range(300)"
    rows = list(csv.reader(io.StringIO(run("sql", query, "--format", "csv").out)))
    assert (rows[0], rows[1], rows[2], len(rows)) == (["n", "t"], ["0", 'a,"b"'], ["1", ""], 301)
    lines = [orjson.loads(line) for line in run("sql", query, "--format", "jsonl").out.splitlines()]
    assert (lines[0], lines[1], len(lines)) == ({"n": 0, "t": 'a,"b"'}, {"n": 1, "t": None}, 300)
    refused = run("sql", query, "--format", "xml")
    assert refused.code == 4 and "expected table, csv or jsonl" in refused.err


def test_shells_can_complete(tmp_path: Path) -> None:
    code = "import sys; sys.argv = ['goldloop']; from goldloop import main; main()"
    words = {"COMP_WORDS": "goldloop val", "COMP_CWORD": "1", "_GOLDLOOP_COMPLETE": "complete_bash"}
    assert python(code, tmp_path, **words).stdout.split() == ["validate"]
    assert "--install-completion" in python(code.replace("['goldloop']", "['goldloop', '--help']"), tmp_path).stdout


def test_no_verb_names_a_help_page_as_the_next_command() -> None:
    sources = [file.read_text(encoding="utf-8") for file in (REPOSITORY / "loop/verbs").glob("*.py")]
    assert len(sources) > 10
    assert not [line for text in sources for line in text.splitlines() if "--help" in line]


def test_init_names_the_schema_that_it_writes(run: Run, tmp_path: Path) -> None:
    assert run("init", "mine").code == 0
    first = (tmp_path / "mine/goldloop.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=goldloop.schema.json"
    schema = orjson.loads((tmp_path / "mine/goldloop.schema.json").read_bytes())
    assert set(yaml.safe_load((tmp_path / "mine/goldloop.yaml").read_text())) <= set(schema["properties"])
    assert (
        run(
            "validate",
            "mine/goldloop.yaml",
            "--unsafe-local",
            "--anyway",
            "--set",
            "backend=fakes:Perfect",
            "--set",
            "finetune.trainer=scripted",
        ).code
        == 0
    )


def test_no_message_names_a_distribution_that_no_index_has() -> None:
    packages = ("evals", "goldens", "decontam", "trainset", "finetune", "loop")
    files = [file for package in packages for file in (REPOSITORY / package).rglob("*.py")]
    assert len(files) > 100
    assert not [str(file) for file in files if "install 'goldloop[" in file.read_text(encoding="utf-8")]
