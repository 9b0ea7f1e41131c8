"""Whose fault a failing verdict is, where its message tells: what the sandbox denies, and what no environment holds.

A denied call stays a failure, since any answer could make one, but under a reason of its own (``denied``). A package that
is missing although the task lets answers use it is an ``error``: it says nothing about the answer. The task lets them where
its golden, checks, tests or starter files import it, where it is among the task's ``packages``, or where a sentence of the
prompt names it without a negation. Reads the message that the grader kept, and runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from evals.records import Task, Verdict
from evals.toolchains.packages import environment_folder

_REASONS = ("exception", "load_error", "tests_failed")
_DENIED = re.compile(
    # Not permitted, read-only, no such address family, no route, no name service; kernel files that are not there.
    r"\[Errno (?:1|13|30|97|101|-2|-3|-5)\]"
    r"|\[Errno 2\] No such file or directory: '/(?:proc|sys|dev)/"
    r"|\b(?:EACCES|EPERM|EROFS|EAFNOSUPPORT|ENETUNREACH|EAI_AGAIN|ENOTFOUND|ERR_ACCESS_DENIED)\b"
)
_MISSING = re.compile(r"No module named '([\w.]+)'|Cannot find (?:module|package) '((?:@[\w.-]+/)?[\w-][\w.-]*)'")
_ASSERTION = re.compile(r"^(?:E +)?(?:Assertion\w*|assert)\b", re.MULTILINE)
_NEGATION = re.compile(r"\b(?:not|no|never|without|avoid|except|instead|neither|nor)\b|n['\u2019]t\b", re.IGNORECASE)
_SENTENCES = re.compile(r"(?<=[.!?;])\s+|\n")


def attributed(judged: Verdict, task: Task, code: str) -> Verdict:
    """A verdict on an answer, with the sandbox's part told apart from the answer's."""
    if judged.status != "fail" or judged.reason.partition(":")[0] not in _REASONS:
        return judged
    said = _said(judged.evidence)
    if missing := next((name for text in said if (name := _missing(text)) and _may_use(name, task) and name in code), ""):
        message = f"{missing} is in no environment: name it under packages, then goldloop images build SUITE"
        return judged.model_copy(update={"status": "error", "reason": "package", "evidence": {"message": message}})
    if all(_DENIED.search(text) for text in said):
        evidence = {**judged.evidence, "without_the_sandbox": judged.reason}
        return judged.model_copy(update={"reason": "denied", "evidence": evidence})
    return judged


def _said(evidence: Mapping[str, Any]) -> list[str]:
    """The message of a verdict, or those of its failed tests; nothing for a failed assertion."""
    failed = evidence.get("failed")
    said = [str(test.get("message", "")) for test in failed] if failed else [str(evidence.get("message", ""))]
    return ["" if _ASSERTION.search(text) else text for text in said]  # what an assertion shows is a value of the answer's


def _missing(message: str) -> str:
    """The package whose import failed last; empty where none did."""
    found = _MISSING.findall(message)
    return (found[-1][0].partition(".")[0] or found[-1][1]) if found else ""


def _may_use(name: str, task: Task) -> bool:
    """Whether a task lets its answers use a package, by the name that is imported, and has none."""
    if task.packages and any(environment_folder(task.packages).glob(f"{name}*")):
        return False  # it is there: an answer that says otherwise says so itself
    if any(package.partition("==")[0].partition("[")[0].lower().replace("-", "_") == name.lower() for package in task.packages):
        return True
    imported = re.compile(
        rf"^\s*(?:import|from)\s+{re.escape(name)}\b|(?:from|require\()\s*['\"]{re.escape(name)}['\"/]", re.MULTILINE
    )
    if any(imported.search(text) for text in (task.golden, task.checks, *task.tests.values(), *task.starter.values())):
        return True
    word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", re.IGNORECASE)
    sentences = _SENTENCES.split(f"{task.system}\n{task.prompt}")
    return any(word.search(sentence) and not _NEGATION.search(sentence) for sentence in sentences)
