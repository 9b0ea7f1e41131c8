"""What readers of logs share, and what holds for each of them beyond its fixtures."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from evals.errors import BadInput
from evals.files import digest
from evals.graders.patches import apply_patch
from evals.logs import otel
from evals.logs.base import Feedback, Found, LogEntry, Other, Turn
from evals.logs.formats import FORMATS, guess_format, make_format
from evals.logs.messages import answer_of, role_of, text_of, turns_of
from evals.logs.table import TableLog
from evals.logs.values import answered, error_text, number, time_of
from evals.records import Task

LOGS = Path(__file__).parent / "logs"
TRACE = "5b8efff798038103d269b633813fc60c"


def first_of(name: str, line: int = 0) -> Any:
    """What the first item of one record of a fixture is."""
    record = orjson.loads((LOGS / name).read_bytes().splitlines()[line])
    return next(iter(make_format(name.partition("_")[0]).read(record)))


@pytest.mark.parametrize(
    "value",
    [
        "2025-04-15T11:58:51Z",
        "2025-04-15T13:58:51+02:00",
        "2025-04-15 11:58:51.000000",
        "2025-04-15 11:58:51 UTC",
        "2025-04-15T11:58:51.000000001Z",
        1744718331,
        1744718331.0,
        "1744718331",
        1744718331000,
        "1744718331000",
        1744718331000000,
        1744718331000000000,
        "1744718331000000000",
    ],
)
def test_a_time_of_any_form_is_the_same_moment(value: Any) -> None:
    notes: list[str] = []
    assert time_of(value, notes) == "2025-04-15T11:58:51.000Z"
    assert notes == []


@pytest.mark.parametrize("value", ["yesterday", 12, "1999-12-31", True, {"at": 1}, 1e300, "9" * 400, "tomorrow and a bit"])
def test_an_unbelievable_time_is_none_and_is_noted(value: Any) -> None:
    notes: list[str] = []
    assert time_of(value, notes) == ""
    assert notes == ["clock"]


def test_a_time_more_than_a_day_ahead_is_none_and_is_noted() -> None:
    notes: list[str] = []
    assert time_of(time.time() + 100_000, notes) == "" and notes == ["clock"]


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_time_is_not_noted(value: Any) -> None:
    notes: list[str] = []
    assert time_of(value, notes) == ""
    assert notes == []


def test_times_sort_as_text() -> None:
    moments = [1744718331, 1744718331.5, 1744718332]
    texts = [time_of(moment, []) for moment in moments]
    assert texts == sorted(texts)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1.0),
        ("0.5", 0.5),
        (True, 1.0),
        ("false", 0.0),
        ("x", None),
        (float("nan"), None),
        ("inf", None),
        ([], None),
        (2**2000, None),
    ],
)
def test_numbers_are_read_from_text_and_only_finite_ones(value: Any, expected: float | None) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("human", "user"),
        ("ai", "assistant"),
        ("model", "assistant"),
        ("developer", "system"),
        ("function", "tool"),
        ("AI", "assistant"),
    ],
)
def test_roles_are_named_alike(name: str, role: str) -> None:
    assert role_of(name) == role


def test_an_unknown_role_is_the_one_that_stands_there_else() -> None:
    assert role_of(["odd"], "assistant") == "assistant"


@pytest.mark.parametrize(
    "content",
    [
        "two\nlines",
        ["two", "lines"],
        [{"type": "text", "text": "two"}, {"type": "output_text", "text": "lines"}],
        [{"type": "text", "content": "two"}, {"text": "lines"}],
        [{"type": "text", "text": {"value": "two"}}, {"content": "lines"}],
        '[{"type": "text", "text": "two"}, {"type": "text", "text": "lines"}]',
    ],
)
def test_content_of_any_shape_is_text(content: Any) -> None:
    assert text_of(content, []) == "two\nlines"


@pytest.mark.parametrize("text", ["[1, 2]", '[{"type": "circle"}]', '{"type": "text", "text": "x"}', '"quoted"', "[not json"])
def test_text_that_only_looks_like_parts_stays_as_it_is(text: str) -> None:
    assert text_of(text, []) == text


def test_parts_that_are_left_out_are_named_once_each() -> None:
    notes: list[str] = []
    parts = [
        {"type": "image_url"},
        {"type": "hologram"},
        {"type": "input_image"},
        {"inlineData": {}},
        {"type": "text", "text": "x"},
    ]
    assert text_of(parts, notes) == "x"
    assert notes == ["image", "hologram", "inlineData"]


@pytest.mark.parametrize("wrap", [lambda messages: messages, orjson.dumps, lambda m: orjson.dumps(orjson.dumps(m).decode())])
def test_messages_are_the_same_as_a_list_and_as_json_text_of_it_once_or_twice_encoded(wrap: Any) -> None:
    wrapped = wrap(
        [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": None}, {"role": "user", "content": "Hi"}]
    )
    messages = wrapped.decode() if isinstance(wrapped, bytes) else wrapped
    assert turns_of(messages, []) == [Turn(role="system", text="Be brief."), Turn(role="user", text="Hi")]


def test_a_question_that_is_json_stays_the_question() -> None:
    question = '{"orders": [1, 2], "task": "sum them"}'
    assert turns_of(question, []) == [Turn(role="user", text=question)]


def test_an_answer_that_is_json_stays_the_answer() -> None:
    assert answer_of('{"text": "x", "total": 3}', []) == '{"text": "x", "total": 3}'


def test_tool_calls_are_json_after_the_text() -> None:
    call = {"id": "c", "function": {"name": "run", "arguments": '{"a": 1}'}}
    message = {"role": "assistant", "content": "I run it.", "tool_calls": [call]}
    assert answer_of(message, []) == 'I run it.\n[{"name":"run","arguments":{"a":1}}]'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"type": "rate_limit", "message": "slow down"}, "rate_limit: slow down"),
        ({"error": {"code": 429, "message": "slow down"}}, "429: slow down"),
        ('{"error": {"message": "slow down"}}', "slow down"),
        ("Traceback (most recent call last):\n  File 'a'\nValueError: x", "ValueError: x"),
        ({"odd": 1}, '{"odd":1}'),
        (None, ""),
    ],
)
def test_an_error_is_its_type_with_its_message(value: Any, text: str) -> None:
    assert error_text(value) == text


def test_an_empty_answer_that_the_model_finished_is_an_answer() -> None:
    entry = LogEntry(id="x", turns=[Turn(role="user", text="Hi")], finish="stop")
    assert answered(entry) is entry


def test_a_question_that_nothing_answers_is_counted_under_its_ids() -> None:
    entry = LogEntry(id="x", trace="t", parent="p", turns=[Turn(role="user", text="Hi")])
    assert answered(entry) == Other(why="no answer", id="x", trace="t", parent="p")


@pytest.mark.parametrize(
    ("fixture", "fields"),
    [
        (
            "otel_spans.jsonl",
            {"id": "b000000000000001", "trace": TRACE, "parent": "aaaa000000000001", "model": "gpt-4o-2024-08-06"},
        ),
        ("openinference_spans.jsonl", {"id": "e000000000000001", "trace": TRACE, "user": "u-1", "model": "gpt-4o"}),
        ("langfuse_observations.jsonl", {"id": "g-1", "trace": "t-1", "parent": "s-1", "model": "gpt-4o"}),
        ("langsmith_runs.jsonl", {"id": "run-1", "trace": "tr-1", "parent": "tr-1", "user": "u-1", "model": "gpt-4o"}),
        ("openai_pairs.jsonl", {"id": "chatcmpl-1", "trace": "sess-1", "parent": "req-1", "user": "u-1"}),
        ("table_rows.jsonl", {"id": "17", "user": "u-1", "model": "m", "train_ok": True}),
        ("ci_fixes.jsonl", {"id": "build-1", "trace": "shop/pages", "licence": "MIT"}),
    ],
)
def test_an_entry_has_the_ids_model_user_and_time_of_the_log(fixture: str, fields: Mapping[str, Any]) -> None:
    entry = first_of(fixture)
    assert {name: getattr(entry, name) for name in fields} == fields
    assert entry.time.startswith("2025-04-15T11:58:51.")


def test_a_conversation_is_the_parent_of_a_root_span() -> None:
    record = orjson.loads((LOGS / "otel_spans.jsonl").read_bytes().splitlines()[2])
    assert [item.parent for item in make_format("otel").read(record) if isinstance(item, LogEntry)][1] == "conv_7"


def test_log_records_wait_for_their_span_no_longer_than_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otel, "_WINDOW", 2)
    log = make_format("otel")
    found: list[Found] = []
    for number_of in range(4):
        event = {"eventName": "gen_ai.choice", "timeUnixNano": "1744718331000000000", "spanId": f"s{number_of}", "traceId": "t"}
        found += log.read({**event, "body": {"message": {"content": "x"}}})
    assert [item.id for item in found if isinstance(item, LogEntry)] == ["s0", "s1"]
    assert [item.id for item in log.close() if isinstance(item, LogEntry)] == ["s2", "s3"]


def test_the_task_of_a_ci_failure_is_one_of_kind_patch_whose_golden_applies() -> None:
    entry = first_of("ci_fixes.jsonl")
    task = Task(id="t", suite="s", split="train", group="g", prompt=entry.turns[0].text, **entry.task)
    assert (task.kind, task.fail_to_pass) == ("patch", ("tests/test_pages.py::test_last",))
    assert apply_patch(task.starter, task.golden) == {"pages.py": "def pages(n, size):\n    return -(-n // size)\n"}


def test_a_row_without_an_id_is_named_by_its_content() -> None:
    row = {"prompt": "p", "answer": "a", "time": "2025-04-15", "user": "u"}
    entry = next(iter(TableLog().read(row)))
    assert isinstance(entry, LogEntry)
    assert entry.id == digest([["p"], "a", "2025-04-15T00:00:00.000Z", "u"])


def test_the_columns_of_a_row_may_change_within_a_file() -> None:
    log = TableLog()
    rows = [{"prompt": "p", "answer": "a"}, {"question": "q", "reply": "r"}]
    assert [item.answer for row in rows for item in log.read(row) if isinstance(item, LogEntry)] == ["a", "r"]


def test_an_unknown_format_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(
        BadInput, match=r"log format 'langfusee' is none of ci, .*, table, nor a 'pkg.mod:func'; did you mean 'langfuse'"
    ):
        make_format("langfusee")


def test_columns_are_for_tables_only() -> None:
    with pytest.raises(BadInput, match="'otel' takes no columns, got prompt; expected the format 'table'"):
        make_format("otel", {"prompt": "p"})


@pytest.mark.parametrize(("columns", "problem"), [({"promt": "p"}, "unknown promt"), ({"prompt": "p"}, "no answer")])
def test_a_wrong_map_of_columns_is_answered_with_the_right_names(columns: Mapping[str, str], problem: str) -> None:
    with pytest.raises(BadInput, match=f"columns of the log: {problem}; expected prompt and answer"):
        make_format("table", columns)


def outside(record: Mapping[str, Any]) -> Iterable[Found]:
    """A format from outside."""
    return [Feedback(target=record["of"], name="stars", score=record["n"])]


class OutsideLog:
    """A class from outside that is no format."""


def test_a_function_from_outside_is_a_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "outside_logs", __import__("types").SimpleNamespace(outside=outside))
    log = make_format("outside_logs:outside")
    assert [*log.read({"of": "x", "n": 2}), *log.close()] == [Feedback(target="x", name="stars", score=2)]


def test_a_class_from_outside_that_reads_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "outside_logs", __import__("types").SimpleNamespace(Log=OutsideLog))
    with pytest.raises(BadInput, match="expected a class with read and close"):
        make_format("outside_logs:Log")


def test_the_format_that_most_records_have_is_guessed() -> None:
    langsmith = {"run_type": "llm", "inputs": {}}
    row = {"prompt": "p", "answer": "a"}
    assert guess_format([row, row, langsmith]) == "langsmith"
    assert guess_format([row, row, {}]) == "table"
    assert guess_format([row, {}, {}]) is None
    assert guess_format([]) is None


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_the_table_can_be_made(name: str) -> None:
    assert list(make_format(name).close()) == []
