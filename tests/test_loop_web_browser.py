"""The web application in a browser: from a log of 500 failures to an active task, by keyboard; every page read by axe."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from command_line import ended
from conftest import make_suite
from production_logs import RIGHT, down, make_project, tools_with
from web_browser import GOLDEN, chromium, serving

from evals.files import write_json
from evals.sandboxes.base import Sandbox
from goldens.production.triage import look, triage
from loop.config import make_config
from loop.runs import start_run
from loop.stage import only_one

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("self_test_once")]
MODEL = ("--model", "scripted", "--set", "backend=fakes:Unhelpful")
ASKED = "Write last_line(text): the last line of a text that is not empty, such as last_line('a\\nb\\n') == 'b'"
WROTE = "def last_line(text):\n    return text.split('\\n')[-1]\n"
HOSTILE = "<img src=x onerror=\"document.title='run'\"></script><script>document.title='run'</script>"
PATIENT = 400_000  # milliseconds; a bound for what hangs, on a machine that is busy
SIZES = ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path, sandbox: Sandbox) -> Path:
    """A folder with a project: 500 failures of two kinds, of which one has corrections."""
    shouted = [down(f"s{n}", RIGHT if n < 3 else "", day=1 + n % 27) for n in range(100)]
    lines = [down(f"l{n}", day=1 + n % 27, question=ASKED, answer=WROTE) for n in range(400)]
    triage(make_project(tmp_path, [*shouted, *lines]), tools_with(sandbox))
    return tmp_path


def watched(browser: Browser, said: list[str], **options: Any) -> Page:
    """A new page; what it reports of scripts that failed or were refused goes into ``said``."""
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(PATIENT)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    return page


def save_golden(page: Page) -> None:
    """Ada writes the golden into an open draft and saves it, by keyboard."""
    page.fill("input[name=who]", "Ada")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.insert_text(GOLDEN)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**did=saved", timeout=PATIENT)


def test_from_a_log_of_500_failures_to_a_task_that_the_base_fails(
    folder: Path, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    errors: list[str] = []
    with serving(folder, *MODEL) as (address, _):
        page = watched(browser, errors)
        page.goto(f"{address}/review")
        assert "500 failures in the log" in page.inner_text("#results").replace("\n", " ")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector(".cm-editor")
        assert "no correction, commit or stronger model" in page.inner_text("main")
        save_golden(page)
        page.wait_for_selector(".cm-editor")
        assert page.input_value("textarea[name=golden]") == GOLDEN, "the shortcut changed the text"
        page.keyboard.press("x")
        page.wait_for_selector("#tried .verdict.pass", timeout=PATIENT)
        assert "The golden passes" in page.inner_text("#tried") and "The recorded failure fails" in page.inner_text("#tried")
        page.keyboard.press("a")
        page.wait_for_url("**did=active", timeout=PATIENT)
        page.keyboard.press("?")
        assert page.is_visible("#keys")
    assert errors == []
    assert [standing.state for standing in look(folder / "production").standings if standing.problem.failures == 400] == [
        "active"
    ]
    with contextlib.chdir(folder):
        for backend, passed in (("fakes:Unhelpful", 0), ("web_browser:KnowsLastLine", 1)):
            said = ended(capsys, "eval", "production", "--model", "scripted", "--set", f"backend={backend}", "--json",
                         "--set", "gate.looks=9", "--out", f"evals/{passed}")  # fmt: skip
            assert said.code == 0 and said.json["counts"]["pass"] == passed, said.err


@pytest.fixture
def place(folder: Path) -> Path:
    """The same folder with a run that has ended, whose model writes what a page must not run."""
    suite = make_suite(folder / "codes", "codes", train=8, holdout=16)
    prompt = suite / "words" / "codes_anchor" / "prompt.md"
    prompt.write_text(prompt.read_text() + HOSTILE)
    facts = {"name": "climb", "model": "scripted", "suites": {"target": [str(suite)]}, "finetune": {"trainer": "scripted"}}
    config = make_config({**facts, "rounds": 2}).model_copy(update={"backend": "fakes:Climber"})
    start_run(config, folder, folder / "runs")
    results = folder / "runs/climb/round-1/before-train/results.jsonl"
    escaped = HOSTILE.replace('"', '\\"')
    results.write_text(results.read_text().replace("no idea", escaped, 1))
    return folder


def pages_of(folder: Path) -> list[str]:
    ids = [standing.problem.id for standing in look(folder / "production").standings]
    attempt = "/attempt?run=climb&round=1&stage=before-train&key=codes%2Fcodes_anchor"
    fixed = ["/", "/runs/climb", "/slices", "/failures", attempt, "/holdout", "/review", "/lineage?trace=codes%2Fcodes_anchor"]
    return [
        *fixed,
        "/data",
        "/row?run=climb&round=1&row=1",
        "/compare?run=climb&run=climb",
        *(f"/review/production/{n}" for n in ids),
    ]


def test_every_page_is_sound_for_axe_and_moves_nothing_and_runs_nothing_of_a_model(place: Path, browser: Browser) -> None:
    from axe_playwright_python.sync_playwright import Axe

    errors: list[str] = []
    shift = "new PerformanceObserver(l => { for (const e of l.getEntries()) window.moved = (window.moved || 0) + e.value })"
    with serving(place, *MODEL) as (address, _):
        for width, scheme in SIZES:
            page = watched(browser, errors, viewport={"width": width, "height": 900}, color_scheme=scheme)
            page.add_init_script(f"{shift}.observe({{type: 'layout-shift', buffered: true}})")
            for path in pages_of(place):
                answer = page.goto(address + path)
                assert answer is not None and answer.status in (200, 404 if "compare" in path else 200), path
                page.wait_for_timeout(250)
                assert page.title() != "run" and page.locator("img").count() == 0, path
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
                assert page.evaluate("window.moved || 0") < 0.01, (path, width)
                if (width, scheme) in (SIZES[0], SIZES[3]):
                    found = Axe().run(page)
                    assert found.violations_count == 0, (path, width, scheme, found.generate_report())
    assert [error for error in errors if "404" not in error] == []


def test_an_open_page_follows_a_run_of_another_process_to_its_end_and_its_removal(tmp_path: Path, browser: Browser) -> None:
    run = tmp_path / "runs" / "fresh"
    run.mkdir(parents=True)
    write_json(run / "run.json", {"config": {"model": "scripted", "suites": {"target": ["codes"]}}})

    def at(done: int) -> None:
        position = {"pid": os.getpid(), "label": "evaluate codes", "unit": "attempts", "done": done, "total": 120, "rate": 2.5}
        write_json(run / ".progress.json", position)

    with serving(tmp_path) as (address, _):
        page = watched(browser, [])
        with only_one(run):
            at(30)
            page.goto(f"{address}/runs/fresh")
            page.wait_for_selector("text=30 of 120 attempts")
            at(60)
            page.wait_for_selector("text=60 of 120 attempts")
            assert "2.5 a second" in page.inner_text(".live") and "about 24 s left" in page.inner_text(".live")
        page.wait_for_selector(".live >> text=stopped")
        shutil.rmtree(run)
        page.wait_for_selector(".live >> text=gone")


def test_a_server_that_is_killed_while_it_writes_loses_nothing(folder: Path, browser: Browser) -> None:
    problem = next(s.problem.id for s in look(folder / "production").standings if s.problem.failures == 400)
    with serving(folder, *MODEL) as (address, process):
        page = watched(browser, [])
        page.goto(f"{address}/review/production/{problem}")
        page.wait_for_selector(".cm-editor")
        page.fill("input[name=who]", "Ada")
        page.keyboard.press("Escape")
        page.keyboard.press("e")
        page.keyboard.insert_text(GOLDEN)
        page.keyboard.press("Control+Enter")
        with (folder / "production/decisions.jsonl").open() as journal:
            text = ""
            while '"golden"' not in text:
                text += journal.read()
        os.killpg(process.pid, signal.SIGKILL)
    with serving(folder, *MODEL) as (address, _):
        page = watched(browser, [])
        page.goto(f"{address}/review/production/{problem}")
        assert "Ada: golden" in page.content()
        page.wait_for_selector(".cm-editor")
        save_golden(page)
    assert next(s.state for s in look(folder / "production").standings if s.problem.id == problem) == "drafted"


def test_off_localhost_the_link_opens_once_and_the_token_is_in_no_address(folder: Path, browser: Browser) -> None:
    token = "a token that nobody guesses"
    seen: list[str] = []
    with serving(folder, token=token) as (address, process):
        page = watched(browser, [])
        page.on("request", lambda request: seen.append(request.url))
        assert (answer := page.goto(address)) is not None and answer.status == 401
        page.goto(f"{address}/enter")
        page.fill("input[name=token]", token)
        page.keyboard.press("Enter")
        page.wait_for_selector("h1:has-text('Runs')")
        assert page.evaluate("document.cookie") == "" and not [url for url in seen if "nobody" in url]
        process.terminate()
        _, logged = process.communicate()
    assert "nobody" not in logged
