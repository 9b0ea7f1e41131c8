"""Importers read a benchmark's own files as a suite: ``mbpp:../data/mbpp`` in the configuration.

Add one: a function ``(Path) -> Suite`` and a row in IMPORTERS, or ``pkg.mod:function:PATH`` in the configuration. An importer
names the official splits, carries the licence to every task, and marks what may not be trained on.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from evals.errors import BadInput, TaskFault
from evals.files import BYTE_ORDER_MARK, shown
from evals.plugins import is_outside, load
from evals.suites import Suite, SuiteHeader, validate

_SHOWN = 20

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry of a benchmark's file and where it stands (``file:line``)."""

    place: str
    values: Mapping[str, Any]


def split_importer(name: str) -> tuple[str, str] | None:
    """Importer and path of ``IMPORTER:PATH`` or ``pkg.mod:function:PATH``; None for what has neither form.

    What stands before the first colon is an importer only where IMPORTERS has it; a path that looks like the long form
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
        BadInput: no such importer, or the files are not that benchmark's; every finding with its place.
    """
    read: Callable[[Path], Suite] = load(IMPORTERS, name, "importer", form="pkg.mod:function")
    return read(path)


def find_file(path: Path, names: Sequence[str]) -> Path:
    """The file itself, or the first of ``names`` in a folder.

    Raises:
        BadInput: neither is there.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise BadInput(f"{path}: no such file or folder; give {' or '.join(names)}, or the folder that holds it")
    for name in names:
        if (path / name).is_file():
            return path / name
    there = ", ".join(sorted(p.name for p in path.iterdir())[:10]) or "nothing"
    raise BadInput(f"{path}: expected {' or '.join(names)} in this folder, found {there}")


def read_rows(file: Path, problems: list[str] | None = None) -> list[Row]:
    """The objects of a JSONL file or a JSON array, gzip-compressed or not.

    What is no JSON object is appended to ``problems``, each with its line, and the reading goes on.

    Raises:
        BadInput: unreadable, no object in it, or, without ``problems``, anything that would be in them.
    """
    try:
        data = file.read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{file}: cannot be read: {error}") from None
    data = data.removeprefix(BYTE_ORDER_MARK)
    found: list[str] = []
    rows = [Row(place=place, values=value) for place, value in _objects(file, data, found)]
    if found and (problems is None or not rows):
        raise BadInput(joined(found))
    if not rows:
        raise BadInput(f"{file}: the file is empty; expected one JSON object a line")
    if problems is not None:
        problems += found
    return rows


def _objects(file: Path, data: bytes, problems: list[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    array = data.lstrip()[:1] == b"["
    for number, text in enumerate([data] if array else data.split(b"\n"), 1):
        if not text.strip():
            continue
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            line = error.lineno if array else number
            part = text.split(b"\n")[line - 1] if array else text
            problems.append(f"{file}:{line}: not JSON ({error.msg}); expected one object a line, found {shown(part)}")
            continue
        for n, item in enumerate(value if array else [value], 1):
            place = f"{file}: entry {n}" if array else f"{file}:{number}"
            if isinstance(item, dict):
                yield place, item
            else:
                problems.append(f"{place}: expected a JSON object, found {type(item).__name__} {item!r:.60}")


def missing(row: Row, wanted: Mapping[str, type]) -> list[str]:
    """What a foreign row lacks: for each key, its place, what was found and what was expected."""
    problems = []
    for key, kind in wanted.items():
        if key not in row.values:
            there = ", ".join(map(str, row.values)) or "no keys"
            problems.append(f"{row.place}: expected the key {key!r}, found {there}")
        elif not isinstance(row.values[key], kind) or isinstance(row.values[key], bool):
            found = row.values[key]
            problems.append(f"{row.place}: {key}: expected {kind.__name__}, found {type(found).__name__} {found!r:.60}")
    return problems


def import_rows(
    header: SuiteHeader,
    path: Path,
    names: Sequence[str],
    problems_of: Callable[[Row], list[str]],
    task_of: Callable[[Row], Mapping[str, Any]],
) -> Suite:
    """The suite of a file whose every row is a task. ``task_of`` sees rows without problems only.

    Raises:
        BadInput: every finding with its place, also those that ``task_of`` raises as ``TaskFault``.
    """
    file = find_file(path, names)
    problems: list[str] = []
    tasks = tasks_of(read_rows(file, problems), problems_of, task_of, problems)
    return build_suite(header, tasks, problems, file)


def tasks_of(
    rows: Iterable[Row],
    problems_of: Callable[[Row], list[str]],
    task_of: Callable[[Row], Mapping[str, Any]],
    problems: list[str],
) -> list[Mapping[str, Any]]:
    """The tasks of the rows that have no problem; what is found in the others is appended to ``problems``."""
    tasks = []
    for row in rows:
        found = problems_of(row)
        if not found:
            try:
                tasks.append(task_of(row))
            except TaskFault as error:
                found = [f"{row.place}: {error}"]
        problems += found
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


def joined(problems: Sequence[str]) -> str:
    """The first findings, a line each, and how many more there are."""
    more = [f"... and {len(problems) - _SHOWN:,} more"] if len(problems) > _SHOWN else []
    return "\n".join([*problems[:_SHOWN], *more])


def unix(text: str) -> str:
    """Text with line feeds only."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
