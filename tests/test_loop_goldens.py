"""`goldloop goldens verify`: what it prints, writes and answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import Ended, Run
from conftest import WriteSuite

from evals.errors import SandboxFault
from evals.sandboxes.base import Job, Outcome, Sandbox
from loop.cli import main

pytestmark = pytest.mark.usefixtures("self_test_once")


@pytest.fixture
def run(sandbox: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line in this process, in the sandbox that the tests share."""
    monkeypatch.setattr("evals.sandboxes.open_sandbox", lambda *_, **__: _Shared(sandbox))
    monkeypatch.setattr("loop.bench.open_sandbox", lambda *_, **__: _Shared(sandbox))

    def call(*arguments: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(["goldens", "verify", *arguments])
        out, err = capsys.readouterr()
        return Ended(int(caught.value.code or 0), out, err)

    return call


class _Shared:
    """The shared sandbox, which outlives the command."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.name, self.tier = sandbox.name, sandbox.tier

    def run(self, job: Job) -> Outcome:
        return self._sandbox.run(job)

    def close(self) -> None:
        pass


@pytest.fixture
def suite(write_suite: WriteSuite) -> Path:
    return write_suite(train=2, holdout=1)


def weaken(suite: Path, checks: str) -> None:
    (suite / "words" / "codes_anchor" / "checks.py").write_text(checks)


def test_a_sound_suite_ends_with_zero_and_the_next_command(run: Run, suite: Path) -> None:
    ended = run(str(suite), "--mutants", "3")
    assert ended.code == 0
    assert "100.0%" in ended.out
    assert f"next: goldloop eval {suite}" in ended.err.replace("\n", "")


def test_the_report_has_stable_keys(run: Run, suite: Path, tmp_path: Path) -> None:
    ended = run(str(suite), "--mutants", "3", "--json", "--out", str(tmp_path / "report.json"))
    report = ended.json
    assert json.loads((tmp_path / "report.json").read_text()) == report
    assert set(report) == {"digests", "effort", "errors", "proved", "runs", "sandbox", "score", "tallies", "tasks"}
    assert report["proved"] == {"codes": 3}
    assert report["effort"] == {"repeats": 3, "mutants": 3, "least_score": 0.75}
    assert report["runs"] == sum(t["repeats"] + len(t["stubs"]) + t["mutants"] for t in report["tasks"])
    assert [row["slice"] for row in report["tallies"]] == ["*", "words"]


def test_a_weak_task_ends_with_two_and_is_shown_with_its_survivors(run: Run, suite: Path) -> None:
    weaken(suite, "assert codes_anchor() != None\n")
    ended = run(str(suite), "--mutants", "4")
    assert ended.code == 2
    assert "weak" in ended.out
    assert "- return 'secret anchor'" in ended.out
    assert "+ return ''" in ended.out


def test_a_broken_task_ends_with_two_and_its_place(run: Run, suite: Path) -> None:
    weaken(suite, "assert codes_anchor() == 'another word'\n")
    ended = run(str(suite), "--mutants", "0")
    assert ended.code == 2
    assert "codes_anchor" in ended.out
    assert "passes 0 of 1 runs" in ended.out


def test_the_threshold_decides_what_is_weak(run: Run, suite: Path) -> None:
    weaken(suite, "assert codes_anchor() != None\n")
    assert run(str(suite), "--mutants", "4", "--least-score", "0").code == 0


def test_a_sample_is_spread_over_the_suite(run: Run, write_suite: WriteSuite) -> None:
    ended = run(str(write_suite(train=4, holdout=2)), "--sample", "3", "--mutants", "0", "--repeats", "1", "--json")
    assert len({task["id"] for task in ended.json["tasks"]}) == 3
    assert {task["split"] for task in ended.json["tasks"]} == {"train", "holdout"}


def test_a_broken_sandbox_allows_no_conclusion(run: Run, suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> Outcome:
        raise SandboxFault("gone")

    monkeypatch.setattr(_Shared, "run", gone)
    ended = run(str(suite), "--json", "--mutants", "1")
    assert ended.code == 3
    assert ended.json["errors"] == ended.json["runs"]
    assert "infrastructure errors" in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "no such folder"),
        (["house", "house"], "house is given twice"),
        (["house", "--set", "evals.nonsense=1"], "unknown key"),
        (["house", "--repeats", "0"], "repeats"),
    ],
)
def test_bad_input_ends_with_four(run: Run, arguments: list[str], said: str) -> None:
    ended = run(*arguments)
    assert ended.code == 4
    assert said in ended.err
