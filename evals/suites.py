"""Suites: a folder with ``suite.yaml`` and tasks as folders, JSONL or Parquet. Loads, validates and writes all three.

A task folder holds ``prompt.md`` (front matter: split, group, tags, and any other key of ``records.Task``), the golden
(``golden.py``, ``.sql``, ``.js``, ``.ts``, ``.tsx`` or ``.diff``) and what grades it: ``checks.*`` (asserts in the task's
language), ``public.*`` (those of them that the prompt shows), ``fuzz.py`` (hidden inputs), ``cases.jsonl`` (input and
output of a program) or ``tests/`` (test files, each at ``tests/NAME`` in the project); ``starter/`` holds the files that
the answer works on. Its id is its name; the folders between it and the suite are its first tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson
import yaml
from pydantic import Field, ValidationError

from evals.errors import BadInput
from evals.files import canonical_json, digest, findings, scan_jsonl, write_atomic, write_jsonl
from evals.graders import problems_of
from evals.languages import language_of
from evals.records import Kind, Limits, Record, Split, Task

SHIPPED = Path(__file__).parent / "suites"
SUITE_FILE = "suite.yaml"
_CASES = "cases.jsonl"
_LINES = (".jsonl", ".jsonl.gz")


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
    give = f"give a suite's folder or one of the shipped suites: {shipped}"
    if ":" in name:
        from evals.importers import IMPORTERS

        give += f"; or IMPORTER:PATH with one of {', '.join(IMPORTERS)}, or 'pkg.mod:function:PATH'"
    raise BadInput(f"suite {name!r}: {why} ({path}); {give}")


def load_suite(name: str, base: Path | None = None) -> Suite:
    """Load and validate a suite; ``importer:path`` reads a benchmark's own files through an importer.

    Raises:
        BadInput: with every finding, each located, in one message.
    """
    if ":" in name:
        from evals.importers import import_benchmark, split_importer

        importer = split_importer(name)
        if importer is not None:
            return import_benchmark(importer[0], Path(importer[1]) if base is None else base / importer[1])
    path = find_suite(name, base)
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    header = _header(path / SUITE_FILE, problems)
    readers = [
        *(_read_jsonl(file, problems) for ending in _LINES for file in sorted(path.glob(f"*{ending}"))),
        *(_read_parquet(file) for file in sorted(path.glob("*.parquet"))),
        *(_read_folder(path, folder) for folder in _task_folders(path)),
    ]
    for reader in readers:
        try:
            rows.extend(reader)
        except BadInput as error:
            problems.append(str(error))
    tasks = validate(rows, header, problems)
    if problems:
        raise BadInput("\n".join(problems))
    if not tasks:
        raise BadInput(f"{path}: the suite is empty; add task folders (prompt.md, golden.py, checks.py), *.jsonl or *.parquet")
    return Suite(header=header, tasks=tuple(tasks), path=path)


def validate(rows: Iterable[Mapping[str, Any]], header: SuiteHeader, problems: list[str]) -> list[Task]:
    """Turn rows into tasks under a header's defaults; findings are appended to ``problems``."""
    tasks: list[Task] = []
    seen: dict[str, str] = {}
    groups: dict[str, tuple[str, str]] = {}
    for row in rows:
        place = str(row.get("source", header.name))
        tags = row.get("tags")
        defaults = _defaults(header, tags if isinstance(tags, (list, tuple)) else ())
        own = {k: _tidy(k, v) for k, v in row.items() if k != "suite"}
        try:
            task = Task.model_validate(_overlay({**defaults, "suite": header.name}, own))
        except ValidationError as error:
            problems += [f"{place}: {finding}" for _, finding in findings(error, Task)]
            continue
        problems += [f"{place}: the {key} is empty" for key in ("id", "group", "prompt") if not getattr(task, key).strip()]
        if task.id in seen:
            problems.append(f"{place}: task id {task.id!r} is already used at {seen[task.id]}; ids must be unique")
        seen[task.id] = place
        split, first = groups.setdefault(task.group, (task.split, place))
        if split != task.split:
            problems.append(
                f"{place}: group {task.group!r} is in split {task.split!r} here and in {split!r} at {first}; "
                "a group belongs to one split, or the holdout leaks"
            )
        if task.split == "train" and not task.train_ok:
            problems.append(f"{place}: split 'train', but the licence {task.licence!r} forbids training; use 'holdout'")
        problems += [f"{place}: {finding}" for finding in _unsound(task)]
        problems += [found if found.startswith(place) else f"{place}: {found}" for found in problems_of(task)]
        tasks.append(task)
    return tasks


def _unsound(task: Task) -> Iterator[str]:
    """What no sandbox and no tokenizer can take, whatever the kind; names in projects are their grader's to judge."""
    for key in ("id", "prompt", "golden", "checks"):
        if "\0" in getattr(task, key):
            yield f"{key}: holds a NUL character; take it out"
    for name in task.starter if task.kind not in ("tests", "patch") else ():
        if _leaves(name):
            yield f"starter: the file {name!r} leaves the task's folder; give a name relative to it"


def _leaves(name: str) -> bool:
    return not name or "\0" in name or Path(name).is_absolute() or ".." in Path(name).parts


def _defaults(header: SuiteHeader, tags: Iterable[Any]) -> dict[str, Any]:
    """What a task with these tags has where it says nothing itself: the suite's values, then its slices'."""
    values = header.model_dump(mode="json", exclude={"name", "description", "slices"})
    for tag in tags:
        if isinstance(tag, str):
            values = _overlay(values, header.slices.get(tag, {}))
    return values


def _overlay(values: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """``more`` wins; of the limits, those that it names."""
    limits = [part["limits"] for part in (values, more) if isinstance(part.get("limits"), Mapping)]
    merged = {**values, **more}
    if len(limits) == 2:
        merged["limits"] = {**limits[0], **limits[1]}
    return merged


def _tidy(key: str, value: Any) -> Any:
    """Line ends and outer blank lines are the form's, not the task's: all three forms load to the same digest."""
    if key not in {"prompt", "golden", "checks", "public", "fuzz"} or not isinstance(value, str):
        return value
    return _unix(value).strip() if key == "prompt" else _unix(value)


def _header(file: Path, problems: list[str]) -> SuiteHeader:
    """``suite.yaml``; where keys of it are wrong, the rest of it, so that the tasks can be read all the same.

    Raises:
        BadInput: it is no YAML at all.
    """
    text = _text(file)
    values = _yaml(file, text)
    values = {} if values is None else values
    try:
        return SuiteHeader.model_validate(values)
    except ValidationError as error:
        found = findings(error, SuiteHeader)
        problems += [f"{file}{_line(text, loc)}: {finding}" for loc, finding in found]
        wrong = {loc[0] for loc, _ in found if loc}
        kept = {k: v for k, v in values.items() if k not in wrong} if isinstance(values, dict) else {}
        return SuiteHeader.model_validate({"name": file.parent.name, **kept})


def _yaml(file: Path, text: str, before: int = 0) -> Any:
    """The value of YAML text that starts after ``before`` lines of a file.

    Raises:
        BadInput: it is none; at its line.
    """
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1 + before}" if mark is not None else ""
        raise BadInput(f"{file}{line}: not YAML: {getattr(error, 'problem', None) or ' '.join(str(error).split())}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{file}: not YAML: {type(error).__name__}: {error}") from None


def _line(text: str, loc: Sequence[str | int]) -> str:
    """``:LINE`` of a key in YAML text, or of the innermost part of its path that is there; empty where none is."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    found = ""
    for part in loc:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        key, node = next(((key, value) for key, value in pairs if key.value == str(part)), (None, None))
        if key is None:
            break
        found = f":{key.start_mark.line + 1}"
    return found


def _read_jsonl(file: Path, problems: list[str]) -> Iterator[dict[str, Any]]:
    for number, value in scan_jsonl(file, problems):
        if isinstance(value, dict):
            yield {**value, "source": f"{file}:{number}"}
        else:
            problems.append(f"{file}:{number}: expected an object with a task's keys, found {type(value).__name__}")


def _read_parquet(file: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        rows = parquet.read_table(file).to_pylist()
    except (arrow.ArrowException, OSError) as error:
        raise BadInput(f"{file}: not Parquet: {error}") from None
    for number, row in enumerate(rows, 1):
        place = f"{file}:row {number}"
        try:
            yield {**_unpack(row), "source": place}
        except orjson.JSONDecodeError as error:
            raise BadInput(f"{place}: one of {', '.join(_NESTED)} is not JSON ({error.msg})") from None


def _task_folders(root: Path) -> list[Path]:
    """Folders with a ``prompt.md``, without those inside another task's folder (its starter files)."""
    folders = {prompt.parent for prompt in root.rglob("prompt.md")}
    return sorted(folder for folder in folders if folder != root and folders.isdisjoint(set(folder.parents) - {root}))


def _read_folder(root: Path, folder: Path) -> Iterator[dict[str, Any]]:
    text = _unix(_text(folder / "prompt.md"))
    meta: dict[str, Any] = {}
    if text.startswith("---\n"):
        front, _, text = text[3:].partition("\n---\n")
        meta = _yaml(folder / "prompt.md", front.removeprefix("\n"), before=1) or {}
        if not isinstance(meta, dict):
            raise BadInput(f"{folder / 'prompt.md'}: the front matter must be keys and values, found {meta!r}")
    goldens = sorted(folder.glob("golden.*"))
    if len(goldens) != 1:
        found = ", ".join(p.name for p in goldens) or "none"
        raise BadInput(f"{folder}: needs exactly one golden file (golden.py, golden.sql, ...), found {found}")
    starter, tests = folder / "starter", folder / "tests"
    between = folder.relative_to(root).parts[:-1]
    listed = meta.pop("tags", None) or []
    if not isinstance(listed, list):
        raise BadInput(f"{folder / 'prompt.md'}: tags must be a list such as [strings, slow], found {listed!r}")
    tags = [*between, *(tag for tag in listed if tag not in between)]
    yield {
        "id": folder.name,
        "prompt": text.strip(),
        "golden": _text(goldens[0]),
        **{part: text for part in ("checks", "public", "fuzz") if (text := _part(folder, part))},
        "cases": _cases(folder / _CASES) if (folder / _CASES).is_file() else [],
        "starter": {str(p.relative_to(starter)): _text(p) for p in sorted(starter.rglob("*")) if p.is_file()},
        "tests": {str(p.relative_to(folder)): _text(p) for p in sorted(tests.rglob("*")) if p.is_file()},
        "tags": tags,
        "source": str(folder),
        **meta,
    }


def _cases(file: Path) -> list[Any]:
    problems: list[str] = []
    cases = [case for _, case in scan_jsonl(file, problems)]
    if problems:
        raise BadInput("\n".join(problems))
    return cases


def _part(folder: Path, name: str) -> str:
    """The text of ``name.*`` in a task's folder; empty where there is none.

    Raises:
        BadInput: two files claim to be it.
    """
    found = sorted(folder.glob(f"{name}.*"))
    if len(found) > 1:
        raise BadInput(f"{folder}: one {name} file is enough, found {', '.join(p.name for p in found)}")
    return _text(found[0]) if found else ""


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()  # as it is: read_text would change line ends in starter files
    except UnicodeDecodeError as error:
        raise BadInput(f"{file}: not UTF-8 ({error})") from None
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error.strerror}") from None


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")


_IDS = ("fail_to_pass", "pass_to_pass")
_EMPTY = ("tags", "starter", "checks", "public", "fuzz", "compare", "cases", "entry", "tests", *_IDS, "protected", "metrics")
_NESTED = ("starter", "limits", "tags", "cases", "tests", *_IDS, "protected", "metrics")


def _unpack(row: Mapping[str, Any]) -> dict[str, Any]:
    """Parquet rows hold nested values as JSON text."""
    return {k: orjson.loads(v) if k in _NESTED and isinstance(v, str) else v for k, v in row.items() if v is not None}


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
        _require_file_names(suite)
        for task, row in zip(suite.tasks, rows, strict=True):
            _write_folder(out, task, row)
    write_atomic(out / SUITE_FILE, yaml.safe_dump(header, sort_keys=False, allow_unicode=True, width=110).encode())


def _row(task: Task, header: SuiteHeader) -> dict[str, Any]:
    """What a task says itself, beyond what it would have in this suite anyway."""
    values = task.model_dump(mode="json", exclude={"suite"})
    blank = Task(id="", suite="", split="train", group="", prompt="", golden="").model_dump(mode="json")
    defaults = {**{name: value for name, value in blank.items() if name in _EMPTY}, **_defaults(header, task.tags)}
    return {k: v for k, v in values.items() if k not in defaults or defaults[k] != v}


def _require_file_names(suite: Suite) -> None:
    problems = []
    for task in suite.tasks:
        for what, name in [("id", task.id), *(("first tag", tag) for tag in task.tags[:1])]:
            if name in {"", ".", ".."} or set("/\\\0") & set(name):
                problems.append(f"{task.source or task.key}: the {what} {name!r} cannot be a folder's name")
        for name in (*task.starter, *task.tests):
            if _leaves(name):
                problems.append(f"{task.source or task.key}: the file {name!r} leaves the task's folder")
        outside = [name for name in task.tests if not name.startswith("tests/")]
        problems += [f"{task.source or task.key}: the test file {name!r} is not below tests/" for name in outside]
    if problems:
        raise BadInput("\n".join([*problems, "export as jsonl or parquet instead"]))


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
        write_jsonl(folder / _CASES, task.cases)
    for name, text in (*((f"starter/{name}", text) for name, text in task.starter.items()), *task.tests.items()):
        write_atomic(folder / name, text.encode())
