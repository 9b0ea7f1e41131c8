"""Requests to the web application as raw ASGI messages: every byte of a header and of an address is the test's own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from goldens.production.triage import Tools
from loop.web.guard import Access, Guard
from loop.web.serving import make_app

HOST = "127.0.0.1:8642"


@dataclass(frozen=True, slots=True)
class Answered:
    """Status, headers by lower-case name, body."""

    status: int
    headers: Mapping[str, str]
    text: str


def ask(
    app: Guard, path: str, fields: Mapping[str, Any] | None = None, *, host: str | None = HOST, method: str = "", **headers: str
) -> Answered:
    """GET a path, or POST fields; ``headers`` with ``_`` for ``-``."""
    place, _, query = path.partition("?")
    body = b"" if fields is None else urlencode(fields).encode()
    given = {**({"host": host} if host is not None else {}), **{k.replace("_", "-"): v for k, v in headers.items()}}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1",
        "method": method or ("GET" if fields is None else "POST"),
        "path": unquote(place), "raw_path": place.encode(), "query_string": query.encode(), "root_path": "", "scheme": "http",
        "headers": [(k.encode(), v.encode()) for k, v in given.items()], "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8642),
    }  # fmt: skip
    sent: list[Any] = []
    waiting: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    start = sent[0]
    text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
    return Answered(start["status"], {k.decode().lower(): v.decode() for k, v in start["headers"]}, text)


def post(app: Guard, path: str, **fields: Any) -> Answered:
    """A form of our own page."""
    return ask(app, path, {"csrf": app.state.access.csrf, **fields}, origin=f"http://{HOST}")


def version(page: Answered) -> str:
    """The version of a draft that a page shows."""
    found = re.search(r'name="version" value="([^"]+)"', page.text)
    assert found is not None, page.text[:500]
    return found[1]


def served(folder: Path, tools: Tools | None = None, **access: Any) -> Guard:
    """The application over a folder; without tools nothing can be reviewed."""

    @contextmanager
    def opened(project: Path) -> Iterator[Tools]:
        assert tools is not None
        yield tools

    return make_app(folder, Access(**{"port": 8642, **access}), opened)
