"""Code out of a completion; does not repair code.

Covers fences (closed or not, in lists, after prose), thinking, bare code, prompts of a session, code in JSON or HTML, and
answers that are spread over several blocks (see ``evals.choosing``). A completion may be anything: every step takes time in
proportion to its length, or gives up after a bounded number of tries.

A text is read from its beginning, and reading ends with the first block that settles it. A backend may therefore stop there
(``is_settled``): the whole text gives the same code as the part that was generated.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from evals.announced import announced
from evals.choosing import Choice, CodePart, chosen, settles
from evals.fences import NOT_CODE, FencedBlock, blocks_of
from evals.languages import LANGUAGES, Language, language_of
from evals.outlines import Outline, names_by_words
from evals.outlining import outline_of
from evals.reading import reader_of
from evals.source import sound

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
_LEFT_OPEN = re.compile(rf"(?:{_OPENS_THINKING})\s*+\Z", re.IGNORECASE)

_HTML_CODE = re.compile(r"<code\b[^<>\n]{0,200}>\n?")
_TAGGED = re.compile(r"^[ \t]*+(?:`{3,}+|~{3,}+)[ \t]*+([\w+#.-]*+)", re.MULTILINE)
_MOST_BLOCKS = 200  # read; an answer has a handful
_MOST_SETTLING = 16  # blocks that may end the reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The code found, and how: the ``fence`` of the task's language, ``any_fence``, or ``bare`` text."""

    code: str
    how: Literal["fence", "any_fence", "bare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What was read: the ``choice`` where a block settled it, and the text that stands in no block.

    ``sure``: all blocks end where they do whatever comes later in the text.
    """

    parts: tuple[CodePart, ...]
    sure: bool
    outside: str
    choice: Choice | None


def extract_code(completion: str, language: str = "python", asked: Collection[str] = ()) -> Extraction | None:
    """The answer's code, or None where there is none.

    Args:
        completion: what the model wrote.
        language: the task's.
        asked: the names that the answer must define, as far as they are known (``evals.asked``).

    Blocks of the task's language come before others. Where names are ``asked``, the blocks that define them are the answer,
    with those that they need; the first block with which all of them are there, whole, ends the reading. Else the first
    block that defines something, joined with later ones that define something else. A whole version takes the place of a
    stub. Then the first block of any kind, then bare text from the first line that looks like code. Diffs in several
    blocks that touch different files are one. Thinking is not part of an answer, whether it is finished or not.

    Raises:
        TaskFault: there is no such language.
    """
    row = language_of(language)
    text = _without_thinking(_plain(completion))
    read = _read(text, row, frozenset(asked))
    if read.choice is not None:
        return Extraction(code=read.choice.code, how="fence" if read.choice.own else "any_fence")
    if read.parts:
        choice = chosen(read.parts, row, frozenset(asked))
        if not choice.defining:  # an install command or an output in a fence, and the code without one
            bare = reader_of(row).bare(read.outside, row)
            if bare is not None and row.definition.search(bare):
                return Extraction(code=bare, how="bare")
        return Extraction(code=choice.code, how="fence" if choice.own else "any_fence")
    wrapped = _unwrapped(text.strip(), row)
    if wrapped is not None:
        return Extraction(code=wrapped, how="any_fence")
    code = reader_of(row).bare(text, row)
    return Extraction(code=code, how="bare") if code is not None else None


def is_settled(text: str, language: str = "", asked: Collection[str] | None = None) -> bool:
    """Whether the code of an answer that begins so is known, whatever follows.

    The block that a text ends with settles it if it is closed, in the task's language or untagged, and whole; if with it all
    of the names ``asked`` are defined, none by a stub or by code that needs a name which nobody gives; and if no prose before
    it announces more, or calls it something else than the answer.

    Args:
        text: an answer as far as it goes, with its thinking, if any.
        language: the task's; where empty, that of the text's first block that has one.
        asked: as for ``extract_code``; None for what the text's last block defines. With none at all, nothing settles.

    Raises:
        TaskFault: there is no such language.
    """
    text = _without_thinking(_plain(text))
    row = language_of(language) if language else _language_by_tag(text)
    if asked is not None:
        return _read(text, row, frozenset(asked)).choice is not None
    read = _read(text, row, frozenset())
    last = read.parts[-1] if read.parts and read.sure else None
    return last is not None and row.definition.search(last.body) is not None and settles(read.parts, row, last.outline.defines)


def left_thinking(prompt: str) -> str:
    """The tag with which a prompt leaves thinking open, so that the answer begins within it; empty if it does not."""
    opened = _LEFT_OPEN.search(prompt[-200:])
    return f"{opened[0].strip()}\n" if opened is not None else ""


def _plain(completion: str) -> str:
    """With line feeds only and without a byte order mark."""
    text = sound(completion).removeprefix("\ufeff").replace("\r\n", "\n")
    return text if "\n" in text else text.replace("\r", "\n")


def _without_thinking(text: str) -> str:
    opened, closed = _OPENED.search(text), _CLOSED.search(text)
    if closed is not None and (opened is None or closed.start() < opened.start()):
        text = text[closed.end() :]
    return _THINKING.sub("", text)


def _language_by_tag(text: str) -> Language:
    tags = (tag.lower() for tag in _TAGGED.findall(text) if tag)
    found = (row for tag in tags for row in LANGUAGES.values() if tag in row.fences)
    return next(found, LANGUAGES["python"])


def _read(text: str, row: Language, asked: frozenset[str]) -> _Read:
    parts: list[CodePart] = []
    outside: list[str] = []
    after = tries = 0
    sure = True
    for block in blocks_of(text, row):
        outside.append(block.prose)
        after = block.after
        sure = sure and block.sure
        if not block.body.strip():
            continue
        parts.append(_part(block, row))
        if sure and tries < _MOST_SETTLING and asked & parts[-1].outline.defines:
            tries += 1
            if settles(parts, row, asked):
                return _Read(parts=tuple(parts), sure=True, outside="", choice=chosen(parts, row, asked))
        if len(parts) == _MOST_BLOCKS:
            break
    outside.append("\n".join(text.split("\n")[after:]))
    return _Read(parts=tuple(parts), sure=sure, outside="\n".join(outside), choice=None)


def _part(block: FencedBlock, row: Language) -> CodePart:
    own = block.tag in row.fences
    wrapped = None if own else _unwrapped(block.body, row)
    body = block.body if wrapped is None else wrapped
    return CodePart(
        body=body,
        own=own,
        plain=not block.tag,
        code=wrapped is not None or block.tag not in NOT_CODE,
        closed=block.closed and wrapped is None,
        said=announced(block.prose),
        outline=outline_of(body, row) if own or not block.tag or wrapped else Outline(whole=False, defines=names_by_words(body)),
    )


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
        fenced = next((block.body for block in blocks_of(inner, row) if defines.search(block.body)), None)
        if fenced is not None or defines.search(inner):
            return sound(fenced if fenced is not None else inner)
    return None
