"""Answers that know nothing: what the checks of a sound task refuse.

``empty`` does nothing: functions that return nothing, the unpatched project, a program that prints nothing, a query
without rows. ``identity`` returns its first argument; ``constant`` always returns the first value that the checks expect.
Stubs of classes have no methods. Values at the top of a module keep nothing of the golden's.
"""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Mapping
from typing import Any

from evals.errors import TaskFault
from evals.records import Task

_SCRIPTS = {"javascript", "typescript", "tsx"}


def empty_answer(task: Task) -> str:
    """An answer of the right shape that does nothing."""
    if task.kind == "sql":
        return "SELECT NULL WHERE false"
    if task.kind == "patch":
        return _unchanged(task)
    if task.kind == "stdin":
        return "pass\n" if task.language == "python" else ";\n"
    return _stub(task, None)


def more_stubs(task: Task) -> Mapping[str, str]:
    """Stubs by name, beyond the empty one, for tasks whose functions are called: none for programs, queries, patches."""
    if task.kind != "function":
        return {}
    found = {"identity": _stub(task, "first")}
    constant = _first_expected(task)
    if constant is not None:
        found["constant"] = _stub(task, constant)
    empty = _stub(task, None)
    return {name: code for name, code in found.items() if code != empty}


def _stub(task: Task, returns: str | None) -> str:
    """The golden's names as functions that return nothing, their first argument, or the text of a value."""
    return _script_stub(task, returns) if task.language in _SCRIPTS else _python_stub(task, returns)


def _python_stub(task: Task, returns: str | None) -> str:
    try:
        tree = ast.parse(task.golden)
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
    from goldens.mutants_javascript import declarations

    nothing = "null" if task.kind == "tests" else "undefined"  # React refuses a component that returns undefined
    value = {None: nothing, "first": "args[0]"}.get(returns, returns)
    rest = "...args: any[]" if task.language in {"typescript", "tsx"} else "...args"
    try:
        found = declarations(task.golden, task.language)
    except ValueError:
        return ";\n"
    lines = []
    for declared in found:
        head = {"": "", "named": "export ", "default": "export default "}[declared.export]
        if declared.kind == "class":
            lines.append(f"{head}class {declared.name} {{}}")
        elif declared.kind == "function" or declared.export == "default":
            known = declared.export == "default" and any(d.name == declared.name and not d.export for d in found)
            body = declared.name if known else f"function {declared.name}({rest}) {{ return {value}; }}"
            lines.append(f"{head}{body}{';' if known else ''}")
        else:
            lines.append(f"{head}const {declared.name} = undefined;")
    return "\n".join([*lines, *_common_exports(task.golden)]) + "\n" if lines else ";\n"


def _common_exports(golden: str) -> list[str]:
    """The lines that export names as the golden does, in either style of modules."""
    lines = (line.strip() for line in golden.splitlines())
    return [line for line in lines if line.startswith(("module.exports", "exports.", "export {")) and "=>" not in line]


def _first_expected(task: Task) -> str | None:
    """The first value that the checks expect, as text of the task's language; None where none can be written."""
    from evals.graders.values import runtime_for

    try:
        steps = runtime_for(task.language).parse(task.checks, task.key)
    except TaskFault:
        return None
    for step in steps:
        if step.kind == "value":
            return _python_text(step.expected) if task.language == "python" else _json_text(step.expected)
    return None


def _python_text(value: Any) -> str | None:
    text = repr(value)
    try:
        return text if ast.literal_eval(text) == value else None
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
