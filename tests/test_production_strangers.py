"""Logs of strangers: what is no function of plain arguments, what depends on the day, what nobody asked for.

Nothing of it becomes a task unseen, honest answers pass what was derived, and what waits says for whom and why.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import ended
from production_logs import ALSO_RIGHT, OTHERWISE, RIGHT, WRONG, down, make_project, tools_with, triaged, up

from evals.errors import BadInput, ToolchainMissing
from evals.graders import grade
from evals.records import Task
from evals.sandboxes.base import Job, Outcome, Sandbox
from evals.suites import load_suite
from goldens import review
from goldens.production.drawing import drawn_like, keeps_of
from goldens.production.inputs import main_function
from goldens.production.records import Standing
from goldens.production.triage import look, triage

MERGED = "def merge(a, b):\n    return sorted(a + b)\n"
BY_HAND = (
    "def merge(a, b):\n    out, i, j = [], 0, 0\n    while i < len(a) and j < len(b):\n        if a[i] <= b[j]:\n"
    "            out.append(a[i])\n            i += 1\n        else:\n            out.append(b[j])\n            j += 1\n"
    "    return out + a[i:] + b[j:]\n"
)


def only(folder: Path, rows: list[dict[str, Any]], sandbox: Sandbox, **more: Any) -> Standing:
    found = triaged(folder, rows, sandbox, **more)
    assert len(found.standings) == 1
    return found.standings[0]


def drafted(folder: Path, rows: list[dict[str, Any]], sandbox: Sandbox) -> Task:
    """The draft of the one problem of a log, whose model goes on failing like the first answer."""
    standing = only(folder, rows, sandbox, answer=lambda _: rows[0]["answer"])
    assert standing.proposal is not None and standing.proposal.task is not None, standing.waiting
    return standing.proposal.task


@pytest.mark.parametrize(
    ("question", "golden", "wrong", "why"),
    [
        ("hello(name) greets", "def hello(name):\n    print('Hi')\n", "def hello(name):\n    print(name)\n", "returns nothing"),
        (
            "add_all(items, more): two lists of numbers, the second goes into the first",
            "def add_all(items, more):\n    items.extend(more)\n",
            "def add_all(items, more):\n    items.append(more)\n",
            "returns nothing on any input",
        ),
        (
            "year_of(text) puts the year behind a text",
            "import datetime\n\ndef year_of(text):\n    return text + str(datetime.date.today().year)\n",
            "def year_of(text):\n    return text\n",
            "reads the clock",
        ),
        (
            "pick(items): any of a list of numbers",
            "import random\n\ndef pick(items):\n    return random.choice(items) * random.random()\n",
            "def pick(items):\n    return items\n",
            "returns something else when it is run again",
        ),
        (
            "A class Stack with push(x) and pop(), please",
            "class Stack:\n    def push(self, x):\n        self.x = x\n",
            "class Stack:\n    pass\n",
            "the golden is a class",
        ),
        (
            "shout(text), asynchronous",
            "async def shout(text):\n    return text.upper()\n",
            "async def shout(text):\n    return text\n",
            "the golden is an asynchronous function",
        ),
        ("shout(text)", "```diff\n--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n```", "x", "the golden is a diff"),
        ("dedupe(seq)", "def dedupe(seq):\n    return list(dict.fromkeys(seq))\n", "def dedupe(seq):\n    return 1\n", "no kind"),
        (
            "Shout(s) in Go",
            "```go\nfunc Shout(s string) string { return strings.ToUpper(s) }\n```",
            "```go\nfunc Shout(s string) string { return s }\n```",
            "in go, which no suite can run",
        ),
        (
            "I need two helpers for texts",
            "def first(text):\n    return text[:1]\n\ndef last(text):\n    return text[-1:]\n",
            "def first(text):\n    return text\n",
            "several functions (first, last)",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_by_itself_waits_for_a_person_and_says_why(
    tmp_path: Path, sandbox: Sandbox, question: str, golden: str, wrong: str, why: str
) -> None:
    standing = only(tmp_path, [down("a", golden, question=question, answer=wrong)], sandbox, answer=lambda _: wrong)
    assert standing.state == "clustered" and standing.waiting.startswith("a person: ") and why in standing.waiting
    assert standing.proposal is not None and standing.proposal.passing == ()


def test_checks_of_a_person_make_a_task_of_what_has_none(tmp_path: Path, sandbox: Sandbox) -> None:
    golden = (
        "class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, x):\n        self.items.append(x)\n"
    )
    rows = [
        down(
            "a",
            golden,
            question="A class Stack with push(x), please",
            answer="class Stack:\n    def push(self, x):\n        pass\n",
        )
    ]
    standing = only(tmp_path, rows, sandbox, answer=lambda _: rows[0]["answer"])
    project = tmp_path / "production"
    checks = "stack = Stack()\nstack.push(1)\nassert stack.items == [1]\n"
    review.edit(project, standing, "checks", checks, who="Ada", why="read the question")
    again = triage(project, tools_with(sandbox, rows[0]["answer"])).standings[0]
    assert again.state == "drafted" and again.proposal is not None and again.proposal.task is not None
    assert (again.proposal.task.checks, again.proposal.golden_source) == (checks, "correction")


def test_checks_of_a_person_settle_which_correction_is_right(tmp_path: Path, sandbox: Sandbox) -> None:
    asked = "Write shout(text): capital letters and an exclamation mark at the end of the text"
    standing = only(tmp_path, [down("a", OTHERWISE, question=asked), down("b", RIGHT, question=asked)], sandbox)
    assert standing.waiting.startswith("a person: 2 corrections differ")
    review.edit(tmp_path / "production", standing, "checks", "assert shout('no') == 'NO!'\n", who="Ada")
    again = triage(tmp_path / "production", tools_with(sandbox)).standings[0]
    assert again.proposal is not None and again.proposal.task is not None and again.proposal.task.golden == RIGHT


def test_checks_that_no_correction_passes_are_said(tmp_path: Path, sandbox: Sandbox) -> None:
    standing = only(tmp_path, [down("a", RIGHT)], sandbox)
    review.edit(tmp_path / "production", standing, "checks", "assert shout('no') == 'no?'\n", who="Ada")
    again = triage(tmp_path / "production", tools_with(sandbox)).standings[0]
    assert again.waiting.startswith("a person: no correction passes the checks that were given (wrong_value)")


def test_of_several_functions_the_one_that_the_others_serve_is_asked_for(tmp_path: Path, sandbox: Sandbox) -> None:
    golden = "def slugify(text):\n    return join(text.lower().split())\n\ndef join(words):\n    return '-'.join(words)\n"
    rows = [down("a", golden, question="Turn a text into a slug, with dashes", answer="def slugify(text):\n    return text\n")]
    assert drafted(tmp_path, rows, sandbox).prompt.endswith("Define it as `slugify(text)`.")


@pytest.mark.parametrize(
    ("language", "code", "name"),
    [
        ("python", "def f(x):\n    return g(x)\n\ndef g(x):\n    return x\n", "f"),
        ("python", "def g(x):\n    return x\n\ndef f(x):\n    return g(x)\n\ndef main():\n    print(f(1))\n", "f"),
        ("python", "def f(x):\n    return x\n\ndef test_f():\n    assert f(1) == 1\n", "f"),
        ("python", "def f(x):\n    return f(x - 1) if x else 0\n", "f"),
        ("python", "def f(x):\n    return x\n\ndef g(x):\n    return x\n", ""),
        ("javascript", "const g = (x) => x;\nfunction f(x) {\n  return g(x);\n}\n", "f"),
    ],
)
def test_the_main_function_is_called_by_none_of_the_others(language: str, code: str, name: str) -> None:
    from evals.graders.behaviour import entries

    assert main_function(language, entries(language, code), code) == name


def test_a_usual_word_in_a_question_is_not_the_name_of_its_function(tmp_path: Path, sandbox: Sandbox) -> None:
    golden = "def slug(text):\n    return '-'.join(text.split())\n"
    rows = [down("a", golden, question="Make a slug of a text", answer="def slug(text):\n    return text\n")]
    assert drafted(tmp_path, rows, sandbox).prompt.endswith("Define it as `slug(text)`.")


class TestHonestAnswers:
    @pytest.mark.parametrize("example", ["", ", such as merge([1, 4], [2]) == [1, 2, 4]"])
    def test_lists_that_are_sorted_stay_sorted(self, tmp_path: Path, sandbox: Sandbox, example: str) -> None:
        rows = [
            down("a", MERGED, question=f"merge(a, b) merges two sorted lists{example}", answer="def merge(a, b):\n    return a\n")
        ]
        assert grade(drafted(tmp_path, rows, sandbox), BY_HAND, sandbox).passed

    def test_nothing_is_empty_where_nobody_speaks_of_it(self, tmp_path: Path, sandbox: Sandbox) -> None:
        golden = "def mean(values):\n    return sum(values) / len(values) if values else 0\n"
        rows = [
            down("a", golden, question="mean(values): the mean of a list of numbers", answer="def mean(values):\n    return 1\n")
        ]
        honest = "def mean(values):\n    return sum(values) / len(values)\n"
        assert grade(drafted(tmp_path, rows, sandbox), honest, sandbox).passed

    def test_texts_with_a_form_are_not_replaced_by_words(self, tmp_path: Path, sandbox: Sandbox) -> None:
        golden = "def hour(text):\n    return int(text[:2]) if text[:2].isdigit() else None\n"
        rows = [down("a", golden, question="hour(text): hour('12:30') == 12", answer="def hour(text):\n    return 1\n")]
        standing = only(tmp_path, rows, sandbox, answer=rows[0]["answer"])
        assert "fewer than the 3 that checks need" in standing.waiting

    @pytest.mark.parametrize(
        ("said", "seen", "keeps"),
        [
            ("the mean", [([1, 2],)], ("filled", "nonzero")),
            ("the mean, 0 for an empty list", [([1, 2],)], ()),
            ("the mean", [([],), (0,)], ()),
            ("of a sorted list", [([1, 2],)], ("filled", "nonzero", "sorted")),
            ("returns a sorted list", [([2, 1],)], ("filled", "nonzero")),
            ("returns a sorted list", [], ("filled", "nonzero")),
        ],
    )
    def test_what_variations_keep_follows_from_what_people_say(self, said: str, seen: Any, keeps: tuple[str, ...]) -> None:
        assert keeps_of(said, seen) == keeps
        drawn = drawn_like(seen or [([3, 1],)], "k", 40, keeps)
        assert "filled" not in keeps or all(value for given in drawn for value in given)


class TestVoices:
    ASKED = "Write shout(text): capital letters and an exclamation mark"

    def test_good_answers_that_agree_on_something_else_are_no_mistake(self, tmp_path: Path, sandbox: Sandbox) -> None:
        rows = [down("a", OTHERWISE, question=self.ASKED), up("b", question=self.ASKED, answer=RIGHT)]
        standing = only(tmp_path, rows, sandbox)
        assert standing.waiting.startswith("a person: 1 answer that was called good does something else than the golden")

    def test_an_example_shows_that_an_answer_was_called_good_by_mistake(self, tmp_path: Path, sandbox: Sandbox) -> None:
        standing = only(tmp_path, [down("a", RIGHT), up("b", answer=WRONG)], sandbox)
        assert standing.proposal is not None and standing.proposal.mistaken == ("b",)


class TestSeveralTurns:
    TURNS = (
        {"role": "user", "content": "Write shout(text): capital letters and an exclamation mark"},
        {"role": "assistant", "content": WRONG},
        {"role": "user", "content": "That is not what I asked for, fix it please"},
    )

    def test_a_question_that_needs_the_turns_before_has_them(self, tmp_path: Path, sandbox: Sandbox) -> None:
        prompt = drafted(tmp_path, [down("a", RIGHT, question=[*self.TURNS])], sandbox).prompt
        assert prompt.startswith("The conversation so far:\n\nUser: Write shout(text)") and prompt.endswith("fix it please")

    def test_a_question_that_stands_alone_is_left_alone(self, tmp_path: Path, sandbox: Sandbox) -> None:
        last = {"role": "user", "content": "Now write shout(text), in capital letters and with a '!'"}
        prompt = drafted(tmp_path, [down("a", RIGHT, question=[*self.TURNS[:2], last])], sandbox).prompt
        assert prompt == last["content"]

    def test_the_same_complaint_about_different_things_is_two_problems(self, tmp_path: Path, sandbox: Sandbox) -> None:
        other = [{"role": "user", "content": "How many weeks are so many days, rounded down?"}, *self.TURNS[1:]]
        rows = [down("a", RIGHT, question=[*self.TURNS]), down("b", question=other, answer="def weeks(days):\n    return days\n")]
        assert len(triaged(tmp_path, rows, sandbox).standings) == 2


class _NoNode:
    """A sandbox that lacks what JavaScript needs."""

    def __init__(self, inner: Sandbox) -> None:
        self._inner = inner
        self.name = inner.name
        self.tier = inner.tier

    def run(self, job: Job) -> Outcome:
        if "{node}" in job.command:
            raise ToolchainMissing("node is not installed: install it")
        return self._inner.run(job)

    def close(self) -> None:
        self._inner.close()


def test_a_language_that_is_not_installed_holds_up_its_own_problems_only(tmp_path: Path, sandbox: Sandbox) -> None:
    script = "```javascript\nfunction twice(n) {\n  return n * 2;\n}\n```"
    rows = [
        down("a", RIGHT),
        down("b", script, question="twice(n) in JavaScript, twice(2) === 4", answer=script.replace("* 2", "")),
    ]
    standings = {s.problem.members: s for s in triage(make_project(tmp_path, rows), tools_with(_NoNode(sandbox))).standings}
    assert standings["a",].state == "drafted"
    assert standings["b",].waiting == "goldloop: node is not installed: install it"
    assert {s.problem.members: s.waiting for s in look(tmp_path / "production").standings}["b",].startswith("goldloop: node")


class TestJournal:
    ASKED = TestVoices.ASKED

    @pytest.fixture
    def active(self, tmp_path: Path, sandbox: Sandbox) -> Path:
        """A project with one active task."""
        standing = only(tmp_path, [down("a", RIGHT, question=self.ASKED)], sandbox)
        project = tmp_path / "production"
        assert review.approve(project, standing, tools_with(sandbox), who="Ada", why="read it").missing == ()
        triage(project, tools_with(sandbox))
        return project

    def test_new_evidence_does_not_change_what_was_approved(self, active: Path, sandbox: Sandbox) -> None:
        later = [down(name, OTHERWISE, question=self.ASKED, day=9) for name in ("b", "c")]
        make_project(active.parent, later)
        standing = triage(active, tools_with(sandbox)).standings[0]
        task = load_suite(str(active)).tasks[0]
        assert (task.golden, task.status, standing.state) == (RIGHT, "active", "active")
        assert standing.waiting.startswith("a person: newer answers speak for another golden than the approved one")

    def test_new_evidence_for_the_same_leaves_nothing_to_do(self, active: Path, sandbox: Sandbox) -> None:
        make_project(active.parent, [down("b", RIGHT, question=self.ASKED, day=9)])
        standing = triage(active, tools_with(sandbox)).standings[0]
        assert (standing.state, standing.waiting, standing.problem.failures) == ("active", "", 2)

    def test_a_hand_at_an_active_task_makes_it_a_draft_again(self, active: Path, sandbox: Sandbox) -> None:
        next((active / "suite").glob("*/golden.py")).write_text("def shout(text):\n    return 'x'\n")
        standing = triage(active, tools_with(sandbox)).standings[0]
        assert (standing.state, standing.why) == ("drafted", "it was edited in the suite after it was approved")
        assert [task.status for task in load_suite(str(active), drafts=True).tasks] == ["draft"]

    def test_an_edit_of_an_active_task_waits_for_an_approval(self, active: Path, sandbox: Sandbox) -> None:
        review.edit(active, look(active).standings[0], "golden", ALSO_RIGHT, who="Bo", why="shorter")
        standing = triage(active, tools_with(sandbox)).standings[0]
        assert standing.state == "drafted"
        assert review.approve(active, standing, tools_with(sandbox), who="Ada").missing == ()
        triage(active, tools_with(sandbox))
        assert load_suite(str(active)).tasks[0].golden == ALSO_RIGHT

    def test_a_rejection_can_be_taken_back(self, tmp_path: Path, sandbox: Sandbox) -> None:
        project = tmp_path / "production"
        review.reject(project, only(tmp_path, [down("a", RIGHT)], sandbox), who="Bo", why="not ours")
        rejected = triage(project, tools_with(sandbox)).standings[0]
        assert rejected.waiting == "nobody: rejected by Bo: not ours"
        assert review.approve(project, rejected, tools_with(sandbox), who="Ada", why="it is ours").missing == ()
        assert triage(project, tools_with(sandbox)).standings[0].state == "active"

    def test_only_what_counted_is_retired(self, tmp_path: Path, sandbox: Sandbox) -> None:
        with pytest.raises(BadInput, match="is drafted, not active"):
            review.retire(tmp_path / "production", only(tmp_path, [down("a", RIGHT)], sandbox), who="Ada", why="old")


class TestWords:
    @pytest.fixture(autouse=True)
    def here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    @pytest.mark.parametrize("verb", ["triage", "review"])
    def test_a_wrong_folder_is_not_made_and_the_right_one_is_named(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
    ) -> None:
        make_project(tmp_path, [down("a")])
        said = ended(capsys, verb, "prodcution", flat="err")
        assert said.code == 4 and "no log was ingested into it" in said.err and "; there is production" in said.err
        assert not Path("prodcution").exists()

    def test_a_folder_in_place_of_a_file_is_said(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("logs").mkdir()
        said = ended(capsys, "ingest", "logs", flat="err")
        assert said.code == 4 and "logs: is a folder; give the log files in it" in said.err

    def test_an_empty_log_is_said_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("empty.jsonl").touch()
        said = ended(capsys, "ingest", "empty.jsonl", flat="err")
        assert said.code == 4 and "the file is empty" in said.err and "none of the first" not in said.err

    def test_a_log_that_is_still_written_loses_nothing(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        lines = [json.dumps({"id": name, "prompt": "Add one.", "response": "x + 1"}) + "\n" for name in "abc"]
        Path("log.jsonl").write_text("".join(lines)[:-20])
        said = ended(capsys, "ingest", "log.jsonl", "--json")
        counts = json.loads(said.out)["files"][0]
        assert counts["entries"] == 2 and [why[:7] for why in counts["quarantined"]] == ["cut off"]
        Path("log.jsonl").write_text("".join(lines))
        assert json.loads(ended(capsys, "ingest", "log.jsonl", "--json").out)["files"][0]["entries"] == 1

    def test_review_before_triage_says_what_comes_first(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], self_test_once: None
    ) -> None:
        make_project(tmp_path, [down("a", RIGHT)])
        said = ended(capsys, "review", "production", "--approve", "all", "--who", "Ada")
        assert "nothing was drafted yet" in said.out and said.err.rstrip().endswith("next: goldloop triage production")
