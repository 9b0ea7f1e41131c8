"""The command line as a user meets it: exit codes, messages, JSON, help."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from conftest import WriteSuite
from fakes import fake_finetune

from loop.cli import app, main
from loop.config import config_keys

Run = Callable[..., "Outcome"]


class Outcome:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, re.sub(r"\s+", " ", err)
        self.words = self.err.replace(" ", "")  # the terminal wraps long paths

    @property
    def json(self) -> dict[str, object]:
        value: dict[str, object] = orjson.loads(self.out)
        return value


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    import finetune.lora
    import loop.stages

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(finetune.lora, "finetune", fake_finetune)
    monkeypatch.setattr(loop.stages, "token_counter", lambda config: lambda example: 10)

    def call(*arguments: str) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(list(arguments))
        out, err = capsys.readouterr()
        return Outcome(int(caught.value.code or 0), out, err)

    return call


def project(path: Path, target: Path, extra: str = "") -> None:
    text = f"name: t\nmodel: scripted\nbackend: fakes:LearningBackend\nsuites:\n  target: [{target}]\n{extra}"
    (path / "goldloop.yaml").write_text(text)


def verbs() -> list[str]:
    from loop.verbs import load

    load()

    names = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    return [name.rstrip("_") for name in names] + ["goldens verify"]


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_has_help_with_an_example_and_json(run: Run, verb: str) -> None:
    outcome = run(*verb.split(), "--help")
    assert outcome.code == 0
    assert f"Example: goldloop {verb}" in re.sub(r"\s+", " ", outcome.out)
    assert "--json" in outcome.out


def test_every_verb_and_key_is_in_the_readme() -> None:
    readme = Path(__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8")
    for verb in verbs():
        assert f"`goldloop {verb}" in readme, verb
    for key, _, _ in config_keys():
        assert f"`{key}`" in readme, key


def test_an_unknown_verb_is_bad_input(run: Run) -> None:
    outcome = run("tain")
    assert outcome.code == 4
    assert "No such command 'tain'" in outcome.err


def test_init_makes_a_project_and_never_overwrites(run: Run, tmp_path: Path) -> None:
    assert run("init", "mine").code == 0
    assert len((tmp_path / "mine/README.md").read_text().strip().splitlines()) <= 6
    again = run("init", "mine")
    assert again.code == 4
    assert "exists already and is not empty" in again.err


def test_a_run_promotes_and_prints_json(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    project(tmp_path, write_suite(train=6, holdout=6))
    outcome = run("run", "--json")
    assert outcome.code == 0
    assert outcome.json["rounds"][0]["suites"]["codes"]["holdout"]["after"] == 1.0  # type: ignore[index]


def test_the_closing_table_shows_before_after_and_the_interval(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    project(tmp_path, write_suite(train=6, holdout=6))
    outcome = run("run")
    text = re.sub(r"\s+", " ", outcome.out)
    assert "codes (target) 6 0.0% 100.0% +100.0" in text
    assert "decision: promote" in text
    assert "wrong_value 6" in text
    assert "next: goldloop lineage t" in outcome.err


@pytest.mark.parametrize(
    ("verb", "wanted"),
    [
        (["status", "t"], "before-train"),
        (["lineage", "t"], "round 1"),
        (["failures", "runs/t"], "6 failures"),
        (["report", "t"], "report.html"),
        (["sql", "select count(*) as n from failures"], "6"),
        (["sql", "select sum(passed) from scores where stage = 'after-holdout'"], "6"),
        (["promote", "t"], "in use: t/round-1/finetune"),
        (["rollback"], "the base model"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_verbs_look_at_a_finished_run(run: Run, write_suite: WriteSuite, tmp_path: Path, verb: list[str], wanted: str) -> None:
    project(tmp_path, write_suite(train=6, holdout=6))
    run("run")
    outcome = run(*verb)
    assert outcome.code == 0, outcome.err
    assert wanted in outcome.out
    assert "next: " in outcome.err


def test_sql_shows_no_holdout_attempt(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    project(tmp_path, write_suite(train=6, holdout=6))
    run("run")
    outcome = run("sql", "select distinct split from results", "--json")
    assert outcome.json["rows"] == [["train"]]


def test_sql_can_read_nothing_else_and_write_nothing(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    project(tmp_path, write_suite())
    run("run")
    assert run("sql", "select * from read_text('/etc/hostname')").code == 4
    assert run("sql", f"copy (select 1) to '{tmp_path}/x.csv'").code == 4
    assert not (tmp_path / "x.csv").exists()


def test_a_rejected_adapter_cannot_be_promoted(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    project(tmp_path, write_suite(), f"  guard: [{write_suite('others')}]\n")
    text = (tmp_path / "goldloop.yaml").read_text().replace("LearningBackend", "Forgetful")
    (tmp_path / "goldloop.yaml").write_text(text)
    assert run("run").code == 2
    outcome = run("promote", "t")
    assert outcome.code == 4
    assert "the gate said reject" in outcome.err


BAD = {
    "missing file": (["run", "absent.yaml"], 4, "absent.yaml: no such file"),
    "unknown key": (["run", "--set", "finetune.learning_rat=1"], 4, "did you mean 'finetune.learning_rate'?"),
    "missing suite": (["run", "--target", "nowhere"], 4, "suite 'nowhere': no such folder"),
    "no model": (
        ["run", "--set", "backend=hf", "--model", "./nowhere"],
        4,
        "'./nowhere' is no folder, no GGUF file and no hub id",
    ),
    "unknown run": (["resume", "other"], 4, "no runs here|no such run"),
    "sql": (["sql", "selekt 1"], 4, "no such folder|Parser Error"),
    "no results": (["failures", "."], 4, "no results.jsonl here"),
    "unknown importer": (["import", "nobench", ".", "--out", "x"], 4, "nobench"),
    "no sandbox of that name": (["run", "--set", "sandbox.name=jail"], 4, "'jail' is none of auto, sandlock"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_ends_with_one_message_and_no_traceback(run: Run, write_suite: WriteSuite, tmp_path: Path, case: str) -> None:
    arguments, code, message = BAD[case]
    project(tmp_path, write_suite())
    outcome = run(*arguments)
    assert outcome.code == code
    assert re.search(message, outcome.err), outcome.err
    assert "Traceback" not in outcome.err


def test_a_model_path_that_is_no_model_says_what_is_missing(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    project(tmp_path, write_suite())
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/readme.txt").write_text("hello")
    outcome = run("run", "--set", "backend=hf", "--model", str(tmp_path / "notes"))
    assert outcome.code == 4
    assert "is no model: config.json and *.safetensors missing, found readme.txt" in outcome.err


def test_an_empty_suite_is_bad_input(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/suite.yaml").write_text("name: empty\n")
    project(tmp_path, tmp_path / "empty")
    outcome = run("run")
    assert outcome.code == 4
    assert "the suite is empty; add task folders" in outcome.err


def test_a_task_without_checks_is_named(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite()
    (suite / "words/codes_anchor/checks.py").unlink()
    project(tmp_path, suite)
    outcome = run("run")
    assert outcome.code == 4
    assert "words/codes_anchor:thetaskhasnochecks" in outcome.words


def test_a_full_disk_ends_with_the_way_to_go_on(
    run: Run, write_suite: WriteSuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    import loop.stages

    project(tmp_path, write_suite())

    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "runs/t/round-1")

    with monkeypatch.context() as patch:
        patch.setattr(loop.stages, "screen_stage", full)
        outcome = run("run")
    assert outcome.code == 4
    assert "no space left" in outcome.err
    assert run("resume", "t").code in (0, 3)


def test_debug_shows_the_traceback(run: Run) -> None:
    from evals.errors import BadInput

    with pytest.raises(BadInput):
        main(["run", "absent.yaml", "--debug"])


def test_export_and_goldens_verify_work_on_what_init_made(run: Run, tmp_path: Path) -> None:
    run("init", "mine")
    for form in ("folder", "jsonl", "parquet"):
        assert run("export", "mine/suites/greetings", "--out", form, "--format", form).code == 0
        outcome = run("goldens", "verify", form, "--json")
        assert outcome.json["proved"] == {"greetings": 3}


def test_stage_verbs_chain_to_a_trainset(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite(train=6, holdout=6)
    project(tmp_path, suite)
    run("run")
    evaluation = "runs/t/round-1/before-train"
    assert run("pair", evaluation, "--suite", str(suite), "--out", "pairs").code == 0
    built = run("trainset", "pairs", "--holdout", str(suite), "--out", "rows", "--json")
    assert built.json["counts"]["golden"] == 6  # type: ignore[index]
    audit = run("audit", "--train", "rows/trainset.jsonl", "--holdout", str(suite))
    assert audit.code == 0
    assert "clean" in audit.out


def test_an_audit_that_finds_the_holdout_ends_with_two(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = write_suite()
    prompt = (suite / "words/codes_island/prompt.md").read_text()
    (tmp_path / "leaky.jsonl").write_bytes(orjson.dumps({"text": prompt}) + b"\n")
    outcome = run("audit", "--train", "leaky.jsonl", "--holdout", str(suite))
    assert outcome.code == 2
    assert "leaky.jsonl:1 text  codes/codes_island prompt, text strict" in outcome.out


def test_compare_and_gate_on_two_evaluations(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    project(tmp_path, write_suite(train=6, holdout=6))
    run("run")
    before, after = "runs/t/round-1/before-holdout", "runs/t/round-1/after-holdout"
    assert "6 gained, 0 lost" in run("compare", before, after).out
    assert run("gate", before, after, "--target", "codes").code == 0
    assert run("gate", after, before, "--target", "codes").code == 2
