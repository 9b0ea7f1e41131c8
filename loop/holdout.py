"""Holdout discipline over all runs of a folder: splits that never change, every look logged, a budget of looks.

``splits.jsonl`` keeps the split of every group and task that was ever used; ``looks.jsonl`` keeps who looked at the holdout,
when and why. A decision of the gate is a look that costs: after many, a gain on the same tasks is partly luck. Fresh holdout
tasks may be added at any time; they are checked against every trainset that these runs have made.

``holdout-seal.json`` records what both files held when they were last written, so that a changed, removed or added line is
noticed. It does not protect against someone who rewrites all three. A suite is known by its name: under another name it is
another suite.
"""

from __future__ import annotations

import fcntl
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from decontam.records import Match
from decontam.screen import HoldoutIndex, index_tasks, match_text
from evals.errors import BadInput, Inconclusive
from evals.files import MANIFEST, Journal, digest, digest_bytes, read_json, read_records, write_json
from evals.records import Record, Result, Split, Task
from evals.suites import Suite
from finetune.records import TRAINED_ON, TrainedOn
from loop.config import GateSettings
from trainset.build import load

SPLITS, LOOKS, SEAL = "splits.jsonl", "looks.jsonl", "holdout-seal.json"
What = Literal["decision", "evaluation", "item", "override"]


class Kept(Record):
    """Splits of a suite's groups and of its tasks, by hash: the file says nothing about the tasks.

    A task is identified by its id and its text, so that neither a new name nor a new group moves it to another split.
    """

    at: str
    suite: str
    groups: Mapping[str, Split]
    tasks: Mapping[str, Split] = Field(default_factory=dict)


class Look(Record):
    """One look at holdout tasks. ``holdout`` is their digest; ``subject`` is the model, or the task that was shown.

    ``groups`` are the hashed groups of a decision's tasks, one per task: they tell how much of a later holdout is used up.
    """

    at: str
    what: What
    suite: str
    holdout: str
    subject: str
    why: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _SuiteHoldout:
    """The holdout tasks of one suite: ``groups`` has the hashed group of each."""

    suite: str
    digest: str
    groups: tuple[str, ...]


class HoldoutLedger:
    """The files of one runs folder. Several processes may use it at once: readers and writers hold a lock."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs

    @property
    def looks(self) -> list[Look]:
        """All looks, oldest first.

        Raises:
            BadInput: the ledger was edited.
        """
        with self._locked() as sealed:
            return sealed.looks

    def settle(self, suites: Sequence[Suite]) -> list[Task]:
        """Keep the splits of these suites; returns the holdout tasks that are new to a suite known before.

        Raises:
            BadInput: a group or a task is in another split than before, a new holdout task leaks from a trainset made before,
                or the ledger was edited.
        """
        with self._locked(write=True) as sealed:
            known: dict[str, dict[str, Split]] = {}
            for kept in sealed.kept:
                known.setdefault(kept.suite, {}).update({**kept.groups, **kept.tasks})
            moved: list[str] = []
            fresh: list[Task] = []
            new: list[Kept] = []
            for suite in suites:
                was = known.get(suite.name, {})
                groups, tasks = _splits_of(suite)
                moved += _moved(suite, was)
                fresh += [task for task in suite.split("holdout") if was and not was.keys() >= {_id_hash(task), _text_hash(task)}]
                unknown = {name: split for name, split in groups.items() if name not in was}
                unnamed = {name: split for name, split in tasks.items() if name not in was}
                if unknown or unnamed:
                    new.append(Kept(at=_now(), suite=suite.name, groups=unknown, tasks=unnamed))
            if moved:
                shown = moved[:10] + ([f"... and {len(moved) - 10} more"] if len(moved) > 10 else [])
                fix = (
                    f"groups and tasks keep their split for good ({self._runs / SPLITS}); give it back, or use other tasks "
                    "under another group"
                )
                raise BadInput("\n".join([*shown, fix]))
            self._require_unseen(fresh)
            for kept in new:
                sealed.append(SPLITS, kept)
            return fresh

    def _require_unseen(self, fresh: Sequence[Task]) -> None:
        """New holdout tasks must not be in anything that was trained on."""
        if not fresh:
            return
        index = index_tasks(fresh)
        leaks = [
            f"{match.item}: a new holdout task, but {folder} has it already: {match.snippet[:80]!r}"
            for folder in sorted(self._runs.glob("*/round-*/trainset"))
            if (folder / MANIFEST).is_file()
            for match in _leaks(folder, index)
        ]
        if leaks:
            raise BadInput("\n".join([*leaks[:10], "adapters were trained on these; choose other tasks for the holdout"]))

    def first_seen(self, suite: Suite) -> list[datetime]:
        """When each part of the suite's groups was first used; empty where it never was."""
        mine = {group_hash(task) for task in suite.tasks}
        with self._locked() as sealed:
            kept = [part for part in sealed.kept if part.suite == suite.name]
        return [datetime.fromisoformat(part.at) for part in kept if mine & part.groups.keys()]

    def look(self, what: What, tasks: Sequence[Task | Result], subject: str, why: str) -> None:
        """Log a look at the holdout tasks among these, once for the same subject and purpose."""
        for holdout in _holdouts(tasks):
            groups = holdout.groups if what == "decision" else ()
            self._note(what, holdout.suite, holdout.digest, subject, why, groups)

    def note_item(self, task: str, why: str) -> None:
        """Log that one item (``suite/id``) was shown."""
        self._note("item", task.partition("/")[0], digest([task]), task, why)

    def _note(self, what: What, suite: str, holdout: str, subject: str, why: str, groups: tuple[str, ...] = ()) -> None:
        same = (what, suite, holdout, subject, why)
        with self._locked(write=True) as sealed:
            if all((look.what, look.suite, look.holdout, look.subject, look.why) != same for look in sealed.looks):
                entry = Look(at=_now(), what=what, suite=suite, holdout=holdout, subject=subject, why=why, groups=groups)
                sealed.append(LOOKS, entry)

    def decisions(self, tasks: Sequence[Task | Result]) -> dict[str, float]:
        """By suite, how many decisions a holdout task among these has been in, on average.

        A group's tasks are alike, so a task counts as used where its group was. Fresh tasks lower the mean by their
        share: one new task among sixty does not make a holdout new.
        """
        made = [look for look in self.looks if look.what == "decision"]
        decided = {}
        for holdout in _holdouts(tasks):
            spent = 0.0
            for look in made:
                if (look.suite, look.holdout) == (holdout.suite, holdout.digest):
                    spent += 1
                elif look.suite == holdout.suite:
                    used = set(look.groups)
                    spent += sum(group in used for group in holdout.groups) / len(holdout.groups)
            decided[holdout.suite] = spent
        return decided

    def require_budget(self, suites: Sequence[Suite], budget: int) -> None:
        """As ``require_budget_for``, on the holdouts of suites."""
        self.require_budget_for([task for suite in suites for task in suite.tasks], budget)

    def require_budget_for(self, tasks: Sequence[Task | Result], budget: int) -> None:
        """Refuse another decision on holdout tasks that were decided on ``budget`` times. A raised budget is logged when used.

        Raises:
            Inconclusive: the budget is spent.
            BadInput: decisions were made in this folder and their log is missing.
        """
        if not (self._runs / LOOKS).exists() and (gates := list(self._runs.glob(f"*/round-*/gate/{MANIFEST}"))):
            raise BadInput(
                f"{self._runs / LOOKS}: is missing, though {len(gates)} gates have decided here; restore it, or start a new "
                "runs folder with fresh holdout tasks"
            )
        usual: int = GateSettings.model_fields["looks"].default
        digests = {holdout.suite: holdout.digest for holdout in _holdouts(tasks)}
        for suite, spent in self.decisions(tasks).items():
            if spent >= budget:
                raise Inconclusive(
                    f"suite {suite}: its holdout was decided on {spent:.4g} times (gate.looks: {budget}), so the next gain "
                    "would be partly luck; add fresh holdout tasks in groups of their own, or raise gate.looks knowingly"
                )
            if spent >= usual:
                self._note("override", suite, digests[suite], f"gate.looks: {budget}", f"{spent:.4g} decisions were made")

    @contextmanager
    def _locked(self, *, write: bool = False) -> Iterator[_Sealed]:
        """The checked ledger, under the lock."""
        if write:
            self._runs.mkdir(parents=True, exist_ok=True)
        if not self._runs.is_dir():
            yield _Sealed(self._runs)
            return
        with (self._runs / ".holdout.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield _Sealed(self._runs)


class _Sealed:
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


def _splits_of(suite: Suite) -> tuple[dict[str, Split], dict[str, Split]]:
    """Splits by hashed group, and by hashed id and text of the tasks; a text that is in several splits is left out."""
    groups = {group_hash(task): task.split for task in suite.tasks}
    texts: defaultdict[str, set[Split]] = defaultdict(set)
    for task in suite.tasks:
        texts[_text_hash(task)].add(task.split)
    tasks = {_id_hash(task): task.split for task in suite.tasks}
    return groups, tasks | {name: splits.pop() for name, splits in texts.items() if len(splits) == 1}


def _moved(suite: Suite, was: Mapping[str, Split]) -> list[str]:
    """What is in another split than before, one line per task."""
    texts = _splits_of(suite)[1]
    moved = []
    for task in suite.tasks:
        names = {f"group {task.group!r}": group_hash(task), f"task {task.id!r}": _id_hash(task)}
        names |= {"its text": _text_hash(task)} if _text_hash(task) in texts else {}
        for name, hashed in names.items():
            if was.get(hashed, task.split) != task.split:
                moved.append(f"{task.source or task.key}: {name} was {was[hashed]!r} and is {task.split!r} now")
                break
    return moved


def _holdouts(tasks: Iterable[Task | Result]) -> list[_SuiteHoldout]:
    """By suite, in order of their names; the samples of a task are one task."""
    by_suite: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for task in tasks:
        if task.split == "holdout":
            by_suite[task.suite][task.key] = group_hash(task)
    return [
        _SuiteHoldout(suite=suite, digest=digest(sorted(groups)), groups=tuple(groups.values()))
        for suite, groups in sorted(by_suite.items())
    ]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def require_untrained(adapter: Path, tasks: Sequence[Task]) -> str:
    """Check that an adapter was not trained on the holdout tasks among these; returns why that cannot be determined, or nothing.

    Raises:
        BadInput: a row that it was trained on leaks one of them, or its trainset was changed since.
    """
    holdout = [task for task in tasks if task.split == "holdout"]
    if not holdout:
        return ""
    if not (adapter / TRAINED_ON).is_file():
        return f"{adapter}: no {TRAINED_ON}; whether it was trained on these holdout tasks is unknown"
    trained = TrainedOn.model_validate(read_json(adapter / TRAINED_ON))
    folder = Path(os.path.normpath(adapter / trained.trainset))
    if not folder.is_dir():
        return f"{adapter}: its trainset is gone ({folder}); whether it was trained on these holdout tasks is unknown"
    if (today := load(folder)[0].digest) != trained.digest:
        raise BadInput(f"{folder}: has digest {today}, {adapter} was trained on {trained.digest}; give that trainset back")
    leaks = [
        f"{match.item}: {adapter} was trained on it ({folder}): {match.snippet[:80]!r}"
        for match in _leaks(folder, index_tasks(holdout))
    ]
    if leaks:
        raise BadInput("\n".join([*leaks[:10], "a score on these says nothing; evaluate on other tasks, or train without them"]))
    return ""


def _leaks(trainset: Path, index: HoldoutIndex) -> Iterator[Match]:
    for example in load(trainset)[1]:
        text = "\n".join(message["content"] for message in (*example.prompt, *example.completion))
        yield from (match for match in match_text(text, index) if match.verdict == "strict")


def group_hash(task: Task | Result) -> str:
    """32 hex digits that stand for a group."""
    return _hash(f"{task.suite}/{task.group}")


def _id_hash(task: Task) -> str:
    return _hash(f"id {task.key}")


def _text_hash(task: Task) -> str:
    return _hash(f"text {' '.join(task.question.split())}")


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()
