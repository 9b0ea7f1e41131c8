"""The records that goldens emits."""

from __future__ import annotations

from typing import Literal

from evals.records import Attempt, Failure, Record, Verdict


class Golden(Record):
    """A proved answer. ``proof`` is the passing verdict; ``empty`` the failing verdict of an answer that does nothing.

    ``source``: ``task`` (shipped with the task) or ``self`` (a passing attempt of the model's own, used as replay).
    ``seconds`` is the wall time of the proof; attempts are given a multiple of it.
    """

    task: str
    code: str
    source: Literal["task", "self"]
    proof: Verdict
    empty: Verdict | None = None
    seconds: float = 0.0


class Pair(Record):
    """What the model should have written, beside what it wrote. A replay pair has no failure but a passing attempt."""

    task: str
    group: str
    slice: str
    prompt: str
    system: str
    language: str
    licence: str
    failure: Failure | None
    attempt: Attempt
    golden: Golden
