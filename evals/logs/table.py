"""Generic rows, of JSONL or a table, whose columns are named by a map or guessed from usual names.

One row is one answer, with the feedback that stands beside it. Columns of a map may be dotted paths into nested objects. Does
not cover how tables are decoded (see ``evals.tables``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from evals.files import digest
from evals.logs.base import Feedback, Found, LogEntry, Turn, Unread
from evals.logs.messages import answer_of, text_of, turn_of, turns_of
from evals.logs.values import answered, boolean, decoded_cell, error_text, json_text, made_id, number, string, time_of

GUESSES: Mapping[str, tuple[str, ...]] = {
    "prompt": (
        *("prompt", "question", "input", "instruction", "query", "request", "user_message", "messages"),
        *("user_prompt", "user_input", "user_query", "user_question", "question_text", "prompt_text", "input_text"),
    ),
    "answer": (
        *("answer", "response", "output", "completion", "model_output", "generation", "reply", "model_response", "llm_output"),
        *("llm_response", "ai_response", "bot_response", "assistant_response", "assistant_message", "model_answer", "ai_answer"),
        *("bot_answer", "answer_text", "response_text", "output_text"),
    ),
    "feedback": (
        *("feedback", "rating", "thumbs", "vote", "label", "verdict", "thumb", "user_feedback", "user_rating", "thumbs_up_down"),
        *("thumbs_down", "thumbs_up"),
    ),
    "score": ("score", "stars", "reward", "grade"),
    "corrected": (
        *("corrected", "correction", "expected", "edited", "expected_output", "reference", "gold", "target"),
        *("corrected_answer", "corrected_response", "corrected_output", "correct_answer"),
    ),
    "comment": ("comment", "reason", "feedback_text", "explanation", "remark", "comments", "user_comment"),
    "time": ("time", "timestamp", "created_at", "created", "date", "datetime"),
    "user": ("user", "user_id", "userid", "username", "customer"),
    "id": ("id", "uuid", "request_id", "message_id", "row_id"),
    "trace": ("trace_id", "traceid", "conversation_id", "session_id", "thread_id"),
    "model": ("model", "model_name", "engine"),
    "system": ("system", "system_prompt"),
    "error": ("error", "exception", "error_message"),
    "train_ok": ("train_ok", "may_train", "consent"),
    "licence": ("licence", "license"),
}
"""Usual names of each column, in lower case, the likeliest first."""


CONVERSATIONS = ("messages", "conversation", "conversations", "chat", "dialog", "dialogue")
"""Usual names of a column that holds question and answer, as a list of messages or as text of one."""
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^\w]+|_+")


_BESIDE_A_MAP = frozenset({"id", "trace", "time", "user", "model"})


class TableLog:
    """Reads rows by a map of columns; without one by the names that it guesses."""

    def __init__(self, columns: Mapping[str, str] | None = None) -> None:
        self._named = dict(columns or {})
        self._guessed: Mapping[str, str] = {}
        self._keys: tuple[str, ...] = ()

    @staticmethod
    def looks_like(record: Mapping[str, Any]) -> bool:
        """Whether the columns of prompt and answer can be guessed."""
        columns = _guess(record)
        return ("prompt" in columns and "answer" in columns) or bool(_conversation(record, columns)[1])

    def read(self, record: Mapping[str, Any]) -> Iterable[Found]:
        """The row's answer, and the feedback beside it."""
        if tuple(record) != self._keys:
            self._keys, self._guessed = tuple(record), self._others(_guess(record))
        columns = {**self._guessed, **self._named}
        column, messages = ("", []) if self._named else _conversation(record, columns)
        if messages:
            return self._row(
                {**record, column: messages[:-1], "\0answer": messages[-1]}, {**columns, "prompt": column, **_ANSWER}
            )
        for name in ("prompt", "answer"):
            if name not in columns or not _has(record, columns[name]):
                there = ", ".join(sorted(record)[:20])
                wanted = f"column {columns[name]!r}" if name in columns else f"one of {', '.join(GUESSES[name][:7])}"
                return [Unread(why=f"{name}: expected {wanted}, found the columns {there:.400}; name it with a map of columns")]
        return self._row(record, columns)

    def close(self) -> Iterable[Found]:
        """Nothing waits."""
        return ()

    def _others(self, guessed: Mapping[str, str]) -> Mapping[str, str]:
        """What may be guessed beside a map: who, when and which, but not what was said."""
        if not self._named:
            return guessed
        taken = set(self._named.values())
        return {part: column for part, column in guessed.items() if part in _BESIDE_A_MAP and column not in taken}

    def _row(self, record: Mapping[str, Any], columns: Mapping[str, str]) -> list[Found]:
        row = {name: _at(record, column) for name, column in columns.items()}
        notes: list[str] = []
        turns = turns_of(row["prompt"], notes)
        answer = answer_of(row["answer"], notes)
        if system := text_of(row.get("system"), notes):
            turns.insert(0, Turn(role="system", text=system))
        time, user = time_of(row.get("time"), notes), string(row.get("user"))
        identity = string(row.get("id")) or _made_id(turns, answer, time, user)
        corrected = answer_of(row.get("corrected"), notes)
        entry = LogEntry(
            id=identity,
            trace=string(row.get("trace")),
            time=time,
            model=string(row.get("model")),
            user=user,
            turns=turns,
            answer=answer,
            error=error_text(row.get("error")),
            corrected=corrected,
            notes=notes,
            licence=string(row.get("licence")),
            train_ok=boolean(row.get("train_ok")),
        )
        found: list[Found] = [answered(entry)]
        said, score, comment = row.get("feedback"), number(row.get("score")), json_text(row.get("comment"))
        if (said is not None and said != "") or score is not None or comment:
            value = number(said)
            label = "" if said is None or (value is not None and not isinstance(said, str)) else json_text(said)
            name = columns.get("feedback") or columns.get("score") or "comment"
            score = value if score is None else score
            found.append(Feedback(target=identity, name=name, score=score, label=label, comment=comment, time=time, user=user))
        return found


_ANSWER = {"answer": "\0answer"}


def _conversation(record: Mapping[str, Any], columns: Mapping[str, str]) -> tuple[str, list[Any]]:
    """The column that holds question and answer as messages, and these up to the last one of the assistant; none without it."""
    if "answer" in columns and columns["answer"] not in CONVERSATIONS:
        return "", []
    lower = {_plain_name(key): key for key in reversed(list(record)) if type(key) is str}
    for name in CONVERSATIONS:
        column = lower.get(name, "")
        messages = decoded_cell(record[column]) if column else None
        if isinstance(messages, list) and all(isinstance(message, dict) for message in messages):
            turns = [turn_of(message, [], "") for message in messages]
            spoken = [place for place, turn in enumerate(turns) if turn is not None and turn.role == "assistant"]
            if spoken and spoken[-1]:
                return column, messages[: spoken[-1] + 1]
    return "", []


def _plain_name(name: str) -> str:
    """A header in lower case with underscores between its words, whatever stands there instead."""
    return _WORDS.sub("_", name.strip()).strip("_").lower()


def _guess(record: Mapping[str, Any]) -> dict[str, str]:
    """The column of each meaning, by its usual names, whatever the case."""
    keys = [key for key in reversed(list(record)) if type(key) is str]
    lower = {
        **{_plain_name(key.partition("(")[0]): key for key in keys},  # ``Rating (1-5)``
        **{_plain_name(key): key for key in keys},
        **{key.lower().strip().replace(" ", "_"): key for key in keys},
    }
    return {meaning: lower[name] for meaning, names in GUESSES.items() if (name := next(filter(lower.__contains__, names), ""))}


def _at(record: Mapping[str, Any], column: str) -> Any:
    """The value of a column: of that very name, else at its dotted path; None where there is none."""
    if column in record:
        return record[column]
    value: Any = record
    for part in column.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part[:9]) < len(value):
            value = value[int(part[:9])]
        else:
            return None
    return value


def _has(record: Mapping[str, Any], column: str) -> bool:
    """Whether a column is there, also when it is empty."""
    if column in record:
        return True
    outer, dot, last = column.rpartition(".")
    inner = _at(record, outer) if dot else None
    return last in inner if isinstance(inner, dict) else inner is not None and _at(record, column) is not None


def _made_id(turns: list[Turn], answer: str, time: str, user: str) -> str:
    """The digest of prompt, answer, time and user."""
    try:
        return digest([[turn.text for turn in turns], answer, time, user])
    except TypeError:  # text that is not Unicode
        return made_id(*(turn.text for turn in turns), answer, time, user)
