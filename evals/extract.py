"""Code out of a completion; does not repair code.

Covers fences (closed or not, in lists, after prose), thinking, bare code, prompts of a session, code in JSON or HTML. A
completion may be anything: every step takes time in proportion to its length, or gives up after a bounded number of tries.
"""

from __future__ import annotations

import ast
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from evals.source import python_tree, read_python, sound

_FENCE = re.compile(r"(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<tag>[\w+#.-]*+)")
_MARK = re.compile(r"[ \t]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)?")  # of a list's item
# Qwen, DeepSeek and kin; Seed; Magistral; OpenThinker; Cohere; Kimi; gpt-oss.
_OPENS_THINKING = (
    r"<(?:seed:)?(?:think(?:ing)?|thought|reasoning)>|\[THINK\]|<\|(?:begin_of_thought|START_THINKING)\|>|◁think▷"
    r"|<\|channel\|>analysis\b"
)
_CLOSES_THINKING = (
    r"</(?:seed:)?(?:think(?:ing)?|thought|reasoning)>|\[/THINK\]|<\|(?:end_of_thought|END_THINKING)\|>|◁/think▷"
    r"|<\|channel\|>final\b"
)
_THINKING = re.compile(  # cut off by the length limit: no answer came
    rf"^[ \t]*+(?:{_OPENS_THINKING}).*?(?:{_CLOSES_THINKING}|\Z)", re.MULTILINE | re.DOTALL | re.IGNORECASE
)
_OPENED = re.compile(_OPENS_THINKING, re.IGNORECASE)
# Opened by the chat template, in the prompt. Beside other text, as in code that handles such tags, it closes nothing.
_CLOSED = re.compile(rf"^[ \t]*+(?:{_CLOSES_THINKING})|(?:{_CLOSES_THINKING})[ \t]*+$", re.MULTILINE | re.IGNORECASE)

_JAVASCRIPT = {"javascript", "js", "node", "nodejs", "mjs", "cjs", "ecmascript", "es6"}
_TYPESCRIPT = {"typescript", "ts", "mts", "cts"}
_ALIASES = {
    "python": {"python", "py", "python3", "py3", "python3.11", "python3.12", "ipython", "pycon"},
    "sql": {"sql", "duckdb", "postgresql", "postgres", "pgsql", "psql", "sqlite", "mysql", "tsql"},
    "javascript": {*_JAVASCRIPT, "jsx"},
    "typescript": {*_TYPESCRIPT, "tsx"},
    "jsx": {"jsx", "react", *_JAVASCRIPT, "tsx"},
    "tsx": {"tsx", *_TYPESCRIPT, "jsx", "react"},
    "diff": {"diff", "patch", "udiff"},
}
_ANY_TAG = frozenset[str]().union(*_ALIASES.values(), {"json", "bash", "sh", "text"})
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
_SCRIPT_DEFINES = re.compile(rf"^[ \t]*+(?:{_DECLARES})", re.MULTILINE)
_DIALECTS = {"javascript": "javascript", "jsx": "javascript", "typescript": "typescript", "tsx": "tsx"}
# "With this query ..." is prose.
_QUERY = r"(?:select\b|with\s++(?:recursive\s++)?[\w\"]++\s*+(?:\([^()]{0,500}\)\s*+)?as\b)"
_FIRST_CODE_LINE = {
    "python": re.compile(r"^(?:def |class |import |from \w[\w.]* import |@[A-Za-z_]|async def )", re.MULTILINE),
    "sql": re.compile(rf"^[ \t]*+{_QUERY}", re.MULTILINE | re.IGNORECASE),
    "diff": re.compile(r"^(?:diff --git |--- [^\s-]|Index: )", re.MULTILINE),
    **dict.fromkeys(_DIALECTS, _SCRIPT_FIRST),
}
_DEFINITION = {
    "python": re.compile(r"^[ \t]*+(?:def|class|async def) ", re.MULTILINE),
    "sql": _FIRST_CODE_LINE["sql"],
    "diff": re.compile(r"^@@ ", re.MULTILINE),
    **dict.fromkeys(_DIALECTS, _SCRIPT_DEFINES),
}
_HTML_CODE = re.compile(r"<code\b[^<>\n]{0,200}>\n?")
_ESCAPED = re.compile(r"&(?:lt|gt|amp|quot|apos|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_ESCAPE_NAMES = frozenset({"lt", "gt", "amp", "quot", "apos"})
_ASSIGNS = re.compile(r"[A-Za-z_]\w*+(?:[ \t]*+:[^=\n]{1,80})?[ \t]*+=[^=]|#|$")
_MOST_CLOSINGS = 8  # tried as the end of one block
_MOST_STARTS = 20  # tried as the first line of bare code
_MOST_PARSES = 100
_MOST_PARSED = 1_000_000  # characters, over all tries of one end


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The code found, and how: the ``fence`` of the task's language, ``any_fence``, or ``bare`` text."""

    code: str
    how: Literal["fence", "any_fence", "bare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    tag: str
    body: str


def extract_code(completion: str, language: str = "python") -> Extraction | None:
    """The answer's code, or None where there is none.

    The first block in the task's language that defines something wins (later blocks are mostly usage examples), then
    the first block of that language, then the same among blocks of any kind, then bare text from the first line that
    looks like code. Diffs in several blocks that touch different files are one. Thinking is no answer, finished or not.
    """
    text = _without_thinking(_plain(completion))
    blocks = [block for block in _blocks(text, language) if block.body.strip()]
    own = [block.body for block in blocks if block.tag in _ALIASES.get(language, {language})]
    if blocks:
        candidates = own or [_unwrapped(block.body, language) or block.body for block in blocks]
        return Extraction(code=_chosen(candidates, language), how="fence" if own else "any_fence")
    wrapped = _unwrapped(text.strip(), language)
    if wrapped is not None:
        return Extraction(code=wrapped, how="any_fence")
    code = _bare(text, language)
    return Extraction(code=code, how="bare") if code is not None else None


def _plain(completion: str) -> str:
    """With line ends of one kind; a mark of byte order is no code."""
    text = sound(completion).removeprefix("\ufeff").replace("\r\n", "\n")
    return text if "\n" in text else text.replace("\r", "\n")


def _without_thinking(text: str) -> str:
    opened, closed = _OPENED.search(text), _CLOSED.search(text)
    if closed is not None and (opened is None or closed.start() < opened.start()):
        text = text[closed.end() :]
    return _THINKING.sub("", text)


def _blocks(text: str, language: str) -> Iterator[_Block]:
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        opening = _opening(lines[at])
        at += 1
        if opening is None:
            continue
        width, fence, tag = opening
        kind = language if tag in _ALIASES.get(language, {language}) or not tag else ""
        body, at = _body(lines, at, width, fence, kind)
        yield _Block(tag=tag, body=_as_source(body, kind))


def _opening(line: str) -> tuple[int, str, str] | None:
    """(width of what stands before it, fence, tag) of a line that opens a block; also where prose stands before it."""
    mark = _MARK.match(line)
    start = mark.end() if mark else 0
    found = _FENCE.match(line, start)
    if found is None:
        start = line.find("```")
        found = _FENCE.match(line, start) if start > 0 else None
        if found is None or found["tag"].lower() not in _ANY_TAG or line[found.end() :].strip():
            return None
        start = 0
    if found["fence"][0] == "`" and "`" in line[found.end() :]:  # code within a line
        return None
    return start, found["fence"], found["tag"].lower()


def _body(lines: list[str], first: int, width: int, fence: str, kind: str) -> tuple[str, int]:
    """A block's text without the indentation of its fence, and the line after it.

    A fence may stand in a docstring, or at the end of the last line of code: where the language is known, the first end
    that leaves whole code is taken.
    """
    dedent = re.compile(rf"[ \t]{{0,{min(width, 1000)}}}")
    ends: list[tuple[bool, str, int]] = []  # whether it is where a fence belongs, the text before it, the line after it
    kept: list[str] = []
    for at in range(first, len(lines)):
        line = lines[at]
        stripped = line.strip(" \t")
        indent = len(line) - len(line.lstrip(" \t"))
        closes = stripped.startswith(fence) and not stripped.strip(fence[0])
        if closes or (stripped.endswith(fence) and not stripped.startswith(fence)):
            body = "".join(f"{one}\n" for one in kept) + ("" if closes else f"{line.rstrip()[: -len(fence)]}\n")
            if kind != "diff" and (kind not in _READ or _is_whole(body, kind)):
                return body, at + 1
            if closes and kind == "diff" and indent <= width:  # with a blank before it, it is a line of the file
                return body, at + 1
            if closes:
                ends.append((indent <= width + 3, body, at + 1))
            if len(ends) == _MOST_CLOSINGS or len(ends) * len(body) > _MOST_PARSED:
                break
        kept.append(dedent.sub("", line, count=1) if width else line)
    for wanted in (True, False):
        for belongs, body, after in ends:
            if belongs is wanted:
                return body, after
    left = [dedent.sub("", line, count=1) for line in lines[first:]]
    if left and left[-1].strip(" \t") in {"`", "``"}:  # half a fence, cut off
        left.pop()
    return "\n".join(left), len(lines)


def _is_whole(body: str, kind: str) -> bool:
    if kind == "python":
        return python_tree(body) is not None
    return _is_script(body, _DIALECTS[kind])


def _is_script(source: str, dialect: str) -> bool:
    from evals.javascript.literals import parse_source  # a grammar is loaded only where it is needed
    from evals.javascript.trees import Unreadable

    try:
        return not parse_source(source, dialect).has_error
    except Unreadable:
        return False


def _as_source(body: str, kind: str) -> str:
    """A block's text as the code that it shows: without the prompts of a session, and without HTML's escapes."""
    body = body.removeprefix("\ufeff")
    if kind == "python" and body.lstrip().startswith(">>> "):
        body = _session(body)
    if kind in _READ and _ESCAPED.search(body) and _is_escaped(body, kind) and _is_whole(html.unescape(body), kind):
        return html.unescape(body)
    return body


def _is_escaped(body: str, kind: str) -> bool:
    """Whether HTML's escapes stand in the code itself; ``x &lt; 1`` compiles, as two statements."""
    if not _is_whole(body, kind):
        return True
    if kind == "python":
        tree = python_tree(body)
        return tree is not None and any(isinstance(node, ast.Name) and node.id in _ESCAPE_NAMES for node in ast.walk(tree))
    from evals.javascript.literals import parse_source, text, walk

    return any(node.type == "identifier" and text(node) in _ESCAPE_NAMES for node in walk(parse_source(body, _DIALECTS[kind])))


def _session(body: str) -> str:
    """What was typed at the prompts of an interactive session; what it answered stays out."""
    typed = [line.lstrip(" \t") for line in body.split("\n")]
    return "".join(f"{line[4:]}\n" for line in typed if line.startswith((">>> ", "... ")) or line in {">>>", "..."})


def _chosen(candidates: list[str], language: str) -> str:
    defines = _DEFINITION.get(language, _DEFINITION["python"])
    defining = [body for body in candidates if defines.search(body)]
    if language == "diff" and len(defining) > 1:
        touched = [frozenset(re.findall(r"^\+\+\+ ([^\t\n]++)", body, re.MULTILINE)) for body in defining]
        if sum(map(len, touched)) == len(frozenset[str]().union(*touched)):
            return "".join(body if body.endswith("\n") else f"{body}\n" for body in defining)
    return defining[0] if defining else candidates[0]


def _unwrapped(text: str, language: str) -> str | None:
    """The code in an object of JSON or in an element of HTML; None where there is none."""
    defines = _DEFINITION.get(language, _DEFINITION["python"])
    found: list[str] = []
    if text.startswith("{") and language != "json":
        try:
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            return None
        found = [one for one in value.values() if isinstance(one, str)]
    elif (opening := _HTML_CODE.search(text)) is not None:
        found = [html.unescape(text[opening.end() :].partition("</code>")[0])]
    for one in sorted(found, key=len, reverse=True):
        fenced = next((block.body for block in _blocks(one, language) if defines.search(block.body)), None)
        if fenced is not None or defines.search(one):
            return sound(fenced if fenced is not None else one)
    return None


def _bare(text: str, language: str) -> str | None:
    starts = _FIRST_CODE_LINE.get(language, _FIRST_CODE_LINE["python"])
    if language == "python":
        return _bare_python(text, starts)
    start = starts.search(text)
    return None if start is None else _BARE_END.get(language, _first_paragraph)(text[start.start() :])


def _bare_python(text: str, starts: re.Pattern[str]) -> str | None:
    if _does_something(python_tree(text)):
        return text
    first = starts.search(text)
    if first is None:
        if re.search(r"^[ \t]*+>>> ", text, re.MULTILINE):
            return _session(text) or None
        indented = re.search(r"^([ \t]++)(?:def|class|async def) ", text, re.MULTILINE)
        if indented is None:
            return None
        width = len(indented[1])
        text = re.sub(rf"^[ \t]{{1,{min(width, 1000)}}}", "", text[indented.start() :], flags=re.MULTILINE)
        first = starts.search(text)
        if first is None:
            return None
    runs = [(start.start(), _longest_python(text[start.start() :])) for start in islice(starts.finditer(text), _MOST_STARTS)]
    runs = [(at, code) for at, code in runs if code] or [(first.start(), text[first.start() :])]  # "import this first:" is none
    at, code = next((run for run in runs if _DEFINITION["python"].search(run[1])), runs[0])
    return _assigned_before(text[:at]) + code


def _does_something(tree: ast.Module | None) -> bool:
    """Whether this is a program: a word or a quoted sentence parses too."""
    if tree is None:
        return False
    return any(not isinstance(node, ast.Expr) or isinstance(node.value, (ast.Call, ast.Await)) for node in tree.body)


def _assigned_before(text: str) -> str:
    """Constants, comments and blank lines right above bare code that are part of it."""
    lines = text.split("\n")[:-1]
    kept: list[str] = []
    while lines and len(kept) < _MOST_STARTS and _ASSIGNS.match(lines[-1]):
        kept.insert(0, lines.pop())
    above = "".join(f"{line}\n" for line in kept)
    return above.lstrip("\n") if any("=" in line for line in kept) and python_tree(above) is not None else ""


def _longest_python(text: str) -> str:
    """The longest run of leading lines that parses: prose after bare code is cut off. Empty where not even the first does."""
    lines = text.split("\n")
    end = len(lines)
    for _ in range(_MOST_PARSES):
        candidate = "\n".join(lines[:end])
        try:
            read_python(candidate)
        except SyntaxError as error:
            # No run of lines that holds the place of the error parses.
            end = min(end, error.lineno or end) - 1
        except ValueError:
            end = min(end - 1, candidate.count("\n", 0, candidate.find("\0"))) if "\0" in candidate else 0
        except (RecursionError, MemoryError):
            return text
        else:
            return candidate
        if end <= 0:
            return ""
    return text


def _first_paragraph(text: str) -> str:
    """A query: to the line that a semicolon ends, else to the first blank line."""
    ended = re.search(r";[ \t]*+$", text, re.MULTILINE)
    return text[: ended.end()] if ended else text.split("\n\n")[0]


def _longest_script(text: str, dialect: str) -> str:
    """The longest run of leading lines that parses, as for Python; prose that parses as expressions stays out."""
    lines = text.splitlines(keepends=True)
    size, tries = len(text), 0
    for end in range(len(lines), 0, -1):
        if lines[end - 1].strip().endswith(("}", ")", ";", "]", "`", "'", '"', "/>", ">")):
            tries += 1
            if tries > _MOST_PARSES or tries * size > _MOST_PARSED:
                break
            if _is_script("".join(lines[:end]), dialect):
                return "".join(lines[:end])
    return text


def _whole_diff(text: str) -> str:
    """The lines of a diff: up to the first one that no diff has after its first hunk."""
    kept: list[str] = []
    in_hunk = False
    for line in text.split("\n"):
        in_hunk = in_hunk or line.startswith("@@ ")
        if in_hunk and not line.startswith(_DIFF_LINES) and line.strip():
            break
        kept.append(line)
    return "\n".join(kept).rstrip("\n") + "\n"


_READ = frozenset({"python", *_DIALECTS})
_DIFF_LINES = (*" +-", "@@ ", "\\", "diff ", "index ", "Index: ", "new file", "deleted file", "rename ", "similarity ")
_BARE_END: Mapping[str, Callable[[str], str]] = {
    "diff": _whole_diff,
    "javascript": lambda text: _longest_script(text, "javascript"),
    "jsx": lambda text: _longest_script(text, "javascript"),
    "typescript": lambda text: _longest_script(text, "typescript"),
    "tsx": lambda text: _longest_script(text, "tsx"),
}
