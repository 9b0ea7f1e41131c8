"""Logs of inspect_ai in JSON: a document with its samples, or one sample a line.

A sample is an entry, its id made of the log's, the sample's and the epoch; each score is feedback. A target may be a choice's
letter, a pattern or a description for a judge, so it is a correction only where the sample's metadata has
``target_is_answer``. Does not cover ``.eval`` archives, nor the events within a sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from evals.logs.base import Feedback, Found, LogEntry, Other, Turn, Unread
from evals.logs.messages import answer_of, turns_of
from evals.logs.values import answered, error_text, first, json_text, mapping, number, objects, string, time_of

_GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
_ATTACHMENT = "attachment://"


class InspectLog:
    """Reads a whole log, or samples of one."""

    @staticmethod
    def looks_like(record: Mapping[str, Any]) -> bool:
        """Whether it is a log with its eval, or a sample with its epoch."""
        if isinstance(record.get("eval"), dict):
            return "samples" in record or "task" in record["eval"]
        if "epoch" not in record or "input" not in record:
            return False
        return bool(mapping(record.get("output")) or mapping(record.get("scores")) or "target" in record)

    def read(self, record: Mapping[str, Any]) -> Iterable[Found]:
        """The samples with their scores."""
        evaluation = record.get("eval")
        if isinstance(evaluation, dict):
            found = [item for sample in objects(record.get("samples")) for item in _sample(sample, evaluation)]
            return found or [Other(why="log without samples", id=_log_id(evaluation))]
        if "epoch" in record and "input" in record:
            return list(_sample(record, {}))
        keys = ", ".join(sorted(record)[:8])
        return [Unread(why=f"expected a log with eval and samples, or a sample with input and epoch, found keys {keys:.200}")]

    def close(self) -> Iterable[Found]:
        """Nothing waits."""
        return ()


def _log_id(evaluation: Mapping[str, Any]) -> str:
    return string(first(evaluation, "eval_id", "run_id", "task_id"))


def _sample(sample: Mapping[str, Any], evaluation: Mapping[str, Any]) -> Iterator[Found]:
    log, output = _log_id(evaluation), mapping(sample.get("output"))
    notes: list[str] = []
    own = string(sample.get("id"))
    identity = f"{log or string(sample.get('uuid'))}/{own}/{string(sample.get('epoch')) or '1'}"
    choices = objects(output.get("choices"))
    turns = turns_of(sample.get("input"), notes)
    answer = answer_of(output.get("completion") if not choices else {"choices": choices}, notes)
    if attachments := mapping(sample.get("attachments")):
        turns = [Turn(role=turn.role, text=_attached(turn.text, attachments)) for turn in turns]
        answer = _attached(answer, attachments)
    metadata = mapping(sample.get("metadata"))
    entry = answered(
        LogEntry(
            id=identity,
            trace=log,
            time=time_of(first(sample, "completed_at", "started_at") or evaluation.get("created"), notes),
            model=string(output.get("model") or evaluation.get("model")),
            turns=turns,
            answer=answer,
            error=error_text(sample.get("error") or output.get("error")),
            finish=string(choices[0].get("stop_reason")) if choices else "",
            corrected=_target(sample.get("target")) if metadata.get("target_is_answer") is True else "",
            notes=notes,
        )
    )
    yield entry
    scores = sample.get("scores")
    scores = {"score": sample.get("score")} if scores is None and sample.get("score") is not None else scores
    for name, score in mapping(scores).items():
        yield from _scores(identity, name, score)


def _attached(text: str, attachments: Mapping[str, Any]) -> str:
    """Long text stands beside the sample, under its hash."""
    return string(attachments.get(text[len(_ATTACHMENT) :])) or text if text.startswith(_ATTACHMENT) else text


def _target(value: Any) -> str:
    return json_text(value[0] if isinstance(value, list) and value else value)


def _scores(identity: str, name: str, score: Any) -> Iterator[Found]:
    """One score as feedback; one of several values as one for each."""
    held = score if isinstance(score, dict) else {"value": score}
    value = held.get("value")
    values = {f"{name}.{key}": part for key, part in value.items()} if isinstance(value, dict) else {name: value}
    for key, part in values.items():
        graded = _GRADES.get(part) if isinstance(part, str) else None
        yield Feedback(
            target=identity,
            name=key or "score",
            score=number(part) if graded is None else graded,
            label=part if isinstance(part, str) else "" if number(part) is not None else json_text(part),
            comment=json_text(held.get("explanation")),
        )
