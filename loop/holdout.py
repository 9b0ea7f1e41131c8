"""Holdout discipline over all runs of a folder: splits that never change, every look logged, a budget of looks.

``splits.jsonl`` keeps the split of every group and task that was ever used; ``looks.jsonl`` keeps who looked at the holdout,
when and why. Every model that is evaluated on the holdout spends the budget once, and so does every decision of the gate: after
many, a gain on the same tasks is partly luck. Fresh holdout tasks may be added at any time; they are checked against every
trainset that these runs have made.

The files are sealed (``loop.ledgerfiles``). A suite is known by its name: under another name it is another suite.
"""

from __future__ import annotations

import fcntl
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from decontam.records import Match
from decontam.screen import HoldoutIndex, index_tasks, match_text
from evals.errors import BadInput, Inconclusive
from evals.files import MANIFEST, digest
from evals.records import HELD_OUT, Result, Split, Task
from evals.suites import Suite
from loop.adapters import trained_rows
from loop.budget import HoldoutStanding, SuiteHoldout, Uses, holdouts_of
from loop.config import GateSettings
from loop.ledgerfiles import LOOKS, SPLITS, Kept, Look, SealedFiles, What, group_hash, id_hash, text_hash
from loop.machine import utc_now
from trainset.build import load
from trainset.records import Example

_NEARLY = 1e-9


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
        """Keep the splits of these suites; returns holdout, dev and final tasks that are new to a suite known before.

        Raises:
            BadInput: a group or a task is in another split than before, such a new task leaks from a trainset made before, or
                the ledger was edited.
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
                fresh += [task for task in suite.split(*HELD_OUT) if was and not was.keys() >= {id_hash(task), text_hash(task)}]
                unknown = {name: split for name, split in groups.items() if name not in was}
                unnamed = {name: split for name, split in tasks.items() if name not in was}
                if unknown or unnamed:
                    new.append(Kept(at=utc_now(), suite=suite.name, groups=unknown, tasks=unnamed))
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
        """New tasks that nothing may be trained on must not be in anything that was."""
        trainsets = [folder for folder in sorted(self._runs.glob("*/round-*/trainset")) if (folder / MANIFEST).is_file()]
        leaks = [
            f"{leak.match.item}: a new {split} task, but {folder} has it already: {leak.match.snippet[:80]!r}"
            for split in HELD_OUT
            if (new := [task for task in fresh if task.split == split]) and trainsets
            for index in [index_tasks(new)]
            for folder in trainsets
            for leak in _leaks(load(folder)[1], index)
        ]
        if leaks:
            raise BadInput("\n".join([*leaks[:10], "adapters were trained on these; choose other tasks for their split"]))

    def first_seen(self, suite: Suite) -> list[datetime]:
        """When each part of the suite's groups was first used; empty where it never was."""
        mine = {group_hash(task) for task in suite.tasks}
        with self._locked() as sealed:
            kept = [part for part in sealed.kept if part.suite == suite.name]
        return [datetime.fromisoformat(part.at) for part in kept if mine & part.groups.keys()]

    def look(self, what: What, tasks: Sequence[Task | Result], subject: str, why: str) -> None:
        """Log a look at the holdout tasks among these, once for the same subject and purpose.

        Raises:
            BadInput: decisions were made in this folder and their log is missing.
        """
        with self._locked(write=True) as sealed:
            self._require_log()
            for holdout in holdouts_of(tasks):
                _note(sealed, what, holdout, subject, why)

    def spend(self, tasks: Sequence[Task | Result], model: str, why: str, budget: int) -> None:
        """Log that a model is about to be evaluated on the holdout tasks among these, if the budget allows it.

        A model that was evaluated on them before costs nothing.

        Raises:
            Inconclusive: the budget is spent, and this model has not looked at all of these tasks.
            BadInput: decisions were made in this folder and their log is missing.
        """
        with self._locked(write=True) as sealed:
            self._require_room(sealed, holdouts_of(tasks), budget, models=[model], unknown=0)
            for holdout in holdouts_of(tasks):
                _note(sealed, "evaluation", holdout, model, why)

    def note_item(self, task: str, why: str) -> None:
        """Log that one item (``suite/id``) was shown."""
        shown = SuiteHoldout(suite=task.partition("/")[0], digest=digest([task]), groups=())
        with self._locked(write=True) as sealed:
            _note(sealed, "item", shown, task, why)

    def require_unpublished(self, tasks: Sequence[Task | Result], subject: str, why: str) -> None:
        """Refuse a look at final tasks of which one was looked at before; one that is under way may go on.

        Raises:
            Inconclusive: another publication looked at one of them, or this one has ended.
        """
        with self._locked() as sealed:
            _require_unpublished(sealed, holdouts_of(tasks, "final"), subject, why)

    def begin_publication(self, tasks: Sequence[Task | Result], subject: str, why: str) -> None:
        """Log the look at the final tasks among these, before it is taken.

        Raises:
            Inconclusive: as ``require_unpublished``.
        """
        with self._locked(write=True) as sealed:
            final = holdouts_of(tasks, "final")
            _require_unpublished(sealed, final, subject, why)
            for holdout in final:
                _note(sealed, "publication", holdout, subject, why)

    def end_publication(self, tasks: Sequence[Task | Result], subject: str, why: str) -> None:
        """Log that the figure is there: from now on these tasks are looked at no more."""
        with self._locked(write=True) as sealed:
            for holdout in holdouts_of(tasks, "final"):
                _note(sealed, "published", holdout, subject, why)

    def standing(self, tasks: Sequence[Task | Result]) -> dict[str, HoldoutStanding]:
        """By suite, the decisions made on the holdout tasks among these, and the looks spent."""
        uses = Uses(self.looks)
        return {holdout.suite: uses.standing(holdout) for holdout in holdouts_of(tasks)}

    def latest(self) -> list[HoldoutStanding]:
        """The standing of each suite's holdout as it was last looked at."""
        uses = Uses(self.looks)
        return [uses.standing(holdout) for holdout in uses.latest()]

    def decisions(self, tasks: Sequence[Task | Result]) -> dict[str, float]:
        """By suite, how many decisions a holdout task among these has been in, on average."""
        return {suite: standing.decisions for suite, standing in self.standing(tasks).items()}

    def decision_number(self, tasks: Sequence[Task | Result], subject: str = "", why: str = "") -> int:
        """Which decision on the holdout of these tasks this is, from 1: the next one, or that noted for a subject and purpose.

        With several suites, the largest of their numbers. An overlap with earlier holdouts is rounded up.
        """
        looks = self.looks
        same = [n for n, look in enumerate(looks) if (look.what, look.subject, look.why) == ("decision", subject, why)]
        uses = Uses([*looks[: same[0]], *(look for look in looks[same[0] :] if look.what != "decision")] if same else looks)
        made = [uses.standing(holdout).decisions for holdout in holdouts_of(tasks)]
        return 1 + max((math.ceil(number - _NEARLY) for number in made), default=0)

    def require_budget(self, suites: Sequence[Suite], budget: int, *, models: Sequence[str] = (), unknown: int = 1) -> None:
        """As ``require_budget_for``, on the holdouts of suites."""
        self.require_budget_for([task for suite in suites for task in suite.tasks], budget, models=models, unknown=unknown)

    def require_budget_for(
        self, tasks: Sequence[Task | Result], budget: int, *, models: Sequence[str] = (), unknown: int = 1
    ) -> None:
        """Refuse another decision where the budget has no room for the models that it needs. A raised one is logged when used.

        Args:
            tasks: The holdout tasks among these count.
            budget: ``gate.looks``.
            models: Models by their identity that are to be evaluated or compared; what was paid for costs nothing again.
            unknown: How many models are to be evaluated that do not exist yet.

        Raises:
            Inconclusive: the budget is spent.
            BadInput: decisions were made in this folder and their log is missing.
        """
        with self._locked() as sealed:
            self._require_room(sealed, holdouts_of(tasks), budget, models=models, unknown=unknown, decision=True)

    def _require_room(
        self,
        sealed: SealedFiles,
        holdouts: Sequence[SuiteHoldout],
        budget: int,
        *,
        models: Sequence[str],
        unknown: int,
        decision: bool = False,
    ) -> None:
        self._require_log()
        usual: int = GateSettings.model_fields["looks"].default
        uses = Uses(sealed.looks)
        fix = "add fresh holdout tasks in groups of their own, or raise gate.looks knowingly"
        for holdout in holdouts:
            spent = uses.standing(holdout)
            cost = unknown + sum(1 - uses.paid(model, holdout) for model in dict.fromkeys(models))
            if decision and spent.decisions >= budget - _NEARLY:
                raise Inconclusive(
                    f"suite {holdout.suite}: its holdout was decided on {spent.decisions:.4g} times (gate.looks: {budget}), so "
                    f"the next gain would be partly luck; {fix}"
                )
            if cost > _NEARLY and spent.looks + max(0.0, cost - 1) >= budget - _NEARLY:
                raise Inconclusive(
                    f"suite {holdout.suite}: {spent.looks:.4g} models were evaluated on its holdout (gate.looks: {budget}), and "
                    f"{_counted(cost)} would be, so the best of them would be partly luck; choose among models on split dev, and "
                    + fix
                )
            used = max(spent.looks + max(0.0, cost - 1) if cost > _NEARLY else 0.0, spent.decisions if decision else 0.0)
            if used >= usual - _NEARLY:
                _note(sealed, "override", holdout, f"gate.looks: {budget}", f"{used:.4g} looks were spent")

    def _require_log(self) -> None:
        if not (self._runs / LOOKS).exists() and (gates := list(self._runs.glob(f"*/round-*/gate/{MANIFEST}"))):
            raise BadInput(
                f"{self._runs / LOOKS}: is missing, though {len(gates)} gates have decided here; restore it, or start a new "
                "runs folder with fresh holdout tasks"
            )

    @contextmanager
    def _locked(self, *, write: bool = False) -> Iterator[SealedFiles]:
        """The checked ledger, under the lock."""
        if write:
            self._runs.mkdir(parents=True, exist_ok=True)
        if not self._runs.is_dir():
            yield SealedFiles(self._runs)
            return
        with (self._runs / ".holdout.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield SealedFiles(self._runs)


def _splits_of(suite: Suite) -> tuple[dict[str, Split], dict[str, Split]]:
    """Splits by hashed group, and by hashed id and text of the tasks; a text that is in several splits is left out."""
    groups = {group_hash(task): task.split for task in suite.tasks}
    texts: defaultdict[str, set[Split]] = defaultdict(set)
    for task in suite.tasks:
        texts[text_hash(task)].add(task.split)
    tasks = {id_hash(task): task.split for task in suite.tasks}
    return groups, tasks | {name: splits.pop() for name, splits in texts.items() if len(splits) == 1}


def _moved(suite: Suite, was: Mapping[str, Split]) -> list[str]:
    """What is in another split than before, one line per task."""
    texts = _splits_of(suite)[1]
    moved = []
    for task in suite.tasks:
        names = {f"group {task.group!r}": group_hash(task), f"task {task.id!r}": id_hash(task)}
        names |= {"its text": text_hash(task)} if text_hash(task) in texts else {}
        for name, hashed in names.items():
            if was.get(hashed, task.split) != task.split:
                moved.append(f"{task.source or task.key}: {name} was {was[hashed]!r} and is {task.split!r} now")
                break
    return moved


def _note(sealed: SealedFiles, what: What, holdout: SuiteHoldout, subject: str, why: str) -> None:
    """Add a look, once for the same subject and purpose; the tasks' groups are kept in the first look at these tasks."""
    same = (what, holdout.suite, holdout.digest, subject, why)
    if all((look.what, look.suite, look.holdout, look.subject, look.why) != same for look in sealed.looks):
        groups = () if Uses(sealed.looks).knows(holdout) else holdout.groups
        entry = Look(
            at=utc_now(), what=what, suite=holdout.suite, holdout=holdout.digest, subject=subject, why=why, groups=groups
        )
        sealed.append(LOOKS, entry)


def _require_unpublished(sealed: SealedFiles, final: Sequence[SuiteHoldout], subject: str, why: str) -> None:
    uses = Uses(sealed.looks)
    for holdout in final:
        for look in reversed(sealed.looks):  # published comes after publication
            if look.what not in ("publication", "published") or not (share := uses.share([look], holdout)):
                continue
            if look.what == "published" or (look.subject, look.why) != (subject, why):
                done = "published" if look.what == "published" else "begun to be published"
                raise Inconclusive(
                    f"suite {holdout.suite}: {round(share * len(holdout.groups))} of its {len(holdout.groups)} final tasks were "
                    f"looked at before ({done} on {look.at[:10]}, {look.subject}); final tasks serve once, since the better of "
                    "two figures is chosen for being high: put fresh final tasks in their place, in groups of their own"
                )


def _counted(models: float) -> str:
    return f"{models:.4g} more"


def require_untrained(adapter: Path, tasks: Sequence[Task]) -> str:
    """Check that an adapter was not trained on the dev, holdout or final tasks among these.

    Returns why that cannot be determined, or nothing.

    Raises:
        BadInput: a row that it was trained on leaks one of them, or its trainset was changed since.
    """
    held_out = {split: found for split in HELD_OUT if (found := [task for task in tasks if task.split == split])}
    if not held_out:
        return ""
    these = f"these {' and '.join(held_out)} tasks"
    rows_of = trained_rows(adapter, these)
    if isinstance(rows_of, str):
        return rows_of
    folder, examples = rows_of
    lines = []
    for split, found in held_out.items():
        leaks = list(_leaks(examples, index_tasks(found)))
        if leaks:
            rows = sorted({leak.row for leak in leaks})
            shown = ", ".join(rows[:3]) + (f" and {len(rows) - 3} more" if len(rows) > 3 else "")
            count = len({leak.match.item for leak in leaks})
            lines.append(f"{adapter} was trained on {count} of the {len(found)} {split} tasks: in {folder}, the rows of {shown}")
    if lines:
        fix = "a score on these says nothing; evaluate on another split or on other tasks, or train without them"
        raise BadInput("\n".join([*lines, fix]))
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _RowLeak:
    """A row of a trainset, by the task it came from, that leaks."""

    row: str
    match: Match


def _leaks(examples: Sequence[Example], index: HoldoutIndex) -> Iterator[_RowLeak]:
    for example in examples:
        text = "\n".join(message["content"] for message in (*example.prompt, *example.completion))
        row = str(example.provenance.get("key", "(unnamed)"))
        yield from (_RowLeak(row=row, match=match) for match in match_text(text, index) if match.verdict == "strict")
