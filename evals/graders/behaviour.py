"""What a function does: its answer to each of given arguments, as text that can be compared between answers.

For functions of plain arguments in languages whose runtime takes hidden inputs. Code that does not load, or does not define the
function, has no behaviour at all; an input on which it raises, runs out of time or gives nothing plain has that as its answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evals.errors import TaskFault
from evals.graders.codec import EXACT, Comparator
from evals.graders.referee import is_plain
from evals.graders.reports import load_failure
from evals.graders.runtimes import Question, hidden_inputs, run_steps, runtime_for
from evals.records import Task
from evals.sandboxes.base import Sandbox

_MOST_STOPS = 3
_FLOATS = Comparator(kind="approx", rtol=1e-6, atol=1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaved:
    """One call: its text in the task's language, and either the ``value`` or how it ended (``raised X``, ``no end``).

    ``plain``: the value is one that can be written down, ``value`` then is it.
    """

    call: str
    said: str
    plain: bool = False
    value: Any = None


def behaviour(task: Task, code: str, entry: str, inputs: Sequence[tuple[Any, ...]], sandbox: Sandbox) -> list[Behaved] | None:
    """What ``code`` gives for each tuple of arguments; None where it does not load or lacks the function.

    A run that does not end is cut at the task's time limit and goes on with the next input, at most three times; what is left
    then ends as ``not reached``.

    Raises:
        SandboxFault: the sandbox failed twice.
        TaskFault: the language takes no such inputs, or has no such value.
    """
    asking = hidden_inputs(task.language)
    questions = [asking.question(entry, given) for given in inputs]
    done: list[Behaved] = []
    for _ in range(_MOST_STOPS):
        left = questions[len(done) :]
        report = run_steps(runtime_for(task.language), task, code, asking.ask(entry, left), sandbox)
        if load_failure(report) is not None:
            return None
        done += [_behaved(task, question, answer) for question, answer in zip(left, report.answers, strict=False)]
        if report.complete or len(done) >= len(questions):
            break
        done.append(Behaved(call=questions[len(done)].text, said="no end"))
    return done + [Behaved(call=question.text, said="not reached") for question in questions[len(done) :]]


def _behaved(task: Task, question: Question, answer: Any) -> Behaved:
    if "raised" in answer:
        raised = answer["raised"]
        name = str(raised[0]) if isinstance(raised, list) and raised else "?"
        return Behaved(call=question.text, said=f"raised {name.removeprefix('builtins.')}")
    value = hidden_inputs(task.language).plain(answer.get("value"))
    plain = is_plain(value)
    return Behaved(call=question.text, said=repr(value), plain=plain, value=value if plain else None)


def same(one: Behaved, other: Behaved) -> bool:
    """Whether two answers to one call agree; where both have floats, within a millionth."""
    if not (one.plain and other.plain) or one.said == other.said:
        return one.said == other.said
    comparator = _FLOATS if has_floats(one.value) and has_floats(other.value) else EXACT
    return comparator.matches(one.value, other.value)


def has_floats(value: Any) -> bool:
    """Whether a plain value holds a float anywhere."""
    if isinstance(value, dict):
        return any(map(has_floats, value.values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(map(has_floats, value))
    return isinstance(value, (float, complex))


def entries(language: str, code: str) -> list[str]:
    """The functions that code defines at its top level, in order; none where the language takes no inputs.

    Never raises for what a model wrote.
    """
    try:
        return hidden_inputs(language).functions(code)
    except TaskFault:
        return []
