"""Result sets compared: whether the rows of one query may stand for those of another.

Rows are in order where the expected ones are sorted, in groups of equal sort keys; else they are a multiset. The order of
columns counts, their names do not. Numbers are equal across types: exactly where both are whole or decimal, within a
tolerance where one is a float. NULL equals NULL only, and a date the midnight of its day.
"""

from __future__ import annotations

import datetime
import math
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Row = tuple[Any, ...]
DEFAULT_TOLERANCE = (1e-9, 1e-9)
_MOST_PAIRS = 4_000_000  # rows without an exact match, tried one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSet:
    """Columns and rows. ``groups`` are the sizes of runs of equal sort keys, in order; None where nothing is sorted."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    groups: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """Why two result sets differ: a reason of a verdict, what was expected and what was returned."""

    reason: str
    expected: str
    got: str


def compare(got: ResultSet, expected: ResultSet, tolerance: tuple[float, float] = DEFAULT_TOLERANCE) -> Mismatch | None:
    """None where ``got`` may stand for ``expected``."""
    if len(got.columns) != len(expected.columns):
        return Mismatch(reason="wrong_columns", expected=_names(expected), got=_names(got))
    left = _unmatched(got.rows, expected.rows, tolerance)
    if left is not None:
        missing, surplus = left
        described = f"{len(expected.rows)} rows", f"{len(got.rows)} rows"
        return Mismatch(reason="wrong_rows", expected=_shown(described[0], missing), got=_shown(described[1], surplus))
    start = 0
    for size in expected.groups or ():
        ours, theirs = got.rows[start : start + size], expected.rows[start : start + size]
        if _unmatched(ours, theirs, tolerance) is not None:
            place = f"from row {start + 1}"
            return Mismatch(reason="wrong_order", expected=_shown(place, theirs), got=_shown(place, ours))
        start += size
    return None


def group_sizes(keys: Sequence[Row]) -> tuple[int, ...]:
    """Sizes of the runs of equal keys."""
    sizes: list[int] = []
    for place, key in enumerate(keys):
        if place and _canonical(key) == _canonical(keys[place - 1]):
            sizes[-1] += 1
        else:
            sizes.append(1)
    return tuple(sizes)


def near(got: Any, expected: Any, tolerance: tuple[float, float] = DEFAULT_TOLERANCE) -> bool:
    """Whether one cell may stand for another."""
    if isinstance(got, bool) or isinstance(expected, bool) or got is None or expected is None:
        return got is expected
    if isinstance(got, (int, float, Decimal)) and isinstance(expected, (int, float, Decimal)):
        if not isinstance(got, float) and not isinstance(expected, float):
            return got == expected
        if math.isnan(got) or math.isnan(expected):
            return math.isnan(got) and math.isnan(expected)
        return got == expected or math.isclose(got, expected, rel_tol=tolerance[0], abs_tol=tolerance[1])
    if isinstance(got, (list, tuple)) and isinstance(expected, (list, tuple)):
        return len(got) == len(expected) and all(near(a, b, tolerance) for a, b in zip(got, expected, strict=True))
    if isinstance(got, dict) and isinstance(expected, dict):
        return got.keys() == expected.keys() and all(near(got[key], expected[key], tolerance) for key in expected)
    return bool(_midnight(got) == _midnight(expected))


def _unmatched(got: Sequence[Row], expected: Sequence[Row], tolerance: tuple[float, float]) -> tuple[list[Row], list[Row]] | None:
    """(expected rows without a partner, returned rows without one); None if all have one."""
    surplus = _minus(got, Counter(map(_canonical, expected)))
    missing = _minus(expected, Counter(map(_canonical, got)))
    if len(missing) * len(surplus) > _MOST_PAIRS:
        return missing, surplus
    for row in list(missing):
        partner = next((place for place, candidate in enumerate(surplus) if near(candidate, row, tolerance)), None)
        if partner is not None:
            del surplus[partner]
            missing.remove(row)
    return (missing, surplus) if missing or surplus else None


def _minus(rows: Sequence[Row], others: Counter[Hashable]) -> list[Row]:
    left = Counter(others)
    kept = []
    for row in rows:
        key = _canonical(row)
        if left[key]:
            left[key] -= 1
        else:
            kept.append(row)
    return kept


def _canonical(value: Any) -> Hashable:
    """A hashable key, equal for cells that are exactly equal; a boolean is not a number."""
    if isinstance(value, (list, tuple)):
        return ("list", tuple(map(_canonical, value)))
    if isinstance(value, dict):
        return ("dict", frozenset((_canonical(key), _canonical(item)) for key, item in value.items()))
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, (float, Decimal)) and math.isnan(value):
        return ("nan",)
    moment = _midnight(value)
    try:
        hash(moment)
    except TypeError:
        return ("opaque", id(value))
    return (moment,)


def _midnight(value: Any) -> Any:
    if type(value) is datetime.date:
        return datetime.datetime.combine(value, datetime.time())
    return value


def _names(result: ResultSet) -> str:
    return f"{len(result.columns)} columns: {', '.join(result.columns)}"[:400]


def _shown(what: str, rows: Sequence[Row]) -> str:
    return f"{what}; {', '.join(_row_texts(rows)) or 'none of its own'}"[:400]


def _row_texts(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows[:3]:
        yield "(" + ", ".join("NULL" if cell is None else str(cell) for cell in row) + ")"
    if len(rows) > 3:
        yield f"... {len(rows) - 3} more"
