"""Code out of a completion. Covers fences (closed or not), bare code, prose around it; does not repair code."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

_FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<tag>[\w+#.-]*)[^\n]*\n"
    r"(?P<body>.*?)(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_THINKING = re.compile(
    r"^[ \t]*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)"  # cut off by the length limit: no answer came
    r"|\A(?:(?!<think).)*?</think(?:ing)?>",  # opened by the chat template, in the prompt
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_JAVASCRIPT = {"javascript", "js", "node", "nodejs", "mjs", "cjs", "ecmascript", "es6"}
_TYPESCRIPT = {"typescript", "ts", "mts", "cts"}
_ALIASES = {
    "python": {"python", "py", "python3"},
    "sql": {"sql", "duckdb", "postgresql", "postgres", "sqlite"},
    "javascript": {*_JAVASCRIPT, "jsx"},
    "typescript": {*_TYPESCRIPT, "tsx"},
    "jsx": {"jsx", "react", *_JAVASCRIPT, "tsx"},
    "tsx": {"tsx", *_TYPESCRIPT, "jsx", "react"},
    "diff": {"diff", "patch", "udiff"},
}
_DECLARES = (
    r"(?:export (?:default )?)?(?:async )?function\b|(?:export )?(?:const|let|var) [\w$]+\s*(?::[^=\n]+)?=\s*(?:async\b\s*)?"
    r"(?:function\b|\(|<|[\w$]+ ?=>|class\b|(?:React\.)?(?:memo|forwardRef)\b)|(?:export (?:default )?)?(?:abstract )?class [\w$]"
    r"|(?:module\.)?exports\b.*="
)
_BEGINS = (
    rf"(?:{_DECLARES}|import (?:[\w${{*]|['\"])|export |(?:const|let|var) [\w${{\[]|(?:interface|enum|declare) \w|type \w+\s*[=<]"
    r"|['\"]use (?:strict|client)['\"]|/\*\*|// )"
)
_SCRIPT_FIRST = re.compile(rf"^{_BEGINS}", re.MULTILINE)
_SCRIPT_DEFINES = re.compile(rf"^[ \t]*(?:{_DECLARES})", re.MULTILINE)
_DIFF_HEADER = re.compile(r"^(?:diff --git |--- [^\s-]|Index: )", re.MULTILINE)
_SCRIPTS = ("javascript", "typescript", "jsx", "tsx")
_FIRST_CODE_LINE = {
    "python": re.compile(r"^(?:def |class |import |from \w[\w.]* import |@|async def )", re.MULTILINE),
    "sql": re.compile(r"^\s*(?:select|with)\b", re.MULTILINE | re.IGNORECASE),
    "diff": _DIFF_HEADER,
    **dict.fromkeys(_SCRIPTS, _SCRIPT_FIRST),
}
_DEFINITION = {
    "python": re.compile(r"^\s*(?:def|class|async def) ", re.MULTILINE),
    "sql": _FIRST_CODE_LINE["sql"],
    "diff": re.compile(r"^@@ ", re.MULTILINE),
    **dict.fromkeys(_SCRIPTS, _SCRIPT_DEFINES),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The code found, and how: the ``fence`` of the task's language, ``any_fence``, or ``bare`` text."""

    code: str
    how: Literal["fence", "any_fence", "bare"]


def extract_code(completion: str, language: str = "python") -> Extraction | None:
    """The answer's code, or None where there is none.

    The first block in the task's language that defines something wins (later blocks are mostly usage examples), then
    the first block of that language, then the same among blocks of any kind, then bare text from the first line that
    looks like code. Thinking is no answer, finished or not.
    """
    text = _THINKING.sub("", completion.replace("\r\n", "\n"))
    blocks = [(match["tag"].lower(), _body(match)) for match in _FENCE.finditer(text) if match["body"].strip()]
    names = _ALIASES.get(language, {language})
    own = [body for tag, body in blocks if tag in names]
    if blocks:
        candidates = own or [body for _, body in blocks]
        defines = _DEFINITION.get(language, _DEFINITION["python"])
        code = next((body for body in candidates if defines.search(body)), candidates[0])
        return Extraction(code=code, how="fence" if own else "any_fence")
    start = _FIRST_CODE_LINE.get(language, _FIRST_CODE_LINE["python"]).search(text)
    if start is None:
        return None
    body = text[start.start() :]
    return Extraction(code=_BARE_END.get(language, _first_paragraph)(body), how="bare")


def _body(match: re.Match[str]) -> str:
    """A block's text without the indentation of its fence (blocks in lists are indented as a whole)."""
    width = len(match["indent"])
    return re.sub(rf"^[ \t]{{0,{width}}}", "", match["body"], flags=re.MULTILINE)


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


def _first_paragraph(text: str) -> str:
    return text.split("\n\n")[0]


def _longest_script(text: str, dialect: str) -> str:
    """The longest run of leading lines that parses, as for Python; prose that parses as expressions stays out."""
    from evals.javascript.literals import parse_source  # a grammar is loaded only where it is needed

    lines = text.splitlines(keepends=True)
    for end in range(len(lines), 0, -1):
        ended = lines[end - 1].strip().endswith(("}", ")", ";", "]", "`", "'", '"', "/>", ">"))
        if ended and not parse_source("".join(lines[:end]), dialect).has_error:
            return "".join(lines[:end])
    return text


def _whole_diff(text: str) -> str:
    """The lines of a diff: up to the first one that no diff has after its first hunk."""
    kept: list[str] = []
    in_hunk = False
    for line in text.splitlines(keepends=True):
        in_hunk = in_hunk or line.startswith("@@ ")
        if in_hunk and not line.startswith(_DIFF_LINES) and line.strip():
            break
        kept.append(line)
    return "".join(kept).rstrip("\n") + "\n"


_DIFF_LINES = (*" +-", "@@ ", "\\", "diff ", "index ", "Index: ", "new file", "deleted file", "rename ", "similarity ")
_BARE_END: Mapping[str, Callable[[str], str]] = {
    "python": _longest_python,
    "diff": _whole_diff,
    "javascript": lambda text: _longest_script(text, "javascript"),
    "jsx": lambda text: _longest_script(text, "javascript"),
    "typescript": lambda text: _longest_script(text, "typescript"),
    "tsx": lambda text: _longest_script(text, "tsx"),
}
