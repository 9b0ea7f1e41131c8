"""What the text of a query says, read with DuckDB's own parser: the tables that it reads, whether it sorts, and by what.

``parse_golden`` parses on the host and is for goldens, which are trusted; an answer's tree comes out of the sandbox as text.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from evals.errors import TaskFault
from evals.records import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenQuery:
    """What a golden's syntax says: its base tables, whether it sorts, and how to obtain the sort keys.

    ``at`` are the sort keys that stand in the result, by position from 0 or by name; None for all of its columns. ``keyed`` is
    the golden with its ``keys`` other sort keys as more columns; empty where there are none, or they cannot be added.
    """

    tables: frozenset[str]
    ordered: bool
    at: tuple[int | str, ...] | None
    keyed: str
    keys: int


def parse_golden(task: Task) -> GoldenQuery:
    """Read a task's golden with DuckDB's parser; goldens are trusted, so this is done on the host.

    Raises:
        TaskFault: it is not a single SELECT.
    """
    try:
        return _parse(task.golden)
    except ValueError as error:
        raise TaskFault(f"{task.source or task.key}: the golden must be one SELECT: {error}") from None


@lru_cache(maxsize=4096)
def _parse(text: str) -> GoldenQuery:
    tree = json.loads(_ask("SELECT json_serialize_sql(?::VARCHAR)", text))
    if tree.get("error"):
        raise ValueError(tree.get("error_message", "it does not parse"))
    if len(tree["statements"]) != 1:
        raise ValueError(f"found {len(tree['statements'])} statements")
    node = tree["statements"][0]["node"]
    orders = [order["expression"] for m in node["modifiers"] if m["type"] == "ORDER_MODIFIER" for order in m["orders"]]
    if any(order["class"] == "STAR" for order in orders):  # ORDER BY ALL
        return GoldenQuery(tables=tables_of(tree) or frozenset(), ordered=True, at=None, keyed="", keys=0)
    places = [_place(order, node.get("select_list", [])) for order in orders]
    other = [order for order, place in zip(orders, places, strict=True) if place is None]
    return GoldenQuery(
        tables=tables_of(tree) or frozenset(),
        ordered=bool(orders),
        at=tuple(place for place in places if place is not None),
        keyed=_keyed(text, tree, other) if other else "",
        keys=len(other),
    )


def _place(order: Mapping[str, Any], selected: Sequence[Mapping[str, Any]]) -> int | str | None:
    """Where a sort key stands in the result; None for an expression that is not one of its columns."""
    if order["class"] == "CONSTANT":
        literal = order.get("literal") or {}
        return int(literal["text"]) - 1 if literal.get("kind") == "INTEGER" and str(literal.get("text")).isdigit() else None
    plain = [_unplaced(column) for column in selected]
    starred = any(column["class"] == "STAR" for column in selected)  # the places after it are not known
    names = order.get("column_names", []) if order["class"] == "COLUMN_REF" else []
    aliases = [str(column.get("alias") or (column.get("column_names") or [""])[-1]).lower() for column in selected]
    if len(names) == 1 and (not selected or aliases.count(names[0].lower()) == 1):
        return str(names[0]).lower()
    if not starred and _unplaced(order) in plain:
        return plain.index(_unplaced(order))
    return None


def _unplaced(value: Any) -> Any:
    """An expression without its places in the text and its alias."""
    if isinstance(value, dict):
        return {key: _unplaced(item) for key, item in value.items() if not key.startswith("query_location") and key != "alias"}
    return [_unplaced(item) for item in value] if isinstance(value, list) else value


def _keyed(text: str, tree: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> str:
    """The query with these sort keys as more columns; where columns cannot be added (DISTINCT, UNION), around it."""
    node = tree["statements"][0]["node"]
    distinct = any(m["type"] == "DISTINCT_MODIFIER" for m in node["modifiers"])
    if "select_list" in node and not distinct:
        node["select_list"] = [*node["select_list"], *(copy.deepcopy(key) for key in keys)]
        return _ask("SELECT json_deserialize_sql(?::JSON)", json.dumps(tree))
    around = json.loads(_ask("SELECT json_serialize_sql(?::VARCHAR)", "SELECT 1"))
    around["statements"][0]["node"]["select_list"] = [copy.deepcopy(key) for key in keys]
    columns = _ask("SELECT json_deserialize_sql(?::JSON)", json.dumps(around)).strip().removeprefix("SELECT ")
    return f"SELECT *, {columns} FROM ({text.strip().rstrip(';')}\n) AS goldloop_golden"


def _ask(query: str, argument: str) -> str:
    import duckdb

    with duckdb.connect(config={"threads": "1"}) as connection:
        row = connection.execute(query, [argument]).fetchone()
    return str(row[0]) if row else ""


def tables_of(tree: Any) -> frozenset[str] | None:
    """Base tables that a serialised query reads; None if that cannot be determined (not a SELECT, or a query inside a string)."""
    if not isinstance(tree, dict) or tree.get("error") or "statements" not in tree:
        return None
    tables: set[str] = set()
    for node in _walk(tree):
        if node.get("type") in {"TABLE_FUNCTION", "SHOW_REF", "PIVOT"} or node.get("function_name") in {"query", "query_table"}:
            function = node.get("function") or {}
            if function.get("function_name") not in {"range", "generate_series", "unnest"}:
                return None
    _read_tables(tree, frozenset(), tables)
    return frozenset(tables)


def generates_rows(tree: Any) -> bool:
    """Whether rows of a serialised query come from a table function or a recursion, rather than from its text or a table."""
    return any(node.get("type") in {"TABLE_FUNCTION", "RECURSIVE_CTE_NODE"} for node in _walk(tree))


def _read_tables(value: Any, hidden: frozenset[str], tables: set[str]) -> None:
    """Add the tables that a part reads; ``hidden`` are the common table expressions in whose scope it stands.

    A common table expression is not in its own scope, unless it is recursive: ``WITH t AS (SELECT * FROM t)`` reads a table.
    """
    if isinstance(value, list):
        for item in value:
            _read_tables(item, hidden, tables)
        return
    if not isinstance(value, dict):
        return
    if value.get("type") == "BASE_TABLE":
        name = str(value.get("table_name")).lower()
        if name not in hidden or value.get("schema_name"):
            tables.add(name)
    listed = (value.get("cte_map") or {}).get("map") if isinstance(value.get("cte_map"), dict) else None
    for entry in listed or ():
        if isinstance(entry, dict):
            name = str(entry.get("key")).lower()
            inner = (entry.get("value") or {}).get("query_node") if isinstance(entry.get("value"), dict) else None
            recursive = isinstance(inner, dict) and inner.get("type") == "RECURSIVE_CTE_NODE"
            _read_tables(entry.get("value"), hidden | {name} if recursive else hidden, tables)
            hidden = hidden | {name}
    for key, item in value.items():
        if key != "cte_map":
            _read_tables(item, hidden, tables)


def _walk(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner)
