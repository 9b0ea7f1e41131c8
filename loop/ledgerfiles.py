"""The ledger's files: ``splits.jsonl``, ``looks.jsonl``, and the seal that says what both held when they were last written.

``holdout-seal.json`` lets a changed, removed or added line be noticed. It does not protect against someone who rewrites all
three. What the entries mean, and the budget of looks, is for ``loop.holdout``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from evals.errors import BadInput
from evals.files import Journal, digest_bytes, read_json, read_records, write_json
from evals.records import Record, Result, Split, Task

SPLITS, LOOKS, SEAL = "splits.jsonl", "looks.jsonl", "holdout-seal.json"
What = Literal["decision", "evaluation", "reading", "item", "override", "publication", "published"]


class Kept(Record):
    """Splits of a suite's groups and of its tasks, by hash: the file says nothing about the tasks.

    A task is identified by its id and its text, so that neither a new name nor a new group moves it to another split.
    """

    at: str
    suite: str
    groups: Mapping[str, Split]
    tasks: Mapping[str, Split] = Field(default_factory=dict)


class Look(Record):
    """One look at holdout tasks, or at the final ones to publish. ``holdout`` is the tasks' digest.

    ``subject`` is the model, or the task that was shown. ``groups`` are the hashed groups of the tasks, one per task, in the
    first look at these: they tell how much of a later holdout is used up. A *reading* shows results of evaluations that are
    counted already. A *publication* is under way until it is *published*.
    """

    at: str
    what: What
    suite: str
    holdout: str
    subject: str
    why: str
    groups: tuple[str, ...] = ()


class SealedFiles:
    """Both files as they are while the lock is held.

    A process that died between a line and its seal leaves at most one line that the seal does not cover.

    Raises:
        BadInput: a file does not match the seal, or a line is not an entry.
    """

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        seal: Any = read_json(runs / SEAL) if (runs / SEAL).is_file() else {}
        self._seal: dict[str, Any] = seal if isinstance(seal, dict) else {}
        for name in (SPLITS, LOOKS):
            self._check(name)
        self.kept = read_records(runs / SPLITS, Kept) if (runs / SPLITS).is_file() else []
        self.looks = read_records(runs / LOOKS, Look) if (runs / LOOKS).is_file() else []

    def append(self, name: str, entry: Kept | Look) -> None:
        """Write a line, then the seal."""
        Journal(self._runs / name).append(entry.model_dump(mode="json"))
        self._seal[name] = _sealing(_lines(self._runs / name))
        write_json(self._runs / SEAL, self._seal)
        if isinstance(entry, Look):
            self.looks.append(entry)
        else:
            self.kept.append(entry)

    def _check(self, name: str) -> None:
        file = self._runs / name
        if file.is_file():
            Journal(file)  # cuts off a torn last line
        lines = _lines(file)
        known = self._seal.get(name) or _sealing([])
        count: int = known["lines"]
        fix = f"restore it and {SEAL} from a backup; without one, start a new runs folder with fresh holdout tasks"
        if len(lines) < count:
            raise BadInput(f"{file}: {count} lines were written and {len(lines)} are left; {fix}")
        if _sealing(lines[:count]) != known:
            raise BadInput(f"{file}: was edited: its first {count} lines are not those that were written; {fix}")
        if len(lines) > count + 1:
            raise BadInput(f"{file}:{count + 1}: {len(lines) - count} lines that goldloop did not write ({SEAL}); {fix}")


def _lines(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines(keepends=True) if file.is_file() else []


def _sealing(lines: Sequence[bytes]) -> dict[str, Any]:
    return {"lines": len(lines), "digest": digest_bytes(b"".join(lines))}


def group_hash(task: Task | Result) -> str:
    """32 hex digits that stand for a group."""
    return _hash(f"{task.suite}/{task.group}")


def id_hash(task: Task) -> str:
    """32 hex digits that stand for a task's id."""
    return _hash(f"id {task.key}")


def text_hash(task: Task) -> str:
    """32 hex digits that stand for a task's question, up to spacing."""
    return _hash(f"text {' '.join(task.question.split())}")


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()
