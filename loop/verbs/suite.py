"""The verb that looks at a suite over all its evaluations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from loop import console
from loop.app import RUNS, Json, Runs, app, emit, next_command
from loop.verbs.common import SuiteArgument

if TYPE_CHECKING:
    from loop.health import Health

_LISTS = ("never_solved", "always_solved", "unseen", "flaky")

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

    Holdout tasks are counted, never named, and the look at them is logged (`goldloop holdout show` names one, and logs why).

    Example: goldloop suite health house --verified report.json

    Exit code 2: something needs attention.
    """
    from evals.records import BLIND
    from evals.suites import load_suite
    from loop.health import examine_suite
    from loop.holdout import HoldoutLedger

    loaded = load_suite(suite)
    health_report = examine_suite(loaded, runs, verified)
    if health_report.evaluations:
        HoldoutLedger(runs).look("reading", loaded.tasks, "all models so far", "goldloop suite health")
    if json:
        secret = {task.key for task in loaded.split(*BLIND)}
        listed = {name: getattr(health_report, name) or () for name in _LISTS}
        emit(
            {
                **health_report.model_dump(mode="json"),
                **{name: [key for key in keys if key not in secret] for name, keys in listed.items()},
                "weak": None if health_report.weak is None else list(health_report.weak),
                "holdout": {name: sum(key in secret for key in keys) for name, keys in listed.items()},
                "asks": health_report.asks,
            }
        )
    else:
        _show(health_report)
    next_command(f"goldloop goldens verify {suite} --out report.json")
    return 2 if health_report.asks else 0


def _show(health_report: Health) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("slice", "tasks", "holdout, by round", ""):
        table.add_column(name, justify="right" if name == "tasks" else "left")
    for part in health_report.slices:
        rates = ", ".join(f"{rate:.0%}" for rate in part.rates[-6:]) or "not evaluated"
        rates += f" (95% interval from {part.lows[-1]:.0%})" if part.lows else ""
        table.add_row(Text(part.slice), f"{part.tasks}", rates, "saturated" if part.saturated else "")
    console.out.print(table)
    counts = {
        "never solved": len(health_report.never_solved),
        "always solved": len(health_report.always_solved),
        "without a verdict": len(health_report.unseen),
        "flaky": len(health_report.flaky),
    }
    counts |= {"weak": len(health_report.weak)} if health_report.weak is not None else {}
    age = ""
    if health_report.days:
        oldest, newest = health_report.days
        age = f", first used {oldest} days ago" + (f", newest tasks {newest} days ago" if newest != oldest else "")
    console.out.print()
    console.out.print(console.counts_table(f"{health_report.tasks} tasks, {health_report.evaluations} evaluations{age}", counts))
    for line in health_report.asks:
        console.out.print(f"  {console.escape(line)}")
