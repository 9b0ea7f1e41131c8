"""What a suite is, and whether its rows make tasks: every finding with its place, all of them at once.

Does not cover how suites are written to files (``evals.suiteforms``) or found by name (``evals.suites``).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from evals.errors import RowProblem
from evals.files import digest, findings
from evals.graders import problems_of
from evals.records import Kind, Limits, Record, Split, Task, TaskStatus
from evals.toolchains.packages import is_pinned
from evals.yamlfiles import Place


class SuiteHeader(Record):
    """``suite.yaml``: what all tasks of a suite share. A task's own value wins."""

    name: str
    description: str = ""
    kind: Kind = "function"
    language: str = "python"
    system: str = ""
    licence: str = ""
    train_ok: bool = True
    status: TaskStatus = "active"
    limits: Limits = Limits()
    packages: tuple[str, ...] = ()
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


@dataclass(frozen=True, slots=True)
class RowPlaces:
    """Where parts of rows stand, by the row's ``source``.

    ``keys`` maps paths of a row's keys, as pydantic's ``loc`` has them, to ``file:line``. ``incomplete`` rows have findings
    already, which say why parts of them are missing: only the parts that are there are checked.
    """

    keys: dict[str, dict[Place, str]] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)

    def of(self, source: str, loc: Place) -> str:
        """The place of a key, of the nearest one above it, or of the row."""
        lines = self.keys.get(source, {})
        return next((lines[loc[:length]] for length in range(len(loc), 0, -1) if loc[:length] in lines), source)


def validate(
    rows: Iterable[Mapping[str, Any]], header: SuiteHeader, problems: list[str], places: RowPlaces | None = None
) -> list[Task]:
    """Turn rows into tasks under a header's defaults; findings are appended to ``problems``, each with its row's place."""
    places = places or RowPlaces()
    tasks: list[Task] = []
    seen: dict[str, str] = {}
    groups: dict[str, tuple[str, str]] = {}
    for row in rows:
        place = str(row.get("source", header.name))
        tags = row.get("tags")
        defaults = defaults_of(header, tags if isinstance(tags, (list, tuple)) else ())
        own = {k: _tidy(k, v) for k, v in row.items() if k != "suite"}
        try:
            task = Task.model_validate(_overlay({**defaults, "suite": header.name}, own))
        except ValidationError as error:
            problems += [RowProblem(place, f"{places.of(place, loc)}: {finding}") for loc, finding in findings(error, Task)]
            continue
        if place in places.incomplete:
            continue
        found = [f"{place}: the {key} is empty" for key in ("id", "group", "prompt") if not getattr(task, key).strip()]
        if task.id in seen:
            found.append(f"{place}: task id {task.id!r} is already used at {seen[task.id]}; ids must be unique")
        seen[task.id] = place
        at = places.of(place, ("group",))
        split, first = groups.setdefault(task.group, (task.split, at))
        if split != task.split:
            found.append(
                f"{at}: group {task.group!r} is in split {task.split!r} here and in {split!r} at {first}; "
                "a group belongs to one split, or the holdout leaks"
            )
        if task.split == "train" and not task.train_ok:
            at = places.of(place, ("split",))
            found.append(f"{at}: split 'train', but the licence {task.licence!r} forbids training; use 'holdout'")
        found += [f"{places.of(place, tuple(finding.partition(':')[0].split('.')))}: {finding}" for finding in _unsound(task)]
        found += [finding if finding.startswith(place) else f"{place}: {finding}" for finding in problems_of(task)]
        problems += [RowProblem(place, finding) for finding in found]
        tasks.append(task)
    return tasks


def _unsound(task: Task) -> Iterator[str]:
    """What no sandbox and no tokenizer can handle, whatever the kind; names in projects are checked by their grader."""
    for key in ("id", "prompt", "golden", "checks"):
        if "\0" in getattr(task, key):
            yield f"{key}: holds a NUL character; take it out"
    if not math.isfinite(task.limits.wall_seconds):
        yield f"limits.wall_seconds: expected seconds, got {task.limits.wall_seconds}; no attempt may run forever"
    for place, package in enumerate(task.packages):
        if not is_pinned(package):
            yield f"packages.{place}: expected a package with its version, such as numpy==2.2.0, got {package!r}"
    if task.packages and task.language != "python" and task.kind in ("function", "stdin", "sql"):
        yield f"packages: only answers in Python take packages, this task's language is {task.language!r}"
    twice = [name for name, count in Counter(metric.name for metric in task.metrics).items() if count > 1]
    if twice:
        yield f"metrics: {', '.join(twice)} is given twice; keep one"
    if any(not tag.strip() for tag in task.tags):
        yield f"tags: expected names, got {list(task.tags)!r}"
    for name in task.starter if task.kind not in ("tests", "patch") else ():
        if leaves_folder(name):
            yield f"starter: the file {name!r} leaves the task's folder; give a name relative to it"


def leaves_folder(name: str) -> bool:
    """Whether a file of that name would lie outside the folder into which it is written."""
    return not name or "\0" in name or Path(name).is_absolute() or ".." in Path(name).parts


def defaults_of(header: SuiteHeader, tags: Iterable[Any]) -> dict[str, Any]:
    """The defaults of a task with these tags: the suite's values, overridden by its slices'."""
    unsaid = set() if "language" in header.model_fields_set else {"language"}  # the kind then says it, see Task
    values = header.model_dump(mode="json", exclude={"name", "description", "slices", *unsaid})
    for tag in tags:
        if isinstance(tag, str):
            values = _overlay(values, header.slices.get(tag, {}))
    return values


def _overlay(values: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """``more`` wins; limits are merged key by key."""
    limits = [part["limits"] for part in (values, more) if isinstance(part.get("limits"), Mapping)]
    merged = {**values, **more}
    if len(limits) == 2:
        merged["limits"] = {**limits[0], **limits[1]}
    return merged


def _tidy(key: str, value: Any) -> Any:
    """Line ends and outer blank lines belong to the form, not to the task: all three forms load to the same digest."""
    if key not in {"prompt", "golden", "checks", "public", "fuzz"} or not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n")
    return text.strip() if key == "prompt" else text
