"""Whether a new task is found in what a model was trained on: the trainsets of its adapter, screened as pairs are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from decontam.matching.index import solution_key
from decontam.matching.match import match_text
from decontam.screen import index_tasks
from evals.errors import Inconclusive
from evals.extract import extract_code
from evals.records import Task
from loop.adapters import trained_rows


def trained_on(adapter: str) -> Callable[[Task], str]:
    """A function from a task to the place at which the adapter's training data holds it; empty where it does not.

    Without an adapter nothing was trained by goldloop. An adapter without a record of its data counts as trained on everything
    (*clean* means read), which the function says.

    Raises:
        BadInput: the trainset was changed after the adapter was trained on it.
    """
    if not adapter:
        return lambda task: ""
    found = trained_rows(Path(adapter), "this task")
    if isinstance(found, str):
        unknown = found
        return lambda task: unknown
    folder, rows = found
    texts = [
        (str(row.provenance.get("key", number)), _text(row.prompt), _text(row.completion)) for number, row in enumerate(rows)
    ]

    def place_of(task: Task) -> str:
        try:
            index = index_tasks([task])
        except Inconclusive:
            index = None  # too short to be found by its words
        golden = solution_key(task.golden) if task.golden.strip() else ""
        for key, prompt, completion in texts:
            found = extract_code(completion, task.language)
            same = bool(golden) and found is not None and solution_key(found.code) == golden
            if (
                key == task.key
                or same
                or (index is not None and any(m.leak for m in match_text(f"{prompt}\n{completion}", index)))
            ):
                return f"{folder}: {key}"
        return ""

    return place_of


def _text(messages: object) -> str:
    return "\n".join(str(message["content"]) for message in messages) if isinstance(messages, (list, tuple)) else str(messages)
