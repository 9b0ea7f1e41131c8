"""The verbs that come first: init, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loop import console
from loop.app import Json, app, emit, next_command


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="New folder for the project.")],
    kind: Annotated[
        str, typer.Option("--kind", help="Kind of the example suite: function, stdin, sql, tests, patch or react.")
    ] = "function",
    json: Json = False,
) -> None:
    """Make a working project: configuration, a small suite, a README.

    Example: goldloop init my-project

    Example: goldloop init my-queries --kind sql
    """
    from loop.scaffold import init_project

    files = init_project(folder, kind)
    if json:
        emit({"folder": str(folder), "files": [str(file.relative_to(folder)) for file in files]})
    else:
        for file in files:
            console.out.print(f"  {console.escape(str(file))}")
    next_command(f"cd {folder} && goldloop run --anyway")


@app.command()
def doctor(json: Json = False) -> int:
    """Say what this machine can do, and what to install.

    Example: goldloop doctor
    """
    from rich.table import Table
    from rich.text import Text

    from loop.doctor import examine, healthy

    findings = examine(Path.cwd())
    good = healthy(findings)
    if json:
        emit({"healthy": good, "findings": findings})
        return 0 if good else 2
    colours = {"ok": "green", "missing": "bold red", "optional": "yellow"}
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("what", "state", "found", "to do"):
        table.add_column(name, overflow="fold")
    for finding in findings:
        fix = finding.fix if finding.state != "ok" else ""
        table.add_row(finding.name, f"[{colours[finding.state]}]{finding.state}[/]", Text(finding.found), Text(fix))
    console.out.print(table)
    next_command("goldloop demo" if good else "goldloop doctor")
    return 0 if good else 2
