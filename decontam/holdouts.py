"""Holdouts of any shape as items: suites, importers' benchmarks, and tables (JSONL, JSON, CSV, TSV, Parquet; .gz, .zst).

Columns of tables are guessed, and every guess is said in ``Holdout.notes``. A row that cannot be read is never dropped in
silence: it is in ``Holdout.broken``, with its place. A suite's project files count as part of the prompt where the model is
shown them. Text under names that neither the guess nor the column map knows is not read (the notes name those columns). All
rows are held in memory.
"""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from decontam.holdout_guess import Guess, fault_of
from decontam.holdout_rows import GUESSES, KNOWN, ROLES, names_of, no_text, parts_of, require_columns, unknown_name
from decontam.records import Item
from evals.errors import BadInput
from evals.importers import IMPORTERS, split_importer
from evals.records import HELD_OUT, Task
from evals.suites import SHIPPED, SUITE_FILE, find_suite, load_suite
from evals.tables import ENDINGS, TABLES, TableRow, UnreadableRow, suffix_of, table_rows

EXPECTED = f"a table ({ENDINGS}), a suite's folder, a shipped suite's name, or importer:path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdout:
    """What an audit compares with.

    Keys are unique over ``items`` and ``others``. Of a suite, ``items`` are the tasks of all splits that nothing may be trained
    on: holdout, dev and final. ``others``: its training tasks, for duplicates between splits.
    ``broken``: located messages of rows that could not be read; with any of them no audit may end clean. ``notes``: what was
    guessed or renamed. Everything that decides a verdict is in the items themselves.
    """

    items: tuple[Item, ...]
    others: tuple[Item, ...] = ()
    broken: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A holdout under construction."""

    items: list[Item] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def load_items(holdouts: Sequence[str], columns: Mapping[str, str] | None = None) -> Holdout:
    """Read holdouts: each a table, a suite's folder, a shipped suite's name, or ``importer:path``.

    ``columns`` maps roles (``id``, ``prompt``, ``answer``, ``tests``, ``group``, ``messages``) to columns of the tables, dotted
    for nested ones; roles that it leaves out are guessed. Suites need none.

    Raises:
        BadInput: nothing by that name, a folder that is not a suite, a file that is not a table, an unknown role or column, a
            table without one known column, a guess that compares nothing real, or a suite with findings; each with what exists
            and what was expected.
    """
    columns = dict(columns or {})
    if unknown := sorted(columns.keys() - set(ROLES)):
        raise BadInput(f"column map: {unknown_name(unknown[0], ROLES)}; the parts of an item are {', '.join(ROLES)}")
    draft = _Draft()
    seen: set[str] = set()
    tables = 0
    for name in holdouts:
        place = str(Path(name).resolve()) if Path(name).exists() else name
        if place in seen:
            draft.notes.append(f"{name}: given twice; read once")
            continue
        seen.add(place)
        if Path(name).is_file():
            tables += 1
            _read_table(Path(name), columns, draft)
        else:
            _read_suite(name, draft)
    if columns and holdouts and not tables:
        draft.notes.append("the column map is not used: suites name their parts themselves")
    items = _with_unique_keys(draft)
    return Holdout(
        items=tuple(item for item in items if item.split != "train"),
        others=tuple(item for item in items if item.split == "train"),
        broken=tuple(draft.broken),
        notes=tuple(draft.notes),
    )


def items_of(tasks: Sequence[Task]) -> list[Item]:
    """Tasks as items of a holdout."""
    return [
        Item(
            key=task.key,
            prompt=task.question,
            answer=task.golden,
            tests=task.test_text,
            group=f"{task.suite}/{task.group}",
            split=task.split,
            place=task.source,
        )
        for task in tasks
    ]


def _read_suite(name: str, draft: _Draft) -> None:
    _require_suite(name)
    suite = load_suite(name)
    if not suite.split("holdout"):
        counts = Counter(task.split for task in suite.tasks)
        there = ", ".join(f"{split}: {count}" for split, count in sorted(counts.items()))
        adds = "" if suite.split(*HELD_OUT) else "; this suite adds nothing to compare with"
        draft.notes.append(f"{name}: no task has split: holdout ({there}){adds}")
    draft.items += items_of(suite.tasks)


def _require_suite(name: str) -> None:
    """Report what was expected if there is no suite or importer of that name."""
    if split_importer(name) is not None:
        return
    prefix, _, rest = name.partition(":")
    path = Path(name)
    try:
        find_suite(name)
    except BadInput:
        shipped = sorted(p.parent.name for p in SHIPPED.glob(f"*/{SUITE_FILE}"))
        if path.is_dir():
            tables = sorted(p.name for p in path.iterdir() if suffix_of(p) in TABLES)
            present = f"found {', '.join(tables[:8])}: give such a file directly" if tables else "found no table either"
            raise BadInput(f"{name}: a folder without {SUITE_FILE}, so not a suite; {present}; expected {EXPECTED}") from None
        near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = [str(path.parent / n) for n in get_close_matches(path.name, near, 1)]
        hint = hint or get_close_matches(name, shipped, 1) or [f"{n}:{rest}" for n in get_close_matches(prefix, IMPORTERS, 1)]
        meant = f" (did you mean {hint[0]!r}?)" if hint else ""
        there = f"shipped suites: {', '.join(shipped)}; importers: {', '.join(sorted(IMPORTERS))}"
        raise BadInput(f"{name}: no such file, folder or suite{meant}; expected {EXPECTED}; {there}") from None


def _read_table(file: Path, columns: Mapping[str, str], draft: _Draft) -> None:
    rows = list(table_rows(file, known=KNOWN, expected="an object with an item's columns"))
    readable = [row.values for row in rows if isinstance(row, TableRow) and row.values]
    known = names_of(readable)
    require_columns(file, columns, readable)
    layouts: Counter[tuple[tuple[str, str], ...]] = Counter()
    guesses: list[Guess] = []
    joined = nameless = 0
    for number, row in enumerate(rows, 1):
        if isinstance(row, UnreadableRow):
            draft.broken.append(str(row))
            continue
        try:
            texts, used = parts_of(row.values, columns)
        except ValueError as error:
            draft.broken.append(f"{row.place}: {error}")
            continue
        if not any(texts.get(part, "").strip() for part in ("prompt", "answer", "tests")):
            draft.broken.append(f"{row.place}: {no_text(row.values, columns)}")
            continue
        layouts[tuple(used.items())] += 1
        guesses.append(Guess(row=row.values, texts=dict(texts), used=used))
        if continues(texts.get("prompt", ""), texts.get("answer", "")):
            texts["answer"] = texts["prompt"] + texts["answer"]
            joined += 1
        nameless += "id" not in texts
        draft.items.append(
            Item(
                key=_key(file, texts.get("id"), number),
                prompt=texts.get("prompt", ""),
                answer=texts.get("answer", ""),
                tests=texts.get("tests", ""),
                group=texts.get("group", ""),
                place=row.place,
            )
        )
    if known and not layouts:
        _refuse_unknown_layout(file, rows, columns, known)
    mapped = columns.keys() & {"prompt", "messages"}
    if not mapped and (fault := fault_of(guesses, frozenset(GUESSES["prompt"]))):
        raise BadInput(f"{file}: {fault}; the columns are {', '.join(known[:30])}")
    draft.notes += _said(file, layouts, known)
    if joined:
        draft.notes.append(f"{file}: in {joined} rows the answer continues the prompt's code; compared as prompt + answer")
    if nameless:
        draft.notes.append(f"{file}: {nameless} rows have no id; they are named by their number, as {_key(file, None, 1)}")


def _refuse_unknown_layout(file: Path, rows: Sequence[object], columns: Mapping[str, str], known: Sequence[str]) -> None:
    """No row gave text: if no column is known at all, the user must fix that; the rows are not broken."""
    guessed = {name for part in ("prompt", "answer", "tests", "messages") for name in GUESSES[part]}
    if columns.keys() & {"prompt", "answer", "tests", "messages"} or guessed & {name.lower() for name in known}:
        return
    raise BadInput(
        f"{file}: no column with text is known among {', '.join(known[:30])} ({len(rows)} rows); expected prompt, question, "
        "text, code, answer, test, messages or the like; give a column map such as prompt=question"
    )


def _said(file: Path, layouts: Counter[tuple[tuple[str, str], ...]], known: Sequence[str]) -> Iterator[str]:
    used = {column for layout in layouts for _, names in layout for column in names.split(" + ")}
    unused = [name for name in known if not any(u == name or u.startswith(f"{name}.") or name.startswith(f"{u}.") for u in used)]
    rest = f"; not compared: {', '.join(unused[:20])}" if unused else ""
    for layout, count in layouts.most_common(3):
        yield f"{file}: {', '.join(f'{role} = {name}' for role, name in layout)} ({count} row{'s' * (count != 1)}){rest}"
    if len(layouts) > 3:
        yield f"{file}: {len(layouts) - 3} more combinations of columns, each in fewer rows"


def _key(file: Path, key: str | None, number: int) -> str:
    """A descriptive id is used alone; a bare number gets the file's name before it."""
    stem = file.name.partition(".")[0]
    if key is None:
        return f"{stem}:{number}"
    return key if any(c.isalpha() for c in key) else f"{stem}/{key}"


def _with_unique_keys(draft: _Draft) -> list[Item]:
    """Items in order; the second with the same key is ``key#2``."""
    taken = {item.key for item in draft.items}
    seen: dict[str, int] = {}
    renamed: list[tuple[Item, str]] = []
    items = []
    for item in draft.items:
        count = seen[item.key] = seen.get(item.key, 0) + 1
        if count > 1:
            while (key := f"{item.key}#{seen[item.key]}") in taken:
                seen[item.key] += 1
            taken.add(key)
            renamed.append((item, key))
            item = item.model_copy(update={"key": key})
        items.append(item)
    if renamed:
        shown = ", ".join(f"{key!r} ({item.place})" for item, key in renamed[:5])
        more = f" and {len(renamed) - 5} more" if len(renamed) > 5 else ""
        draft.notes.append(f"ids used before got a suffix: {shown}{more}")
    return items


def continues(prompt: str, answer: str) -> bool:
    """Whether the answer is the indented rest of the Python code that the prompt begins."""
    first = next((line for line in answer.split("\n") if line.strip()), "")
    if not prompt.strip() or not first.startswith((" ", "\t")):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in a benchmark's strings do not matter here
            ast.parse(prompt + answer)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
