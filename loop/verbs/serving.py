"""The verb that serves the web application."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.errors import BadInput
from loop import console
from loop.app import Json, Sets, Unsafe, app, emit, next_command
from loop.verbs.triaging import AskedAdapter, AskedModel, triage_tools

if TYPE_CHECKING:
    from goldens.production.triage import Tools


@app.command()
def serve(
    folder: Annotated[Path, typer.Argument(help="Folder that holds runs/, projects of `goldloop ingest`, audits.")] = Path(),
    host: Annotated[str, typer.Option(help="Address to listen on; any but localhost needs a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8642,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", metavar="NAME", help="Name that the server may be called by; repeatable.")
    ] = None,
    model: AskedModel = "",
    adapter: AskedAdapter = "",
    samples: Annotated[int, typer.Option(min=1, help="Answers asked of the model for each draft that was edited.")] = 5,
    set_: Sets = None,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> int:
    """Look at runs and failures, compare, and review drafts in a browser: on this machine, offline, until Ctrl-C.

    On localhost everybody who can reach the port may read and decide. Elsewhere a token is needed: GOLDLOOP_TOKEN, or one that is
    made and printed. Drafts that are edited are asked of --model again, as triage does.

    Example: goldloop serve

    Example, on a network: GOLDLOOP_TOKEN=$(cat token) goldloop serve --host 0.0.0.0 --allow-host review.example.org
    """
    from loop.web.guard import Access
    from loop.web.serving import LOCAL, serve

    token = os.environ.get("GOLDLOOP_TOKEN", "")
    made = not token and host not in LOCAL
    if made:
        token = secrets.token_urlsafe(24)
    if adapter and not model:
        raise BadInput(f"--adapter {adapter}: an adapter is put on a model; give --model too")
    access = Access(token=token, hosts=allow_host or (), port=port)

    @contextmanager
    def tools(project: Path) -> Iterator[Tools]:
        runs = folder / "runs"
        asking = {"samples": samples, "temperature": 0.7, "stronger": ""}
        with triage_tools(project, model, adapter, set_, runs, unsafe_local, True, **asking) as opened:
            yield opened

    def ready(address: str) -> None:
        entry = f"{address}enter?code={access.code}" if access.code else address
        if json:
            emit({"address": address, "folder": str(folder), "token_needed": bool(token)})
        else:
            console.out.print(f"serving {console.escape(str(folder.resolve()))} at {console.escape(entry)}", soft_wrap=True)
            if made:
                console.out.print(f"token: {token} (the link above opens one browser, once)", soft_wrap=True)
            console.out.print("Ctrl-C ends it", soft_wrap=True)
        next_command(f"open {address}")

    serve(folder, host, port, access, tools, ready)
    return 0
