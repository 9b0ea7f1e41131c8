"""The command line as a user meets it: exit codes, messages, JSON, help."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from conftest import WriteSuite, make_suite

from loop.app import app
from loop.cli import main
from loop.stage import only_one

pytestmark = pytest.mark.usefixtures("self_test_once")

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
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(list(arguments))
        out, err = capsys.readouterr()
        return Outcome(int(caught.value.code or 0), out, err)

    return call


def project(path: Path, target: Path, extra: str = "") -> None:
    scripted = "model: scripted\nbackend: fakes:LearningBackend\nfinetune:\n  trainer: scripted\n"
    text = f"name: t\n{scripted}suites:\n  target: [{target}]\n{extra}"
    (path / "goldloop.yaml").write_text(text)


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a suite, its configuration and a finished run; tests get copies."""
    folder = tmp_path_factory.mktemp("first_run")
    project(folder, make_suite(folder / "codes", "codes", train=6, holdout=6))
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as caught:
        patch.chdir(folder)
        main(["run"])
    assert not caught.value.code
    return folder


@pytest.fixture
def finished(first_run: Path, tmp_path: Path) -> Path:
    """The suite of a finished run ``t``, whose folder ``runs`` is in the working folder."""
    shutil.copytree(first_run, tmp_path, dirs_exist_ok=True)
    return first_run / "codes"


def verbs() -> list[str]:
    from loop.verbs import load

    load()

    found = []
    for prefix, typer in [("", app), *((f"{group.name} ", group.typer_instance) for group in app.registered_groups)]:
        for command in typer.registered_commands if typer else ():
            assert command.callback is not None
            found.append(prefix + (command.name or command.callback.__name__).rstrip("_"))
    return found


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_has_help_with_an_example_and_json(run: Run, verb: str) -> None:
    outcome = run(*verb.split(), "--help")
    assert outcome.code == 0
    assert f"Example: goldloop {verb}" in re.sub(r"\s+", " ", outcome.out)
    assert "--json" in outcome.out


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
    assert "wrong value 6" in text
    assert "next: goldloop serve" in outcome.err


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
def test_verbs_look_at_a_finished_run(run: Run, finished: Path, verb: list[str], wanted: str) -> None:
    outcome = run(*verb)
    assert outcome.code == 0, outcome.err
    assert wanted in outcome.out
    assert "next: " in outcome.err


def test_sql_shows_no_holdout_attempt(run: Run, finished: Path) -> None:
    outcome = run("sql", "select distinct split from results", "--json")
    assert outcome.json["rows"] == [["train"]]


def test_sql_can_read_nothing_else_and_write_nothing(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    project(tmp_path, write_suite())
    run("run")
    assert run("sql", "select * from read_text('/etc/hostname')").code == 4
    assert run("sql", f"copy (select 1) to '{tmp_path}/x.csv'").code == 4
    assert not (tmp_path / "x.csv").exists()


def test_a_decision_that_was_rewritten_promotes_nothing(run: Run, finished: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "runs/t/round-1/gate/manifest.json"
    content = json.loads(manifest.read_text())
    content["gate"]["decision"] = "reject"
    manifest.write_text(json.dumps(content))
    outcome = run("promote", "t")
    assert outcome.code == 4 and "its decision is 'promote', its evidence says 'reject'" in outcome.err


def test_an_evaluation_of_holdout_tasks_is_logged(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = str(write_suite(train=6, holdout=6))
    sets = ["--set", "backend=fakes:LearningBackend"]
    assert run("eval", suite, "--split", "train", "--out", "evals/train", *sets).code == 0
    assert not (tmp_path / "runs/looks.jsonl").exists()
    assert run("eval", suite, "--split", "holdout", "--out", "evals/one", *sets).code == 0
    looks = [orjson.loads(line) for line in (tmp_path / "runs/looks.jsonl").read_bytes().splitlines()]
    assert [(look["what"], look["why"]) for look in looks] == [("evaluation", "evaluate codes: evals/one")]


def test_results_that_were_edited_are_not_decided_on(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = str(write_suite(train=6, holdout=6))
    for name in ("one", "two"):
        assert run("eval", suite, "--out", f"evals/{name}", "--set", "backend=fakes:LearningBackend").code == 0
    results = tmp_path / "evals/two/results.jsonl"
    results.write_text(results.read_text().replace('"group":"', '"group":"x', 1))
    outcome = run("gate", "evals/one", "evals/two", "--target", "codes")
    assert outcome.code == 4 and "evals/two/results.jsonl: was changed: has digest" in outcome.err


def test_two_evaluations_do_not_share_a_folder(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    suite = str(write_suite(train=6, holdout=6))
    with only_one(tmp_path / "evals/one"):
        outcome = run("eval", suite, "--out", "evals/one", "--set", "backend=fakes:LearningBackend")
    assert outcome.code == 4 and "evals/one: another goldloop is working in this folder" in outcome.err


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
    "no key": (["run", "--set", "=3"], 4, "--set =3: expected KEY=VALUE"),
    "no list": (["run", "--set", "suites.target=3"], 4, r"expected a list such as \[house, basics\], got 3"),
    "suite of an unknown importer": (
        ["run", "--target", "humanevall:x"],
        4,
        "IMPORTER:PATH with one of .*humaneval,",
    ),
    "missing suite": (["run", "--target", "nowhere"], 4, "suite 'nowhere': no such folder"),
    "no model": (
        ["run", "--set", "backend=hf", "--model", "./nowhere"],
        4,
        "'./nowhere' is not a folder, a GGUF file or a hub id",
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
    assert "is not a model: config.json and *.safetensors missing, found readme.txt" in outcome.err


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


USAGE = {
    "missing option": (["eval", "house"], "Missing option '--out': New folder for the result; see `goldloop eval --help`"),
    "missing argument": (["failures"], "Missing argument 'results': Folder of an evaluation, or of a run; see"),
    "wrong type": (["eval", "house", "--out", "x", "--max-new-tokens", "many"], "'--max-new-tokens': .*, got 'many'; see"),
    "out of range": (["goldens", "verify", "house", "--mutants=-1"], "got '-1'; see `goldloop goldens verify --help`"),
    "misspelt verb below another": (["goldens", "verfy"], "Did you mean 'verify'\\?; see `goldloop goldens --help`"),
    "misspelt option": (["eval", "--modl", "x"], "No such option: --modl .*--model"),
}


@pytest.mark.parametrize("case", USAGE)
def test_wrong_usage_says_what_was_given_what_is_meant_and_where_the_help_is(run: Run, case: str) -> None:
    arguments, message = USAGE[case]
    outcome = run(*arguments)
    assert outcome.code == 4
    assert re.search(message, outcome.err), outcome.err


TAKEN = {
    "eval": ["eval", "house", "--out", "taken"],
    "eval, below it": ["eval", "house", "--out", "taken/below"],
    "audit": ["audit", "--train", "taken", "--holdout", "house", "--clean", "taken/below"],
    "goldens verify": ["goldens", "verify", "house", "--out", "taken/report.json"],
    "run": ["run", "--target", "house", "--runs", "taken"],
    "init": ["init", "taken/below"],
}


@pytest.mark.parametrize("case", TAKEN)
def test_a_file_where_a_folder_is_needed_is_named_before_the_work(run: Run, tmp_path: Path, case: str) -> None:
    (tmp_path / "taken").write_text("mine")
    outcome = run(*TAKEN[case])
    assert outcome.code == 4
    assert re.search("taken:? is a file", outcome.err), outcome.err
    assert "done" not in outcome.err
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_folder_without_permission_is_named_with_the_way_out(
    run: Run, write_suite: WriteSuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    import loop.stages

    def refused(*arguments: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "runs/t/round-1")

    project(tmp_path, write_suite())
    monkeypatch.setattr(loop.stages, "screen_stage", refused)
    outcome = run("run")
    assert outcome.code == 4
    assert "runs/t/round-1: Permission denied; give a folder that you may write to" in outcome.err


def test_pair_names_a_suite_that_was_not_evaluated(run: Run, finished: Path, write_suite: WriteSuite) -> None:
    outcome = run("pair", "runs/t", "--suite", str(write_suite("others")), "--out", "pairs")
    assert outcome.code == 4
    assert "runs/t holds no attempt at it; it evaluated codes" in outcome.err


def test_folders_that_are_one_level_off_are_pointed_at(run: Run, finished: Path) -> None:
    assert "did you mean runs/t?" in run("failures", "runs").err
    assert "did you mean runs/t/round-1/pairs?" in run("trainset", "runs/t", "--holdout", str(finished), "--out", "rows").err


def test_finetune_takes_its_keys_with_and_without_their_prefix(run: Run, write_suite: WriteSuite) -> None:
    suite = str(write_suite())
    for key in ("learning_rate", "finetune.learning_rate"):
        outcome = run("finetune", "rows", "--holdout", suite, "--out", "adapter", "--set", f"{key}=-1")
        assert "finetune.learning_rate: Input should be a number greater than 0, or auto, got -1" in outcome.err


def test_an_evaluation_that_is_done_is_shown_and_said_to_be_old(run: Run, write_suite: WriteSuite) -> None:
    model = ("--model", "scripted", "--set", "backend=fakes:LearningBackend")
    command = ("eval", str(write_suite()), "--split", "holdout", "--out", "seen", *model)
    first, second = run(*command), run(*command)
    assert "finished before" not in first.err
    assert "seen: finished before; shown, not run again" in second.err
    assert second.out == first.out


def test_eval_refuses_the_adapter_of_another_base(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/adapter_config.json").write_text('{"base_model_name_or_path": "some/base"}')
    (tmp_path / "other/adapter_model.safetensors").write_bytes(b"weights")
    outcome = run("eval", str(write_suite()), "--adapter", "other", "--out", "seen", "--set", "backend=fakes:LearningBackend")
    assert outcome.code == 4
    assert "other was trained on some/base, the model is smollm2-135m-instruct" in outcome.err
    assert not (tmp_path / "seen").exists()


def test_an_interrupted_verb_says_how_to_go_on(run: Run, write_suite: WriteSuite, tmp_path: Path) -> None:
    import loop.runs

    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    project(tmp_path, write_suite())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop.runs, "run_rounds", interrupt)
        outcome = run("run")
    assert outcome.code == 130
    assert "interrupted; what was finished is kept: the same command goes on" in outcome.err


@pytest.mark.parametrize("json", [(), ("--json",)], ids=["text", "json"])
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path, json: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "loop", "sql", "select * from range(50000)", "--runs", str(tmp_path), *json]
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        ended = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 141
    assert "rror" not in ended.stderr


def test_the_version_and_the_exit_codes_are_said(run: Run) -> None:
    assert re.fullmatch(r"goldloop \d\S*\n", run("--version").out)
    told = " ".join(run("--help").out.split())
    assert "4 bad input" in told
    assert "--debug" in told


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
    scripted = ("--set", "finetune.trainer=scripted")
    built = run("trainset", "pairs", "--holdout", str(suite), "--out", "rows", "--json", *scripted)
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
