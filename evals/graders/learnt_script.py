"""Checks learnt by heart in JavaScript and TypeScript: the calls of checks, and expected values beside their inputs in an answer.

Covers assertions of one call beside one literal, as ``===``, as arguments of an assertion, and as ``expect(..).toBe(..)``; in
answers objects, maps and lists of pairs, ``switch``, comparisons with a literal. Tables that checks loop over are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from evals.javascript.literals import arguments_of, bare, literal
from evals.javascript.trees import AnyNode as Node
from evals.javascript.trees import Unreadable, parse_source, walk
from evals.javascript.trees import text as text_of
from evals.javascript.values import Thing, show

_LEAST = 3
_EQUAL = {"===", "=="}
_PRIMITIVES = {"number", "string"}
_TELLS_NOTHING = {"0", "1", "true", "false", "null", "undefined", '""', "[]", "{}"}
_COMPARING = {"strictEqual", "equal", "deepEqual", "deepStrictEqual", "is", "isEqual"}
_EXPECTING = {"toBe", "toEqual", "toStrictEqual"}

_Pair = tuple[str, str]
"""An argument and what is expected for it, as JavaScript writes them."""


def calls_of(checks: str, language: str) -> dict[str, list[tuple[Any, ...]]]:
    """The literal arguments of the calls in checks, by function, as plain values of Python."""
    calls: dict[str, list[tuple[Any, ...]]] = {}
    for node in _nodes(checks, language):
        if node.type == "call_expression" and (name := _called(node)) and (given := _values(arguments_of(node))) is not None:
            try:
                plain = tuple(map(plain_of, given))
            except ValueError:
                continue
            calls.setdefault(name, []).append(plain)
    return calls


def learnt_pairs(checks: str, golden: str, code: str, language: str) -> list[_Pair]:
    """The expectations of checks that an answer holds as literals and its golden does not; none where they are few."""
    pairs = _expectations(checks, language)
    if len(pairs) < _LEAST:
        return []
    held = sorted(_neighbours(code, language, pairs) - _neighbours(golden, language, pairs))
    rest = {expected for _, expected in pairs - set(held)}
    otherwise = len(rest) == 1 and any(_shown(node) in rest for node in _nodes(code, language) if node.type in _PRIMITIVES)
    # What stands for all that is not held needs no key.
    return held if len(held) + otherwise >= _LEAST and 2 * len(held) >= len(pairs) else []


def plain_of(value: Any) -> Any:
    """A literal's value as a plain value of Python: objects are dictionaries, whole numbers are whole.

    Raises:
        ValueError: Python has no such value.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Thing) and value.kind == "Array" and not value.properties:
        return [plain_of(part) for part in value.parts]
    if isinstance(value, Thing) and value.kind == "Object" and not value.parts:
        return {key: plain_of(item) for key, item in value.properties}
    raise ValueError("not a plain value")


def _nodes(source: str, language: str) -> Iterator[Node]:
    try:
        root = parse_source(source, language)
        if root.has_error and language == "javascript":
            root = parse_source(source, "typescript")
    except Unreadable:
        return
    yield from walk(root)


def _called(node: Node) -> str:
    function = node.child_by_field_name("function")
    return text_of(function) if function is not None and function.type == "identifier" else ""


def _values(nodes: Sequence[Node]) -> list[Any] | None:
    try:
        return [literal(node) for node in nodes] or None
    except (ValueError, RecursionError):
        return None


def _shown(node: Node) -> str:
    found = _values([node])
    return show(found[0]) if found else ""


@lru_cache(maxsize=1024)
def _expectations(checks: str, language: str) -> frozenset[_Pair]:
    pairs = set()
    for node in _nodes(checks, language):
        for call, expected in _compared(node):
            call = bare(call)
            given = arguments_of(call) if call.type == "call_expression" and _called(call) else []
            told, wanted = (_shown(given[0]) if given else ""), _shown(expected)
            if told and wanted and wanted not in _TELLS_NOTHING:
                pairs.add((told, wanted))
    return frozenset(pairs)


def _compared(node: Node) -> Iterator[tuple[Node, Node]]:
    """(call, expected) of a node that compares two things, either way round."""
    if node.type == "binary_expression" and text_of(node.child_by_field_name("operator")) in _EQUAL:
        sides = (node.child_by_field_name("left"), node.child_by_field_name("right"))
        yield from (sides, sides[::-1])
    if node.type != "call_expression":
        return
    function, given = node.child_by_field_name("function"), arguments_of(node)
    if function is None or function.type != "member_expression":
        return
    word, owner = text_of(function.child_by_field_name("property")), function.child_by_field_name("object")
    if word in _COMPARING and len(given) >= 2:
        yield from ((given[0], given[1]), (given[1], given[0]))
    elif word in _EXPECTING and len(given) == 1 and owner.type == "call_expression" and _called(owner) == "expect":
        subject = arguments_of(owner)
        if subject:
            yield subject[0], given[0]


def _neighbours(source: str, language: str, wanted: frozenset[_Pair]) -> set[_Pair]:
    """Those pairs of which the second stands for the first."""
    found: set[_Pair] = set()
    for node in _nodes(source, language):
        if node.type == "array":
            items = [child for child in node.named_children if child.type != "comment"]
            places = [pair for pair in wanted if pair[0].isdigit() and int(pair[0]) < len(items)]
            found |= {pair for pair in places if _shown(items[int(pair[0])]) == pair[1]}
        for key, value in _standing(node):
            texts = _keys(key)
            told = _shown(value)
            found |= {pair for pair in wanted if told == pair[1] and pair[0] in texts}
    return found


def _keys(node: Node) -> set[str]:
    """What a key may stand for: itself, the number or the text of it, the first of a list of arguments."""
    if node.type == "property_identifier":
        return {show(text_of(node))}
    values = _values([node])
    if values is None:
        return set()
    value = values[0]
    texts = {show(value)}
    if isinstance(value, str):
        texts.add(value)  # a number, or JSON of the argument or of all of them
        inner = _values_of_text(value)
        texts |= {show(inner)} if inner is not None else set()
        value = inner
    if isinstance(value, Thing) and value.kind == "Array" and value.parts:
        texts.add(show(value.parts[0]))
    return texts


def _values_of_text(text: str) -> Any:
    """The value that a text of JSON is; None where it is none."""
    if not text.startswith(("[", "{")):
        return None
    root = parse_source(f"({text})", "javascript")
    inner = [node for node in root.named_children if node.type == "expression_statement"]
    found = _values(inner[0].named_children) if len(inner) == 1 and not root.has_error else None
    return found[0] if found else None


def _standing(node: Node) -> Iterator[tuple[Node, Node]]:
    """(key, value) where a node says that one stands for the other."""
    if node.type == "pair":
        yield node.child_by_field_name("key"), node.child_by_field_name("value")
    elif node.type == "array":
        items = [child for child in node.named_children if child.type != "comment"]
        if len(items) == 2:
            yield items[0], items[1]
    elif node.type == "switch_case":
        for value in _returned(node.children_by_field_name("body")):
            yield node.child_by_field_name("value"), value
    elif node.type in {"if_statement", "ternary_expression"}:
        then = node.child_by_field_name("consequence")
        values = [then] if node.type == "ternary_expression" else list(_returned([then]))
        for inner in walk(node.child_by_field_name("condition")):
            if inner.type == "binary_expression" and text_of(inner.child_by_field_name("operator")) in _EQUAL:
                for side in ("left", "right"):
                    yield from ((inner.child_by_field_name(side), value) for value in values)


def _returned(statements: Sequence[Node]) -> Iterator[Node]:
    """What statements, and those directly in their blocks, give back or assign."""
    for statement in statements:
        if statement.type == "statement_block":
            yield from _returned(statement.named_children)
        elif statement.type == "return_statement" and statement.named_children:
            yield statement.named_children[0]
        elif statement.type == "expression_statement" and statement.named_children[0].type == "assignment_expression":
            yield statement.named_children[0].child_by_field_name("right")
