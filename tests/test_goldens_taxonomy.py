"""Failures by kind and in clusters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evals.records import Attempt, Failure, Verdict
from goldens.taxonomy import KINDS, clusters_of, count_kinds, kind_of, signature_of


def failure(reason: str, task: str = "s/t", code: str = "x", **evidence: str) -> Failure:
    attempt = Attempt(task=task, completion=code, code=code, finish_reason="stop")
    return Failure(task=task, attempt=attempt, verdict=Verdict(status="fail", reason=reason, evidence=evidence))


@pytest.mark.parametrize(
    ("reason", "evidence", "kind"),
    [
        ("no_code", {}, "no code"),
        ("truncated", {}, "truncated"),
        ("syntax_error", {"message": "invalid syntax"}, "syntax"),
        ("exception:ModuleNotFoundError", {"message": "No module named 'numpy'"}, "missing import"),
        ("exception:NameError", {"message": "name 'math' is not defined", "check": "assert area(2) == 12"}, "missing import"),
        ("exception:NameError", {"message": "name 'area' is not defined", "check": "assert area(2) == 12"}, "wrong name"),
        ("exception:TypeError", {"message": "area() takes 1 positional argument but 2 were given"}, "wrong signature"),
        ("exception:TypeError", {"message": "can only concatenate str"}, "exception"),
        ("exception:KeyError", {"message": "'a'"}, "exception"),
        ("wrong_value", {}, "wrong value"),
        ("hidden_fail", {}, "hidden"),
        ("time", {}, "time"),
        ("memory", {}, "memory"),
        ("output_flood", {}, "output"),
        ("exited_early", {}, "ended early"),
        ("flagged:exit", {}, "gaming"),
        ("patch_does_not_apply", {}, "format"),
    ],
)
def test_every_reason_has_its_kind(reason: str, evidence: dict[str, str], kind: str) -> None:
    found = kind_of(failure(reason, **evidence))
    assert found == kind and found in KINDS


def test_every_reason_that_a_grader_gives_has_a_kind_of_its_own() -> None:
    graders = Path(__file__).parents[1] / "evals/graders"
    sources = [file.read_text() for file in graders.rglob("*.py")]
    found = r"""["']fail["'], f?["']([a-z_]{4,})["':]|reason="([a-z_]{4,})\""""
    given = {first or second for text in sources for first, second in re.findall(found, text)}
    given -= {"error", "stop", "database", "backend", "pass", "reason"}
    assert {"wrong_value", "tests_failed", "patch_does_not_apply", "hidden_fail", "wrong_rows"} <= given
    assert {name for name in given if kind_of(failure(name)) == "other"} == set()


def test_failures_of_one_cause_are_one_cluster() -> None:
    failures = [
        failure("exception:KeyError", "s/a", "long code here", message="'name'"),
        failure("exception:KeyError", "s/b", "short", message="'price_cents'"),
        failure("exception:IndexError", "s/c", message="list index out of range"),
    ]
    first, second = clusters_of(failures, {"s/a": "routes", "s/b": "routes", "s/c": "money"})
    assert (first.size, first.tasks, first.slices) == (2, ("s/a", "s/b"), {"routes": 2})
    assert first.representative.task == "s/b" and second.size == 1


def test_wrong_values_cluster_by_what_came_instead() -> None:
    none = [failure("wrong_value", f"s/{n}", expected=str(n), got="None") for n in range(3)]
    text = failure("wrong_value", "s/x", expected="3", got="'3'")
    assert [cluster.size for cluster in clusters_of([*none, text], {})] == [3, 1]
    assert signature_of(text) == "wrong_value: expected int, got str"


def test_clusters_hold_every_failure_once() -> None:
    failures = [failure("wrong_value", f"s/{n}", expected="1", got=str(n)) for n in range(9)] + [failure("time", "s/t")]
    clusters = clusters_of(failures, {})
    assert sorted(task for cluster in clusters for task in cluster.tasks) == sorted(f.task for f in failures)
    assert sum(count_kinds(failures).values()) == len(failures)
