"""Which blocks of an answer are its code: those that define what is asked, joined with what they need.

Works on blocks that were read already (``evals.extract``), by their outlines and by what the prose before them says. Does
not repair code; only blocks of Python and scripts are joined, and diffs of different files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from evals.announced import Announced
from evals.languages import Language
from evals.outlines import PROGRAM, Outline
from evals.outlining import outline_of
from evals.reading import DiffReader, PythonReader, TreeReader, reader_of

_TESTS = re.compile(r"_*(?:tests?(?:_.*)?|Test.*|.*_tests?|.*Tests?|run_tests?|main|demo|example\w*)")
_FUTURE = re.compile(r"^from __future__ import [^\n]*\n", re.MULTILINE)
_TAKES = re.compile(r"(?:import\b|(?:const|let|var)\b[^\n]*\brequire\s*\()")
_MOST_KEPT = 32  # blocks that may be joined


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePart:
    """One block of an answer.

    Args:
        body: its code.
        own: its tag is of the task's language. ``plain``: it has none.
        code: its tag may be one of code, so it is not one of commands, output or data.
        closed: a fence on a line of its own ends it.
        said: what the prose before it says.
        outline: what it gives.
    """

    body: str
    own: bool
    plain: bool
    code: bool
    closed: bool
    said: Announced
    outline: Outline

    def defines(self, asked: frozenset[str]) -> frozenset[str]:
        """Its names, but for ``PROGRAM`` where that is not asked: a function with an example below is a function."""
        return self.outline.defines if PROGRAM in asked else self.outline.defines - {PROGRAM}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The code of an answer. ``own``: of blocks of the task's language; ``defining``: it defines something."""

    code: str
    own: bool
    defining: bool


def settles(parts: Sequence[CodePart], row: Language, asked: frozenset[str]) -> bool:
    """Whether the last block ends an answer: with it, all that is asked is there, whole, and nothing announces more."""
    last = parts[-1]
    if not asked or not (last.own or last.plain) or not last.closed or last.said.begins or isinstance(reader_of(row), DiffReader):
        return False
    kept = _kept(_pool(parts, row, asked), row, asked)
    if not any(part is last for part in kept) or not all(part.closed and part.outline.whole for part in kept):
        return False
    if any(part.said.prior for part in kept if part.outline.defines & asked):
        return False
    outline = last.outline if len(kept) == 1 else outline_of(_joined(kept, row), row)
    return outline.whole and asked <= outline.defines and not asked & outline.undone and not outline.lacks


def chosen(parts: Sequence[CodePart], row: Language, asked: frozenset[str]) -> Choice:
    """The code of an answer that has blocks; at least one."""
    pool = _pool(parts, row, asked)
    if isinstance(reader_of(row), DiffReader):
        kept = _diffs(pool, row)
    else:
        kept = _kept(pool, row, asked) or _kept(pool, row, frozenset())
    defining = bool(kept)
    kept = kept or pool[:1]
    return Choice(code=_joined(kept, row), own=any(part.own for part in kept), defining=defining)


def _pool(parts: Sequence[CodePart], row: Language, asked: frozenset[str]) -> list[CodePart]:
    """The blocks to choose from: of the task's language; without tag where those do not define what is asked, or anything."""
    own = [part for part in parts if part.own]
    given = frozenset[str]().union(*(part.outline.defines for part in own))
    if own and (asked <= given if asked else any(row.definition.search(part.body) for part in own)):
        return own
    untagged = [part for part in parts if part.own or (part.plain and part.outline.whole and part.outline.defines)]
    if own:
        return untagged if any(row.definition.search(part.body) for part in untagged) else own
    code = [part for part in parts if part.code]
    return code if any(part.outline.defines & asked or row.definition.search(part.body) for part in code) else list(parts)


def _diffs(pool: Sequence[CodePart], row: Language) -> list[CodePart]:
    """All diffs where each touches files of its own, else the first."""
    defining = [part for part in pool if row.definition.search(part.body)]
    touched = [part.outline.defines for part in defining]
    if sum(map(len, touched)) == len(frozenset[str]().union(*touched)):
        return defining
    return defining[:1]


def _kept(pool: Sequence[CodePart], row: Language, asked: frozenset[str]) -> list[CodePart]:
    """The blocks that make the answer, in order; none where no block defines what is asked, or anything if nothing is."""
    kept: list[CodePart] = []
    for part in pool:
        names = part.defines(asked)
        if not (names if asked else row.definition.search(part.body)):
            continue
        rivals = [other for other in kept if names & other.defines(asked)]
        if not rivals:
            if (not kept or not _is_aside(part, kept, asked)) and len(kept) < _MOST_KEPT:
                kept.append(part)
        elif all(_replaces(part, rival, asked) for rival in rivals):
            kept = [other for other in kept if not any(other is rival for rival in rivals)] + [part]
        elif _missing(kept, asked) & names and len(kept) < _MOST_KEPT:
            kept.append(part)
    wanted = [part for part in kept if part.outline.defines & asked] if asked else kept
    if not isinstance(reader_of(row), (PythonReader, TreeReader)):
        return wanted[:1]
    wanted = [part for part in wanted if part.outline.whole] or wanted[:1]
    return _with_needed(wanted, [*kept, *(part for part in pool if not any(part is other for other in kept))], pool)


def _missing(kept: Sequence[CodePart], asked: frozenset[str]) -> frozenset[str]:
    return asked.difference(*(part.outline.defines for part in kept))


def _is_aside(part: CodePart, kept: Sequence[CodePart], asked: frozenset[str]) -> bool:
    """Whether a block that defines other names than those before is a use, a test or another way."""
    if part.outline.defines & _missing(kept, asked):
        return False
    names = part.defines(frozenset())
    given = frozenset[str]().union(*(other.outline.defines for other in kept))
    return (
        part.said.other
        or part.said.shows
        or not part.outline.whole
        or bool(part.outline.imports & given)
        or all(_TESTS.fullmatch(name.partition(".")[0]) for name in names)
    )


def _replaces(part: CodePart, before: CodePart, asked: frozenset[str]) -> bool:
    """Whether a later version takes the place of an earlier one: that was no whole answer, or this one is said to be it."""
    new, old = part.defines(asked), before.defines(asked)
    if not part.outline.whole:
        return False
    if not before.outline.whole or (before.outline.undone & new) - part.outline.undone:
        return True
    if part.outline.undone & old - before.outline.undone or part.said.prior:
        return False
    if before.said.prior:
        return True
    if part.said.other:
        return False
    return before.said.begins or part.said.final or old < new


def _with_needed(wanted: Sequence[CodePart], rest: Sequence[CodePart], order: Sequence[CodePart]) -> list[CodePart]:
    """The blocks and those that give the names which they lack, in the order of the text."""
    taken = list(wanted)
    for _ in range(_MOST_KEPT):
        given = frozenset[str]().union(*(part.outline.defines | part.outline.imports for part in taken))
        lacks = frozenset[str]().union(*(part.outline.lacks for part in taken)) - given
        giving = (part for part in rest if (part.outline.defines | part.outline.imports) & lacks)
        more = next((part for part in giving if not any(part is other for other in taken)), None)
        if more is None or not more.outline.whole:
            break
        taken.append(more)
    return [part for part in order if any(part is other for other in taken)]


def _joined(kept: Sequence[CodePart], row: Language) -> str:
    """One text. ``__future__`` comes first in Python; what a script imports twice it imports once."""
    if len(kept) == 1:
        return kept[0].body
    bodies = [part.body if part.body.endswith("\n") else f"{part.body}\n" for part in kept]
    reader = reader_of(row)
    if isinstance(reader, DiffReader):
        return "".join(bodies)
    if isinstance(reader, PythonReader):
        future = dict.fromkeys(line for body in bodies for line in _FUTURE.findall(body))
        bodies = [*(["".join(future)] if future else []), *(_FUTURE.sub("", body) for body in bodies)]
        return "\n".join(bodies)
    seen: set[str] = set()
    lines: list[str] = []
    for line in "\n".join(bodies).split("\n"):
        if _TAKES.match(line):
            if line in seen:
                continue
            seen.add(line)
        lines.append(line)
    return "\n".join(lines)
