"""What a failing answer's tests said, as a message to the model that wrote it.

Says what a run of the tests would print, no more. Of hidden checks (hidden inputs, and those that the prompt leaves out where
it shows some) it says that they fail, never with what or against what.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from evals.records import Verdict

_SHOWN, _TESTS = 600, 3
_WORDS: Mapping[str, str] = {
    "no_code": "There was no code block in the answer.",
    "truncated": "The answer was cut off at the token limit; be brief.",
    "syntax_error": "The code does not compile",
    "time": "The code did not finish in time",
    "memory": "The code used too much memory",
    "output_flood": "The code printed too much",
    "exited_early": "The program ended before its tests were over",
    "wrong_value": "A test failed",
    "wrong_output": "A test failed: the program printed something else",
    "wrong_rows": "The query gives other rows",
    "wrong_order": "The query gives the right rows in another order",
    "wrong_columns": "The query gives other columns",
    "tests_failed": "Tests failed",
    "tests_missing": "Tests did not run",
    "tests_unexpected": "Other tests ran than those of the task",
    "load_error": "The tests could not be loaded",
    "unsettled": "A test failed",
    "wrong_exception": "A test failed",
    "hidden_fail": "The visible tests pass, but hidden ones fail",
    "patch_does_not_apply": "The patch does not apply to the files",
}


def feedback(verdict: Verdict, public: str = "") -> str:
    """A message of a few lines: what went wrong, at which check, what was expected and what came.

    ``public`` are the checks that the prompt shows; without any, all checks are open.
    """
    evidence = verdict.evidence
    kind, _, name = verdict.reason.partition(":")
    head = f"{name} was raised" if kind == "exception" else _WORDS.get(kind, f"The answer was refused ({verdict.reason})")
    if _is_hidden(verdict, public):
        lines = [head if kind == "hidden_fail" else f"{head}, in a hidden test"]
    else:
        shown = [("check", "test"), ("stdin", "input"), ("expected", "expected"), ("got", "got"), ("message", "message")]
        shown += [("output", "output"), ("stderr", "error output")]
        lines = [head, *(f"{label}: {text[:_SHOWN]}" for key, label in shown if (text := str(evidence.get(key) or "").strip()))]
        lines += _failed_tests(evidence)
    return "\n".join([*lines, "", "Please answer again with the corrected code, complete, in one code block."])


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
