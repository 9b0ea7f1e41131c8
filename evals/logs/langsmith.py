"""LangSmith exports: runs, with their child runs, and feedback.

Covers inputs and outputs of LangChain (messages, serialised messages, prompts, generations), of the OpenAI wrapper (choices)
and of traced functions. A run of type ``llm`` is an entry; other runs are not, but feedback on them finds those within, and
a root run is one where its file has none of its model's runs.
Statistics of feedback (``feedback_stats``) are no feedback: they do not say of which answer. Does not cover examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

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
    sequence,
    string,
    time_of,
)

_RUNS = frozenset(("chain", "tool", "retriever", "embedding", "prompt", "parser", "agent"))
_THREADS = ("thread_id", "session_id", "conversation_id")


class LangsmithLog:
    """Reads a run or a row of feedback."""

    def __init__(self) -> None:
        self._roots = Roots()

    @staticmethod
    def looks_like(record: Mapping[str, Any]) -> bool:
        """Whether it is a run with its type, or feedback on a run."""
        if "run_type" in record:
            return "inputs" in record or "outputs" in record or "trace_id" in record
        return "run_id" in record and "key" in record and ("score" in record or "value" in record or "correction" in record)

    def read(self, record: Mapping[str, Any]) -> Iterable[Found]:
        """The run with its child runs, or the feedback."""
        if "run_type" in record:
            return self._runs(record)
        if "key" in record and ("run_id" in record or "trace_id" in record):
            return [_feedback(record)]
        keys = ", ".join(sorted(record)[:8])
        return [Unread(why=f"expected a run with run_type, or feedback with run_id and key, found keys {keys:.200}")]

    def close(self) -> Iterable[Found]:
        """Root runs with question and answer below which no run of a model was found."""
        return self._roots.close()

    def _runs(self, record: Mapping[str, Any]) -> list[Found]:
        found: list[Found] = []
        waiting = [record]
        while waiting:
            run = waiting.pop()
            found.append(_run(run))
            if isinstance(found[-1], LogEntry):
                self._roots.generation(found[-1].trace)
            elif _is_root(run):
                self._roots.root(_entry(run))
            if mapping(run.get("feedback_stats")):
                found.append(Other(why="feedback statistics"))
            waiting += reversed(objects(run.get("child_runs")))
        return found


def _is_root(run: Mapping[str, Any]) -> bool:
    """Whether a run is one of an application as a whole, which may be all that was exported."""
    kind = string(run.get("run_type")).lower()
    return kind in ("chain", "agent") and not run.get("parent_run_id") and bool(run.get("trace_id"))


def _run(run: Mapping[str, Any]) -> Found:
    kind = string(run.get("run_type")).lower()
    if kind != "llm":
        why = f"{kind} run" if kind in _RUNS else "other run"
        return Other(
            why=why, id=string(run.get("id")), trace=string(run.get("trace_id")), parent=string(run.get("parent_run_id"))
        )
    return answered(_entry(run))


def _entry(run: Mapping[str, Any]) -> LogEntry:
    identity, trace = string(run.get("id")), string(run.get("trace_id"))
    parent = string(run.get("parent_run_id"))
    notes: list[str] = []
    inputs, outputs = (decoded_cell(run.get(key)) for key in ("inputs", "outputs"))  # JSON text in a bulk export
    turns = turns_of(inputs, notes)
    answer = answer_of(outputs, notes)
    time = time_of(run.get("start_time"), notes)
    extra = mapping(run.get("extra"))
    metadata = mapping(extra.get("metadata"))
    return LogEntry(
        id=identity or made_id(trace, *(turn.text for turn in turns), answer, time),
        trace=trace,
        parent=parent or string(first(metadata, *_THREADS)),
        time=time,
        model=_model(extra, metadata, mapping(outputs)),
        user=string(first(metadata, "user_id", "user", "userId")),
        turns=turns,
        answer=answer,
        error=error_text(run.get("error")),
        finish=_finish(mapping(outputs)),
        notes=notes,
    )


def _model(extra: Mapping[str, Any], metadata: Mapping[str, Any], outputs: Mapping[str, Any]) -> str:
    model = first(metadata, "ls_model_name", "model_name", "model")
    if model is None:
        model = first(mapping(extra.get("invocation_params")), "model", "model_name")
    if model is None:
        model = first(mapping(outputs.get("llm_output")), "model_name", "model") or outputs.get("model")
    return string(model)


def _finish(outputs: Mapping[str, Any]) -> str:
    """The finish reason of the first choice or generation."""
    choices = objects(outputs.get("choices"))
    if choices:
        return string(choices[0].get("finish_reason"))
    generations = sequence(outputs.get("generations"))
    generation = generations[0] if generations else None
    generation = generation[0] if isinstance(generation, list) and generation else generation
    if not isinstance(generation, dict):
        return ""
    info = mapping(generation.get("generation_info"))
    if not info:
        message = mapping(generation.get("message"))
        info = mapping((mapping(message.get("kwargs")) or message).get("response_metadata"))
    return string(first(info, "finish_reason", "stop_reason"))


def _feedback(row: Mapping[str, Any]) -> Found:
    target = string(first(row, "run_id", "trace_id"))
    name = string(row.get("key"))
    if not target:
        return Unread(why=f"feedback {name!r:.60}: expected run_id or trace_id, found neither")
    value, score = row.get("value"), number(row.get("score"))
    if score is None and isinstance(value, (bool, int, float)):
        score, value = number(value), None
    notes: list[str] = []
    return Feedback(
        target=target,
        name=name or "feedback",
        score=score,
        label=json_text(value) if value is not None else _text_score(row.get("score"), score),
        comment=json_text(row.get("comment")),
        correction=_correction(row.get("correction"), notes),
        time=time_of(first(row, "created_at", "modified_at"), notes),
        user=string(mapping(row.get("feedback_source")).get("user_id")),
        id=string(row.get("id")),
    )


def _text_score(value: Any, score: float | None) -> str:
    return value if isinstance(value, str) and score is None else ""


def _correction(value: Any, notes: list[str]) -> str:
    """The corrected answer: text, or an object that holds it under a usual name or as its only one."""
    if isinstance(value, str):
        inner = decoded(value)
        value = value if inner is None else inner
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    return answer_of(value, notes)
