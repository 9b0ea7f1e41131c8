"""The mutants of one text: candidates as the language makes them, and the draw among them, which depends on the task alone.

Add a language: a function from a text to ``Candidates``, named in ``Language.mutator`` (see ``evals.languages``).
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from evals.errors import TaskFault
from evals.languages import language_of, part_of

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


@dataclass(slots=True, kw_only=True)
class Candidates:
    """All mutants of one text, before any is drawn."""

    made: list[Mutant] = field(default_factory=list)
    equivalent: int = 0


def mutate_text(text: str, language: str, place: str) -> Candidates:
    """All mutants of a text.

    Raises:
        TaskFault: it cannot be read, it takes too long to parse, or nothing mutates its language.
    """
    try:
        mutate: Callable[[str], Candidates] = part_of(language_of(language), "mutator")
    except TaskFault as error:
        raise TaskFault(f"{place}: no mutants: {error}") from None
    try:
        return mutate(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise TaskFault(f"{place}: the golden is not {language}: {error}") from None


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
    """Both lines without the parts that they share away from the change."""
    shared = _shared(before, after)
    tail = _shared(before[shared:][::-1], after[shared:][::-1])
    start = shared - _CONTEXT if shared > 2 * _CONTEXT else 0
    end = tail - _CONTEXT if tail > 2 * _CONTEXT else 0

    def cut(line: str) -> str:
        return ("..." if start else "") + line[start : len(line) - end] + ("..." if end else "")

    return cut(before), cut(after)


def _shared(left: str, right: str) -> int:
    """Length of the common beginning."""
    return next((place for place, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
