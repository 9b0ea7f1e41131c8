"""Code out of a completion. Covers fences (closed or not), bare code, prose around it; does not repair code."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Literal

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_THINKING = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_ALIASES = {"python": {"python", "py", "python3"}, "sql": {"sql", "duckdb", "postgresql"}}
_FIRST_CODE_LINE = {
    "python": re.compile(r"^(?:def |class |import |from \w[\w.]* import |@|async def )", re.MULTILINE),
    "sql": re.compile(r"^\s*(?:select|with)\b", re.MULTILINE | re.IGNORECASE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The code found, and how: the ``fence`` of the task's language, ``any_fence``, or ``bare`` text."""

    code: str
    how: Literal["fence", "any_fence", "bare"]


def extract_code(completion: str, language: str = "python") -> Extraction | None:
    """The answer's code, or None where there is none.

    The first block in the task's language that defines something wins (later blocks are mostly usage examples), then the
    first block of that language, then any block, then bare text from the first line that looks like code.
    """
    text = _THINKING.sub("", completion)
    blocks = [(match[2].lower(), match[3]) for match in _FENCE.finditer(text) if match[3].strip()]
    names = _ALIASES.get(language, {language})
    own = [body for tag, body in blocks if tag in names]
    defining = [body for body in own if language != "python" or re.search(r"^\s*(?:def|class|async def) ", body, re.MULTILINE)]
    if defining or own:
        return Extraction(code=(defining or own)[0], how="fence")
    if blocks:
        return Extraction(code=blocks[0][1], how="any_fence")
    start = _FIRST_CODE_LINE.get(language, _FIRST_CODE_LINE["python"]).search(text)
    if start is None:
        return None
    body = text[start.start() :]
    return Extraction(code=_longest_python(body) if language == "python" else body.split("\n\n")[0], how="bare")


def _longest_python(text: str) -> str:
    """The longest run of leading lines that parses: prose after bare code is cut off."""
    lines = text.splitlines(keepends=True)
    for end in range(len(lines), 0, -1):
        candidate = "".join(lines[:end])
        try:
            ast.parse(candidate)
        except (SyntaxError, ValueError):
            continue
        return candidate
    return text
