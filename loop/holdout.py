"""Holdout discipline over all runs of a folder: splits that never change, every look logged, a budget of looks.

``splits.jsonl`` keeps the split of every group that was ever used; ``looks.jsonl`` keeps who looked at the holdout, when and
why. A decision of the gate is a look that costs: after many, a gain on the same tasks is partly luck. Fresh holdout tasks may
be added at any time; they are checked against every trainset that these runs have made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from decontam.screen import index_tasks, match_text
from evals.errors import BadInput, Inconclusive
from evals.files import MANIFEST, Journal, digest
from evals.records import Record, Split, Task
from evals.suites import Suite
from trainset.build import load

SPLITS, LOOKS = "splits.jsonl", "looks.jsonl"
What = Literal["decision", "evaluation", "item"]


class Kept(Record):
    """Splits of a suite's groups, by hash: the file says nothing about the tasks."""

    at: str
    suite: str
    groups: Mapping[str, Split]


class Look(Record):
    """One look at holdout tasks. ``holdout`` is their digest; ``subject`` is the model, or the task that was shown."""

    at: str
    what: What
    suite: str
    holdout: str
    subject: str
    why: str


class HoldoutLedger:
    """The two files of one runs folder."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._splits = Journal(runs / SPLITS)
        self._looks = Journal(runs / LOOKS)

    @property
    def looks(self) -> list[Look]:
        """All looks, oldest first."""
        return [Look.model_validate(entry) for entry in self._looks.entries]

    def settle(self, suites: Sequence[Suite]) -> list[Task]:
        """Keep the splits of these suites; returns the holdout tasks that are new to a suite known before.

        Raises:
            BadInput: a group is in another split than it was, or a new holdout task leaks from a trainset made before.
        """
        known: dict[str, dict[str, Split]] = {}
        for kept in map(Kept.model_validate, self._splits.entries):
            known.setdefault(kept.suite, {}).update(kept.groups)
        moved: list[str] = []
        fresh: list[Task] = []
        new: dict[str, dict[str, Split]] = {}
        for suite in suites:
            for task in suite.tasks:
                was = known.get(suite.name, {}).get(group_hash(task))
                if was is None:
                    new.setdefault(suite.name, {})[group_hash(task)] = task.split
                    fresh += [task] if suite.name in known and task.split == "holdout" else []
                elif was != task.split:
                    moved.append(f"{task.source or task.key}: group {task.group!r} was {was!r} and is {task.split!r} now")
        if moved:
            shown = moved[:10] + ([f"... and {len(moved) - 10} more"] if len(moved) > 10 else [])
            fix = (
                f"a group keeps its split for good ({self._runs / SPLITS}); give it back, or use other tasks under another group"
            )
            raise BadInput("\n".join([*shown, fix]))
        self._require_unseen(fresh)
        for name, groups in new.items():
            self._splits.append({"at": _now(), "suite": name, "groups": groups})
        return fresh

    def _require_unseen(self, fresh: Sequence[Task]) -> None:
        """New holdout tasks must not be in anything that was trained on already."""
        if not fresh:
            return
        index = index_tasks(fresh)
        leaks = [
            f"{match.item}: a new holdout task, but {folder} has it already: {match.snippet[:80]!r}"
            for folder in sorted(self._runs.glob("*/round-*/trainset"))
            if (folder / MANIFEST).is_file()
            for text in _rows(folder)
            for match in match_text(text, index)
            if match.verdict == "strict"
        ]
        if leaks:
            raise BadInput("\n".join([*leaks[:10], "adapters were trained on these; choose other tasks for the holdout"]))

    def first_seen(self, suite: Suite) -> list[datetime]:
        """When each part of the suite's groups was first used; empty where it never was."""
        mine = {group_hash(task) for task in suite.tasks}
        kept = [part for part in map(Kept.model_validate, self._splits.entries) if part.suite == suite.name]
        return [datetime.fromisoformat(part.at) for part in kept if mine & part.groups.keys()]

    def look(self, what: What, tasks: Sequence[Task], subject: str, why: str) -> None:
        """Log a look at the holdout tasks among these, once for the same subject and purpose."""
        for suite in sorted({task.suite for task in tasks if task.split == "holdout"}):
            self._note(what, suite, holdout_digest([task for task in tasks if task.suite == suite]), subject, why)

    def note_item(self, task: str, why: str) -> None:
        """Log that one item (``suite/id``) was shown."""
        self._note("item", task.partition("/")[0], digest([task]), task, why)

    def _note(self, what: What, suite: str, holdout: str, subject: str, why: str) -> None:
        same = (what, suite, holdout, subject, why)
        if all((look.what, look.suite, look.holdout, look.subject, look.why) != same for look in self.looks):
            entry = Look(at=_now(), what=what, suite=suite, holdout=holdout, subject=subject, why=why)
            self._looks.append(entry.model_dump(mode="json"))

    def decisions(self, suite: Suite) -> int:
        """How often a gate has decided on the holdout of this suite as it is now."""
        mine = holdout_digest(suite.tasks)
        return sum(look.what == "decision" and (look.suite, look.holdout) == (suite.name, mine) for look in self.looks)

    def require_budget(self, suites: Sequence[Suite], budget: int) -> None:
        """Refuse another decision on a holdout that was decided on ``budget`` times.

        Raises:
            Inconclusive: the budget is spent.
        """
        for suite in suites:
            if (spent := self.decisions(suite)) >= budget:
                raise Inconclusive(
                    f"suite {suite.name}: its holdout was decided on {spent} times (gate.looks: {budget}), so the next gain "
                    "would be partly luck; add fresh holdout tasks in groups of their own, or raise gate.looks knowingly"
                )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _rows(folder: Path) -> Iterator[str]:
    for example in load(folder)[1]:
        yield "\n".join(message["content"] for message in (*example.prompt, *example.completion))


def group_hash(task: Task) -> str:
    """32 hex digits that stand for a group."""
    return blake2b(f"{task.suite}/{task.group}".encode(), digest_size=16).hexdigest()


def holdout_digest(tasks: Sequence[Task]) -> str:
    """Digest of the keys of the holdout tasks: adding or taking away one makes another holdout."""
    return digest(sorted(task.key for task in tasks if task.split == "holdout"))
