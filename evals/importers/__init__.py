"""Importers read a benchmark's own files as a suite: ``mbpp:../data/mbpp`` in the configuration.

Add one: a function ``(Path) -> Suite`` and a row in IMPORTERS, or ``pkg.mod:function:PATH`` in the configuration. An importer
names the official splits, carries the licence to every task, and marks what may not be trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.errors import BadInput, TaskFault, joined
from evals.plugins import is_outside, load
from evals.tables import COMPRESSIONS, TableRow, read_rows
from evals.validation import Suite, SuiteHeader, validate

IMPORTERS: Mapping[str, str] = {
    "defog": "evals.importers.defog:import_defog",
    "evalplus": "evals.importers.evalplus:import_evalplus",
    "harbor": "evals.importers.harbor:import_harbor",
    "hub": "evals.importers.hub:import_hub",
    "humaneval": "evals.importers.humaneval:import_humaneval",
    "humanevalpack-js": "evals.importers.humanevalpack:import_javascript",
    "humanevalpack-js-fix": "evals.importers.humanevalpack:import_javascript_fix",
    "humanevalpack-python-fix": "evals.importers.humanevalpack:import_python_fix",
    "livecodebench": "evals.importers.livecodebench:import_livecodebench",
    "mbpp": "evals.importers.mbpp:import_mbpp",
    "mbxp": "evals.importers.mbxp:import_mbxp",
    "multipl-e": "evals.importers.multiple:import_multiple",
    "quixbugs": "evals.importers.quixbugs:import_quixbugs",
    "swebench": "evals.importers.swebench:import_swebench",
    "table": "evals.importers.hub:import_table",
    "webapp1k": "evals.importers.webapp1k:import_single",
    "webapp1k-duo": "evals.importers.webapp1k:import_duo",
}


def split_importer(name: str) -> tuple[str, str] | None:
    """Importer and path of ``IMPORTER:PATH`` or ``pkg.mod:function:PATH``; None if the text has neither form.

    The part before the first colon is an importer only if it is in IMPORTERS; a path that looks like the long form
    itself is given as ``./pkg.mod:function:PATH``.
    """
    importer, _, path = name.partition(":")
    if importer not in IMPORTERS:
        function, _, path = path.partition(":")
        importer = f"{importer}:{function}"
    return (importer, path) if path and (importer in IMPORTERS or is_outside(importer)) else None


def import_benchmark(name: str, path: Path) -> Suite:
    """Read a benchmark's file, or the folder that holds it; the importer's name is one of IMPORTERS or ``pkg.mod:function``.

    Raises:
        BadInput: no such importer, or the files are not of that benchmark; every finding with its place.
    """
    read: Callable[[Path], Suite] = load(IMPORTERS, name, "importer", form="pkg.mod:function")
    return read(path)


def find_file(path: Path, names: Sequence[str]) -> Path:
    """The file itself, or the first of ``names`` in a folder, plain or compressed.

    Raises:
        BadInput: neither exists.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise BadInput(f"{path}: no such file or folder; give {' or '.join(names)}, or the folder that holds it")
    for name in names:
        plain = name.removesuffix(".gz")
        for candidate in (name, plain, *(plain + ending for ending in COMPRESSIONS)):
            if (path / candidate).is_file():
                return path / candidate
    there = ", ".join(sorted(p.name for p in path.iterdir())[:10]) or "nothing"
    raise BadInput(f"{path}: expected {' or '.join(names)} in this folder, found {there}")


def missing(row: TableRow, wanted: Mapping[str, type]) -> list[str]:
    """Problems of a row's keys: for each, its place, what was found and what was expected."""
    problems = []
    for key, kind in wanted.items():
        if key not in row.values:
            there = ", ".join(map(str, row.values)) or "no keys"
            problems.append(f"{row.place}: expected the key {key!r}, found {there}")
        elif not isinstance(row.values[key], kind) or isinstance(row.values[key], bool):
            value = row.values[key]
            problems.append(f"{row.place}: {key}: expected {kind.__name__}, found {type(value).__name__} {value!r:.60}")
    return problems


def import_rows(
    header: SuiteHeader,
    path: Path,
    names: Sequence[str],
    problems_of: Callable[[TableRow], list[str]],
    task_of: Callable[[TableRow], Mapping[str, Any]],
) -> Suite:
    """The suite of a file in which every row is a task. ``task_of`` gets only rows without problems.

    Raises:
        BadInput: every finding with its place, also those that ``task_of`` raises as ``TaskFault``.
    """
    file = find_file(path, names)
    problems: list[str] = []
    tasks = tasks_of(read_rows(file, problems), problems_of, task_of, problems)
    return build_suite(header, tasks, problems, file)


def tasks_of(
    rows: Iterable[TableRow],
    problems_of: Callable[[TableRow], list[str]],
    task_of: Callable[[TableRow], Mapping[str, Any]],
    problems: list[str],
) -> list[Mapping[str, Any]]:
    """The tasks of the rows that have no problem; what is found in the others is appended to ``problems``."""
    tasks = []
    for row in rows:
        row_problems = problems_of(row)
        if not row_problems:
            try:
                tasks.append(task_of(row))
            except TaskFault as error:
                row_problems = [f"{row.place}: {error}"]
        problems += row_problems
    return tasks


def build_suite(header: SuiteHeader, tasks: Collection[Mapping[str, Any]], problems: list[str], path: Path) -> Suite:
    """A validated suite.

    Raises:
        BadInput: ``problems``, and what validation adds to them.
    """
    checked = validate(tasks, header, problems)
    if problems:
        raise BadInput(joined(problems))
    return Suite(header=header, tasks=tuple(checked), path=path)


def unix(text: str) -> str:
    """Text with line feeds only."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
