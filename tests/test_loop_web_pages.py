"""Runs, failures, data and lineage: what the pages show, paging, hostile text, folders that change or go while they are open."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import make_suite
from web_requests import ask, post, served

import evals.sandboxes
from evals.files import read_json
from evals.judge import Label
from evals.tables import read_table_records
from loop.config import make_config
from loop.holdout import HoldoutLedger
from loop.runs import start_run
from loop.stage import only_one
from loop.web.guard import Guard
from loop.web.rundata import TokenCount, live_facts

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
ANCHOR = "/attempt?run=climb&round=1&stage=before-train&key=codes%2Fcodes_anchor"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a run of two promoted rounds; tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("place")
    suite = make_suite(folder / "codes", "codes", train=8, holdout=16)
    facts = {"name": "climb", "model": "scripted", "suites": {"target": [str(suite)]}, "finetune": {"trainer": "scripted"}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evals.sandboxes, "self_test", lambda opened: [])
        start_run(make_config({**facts, "rounds": 2}).model_copy(update={"backend": "fakes:Climber"}), folder, folder / "runs")
    yield folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "place")
    return tmp_path / "place"


@pytest.fixture
def app(place: Path) -> Guard:
    return served(place)


def results(place: Path, stage: str = "before-train") -> Path:
    return place / "runs" / "climb" / "round-1" / stage / "results.jsonl"


def test_the_list_of_runs_says_what_each_gained_and_is_narrowed(app: Guard) -> None:
    page = ask(app, "/").text
    assert "+100.0" in page and "promoted" in page and "in use" in page
    assert "/runs/climb" in ask(app, "/?decision=promote&suite=codes").text
    assert "No run matches" in ask(app, "/?text=other").text


def test_a_run_shows_its_hill_each_decision_and_why(app: Guard) -> None:
    page = ask(app, "/runs/climb").text
    for part in ("Promoted: codes +100.0 points", "<svg", "Round 2", "95% interval +31.8 to +89.1", "37.5%", "better"):
        assert part in page


def test_the_report_is_served_as_it_is_in_an_origin_of_its_own(app: Guard, place: Path) -> None:
    answer = ask(app, "/runs/climb/report")
    assert answer.text == (place / "runs/climb/report.html").read_text()
    assert answer.headers["content-security-policy"].startswith("sandbox allow-scripts; default-src 'none'")


def test_runs_side_by_side_show_gains_and_the_settings_that_differ(app: Guard, place: Path) -> None:
    shutil.copytree(place / "runs/climb", place / "runs/other")
    facts = read_json(place / "runs/other/run.json")
    facts["config"]["rounds"] = 7
    (place / "runs/other/run.json").write_text(json.dumps(facts))
    page = ask(app, "/compare?run=climb&run=other").text
    assert page.count("+62.5") == 2 and ">rounds<" in page and ">7<" in page
    assert ask(app, "/compare?run=climb").status == 404


def test_slices_lead_to_their_failures(app: Guard) -> None:
    page = ask(app, "/slices?run=climb").text
    link = next(link for link in re.findall(r'href="(/failures\?[^"]+)"', page) if "round=1" in link)
    assert "codes_anchor" in ask(app, link.replace("&amp;", "&")).text


def test_failures_are_clustered_counted_and_sorted_by_what_they_cost(app: Guard, place: Path) -> None:
    rows = [json.loads(line) for line in results(place).read_text().splitlines()]
    rows[3]["attempt"]["completion_tokens"] = 9000
    results(place).write_text("".join(json.dumps(row) + "\n" for row in rows))
    page = ask(app, "/failures?run=climb&stage=before-train").text
    assert "wrong_value: expected str, got another text" in page
    first = re.findall(r'<span class="what mono">([^<]+)</span>', page)[0]
    assert first == f"codes/{rows[3]['id']}"
    assert "1</b> failing attempts" in ask(app, "/failures?least=8000").text


def test_an_attempt_is_shown_beside_its_golden_with_what_the_grader_saw(app: Guard) -> None:
    page = ask(app, ANCHOR).text
    for part in ("&#39;no idea&#39;", "&#39;secret anchor&#39;", 'data-diff="python"', "failing check", "trained on"):
        assert part in page


def test_holdout_tasks_are_in_no_list_and_in_no_attempt(app: Guard) -> None:
    holdout = json.loads(results(app.state.workplace.folder, "before-holdout").read_text().splitlines()[0])
    for path in ("/failures?text=" + holdout["id"], "/data?text=" + holdout["id"]):
        assert f">codes/{holdout['id']}<" not in ask(app, path).text
    where = f"/attempt?run=climb&round=1&stage=before-holdout&key=codes%2F{holdout['id']}"
    assert ask(app, where).status == 404


def test_one_holdout_item_is_shown_once_the_ledger_has_who_and_why(app: Guard, place: Path) -> None:
    key = "codes/codes_island"
    assert "both are logged" in post(app, "/holdout/show", key=key, who="", why="x").text
    assert not [look for look in HoldoutLedger(place / "runs").looks if look.what == "item"]
    answer = post(app, "/holdout/show", key=key, who="Ada", why="its check looks wrong")
    assert answer.status == 200 and "codes_island" in answer.text and "golden is not shown" in answer.text
    (look,) = [look for look in HoldoutLedger(place / "runs").looks if look.what == "item"]
    assert (look.subject, look.why) == (key, "climb: Ada: its check looks wrong")


def label(app: Guard, **fields: Any) -> Any:
    where = {"run": "climb", "round": "1", "stage": "before-train", "key": "codes/codes_anchor"}
    return post(app, "/attempt/label", **{**where, "seen": "0", "good": "no", "who": "Ada", **fields})


def test_a_review_of_an_attempt_is_a_label_for_the_judge(app: Guard, place: Path) -> None:
    assert label(app, **{"score style": "0.5", "why": "no docstring"}).status == 303
    assert "Ada" in ask(app, ANCHOR).text and "no docstring" in ask(app, ANCHOR).text
    assert label(app, seen="1", good="yes", who="Bo").status == 303
    labels = read_table_records(place / "runs/climb/labels.jsonl", Label)
    assert [(one.key, one.good) for one in labels] == [("codes/codes_anchor", True)]


def test_of_two_reviews_at_once_the_second_is_told_of_the_first(app: Guard) -> None:
    label(app)
    answer = label(app, who="Bo", good="yes")
    assert answer.status == 400 and "Ada reviewed it while you were looking: not good" in answer.text
    assert label(app, who="Bo", good="maybe", seen="1").status == 400


def test_a_trainset_is_shown_with_lengths_sources_and_each_row_with_where_it_comes_from(app: Guard) -> None:
    page = ask(app, "/data?run=climb&round=1").text
    assert "golden" in page and "words" in page and page.count('class="rowlink"') == 8
    row = ask(app, "/row?run=climb&round=1&row=1").text
    for part in (
        "codes_anchor",
        '<span class="learnt">```python',
        "end of turn",
        "a scripted model has no tokenizer",
        "wrong value",
    ):
        assert part in row
    assert ask(app, "/row?run=climb&round=1&row=99").status == 404


def test_lineage_goes_back_from_an_adapter_and_forward_from_a_task(app: Guard, place: Path) -> None:
    page = ask(app, "/lineage?trace=codes/codes_engine").text
    rounds = read_json(place / "runs/climb/report.json")["rounds"]
    assert all(one["adapter"] in page and one["trainset"] in page for one in rounds)
    assert page.count("/row?run=climb&amp;round=2") == 2 and "/row?run=climb&amp;round=1" in page
    assert "No trainset of these runs holds it" in ask(app, "/lineage?trace=nothing").text


def test_every_list_is_paged(app: Guard, place: Path) -> None:
    rows = [json.loads(line) for line in results(place).read_text().splitlines()]
    many = [{**rows[0], "id": f"t{n}", "attempt": {**rows[0]["attempt"], "key": f"codes/t{n}"}} for n in range(130)]
    results(place).write_text("".join(json.dumps(row) + "\n" for row in many))
    page = ask(app, "/failures?run=climb&stage=before-train&round=1").text
    assert page.count('data-row href="/attempt') == 50 and "1–50 of 130" in page
    assert "101–130 of 130" in ask(app, "/failures?run=climb&stage=before-train&round=1&page=3").text
    assert ask(app, "/failures?page=999999999&round=x&least=-1&order=drop").status == 200


def test_text_of_models_tasks_and_names_is_shown_and_never_run(place: Path) -> None:
    rows = [json.loads(line) for line in results(place).read_text().splitlines()]
    bad = {**rows[0], "id": HOSTILE, "slice": HOSTILE}
    bad["attempt"] = {**rows[0]["attempt"], "key": f"codes/{HOSTILE}", "code": HOSTILE, "completion": HOSTILE}
    bad["verdict"] = {**rows[0]["verdict"], "reason": f"exception:{HOSTILE}", "evidence": {"message": HOSTILE, HOSTILE: HOSTILE}}
    results(place).write_text("".join(json.dumps(row) + "\n" for row in [bad, *rows[1:]]))
    run = place / "runs" / "<b onmouseover=alert(1)>"
    shutil.copytree(place / "runs/climb", run)
    facts = read_json(run / "report.json")
    facts["rounds"][0]["reasons"] = [HOSTILE]
    (run / "report.json").write_text(json.dumps(facts))
    app = served(place)
    links = {"/", "/failures", "/slices", "/data", "/lineage", f"/lineage?trace={HOSTILE}"}
    links |= {
        link.replace("&amp;", "&") for page in ("/", "/failures") for link in re.findall(r'href="(/[^"]+)"', ask(app, page).text)
    }
    assert len(links) > 20
    for link in links:
        page = ask(app, link)
        assert page.status in (200, 404), link
        if not link.endswith("/report"):
            assert "<script>alert" not in page.text and "<img src=x" not in page.text and "<b onmouseover" not in page.text, link


def test_a_run_that_is_deleted_or_damaged_under_the_server_is_said_to_be(app: Guard, place: Path) -> None:
    assert ask(app, "/runs/climb").status == 200 and ask(app, ANCHOR).status == 200
    gate = place / "runs/climb/round-2/gate/manifest.json"
    gate.write_text("{")
    broken = ask(app, "/runs/climb")
    assert broken.status == 404 and "manifest.json" in broken.text and "Traceback" not in broken.text
    shutil.rmtree(place / "runs/climb")
    app.state.catalogue.refresh(now=True)
    for path in ("/runs/climb", ANCHOR, "/row?run=climb&round=1&row=1", "/runs/climb/report", "/runs/climb/live"):
        assert ask(app, path).status == 404, path
    for path in ("/", "/failures", "/slices", "/data", "/lineage"):
        assert ask(app, path).status == 200, path
    shutil.rmtree(place)
    assert all(ask(app, path).status == 200 for path in ("/", "/failures", "/data"))


def test_a_run_that_starts_is_there_and_its_progress_is_live_from_another_process(app: Guard, place: Path) -> None:
    run = place / "runs" / "fresh"
    run.mkdir()
    (run / "run.json").write_text((place / "runs/climb/run.json").read_text())
    with only_one(run):
        position = {"pid": os.getpid(), "label": "evaluate codes", "unit": "attempts", "done": 30, "total": 120, "rate": 2.5}
        (run / ".progress.json").write_text(json.dumps(position))
        stage = run / "round-1/before-train"
        with only_one(stage):
            (stage / "journal.jsonl").write_text('{"attempts":[{"completion_tokens":40},{"completion_tokens":2}]}\n{"gra')
            tokens = TokenCount(run)
            facts = live_facts(run, tokens)
            assert (facts["state"], facts["tokens"]) == ("running", 42)
        assert "running" in ask(app, "/").text and "No round has ended yet" in ask(app, "/runs/fresh").text
    assert live_facts(run, TokenCount(run))["state"] == "stopped"
    shutil.rmtree(run)
    assert live_facts(run, TokenCount(run)) == {"state": "gone"}


def test_changed_results_are_read_again_and_only_those(app: Guard, place: Path) -> None:
    before = app.state.catalogue.ask("SELECT count(*) AS n FROM attempts")[0]["n"]
    lines = results(place).read_text().splitlines(keepends=True)
    results(place).write_text("".join(lines[:2]))
    app.state.catalogue.refresh(now=True)
    assert app.state.catalogue.ask("SELECT count(*) AS n FROM attempts")[0]["n"] == before - len(lines) + 2
