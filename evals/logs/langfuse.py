"""Langfuse exports: observations, traces with what is embedded in them, scores and dataset items.

Covers camelCase (API, downloads) and snake_case (blob storage), input and output as text, messages, objects or JSON text of
them. A generation is an entry; other observations are not, but feedback on them finds the generations within, and a trace is one
where its file has none of its generations. A
dataset item's expected output is the correction of the observation or trace that it was made of. Does not cover prompts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from evals.logs.base import Feedback, Found, LogEntry, Other, Unread
from evals.logs.messages import answer_of, turns_of
from evals.logs.roots import Roots
from evals.logs.values import (
    answered,
    decoded,
    decoded_cell,
    error_text,
    first,
    json_text,
    made_id,
    mapping,
    number,
    objects,
    string,
    time_of,
)

_OBSERVATIONS = frozenset(
    ("generation", "span", "event", "agent", "tool", "chain", "retriever", "evaluator", "embedding", "guardrail")
)
_OF_TRACES = ("bookmarked", "sessionId", "tags", "environment", "release", "version", "public", "observationCount", "latency")
_SCORES = frozenset({"NUMERIC", "CATEGORICAL", "BOOLEAN", "CORRECTION", "TEXT"})
_EXPECTED = ("expectedOutput", "expected_output")
_TRACE_KEYS = ("sessionId", "session_id", "htmlPath", "userId", "user_id", "timestamp", "observations", "scores", "projectId")


class LangfuseLog:
    """Reads one record of any of Langfuse's exports."""

    def __init__(self) -> None:
        self._roots = Roots()

    @staticmethod
    def looks_like(record: Mapping[str, Any]) -> bool:
        """Whether it has keys that only Langfuse writes."""
        if "parentObservationId" in record or "parent_observation_id" in record or "observationId" in record:
            return True
        if string(record.get("type")).lower() in _OBSERVATIONS and ("traceId" in record or "trace_id" in record):
            return "startTime" in record or "start_time" in record
        if string(first(record, "dataType", "data_type")) in _SCORES:
            return True
        if any(key in record for key in _EXPECTED) and ("datasetId" in record or "dataset_id" in record or _source(record)):
            return True
        rows = record.get("data") if "meta" in record else record.get("observations")
        if "id" in record and "timestamp" in record and "input" in record and sum(key in record for key in _OF_TRACES) >= 3:
            return True
        return "htmlPath" in record or any(LangfuseLog.looks_like(row) for row in objects(rows)[:3] if row is not record)

    def read(self, record: Mapping[str, Any]) -> Iterable[Found]:
        """The record, and the observations and scores within it."""
        if isinstance(record.get("data"), list) and "meta" in record:
            found = [item for row in objects(record["data"]) for item in self._read(row)] or [Other(why="empty page")]
        else:
            found = list(self._read(record))
        for item in found:
            if isinstance(item, LogEntry):
                self._roots.generation(item.trace)
        return found

    def close(self) -> Iterable[Found]:
        """Traces with question and answer in which no generation was found."""
        return self._roots.close()

    def _read(self, record: Mapping[str, Any]) -> Iterator[Found]:
        yield from _read(record)
        trace = {**record, **mapping(record.get("trace"))}
        if _is_trace(record) and trace.get("input") and trace.get("output"):
            self._roots.root(_root(trace))


def _is_trace(record: Mapping[str, Any]) -> bool:
    kind = string(record.get("type")).lower()
    if kind in _OBSERVATIONS or _is_score(record) or any(key in record for key in _EXPECTED):
        return False
    return isinstance(record.get("trace"), dict) or bool(record.get("id") and any(key in record for key in _TRACE_KEYS))


def _read(record: Mapping[str, Any]) -> Iterator[Found]:
    kind = record.get("type")
    if isinstance(kind, str) and kind.lower() in _OBSERVATIONS:
        yield _observation(record, kind.lower(), {})
    elif _is_score(record):
        yield _score(record)
    elif any(key in record for key in _EXPECTED):
        yield _item(record)
    elif isinstance(record.get("trace"), dict):
        yield from _trace({**record, **record["trace"]})
    elif record.get("id") and any(key in record for key in _TRACE_KEYS):
        yield from _trace(record)
    else:
        keys = ", ".join(sorted(record)[:8])
        yield Unread(why=f"expected an observation, trace, score or dataset item of Langfuse, found keys {keys:.200}")


def _observation(record: Mapping[str, Any], kind: str, trace: Mapping[str, Any]) -> Found:
    identity = string(record.get("id"))
    trace_id = string(first(record, "traceId", "trace_id") or trace.get("id"))
    parent = string(first(record, "parentObservationId", "parent_observation_id"))
    if kind != "generation":
        return Other(why=f"{kind} observation", id=identity, trace=trace_id, parent=parent)
    notes: list[str] = []
    output = record.get("output")
    turns = turns_of(_unquoted(record.get("input")), notes)
    answer = answer_of(_unquoted(output), notes)
    time = time_of(first(record, "startTime", "start_time"), notes)
    session = first(record, "sessionId", "session_id") or first(trace, "sessionId", "session_id")
    return answered(
        LogEntry(
            id=identity or made_id(trace_id, *(turn.text for turn in turns), answer, time),
            trace=trace_id,
            parent=parent or string(session),
            time=time,
            model=string(first(record, "model", "providedModelName", "provided_model_name", "modelId")),
            user=string(first(record, "userId", "user_id") or first(trace, "userId", "user_id")),
            turns=turns,
            answer=answer,
            error=_error(record),
            finish=_finish(output),
            notes=notes,
        )
    )


def _root(trace: Mapping[str, Any]) -> LogEntry:
    """A trace as the answer to its question."""
    notes: list[str] = []
    identity = string(trace.get("id"))
    return LogEntry(
        id=identity,
        trace=identity,
        parent=string(first(trace, "sessionId", "session_id")),
        time=time_of(first(trace, "timestamp", "createdAt", "created_at"), notes),
        user=string(first(trace, "userId", "user_id")),
        turns=turns_of(_unquoted(trace.get("input")), notes),
        answer=answer_of(_unquoted(trace.get("output")), notes),
        error="error" if string(trace.get("level")).upper() == "ERROR" else "",
        notes=notes,
    )


def _unquoted(value: Any) -> Any:
    """Text that a CSV export wrote as JSON text, decoded; seen by its escapes, since somebody's text may stand in quotes."""
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"' and "\\" in value and "\n" not in value:
        try:
            inner = orjson.loads(value)
        except ValueError:
            return value
        return inner if isinstance(inner, str) else value
    return value


def _error(record: Mapping[str, Any]) -> str:
    if string(record.get("level")).upper() != "ERROR":
        return ""
    return error_text(first(record, "statusMessage", "status_message")) or "error"


def _finish(output: Any) -> str:
    if type(output) is str:
        output = decoded(output) if '"finish_reason"' in output else None
    if not isinstance(output, dict):
        return ""
    choices = objects(output.get("choices"))
    return string(choices[0].get("finish_reason") if choices else output.get("finish_reason"))


def _trace(record: Mapping[str, Any]) -> Iterator[Found]:
    identity = string(record.get("id"))
    yield Other(why="trace", id=identity, trace=identity, parent=string(first(record, "sessionId", "session_id")))
    for row in objects(record.get("observations")):
        kind = string(row.get("type")).lower()
        yield _observation(row, kind if kind in _OBSERVATIONS else "other", record)
    scores = decoded_cell(record.get("scores"))
    for row in objects(scores):
        yield _score(row, identity)
    for name, values in scores.items() if isinstance(scores, dict) else ():  # of a table's export: values by name
        for value in values if isinstance(values, list) else [values]:
            score = number(value)
            label = json_text(value) if score is None or isinstance(value, bool) else ""
            yield Feedback(target=identity, name=str(name) or "score", score=score, label=label)


def _is_score(record: Mapping[str, Any]) -> bool:
    if string(first(record, "dataType", "data_type")) in _SCORES:
        return True
    valued = any(key in record for key in ("value", "stringValue", "string_value"))
    return (
        valued and "name" in record and any(key in record for key in ("traceId", "trace_id", "observationId", "observation_id"))
    )


def _score(record: Mapping[str, Any], trace: str = "") -> Found:
    """A score as feedback. The number of a categorical one is only its place among the categories, so the label stands alone."""
    target = string(
        first(record, "observationId", "observation_id", "traceId", "trace_id", "sessionId", "session_id", "datasetRunId")
    )
    name, kind = string(record.get("name")), string(first(record, "dataType", "data_type"))
    if not (target or trace):
        return Unread(why=f"score {name!r:.60}: expected observationId, traceId or sessionId, found none of them")
    value, text = record.get("value"), first(record, "stringValue", "string_value", "longStringValue", "long_string_value")
    said = json_text(value if text is None and isinstance(value, (str, dict, list)) else text)
    score = number(value) if kind not in ("CATEGORICAL", "CORRECTION", "TEXT") else None
    is_label = kind != "CORRECTION" and kind != "TEXT" and not (kind in ("", "NUMERIC") and score is not None and text is None)
    comment = json_text(record.get("comment"))
    return Feedback(
        target=target or trace,
        name=name or "score",
        score=score,
        label=said if is_label else "",
        comment=f"{said}\n{comment}".strip() if kind == "TEXT" else comment,
        correction=said if kind == "CORRECTION" else "",
        time=time_of(first(record, "timestamp", "createdAt", "created_at"), []),
        user=string(first(record, "authorUserId", "author_user_id")),
        id=string(record.get("id")),
    )


def _source(record: Mapping[str, Any]) -> str:
    return string(first(record, "sourceObservationId", "source_observation_id", "sourceTraceId", "source_trace_id"))


def _item(record: Mapping[str, Any]) -> Found:
    """A dataset item: the correction of its source, or an example by itself where it has none."""
    identity = string(record.get("id"))
    if string(record.get("status")).upper() == "ARCHIVED":
        return Other(why="archived dataset item", id=identity)
    notes: list[str] = []
    expected = answer_of(first(record, *_EXPECTED), notes)
    time = time_of(first(record, "updatedAt", "updated_at", "createdAt", "created_at"), notes)
    if not expected:
        return Other(why="dataset item without expected output", id=identity)
    if source := _source(record):
        return Feedback(target=source, name="expected output", correction=expected, time=time, id=identity)
    turns = turns_of(record.get("input"), notes)
    if not turns:
        return Unread(why=f"dataset item {identity!r:.60}: expected input, found none, and no source that would have it")
    user = string(mapping(record.get("metadata")).get("user_id"))
    identity = identity or made_id(*(turn.text for turn in turns), expected)
    return LogEntry(id=identity, time=time, user=user, turns=turns, corrected=expected, notes=notes)
