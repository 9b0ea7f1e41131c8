"""Any table of tasks by a map of its columns: ``table:PATH`` for every table format, ``hub:ORG/NAME`` for datasets.

The map is YAML beside the file (``tasks.csv.yaml``, or ``columns.yaml`` in its folder): the keys of ``suite.yaml``, ``columns``
(a task's key: the column, or ``=`` and a constant), ``splits`` (a value of the table: train, dev or holdout). A split in the
table wins; without one it follows from the group. Without a licence that is known to allow training, or ``train_ok:
true`` in the map, every task is holdout. ``hub`` takes a folder of ``Dataset.save_to_disk``, a clone of a dataset's repository
or a name of the hub, with ``?config=``, ``?split=``, ``?revision=`` and ``?columns=MAP.yaml``; dataset scripts never run. A
file is a table to both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from evals.errors import BadInput, TaskFault, install_command
from evals.files import findings
from evals.importers import Imported, of_row, unix
from evals.importers.partial import build_partial, may_train, split_options
from evals.records import BLIND, Split, Task
from evals.splits import assign_split
from evals.tables import ENDINGS, TABLES, TableRow, read_rows, suffix_of
from evals.validation import SuiteHeader
from evals.yamlfiles import read_yaml

MAP_FILE = "columns.yaml"
_FILLED = set(Task.model_fields) - {"suite", "source"}
_NEEDED = ("prompt",)
_NESTED = {"starter", "cases", "tests", "limits", "metrics", "fail_to_pass", "pass_to_pass", "protected", "tags"}
_SPLITS: Mapping[str, Split] = {
    **{"train": "train", "training": "train", "dev": "dev", "validation": "dev", "valid": "dev", "val": "dev"},
    **{"test": "holdout", "holdout": "holdout", "eval": "holdout", "final": "final"},
}
_SAVED = ("dataset_dict.json", "dataset_info.json")  # what save_to_disk leaves
_OPTIONS = {
    "config": "a configuration of the dataset",
    "split": "one split of the dataset",
    "revision": "a commit of the dataset",
    "columns": "the file of the column map",
}


class TableMap(SuiteHeader):
    """What a table's columns mean. ``train_ok`` None: the licence of each row decides."""

    name: str = ""
    train_ok: bool | None = None  # type: ignore[assignment]
    columns: Mapping[str, str] = Field(default_factory=dict)
    splits: Mapping[str, Split] = Field(default_factory=dict)


def import_table(path: Path, columns: Mapping[str, str] | None = None, name: str = "") -> Imported:
    """Read a table, with the map beside it; ``columns`` and ``name`` win over the map's.

    Raises:
        BadInput: no table, no map, or rows that do not make tasks; every finding with its place.
    """
    place, options = split_options(path, {"columns": _OPTIONS["columns"]})
    file = _table_file(place)
    beside = [file.with_name(file.name + ".yaml"), file.parent / MAP_FILE]
    table_map = _read_map(Path(options["columns"])) if "columns" in options else _first_map(beside)
    problems: list[str] = []
    named = {**table_map.columns, **(columns or {})}
    rows = read_rows(file, problems, known=frozenset(column.lower() for column in named.values()))
    mapping = _completed(table_map, columns, name or file.name.split(".")[0], beside)
    return _import(mapping, rows, file, problems)


def import_hub(path: Path, columns: Mapping[str, str] | None = None, name: str = "") -> Imported:
    """Read a dataset, from a folder or by its name on the hub; a file is read as a table.

    Raises:
        BadInput: as ``import_table``; or the package ``datasets`` is missing, or has no such dataset.
    """
    place, options = split_options(path, _OPTIONS)
    if place.is_file():
        return import_table(path, columns, name)
    beside = [place / MAP_FILE]
    table_map = _read_map(Path(options["columns"])) if "columns" in options else _first_map(beside)
    mapping = _completed(table_map, columns, name or place.name, beside)
    wanted = {column for column in mapping.columns.values() if not column.startswith("=")}
    return _import(mapping, list(_hub_rows(place, options, wanted)), place, [])


def _table_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    tables = sorted(file for file in path.iterdir() if file.is_file() and suffix_of(file) in TABLES)
    if len(tables) != 1:
        listed = ", ".join(file.name for file in tables) or "none"
        raise BadInput(f"{path}: expected one table ({ENDINGS}) in this folder, found {listed}; give the file")
    return tables[0]


def _first_map(places: Sequence[Path]) -> TableMap:
    return next((_read_map(place) for place in places if place.is_file()), TableMap())


def _read_map(file: Path) -> TableMap:
    """The map of a table's columns.

    Raises:
        BadInput: not YAML, keys given twice, unknown keys, or values of another kind: each with its line.
    """
    parsed = read_yaml(file)
    try:
        return TableMap.model_validate(parsed.value or {})
    except ValidationError as error:
        located = ((parsed.line(loc), finding) for loc, finding in findings(error, TableMap))
        raise BadInput("\n".join(f"{file}:{line}: {text}" if line else f"{file}: {text}" for line, text in located)) from None


def _completed(table_map: TableMap, columns: Mapping[str, str] | None, name: str, beside: Sequence[Path]) -> TableMap:
    merged = {**table_map.columns, **(columns or {})}
    problems = [
        f"columns.{key}: no key of a task; there are: {', '.join(sorted(_FILLED))}" for key in merged if key not in _FILLED
    ]
    problems += [
        f"no column for {key!r}: give --column {key}=COLUMN, or columns: {{{key}: COLUMN}} in {beside[0]}"
        for key in _NEEDED
        if key not in merged
    ]
    if problems:
        raise BadInput("\n".join(problems))
    return table_map.model_copy(update={"columns": merged, "name": table_map.name or name})


def _import(mapping: TableMap, rows: Sequence[TableRow], path: Path, problems: list[str]) -> Imported:
    tasks = []
    kept_back = 0
    for number, row in enumerate(rows, 1):
        try:
            task = _task(mapping, row, number)
        except TaskFault as error:
            problems += of_row(row, [f"{row.place}: {line}" for line in str(error).splitlines()])
            continue
        if task["split"] not in BLIND and not task["train_ok"]:
            task["split"] = "holdout"
            kept_back += 1
        tasks.append(task)
    notes = [f"{path}: {kept_back} tasks are holdout: their licence is not known to allow training"] if kept_back else []
    header = SuiteHeader.model_validate(
        {**mapping.model_dump(mode="json", exclude={"columns", "splits"}), "train_ok": mapping.train_ok is not False}
    )
    return build_partial(header, tasks, problems, path, notes)


def _task(mapping: TableMap, row: TableRow, number: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    problems = []
    for key, column in mapping.columns.items():
        if not column.startswith("=") and column not in row.values:
            there = ", ".join(map(str, row.values))
            problems.append(f"no column {column!r} for {key}; there are: {there:.200}")
            continue
        value = column[1:] if column.startswith("=") else row.values[column]
        try:
            if value is not None and value != "":
                values[key] = _value(key, value)
        except TaskFault as error:
            problems.append(f"{column}: {error}")
    if problems:
        raise TaskFault("\n".join(problems))
    name = str(values.get("id", number)).replace("/", "-").replace("\\", "-")
    group = str(values.get("group", name))
    licence = str(values.get("licence", mapping.licence))
    allowed = mapping.train_ok if mapping.train_ok is not None else may_train(licence)
    return {
        "golden": "",
        **values,
        "id": name,
        "group": group,
        "split": _split(mapping, row, values.get("split", row.values.get(_OWN_SPLIT)), group),
        "licence": licence,
        "train_ok": values.get("train_ok", allowed),
        "source": row.place,
    }


_OWN_SPLIT = "\0split"  # where rows of the hub carry their split; no column can have this name


def _split(mapping: TableMap, row: TableRow, value: Any, group: str) -> Split:
    if value is None:
        return assign_split(mapping.name, group)
    known = {**_SPLITS, **mapping.splits}
    if str(value) not in known:
        raise TaskFault(f"split: expected one of {', '.join(known)}, found {value!r:.40}; say what it is under splits:")
    return known[str(value)]


def _value(key: str, value: Any) -> Any:
    """A cell as a task's value: nested ones may be JSON text, checks a list of lines.

    Raises:
        TaskFault: it is neither.
    """
    if key in _NESTED:
        return _nested(key, value)
    if key == "train_ok":
        allowed = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(str(value).lower())
        if allowed is None:
            raise TaskFault(f"expected true or false, found {value!r:.40}")
        return allowed
    if key in {"checks", "public"} and isinstance(value, list):
        return "\n".join(map(str, value)) + "\n"
    if isinstance(value, (dict, list, bytes)):
        raise TaskFault(f"expected text for {key}, found {type(value).__name__}")
    return unix(value) if isinstance(value, str) else str(value)


def _nested(key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value.lstrip()[:1] in {"[", "{"}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError) as error:
            raise TaskFault(f"not JSON: {error}") from None
    if key in {"tags", "protected", "fail_to_pass", "pass_to_pass"}:
        return [part.strip() for part in value.split(",") if part.strip()]
    raise TaskFault(f"expected JSON for {key}, found {value!r:.60}")


def _hub_rows(path: Path, options: Mapping[str, str], wanted: set[str]) -> Iterator[TableRow]:
    try:
        import datasets
    except ImportError:
        raise BadInput(f"datasets of the hub need a package: {install_command('datasets')}") from None
    where = str(path) if path.is_dir() else "/".join(path.parts[-2:])
    if not path.is_dir() and (len(path.parts) < 2 or suffix_of(path) in TABLES):
        raise BadInput(f"{path}: no such folder or file, and no ORG/NAME of a dataset")
    try:
        if any((path / mark).is_file() for mark in _SAVED):
            loaded = datasets.load_from_disk(where)
        else:
            loaded = datasets.load_dataset(where, options.get("config"), revision=options.get("revision"))
    except Exception as error:  # of many kinds: from the network, the hub, the readers
        network = isinstance(error, ConnectionError) or "ConnectError" in type(error).__name__
        fix = f"; without a network, give the folder of a clone or a file, such as {path.name}.jsonl" if network else ""
        raise BadInput(f"{where}: not a dataset that can be read: {type(error).__name__}: {error}{fix}") from None
    parts = dict(loaded) if isinstance(loaded, datasets.DatasetDict) else {str(loaded.split or ""): loaded}
    if "split" in options:
        if options["split"] not in parts:
            raise BadInput(f"{where}: split {options['split']!r}: there are: {', '.join(parts)}")
        parts = {options["split"]: parts[options["split"]]}
    for split, part in parts.items():
        if lost := sorted(wanted - set(part.column_names)):
            raise BadInput(f"{where}: no column {lost[0]!r}; there are: {', '.join(part.column_names)}")
        for number, values in enumerate(part.select_columns(sorted(wanted)), 1):
            own = {_OWN_SPLIT: split} if split else {}
            yield TableRow(place=f"{where}: {split or 'all'} row {number}", values={**values, **own})
