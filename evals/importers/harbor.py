"""Harbor's and Terminal-Bench's task folders, as far as they can be graded without their own image.

A task is imported if it is a Python file judged by pytest files: ``instruction.md``, or ``instruction`` in ``task.yaml`` or
``task.toml``; ``tests/test_*.py``; and one ``solution.py`` or ``solution/NAME.py``, which names the file and is the golden. What
needs an image of its own is left out with notes that say where: installed packages, files of the image, shell solutions,
compose files, tests that start programs or read absolute paths. Holdout only, unless the task names a licence that allows
training.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from evals.errors import BadInput, RowProblem, TaskFault
from evals.importers import Imported, unix
from evals.importers.partial import build_partial, may_train
from evals.records import Limits
from evals.splits import assign_split
from evals.validation import SuiteHeader

HEADER = SuiteHeader(
    name="harbor",
    description="Task folders of Harbor and Terminal-Bench that pytest files judge.",
    kind="tests",
    train_ok=False,
    system="You write Python. Answer with the complete file in one code block.",
    limits=Limits(wall_seconds=60.0, memory_mb=1024, processes=32),
)
_MARKS = ("task.yaml", "task.toml", "instruction.md")
_STARTS_PROGRAMS = {"subprocess", "docker", "pexpect", "socket", "requests", "httpx", "urllib"}
_HARMLESS_STEPS = {"FROM", "WORKDIR", "ENV", "LABEL", "ARG", "CMD", "ENTRYPOINT", "USER", "EXPOSE", "SHELL"}
_PROMPT = "{instruction}\n\nAnswer with the complete file `{entry}` in one code block."


def import_harbor(path: Path) -> Imported:
    """Read a task folder, or a folder of them.

    Raises:
        BadInput: no task folders, malformed ones, or none that can be graded here.
    """
    if not path.is_dir():
        raise BadInput(f"{path}: no such folder; give a task's folder or a folder of them")
    inner = {folder for mark in _MARKS for file in path.rglob(mark) for folder in (file.parent,)}
    folders = sorted(folder for folder in inner if inner.isdisjoint(folder.parents))
    if not folders:
        raise BadInput(f"{path}: no task folders; expected {', '.join(_MARKS)} in each")
    problems: list[str] = []
    left_out: list[str] = []
    tasks = []
    for folder in folders:
        try:
            meta = _meta(folder)
            task, notes = _task(folder, meta)
        except TaskFault as error:
            problems.append(RowProblem(str(folder), str(error)))
            continue
        left_out += notes
        if not notes:
            tasks.append(task)
    return build_partial(HEADER, tasks, problems, path, left_out)


def _meta(folder: Path) -> Mapping[str, Any]:
    """What ``task.yaml`` or ``task.toml`` says.

    Raises:
        TaskFault: it is malformed.
    """
    for name, read in (("task.yaml", yaml.safe_load), ("task.toml", tomllib.loads)):
        file = folder / name
        if file.is_file():
            try:
                value = read(_text(file))
            except (yaml.YAMLError, tomllib.TOMLDecodeError) as error:
                raise TaskFault(f"{file}: cannot be parsed: {' '.join(str(error).split())}") from None
            if not isinstance(value, dict):
                raise TaskFault(f"{file}: expected keys and values, found {type(value).__name__}")
            return value
    return {}


def _text(file: Path) -> str:
    if file.is_symlink():
        raise TaskFault(f"{file}: a link; a task's folder holds plain files only")
    try:
        return unix(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TaskFault(f"{file}: cannot be read as UTF-8 text: {error}") from None


def _task(folder: Path, meta: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    """A task and why it cannot be graded here; with any reason the task is not imported."""
    instruction = _text(folder / "instruction.md") if (folder / "instruction.md").is_file() else meta.get("instruction")
    if not isinstance(instruction, str) or not instruction.strip():
        raise TaskFault(f"{folder}: no instruction; expected instruction.md, or the key instruction in task.yaml")
    notes = [*_image_notes(folder)]
    solutions = _solutions(folder)
    if len(solutions) != 1:
        scripts = [file.name for pattern in ("solution.sh", "solution/*.sh") for file in folder.glob(pattern)]
        present = ", ".join([*(file.name for file in solutions), *scripts]) or "none"
        notes.append(f"{folder}: expected one Python file as solution (solution.py, solution/NAME.py), found {present}")
        return {}, notes
    entry = solutions[0].name
    tests = {f"tests/{file.relative_to(folder / 'tests').as_posix()}": file for file in _files(folder / "tests", "*.py")}
    if not any(Path(name).name.startswith("test_") for name in tests):
        notes.append(f"{folder / 'tests'}: expected test_NAME.py, found {', '.join(tests) or 'no Python files'}")
        return {}, notes
    known = {entry.removesuffix(".py"), *(Path(name).stem for name in tests)}
    texts = {name: _text(file) for name, file in tests.items()}
    for name, file in tests.items():
        notes += _test_notes(file, texts[name], known)
    return _made(folder, meta, instruction, entry, _text(solutions[0]), texts), notes


def _made(
    folder: Path, meta: Mapping[str, Any], instruction: str, entry: str, golden: str, tests: Mapping[str, str]
) -> Mapping[str, Any]:
    inner = meta.get("metadata")
    metadata = {**meta, **(inner if isinstance(inner, dict) else {})}
    licence = str(metadata.get("licence") or metadata.get("license") or "")
    trainable = may_train(licence)
    category = str(metadata.get("category") or "")
    return {
        "id": folder.name,
        "group": folder.name,
        "split": assign_split(HEADER.name, folder.name) if trainable else "holdout",
        "tags": [re.sub(r"[/\\]", "-", category)] if category else [],
        "prompt": _PROMPT.format(instruction=instruction.strip(), entry=entry),
        "golden": golden,
        "entry": entry,
        "tests": tests,
        "licence": licence,
        "train_ok": trainable,
        "source": str(folder),
    }


def _solutions(folder: Path) -> list[Path]:
    return [file for file in (folder / "solution.py", *_files(folder / "solution", "*.py")) if file.is_file()]


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(file for file in folder.rglob(pattern) if file.is_file() and "__pycache__" not in file.parts)


def _image_notes(folder: Path) -> Iterator[str]:
    """What a task needs that only its image has."""
    for name in ("docker-compose.yaml", "docker-compose.yml", "environment/docker-compose.yaml"):
        if (folder / name).is_file():
            yield f"{folder / name}: needs its own containers"
    for name in ("Dockerfile", "environment/Dockerfile"):
        file = folder / name
        if not file.is_file():
            continue
        for number, line in enumerate(_text(file).splitlines(), 1):
            step = line.strip().split(" ")[0].upper()
            if step.isalpha() and step not in _HARMLESS_STEPS:
                yield f"{file}:{number}: needs its own image: {line.strip()[:100]}"
                break


def _test_notes(file: Path, text: str, known: set[str]) -> Iterator[str]:
    """What a test file needs that is not available here."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise TaskFault(f"{file}: not Python: {error}") from None
    for node in ast.walk(tree):
        for module in _modules(node):
            if module in _STARTS_PROGRAMS:
                yield f"{file}:{getattr(node, 'lineno', 0)}: imports {module}: starts programs or reaches a network"
            elif module not in known and module != "pytest" and module not in sys.stdlib_module_names:
                yield f"{file}:{getattr(node, 'lineno', 0)}: imports {module}, which is in the task's own image only"
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.match(r"/(app|tests|workspace|root|home|logs)\b", node.value)
        ):
            yield f"{file}:{node.lineno}: reads {node.value!r:.60}, a path of the task's own image"


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    return [(node.module or "").partition(".")[0]] if isinstance(node, ast.ImportFrom) and not node.level else []
