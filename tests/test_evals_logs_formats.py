"""Each fixture of tests/logs was written from the public description of its format; ``.found`` beside it
has what is found in it, a line each."""

import copy
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.logs.base import Feedback, Found, LogEntry, Other
from evals.logs.formats import FORMATS, guess_format, make_format

LOGS = Path(__file__).parent / "logs"
COLUMNS = {"prompt": "call.q", "answer": "call.turns.0.a", "id": "meta.key", "time": "meta.when", "feedback": "votes.up"}


def shown(found: Found) -> str:
    """One line: of an entry the id, the turns, the answer and what else is there."""
    if isinstance(found, LogEntry):
        asked = " / ".join(f"{turn.role}: {turn.text}" for turn in found.turns)
        more = {"error": found.error, "finish": found.finish, "corrected": found.corrected, "notes": ",".join(found.notes)}
        line = f"{found.id}: {asked} => {found.answer}"
    elif isinstance(found, Feedback):
        score = "" if found.score is None else str(found.score)
        more = {"score": score, "label": found.label, "comment": found.comment, "correction": found.correction}
        line = f"feedback on {found.target}: {found.name}"
    else:
        more, line = {}, f"other: {found.why}" if isinstance(found, Other) else f"unreadable: {found.why}"
    return "; ".join([line, *(f"{key}={value}" for key, value in more.items() if value)]).replace("\n", "\\n")


def records(file: Path) -> list[Any]:
    """The records as ``evals.logs.ingest`` would give them."""
    return [orjson.loads(file.read_bytes())] if file.suffix == ".json" else [*map(orjson.loads, file.read_bytes().splitlines())]


def reader(file: Path) -> Any:
    return make_format(file.name.partition("_")[0], COLUMNS if file.name == "table_nested.jsonl" else None)


def files() -> list[Any]:
    return [pytest.param(file, id=file.name) for file in sorted(LOGS.glob("*.json*"))]


@pytest.mark.parametrize("file", files())
def test_a_fixture_gives_exactly_what_stands_in_it(file: Path) -> None:
    log = reader(file)
    found = [item for record in records(file) for item in log.read(record)]
    assert [shown(item) for item in [*found, *log.close()]] == file.with_suffix(".found").read_text().splitlines()


@pytest.mark.parametrize("file", files())
def test_every_record_gives_something(file: Path) -> None:
    log = reader(file)
    assert [len(list(log.read(record))) for record in records(file) if not list(log.read(record))] == []


@pytest.mark.parametrize("file", files())
def test_reading_twice_gives_the_same_ids(file: Path) -> None:
    def ids() -> list[str]:
        log = reader(file)
        found: Iterable[Found] = [item for record in records(file) for item in log.read(record)]
        return [item.id for item in found if isinstance(item, LogEntry)]

    assert ids() == ids()
    assert all(ids())


@pytest.mark.parametrize("file", files())
def test_the_format_of_a_fixture_is_guessed(file: Path) -> None:
    expected = None if file.name == "table_nested.jsonl" else file.name.partition("_")[0]
    assert guess_format(records(file)) == expected


KEYS = sorted({key for file in LOGS.glob("*.json*") for record in records(file) for key in record})
INNER = [*("role", "content", "parts", "type", "text", "kwargs", "data", "message", "choices", "spans", "value", "key"), *KEYS]
LEAVES: list[Any] = [
    None,
    True,
    -1,
    0,
    2**70,
    1e308,
    float("nan"),
    "",
    "x",
    "[",
    '"{}"',
    '[{"type": "text"}]',
    "LLM",
    "llm",
    "2025-13-01",
]
names = st.sampled_from(INNER)
leaves = st.sampled_from(LEAVES)
values = st.recursive(leaves, lambda part: st.lists(part, max_size=2) | st.dictionaries(names, part, max_size=3), max_leaves=6)
encoded = values | values.map(json.dumps)
hostile = st.dictionaries(names, encoded, min_size=1, max_size=6)
IN_FIXTURES = [(file, record) for file in LOGS.glob("*.json*") for record in records(file)]


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, deadline=None)
@given(record=hostile)
def test_hostile_records_are_read_without_an_exception_and_never_silently(name: str, record: dict[str, Any]) -> None:
    log = make_format(name)
    assert list(log.read(record))
    list(log.close())
    assert guess_format([record]) in {None, *FORMATS}


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_record_of_a_fixture_with_one_value_replaced_is_read(data: st.DataObject) -> None:
    file, original = data.draw(st.sampled_from(IN_FIXTURES))
    record = copy.deepcopy(original)
    holder, key = data.draw(st.sampled_from([*places(record)]))
    holder[key] = data.draw(encoded)
    log = reader(file)
    assert list(log.read(record))
    list(log.close())


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "key", ["messages", "input", "inputs", "output", "outputs", "response", "attributes", "choices", "answer"]
)
def test_a_value_nested_as_deep_as_json_may_be_is_read(name: str, key: str) -> None:
    for opened, closed in (("[", "]"), ('{"content":', "}"), ('{"message":', "}"), ('[{"role":"user","content":', "}]")):
        deep = orjson.loads(opened * 400 + "1" + closed * 400)
        base = {"id": "x", "type": "GENERATION", "traceId": "t", "run_type": "llm", "span_id": "s", "start_time": 1, "epoch": 1}
        assert list(make_format(name).read({**base, "prompt": deep, key: deep}))


def places(value: Any) -> Iterable[tuple[Any, Any]]:
    """Every container with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from places(inner)
