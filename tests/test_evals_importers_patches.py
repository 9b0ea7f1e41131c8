import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from sandbox_requirements import required_sandbox

from evals.errors import BadInput
from evals.graders import grade
from evals.importers import Imported
from evals.importers.swebench import import_swebench

PROJECT = {
    "cart.py": "def total(prices):\n    return sum(prices[1:])\n",
    "tests/test_cart.py": "from cart import total\n\n\ndef test_none():\n    assert total([]) == 0\n",
    "README.md": "A cart.\n",
}
PATCH = (
    "--- a/cart.py\n+++ b/cart.py\n@@ -1,2 +1,2 @@\n def total(prices):\n-    return sum(prices[1:])\n+    return sum(prices)\n"
)
TEST_PATCH = (
    "--- a/tests/test_cart.py\n+++ b/tests/test_cart.py\n@@ -3,3 +3,7 @@\n \n def test_none():\n     assert total([]) == 0\n"
    "+\n+\n+def test_one():\n+    assert total([3]) == 3\n"
)


def row(number: str = "shop__cart-1", **changes: Any) -> dict[str, Any]:
    return {
        "instance_id": number,
        "repo": "shop/cart",
        "base_commit": "0123456789abcdef",
        "problem_statement": "The first price is lost.",
        "patch": PATCH,
        "test_patch": TEST_PATCH,
        "FAIL_TO_PASS": json.dumps(["tests/test_cart.py::test_one"]),
        "PASS_TO_PASS": json.dumps(["tests/test_cart.py::test_none"]),
        **changes,
    }


def snapshot(folder: Path, number: str = "shop__cart-1") -> Path:
    for name, text in PROJECT.items():
        file = folder / "snapshots" / number / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder / "snapshots" / number


def packed(folder: Path, *extra: tarfile.TarInfo, files: dict[str, bytes] | None = None) -> None:
    (folder / "snapshots").mkdir(exist_ok=True)
    with tarfile.open(folder / "snapshots" / "shop__cart-1.tar.gz", "w:gz") as archive:
        for name, data in {**{name: text.encode() for name, text in PROJECT.items()}, **(files or {})}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for member in extra:
            archive.addfile(member)


def read(folder: Path, *rows: dict[str, Any]) -> Imported:
    (folder / "test.jsonl").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in rows))
    return import_swebench(folder)


def test_a_row_with_its_snapshot_becomes_a_patch_task(tmp_path: Path) -> None:
    snapshot(tmp_path)
    (task,) = read(tmp_path, row()).tasks
    assert (task.kind, task.group, task.split, task.train_ok) == ("patch", "shop/cart", "holdout", False)
    assert sorted(task.starter) == ["README.md", "cart.py"]
    assert "test_one" in task.tests["tests/test_cart.py"]
    assert task.fail_to_pass == ("tests/test_cart.py::test_one",)


@pytest.mark.slow
def test_the_golden_patch_passes_and_another_change_fails(tmp_path: Path) -> None:
    sandbox = required_sandbox("sandlock")
    snapshot(tmp_path)
    (task,) = read(tmp_path, row()).tasks
    found = grade(task, task.golden, sandbox)
    assert found.passed, (found.reason, found.evidence)
    assert grade(task, PATCH.replace("sum(prices)", "sum(prices[:0])"), sandbox).reason == "tests_failed"


def test_a_tar_reads_as_the_folder_does(tmp_path: Path) -> None:
    snapshot(tmp_path)
    from_folder = read(tmp_path, row()).digest
    other = tmp_path / "other"
    other.mkdir()
    packed(other, files={"logo.png": b"\x89PNG\xff\0"})
    assert read(other, row()).digest == from_folder


def test_a_row_without_a_snapshot_is_left_out_with_what_to_do(tmp_path: Path) -> None:
    snapshot(tmp_path)
    found = read(tmp_path, row(), row("shop__cart-2"))
    assert len(found.tasks) == 1
    assert "test.jsonl:2: no snapshot of shop/cart at 0123456789ab; put its files into" in found.left_out[0]


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (member("../outside.py"), r"member '\.\./outside\.py' leaves the archive"),
        (member("/etc/cart.py"), r"member '/etc/cart\.py' leaves the archive"),
        (member("link.py", tarfile.SYMTYPE, "/etc/passwd"), r"'link\.py' is a link or a device"),
        (member("hard.py", tarfile.LNKTYPE, "cart.py"), r"'hard\.py' is a link or a device"),
        (member("pipe", tarfile.FIFOTYPE), r"'pipe' is a link or a device"),
    ],
)
def test_an_archive_that_reaches_out_is_refused(tmp_path: Path, bad: tarfile.TarInfo, message: str) -> None:
    packed(tmp_path, bad)
    with pytest.raises(BadInput, match=message):
        read(tmp_path, row())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["snapshots", "test.jsonl"]


def test_an_archive_that_claims_to_be_huge_is_refused_unread(tmp_path: Path) -> None:
    packed(tmp_path, files={"big.txt": b"0" * 9_000_000})
    with pytest.raises(BadInput, match="more than 8,000,000 bytes"):
        read(tmp_path, row())


def test_a_link_in_a_folder_is_refused(tmp_path: Path) -> None:
    (snapshot(tmp_path) / "secret.py").symlink_to("/etc/passwd")
    with pytest.raises(BadInput, match=r"secret\.py: a link"):
        read(tmp_path, row())


@pytest.mark.parametrize("number", ["../other", "a/b", "..", ""])
def test_an_id_that_is_a_path_finds_no_snapshot(tmp_path: Path, number: str) -> None:
    snapshot(tmp_path)
    with pytest.raises(BadInput, match="no snapshot of shop/cart"):
        read(tmp_path, row(number))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"test_patch": TEST_PATCH.replace("test_none", "test_nothing")},
            r"test_patch does not apply to .*: the hunk does not match",
        ),
        ({"FAIL_TO_PASS": "[]"}, r"FAIL_TO_PASS: expected at least one test id, found none"),
        ({"FAIL_TO_PASS": '["test_one"]'}, r"expected ids such as tests/test_x\.py::test_y, no file 'test_one'"),
    ],
)
def test_a_row_that_does_not_fit_its_snapshot_is_left_out(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    snapshot(tmp_path)
    with pytest.raises(BadInput, match=message):
        read(tmp_path, row(**change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"FAIL_TO_PASS": "['a']"}, r"test\.jsonl:2: FAIL_TO_PASS: not JSON"),
        ({"PASS_TO_PASS": 3}, r"test\.jsonl:2: PASS_TO_PASS: expected a list of test ids"),
        ({"patch": None}, r"test\.jsonl:2: patch: expected str, found NoneType"),
    ],
)
def test_a_malformed_row_is_left_out_with_its_reason(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    snapshot(tmp_path)
    suite = read(tmp_path, row(), row("shop__cart-2", **change))
    assert len(suite.tasks) == 1 and len(suite.broken) == 1
    assert re.search(message, suite.broken[0])


def test_a_row_may_train_only_where_its_licence_is_known_to_allow_it(tmp_path: Path) -> None:
    for number in ("a-1", "b-1", "c-1"):
        snapshot(tmp_path, number)
    rows = [
        row("a-1", repo="a/a", split="train", licence="MIT"),
        row("b-1", repo="b/b", split="train", licence="Proprietary"),
        row("c-1", repo="c/c", split="train"),
    ]
    assert [(task.split, task.train_ok) for task in read(tmp_path, *rows).tasks] == [
        ("train", True),
        ("holdout", False),
        ("holdout", False),
    ]
