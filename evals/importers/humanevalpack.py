"""HumanEvalPack (Muennighoff et al. 2023, arXiv:2308.07124): HumanEval with a bug for every task, in JavaScript and Python.

Covers synthesis of JavaScript (``humanevalpack-js``) and repair in both languages (``humanevalpack-js-fix``,
``humanevalpack-python-fix``), where the prompt shows the docstring and the buggy solution but no tests. Holdout only; the
other languages and the explanation tasks are left out.

The JavaScript tests are ``console.assert`` calls, after whose failure Node exits with 0: here they are read as checks, whose
values are compared outside the sandbox. Helper functions that the prompt gives are set-up: the answer cannot change them
for the checks. Task 162 wants the package ``js-md5``; a module of that name over Node's own MD5 stands in for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from evals.importers import import_rows, missing, unix
from evals.importers.humaneval import convert, given
from evals.javascript.literals import declared_names
from evals.javascript.trees import parse_source, parts, text
from evals.records import Limits
from evals.tables import TableRow
from evals.validation import Suite, SuiteHeader

JAVASCRIPT_FILES = ("humanevalpack-js.jsonl", "js/data/humanevalpack.jsonl", "humanevalpack.jsonl")
PYTHON_FILES = ("humanevalpack-python.jsonl", "python/data/humanevalpack.jsonl", "humanevalpack.jsonl")
_TEXTS = ("task_id", "prompt", "canonical_solution", "buggy_solution", "bug_type", "test", "entry_point")
_WANTED = dict.fromkeys(_TEXTS, str)
_COMPLETE = "Complete this {shown} code. Answer with the complete code in one code block.\n\n```{tag}\n{code}\n```"
_FIX = (
    "The function `{name}` in this {shown} code has a bug. Fix it, and answer with the complete code in one code block.\n\n"
    "```{tag}\n{code}\n```"
)
_MD5 = (
    'const { createHash } = require("node:crypto");\nmodule.exports = (text) => createHash("md5").update(text).digest("hex");\n'
)
_SHOWN = {"javascript": "JavaScript", "python": "Python"}
_PREFIX = {"javascript": "JavaScript/", "python": "Python/"}


def import_javascript(path: Path) -> Suite:
    """Functions to complete.

    Raises:
        BadInput: the file is not HumanEvalPack's.
    """
    return _suite("humanevalpack-js", "javascript", path, fix=False)


def import_javascript_fix(path: Path) -> Suite:
    """Functions to repair.

    Raises:
        BadInput: the file is not HumanEvalPack's.
    """
    return _suite("humanevalpack-js-fix", "javascript", path, fix=True)


def import_python_fix(path: Path) -> Suite:
    """Functions to repair.

    Raises:
        BadInput: the file is not HumanEvalPack's.
    """
    return _suite("humanevalpack-python-fix", "python", path, fix=True)


def _suite(name: str, language: str, path: Path, *, fix: bool) -> Suite:
    shown = _SHOWN[language]
    header = SuiteHeader(
        name=name,
        description=f"HumanEvalPack: {shown} functions to {'repair' if fix else 'complete'} (Muennighoff et al. 2023).",
        language=language,
        licence="MIT",
        train_ok=False,
        system=f"You write {shown}. Answer with one code block.",
        limits=Limits(wall_seconds=10.0),
    )

    def problems(row: TableRow) -> list[str]:
        row_problems = missing(row, _WANTED)
        if not row_problems and not row.values["task_id"].startswith(_PREFIX[language]):
            row_problems.append(f"{row.place}: task_id: expected {_PREFIX[language]}..., found {row.values['task_id']!r}")
        return row_problems

    def task(row: TableRow) -> Mapping[str, Any]:
        return _task(row, language, fix=fix)

    return import_rows(header, path, JAVASCRIPT_FILES if language == "javascript" else PYTHON_FILES, problems, task)


def _task(row: TableRow, language: str, *, fix: bool) -> Mapping[str, Any]:
    values = {key: unix(row.values[key]) for key in _WANTED}
    number = values["task_id"].rpartition("/")[2]
    stub = values["prompt"].strip("\n")
    code = (values["prompt"] + values["buggy_solution"]).strip("\n") if fix else stub
    form = _FIX if fix else _COMPLETE
    golden = values["prompt"] + values["canonical_solution"]
    return {
        "id": number,
        "group": number,
        "split": "holdout",
        "tags": [values["bug_type"].replace(" ", "-")] if fix else [],
        "prompt": form.format(shown=_SHOWN[language], tag=language, name=values["entry_point"], code=code),
        "golden": golden.rstrip() + "\n",
        "checks": _CHECKS[language](values),
        "starter": {"node_modules/js-md5/index.js": _MD5} if "js-md5" in golden and language == "javascript" else {},
        "source": row.place,
    }


def _javascript_checks(values: Mapping[str, str]) -> str:
    """Helper functions of the prompt, then the test."""
    root = parse_source(values["prompt"] + values["canonical_solution"], "javascript")
    before = [node for node in parts(root) if values["entry_point"] not in declared_names(node)]
    inside_prompt = [node for node in before if node.end_byte <= len(values["prompt"].encode())]
    return "".join(text(node) + "\n" for node in inside_prompt) + values["test"].strip("\n") + "\n"


def _python_checks(values: Mapping[str, str]) -> str:
    name = values["entry_point"]
    test = re.sub(rf"^check\({re.escape(name)}\)\s*\Z", "", values["test"], flags=re.MULTILINE)
    return given(values["prompt"], name) + convert(test, name)


_CHECKS: Mapping[str, Callable[[Mapping[str, str]], str]] = {"javascript": _javascript_checks, "python": _python_checks}
