"""Writing a suite in one of its three forms; each loads to the same digest."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import orjson
import yaml

from evals.errors import BadInput
from evals.files import canonical_json, write_atomic, write_jsonl
from evals.languages import language_of
from evals.records import Task
from evals.suiteforms import CASES, NESTED, SUITE_FILE
from evals.validation import Suite, SuiteHeader, defaults_of, leaves_folder

_EMPTY = (
    *("tags", "starter", "checks", "public", "fuzz", "compare", "cases", "entry", "tests", "fail_to_pass", "pass_to_pass"),
    *("protected", "metrics"),
)


def export_suite(suite: Suite, out: Path, form: Literal["folder", "jsonl", "parquet"]) -> None:
    """Write a suite in one of its three forms.

    Raises:
        BadInput: ``out`` exists already (nothing is overwritten), or a name in the suite cannot be a file's.
    """
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise BadInput(f"{out}: exists already and is not empty; give a new folder")
    header = suite.header.model_dump(mode="json", exclude_defaults=True)
    rows = [_row(task, suite.header) for task in suite.tasks]
    if form == "jsonl":
        write_atomic(out / "tasks.jsonl", b"".join(canonical_json(row) + b"\n" for row in rows))
    elif form == "parquet":
        _write_parquet(out / "tasks.parquet", rows)
    else:
        _require_file_names(suite.tasks)
        for task, row in zip(suite.tasks, rows, strict=True):
            _write_folder(out, task, row)
    write_atomic(out / SUITE_FILE, yaml.safe_dump(header, sort_keys=False, allow_unicode=True, width=110).encode())


def write_task(out: Path, task: Task, header: SuiteHeader) -> Path:
    """Write one task's folder into a suite's; what is there of it is replaced. Returns the folder.

    Raises:
        BadInput: a name in the task cannot be a file's.
    """
    _require_file_names([task])
    folder = out.joinpath(*task.tags[:1], task.id)
    new = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(new, ignore_errors=True)
    _write_parts(new, task, _row(task, header))
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return folder


def _row(task: Task, header: SuiteHeader) -> dict[str, Any]:
    """The keys that a task sets itself, beyond the defaults of this suite."""
    values = {**task.model_dump(mode="json", exclude={"suite"}), "status": task.status, "packages": list(task.packages)}
    blank = Task(id="", suite="", split="train", group="", prompt="", golden="").model_dump(mode="json")
    defaults = {**{name: value for name, value in blank.items() if name in _EMPTY}, **defaults_of(header, task.tags)}
    return {k: v for k, v in values.items() if k not in defaults or defaults[k] != v}


def _require_file_names(tasks: Sequence[Task]) -> None:
    problems = []
    for task in tasks:
        for what, name in [("id", task.id), *(("first tag", tag) for tag in task.tags[:1])]:
            if name in {"", ".", ".."} or set("/\\\0") & set(name):
                problems.append(f"{task.source or task.key}: the {what} {name!r} cannot be a folder's name")
        for name in (*task.starter, *task.tests):
            if leaves_folder(name):
                problems.append(f"{task.source or task.key}: the file {name!r} leaves the task's folder")
        outside = [name for name in task.tests if not name.startswith("tests/")]
        problems += [f"{task.source or task.key}: the test file {name!r} is not below tests/" for name in outside]
    if problems:
        raise BadInput("\n".join([*problems, "export as jsonl or parquet instead"]))


def _write_parquet(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    flat = [{k: orjson.dumps(v).decode() if k in NESTED else v for k, v in row.items()} for row in rows]
    names = sorted({name for row in flat for name in row})
    table = arrow.table({name: [row.get(name) for row in flat] for name in names})
    sink = arrow.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd")
    write_atomic(file, sink.getvalue().to_pybytes())


def _write_folder(out: Path, task: Task, row: Mapping[str, Any]) -> None:
    _write_parts(out.joinpath(*task.tags[:1], task.id), task, row)


def _write_parts(folder: Path, task: Task, row: Mapping[str, Any]) -> None:
    files = {"id", "prompt", "golden", "checks", "public", "fuzz", "cases", "starter", "tests", "tags"}
    meta = {k: v for k, v in row.items() if k not in files}
    if task.tags[1:]:
        meta["tags"] = list(task.tags[1:])
    front = yaml.safe_dump(meta, sort_keys=False, allow_unicode=True, width=110)
    write_atomic(folder / "prompt.md", f"---\n{front}---\n{task.prompt.strip()}\n".encode())
    suffix = language_of("diff" if task.kind == "patch" else task.language).suffixes[0].removeprefix(".")
    write_atomic(folder / f"golden.{suffix}", task.golden.encode())
    checks = "py" if task.kind == "sql" else suffix
    parts = {f"checks.{checks}": task.checks, f"public.{checks}": task.public, "fuzz.py": task.fuzz}
    for name, text in parts.items():
        if text:
            write_atomic(folder / name, text.encode())
    if task.cases:
        write_jsonl(folder / CASES, task.cases)
    for name, text in (*((f"starter/{name}", text) for name, text in task.starter.items()), *task.tests.items()):
        write_atomic(folder / name, text.encode())
