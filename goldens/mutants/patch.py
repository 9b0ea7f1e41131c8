"""Mutants of patches: the lines that a golden diff adds, changed in the language of their file.

Covers files whose suffix tells a language with mutators; other files and lines that the diff leaves alone are not mutated.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping, Set
from pathlib import PurePosixPath

from evals.errors import TaskFault
from evals.graders.patches import PatchFault, apply_patch
from evals.languages import LANGUAGES, language_of
from evals.plugins import is_outside
from evals.records import Task
from goldens.mutants.candidates import Candidates, mutate_text


def _languages(task: Task) -> dict[str, str]:
    """Languages with mutators, by suffix; the first row that has a suffix counts, and the task's own language."""
    rows = {name: row for name, row in LANGUAGES.items() if row.mutator}
    if is_outside(task.language) and language_of(task.language).mutator:
        rows[task.language] = language_of(task.language)
    return {suffix: name for name, row in reversed(rows.items()) for suffix in row.suffixes}


def mutate_patch(task: Task) -> Candidates:
    """All mutants of a task's golden diff, each a diff against the same files.

    Raises:
        TaskFault: the diff cannot be applied, or no file that it changes is in a language with mutators.
    """
    place = task.source or task.key
    try:
        patched = apply_patch(task.starter, task.golden)
    except PatchFault as fault:
        raise TaskFault(f"{place}: the golden diff cannot be applied: {fault}") from None
    changed = [name for name in sorted(patched) if patched[name] != task.starter.get(name)]
    languages = _languages(task)
    known = [name for name in changed if PurePosixPath(name).suffix in languages]
    if not known:
        raise TaskFault(f"{place}: no mutants: the golden diff changes no file with suffix {', '.join(languages)}")
    mutants = Candidates()
    for name in known:
        candidates = mutate_text(patched[name], languages[PurePosixPath(name).suffix], f"{place}: {name}")
        mutants.equivalent += candidates.equivalent
        added = _added_lines(task.starter.get(name, ""), patched[name])
        for mutant in candidates.made:
            if mutant.line in added:
                code = write_diff(task.starter, {**patched, name: mutant.code})
                mutants.made.append(dataclasses.replace(mutant, file=name, code=code))
    return mutants


def _added_lines(before: str, after: str) -> Set[int]:
    """Numbers, from 1, of the lines that are new."""
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    return {line + 1 for tag, _, _, start, end in matcher.get_opcodes() if tag != "equal" for line in range(start, end)}


def write_diff(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """The unified diff between two sets of files."""
    names = sorted({*before, *after})
    return "".join(
        line
        for name in names
        if before.get(name) != after.get(name)
        for line in _file_diff(name, before.get(name), after.get(name))
    )


def _file_diff(name: str, before: str | None, after: str | None) -> Iterator[str]:
    old, new = ("" if text is None else text for text in (before, after))
    sides = "/dev/null" if before is None else f"a/{name}", "/dev/null" if after is None else f"b/{name}"
    for line in difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), *sides):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
