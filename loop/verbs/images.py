"""``goldloop images``: build and list the images of the Docker sandbox. A thin wrapper around ``evals.sandboxes``."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from evals.errors import BadInput, SandboxFault
from loop import console
from loop.app import Json, app, emit, next_command

images_app = typer.Typer(help="Build and list the images of the Docker sandbox.", no_args_is_help=True)
app.add_typer(images_app, name="images")


@images_app.command("build")
def images_build(
    offline: Annotated[bool, typer.Option("--offline", help="Build from this machine's packages; ask no registry.")] = False,
    only: Annotated[str, typer.Option(help="python or web; default both.")] = "",
    json: Json = False,
) -> None:
    """Build what is missing: the Python image, the web image, and the web toolchain of the embedded sandbox.

    Example: goldloop images build --only web
    """
    from evals.sandboxes.builds import build_all
    from evals.sandboxes.docker import DockerSandbox
    from evals.sandboxes.images import IMAGES

    if only and only not in IMAGES:
        raise BadInput(f"--only {only}: expected {', '.join(IMAGES)}")
    try:
        built = build_all(only=only or None, offline=offline, report=lambda line: console.say(console.escape(line)))
        sandbox = DockerSandbox(image=built.get("python") or built["web"], web_image=built.get("web", ""))
        try:
            versions = {kind: _version(sandbox, kind) for kind in built}
        finally:
            sandbox.close()
    except SandboxFault as fault:
        raise BadInput(f"images: {fault}; {_toolchain()}") from None
    rows: list[dict[str, Any]] = [{"kind": kind, "image": name, "version": versions[kind]} for kind, name in built.items()]
    if json:
        emit({"images": rows, "sandbox": sandbox.tier})
    else:
        _table(rows, ("kind", "image", "version"))
    next_command("goldloop images list")


def _version(sandbox: Any, kind: str) -> str:
    """The version that an image's interpreter prints inside the sandbox, which shows that the image works."""
    from evals.records import Limits
    from evals.sandboxes.base import Job

    placeholder = "{python}" if kind == "python" else "{node}"
    limits = Limits(wall_seconds=30.0, processes=32)
    toolchain: Any = kind
    outcome = sandbox.run(Job(files={}, command=(placeholder, "--version"), limits=limits, toolchain=toolchain))
    if outcome.exit_code:
        raise SandboxFault(f"{kind} does not run in its image: {outcome.stderr[-300:].decode(errors='replace')}")
    return str(outcome.stdout.decode().strip())


@images_app.command("list")
def images_list(json: Json = False) -> None:
    """Say which images are there, which are stale, and where the web toolchain of the embedded sandbox is.

    Example: goldloop images list
    """
    from evals.sandboxes.builds import engine, is_there
    from evals.sandboxes.images import IMAGES, image_name, stale_images
    from evals.toolchains import find_toolchain

    rows = []
    try:
        with engine() as api:
            for kind in IMAGES:
                name = image_name(kind)
                rows.append({"kind": kind, "image": name, "state": "there" if is_there(api, name) else "missing"})
                rows += [{"kind": kind, "image": old, "state": "stale"} for old in stale_images(api, kind)]
    except SandboxFault as fault:
        raise BadInput(f"images: {fault}; {_toolchain()}") from None
    folder = find_toolchain("web")
    if json:
        emit({"images": rows, "toolchain": str(folder) if folder else None})
    else:
        _table(rows, ("kind", "image", "state"))
        console.out.print(_toolchain(), soft_wrap=True)
    missing = folder is None or any(row["state"] == "missing" for row in rows)
    next_command("goldloop images build" if missing else "goldloop doctor")


def _toolchain() -> str:
    """Where the embedded sandbox, which needs no image, has its JavaScript toolchain."""
    from evals.toolchains import find_toolchain

    return f"web toolchain of the embedded sandbox: {find_toolchain('web') or 'missing'}"


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(Text(str(row[column])) for column in columns))
    console.out.print(table)
