"""Files as they lie about: what is read of them, how its rows are numbered, and that the rest is named."""

from __future__ import annotations

import io
import json
import lzma
import os
import random
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from layouts import jsonl, separated, tarred, zipped

from decontam.audit.run import AuditSettings, run_audit
from decontam.holdouts import Holdout
from decontam.records import Item
from decontam.sources import choose_columns, delimited, find_sources, read_batches, sniff, streams
from decontam.sources.encodings import encoding_of
from decontam.sources.layouts import read_document
from evals.errors import BadInput, install_command

TEXTS = [f"Sentence number {n} tells of a river, a bridge and the people on it." for n in range(8)]

PLAIN = [text.replace(",", "") for text in TEXTS]


def put(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def read(path: Path) -> tuple[list[tuple[int, str]], list[tuple[int, str, bool]]]:
    values, broken = [], []
    for source in find_sources([str(path)]).sources:
        for parse in read_batches(source, choose_columns(source)):
            batch = parse()
            broken += [(row.row, row.why, row.rest) for row in batch.broken]
            for column in batch.columns:
                for index, row in enumerate(column.rows.tolist()):
                    text = column.data[column.offsets[index] : column.offsets[index + 1]].tobytes().decode()
                    values.append((int(batch.rows[row]), text))
    return sorted(values), sorted(broken)


def verdict(path: Path, **options: Any) -> tuple[str, str]:
    item = Item(
        key="a", prompt="Tell how many hours a lamp of the lighthouse burned, given the minutes when it was lit and put out."
    )
    summary = run_audit(find_sources([str(path)]), Holdout(items=(item,)), AuditSettings(**options)).summary
    return summary.verdict, " ".join(summary.reasons)


# Files that are not read


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n", "a pointer of git-lfs"),
        ("a.jsonl", b"../.git/annex/objects/XX/yy/SHA256E-s3--ab.jsonl", "a pointer of git-lfs"),
        ("a.csv", b"\n<!DOCTYPE HTML><html><body>404</body></html>", "an HTML or XML page"),
        ("a.jsonl", b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an HTML or XML page"),
        ("a.pkl", b"\x80\x04\x95\0\0\0", "a binary file"),
        ("a.zip", zipped("a.jsonl", jsonl(TEXTS))[:-40], "not a whole zip file"),
        ("a.tgz", tarred("a.jsonl", jsonl(TEXTS))[:-9], "truncated gzip stream"),
        ("a.tar", tarred("a.jsonl", jsonl(TEXTS * 9), "w")[:2000], "not a whole tar file"),
        ("a.parquet.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\0", "truncated gzip"),
        ("a.jsonl.xz", b"", "an empty file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_stops_no_other(tmp_path: Path, name: str, data: bytes, why: str) -> None:
    put(tmp_path / "good.jsonl", jsonl(TEXTS))
    put(tmp_path / name, data)
    assert verdict(tmp_path)[0] == "inconclusive"
    found = find_sources([str(tmp_path)])
    assert any(line.startswith(f"{tmp_path}/{name}: ") and why in line for line in found.unread) or any(
        source.name.endswith(name) and name.endswith(".gz") for source in found.sources
    )
    assert any(source.name.endswith("good.jsonl") for source in found.sources)


def test_a_7z_archive_without_its_library_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py7zr", None)
    put(tmp_path / "a.7z", b"7z\xbc\xaf\x27\x1c\0\4")
    (unread,) = find_sources([str(tmp_path)]).unread
    assert install_command("py7zr", "archives") in unread


def test_a_7z_archive_is_read_by_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Archive:
        def __init__(self, path: Path, mode: str) -> None: ...

        def __enter__(self) -> Archive:
            return self

        def __exit__(self, *error: object) -> None: ...

        def extractall(self, path: Path) -> None:
            put(path / "in" / "a.jsonl", jsonl(TEXTS))

    monkeypatch.setitem(sys.modules, "py7zr", SimpleNamespace(SevenZipFile=Archive))
    put(tmp_path / "a.7z", b"7z\xbc\xaf\x27\x1c\0\4")
    (source,) = find_sources([str(tmp_path)]).sources
    assert source.name == f"{tmp_path}/a.7z/in/a.jsonl" and source.place == tmp_path / "a.7z" / "in" / "a.jsonl"


def test_a_name_that_is_not_utf8_is_escaped_and_its_file_read(tmp_path: Path) -> None:
    put(tmp_path / os.fsdecode(b"\xff.jsonl"), jsonl(TEXTS))
    (source,) = find_sources([str(tmp_path)]).sources
    assert source.name == f"{tmp_path}/\\xff.jsonl"
    assert len(read(tmp_path)[0]) == len(TEXTS)
    item = Item(key="a", prompt=TEXTS[0] + " And more of it is told here than elsewhere.")
    audit = run_audit(
        find_sources([str(tmp_path)]), Holdout(items=(item,)), AuditSettings(), out=tmp_path / "out", clean=tmp_path / "clean"
    )
    assert audit.not_cleaned == "" and (tmp_path / "clean" / "manifest.json").is_file()


def test_a_file_that_may_not_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "good.jsonl", jsonl(TEXTS))
    put(tmp_path / "bad.jsonl", jsonl(TEXTS))
    real = streams.head_of

    def head_of(path: Path, *arguments: Any) -> bytes:
        if path.name == "bad.jsonl":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments)

    monkeypatch.setattr(sniff, "head_of", head_of)
    found = find_sources([str(tmp_path)])
    assert found.unread == (f"{tmp_path}/bad.jsonl: Permission denied",) and len(found.sources) == 1


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "good.jsonl", jsonl(TEXTS))
    put(tmp_path / "shut" / "x.jsonl", jsonl(TEXTS))
    real = os.scandir

    def scandir(path: str) -> Any:
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = find_sources([str(tmp_path)])
    assert found.unread == (f"{tmp_path}/shut: Permission denied",) and len(found.sources) == 1


def test_links_and_pipes_in_a_folder_are_named(tmp_path: Path) -> None:
    put(tmp_path / "good.jsonl", jsonl(TEXTS))
    (tmp_path / "gone.jsonl").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    assert [line.rpartition(": ")[2] for line in find_sources([str(tmp_path)]).unread] == [
        "a link that leads nowhere, or to itself",
        "not a regular file",
    ]


def test_what_the_user_leaves_out_is_said_and_does_not_count(tmp_path: Path) -> None:
    put(tmp_path / "good.jsonl", jsonl(TEXTS))
    put(tmp_path / "model" / "weights.bin", b"\x80\0\1")
    put(tmp_path / "a.tar", tarred("b/c.pkl", b"\x80\0", "w"))
    assert len(find_sources([str(tmp_path)]).unread) == 2
    found = find_sources([str(tmp_path)], ["model", "*.pkl"])
    assert found.unread == ()
    assert found.notes == (f"left out by --skip: 2 ({tmp_path}/a.tar/b/c.pkl, {tmp_path}/model/weights.bin)",)


def test_a_link_in_an_archive_to_a_file_of_it_is_read_once(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as out:
        member = tarfile.TarInfo("a/b.jsonl")
        member.size = len(jsonl(TEXTS))
        out.addfile(member, io.BytesIO(jsonl(TEXTS)))
        for name, target in (("a/same", "b.jsonl"), ("a/other", "../../etc/passwd")):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            out.addfile(link)
    found = find_sources([str(put(tmp_path / "a.tar", sink.getvalue()))])
    assert len(found.sources) == 1 and found.unread == (f"{tmp_path}/a.tar/a/other: a link that leads out of the archive",)


def test_a_member_of_an_archive_leads_nowhere(tmp_path: Path) -> None:
    found = find_sources([str(put(tmp_path / "x" / "a.zip", zipped("../../../evil.jsonl", jsonl(TEXTS))))])
    (source,) = found.sources
    assert source.path.is_file() and not list(tmp_path.glob("**/evil.jsonl"))
    assert source.place == tmp_path / "x" / "a.zip" / "evil.jsonl"
    place = source.path
    del found, source
    assert not place.exists()  # what was unpacked goes when nothing uses it


def test_two_files_that_would_be_cleaned_into_one_are_refused(tmp_path: Path) -> None:
    from decontam.audit.clean import plan

    sink = io.BytesIO()
    pq.write_table(pa.table({"text": TEXTS}), sink)
    put(tmp_path / "a.parquet", sink.getvalue())
    put(tmp_path / "a.parquet.xz", lzma.compress(sink.getvalue()))
    with pytest.raises(BadInput, match="both would be written"):
        plan(find_sources([str(tmp_path)]).sources, tmp_path / "out")


# Encodings


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Привет, это длинный текст на русском языке о мосте и реке.", "cp1251"),
        ("これは橋と川についての日本語の長い文章です。人々が歩いています。", "shift_jis"),
        ("Größere Bäume stehen über den Flüssen, schöner als früher, und Mühlen mahlen gemütlich für Müller. " * 2, "latin-1"),
        ("any text at all, even plain one", "utf-16"),
        ("any text at all, even plain one", "utf-32"),
        ("any text at all, even plain one", "utf-16-le"),
    ],
)
@pytest.mark.parametrize("ending", ["txt", "jsonl", "csv"])
def test_a_file_of_another_encoding_is_read_and_said(tmp_path: Path, text: str, encoding: str, ending: str) -> None:
    plain = {"txt": text, "jsonl": f'{{"text": "{text}"}}\n', "csv": f'n,text\n1,"{text}"\n'}[ending]
    path = put(tmp_path / f"t.{ending}", plain.encode(encoding))
    values, broken = read(path)
    assert broken == [] and len(find_sources([str(path)]).notes) == 1
    assert any(len(found.strip()) == len(text.strip()) for _, found in values)
    if encoding != "latin-1":  # too little to tell it from its cousins
        assert text in [found for _, found in values]


def test_single_bytes_that_are_not_utf8_are_broken_and_never_replaced(tmp_path: Path) -> None:
    good = jsonl([f"über {text}" for text in TEXTS])
    values, broken = read(put(tmp_path / "t.jsonl", good + b'{"text": "\xe4\xf6"}\n' + good))
    assert len(values) == 16 and [row for row, _, _ in broken] == [9]
    assert encoding_of(b"ab\xff\xfe" * 3) == ""
    assert verdict(put(tmp_path / "t.txt", b"words and a \xff byte"))[0] == "inconclusive"


# CSV


def test_a_stray_quote_costs_its_line_only_and_is_never_clean(tmp_path: Path) -> None:
    data = separated(PLAIN).replace(b"2,S", b'2,"S', 1)
    values, broken = read(put(tmp_path / "t.csv", data))
    assert [row for row, _, _ in broken] == [3] and broken[0][2]
    assert {row for row, _ in values} == {1, 2, 4, 5, 6, 7, 8}
    assert verdict(tmp_path, max_broken_share=0.5)[0] == "inconclusive"


def test_two_stray_quotes_cost_their_lines_only(tmp_path: Path) -> None:
    data = separated(PLAIN).replace(b"2,S", b'2,"S', 1).replace(b"5,S", b'5,x",S', 1)
    values, broken = read(put(tmp_path / "t.csv", data))
    assert [row for row, _, _ in broken] == [3, 6] and len({row for row, _ in values}) == 6


def test_an_inch_is_no_open_quote(tmp_path: Path) -> None:
    values, broken = read(put(tmp_path / "t.csv", b'n,text\n1,a 5" pipe\n2,"b\nc"\n'))
    assert broken == [] and values == [(1, "1"), (1, 'a 5" pipe'), (2, "2"), (2, "b\nc")]


def test_a_record_without_an_end_is_given_up_before_the_memory_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_MAX_RECORD_BYTES", 2000)
    data = b'n,text\n1,"open\n' + b"".join(b"%d,%s\n" % (n, TEXTS[n % 8].replace(",", "").encode()) for n in range(200))
    values, broken = read(put(tmp_path / "t.csv", data))
    assert broken[0][0] == 1 and len({row for row, _ in values}) == 200


def test_any_stray_quote_is_survived(tmp_path: Path) -> None:
    chance = random.Random(3)
    for _ in range(60):
        data = bytearray(separated(TEXTS, chance.choice(",;\t")))
        for _ in range(chance.randint(1, 3)):
            data.insert(chance.randrange(7, len(data)), ord('"'))
        values, broken = read(put(tmp_path / "t.csv", bytes(data)))
        seen = " ".join(text for _, text in values).replace('"', "")
        lost = sum(f"number {n} " not in seen for n in range(8))
        assert lost <= len(broken)


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_the_delimiter_is_found_and_said(tmp_path: Path, delimiter: str) -> None:
    path = put(tmp_path / "t.csv", separated(TEXTS, delimiter))
    assert len(read(path)[0]) == 16
    notes = find_sources([str(path)]).notes
    assert notes == (() if delimiter == "," else (f"{path}: cells are told apart by {delimiter!r}",))


def test_prose_in_place_of_a_header_is_a_row(tmp_path: Path) -> None:
    values, broken = read(put(tmp_path / "t.csv", separated(TEXTS, header=False)))
    assert broken == [] and {row for row, _ in values} == set(range(1, 9))
    (source,) = find_sources([str(tmp_path)]).sources
    assert choose_columns(source).names == ("column_1", "column_2")


# JSON documents


@pytest.mark.parametrize(
    ("document", "rows", "without_first"),
    [
        ([1, 2], 2, [2]),
        ({"a": {"x": "p"}, "b": {"x": "q"}}, 2, {"b": {"x": "q"}}),
        ({"train": [{"t": "p"}], "test": [{"t": "q"}]}, 2, {"train": [], "test": [{"t": "q"}]}),
        ({"data": {"train": [{"t": "p"}, {"t": "q"}]}}, 2, {"data": {"train": [{"t": "q"}]}}),
        ({"text": ["p", "q"], "n": [1, 2]}, 2, {"text": ["q"], "n": [2]}),
        ({"text": {"0": "p", "1": "q"}, "n": {"0": 1, "1": 2}}, 2, {"text": {"1": "q"}, "n": {"1": 2}}),
        ({"columns": ["t"], "index": [0, 1], "data": [["p"], ["q"]]}, 2, {"columns": ["t"], "index": [0, 1], "data": [["q"]]}),
        ({"about this": "a b", "rows": [{"t": "p"}]}, 2, {"about this": "a b", "rows": []}),
        ({"prompt": "p", "test": [{"t": "q"}]}, 1, None),
        ({"messages": [{"role": "user", "content": "p"}]}, 1, None),
        ({"question": "p", "choices": [{"text": "q"}]}, 1, None),
    ],
)
def test_rows_are_rows_wherever_they_stand(document: Any, rows: int, without_first: Any) -> None:
    found = read_document(json.loads(json.dumps(document)))
    assert len(list(found.rows())) == rows
    assert found.single == (without_first is None)
    if without_first is not None:
        found.drop([1])
        assert found.value == without_first
