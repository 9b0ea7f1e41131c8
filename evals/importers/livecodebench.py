"""LiveCodeBench (Jain et al. 2024, arXiv:2403.07974) and similar benchmarks: programs that read standard input, as JSONL.

Holdout only, without goldens. ``public_test_cases`` and ``private_test_cases`` are JSON text of ``{input, output}``; private
ones that are base64 of a zlib stream of a pickle are never loaded: such a task is left out with a note, or comes with its
public cases alone if ``?private=none`` is given. ``?after=2024-08-01`` and ``?before=...`` choose by ``contest_date``, the
first day included, the last not. Functions instead of programs (``starter_code``) are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from evals.errors import BadInput, TaskFault
from evals.importers import Imported, find_file, missing, of_row, unix
from evals.importers.partial import build_partial, split_options
from evals.records import Limits
from evals.tables import TableRow, read_rows
from evals.validation import SuiteHeader

FILES = ("test.jsonl", "test.jsonl.gz", "livecodebench.jsonl", "livecodebench.jsonl.gz")
HEADER = SuiteHeader(
    name="livecodebench",
    description="LiveCodeBench: contest problems as programs from standard input to standard output (Jain et al. 2024).",
    kind="stdin",
    licence="CC",
    train_ok=False,
    system="You write Python. Answer with one code block.",
    limits=Limits(wall_seconds=60.0, memory_mb=1024),
)
_OPTIONS = {
    "after": "first contest date, YYYY-MM-DD",
    "before": "contest date to stop before",
    "private": "none: public cases alone where the private ones are pickled",
}
_WANTED = {"question_content": str, "question_id": str, "public_test_cases": str}
_PROMPT = """{question}

Write a Python program that reads standard input and writes standard output.
Answer with the complete program in one code block."""


def import_livecodebench(path: Path) -> Imported:
    """Read a file of problems.

    Raises:
        BadInput: the file has another format, or an option is unknown.
    """
    place, options = split_options(path, _OPTIONS)
    after, before = _day(options.get("after"), path), _day(options.get("before"), path)
    if options.get("private", "none") != "none":
        raise BadInput(f"{path}: private={options['private']}: expected none")
    problems: list[str] = []
    left_out: list[str] = []
    tasks = []
    file = find_file(place, FILES)
    for row in read_rows(file, problems):
        row_problems = missing(row, _WANTED)
        if row_problems:
            problems += of_row(row, row_problems)
            continue
        try:
            day = _contest_day(row)
            cases, notes = _cases(row, public_only="private" in options)
            outside = _outside(day, after, before)
            if outside:
                notes = [outside]
        except TaskFault as error:
            problems += of_row(row, [f"{row.place}: {error}"])
            continue
        left_out += [f"{row.place}: {note}" for note in notes]
        if not notes:
            tasks.append(_task(row, day, cases))
    return build_partial(HEADER, tasks, problems, file, left_out)


def _day(text: str | None, path: Path) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise BadInput(f"{path}: expected a date such as 2024-08-01, found {text!r:.40}") from None


def _contest_day(row: TableRow) -> date | None:
    text = row.values.get("contest_date")
    if text is None:
        return None
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        raise TaskFault(f"contest_date: expected YYYY-MM-DD, found {text!r:.40}") from None


def _outside(day: date | None, after: date | None, before: date | None) -> str:
    if (after or before) and day is None:
        return "no contest_date, so it cannot be placed before or after a date"
    if day is not None and after is not None and day < after:
        return f"contest_date {day} is before {after}"
    return f"contest_date {day} is not before {before}" if day is not None and before is not None and day >= before else ""


def _cases(row: TableRow, *, public_only: bool) -> tuple[list[Mapping[str, str]], list[str]]:
    """The cases of a problem, and why it cannot be graded here.

    Raises:
        TaskFault: they are malformed.
    """
    public = _read_cases(row, "public_test_cases")
    if str(row.values.get("starter_code") or "").strip() or "functional" in {kind for kind, _ in public}:
        return [], ["asks for a function (starter_code), not for a program"]
    text = row.values.get("private_test_cases") or "[]"
    if not isinstance(text, str):
        raise TaskFault(f"private_test_cases: expected JSON text, found {type(text).__name__}")
    private: list[tuple[str, Mapping[str, str]]] = []
    if text.lstrip()[:1] == "[":
        private = _read_cases(row, "private_test_cases")
    elif not re.fullmatch(r"[A-Za-z0-9+/=\s]+", text):
        raise TaskFault(f"private_test_cases: expected a JSON array, found {text[:40]!r}")
    elif not public_only:
        return [], [
            f"private_test_cases: {len(text):,} characters of packed data (a pickle), which is never loaded; write them as a "
            f"JSON array of input and output, or take the {len(public)} public cases alone with ?private=none"
        ]
    cases = [case for _, case in (*public, *private)]
    return cases, [] if cases else ["no test cases"]


def _read_cases(row: TableRow, key: str) -> list[tuple[str, Mapping[str, str]]]:
    try:
        entries = json.loads(row.values.get(key) or "[]")
    except (ValueError, RecursionError) as error:
        raise TaskFault(f"{key}: not JSON: {error}") from None
    if not isinstance(entries, list):
        raise TaskFault(f"{key}: expected a JSON array, found {type(entries).__name__}")
    cases: list[tuple[str, Mapping[str, str]]] = []
    for place, case in enumerate(entries):
        texts = isinstance(case, dict) and all(isinstance(case.get(part), str) for part in ("input", "output"))
        if not texts:
            raise TaskFault(f"{key}[{place}]: expected an object with the texts input and output, found {case!r:.60}")
        cases.append((str(case.get("testtype", "stdin")), {"stdin": unix(case["input"]), "stdout": unix(case["output"])}))
    return cases


def _task(row: TableRow, day: date | None, cases: list[Mapping[str, str]]) -> Mapping[str, Any]:
    values = row.values
    named = [str(values[key]) for key in ("difficulty", "platform") if values.get(key)]
    return {
        "id": re.sub(r"[/\\]", "-", values["question_id"]),
        "group": str(values.get("contest_id") or values["question_id"]),
        "split": "holdout",
        "tags": [*named, *([f"date-{day}"] if day else [])],
        "prompt": _PROMPT.format(question=unix(values["question_content"]).strip()),
        "golden": "",
        "cases": cases,
        "compare": "decimals",  # its own checker's rule
        "source": row.place,
    }
