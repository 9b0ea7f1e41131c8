"""What a failing answer's tests said, as a message to the model that wrote it. Says what a test run would print, no more."""

from __future__ import annotations

from collections.abc import Mapping

from evals.records import Verdict

_SHOWN = 600
_WORDS: Mapping[str, str] = {
    "no_code": "There was no code block in the answer.",
    "truncated": "The answer was cut off at the token limit; be brief.",
    "syntax_error": "The code does not compile",
    "time": "The code did not finish in time",
    "memory": "The code used too much memory",
    "output_flood": "The code printed too much",
    "exited_early": "The program ended before its tests were over",
    "wrong_value": "A test failed",
    "wrong_exception": "A test failed",
    "hidden_fail": "The visible tests pass, but hidden ones fail",
    "patch_does_not_apply": "The patch does not apply to the files",
}


def feedback(verdict: Verdict) -> str:
    """A message of a few lines: what went wrong, at which check, what was expected and what came."""
    evidence = verdict.evidence
    kind, _, name = verdict.reason.partition(":")
    head = f"{name} was raised" if kind == "exception" else _WORDS.get(kind, f"The answer was refused ({verdict.reason})")
    lines = [head]
    for key, label in (("check", "test"), ("expected", "expected"), ("got", "got"), ("message", "message"), ("output", "output")):
        if text := str(evidence.get(key) or "").strip():
            lines.append(f"{label}: {text[:_SHOWN]}")
    return "\n".join([*lines, "", "Please answer again with the corrected code, complete, in one code block."])
