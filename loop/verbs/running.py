"""The verbs that run rounds, go on with them, and say how far they are: demo, run, resume, status."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from loop import console
from loop.app import RUNS, Anyway, Json, Runs, Sets, Unsafe, app, emit, next_command
from loop.verbs.checking import require_valid
from loop.verbs.common import run_folder

if TYPE_CHECKING:
    from loop.config import Config
    from loop.runs import Finished
    from loop.status import RunState
    from loop.validate import Where

TEMPLATES = Path(__file__).parents[1] / "templates"


@app.command()
def demo(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds to run.")] = 1,
    runs: Runs = RUNS,
    set_: Sets = None,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> int:
    """Close the loop once on the shipped suites with the embedded model: fail, learn, pass.

    Example: goldloop demo
    """
    import yaml

    from loop.config import make_config

    text = (TEMPLATES / "demo.yaml").read_text(encoding="utf-8")
    config = make_config({**yaml.safe_load(text), "rounds": rounds}, set_ or (), place="demo.yaml")
    return _run_config(config, Path.cwd(), runs, unsafe_local=unsafe_local, json=json)


@app.command()
def run(
    config: Annotated[Path, typer.Argument(help="Configuration file.")] = Path("goldloop.yaml"),
    target: Annotated[list[str] | None, typer.Option(help="Suite to improve on; repeatable. Replaces the file's.")] = None,
    guard: Annotated[list[str] | None, typer.Option(help="Suite that must not get worse; repeatable.")] = None,
    model: Annotated[str, typer.Option(help="Hub id, local folder or GGUF file.")] = "",
    name: Annotated[str, typer.Option(help="The run's name.")] = "",
    rounds: Annotated[int, typer.Option(min=0, help="Rounds; 0 takes the configuration's.")] = 0,
    set_: Sets = None,
    runs: Runs = RUNS,
    unsafe_local: Unsafe = False,
    anyway: Anyway = False,
    json: Json = False,
) -> int:
    """Run rounds: evaluate, collect failures, pair, screen, train, re-evaluate, decide.

    A run that exists under the same settings goes on where it stopped.

    Example: goldloop run goldloop.yaml --rounds 2 --set finetune.learning_rate=1e-4

    Example: goldloop run --target mbpp:../data/mbpp --name mbpp
    """
    from loop.config import check_config, read_config

    overrides = list(set_ or ())
    overrides += [f"{key}={value}" for key, value in (("model", model), ("name", name), ("rounds", rounds or "")) if value]
    for key, suites in (("target", target), ("guard", guard)):
        if suites:
            overrides.append(f"suites.{key}=[{', '.join(repr(suite) for suite in suites)}]")
    if target and not config.is_file():
        read, base = check_config({}, overrides, place="command line"), Path.cwd()
    else:
        read, base = read_config(config, overrides), Path.cwd() if target else config.parent
    if read.problems:
        require_valid(read, base, unsafe_local=unsafe_local, anyway=anyway)
    return _run_config(read.valid(), base, runs, where=read.where, unsafe_local=unsafe_local, anyway=anyway, json=json)


@app.command()
def resume(
    name: Annotated[str, typer.Argument(help="Name of the run; without it, the newest one.")] = "",
    runs: Runs = RUNS,
    json: Json = False,
) -> int:
    """Go on with a run that was stopped or killed: nothing is lost, nothing is done twice.

    Example: goldloop resume demo
    """
    from loop.runs import resume_run

    folder = run_folder(name, runs)
    return _show_run(resume_run(folder, progress=console.Bars(quiet=json)), json=json)


def _run_config(
    config: Config,
    base: Path,
    runs: Path,
    *,
    where: Where = lambda key: "",
    unsafe_local: bool,
    anyway: bool = False,
    json: bool,
) -> int:
    from loop.runs import start_run

    def tell(note: str) -> None:
        if not json:
            console.say(console.escape(note))

    if not json:
        targets, guards = ", ".join(config.suites.target), ", ".join(config.suites.guard) or "none"
        console.say(f"[bold]goldloop[/] {config.name}: {console.escape(config.model)}, target {targets}, guard {guards}")
    bars = console.Bars(quiet=json)
    how: dict[str, Any] = {"where": where, "unsafe_local": unsafe_local, "progress": bars, "anyway": anyway, "tell": tell}
    return _show_run(start_run(config, base, runs, **how), json=json)


def _show_run(finished: Finished, *, json: bool) -> int:
    from evals.files import read_json
    from loop.gate import EXIT_CODES
    from loop.show import show_round

    last = finished.rounds[-1]
    if json:
        emit({**read_json(finished.folder / "report.json"), "html": str(finished.html)})
    else:
        for report in finished.rounds:
            show_round(report)
        console.out.print(f"report: {console.escape(str(finished.html))}", soft_wrap=True)
        promoted = f"goldloop lineage {finished.folder.name}"
        next_command(promoted if last.decision == "promote" else f"goldloop failures {finished.folder}")
    return EXIT_CODES[last.decision]


@app.command()
def status(name: Annotated[str, typer.Argument(help="Name of the run.")] = "", runs: Runs = RUNS, json: Json = False) -> None:
    """Show how far a run is: every stage with its counts, and whether it is running, stopped or done.

    Example: goldloop status demo
    """
    from loop.status import run_state, run_status

    folder = run_folder(name, runs)
    rows, state = run_status(folder), run_state(folder)
    if json:
        left = {"seconds_left": state.position.seconds_left} if state.position else {}
        position = {**state.position.model_dump(mode="json"), **left} if state.position else None
        emit({"run": folder.name, "state": state.state, "pid": state.pid, "position": position, "stages": rows})
    else:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for column in ("round", "stage", "state", "seconds", "counts"):
            table.add_column(column, justify="right" if column == "seconds" else "left")
        for row in rows:
            counts = ", ".join(f"{k} {v}" for k, v in row["counts"].items() if v and not isinstance(v, dict))
            seconds = "" if row["seconds"] is None else f"{row['seconds']:.1f}"
            table.add_row(row["round"], row["stage"], row["state"], seconds, Text(counts))
        console.out.print(table)
        console.out.print(_state_line(state), soft_wrap=True)
    next_command(
        {
            "done": f"goldloop report {folder.name}",
            "running": f"goldloop status {folder.name}",
            "stopped": f"goldloop resume {folder.name}",
        }[state.state]
    )


def _state_line(state: RunState) -> str:
    said = f"running, process {state.pid}" if state.state == "running" else state.state
    if (at := state.position) is None:
        return said
    joint = ":" if state.state == "running" else " at"
    said += f"{joint} {console.escape(at.label)}, {at.done:,.0f} of {at.total:,.0f} {at.unit}"
    if state.state == "running" and at.rate:
        said += f", {at.rate:,.1f} {at.unit}/s, {console.duration(at.seconds_left or 0)} left"
    return said
