"""Mutants of goldens: small wrong programs that sharp checks must refuse.

Each language has a module of its own (``MUTATORS``); a patch is mutated in its added lines, in the language of their file.
Which mutants are drawn depends on the task alone. Those that provably behave as the golden does are left out (each module
says which it can tell); the other equivalent ones stay in and count as survivors, so a score is a lower bound.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib import import_module

from evals.errors import TaskFault
from evals.records import Task

_CONTEXT = 24  # characters of a long line around its change


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A changed golden. ``line`` is the golden's own; ``before`` and ``after`` are that line without and with the change."""

    operator: str
    line: int
    before: str
    after: str
    code: str
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutants:
    """The mutants drawn, and how many of the candidates were left out as equivalent."""

    drawn: tuple[Mutant, ...]
    equivalent: int


@dataclass(slots=True, kw_only=True)
class Candidates:
    """All mutants of one text, before any is drawn."""

    made: list[Mutant] = field(default_factory=list)
    equivalent: int = 0


MUTATORS: Mapping[str, str] = {
    "python": "goldens.mutants_python:mutate_python",
    "sql": "goldens.mutants_sql:mutate_sql",
    "javascript": "goldens.mutants_javascript:mutate_javascript",
    "typescript": "goldens.mutants_javascript:mutate_typescript",
    "tsx": "goldens.mutants_javascript:mutate_tsx",
}
"""By language. Add one: a function from a text to ``Candidates`` and a row here."""


def mutants_of(task: Task, count: int) -> Mutants:
    """At most ``count`` mutants of a task's golden, spread over the operators.

    Raises:
        TaskFault: the golden cannot be read, or nothing mutates its language.
    """
    if task.kind == "patch":
        from goldens.mutants_patch import mutate_patch

        found = mutate_patch(task)
    else:
        found = mutate_text(task.golden, task.language, task.source or task.key)
    return Mutants(drawn=tuple(draw(found.made, count, task.key)), equivalent=found.equivalent)


def mutate_text(text: str, language: str, place: str) -> Candidates:
    """All mutants of a text.

    Raises:
        TaskFault: it cannot be read, or nothing mutates its language.
    """
    if language not in MUTATORS:
        raise TaskFault(f"{place}: no mutants for language {language!r}; there are mutators for {', '.join(MUTATORS)}")
    module, _, attribute = MUTATORS[language].partition(":")
    mutate: Callable[[str], Candidates] = getattr(import_module(module), attribute)
    try:
        return mutate(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise TaskFault(f"{place}: the golden is no {language}: {error}") from None


def draw(mutants: Sequence[Mutant], count: int, seed: str) -> list[Mutant]:
    """One mutant of every operator in turn, within an operator in an order that only the seed and the mutant decide."""

    def rank(mutant: Mutant) -> bytes:
        return blake2b(f"{seed}\0{mutant.operator}\0{mutant.code}".encode(), digest_size=8).digest()

    piles: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in sorted(mutants, key=rank):
        piles[mutant.operator].append(mutant)
    order = sorted(piles, key=lambda name: rank(piles[name][0]))
    drawn: list[Mutant] = []
    while len(drawn) < count and any(piles.values()):
        drawn += [piles[name].pop(0) for name in order if piles[name]][: count - len(drawn)]
    return sorted(drawn, key=lambda mutant: (mutant.file, mutant.line, mutant.operator, mutant.code))


def changed_line(before: str, after: str) -> tuple[str, str]:
    """The first lines that differ, on both sides, cut to the change; a dropped line is empty on the other side."""
    old, new = before.splitlines(), after.splitlines()
    for tag, start, end, other_start, other_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            return _focus(" ".join(map(str.strip, old[start:end])), " ".join(map(str.strip, new[other_start:other_end])))
    return "", ""


def _focus(before: str, after: str) -> tuple[str, str]:
    """Both lines without what they share far away from the change."""
    shared = _shared(before, after)
    tail = _shared(before[shared:][::-1], after[shared:][::-1])
    start = shared - _CONTEXT if shared > 2 * _CONTEXT else 0
    end = tail - _CONTEXT if tail > 2 * _CONTEXT else 0

    def cut(line: str) -> str:
        return ("..." if start else "") + line[start : len(line) - end] + ("..." if end else "")

    return cut(before), cut(after)


def _shared(one: str, other: str) -> int:
    """Length of the common beginning."""
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
