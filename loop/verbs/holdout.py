"""The verbs around the holdout: who looked at it, and a look at one item that is logged before it is given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.app import RUNS, Json, Runs, app, emit, next_command
from loop.verbs.common import run_folder

holdout_app = typer.Typer(help="Looks at the holdout: every one is logged.", no_args_is_help=True)
app.add_typer(holdout_app, name="holdout")


@holdout_app.command("looks")
def looks(runs: Runs = RUNS, json: Json = False) -> None:
    """List the looks at holdout tasks, and what they have spent of the budget, by suite.

    Every model that is evaluated on a holdout spends one look of gate.looks, once; so does a decision of the gate.

    Example: goldloop holdout looks
    """
    from loop.holdout import HoldoutLedger

    ledger = HoldoutLedger(runs)
    looks, standings, budget = ledger.looks, ledger.latest(), _budget()
    if json:
        emit({"looks": looks, "budget": budget, "suites": standings})
    else:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for name in ("when", "what", "suite", "holdout", "subject", "why"):
            table.add_column(name)
        for look in looks:
            cells = (look.at, look.what, look.suite, look.holdout[:11], look.subject, look.why)
            table.add_row(*(Text(cell) for cell in cells))
        console.out.print(table if looks else f"nobody has looked at a holdout in {runs} yet")
        for standing in standings:
            models = f"{standing.looks:.4g} of {budget} looks spent, a model each"
            decided = f"{standing.decisions:.4g} decision{'' if standing.decisions == 1 else 's'}"
            console.out.print(Text(f"{standing.suite}: {models}; {decided}"))
    next_command("goldloop status")


def _budget() -> int:
    """``gate.looks`` of the project in this folder, else the default."""
    from loop.config import CONFIG_FILE, GateSettings, read_config

    config = read_config(Path(CONFIG_FILE)).config if Path(CONFIG_FILE).is_file() else None
    return (config.gate if config else GateSettings()).looks


@holdout_app.command("show")
def show(
    task: Annotated[str, typer.Argument(help="Task, as suite/id.")],
    why: Annotated[str, typer.Option(help="Why this item must be seen; it is logged.")],
    run: Annotated[str, typer.Option(help="Run, where there are several.")] = "",
    runs: Runs = RUNS,
    json: Json = False,
) -> None:
    """Show what the models answered to one holdout task. The look is logged first: an item that was seen is not a blind test.

    Example: goldloop holdout show basics/caesar_shift --why "the check looks wrong"
    """
    from evals.files import read_records
    from evals.records import Result
    from loop.holdout import HoldoutLedger
    from loop.stages import RESULTS

    if not why.strip():
        raise BadInput("--why: say why this item must be seen; it is logged")
    folder = run_folder(run, runs)
    stages = {
        str(file.parent.relative_to(folder)): [r for r in read_records(file, Result) if r.key == task]
        for file in sorted(folder.glob(f"round-*/*holdout*/{RESULTS}"))
    }
    shown = {name: results for name, results in stages.items() if any(r.split == "holdout" for r in results)}
    if not shown:
        raise BadInput(f"{folder}: no holdout task {task!r} was evaluated here; give it as suite/id")
    HoldoutLedger(runs).note_item(task, f"{folder.name}: {why.strip()}")
    if json:
        emit({"task": task, "stages": shown})
    else:
        for name, results in shown.items():
            for result in results:
                console.out.print(Text(f"{name}: {result.verdict.status} ({result.verdict.reason})", style="bold"))
                console.out.print(Text(result.attempt.completion.strip() or "(no answer)"))
    next_command("goldloop holdout looks")
