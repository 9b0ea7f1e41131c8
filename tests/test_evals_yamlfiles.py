"""Strict YAML: lines of keys, and keys that are given twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.errors import BadInput
from evals.yamlfiles import parse_yaml, read_yaml


def test_every_key_and_item_knows_its_line() -> None:
    parsed = parse_yaml("a: 1\nb:\n  c: [x, y]\n  d:\n    - e: 1\n    - f: 2\n", "t")
    assert parsed.value == {"a": 1, "b": {"c": ["x", "y"], "d": [{"e": 1}, {"f": 2}]}}
    assert parsed.line(("b", "c")) == 3
    assert parsed.line(("b", "d", 1, "f")) == 6
    assert parsed.line(("b", "d", 1, "unknown", 0)) == 6
    assert parsed.line(("nowhere",)) is None


def test_all_keys_given_twice_are_said_with_both_lines() -> None:
    with pytest.raises(BadInput) as caught:
        parse_yaml("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 2\n", "f.yaml", first_line=11)
    assert str(caught.value).splitlines() == [
        "f.yaml:15: key 'c' is given twice, first in line 13; keep one",
        "f.yaml:16: key 'a' is given twice, first in line 11; keep one",
    ]


def test_the_same_key_in_two_mappings_and_merged_defaults_are_fine() -> None:
    text = "base: &base {a: 1, b: 2}\none:\n  <<: *base\n  a: 3\ntwo:\n  a: 4\n'1': x\n1: y\n"
    assert parse_yaml(text, "t").value["one"] == {"a": 3, "b": 2}


@pytest.mark.parametrize(
    "text", ["a: [1\n", "a: 1\n---\nb: 2\n", "a: !!python/name:os.system x\n", "when: 2024-13-45\n", "[" * 9000]
)
def test_what_is_not_yaml_is_bad_input(text: str) -> None:
    with pytest.raises(BadInput, match=r"^t(:\d+)?: not YAML: "):
        parse_yaml(text, "t")


def test_an_empty_text_holds_nothing() -> None:
    assert parse_yaml("# only a comment\n", "t").value is None


def test_a_mapping_that_holds_itself_ends() -> None:
    assert parse_yaml("a: &x\n  b: *x\n", "t").lines == {("a",): 1, ("a", "b"): 2}


def test_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        read_yaml(tmp_path / "x.yaml")
    with pytest.raises(BadInput, match="is a folder"):
        read_yaml(tmp_path)
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="not UTF-8"):
        read_yaml(tmp_path / "x.yaml")
