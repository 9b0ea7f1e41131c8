"""``goldloop images``: build and list what jobs run in: images, toolchains, packages. A thin wrapper around ``evals``."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from evals.errors import BadInput, SandboxFault
from loop import console
from loop.app import Json, app, emit, next_command

images_app = typer.Typer(
    help="Build and list what jobs run in: images of the Docker sandbox, toolchains, packages.", no_args_is_help=True
)
app.add_typer(images_app, name="images")


@images_app.command("build")
def images_build(
    suites: Annotated[list[str] | None, typer.Argument(help="Suites whose tasks' packages are installed too.")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Build from this machine's packages and wheels; ask no registry.")
    ] = False,
    only: Annotated[str, typer.Option(help="python, web or packages; default all.")] = "",
    json: Json = False,
) -> None:
    """Build what is missing: the Python image, the web image, the web toolchain of the embedded sandbox, and packages.

    Each set of packages that a task of the suites names is installed once, for both sandboxes, by pip from the index that it
    is set to; with --offline from the wheels that it is set to find (PIP_FIND_LINKS).

    Example: goldloop images build --only web

    Example, only the packages of a suite, which needs no engine: goldloop images build house --only packages
    """
    from evals.sandboxes.builds import build_all
    from evals.sandboxes.docker import DockerSandbox
    from evals.sandboxes.images import IMAGES

    if only and only not in (*IMAGES, "packages"):
        raise BadInput(f"--only {only}: expected {', '.join(IMAGES)} or packages")
    if only == "packages" and not suites:
        raise BadInput("--only packages: name the suites whose packages are installed")
    environments = _build_packages(suites or [], offline=offline)
    if only == "packages":
        _finish([], environments, "", json=json)
        return
    kind: Any = only or None
    try:
        built = build_all(only=kind, offline=offline, report=_report)
        sandbox = DockerSandbox(image=built.get("python") or built["web"], web_image=built.get("web", ""))
        try:
            versions = {kind: _version(sandbox, kind) for kind in built}
        finally:
            sandbox.close()
    except SandboxFault as fault:
        raise BadInput(f"images: {fault}; {_toolchain()}") from None
    rows: list[dict[str, Any]] = [{"kind": kind, "image": name, "version": versions[kind]} for kind, name in built.items()]
    _finish(rows, environments, sandbox.tier, json=json)


def _report(line: str) -> None:
    console.say(console.escape(line))


def _finish(rows: list[dict[str, Any]], environments: list[dict[str, Any]], tier: str, *, json: bool) -> None:
    if json:
        emit({"images": rows, "packages": environments, "sandbox": tier})
    else:
        _table([*rows, *({**row, "kind": "packages"} for row in environments)], ("kind", "image", "version"))
    next_command("goldloop images list")


def _build_packages(suites: list[str], *, offline: bool) -> list[dict[str, Any]]:
    """Install each set of packages that the suites' tasks name."""
    from evals.suites import load_suite
    from evals.toolchains.packages import build_environment, built_environments

    sets = {tuple(sorted(set(task.packages))) for name in suites for task in load_suite(name).tasks if task.packages}
    try:
        folders = {build_environment(packages, offline=offline, report=_report) for packages in sorted(sets)}
    except SandboxFault as fault:
        raise BadInput(f"images: {fault}") from None
    return [
        {"image": ", ".join(made.packages), "version": f"{len(made.installed)} installed", "folder": str(made.folder)}
        for made in built_environments()
        if made.folder in folders
    ]


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
    """Say which images are there, which are stale, where the embedded sandbox's web toolchain is, and which packages are.

    Example: goldloop images list
    """
    from evals.sandboxes.builds import engine, is_there
    from evals.sandboxes.images import IMAGES, image_name, stale_images
    from evals.toolchains import find_toolchain
    from evals.toolchains.packages import built_environments

    rows = []
    environments = [
        {"packages": made.packages, "installed": made.installed, "folder": str(made.folder)} for made in built_environments()
    ]
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
        emit({"images": rows, "packages": environments, "toolchain": str(folder) if folder else None})
    else:
        made = ({"kind": "packages", "image": ", ".join(row["packages"]), "state": "there"} for row in environments)
        _table([*rows, *made], ("kind", "image", "state"))
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
