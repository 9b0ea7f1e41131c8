"""What a failure says: its message in one line, and a signature that failures of one cause share."""

from __future__ import annotations

import re
from collections.abc import Mapping

from evals.records import Failure
from goldens.differences import difference, difference_in_print, difference_of_amounts, is_in_other_words, shape_of

_ERROR_LINE = re.compile(r"^(?:E\s+)?(?:Uncaught )?((?:[A-Za-z_][\w.]*)?(?:Error|Exception|Exit|Interrupt))\b:?")
_IN_OTHER_WORDS = "what was expected, among other words or in another case"


def signature_of(failure: Failure) -> str:
    """What a failure says, without the values, numbers and names that differ between failures of one cause."""
    evidence = failure.verdict.evidence
    reason = failure.verdict.reason
    if reason == "wrong_output":
        said = _IN_OTHER_WORDS if is_in_other_words(failure) else difference_in_print(evidence)
        return f"{reason}: {said}"
    if reason in ("wrong_value", "hidden_fail"):
        return f"{reason}: {difference(evidence)}"
    if reason in ("wrong_rows", "wrong_columns"):
        return f"{reason}: {difference_of_amounts(str(evidence.get('expected', '')), str(evidence.get('got', '')))}"
    if reason == "wrong_exception":
        expected, got = (shape_of(evidence.get(key)) for key in ("expected", "got"))
        return f"{reason}: expected {expected}, got {got}"
    said = _general(said_by(failure))
    name = reason.partition(":")[2].rpartition(".")[2]
    return f"{reason}: {said.removeprefix(f'{name}:').strip() if name else said}".rstrip(": ")


def failed_tests(failure: Failure) -> list[Mapping[str, object]]:
    """The failed tests of a project, as its verdict shows them."""
    tests = failure.verdict.evidence.get("failed")
    return [test for test in tests if isinstance(test, Mapping)] if isinstance(tests, list) else []


def said_by(failure: Failure) -> str:
    """The line of a failure's message that says what went wrong: without traceback, stack or source excerpt."""
    message = str(failure.verdict.evidence.get("message") or "")
    if not message and (tests := failed_tests(failure)):
        message = str(tests[0].get("message") or "")
    lines = [line.rstrip() for line in message.strip().splitlines() if line.strip()]
    traced = bool(lines) and re.match(r"(?:E\s+)?(?:Traceback|File )", lines[0]) is not None
    lines = [line for line in lines if "node:internal" not in line and not re.match(r"\s+at |\s*File \"|Node\.js v", line)]
    detailed = [line for line in lines if line.startswith("[PARSE_ERROR]")]
    if traced:
        detailed = [line for line in lines if _ERROR_LINE.match(line)][-1:] or lines[-1:]
    return next(iter(detailed or lines), "").removeprefix("E ").strip()


def _general(said: str) -> str:
    """A message without what differs between failures of one cause: quoted values, paths, places, numbers."""
    text = re.sub(r"\s*\((?:<\w+>|[^()\s]*/[^()]*|[^()]*, line \d+)\)|\s+/box/\S+", "", said)
    text = re.sub(r"\S+(?= @@ )|\S+(?=: no such file)|(?<=there are: ).*|(?:/[\w.@-]+){2,}", "…", text)
    text = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`", "'…'", text)
    text = re.sub(r"\b[\w$]+(?= is not (?:defined|a function|a constructor))|(?<=with name )\S+", "'…'", text)
    return re.sub(r"\d+(?:[.,]\d+)*", "n", text)[:120].strip()
