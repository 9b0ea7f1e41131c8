"""The names that an answer to a task must define, read from its golden, its entry and its checks.

For extraction, which takes the blocks that define them. Where nothing can be told (a diff, a language without a reader of
names, a task without golden) there are none; nothing here is run, and no task is refused.
"""

from __future__ import annotations

import re

from evals.errors import TaskFault
from evals.languages import language_of
from evals.outlines import PROGRAM, QUERY
from evals.outlining import outline_of
from evals.reading import PythonReader, QueryReader, TreeReader, reader_of
from evals.records import Task

_WORD = re.compile(r"[\w$]++")


def asked_names(task: Task) -> frozenset[str]:
    """The names by which a task's checks reach an answer; ``PROGRAM`` for a program, ``QUERY`` for a query.

    Members of a class that the checks use are named as ``Class.member``.
    """
    try:
        row = language_of(answer_language(task))
        reader = reader_of(row)
        if task.kind == "patch":
            return frozenset()
        if task.kind == "stdin":
            return frozenset({PROGRAM}) if isinstance(reader, (PythonReader, TreeReader)) else frozenset()
        if isinstance(reader, QueryReader):
            return frozenset({QUERY})
        outline = outline_of(task.golden, row)
    except TaskFault:  # of whoever grades
        return frozenset()
    given = outline.defines - {PROGRAM}
    used = {word for text in (task.test_text, task.public) for word in _WORD.findall(text)}
    if task.kind != "tests" and task.entry and (task.entry in given or not given):  # of tests, the entry is a file
        return frozenset({task.entry})
    return frozenset(name for name in given if used.issuperset(name.split(".")))


def answer_language(task: Task) -> str:
    """The language of an answer's text: the task's, or ``diff`` for a patch."""
    return "diff" if task.kind == "patch" else task.language
