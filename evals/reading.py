"""Reading an answer's text as code of one language: whether it is whole, and bare code in prose.

One reader for each way of reading; a language's row names its own (``Language.reader``). A text may be anything: every step
takes time in proportion to its length, or gives up after a bounded number of tries. Does not see fences (see ``extract``).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from evals.languages import LANGUAGES, Language, part_of
from evals.source import python_tree, read_python

_ASSIGNS = re.compile(r"[A-Za-z_]\w*+(?:[ \t]*+:[^=\n]{1,80})?[ \t]*+=[^=]|#|$")
_MOST_STARTS = 20  # lines tried as the first one of bare code
_MOST_PARSES = 100
_MOST_PARSED = 1_000_000  # characters, over all tries of one end
_DIFF_LINES = (*" +-", "@@ ", "\\", "diff ", "index ", "Index: ", "new file", "deleted file", "rename ", "similarity ")


class CodeReader(Protocol):
    """Reads text as code of one language. ``parses`` says whether ``is_whole`` and ``names`` can tell anything."""

    @property
    def parses(self) -> bool:
        """Whether there is a parser."""
        ...

    def is_whole(self, text: str) -> bool:
        """Whether the text is code without an error."""
        ...

    def may_hold(self, text: str, fence: str) -> bool:
        """Whether a line that begins with a fence, right after this text, may belong to the code, as within a string."""
        ...

    def names(self, text: str) -> Iterable[str]:
        """The identifiers of code."""
        ...

    def typed(self, text: str) -> str:
        """What was typed in the text of an interactive session; any other text unchanged."""
        ...

    def bare(self, text: str, row: Language) -> str | None:
        """The code in a text without fences; None where there is none."""
        ...


def reader_of(row: Language) -> CodeReader:
    """The reader that a row names.

    Raises:
        TaskFault: it names none, or it cannot be loaded.
    """
    reader: CodeReader = part_of(row, "reader")
    return reader


class PlainReader:
    """For a language without a parser: bare code is everything from the first line that looks like code."""

    parses = False

    def is_whole(self, text: str) -> bool:
        """See ``CodeReader.is_whole``; nothing can be told."""
        return True

    def may_hold(self, text: str, fence: str) -> bool:
        """See ``CodeReader.may_hold``; not known to be impossible."""
        return True

    def names(self, text: str) -> Iterable[str]:
        """See ``CodeReader.names``; nothing can be told."""
        return ()

    def typed(self, text: str) -> str:
        """See ``CodeReader.typed``."""
        return text

    def bare(self, text: str, row: Language) -> str | None:
        """See ``CodeReader.bare``."""
        start = row.first_line.search(text)
        return None if start is None else self.upto_end(text[start.start() :])

    def upto_end(self, text: str) -> str:
        """The code that a text begins with."""
        return text


class QueryReader(PlainReader):
    """SQL: to the line that a semicolon ends, else to the first blank line."""

    def upto_end(self, text: str) -> str:
        """See ``PlainReader.upto_end``."""
        ended = re.search(r";[ \t]*+$", text, re.MULTILINE)
        return text[: ended.end()] if ended else text.split("\n\n")[0]


class DiffReader(PlainReader):
    """Unified diffs: up to the first line that no diff has after its first hunk."""

    def upto_end(self, text: str) -> str:
        """See ``PlainReader.upto_end``."""
        kept: list[str] = []
        in_hunk = False
        for line in text.split("\n"):
            in_hunk = in_hunk or line.startswith("@@ ")
            if in_hunk and not line.startswith(_DIFF_LINES) and line.strip():
                break
            kept.append(line)
        return "\n".join(kept).rstrip("\n") + "\n"


@dataclass(frozen=True, slots=True)
class TreeReader(PlainReader):
    """A language with a grammar of tree-sitter: the longest run of leading lines that parses."""

    grammar: str
    parses = True

    def is_whole(self, text: str) -> bool:
        """See ``CodeReader.is_whole``; text that takes too long to parse is not."""
        from evals.javascript.trees import Unreadable, parse_source  # a grammar is loaded only where it is needed

        try:
            return not parse_source(text, self.grammar).has_error
        except Unreadable:
            return False

    def names(self, text: str) -> Iterable[str]:
        """See ``CodeReader.names``."""
        from evals.javascript.trees import parse_source, walk
        from evals.javascript.trees import text as text_of

        return (text_of(node) for node in walk(parse_source(text, self.grammar)) if node.type == "identifier")

    def upto_end(self, text: str) -> str:
        """See ``PlainReader.upto_end``; prose that parses as expressions is excluded."""
        lines = text.splitlines(keepends=True)
        size, tries = len(text), 0
        for end in range(len(lines), 0, -1):
            if lines[end - 1].strip().endswith(("}", ")", ";", "]", "`", "'", '"', "/>", ">")):
                tries += 1
                if tries > _MOST_PARSES or tries * size > _MOST_PARSED:
                    break
                if self.is_whole("".join(lines[:end])):
                    return "".join(lines[:end])
        return text


class PythonReader(PlainReader):
    """Python, by its own parser; also what was typed at the prompts of an interactive session."""

    parses = True

    def is_whole(self, text: str) -> bool:
        """See ``CodeReader.is_whole``."""
        return python_tree(text) is not None

    def may_hold(self, text: str, fence: str) -> bool:
        """See ``CodeReader.may_hold``; Python's only backticks are in strings and comments."""
        return fence[0] != "`" or '"""' in text or "'''" in text or text.endswith("\\\n")

    def names(self, text: str) -> Iterable[str]:
        """See ``CodeReader.names``."""
        tree = python_tree(text)
        return () if tree is None else (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))

    def typed(self, text: str) -> str:
        """See ``CodeReader.typed``."""
        return _session(text) if text.lstrip().startswith(">>> ") else text

    def bare(self, text: str, row: Language) -> str | None:
        """See ``CodeReader.bare``."""
        return _bare_python(text, row.first_line)


PLAIN = PlainReader()
QUERY = QueryReader()
DIFF = DiffReader()
PYTHON = PythonReader()
JAVASCRIPT = TreeReader("javascript")
TYPESCRIPT = TreeReader("typescript")
TSX = TreeReader("tsx")


def _session(body: str) -> str:
    """What was typed at the prompts of an interactive session; its output is left out."""
    typed = [line.lstrip(" \t") for line in body.split("\n")]
    return "".join(f"{line[4:]}\n" for line in typed if line.startswith((">>> ", "... ")) or line in {">>>", "..."})


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
    runs = [(at, code) for at, code in runs if code] or [(first.start(), text[first.start() :])]  # "import this first:" is prose
    at, code = next((run for run in runs if LANGUAGES["python"].definition.search(run[1])), runs[0])
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
