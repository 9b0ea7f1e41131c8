"""Drafts decided in the browser: real sandbox, raw requests; two people at one draft, code of a reviewer, a project that goes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from production_logs import ALSO_RIGHT, RIGHT, down, make_project, tools_with
from web_requests import Answered, ask, post, served, version

from evals.logs.ingest import locked
from evals.sandboxes.base import Sandbox
from evals.suites import load_suite
from goldens.production.journal import Decisions
from goldens.production.triage import look, triage
from loop.web import desk
from loop.web.guard import Guard

HOSTILE = "<img src=x onerror=alert(1)>\"'</textarea><script>alert(2)</script>"


@pytest.fixture
def folder(tmp_path: Path, sandbox: Sandbox) -> Path:
    """A project with one draft that waits for a person."""
    made = make_project(tmp_path, [down("a", RIGHT), down("b", RIGHT, day=2)])
    triage(made, tools_with(sandbox))
    return made


@pytest.fixture
def app(folder: Path, sandbox: Sandbox) -> Guard:
    return served(folder.parent, tools_with(sandbox))


def address(folder: Path) -> str:
    return f"/review/{folder.name}/{look(folder).standings[0].problem.id}"


def state(folder: Path) -> str:
    return look(folder).standings[0].state


def shown(app: Guard, folder: Path) -> Answered:
    page = ask(app, address(folder))
    assert page.status == 200
    return page


def test_the_queue_leads_to_the_draft_and_the_draft_shows_all_that_is_judged(app: Guard, folder: Path) -> None:
    assert f'href="{address(folder)}"' in ask(app, "/review").text
    page = shown(app, folder).text
    for part in ("Write shout(text)", "return text + ", "return text.upper() + ", "assert shout(", "corrected"):
        assert part in page


def test_what_is_in_the_editors_is_run_in_the_sandbox_and_not_kept(app: Guard, folder: Path) -> None:
    before = (folder / "decisions.jsonl").read_bytes()
    good = post(app, f"{address(folder)}/run", golden=RIGHT, checks="assert shout('a') == 'A!'")
    assert "The golden passes" in good.text and "The recorded failure fails" in good.text
    bad = post(app, f"{address(folder)}/run", golden="def shout(text):\n    return text\n", checks="assert shout('a') == 'A!'")
    assert "The golden fails" in bad.text and "expected: passes" in bad.text
    assert (folder / "decisions.jsonl").read_bytes() == before


def test_a_reviewers_code_has_the_rights_of_a_models(app: Guard, folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "written"
    hostile = f"import os\nopen({str(mark)!r}, 'w').write(str(os.environ))\ndef shout(text):\n    return text.upper() + '!'\n"
    answer = post(app, f"{address(folder)}/run", golden=hostile, checks="assert shout('a') == 'A!'")
    assert not mark.exists() and "The golden fails" in answer.text


def test_approving_makes_the_task_active(app: Guard, folder: Path) -> None:
    answer = post(app, address(folder), do="approve", version=version(shown(app, folder)), who="Ada")
    assert (answer.status, answer.headers["location"]) == (303, f"{address(folder)}?did=active")
    assert state(folder) == "active"
    assert [task.status for task in load_suite(str(folder)).tasks] == ["active"]
    assert "Approved, and active" in ask(app, answer.headers["location"]).text


def test_a_saved_golden_makes_the_draft_anew_and_ends_an_older_version(app: Guard, folder: Path) -> None:
    old = version(shown(app, folder))
    answer = post(app, address(folder), do="save", version=old, who="Ada", golden=ALSO_RIGHT)
    assert answer.headers["location"].endswith("did=saved")
    proposal = look(folder).standings[0].proposal
    assert proposal is not None and proposal.task is not None
    assert (proposal.golden_source, proposal.task.golden) == ("person", ALSO_RIGHT)
    assert post(app, address(folder), do="approve", version=old, who="Bo").status == 409
    assert state(folder) == "drafted"


def test_of_two_reviewers_the_second_is_shown_what_the_first_did(app: Guard, folder: Path) -> None:
    both = version(shown(app, folder))
    post(app, address(folder), do="save", version=both, who="Ada", golden=ALSO_RIGHT)
    before = (folder / "decisions.jsonl").read_bytes()
    second = post(app, address(folder), do="save", version=both, who="Bo", golden="def shout(text):\n    return 'mine'\n")
    assert second.status == 409
    assert "Ada decided about this draft" in second.text and "&#39;mine&#39;" in second.text and "join([" in second.text
    assert (folder / "decisions.jsonl").read_bytes() == before
    again = post(app, address(folder), do="reject", version=version(second), who="Bo", why="seen both")
    assert again.status == 303 and look(folder).standings[0].waiting == "nobody: rejected by Bo: seen both"


def test_two_servers_on_one_folder_overwrite_nothing(app: Guard, folder: Path, sandbox: Sandbox) -> None:
    other = served(folder.parent, tools_with(sandbox))
    one, two = version(shown(app, folder)), version(shown(other, folder))
    assert one == two
    assert post(app, address(folder), do="return", version=one, who="Ada", why="needs a check for the empty text").status == 303
    assert post(other, address(folder), do="approve", version=two, who="Bo").status == 409
    assert "sent back by Ada: needs a check for the empty text" in ask(other, "/review").text


def test_while_triage_works_a_decision_waits_and_then_says_so(app: Guard, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "_PATIENCE_SECONDS", 0.2)
    fields = {"do": "approve", "version": version(shown(app, folder)), "who": "Ada"}
    with locked(folder):
        answer = post(app, address(folder), **fields)
    assert answer.status == 400 and "another ingest or triage is at work" in answer.text
    assert post(app, address(folder), **fields).status == 303


def test_an_approval_of_what_was_not_saved_is_refused_and_keeps_the_text(app: Guard, folder: Path) -> None:
    answer = post(app, address(folder), do="approve", version=version(shown(app, folder)), who="Ada", golden="def shout(t): ...")
    assert answer.status == 400 and "save them" in answer.text and "def shout(t): ..." in answer.text
    assert state(folder) == "drafted"


def test_nobody_decides_without_a_name_or_rejects_without_a_reason(app: Guard, folder: Path) -> None:
    seen = version(shown(app, folder))
    assert "name yourself" in post(app, address(folder), do="approve", version=seen, who=" ").text
    assert "give the reason" in post(app, address(folder), do="reject", version=seen, who="Ada").text
    assert not [decision for decision in Decisions(folder).all if decision.by_person]


def test_a_draft_that_was_sent_back_is_not_approved_any_more(app: Guard, folder: Path, sandbox: Sandbox) -> None:
    hold = tools_with(sandbox, leaks=lambda task: "somewhere")
    strict = served(folder.parent, hold)
    post(strict, address(folder), do="approve", version=version(shown(strict, folder)), who="Ada")
    assert state(folder) == "reviewed"
    post(app, address(folder), do="return", version=version(shown(app, folder)), who="Bo", why="look again")
    triage(folder, tools_with(sandbox))
    assert state(folder) == "drafted"


def test_text_of_the_log_and_of_reviewers_is_shown_and_never_run(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [
        down("a", question=f"Write shout(text). {HOSTILE}", answer=f"def shout(text):\n    return {HOSTILE!r}\n", user=HOSTILE)
    ]
    folder = make_project(tmp_path, rows)
    triage(folder, tools_with(sandbox))
    app = served(tmp_path, tools_with(sandbox))
    golden = f"def shout(text):\n    return {HOSTILE!r}\n"
    answer = post(app, address(folder), do="reject", version="old", who=HOSTILE, why=HOSTILE, golden=golden)
    for page in (ask(app, "/review"), shown(app, folder), answer, post(app, f"{address(folder)}/run", golden=golden)):
        assert "<img src=x" not in page.text and "<script>alert" not in page.text


def test_a_project_that_was_deleted_is_said_to_be_gone(app: Guard, folder: Path) -> None:
    place, fields = address(folder), {"do": "approve", "version": version(shown(app, folder)), "who": "Ada"}
    shutil.rmtree(folder)
    for answer in (ask(app, place), ask(app, "/review?project=production"), post(app, place, **fields)):
        assert answer.status in (400, 404) and "Traceback" not in answer.text
    assert ask(app, "/review").status == 200 and not folder.exists()
