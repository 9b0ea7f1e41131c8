"""Logs of chat completions and of the Responses API: requests with their answers, batches, streams, fine-tuning rows, feedback.

Logs of gateways (LiteLLM, Helicone) are read as what they hold (see ``evals.logs.gateways``).
A request and its answer may stand in one record, or in two with one id (``custom_id`` in a batch). The chunks of a stream are
joined by their id until a finish reason comes; what is still open when the file ends is given with the note ``unfinished``.
Does not cover embeddings, images, or server-sent events that are not JSON (see ``evals.logs.ingest``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from evals.logs.base import Feedback, Found, LogEntry, Other, Turn, Unread
from evals.logs.chunks import StreamedAnswer
from evals.logs.gateways import is_gateway, not_conversation, plain_request
from evals.logs.messages import answer_of, turns_of
from evals.logs.values import (
    answered,
    boolean,
    decoded,
    error_text,
    first,
    json_text,
    keep,
    made_id,
    mapping,
    note,
    number,
    objects,
    string,
    time_of,
)

_CHOICE = frozenset({"message", "delta", "text", "finish_reason"})
_CHUNK = "chat.completion.chunk"
_ANSWERS = ("response", "completion", "output", "answer", "chunks")
_RATINGS = ("rating", "feedback", "thumbs", "score", "vote", "user_feedback", "user_rating", "thumb", "label")
_CORRECTIONS = ("correction", "corrected", "corrected_answer", "expected_output")
_TARGETS = ("completion_id", "response_id", "request_id", "message_id", "id")
_TRACES = ("trace_id", "conversation_id", "session_id", "thread_id")
_WAITING = 50_000  # requests that wait for their answer: as many as one batch may have
_LAST_EVENTS = ("response.completed", "response.failed", "response.incomplete")
_TIMES = ("timestamp", "time", "created_at", "created", "date")


class OpenAiLog:
    """Reads logs of a service that speaks OpenAI's API."""

    def __init__(self) -> None:
        self._streams: dict[str, StreamedAnswer] = {}
        self._requests: dict[str, Mapping[str, Any]] = {}  # by id, until their answer comes

    @staticmethod
    def looks_like(record: Mapping[str, Any]) -> bool:
        """Whether it is a request, an answer, both, a chunk, or feedback on a completion."""
        kind = record.get("object")
        if isinstance(kind, str) and kind in (_CHUNK, "chat.completion", "text_completion", "response"):
            return True
        if "custom_id" in record or "completion_id" in record or is_gateway(record):
            return True
        if any(not _CHOICE.isdisjoint(choice) for choice in objects(record.get("choices"))):  # else those of a question
            return True
        if isinstance(record.get("messages"), list):
            return all(isinstance(turn, dict) and "role" in turn for turn in record["messages"])
        request = mapping(record.get("request"))
        return bool(request) and ("messages" in request or "prompt" in request or "input" in request or "body" in request)

    def read(self, record: Mapping[str, Any]) -> Iterable[Found]:
        """The answer with what was asked, and feedback that stands beside it."""
        if is_gateway(record):
            if kind := not_conversation(record):
                return [Other(why=kind)]
            record = plain_request(record)
        if record.get("object") == _CHUNK:
            return self._chunk(record)
        if "custom_id" in record:
            return self._batch(record)
        if string(record.get("type")).startswith("response.") and record["type"] not in _LAST_EVENTS:
            return [Other(why="part of a stream")]
        has_answer = any(record.get(key) is not None for key in _ANSWERS) or "choices" in record
        if has_answer or record.get("error") or "messages" in record:
            return self._record(record)
        if "request" in record:
            return self._request(record)
        if any(key in record for key in (*_RATINGS, *_CORRECTIONS, "comment")):
            return [_feedback(record, "")]
        keys = ", ".join(sorted(record)[:8])
        return [Unread(why=f"expected messages, choices, request and response, or feedback on an id, found keys {keys:.200}")]

    def close(self) -> Iterable[Found]:
        """Streams that no finish reason ended."""
        for identity, stream in self._streams.items():
            note(stream.notes, "unfinished")
            yield self._entry({}, self._requests.pop(identity, {}), stream.completion(), stream.notes)
        self._streams.clear()
        self._requests.clear()

    def _chunk(self, record: Mapping[str, Any]) -> list[Found]:
        identity = string(record.get("id"))
        stream = self._streams.get(identity)
        if stream is None:
            if all(string(choice.get("index")) not in ("", "0") for choice in objects(record.get("choices"))):
                return [Other(why="part of a stream", parent=identity)]  # usage, or a further choice of what has ended
            stream = self._streams[identity] = StreamedAnswer()
        if not stream.add(record):
            return [Other(why="part of a stream", parent=identity)]
        del self._streams[identity]
        return [self._entry({}, self._requests.pop(identity, {}), stream.completion(), stream.notes)]

    def _batch(self, record: Mapping[str, Any]) -> list[Found]:
        """A line of a batch's input, output or error file."""
        name = string(record.get("custom_id"))
        if "body" in record and "response" not in record:
            keep(self._requests, name, mapping(record["body"]), _WAITING)
            return [Other(why="batch request", trace=name)]
        response = mapping(record.get("response"))
        body = mapping(response.get("body"))
        outer = {"request_id": response.get("request_id"), "trace_id": name, "error": record.get("error")}
        if not body and not record.get("error"):
            return [Unread(why=f"batch line {name!r:.60}: expected response.body or error, found neither")]
        return [self._entry(outer, self._requests.pop(name, {}), body, [])]

    def _request(self, record: Mapping[str, Any]) -> list[Found]:
        """A request whose answer stands in another record, under the same id."""
        identity = string(first(record, "id", "request_id", "completion_id"))
        if identity:
            keep(self._requests, identity, _body(record["request"]), _WAITING)
        return [Other(why="request without its answer", parent=identity)]

    def _record(self, record: Mapping[str, Any]) -> list[Found]:
        request = _body(record.get("request"))
        if not request:
            request = record
            if "messages" not in record and "prompt" not in record and "input" not in record:
                names = (string(record.get(key)) for key in _TARGETS)
                request = next((self._requests.pop(name) for name in names if name in self._requests), record)
        response = record if "choices" in record else first(record, *_ANSWERS)
        if record.get("object") == "response":
            response = record
        notes: list[str] = []
        if isinstance(response, str):
            inner = decoded(response)
            response = inner if isinstance(inner, dict) and _is_completion(inner) else response
        if isinstance(response, list) and response and all(isinstance(item, dict) and "choices" in item for item in response):
            stream, ended = StreamedAnswer(), False
            for item in response:
                ended = stream.add(item)
            if not ended:
                note(stream.notes, "unfinished")
            response, notes = stream.completion(), stream.notes
        found: list[Found] = [self._entry(record, request, response, notes)]
        if isinstance(found[0], LogEntry) and _is_rated(record):
            found.append(_feedback(record, found[0].id))
        return found

    def _entry(self, record: Mapping[str, Any], request: Mapping[str, Any], response: Any, notes: list[str]) -> Found:
        """The entry of a request and its answer; ``record`` is what stands around them."""
        body: Mapping[str, Any] = response if isinstance(response, dict) else {}
        body = mapping(body["body"]) if "body" in body else body
        turns = _asked(request, notes)
        output = _output(body) if body else response
        if response is None and request is record and turns and turns[-1].role == "assistant":
            output = turns.pop().text
        answer = answer_of(output, notes)
        time = time_of(first(body, "created", "created_at") or first(record, *_TIMES), notes)
        outer = string(first(record, "request_id", "id"))
        identity = string(body.get("id")) or string(first(record, "completion_id", "response_id")) or outer
        metadata = mapping(record.get("metadata"))
        trace = string(first(record, *_TRACES) or first(metadata, *_TRACES) or first(request, *_TRACES))
        user = first(request, "user", "safety_identifier") or first(record, "user", "user_id") or metadata.get("user_id")
        return answered(
            LogEntry(
                id=identity or made_id(trace, *(turn.text for turn in turns), answer, time),
                trace=trace,
                parent=outer if outer != identity else "",
                time=time,
                model=string(body.get("model") or first(request, "model") or record.get("model")),
                user=string(user),
                turns=turns,
                answer=answer,
                error=_error(record, response),
                finish=_finish(body),
                corrected="" if _is_rated(record) else answer_of(first(record, *_CORRECTIONS), []),
                notes=notes,
                licence=string(first(record, "licence", "license")),
                train_ok=boolean(record.get("train_ok")),
            )
        )


def _is_rated(record: Mapping[str, Any]) -> bool:
    return any(record.get(key) is not None for key in _RATINGS)


def _body(value: Any) -> Mapping[str, Any]:
    request = mapping(value)
    return mapping(request["body"]) if "body" in request else request


def _is_completion(value: Mapping[str, Any]) -> bool:
    return "choices" in value or "output" in value or "body" in value or "error" in value


def _asked(request: Mapping[str, Any], notes: list[str]) -> list[Turn]:
    """What the model was asked: messages, or a prompt; instructions before them."""
    instructions = first(request, "instructions", "system")
    turns = turns_of(instructions, notes, "system") if instructions else []
    return turns + turns_of(first(request, "messages", "prompt", "input"), notes)


def _output(body: Mapping[str, Any]) -> Any:
    """What holds the answer within a completion or a response."""
    if body.get("choices"):
        return {"choices": body["choices"]}
    if isinstance(body.get("output"), list):
        return body["output"]
    return first(body, "output_text", "output", "content", "text", "message", "answer")


def _finish(body: Mapping[str, Any]) -> str:
    choices = objects(body.get("choices"))
    if choices:
        return string(choices[0].get("finish_reason"))
    reason = mapping(body.get("incomplete_details")).get("reason")
    return string(reason or body.get("status") or body.get("finish_reason") or body.get("stop_reason"))


def _error(record: Mapping[str, Any], response: Any) -> str:
    """The error beside the answer or in its place; a status of 400 or more is one."""
    body = mapping(response) if isinstance(response, dict) else {}
    inner = mapping(body.get("body"))
    error = error_text(record.get("error")) or error_text(body.get("error")) or error_text(inner.get("error"))
    status = number(first(body, "status_code") or first(record, "status_code", "status"))
    return error or (f"status {status:.0f}" if status is not None and 400 <= status < 600 else "")


def _feedback(record: Mapping[str, Any], target: str) -> Found:
    """A row of feedback on a completion, or the feedback beside one."""
    own = "" if target else string(record.get("feedback_id"))
    target = target or string(first(record, *_TARGETS) or first(record, *_TRACES))
    if not target:
        return Unread(why=f"feedback: expected one of {', '.join(_TARGETS)}, found none of them")
    given = {key: record[key] for key in _RATINGS if record.get(key) is not None}
    name, value = next(iter(given.items()), ("correction", None))
    inner = value if isinstance(value, dict) else {}
    value = first(inner, *_RATINGS, "value", "label") if inner else value
    score = number(given.get("score")) if number(value) is None else number(value)
    return Feedback(
        target=target,
        name=string(first(record, "name", "feedback_name")) or name,
        score=score,
        label=json_text(value) if score is None or (isinstance(value, str) and number(value) is None) else "",
        comment=json_text(first(record, "comment", "reason") or inner.get("comment")),
        correction=answer_of(first(record, *_CORRECTIONS) or first(inner, *_CORRECTIONS), []),
        time=time_of(first(record, *_TIMES), []),
        user=string(first(record, "user", "user_id")),
        id=own,
    )
