"""What a failing answer's tests said, as a message to the model that wrote it.

Says what a run of the tests would print, no more. For hidden checks (hidden inputs, and those that the prompt leaves out when
it shows some) it says that they fail, never with which input or expected value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from evals.reasons import reason_feedback
from evals.records import Verdict

_SHOWN, _TESTS = 600, 3


def feedback(verdict: Verdict, public: str = "") -> str:
    """A message to the model: what its tests said (see ``said_by_tests``), and to answer again."""
    said = said_by_tests(verdict, public)
    return f"{said}\n\nPlease answer again with the corrected code, complete, in one code block."


def said_by_tests(verdict: Verdict, public: str = "") -> str:
    """A few lines: what went wrong, at which check, what was expected and what was returned.

    ``public`` are the checks that the prompt shows; without any, all checks are open.
    """
    evidence = verdict.evidence
    head = reason_feedback(verdict.reason)
    if _is_hidden(verdict, public):
        lines = [head if verdict.reason == "hidden_fail" else f"{head}, in a hidden test"]
    else:
        shown = [("check", "test"), ("stdin", "input"), ("expected", "expected"), ("got", "got"), ("message", "message")]
        shown += [("output", "output"), ("stderr", "error output")]
        lines = [head, *(f"{label}: {text[:_SHOWN]}" for key, label in shown if (text := str(evidence.get(key) or "").strip()))]
        lines += _failed_tests(evidence)
    return "\n".join(lines)


def _is_hidden(verdict: Verdict, public: str) -> bool:
    check = _plain(str(verdict.evidence.get("check") or ""))
    unseen = bool(public.strip()) and bool(check) and check not in _plain(public)
    return unseen or verdict.reason == "hidden_fail" or verdict.evidence.get("stage") == "hidden"


def _plain(code: str) -> str:
    return re.sub(r"\s+|;", "", code)


def _failed_tests(evidence: Mapping[str, Any]) -> Iterator[str]:
    failed = evidence.get("failed")
    for test in failed[:_TESTS] if isinstance(failed, list) else ():
        yield f"test: {test.get('test', '')}\nmessage: {str(test.get('message', ''))[:_SHOWN]}"
    if missing := evidence.get("missing") or evidence.get("unexpected"):
        yield f"tests: {', '.join(map(str, missing[:_TESTS]))}"
