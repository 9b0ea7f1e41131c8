"""Whatever layout a leak comes in, it is found; its twin without the leak is clean; and what cannot be read is never clean."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layouts import FILES, ROWS, arrow, parquet

from decontam.audit.run import Audit, AuditSettings, run_audit
from decontam.holdouts import Holdout
from decontam.matching.index import HoldoutIndex, build_index
from decontam.records import Item
from decontam.rule import Rule
from decontam.sources import arrays, find_sources

LEAK = (
    "A lighthouse keeper notes in a ledger when the lamp was lit and when it went dark; given those moments in minutes after "
    "noon, tell for how many whole hours ships could see the light, and treat a lamp that never went dark as burning until dawn."
)
ITEM = Item(key="lamp", prompt=LEAK, answer="def lamp(ledger):\n    return sum(b - a for a, b in ledger) // 60\n")
FILLER = tuple(
    f"The {bird} of the {place} was seen near the old mill, and nobody could say why it stayed there all {season} long."
    for bird in ("heron", "magpie")
    for place, season in (("marsh", "winter"), ("orchard", "spring"), ("quarry", "summer"))
)
WITH = (*FILLER[:4], LEAK, *FILLER[4:])
HOLDOUT = Holdout(items=(ITEM,))
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture(scope="module")
def index() -> HoldoutIndex:
    return build_index(HOLDOUT.items, Rule())


def audited(path: Path, index: HoldoutIndex, clean: Path | None = None, **options: Any) -> Audit:
    return run_audit(find_sources([str(path)]), HOLDOUT, AuditSettings(**options), index=index, clean=clean)


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def lines(rows: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len(ROWS) >= 60 and len(FILES) >= 40


@pytest.mark.parametrize("name", ROWS)
def test_a_leak_in_a_row_of_any_layout_is_found_and_its_twin_is_clean(tmp_path: Path, index: HoldoutIndex, name: str) -> None:
    leaky = audited(put(tmp_path / "leaky.jsonl", lines(map(ROWS[name], WITH))), index)
    assert leaky.summary.verdict == "leaks" and list(leaky.removed.values()) == [{5: leaky.removed[f"{tmp_path}/leaky.jsonl"][5]}]
    clean = audited(put(tmp_path / "clean.jsonl", lines(map(ROWS[name], FILLER))), index)
    assert (clean.summary.verdict, clean.summary.rows, clean.summary.broken_rows) == ("clean", len(FILLER), 0)


@pytest.mark.parametrize("name", FILES)
def test_a_leak_in_a_file_of_any_layout_is_found_dropped_and_its_twin_is_clean(
    tmp_path: Path, index: HoldoutIndex, name: str
) -> None:
    file, write = FILES[name]
    put(tmp_path / "leaky" / file, write(WITH))
    leaky = audited(tmp_path / "leaky", index, clean=tmp_path / "cleaned")
    assert leaky.summary.verdict == "leaks" and not leaky.not_cleaned
    assert leaky.summary.leaking_rows == 1
    put(tmp_path / "clean" / file, write(FILLER))
    assert audited(tmp_path / "clean", index).summary.verdict == "clean"
    single = leaky.summary.rows == 1  # a file that is one text goes as a whole
    if not single:
        assert audited(tmp_path / "cleaned", index).summary.verdict == "clean"
        assert audited(tmp_path / "cleaned", index).summary.rows == leaky.summary.rows - 1


@pytest.mark.parametrize("name", ["openai messages", "squad", "history", "five turns"])
def test_a_parquet_file_of_nested_rows_is_read_as_jsonl_is(tmp_path: Path, index: HoldoutIndex, name: str) -> None:
    row = ROWS.get(name, ROWS["llama-factory history"])
    put(tmp_path / "t.parquet", parquet(pa.Table.from_pylist([row(text) for text in WITH])))
    assert audited(tmp_path / "t.parquet", index).summary.leaking_rows == 1


# Any value, any schema

KEY = st.sampled_from(["id", "text", "messages", "role", "url", "type", "a", "Ключ", "a.b", "[]", "x y", ""]) | st.text(
    max_size=4
)
LEAF = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "x", FILLER[0], "2024-01-01"]) | st.text(max_size=5)
VALUE = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3), max_leaves=8)


@st.composite
def leaky_values(draw: st.DrawFn) -> Any:
    """Any JSON value with the leak at any depth."""
    value: Any = LEAK
    for _ in range(draw(st.integers(0, 7))):
        if draw(st.booleans()):
            before, after = draw(st.lists(VALUE, max_size=2)), draw(st.lists(VALUE, max_size=2))
            value = [*before, value, *after]
        else:
            value = {**draw(st.dictionaries(KEY, VALUE, max_size=2)), draw(KEY): value}
    return value


@SLOW
@given(value=leaky_values(), around=st.lists(VALUE, max_size=3), ending=st.sampled_from(["jsonl", "json", "dat"]))
def test_a_leak_anywhere_in_a_json_value_is_found(
    tmp_path: Path, index: HoldoutIndex, value: Any, around: Sequence[Any], ending: str
) -> None:
    file = tmp_path / f"t.{ending}"
    rows = [*around, value, *around]
    file.write_bytes(json.dumps(rows).encode() if ending == "json" else lines(rows))
    assert audited(file, index).summary.verdict == "leaks"


@SLOW
@given(value=leaky_values())
def test_a_leak_anywhere_in_a_json_document_is_found(tmp_path: Path, index: HoldoutIndex, value: Any) -> None:
    file = tmp_path / "t.json"
    file.write_bytes(json.dumps(value, indent=1).encode())
    assert audited(file, index).summary.verdict == "leaks"


@st.composite
def leaky_arrays(draw: st.DrawFn) -> Any:
    """An Arrow array of any type with the leak in it, five rows long."""
    values = [*FILLER[:2], LEAK, *FILLER[2:4]]
    text = draw(
        st.sampled_from([pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view()])
    )
    binary = text in (pa.binary(), pa.large_binary(), pa.binary_view())
    array = pa.array([value.encode() if binary else value for value in values], text)
    if text in (pa.string(), pa.binary()) and draw(st.booleans()):
        array = array.dictionary_encode()
    for _ in range(draw(st.integers(0, 4))):
        array = draw(st.sampled_from(WRAPPERS))(array)
    return array


def fixed(array: Any) -> Any:
    return pa.FixedSizeListArray.from_arrays(array, 1)


def listed(array: Any) -> Any:
    return pa.ListArray.from_arrays(pa.array(range(len(array) + 1), pa.int32()), array)


def large(array: Any) -> Any:
    return pa.LargeListArray.from_arrays(pa.array(range(len(array) + 1), pa.int64()), array)


def viewed(array: Any) -> Any:
    return pa.ListViewArray.from_arrays(pa.array(range(len(array)), pa.int32()), pa.array([1] * len(array), pa.int32()), array)


def struct(array: Any) -> Any:
    return pa.StructArray.from_arrays([pa.array(range(len(array))), array], ["n", "inner"])


def mapped(array: Any) -> Any:
    keys = pa.array(["k"] * len(array))
    return pa.MapArray.from_arrays(pa.array(range(len(array) + 1), pa.int32()), keys, array)


def sparse(array: Any) -> Any:
    return pa.UnionArray.from_sparse(pa.array([1] * len(array), pa.int8()), [pa.array(range(len(array))), array])


WRAPPERS = (fixed, listed, large, viewed, struct, mapped, sparse)


@SLOW
@given(array=leaky_arrays(), stream=st.booleans(), cut=st.booleans())
def test_a_leak_at_any_leaf_of_an_arrow_schema_is_found(
    tmp_path: Path, index: HoldoutIndex, array: Any, stream: bool, cut: bool
) -> None:
    if cut:
        array = array.slice(1)
    file = tmp_path / "t.arrow"
    file.write_bytes(arrow(pa.table({"id": list("abcde"[: len(array)]), "payload": array}), stream=stream))
    outcome = audited(file, index)
    assert outcome.summary.verdict == "leaks" and outcome.summary.leaking_rows == 1


# Mutations: the tests above fail for a reader that passes anything over

MUTANTS: dict[str, Callable[[Any], bool]] = {
    "fields of structs": pa.types.is_struct,
    "maps": pa.types.is_map,
    "bytes": arrays.is_bytes,
    "views": arrays.is_view,
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_reader_that_drops_a_column_is_caught(
    tmp_path: Path, index: HoldoutIndex, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = arrays.text_names

    def mutant(kind: Any, place: str) -> Any:
        return iter(()) if MUTANTS[name](arrays.inner(kind)) else whole(kind, place)

    monkeypatch.setattr(arrays, "text_names", mutant)
    failed = 0
    for file, write in FILES.values():
        if file.endswith((".parquet", ".arrow", ".feather", ".parq")):
            outcome = audited(put(tmp_path / str(failed) / file, write(WITH)), index)
            failed += outcome.summary.verdict != "leaks"
            assert outcome.summary.verdict != "clean"
    assert failed


def test_a_column_that_later_rows_add_is_not_lost_where_pyarrow_would_ignore_it(
    tmp_path: Path, index: HoldoutIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(tmp_path / "t.jsonl", lines([*({"text": text} for text in FILLER * 401), {"text": "x", "new": LEAK}]))
    assert audited(file, index).summary.verdict == "leaks"
    real = pa.json.ParseOptions
    monkeypatch.setattr(pa.json, "ParseOptions", lambda **options: real(**{**options, "unexpected_field_behavior": "ignore"}))
    assert audited(file, index).summary.verdict == "clean"  # what the strict schema guards against


def test_values_of_every_row_are_numbered_as_they_stand() -> None:
    places = arrays.ordinals(np.array([0, 0, 2, 2, 2, 5]))
    assert places.tolist() == [0, 1, 0, 1, 2, 0]
