"""The verb that looks at split final, once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.app import RUNS, Json, Runs, Sets, Unsafe, app, emit, next_command
from loop.verbs.common import no_file_in_the_way

if TYPE_CHECKING:
    from loop.config import Config
    from loop.gate import Line


@app.command()
def publish(
    suites: Annotated[list[str] | None, typer.Argument(help="Suites; without any, those of the configuration.")] = None,
    config: Annotated[Path, typer.Option("--config", help="Configuration file.")] = Path("goldloop.yaml"),
    out: Annotated[Path | None, typer.Option("--out", help="New folder for the result; without it, below the runs.")] = None,
    set_: Sets = None,
    runs: Runs = RUNS,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> None:
    """Evaluate the base and the adapter in use on split final, once, and give the last figure.

    The look is logged before a model is run, and there is no second one: not with another adapter, nor with other settings.
    Stopped or killed, the same command goes on.

    Example: goldloop publish

    Example, one suite of several: goldloop publish house --config goldloop.yaml

    Exit code 3: no task has split final, or one was looked at before; 4: no adapter is in use, or it was trained on a final task.
    """
    from evals.suites import load_suite
    from loop.bench import open_tools
    from loop.gate import GateReport
    from loop.publish import adapter_in_use
    from loop.publish import publish as publish_

    if out is not None:
        no_file_in_the_way("--out", out)
    settings, base = _settings(suites or (), config, set_ or ())
    adapter_in_use(settings.model, runs)
    targets, guards = ([load_suite(name, base) for name in names] for names in (settings.suites.target, settings.suites.guard))
    bench = open_tools(settings, targets, guards, unsafe_local=unsafe_local, progress=console.Bars(quiet=json))
    try:
        folder, publication = publish_(bench, runs, out)
    finally:
        bench.close()
    if json:
        emit({"out": str(folder), **publication.model_dump(mode="json")})
    else:
        report = GateReport(decision="inconclusive", reasons=(), lines=publication.lines)
        title = "final, paired, in points: base against the adapter in use"
        console.out.print(console.gate_table(report, title, split="final"))
        for line in publication.lines:
            if line.slice == "*":
                console.out.print(Text(_sentence(line)))
        if publication.flaky:
            console.out.print(f"flaky tasks set apart: {publication.flaky} (the same code passed and failed)")
        if publication.unproved:
            console.out.print(f"final tasks whose golden did not pass here: {publication.unproved}")
        console.out.print(f"published: {console.escape(str(folder))}", soft_wrap=True)
    next_command(f"goldloop lineage {publication.run}")


def _settings(suites: Sequence[str], config: Path, overrides: Sequence[str]) -> tuple[Config, Path | None]:
    """The configuration, and the folder that its names of suites start from; suites given by name start from here."""
    from loop.config import SuiteSettings, load_config, make_config

    if not config.is_file() and suites:
        return make_config({"suites": {"target": list(suites)}}, overrides, place="command line"), None
    if not config.is_file():
        raise BadInput(f"{config}: no such file; name the suites (`goldloop publish SUITE`), or give --config FILE")
    loaded = load_config(config, overrides)
    if not suites:
        return loaded, config.parent
    guards = tuple(name for name in suites if name in loaded.suites.guard)
    targets = tuple(name for name in suites if name not in guards)
    chosen = SuiteSettings(target=targets or guards, guard=guards if targets else ())
    return loaded.model_copy(update={"suites": chosen}), None


def _sentence(line: Line) -> str:
    """One suite's figure in words."""
    from loop.gate import points

    spread = f"95% interval {points(line.ci95[0])} to {points(line.ci95[1])}"
    tasks = f"{line.n} final tasks" + (f" in {line.clusters} groups" if line.clusters != line.n else "")
    return (
        f"{line.suite}: base {line.before:.1%}, with the adapter {line.after:.1%}, {points(line.delta)} points ({spread}), "
        f"p {line.p:.2g}, on {tasks}"
    )
