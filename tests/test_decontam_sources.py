"""Training files in every shape they come in, read to the same (row, column, text) whatever way they take."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from decontam.kernels.batches import Batch
from decontam.sources import Source, choose_columns, find_sources, jsonl, parquet, place, read_batches
from decontam.sources.base import KNOWN_NAMES
from decontam.sources.blocks import blocks
from decontam.sources.lines import parse_lines
from decontam.sources.shapes import Learned
from decontam.sources.streams import open_stream
from evals.errors import BadInput, install_command

Value = tuple[int, str, int, str]


def only(path: Path) -> Source:
    (source,) = find_sources([str(path)]).sources
    return source


def values_of(batch: Batch) -> list[Value]:
    out = []
    for column in batch.columns:
        assert len(column.offsets) == len(column.rows) + 1
        assert (np.diff(column.rows) >= 0).all()
        for index, row in enumerate(column.rows.tolist()):
            text = column.data[column.offsets[index] : column.offsets[index + 1]].tobytes().decode()
            ordinal = -1 if column.ordinals is None else int(column.ordinals[index])
            out.append((int(batch.rows[row]), column.name, ordinal, text))
    return sorted(out)


def broken_of(batch: Batch) -> list[tuple[int, str]]:
    return [(row.row, row.why) for row in batch.broken]


def read(path: Path, columns: Sequence[str] | None = None) -> tuple[list[Value], list[tuple[int, str]]]:
    source = only(path)
    values: list[Value] = []
    broken = []
    for parse in read_batches(source, choose_columns(source, columns)):
        batch = parse()
        values += values_of(batch)
        broken += broken_of(batch)
    return sorted(values), sorted(broken)


def texts(path: Path, columns: Sequence[str] | None = None) -> list[tuple[int, str]]:
    values, broken = read(path, columns)
    assert broken == []
    return [(row, text) for row, _, _, text in values]


def put(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


# JSONL


def test_rows_are_line_numbers_and_blank_lines_are_none(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", b'\n{"text":"a"}\n\n  \t\n {"text":"b"} \n{"text":"c"}')
    assert texts(path) == [(2, "a"), (5, "b"), (6, "c")]


def test_crlf_and_a_byte_order_mark_are_no_text(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", b'\xef\xbb\xbf{"text":"a"}\r\n\r\n{"text":"b"}\r\n')
    assert texts(path) == [(1, "a"), (3, "b")]


def test_every_row_may_have_its_own_columns(tmp_path: Path) -> None:
    rows = [{"text": "a"}] * 2000 + [{"messages": [{"role": "user", "content": "b"}]}, {"prompt": "c", "completion": "d"}]
    values, broken = read(put(tmp_path / "a.jsonl", lines(*rows)))
    assert values[2000:] == [
        (2001, "messages[].content", 0, "b"),
        (2001, "messages[].role", 0, "user"),
        (2002, "completion", -1, "d"),
        (2002, "prompt", -1, "c"),
    ]
    assert broken == []


def test_a_row_without_text_is_broken_and_lists_its_keys(tmp_path: Path) -> None:
    rows = [{"text": "a"}, {"txet": 2, "id": "b"}, {"text": None}, {"text": 3}, {"text": ""}]
    values, broken = read(put(tmp_path / "a.jsonl", lines(*rows)))
    assert [row for row, _, _, _ in values] == [1, 5]
    assert broken == [
        (2, "no text; found keys txet, id"),
        (3, "no text; found keys text"),
        (4, "no text; found keys text"),
    ]


def test_a_label_with_words_in_it_is_text(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", lines({"text": "a"}, {"id": "what is it", "url": "x"}, {"id": "what-is-it"}))
    values, broken = read(path)
    assert [text for row, _, _, text in values if row == 2] == ["what is it", "x"]
    assert [row for row, _ in broken] == [3]


def test_a_block_without_refusal_also_lists_the_keys_of_a_row_without_text(tmp_path: Path) -> None:
    _, broken = read(put(tmp_path / "a.jsonl", lines({"text": "a"}, {"txet": "b"})), ["text"])
    assert broken == [(2, "no text under text; found keys txet")]


@pytest.mark.parametrize(
    "line",
    [
        b'{"text":',
        b"null",
        b"[1]",
        b"7",
        b'{"text":"\xff"}',
        b'{"x":"\xff","text":"a"}',
        b'{"text":"a"} {"text":"b"}',
        b"{}null{}",
    ],
)
def test_a_broken_line_costs_no_other(tmp_path: Path, line: bytes) -> None:
    values, broken = read(put(tmp_path / "a.jsonl", b'{"text":"a"}\n' + line + b'\n{"text":"c"}\n'))
    assert [(row, text) for row, _, _, text in values] == [(1, "a"), (3, "c")]
    assert [row for row, _ in broken] == [2]


def test_rows_joined_and_torn_over_lines_do_not_even_out(tmp_path: Path) -> None:
    _, broken = read(put(tmp_path / "a.jsonl", b'{"text":"a"}{"text":"b"}\n{"text":\n"c"}\n'))
    assert [row for row, _ in broken] == [1, 2, 3]


def test_text_behind_a_nul_is_not_passed_over(tmp_path: Path) -> None:
    _, broken = read(put(tmp_path / "a.jsonl", b'{"text":"a"}\0{"text":"leak"}\n'))
    assert [row for row, _ in broken] == [1]


def test_a_file_that_begins_with_null_does_not_crash(tmp_path: Path) -> None:
    _, broken = read(put(tmp_path / "a.jsonl", b"null\n"), ["text"])
    assert broken == [(1, "no text under text; found None")]


def test_half_a_surrogate_pair_becomes_a_replacement_character(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", b'{"text":"a\\ud800b"}\n{"text":"\\ud83d\\ude00"}\n')
    assert texts(path) == [(1, "a\ufffdb"), (2, "\U0001f600")]


def test_nan_and_control_characters_are_read(tmp_path: Path) -> None:
    assert texts(put(tmp_path / "a.jsonl", b'{"text":"a\tb","x":NaN}\n')) == [(1, "a\tb")]


def test_deep_nesting_is_no_crash(tmp_path: Path) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    values, broken = read(put(tmp_path / "a.jsonl", b'{"text":"a"}\n{"x":' + deep + b',"text":"b"}\n{"text":1}\n'), ["text"])
    assert [row for row, _, _, _ in values] == [1]
    assert [row for row, _ in broken] == [2, 3]


def test_a_row_larger_than_a_block_is_read(tmp_path: Path) -> None:
    long = "x" * 20_000_000
    path = put(tmp_path / "a.jsonl", lines({"text": "a"}, {"text": long}, {"text": "c"}))
    assert [(row, len(text)) for row, text in texts(path)] == [(1, 1), (2, 20_000_000), (3, 1)]


def test_rows_keep_their_numbers_over_blocks(tmp_path: Path) -> None:
    source = only(put(tmp_path / "a.jsonl", b"".join(lines({"text": str(i)}) + b"\n" * (i % 3) for i in range(1000))))
    numbers, at = {}, 1
    for i in range(1000):
        numbers[at] = str(i)
        at += 1 + i % 3
    with open_stream(source) as stream:
        found = [v for block in blocks(stream, 777) for v in values_of(jsonl.parse(block, ("text",), Learned()))]
    assert {row: text for row, _, _, text in found} == numbers


def test_sizes_add_up_to_the_file(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl.gz", gzip.compress(lines(*({"text": str(i)} for i in range(5000)))))
    assert sum(parse().size_bytes for parse in read_batches(only(path), ("text",))) == path.stat().st_size


MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["user", "assistant"]),
        "content": st.none()
        | st.text(max_size=5)
        | st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": st.text(max_size=3)})),
        "value": st.text(max_size=3),
        "thinking": st.text(max_size=3),
        "tool_calls": st.none() | st.just([{"id": "1", "function": {"name": "f", "arguments": '{"a": 1}'}}, {}]),
        "weight": st.integers(0, 1),
    },
)
SCALAR = st.none() | st.text(max_size=6) | st.integers(-5, 5) | st.booleans()
ROW = st.fixed_dictionaries(
    {},
    optional={
        "text": st.text(max_size=8) | SCALAR,
        "prompt": st.text(max_size=8) | st.lists(MESSAGE, max_size=2),
        "messages": st.none() | st.lists(st.none() | MESSAGE, max_size=3),
        "meta": st.none() | st.fixed_dictionaries({}, optional={"text": SCALAR, "content": st.text(max_size=3)}),
        "meta.text": st.text(max_size=3),
        "other": st.lists(st.text(max_size=3), max_size=2) | SCALAR,
    },
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(ROW, min_size=1, max_size=6),
    ends=st.sampled_from([b"\n", b"\r\n", b"\n\n", b" \n\t\n"]),
    names=st.sampled_from([(), ("text", "prompt"), ("messages", "meta.text", "other")]),
)
@example(rows=[{"text": "a"}, {"messages": [{"content": "b"}]}], ends=b"\n", names=())
def test_the_fast_way_and_the_slow_way_give_the_same(
    tmp_path: Path, rows: list[dict[str, Any]], ends: bytes, names: tuple[str, ...]
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"".join(json.dumps(row, ensure_ascii=False).encode() + ends for row in rows))
    source = Source(path=path, name="rows", kind="jsonl", size_bytes=path.stat().st_size)
    with open_stream(source) as stream:
        for block in blocks(stream):
            fast, slow = jsonl.parse(block, names, Learned()), parse_lines(block, names)
            assert values_of(fast) == values_of(slow)
            assert sorted(broken_of(fast)) == sorted(broken_of(slow))
            assert fast.rows.tolist() == slow.rows.tolist()


@pytest.mark.parametrize(
    "row",
    [
        {"text": "a", "id": 1},
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": None, "weight": 1}]},
        {"conversations": [{"from": "human", "value": "a"}]},
        {"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}]},
        {"meta": {"text": "a"}},
    ],
)
def test_common_shapes_take_the_fast_way(tmp_path: Path, row: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "a.jsonl", lines(row, row))
    monkeypatch.setattr(jsonl, "parse_lines", lambda block, names: pytest.fail("took the slow way"))
    assert len(texts(path)) >= 2


# compression


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_several_members_and_frames_are_one_file(tmp_path: Path, suffix: str) -> None:
    pack = gzip.compress if suffix == "gz" else zstandard.ZstdCompressor().compress
    path = put(tmp_path / f"a.jsonl.{suffix}", b"".join(pack(lines({"text": str(i)})) for i in range(200)))
    assert [text for _, text in texts(path)] == [str(i) for i in range(200)]


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_a_truncated_stream_gives_what_was_whole_and_says_where_it_broke(tmp_path: Path, suffix: str) -> None:
    rows = lines(*({"text": os.urandom(40).hex()} for _ in range(3000)))
    data = gzip.compress(rows) if suffix == "gz" else zstandard.ZstdCompressor().compress(rows)
    values, broken = read(put(tmp_path / f"a.jsonl.{suffix}", data[: len(data) * 3 // 4]))
    assert 1000 < len(values) < 3000
    ((row, why),) = broken
    assert row == len(values) + 1
    assert re.fullmatch(rf"truncated (gzip|zstd) stream after {len(values)} lines", why)


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_a_corrupt_stream_ends_in_a_broken_row(tmp_path: Path, suffix: str) -> None:
    rows = lines(*({"text": os.urandom(40).hex()} for _ in range(3000)))
    data = bytearray(gzip.compress(rows) if suffix == "gz" else zstandard.ZstdCompressor(write_checksum=True).compress(rows))
    data[len(data) // 2] ^= 0xFF
    _, broken = read(put(tmp_path / f"a.jsonl.{suffix}", bytes(data)))
    assert "corrupt" in broken[-1][1] or "not JSON" in broken[0][1] or "not UTF-8" in broken[0][1]
    assert "stream" in broken[-1][1]


def test_output_at_the_limit_of_a_step_is_not_lost(tmp_path: Path) -> None:
    for length in (1 << 20, (1 << 20) - 12, 3 << 20):
        path = put(tmp_path / "a.jsonl.gz", gzip.compress(b'{"text":"' + b"x" * (length - 12) + b'"}\n'))
        assert len(texts(path)[0][1]) == length - 12


def test_magic_bytes_win_over_the_extension(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", gzip.compress(lines({"text": "a"})))
    pq.write_table(pa.table({"text": ["b"]}), tmp_path / "b.jsonl")
    assert texts(tmp_path / "a.jsonl") == [(1, "a")]
    assert texts(tmp_path / "b.jsonl") == [(1, "b")]


def test_a_compressed_name_with_other_bytes_is_corrupt(tmp_path: Path) -> None:
    _, broken = read(put(tmp_path / "a.jsonl.gz", lines({"text": "a"})))
    assert [row for row, _ in broken] == [1] and "gzip" in broken[0][1]


# Parquet and Arrow

TABLE = pa.table(
    {
        "id": [1, 2, 3],
        "text": ["a", None, "c"],
        "messages": [[{"role": "user", "content": "x"}, {"role": "a", "content": None}], None, [{"role": "u", "content": "z"}]],
    }
)


@pytest.mark.parametrize("limit", [64 << 20, 0])
def test_parquet_rows_and_messages(tmp_path: Path, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_MAX_GROUP_BYTES", limit)
    pq.write_table(TABLE, tmp_path / "a.parquet", row_group_size=2)
    values, broken = read(tmp_path / "a.parquet")
    assert [value for value in values if not value[1].endswith("role")] == [
        (1, "messages[].content", 0, "x"),
        (1, "text", -1, "a"),
        (3, "messages[].content", 0, "z"),
        (3, "text", -1, "c"),
    ]
    assert [row for row, _ in broken] == [2]


@pytest.mark.parametrize(
    "array",
    [
        pa.array(["a", "", "b"], pa.large_string()),
        pa.array(["a", "", "b"]).dictionary_encode(),
        pa.array(["a", "", "b"], pa.string_view()),
        pa.chunked_array([["a"], ["", "b"]]),
        pa.array(["zz", "a", "", "b"]).slice(1),
    ],
    ids=["large", "dictionary", "view", "chunks", "slice"],
)
def test_all_layouts_of_strings_are_text(tmp_path: Path, array: Any) -> None:
    pq.write_table(pa.table({"text": array}), tmp_path / "a.parquet")
    assert texts(tmp_path / "a.parquet") == [(1, "a"), (2, ""), (3, "b")]


def test_parts_of_messages_in_parquet_are_text(tmp_path: Path) -> None:
    rows = [
        [{"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, {"content": [{"type": "x", "text": "c"}]}]
    ]
    pq.write_table(pa.table({"messages": rows}), tmp_path / "a.parquet")
    values, _ = read(tmp_path / "a.parquet")
    name = "messages[].content"
    assert [value for value in values if value[1] == name] == [(1, name, 0, "a"), (1, name, 0, "b"), (1, name, 1, "c")]


def test_dotted_columns_in_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"meta": [{"text": "a", "n": 1}, None]}), tmp_path / "a.parquet")
    values, broken = read(tmp_path / "a.parquet", ["meta.text"])
    assert values == [(1, "meta.text", -1, "a")]
    assert [row for row, _ in broken] == [2]


def test_bytes_that_are_not_utf8_in_parquet_break_their_row_only(tmp_path: Path) -> None:
    bad = pa.array([b"a", b"\xff", b"c"]).view(pa.string())
    pq.write_table(pa.table({"text": bad}), tmp_path / "a.parquet")
    values, broken = read(tmp_path / "a.parquet")
    assert [(row, text) for row, _, _, text in values] == [(1, "a"), (3, "c")]
    assert broken == [(2, "not UTF-8")]


def test_a_truncated_parquet_file_is_broken_and_stops_nothing(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "a.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    values, broken = read(put(tmp_path / "b.parquet", data[:-20]))
    assert values == []
    assert broken[0][0] == 0 and broken[0][1].startswith("not a whole Parquet file")


def test_a_corrupt_page_breaks_its_row_group_only(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [os.urandom(500).hex() for _ in range(40)]}), path, row_group_size=20, use_dictionary=False)
    data = bytearray(path.read_bytes())
    place = pq.read_metadata(path).row_group(1).column(0).data_page_offset
    data[place : place + 30] = b"\xff" * 30
    values, broken = read(put(tmp_path / "b.parquet", bytes(data)))
    assert {row for row, _, _, _ in values} == set(range(1, 21))
    assert broken[0][0] == 21 and broken[0][1].startswith("rows 21 to 40 cannot be read")


def test_a_folder_of_save_to_disk_is_read_without_its_metadata(tmp_path: Path) -> None:
    put(tmp_path / "set" / "state.json", json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))
    put(tmp_path / "set" / "dataset_info.json", json.dumps({"features": {}}))
    with (
        pa.OSFile(str(tmp_path / "set" / "data-00000-of-00001.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, TABLE.schema) as out,
    ):
        out.write_table(TABLE)
    found = find_sources([str(tmp_path / "set")])
    assert [source.kind for source in found.sources] == ["arrow"]
    assert "2 metadata of datasets" in found.notes[0]
    assert len(read(found.sources[0].path)[0]) == 7


def test_a_cut_arrow_stream_is_broken(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, TABLE.schema) as out:
        out.write_table(TABLE)
    _, broken = read(put(tmp_path / "a.arrow", sink.getvalue()[:-8]))
    assert "no end mark" in broken[0][1]


# CSV


def test_csv_records_with_newlines_and_quotes(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", 'id,text\r\n1,"a\nb ""c"""\r\n\r\n2,d\r\n')
    assert texts(path, ["text"]) == [(1, 'a\nb "c"'), (2, "d")]


def test_every_column_of_csv_is_read_whatever_its_first_values_are(tmp_path: Path) -> None:
    path = put(tmp_path / "a.tsv", "n\tbody_md\n" + "1\tx\n" * 300 + "late text\ty\n")
    assert (301, "late text") in texts(path)


def test_a_csv_record_that_does_not_fit_costs_no_other(tmp_path: Path) -> None:
    values, broken = read(put(tmp_path / "a.csv", b"id,text\n1,a\n2,b,c\n3,\xff\n4,d\n"), ["text"])
    assert [(row, text) for row, _, _, text in values] == [(1, "a"), (4, "d")]
    assert broken == [(2, "3 values, the header has 2"), (3, "not UTF-8")]


def test_a_column_that_is_twice_in_a_header_is_read_twice(tmp_path: Path) -> None:
    assert texts(put(tmp_path / "a.csv", "text,text\na,b\n"), ["text", "text.1"]) == [(1, "a"), (1, "b")]


def test_a_truncated_csv_says_so(tmp_path: Path) -> None:
    data = gzip.compress("".join(["id,text\n", *(f"{i},{os.urandom(20).hex()}\n" for i in range(5000))]).encode())
    values, broken = read(put(tmp_path / "a.csv.gz", data[:-9000]), ["text"])
    assert values and broken == [(len(values) + 1, f"truncated gzip stream after {len(values)} records")]


def test_a_csv_row_larger_than_a_block_is_read(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", "id,text\n1,a\n2," + "x" * 20_000_000 + "\n3,c\n")
    assert [(row, len(text)) for row, text in texts(path, ["text"])] == [(1, 1), (2, 20_000_000), (3, 1)]


CELL = st.text(st.sampled_from('ab"\n\r,; \té'), max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5), end=st.sampled_from(["\n", "\r\n"]))
def test_csv_reads_what_the_standard_library_wrote(tmp_path: Path, rows: list[tuple[str, str]], end: str) -> None:
    sink = io.StringIO()
    csv.writer(sink, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([("text", "code"), *rows])
    path = put(tmp_path / "rows.csv", sink.getvalue())
    expected = sorted(
        (number, name, -1, text) for number, row in enumerate(rows, 1) for name, text in zip(("text", "code"), row, strict=True)
    )
    source = Source(path=path, name="rows", kind="csv", size_bytes=path.stat().st_size)
    assert sorted(v for parse in read_batches(source, ("text", "code")) for v in values_of(parse())) == expected


# JSON, text, notebooks


def test_json_arrays_and_wrapped_arrays(tmp_path: Path) -> None:
    rows = [{"text": "a"}, {"text": "b"}]
    assert texts(put(tmp_path / "a.json", json.dumps(rows, indent=1))) == [(1, "a"), (2, "b")]
    assert texts(put(tmp_path / "b.json", json.dumps({"version": 1, "data": rows}))) == [(1, "a"), (2, "b")]
    assert texts(put(tmp_path / "c.json", lines(*rows))) == [(1, "a"), (2, "b")]
    assert texts(put(tmp_path / "d.json", json.dumps({"text": "a"}, indent=1))) == [(1, "a")]


def test_a_json_file_that_is_none_is_broken(tmp_path: Path) -> None:
    _, broken = read(put(tmp_path / "a.json", '[{"text": "a"},'))
    assert broken[0][0] == 0 and broken[0][1].startswith("not JSON")


def test_code_is_one_row_and_binary_is_broken(tmp_path: Path) -> None:
    assert texts(put(tmp_path / "a.py", b"x = 1\n")) == [(1, "x = 1\n")]
    assert read(put(tmp_path / "c.py", b"x = 1\n\xff\n")) == ([], [(1, "not UTF-8 (byte 7), nor another encoding")])
    _, broken = read(put(tmp_path / "b.py", b"a\0b"))
    assert broken == [(1, "binary file (it has NUL bytes)")]


def test_a_notebook_has_a_value_a_cell(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["a\n", "b"]},
        {"cell_type": "code", "source": "c", "outputs": [{"text": ["o", "p"]}, {"data": {"image/png": "AAAA"}}]},
    ]
    values, _ = read(put(tmp_path / "a.ipynb", json.dumps({"cells": cells})))
    assert [value for value in values if value[1] == "cells[]"] == [(1, "cells[]", 0, "a\nb"), (1, "cells[]", 1, "c")]
    assert [text for _, name, _, text in values if name == "outputs[]"] == ["markdown", "code", "o", "p"]


# columns


def test_all_columns_are_read_unless_the_user_names_some(tmp_path: Path) -> None:
    source = only(put(tmp_path / "a.jsonl", lines({"id": "x", "prompt": "a", "completion": "b"})))
    assert choose_columns(source).names == ("id", "prompt", "completion") and choose_columns(source).unscanned == ()
    columns = choose_columns(source, ["prompt"])
    assert columns.names == ("prompt",) and columns.unscanned == ("id", "completion")


@pytest.mark.parametrize("name", ["a.b[].c", "a.b.c", "a.b", "a"])
def test_a_path_reaches_what_is_in_lists(tmp_path: Path, name: str) -> None:
    path = put(tmp_path / "a.jsonl", lines({"x": "no", "a": {"b": [{"c": "yes", "n": 1}]}}))
    assert read(path, [name])[0] == [(1, "a.b[].c", 0, "yes")]


def test_all_strings_are_taken(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", lines({"n": 1, "foo": "a", "bar": {"baz": "b"}}))
    assert choose_columns(only(path)).names == ("foo", "bar.baz")
    assert texts(path) == [(1, "b"), (1, "a")]


def test_a_wrong_column_lists_those_that_are_there(tmp_path: Path) -> None:
    source = only(put(tmp_path / "a.jsonl", lines({"text": "a", "meta": {"body": "b"}})))
    with pytest.raises(BadInput, match=r"no text column 'txet' \(did you mean 'text'\?\); there are text, meta.body"):
        choose_columns(source, ["txet"])
    with pytest.raises(BadInput, match=r"did you mean 'meta.body'"):
        choose_columns(source, ["body"])


def test_columns_of_later_rows_are_there(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", lines(*[{"text": "x" * 5000}] * 2000, {"late": "a"}))
    assert choose_columns(only(path), ["text", "late"]).names == ("text", "late")


def test_a_place_names_the_message() -> None:
    assert place("messages[].content", 2) == "messages[2].content"


def test_known_names_are_each_named_once() -> None:
    assert len(set(KNOWN_NAMES)) == len(KNOWN_NAMES)


# finding


def test_every_file_of_a_folder_is_looked_into(tmp_path: Path) -> None:
    for name in ("b/x.jsonl", "a.md", ".git/a.py", "b/part-0", "a.jsonl.zst.tmp"):
        put(tmp_path / name, '{"text": "a"}')
    put(tmp_path / "c.csv", "")
    put(tmp_path / "d.PNG", b"\x89PNG\r\n\x1a\n\0\0")
    put(tmp_path / "e.bin", b"\x80\0data")
    found = find_sources([str(tmp_path)])
    assert {Path(source.name).name: source.kind for source in found.sources} == {
        "a.md": "text", "x.jsonl": "jsonl", "c.csv": "csv", "part-0": "jsonl", "a.jsonl.zst.tmp": "jsonl"
    }  # fmt: skip
    assert found.notes == ("skipped in folders: 1 folders of tools, 1 pictures, sound, fonts and programs",)
    assert len(found.unread) == 1 and found.unread[0].startswith(f"{tmp_path}/e.bin: a binary file")


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    put(tmp_path / "a" / "x.jsonl", "{}")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self").symlink_to("self")
    assert len(find_sources([str(tmp_path)]).sources) == 1


def test_a_file_given_twice_is_read_once_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "a.jsonl", "{}")
    (tmp_path / "b.jsonl").symlink_to("a.jsonl")
    found = find_sources(["a.jsonl", str(tmp_path / "a.jsonl"), "b.jsonl", "a.jsonl"])
    assert [source.name for source in found.sources] == ["a.jsonl"]
    assert len(found.notes) == 3 and found.notes[2] == "a.jsonl: given twice, read once"


def test_globs_go_down_and_a_file_with_brackets_is_no_glob(tmp_path: Path) -> None:
    put(tmp_path / "x" / "y" / "a.jsonl", "{}")
    put(tmp_path / "d[1].jsonl", "{}")
    assert len(find_sources([f"{tmp_path}/**/*.jsonl"]).sources) == 2
    assert len(find_sources([f"{tmp_path}/d[1].jsonl"]).sources) == 1
    assert len(find_sources([f"{tmp_path}/*"]).sources) == 2


def test_a_missing_path_names_what_is_near(tmp_path: Path) -> None:
    put(tmp_path / "train.jsonl", "{}")
    with pytest.raises(BadInput, match=r"trian.jsonl: no such file or folder; did you mean .*train.jsonl\?"):
        find_sources([str(tmp_path / "trian.jsonl")])
    with pytest.raises(BadInput, match="no file matches"):
        find_sources([f"{tmp_path}/*.csv"])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (lines({"text": "a"}), "jsonl"),
        (b'[{"text": "a"}]', "json"),
        (b"hello\n", "text"),
        (gzip.compress(lines({"a": 1}), mtime=0), "jsonl"),
        (b"", "text"),
    ],
)
def test_a_named_file_without_extension_is_looked_into(tmp_path: Path, data: bytes, kind: str) -> None:
    assert only(put(tmp_path / "data", data)).kind == kind


def test_a_named_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="binary file"):
        find_sources([str(put(tmp_path / "data.bin", b"a\0b"))])


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.md", "a.ipynb"])
def test_an_empty_file_is_a_source_without_rows(tmp_path: Path, name: str) -> None:
    assert read(put(tmp_path / name, b"")) == ([], [])


@pytest.mark.parametrize("name", ["a.parquet", "a.pq", "a.arrow"])
def test_an_empty_file_of_a_binary_kind_is_broken(tmp_path: Path, name: str) -> None:
    values, ((row, why),) = read(put(tmp_path / name, b""))
    assert values == [] and row == 0 and why.startswith("an empty file, which no")


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.zst", "a.json.xz"])
def test_an_empty_file_of_a_compressed_kind_is_unread(tmp_path: Path, name: str) -> None:
    assert find_sources([str(put(tmp_path / name, b""))]).unread == (
        f"{tmp_path}/{name}: an empty file, which no compressed file is",
    )


def test_datasets_by_name_need_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(BadInput, match=re.escape(install_command("datasets"))):
        find_sources(["hf:some/set"])


def test_datasets_by_name_are_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pa.OSFile(str(tmp_path / "c.arrow"), "wb") as sink, pa.ipc.new_stream(sink, TABLE.schema) as out:
        out.write_table(TABLE)
    dataset = SimpleNamespace(cache_files=[{"filename": str(tmp_path / "c.arrow")}])
    fake = SimpleNamespace(load_dataset=lambda name, split: dataset if split else {"train": dataset})
    monkeypatch.setitem(sys.modules, "datasets", fake)
    assert [source.name for source in find_sources(["hf:some/set"]).sources] == ["hf:some/set:train/c.arrow"]
    assert len(find_sources(["hf:some/set:train"]).sources) == 1


def test_a_name_that_could_be_a_dataset_of_the_hub_is_told_how_to_be_one() -> None:
    with pytest.raises(BadInput, match=r"openai/gsm8k: no such file .*; for the hub give hf:openai/gsm8k"):
        find_sources(["openai/gsm8k"])
