"""Triage and review on the command line: what people see and type, and that nothing that was trained on becomes a task."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Ended, ended
from production_logs import ALSO_RIGHT, RIGHT, WRONG, down, make_project, tools_with

from evals.errors import BadInput
from evals.files import digest, read_json, write_json, write_jsonl
from evals.records import Task
from evals.sandboxes.base import Sandbox
from evals.suites import load_suite
from goldens.production.journal import Decisions
from goldens.production.triage import look, triage
from loop import console
from loop.ancestry import trained_on
from loop.production import latest_verdicts
from trainset.records import Example

MODEL = ("--model", "scripted", "--set", "backend=fakes:Unhelpful")


@pytest.fixture
def project(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, self_test_once: None) -> Path:
    """A project with one draft; the working folder is its parent."""
    folder = make_project(tmp_path, [down("a", RIGHT), down("b", RIGHT, day=2)])
    triage(folder, tools_with(sandbox))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GOLDLOOP_WHO", raising=False)
    return folder


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """A terminal on which somebody types these answers, one a prompt."""
    left = iter(answers)
    monkeypatch.setattr(console.out, "_force_terminal", True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(left))


def plain(said: Ended) -> str:
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", said.out)


def test_triage_says_who_is_waited_for(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ended(capsys, "triage", "production", *MODEL)
    assert said.code == 0
    assert "1 problems: 1 reproduced, 1 drafted, 0 active" in said.out
    assert "1  a person: review (goldloop review): " in said.out
    assert said.err.rstrip().endswith("next: goldloop serve production --model scripted")


def test_review_shows_a_draft_and_what_it_does_now(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "s")
    shown = plain(ended(capsys, "review", "production"))
    for part in ("recorded failure (fails now: wrong_value)", "golden (passes now)", "2 voices for it, 0 for another", "NO!"):
        assert part in shown


def test_a_on_the_terminal_approves(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "a", "Ada")
    said = ended(capsys, "review", "production")
    assert ": active" in plain(said) and look(project).standings[0].state == "active"
    assert [task.status for task in load_suite(str(project)).tasks] == ["active"]


def test_r_on_the_terminal_rejects_with_a_reason(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "r", "nobody needs it")
    ended(capsys, "review", "production", "--who", "Ada")
    assert look(project).standings[0].waiting == "nobody: rejected by Ada: nobody needs it"


def test_e_on_the_terminal_edits_in_the_editor(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new.py").write_text(ALSO_RIGHT)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"cp {tmp_path / 'new.py'}")
    typed(monkeypatch, "e", "g", "a")
    said = ended(capsys, "review", "production", "--who", "Ada")
    assert ": active" in plain(said)
    assert load_suite(str(project)).tasks[0].golden == ALSO_RIGHT
    assert {decision.what for decision in Decisions(project).all if decision.by_person} == {"golden", "approve", "state"}


def test_an_editor_that_cannot_start_says_how_to_go_on(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "no-such-editor")
    typed(monkeypatch, "e", "g")
    said = ended(capsys, "review", "production", "--who", "Ada", flat="err")
    assert said.code == 4 and "set EDITOR, or give --golden ID=FILE" in said.err


def test_without_a_terminal_review_lists_what_waits(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ended(capsys, "review", "production")
    assert said.code == 0 and "1 drafts wait for a person" in said.out


def test_a_file_gives_a_golden(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.py").write_text(ALSO_RIGHT)
    name = look(project).standings[0].problem.id
    assert ended(capsys, "review", "production", "--golden", f"{name}=mine.py", "--who", "Ada").code == 0
    ended(capsys, "triage", "production", *MODEL)
    proposal = look(project).standings[0].proposal
    assert proposal is not None and (proposal.golden_source, proposal.task and proposal.task.golden) == ("person", ALSO_RIGHT)


def test_approval_without_a_name_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ended(capsys, "review", "production", "--approve", "all", flat="err")
    assert said.code == 4 and "--who" in said.err and look(project).standings[0].state == "drafted"


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Path]:
    """An adapter's folder with the trainset that it was trained on: one row, a task of its own."""
    rows = [
        Example(
            prompt=({"role": "user", "content": "Write shout(text), the text in capital letters and with an exclamation mark."},),
            completion=({"role": "assistant", "content": f"```python\n{RIGHT}```"},),
            provenance={"key": "mine/shout", "group": "g", "slice": "-", "source": "golden"},
        )
    ]
    folder, trainset = tmp_path / "finetune", tmp_path / "trainset"
    write_jsonl(trainset / "trainset.jsonl", rows)
    facts = {"digest": digest(rows), "index_digest": "b2:x", "rows": 1, "counts": {"rows": 1}}
    write_json(trainset / "trainset.json", facts)
    write_json(folder / "trained-on.json", {"trainset": "../trainset", "digest": digest(rows)})
    yield folder


def task(golden: str = RIGHT, prompt: str = "Turn a text into one that is louder, please: shout(text)", key: str = "x") -> Task:
    return Task(
        id=key, suite="production", split="train", group=key, prompt=prompt, golden=golden, checks="assert shout('a') == 'A!'"
    )


def test_a_task_whose_golden_was_trained_on_is_found(adapter: Path) -> None:
    assert trained_on(str(adapter))(task()).endswith("trainset: mine/shout")


def test_a_task_that_was_not_trained_on_is_not_found(adapter: Path) -> None:
    other = "def days(weeks, rest):\n    total = weeks * 7 + rest\n    return {'days': total, 'hours': total * 24}\n"
    assert trained_on(str(adapter))(task(other, "How many days and hours are so many weeks? Write days(weeks, rest).")) == ""


def test_an_adapter_without_a_record_of_its_data_counts_as_trained_on_everything(tmp_path: Path) -> None:
    assert "unknown" in trained_on(str(tmp_path))(task())


def test_a_trainset_that_was_changed_since_is_refused(adapter: Path) -> None:
    facts = read_json(adapter / "trained-on.json")
    write_json(adapter / "trained-on.json", {**facts, "digest": "b2:other"})
    with pytest.raises(BadInput, match="give that trainset back"):
        trained_on(str(adapter))


def test_the_models_of_earlier_runs_say_whether_a_task_is_passed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended(capsys, "review", "production", "--approve", "all", "--who", "Ada")
    name = load_suite(str(project)).tasks[0].id
    for number, passed in enumerate((False, True), 1):
        verdict = {"status": "pass" if passed else "fail", "reason": "pass" if passed else "wrong_value"}
        attempt = {"key": f"production/{name}", "completion": WRONG, "code": WRONG, "finish_reason": "stop"}
        row = {
            "id": name,
            "suite": "production",
            "split": "holdout",
            "group": "g",
            "slice": "-",
            "attempt": attempt,
            "verdict": verdict,
        }
        write_json(Path(f"runs/r{number}/run.json"), {"started": f"2026-10-0{number}"})
        write_jsonl(Path(f"runs/r{number}/round-1/after-holdout/results.jsonl"), [row])
    assert latest_verdicts(Path("runs"), "production") == {name: [False, True]}
