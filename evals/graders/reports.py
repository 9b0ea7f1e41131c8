"""What a job of the value judge said, read strictly, and the verdict that its answers make.

What the sandbox writes is parsed strictly and never trusted: a report out of order, doubled, cut short or longer than
allowed is a fail. Does not run anything.
"""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.checks import Step
from evals.graders.base import ended_early
from evals.graders.codec import Comparator, decode, equal, parse_comparator
from evals.records import Status
from evals.sandboxes.base import Outcome

_MOST_KINDS_OF_ONE_ERROR = 2  # `class Missing(KeyError, AttributeError)` is honest
_LONGEST_NAME = 60
Ruling = tuple[Status, str, dict[str, Any]]
"""Status, reason and evidence of a future verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueReport:
    """What a job said: how loading went, the answers in order, whether it ended properly.

    ``forged`` names what no driver writes; such a report proves nothing.
    """

    loaded: bool
    load: Mapping[str, Any] | None
    syntax: bool
    answers: tuple[Mapping[str, Any], ...]
    complete: bool
    forged: str
    outcome: Outcome


def read_report(outcome: Outcome, steps: int) -> ValueReport:
    """Read a job's output, strictly: load, then 0 .. steps - 1, then the end."""
    lines = outcome.stdout.split(b"\n")
    cut = lines.pop()  # a line without its line end
    load: Mapping[str, Any] | None = None
    loaded = syntax = complete = False
    answers: list[Mapping[str, Any]] = []
    forged = ""
    for number, line in enumerate(lines):
        try:
            record = json.loads(line)  # not orjson, which refuses lone surrogates in strings
        except (ValueError, RecursionError):
            record = None
        if complete or load is not None:
            forged = "more after the end"
        elif not isinstance(record, dict):
            forged = "a line that is not a record"
        elif number == 0 and "load" in record:
            load, loaded, syntax = record["load"], record["load"] is None, record.get("syntax") is True
            forged = "" if load is None or isinstance(load, dict) else "a load record without its error"
        elif len(answers) == steps and record == {"end": True}:
            complete = True
        elif number and _is_step(record, len(answers), steps):
            answers.append(record)
        else:
            forged = f"a record out of order after {len(answers)} of {steps} steps"
        if forged:
            break
    limited = outcome.timed_out or outcome.killed or outcome.truncated
    complete = complete and outcome.exit_code == 0 and not limited
    if not forged and cut and not limited and outcome.exit_code == 0:
        forged = "a line without an end"
    return ValueReport(
        loaded=loaded, load=load, syntax=syntax, answers=tuple(answers), complete=complete, forged=forged, outcome=outcome
    )


def _is_step(record: Mapping[str, Any], number: int, steps: int) -> bool:
    index = record.get("step")
    if number >= steps or type(index) is not int or index != number:
        return False
    return ("value" in record) != ("raised" in record)


def load_failure(report: ValueReport) -> Ruling | None:
    """Why nothing in a report counts; None if its answers count."""
    if report.forged:
        return "fail", "forged_report", {"message": report.forged, "exit_code": report.outcome.exit_code}
    if report.load is not None:
        if report.syntax:
            return "fail", "syntax_error", {"message": message_of(report.load)}
        name = _short([*raised_names(report.load), "Exception"][0])
        return "fail", f"exception:{name}", {"stage": "load", "raised": name, "message": message_of(report.load)}
    if not report.loaded:
        return ended_early(report.outcome, {"stage": "load"})
    return None


def judge(steps: Sequence[Step], report: ValueReport, comparator: Comparator) -> Ruling:
    """Status, reason and evidence from what came out of the sandbox."""
    failure = load_failure(report)
    if failure is not None:
        return failure
    for index, step in enumerate(steps):
        if index >= len(report.answers):
            return ended_early(report.outcome, place_of(step))
        failure = judge_step(step, report.answers[index], comparator)
        if failure is not None:
            return failure
    if not report.complete:
        return ended_early(report.outcome, {"stage": "end"})
    return "pass", "pass", {"checks": sum(step.kind != "run" for step in steps)}


def place_of(step: Step) -> dict[str, Any]:
    """The place of a step in its checks, as evidence."""
    return {"check": step.text[:400], "line": step.line}


def judge_step(step: Step, answer: Mapping[str, Any], comparator: Comparator) -> Ruling | None:
    """The failure that an answer amounts to, or None."""
    place = place_of(step)
    raised = raised_names(answer)
    message = message_of(answer)
    if step.kind == "call":  # its answer, even an exception, is for the caller
        return None
    if step.kind == "raises":
        told = any(is_raised(name, raised) for name in step.expected) and not _is_anything(raised)
        if told and re.search(step.match, message):
            return None
        expected = " or ".join(step.expected) + (f" with {step.match!r} in its message" if step.match else "")
        got = f"{_short(raised[0])}: {message}" if raised else "nothing raised"
        return "fail", "wrong_exception", {**place, "expected": expected, "got": got[:400]}
    if raised:
        refuted = step.kind == "inside" and _short(raised[0]) == "AssertionError"
        reason = "wrong_value" if refuted else f"exception:{_short(raised[0])}"
        return "fail", reason, {**place, "raised": _short(raised[0]), "message": message}
    if step.kind == "value":
        got = decode(answer.get("value"))
        if not matches(step, got, comparator):
            return "fail", "wrong_value", {**place, "expected": shown(step.expected), "got": shown(got)}
    return None


def matches(step: Step, got: Any, comparator: Comparator) -> bool:
    """Whether a decoded value is the one that a step expects."""
    if step.truth:
        return bool(got) is step.expected
    if step.identical:
        return type(got) is type(step.expected) and equal(got, step.expected, None)
    if step.tolerance is not None:
        return equal(got, step.expected, step.tolerance)
    return (parse_comparator(step.compare, step.text) if step.compare else comparator).matches(got, step.expected)


def raised_names(answer: Mapping[str, Any]) -> list[str]:
    """Names of what was raised and its bases; empty where nothing was. The sandbox's output is not trusted."""
    if "raised" not in answer:
        return []
    raised = answer["raised"]
    names = [name for name in raised if isinstance(name, str)] if isinstance(raised, list) else []
    return names or ["builtins.Exception"]


def is_raised(name: str, raised: Sequence[str]) -> bool:
    """Whether one of the classes raised is the one that a check names.

    A built-in name is the built-in class; another one is a class of that name that is not built in. Languages without
    modules give bare names.
    """
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, BaseException):
        return f"builtins.{kind.__name__}" in raised or name in raised
    return any(_short(raised_kind) == name and not raised_kind.startswith("builtins.") for raised_kind in raised)


def _is_anything(raised: Sequence[str]) -> bool:
    """Whether a class inherits from more unrelated built-in exceptions than any honest one: crafted to satisfy every check."""
    named = [getattr(builtins, name.removeprefix("builtins."), None) for name in raised if name.startswith("builtins.")]
    kinds = {kind for kind in named if isinstance(kind, type)}
    leaves = [kind for kind in kinds if not any(leaf is not kind and issubclass(leaf, kind) for leaf in kinds)]
    return len(leaves) > _MOST_KINDS_OF_ONE_ERROR


def _short(name: str) -> str:
    """The name of a class without its module. The sandbox wrote it, and it becomes part of a verdict's reason."""
    last = name.rpartition(".")[2]
    return last if last.isidentifier() and len(last) <= _LONGEST_NAME else "Exception"


def message_of(answer: Mapping[str, Any]) -> str:
    """The message of what was raised; empty where what the sandbox wrote is not text."""
    message = answer.get("message", "")
    return message[:400] if isinstance(message, str) else ""


def shown(value: Any) -> str:
    """A value as evidence."""
    try:
        return repr(value)[:400]
    except (ValueError, RecursionError):  # an int of more than 4,300 digits
        return f"<{type(value).__name__} too large to show>"
