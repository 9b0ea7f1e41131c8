"""Which columns of a file are scanned: those the user names, else all that hold strings."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from decontam.sources.base import Columns, Reader, Source
from decontam.sources.values import bare, inside
from evals.errors import BadInput

_NO_CHOICE = ("text", "notebook")  # kinds with a single column, to which the user's names do not apply
_SHOWN = 40


def choose(source: Source, reader: Reader, text_columns: Sequence[str] | None) -> Columns:
    """Choose from what the first rows have. An empty or broken file is not an error here: reading it will report that.

    Raises:
        BadInput: a column that the user named is in no row looked at; the message lists those that are.
    """
    there = reader.fields(source)
    if source.kind in _NO_CHOICE or not text_columns:
        return Columns(names=tuple(dict.fromkeys(top(name) for name in there))[:_SHOWN])
    names = tuple(dict.fromkeys(text_columns))
    if there and (missing := [name for name in names if not any(inside(place, (name,)) for place in there)]):
        raise BadInput(f"{source.name}: {describe_missing(missing, there)}")
    return Columns(names=names, wanted=names, unscanned=tuple(name for name in there if not inside(name, names)))


def top(name: str) -> str:
    """A path up to its first list: what a table of files has room for."""
    return name.partition("[]")[0]


def describe_missing(missing: Sequence[str], there: Sequence[str]) -> str:
    """Which columns do not exist, what may have been meant, and which exist."""
    parts = []
    for name in missing:
        close = get_close_matches(name, there, 1, 0.5) or [place for place in there if bare(place).rpartition(".")[2] == name][:1]
        parts.append(f"no text column {name!r}" + (f" (did you mean {close[0]!r}?)" if close else ""))
    return f"{'; '.join(parts)}; there are {', '.join(there[:40])}"
