"""MultiPL-E (Cassano et al. 2022, arXiv:2208.08227): HumanEval and MBPP in JavaScript or TypeScript, JSONL or Parquet.

Holdout only: its licence forbids training on it, and it has no solutions, so the golden is empty; its expected values are
literals, so the tasks can be graded nevertheless. The first tag is the original benchmark, the group its task. A chat answers
with a whole function, so ``stop_tokens``, which end a bare completion, are not needed. Other languages are not covered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.errors import BadInput, TaskFault
from evals.importers import build_suite, find_file, missing, tasks_of, unix
from evals.importers.mbxp import PROMPT, SHOWN
from evals.javascript.trees import parse_sound
from evals.records import Limits
from evals.tables import TableRow, read_rows
from evals.validation import Suite, SuiteHeader

_SETS = [f"{base}-{language}" for base in ("humaneval", "mbpp") for language in ("js", "ts")]
FILES = (
    *(f"{name}{form}.jsonl" for name in _SETS for form in ("", "-reworded", "-transform", "-keep", "-remove")),
    "test-00000-of-00001.parquet",
)
_LANGUAGES = {"js": "javascript", "ts": "typescript"}
_WANTED = {"name": str, "language": str, "prompt": str, "tests": str}
_NAME = re.compile(r"(?P<base>HumanEval|mbpp)_(?P<number>\d+)_\w+")
_CANDIDATE = re.compile(r"^\s*(?:let|const|var) candidate = ([\w$]+);?\s*$", re.MULTILINE)


def import_multiple(path: Path) -> Suite:
    """Read one of MultiPL-E's files in JavaScript or TypeScript.

    Raises:
        BadInput: the file is not MultiPL-E's, or holds another language; every finding with its place.
    """
    file = find_file(path, FILES)
    problems: list[str] = []
    rows = read_rows(file, problems)
    language = str(rows[0].values.get("language", ""))
    if language not in _LANGUAGES:
        raise BadInput(f"{rows[0].place}: language: expected js or ts, found {language!r:.40}; give that language's file")
    tasks = tasks_of(rows, lambda row: _problems(row, language), _task, problems)
    shown = SHOWN[_LANGUAGES[language]]
    header = SuiteHeader(
        name=f"multipl-e-{language}",
        description=f"MultiPL-E: HumanEval or MBPP in {shown} (Cassano et al. 2022).",
        language=_LANGUAGES[language],
        licence="BSD-3-Clause with Machine Learning Restriction",
        train_ok=False,
        system=f"You write {shown}. Answer with one code block.",
        limits=Limits(wall_seconds=10.0),
    )
    return build_suite(header, tasks, problems, file)


def _problems(row: TableRow, language: str) -> list[str]:
    problems = missing(row, _WANTED)
    if problems:
        return problems
    values = row.values
    if values["language"] != language:
        problems.append(f"{row.place}: language: expected {language} as in the first row, found {values['language']!r:.40}")
    if not _NAME.fullmatch(values["name"]):
        problems.append(f"{row.place}: name: expected HumanEval_NUMBER_NAME or mbpp_NUMBER_NAME, found {values['name']!r:.60}")
    return problems


def _task(row: TableRow) -> Mapping[str, Any]:
    values = {key: unix(row.values[key]) for key in _WANTED}
    name = _NAME.fullmatch(values["name"])
    assert name is not None
    language = _LANGUAGES[values["language"]]
    stub = values["prompt"].strip("\n")
    return {
        "id": values["name"],
        "group": f"{name['base']}-{name['number']}",
        "split": "holdout",
        "tags": [name["base"].lower()],
        "prompt": PROMPT.format(shown=SHOWN[language], language=language, stub=stub),
        "golden": "",
        "checks": convert(values["tests"], stub, language),
        "source": row.place,
    }


def convert(tests: str, stub: str, language: str) -> str:
    """The ``tests`` field as checks: the function's own name in place of ``candidate``.

    Raises:
        TaskFault: they are not in the language, or not about a function of the prompt.
    """
    parse_sound(tests, language, "tests")
    match = _CANDIDATE.search(tests)
    if match is None:
        raise TaskFault("tests: expected `let candidate = NAME;`, found none")
    if not re.search(rf"\bfunction {re.escape(match[1])}\b|\b{re.escape(match[1])}\s*=", stub):
        raise TaskFault(f"tests: they call {match[1]!r}, which the prompt does not begin; found {stub[-60:]!r}")
    named = re.sub(r"\bcandidate\b(?=\s*\()", match[1], _CANDIDATE.sub("", tests))
    return re.sub(r"^declare var require: any;\n", "", named, flags=re.MULTILINE).strip("\n") + "\n"
