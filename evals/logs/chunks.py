"""Streamed chat completions: chunks of one answer, joined. Does not cover which chunks belong together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evals.logs.values import first, note, objects, string

_MOST_CALLS = 1000


class StreamedAnswer:
    """The chunks of one answer so far. Only the first choice is kept; others are noted."""

    __slots__ = ("_calls", "_finish", "_head", "_pieces", "_refusals", "notes")

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._head: dict[str, Any] = {}
        self._pieces: list[str] = []
        self._refusals: list[str] = []
        self._calls: dict[int, list[str]] = {}  # name, and the pieces of the arguments, by index
        self._finish = ""

    def add(self, chunk: Mapping[str, Any]) -> bool:
        """Take one chunk; True when it brought the finish reason."""
        for key in ("id", "model", "created"):
            if key not in self._head and chunk.get(key):
                self._head[key] = chunk[key]
        for choice in objects(chunk.get("choices")):
            if string(choice.get("index")) not in ("", "0"):
                note(self.notes, "choice")
                continue
            delta = choice.get("delta")
            if isinstance(delta, dict):
                self._add(delta)
            elif isinstance(choice.get("text"), str):
                self._pieces.append(choice["text"])
            self._finish = string(choice.get("finish_reason")) or self._finish
        return bool(self._finish)

    def _add(self, delta: Mapping[str, Any]) -> None:
        if isinstance(delta.get("content"), str):
            self._pieces.append(delta["content"])
        if isinstance(delta.get("refusal"), str):
            self._refusals.append(delta["refusal"])
        if first(delta, "reasoning_content", "reasoning"):
            note(self.notes, "reasoning")
        for call in objects(delta.get("tool_calls")):
            index = call.get("index")
            held = self._calls.setdefault(index if type(index) is int else len(self._calls) % _MOST_CALLS, [""])
            function = call.get("function")
            if isinstance(function, dict):
                held[0] = held[0] or string(function.get("name"))
                held.append(string(function.get("arguments")))

    def completion(self) -> dict[str, Any]:
        """The completion that the chunks make."""
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self._pieces) or "".join(self._refusals)}
        if self._calls:
            calls = [{"name": name, "arguments": "".join(pieces)} for name, *pieces in self._calls.values()]
            message["tool_calls"] = calls
        return {**self._head, "choices": [{"message": message, "finish_reason": self._finish}]}
