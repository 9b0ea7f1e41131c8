"""Request logs of gateways in the words of the provider's API: LiteLLM's logs and spend rows, Helicone's requests.

A gateway stores the request and the answer of many providers beside its own columns; what is read is the request with its
answer, who asked, and what people said of it. Does not cover costs, caches, or calls that are no conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evals.logs.values import decoded_cell, error_text, first, mapping, string

_CONVERSATIONS = ("completion", "responses", "messages", "generate_content")
_SESSIONS = ("Helicone-Session-Id", "session_id", "Session")


def is_gateway(record: Mapping[str, Any]) -> bool:
    """Whether a record has what only a gateway writes: a kind of call with its messages, or the bodies of a request."""
    if "request_body" in record:
        return "response_body" in record or "response_status" in record
    return "call_type" in record and ("messages" in record or "response" in record)


def not_conversation(record: Mapping[str, Any]) -> str:
    """What a gateway's record is, where it is no conversation (``embedding call``); empty otherwise."""
    kind = string(record.get("call_type")).lower().removeprefix("a")
    return f"{kind} call" if kind and not any(name in kind for name in _CONVERSATIONS) else ""


def plain_request(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A gateway's record as a request with its answer; any other record as it is."""
    if not is_gateway(record):
        return record
    return _bodies(record) if "request_body" in record else _call(record)


def _bodies(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of Helicone. Its rating is a thumb: true is up."""
    rating = {True: "thumbs_up", "true": "thumbs_up", False: "thumbs_down", "false": "thumbs_down"}
    said = record.get("feedback_rating")
    given = rating.get(said.lower() if isinstance(said, str) else said if isinstance(said, bool) else "")
    return {
        "request": decoded_cell(record["request_body"]) or {},
        "response": decoded_cell(record.get("response_body")),
        "request_id": record.get("request_id"),
        "trace_id": first(mapping(record.get("request_properties")), *_SESSIONS),
        "created_at": first(record, "response_created_at", "request_created_at"),
        "user_id": record.get("request_user_id"),
        "model": first(record, "request_model", "response_model", "model"),
        "status_code": record.get("response_status"),
        **({"rating": given} if given else {}),
    }


def _call(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record of LiteLLM's loggers, or a row of its table of spend, whose request may stand in ``proxy_server_request``."""
    asked = decoded_cell(first(record, "messages", "input"))
    whole = mapping(record.get("proxy_server_request"))
    whole = mapping(whole.get("body")) or whole
    failed = string(first(record, "status") or mapping(record.get("metadata")).get("status")) == "failure"
    about = mapping(record.get("error_information"))
    said = {"type": about.get("error_class"), "message": about.get("error_message")}
    error = error_text(record.get("error_str")) or (error_text(said) if any(said.values()) else "")
    return {
        "request": {"messages": asked} if asked else whole,
        "response": decoded_cell(record.get("response")) or None,
        "request_id": first(record, "id", "request_id"),
        "trace_id": record.get("trace_id") or record.get("session_id"),
        "created_at": first(record, "startTime", "start_time"),
        "user_id": first(record, "end_user", "user"),
        "model": record.get("model"),
        "error": error or ("failure" if failed else None),
    }
