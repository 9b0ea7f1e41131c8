"""Blocks of code in a text, with the prose before each; does not choose between them (see ``extract``).

Covers fences in lists, after prose, indented, never closed, closed at the end of a line of code or by the next opening, and
those that stand within a docstring or a string of the code. Every step takes time in proportion to the text, or gives up
after a bounded number of tries.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evals.languages import LANGUAGES, Language
from evals.reading import CodeReader, reader_of

_FENCE = re.compile(r"(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<tag>[\w+#.-]*+)")
_MARK = re.compile(r"[ \t]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)?")  # of a list's item
_SHOWN_TAGS = (
    "bash sh shell zsh fish console terminal shell-session powershell ps1 cmd bat text txt plaintext plain output "
    "stdout log json jsonc yaml yml toml ini xml csv tsv dockerfile makefile mermaid http none"
)
NOT_CODE = frozenset(_SHOWN_TAGS.split())
"""Tags of blocks that show commands, output or data."""
_ANY_TAG = NOT_CODE.union(*(row.fences for row in LANGUAGES.values()))
_DOCUMENTS = frozenset({"markdown", "md"})  # the answer as a document: its own blocks count
_ESCAPED = re.compile(r"&(?:lt|gt|amp|quot|apos|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_ESCAPE_NAMES = frozenset({"lt", "gt", "amp", "quot", "apos"})
_MOST_CLOSINGS = 8  # tried as the end of one block
_MOST_PARSED = 1_000_000  # characters, over all tries of one end


@dataclass(frozen=True, slots=True, kw_only=True)
class FencedBlock:
    """One block; ``prose`` is the text since the block before.

    ``closed``: a fence at the beginning of a line ends it. ``sure``: it ends there whatever comes later in the text.
    ``after`` is the number of the first line behind it.
    """

    tag: str
    body: str
    prose: str
    closed: bool
    sure: bool
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    body: str
    after: int
    closed: bool
    sure: bool


def blocks_of(text: str, row: Language) -> Iterator[FencedBlock]:
    """The blocks of a text, in order. What comes after a block that is ``sure``, as all before it are, changes none of them."""
    lines = text.split("\n")
    at = since = 0
    while at < len(lines):
        opening = _opening(lines[at], row)
        at += 1
        if opening is None:
            continue
        width, fence, tag, said = opening
        prose = "\n".join([*lines[since : at - 1], said])
        of_task = row if tag in row.fences or not tag else None
        end = _end(lines, at, width, fence, of_task)
        at = since = end.after
        body = _as_source(end.body, of_task)
        yield FencedBlock(tag=tag, body=body, prose=prose, closed=end.closed, sure=end.sure, after=at)


def _opening(line: str, row: Language) -> tuple[int, str, str, str] | None:
    """(width of the text before it, fence, tag, prose before it) of a line that opens a block."""
    mark = _MARK.match(line)
    start = mark.end() if mark else 0
    said = line[:start]
    opened = _FENCE.match(line, start)
    if opened is None:
        start = line.find("```")
        opened = _FENCE.match(line, start) if start > 0 else None
        if opened is None or opened["tag"].lower() not in _ANY_TAG.union(row.fences) or line[opened.end() :].strip():
            return None
        start, said = 0, line[:start]
    if opened["fence"][0] == "`" and "`" in line[opened.end() :]:  # code within a line
        return None
    if opened["tag"].lower() in _DOCUMENTS:
        return None
    return start, opened["fence"], opened["tag"].lower(), said


def _end(lines: Sequence[str], first: int, width: int, fence: str, row: Language | None) -> _End:
    """A block's text without the indentation of its fence, and where it ends.

    A fence may stand in a docstring, or at the end of the last line of code: where the language is known, the first end
    that leaves complete code is taken. There, a line that goes on behind the fence ends the block, too.
    """
    reader = reader_of(row) if row is not None else None
    is_diff = row is not None and row.name == "diff"
    dedent = re.compile(rf"[ \t]{{0,{min(width, 1000)}}}")
    ends: list[tuple[bool, _End]] = []  # with whether it stands where a fence belongs
    kept: list[str] = []
    tries = size = 0
    for at in range(first, len(lines)):
        line = lines[at]
        stripped = line.strip(" \t")
        begins = stripped.startswith(fence)
        alone = begins and not stripped.strip(fence[0])
        if alone or (not is_diff and (begins or stripped.endswith(fence))):
            indent = len(line) - len(line.lstrip(" \t"))
            body = "".join(f"{kept_line}\n" for kept_line in kept) + ("" if begins else f"{line.rstrip()[: -len(fence)]}\n")
            reopens = begins and not alone and _opens_known(stripped, row)
            if is_diff:
                if alone and indent <= width:  # with a blank before it, it is a line of the file
                    return _End(body=body, after=at + 1, closed=True, sure=True)
            elif (alone or not begins or reopens or reader is not None) and (
                reader is None or not reader.parses or reader.is_whole(body)
            ):
                return _End(body=body, after=at if reopens else at + 1, closed=begins, sure=True)
            if alone or reopens:
                belongs = indent <= width + 3
                sure = belongs and not ends and reader is not None and not reader.may_hold(body, fence)
                ends.append((belongs, _End(body=body, after=at if reopens else at + 1, closed=alone, sure=sure)))
                if sure:  # not whole, and no text to come makes it so
                    break
            tries, size = tries + 1, size + len(body)
            if len(ends) == _MOST_CLOSINGS or tries == 4 * _MOST_CLOSINGS or size > _MOST_PARSED:
                break
        kept.append(dedent.sub("", line, count=1) if width else line)
    left = [dedent.sub("", line, count=1) for line in lines[first:]]
    if left and left[-1].strip(" \t") in {"`", "``"}:  # half a fence, cut off
        left.pop()
    rest = _End(body="\n".join(left), after=len(lines), closed=False, sure=False)
    if ends and reader is not None and reader.parses and reader.is_whole(rest.body):
        return rest
    belonging = (end for belongs, end in ends if belongs)
    return next(belonging, ends[0][1] if ends else rest)


def _opens_known(line: str, row: Language | None) -> bool:
    """Whether a line that begins with a fence opens a block of a kind that is known: its predecessor was never closed."""
    opened = _FENCE.match(line)
    known = _ANY_TAG | _DOCUMENTS | frozenset(row.fences if row is not None else ())
    return opened is not None and opened["tag"].lower() in known


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
