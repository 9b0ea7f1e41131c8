"""MBPP (Austin et al. 2021, arXiv:2108.07732): the 974 short tasks of ``mbpp.jsonl``, or ``sanitized-mbpp.json``.

Covers the official split: 601-974 train, 511-600 validation (dev), 11-510 test (holdout), 1-10 prompt examples (dev).
Checks run in the official order: answer, set-up code, assertions; the prompt shows the last two, since the set-up of two
tasks uses a class that only the answer can bring. Leaves out ``challenge_test_list``, as the common
harnesses do, and does not look for duplicates across splits: that is the screen's work.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.importers import import_rows, missing, unix
from evals.records import Limits, Split
from evals.tables import TableRow
from evals.validation import Suite, SuiteHeader

FILES = ("mbpp.jsonl", "sanitized-mbpp.json")
HEADER = SuiteHeader(
    name="mbpp",
    description="MBPP: short Python tasks, three assertions each (Austin et al. 2021).",
    licence="CC-BY-4.0",
    system="You write Python. Answer with one code block.",
    limits=Limits(wall_seconds=20.0),  # one golden needs 2 s on an idle core, 8 s on a busy one
)


def import_mbpp(path: Path) -> Suite:
    """Read MBPP.

    Raises:
        BadInput: the file is not MBPP's.
    """
    return import_rows(HEADER, path, FILES, _problems, _task)


def _problems(row: TableRow) -> list[str]:
    text = "prompt" if "prompt" in row.values and "text" not in row.values else "text"
    problems = missing(row, {"task_id": int, text: str, "code": str, "test_list": list})
    for key in ("test_list", "test_imports"):
        lines = row.values.get(key, [])
        if not problems and not (isinstance(lines, list) and all(isinstance(line, str) for line in lines)):
            problems.append(f"{row.place}: {key}: expected a list of lines of Python, found {lines!r:.80}")
    if not isinstance(row.values.get("test_setup_code", ""), str):
        problems.append(f"{row.place}: test_setup_code: expected str, found {row.values['test_setup_code']!r:.80}")
    if not problems and official_split(row.values["task_id"]) is None:
        problems.append(f"{row.place}: task_id: expected 1 to 974, found {row.values['task_id']}")
    return problems


def official_split(number: int) -> Split | None:
    """The split of a task by its number; None outside 1-974."""
    if 1 <= number <= 10 or 511 <= number <= 600:
        return "dev"
    if 11 <= number <= 510:
        return "holdout"
    return "train" if 601 <= number <= 974 else None


def _task(row: TableRow) -> Mapping[str, Any]:
    values = row.values
    number = str(values["task_id"])
    text = unix(values.get("text") or values["prompt"]).strip()
    tests = [unix(test).strip() for test in values["test_list"]]
    written = [*values.get("test_imports", []), values.get("test_setup_code", "")]
    setup = [unix(code) for code in written if code.strip()]
    return {
        "id": number,
        "group": number,
        "split": official_split(values["task_id"]),
        "prompt": "\n".join([text, "Your code should pass these tests:", "", *map(str.strip, setup), *tests]),
        "golden": unix(values["code"]).rstrip() + "\n",
        "checks": "\n".join([*setup, *tests]) + "\n",
        "source": row.place,
    }
