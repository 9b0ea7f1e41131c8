"""HumanEval (Chen et al. 2021, arXiv:2107.03374): 164 Python functions to complete, ``HumanEval.jsonl.gz``.

Holdout only.
The assertions that open ``check(candidate)`` move to the module level, with the function's own name in place of
``candidate``, so that their expected values stay outside the sandbox. What follows the first other statement stays in
``check`` and is judged inside. Helper functions that the prompt gives are set-up: the answer need not repeat them, nor
can it change them for the checks.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.errors import TaskFault
from evals.importers import import_rows, missing, unix
from evals.records import Limits
from evals.tables import TableRow
from evals.validation import Suite, SuiteHeader

FILES = ("HumanEval.jsonl.gz", "HumanEval.jsonl")
HEADER = SuiteHeader(
    name="humaneval",
    description="HumanEval: Python functions to complete from signature and docstring (Chen et al. 2021).",
    licence="MIT",
    train_ok=False,
    system="You write Python. Answer with one code block.",
    limits=Limits(wall_seconds=10.0),
)
_PROMPT = "Complete this Python code. Answer with the complete code in one code block.\n\n```python\n{stub}\n```"
_WANTED = {"task_id": str, "prompt": str, "entry_point": str, "canonical_solution": str, "test": str}


def import_humaneval(path: Path) -> Suite:
    """Read HumanEval.

    Raises:
        BadInput: the file is not HumanEval's.
    """
    return import_rows(HEADER, path, FILES, lambda row: missing(row, _WANTED), _task)


def _task(row: TableRow) -> Mapping[str, Any]:
    values = {key: unix(row.values[key]) for key in _WANTED}
    number = values["task_id"].rpartition("/")[2]
    return {
        "id": number,
        "group": number,
        "split": "holdout",
        "prompt": _PROMPT.format(stub=values["prompt"].strip("\n")),
        "golden": values["prompt"] + values["canonical_solution"],
        "checks": given(values["prompt"], values["entry_point"]) + convert(values["test"], values["entry_point"]),
        "source": row.place,
    }


def given(prompt: str, entry_point: str) -> str:
    """The prompt's imports and helper functions, as set-up; empty where there are no helpers."""
    body = _parse(prompt, "prompt").body
    given = [node for node in body if not (isinstance(node, ast.FunctionDef) and node.name == entry_point)]
    if not any(isinstance(node, ast.FunctionDef) for node in given):
        return ""
    return "".join(ast.unparse(node) + "\n" for node in given)


def convert(test: str, entry_point: str) -> str:
    """The ``test`` field as checks.

    Raises:
        TaskFault: it is not Python, or has no ``check`` function.
    """
    lines: list[str] = []
    defined = False
    for node in _parse(test, "test").body:
        if isinstance(node, ast.FunctionDef) and node.name == "check" and len(node.args.args) == 1:
            defined = True
            lines += _converted(node, entry_point)
        elif not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "METADATA"):
            lines.append(ast.unparse(node))
    if not defined:
        raise TaskFault("test: expected a function check(candidate), found none")
    return "\n".join(lines) + "\n"


def _converted(check: ast.FunctionDef, entry_point: str) -> list[str]:
    statements = [node for node in check.body if not _idle(node)]
    leading = next((n for n, node in enumerate(statements) if not isinstance(node, ast.Assert)), len(statements))
    rename = _Rename(check.args.args[0].arg, entry_point)
    lines = [ast.unparse(rename.visit(node)) for node in statements[:leading]]
    if leading < len(statements):
        check.body = statements[leading:]
        lines += [ast.unparse(check), f"check({entry_point})"]
    return lines


def _idle(node: ast.stmt) -> bool:
    """Whether a statement says nothing: ``assert True``, a docstring, ``pass``, a ``print``."""
    if isinstance(node, ast.Assert):
        return isinstance(node.test, ast.Constant) and node.test.value is True
    if isinstance(node, ast.Expr):
        printed = isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "print"
        return printed or isinstance(node.value, (ast.Constant, ast.Name))
    return isinstance(node, ast.Pass)


class _Rename(ast.NodeTransformer):
    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.new, node.ctx) if node.id == self.old else node


def _parse(text: str, name: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise TaskFault(f"{name}: not Python: {error}") from None
