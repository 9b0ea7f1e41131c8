"""Log files as they come: what can be read is read, and what cannot has a place and a reason."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard

from evals.errors import BadInput
from evals.logs import files
from evals.logs.files import BrokenRecord, LogRecord, log_records

ROWS = [{"id": number, "text": f"väl {number}"} for number in range(1, 6)]
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()


@pytest.fixture
def log(tmp_path: Path) -> Callable[..., Path]:
    """Writes a log file of these bytes."""

    def write(data: bytes, name: str = "log.jsonl") -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


def sound(file: Path) -> list[Any]:
    return [record.value for record in log_records(file) if isinstance(record, LogRecord)]


def broken(file: Path) -> list[str]:
    """Place within the file and reason of what could not be read."""
    found = [record for record in log_records(file) if isinstance(record, BrokenRecord)]
    return [f"{record.place.replace(str(file), 'F')}: {record.why}" for record in found]


def places(file: Path) -> list[str]:
    return [record.place.replace(str(file), "F") for record in log_records(file)]


def whole(file: Path) -> bool:
    return sound(file) == ROWS and broken(file) == []


def pretty(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


def one_a_line(rows: Iterable[Any], separator: bytes = b",\n") -> bytes:
    """A list with one object on each line, as many exporters write it."""
    return b"[\n" + separator.join(json.dumps(row, ensure_ascii=False).encode() for row in rows) + b"\n]\n"


SHAPES = {
    "lines": LINES,
    "lines of another system": LINES.replace(b"\n", b"\r\n"),
    "no end of the last line": LINES.rstrip(),
    "blank lines": b"\n" + LINES.replace(b"\n", b"\n \n\t\n"),
    "pretty list": pretty(ROWS),
    "pretty objects one after the other": b"\n".join(map(pretty, ROWS)),
    "one-line list": json.dumps(ROWS).encode(),
    "list with an object a line": one_a_line(ROWS),
    "list with commas in front": one_a_line(ROWS, b"\n,"),
    "lists one a line": json.dumps(ROWS[:3]).encode() + b"\n" + json.dumps(ROWS[3:]).encode(),
    "page on one line": json.dumps({"data": ROWS, "meta": {"page": 1}}).encode(),
    "pages one a line": b"\n".join(
        json.dumps({"object": "list", "data": part, "has_more": False}).encode() for part in (ROWS[:2], ROWS[2:])
    ),
    "pretty page": pretty({"data": ROWS, "meta": {"page": 1}}),
    "page with an object a line": b'{\n"data":' + one_a_line(ROWS) + b',"meta": {}}',
    "UTF-8 with a mark": b"\xef\xbb\xbf" + LINES,
    "list with a mark": b"\xef\xbb\xbf" + pretty(ROWS),
    "UTF-16": LINES.decode().encode("utf-16"),
    "UTF-16, big end first": b"\xfe\xff" + LINES.decode().encode("utf-16-be"),
    "UTF-16 list": pretty(ROWS).decode().encode("utf-16"),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("packed", ["plain", "gzip", "zstandard"])
def test_every_shape_gives_the_same_records(log: Callable[..., Path], shape: str, packed: str) -> None:
    pack: dict[str, Callable[[bytes], bytes]] = {"plain": bytes, "gzip": gzip.compress, "zstandard": zstandard.compress}
    assert whole(log(pack[packed](SHAPES[shape])))


def test_a_record_of_lines_has_its_line_and_one_of_a_list_its_number(log: Callable[..., Path]) -> None:
    assert places(log(b"\n" + LINES)) == [f"F:{line}" for line in range(2, 7)]
    assert places(log(pretty(ROWS))) == [f"F: entry {number}" for number in range(1, 6)]
    assert places(log(pretty({"data": ROWS[:2]}))) == ["F: entry 1", "F: entry 2"]


def test_entries_of_pages_have_the_line_of_their_page(log: Callable[..., Path]) -> None:
    page = json.dumps({"data": ROWS[:2], "meta": {}}).encode()
    assert places(log(page + b"\n" + page)) == ["F:1 entry 1", "F:1 entry 2", "F:2 entry 1", "F:2 entry 2"]


def test_an_object_with_a_list_and_keys_of_its_own_is_one_record(log: Callable[..., Path]) -> None:
    record = {"id": "x", "results": [{"score": 1}], "input": "?"}
    assert sound(log(json.dumps(record).encode())) == [record]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstandard"])
def test_frames_one_after_the_other_are_one_file(log: Callable[..., Path], pack: Callable[[bytes], bytes]) -> None:
    lines = LINES.splitlines(keepends=True)
    assert whole(log(b"".join(map(pack, lines))))
    assert whole(log(pack(LINES[:30]) + pack(LINES[30:])))


def torn_gzip(data: bytes) -> bytes:
    """A gzip file as a killed writer leaves it: all of the data was flushed, and no end was written."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


def torn_zstandard(data: bytes) -> bytes:
    packer = zstandard.ZstdCompressor().compressobj()
    return packer.compress(data) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


@pytest.mark.parametrize("tear", [torn_gzip, torn_zstandard])
def test_what_stands_before_the_end_of_a_cut_off_file_is_read(log: Callable[..., Path], tear: Callable[[bytes], bytes]) -> None:
    file = log(tear(LINES))
    assert sound(file) == ROWS
    assert broken(file) == [
        "F: the compressed file ends early or is damaged (cut off before the end of a frame); what stands before was read"
    ]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstandard"])
def test_a_damaged_second_frame_is_named_and_the_first_is_read(log: Callable[..., Path], pack: Callable[[bytes], bytes]) -> None:
    file = log(pack(LINES) + pack(LINES)[:6] + b"rubbish" * 9)
    assert sound(file) == ROWS
    assert "ends early or is damaged" in broken(file)[0]


def test_bytes_after_a_frame_that_are_none_are_named(log: Callable[..., Path]) -> None:
    file = log(gzip.compress(LINES) + b"rubbish")
    assert sound(file) == ROWS
    assert "ends early or is damaged" in broken(file)[0]


def test_a_line_cut_off_at_the_end_is_one_broken_record(log: Callable[..., Path]) -> None:
    file = log(LINES + b'{"id": 6, "te')
    assert sound(file) == ROWS
    assert broken(file) == ["F:6: cut off in its last line; where the log is still being written, ingest it again later"]


@pytest.mark.parametrize("cut", [b'{\n  "id": 6,\n  "te', b"{"], ids=["in an entry", "at its beginning"])
def test_a_list_cut_off_gives_the_entries_before(log: Callable[..., Path], cut: bytes) -> None:
    file = log(pretty(ROWS).rstrip(b"\n]") + b",\n" + cut)
    assert sound(file) == ROWS
    assert len(broken(file)) == 1
    assert broken(file)[0].startswith("F: entry 6: not JSON from here on")


def test_a_list_with_an_object_a_line_that_is_cut_off_gives_the_entries_before(log: Callable[..., Path]) -> None:
    file = log(one_a_line(ROWS).rstrip(b"\n]"))
    assert sound(file) == ROWS
    assert broken(file)[0].startswith("F: entry 6: not JSON from here on")


@pytest.mark.parametrize("first", [b'{"id": 0, "te', b'{"id": 0,', b"[2025-04-01 12:00] started", b"[1, 2]"])
def test_a_broken_first_line_costs_no_other(log: Callable[..., Path], first: bytes) -> None:
    file = log(first + b"\n" + LINES)
    assert sound(file) == ROWS
    assert [fault.partition(" ")[0] for fault in broken(file)] == ["F:1:"]
    assert sound(log(first + b"\n" + LINES.splitlines()[0])) == ROWS[:1]


def test_a_line_that_is_not_utf8_is_named_by_its_byte_and_the_rest_is_read(log: Callable[..., Path]) -> None:
    lines = LINES.splitlines(keepends=True)
    file = log(b"".join([*lines[:2], '{"text": "väl"}\n'.encode("latin-1"), *lines[2:]]))
    assert sound(file) == ROWS
    assert broken(file) == ["F:3: not UTF-8 at byte 11 of the line (0xe4); save the log as UTF-8"]


def test_a_value_that_is_no_object_is_named(log: Callable[..., Path]) -> None:
    file = log(b'"text"\n' + LINES + b"3\nnull\n")
    assert sound(file) == ROWS
    assert broken(file) == [
        f"F:{line}: expected an object with a record's keys, found {kind}"
        for line, kind in ((1, "str"), (7, "int"), (8, "NoneType"))
    ]
    entries = log(pretty([ROWS[0], 3, [], *ROWS[1:]]))
    assert sound(entries) == ROWS
    assert [fault.rpartition(" ")[2] for fault in broken(entries)] == ["int", "list"]


def test_two_objects_on_one_line_are_named_and_not_guessed(log: Callable[..., Path]) -> None:
    file = log(LINES + b'{"id": 6}{"id": 7}\n')
    assert sound(file) == ROWS
    assert broken(file)[0].startswith("F:6: not JSON (")


@pytest.mark.parametrize("data", [b"", gzip.compress(b""), zstandard.compress(b"")], ids=["plain", "gzip", "zstandard"])
def test_an_empty_file_is_named(log: Callable[..., Path], data: bytes) -> None:
    assert broken(log(data)) == ["F: the file is empty; expected records, such as one JSON object a line"]


def test_an_empty_list_and_blank_lines_hold_nothing(log: Callable[..., Path]) -> None:
    assert list(log_records(log(b"[]"))) == list(log_records(log(b"\n \n\n"))) == []


def test_a_line_that_is_too_long_is_named_with_its_size_and_never_held(
    log: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import tracemalloc

    monkeypatch.setattr(files, "MAX_RECORD_BYTES", 1000)
    monkeypatch.setattr(files, "_BLOCK", 4096)
    long = b'{"text": "' + b"x" * 3_000_000 + b'"}\n'
    file = log(LINES + long + LINES)
    tracemalloc.start()
    found = list(log_records(file))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [record.value for record in found if isinstance(record, LogRecord)] == ROWS + ROWS
    assert broken(file) == ["F:6: a line of 3,000,013 bytes, more than the 1,000 that are taken; split it, or leave it out"]
    assert peak < 1_000_000


def test_a_line_of_just_the_size_that_is_taken_is_read(log: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    line = b'{"text": "' + b"x" * 500 + b'"}\n'
    monkeypatch.setattr(files, "MAX_RECORD_BYTES", len(line))
    assert len(sound(log(line + line))) == 2
    monkeypatch.setattr(files, "MAX_RECORD_BYTES", len(line) - 1)
    assert len(broken(log(line + line))) == 2


@pytest.mark.parametrize("name", ["log.csv", "log.tsv", "log.csv.gz"])
def test_rows_of_a_table_are_records(log: Callable[..., Path], name: str) -> None:
    mark = "\t" if "tsv" in name else ","
    data = f"id{mark}text\n1{mark}väl\nbroken\n2{mark}zwei\n".encode()
    file = log(gzip.compress(data) if name.endswith(".gz") else data, name)
    assert sound(file) == [{"id": "1", "text": "väl"}, {"id": "2", "text": "zwei"}]
    assert broken(file) == ["F:3: expected 2 cells (id, text), found 1"]


def test_rows_of_parquet_are_records_whose_times_and_decimals_are_plain(tmp_path: Path) -> None:
    import decimal

    import pyarrow as arrow
    import pyarrow.parquet as parquet

    file = tmp_path / "log.parquet"
    moment = datetime(2025, 4, 1, 12, 30, tzinfo=UTC)
    row = {"id": 1, "at": moment, "score": decimal.Decimal("0.5"), "turns": [{"at": moment}]}
    parquet.write_table(arrow.Table.from_pylist([row]), file)
    text = "2025-04-01T12:30:00+00:00"
    assert sound(file) == [{"id": 1, "at": text, "score": 0.5, "turns": [{"at": text}]}]
    assert places(file) == ["F:row 1"]


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    for name in ("no.jsonl", "no.csv"):
        with pytest.raises(BadInput, match=rf"{name}: no such file"):
            list(log_records(tmp_path / name))
