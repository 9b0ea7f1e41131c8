"""What several verbs share: options by name, a bench for suites, results and runs by folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evals.errors import BadInput
from loop import console

if TYPE_CHECKING:
    from evals.records import Result
    from loop.bench import Bench


def no_file_in_the_way(option: str, path: Path) -> None:
    """Check before the work that no file is where a folder has to be.

    Raises:
        BadInput: the path, or a part of it, is a file.
    """
    for part in (path, *path.parents):
        if part.exists() and not part.is_dir():
            which = "is a file" if part == path else f"{part} is a file"
            raise BadInput(f"{option} {path}: {which}, and nothing is overwritten; give a new folder")


def column_map(given: Sequence[str], expected: str) -> dict[str, str]:
    """What ``--column NAME=COLUMN`` says, by name.

    Raises:
        BadInput: one has another form than ``expected`` tells.
    """
    columns = {}
    for pair in given:
        name, equals, column = pair.partition("=")
        if not name or not equals or not column:
            raise BadInput(f"--column {pair}: expected {expected}")
        columns[name] = column
    return columns


def _out(folder: Path) -> Path:
    no_file_in_the_way("--out", folder)
    return folder


Out = Annotated[Path, typer.Option("--out", callback=_out, help="New folder for the result.")]
SuiteArgument = Annotated[str, typer.Argument(help="Suite: a folder, a shipped name, or importer:path.")]
Holdouts = Annotated[list[str], typer.Option("--holdout", help="Suite whose holdout must not leak; repeatable.")]


def make_bench(
    suites: Sequence[str], model: str, *, unsafe_local: bool, quiet: bool, overrides: Sequence[str] = (), **settings: Any
) -> Bench:
    """Suites loaded, a sandbox opened and tested, a model to be opened.

    Raises:
        BadInput: a suite does not load, a setting is wrong, or no sandbox works.
    """
    from evals.suites import load_suite
    from loop.bench import open_tools
    from loop.config import make_config

    config = make_config({"model": model, "suites": {"target": list(suites)}, **settings}, overrides, place="command line")
    loaded = [load_suite(name) for name in suites]
    return open_tools(config, loaded, unsafe_local=unsafe_local, progress=console.Bars(quiet=quiet))


def read_results(folder: Path) -> list[Result]:
    """The results of a finished evaluation, or of a run's latest look at its training tasks."""
    from evals.files import read_records
    from evals.records import Result
    from loop.stages import RESULTS

    if not (folder / RESULTS).is_file():
        rounds = sorted(folder.glob(f"round-*/before-train/{RESULTS}"))
        if not rounds:
            below = sorted(folder.glob("*/round-*"))
            near = f"; did you mean {below[-1].parent}?" if below else ""
            raise BadInput(
                f"{folder}: no {RESULTS} here, and no run; give the folder that `goldloop eval --out` or `goldloop run` "
                f"wrote{near}"
            )
        folder = rounds[-1].parent
    return read_records(folder / RESULTS, Result)


def run_folder(name: str, runs: Path) -> Path:
    """The folder of a run by name, or of the only one."""
    from loop.runs import list_runs

    names = list_runs(runs)
    if name in names:
        return runs / name
    if name:
        raise BadInput(f"{runs / name}: no such run; runs here: {', '.join(names) or 'none'}")
    if len(names) == 1:
        return runs / names[0]
    if not names:
        raise BadInput(f"{runs}: no runs here; start one with `goldloop run` or `goldloop demo`")
    newest = max(names, key=lambda name_of_run: (runs / name_of_run / "run.json").stat().st_mtime)
    console.say(f"taking the newest run, {newest} (of {', '.join(names)})")
    return runs / newest
