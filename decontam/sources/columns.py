"""Which columns of a file are scanned: those the user names, else the known ones, else all that hold strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from decontam.sources.base import KNOWN_NAMES, Columns, Reader, Shape, Source
from evals.errors import BadInput

_NO_CHOICE = ("text", "notebook")  # kinds with a single column, to which the user's names do not apply


def choose(source: Source, reader: Reader, text_columns: Sequence[str] | None) -> Columns:
    """Choose from what the first rows have. An empty or broken file is not an error here: reading it will report that.

    Raises:
        BadInput: a column that the user named is in no row looked at; the message lists those that are.
    """
    there = reader.fields(source)
    if source.kind in _NO_CHOICE:
        return Columns(names=tuple(there))
    if text_columns:
        if there and (missing := [name for name in text_columns if name not in there]):
            raise BadInput(f"{source.name}: {describe_missing(missing, there)}")
        names = tuple(dict.fromkeys(text_columns))
        return Columns(names=names, unscanned=tuple(name for name in there if not inside(name, names)))
    known = tuple(name for name in there if name in KNOWN_NAMES)
    names = known or tuple(name for name in there if not inside(name.rpartition(".")[0], tuple(there)))
    rows = source.kind in ("jsonl", "json")  # formats in which every row can have its own columns
    also = tuple(name for name in KNOWN_NAMES if name not in names) if rows else ()
    return Columns(names=names, also=also, unscanned=tuple(name for name in there if not inside(name, names)))


def inside(name: str, names: Sequence[str]) -> bool:
    """Whether a column is one of these or within one."""
    return any(name == column or name.startswith(f"{column}.") for column in names)


def describe_missing(missing: Sequence[str], there: Mapping[str, Shape]) -> str:
    """Which columns do not exist, what may have been meant, and which exist."""
    parts = []
    for name in missing:
        close = get_close_matches(name, there, 1, 0.5) or [key for key in there if key.rpartition(".")[2] == name][:1]
        parts.append(f"no text column {name!r}" + (f" (did you mean {close[0]!r}?)" if close else ""))
    return f"{'; '.join(parts)}; there are {', '.join(list(there)[:40])}"
