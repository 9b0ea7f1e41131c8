"""The verb that compares levers: rules in the prompt, an adapter, ways of decoding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.cli import DEFAULT_MODEL, RUNS, Json, Model, Runs, Sets, Unsafe, app, emit, next_command
from loop.verbs.common import Out, SuiteArgument, make_bench

if TYPE_CHECKING:
    from evals.records import Task
    from loop.ablate import ArmReport


@app.command()
def ablate(
    suite: SuiteArgument,
    out: Out,
    rules: Annotated[Path | None, typer.Option(help="File with rules to add to the system prompt.")] = None,
    adapter: Annotated[str, typer.Option(help="Folder of a LoRA adapter.")] = "",
    temperature: Annotated[float, typer.Option(min=0, help="Sample at this temperature.")] = 0.0,
    tries: Annotated[int, typer.Option(min=1, help="Best of so many samples.")] = 1,
    repair: Annotated[int, typer.Option(min=0, help="Turns in which the model sees its failing tests.")] = 0,
    split: Annotated[str, typer.Option(help="train, dev or holdout.")] = "dev",
    model: Model = DEFAULT_MODEL,
    set_: Sets = None,
    runs: Runs = RUNS,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> None:
    """Compare levers on the same tasks: base, + rules, + adapter, both, and ways of decoding.

    Example: goldloop ablate house --split train --rules rules.md --repair 1 --out ablation
    """
    from loop.ablate import arms_of, run_arms
    from loop.holdout import HoldoutLedger

    if split not in ("train", "dev", "holdout"):
        raise BadInput(f"--split {split}: expected train, dev or holdout")
    if rules is not None and not rules.is_file():
        raise BadInput(f"--rules {rules}: no such file; write the rules that every prompt should get into it")
    text = rules.read_text(encoding="utf-8") if rules else ""
    arms = arms_of(rules=text, adapter=adapter, temperature=temperature, tries=tries, repair=repair)
    bench = make_bench([suite], model, unsafe_local=unsafe_local, quiet=json, overrides=set_ or ())
    try:
        tasks = bench.tasks(split)
        if not tasks:
            raise BadInput(f"suite {suite}: no task has split {split}; there are {', '.join(_splits(bench.tasks))}")
        if split == "holdout":
            bench.ledger = HoldoutLedger(runs)
        reports = run_arms(bench, arms, tasks, out)
    finally:
        bench.close()
    if json:
        emit({"out": str(out), "arms": reports})
    else:
        console.out.print(_arms_table(reports))
    next_command(f"goldloop failures {out}/arm-0")


def _splits(tasks: Callable[..., Sequence[Task]]) -> list[str]:
    return [name for name in ("train", "dev", "holdout") if tasks(name)]


def _arms_table(reports: Sequence[ArmReport]) -> Table:
    from loop.gate import points

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("arm")
    for name in ("tasks", "pass rate", "95% interval", "to base", "95% interval", "p (Holm)", "sees"):
        table.add_column(name, justify="right")
    for report in reports:
        cells = [f"{report.n}", f"{report.rate:.1%}", f"{report.ci95[0]:.1%} to {report.ci95[1]:.1%}"]
        if report.delta is not None and report.delta_ci95 is not None and report.detectable is not None:
            spread = f"{points(report.delta_ci95[0])} to {points(report.delta_ci95[1])}"
            cells += [points(report.delta), spread, f"{report.p:.3f}", f"{100 * report.detectable:.0f} points"]
        table.add_row(Text(report.name), *cells)
    return table
