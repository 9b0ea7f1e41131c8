"""The application put together, and the server around it: one process, one folder."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evals.errors import BadInput, install_command
from loop.web.catalogue import Catalogue
from loop.web.guard import Access, Guard
from loop.web.workplace import Workplace

if TYPE_CHECKING:
    from loop.web.desk import OpenTools

LOCAL = ("127.0.0.1", "localhost", "::1")


def make_app(folder: Path, access: Access, review: OpenTools) -> Guard:
    """The application over a folder.

    Raises:
        BadInput: the web extra is not installed, or there is no such folder.
    """
    try:
        from starlette.datastructures import State
        from starlette.routing import Route, Router
    except ImportError:
        needed = install_command("starlette uvicorn", extra="web")
        raise BadInput(f"serve needs starlette and uvicorn: {needed}") from None
    from loop.web import attempts, entering, leaks, looking, reviewing, training
    from loop.web.desk import Desk

    routes = [
        Route("/static/{name:path}", entering.static),
        Route("/enter", entering.enter, methods=["GET", "POST"]),
        *(Route(path, page) for path, page in looking.ROUTES),
        *(Route(path, page) for path, page in training.ROUTES),
        *(Route(path, page) for path, page in leaks.ROUTES),
        *(Route(path, page, methods=["POST"]) for path, page in leaks.WRITES),
        *(Route(path, page) for path, page in attempts.ROUTES),
        *(Route(path, page, methods=["POST"]) for path, page in attempts.WRITES),
        *(Route(path, page) for path, page in reviewing.ROUTES),
        *(Route(path, page, methods=["POST"]) for path, page in reviewing.WRITES),
    ]

    place, state = Workplace(folder), State()
    state.workplace, state.access, state.desk = place, access, Desk(review)
    state.catalogue, state.closing = Catalogue(place.runs), False

    @asynccontextmanager
    async def lifespan(app: object) -> AsyncIterator[None]:
        yield
        state.closing = True
        state.desk.close()

    return Guard(Router(routes=routes, lifespan=lifespan), access, state)


def serve(folder: Path, host: str, port: int, access: Access, review: OpenTools, ready: Callable[[str], None]) -> None:
    """Serve until interrupted. ``ready`` gets the address.

    Raises:
        BadInput: the port is taken, or the host is no address of this machine.
    """
    import socket

    app = make_app(folder, access, review)
    import uvicorn

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise BadInput(f"{host}:{port}: cannot listen there ({error.strerror}); give another --port or --host") from None
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listener.getsockname()[1]}/"
    config = uvicorn.Config(
        app, log_level="error", access_log=False, server_header=False, proxy_headers=False, timeout_graceful_shutdown=2,
        timeout_keep_alive=15, ws="none",
    )  # fmt: skip
    ready(address)
    sys.stderr.flush()
    uvicorn.Server(config).run(sockets=[listener])
