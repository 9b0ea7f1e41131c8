"""The records that goldens emits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from evals.records import Attempt, Record, Status, Verdict

Source = Literal["golden", "repair", "own", "revise", "hint", "replay"]
"""Where the text to learn comes from; see ``Golden``."""
TARGET_SOURCES: tuple[Source, ...] = ("own", "revise", "hint", "repair", "golden")
"""Sources of what is learnt from a failure: all but replay."""
SAMPLED: tuple[Source, ...] = ("own", "revise", "hint")
"""Sources that the model is asked for, beside what an evaluation leaves."""
State = Literal["sound", "weak", "broken", "error"]


class Golden(Record):
    """A proved answer. ``proof`` is the passing verdict; ``empty`` the failing verdict of an answer that does nothing.

    ``source``: ``golden`` (shipped with the task), ``repair`` (the model's own answer that passed after a failing one of an
    evaluation), ``own`` (a sample of the model's that passed, of a task that it fails at other times), ``revise`` (its failing
    answer rewritten beside the golden), ``hint`` (written on from the golden's first lines) or ``replay`` (its answer that passed
    at once, kept in training so that it is not forgotten).
    ``seconds`` is the wall time of the proof; attempts are given a multiple of it. ``sample`` and ``seed`` are those of the
    prompt that a sampled answer was drawn with; ``distance`` counts the tokens between it and the failing attempt.
    """

    key: str
    code: str
    source: Source
    proof: Verdict
    empty: Verdict | None = None
    seconds: float = 0.0
    sample: int | None = Field(default=None, exclude_if=lambda value: value is None)
    seed: int | None = Field(default=None, exclude_if=lambda value: value is None)
    distance: int | None = Field(default=None, exclude_if=lambda value: value is None)


class Pair(Record):
    """What the model wrote (``attempt``, with its ``verdict``), beside what it should write (``golden``).

    A pair of source ``replay`` has a passing attempt; every other one is of a failure.
    """

    key: str
    group: str
    slice: str
    prompt: str
    system: str
    language: str
    licence: str
    attempt: Attempt
    verdict: Verdict
    golden: Golden

    @property
    def replay(self) -> bool:
        """Whether it rehearses what the model can do already."""
        return self.golden.source == "replay"


class Tried(Record):
    """One run of an answer that must not pass (a stub, a mutant), and its outcome."""

    status: Status
    reason: str


class Survivor(Record):
    """A mutant that the checks let through: the golden's line, and that line without and with the change."""

    operator: str
    file: str = ""
    line: int
    before: str
    after: str


class Verification(Record):
    """What verifying one task found.

    ``killed + len(survivors) + mutant_errors == mutants``. ``score`` is the share of killed among killed and surviving
    mutants, None if none was run. ``equivalent`` mutants were left out before any ran. ``inside`` of the ``checks`` are
    decided by the answer's own process, where they could be forged. ``late``: the golden ran out of time.
    ``findings`` say what is weak or broken; ``state`` is their worst.
    """

    id: str
    suite: str
    slice: str
    split: str
    source: str
    state: State
    findings: tuple[str, ...] = ()
    repeats: int
    passes: int
    golden_errors: int = 0
    seconds: float = 0.0
    checks: int = 0
    inside: int = 0
    late: bool = False
    stubs: Mapping[str, Tried] = Field(default_factory=dict)
    mutants: int = 0
    killed: int = 0
    survivors: tuple[Survivor, ...] = ()
    mutant_errors: int = 0
    equivalent: int = 0
    score: float | None = None

    @property
    def runs(self) -> int:
        """Sandbox jobs that count: the golden's, the stubs', the mutants'."""
        return self.repeats + len(self.stubs) + self.mutants

    @property
    def errors(self) -> int:
        """Those of the runs that ended as infrastructure errors."""
        return self.golden_errors + self.mutant_errors + sum(tried.status == "error" for tried in self.stubs.values())


class Tally(Record):
    """A row of the closing table: a suite or one of its slices."""

    suite: str
    slice: str
    tasks: int
    sound: int
    weak: int
    broken: int
    errors: int
    mutants: int
    killed: int
    score: float | None
