"""The record of what a text of code gives: names defined, names left undone, names that it lacks.

It does not say whether the code is right. Read by ``evals.outlining``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PROGRAM = "<program>"
"""The name that code defines which does something when it is run: prints, calls, loops."""
QUERY = "<query>"
"""The name that a query of SQL defines."""


_NAMED = re.compile(
    r"^[ \t]*+(?:(?:export|default|async|pub|public|static|abstract|final)[ \t]++){0,4}"
    r"(?:def|func|fn|fun|function|class|struct|sub|interface|type|const|let|var|val)[ \t]++"
    r"(?:\([^()\n]{0,200}\)[ \t]*+)?([\w$]+)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What a text of code gives.

    Args:
        whole: there is no error in it, and it is not cut off.
        defines: names of its top level (functions, classes, values), members as ``Class.name``; ``PROGRAM``, ``QUERY``.
        imports: names that it takes from modules.
        undone: those of ``defines`` that have no body yet (``pass``, ``...``, ``raise NotImplementedError``).
        lacks: names that it uses and nothing gives, as far as can be told.
        acts: it does something at its top level, beside a guard such as ``if __name__ == "__main__"``.
    """

    whole: bool
    defines: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()
    undone: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    acts: bool = False


def names_by_words(text: str) -> frozenset[str]:
    """Names after words such as ``def``, ``function`` and ``func``, for text that is not parsed."""
    return frozenset(_NAMED.findall(text))
