"""Translates Postgres SQL to DuckDB's as text: what the schemas and queries of benchmarks use. Nothing is run.

Covers ``public.``, serial types, foreign keys (dropped), ``to_char`` and ``to_date`` with their common patterns,
``generate_series`` as a column. Does not cover ``COPY``, procedures, or a column that only a key of ``GROUP BY`` determines
(``ungrouped`` finds those).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from evals.errors import TaskFault

_TOKEN = re.compile(
    r"(?P<text>'(?:[^']|'')*')|(?P<name>\"(?:[^\"]|\"\")*\")|(?P<note>--[^\n]*|/\*.*?\*/)|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<blank>\s+)|(?P<other>.)",
    re.DOTALL,
)
_SERIALS = {"SERIAL": "INTEGER", "BIGSERIAL": "BIGINT", "SMALLSERIAL": "SMALLINT"}
_ON_CHANGE = r"(?:\s+ON\s+(?:DELETE|UPDATE)\s+(?:CASCADE|RESTRICT|NO\s+ACTION|SET\s+NULL|SET\s+DEFAULT))*"
_REFERENCES = re.compile(
    r"(?:,\s*(?:CONSTRAINT\s+\w+\s+)?FOREIGN\s+KEY\s*\([^)]*\)\s*)?\bREFERENCES\s+[\w.\"]+\s*(?:\([^)]*\))?" + _ON_CHANGE,
    re.IGNORECASE,
)
_PATTERNS = (
    *(("YYYY", "%Y"), ("yyyy", "%Y"), ("HH24", "%H"), ("hh24", "%H"), ("HH12", "%I"), ("Month", "%B"), ("Mon", "%b")),
    *(("Day", "%A"), ("Dy", "%a"), ("MM", "%m"), ("DD", "%d"), ("dd", "%d"), ("MI", "%M"), ("mi", "%M"), ("SS", "%S")),
    *(("ss", "%S"), ("%i", "%M"), ("%s", "%S")),
)


def tokens(text: str) -> list[tuple[str, str]]:
    """(kind, text) of every piece of a script; together they are the script."""
    return [(match.lastgroup or "other", match[0]) for match in _TOKEN.finditer(text)]


def translate_schema(text: str) -> str:
    """A script of CREATE TABLE and INSERT statements for DuckDB.

    Raises:
        TaskFault: a part of it cannot be translated.
    """
    if re.search(r"^\s*COPY\s+\S+.*FROM\s+stdin", text, re.MULTILINE | re.IGNORECASE):
        raise TaskFault("COPY ... FROM stdin is not covered; dump the rows as INSERT statements (pg_dump --inserts)")
    return translate_query(_outside_texts("".join(_plain(tokens(text))), lambda part: _REFERENCES.sub("", part))) + "\n"


def _plain(pieces: Sequence[tuple[str, str]]) -> Iterator[str]:
    after_public = False
    for kind, piece in pieces:
        if kind == "word" and piece.lower() == "public":
            after_public = True
        elif after_public:
            after_public = False
            if piece != ".":
                yield "public" + piece
        elif kind == "word":
            yield _SERIALS.get(piece.upper(), piece)
        elif kind != "note":
            yield piece


def _outside_texts(text: str, change: Any) -> str:
    """``change`` applied to what is between string literals; statements that have literals are rows, not tables."""
    parts = re.split(r"('(?:[^']|'')*')", text)
    return "".join(part if place % 2 else change(part) for place, part in enumerate(parts))


def translate_query(text: str) -> str:
    """A query for DuckDB: patterns of dates in its own form, a series as a column unnested.

    Raises:
        TaskFault: a pattern is computed.
    """
    return _rewritten([piece for piece in tokens(text) if piece[0] != "note"]).strip()


def _rewritten(pieces: Sequence[tuple[str, str]]) -> str:
    made: list[str] = []
    before = ("", "")
    place = 0
    while place < len(pieces):
        kind, piece = pieces[place]
        opening = place + 1 + (place + 1 < len(pieces) and pieces[place + 1][0] == "blank")
        call = _CALLS.get(piece.lower()) if kind == "word" else None
        if call is not None and opening < len(pieces) and pieces[opening][1] == "(":
            arguments, place = _arguments(pieces, opening)
            made.append(call(arguments, before))
            before = ("", ")")
            continue
        made.append(piece)
        if kind != "blank":
            before = (before[1], piece.lower())
        place += 1
    return "".join(made)


def _arguments(pieces: Sequence[tuple[str, str]], opening: int) -> tuple[list[str], int]:
    """The arguments of a call, rewritten, and the place after it.

    Raises:
        TaskFault: the call does not end.
    """
    parts: list[list[tuple[str, str]]] = [[]]
    depth = 0
    for place in range(opening, len(pieces)):
        piece = pieces[place][1]
        depth += (piece == "(") - (piece == ")")
        if depth == 0:
            return [_rewritten(part).strip() for part in parts], place + 1
        if depth == 1 and piece == ",":
            parts.append([])
        elif place > opening:
            parts[-1].append(pieces[place])
    raise TaskFault("a parenthesis is not closed")


def _pattern(arguments: list[str], name: str) -> str:
    if len(arguments) != 2 or not re.fullmatch(r"'[^']*'", arguments[1]):
        raise TaskFault(f"{name}: expected a pattern such as 'YYYY-MM', found {', '.join(arguments[1:])[:60]!r}")
    text = arguments[1]
    for postgres, duck in _PATTERNS:
        text = text.replace(postgres, duck)
    return text


def _to_char(arguments: list[str], _: tuple[str, str]) -> str:
    moment, pattern = arguments[0], _pattern(arguments, "to_char")
    cast = re.search(r"::\s*time$", moment, re.IGNORECASE)  # a time has no day to format it with
    if cast is not None:
        inner = moment[: cast.start()]
        moment = inner if inner.endswith(")") else f"DATE '1970-01-01' + {moment}"
    return f"strftime({moment}, {pattern})"


def _to_date(arguments: list[str], _: tuple[str, str]) -> str:
    return f"CAST(strptime({arguments[0]}, {_pattern(arguments, 'to_date')}) AS DATE)"


def _series(arguments: list[str], before: tuple[str, str]) -> str:
    call = f"generate_series({', '.join(arguments)})"
    is_table = before[1] in {"from", "join", "lateral"} or before == ("unnest", "(")
    return call if is_table else f"unnest({call})"


_CALLS: Mapping[str, Callable[[list[str], tuple[str, str]], str]] = {
    "to_char": _to_char,
    "to_date": _to_date,
    "generate_series": _series,
}


def alternatives(text: str) -> list[str]:
    """The statements of a text, without their semicolons."""
    made = [""]
    for kind, piece in tokens(text):
        if piece == ";" and kind == "other":
            made.append("")
        else:
            made[-1] += piece
    return [query.strip() for query in made if query.strip()]


def fill_braces(query: str) -> str:
    """``SELECT {a, b} ... GROUP BY {}`` with all columns that the braces offer, at both places.

    Raises:
        TaskFault: ``{}`` before any columns.
    """
    offered = ""

    def fill(match: re.Match[str]) -> str:
        nonlocal offered
        offered = match[1].strip() or offered
        if not offered:
            raise TaskFault("braces without columns: expected {a, b} before the first {}")
        return offered

    return _outside_texts(query, lambda part: re.sub(r"\{([^{}]*)\}", fill, part))


def without_order(query: str) -> str:
    """The query without its own ORDER BY; unchanged where a LIMIT needs it, or where there is none."""
    pieces = tokens(query)
    depth, at = 0, None
    for place, (kind, piece) in enumerate(pieces):
        depth += (piece == "(") - (piece == ")")
        if depth == 0 and kind == "word":
            if piece.upper() == "ORDER":
                at = place
            elif at is not None and piece.upper() in {"LIMIT", "OFFSET", "FETCH", "UNION", "EXCEPT", "INTERSECT"}:
                return query
    return query if at is None else "".join(piece for _, piece in pieces[:at]).strip()


def column_names(tree: Mapping[str, Any]) -> list[str]:
    """What a serialised query calls its columns; empty if that is not in its text (``SELECT *``)."""
    node = tree["statements"][0]["node"]
    while "select_list" not in node and isinstance(node.get("left"), dict):
        node = node["left"]
    names = []
    for item in node.get("select_list") or ():
        if item.get("class") == "STAR":
            return []
        own = (item.get("column_names") or [item.get("function_name") or "value"])[-1]
        names.append(item.get("alias") or {"count_star": "count"}.get(own, own))
    return [name if re.fullmatch(r"\w+", name) else "value" for name in names]


def ungrouped(tree: Any) -> list[str]:
    """Columns that some part of a serialised query selects beside groups without grouping by them."""
    columns: list[str] = []
    if isinstance(tree, list):
        return [name for item in tree for name in ungrouped(item)]
    if not isinstance(tree, dict):
        return []
    groups = tree.get("group_expressions") or []
    if groups and "select_list" in tree:
        items = tree["select_list"]
        names = {_last(item) for item in groups} | {str(item.get("alias", "")).lower() for item in groups}
        kept = {_number(item) - 1 for item in groups if item.get("class") == "CONSTANT"}
        for place, item in enumerate(items):
            if item.get("class") == "COLUMN_REF" and place not in kept:
                own = {_last(item), str(item.get("alias", "")).lower() or _last(item)}
                columns += [] if own & names else [_last(item)]
            columns += [name for name in _bare(item) if name not in names and item.get("class") != "COLUMN_REF"]
    return columns + [name for value in tree.values() for name in ungrouped(value)]


def _bare(item: Mapping[str, Any]) -> list[str]:
    """Columns that an expression subtracts or adds directly, outside any function."""
    if item.get("class") == "FUNCTION" and item.get("is_operator"):
        inner = item.get("children") or [argument["expression"] for argument in item.get("arguments", ())]
        return [_last(argument) for argument in inner if argument.get("class") == "COLUMN_REF"]
    return []


def _number(item: Mapping[str, Any]) -> int:
    """The place that ``GROUP BY 2`` names; DuckDB 1 and 2 write it differently."""
    text = str(item["literal"]["text"] if "literal" in item else item.get("value", {}).get("value"))
    return int(text) if text.isdecimal() else 0


def _last(item: Mapping[str, Any]) -> str:
    return str((item.get("column_names") or [""])[-1]).lower()


def parse(query: str) -> Mapping[str, Any]:
    """A query's tree, by DuckDB's parser; it is not bound and not run.

    Raises:
        TaskFault: it is not a single SELECT.
    """
    import duckdb

    with duckdb.connect(config={"threads": "1"}) as connection:
        row = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchone()
    tree: dict[str, Any] = json.loads(str(row[0])) if row else {"error": True}
    if tree.get("error") or len(tree.get("statements", ())) != 1:
        raise TaskFault(f"not one SELECT that DuckDB can parse: {tree.get('error_message', 'several statements')}")
    return tree
