"""The journal of decisions about problems: append-only; what a person said stands until a person says otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from evals.files import Journal
from evals.records import Split
from goldens.production.records import MACHINE, STATES, Decision, State

DECISIONS = "decisions.jsonl"


class Decisions:
    """All decisions of a project's folder, and what follows from them."""

    def __init__(self, folder: Path) -> None:
        self._journal = Journal(folder / DECISIONS)
        self.all: list[Decision] = []
        self._of: defaultdict[tuple[str, str], list[Decision]] = defaultdict(list)
        for entry in self._journal.entries:
            self._take(Decision.model_validate(entry))

    def _take(self, decision: Decision) -> None:
        self.all.append(decision)
        self._of[decision.what, decision.problem].append(decision)
        if decision.what in ("approve", "reject", "return"):
            self._of["judged", decision.problem].append(decision)

    def add(
        self,
        what: str,
        problem: str = "",
        value: str = "",
        *,
        values: Mapping[str, str] | None = None,
        who: str = MACHINE,
        why: str = "",
    ) -> None:
        """Append one decision, on the disk when this returns. A step of the machine that repeats the last one is left out."""
        last = self.last(what, problem)
        if last is not None and not values and (last.value, last.who, last.why) == (value, who, why):
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        decision = Decision(what=what, problem=problem, value=value, values=values or {}, who=who, when=now, why=why)
        self._journal.append(decision.model_dump(mode="json"))
        self._take(decision)

    def last(self, what: str, problem: str) -> Decision | None:
        """The decision of this kind that holds: a person's last one, else the machine's last one."""
        found = self._of.get((what, problem), [])
        return next((decision for decision in reversed(found) if decision.by_person), found[-1] if found else None)

    def judged(self, problem: str) -> Decision | None:
        """The last approval, rejection or return of a problem's draft by a person."""
        found = [decision for decision in self._of.get(("judged", problem), ()) if decision.by_person]
        return found[-1] if found else None

    def assigned(self) -> dict[str, str]:
        """The problem of each answer, by id; an answer keeps its first problem unless a person moves it."""
        problems: dict[str, str] = {}
        for decision in self.all:
            if decision.what == "assign":
                new = dict(decision.values)
                problems = {**problems, **new} if decision.by_person else {**new, **problems}
        return problems

    def splits(self) -> dict[str, Split]:
        """The split of every problem: the first one that it got, for good, so that nothing moves between training and holdout."""
        splits: dict[str, Split] = {}
        for decision in self.all:
            if decision.what == "split":
                splits = {**decision.values, **splits}  # type: ignore[dict-item]
        return splits

    def state(self, problem: str) -> Decision | None:
        """The last move of a problem, whoever made it; None where it was only clustered."""
        moves = self._of.get(("state", problem))
        return moves[-1] if moves else None

    def move(self, problem: str, state: State, *, who: str = MACHINE, why: str = "") -> bool:
        """Move a problem to a state. The machine moves nothing that a person rejected or retired; True where it moved."""
        now = self.state(problem)
        if who == MACHINE and now is not None and now.by_person and now.value in ("retired", "clustered"):
            return False
        if now is not None and now.value == state and now.who == who and now.why == why:
            return False
        if state not in STATES:
            raise AssertionError(f"{state!r} is none of {', '.join(STATES)}")
        self.add("state", problem, state, who=who, why=why)
        return True
