"""Ready answers: the forms that harnesses write, matched with tasks, read as code, and graded by ``goldloop score``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Ended, ended

from evals.errors import BadInput
from evals.predictions import code_of, match_predictions, read_predictions
from evals.records import Task

PROMPT = 'Complete this.\n\n```python\nimport math\n\n\ndef half(x: int) -> int:\n    """Half of it."""\n```'
GOLDEN = "import math\n\n\ndef half(x):\n    return x // 2\n"


def task(number: str = "0", **more: Any) -> Task:
    values = {"id": number, "suite": "humaneval", "split": "holdout", "group": number, "prompt": PROMPT, "golden": GOLDEN}
    return Task.model_validate({**values, "checks": "assert half(4) == 2\n", **more})


def written(folder: Path, *rows: Any, name: str = "samples.jsonl") -> Path:
    text = json.dumps(rows[0]) if name.endswith(".json") else "".join(json.dumps(row) + "\n" for row in rows)
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.parametrize(
    "row",
    [
        {"task_id": "HumanEval/0", "solution": GOLDEN},
        {"task_id": "0", "completion": f"Here:\n```python\n{GOLDEN}```\nDone."},
        {"task_id": "HumanEval/0", "completion": "    return x // 2\n"},
        {"question_id": 0, "code_list": [GOLDEN], "output_list": ["Sure."]},
        {"task": "humaneval/0", "answer": GOLDEN},
        {"id": "0", "solution": f"```python\n{GOLDEN}```"},
    ],
)
@pytest.mark.parametrize("name", ["samples.jsonl", "samples.json"])
def test_every_form_of_an_answer_is_the_same_function(tmp_path: Path, row: dict[str, Any], name: str) -> None:
    file = written(tmp_path, [row] if name.endswith(".json") else row, name=name)
    (attempt,) = match_predictions(read_predictions(file), [task()]).attempts
    made: dict[str, Any] = {}
    exec(attempt.code or "", made)
    assert (attempt.key, made["half"](9)) == ("humaneval/0", 4)


def test_several_rows_or_a_list_are_samples(tmp_path: Path) -> None:
    rows = [{"task_id": "0", "solution": f"def half(x): return {n}"} for n in range(3)]
    matched = match_predictions(read_predictions(written(tmp_path, *rows)), [task()])
    assert (matched.samples, [attempt.sample for attempt in matched.attempts]) == (3, [0, 1, 2])
    listed = written(tmp_path, {"task_id": "0", "code_list": [row["solution"] for row in rows]}, name="list.jsonl")
    assert match_predictions(read_predictions(listed), [task()]).attempts == matched.attempts


def test_what_is_missing_or_names_no_task_is_said(tmp_path: Path) -> None:
    rows = [{"task_id": "0", "solution": GOLDEN}, {"task_id": "9", "solution": GOLDEN}]
    matched = match_predictions(read_predictions(written(tmp_path, *rows)), [task(), task("1")])
    assert matched.missing == ("humaneval/1",) and matched.unknown == (f"{tmp_path}/samples.jsonl:2: no task '9'",)
    assert matched.attempts[1].code is None


def test_a_short_name_of_two_tasks_is_nobodys(tmp_path: Path) -> None:
    file = written(tmp_path, {"task_id": "HumanEval/0", "solution": GOLDEN}, {"task_id": "a/0", "solution": GOLDEN})
    matched = match_predictions(read_predictions(file), [task(suite="a"), task(suite="b")])
    assert len(matched.unknown) == 1 and "HumanEval/0" in matched.unknown[0]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"solution": "x"}], r"samples\.jsonl:1: expected one of task_id, task, .*, found solution"),
        ([{"task_id": "0", "text": "x"}], r"expected one of model_patch, solution, .*, found task_id, text"),
        ([{"task_id": "0", "solution": 3}], "solution: expected text or a list of texts, found 3"),
        ([{"task_id": "7", "solution": "x"}], "no prediction names a task of humaneval; its ids are 0"),
        (
            [{"task_id": "0", "solution": "x"}] * 2 + [{"task_id": "1", "solution": "x"}],
            r"samples\.jsonl:3: task humaneval/1 has 1 predictions, another one 2",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_its_place(tmp_path: Path, rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        match_predictions(read_predictions(written(tmp_path, *rows)), [task(), task("1")])


@pytest.mark.parametrize("given", [None, "", "  \n"])
def test_an_answer_that_was_not_given_has_no_code(tmp_path: Path, given: str | None) -> None:
    (attempt,) = match_predictions(
        read_predictions(written(tmp_path, {"instance_id": "0", "model_patch": given})), [task()]
    ).attempts
    assert attempt.code is None


def test_a_patch_is_taken_as_it_stands() -> None:
    patch = "diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n"
    assert code_of(task(kind="patch", starter={"x.py": "a = 1\n"}), patch, is_code=True) == patch


SUITE = """name: sums
kind: function
licence: MIT
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    suite = tmp_path / "sums"
    suite.mkdir()
    (suite / "suite.yaml").write_text(SUITE)
    rows = [
        {
            "id": str(n),
            "group": str(n),
            "split": split,
            "prompt": "Write `half`.",
            "golden": GOLDEN,
            "checks": "assert half(4) == 2\n",
        }
        for n, split in enumerate(["train", "train", "holdout", "holdout"])
    ]
    (suite / "tasks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def score(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    return ended(capsys, "score", "answers.jsonl", "--suite", "sums", *arguments, flat="both")


@pytest.mark.usefixtures("self_test_once")
def test_answers_are_graded_kept_and_counted_as_a_look(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = [{"task": "0", "completion": GOLDEN}, {"task": "1", "completion": "def half(x): return 3"}]
    written(project, *answers, {"task": "2", "completion": GOLDEN}, {"task": "x", "completion": GOLDEN}, name="answers.jsonl")
    found = score(capsys, "--out", "theirs", "--json").json
    assert found["counts"] == {"in": 4, "pass": 2, "fail": 2, "error": 0, "unsettled": 0}
    assert (found["missing"], len(found["unknown"])) == (1, 1)
    again = score(capsys, "--out", "theirs")
    assert again.code == 0 and "without an answer, counted as failed: 1 of 4 tasks" in again.out
    assert "answers to no task of the suite: 1" in again.out and "answers.jsonl:4: no task 'x'" in again.out
    assert "next: goldloop failures theirs" in again.err
    looks = ended(capsys, "holdout", "looks", "--json", flat="both").out
    assert "predictions" in looks and "score: theirs" in looks
    failed = ended(capsys, "failures", "theirs", flat="both")
    assert "1 failures of 2 training tasks" in failed.out


@pytest.mark.usefixtures("self_test_once")
def test_no_more_answers_are_graded_on_the_holdout_than_the_budget_allows(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, code in enumerate(["def half(x): return 1", "def half(x): return 2", GOLDEN]):
        written(project, *({"task": str(n), "solution": code} for n in range(4)), name="answers.jsonl")
        last = score(capsys, "--out", f"s{number}", "--set", "gate.looks=2")
    assert last.code == 3 and "gate.looks" in last.err and not (project / "s2/results.jsonl").exists()
    assert score(capsys, "--out", "s3", "--split", "train", "--set", "gate.looks=2").code == 0
