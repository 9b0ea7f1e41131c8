"""QuixBugs (Lin et al. 2017): 40 Python programs with a bug on one line each, ``files.jsonl.gz`` or the repository's folder.

Holdout only. The prompt shows the buggy program, the golden is the corrected one. Programs with JSON cases are judged by
the values that they return, those on graphs and linked lists by their pytest files. Cases that the benchmark's own tests
skip as too slow are left out; the Java programs are not covered.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.errors import BadInput, TaskFault
from evals.importers import build_suite, find_file, missing, of_row, unix
from evals.records import Limits
from evals.tables import TableRow, read_rows
from evals.validation import Suite, SuiteHeader

FILES = ("files.jsonl.gz", "files.jsonl")
HEADER = SuiteHeader(
    name="quixbugs",
    description="QuixBugs: Python programs to repair, one line each (Lin et al. 2017).",
    licence="MIT",
    train_ok=False,
    system="You write Python. Answer with one code block.",
    limits=Limits(wall_seconds=10.0),
)
_WANTED = {"path": str, "text": str}
_FOLDERS = ("python_programs", "correct_python_programs", "python_testcases", "json_testcases")
_VALUES = """This Python program has a bug on one line. Fix it, and answer with the complete code in one code block.

```python
{code}
```"""
_TESTS = """The Python program in `{entry}` has a bug on one line. Fix it, and answer with the complete file in one code block."""
_TUPLES = {"hanoi"}  # its cases list the moves as JSON arrays, its test makes them tuples


def import_quixbugs(path: Path) -> Suite:
    """Read QuixBugs.

    Raises:
        BadInput: the files are not QuixBugs'.
    """
    rows = list(_from_folder(path)) if (path / "python_programs").is_dir() else read_rows(find_file(path, FILES))
    problems = [problem for row in rows for problem in missing(row, _WANTED)]
    if problems:  # a file that is missing concerns whichever task needs it
        return build_suite(HEADER, [], problems, path)
    files = {row.values["path"]: TableRow(place=row.place, values={"text": unix(row.values["text"])}) for row in rows}
    tests = sorted(name for name in files if name.startswith("python_testcases/test_") and name.endswith(".py"))
    if not tests:
        raise BadInput(f"{path}: expected files python_testcases/test_NAME.py, found {', '.join(list(files)[:5])}")
    tasks = []
    for test in tests:
        try:
            tasks.append(_task(files, test))
        except TaskFault as error:
            problems += of_row(files[test], [f"{files[test].place}: {error}"])
    return build_suite(HEADER, tasks, problems, path)


def _from_folder(path: Path) -> Iterator[TableRow]:
    for file in sorted(file for folder in _FOLDERS for file in (path / folder).glob("*.*")):
        try:
            yield TableRow(
                place=str(file), values={"path": str(file.relative_to(path)), "text": file.read_text(encoding="utf-8")}
            )
        except UnicodeDecodeError as error:
            raise BadInput(f"{file}: not UTF-8: {error}") from None


def _task(files: Mapping[str, TableRow], test: str) -> Mapping[str, Any]:
    name = test.removeprefix("python_testcases/test_").removesuffix(".py")
    buggy, correct = (_text(files, f"{folder}/{name}.py") for folder in ("python_programs", "correct_python_programs"))
    shared = {"id": name, "group": name, "split": "holdout", "golden": correct.strip() + "\n", "source": files[test].place}
    cases = files.get(f"json_testcases/{name}.json")
    if cases is not None:
        checks = convert(_text(files, test), cases.values["text"], name, cases.place)
        return {**shared, "tags": ["values"], "prompt": _VALUES.format(code=buggy.strip()), "checks": checks}
    entry = f"{name}.py"
    starter = {entry: buggy}
    text = _local(_text(files, test))
    if "from node import" in text or "from .node import" in buggy + correct:
        starter["node.py"] = _text(files, "python_testcases/node.py")
    return {
        **shared,
        "tags": ["graphs"],
        "kind": "tests",
        "prompt": _TESTS.format(entry=entry),
        "starter": starter,
        "entry": entry,
        "tests": {f"tests/test_{name}.py": text},
    }


def _text(files: Mapping[str, TableRow], name: str) -> str:
    if name not in files:
        raise TaskFault(f"expected the file {name}, found none")
    return str(files[name].values["text"])


def _local(test: str) -> str:
    """A test file that imports the one program there is, in place of either folder's by a command-line switch."""
    lines = test.splitlines()
    choice = next(
        (node for node in _parse(test).body if isinstance(node, ast.If) and ast.unparse(node.test) == "pytest.use_correct"), None
    )
    if choice is None or not isinstance(choice.body[0], ast.ImportFrom) or choice.end_lineno is None:
        raise TaskFault("expected `if pytest.use_correct: from correct_python_programs.NAME import NAME`, found none")
    imported = choice.body[0]
    module = str(imported.module).rpartition(".")[2]
    replaced = f"from {module} import {', '.join(alias.name for alias in imported.names)}"
    kept = [*lines[: choice.lineno - 1], replaced, *lines[choice.end_lineno :]]
    return "\n".join(line for line in kept if line != "import pytest" or "pytest." in "\n".join(kept)) + "\n"


def convert(test: str, cases: str, name: str, place: str) -> str:
    """The assertion of a parametrised test, once a case: ``[arguments, expected]`` a line of JSON.

    Raises:
        TaskFault: the test or a case has another shape.
    """
    function = next((n for n in _parse(test).body if isinstance(n, ast.FunctionDef) and n.name == f"test_{name}"), None)
    if function is None or not isinstance(function.body[-1], ast.Assert):
        raise TaskFault(f"expected a function test_{name} that ends in an assertion, found none")
    skipped = _skipped(function)
    lines = []
    for number, line in enumerate(cases.splitlines(), 1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
        except ValueError as error:
            raise TaskFault(f"{place}: line {number} of the cases is not JSON: {error}") from None
        if not (isinstance(case, list) and len(case) == 2):
            raise TaskFault(f"{place}: line {number} of the cases: expected [arguments, expected], found {line[:60]}")
        arguments = case[0] if isinstance(case[0], list) else [case[0]]
        if arguments not in skipped:
            expected = [tuple(item) for item in case[1]] if name in _TUPLES else case[1]
            lines.append(ast.unparse(_Case(arguments, expected).visit(ast.parse(ast.unparse(function.body[-1])))))
    return "\n".join(lines) + "\n"


def _skipped(function: ast.FunctionDef) -> list[Any]:
    """The arguments for which the test calls ``pytest.skip``."""
    arguments = []
    for node in (inner for outer in function.body if isinstance(outer, ast.If) for inner in ast.walk(outer.test)):
        if isinstance(node, ast.Compare) and ast.unparse(node.left) == "input_data":
            arguments.append(ast.literal_eval(node.comparators[0]))
    return arguments


class _Case(ast.NodeTransformer):
    """Puts a case's literals where the test has ``*input_data``, ``input_data[-1]`` and ``expected``."""

    def __init__(self, arguments: list[Any], expected: Any) -> None:
        self.arguments, self.expected = arguments, expected

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        starred = [arg for arg in node.args if isinstance(arg, ast.Starred) and ast.unparse(arg.value) == "input_data"]
        if starred:
            node.args = [_literal(arg) for arg in self.arguments]
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return _literal(self.arguments[-1]) if ast.unparse(node) == "input_data[-1]" else node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return _literal(self.expected) if node.id == "expected" else node


def _literal(value: Any) -> ast.expr:
    return ast.parse(repr(value), mode="eval").body


def _parse(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise TaskFault(f"not Python: {error}") from None
