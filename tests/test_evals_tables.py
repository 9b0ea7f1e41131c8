"""The one reader of rows: every form, plain and compressed, gives the same rows; what cannot be read is named with its place."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
import zstandard

from evals.errors import BadInput
from evals.importers import find_file
from evals.judge import Label
from evals.suites import load_suite
from evals.tables import COMPRESSIONS, TABLES, TableRow, UnreadableRow, line_rows, read_rows, read_table_records, table_rows

ROWS = [{"id": "a", "text": "one, two"}, {"id": "b", "text": "three\nfour"}]


def written(suffix: str, rows: list[dict[str, Any]]) -> bytes:
    if suffix == ".json":
        return json.dumps(rows, indent=1).encode()
    if suffix == ".parquet":
        sink = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), sink)
        return sink.getvalue()
    if suffix in (".csv", ".tsv"):
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(rows[0]), delimiter="\t" if suffix == ".tsv" else ",")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().encode()
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def packed(data: bytes, ending: str) -> bytes:
    return gzip.compress(data) if ending == ".gz" else zstandard.compress(data) if ending == ".zst" else data


@pytest.mark.parametrize("ending", ["", *COMPRESSIONS])
@pytest.mark.parametrize("suffix", TABLES)
def test_every_form_gives_the_same_rows(tmp_path: Path, suffix: str, ending: str) -> None:
    file = tmp_path / f"rows{suffix}{ending}"
    file.write_bytes(packed(written(suffix, ROWS), ending))
    assert [row.values for row in read_rows(file)] == ROWS


@pytest.mark.parametrize(
    ("suffix", "place"), [(".jsonl", ":2"), (".json", ": entry 2"), (".csv", ":3"), (".tsv", ":3"), (".parquet", ":row 2")]
)
def test_a_row_knows_its_place(tmp_path: Path, suffix: str, place: str) -> None:
    file = tmp_path / f"rows{suffix}"
    file.write_bytes(written(suffix, ROWS))
    assert read_rows(file)[1].place == f"{file}{place}"


def test_rows_that_cannot_be_read_are_named_and_the_others_are_read(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"id": 1}\n{"id":\n[1]\n{"id": 2}\n')
    problems: list[str] = []
    assert [row.values["id"] for row in read_rows(file, problems)] == [1, 2]
    assert [problem.partition("rows.jsonl")[2][:12] for problem in problems] == [":2: not JSON", ":3: expected"]
    with pytest.raises(BadInput, match=r"rows\.jsonl:2: not JSON"):
        read_rows(file)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-Infinity", float("-inf")),
        ("[Infinity, 1]", [float("inf"), 1]),
        (str(10**22 + 1), 10**22 + 1),
        (str(2**64), 2**64),
        ("1e22", 1e22),
        (r'"\ud800x"', "\ufffdx"),
        (r'"\ud83d\ude42"', "🙂"),
    ],
)
@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_what_python_writes_as_json_is_read_as_python_reads_it(tmp_path: Path, suffix: str, text: str, value: Any) -> None:
    file = tmp_path / f"rows{suffix}"
    file.write_text(f'[{{"v": {text}}}]' if suffix == ".json" else f'{{"v": {text}}}\n{{"v": 1}}\n')
    found = read_rows(file)[0].values["v"]
    assert found == value and type(found) is type(value)


def test_a_number_that_python_does_not_read_is_a_row_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"v": 1}\n{"v": %s}\n' % ("9" * 5000))
    problems: list[str] = []
    assert len(read_rows(tmp_path / "rows.jsonl", problems)) == 1
    assert "rows.jsonl:2: not JSON (number is infinity" in problems[0]


def test_lines_are_lines_whatever_the_first_looks_like(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('[{"id": 1}]\n')
    (row,) = line_rows(tmp_path / "rows.jsonl", expected="an object")
    assert isinstance(row, UnreadableRow) and str(row).endswith("rows.jsonl:1: expected an object, found list [{'id': 1}]")
    (entry,) = table_rows(tmp_path / "rows.jsonl")
    assert isinstance(entry, TableRow) and entry.place.endswith(": entry 1")


def test_a_known_column_makes_an_object_one_row(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps({"prompt": "x", "cases": [{"stdin": "1"}]}, indent=1))
    assert len(read_rows(tmp_path / "rows.json", known=frozenset({"prompt"}))[0].values) == 2
    assert read_rows(tmp_path / "rows.json")[0].values == {"stdin": "1"}


def test_odd_quotes_over_lines_are_taken_on_request_only(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text('id,text\na,"he left\nand said "no" again"\n')
    with pytest.raises(BadInput, match=r"rows\.csv:2: not CSV .*quotes in a cell must be doubled"):
        read_rows(file)
    assert len(read_rows(file, odd_quotes=True)) == 1


@pytest.mark.parametrize("name", ["rows.xlsx", "rows.txt.gz"])
def test_another_ending_is_refused_with_those_that_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"hello")
    with pytest.raises(BadInput, match=r"expected a file that ends in \.jsonl, .*; '\.\w+' names no table"):
        list(table_rows(tmp_path / name))


def test_labels_may_come_from_a_spreadsheet(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("key,sample,good\ns/a,1,true\ns/b,0,false\n")
    labels = read_table_records(tmp_path / "labels.csv", Label)
    assert [(label.key, label.sample, label.good) for label in labels] == [("s/a", 1, True), ("s/b", 0, False)]
    (tmp_path / "labels.csv").write_text("key,good\ns/a,maybe\n")
    with pytest.raises(BadInput, match=r"labels\.csv:2: good: "):
        read_table_records(tmp_path / "labels.csv", Label)


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_a_benchmarks_file_is_found_plain_or_compressed(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"HumanEval.jsonl{ending}").write_bytes(b"")
    assert find_file(tmp_path, ("HumanEval.jsonl.gz",)).name == f"HumanEval.jsonl{ending}"


@pytest.mark.parametrize("name", ["tasks.jsonl.zst", "tasks.ndjson", "tasks.parquet.gz"])
def test_suites_may_be_compressed(tmp_path: Path, name: str) -> None:
    row = {
        "id": "a",
        "split": "dev",
        "group": "g",
        "prompt": "Write f.",
        "golden": "def f(): return 1",
        "checks": "assert f() == 1",
    }
    ending = Path(name).suffix if name.endswith(COMPRESSIONS) else ""
    suffix = name.removeprefix("tasks").removesuffix(ending)
    (tmp_path / "suite.yaml").write_text("name: t\n")
    (tmp_path / name).write_bytes(packed(written(suffix, [row]), ending))
    assert [task.id for task in load_suite(str(tmp_path)).tasks] == ["a"]
