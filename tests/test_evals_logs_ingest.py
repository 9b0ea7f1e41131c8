"""Logs into a project: every part is in one of the counts, nothing comes twice, and no secret reaches a file."""

import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest
from fake_secrets import KEY_BODY, MIXED, SECRETS
from hypothesis import given, settings
from hypothesis import strategies as st
from langsmith_logs import Project, chain, lines, run, said

from evals.errors import BadInput, Inconclusive
from evals.logs.ingest import ingested_files, locked, project_key, sum_counts

EMAIL = "bo.tamm@corp-fake.io"
FENCED = f"```python\napi_key = '{MIXED}'\n```"
HELD = "code holds what a rule would rewrite"
OTHER_CONTENT = "its id was ingested before with other content"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


ids = st.sampled_from("abcde")
texts = st.sampled_from(["x + 1", "", "Call 020 7281 9046 after noon.", FENCED, "väl \ud83d", "y" * 2000])
mixed_rows = st.one_of(
    st.builds(run, ids, texts, texts, trace=ids, user=texts, parent_run_id=ids),
    st.builds(chain, ids, ids),
    st.builds(said, ids, st.sampled_from(["thumbs_up", "stars", ""]), score=st.sampled_from([None, 0, 2]), correction=texts),
    st.builds(said, st.just(""), id=ids),
    st.builds(run, ids, child_runs=st.lists(st.builds(run, ids, texts), max_size=2)),
    st.sampled_from([b'{"id": 1, "te', b"3", b"\xff{}", b"[]", b"{}", b'{"key": "x"}', b'{"run_type": 3, "id": [[1]]}']),
)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(mixed_rows, min_size=1, max_size=16))
def test_every_part_is_in_one_count_and_in_one_file(rows: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        rows = [run("first"), *rows]
        result = project.read(rows, format="langsmith")
        assert result.records == len(rows)
        parts = result.entries + result.feedback + sum(result.other.values()) + result.known + sum(result.quarantined.values())
        assert parts == result.found >= result.records
        assert len(project.rows("entries")) == result.entries
        assert len(project.rows("feedback")) == result.feedback
        assert len(project.rows("quarantine")) == sum(result.quarantined.values())
        assert all(row["place"].startswith(f"{folder}/log.jsonl") and row["why"] for row in project.rows("quarantine"))
        kept = {name: data for name, data in project.files().items() if "entries" in name or "feedback" in name}

        assert project.read_again(rows, format="langsmith") is None
        other = project.read([*rows, b""], "other.jsonl", format="langsmith")
        assert (other.entries, other.feedback, other.found) == (0, 0, result.found)
        assert kept.items() <= project.files().items()
        total = sum_counts(ingested_files(project.folder))
        assert total["found"] == 2 * result.found
        assert total["entries"] == result.entries


def test_the_same_file_twice_changes_no_byte(project: Project) -> None:
    rows = [run("a"), said("a"), b"{", chain("c", "t-a"), run("b", FENCED)]
    project.read(rows)
    before = project.files()
    assert project.read_again(rows) is None
    assert project.read_again(rows, "copy.jsonl") is None
    assert project.files() == before


def test_the_same_ids_in_another_file_are_known(project: Project) -> None:
    project.read([run("a"), said("a"), run("b", FENCED)])
    result = project.read([said("a"), run("b", FENCED), run("c"), run("a")], "other.jsonl")
    assert (result.entries, result.feedback, result.known, result.quarantined) == (1, 0, 3, {})


def test_an_id_with_other_content_is_quarantined_where_it_stands(project: Project) -> None:
    result = project.read([run("a"), run("a", answer="x - 1"), run("b")])
    assert result.quarantined == {OTHER_CONTENT: 1}
    project.read([run("c"), run("a", answer="x * 1")], "later.jsonl")
    assert project.quarantined() == [
        f"log.jsonl:2: {OTHER_CONTENT} (earlier in this file)",
        f"later.jsonl:2: {OTHER_CONTENT} (from an earlier file)",
    ]
    assert [row["answer"] for row in project.rows("entries") if row["id"] == "a"] == ["x + 1"]
    assert [row["id"] for row in project.rows("quarantine")] == ["a", "a"]


def test_bad_lines_of_a_growing_log_are_quarantined_once(project: Project) -> None:
    file = project.root / "growing.jsonl"
    file.write_bytes(lines([run("a"), b'{"torn": "', {"run_type": "llm", "id": "empty"}, {"what": 1}, b"last"]).rstrip())
    first = project.read_file(file)
    assert first is not None
    assert sum(first.quarantined.values()) == 3
    file.write_bytes(file.read_bytes() + b"\n" + lines([run("b"), b"new"]))
    second = project.read_file(file)
    assert second is not None
    assert (second.entries, sum(second.quarantined.values()), second.known) == (1, 1, 4)
    assert [fault.split()[0] for fault in project.quarantined()] == [f"growing.jsonl:{n}:" for n in (2, 4, 5, 7)]


def test_a_last_line_that_was_not_finished_is_taken_when_it_is(project: Project) -> None:
    file = project.root / "growing.jsonl"
    data = lines([run("a"), run("b")])
    file.write_bytes(data[:-30])
    first = project.read_file(file)
    file.write_bytes(data)
    second = project.read_file(file)
    assert first is not None and second is not None
    assert (first.entries, second.entries, second.known) == (1, 1, 1)


def test_a_file_that_cannot_be_read_to_its_end_leaves_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.read([run("a")])
    before = project.files()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        project.read([run("b")], "other.jsonl")
    assert project.files() == before


def test_what_a_killed_process_left_half_written_is_removed(project: Project) -> None:
    project.read([run("a")])
    before = project.files()
    torn = project.folder / "log" / ".0002.4711.tmp"
    torn.mkdir()
    (torn / "entries.jsonl").write_text("{")
    (project.folder / ".signals.json.4711.tmp").write_text("[")
    (project.folder / "suite").mkdir()
    (project.folder / "suite" / ".task-1.4711.tmp").mkdir()
    with locked(project.folder):
        pass
    assert project.files() == before
    assert not list(project.folder.rglob(".*.tmp"))


def test_what_a_killed_process_had_moved_away_comes_back(project: Project) -> None:
    for name in (".task-1.4711.old", ".task-2.4711.old", "task-2"):
        (project.folder / "suite" / name).mkdir(parents=True)
        (project.folder / "suite" / name / "prompt.md").write_text(name)
    with locked(project.folder):
        pass
    assert {name: data for name, data in project.files().items() if name.startswith("suite")} == {
        "suite/task-1/prompt.md": b".task-1.4711.old",
        "suite/task-2/prompt.md": b"task-2",
    }


def test_a_named_format_that_is_wrong_is_refused_with_what_it_looks_like(project: Project) -> None:
    with pytest.raises(
        BadInput, match=r"log.jsonl: has no record of format 'langfuse'; it looks like 'langsmith': goldloop ingest"
    ):
        project.read([run("a")], format="langfuse")
    assert not (project.folder / "log").is_dir() or not list((project.folder / "log").iterdir())


def test_an_unknown_layout_names_its_keys(project: Project) -> None:
    with pytest.raises(BadInput, match=r"looks like none of ci, .*its records have the keys what, when: .* --column prompt=KEY"):
        project.read([{"when": 1, "what": 2}])


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "log.jsonl: the file is empty"), (b"3\n{\n", "log.jsonl:1: expected an object"), (b"\n", "holds no records")],
)
def test_a_file_without_a_record_is_refused(project: Project, data: bytes, said: str) -> None:
    (project.root / "log.jsonl").write_bytes(data)
    with pytest.raises(BadInput, match=said):
        project.read_file(project.root / "log.jsonl")


def test_clocks_that_jump_are_counted_and_located(project: Project) -> None:
    rows = [run("a"), run("b", start_time="1970-01-01T00:00:05Z"), run("c", start_time="2999-01-01T00:00:00Z")]
    result = project.read(rows)
    assert result.notes == {"clock": 2}
    assert result.noted == {"clock": f"{project.root}/log.jsonl:2"}
    assert ["time" in row for row in project.rows("entries")] == [True, False, False]


def test_parents_that_go_round_are_counted_and_located(project: Project) -> None:
    rows = [run("a"), run("b", parent_run_id="c"), chain("c", "t", parent_run_id="b"), run("d", parent_run_id="b")]
    result = project.read([*rows, run("e", parent_run_id="a"), run("f", parent_run_id="f")])
    assert (result.cycles, result.cycle) == (4, f"record 2 of {project.root}/log.jsonl")
    assert result.entries == 5


def test_a_secret_in_code_is_kept_apart_without_its_text(project: Project) -> None:
    result = project.read([run("a"), run("b", answer=FENCED), said("a", correction=FENCED, id="f-1")])
    assert (result.entries, result.feedback, result.quarantined) == (1, 0, {HELD: 2})
    assert project.quarantined() == [
        f"log.jsonl:2: {HELD} (secret); mend the log, or let the code be rewritten: --release b",
        f"log.jsonl:3: {HELD} (secret); mend the log, or let the code be rewritten: --release a",
    ]
    assert not [name for name, data in project.files().items() if MIXED.encode() in data or b"api_key" in data]


def test_what_a_person_releases_is_taken_with_placeholders(project: Project) -> None:
    rows = [run("a"), run("b", answer=FENCED), run("c", answer=FENCED), said("b", correction=FENCED)]
    project.read(rows)
    result = project.read(rows, released=frozenset({"b"}))
    assert (result.entries, result.feedback, result.known, result.quarantined) == (1, 1, 2, {})
    taken = project.rows("entries")[1]
    assert taken["id"] == "b"
    assert taken["answer"].startswith("```python\napi_key = '<SECRET_")
    assert taken["answer"] == project.rows("feedback")[0]["correction"]
    assert not [name for name, data in project.files().items() if MIXED.encode() in data]


def test_releasing_what_was_released_or_is_not_there_changes_no_byte(project: Project) -> None:
    rows = [run("a"), run("b", answer=FENCED)]
    project.read(rows)
    project.read(rows, released=frozenset({"b"}))
    before = project.files()
    assert project.read_again(rows, released=frozenset({"b"})) is None
    assert project.read_again(rows, released=frozenset({"zz"})) is None
    assert project.files() == before


PLACES = ["question", "answer", "comment", "correction", "error", "user", "label", "its user"]


def placed(place: str, name: str, text: str, value: str) -> list[Any]:
    """Rows that hold a secret in one place."""
    question, answer = (text if place == part else "Add one." for part in ("question", "answer"))
    entry = run(name, question, answer, user=value if place == "user" else "bo", error=text if place == "error" else None)
    opinion = said(
        name,
        "review",
        value=text if place == "label" else "wrong",
        comment=text if place == "comment" else "no",
        correction=text if place == "correction" else "x",
        feedback_source={"user_id": value if place == "its user" else "bo"},
    )
    return [entry, opinion]


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_is_in_any_byte_of_any_file(project: Project, place: str) -> None:
    rows = [row for n, (_, value, text) in enumerate(SECRETS) for row in placed(place, f"r-{n}", text, value)]
    result = project.read([*rows, *[lines([row])[:-4] for row in rows]])  # each a second time, as a line that is cut off
    assert (result.entries, result.feedback) == (len(SECRETS), len(SECRETS))
    kept = b"\n".join(project.files().values())
    values = {value for _, value, _ in SECRETS} | {KEY_BODY.split("\n")[0]}
    written = values | {json.dumps(value)[1:-1] for value in values}
    assert [value for value in sorted(written) if value.encode() in kept] == []
    assert "user" in place or sum(result.redacted.values()) >= len(SECRETS)


def test_reasons_and_counts_quote_no_secret(project: Project) -> None:
    rows = [{"custom_id": f"{EMAIL}", "response": {}}, {"custom_id": f"other {EMAIL}", "response": {}}, {EMAIL: 1}]
    result = project.read([*rows, {"custom_id": "c", "response": {"body": {"choices": []}}}], format="openai")
    assert sum(result.quarantined.values()) == 3
    assert len(result.quarantined) == 2  # a kind is not one for each value that it quotes
    assert not [name for name, data in project.files().items() if EMAIL.encode() in data]


def test_an_id_that_is_an_address_is_replaced_wherever_it_stands_and_still_joins(project: Project) -> None:
    from evals.logs.project import read_log

    rows = [run("a", trace=EMAIL), chain(f"chain of {EMAIL}", EMAIL), said(f"chain of {EMAIL}", id=EMAIL), run(EMAIL)]
    project.read([*rows, run(EMAIL, answer="other"), said("a", id=EMAIL, comment="other")])
    assert sum(ingested_files(project.folder)[0].quarantined.values()) == 2
    assert not [name for name, data in project.files().items() if EMAIL.encode() in data]
    assert [answer.id for answer in read_log(project.folder).failing] == ["a"]


def test_users_are_the_same_pseudonym_everywhere_and_another_with_another_key(project: Project, tmp_path: Path) -> None:
    rows = [run("a", user="bo"), run("b", user="bo"), run("c", user="kim"), said("a", feedback_source={"user_id": "bo"})]
    project.read(rows)
    users = [row["user"] for row in [*project.rows("entries"), *project.rows("feedback")]]
    assert users[0] == users[1] == users[3] != users[2]
    assert all(user.startswith("user-") and "bo" not in user and "kim" not in user for user in users)
    other = Project(tmp_path / "other")
    (other.folder / "redaction.key").write_text(bytes(32).hex())
    other.read(rows)
    assert other.rows("entries")[0]["user"] not in users


def test_licence_and_consent_of_a_row_come_before_those_of_the_file(project: Project) -> None:
    rows = [{"id": n, "prompt": f"q {n}", "answer": "x"} for n in range(3)]
    rows[1] |= {"licence": "CC0-1.0", "train_ok": True}
    rows[2] |= {"train_ok": False}
    project.read(rows, licence="MIT", train_ok=False)
    assert [(row["licence"], row["train_ok"]) for row in project.rows("entries")] == [
        ("MIT", False),
        ("CC0-1.0", True),
        ("MIT", False),
    ]


def test_the_key_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    old = os.umask(0)
    try:
        key = project_key(folder)
    finally:
        os.umask(old)
    assert project_key(folder) == key
    assert len(key) == 32
    assert stat.S_IMODE((folder / "redaction.key").stat().st_mode) == 0o600
    assert [file.name for file in folder.iterdir()] == ["redaction.key"]
    assert project_key(tmp_path / "another") != key


def test_a_lock_that_another_process_holds_is_said(project: Project) -> None:
    import subprocess
    import sys

    lock = str(project.folder / ".lock")
    holding = "import fcntl, sys; file = open(sys.argv[1], 'w'); fcntl.flock(file, 2); print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", holding, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdin is not None
        other.stdout.readline()
        with pytest.raises(Inconclusive, match=r"production: another ingest or triage is at work on it; run this again"):
            project.read([run("a")])
        other.communicate(b"\n")
    project.read([run("a")])
