"""Any table of tasks by a map of its columns: ``table:PATH`` for every table format, ``hub:ORG/NAME`` for datasets.

The map is YAML beside the file (``tasks.csv.yaml``, or ``columns.yaml`` in its folder), the file that ``?map=FILE`` names, or a
shipped one (``?map=apps``, see ``MAPS``): the keys of ``suite.yaml``, ``columns`` (a task's key: the column, ``a.b`` within it,
or ``=`` and a constant), ``templates`` (a task's key: jinja2 over the row, see ``evals.importers.templates``), ``leave_out`` (a
template that gives a row's reason to be left out, else nothing), ``splits`` (a value of the table: train, dev or holdout). A
split in the table wins; without one it follows from the group. Without a licence that is known to allow training, or ``train_ok:
true`` in the map, every task is holdout. ``hub`` takes a folder of ``Dataset.save_to_disk``, a clone of a dataset's repository
or a name of the hub, with ``?config=``, ``?split=``, ``?revision=`` and ``?map=``; dataset scripts never run. A
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
from evals.importers.templates import RowTemplates, compile_templates
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
MAPS = Path(__file__).parent / "maps"
"""The maps that are shipped, one YAML file a benchmark."""
_OPTIONS = {
    "config": "a configuration of the dataset",
    "split": "one split of the dataset",
    "revision": "a commit of the dataset",
    "map": "a map's file, or the name of a shipped one",
    "columns": "the same as map",
}


class TableMap(SuiteHeader):
    """What a table's columns mean. ``train_ok`` None: the licence of each row decides."""

    name: str = ""
    train_ok: bool | None = None  # type: ignore[assignment]
    columns: Mapping[str, str] = Field(default_factory=dict)
    templates: Mapping[str, str | Mapping[str, str]] = Field(default_factory=dict)
    leave_out: str = ""
    splits: Mapping[str, Split] = Field(default_factory=dict)


def import_table(path: Path, columns: Mapping[str, str] | None = None, name: str = "", mapped_by: str = "") -> Imported:
    """Read a table, with the map beside it or the one of ``mapped_by``; ``columns`` and ``name`` win over the map's.

    Raises:
        BadInput: no table, no map, or rows that do not make tasks; every finding with its place.
    """
    place, options = split_options(path, {key: _OPTIONS[key] for key in ("map", "columns")})
    file = _table_file(place)
    beside = [file.with_name(file.name + ".yaml"), file.parent / MAP_FILE]
    table_map = _chosen_map(options, mapped_by, beside)
    problems: list[str] = []
    named = {*table_map.columns.values(), *(columns or {}).values(), *(compile_templates(table_map.templates).columns or ())}
    rows = read_rows(file, problems, known=frozenset(column.lower() for column in named))
    mapping, templates = _completed(table_map, columns, name or file.name.split(".")[0], beside)
    return _import(mapping, templates, rows, file, problems)


def import_hub(path: Path, columns: Mapping[str, str] | None = None, name: str = "", mapped_by: str = "") -> Imported:
    """Read a dataset, from a folder or by its name on the hub; a file is read as a table.

    Raises:
        BadInput: as ``import_table``; or the package ``datasets`` is missing, or has no such dataset.
    """
    place, options = split_options(path, _OPTIONS)
    if place.is_file():
        return import_table(path, columns, name, mapped_by)
    beside = [place / MAP_FILE]
    mapping, templates = _completed(_chosen_map(options, mapped_by, beside), columns, name or place.name, beside)
    return _import(mapping, templates, list(_hub_rows(place, options, _columns_of(mapping, templates))), place, [])


def _columns_of(mapping: TableMap, templates: RowTemplates) -> set[str] | None:
    """The columns that a map reads; None is all of them."""
    if templates.columns is None:
        return None
    named = {column for column in mapping.columns.values() if not column.startswith("=")}
    return named | templates.columns


def _chosen_map(options: Mapping[str, str], mapped_by: str, beside: Sequence[Path]) -> TableMap:
    named = mapped_by or options.get("map") or options.get("columns")
    if not named:
        return _first_map(beside)
    shipped = MAPS / f"{named}.yaml"
    if "/" not in named and not Path(named).exists() and not shipped.is_file():
        there = ", ".join(sorted(file.stem for file in MAPS.glob("*.yaml")))
        raise BadInput(f"map {named!r}: no such file, and none of the shipped maps: {there}")
    return _read_map(Path(named) if Path(named).exists() or "/" in named else shipped)


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


def _completed(
    table_map: TableMap, columns: Mapping[str, str] | None, name: str, beside: Sequence[Path]
) -> tuple[TableMap, RowTemplates]:
    merged = {**table_map.columns, **(columns or {})}
    given = {"columns": merged, "templates": table_map.templates}
    problems = [
        f"{part}.{key}: no key of a task; there are: {', '.join(sorted(_FILLED))}"
        for part, keys in given.items()
        for key in keys
        if key not in _FILLED
    ]
    own = {key: text for key, text in table_map.templates.items() if key not in (columns or {})}
    templates = compile_templates(own, table_map.leave_out)
    problems += templates.problems
    problems += [
        f"no column for {key!r}: give --column {key}=COLUMN, or columns: {{{key}: COLUMN}} in {beside[0]}"
        for key in _NEEDED
        if key not in merged and key not in table_map.templates
    ]
    if problems:
        raise BadInput("\n".join(problems))
    return table_map.model_copy(update={"columns": merged, "name": table_map.name or name}), templates


def _import(mapping: TableMap, templates: RowTemplates, rows: Sequence[TableRow], path: Path, problems: list[str]) -> Imported:
    tasks = []
    kept_back = 0
    notes: list[str] = []
    for number, row in enumerate(rows, 1):
        try:
            values = {name: value for name, value in row.values.items() if name != _OWN_SPLIT}
            if reason := templates.reason(values):
                notes.append(f"{row.place}: {reason}")
                continue
            task = _task(mapping, templates.fill(values), row, number)
        except TaskFault as error:
            problems += of_row(row, [f"{row.place}: {line}" for line in str(error).splitlines()])
            continue
        if task["split"] not in BLIND and not task["train_ok"]:
            task["split"] = "holdout"
            kept_back += 1
        tasks.append(task)
    if kept_back:
        notes.append(f"{path}: {kept_back} tasks are holdout: their licence is not known to allow training")
    own = {"columns", "templates", "leave_out", "splits"}
    header = SuiteHeader.model_validate(
        {**mapping.model_dump(mode="json", exclude=own), "train_ok": mapping.train_ok is not False}
    )
    return build_partial(header, tasks, problems, path, notes)


def _task(mapping: TableMap, filled: Mapping[str, Any], row: TableRow, number: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    problems = []
    given: dict[str, Any] = {}
    for key, column in mapping.columns.items():
        try:
            given[key] = column[1:] if column.startswith("=") else _cell(row.values, column)
        except LookupError:
            there = ", ".join(map(str, row.values))
            problems.append(f"no column {column!r} for {key}; there are: {there:.200}")
    for key, value in {**given, **filled}.items():
        try:
            if value is not None and value != "":
                values[key] = _value(key, value)
        except TaskFault as error:
            problems.append(f"{f'templates.{key}' if key in filled else mapping.columns[key]}: {error}")
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


def _cell(values: Mapping[str, Any], column: str) -> Any:
    """A column, or what is within one: ``meta.io.inputs``, ``answers.0``.

    Raises:
        LookupError: the row has no such place.
    """
    if column in values:
        return values[column]
    found: Any = values
    for part in column.split("."):
        if isinstance(found, Mapping):
            found = found[part]
        elif isinstance(found, list) and part.isdecimal():
            found = found[int(part)]
        else:
            raise LookupError(column)
    return found


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
    if key == "cases":
        return _cases(_nested(key, value))
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


def _cases(value: Any) -> Any:
    """Runs of a program as benchmarks write them: ``{"inputs": [...], "outputs": [...]}``, or a list of objects."""
    if isinstance(value, dict) and {"inputs", "outputs"} <= value.keys():
        inputs, outputs = value["inputs"], value["outputs"]
        if not (isinstance(inputs, list) and isinstance(outputs, list) and len(inputs) == len(outputs)):
            raise TaskFault(f"expected as many inputs as outputs, found {inputs!r:.40} and {outputs!r:.40}")
        return [{"stdin": _text(given), "stdout": _text(said)} for given, said in zip(inputs, outputs, strict=True)]
    if not isinstance(value, list):
        raise TaskFault(f"expected a list of cases, or inputs and outputs, found {value!r:.60}")
    return [_case(case) for case in value]


def _case(case: Any) -> Any:
    names = {"input": "stdin", "output": "stdout", "expected_output": "stdout"}
    if not isinstance(case, dict):
        return case  # validation says what is wrong with it
    return {names.get(key, key): _text(value) for key, value in case.items()}


def _text(value: Any) -> Any:
    """Lines in a list are a text; other values are left to validation."""
    return "\n".join(map(str, value)) + "\n" if isinstance(value, list) else value


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


def _hub_rows(path: Path, options: Mapping[str, str], wanted: set[str] | None) -> Iterator[TableRow]:
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
        needed = set(part.column_names) if wanted is None else {_column(name, part.column_names) for name in wanted}
        if lost := sorted(needed - set(part.column_names)):
            raise BadInput(f"{where}: no column {lost[0]!r}; there are: {', '.join(part.column_names)}")
        for number, values in enumerate(part.select_columns(sorted(needed)), 1):
            own = {_OWN_SPLIT: split} if split else {}
            yield TableRow(place=f"{where}: {split or 'all'} row {number}", values={**values, **own})


def _column(name: str, there: Sequence[str]) -> str:
    """The column that holds a place such as ``meta.io``."""
    return name if name in there else name.partition(".")[0]
