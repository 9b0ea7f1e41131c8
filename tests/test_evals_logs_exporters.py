"""Logs as exporters write them, each record of the shape that the exporter's own documentation or source shows: the format is
guessed, an answer with feedback becomes one, and what cannot is counted with a reason."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest
from test_evals_logs_formats import shown

from evals.errors import BadInput
from evals.logs.base import Feedback, LogEntry
from evals.logs.files import LogRecord, log_records
from evals.logs.formats import guess_format, make_format
from evals.logs.ingest import ingest_file, locked, project_key
from evals.logs.project import read_log
from evals.logs.redact import Redactor
from evals.logs.taking import IngestOptions

TRACE = "5b8efff798038103d269b633813fc60c"
ASKED = [{"role": "user", "content": "Add one."}]
COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1744718331,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "x + 1"}, "finish_reason": "stop"}],
}


def read(records: Sequence[Any]) -> tuple[str | None, list[str]]:
    """The format that is guessed, and what is found, a line each."""
    name = guess_format(records)
    log = make_format(name or "table")
    found = [item for record in records for item in log.read(record)]
    return name, [shown(item) for item in [*found, *log.close()]]


def in_file(file: Path) -> tuple[str | None, list[str]]:
    return read([record.value for record in log_records(file) if isinstance(record, LogRecord)])


def table(file: Path, rows: Sequence[dict[str, Any]], delimiter: str = ",") -> Path:
    with file.open("w", newline="", encoding="utf-8-sig") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return file


def spans(*attributes: dict[str, Any], events: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """A line of the collector's file exporter, a span for each set of attributes."""
    listed = [
        {
            "traceId": TRACE,
            "spanId": f"{number:016x}",
            "parentSpanId": "",
            "flags": 256,
            "name": "a span",
            "startTimeUnixNano": "1744718331000000000",
            "attributes": _attributes(held),
            "events": list(events),
            "status": {},
        }
        for number, held in enumerate(attributes, 1)
    ]
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {"name": "ai"}, "spans": listed}]}]}


def _attributes(held: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in held.items()]


class TestOpenTelemetry:
    def test_a_log_that_begins_with_other_spans_is_guessed_all_the_same(self) -> None:
        assert guess_format([spans({"http.request.method": "GET"})] * 3) == "otel"

    def test_vercels_inner_spans_are_answers_and_its_outer_ones_are_not(self) -> None:
        asked = json.dumps(
            [{"role": "system", "content": "Brief."}, {"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
        )
        inner = {"ai.operationId": "ai.generateText.doGenerate", "ai.prompt.messages": asked, "ai.response.text": "Ho"}
        outer = {"ai.operationId": "ai.generateText", "ai.prompt": '{"prompt": "Hi"}', "ai.response.text": "Ho"}
        called = {
            "ai.operationId": "ai.streamText.doStream",
            "ai.prompt.messages": asked,
            "ai.response.toolCalls": json.dumps([{"toolCallId": "c", "toolName": "run", "args": '{"a":1}'}]),
        }
        tool, embedding = {"ai.operationId": "ai.toolCall"}, {"ai.operationId": "ai.embed.doEmbed"}
        assert read([spans(inner, outer, called, tool, embedding)]) == (
            "otel",
            [
                "0000000000000001: system: Brief. / user: Hi => Ho",
                "other: agent span",
                '0000000000000003: system: Brief. / user: Hi => [{"name":"run","arguments":{"a":1}}]',
                "other: tool span",
                "other: embeddings span",
            ],
        )

    def test_logfires_request_and_response_data_are_an_answer(self) -> None:
        held = {
            "logfire.msg": "Chat Completion",
            "request_data": json.dumps({"messages": ASKED, "model": "m"}),
            "response_data": json.dumps({"message": {"role": "assistant", "content": "x + 1"}}),
        }
        streamed = {**held, "response_data": json.dumps({"combined_chunk_content": "x + 1", "chunk_count": 2})}
        line = "user: Add one. => x + 1"
        assert read([spans(held, streamed)])[1] == [f"0000000000000001: {line}", f"0000000000000002: {line}"]

    def test_events_as_json_text_within_attributes_are_an_answer(self) -> None:
        events = [
            {"event.name": "gen_ai.user.message", "role": "user", "content": "Add one."},
            {"event.name": "gen_ai.choice", "index": 0, "message": {"role": "assistant", "content": "x + 1"}},
        ]
        held = {"gen_ai.operation.name": "chat", "events": json.dumps(events)}
        assert read([spans(held)])[1] == ["0000000000000001: user: Add one. => x + 1"]

    def test_logfires_rows_are_spans(self, tmp_path: Path) -> None:
        said = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": ASKED}
        row = {
            "start_timestamp": "2025-04-15T11:58:51Z",
            "trace_id": "t",
            "span_id": "s",
            "parent_span_id": "",
            "span_name": "chat m",
            "message": "chat m",
            "otel_status_code": "ERROR",
            "exception_type": "TimeoutError",
            "exception_message": "slow",
            "attributes": json.dumps(said),
        }
        assert in_file(table(tmp_path / "rows.csv", [row])) == ("otel", ["s: user: Add one. => ; error=TimeoutError: slow"])

    def test_openlits_prompts_as_one_text_are_turns(self) -> None:
        events = [
            {
                "name": "gen_ai.content.prompt",
                "attributes": _attributes({"gen_ai.prompt": "system: Brief.\nuser: Add one.\nAnd two."}),
            },
            {"name": "gen_ai.content.completion", "attributes": _attributes({"gen_ai.completion": "x + 1"})},
        ]
        line = "0000000000000001: system: Brief. / user: Add one.\\nAnd two. => x + 1"
        assert read([spans({"gen_ai.operation.name": "chat"}, events=events)])[1] == [line]


class TestPhoenix:
    ROW: ClassVar[dict[str, Any]] = {
        "context.span_id": "a1",
        "context.trace_id": "t",
        "span_kind": "LLM",
        "parent_id": "",
        "start_time": "2025-04-15",
    }

    def test_messages_in_cells_of_a_csv_file_are_python_literals(self, tmp_path: Path) -> None:
        asked = [{"message.role": "system", "message.content": "It's brief."}, {"message.role": "user", "message.content": "Hi"}]
        said = "array([{'message.role': 'assistant', 'message.content': 'Ho', 'message.tool_calls': nan}], dtype=object)"
        row = {**self.ROW, "attributes.llm.input_messages": repr(asked), "attributes.llm.output_messages": said}
        file = table(tmp_path / "spans.csv", [row])
        assert in_file(file) == ("openinference", ["a1: system: It's brief. / user: Hi => Ho"])

    def test_a_root_span_is_the_answer_where_no_span_of_a_model_was_exported(self) -> None:
        root = {**self.ROW, "span_kind": "CHAIN", "attributes.input.value": "Hi", "attributes.output.value": "Ho"}
        assert read([root])[1] == ["other: chain span", "a1: user: Hi => Ho"]
        llm = {**root, "context.span_id": "a2", "parent_id": "a1", "span_kind": "LLM"}
        assert read([root, llm])[1] == ["other: chain span", "a2: user: Hi => Ho"]


class TestLangfuse:
    TRACE: ClassVar[dict[str, Any]] = {
        "bookmarked": False,
        "id": "t-1",
        "timestamp": "2025-04-15T11:58:51.000Z",
        "sessionId": "s",
        "userId": "u",
        "scores": {"thumbs": ["👎"], "length": [3]},
        "release": "",
        "tags": [],
        "input": {"messages": ASKED},
        "output": {"role": "assistant", "content": "x + 1"},
    }
    FOUND = (
        "other: trace",
        "feedback on t-1: thumbs; label=👎",
        "feedback on t-1: length; score=3.0",
        "t-1: user: Add one. => x + 1",
    )

    def test_traces_that_were_exported_alone_are_answers_with_their_scores(self) -> None:
        assert read([self.TRACE]) == ("langfuse", [*self.FOUND])

    def test_a_table_of_traces_is_read_like_their_json(self, tmp_path: Path) -> None:
        row = {key: json.dumps(value) if isinstance(value, (dict, list)) else value for key, value in self.TRACE.items()}
        assert in_file(table(tmp_path / "traces.csv", [row])) == ("langfuse", [*self.FOUND])

    def test_a_trace_gives_way_to_its_generation(self) -> None:
        held = {"startTime": "2025-04-15T11:58:51Z", "input": "Hi", "output": "Ho"}
        generation = {"id": "g", "type": "GENERATION", "traceId": "t-1", **held}
        assert read([self.TRACE, generation])[1] == [*self.FOUND[:3], "g: user: Hi => Ho"]
        assert read([generation, self.TRACE])[1] == ["g: user: Hi => Ho", *self.FOUND[:3]]

    def test_text_that_a_csv_export_quoted_is_unquoted(self) -> None:
        row = {"id": "g", "type": "GENERATION", "traceId": "t", "startTime": "2025-04-15", "input": "Hi", "output": '"a\\nb"'}
        assert read([row])[1] == ["g: user: Hi => a\\nb"]

    def test_feedback_on_a_trace_is_for_its_generation_also_when_both_are_there(self, tmp_path: Path) -> None:
        generation = {"id": "g", "type": "GENERATION", "traceId": "t-1", "startTime": "2025-04-15", "input": "Hi", "output": "Ho"}
        (tmp_path / "a.jsonl").write_text(json.dumps(self.TRACE))
        (tmp_path / "b.jsonl").write_text(json.dumps(generation))
        project = tmp_path / "production"
        with locked(project):
            for name in ("a.jsonl", "b.jsonl"):
                ingest_file(tmp_path / name, project, Redactor(project_key(project)), IngestOptions())
        assert [answer.id for answer in read_log(project).failing] == ["g"]


class TestLangsmith:
    RUN: ClassVar[dict[str, Any]] = {
        "id": "r",
        "trace_id": "r",
        "parent_run_id": None,
        "run_type": "chain",
        "start_time": "2025-04-15T11:58:51",
        "inputs": json.dumps({"question": "Add one."}),
        "outputs": json.dumps({"output": "x + 1"}),
        "feedback_stats": "{}",
    }

    def test_root_runs_that_were_exported_alone_are_answers(self, tmp_path: Path) -> None:
        file = tmp_path / "runs.parquet"
        parquet.write_table(arrow.Table.from_pylist([self.RUN]), file)
        assert in_file(file) == ("langsmith", ["other: chain run", "r: user: Add one. => x + 1"])

    def test_messages_within_an_input_are_found(self) -> None:
        inputs = {"input": {"messages": [{"type": "human", "content": "Add one."}]}}
        run = {**self.RUN, "run_type": "llm", "inputs": inputs, "outputs": {"output": {"type": "ai", "content": "x + 1"}}}
        assert read([run])[1] == ["r: user: Add one. => x + 1"]


class TestGateways:
    def test_helicones_requests_are_answers_and_their_rating_is_a_thumb(self) -> None:
        row = {
            "request_id": "h",
            "request_created_at": "2025-04-15T11:58:51Z",
            "request_body": {"model": "m", "messages": ASKED},
            "response_body": COMPLETION,
            "response_status": 200,
            "feedback_rating": False,
        }
        found = ["chatcmpl-1: user: Add one. => x + 1; finish=stop", "feedback on chatcmpl-1: rating; label=thumbs_down"]
        assert read([row]) == ("openai", found)
        as_text = {**row, "request_body": json.dumps(row["request_body"]), "response_body": json.dumps(COMPLETION)}
        assert read([{**as_text, "feedback_rating": "false"}]) == ("openai", found)

    def test_answers_of_other_providers_are_read_with_their_system_text(self) -> None:
        said = {"id": "m", "type": "message", "role": "assistant", "content": [{"type": "text", "text": "x + 1"}]}
        row = {
            "request_id": "h",
            "request_body": {"system": "Brief.", "messages": ASKED},
            "response_body": {**said, "stop_reason": "end_turn"},
            "response_status": 200,
        }
        assert read([row])[1] == ["m: system: Brief. / user: Add one. => x + 1; finish=end_turn"]

    def test_litellms_failures_keep_their_error_and_embeddings_are_no_answers(self) -> None:
        head = {"id": "l", "call_type": "acompletion", "startTime": 1744718331.2, "model": "m", "messages": ASKED}
        failed = {**head, "status": "failure", "response": {}, "error_str": "RateLimitError: slow down"}
        embedding = {"id": "e", "call_type": "aembedding", "model": "m", "messages": "text", "response": {"data": []}}
        assert read([failed, embedding]) == (
            "openai",
            ["l: user: Add one. => ; error=RateLimitError: slow down", "other: embedding call"],
        )

    def test_the_question_of_a_row_of_spend_is_in_the_proxys_request(self) -> None:
        row = {
            "request_id": "chatcmpl-1",
            "call_type": "acompletion",
            "messages": {},
            "response": COMPLETION,
            "proxy_server_request": json.dumps({"messages": ASKED}),
        }
        assert read([row]) == ("openai", ["chatcmpl-1: user: Add one. => x + 1; finish=stop"])

    def test_a_correction_beside_messages_is_not_lost(self) -> None:
        row = {"id": "c", "messages": ASKED, "response": "x + 1", "thumbs": "down", "corrected": "x + 1 + 0"}
        assert read([row])[1][1] == "feedback on c: thumbs; label=down; correction=x + 1 + 0"


class TestTables:
    @pytest.mark.parametrize(
        "header",
        [
            ("Message ID", "User Prompt", "Model Response", "Thumbs (up/down)", "Corrected Answer"),
            ("messageId", "userPrompt", "modelResponse", "userFeedback", "correctedAnswer"),
            ("message-id", "Question (text)", "LLM output", "Rating (👍/👎)", "expected"),
        ],
    )
    @pytest.mark.parametrize("delimiter", [",", ";"])
    def test_awkward_headers_are_understood(self, tmp_path: Path, header: Sequence[str], delimiter: str) -> None:
        row = dict(zip(header, ("1", "Add one.", "x + 1", "down", "x + 1 + 0"), strict=True))
        name, found = in_file(table(tmp_path / "rows.csv", [row], delimiter))
        assert (name, found[0]) == ("table", "1: user: Add one. => x + 1; corrected=x + 1 + 0")
        assert found[1].endswith("; label=down")

    @pytest.mark.parametrize(
        "conversation",
        [
            {"conversations": [{"from": "human", "value": "Add one."}, {"from": "gpt", "value": "x + 1"}]},
            {"messages": [{"type": "human", "content": "Add one."}, {"type": "ai", "content": "x + 1"}]},
            {"messages": json.dumps([*ASKED, {"role": "assistant", "content": "x + 1"}])},
            {"messages": repr([*ASKED, {"role": "assistant", "content": "x + 1"}])},
            {"conversation": [*ASKED, {"role": "assistant", "content": "x + 1"}, {"role": "user", "content": "Thanks!"}]},
        ],
    )
    def test_a_conversation_in_one_column_is_a_question_and_its_last_answer(self, conversation: dict[str, Any]) -> None:
        row = {"id": "c", **conversation, "thumb": "down"}
        assert read([row]) == ("table", ["c: user: Add one. => x + 1", "feedback on c: thumb; label=down"])

    @pytest.mark.parametrize(
        "more",
        [
            {"epoch": 1744718331, "input": "Which?", "output": "a"},
            {"question": "Which?", "choices": ["a", "b"], "answer": "a"},
            {"type": "event", "trace_id": "t", "prompt": "Which?", "response": "a"},
        ],
    )
    def test_a_table_is_not_taken_for_a_platforms_export(self, more: dict[str, Any]) -> None:
        assert read([{"id": "1", **more}]) == ("table", ["1: user: Which? => a"])

    def test_rows_of_one_trace_are_different_answers(self) -> None:
        log = make_format("table")
        rows = [{"trace_id": "t", "prompt": f"Question {number}", "response": "a", "feedback": "down"} for number in (1, 2)]
        found = [item for row in rows for item in log.read(row)]
        entries = [item for item in found if isinstance(item, LogEntry)]
        assert len({entry.id for entry in entries}) == 2 and {entry.trace for entry in entries} == {"t"}
        assert [item.target for item in found if isinstance(item, Feedback)] == [entry.id for entry in entries]


def test_an_archive_is_refused_with_the_way_to_its_logs(tmp_path: Path) -> None:
    file = tmp_path / "log.eval"
    file.write_bytes(b"PK\x03\x04 and more")
    with pytest.raises(BadInput, match="inspect log convert"):
        list(log_records(file))
