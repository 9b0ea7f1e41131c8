"""Cleaned training files: only the rows that leak are gone, and nothing is overwritten or half there."""

from __future__ import annotations

import errno
import gzip
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decontam.audit.clean import REMOVED, write_clean
from decontam.sources import Source, choose_columns, find_sources, read_batches
from evals.errors import BadInput
from evals.files import MANIFEST, digest_file


def put(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def clean(tmp_path: Path, path: Path, *rows: int) -> dict[str, Any]:
    sources = find_sources([str(path)]).sources
    return write_clean(sources, {sources[0].name: dict.fromkeys(rows, "leak")} if rows else {}, tmp_path / "out")


def numbers(source: Source) -> list[int]:
    found: list[int] = []
    for parse in read_batches(source, choose_columns(source)):
        batch = parse()
        found += batch.rows.tolist() + [row.row for row in batch.broken]
    return sorted(found)


def test_the_bytes_of_kept_lines_stay(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbf{"text": "a"}\r\n\n{ "text":"b" }\n not json\n{"text":"c"}'
    manifest = clean(tmp_path, put(tmp_path / "in" / "a.jsonl", data), 3)
    assert (tmp_path / "out" / "a.jsonl").read_bytes() == b'\xef\xbb\xbf{"text": "a"}\r\n\n not json\n{"text":"c"}'
    assert (manifest["rows"], manifest["kept"], manifest["removed"]) == (4, 3, 1)


def test_the_manifest_and_the_list_of_removed_rows(tmp_path: Path) -> None:
    path = put(tmp_path / "in" / "a.jsonl", '{"text":"a"}\n{"text":"b"}\n')
    sources = find_sources([str(path)]).sources
    manifest = write_clean(sources, {str(path): {2: "leaks item 7"}}, tmp_path / "out", unread={str(path): 1})
    assert json.loads((tmp_path / "out" / MANIFEST).read_bytes()) == manifest
    (entry,) = manifest["files"]
    assert entry["digest"] == digest_file(tmp_path / "out" / "a.jsonl")
    assert (entry["output"], entry["unread"]) == ("a.jsonl", 1)
    removed = json.loads((tmp_path / "out" / REMOVED).read_bytes())
    assert removed == {"file": str(path), "row": 2, "reason": "leaks item 7"}


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_compressed_files_stay_compressed(tmp_path: Path, suffix: str) -> None:
    pack = gzip.compress if suffix == "gz" else zstandard.ZstdCompressor().compress
    clean(tmp_path, put(tmp_path / "in" / f"a.jsonl.{suffix}", pack(b'{"text":"a"}\n{"text":"b"}\n')), 1)
    data = (tmp_path / "out" / f"a.jsonl.{suffix}").read_bytes()
    plain = gzip.decompress(data) if suffix == "gz" else zstandard.ZstdDecompressor().decompressobj().decompress(data)
    assert plain == b'{"text":"b"}\n'


def test_a_file_without_removed_rows_is_copied_byte_for_byte(tmp_path: Path) -> None:
    path = put(tmp_path / "in" / "a.jsonl.gz", gzip.compress(b'{"text":"a"}\n', 1))
    assert clean(tmp_path, path)["rows"] == 1
    assert (tmp_path / "out" / "a.jsonl.gz").read_bytes() == path.read_bytes()


def test_csv_keeps_its_header_and_the_bytes_of_records(tmp_path: Path) -> None:
    clean(tmp_path, put(tmp_path / "in" / "a.csv", 'id,text\r\n1,"a\nb"\r\n\r\n2,\'c"d\r\n3,\xff\r\n'.encode("latin-1")), 2)
    assert (tmp_path / "out" / "a.csv").read_bytes() == b'id,text\r\n1,"a\nb"\r\n\r\n3,\xff\r\n'


def test_parquet_keeps_schema_codec_and_row_groups(tmp_path: Path) -> None:
    schema = pa.schema(
        [("text", pa.dictionary(pa.int32(), pa.string())), ("m", pa.list_(pa.struct([("content", pa.large_string())])))]
    )
    table = pa.table({"text": list("abcdef"), "m": [[{"content": x}] for x in "abcdef"]}).cast(schema.with_metadata({"k": "v"}))
    put(tmp_path / "in" / "x", "")
    pq.write_table(
        table, tmp_path / "in" / "a.parquet", row_group_size=2, compression={"text": "zstd", "m.list.element.content": "gzip"}
    )
    manifest = clean(tmp_path, tmp_path / "in" / "a.parquet", 3, 4, 5)
    before, after = pq.ParquetFile(tmp_path / "in" / "a.parquet"), pq.ParquetFile(tmp_path / "out" / "a.parquet")
    with before, after:
        assert after.schema_arrow.equals(before.schema_arrow, check_metadata=True)
        assert [after.metadata.row_group(i).num_rows for i in range(after.metadata.num_row_groups)] == [2, 1]
        assert [after.metadata.row_group(0).column(i).compression for i in range(2)] == ["ZSTD", "GZIP"]
        assert after.read()["text"].to_pylist() == ["a", "b", "f"]
    assert manifest["kept"] == 3


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "brotli", "lz4", "zstd"])
def test_every_codec_of_parquet_can_be_written_again(tmp_path: Path, codec: str) -> None:
    put(tmp_path / "in" / "x", "")
    pq.write_table(pa.table({"text": ["a", "b"]}), tmp_path / "in" / "a.parquet", compression=codec)
    clean(tmp_path, tmp_path / "in" / "a.parquet", 1)
    for name in ("in", "out"):
        assert pq.read_metadata(tmp_path / name / "a.parquet").row_group(0).column(0).compression in (
            codec.upper(),
            "UNCOMPRESSED",
        )


def test_arrow_files_keep_their_format_and_metadata(tmp_path: Path) -> None:
    table = pa.table({"text": ["a", "b", "c"]})
    put(tmp_path / "in" / "state.json", json.dumps({"_data_files": [{"filename": "d.arrow"}]}))
    with pa.OSFile(str(tmp_path / "in" / "d.arrow"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table)
    clean(tmp_path, tmp_path / "in", 2)
    with pa.OSFile(str(tmp_path / "out" / "d.arrow")) as file:
        assert pa.ipc.open_stream(file).read_all()["text"].to_pylist() == ["a", "c"]
    assert (tmp_path / "out" / "state.json").exists()


def test_a_json_array_keeps_its_layout(tmp_path: Path) -> None:
    rows = [{"text": "a"}, {"text": "b,]"}, {"text": "c"}, {"text": "d"}]
    clean(tmp_path, put(tmp_path / "in" / "a.json", json.dumps(rows, indent=2)), 1, 3)
    assert (tmp_path / "out" / "a.json").read_text() == json.dumps([rows[1], rows[3]], indent=2)


def test_a_removed_text_file_is_left_out(tmp_path: Path) -> None:
    put(tmp_path / "in" / "a.py", "a = 1\n")
    put(tmp_path / "in" / "b.py", "b = 1\n")
    manifest = clean(tmp_path, tmp_path / "in", 1)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["b.py", MANIFEST, REMOVED]
    assert (manifest["files"][0]["output"], manifest["kept"]) == (None, 1)


def test_files_of_the_same_name_do_not_collide(tmp_path: Path) -> None:
    for name in ("x", "y"):
        put(tmp_path / "in" / name / "a.jsonl", f'{{"text":"{name}"}}\n')
    clean(tmp_path, tmp_path / "in")
    assert (tmp_path / "out" / "y" / "a.jsonl").read_text() == '{"text":"y"}\n'


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = put(tmp_path / "in" / "a.jsonl", '{"text":"a"}\n')
    put(tmp_path / "out" / "mine", "")
    with pytest.raises(BadInput, match="not empty"):
        clean(tmp_path, path)
    with pytest.raises(BadInput, match="is a file"):
        write_clean(find_sources([str(path)]).sources, {}, path)


def test_a_training_file_named_as_the_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="rename it"):
        clean(tmp_path, put(tmp_path / "in" / MANIFEST, '{"text":"a"}'))


def test_rows_that_are_not_there_are_an_error_and_leave_no_file(tmp_path: Path) -> None:
    path = put(tmp_path / "in" / "a.jsonl", '{"text":"a"}\n\n')
    with pytest.raises(BadInput, match="1 rows to remove, 0 found"):
        clean(tmp_path, path, 2)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_source_that_changed_is_an_error(tmp_path: Path) -> None:
    path = put(tmp_path / "in" / "a.jsonl", '{"text":"a"}\n')
    sources = find_sources([str(path)]).sources
    put(path, '{"text":"a"}\n{"text":"b"}\n')
    with pytest.raises(BadInput, match="has changed"):
        write_clean(sources, {}, tmp_path / "out")


def test_a_broken_stream_is_copied_but_not_cut(tmp_path: Path) -> None:
    path = put(tmp_path / "in" / "a.jsonl.gz", gzip.compress(b'{"text":"a"}\n' * 1000)[:-9])
    with pytest.raises(BadInput, match="truncated gzip stream"):
        clean(tmp_path, path, 1)
    clean(tmp_path, path)
    assert (tmp_path / "out" / "a.jsonl.gz").read_bytes() == path.read_bytes()


def test_a_full_disk_names_the_file_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "in" / "a.jsonl", '{"text":"a"}\n{"text":"b"}\n')

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        clean(tmp_path, path, 1)
    assert caught.value.filename == str(tmp_path / "out" / "a.jsonl")
    assert list((tmp_path / "out").iterdir()) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), count=st.integers(1, 12))
def test_removed_rows_are_those_that_the_readers_number(tmp_path: Path, data: st.DataObject, count: int) -> None:
    blank = st.sampled_from(["", "\n", " \n", "\r\n"])
    lines = [data.draw(blank) + json.dumps({"text": f"row {i}"}) + "\n" for i in range(count)]
    path = put(tmp_path / "in" / "a.jsonl", "".join(lines))
    (source,) = find_sources([str(path)]).sources
    there = numbers(source)
    gone = data.draw(st.sets(st.sampled_from(there)))
    out = Path(str(tmp_path / "out") + os.urandom(8).hex())
    write_clean([source], {source.name: dict.fromkeys(gone, "leak")}, out)
    kept = [json.loads(line)["text"] for line in (out / "a.jsonl").read_text().splitlines() if line.strip()]
    assert kept == [f"row {i}" for i, number in enumerate(there) if number not in gone]
