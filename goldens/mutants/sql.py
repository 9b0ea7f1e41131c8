"""Mutants of queries, by DuckDB's own syntax tree (its ``json_serialize_sql``); goldens are trusted, so this is done on the host.

Left out as equivalent: the same text after DuckDB has written it. Not mutated: statements other than SELECT.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from goldens.mutants.candidates import Candidates, Mutant, changed_line

_BOUNDARY = {
    "COMPARE_LESSTHAN": "COMPARE_LESSTHANOREQUALTO",
    "COMPARE_LESSTHANOREQUALTO": "COMPARE_LESSTHAN",
    "COMPARE_GREATERTHAN": "COMPARE_GREATERTHANOREQUALTO",
    "COMPARE_GREATERTHANOREQUALTO": "COMPARE_GREATERTHAN",
}
_COMPARISON = {
    "COMPARE_EQUAL": "COMPARE_NOTEQUAL",
    "COMPARE_NOTEQUAL": "COMPARE_EQUAL",
    "COMPARE_LESSTHAN": "COMPARE_GREATERTHANOREQUALTO",
    "COMPARE_LESSTHANOREQUALTO": "COMPARE_GREATERTHAN",
    "COMPARE_GREATERTHAN": "COMPARE_LESSTHANOREQUALTO",
    "COMPARE_GREATERTHANOREQUALTO": "COMPARE_LESSTHAN",
    "COMPARE_IN": "COMPARE_NOT_IN",
    "COMPARE_NOT_IN": "COMPARE_IN",
    "OPERATOR_IS_NULL": "OPERATOR_IS_NOT_NULL",
    "OPERATOR_IS_NOT_NULL": "OPERATOR_IS_NULL",
}
_BOOLEAN = {"CONJUNCTION_AND": "CONJUNCTION_OR", "CONJUNCTION_OR": "CONJUNCTION_AND"}
_JOIN = {"INNER": "LEFT", "LEFT": "INNER", "RIGHT": "INNER", "OUTER": "INNER", "FULL": "INNER"}
_FUNCTION = {"sum": "avg", "avg": "sum", "min": "max", "max": "min", "count": "max", "+": "-", "-": "+", "*": "+", "/": "*"}
_DIRECTION = {"DESCENDING": "ASCENDING", "ASCENDING": "DESCENDING", "ORDER_DEFAULT": "DESCENDING"}
_Edit = tuple[str, Callable[[Any], None]]


def mutate_sql(text: str) -> Candidates:
    """All mutants of a query.

    Raises:
        ValueError: it is not a single SELECT.
    """
    tree, base = _parse(text)
    candidates, seen = Candidates(), {base}
    for path, node in _nodes(tree):
        for operator, edit in _edits(node):
            changed = copy.deepcopy(tree)
            edit(_at(changed, path))
            code = _write(changed)
            if code is None:
                continue
            if code in seen:
                candidates.equivalent += code == base
                continue
            seen.add(code)
            before, after = changed_line(base, code)
            candidates.made.append(
                Mutant(operator=operator, line=_line(text, node), before=before, after=after, code=f"{code};\n")
            )
    return candidates


def _parse(text: str) -> tuple[Any, str]:
    tree = json.loads(_ask("SELECT json_serialize_sql(?::VARCHAR)", text))
    if tree.get("error"):
        raise ValueError(tree.get("error_message", "not SQL"))
    base = _write(tree)
    if base is None or len(tree["statements"]) != 1:
        raise ValueError("expected one SELECT")
    return tree, base


def _write(tree: Any) -> str | None:
    """The text of a tree; None where DuckDB refuses it."""
    import duckdb

    try:
        return _ask("SELECT json_deserialize_sql(?::JSON)", json.dumps(tree))
    except duckdb.Error:
        return None


def _ask(query: str, argument: str) -> str:
    import duckdb

    with duckdb.connect(config={"threads": "1"}) as connection:
        row = connection.execute(query, [argument]).fetchone()
    return str(row[0]) if row else ""


def _nodes(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _nodes(inner, (*path, key))


def _at(tree: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def _edits(node: Mapping[str, Any]) -> Iterator[_Edit]:
    kind = node.get("type")
    for name, table in (("boundary", _BOUNDARY), ("comparison", _COMPARISON), ("boolean", _BOOLEAN)):
        if kind in table:
            yield name, _set("type", table[str(kind)])
    if kind == "JOIN" and node.get("join_type") in _JOIN and (node.get("condition") or node.get("using_columns")):
        yield "join", _set("join_type", _JOIN[node["join_type"]])
    if kind == "FUNCTION":
        yield from _functions(node)
    if node.get("where_clause"):
        yield "dropped clause", _set("where_clause", None)
    if node.get("having"):
        yield "dropped clause", _set("having", None)
    for place, modifier in enumerate(node.get("modifiers") or ()):
        yield from _modifiers(place, modifier)
    if "setop_all" in node:
        yield "distinct", _set("setop_all", not node["setop_all"])
    if kind == "VALUE_CONSTANT":
        yield from _constants(node)


def _functions(node: Mapping[str, Any]) -> Iterator[_Edit]:
    name = str(node.get("function_name"))
    if name in _FUNCTION and node.get("arguments", node.get("children")):

        def rename(copied: Any) -> None:
            copied["function_name"] = _FUNCTION[name]
            if "qualified_name" in copied:
                copied["qualified_name"] = {"path": [_FUNCTION[name]]}

        yield "arithmetic" if name in "+-*/" else "aggregate", rename
    if node.get("distinct"):
        yield "distinct", _set("distinct", False)


def _modifiers(place: int, modifier: Mapping[str, Any]) -> Iterator[_Edit]:
    kind = modifier["type"]
    if kind == "DISTINCT_MODIFIER":
        yield "distinct", _drop_modifier(place)
    elif kind == "ORDER_MODIFIER":
        yield "order", _drop_modifier(place)
        for index, order in enumerate(modifier["orders"]):
            yield "order", _turn(place, index, _DIRECTION.get(order["type"], "DESCENDING"))
    elif kind == "LIMIT_MODIFIER":
        yield "limit", _drop_modifier(place)


def _constants(node: Mapping[str, Any]) -> Iterator[_Edit]:
    literal = node.get("literal")  # as DuckDB 2 writes it; the older form is left alone
    if not isinstance(literal, dict) or "text" not in literal:
        return
    kind, text = literal.get("kind"), str(literal["text"])
    if kind == "INTEGER":
        for step in (1, -1):
            yield "constant", _set("literal", {**literal, "text": str(int(text) + step)})
    elif kind == "STRING":
        yield "constant", _set("literal", {**literal, "text": "" if text else "x"})


def _set(name: str, value: Any) -> Callable[[Any], None]:
    def edit(copied: Any) -> None:
        copied[name] = value

    return edit


def _drop_modifier(place: int) -> Callable[[Any], None]:
    def edit(copied: Any) -> None:
        del copied["modifiers"][place]

    return edit


def _turn(place: int, index: int, direction: str) -> Callable[[Any], None]:
    def edit(copied: Any) -> None:
        copied["modifiers"][place]["orders"][index]["type"] = direction

    return edit


def _line(text: str, node: Mapping[str, Any]) -> int:
    place = node.get("query_location")
    return text.count("\n", 0, place) + 1 if isinstance(place, int) and place <= len(text) else 1
