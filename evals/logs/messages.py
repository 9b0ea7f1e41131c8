"""Conversations of logs as turns: messages and their content in the shapes that libraries and providers write.

Covers chat completions, the Responses API, OpenTelemetry parts, LangChain's serialised messages, plain text, and all of these
as JSON text. Parts of unknown type are named in the notes, never dropped without a word. Nothing here raises. Does not cover
the attributes of one format (see the formats).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evals.logs.base import Turn
from evals.logs.values import decoded, json_text, mapping, note, string

_ROLES = {
    **{role: role for role in ("system", "user", "assistant", "tool")},
    **dict.fromkeys(("human", "humanmessage", "humanmessagechunk", "customer", "prompter"), "user"),
    **dict.fromkeys(("ai", "model", "aimessage", "aimessagechunk", "bot", "gpt", "completion"), "assistant"),
    **dict.fromkeys(("developer", "systemmessage", "systemmessagechunk", "instruction"), "system"),
    **dict.fromkeys(("function", "toolmessage", "toolmessagechunk", "functionmessage", "tool_result", "ipython"), "tool"),
}
_KINDS = {
    **dict.fromkeys(("image_url", "input_image", "image", "output_image", "image_file"), "image"),
    **dict.fromkeys(("input_audio", "audio", "audio_url", "output_audio"), "audio"),
    **dict.fromkeys(("input_file", "file", "file_data", "document", "uri"), "file"),
    **dict.fromkeys(("reasoning", "thinking", "redacted_thinking", "reasoning_content"), "reasoning"),
}
_TEXTS = frozenset({"text", "input_text", "output_text", "summary_text", "refusal"})
_CALLS = frozenset({"tool_call", "function_call", "tool_use", "function", "tool-call", "custom_tool_call", "server_tool_call"})
_RESULTS = frozenset({"tool_call_response", "tool_result", "function_call_output", "tool-result", "server_tool_call_response"})
_MORE = frozenset({"tool_calls", "function_call", "reasoning_content", "additional_kwargs", "kwargs", "data"})
_DEEPEST, _LONGEST_NAME = 8, 40
_QUESTIONS = ("input", "question", "prompt", "query", "text", "content", "user_input")
_ANSWERS = ("output", "answer", "completion", "response", "text", "result", "content", "generation", "value")


def role_of(value: Any, default: str = "user") -> str:
    """One of system, user, assistant and tool for what a log calls a role."""
    role = _ROLES.get(value) if type(value) is str else None
    return role or _ROLES.get(string(value).lower(), default)


def text_of(content: Any, notes: list[str], calls: list[Any] | None = None, depth: int = 0) -> str:
    """Text of content in any shape; tool calls among its parts go into ``calls``."""
    if type(content) is str:
        return _parts_as_text(content, notes, calls) if content[:1] == "[" else content
    if content is None:
        return ""
    if depth > _DEEPEST:
        note(notes, "nested content")
        return ""
    if isinstance(content, list):
        texts = (text_of(part, notes, calls, depth + 1) for part in content)
        return "\n".join(text for text in texts if text)
    return _part(content, notes, calls, depth) if isinstance(content, dict) else json_text(content)


def _parts_as_text(content: str, notes: list[str], calls: list[Any] | None) -> str:
    """Text that is JSON of a list of typed parts, which some exporters make of structured content; any other stays as it is."""
    parts = decoded(content) if content.rstrip()[-1:] == "]" and '"type"' in content else None
    if isinstance(parts, list) and all(isinstance(part, dict) and _is_part(part) for part in parts):
        return text_of(parts, notes, calls, 1)
    return content


def _is_part(part: Mapping[str, Any]) -> bool:
    kind = part.get("type")
    return isinstance(kind, str) and (kind in _TEXTS or kind in _KINDS or kind in _CALLS or kind in _RESULTS)


def _part(part: Mapping[str, Any], notes: list[str], calls: list[Any] | None, depth: int) -> str:
    kind = part.get("type")
    if kind in ("text", "input_text", "output_text", None) or not isinstance(kind, str):
        for key in ("text", "content", "value"):
            if key in part:
                return text_of(part[key], notes, calls, depth + 1)
        return _untyped(part, notes, calls)
    if kind in _TEXTS:
        return text_of(part.get("refusal") or part.get("text"), notes, calls, depth + 1)
    if kind in _CALLS and calls is not None:
        calls.append(part)
        return ""
    if kind in _RESULTS:
        for key in ("response", "result", "output", "content"):
            if key in part:
                value = part[key]
                return text_of(value, notes, calls, depth + 1) if isinstance(value, list) else json_text(value)
        return ""
    note(notes, _KINDS.get(kind) or string(part.get("modality"))[:_LONGEST_NAME] or kind[:_LONGEST_NAME] or "part")
    return ""


def _untyped(part: Mapping[str, Any], notes: list[str], calls: list[Any] | None) -> str:
    """Parts without a type, which say by their one key what they are (Gemini, Bedrock)."""
    for key in ("functionCall", "function_call", "toolUse"):
        if isinstance(part.get(key), dict) and calls is not None:
            calls.append(part[key])
            return ""
    if part:
        name = next(iter(part))
        note(notes, _KINDS.get(name) or string(name)[:_LONGEST_NAME] or "part")
    return ""


def calls_text(calls: list[Any]) -> str:
    """Tool calls as JSON text: a list of objects with ``name`` and ``arguments``."""
    return json_text([_call(call) for call in calls if isinstance(call, dict)])


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    inner = call.get("function")
    call = inner if isinstance(inner, dict) else call
    name = call.get("name") or (inner if isinstance(inner, str) else None) or call.get("toolName")
    arguments: Any = next((call[key] for key in ("arguments", "args", "input", "parameters") if call.get(key) is not None), {})
    if isinstance(arguments, str):
        value = decoded(arguments)
        arguments = arguments if value is None else value
    return {"name": string(name), "arguments": arguments}


def turn_of(message: Any, notes: list[str], default: str = "user") -> Turn | None:
    """One message as a turn; None where there is nothing in it. ``default`` is the role of one that has none."""
    if type(message) is not dict:
        return _bare(message, notes, default)
    text = _only_text(message)
    if text and "role" in message and (len(message) == 2 or _MORE.isdisjoint(message)):
        return Turn(role=role_of(message["role"], default), text=text)
    role, body = _unwrapped(message, default)
    if body.get("type") == "reasoning" and "role" not in body:
        note(notes, "reasoning")
        return None
    calls: list[Any] = []
    text = _body_text(body, notes, calls)
    for key in ("tool_calls", "function_call"):
        found = body.get(key) or mapping(body.get("additional_kwargs")).get(key)
        found = decoded(found) if isinstance(found, str) else found
        calls += found if isinstance(found, list) else [found] if isinstance(found, dict) else []
    if calls:
        text = f"{text}\n{calls_text(calls)}" if text else calls_text(calls)
    return Turn(role=role, text=text) if text else None


def _only_text(message: Mapping[str, Any]) -> str:
    """The text of what nearly all messages are: text, or one part of text; empty for all others."""
    content = message.get("content") or message.get("parts")
    if type(content) is list and len(content) == 1 and type(content[0]) is dict:
        part = content[0]
        content = part.get("content", part.get("text")) if part.get("type") in ("text", "input_text", "output_text") else None
    return content if type(content) is str and content[:1] != "[" else ""


def _body_text(body: Mapping[str, Any], notes: list[str], calls: list[Any]) -> str:
    """Text of what a message holds under the names that formats give it."""
    if body.get("reasoning_content"):
        note(notes, "reasoning")
    kind = body.get("type")
    if isinstance(kind, str) and (kind in _CALLS or kind in _RESULTS) and "role" not in body:
        return _part(body, notes, calls, 0)
    for key in ("content", "parts", "contents", "text", "value"):
        if body.get(key) is not None:
            return text_of(body[key], notes, calls)
    return text_of(body.get("refusal"), notes)


def _bare(message: Any, notes: list[str], default: str) -> Turn | None:
    """Messages that are text, or a pair of role and text."""
    if isinstance(message, list) and len(message) == 2 and all(type(item) is str for item in message):
        return Turn(role=role_of(message[0], default), text=message[1])
    if isinstance(message, dict):
        return turn_of(dict(message), notes, default)
    text = text_of(message, notes)
    return Turn(role=default, text=text) if text else None


def _unwrapped(message: Mapping[str, Any], default: str) -> tuple[str, Mapping[str, Any]]:
    """Role and body of a message, out of LangChain's wrappings where it is in one."""
    kwargs, data = message.get("kwargs"), message.get("data")
    if isinstance(kwargs, dict) and isinstance(message.get("id"), list):
        name = message["id"][-1] if message["id"] else ""
        name = kwargs.get("role") if name in ("ChatMessage", "ChatMessageChunk") else name
        return role_of(name, role_of(kwargs.get("type"), default)), kwargs
    if isinstance(data, dict) and isinstance(message.get("type"), str) and "content" in data:
        return role_of(message["type"], default), data
    kind = string(message.get("type"))
    if kind in _RESULTS:
        return "tool", message
    if kind in _CALLS and "role" not in message:
        return "assistant", message
    role = message.get("role", message.get("from"))
    return role_of(kind if role is None else role, default), message


def turns_of(messages: Any, notes: list[str], default: str = "user") -> list[Turn]:
    """Turns of a list of messages, of JSON text of one, of one message, or of plain text."""
    if type(messages) is str:
        value = decoded(messages)
        if not _is_conversation(value):
            return [Turn(role=default, text=messages)] if messages else []
        messages = value
    if isinstance(messages, dict):
        return _turns_of_object(messages, notes, default)
    if not isinstance(messages, list):
        return [Turn(role=default, text=json_text(messages))] if messages is not None else []
    if messages and isinstance(messages[0], list) and (len(messages) == 1 or not _is_pair(messages[0])):
        if len(messages) > 1:
            note(notes, "batch")
        messages = [messages[0]] if _is_pair(messages[0]) else messages[0]
    turns = []
    for message in messages:
        turn = turn_of(message, notes, default)
        if turn is not None:
            turns.append(turn)
    return turns


def _is_pair(value: list[Any]) -> bool:
    return len(value) == 2 and isinstance(value[0], str) and value[0].lower() in _ROLES


def _is_conversation(value: Any) -> bool:
    """Whether what JSON text holds is messages and not somebody's question in JSON."""
    if isinstance(value, dict):
        return "messages" in value or (("role" in value or "kwargs" in value) and ("content" in value or "parts" in value))
    while isinstance(value, list) and value and isinstance(value[0], list):
        value = value[0]
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return False
    return "role" in value[0] or "lc" in value[0] or _is_part(value[0]) or ("type" in value[0] and "content" in value[0])


def _turns_of_object(value: Mapping[str, Any], notes: list[str], default: str) -> list[Turn]:
    """Turns of an object that holds messages, is one, or holds the question under a usual name."""
    for key in ("messages", "prompts", "chat_history"):
        if isinstance(value.get(key), (list, str)) and value[key]:
            return [*_system_of(value, notes), *turns_of(value[key], notes, default)]
    if "role" in value or "kwargs" in value or "parts" in value:
        turn = turn_of(dict(value), notes, default)
        return [] if turn is None else [turn]
    for key in _QUESTIONS:
        found = value.get(key)
        if isinstance(found, str) and found:
            return [*_system_of(value, notes), Turn(role=default, text=found)]
        if isinstance(found, list) and found:
            return [*_system_of(value, notes), *turns_of(found, notes, default)]
        if isinstance(found, dict) and _is_conversation(found):
            return turns_of(found, notes, default)
    return [Turn(role=default, text=json_text(value))] if value else []


def _system_of(value: Mapping[str, Any], notes: list[str]) -> list[Turn]:
    """The system text that stands beside the messages."""
    for key in ("system", "instructions", "system_prompt", "systemInstruction"):
        if value.get(key):
            text = text_of(value[key], notes)
            return [Turn(role="system", text=text)] if text else []
    return []


def answer_of(value: Any, notes: list[str], depth: int = 0) -> str:
    """The answer in an output of any shape: text, a message, messages (the last), choices, generations, a usual key."""
    if value is None or depth > _DEEPEST:
        return ""
    if type(value) is str:
        inner = decoded(value) if value[:1] in ("{", "[", '"') else None
        return answer_of(inner, notes, depth + 1) if _is_conversation(inner) or _is_output(inner) else value
    if isinstance(value, list):
        return _last_answer(value, notes, depth)
    if not isinstance(value, dict):
        return json_text(value)
    for key in ("choices", "generations", "messages"):
        if isinstance(value.get(key), list) and value[key]:
            return _last_answer(value[key], notes, depth, pick_first=key != "messages")
    if isinstance(value.get("message"), dict):
        return answer_of(value["message"], notes, depth + 1)
    if any(key in value for key in ("role", "kwargs", "parts", "tool_calls", "refusal")):
        turn = turn_of(value, notes, "assistant")
        return "" if turn is None else turn.text
    for key in _ANSWERS:
        found = value.get(key)
        if isinstance(found, str) or (isinstance(found, (dict, list)) and found):
            return answer_of(found, notes, depth + 1)
    return json_text(value) if value else ""


def _is_output(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(value.get(key), list) for key in ("choices", "generations"))


def _last_answer(values: list[Any], notes: list[str], depth: int, *, pick_first: bool = False) -> str:
    """The answer in a list: of choices the first, of messages the last of the assistant's, of parts all."""
    if not values or depth > _DEEPEST:
        return ""
    if isinstance(values[0], list):
        return _last_answer(values[0], notes, depth + 1, pick_first=pick_first)
    if pick_first:
        if len(values) > 1:
            note(notes, "choice")
        return answer_of(values[0], notes, depth + 1)
    turns = turns_of(values, notes, "assistant")
    spoken = [turn for turn in turns if turn.role == "assistant"]
    if not any(isinstance(item, dict) and ("role" in item or "kwargs" in item or "data" in item) for item in values):
        return "\n".join(turn.text for turn in turns)
    return (spoken or turns)[-1].text if turns else ""
