"""Matches of an audit in the browser: both texts, judgements that two people do not overwrite, what `--clean` makes of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from command_line import Ended, ended
from web_requests import Answered, ask, post, served

from loop.web.guard import Guard

QUESTION = "Return every second letter of the given word, beginning with the third one, and join them with a dash"
GOLDEN = "def third(word):\n    letters = word[2::2]\n    joined = '-'.join(letters)\n    return joined if joined else word\n"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with an audit of three rows, of which two leak the same item."""
    holdout = {"id": "third", "prompt": QUESTION, "answer": GOLDEN}
    (tmp_path / "holdout.jsonl").write_text(json.dumps(holdout) + "\n")
    rows = [{"text": f"{HOSTILE} {QUESTION} {HOSTILE}"}, {"text": "nothing of it"}, {"text": f"Please: {QUESTION}. Thanks!"}]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(tmp_path)
    said = audit(capsys, "--out", "found")
    assert said.code == 2 and "next: goldloop serve found" in said.err
    return tmp_path


def audit(capsys: pytest.CaptureFixture[str], *more: str) -> Ended:
    return ended(capsys, "audit", "--train", "train.jsonl", "--holdout", "holdout.jsonl", *more)


def links(app: Guard, where: str = "") -> list[str]:
    page = ask(app, f"/leakage?audit=found{where}").text
    return [link.replace("&amp;", "&") for link in re.findall(r'href="(/match\?[^"]+)"', page)]


def judge(app: Guard, link: str, opinion: str, who: str = "Ada", why: str = "a common phrase") -> Answered:
    page = ask(app, link)
    fields = dict(re.findall(r'type="hidden" name="(audit|match|file|row|seen)" value="([^"]*)"', page.text))
    return post(app, "/match/judge", **fields, opinion=opinion, who=who, why=why)


def test_a_match_shows_both_texts_with_what_they_share_marked(folder: Path) -> None:
    app = served(folder)
    assert "2</b> rows leak, of 3" in ask(app, "/leakage").text
    page = ask(app, links(app, "&text=train.jsonl")[0]).text
    assert page.count('<mark class="run">') >= 2 and "Holdout: prompt" in page
    assert "<script>alert" not in page and "&lt;script&gt;" in "".join(ask(app, link).text for link in links(app))
    assert links(app, "&verdict=short") == [] and ask(app, "/leakage?audit=../found").status == 404


def test_a_false_alarm_is_kept_by_clean_and_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = served(folder)
    first = [link for link in links(app) if "row=1" in link]
    for link in first:
        assert judge(app, link, "false alarm").status == 303
    for link in links(app):
        if link not in first:
            judge(app, link, "accepted", why="it is the task")
    page = ask(app, "/leakage").text
    assert "<b>false alarm</b> by Ada" in page and "<b>accepted</b> by Ada" in page
    said = audit(capsys, "--clean", "cleaned", "--judged", "found")
    assert said.code == 2 and "1 of 3 rows leak" in said.out and "people judged false alarms" in said.out
    kept = (folder / "cleaned/train.jsonl").read_text().splitlines()
    assert len(kept) == 2 and HOSTILE in kept[0]


def test_a_judgement_ends_where_the_row_was_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = served(folder)
    for link in links(app):
        judge(app, link, "false alarm")
    assert audit(capsys, "--judged", "found").code == 0
    lines = (folder / "train.jsonl").read_text().splitlines(keepends=True)
    (folder / "train.jsonl").write_text("".join([lines[1], lines[0], lines[2]]))
    assert audit(capsys, "--judged", "found").code == 2


def test_of_two_people_the_second_is_told_of_the_first(folder: Path) -> None:
    app = served(folder)
    link = links(app)[0]
    stale = dict(re.findall(r'type="hidden" name="(audit|match|file|row|seen)" value="([^"]*)"', ask(app, link).text))
    judge(app, link, "accepted")
    answer = post(app, "/match/judge", **stale, opinion="false alarm", who="Bo", why="no")
    assert answer.status == 400 and "Ada judged it while you were looking: accepted (a common phrase)" in answer.text
    assert judge(app, link, "false alarm", who=" ").status == 400 and judge(app, link, "maybe").status == 400


def test_a_folder_that_is_no_audit_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is no folder of an audit" in audit(capsys, "--judged", "nowhere").err
