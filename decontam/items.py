"""Holdouts of any shape as items: suites, importers' benchmarks, and tables (JSONL, JSON, CSV, TSV, Parquet; .gz, .zst).

Columns of tables are guessed, and every guess is said in ``Holdout.notes``. A row that cannot be read is never dropped in
silence: it is in ``Holdout.broken``, with its place. A suite's project files count as part of the prompt where the model is
shown them. Text under names that neither the guess nor the column map knows is not read (the notes name those columns). All
rows are held in memory.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import orjson

from decontam.records import Item
from evals.errors import BadInput
from evals.importers import IMPORTERS, unix
from evals.records import Task
from evals.suites import SHIPPED, SUITE_FILE, find_suite, load_suite
from evals.tables import ENDINGS, TABLES, TableRow, UnreadableRow, suffix_of, table_rows

# The first name of a row that holds text wins; case does not matter.
GUESSES: Mapping[str, tuple[str, ...]] = {
    "id": ("task_id", "id", "question_id", "name", "key"),
    "prompt": ("prompt", "question", "text", "instruction", "problem", "input", "query", "content"),
    "answer": (
        *("canonical_solution", "code", "solution", "answer", "output", "completion", "response", "target", "golden"),
        *("sql", "query"),  # text-to-SQL: `query` is the answer where the prompt has another name
    ),
    "tests": ("test", "tests", "test_list", "checks", "assertions"),
    "messages": ("messages", "conversations"),
}
_KNOWN = frozenset(name for part, names in GUESSES.items() if part != "id" for name in names)
ROLES = ("id", "prompt", "answer", "tests", "group", "messages")
EXPECTED = f"a table ({ENDINGS}), a suite's folder, a shipped suite's name, or importer:path"
_SPEAKERS = {"user": "user", "human": "user", "assistant": "assistant", "gpt": "assistant", "model": "assistant"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdout:
    """What an audit compares with.

    Keys are unique over ``items`` and ``others``. ``others``: train and dev tasks of the suites, for duplicates between splits.
    ``broken``: located messages of rows that could not be read; with any of them no audit may end clean. ``notes``: what was
    guessed or renamed. Everything that decides a verdict is in the items themselves.
    """

    items: tuple[Item, ...]
    others: tuple[Item, ...] = ()
    broken: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A holdout in the making."""

    items: list[Item] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def load_items(holdouts: Sequence[str], columns: Mapping[str, str] | None = None) -> Holdout:
    """Read holdouts: each a table, a suite's folder, a shipped suite's name, or ``importer:path``.

    ``columns`` maps roles (``id``, ``prompt``, ``answer``, ``tests``, ``group``, ``messages``) to columns of the tables, dotted
    for nested ones; roles that it leaves out are guessed. Suites need none.

    Raises:
        BadInput: nothing by that name, a folder that is no suite, a file that is no table, an unknown role or column, a table
            without one known column, or a suite with findings; each with what is there and what was expected.
    """
    columns = dict(columns or {})
    if unknown := sorted(columns.keys() - set(ROLES)):
        raise BadInput(f"column map: {_unknown(unknown[0], ROLES)}; the parts of an item are {', '.join(ROLES)}")
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
        items=tuple(item for item in items if item.split == "holdout"),
        others=tuple(item for item in items if item.split != "holdout"),
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
        draft.notes.append(f"{name}: no task has split: holdout ({there}); this suite adds nothing to compare with")
    draft.items += items_of(suite.tasks)


def _require_suite(name: str) -> None:
    """Say what was expected, where neither a suite nor an importer goes by that name."""
    prefix, _, rest = name.partition(":")
    if rest and prefix in IMPORTERS:
        return
    path = Path(name)
    try:
        find_suite(name)
    except BadInput:
        shipped = sorted(p.parent.name for p in SHIPPED.glob(f"*/{SUITE_FILE}"))
        if path.is_dir():
            tables = sorted(p.name for p in path.iterdir() if suffix_of(p) in TABLES)
            found = f"found {', '.join(tables[:8])}: give such a file itself" if tables else "found no table either"
            raise BadInput(f"{name}: a folder without {SUITE_FILE}, so no suite; {found}; expected {EXPECTED}") from None
        near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = [str(path.parent / n) for n in get_close_matches(path.name, near, 1)]
        hint = hint or get_close_matches(name, shipped, 1) or [f"{n}:{rest}" for n in get_close_matches(prefix, IMPORTERS, 1)]
        meant = f" (did you mean {hint[0]!r}?)" if hint else ""
        there = f"shipped suites: {', '.join(shipped)}; importers: {', '.join(sorted(IMPORTERS))}"
        raise BadInput(f"{name}: no such file, folder or suite{meant}; expected {EXPECTED}; {there}") from None


def _read_table(file: Path, columns: Mapping[str, str], draft: _Draft) -> None:
    rows = list(table_rows(file, known=_KNOWN, expected="an object with an item's columns"))
    readable = [row.values for row in rows if isinstance(row, TableRow) and row.values]
    known = _names(readable)
    _require_columns(file, columns, readable)
    layouts: Counter[tuple[tuple[str, str], ...]] = Counter()
    joined = nameless = 0
    for number, row in enumerate(rows, 1):
        if isinstance(row, UnreadableRow):
            draft.broken.append(str(row))
            continue
        try:
            texts, used = _parts(row.values, columns)
        except ValueError as error:
            draft.broken.append(f"{row.place}: {error}")
            continue
        if not any(texts.get(part, "").strip() for part in ("prompt", "answer", "tests")):
            draft.broken.append(f"{row.place}: {_no_text(row.values, columns)}")
            continue
        layouts[tuple(used.items())] += 1
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
    draft.notes += _said(file, layouts, known)
    if joined:
        draft.notes.append(f"{file}: in {joined} rows the answer continues the prompt's code; compared as prompt + answer")
    if nameless:
        draft.notes.append(f"{file}: {nameless} rows have no id; they are named by their number, as {_key(file, None, 1)}")


def _refuse_unknown_layout(file: Path, rows: Sequence[object], columns: Mapping[str, str], known: Sequence[str]) -> None:
    """No row gave text: where no column is known at all, that is for the user to fix and not a matter of broken rows."""
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


def _key(file: Path, found: str | None, number: int) -> str:
    """An id that says something stands alone; a bare number gets the file's name before it."""
    stem = file.name.partition(".")[0]
    if found is None:
        return f"{stem}:{number}"
    return found if any(c.isalpha() for c in found) else f"{stem}/{found}"


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
            warnings.simplefilter("ignore")  # an odd escape in a benchmark's string is no concern of ours
            ast.parse(prompt + answer)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


# What a row says.


def _parts(values: Mapping[str, Any], columns: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Texts by role, and the column that each came from.

    Raises:
        ValueError: a column holds something that is no text.
    """
    texts: dict[str, str] = {}
    used: dict[str, str] = {}
    lower = {name.lower(): name for name in reversed(list(values))}
    for role in ROLES:
        names = [columns[role]] if role in columns else [lower[n] for n in GUESSES.get(role, ()) if n in lower]
        for name in names:
            if name in used.values():
                continue
            value = _lookup(values, name)
            found = _conversation(value, name) if role == "messages" else {role: _text(value, name, role)}
            found = {part: text for part, text in found.items() if text.strip()}
            if role == "messages":
                found = {part: text for part, text in found.items() if part not in columns}  # the map's word stands
            if found:
                texts |= found
                used |= dict.fromkeys(found, name)
                break
    instruction, more = lower.get("instruction"), lower.get("input")
    if "prompt" not in columns and instruction is not None and used.get("prompt") == instruction and more is not None:
        text = _text(values[more], more, "prompt")  # the Alpaca layout: the question is in both
        if text.strip():
            texts["prompt"] += f"\n{text}"
            used["prompt"] = f"{instruction} + {more}"
    return texts, used


def _lookup(value: Any, name: str) -> Any:
    """A column's value; ``a.b`` is ``b`` of the object in ``a``, or of each object of the list in ``a``."""
    if isinstance(value, list):
        found = [_lookup(entry, name) for entry in value if isinstance(entry, Mapping)]
        return [entry for entry in found if entry is not None] or None
    if not isinstance(value, Mapping):
        return None
    if name in value:
        return value[name]
    head, dot, rest = name.partition(".")
    return _lookup(value.get(head), rest) if dot else None


def _text(value: Any, name: str, role: str) -> str:
    """Text, a number, or a list of them joined by newlines; of a conversation the turns that belong to the role.

    Raises:
        ValueError: anything else.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return unix(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return unix(value.decode())  # a UnicodeDecodeError is a ValueError, and says what is wrong
    if isinstance(value, Mapping):
        raise ValueError(
            f"{name}: expected text, a number or a list of texts, found an object with {', '.join(map(str, value))[:120]}; "
            f"name what is inside it in a column map, such as {role}={name}.{next(iter(value), 'text')}"
        )
    if isinstance(value, (list, tuple)):
        if role in ("prompt", "answer") and any(isinstance(entry, Mapping) and _turn(entry) for entry in value):
            return _conversation(value, name).get(role, "")
        return "\n".join(text for entry in value if (text := _text(entry, name, role)))
    return str(value)


def _turn(entry: Mapping[str, Any]) -> str:
    """Whose turn a chat message is: ``user``, ``assistant``, another name, or empty where it is no message."""
    speaker = entry.get("role", entry.get("from"))
    return _SPEAKERS.get(speaker.lower(), speaker) if isinstance(speaker, str) else ""


def _conversation(value: Any, name: str) -> dict[str, str]:
    """The user's turns as prompt, the last turn of the assistant as answer.

    Raises:
        ValueError: not a list of messages.
    """
    if value is None:
        return {}
    if isinstance(value, str):
        try:
            value = orjson.loads(value)  # tables without nesting hold chats as JSON text
        except orjson.JSONDecodeError:
            value = None
    if not isinstance(value, (list, tuple)) or not all(isinstance(entry, Mapping) and _turn(entry) for entry in value):
        raise ValueError(f"{name}: expected a list of messages with role and content, found {value!r:.80}")
    turns = [(_turn(entry), _said_in(entry.get("content", entry.get("value")), name)) for entry in value]
    return {
        "prompt": "\n".join(text for speaker, text in turns if speaker == "user"),
        "answer": next((text for speaker, text in reversed(turns) if speaker == "assistant"), ""),
    }


def _said_in(content: Any, name: str) -> str:
    """A message's text, also where it is a list of ``{"type": "text", "text": ...}``."""
    if isinstance(content, (list, tuple)):
        content = [entry.get("text") if isinstance(entry, Mapping) else entry for entry in content]
    return _text(content, f"{name}.content", "content")


def _no_text(values: Mapping[str, Any], columns: Mapping[str, str]) -> str:
    if not values:
        return "an empty object; expected an item's columns"
    wanted = [columns.get(part) or f"{', '.join(GUESSES[part][:3])}, ..." for part in ("prompt", "answer", "tests")]
    found = ", ".join(f"{name} ({value!r:.24})" for name, value in list(values.items())[:8])
    return f"no text; expected it under {' or '.join(wanted)}; found {found}"


# Names of columns, and what to say of a wrong one.


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Top-level columns, in the order in which they first occur."""
    return list(dict.fromkeys(name for row in rows for name in row))


def _require_columns(file: Path, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    if not columns or not rows:
        return
    there = list(dict.fromkeys(path for row in rows for path in _paths(row)))
    problems = [f"{role}={_unknown(name, there)}" for role, name in columns.items() if name not in there]
    if problems:
        shown = ", ".join(there[:40]) + (", ..." if len(there) > 40 else "")
        raise BadInput(f"{file}: column map: {'; '.join(problems)}; the columns that are there: {shown}")


def _paths(row: Mapping[str, Any], depth: int = 4) -> Iterator[str]:
    """The columns of a row, and what is inside them by dotted names."""
    for name, value in row.items():
        yield name
        inner = value if isinstance(value, list) else [value]
        for entry in inner:
            if depth and isinstance(entry, Mapping):
                yield from (f"{name}.{path}" for path in _paths(entry, depth - 1))


def _unknown(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1, 0.5)
    return f"{name!r} is unknown{f'; did you mean {near[0]!r}?' if near else ''}"


# Files as rows.
