"""Answers without any knowledge: what the checks of a sound task reject.

``empty`` does nothing: functions that return nothing, the unpatched project, a program that prints nothing, a query
without rows. ``identity`` returns its first argument; ``constant`` always returns the first value that the checks expect.
Stubs of classes have no methods. Values at the top of a module are not taken from the golden.
"""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evals.errors import TaskFault
from evals.graders.runtimes import runtime_for
from evals.languages import language_of, part_of
from evals.records import Task
from evals.source import read_literal, read_tree
from goldens.mutants.javascript import declarations

_EMPTY_QUERY = "SELECT NULL WHERE false"


@dataclass(frozen=True, slots=True, kw_only=True)
class StubMaker:
    """How stubs are written in a language; a row names it (``Language.stubs``).

    ``stub`` gives the golden's names as functions that return nothing (None), their first argument (``"first"``), or the text
    of a value. ``text`` gives a value that checks expect as text of the language, None where none can be written.
    """

    stub: Callable[[Task, str | None], str]
    text: Callable[[Any], str | None]


def empty_answer(task: Task) -> str:
    """An answer of the right shape that does nothing.

    Raises:
        TaskFault: stubs cannot be written in the task's language, or it has no programs.
    """
    if task.kind == "sql":
        return _EMPTY_QUERY
    if task.kind == "patch":
        return _unchanged(task)
    if task.kind == "stdin":
        program = language_of(task.language).program
        if program is None:
            raise TaskFault(f"{task.key}: no programs in language {task.language!r}")
        return program.empty
    return _maker(task).stub(task, None)


def more_stubs(task: Task) -> Mapping[str, str]:
    """Stubs by name, beyond the empty one, for tasks whose functions are called: none for programs, queries, patches."""
    if task.kind != "function":
        return {}
    maker = _maker(task)
    stubs = {"identity": maker.stub(task, "first")}
    constant = _first_expected(task, maker)
    if constant is not None:
        stubs["constant"] = maker.stub(task, constant)
    empty = maker.stub(task, None)
    return {name: code for name, code in stubs.items() if code != empty}


def _maker(task: Task) -> StubMaker:
    maker: StubMaker = part_of(language_of(task.language), "stubs")
    return maker


def _python_stub(task: Task, returns: str | None) -> str:
    try:
        tree = read_tree(task.golden)
    except SyntaxError:
        return "pass"
    value = {None: "None", "first": "args[0] if args else None"}.get(returns, returns)
    lines = []
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            head = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
            lines.append(f"{head} {node.name}(*args, **kwargs):\n    return {value}")
        elif isinstance(node, ast.ClassDef):
            lines.append(f"class {node.name}:\n    pass")
    return "\n".join(lines) or "pass"


def _script_stub(task: Task, returns: str | None) -> str:
    """Plain JavaScript, which is TypeScript and TSX, too."""
    nothing = "null" if task.kind == "tests" else "undefined"  # React refuses a component that returns undefined
    value = {None: nothing, "first": "args[0]"}.get(returns, returns)
    rest = "...args: any[]" if language_of(task.language).grammar in {"typescript", "tsx"} else "...args"
    try:
        declared_names = declarations(task.golden, language_of(task.language).grammar)
    except ValueError:
        return ";\n"
    lines = []
    for declared in declared_names:
        head = {"": "", "named": "export ", "default": "export default "}[declared.export]
        if declared.kind == "class":
            lines.append(f"{head}class {declared.name} {{}}")
        elif declared.kind == "function" or declared.export == "default":
            known = declared.export == "default" and any(d.name == declared.name and not d.export for d in declared_names)
            body = declared.name if known else f"function {declared.name}({rest}) {{ return {value}; }}"
            lines.append(f"{head}{body}{';' if known else ''}")
        else:
            lines.append(f"{head}const {declared.name} = undefined;")
    return "\n".join([*lines, *_common_exports(task.golden)]) + "\n" if lines else ";\n"


def _common_exports(golden: str) -> list[str]:
    """The lines that export names as the golden does, in either style of modules."""
    lines = (line.strip() for line in golden.splitlines())
    return [line for line in lines if line.startswith(("module.exports", "exports.", "export {")) and "=>" not in line]


def _first_expected(task: Task, maker: StubMaker) -> str | None:
    """The first value that the checks expect, as text of the task's language; None where none can be written."""
    try:
        steps = runtime_for(task.language).parse(task.checks, task.key)
    except TaskFault:
        return None
    for step in steps:
        if step.kind == "value":
            return maker.text(step.expected)
    return None


def _python_text(value: Any) -> str | None:
    text = repr(value)
    try:
        return text if read_literal(text) == value else None
    except (ValueError, SyntaxError):
        return None


def _json_text(value: Any) -> str | None:
    try:
        text = json.dumps(value, allow_nan=False)
        return None if isinstance(value, float) and math.isnan(value) else text
    except (TypeError, ValueError):
        return None


def _unchanged(task: Task) -> str:
    """A valid diff that changes nothing: the first line of a file that the golden touches, replaced by itself."""
    touched = [line[6:].split("\t")[0].strip() for line in task.golden.splitlines() if line.startswith("+++ b/")]
    name = next((name for name in [*touched, *sorted(task.starter)] if task.starter.get(name, "").strip("\n")), "")
    if not name:
        return "--- /dev/null\n+++ b/unchanged.txt\n@@ -0,0 +1 @@\n+\n"
    first, end, _ = task.starter[name].partition("\n")
    mark = "" if end else "\\ No newline at end of file\n"
    return f"--- a/{name}\n+++ b/{name}\n@@ -1 +1 @@\n-{first}\n{mark}+{first}\n{mark}"


PYTHON = StubMaker(stub=_python_stub, text=_python_text)
SCRIPT = StubMaker(stub=_script_stub, text=_json_text)
QUERY = StubMaker(stub=lambda task, returns: _EMPTY_QUERY, text=lambda value: None)
