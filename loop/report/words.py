"""How the report says things: shares, points, models without this machine's folders, reasons, long texts."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath

SHOWN_CHARACTERS = 6000
_REASONS = {
    "exited_early": "exited early",
    "hidden_fail": "hidden checks fail",
    "load_error": "does not load",
    "memory": "out of memory",
    "no_code": "no code in the answer",
    "output_flood": "flooded its output",
    "patch_does_not_apply": "patch does not apply",
    "syntax_error": "syntax error",
    "tests_failed": "failing tests",
    "tests_missing": "tests did not run",
    "tests_unexpected": "tests that are not the task's",
    "time": "out of time",
    "truncated": "cut off at the token limit",
    "wrong_exception": "wrong exception",
    "wrong_columns": "wrong columns",
    "wrong_order": "wrong order",
    "wrong_output": "wrong output",
    "wrong_rows": "wrong rows",
    "wrong_value": "wrong value",
}
_ABSOLUTE = re.compile(r"(?<![\w.:/])(?:[A-Za-z]:)?[\\/](?:[\w.@+~-]+[\\/])+(?=[\w<])")


def percent(share: float) -> str:
    """0.254 is ``25.4%``."""
    return f"{100 * share:.1f}%"


def points(share: float) -> str:
    """A difference of shares as signed points with a true minus sign: -0.25 is ``−25.0``; no sign at zero."""
    value = round(100 * share, 1)
    return f"{value:+.1f}".replace("-", "−") if value else "0.0"


def model_name(name: str, base: str = "") -> str:
    """A model without the folders of this machine: an absolute path is cut to its last part."""
    base = base or name
    if PurePosixPath(base).is_absolute() or PureWindowsPath(base).is_absolute() or base.startswith("~"):
        return name.replace(base, PureWindowsPath(base).name)
    return name


def reason_words(reason: str) -> str:
    """A verdict's reason for people: ``exception:TypeError`` is ``raised TypeError``."""
    kind, _, detail = reason.partition(":")
    return f"raised {detail}" if kind == "exception" and detail else _REASONS.get(reason, reason)


def clip(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """A text that fits a page, with the number of characters that were left out."""
    return text if len(text) <= limit else f"{text[:limit]}\n… {len(text) - limit} more characters, in the run's folder"


def pathless(text: str) -> str:
    """Tracebacks without the folders of the machine that they happened on."""
    return _ABSOLUTE.sub("…/", text)
