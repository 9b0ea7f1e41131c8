"""Ready answers of any agent or harness, to be graded without a model: one reader for the forms that benchmarks use.

A row names a task (``task_id``, ``task``, ``instance_id``, ``question_id``, ``id``) and holds an answer or a list of them: code
(``solution``, ``code``, ``code_list``, ``model_patch``) or what a model said (``completion``, ``output``, ``output_list``,
``answer``, ``response``). Covers SWE-bench's and EvalPlus's JSONL, HumanEval's completions, which go on from the code of the
prompt, and LiveCodeBench's lists. Several rows of one task are several samples of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.asked import answer_language, asked_names
from evals.errors import BadInput, joined
from evals.extract import extract_code
from evals.languages import language_of
from evals.outlining import outline_of
from evals.records import Attempt, Task
from evals.source import sound
from evals.tables import TableRow, read_rows

TASK_KEYS = ("task_id", "task", "instance_id", "question_id", "problem_id", "id")
CODE_KEYS = ("model_patch", "solution", "code", "code_list")
TEXT_KEYS = ("completion", "output", "output_list", "answer", "response", "generation", "generations")
_BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """An answer as a row has it; ``text`` None is an answer that was not given. ``is_code``: no model's words around it."""

    place: str
    task: str
    text: str | None
    is_code: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Predictions as attempts at a suite's tasks, as many a task as ``samples``.

    ``unknown`` predictions name no task of the suite; ``missing`` tasks have no prediction: they count as failed.
    """

    attempts: tuple[Attempt, ...]
    samples: int
    unknown: tuple[str, ...]
    missing: tuple[str, ...]


def read_predictions(file: Path) -> list[Prediction]:
    """The answers of a file: JSONL, JSON, CSV or Parquet, plain or compressed.

    Raises:
        BadInput: a row names no task or holds no answer; each with its place.
    """
    problems: list[str] = []
    found: list[Prediction] = []
    for row in read_rows(file, problems, known=frozenset((*CODE_KEYS, *TEXT_KEYS))):
        task = next((row.values[key] for key in TASK_KEYS if isinstance(row.values.get(key), (str, int))), None)
        key = next((key for key in (*CODE_KEYS, *TEXT_KEYS) if key in row.values), None)
        if task is None or key is None:
            wanted = TASK_KEYS if task is None else (*CODE_KEYS, *TEXT_KEYS)
            problems.append(f"{row.place}: expected one of {', '.join(wanted)}, found {', '.join(map(str, row.values)):.120}")
            continue
        answers = row.values[key] if isinstance(row.values[key], list) else [row.values[key]]
        problems += _not_texts(row, key, answers)
        found += [Prediction(place=row.place, task=str(task), text=_text(a), is_code=key in CODE_KEYS) for a in answers]
    if problems:
        raise BadInput(joined(problems))
    return found


def match_predictions(predictions: Sequence[Prediction], tasks: Sequence[Task]) -> Matched:
    """Predictions beside the tasks that they name: by id, by ``suite/id``, or by the id behind ``HumanEval/`` and the like.

    Raises:
        BadInput: none names a task, or tasks have different numbers of predictions.
    """
    by_name = _names(tasks)
    given: dict[str, list[Prediction]] = {}
    unknown: list[str] = []
    for prediction in predictions:
        task = by_name.get(prediction.task) or by_name.get(prediction.task.replace("/", "-"))
        if task is None:
            unknown.append(f"{prediction.place}: no task {prediction.task!r}")
        else:
            given.setdefault(task.key, []).append(prediction)
    if not given:
        ids = ", ".join(task.id for task in tasks[:3])
        raise BadInput(f"{predictions[0].place}: no prediction names a task of {tasks[0].suite}; its ids are {ids}, ...")
    samples = max(map(len, given.values()))
    if uneven := next((key for key, answers in given.items() if len(answers) != samples), None):
        raise BadInput(
            f"{given[uneven][0].place}: task {uneven} has {len(given[uneven])} predictions, another one {samples}; "
            "give as many of each task"
        )
    attempts = [
        _attempt(task, number, prediction)
        for task in tasks
        for number, prediction in enumerate(given.get(task.key, [None] * samples))
    ]
    missing = tuple(task.key for task in tasks if task.key not in given)
    return Matched(attempts=tuple(attempts), samples=samples, unknown=tuple(unknown), missing=missing)


def _names(tasks: Sequence[Task]) -> dict[str, Task]:
    """What a prediction may call a task; a short name that several have is nobody's."""
    whole = {name: task for task in tasks for name in (task.id, task.key)}
    short: dict[str, Task | None] = {}
    for task in tasks:
        for prefix in ("HumanEval", "Mbpp", "Python", "JavaScript", "BigCodeBench"):
            name = f"{prefix}/{task.id}"
            short[name] = None if name in short else task
    return {**{name: task for name, task in short.items() if task is not None}, **whole}


def _attempt(task: Task, sample: int, prediction: Prediction | None) -> Attempt:
    text = "" if prediction is None or prediction.text is None else sound(prediction.text)
    code = None if prediction is None or not text.strip() else code_of(task, text, is_code=prediction.is_code)
    return Attempt(key=task.key, sample=sample, completion=text, code=code, finish_reason="stop")


def code_of(task: Task, text: str, *, is_code: bool) -> str:
    """The code of an answer that somebody else generated.

    Args:
        task: what it answers.
        text: the answer.
        is_code: it was extracted already; a fence around it is taken off all the same.

    The first of these that defines what is asked for: the code that an answer of a model would be read as, the text itself,
    the text after the code of the prompt (HumanEval's completions begin within the function). Else the first that there is.
    """
    asked, language = asked_names(task), answer_language(task)
    row = language_of(language)
    candidates = list(_candidates(task, text, language, asked, is_code))
    wanted = {name for name in asked if name.isidentifier()}
    for code in candidates if wanted else ():
        outline = outline_of(code, row)
        if outline.whole and wanted <= outline.defines:
            return code
    return candidates[0]


def _candidates(task: Task, text: str, language: str, asked: Collection[str], is_code: bool) -> Iterator[str]:
    extraction = extract_code(text, language, asked) if not is_code or "```" in text else None
    if extraction is not None:
        yield extraction.code
    yield text
    if language != "diff" and (blocks := _BLOCK.findall(task.prompt)):
        yield f"{blocks[-1].rstrip()}\n{text.lstrip(chr(10))}"


def _text(answer: Any) -> str | None:
    return answer if isinstance(answer, str) else None


def _not_texts(row: TableRow, key: str, answers: Sequence[Any]) -> list[str]:
    odd = [answer for answer in answers if answer is not None and not isinstance(answer, str)]
    return [f"{row.place}: {key}: expected text or a list of texts, found {odd[0]!r:.60}"] if odd else []


def journal_entry(attempts: Sequence[Attempt]) -> Mapping[str, Any]:
    """Attempts as a journal keeps them: an evaluation over such a journal grades them and asks no model."""
    return {"attempts": list(attempts)}
