"""The verb that looks at a suite over all its evaluations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from loop import console
from loop.cli import RUNS, Json, Runs, app, emit, next_command
from loop.verbs.common import SuiteArgument

if TYPE_CHECKING:
    from loop.health import Health

suite_app = typer.Typer(help="Look after suites.", no_args_is_help=True)
app.add_typer(suite_app, name="suite")


@suite_app.command("health")
def health(
    suite: SuiteArgument,
    verified: Annotated[Path | None, typer.Option(help="Report of `goldloop goldens verify --out`.")] = None,
    runs: Runs = RUNS,
    json: Json = False,
) -> int:
    """Show what a suite needs: saturated slices, tasks never solved, flaky, weak, and how old it is.

    Example: goldloop suite health house --verified report.json

    Exit code 2: something needs attention.
    """
    from evals.suites import load_suite
    from loop.health import examine_suite

    found = examine_suite(load_suite(suite), runs, verified)
    if json:
        emit({**found.model_dump(mode="json"), "asks": found.asks})
    else:
        _show(found)
    next_command(f"goldloop goldens verify {suite} --out report.json")
    return 2 if found.asks else 0


def _show(found: Health) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("slice", "tasks", "holdout, oldest to newest", ""):
        table.add_column(name, justify="right" if name == "tasks" else "left")
    for part in found.slices:
        rates = ", ".join(f"{rate:.0%}" for rate in part.rates[-6:]) or "not evaluated"
        table.add_row(Text(part.slice), f"{part.tasks}", rates, "saturated" if part.saturated else "")
    console.out.print(table)
    counts = {
        "never solved": len(found.never_solved),
        "always solved": len(found.always_solved),
        "without a verdict": len(found.unseen),
        "flaky": len(found.flaky),
    }
    counts |= {"weak": len(found.weak)} if found.weak is not None else {}
    age = f", first used {found.days[0]} days ago" if found.days else ""
    console.out.print()
    console.out.print(console.counts_table(f"{found.tasks} tasks, {found.evaluations} evaluations{age}", counts))
    for line in found.asks:
        console.out.print(f"  {console.escape(line)}")
