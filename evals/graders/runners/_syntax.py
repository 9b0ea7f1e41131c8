"""Reading JavaScript, TypeScript and their JSX forms: syntax trees, and text changed at their nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from evals.errors import SandboxFault
from evals.javascript.trees import root_of

Node = Any
"""A node of tree-sitter's tree; its package has no usable types for what is done here."""


@cache
def _parser(suffix: str) -> Any:
    try:
        import tree_sitter
        import tree_sitter_javascript
        import tree_sitter_typescript
    except ImportError as error:
        fix = "pip install tree-sitter tree-sitter-javascript tree-sitter-typescript"
        raise SandboxFault(f"projects in JavaScript need a parser ({error}): {fix}") from None
    languages = {"ts": tree_sitter_typescript.language_typescript, "tsx": tree_sitter_typescript.language_tsx}
    language = languages.get(suffix, tree_sitter_javascript.language)
    grammar = tree_sitter.Language(language())
    return lambda: tree_sitter.Parser(grammar)  # one a text: a parser is not safe in threads


def parse(name: str, text: str) -> Node:
    """The root of a file's tree; the language follows from its name.

    Raises:
        SandboxFault: the parser is not installed.
        Unreadable: it would take too long.
    """
    suffix = name.rpartition(".")[2].removeprefix("m").removeprefix("c")
    return root_of(_parser(suffix)(), text)


def text_of(node: Node) -> str:
    """The source of a node."""
    return str(node.text.decode(errors="replace"))


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, in the order of the source."""
    stack = [node]
    while stack:
        found = stack.pop()
        yield found
        stack.extend(reversed(found.children))


def arguments_of(call: Node) -> list[Node]:
    """The arguments of a call, without comments."""
    listed = call.child_by_field_name("arguments")
    if listed is None or listed.type != "arguments":
        return []
    return [child for child in listed.named_children if child.type != "comment"]


def literal(node: Node) -> str | None:
    """The value of a string or of a template without substitutions; None for anything else."""
    if node.type not in {"string", "template_string"}:
        return None
    value = ""
    for child in node.named_children:
        if child.type == "template_substitution":
            return None
        value += _unescaped(text_of(child)) if child.type == "escape_sequence" else text_of(child)
    return value


def _unescaped(text: str) -> str:
    simple = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
    body = text[1:]
    if body[:1] in {"u", "x"}:
        return chr(int(body[1:].strip("{}"), 16))
    return simple.get(body, body)


def edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """The text with byte ranges replaced; the ranges do not overlap."""
    data = text.encode()
    for start, end, new in sorted(edits, reverse=True):
        data = data[:start] + new.encode() + data[end:]
    return data.decode()
