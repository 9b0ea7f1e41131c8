"""Suites by name: a folder, a shipped suite, or ``importer:path`` for a benchmark's own files.

Folders are read in ``evals.suiteforms``, validated in ``evals.validation`` and written in
``evals.suiteexport``.
"""

from __future__ import annotations

from pathlib import Path

from evals.errors import BadInput
from evals.importers import IMPORTERS, import_benchmark, split_importer
from evals.suiteexport import export_suite
from evals.suiteforms import SUITE_FILE, read_suite
from evals.validation import Suite, SuiteHeader, validate

__all__ = ["SHIPPED", "SUITE_FILE", "Suite", "SuiteHeader", "export_suite", "find_suite", "load_suite"]

SHIPPED = Path(__file__).parent / "shipped"
PROJECT_SUITE = "suite"
"""Where the folder of a production log keeps its tasks (see ``goldens.production``)."""


def find_suite(name: str, base: Path | None = None) -> Path:
    """The folder of a suite: a path (relative to ``base``), one of a production log, or the name of a shipped suite.

    Raises:
        BadInput: neither exists; the message lists the shipped suites.
    """
    path = Path(name) if base is None else base / name
    if (path / SUITE_FILE).is_file():
        return path
    if (path / PROJECT_SUITE / SUITE_FILE).is_file():
        return path / PROJECT_SUITE
    if (SHIPPED / name / SUITE_FILE).is_file():
        return SHIPPED / name
    shipped = ", ".join(sorted(p.parent.name for p in SHIPPED.glob(f"*/{SUITE_FILE}")))
    why = f"the folder has no {SUITE_FILE}" if path.is_dir() else "no such folder"
    give = f"give a suite's folder or one of the shipped suites: {shipped}"
    if ":" in name:
        give += f"; or IMPORTER:PATH with one of {', '.join(IMPORTERS)}, or 'pkg.mod:function:PATH'"
    raise BadInput(f"suite {name!r}: {why} ({path}); {give}")


def load_suite(name: str, base: Path | None = None, *, drafts: bool = False) -> Suite:
    """Load and validate a suite; ``importer:path`` reads a benchmark's own files through an importer.

    Drafts and retired tasks are validated and left out, unless ``drafts`` asks for all.

    Raises:
        BadInput: with every finding, each located, in one message.
    """
    if importer := split_importer(name):
        return import_benchmark(importer[0], Path(importer[1]) if base is None else base / importer[1])
    path = find_suite(name, base)
    text = read_suite(path)
    problems = text.problems
    tasks = validate(text.rows, text.header, problems, text.places) if text.header else []
    if problems or text.header is None:
        raise BadInput("\n".join(problems))
    if not tasks:
        raise BadInput(f"{path}: the suite is empty; add task folders (prompt.md, golden.py, checks.py), *.jsonl or *.parquet")
    active = [task for task in tasks if drafts or task.status == "active"]
    if not active:
        waiting = sum(task.status == "draft" for task in tasks)
        raise BadInput(
            f"{path}: none of its {len(tasks)} tasks is active ({waiting} drafts, {len(tasks) - waiting} retired); "
            f"approve drafts with `goldloop review {path}`, or set status: active"
        )
    return Suite(header=text.header, tasks=tuple(active), path=path)
