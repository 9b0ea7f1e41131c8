"""What stands before every route: Host check, token, protection of writes against other sites, headers, limits.

Covers a server that anybody on the machine or, with a token, on the network can reach. Without a token (localhost) a page of
another site can still send requests from the user's browser; it is kept out by the Host check (DNS rebinding), by the origin of
a write, and by a value in every form that no other site can read. Does not encrypt: put a TLS proxy in front on a network.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import socket
import sys
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from evals.errors import BadInput, GoldloopError, Inconclusive
from loop.web.pages import NONCE, error_page

if TYPE_CHECKING:
    from starlette.datastructures import State
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSRF_FIELD = "csrf"
MOST_BODY_BYTES = 2_000_000
LEAST_TOKEN = 16
_SAFE = ("GET", "HEAD")
_OPEN_PATHS = ("/enter", "/static/")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Access:
    """Who may come in. ``token`` empty: everybody who reaches the server (localhost only).

    ``code`` lets a browser in once, so that no address that it remembers holds the token.

    Raises:
        BadInput: a token that could be guessed.
    """

    def __init__(self, *, token: str = "", hosts: Sequence[str] = (), port: int = 0) -> None:
        if token and len(token) < LEAST_TOKEN:
            raise BadInput(f"GOLDLOOP_TOKEN: has {len(token)} characters, expected {LEAST_TOKEN} or more: others could guess it")
        self.token = token
        self.cookie = f"goldloop-{port}"
        self._code = secrets.token_urlsafe(18) if token else ""
        self._secret = secrets.token_bytes(32)
        names = {"localhost", socket.gethostname().lower(), *(host.lower() for host in hosts)}
        self._hosts = names - {""}

    @property
    def code(self) -> str:
        """The code for one browser; empty once it was used, and where no token is needed."""
        return self._code

    @property
    def session(self) -> str:
        """What the cookie of a browser that came in holds: made from the token, which it does not give away."""
        return hmac.new(self.token.encode(), b"goldloop session", hashlib.sha256).hexdigest()

    @property
    def csrf(self) -> str:
        """What every form sends back: only pages of this server can know it."""
        return hmac.new(self._secret, b"goldloop form", hashlib.sha256).hexdigest()

    def enters(self, given: str) -> bool:
        """Whether a token, or the code that serves once, opens the door."""
        if not self.token or not given:
            return False
        if self._code and hmac.compare_digest(given.encode(), self._code.encode()):
            self._code = ""
            return True
        return hmac.compare_digest(given.encode(), self.token.encode())

    def knows(self, cookie: str | None) -> bool:
        """Whether a browser came in before, or need not."""
        return not self.token or hmac.compare_digest((cookie or "").encode(), self.session.encode())

    def is_own_host(self, host: str) -> bool:
        """Whether a Host header names this server: an address, localhost, this machine's name, or one that was allowed.

        A page that rebinds its name to this machine sends its own name, which is none of these.
        """
        name = urlsplit(f"//{host}").hostname or ""
        try:
            ipaddress.ip_address(name.split("%")[0])
        except ValueError:
            return name.lower() in self._hosts
        return True


class Guard:
    """The ASGI application around the routes. ``state`` is what they work with, found as ``request.app.state``."""

    def __init__(self, app: ASGIApp, access: Access, state: State) -> None:
        self._app, self._access, self.state = app, access, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with the reason why not; headers go onto every answer."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # no route speaks WebSocket
        from starlette.requests import Request

        nonce = secrets.token_urlsafe(16)
        scope[NONCE], scope["app"] = nonce, self
        request = Request(scope, receive)
        started = False

        async def framed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message = {**message, "headers": [*message["headers"], *_headers(message["headers"], scope["path"], nonce)]}
            await send(message)

        refusal = self._refusal(request)
        if refusal is None:
            body = b"" if scope["method"] in _SAFE else await _body(receive)
            refusal = (413, "the request is too large") if body is None else self._refused_write(request, body)
            if body is not None:
                receive = _replay(body, receive)
        if refusal is not None:
            await _plain(*refusal)(scope, receive, framed)
            return
        try:
            await self._app(scope, receive, framed)
        except Exception as error:
            if started:
                return  # half of the page is out already; the browser sees that it broke off
            await _failed(error, scope)(scope, receive, framed)

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or not self._access.is_own_host(hosts[0]):
            return 421, "this server does not go by that name; start it with --allow-host NAME"
        if request.method not in (*_SAFE, "POST"):
            return 405, "expected GET or POST"
        path = request.url.path
        if any(path == place or (place.endswith("/") and path.startswith(place)) for place in _OPEN_PATHS):
            return None
        if not self._access.knows(request.cookies.get(self._access.cookie)):
            return 401, "open /enter and give the token that the server was started with"
        return None

    def _refused_write(self, request: Request, body: bytes) -> tuple[int, str] | None:
        if request.method in _SAFE:
            return None
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site", "same-origin")
        if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc != request.headers["host"]):
            return 403, "this form was sent from another site"
        if request.url.path == "/enter":
            return None
        given = parse_qs(body.decode("utf-8", errors="replace")).get(CSRF_FIELD, [""])[0]
        if not hmac.compare_digest(given.encode(), self._access.csrf.encode()):
            return 403, "this form is from before the server was started again: go back, reload the page, send it again"
        return None


def _headers(present: Any, path: str, nonce: str) -> list[tuple[bytes, bytes]]:
    known = {name.lower() for name, _ in present}
    wanted = {
        b"content-security-policy": _POLICY.format(nonce=nonce).encode(),
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"same-origin",
        b"cross-origin-opener-policy": b"same-origin",
        b"cross-origin-resource-policy": b"same-origin",
        b"cache-control": b"public, max-age=31536000, immutable" if path.startswith("/static/") else b"no-store",
    }
    return [(name, value) for name, value in wanted.items() if name not in known]


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None where it is larger than anything that a page sends."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BODY_BYTES:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A receive that gives a body that was read already, then what the connection says."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _plain(status: int, said: str) -> Response:
    from starlette.responses import PlainTextResponse

    return PlainTextResponse(f"{status} {HTTPStatus(status).phrase}: {said}\n", status)


def _failed(error: Exception, scope: Scope) -> Response:
    """A page that says what happened, without a traceback; what nobody expected goes to the terminal by its type."""
    from starlette.exceptions import HTTPException

    if isinstance(error, HTTPException):
        return error_page(scope, error.status_code, f"{scope['path'][:200]}: no such page")
    if isinstance(error, Inconclusive):
        return error_page(scope, 409, str(error))
    if isinstance(error, GoldloopError):
        return error_page(scope, 404 if scope["method"] in _SAFE else 400, str(error))
    if isinstance(error, FileNotFoundError):
        return error_page(scope, 404, f"{error.filename}: is not there any more")
    if isinstance(error, OSError):
        return error_page(scope, 500, f"{error.filename or 'a file'}: {error.strerror or type(error).__name__}")
    print(f"goldloop serve: {type(error).__name__} at {scope['path']}: {error}", file=sys.stderr)
    return error_page(scope, 500, f"internal: {type(error).__name__}; the terminal of `goldloop serve` says more")
