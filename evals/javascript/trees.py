"""The one reader of syntax trees: text that anybody wrote, in bounded time, and what is looked for in its tree.

Tree-sitter recovers from errors, at worst in quadratic time; a text that takes too long is given up. Covers JavaScript,
TypeScript and their JSX forms, and any grammar that is named as ``module:function``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from evals.errors import TaskFault
from evals.plugins import load

if TYPE_CHECKING:
    from tree_sitter import Language, Node

GRAMMARS: Mapping[str, str] = {
    "javascript": "tree_sitter_javascript:language",
    "typescript": "tree_sitter_typescript:language_typescript",
    "tsx": "tree_sitter_typescript:language_tsx",
}
"""By dialect, a function that gives tree-sitter's grammar. Loaded only where one is needed."""

AnyNode = Any
"""A node, for code that goes along children which the grammar promises; the types of tree-sitter's package know no promises."""

_SUFFIXES = {"ts": "typescript", "tsx": "tsx"}
_SHORT_BYTES = 20_000  # read in under a second whatever it is
_CHUNK_BYTES = 1 << 16
_MOST_SECONDS = 3.0  # of this thread's processor time


class Unreadable(ValueError):
    """A text that a parser takes too long for."""


@cache
def _grammar(dialect: str) -> Language:
    from tree_sitter import Language

    return Language(load(GRAMMARS, dialect, "grammar", form="module:function", fault=TaskFault)())


def parse_source(source: str, dialect: str) -> Node:
    """The root of a text's tree; it may hold errors (``has_error``), since these parsers never refuse.

    Args:
        source: what cannot be encoded is replaced.
        dialect: a row of GRAMMARS, or ``module:function``.

    Raises:
        Unreadable: it would take too long.
        TaskFault: there is no such grammar.
    """
    from tree_sitter import Parser

    parser: Any = Parser(_grammar(dialect))  # one a text: a parser is not safe in threads
    data = source.encode(errors="replace")
    if len(data) > _SHORT_BYTES:  # a trial: only text in chunks can be given up, and only whole text is quick to look into
        end = time.thread_time() + _MOST_SECONDS
        try:
            parser.parse(
                lambda at, place: data[at : at + _CHUNK_BYTES], progress_callback=lambda at, failed: time.thread_time() > end
            )
        except ValueError:
            parser.reset()
            raise Unreadable(f"its {len(data):,} bytes take more than {_MOST_SECONDS:g} s to parse") from None
    root: Node = parser.parse(data).root_node
    return root


def parse_file(name: str, source: str) -> Node:
    """As ``parse_source``, in the dialect that a file's name says: TypeScript, TSX, else JavaScript with JSX."""
    suffix = name.rpartition(".")[2].removeprefix("m").removeprefix("c")
    return parse_source(source, _SUFFIXES.get(suffix, "javascript"))


def first_error(root: Node) -> Node | None:
    """The first node that shows that a text is not of its language; None where it is."""
    return next((node for node in walk(root) if node.is_error or node.is_missing), None) if root.has_error else None


def parse_sound(source: str, dialect: str, place: str) -> Node:
    """The tree of a program without errors.

    Raises:
        TaskFault: the text is not this language, at the first line that shows it.
    """
    root = parse_source(source, dialect)
    bad = first_error(root)
    if bad is not None:
        raise TaskFault(f"{place}:{bad.start_point[0] + 1}: the checks are not {dialect}, near {text(bad)[:60]!r}")
    return root


def text(node: Node | None) -> str:
    """A node's source; empty for no node."""
    return (node.text or b"").decode(errors="replace") if node is not None else ""


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, in order of the source."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(top.children))


def parts(node: Node) -> list[Node]:
    """The named children without comments."""
    return [child for child in node.named_children if child.type not in {"comment", "html_comment"}]


def field(node: Node, name: str) -> Node:
    """A child by its role, which the grammar promises.

    Raises:
        ValueError: it is not there after all.
    """
    child = node.child_by_field_name(name)
    if child is None:
        raise ValueError(f"{node.type} without {name}")
    return child


def edited(source: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """A text with byte ranges replaced; the ranges do not overlap."""
    data = source.encode()
    for start, end, new in sorted(edits, reverse=True):
        data = data[:start] + new.encode() + data[end:]
    return data.decode()
