"""Mutants of JavaScript, TypeScript and TSX, by tree-sitter's syntax tree; what a module exports, for stubs.

Left out as equivalent: the same tokens, and an extreme that may be updated by an equal value. Not mutated: imports, types,
directives, names of keys, and the attributes that only style (``className``, ``key``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.javascript.trees import first_error, parse_source
from evals.javascript.trees import text as _source
from evals.javascript.trees import walk as _walk_all
from goldens.mutants.candidates import Candidates, Mutant, changed_line

if TYPE_CHECKING:
    from tree_sitter import Node

_BOUNDARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_COMPARISON = {
    "===": "!==", "!==": "===", "==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<",
}  # fmt: skip
_ARITHMETIC = {
    "+": "-", "-": "+", "*": "+", "/": "*", "%": "*", "**": "*", "&": "|", "|": "&", "^": "|", "<<": ">>", ">>": "<<",
    "+=": "-=", "-=": "+=", "*=": "+=", "/=": "*=", "%=": "*=", "++": "--", "--": "++",
}  # fmt: skip
_BOOLEAN = {"&&": "||", "||": "&&", "??": "&&"}
_TABLES: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("boundary", _BOUNDARY),
    ("comparison", _COMPARISON),
    ("arithmetic", _ARITHMETIC),
    ("boolean", _BOOLEAN),
)
_OPERATIONS = {"binary_expression", "augmented_assignment_expression", "update_expression"}
_UNTOUCHED = {
    "import_statement", "comment", "type_annotation", "interface_declaration", "type_alias_declaration", "type_arguments",
    "type_parameters", "as_expression", "directive",
}  # fmt: skip
_SYMMETRIC = {"Math.max", "Math.min"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    operator: str
    start: int
    end: int
    text: str
    equivalent: bool = False


def mutate_javascript(text: str) -> Candidates:
    """All mutants of a JavaScript text, JSX included.

    Raises:
        ValueError: it does not parse.
    """
    return _mutate(text, "javascript")


def mutate_typescript(text: str) -> Candidates:
    """All mutants of a TypeScript text.

    Raises:
        ValueError: it does not parse.
    """
    return _mutate(text, "typescript")


def mutate_tsx(text: str) -> Candidates:
    """All mutants of a TypeScript text with JSX.

    Raises:
        ValueError: it does not parse.
    """
    return _mutate(text, "tsx")


def parse(source: str, language: str) -> Node:
    """The syntax tree of a text, in bounded time.

    Raises:
        ValueError: it does not parse, or takes too long to.
    """
    root = parse_source(source, language)
    broken = first_error(root)
    if broken is not None:
        raise ValueError(f"line {broken.start_point.row + 1} does not parse")
    return root


def _mutate(text: str, language: str) -> Candidates:
    data = text.encode()
    golden = parse(text, language)
    candidates, seen = Candidates(), {_tokens(golden)}
    for node in _walk(golden):
        for edit in _edits(node):
            code = (data[: edit.start] + edit.text.encode() + data[edit.end :]).decode()
            try:
                tokens = _tokens(parse(code, language))
            except ValueError:
                continue
            if tokens in seen:
                continue
            seen.add(tokens)
            if edit.equivalent:
                candidates.equivalent += 1
                continue
            before, after = changed_line(text, code)
            line = node.start_point.row + 1
            candidates.made.append(Mutant(operator=edit.operator, line=line, before=before, after=after, code=code))
    return candidates


def _walk(node: Node) -> Iterator[Node]:
    """A node and what is mutated below it."""
    if node.type in _UNTOUCHED or _is_directive(node):
        return
    yield node
    for child in node.children:
        yield from _walk(child)


def _is_directive(node: Node) -> bool:
    """``"use strict"`` and ``"use client"``."""
    return node.type == "expression_statement" and [child.type for child in node.named_children] == ["string"]


def _tokens(root: Node) -> tuple[str, ...]:
    leaves = (node for node in _walk_all(root) if not node.children and node.type != "comment")
    return tuple(_source(node) for node in leaves if node.type != ";")


def _replace(operator: str, node: Node, text: str, *, equivalent: bool = False) -> _Edit:
    return _Edit(operator=operator, start=node.start_byte, end=node.end_byte, text=text, equivalent=equivalent)


def _edits(node: Node) -> Iterator[_Edit]:
    kind = node.type
    if kind in _OPERATIONS:
        operator = node.child_by_field_name("operator")
        for name, table in _TABLES:
            if operator is not None and (swapped := table.get(_source(operator))):
                yield _replace(name, operator, swapped, equivalent=name == "boundary" and _is_extreme(node))
    elif kind == "number":
        yield from (_replace("constant", node, changed) for changed in _neighbours(_source(node)))
    elif kind in {"true", "false"}:
        yield _replace("constant", node, "false" if kind == "true" else "true")
    elif kind in {"string", "template_string"} and not _is_name(node):
        yield _replace("constant", node, '""' if len(_source(node)) > 2 else '"x"')
    elif kind == "jsx_text" and _source(node).strip():
        yield _replace("constant", node, "")
    elif kind == "unary_expression" and _source(node.child_by_field_name("operator")) == "!":
        yield _replace("negated condition", node, _source(node.child_by_field_name("argument")))
    elif kind == "return_statement" and node.named_children:
        yield _replace("return undefined", node, "return undefined;")
    elif kind == "arrow_function" and (body := node.child_by_field_name("body")) is not None and body.type != "statement_block":
        yield _replace("return undefined", body, "undefined")
    elif kind == "arguments":
        yield from _swapped(node)
    yield from _statements(node)


def _neighbours(text: str) -> Iterator[str]:
    try:
        value: float = int(text, 0) if text.lower().startswith(("0x", "0b", "0o")) or text.isdigit() else float(text)
    except ValueError:  # a bigint, or digits with separators
        return
    yield repr(value + 1)
    yield f"({value - 1!r})" if value < 1 else repr(value - 1)


def _is_name(node: Node) -> bool:
    """A string that names or styles something: an import's source, an object's key, a class of CSS."""
    parent = node.parent
    if parent is None or (parent.type == "jsx_attribute" and _source(parent.named_children[0]) in {"className", "key"}):
        return True
    is_key = parent.type == "pair" and parent.child_by_field_name("key") == node
    return is_key or parent.type in {"export_statement", "import_statement", "literal_type"}


def _is_extreme(comparison: Node) -> bool:
    """``if (a > b) b = a`` and ``a > b ? a : b``: with ``>=`` an equal value takes the place."""
    sides = {_source(comparison.child_by_field_name("left")), _source(comparison.child_by_field_name("right"))}
    parent = comparison.parent
    if parent is not None and parent.type == "parenthesized_expression":
        parent = parent.parent
    if parent is None:
        return False
    if parent.type == "ternary_expression":
        return {_source(parent.child_by_field_name(part)) for part in ("consequence", "alternative")} == sides
    body = parent.child_by_field_name("consequence") if parent.type == "if_statement" else None
    while body is not None and body.type != "assignment_expression":
        body = body.named_children[0] if len(body.named_children) == 1 else None
    if body is None or parent.child_by_field_name("alternative") is not None:
        return False
    return {_source(body.child_by_field_name(part)) for part in ("left", "right")} == sides


def _swapped(node: Node) -> Iterator[_Edit]:
    arguments = [child for child in node.named_children if child.type != "comment"]
    function = node.parent.child_by_field_name("function") if node.parent is not None else None
    if len(arguments) >= 2 and _source(arguments[0]) != _source(arguments[1]) and _source(function) not in _SYMMETRIC:
        first, second = arguments[:2]
        between = (node.text or b"")[first.end_byte - node.start_byte : second.start_byte - node.start_byte].decode()
        text = f"{_source(second)}{between}{_source(first)}"
        yield _Edit(operator="swapped arguments", start=first.start_byte, end=second.end_byte, text=text)


def _statements(node: Node) -> Iterator[_Edit]:
    if node.type in {"if_statement", "while_statement", "ternary_expression"}:
        condition = node.child_by_field_name("condition")
        if condition is not None and not _source(condition).strip("( ").startswith("!"):
            bare = _source(condition) if condition.type == "parenthesized_expression" else f"({_source(condition)})"
            changed = f"(!{bare})" if condition.type == "parenthesized_expression" else f"!{bare}"
            yield _replace("negated condition", condition, changed)
    if node.type == "if_statement" and (branch := node.child_by_field_name("alternative")) is not None:
        yield _replace("dropped else", branch, "")
    if node.type in {"throw_statement", "break_statement", "continue_statement"}:
        yield _replace("removed statement", node, ";")
    if node.type == "expression_statement" and _droppable(node.named_children[0]):
        yield _replace("removed statement", node, ";")


def _droppable(expression: Node) -> bool:
    """Calls, updates and assignments into something: dropping a plain assignment might only leave a name undefined."""
    if expression.type == "assignment_expression":
        left = expression.child_by_field_name("left")
        return left is not None and left.type in {"member_expression", "subscript_expression"}
    return expression.type in {"call_expression", "await_expression", "augmented_assignment_expression", "update_expression"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A name that a module declares at its top. ``export`` is how it is exported: "", ``named`` or ``default``."""

    name: str
    kind: str
    export: str


def declarations(text: str, language: str) -> list[Declaration]:
    """Functions, classes and constants at the top of a module, in order.

    Raises:
        ValueError: it does not parse.
    """
    exported: list[Declaration] = []
    for node in parse(text, language).named_children:
        export = "" if node.type != "export_statement" else "default" if b"default" in _heads(node) else "named"
        inner = node.child_by_field_name("declaration") or node.child_by_field_name("value") if export else node
        if inner is None:
            continue
        if inner.type in {"lexical_declaration", "variable_declaration"}:
            for declarator in inner.named_children:
                value = declarator.child_by_field_name("value")
                kind = "function" if value is not None and "function" in value.type else "value"
                exported.append(Declaration(name=_source(declarator.child_by_field_name("name")), kind=kind, export=export))
        elif "function" in inner.type or inner.type.startswith("class"):
            kind = "class" if inner.type.startswith("class") else "function"
            exported.append(Declaration(name=_source(inner.child_by_field_name("name")), kind=kind, export=export))
        elif export == "default":
            exported.append(Declaration(name=_source(inner) if inner.type == "identifier" else "", kind="value", export=export))
    return exported


def _heads(node: Node) -> list[bytes]:
    return [child.text or b"" for child in node.children if not child.is_named]
