"""MBXP (Athiwaratkun et al. 2022, arXiv:2210.14868): MBPP's tasks in JavaScript or TypeScript, one release file a language.

Splits are MBPP's, by number. The releases give no canonical solution for most tasks: such a task can be graded, since its
expected values are literals, but not trained on, so it is holdout and its golden is empty. The tests of the JavaScript
release throw where lodash's ``isEqual`` says no; they are read as that assertion. Left out: the packages that some
TypeScript prompts import (``mathjs``, ``heap-js``); an import that nothing uses does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tree_sitter import Node

from evals.errors import BadInput, TaskFault
from evals.importers import build_suite, find_file, missing, tasks_of, unix
from evals.importers.mbpp import official_split
from evals.javascript.literals import bare, declared_names
from evals.javascript.trees import field, parse_sound, parts, text
from evals.records import Limits
from evals.tables import TableRow, read_rows
from evals.validation import Suite, SuiteHeader

FILES = ("mbjsp_release_v1.jsonl", "mbtsp_release_v1.1.jsonl", "mbtsp_release_v1.jsonl")
_WANTED = {"task_id": str, "language": str, "prompt": str, "description": str, "test": str, "entry_point": str}
SHOWN = {"javascript": "JavaScript", "typescript": "TypeScript"}
PROMPT = "Complete this {shown} code. Answer with the complete code in one code block.\n\n```{language}\n{stub}\n```"


def import_mbxp(path: Path) -> Suite:
    """Read a release file of MBXP.

    Raises:
        BadInput: the file is not MBXP's, or holds another language.
    """
    file = find_file(path, FILES)
    problems: list[str] = []
    rows = read_rows(file, problems)
    language = str(rows[0].values.get("language", ""))
    if language not in SHOWN:
        raise BadInput(
            f"{rows[0].place}: language: expected javascript or typescript, found {language!r}; give that release's file"
        )
    header = SuiteHeader(
        name=f"mbxp-{language}",
        description=f"MBXP: MBPP's tasks in {SHOWN[language]} (Athiwaratkun et al. 2022).",
        language=language,
        licence="Apache-2.0",
        system=f"You write {SHOWN[language]}. Answer with one code block.",
        limits=Limits(wall_seconds=10.0),
    )

    tasks = tasks_of(rows, lambda row: _problems(row, language), _task, problems)
    return build_suite(header, tasks, problems, file)


def _problems(row: TableRow, language: str) -> list[str]:
    problems = missing(row, _WANTED)
    if problems:
        return problems
    if row.values["language"] != language:
        problems.append(f"{row.place}: language: expected {language} as in the first row, found {row.values['language']!r}")
    if _number(row) is None:
        problems.append(f"{row.place}: task_id: expected NAME/1 to NAME/974, found {row.values['task_id']!r}")
    if not isinstance(row.values.get("canonical_solution"), (str, type(None))):
        problems.append(f"{row.place}: canonical_solution: expected str or null, found {row.values['canonical_solution']!r:.60}")
    return problems


def _number(row: TableRow) -> int | None:
    digits = str(row.values["task_id"]).rpartition("/")[2]
    return int(digits) if digits.isdecimal() and official_split(int(digits)) else None


def _task(row: TableRow) -> Mapping[str, Any]:
    values = {key: unix(row.values[key]) for key in _WANTED}
    number = _number(row)
    assert number is not None
    language = values["language"]
    solution = unix(row.values.get("canonical_solution") or "")
    return {
        "id": str(number),
        "group": str(number),
        "split": official_split(number) if solution.strip() else "holdout",
        "prompt": PROMPT.format(shown=SHOWN[language], language=language, stub=values["prompt"].strip("\n")),
        "golden": (values["prompt"] + solution).rstrip() + "\n" if solution.strip() else "",
        "checks": convert(values["test"], language),
        "source": row.place,
    }


def convert(test: str, language: str) -> str:
    """The ``test`` field as checks: ``if (!compare(a, b)) throw ..`` becomes an assertion, all else stays.

    Raises:
        TaskFault: it is not in the language.
    """
    lines = []
    for node in parts(parse_sound(test, language, "test")):
        if "compare" in declared_names(node):
            continue
        compared = _compared(node)
        lines.append(text(node) if compared is None else f"console.assert(_.isEqual{compared});")
    return "\n".join(lines) + "\n"


def _compared(node: Node) -> str | None:
    """``(a, b)`` of ``if (!compare(a, b)) { throw .. }``.

    Raises:
        TaskFault: another condition, which would otherwise pass for set-up.
    """
    if node.type != "if_statement":
        return None
    condition = bare(field(node, "condition"))
    call = bare(field(condition, "argument")) if condition.type == "unary_expression" else condition
    if not text(condition).startswith("!") or call.type != "call_expression" or text(field(call, "function")) != "compare":
        raise TaskFault(f"test: expected `if (!compare(..)) throw ..`, found `{text(node)[:80]}`")
    return text(field(call, "arguments"))
