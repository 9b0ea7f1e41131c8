"""Attributes of libraries that trace with OpenTelemetry under names of their own, put into the names of the conventions.

Covers Vercel's AI SDK (``ai.prompt.messages``, ``ai.response.text``) and Logfire (``request_data``, ``response_data``).
What a span has under the conventions' names stands. Does not cover OpenInference (see ``evals.logs.openinference``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from evals.logs.base import Turn
from evals.logs.messages import role_of
from evals.logs.values import decoded, first, mapping

_CALLS = (".doGenerate", ".doStream")
_OPERATIONS = {"ai.toolCall": "execute_tool", "ai.embed": "embeddings", "ai.embedMany": "embeddings"}
_SPOKEN = re.compile(r"^(system|developer|user|assistant|tool): ", re.MULTILINE)


def is_dialect(attributes: Mapping[str, Any]) -> bool:
    """Whether a span is one of a library's with names of its own."""
    return "ai.operationId" in attributes or (
        "request_data" in attributes and any(key.startswith("logfire.") for key in attributes)
    )


def in_conventions(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Attributes with what a library says in its own names under the names of the conventions, too."""
    if "ai.operationId" in attributes:
        return {**_vercel(attributes), **attributes}
    if "request_data" in attributes:
        return {**_logfire(attributes), **attributes}
    return attributes


def _vercel(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The inner spans of a call to a model hold what was sent and what came; the outer ones are of the application."""
    operation = str(attributes["ai.operationId"])
    if not operation.endswith(_CALLS) or operation.startswith("ai.embed"):
        name = operation.partition(".do")[0]
        return {"gen_ai.operation.name": _OPERATIONS.get(name, "invoke_agent")}
    text = first(attributes, "ai.response.text", "ai.result.text", "ai.response.object", "ai.result.object")
    calls = decoded(str(first(attributes, "ai.response.toolCalls", "ai.result.toolCalls") or ""))
    answer = {"role": "assistant", "content": text, **({"tool_calls": calls} if isinstance(calls, list) and calls else {})}
    answer["finish_reason"] = first(attributes, "ai.response.finishReason", "ai.finishReason")
    found = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": first(attributes, "ai.prompt.messages", "ai.prompt"),
        "gen_ai.output.messages": [answer] if text is not None or calls else None,
        "gen_ai.request.model": attributes.get("ai.model.id"),
        "gen_ai.response.model": attributes.get("ai.response.model"),
        "user.id": first(attributes, "ai.telemetry.metadata.userId", "ai.telemetry.metadata.user_id"),
        "gen_ai.conversation.id": first(attributes, "ai.telemetry.metadata.sessionId", "ai.telemetry.metadata.session_id"),
    }
    return {key: value for key, value in found.items() if value is not None}


def _logfire(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """A call with its request and response as JSON; a stream's answer stands in a record of its own, with the request."""
    request, response = mapping(attributes["request_data"]), mapping(attributes.get("response_data"))
    asked = first(request, "messages", "prompt", "input")
    if asked is None:
        return {}
    found = {
        "gen_ai.operation.name": "chat",
        "gen_ai.system_instructions": first(request, "system", "instructions"),
        "gen_ai.input.messages": asked,
        "gen_ai.output.messages": _response(response),
        "gen_ai.request.model": request.get("model"),
        "user.id": request.get("user"),
    }
    return {key: value for key, value in found.items() if value is not None}


def _response(response: Mapping[str, Any]) -> Any:
    message = response.get("message")
    if isinstance(message, dict):
        return [message]
    return first(response, "combined_chunk_content", "text", "content", "message")


def spoken_turns(text: str) -> list[Turn] | None:
    """Turns of text in which each begins with its role (``user: ...``), as OpenLIT writes prompts; None for any other text."""
    marks = list(_SPOKEN.finditer(text))
    if not marks or marks[0].start():
        return None
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    turns = [Turn(role=role_of(mark[1]), text=text[mark.end() : end].strip()) for mark, end in zip(marks, ends, strict=True)]
    return [turn for turn in turns if turn.text]
