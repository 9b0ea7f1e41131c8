"""The verbs that run rounds, go on with them, and say how far they are: demo, run, resume, status, runs."""

from __future__ import annotations

from collections.abc import Callable
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
    """Close the loop on the shipped suites with the embedded model: fail, learn, pass. Done, it is shown again.

    Example: goldloop demo

    Example, a second round from the first one's adapter: goldloop demo --rounds 2
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
    rounds: Annotated[int, typer.Option(min=0, help="Rounds in all; 0 takes the configuration's.")] = 0,
    start: Annotated[str, typer.Option(help="What to start from: current, base, or an adapter's folder.")] = "",
    no_promote: Annotated[bool, typer.Option("--no-promote", help="Put no adapter in use; `goldloop promote` can.")] = False,
    set_: Sets = None,
    runs: Runs = RUNS,
    unsafe_local: Unsafe = False,
    anyway: Anyway = False,
    json: Json = False,
) -> int:
    """Run rounds: evaluate, collect failures, pair, screen, train, re-evaluate, decide.

    Starts from the adapter in use for this base and these target suites, if there is one, and puts in use what the gate
    promotes. A run that exists under the same settings goes on where it stopped; one that is done, with one more round.

    Example: goldloop run goldloop.yaml --rounds 2 --set finetune.learning_rate=1e-4

    Example: goldloop run --target mbpp:../data/mbpp --name mbpp
    """
    from loop.config import check_config, read_config

    overrides = list(set_ or ())
    given = {"model": model, "name": name, "rounds": rounds or "", "start": start}
    overrides += [f"{key}={value}" for key, value in given.items() if value]
    for key, suites in (("target", target), ("guard", guard)):
        if suites:
            overrides.append(f"suites.{key}=[{', '.join(repr(suite) for suite in suites)}]")
    if target and not config.is_file():
        read, base = check_config({}, overrides, place="command line"), Path.cwd()
    else:
        read, base = read_config(config, overrides), Path.cwd() if target else config.parent
    if read.problems:
        require_valid(read, base, unsafe_local=unsafe_local, anyway=anyway)
    how: dict[str, Any] = {"where": read.where, "unsafe_local": unsafe_local, "anyway": anyway}
    return _run_config(read.valid(), base, runs, json=json, promote=not no_promote, further=True, **how)


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
    finished = resume_run(folder, progress=console.Bars(quiet=json), tell=_teller(json))
    return _show_run(finished, runs, json=json)


def _run_config(
    config: Config,
    base: Path,
    runs: Path,
    *,
    where: Where = lambda key: "",
    unsafe_local: bool,
    anyway: bool = False,
    json: bool,
    promote: bool = True,
    further: bool = False,
) -> int:
    from loop.runs import start_run

    def tell(note: str) -> None:
        if not json:
            console.say(console.escape(note))

    if not json:
        targets, guards = ", ".join(config.suites.target), ", ".join(config.suites.guard) or "none"
        console.say(f"[bold]goldloop[/] {config.name}: {console.escape(config.model)}, target {targets}, guard {guards}")
        then = "what the gate promotes is put in use (--no-promote: not)" if promote else "nothing is put in use (--no-promote)"
        console.say(then)
    finished = start_run(
        config,
        base,
        runs,
        where=where,
        unsafe_local=unsafe_local,
        promote=promote,
        further=further,
        anyway=anyway,
        progress=console.Bars(quiet=json),
        tell=_teller(json),
    )
    return _show_run(finished, runs, json=json)


def _teller(json: bool) -> Callable[[str], None]:
    return (lambda line: None) if json else (lambda line: console.say(console.escape(line)))


def _show_run(finished: Finished, runs: Path, *, json: bool) -> int:
    from evals.files import read_json
    from loop.show import show_adapter, show_round

    if json:
        in_use = finished.in_use
        emit({**read_json(finished.folder / "report.json"), "html": str(finished.html), "in_use": in_use})
    else:
        for report in finished.rounds:
            show_round(report)
        if finished.stop is not None:
            console.out.print(
                f"stopped after round {finished.rounds[-1].number} by {finished.stop.rule}: {console.escape(finished.stop.said)}",
                soft_wrap=True,
            )
        show_adapter(finished, runs)
        console.out.print(f"report: {console.escape(str(finished.html))}", soft_wrap=True)
        next_command(_next(runs))
    return exit_code(finished)


def exit_code(finished: Finished) -> int:
    """That of the last round that the gate decided; 3, inconclusive, without one."""
    from loop.gate import EXIT_CODES

    decided = [report.decision for report in finished.rounds if report.gate is not None]
    return EXIT_CODES[decided[-1]] if decided else 3


def _next(runs: Path) -> str:
    """What to do after a run: a look at it, and at what still fails."""
    return "goldloop serve" if str(runs) == "runs" else f"goldloop serve {runs}"


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


@app.command("runs")
def runs_(runs: Runs = RUNS, json: Json = False) -> None:
    """List the runs of a folder: date, base, target, rounds, the last decision, and the gain against the original base.

    Example: goldloop runs
    """
    from loop.gate import points
    from loop.runs import summaries

    found = summaries(runs)
    if json:
        emit({"runs": found})
    else:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for column in ("run", "started", "base", "target", "rounds", "state", "decision", "gain in points"):
            no_wrap = column in ("run", "started", "decision")
            table.add_column(column, justify="right" if column == "rounds" else "left", overflow="fold", no_wrap=no_wrap)
        for run in found:
            started = run.started[:16].replace("T", " ") or "not recorded"
            gains = ", ".join(f"{name} {points(gain)}" for name, gain in run.gain.items())
            state = f"{run.state}, in use" if run.in_use else run.state
            decision = console.decision_text(run.decision) if run.decision else ""
            cells = [Text(cell) for cell in (run.name, started, run.base, ", ".join(run.targets), f"{run.rounds}", state)]
            table.add_row(*cells, decision, Text(gains))
        console.out.print(table if found else f"no runs in {runs} yet")
    next_command(f"goldloop status {found[-1].name}" if found else "goldloop run")
