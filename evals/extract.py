"""Code out of a completion; does not repair code.

Covers fences (closed or not, in lists, after prose), thinking, bare code, prompts of a session, code in JSON or HTML. A
completion may be anything: every step takes time in proportion to its length, or gives up after a bounded number of tries.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from evals.languages import LANGUAGES, Language, language_of
from evals.reading import CodeReader, reader_of
from evals.source import sound

_FENCE = re.compile(r"(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<tag>[\w+#.-]*+)")
_MARK = re.compile(r"[ \t]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)?")  # of a list's item
# Qwen, DeepSeek and the like; Seed; Magistral; OpenThinker; Cohere; Kimi; gpt-oss.
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
# Opened by the chat template, in the prompt. Next to other text, as in code that handles such tags, it closes nothing.
_CLOSED = re.compile(rf"^[ \t]*+(?:{_CLOSES_THINKING})|(?:{_CLOSES_THINKING})[ \t]*+$", re.MULTILINE | re.IGNORECASE)

_ANY_TAG = frozenset({"json", "bash", "sh", "text"}).union(*(row.fences for row in LANGUAGES.values()))
_HTML_CODE = re.compile(r"<code\b[^<>\n]{0,200}>\n?")
_ESCAPED = re.compile(r"&(?:lt|gt|amp|quot|apos|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_ESCAPE_NAMES = frozenset({"lt", "gt", "amp", "quot", "apos"})
_MOST_CLOSINGS = 8  # tried as the end of one block
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
    looks like code. Diffs in several blocks that touch different files are one. Thinking is not part of an answer, whether it is
    finished or not.

    Raises:
        TaskFault: there is no such language.
    """
    row = language_of(language)
    text = _without_thinking(_plain(completion))
    blocks = [block for block in _blocks(text, row) if block.body.strip()]
    own = [block.body for block in blocks if block.tag in row.fences]
    if blocks:
        candidates = own or [_unwrapped(block.body, row) or block.body for block in blocks]
        return Extraction(code=_chosen(candidates, row), how="fence" if own else "any_fence")
    wrapped = _unwrapped(text.strip(), row)
    if wrapped is not None:
        return Extraction(code=wrapped, how="any_fence")
    code = reader_of(row).bare(text, row)
    return Extraction(code=code, how="bare") if code is not None else None


def _plain(completion: str) -> str:
    """With line feeds only and without a byte order mark."""
    text = sound(completion).removeprefix("\ufeff").replace("\r\n", "\n")
    return text if "\n" in text else text.replace("\r", "\n")


def _without_thinking(text: str) -> str:
    opened, closed = _OPENED.search(text), _CLOSED.search(text)
    if closed is not None and (opened is None or closed.start() < opened.start()):
        text = text[closed.end() :]
    return _THINKING.sub("", text)


def _blocks(text: str, row: Language) -> Iterator[_Block]:
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        opening = _opening(lines[at], row)
        at += 1
        if opening is None:
            continue
        width, fence, tag = opening
        of_task = row if tag in row.fences or not tag else None
        body, at = _body(lines, at, width, fence, of_task)
        yield _Block(tag=tag, body=_as_source(body, of_task))


def _opening(line: str, row: Language) -> tuple[int, str, str] | None:
    """(width of the text before it, fence, tag) of a line that opens a block; prose may precede it."""
    mark = _MARK.match(line)
    start = mark.end() if mark else 0
    opened = _FENCE.match(line, start)
    if opened is None:
        start = line.find("```")
        opened = _FENCE.match(line, start) if start > 0 else None
        tags = _ANY_TAG.union(row.fences)
        if opened is None or opened["tag"].lower() not in tags or line[opened.end() :].strip():
            return None
        start = 0
    if opened["fence"][0] == "`" and "`" in line[opened.end() :]:  # code within a line
        return None
    return start, opened["fence"], opened["tag"].lower()


def _body(lines: list[str], first: int, width: int, fence: str, row: Language | None) -> tuple[str, int]:
    """A block's text without the indentation of its fence, and the line after it.

    A fence may stand in a docstring, or at the end of the last line of code: where the language is known, the first end
    that leaves complete code is taken.
    """
    reader = reader_of(row) if row is not None else None
    is_diff = row is not None and row.name == "diff"
    dedent = re.compile(rf"[ \t]{{0,{min(width, 1000)}}}")
    ends: list[tuple[bool, str, int]] = []  # whether it stands where a fence belongs, the text before it, the line after it
    kept: list[str] = []
    for at in range(first, len(lines)):
        line = lines[at]
        stripped = line.strip(" \t")
        indent = len(line) - len(line.lstrip(" \t"))
        closes = stripped.startswith(fence) and not stripped.strip(fence[0])
        if closes or (stripped.endswith(fence) and not stripped.startswith(fence)):
            body = "".join(f"{kept_line}\n" for kept_line in kept) + ("" if closes else f"{line.rstrip()[: -len(fence)]}\n")
            if not is_diff and (reader is None or not reader.parses or reader.is_whole(body)):
                return body, at + 1
            if closes and is_diff and indent <= width:  # with a blank before it, it is a line of the file
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


def _as_source(body: str, row: Language | None) -> str:
    """A block's text as the code that it shows: without the prompts of a session, and without HTML's escapes."""
    body = body.removeprefix("\ufeff")
    if row is None:
        return body
    reader = reader_of(row)
    body = reader.typed(body)
    if reader.parses and _ESCAPED.search(body) and _is_escaped(body, reader) and reader.is_whole(html.unescape(body)):
        return html.unescape(body)
    return body


def _is_escaped(body: str, reader: CodeReader) -> bool:
    """Whether HTML's escapes stand in the code itself; ``x &lt; 1`` compiles as two statements."""
    return not reader.is_whole(body) or any(name in _ESCAPE_NAMES for name in reader.names(body))


def _chosen(candidates: list[str], row: Language) -> str:
    defining = [body for body in candidates if row.definition.search(body)]
    if row.name == "diff" and len(defining) > 1:
        touched = [frozenset(re.findall(r"^\+\+\+ ([^\t\n]++)", body, re.MULTILINE)) for body in defining]
        if sum(map(len, touched)) == len(frozenset[str]().union(*touched)):
            return "".join(body if body.endswith("\n") else f"{body}\n" for body in defining)
    return defining[0] if defining else candidates[0]


def _unwrapped(text: str, row: Language) -> str | None:
    """The code in an object of JSON or in an element of HTML; None where there is none."""
    defines = row.definition
    texts: list[str] = []
    if text.startswith("{"):
        try:
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            return None
        texts = [inner for inner in value.values() if isinstance(inner, str)]
    elif (opening := _HTML_CODE.search(text)) is not None:
        texts = [html.unescape(text[opening.end() :].partition("</code>")[0])]
    for inner in sorted(texts, key=len, reverse=True):
        fenced = next((block.body for block in _blocks(inner, row) if defines.search(block.body)), None)
        if fenced is not None or defines.search(inner):
            return sound(fenced if fenced is not None else inner)
    return None
