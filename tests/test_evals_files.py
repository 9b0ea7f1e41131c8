from __future__ import annotations

import errno
from pathlib import Path

import pytest

from evals.errors import BadInput
from evals.files import Journal, digest, iter_jsonl, read_json, read_records, write_atomic
from evals.records import ModelRef


def test_a_torn_last_line_is_cut_off_and_the_rest_kept(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    Journal(file).append({"a": 1})
    with file.open("ab") as handle:
        handle.write(b'{"b": 2, "c"')
    journal = Journal(file)
    journal.append({"d": 3})
    assert Journal(file).entries == [{"a": 1}, {"d": 3}]


def test_a_full_disk_leaves_the_journal_as_it_was() -> None:
    journal = Journal(Path("/dev/shm") / "goldloop-test-journal.jsonl")
    try:
        journal.append({"a": 1})
        with pytest.raises(OSError) as caught:
            _append_to_full_disk(journal)
        assert caught.value.errno == errno.ENOSPC
        assert Journal(journal.path).entries == [{"a": 1}]
    finally:
        journal.path.unlink()


def _append_to_full_disk(journal: Journal) -> None:
    full = Journal.__new__(Journal)
    full.path = Path("/dev/full")  # the kernel's own full disk: every write ends in ENOSPC
    full.entries = []
    full.append({"b": 2})


def test_an_atomic_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.json"
    write_atomic(file, b"old")

    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space") as caught:
        write_atomic(file, b"new")
    assert file.read_bytes() == b"old"
    assert caught.value.filename == str(file)
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_digests_do_not_depend_on_key_order() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert digest({"a": 1}).startswith("b2:")


def test_a_broken_line_is_located(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text('{"a": 1}\n\n{oops\n')
    with pytest.raises(BadInput, match=r"x\.jsonl:3: not JSON"):
        list(iter_jsonl(file))


def test_a_row_that_does_not_fit_names_line_and_key(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text('{"base": "a"}\n{"base": "a", "colour": "red"}\n')
    with pytest.raises(BadInput, match=r"x\.jsonl:2: colour: Extra inputs"):
        read_records(file, ModelRef)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        read_json(tmp_path / "absent.json")
