"""Formatting in the report: shares, points, models without this machine's folders, long texts."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath

SHOWN_CHARACTERS = 6000
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


def clip(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """A text that fits a page, with the number of characters that were left out."""
    return text if len(text) <= limit else f"{text[:limit]}\n… {len(text) - limit} more characters, in the run's folder"


def pathless(text: str) -> str:
    """Tracebacks without the folders of the machine that they happened on."""
    return _ABSOLUTE.sub("…/", text)
