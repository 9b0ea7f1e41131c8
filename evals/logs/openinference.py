"""OpenInference spans: OTLP exports, Phoenix's spans and rows of its data frames, and annotations.

Covers flat attributes (``llm.input_messages.0.message.content``), lists and nested objects of them, ``input.value`` and
``output.value`` where there are no messages, and feedback on spans, traces and sessions: rows of annotations, annotations within
a span. Does not cover retrieved documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from evals.logs.base import Feedback, Found, LogEntry, Other, Turn, Unread
from evals.logs.messages import answer_of, turn_of, turns_of
from evals.logs.otlp import OtlpItem, indexed, is_envelope, span_error, spans_in
from evals.logs.roots import Roots
from evals.logs.values import answered, decoded_cell, first, json_text, made_id, mapping, note, number, objects, string, time_of

_KIND = "openinference.span.kind"
_KINDS = frozenset(
    ("chain", "tool", "agent", "retriever", "reranker", "embedding", "guardrail", "evaluator", "prompt", "decision", "unknown")
)
_WHOLE = frozenset({"chain", "agent"})
_INPUT, _OUTPUT = "llm.input_messages", "llm.output_messages"
_NAMES = ("name", "annotation_name", "annotation.name", "evaluation.name", "eval_name")


class OpenInferenceLog:
    """Reads spans with OpenInference's attributes and annotations on them."""

    def __init__(self) -> None:
        self._roots = Roots()

    @staticmethod
    def looks_like(record: Mapping[str, Any]) -> bool:
        """Whether a span in it has a kind of OpenInference's, or it is an annotation."""
        if "annotator_kind" in record or f"attributes.{_KIND}" in record:
            return True
        if "span_kind" in record and ("context.span_id" in record or "context" in record):
            return True
        return any(_KIND in span.attributes or "openinference" in span.attributes for span in spans_in(record))

    def read(self, record: Mapping[str, Any]) -> Iterable[Found]:
        """Spans with the annotations in them, or one annotation."""
        found: list[Found] = []
        for span in spans_in(record):
            parts = list(_span(span))
            if isinstance(parts[0], LogEntry):
                self._roots.generation(parts[0].trace)
            elif _kind_of(span) in _WHOLE and not span.parent and span.trace and _at(span.attributes, "output.value"):
                self._roots.root(_entry(span))
            found += parts
        if found:
            return found
        if is_envelope(record):
            return [Other(why="empty export")]
        return [_annotation(record, "")]

    def close(self) -> Iterable[Found]:
        """Root spans with question and answer in whose trace no span of a model was found."""
        return self._roots.close()


def _span(span: OtlpItem) -> Iterator[Found]:
    if "attributes" not in span.raw:  # a row of a data frame
        columns = {key[11:]: value for key, value in span.raw.items() if key.startswith("attributes.") and value is not None}
        columns = {key: value if "." in key else decoded_cell(value) for key, value in columns.items()}
        span.attributes = {**columns, **span.attributes}
    kind = _kind_of(span)
    if kind == "llm" or (not kind and _has_messages(span.attributes)):
        yield answered(_entry(span))
    else:
        why = f"{kind} span" if kind in _KINDS else "other span"
        yield Other(why=why, id=span.id, trace=span.trace, parent=span.parent)
    yield from _feedback_of(span)


def _kind_of(span: OtlpItem) -> str:
    return string(first(span.attributes, _KIND) or span.raw.get("span_kind") or _at(span.attributes, _KIND)).lower()


def _has_messages(attributes: Mapping[str, Any]) -> bool:
    return any(key.startswith((_INPUT, _OUTPUT)) for key in attributes)


def _at(attributes: Mapping[str, Any], name: str) -> Any:
    """The value of an attribute, also where dots became nested objects."""
    value = attributes.get(name)
    if value is not None:
        return value
    value = attributes
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _entry(span: OtlpItem) -> LogEntry:
    attributes = span.attributes
    notes: list[str] = []
    turns = [turn for message in _messages(attributes, _INPUT) if (turn := _turn(message, notes, "user")) is not None]
    if not turns:
        asked = first({"": _at(attributes, "input.value"), "p": _at(attributes, "llm.prompts")}, "", "p")
        turns = turns_of(asked, notes)
    outputs = _messages(attributes, _OUTPUT)
    if len(outputs) > 1:
        note(notes, "choice")
    turn = _turn(outputs[0], notes, "assistant") if outputs else None
    answer = answer_of(_at(attributes, "output.value"), notes) if turn is None else turn.text
    time = time_of(span.time, notes)
    session = string(_at(attributes, "session.id"))
    return LogEntry(
        id=span.id or made_id(span.trace, *(turn.text for turn in turns), answer, time),
        trace=span.trace or session,
        parent=span.parent or session,
        time=time,
        model=string(_at(attributes, "llm.model_name")),
        user=string(_at(attributes, "user.id")),
        turns=turns,
        answer=answer,
        error=span_error(span, answered=bool(answer)),
        finish=_finish(attributes),
        notes=notes,
    )


def _finish(attributes: Mapping[str, Any]) -> str:
    """The finish reason: of its attribute, else of the raw output where that is a completion."""
    reason = string(_at(attributes, "llm.finish_reason"))
    output = attributes.get("output.value")
    if reason or type(output) is not str or '"finish_reason"' not in output:
        return reason
    choices = objects(mapping(output).get("choices"))
    return string(choices[0].get("finish_reason")) if choices else ""


def _messages(attributes: Mapping[str, Any], name: str) -> list[Any]:
    """The messages under a name: a list, JSON text of one, nested objects, or flat attributes with numbers."""
    value = attributes.get(name)
    if value in (None, "") and "llm" in attributes:
        value = _at(attributes, name)
    value = decoded_cell(value)
    return value if isinstance(value, list) else indexed(attributes, f"{name}.")


def _turn(message: Any, notes: list[str], default: str) -> Turn | None:
    if not isinstance(message, dict):
        return turn_of(message, notes, default)
    body = _inner(message, "message")
    plain: dict[str, Any] = {"role": body.get("role") or default, "content": body.get("content")}
    parts = body.get("contents")
    if isinstance(parts, list) and parts:
        plain["content"] = [_inner(part, "message_content") if isinstance(part, dict) else part for part in parts]
    calls = body.get("tool_calls")
    if isinstance(calls, list) and calls:
        plain["tool_calls"] = [_call(_inner(call, "tool_call")) for call in calls if isinstance(call, dict)]
    elif body.get("function_call_name"):
        plain["tool_calls"] = [{"name": body["function_call_name"], "arguments": body.get("function_call_arguments_json")}]
    return turn_of(plain, notes, default)


def _call(call: Mapping[str, Any]) -> Mapping[str, Any]:
    function = call.get("function")
    if isinstance(function, dict):
        return function
    return {"name": call.get("function.name"), "arguments": call.get("function.arguments")}


def _inner(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What stands under a name, as one object or as keys with that prefix."""
    inner = value.get(name)
    if isinstance(inner, dict):
        return inner
    prefix, start = f"{name}.", len(name) + 1
    held = {key[start:]: item for key, item in value.items() if key.startswith(prefix)}
    return held or value


def _feedback_of(span: OtlpItem) -> Iterator[Found]:
    """Annotations within a span: on it, its trace or its session."""
    listed = span.raw.get("annotations")
    if isinstance(listed, dict):
        listed = [{"name": name, **value} for name, value in listed.items() if isinstance(value, dict)]
    for item in objects(listed):
        yield _annotation(item, span.id)
    targets = {"": span.id, "trace.": span.trace, "session.": string(_at(span.attributes, "session.id"))}
    if any("annotations" in key or "evaluations" in key for key in span.attributes):
        for scope, target in targets.items():
            for many, one in (("annotations", "annotation"), ("evaluations", "evaluation")):
                for item in indexed(span.attributes, f"{scope}{many}."):
                    yield _annotation(_inner(item, one) if isinstance(item, dict) else {}, target)


def _annotation(row: Mapping[str, Any], target: str) -> Found:
    """One annotation as feedback; ``target`` is the id that it is on where the row itself names none."""
    target = string(first(row, "span_id", "context.span_id", "trace_id", "session_id")) or target
    inner = row.get("result")
    result: Mapping[str, Any] = inner if isinstance(inner, dict) else _inner(row, "result")
    label, score = result.get("label"), number(result.get("score"))
    comment = json_text(first(result, "explanation") or row.get("explanation"))
    if not target or (label is None and score is None and not comment):
        keys = ", ".join(sorted(row)[:8])
        return Unread(why=f"expected a span, or an annotation with span_id and label or score, found keys {keys:.200}")
    return Feedback(
        target=target,
        name=string(first(row, *_NAMES)) or "annotation",
        score=score,
        label=json_text(label),
        comment=comment,
        time=time_of(first(row, "created_at", "updated_at"), []),
        user=string(first(row, "user_id", "identifier", "annotation.identifier")),
        id=string(row.get("id")),
    )
