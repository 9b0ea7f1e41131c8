"""Mutants of goldens: slightly wrong programs that sharp checks must reject.

Each language has a module of its own, named in its row (``Language.mutator``); a patch is mutated in its added lines, in the
language of their file. Which mutants are drawn depends on the task alone. Those that provably behave as the golden does are
left out (each module says which it can tell); the other equivalent ones stay in and count as survivors, so a score is a lower
bound.
"""

from __future__ import annotations

from dataclasses import dataclass

from evals.records import Task
from goldens.mutants.candidates import Mutant, draw, mutate_text
from goldens.mutants.patch import mutate_patch


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutants:
    """The mutants drawn, and how many of the candidates were left out as equivalent."""

    drawn: tuple[Mutant, ...]
    equivalent: int


def mutants_of(task: Task, count: int) -> Mutants:
    """At most ``count`` mutants of a task's golden, spread over the operators.

    Raises:
        TaskFault: the golden cannot be read, or nothing mutates its language.
    """
    place = task.source or task.key
    candidates = mutate_patch(task) if task.kind == "patch" else mutate_text(task.golden, task.language, place)
    return Mutants(drawn=tuple(draw(candidates.made, count, task.key)), equivalent=candidates.equivalent)
