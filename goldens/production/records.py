"""The records of triage: problems, what was proved of them, and the decisions about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from evals.records import Record, Split, Task

State = Literal["clustered", "reproduced", "drafted", "reviewed", "active", "saturated", "retired"]
STATES: tuple[State, ...] = ("clustered", "reproduced", "drafted", "reviewed", "active", "saturated", "retired")
"""How far a problem is. What comes before, ingested and redacted, is said of answers, not of problems."""
MACHINE = "goldloop"
"""Who decided, where no person did."""


class Decision(Record):
    """One line of the journal of decisions: who decided what of which problem, when and why. Lines are only ever added.

    ``what`` is ``assign`` (answers to problems, ``values``: answer id to problem), ``split``, ``state``, ``golden``, ``checks``,
    ``prompt``, ``approve``, ``reject``, ``return`` (sent back) or ``note``. A step of the machine never replaces what a person
    said of the same thing.
    """

    what: str
    problem: str = ""
    value: str = ""
    values: Mapping[str, str] = Field(default_factory=dict)
    who: str = MACHINE
    when: str = ""
    why: str = ""

    @property
    def by_person(self) -> bool:
        """Whether a person decided."""
        return self.who != MACHINE


class GoldenCandidate(Record):
    """Code that could be a problem's golden. ``votes`` are the answers of the log that behave like it on every input.

    ``source`` is ``correction``, ``accepted answer``, ``fixing commit``, ``person`` or the name of a stronger model.
    """

    code: str
    source: str
    votes: tuple[str, ...] = ()


class Reproduction(Record):
    """The model in question, asked again: ``failed`` of ``asked`` answers fail the draft's checks; errors do not count."""

    model: str
    asked: int
    failed: int

    @property
    def rate(self) -> float:
        """Share of failing answers."""
        return self.failed / self.asked if self.asked else 0.0


class Proposal(Record):
    """What triage made of a problem: the task that it would be, and everything that was run to say so.

    ``waiting`` says what is missing and who can give it; empty where the draft is ready to be reviewed. ``failing`` are recorded
    answers that fail the checks, ``passing`` those that were called failures and pass them, ``mistaken`` those that were called
    good and fail them. ``support`` and ``against`` count votes for and against the golden's behaviour. ``also_asked`` are other
    questions of the log that ask for the same function in other words: training tasks of their own once the problem is active.
    """

    problem: str
    task: Task | None = None
    golden_source: str = ""
    support: int = 0
    against: int = 0
    examples: int = 0
    failing: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    mistaken: tuple[str, ...] = ()
    recorded: str = ""
    also_asked: tuple[str, ...] = ()
    waiting: str = ""
    evidence: Mapping[str, Any] = Field(default_factory=dict)


class ProductionProblem(Record):
    """Answers that failed at the same thing. ``members`` are their ids, oldest first, those that were called good among them.

    ``failures`` counts the failing ones, ``users`` who met it.
    """

    id: str
    split: Split
    title: str
    members: tuple[str, ...]
    failures: int
    users: int
    first: str
    last: str


class Standing(Record):
    """Where a problem stands. ``waiting`` says for what and for whom; ``by`` is who moved it there last, ``why`` their reason."""

    problem: ProductionProblem
    state: State
    waiting: str = ""
    by: str = MACHINE
    why: str = ""
    proposal: Proposal | None = None
    reproduction: Reproduction | None = None
