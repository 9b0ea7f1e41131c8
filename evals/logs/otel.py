"""OpenTelemetry GenAI in OTLP JSON: spans and events of the semantic conventions, the current form and those before it.

Content is read from attributes (``gen_ai.input.messages``; ``gen_ai.prompt.N.content`` of OpenLLMetry), from events within a
span, and from log records, which are joined with their span by its id within a file; the join looks back over the last
10,000 spans. A span's conversation stands as ``parent`` where it has no parent span. Does not cover metrics, nor OpenInference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from evals.logs.base import Feedback, Found, LogEntry, Other, Turn, Unread
from evals.logs.dialects import in_conventions, is_dialect, spoken_turns
from evals.logs.messages import answer_of, text_of, turn_of, turns_of
from evals.logs.otlp import (
    OtlpItem,
    body_of,
    events_of,
    indexed,
    is_envelope,
    logs_in,
    span_error,
    spans_in,
)
from evals.logs.values import (
    answered,
    decoded,
    first,
    json_text,
    keep,
    made_id,
    mapping,
    note,
    number,
    objects,
    sequence,
    string,
    time_of,
)

_GENERATIONS = frozenset({"chat", "generate_content", "text_completion", "completion", "generate"})
_OTHERS = {
    "execute_tool": "tool span",
    "tool": "tool span",
    "embeddings": "embeddings span",
    "embedding": "embeddings span",
    "invoke_agent": "agent span",
    "create_agent": "agent span",
    "agent": "agent span",
    "invoke_workflow": "workflow span",
    "workflow": "workflow span",
    "task": "task span",
    "retrieval": "retrieval span",
    "rerank": "rerank span",
}
_ROLES = {f"gen_ai.{role}.message": role for role in ("system", "user", "assistant", "tool")}
_DETAILS, _CHOICE, _RESULT = "gen_ai.client.inference.operation.details", "gen_ai.choice", "gen_ai.evaluation.result"
_WHOLE = {"gen_ai.content.prompt": "gen_ai.prompt", "gen_ai.content.completion": "gen_ai.completion"}
_WINDOW = 10_000
"""Spans that wait for the log records with their content, and the other way around."""
_RESPONSES = 1_000_000
"""Responses whose span is remembered, for evaluations that name the response only."""


class _Content:
    """What has been found of one generation: the turns before the answer, the answer, its finish reason, what was left out."""

    __slots__ = ("answer", "finish", "notes", "turns")

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.answer = ""
        self.finish = ""
        self.notes: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.turns or self.answer)


class OtelLog:
    """Reads OTLP exports, one line each, and bare spans or log records a line."""

    def __init__(self) -> None:
        self._logged: dict[tuple[str, str], tuple[_Content, Any]] = {}  # content of log records whose span has not come
        self._bare: dict[tuple[str, str], LogEntry] = {}  # generations without content, as far as known
        self._spans: dict[str, str] = {}  # id of a response -> of its span

    @staticmethod
    def looks_like(record: Mapping[str, Any]) -> bool:
        """Whether a span or log record in it has a name or attributes of GenAI."""
        items = [*spans_in(record), *logs_in(record)]
        return any(
            item.name.startswith("gen_ai.") or any(_is_ours(key) for key in item.attributes) or is_dialect(item.attributes)
            for item in items
        )

    def read(self, record: Mapping[str, Any]) -> Iterable[Found]:
        """Spans and log records in the order they stand in."""
        found: list[Found] = []
        for span in spans_in(record):
            found += self._span(span)
        for event in logs_in(record):
            found += self._log(event)
        if found:
            return found
        if is_envelope(record) or "resourceMetrics" in record or "resource_metrics" in record:
            return [Other(why="metrics" if not is_envelope(record) else "empty export")]
        keys = ", ".join(sorted(map(str, record))[:8])
        return [Unread(why=f"expected resourceSpans, resourceLogs, or one span or log record a line, found keys {keys:.200}")]

    def close(self) -> Iterable[Found]:
        """Content of log records whose span never came."""
        for key in list(self._logged):
            yield self._unjoined(key)
        self._bare.clear()
        self._spans.clear()

    def _span(self, span: OtlpItem) -> Iterator[Found]:
        attributes = span.attributes = in_conventions(span.attributes)
        kind = _kind(attributes)
        for event in events_of(span) if "events" in span.raw else ():
            if event.name == _RESULT:
                yield self._feedback(event)
        if kind:
            yield Other(why=kind, id=span.id, trace=span.trace, parent=span.parent)
            return
        content = _content(span)
        key = (span.trace, span.id)
        if not content.answer and key in self._logged:
            content = self._logged.pop(key)[0]
        entry = _entry(span, content)
        response = string(attributes.get("gen_ai.response.id"))
        if response and span.id:
            keep(self._spans, response, span.id, _RESPONSES)
        found = answered(entry)
        yield found
        if isinstance(found, Other) and span.id:
            keep(self._bare, key, entry, _WINDOW)

    def _log(self, event: OtlpItem) -> Iterator[Found]:
        if event.name == _RESULT:
            yield self._feedback(event)
        elif event.name == _DETAILS:
            content = _Content()
            _from_attributes(event.attributes, content)
            yield answered(_entry(event, content))
        elif event.name in _ROLES or event.name == _CHOICE:
            yield Other(why="message event", trace=event.trace, parent=event.id)
            yield from self._message(event)
        else:
            yield Other(why="log record", trace=event.trace, parent=event.id)

    def _message(self, event: OtlpItem) -> Iterator[Found]:
        """Keeps a message with the others of its span; gives the oldest back when too many wait."""
        key = (event.trace, event.id)
        content, _ = self._logged.setdefault(key, (_Content(), event.time))
        _from_event(event, content)
        if event.name == _CHOICE and key in self._bare:
            yield self._unjoined(key)
        elif len(self._logged) > _WINDOW:
            yield self._unjoined(next(iter(self._logged)))

    def _unjoined(self, key: tuple[str, str]) -> LogEntry:
        """The entry of log records, with what is known of their span."""
        content, time = self._logged.pop(key)
        entry = self._bare.pop(key, None)
        if entry is None:
            entry = LogEntry(id=key[1], trace=key[0], time=time_of(time, content.notes))
        entry.turns, entry.answer, entry.notes = content.turns, content.answer, [*entry.notes, *content.notes]
        entry.finish = entry.finish or content.finish
        entry.id = entry.id or made_id(entry.trace, *(turn.text for turn in entry.turns), entry.answer, entry.time)
        return entry

    def _feedback(self, event: OtlpItem) -> Found:
        """A result of an evaluation: of the span that it is attached to, else of the response that it names."""
        values = event.attributes
        response = string(values.get("gen_ai.response.id"))
        target = event.id or self._spans.get(response) or response or event.trace
        if not target:
            return Unread(why=f"{_RESULT} without a span id and without gen_ai.response.id: nothing says what was evaluated")
        return Feedback(
            target=target,
            name=string(values.get("gen_ai.evaluation.name")) or "evaluation",
            score=number(values.get("gen_ai.evaluation.score.value")),
            label=json_text(values.get("gen_ai.evaluation.score.label")),
            comment=json_text(values.get("gen_ai.evaluation.explanation")),
            time=time_of(event.time, []),
        )


def _is_ours(key: str) -> bool:
    return key.startswith(("gen_ai.", "traceloop.", "llm.request.type"))


def _kind(attributes: Mapping[str, Any]) -> str:
    """Empty for a generation, otherwise what the span is instead."""
    operation = first(attributes, "gen_ai.operation.name", "llm.request.type", "traceloop.span.kind")
    if isinstance(operation, str):
        return "" if operation in _GENERATIONS else _OTHERS.get(operation, "other span")
    generates = (
        "gen_ai.request.model",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.prompt",
        "gen_ai.prompt.0.content",
    )
    return "" if any(key in attributes for key in generates) else "other span"


def _entry(item: OtlpItem, content: _Content) -> LogEntry:
    attributes, notes = item.attributes, content.notes
    time = time_of(item.time, notes)
    identity = item.id or string(attributes.get("gen_ai.response.id"))
    if not identity:
        identity = made_id(item.trace, *(turn.text for turn in content.turns), content.answer, time)
    reasons = sequence(attributes.get("gen_ai.response.finish_reasons"))
    return LogEntry(
        id=identity,
        trace=item.trace or string(attributes.get("gen_ai.conversation.id")),
        parent=item.parent or string(attributes.get("gen_ai.conversation.id")),
        time=time,
        model=string(first(attributes, "gen_ai.response.model", "gen_ai.request.model")),
        user=string(first(attributes, "user.id", "enduser.id", "traceloop.association.properties.user_id")),
        turns=content.turns,
        answer=content.answer,
        error=span_error(item, answered=bool(content.answer)),
        finish=content.finish or (string(reasons[0]) if reasons else ""),
        notes=notes,
    )


def _content(span: OtlpItem) -> _Content:
    """Content of a span, from the newest form that it has."""
    content = _Content()
    _from_attributes(span.attributes, content)
    if not content and "events" in span.raw:
        for event in events_of(span):
            _from_event(event, content)
    if not content and "events" in span.attributes:  # Logfire and Pydantic AI: events as JSON text
        for body in objects(span.attributes["events"]):
            name = string(body.get("event.name"))
            _from_event(replace(span, name=name, attributes={}, raw={"body": body}), content)
    return content


def _from_attributes(attributes: Mapping[str, Any], content: _Content) -> None:
    notes = content.notes
    system = attributes.get("gen_ai.system_instructions")
    if system is not None:
        inner = decoded(system) if isinstance(system, str) else system
        text = text_of(system if inner is None else inner, notes)
        if text:
            content.turns.append(Turn(role="system", text=text))
    asked = first(attributes, "gen_ai.input.messages", "gen_ai.prompt")
    if asked is not None:
        content.turns += turns_of(asked, notes)
    elif "gen_ai.prompt.0.content" in attributes or "gen_ai.prompt.0.role" in attributes:
        content.turns += turns_of(indexed(attributes, "gen_ai.prompt."), notes)
    output = first(attributes, "gen_ai.output.messages", "gen_ai.completion")
    if isinstance(output, str):
        inner = decoded(output)
        output = output if inner is None else inner
    if output is None and any(key.startswith("gen_ai.completion.0.") for key in attributes):
        output = indexed(attributes, "gen_ai.completion.")
    if output is not None:
        _choices(output, content)


def _choices(output: Any, content: _Content) -> None:
    """The first of the messages that a model answered with: each is a choice."""
    if isinstance(output, list) and output and isinstance(output[0], dict):
        if len(output) > 1:
            note(content.notes, "choice")
        turn = turn_of(output[0], content.notes, "assistant")
        content.answer = "" if turn is None else turn.text
        content.finish = string(output[0].get("finish_reason"))
    else:
        content.answer = answer_of(output, content.notes)


def _from_event(event: OtlpItem, content: _Content) -> None:
    """One event's part of the content: a message, a choice, or all of it."""
    if event.name == _DETAILS:
        _from_attributes(event.attributes, content)
        return
    if event.name in _WHOLE:
        held = event.attributes.get(_WHOLE[event.name])
        if event.name.endswith("prompt"):
            spoken = spoken_turns(held) if isinstance(held, str) else None
            content.turns += turns_of(held, content.notes) if spoken is None else spoken
        else:
            content.answer = answer_of(held, content.notes)
        return
    role = _ROLES.get(event.name)
    if role is None and event.name != _CHOICE:
        return
    body = body_of(event) or event.attributes.get("gen_ai.event.content") or event.attributes
    message = mapping(body) or {"content": body}
    if role is not None:
        turn = turn_of({**message, "role": message.get("role") or role}, content.notes, role)
        if turn is not None:
            content.turns.append(turn)
        return
    inner = message.get("message")
    inner = inner if inner is not None else message
    turn = turn_of(
        {"role": "assistant", **mapping(inner)} if mapping(inner) else {"role": "assistant", "content": inner}, content.notes
    )
    if content.answer or string(message.get("index")) not in ("", "0"):
        note(content.notes, "choice")
    elif turn is not None:
        content.answer = turn.text
    content.finish = content.finish or string(message.get("finish_reason"))
