"""Suites: a folder with ``suite.yaml`` and tasks as folders, JSONL or Parquet. Loads, validates and writes all three.

A task folder holds ``prompt.md`` (front matter: split, group, tags), ``golden.py`` or ``golden.sql``, ``checks.py`` and, where
needed, ``starter/``. Its id is its name; the folders between it and the suite are its first tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson
import yaml
from pydantic import Field, ValidationError

from evals.checks import parse_checks
from evals.errors import BadInput, TaskFault
from evals.files import canonical_json, describe, digest, iter_jsonl, write_atomic
from evals.records import Kind, Limits, Record, Split, Task

SHIPPED = Path(__file__).parent / "suites"
SUITE_FILE = "suite.yaml"
_SUFFIX = {"python": "py", "sql": "sql"}


class SuiteHeader(Record):
    """``suite.yaml``: what all tasks of a suite share. A task's own value wins."""

    name: str
    description: str = ""
    kind: Kind = "function"
    language: str = "python"
    system: str = ""
    licence: str = ""
    train_ok: bool = True
    limits: Limits = Limits()
    slices: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A loaded suite. ``digest`` covers everything that changes a verdict or a prompt."""

    header: SuiteHeader
    tasks: tuple[Task, ...]
    path: Path

    @property
    def name(self) -> str:
        """The suite's name."""
        return self.header.name

    @property
    def digest(self) -> str:
        """Digest over the tasks, in order of id."""
        return digest(sorted((task.model_dump(mode="json") for task in self.tasks), key=lambda row: str(row["id"])))

    def split(self, *names: Split) -> list[Task]:
        """Tasks of the given splits, in order."""
        return [task for task in self.tasks if task.split in names]


def find_suite(name: str, base: Path | None = None) -> Path:
    """The folder of a suite: a path (relative to ``base``), or the name of a shipped one.

    Raises:
        BadInput: neither exists; the message lists the shipped suites.
    """
    path = Path(name) if base is None else base / name
    if (path / SUITE_FILE).is_file():
        return path
    if (SHIPPED / name / SUITE_FILE).is_file():
        return SHIPPED / name
    shipped = ", ".join(sorted(p.parent.name for p in SHIPPED.glob(f"*/{SUITE_FILE}")))
    why = f"the folder has no {SUITE_FILE}" if path.is_dir() else "no such folder"
    raise BadInput(f"suite {name!r}: {why} ({path}); give a suite's folder or one of the shipped suites: {shipped}")


def load_suite(name: str, base: Path | None = None) -> Suite:
    """Load and validate a suite; ``importer:path`` reads a benchmark's own files through an importer.

    Raises:
        BadInput: with every finding, each located, in one message.
    """
    prefix, _, rest = name.partition(":")
    if rest:
        from evals.importers import IMPORTERS, import_benchmark

        if prefix in IMPORTERS:
            return import_benchmark(prefix, Path(rest) if base is None else base / rest)
    path = find_suite(name, base)
    header = _header(path / SUITE_FILE)
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    for file in sorted(path.glob("*.jsonl")):
        rows += [{**value, "source": f"{file}:{number}"} for number, value in iter_jsonl(file)]
    for file in sorted(path.glob("*.parquet")):
        import pyarrow.parquet as parquet

        rows += [
            {**_unpack(row), "source": f"{file}:row {number}"}
            for number, row in enumerate(parquet.read_table(file).to_pylist(), 1)
        ]
    for prompt in sorted(path.rglob("prompt.md")):
        try:
            rows.append(_read_folder(path, prompt.parent, header))
        except BadInput as error:
            problems.append(str(error))
    tasks = validate(rows, header, problems)
    if problems:
        raise BadInput("\n".join(problems))
    if not tasks:
        raise BadInput(
            f"{path}: the suite is empty; add task folders (prompt.md, golden.py, checks.py), *.jsonl or *.parquet files"
        )
    return Suite(header=header, tasks=tuple(tasks), path=path)


def validate(rows: Iterable[Mapping[str, Any]], header: SuiteHeader, problems: list[str]) -> list[Task]:
    """Turn rows into tasks under a header's defaults; findings are appended to ``problems``."""
    tasks: list[Task] = []
    seen: dict[str, str] = {}
    groups: dict[str, tuple[str, str]] = {}
    for row in rows:
        place = str(row.get("source", header.name))
        tags = row.get("tags") or ()
        defaults: dict[str, Any] = header.model_dump(
            exclude={"name", "description", "slices"}, exclude_defaults=True
        ) | {"suite": header.name}
        for tag in tags:
            defaults |= header.slices.get(tag, {})
        try:
            task = Task.model_validate({**defaults, **{k: v for k, v in row.items() if k != "suite"}})
        except ValidationError as error:
            problems.append(f"{place}: {describe(error)}")
            continue
        if task.id in seen:
            problems.append(f"{place}: task id {task.id!r} is already used at {seen[task.id]}; ids are unique in a suite")
        seen[task.id] = place
        split, first = groups.setdefault(task.group, (task.split, place))
        if split != task.split:
            problems.append(
                f"{place}: group {task.group!r} is in split {task.split!r} here and in {split!r} at {first}; "
                "a group belongs to one split, or the holdout leaks"
            )
        if task.split == "train" and not task.train_ok:
            problems.append(f"{place}: split 'train', but the licence {task.licence!r} forbids training; use 'holdout'")
        if not task.prompt.strip():
            problems.append(f"{place}: the prompt is empty")
        if not task.checks.strip():
            problems.append(f"{place}: the task has no checks; add checks.py with lines such as `assert f(1) == 2`")
        else:
            try:
                parse_checks(task.checks, place)
            except TaskFault as error:
                problems.append(str(error))
        tasks.append(task)
    return tasks


def _header(file: Path) -> SuiteHeader:
    try:
        value = yaml.safe_load(file.read_text(encoding="utf-8"))
        return SuiteHeader.model_validate(value or {})
    except yaml.YAMLError as error:
        raise BadInput(f"{file}: not YAML: {error}") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{file}: not UTF-8: {error}") from None
    except ValidationError as error:
        raise BadInput(f"{file}: {describe(error)}") from None


def _read_folder(root: Path, folder: Path, header: SuiteHeader) -> dict[str, Any]:
    text = _text(folder / "prompt.md")
    meta: dict[str, Any] = {}
    if text.startswith("---\n"):
        front, _, text = text[4:].partition("\n---\n")
        try:
            meta = yaml.safe_load(front) or {}
        except yaml.YAMLError as error:
            raise BadInput(f"{folder / 'prompt.md'}: the front matter is not YAML: {error}") from None
        if not isinstance(meta, dict):
            raise BadInput(f"{folder / 'prompt.md'}: the front matter must be keys and values, found {meta!r}")
    goldens = sorted(folder.glob("golden.*"))
    if len(goldens) != 1:
        found = ", ".join(p.name for p in goldens) or "none"
        raise BadInput(f"{folder}: needs exactly one golden file (golden.py or golden.sql), found {found}")
    if not (folder / "checks.py").is_file():
        raise BadInput(f"{folder}: the task has no checks; add checks.py with lines such as `assert f(1) == 2`")
    starter = folder / "starter"
    between = folder.relative_to(root).parts[:-1]
    tags = [*between, *(tag for tag in meta.pop("tags", []) or [] if tag not in between)]
    return {
        "id": folder.name,
        "prompt": text.strip(),
        "golden": _text(goldens[0]),
        "checks": _text(folder / "checks.py"),
        "starter": {str(p.relative_to(starter)): _text(p) for p in sorted(starter.rglob("*")) if p.is_file()},
        "tags": tags,
        "source": str(folder),
        **meta,
    }


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{file}: not UTF-8 ({error})") from None


_NESTED = ("starter", "limits", "tags")


def _unpack(row: Mapping[str, Any]) -> dict[str, Any]:
    """Parquet rows hold nested values as JSON text."""
    return {k: orjson.loads(v) if k in _NESTED and isinstance(v, str) else v for k, v in row.items() if v is not None}


def export_suite(suite: Suite, out: Path, form: Literal["folder", "jsonl", "parquet"]) -> None:
    """Write a suite in one of its three forms.

    Raises:
        BadInput: ``out`` exists already; nothing is overwritten.
    """
    if out.exists() and any(out.iterdir()):
        raise BadInput(f"{out}: exists already and is not empty; give a new folder")
    header = suite.header.model_dump(mode="json", exclude_defaults=True)
    defaults = _task_defaults(suite.header)
    rows = []
    for task in suite.tasks:
        row = task.model_dump(mode="json", exclude_defaults=True)
        del row["suite"]
        base = dict(defaults)
        for tag in task.tags:
            base |= suite.header.slices.get(tag, {})
        rows.append({k: v for k, v in row.items() if base.get(k) != v})
    if form == "jsonl":
        write_atomic(out / "tasks.jsonl", b"".join(canonical_json(row) + b"\n" for row in rows))
    elif form == "parquet":
        _write_parquet(out / "tasks.parquet", rows)
    else:
        for task, row in zip(suite.tasks, rows, strict=True):
            _write_folder(out, task, row)
    write_atomic(out / SUITE_FILE, yaml.safe_dump(header, sort_keys=False, allow_unicode=True, width=110).encode())


def _task_defaults(header: SuiteHeader) -> dict[str, Any]:
    dumped: dict[str, Any] = header.model_dump(mode="json", exclude={"name", "description", "slices"})
    return dumped


def _write_parquet(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    flat = [{k: orjson.dumps(v).decode() if k in _NESTED else v for k, v in row.items()} for row in rows]
    names = sorted({name for row in flat for name in row})
    table = arrow.table({name: [row.get(name) for row in flat] for name in names})
    sink = arrow.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd")
    write_atomic(file, sink.getvalue().to_pybytes())


def _write_folder(out: Path, task: Task, row: Mapping[str, Any]) -> None:
    folder = out.joinpath(*task.tags[:1], task.id)
    meta = {k: v for k, v in row.items() if k not in {"id", "prompt", "golden", "checks", "starter", "tags"}}
    if task.tags[1:]:
        meta["tags"] = list(task.tags[1:])
    front = yaml.safe_dump(meta, sort_keys=False, allow_unicode=True, width=110)
    write_atomic(folder / "prompt.md", f"---\n{front}---\n{task.prompt.strip()}\n".encode())
    write_atomic(folder / f"golden.{_SUFFIX.get(task.language, 'txt')}", task.golden.encode())
    write_atomic(folder / "checks.py", task.checks.encode())
    for name, text in task.starter.items():
        write_atomic(folder / "starter" / name, text.encode())
