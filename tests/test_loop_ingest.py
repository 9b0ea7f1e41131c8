"""``goldloop ingest``: what it takes, what it says, and how it refuses."""

import json
from pathlib import Path

import pytest
from command_line import Ended, Run, ended
from langsmith_logs import lines, run, said

from evals.logs.ingest import locked
from evals.logs.project import read_log, rules_of
from evals.logs.taking import IngestedFile

ROWS = [run("a", "Call 020 7281 9046 after noon."), run("b"), said("a", comment="no"), said("b", "stars", score=2), b"{torn"]


@pytest.fixture
def goldloop(capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda *arguments: ended(capsys, *arguments, flat="both")


@pytest.fixture
def ingested(goldloop: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls ``goldloop ingest`` in a folder with the logs ``log.jsonl`` and ``table.csv``."""
    monkeypatch.chdir(tmp_path)
    Path("log.jsonl").write_bytes(lines(ROWS))
    Path("table.csv").write_text("q,reply,thumb,who\nAdd one.,x + 1,down,bo\nAdd two.,x + 2,up,kim\n")

    def call(*arguments: str) -> Ended:
        return goldloop("ingest", *arguments)

    return call


def test_a_log_is_read_and_everything_that_it_holds_is_said(ingested: Run) -> None:
    result = ingested("log.jsonl")
    assert result.code == 0
    for part in (
        "log.jsonl langsmith (guessed), 5 records",
        "answers 2 feedback 2 quarantined not JSON 1",
        "5 parts found = 2 + 2 + 0 + 0 + 1",
        "redacted phone 1",
        "signals thumbs-down 1",
        "no rule stars 1: a score has no direction; say what fails: --fails 'stars<0.5'",
        "each with place and reason: production/log/*/quarantine.jsonl",
    ):
        assert part in result.out
    assert "next: goldloop triage production" in result.err + result.out


def test_the_same_file_again_is_said(ingested: Run) -> None:
    ingested("log.jsonl")
    assert "log.jsonl: ingested before; nothing changed" in ingested("log.jsonl").out


def test_a_format_in_front_is_taken_as_given(ingested: Run) -> None:
    assert "langsmith (as given)" in ingested("langsmith", "log.jsonl", "--into", "p").out
    assert (Path("p") / "log").is_dir()


def test_json_has_stable_keys_and_nothing_else_is_printed(ingested: Run, tmp_path: Path) -> None:
    document = ingested("log.jsonl", "log.jsonl", "--into", "p", "--json").json
    assert document.keys() == {"into", "files"}
    first, second = document["files"]
    assert first.keys() == set(IngestedFile.model_fields)
    figures = {key: first[key] for key in ("records", "found", "entries", "feedback", "known", "quarantined", "unruled")}
    assert figures == {
        **{"records": 5, "found": 5, "entries": 2, "feedback": 2, "known": 0},
        **{"quarantined": {"not JSON": 1}, "unruled": {"stars": 1}},
    }
    assert second == {"file": "log.jsonl", "ingested_before": True}


def test_a_misspelt_format_is_named_with_the_one_that_was_meant(ingested: Run) -> None:
    result = ingested("langsmth", "log.jsonl")
    assert result.code == 4
    assert "format 'langsmth' is none of ci, openinference, " in result.err
    assert "did you mean 'langsmith'?" in result.err


@pytest.mark.parametrize("arguments", [("missing.jsonl",), ("log.jsonl", "missing.jsonl"), ("langsmith", "missing.jsonl")])
def test_a_missing_file_is_named(ingested: Run, arguments: tuple[str, ...]) -> None:
    result = ingested(*arguments)
    assert result.code == 4
    assert "missing.jsonl: no such file" in result.err


def test_a_misspelt_format_with_a_missing_file_asks_for_the_format(ingested: Run) -> None:
    assert "did you mean 'openai'?" in ingested("opnai", "missing.jsonl").err


def test_a_format_without_a_file_is_refused(ingested: Run) -> None:
    result = ingested("openai")
    assert (result.code, "openai: is a format, and no file is given; goldloop ingest openai FILE" in result.err) == (4, True)


def test_a_wrong_format_is_refused_with_the_command_for_the_right_one(ingested: Run) -> None:
    result = ingested("langfuse", "log.jsonl")
    assert result.code == 4
    assert "it looks like 'langsmith': goldloop ingest langsmith log.jsonl" in result.err


def test_columns_of_a_table_are_mapped(ingested: Run) -> None:
    columns = ("--column", "prompt=q", "--column", "answer=reply", "--column", "feedback=thumb", "--column", "user=who")
    result = ingested("table", "table.csv", *columns, "--into", "p")
    assert "answers 2 feedback 2" in result.out
    log = read_log(Path("p"))
    assert [(answer.question, answer.answer) for answer in log.failing] == [("Add one.", "x + 1")]
    assert log.failing[0].user.startswith("user-")


@pytest.mark.parametrize("pair", ["prompt", "prompt=", "=q"])
def test_a_column_of_another_form_is_refused(ingested: Run, pair: str) -> None:
    result = ingested("table", "table.csv", "--column", pair)
    assert (result.code, f"--column {pair}: expected PART=COLUMN, such as prompt=question" in result.err) == (4, True)


def test_a_column_of_no_meaning_is_refused_with_those_there_are(ingested: Run) -> None:
    result = ingested("table", "table.csv", "--column", "prompt=q", "--column", "reply=reply")
    assert (result.code, "columns of the log: unknown reply; expected prompt and answer, and any of" in result.err) == (4, True)


def test_rules_are_kept_with_the_project_and_hold_for_what_was_read_before(ingested: Run) -> None:
    ingested("log.jsonl")
    ingested("log.jsonl", "--fails", "stars<3", "--passes", "stars>=4")
    assert [str(rule) for rule in rules_of(Path("production"))] == ["stars<3", "stars>=4"]
    assert [answer.id for answer in read_log(Path("production")).failing] == ["a", "b"]


def test_a_bad_rule_is_refused_before_anything_is_read(ingested: Run) -> None:
    result = ingested("log.jsonl", "--fails", "stars")
    assert (result.code, "expected NAME, one of < <= > >= = !=, and a value" in result.err) == (4, True)
    assert not Path("production").exists()


def test_licence_and_no_consent_are_given_to_every_answer(ingested: Run) -> None:
    ingested("log.jsonl", "--licence", "MIT", "--no-train")
    (answer,) = read_log(Path("production")).failing
    assert (answer.licence, answer.train_ok) == ("MIT", False)


def test_a_project_at_work_is_inconclusive(ingested: Run) -> None:
    with locked(Path("production")):
        result = ingested("log.jsonl")
    assert (result.code, "another ingest or triage is at work on it" in result.err) == (3, True)


def test_what_stands_in_code_is_taken_when_it_is_released(ingested: Run, tmp_path: Path) -> None:
    fenced = "```python\nhost = '84.17.92.203'\n```"
    Path("code.jsonl").write_bytes(lines([run("c", answer=fenced)]))
    ingested("code.jsonl")
    (kept_apart,) = Path("production/log").glob("*/quarantine.jsonl")
    assert "--release c" in json.loads(kept_apart.read_text())["why"]
    released = ingested("code.jsonl", "--release", "c", "--json").json["files"][0]
    assert (released["entries"], released["redacted"]) == (1, {"ip": 1})


def test_an_id_that_was_not_quarantined_cannot_be_released(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.jsonl").write_bytes(lines([run("a")]))
    assert ended(capsys, "ingest", "log.jsonl", "--into", "p").code == 0
    said = ended(capsys, "ingest", "log.jsonl", "--into", "p", "--release", "a", flat="err")
    assert said.code == 4 and "--release a: no quarantined record of p has this id; 0 wait, none at all" in said.err
