"""What the text of a query says, read with DuckDB's own parser: the tables that it reads, whether it sorts, and by what.

``parse_golden`` parses on the host and is for goldens, which are trusted; an answer's tree comes out of the sandbox as text.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from evals.errors import TaskFault
from evals.records import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenQuery:
    """What a golden's syntax says: its base tables, whether it sorts, and how to obtain the sort keys.

    ``keyed`` is the golden with its sort keys as ``keys`` more columns; empty where they cannot be added.
    """

    tables: frozenset[str]
    ordered: bool
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
    distinct = any(m["type"] == "DISTINCT_MODIFIER" for m in node["modifiers"])
    plain = all(order["class"] not in {"CONSTANT", "STAR"} for order in orders)  # ORDER BY 2, ORDER BY ALL
    keyed = ""
    if orders and plain and not distinct and "select_list" in node:
        node["select_list"] = [*node["select_list"], *(copy.deepcopy(order) for order in orders)]
        keyed = _ask("SELECT json_deserialize_sql(?::JSON)", json.dumps(tree))
    return GoldenQuery(tables=tables_of(tree) or frozenset(), ordered=bool(orders), keyed=keyed, keys=len(orders))


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
    names: set[str] = set()
    for node in _walk(tree):
        if node.get("type") == "BASE_TABLE":
            tables.add(str(node.get("table_name")).lower())
        for entry in node.get("map") or () if isinstance(node.get("map"), list) else ():
            if isinstance(entry, dict) and isinstance(entry.get("key"), str):
                names.add(entry["key"].lower())  # of a common table expression
        if node.get("type") in {"TABLE_FUNCTION", "SHOW_REF", "PIVOT"} or node.get("function_name") in {"query", "query_table"}:
            function = node.get("function") or {}
            if function.get("function_name") not in {"range", "generate_series", "unnest"}:
                return None
    return frozenset(tables - names)


def _walk(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner)
