"""Rows of any table: JSONL and JSON (gzip or not), CSV, Parquet, each with its place in the file.

Nothing in them is evaluated: no pickles, no scripts. Cells of CSV are text.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from evals.errors import BadInput
from evals.importers import Row, joined, read_rows

SUFFIXES = (".jsonl", ".jsonl.gz", ".json", ".json.gz", ".csv", ".parquet")
_LONGEST_CELL = 10_000_000


def read_table(file: Path, problems: list[str]) -> list[Row]:
    """All rows of a file, by its ending; without one it is JSON. What is no row is appended to ``problems``.

    Raises:
        BadInput: another ending, unreadable, or no rows.
    """
    if file.suffix == ".parquet":
        rows = list(_parquet(file))
    elif file.suffix == ".csv":
        rows = list(read_csv(file, problems))
    elif file.name.endswith(SUFFIXES) or not file.suffix:
        return read_rows(file, problems)
    else:
        raise BadInput(f"{file}: expected a file that ends in {', '.join(SUFFIXES)}")
    if not rows:
        raise BadInput(joined(problems) if problems else f"{file}: the table has no rows")
    return rows


def read_csv(file: Path, problems: list[str]) -> Iterator[Row]:
    """Rows of a CSV file with a header line; the place is the line that a row starts on.

    A row with more or fewer cells than the header is appended to ``problems``.

    Raises:
        BadInput: not CSV, or not UTF-8.
    """
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            line = 2
            for values in reader:
                if None in values or None in values.values():
                    wanted = ", ".join(reader.fieldnames or ())
                    cells = sum(cell is not None for key, cell in values.items() if key) + len(values.get(None) or ())
                    problems.append(f"{file}:{line}: expected {len(reader.fieldnames or ())} cells ({wanted:.80}), found {cells}")
                else:
                    yield Row(place=f"{file}:{line}", values=values)
                line = reader.line_num + 1
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise BadInput(f"{file}: not a CSV file: {error}") from None
    finally:
        csv.field_size_limit(before)


def _parquet(file: Path) -> Iterator[Row]:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        rows = parquet.read_table(file).to_pylist()
    except (arrow.ArrowException, OSError) as error:
        raise BadInput(f"{file}: not Parquet: {error}") from None
    for number, row in enumerate(rows, 1):
        yield Row(place=f"{file}:row {number}", values=row)
