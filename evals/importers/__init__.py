"""Importers read a benchmark's own files as a suite: ``mbpp:../data/mbpp`` in the configuration.

Add one: a function ``(Path) -> Suite`` and a row in IMPORTERS, or ``pkg.mod:function:PATH`` in the configuration. An importer
names the official splits, carries the licence to every task, and marks what may not be trained on.

A broken row costs one row: it is left out and listed with its reason, and more than ``MOST_BROKEN`` of them refuse the file
unless ``PATH?max_left_out=20%`` allows it. ``PATH?strict=yes`` refuses the first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.errors import BadInput, RowProblem, TaskFault, joined
from evals.notices import say_once
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

MOST_BROKEN = 0.05
"""Share of a file's rows that may be broken before the file is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported(Suite):
    """A suite with what was left out of it: ``left_out`` cannot be graded here, ``broken`` rows hold what no task can have.

    One note each, with its place and the reason. ``rows`` counts tasks and broken rows.
    """

    left_out: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Rows that should have been tasks."""
        return len(self.tasks) + len(self.broken)


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


def import_benchmark(name: str, path: Path, *, most_broken: float | None = None) -> Suite:
    """Read a benchmark's file, or the folder that holds it; the importer's name is one of IMPORTERS or ``pkg.mod:function``.

    ``most_broken``: the share of rows that may be left out as broken; None is what the path says, else ``MOST_BROKEN``.

    Raises:
        BadInput: no such importer, the files are not of that benchmark, or too many rows are broken; every finding with its
            place.
    """
    read: Callable[[Path], Suite] = load(IMPORTERS, name, "importer", form="pkg.mod:function")
    path, allowed = split_allowance(path)
    return with_few_broken(read(path), allowed if most_broken is None else most_broken)


def split_allowance(path: Path) -> tuple[Path, float]:
    """A path without ``?strict=yes`` and ``?max_left_out=SHARE``, and the share of broken rows that they allow.

    Raises:
        BadInput: the share is neither a percentage nor a number from 0 to 1.
    """
    name, mark, text = str(path).partition("?")
    if not mark or path.exists():
        return path, MOST_BROKEN
    rest, allowed = [], MOST_BROKEN
    for part in text.split("&"):
        key, _, value = part.partition("=")
        if key == "max_left_out":
            allowed = read_share(value, f"{path}: max_left_out")
        elif part == "strict=yes":
            allowed = 0.0
        else:
            rest.append(part)
    return Path("?".join([name, *filter(None, ["&".join(rest)])])), allowed


def read_share(text: str, place: str) -> float:
    """``20%`` or ``0.2`` as a share.

    Raises:
        BadInput: it is neither; the message begins with ``place``.
    """
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise BadInput(f"{place}: expected a share such as 20% or 0.2, found {text!r:.40}")
    return share


def with_few_broken(suite: Suite, allowed: float) -> Suite:
    """The suite, once it is said that rows are missing.

    Raises:
        BadInput: more than the allowed share of the rows is broken; all of them are listed.
    """
    if not isinstance(suite, Imported) or not suite.broken:
        return suite
    count = f"{len(suite.broken):,} of {suite.rows:,} rows are broken"
    if len(suite.broken) > allowed * suite.rows:
        share = min(100, int(len(suite.broken) * 100 / suite.rows) + 1)
        head = (
            f"{suite.path}: {count}, more than {allowed:.0%}; --max-left-out {share}% (in a configuration: "
            f"PATH?max_left_out={share}%) goes on without them"
        )
        raise BadInput("\n".join([head, joined(suite.broken)]))
    say_once(f"suite {suite.name}: {count} and left out, the first: {suite.broken[0]}")
    return suite


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
) -> Imported:
    """The suite of a file in which every row is a task. ``task_of`` gets only rows without problems.

    Raises:
        BadInput: as ``build_suite``.
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
        problems += of_row(row, row_problems)
    return tasks


def of_row(row: TableRow, texts: Iterable[str]) -> list[RowProblem]:
    """Findings about one row, which can be left out."""
    return [RowProblem(row.place, text) for text in texts]


def build_suite(
    header: SuiteHeader,
    tasks: Collection[Mapping[str, Any]],
    problems: list[str],
    path: Path,
    left_out: Sequence[str] = (),
) -> Imported:
    """A validated suite of the tasks that have no problem; the rows that have one are its ``broken`` ones.

    ``problems`` are those found so far; validation appends to them.

    Raises:
        BadInput: a problem that is not of one row (``RowProblem``), or no task is left; all problems are listed.
    """
    checked = validate(tasks, header, problems)
    broken: dict[str, list[str]] = {}
    for problem in problems:
        if isinstance(problem, RowProblem):
            broken.setdefault(problem.row, []).append(problem)
    kept = tuple(task for task in checked if task.source not in broken)
    if len(problems) > sum(map(len, broken.values())) or (problems and not kept):
        raise BadInput(joined(problems))
    notes = tuple("; ".join(_without_place(row, texts)) for row, texts in broken.items())
    return Imported(header=header, tasks=kept, path=path, left_out=tuple(left_out), broken=notes)


def _without_place(row: str, texts: Sequence[str]) -> list[str]:
    """The findings of a row in one line, which names the place once."""
    return [texts[0], *(text.removeprefix(f"{row}: ") for text in texts[1:])]


def unix(text: str) -> str:
    """Text with line feeds only."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
