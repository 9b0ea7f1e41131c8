import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import orjson
import pytest
from sandbox_requirements import required_sandbox

from evals.errors import BadInput
from evals.graders import grade
from evals.importers import Imported
from evals.importers.livecodebench import import_livecodebench


class Bomb:
    """Leaves a file where it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.file, "unpickled")


def packed(value: object) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def cases(*pairs: tuple[str, str], kind: str = "stdin") -> str:
    return json.dumps([{"input": given, "output": wanted, "testtype": kind} for given, wanted in pairs])


def row(number: str, day: str = "2024-05-01", **changes: Any) -> dict[str, Any]:
    return {
        "question_id": number,
        "question_content": "Print the double of n.",
        "contest_id": "abc350",
        "contest_date": f"{day}T00:00:00",
        "difficulty": "easy",
        "platform": "atcoder",
        "starter_code": "",
        "public_test_cases": cases(("2\n", "4\n")),
        "private_test_cases": cases(("5\r\n", "10\r\n")),
        **changes,
    }


def read(folder: Path, *rows: dict[str, Any], options: str = "") -> Imported:
    (folder / "test.jsonl").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in rows))
    return import_livecodebench(folder / f"test.jsonl{options}")


def test_public_and_private_cases_become_cases(tmp_path: Path) -> None:
    (task,) = read(tmp_path, row("a")).tasks
    assert [(case.stdin, case.stdout) for case in task.cases] == [("2\n", "4\n"), ("5\n", "10\n")]
    assert (task.kind, task.split, task.group, task.train_ok) == ("stdin", "holdout", "abc350", False)
    assert task.tags == ("easy", "atcoder", "date-2024-05-01")


def test_a_right_program_passes_and_one_that_knows_the_public_case_fails(tmp_path: Path) -> None:
    sandbox = required_sandbox("sandlock")
    (task,) = read(tmp_path, row("a")).tasks
    assert grade(task, "print(2 * int(input()))\n", sandbox).passed
    assert grade(task, "print(4)\n", sandbox).reason == "wrong_output"


def test_packed_private_cases_are_never_loaded(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    found = read(tmp_path, row("a"), row("b", private_test_cases=packed(Bomb(trap))))
    assert [task.id for task in found.tasks] == ["a"]
    assert "test.jsonl:2: private_test_cases" in found.left_out[0]
    assert "a pickle), which is never loaded" in found.left_out[0]
    assert not trap.exists()


def test_public_cases_alone_are_taken_only_where_one_says_so(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    (task,) = read(tmp_path, row("b", private_test_cases=packed(Bomb(trap))), options="?private=none").tasks
    assert len(task.cases) == 1
    assert not trap.exists()


def test_a_date_chooses_tasks(tmp_path: Path) -> None:
    rows = [row("a", "2024-07-31"), row("b", "2024-08-01"), row("c", "2024-09-01"), row("d", contest_date=None)]
    found = read(tmp_path, *rows, options="?after=2024-08-01&before=2024-09-01")
    assert [task.id for task in found.tasks] == ["b"]
    assert [note.split(": ", 1)[1] for note in found.left_out] == [
        "contest_date 2024-07-31 is before 2024-08-01",
        "contest_date 2024-09-01 is not before 2024-09-01",
        "no contest_date, so it cannot be placed before or after a date",
    ]


def test_tasks_that_ask_for_a_function_are_left_out(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        row("a"),
        row("b", starter_code="class Solution:"),
        row("c", public_test_cases=cases(("1", "2"), kind="functional")),
    )
    assert [task.id for task in found.tasks] == ["a"]
    assert len(found.left_out) == 2


def test_a_file_of_which_nothing_can_be_graded_is_refused_with_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no task that can be graded here\n.*asks for a function"):
        read(tmp_path, row("b", starter_code="class Solution:"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"public_test_cases": "[{"}, r"test\.jsonl:1: public_test_cases: not JSON"),
        ({"public_test_cases": '[{"input": 1}]'}, r"public_test_cases\[0\]: expected an object with the texts input and output"),
        ({"private_test_cases": "!?"}, r"private_test_cases: expected a JSON array, found '!\?'"),
        ({"contest_date": "May"}, r"contest_date: expected YYYY-MM-DD, found 'May'"),
        ({"question_content": 3}, r"question_content: expected str, found int 3"),
    ],
)
def test_a_malformed_row_is_named_with_its_line(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read(tmp_path, row("a", **change))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("?since=2024-01-01", r"option 'since=2024-01-01': expected NAME=VALUE, options here: after=\.\.\. \(first contest date"),
        ("?after=soon", r"expected a date such as 2024-08-01, found 'soon'"),
        ("?private=all", r"private=all: expected none"),
    ],
)
def test_a_wrong_option_is_named(tmp_path: Path, options: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read(tmp_path, row("a"), options=options)
