"""The pages as tests read them: commands, links and headings; the command line in this process."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command_line import Ended
from sandbox_requirements import self_test_once

import evals.sandboxes
from docs.tables import verbs

ROOT = Path(__file__).resolve().parents[1]
PAGES = tuple(sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]))
COMMANDS: dict[str, Any] = dict(verbs())
_FENCE = re.compile(r"^ *```(?P<language>[^\n]*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SHELL = {"", "console", "bash", "sh", "shell", "text"}
_ENDS = {"&&", "|", ">", "||", ";", "\\|", "#"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line of a page. ``whole``: it stands in a block and is meant to be typed, so that nothing may be missing."""

    page: str
    words: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        return f"{self.page}: {shlex.join(self.words)}"

    @property
    def verb(self) -> str:
        """The verb's full name, empty where there is none of that name."""
        known = [" ".join(self.words[1 : 1 + length]) for length in (2, 1)]
        return next((name for name in known if name in COMMANDS), "")

    @property
    def arguments(self) -> list[str]:
        return list(self.words[1 + len(self.verb.split()) :])


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Language and text of the fenced blocks."""
    for match in _FENCE.finditer(text):
        yield match["language"].strip(), match["text"]


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", text)


def commands(page: Path) -> Iterator[Command]:
    """The command lines of a page, in blocks and in prose."""
    text = page.read_text(encoding="utf-8")
    for language, block in blocks(text):
        if language in _SHELL:
            for line in block.replace("\\\n", " ").splitlines():
                for part in re.split(r"\s&&\s", line):
                    if match := re.match(r"(?:\$ |[\w/.=]+ )*?(?:\.venv/bin/)?(goldloop .+)", part.strip()):
                        yield from _command(page, match[1], whole=True)
    for code in re.findall(r"`(goldloop [^`]+)`", prose(text)):
        yield from _command(page, code, whole=False)


def _command(page: Path, text: str, *, whole: bool) -> Iterator[Command]:
    words: list[str] = []
    for word in shlex.split(text.replace("\\|", "|")):
        if word in _ENDS:
            break
        words.append(word)
    if re.fullmatch(r"[a-z-]+|--?\w[\w-]*", words[1]):
        yield Command(page=page.name, words=tuple(words), whole=whole)


def call(*arguments: str) -> Ended:
    """``goldloop`` in this process and in the working folder."""
    from loop.cli import main

    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr(evals.sandboxes, "self_test", self_test_once)
        try:
            main(list(arguments))
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ended(code=code, out=out.getvalue(), err=err.getvalue())


def headings(text: str) -> set[str]:
    """The anchors of a page's headings."""
    titles = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title) for title in re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)]
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower()) for title in titles}
