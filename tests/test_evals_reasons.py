"""One table of verdict reasons: complete, and in words for people and for the model."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.reasons import KINDS, REASONS, reason_feedback, reason_row, reason_words

EVALS = Path(__file__).parents[1] / "evals"


def texts(node: ast.expr | None) -> Iterator[str]:
    """What stands before the colon of every reason that an expression can be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value.partition(":")[0]
    elif isinstance(node, ast.JoinedStr):
        yield from texts(node.values[0])
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))


def is_fail(nodes: list[ast.expr]) -> bool:
    return len(nodes) > 1 and isinstance(nodes[0], ast.Constant) and nodes[0].value in {"fail", "unsettled"}


def reasons_in(tree: ast.AST) -> Iterator[str]:
    """Reasons of status fail and unsettled in a module.

    Of ``verdict("fail", X)``, tuples, dicts and records with both keys, ``reason = X``.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if is_fail(node.args):
                yield from texts(node.args[1])
            named = {word.arg: word.value for word in node.keywords if word.arg}
            if not isinstance(status := named.get("status"), ast.Constant) or status.value == "fail":
                yield from texts(named.get("reason"))
        elif isinstance(node, ast.Tuple) and is_fail(node.elts):
            yield from texts(node.elts[1])
        elif isinstance(node, ast.Dict):
            pairs = {key.value: value for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant)}
            status = pairs.get("status")
            if status is None or (isinstance(status, ast.Constant) and status.value == "fail"):
                yield from texts(pairs.get("reason"))
        elif isinstance(node, ast.Assign) and any(isinstance(goal, ast.Name) and goal.id == "reason" for goal in node.targets):
            yield from texts(node.value)


def given() -> set[str]:
    files = [*(EVALS / "graders").rglob("*.py"), EVALS / "run.py"]
    found = {reason for file in files for reason in reasons_in(ast.parse(file.read_text()))}
    return found - {"database"}  # of status error, in a record that has no status


def test_every_reason_that_a_grader_gives_has_a_row() -> None:
    assert given() - REASONS.keys() == set()


def test_no_row_is_for_a_reason_that_nobody_gives() -> None:
    assert REASONS.keys() - given() == set()


def test_the_reasons_are_read_from_every_form_that_graders_write() -> None:
    source = """
verdict("fail", "one", box)
verdict("fail", "two" if x else f"three:{name}", box)
return_ = "fail", "four", {}
changes = {"status": "fail", "reason": f"five:{x}"}
changes = {"status": "error", "reason": "not_this"}
reason = "six"
Mismatch(reason="seven", got=1)
Verdict(status="error", reason="nor_this")
"""
    assert set(reasons_in(ast.parse(source))) == {"one", "two", "three", "four", "five", "six", "seven"}


def test_every_row_has_words_for_people_and_for_the_model_and_a_kind_with_advice() -> None:
    assert all(row.words and row.feedback and row.kind in KINDS and row.advice for row in REASONS.values())
    assert len({row.words for row in REASONS.values()}) == len(REASONS)  # a table by words adds nothing up that differs


@pytest.mark.parametrize(
    ("reason", "words", "feedback", "kind"),
    [
        ("exception:KeyError", "raised KeyError", "KeyError was raised", "exception"),
        ("flagged:process_exit", "flagged: process_exit", "The answer was refused (flagged:process_exit)", "gaming"),
        ("metric:ruff", "ruff below its minimum", "The answer was refused (metric:ruff)", "metric"),
        ("exception", "exception", "exception", "exception"),
        ("of_a_plugin:x", "of_a_plugin:x", "The answer was refused (of_a_plugin:x)", "other"),
    ],
)
def test_details_are_put_into_words(reason: str, words: str, feedback: str, kind: str) -> None:
    assert (reason_words(reason), reason_feedback(reason), reason_row(reason).kind) == (words, feedback, kind)
