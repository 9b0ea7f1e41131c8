"""Checks as people read them: asserts of what a golden returned, in the task's language. Python, JavaScript and TypeScript."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from evals.errors import TaskFault
from evals.graders.behaviour import Behaved

LEAST_CHECKS = 3
_CHECKS = 8


def asserts_of(language: str, answers: Sequence[Behaved]) -> str:
    """Asserts of what the golden gives: the log's inputs first, then those that give something else.

    Raises:
        TaskFault: the language has no such checks, or cannot write a value.
    """
    by_value: defaultdict[str, list[Behaved]] = defaultdict(list)
    for answer in answers:
        by_value[answer.said].append(answer)
    different = [group[0] for group in by_value.values()]
    chosen = list({answer.call: answer for answer in [*answers[:LEAST_CHECKS], *different, *answers]}.values())[:_CHECKS]
    return "".join(f"{line}\n" for line in map(_ASSERT.get(language, _no_assert), chosen))


def _python_assert(answer: Behaved) -> str:
    sign = "is" if answer.value is None or isinstance(answer.value, bool) else "=="
    return f"assert {answer.call} {sign} {answer.said}"


def _script_assert(answer: Behaved) -> str:
    from evals.graders.javascript import javascript_of

    return f"assert.deepStrictEqual({answer.call}, {javascript_of(answer.value)});"


def _no_assert(answer: Behaved) -> str:
    raise TaskFault("checks can be written in Python, JavaScript and TypeScript only; write them (goldloop review)")


_ASSERT: Mapping[str, Callable[[Behaved], str]] = {
    "python": _python_assert,
    "javascript": _script_assert,
    "typescript": _script_assert,
}
