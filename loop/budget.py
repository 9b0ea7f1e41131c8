"""What looks at a holdout add up to: decisions made, and models that were evaluated on it.

Every model counts once, whatever evaluated it and however often. Holdouts that overlap count by share, over their tasks' groups:
a group's tasks are alike, so a task is used where its group was. Fresh tasks lower the count by their share, so that one new
task among sixty does not make a holdout new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evals.files import digest
from evals.records import Record, Result, Split, Task
from loop.ledgerfiles import Look, group_hash

SPENDING = ("evaluation", "decision")
"""Looks that show how good a model is; the subject is the model."""


class HoldoutStanding(Record):
    """Of one suite's holdout: ``decisions`` of the gate made on it, and ``looks`` spent, one for each model evaluated on it.

    Both are means over the holdout's tasks, so that they may be fractions where earlier holdouts overlap with this one.
    """

    suite: str
    decisions: float
    looks: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteHoldout:
    """The holdout tasks of one suite: ``groups`` has the hashed group of each."""

    suite: str
    digest: str
    groups: tuple[str, ...]


def holdouts_of(tasks: Iterable[Task | Result], split: Split = "holdout") -> list[SuiteHoldout]:
    """By suite, in order of their names, the tasks of one split; the samples of a task are one task."""
    by_suite: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for task in tasks:
        if task.split == split:
            by_suite[task.suite][task.key] = group_hash(task)
    return [
        SuiteHoldout(suite=suite, digest=digest(sorted(groups)), groups=tuple(groups.values()))
        for suite, groups in sorted(by_suite.items())
    ]


class Uses:
    """The looks so far, as they use up holdouts."""

    def __init__(self, looks: Sequence[Look]) -> None:
        self._looks = looks
        self._groups = {(look.suite, look.holdout): look.groups for look in looks if look.groups}

    def knows(self, holdout: SuiteHoldout) -> bool:
        """Whether the groups of exactly these tasks are in the ledger already."""
        return (holdout.suite, holdout.digest) in self._groups

    def standing(self, holdout: SuiteHoldout) -> HoldoutStanding:
        """Decisions and looks of one suite's holdout."""
        models = {look.subject for look in self._looks if look.what in SPENDING}
        return HoldoutStanding(
            suite=holdout.suite,
            decisions=sum(self.share([look], holdout) for look in self._looks if look.what == "decision"),
            looks=sum(self.paid(model, holdout) for model in models),
        )

    def paid(self, model: str, holdout: SuiteHoldout) -> float:
        """The share of a holdout, 0 to 1, on which a model was evaluated before."""
        return self.share([look for look in self._looks if look.what in SPENDING and look.subject == model], holdout)

    def share(self, looks: Sequence[Look], holdout: SuiteHoldout) -> float:
        """The share of a holdout's tasks, 0 to 1, that these looks saw."""
        mine = [look for look in looks if look.suite == holdout.suite]
        if any(look.holdout == holdout.digest for look in mine):
            return 1.0
        used = {group for look in mine for group in self._groups.get((look.suite, look.holdout), ())}
        return sum(group in used for group in holdout.groups) / len(holdout.groups)

    def latest(self) -> list[SuiteHoldout]:
        """By suite, the last holdout that a model was evaluated on, without those that are part of a larger one."""
        known: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
        for look in self._looks:
            if look.what in SPENDING and (groups := self._groups.get((look.suite, look.holdout))):
                known[look.suite].pop(look.holdout, None)  # again at the end: the order is that of the last look
                known[look.suite][look.holdout] = frozenset(groups)
        found = []
        for suite, holdouts in sorted(known.items()):
            whole = [name for name, groups in holdouts.items() if not any(groups < other for other in holdouts.values())]
            found.append(SuiteHoldout(suite=suite, digest=whole[-1], groups=self._groups[suite, whole[-1]]))
        return found
