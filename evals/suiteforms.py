"""Reading a suite's folder: ``suite.yaml`` and tasks as folders, JSONL or Parquet, as rows with their places.

A task folder holds ``prompt.md`` (front matter: split, group, tags, and any other key of ``records.Task``), the golden
(``golden.py``, ``.sql``, ``.js``, ``.ts``, ``.tsx`` or ``.diff``) and what grades it: ``checks.*`` (asserts in the task's
language), ``public.*`` (those of them that the prompt shows), ``fuzz.py`` (hidden inputs), ``cases.jsonl`` (input and
output of a program) or ``tests/`` (test files, each at ``tests/NAME`` in the project); ``starter/`` holds the files that
the answer works on. Its id is its name; the folders between it and the suite are its first tags.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from evals.errors import BadInput, TaskFault
from evals.files import findings
from evals.graders import grader_for
from evals.records import Task
from evals.tables import COMPRESSIONS, LINES, UnreadableRow, line_rows, table_rows
from evals.validation import RowPlaces, SuiteHeader
from evals.yamlfiles import Place, YamlText, parse_yaml

SUITE_FILE = "suite.yaml"
CASES = "cases.jsonl"
NESTED = ("starter", "limits", "tags", "cases", "tests", "fail_to_pass", "pass_to_pass", "packages", "protected", "metrics")
"""Keys of a task that are JSON text in Parquet."""
_ENDINGS = (*LINES, ".parquet")
_PARTS = ("golden", "checks", "public", "fuzz")
_FILES = ("prompt.md", CASES, "fuzz.py", "starter", "tests")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteText:
    """A suite's folder as it was read: ``header`` is None if ``suite.yaml`` is not YAML at all.

    ``problems`` are located findings; rows stand for the tasks that could be read, with their ``places``.
    """

    header: SuiteHeader | None
    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    places: RowPlaces = field(default_factory=RowPlaces)


def read_suite(folder: Path) -> SuiteText:
    """Read a suite's folder. Nothing is raised for what is wrong in it: every finding is in ``problems``."""
    problems: list[str] = []
    text = SuiteText(header=_read_header(folder / SUITE_FILE, problems), problems=problems)
    for file in sorted(file for file in folder.iterdir() if _is_table(file)):
        try:
            rows = _rows_of(file, problems)
            text.rows.extend(rows)
        except BadInput as error:
            problems.append(str(error))
    folders = _task_folders(folder)
    for task_folder in folders:
        text.rows.append(_read_folder(folder, task_folder, text))
    problems += _folders_without_prompt(folder, folders)
    if text.header is not None and not _knows_kind(text.header):
        text.places.incomplete.update(str(row["source"]) for row in text.rows)  # reported for the suite, not for each task
    return text


def _is_table(file: Path) -> bool:
    return any(file.name.endswith(ending + packed) for ending in _ENDINGS for packed in ("", *COMPRESSIONS))


def _read_header(file: Path, problems: list[str]) -> SuiteHeader | None:
    """``suite.yaml``; if some of its keys are wrong, the rest, so that the tasks can still be checked."""
    parsed = _parse(lambda: _text(file), str(file), 1, problems)
    if parsed is None:
        return None
    values = {} if parsed.value is None else parsed.value
    wrong: set[str | int] = set()
    try:
        header = SuiteHeader.model_validate(values)
    except ValidationError as error:
        for loc, finding in findings(error, SuiteHeader):
            problems.append(f"{_at(str(file), parsed, loc)}: {finding}")
            wrong.update(loc[:1])
        kept = {k: v for k, v in values.items() if k not in wrong} if isinstance(values, dict) else {}
        header = SuiteHeader.model_validate({"name": file.parent.name, **kept})
    if not header.name.strip() or set("/\0") & set(header.name):
        problems.append(
            f"{_at(str(file), parsed, ('name',))}: name: a suite's name is part of its tasks' keys (suite/id): expected text "
            f"without '/', got {header.name!r}"
        )
    try:
        grader_for(header.kind)
    except TaskFault as error:
        problems.append(f"{_at(str(file), parsed, ('kind',))}: {error}")
    for name, changes in header.slices.items():
        problems += (
            f"{_at(str(file), parsed, ('slices', name, *loc))}: slices.{name}.{finding}"
            for loc, finding in _slice_findings(changes)
        )
    return header


def _knows_kind(header: SuiteHeader) -> bool:
    try:
        grader_for(header.kind)
    except TaskFault:
        return False
    return True


def _slice_findings(changes: Mapping[str, Any]) -> list[tuple[Place, str]]:
    """What is wrong with the values that a slice gives its tasks."""
    own = {"id": "x", "suite": "x", "split": "dev", "group": "x", "prompt": "x", "golden": ""}
    try:
        Task.model_validate({**own, **changes})
    except ValidationError as error:
        return findings(error, Task)
    return []


def _parse(read: Callable[[], str], place: str, first_line: int, problems: list[str]) -> YamlText | None:
    """YAML with its lines; None if it is not YAML."""
    try:
        return parse_yaml(read(), place, first_line=first_line, problems=problems)
    except BadInput as error:
        problems.append(str(error))
        return None


def _at(place: str, parsed: YamlText, loc: Place) -> str:
    line = parsed.line(loc)
    return f"{place}:{line}" if line else place


def _rows_of(file: Path, problems: list[str]) -> Iterator[dict[str, Any]]:
    lines = not file.name.endswith(tuple(".parquet" + packed for packed in ("", *COMPRESSIONS)))
    for row in line_rows(file, expected="an object with a task's keys") if lines else table_rows(file):
        if isinstance(row, UnreadableRow):
            problems.append(str(row))
            continue
        try:
            yield {**(row.values if lines else _unpack(row.values)), "source": row.place}
        except orjson.JSONDecodeError as error:
            problems.append(f"{row.place}: one of {', '.join(NESTED)} is not JSON ({error.msg})")


def _task_folders(root: Path) -> list[Path]:
    """Folders with a ``prompt.md``, without hidden ones and those inside another task's folder (its starter files)."""
    folders = {prompt.parent for prompt in root.rglob("prompt.md") if not _is_hidden(prompt.relative_to(root))}
    return sorted(folder for folder in folders if folder != root and folders.isdisjoint(set(folder.parents) - {root}))


def _is_hidden(path: Path) -> bool:
    """Whether a folder on the way has a name that starts with a dot, as those have that are being written."""
    return any(part.startswith(".") for part in path.parts)


def _folders_without_prompt(root: Path, folders: list[Path]) -> Iterator[str]:
    """Folders that hold a golden and would be ignored silently."""
    known = set(folders)
    for folder in sorted({golden.parent for golden in root.rglob("golden.*")} - known):
        if _is_hidden(folder.relative_to(root)):
            continue
        if known.isdisjoint(folder.parents):
            yield f"{folder}: holds a golden but no prompt.md; a task needs both, or move the file out of the suite"


def _read_folder(root: Path, folder: Path, suite: SuiteText) -> dict[str, Any]:
    """The row of a task's folder. Where a part of it cannot be read, the row is marked as incomplete in ``suite.places``."""
    source, problems = str(folder), list[str]()
    places: dict[Place, str] = {}
    prompt, meta = _read_prompt(folder / "prompt.md", places, problems)
    parts = {name: _part(folder, name, problems) for name in _PARTS}
    if not parts["golden"] and not any(folder.glob("golden.*")):
        problems.append(f"{folder}: needs exactly one golden file (golden.py, golden.sql, ...), found none")
    problems += (
        f"{places[key,]}: {key}: is given here and in a file of the folder; keep one"
        for key in _PARTS
        if key in meta and parts[key]
    )
    problems += _misspelt(folder)
    between = folder.relative_to(root).parts[:-1]
    listed = meta.pop("tags", None) or []
    if not isinstance(listed, list):
        problems.append(f"{folder / 'prompt.md'}: tags must be a list such as [strings, slow], found {listed!r}")
        listed = []
    row = {
        "id": folder.name,
        "prompt": prompt,
        **{name: text for name, text in parts.items() if text or name == "golden"},
        "cases": _cases(folder / CASES, places, problems) if (folder / CASES).is_file() else [],
        "starter": _files(folder / "starter", folder / "starter", problems),
        "tests": _files(folder / "tests", folder, problems),
        "tags": [*between, *(tag for tag in listed if tag not in between)],
        "source": source,
        **meta,
    }
    suite.places.keys[source] = places
    if problems:
        suite.places.incomplete.add(source)
        suite.problems.extend(problems)
    return row


def _read_prompt(file: Path, places: dict[Place, str], problems: list[str]) -> tuple[str, dict[str, Any]]:
    """The prompt and its front matter, whose keys' places are added to ``places``."""
    try:
        text = _text(file).replace("\r\n", "\n")
    except BadInput as error:
        problems.append(str(error))
        return "", {}
    if not text.startswith("---\n"):
        return text.strip(), {}
    front, closed, rest = text[3:].partition("\n---\n")
    if not closed:
        problems.append(f"{file}:1: the front matter is not closed; put a line of three dashes below its last key")
        return text.strip(), {}
    parsed = _parse(lambda: front.removeprefix("\n"), str(file), 2, problems)
    meta = {} if parsed is None or parsed.value is None else parsed.value
    if not isinstance(meta, dict):
        problems.append(f"{file}: the front matter must be keys and values, found {meta!r}")
        meta = {}
    if parsed is not None:
        places.update({place: f"{file}:{line}" for place, line in parsed.lines.items()})
    return rest.strip(), meta


def _misspelt(folder: Path) -> Iterator[str]:
    """Names in a task's folder that are nearly one of those that are read: otherwise they would be ignored silently."""
    for path in sorted(folder.iterdir()):
        known = path.name in _FILES if path.is_dir() or path.stem not in _PARTS else True
        names = [*_FILES, *(f"{part}{path.suffix}" for part in _PARTS)]
        if not known and (near := difflib.get_close_matches(path.name, names, 1, 0.8)):
            yield f"{path}: no part of a task has this name (did you mean {near[0]!r}?)"


def _cases(file: Path, places: dict[Place, str], problems: list[str]) -> list[Any]:
    cases: list[Any] = []
    try:
        for row in line_rows(file, expected="an object with stdin and stdout"):
            if isinstance(row, UnreadableRow):
                problems.append(str(row))
            else:
                places["cases", len(cases)] = row.place
                cases.append(row.values)
    except BadInput as error:
        problems.append(str(error))
    return cases


def _files(folder: Path, base: Path, problems: list[str]) -> dict[str, str]:
    texts = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            try:
                texts[str(file.relative_to(base))] = _text(file)
            except BadInput as error:
                problems.append(str(error))
    return texts


def _part(folder: Path, name: str, problems: list[str]) -> str:
    """The text of ``name.*`` in a task's folder; empty if there is none, or if two files could be it."""
    files = sorted(folder.glob(f"{name}.*"))
    if len(files) > 1:
        listed = ", ".join(file.name for file in files)
        exactly = "needs exactly one golden file" if name == "golden" else f"one {name} file is enough"
        problems.append(f"{folder}: {exactly}, found {listed}")
    try:
        return _text(files[0]) if len(files) == 1 else ""
    except BadInput as error:
        problems.append(str(error))
        return ""


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")  # not read_text, which would convert line ends in starter files
    except UnicodeDecodeError as error:
        raise BadInput(f"{file}: not UTF-8 ({error})") from None
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error.strerror}") from None


def _unpack(row: Mapping[str, Any]) -> dict[str, Any]:
    """Parquet rows hold nested values as JSON text."""
    return {k: orjson.loads(v) if k in NESTED and isinstance(v, str) else v for k, v in row.items() if v is not None}
