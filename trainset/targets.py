"""Targets of the model's own: how it is asked for them, and which of its answers become one.

``own``: the task's own question at a temperature; every distinct pass (RFT, arXiv 2308.01825). ``revise``: the model sees its
failing answer, what the tests said and the golden, and rewrites its answer; of what passes, the one nearest to that answer (DEED,
arXiv 2403.00046). ``hint``: the golden's first lines are given, the rest is its own. Whatever it was asked, a row has the task's
own question. Does not choose between the sources of a task (``trainset.choosing``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from evals.feedback import said_by_tests
from evals.languages import language_of
from evals.records import Failure, Message, Result, Task, Try
from evals.run import Asking
from goldens.likeness import normalised, token_distance
from goldens.records import Golden, Source
from trainset.settings import SamplingSettings

_NOTHING = "(no answer)"


def questions_of(source: Source, task: Task, failure: Failure, settings: SamplingSettings, first: int) -> list[Asking]:
    """What a source asks about a failed task: ``settings.samples`` times the same, with seeds of their own.

    ``first`` is the number of the first sample; those before it are an evaluation's. A golden of one line gives no hint, and of a
    patch no part is one.
    """
    turn = 0
    if source == "own":
        messages = task.messages()
    elif source == "revise":
        messages, turn = _revision(task, failure), 1
    else:
        messages, first = _hint(task, settings.hint_share), first + settings.samples
    numbers = range(first, first + settings.samples) if messages else ()
    return [Asking(task=task, messages=tuple(messages), sample=number, turn=turn) for number in numbers]


def _revision(task: Task, failure: Failure) -> list[Message]:
    said = said_by_tests(failure.verdict, task.public)
    asked = (
        f"{said}\n\nA correct answer is:\n\n{fenced(task.golden, _language(task))}\n\n"
        "Rewrite your own answer until it is correct. Change only what is wrong: keep your own structure and names. "
        "Give the whole answer in one code block."
    )
    answer: Message = {"role": "assistant", "content": failure.attempt.completion.strip() or _NOTHING}
    return [*task.messages(), answer, {"role": "user", "content": asked}]


def _hint(task: Task, share: float) -> list[Message]:
    lines = task.golden.strip().splitlines()
    given = min(max(1, round(share * len(lines))), len(lines) - 1)
    if task.kind == "patch" or not given:
        return []
    *before, question = task.messages()
    start = fenced("\n".join(lines[:given]), task.language)
    asked = (
        f"{question['content']}\n\nBegin with these lines and write the rest. Give the whole answer in one code block.\n\n{start}"
    )
    return [*before, {"role": "user", "content": asked}]


def _language(task: Task) -> str:
    return "" if task.kind == "patch" else task.language


def fenced(code: str, language: str) -> str:
    """Code as a block of its language (a diff's without one), in a fence that is longer than any within it."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language_of(language).fences[0] if language else 'diff'}\n{code.strip()}\n{fence}"


def targets_of(source: Source, task: Task, failure: Failure, questions: Sequence[Asking], tries: Sequence[Try]) -> list[Golden]:
    """The targets that a source's answers give, nearest to the failing attempt first: all distinct ones of ``own``, else one.

    An answer is one only with a pass of its own that its process had no part in (``Verdict.trusted``), without flags.
    """
    attempt = failure.attempt.code or failure.attempt.completion
    found: dict[str, Golden] = {}
    for question, one in zip(questions, tries, strict=True):
        code = one.attempt.code
        if code and one.verdict.trusted and not one.verdict.flags:
            found.setdefault(
                normalised(code, task.language),
                Golden(
                    key=task.key,
                    code=code,
                    source=source,
                    proof=one.verdict,
                    sample=question.sample,
                    seed=question.seed,
                    distance=token_distance(attempt, code),
                ),
            )
    near = sorted(found.values(), key=lambda golden: (golden.distance, golden.sample))
    return near if source == "own" else near[:1]


def own_passes(results: Sequence[Result], task: Task) -> tuple[list[Asking], list[Try]]:
    """The passes of an evaluation's samples of a task that failed in others: targets that cost nothing."""
    tries = [Try(attempt=r.attempt, verdict=r.verdict) for r in results if r.key == task.key and r.verdict.passed]
    asked = [Asking(task=task, messages=tuple(task.messages()), sample=one.attempt.sample) for one in tries]
    return asked, tries


def yields(targets: Mapping[str, Sequence[Golden]], sources: Sequence[Source]) -> Iterator[tuple[Source, int, int]]:
    """Source, targets and tasks with one, for each source."""
    for source in sources:
        of_task = [sum(golden.source == source for golden in found) for found in targets.values()]
        yield source, sum(of_task), sum(map(bool, of_task))
