"""OTLP in JSON: spans and log records out of their envelopes, attributes as plain values, errors of spans.

Covers the protobuf mapping in camelCase and snake_case, envelopes and bare spans a line, the Python SDK's console form
(``context``, ISO times, flat attributes), Logfire's rows. Nothing here raises. Does not cover what attributes mean (see
``evals.logs.otel`` and ``evals.logs.openinference``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evals.logs.values import first, joined_error, json_text, mapping, objects, string

_VALUES = ("stringValue", "intValue", "doubleValue", "boolValue", "arrayValue", "kvlistValue", "bytesValue")
_SNAKE = ("string_value", "int_value", "double_value", "bool_value", "array_value", "kvlist_value", "bytes_value")
_FORM = {**{name: name for name in _VALUES}, **dict(zip(_SNAKE, _VALUES, strict=True))}
_SPAN_ENVELOPES = (("resourceSpans", "scopeSpans", "spans"), ("resource_spans", "scope_spans", "spans"))
_LOG_ENVELOPES = (("resourceLogs", "scopeLogs", "logRecords"), ("resource_logs", "scope_logs", "log_records"))
_DEEPEST = 40
_OK, _ERROR = frozenset({"1", "OK", "STATUS_CODE_OK"}), frozenset({"2", "ERROR", "STATUS_CODE_ERROR"})


@dataclass(slots=True, kw_only=True)
class OtlpItem:
    """A span, an event of a span or a log record; ``time`` as it stands there (nanoseconds or ISO text)."""

    id: str
    trace: str
    parent: str
    name: str
    time: Any
    attributes: Mapping[str, Any]
    raw: Mapping[str, Any]


def plain(value: Any, depth: int = 0) -> Any:
    """The plain value of an OTLP ``AnyValue``; anything else as it is."""
    if type(value) is not dict or len(value) != 1 or depth > _DEEPEST:
        return value
    key, inner = next(iter(value.items()))
    form = _FORM.get(key)
    if form is None or form == "stringValue":
        return value if form is None else inner
    if form == "intValue":
        return int(inner) if isinstance(inner, str) and inner.lstrip("-").isdecimal() and len(inner) < 20 else inner
    if form == "arrayValue" or form == "kvlistValue":
        values = inner.get("values") if isinstance(inner, dict) else inner
        if form == "kvlistValue":
            return attributes_of(values, depth + 1)
        return [plain(item, depth + 1) for item in values] if isinstance(values, list) else []
    return inner


def attributes_of(value: Any, depth: int = 0) -> dict[str, Any]:
    """Attributes as a plain dict: from a list of keys and values, an object, or JSON text of either."""
    if type(value) is list:
        found: dict[str, Any] = {}
        for pair in value:
            if type(pair) is dict:
                key, held = pair.get("key"), pair.get("value")
                if type(key) is str:
                    text = held.get("stringValue") if type(held) is dict else None
                    found[key] = text if type(text) is str else plain(held, depth)
        return found
    if type(value) is dict:
        return value
    return dict(mapping(value))


def is_envelope(record: Mapping[str, Any]) -> bool:
    """Whether a record is an export of OTLP with resources in it."""
    return any(key in record for key in ("resourceSpans", "resource_spans", "resourceLogs", "resource_logs"))


def spans_in(record: Mapping[str, Any]) -> Iterator[OtlpItem]:
    """The spans of an envelope, or the one bare span that the record is."""
    yield from map(span_of, _inside(record, _SPAN_ENVELOPES))
    if not is_envelope(record) and is_span(record):
        yield span_of(record)


def logs_in(record: Mapping[str, Any]) -> Iterator[OtlpItem]:
    """The log records of an envelope, or the one bare log record that the record is."""
    yield from map(log_of, _inside(record, _LOG_ENVELOPES))
    if not is_envelope(record) and is_log(record):
        yield log_of(record)


def _inside(record: Mapping[str, Any], envelopes: tuple[tuple[str, str, str], ...]) -> Iterator[Mapping[str, Any]]:
    for outer, middle, inner in envelopes:
        if outer not in record:
            continue
        for resource in objects(record[outer]):
            for scope in objects(first(resource, middle, "instrumentationLibrarySpans", "instrumentation_library_spans")):
                yield from objects(scope.get(inner))


def is_span(record: Mapping[str, Any]) -> bool:
    """Whether a record is one bare span: an id, and a start or a parent."""
    context = record.get("context")
    context = context if isinstance(context, dict) else record
    if not ("spanId" in record or "span_id" in context or "context.span_id" in record or "spanId" in context):
        return False
    return any(
        key in record
        for key in ("startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime", "start_timestamp", "parent_id")
    )


def is_log(record: Mapping[str, Any]) -> bool:
    """Whether a record is one bare log record: a body or an event's name, with a time or severity."""
    if not ("body" in record or "eventName" in record or "event_name" in record):
        return False
    times = ("timeUnixNano", "time_unix_nano", "observedTimeUnixNano", "timestamp", "severity_number")
    return any(key in record for key in times)


def span_of(raw: Mapping[str, Any]) -> OtlpItem:
    """A span with its ids, name, start and attributes."""
    context = raw.get("context")
    context = context if isinstance(context, dict) else raw
    return OtlpItem(
        id=_id(raw.get("spanId") or first(context, "span_id", "spanId", "context.span_id")),
        trace=_id(raw.get("traceId") or first(context, "trace_id", "traceId", "context.trace_id")),
        parent=_id(raw.get("parentSpanId") or first(raw, "parent_span_id", "parent_id", "parentId")),
        name=string(first(raw, "name", "span_name")),
        time=raw.get("startTimeUnixNano") or first(raw, "start_time_unix_nano", "start_time", "startTime", "start_timestamp"),
        attributes=attributes_of(raw.get("attributes")),
        raw=raw,
    )


def log_of(raw: Mapping[str, Any]) -> OtlpItem:
    """A log record as an event: its name from the record or its attributes; ``id`` is that of the span it belongs to."""
    attributes = attributes_of(raw.get("attributes"))
    return OtlpItem(
        id=_id(first(raw, "spanId", "span_id")),
        trace=_id(first(raw, "traceId", "trace_id")),
        parent="",
        name=string(first(raw, "eventName", "event_name") or attributes.get("event.name")),
        time=first(raw, "timeUnixNano", "time_unix_nano", "timestamp", "observedTimeUnixNano", "observed_timestamp"),
        attributes=attributes,
        raw=raw,
    )


def events_of(span: OtlpItem) -> Iterator[OtlpItem]:
    """The events within a span."""
    for raw in objects(span.raw.get("events")):
        yield OtlpItem(
            id=span.id,
            trace=span.trace,
            parent=span.parent,
            name=string(raw.get("name")),
            time=first(raw, "timeUnixNano", "time_unix_nano", "timestamp"),
            attributes=attributes_of(raw.get("attributes")),
            raw=raw,
        )


def body_of(event: OtlpItem) -> Any:
    """The plain body of a log record."""
    return plain(event.raw.get("body"))


def _id(value: Any) -> str:
    text = value if type(value) is str else string(value)
    return text[2:] if text[:2] == "0x" else text


def span_error(span: OtlpItem, *, answered: bool) -> str:
    """The error of a span: of its status, ``error.type`` and exception events; empty where it went well.

    An exception event alone counts where there is no answer and the status is not OK: a retry may have got past it.
    """
    status = span.raw.get("status")
    status = status if isinstance(status, dict) else span.raw
    code = string(first(status, "code", "status_code", "statusCode", "otel_status_code")).upper()
    kind = json_text(span.attributes.get("error.type") or span.raw.get("exception_type"))  # the latter in a row of a table
    failed = code in _ERROR or bool(kind)
    if not failed and (answered or code in _OK or "events" not in span.raw):
        return ""
    message = json_text(
        span.raw.get("exception_message")
        or first(status, "otel_status_message", "message", "description", "status_message", "statusMessage")
    )
    for event in events_of(span):
        if event.name == "exception":
            raised = json_text(event.attributes.get("exception.type"))
            said = json_text(event.attributes.get("exception.message"))
            return joined_error(raised or kind, said or message) or "exception"
    return joined_error(kind, message) or "error" if failed else ""


def indexed(attributes: Mapping[str, Any], prefix: str) -> list[Any]:
    """The list that flat attributes ``prefix.0.a.b`` spell, as nested objects; lists within it likewise.

    Where a name is both a value and a parent of others, the others win.
    """
    tree: dict[str, Any] = {}
    start = len(prefix)
    for key, value in attributes.items():
        if key.startswith(prefix):
            *path, last = key[start:].split(".")
            node = tree
            for part in path[:_DEEPEST]:
                inner = node.get(part)
                if type(inner) is not dict:
                    inner = node[part] = {}
                node = inner
            node.setdefault(last, value)
    return _in_order(tree)


def _in_order(node: dict[str, Any]) -> list[Any]:
    numbers = sorted((key for key in node if key.isdecimal() and len(key) < 10), key=int)
    return [_nested(node[key]) for key in numbers]


def _nested(value: Any) -> Any:
    if type(value) is not dict:
        return value
    return {
        key: _in_order(inner) if type(inner) is dict and inner and next(iter(inner)).isdecimal() else _nested(inner)
        for key, inner in value.items()
    }
