"""What all HTML pages of goldloop share: an environment in which everything is escaped, and text that hides nothing."""

from __future__ import annotations

import base64
import unicodedata
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

# Blank letters and marks that no category of `visible` covers, and selectors that can carry hidden text.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | frozenset(map(chr, range(0xE0100, 0xE01F0)))

_KEPT = {ord("\n"): None, ord("\t"): None}


def page_environment(templates: Path) -> Environment:
    """Templates of a folder; autoescape on, a missing value is an error; filters ``visible`` and ``sha256`` (for the policy)."""
    environment = Environment(
        loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "visible": visible,
        "sha256": lambda text: base64.b64encode(sha256(str(text).encode()).digest()).decode(),
    }
    return environment


def visible(text: object) -> str:
    """Characters that a browser would hide, or that turn the text around (Trojan Source), as ``⟨U+202E⟩``."""
    hidden = ("Cc", "Cf", "Cs", "Zl", "Zp")
    given = str(text).replace("\r\n", "\n")
    if given.isascii() and given.translate(_KEPT).isprintable():
        return given
    return "".join(
        f"⟨U+{ord(c):04X}⟩" if c not in "\n\t" and (c in _BLANK or unicodedata.category(c) in hidden) else c for c in given
    )
