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
from loop.app import DEFAULT_MODEL, RUNS, Json, Model, Runs, Sets, Unsafe, app, emit, next_command
from loop.verbs.common import Out, SuiteArgument, make_bench

if TYPE_CHECKING:
    from evals.records import Task
    from loop.ablate import Arm, ArmReport

SURE = 0.05
_ORACLE = "with an oracle at use: the tests choose or mend the answers; not comparable with the base"


@app.command()
def ablate(
    suite: SuiteArgument,
    out: Out,
    rules: Annotated[
        list[Path] | None, typer.Option(help="File with rules to add to the system prompt; repeatable, each a separate arm.")
    ] = None,
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

    Best of several (--tries) and repair turns (--repair) need the tests' verdicts at use; they stand apart and are never the
    best. An adapter that was trained on these tasks is refused.

    Example: goldloop ablate house --split dev --rules rules.md --repair 1 --out ablation
    """
    from loop.ablate import arms_of, read_rules, require_comparable, run_arms
    from loop.adapters import check_adapter
    from loop.config import make_config
    from loop.holdout import HoldoutLedger

    if split not in ("train", "dev", "holdout"):
        raise BadInput(f"--split {split}: expected train, dev or holdout")
    texts = read_rules(rules or ())
    config = make_config({"model": model, "suites": {"target": [suite]}}, set_ or (), place="command line")
    arms = arms_of(
        rules=texts,
        adapter=adapter,
        temperature=temperature,
        tries=tries,
        repair=repair,
        usual_temperature=config.evals.temperature,
    )
    if adapter:
        check_adapter(adapter, config.model)
    bench = make_bench([suite], model, unsafe_local=unsafe_local, quiet=json, overrides=set_ or ())
    try:
        tasks = bench.tasks(split)
        if not tasks:
            raise BadInput(f"suite {suite}: no task has split {split}; there are {', '.join(_splits(bench.tasks))}")
        if adapter and (unknown := require_comparable(adapter, tasks)):
            console.say(f"note: {console.escape(unknown)}")
        if split == "holdout":
            bench.ledger = HoldoutLedger(runs)
        ablation = run_arms(bench, arms, tasks, out)
    finally:
        bench.close()
    reports = ablation.arms
    best = _best(reports)
    if json:
        emit({"out": str(out), **ablation.model_dump(mode="json"), "best": best.name if best else None})
    else:
        console.out.print(_arms_table([report for report in reports if not report.oracle]))
        console.out.print(Text(_conclusion(reports, best)))
        if oracles := [report for report in reports if report.oracle]:
            console.out.print()
            console.out.print(Text(_ORACLE), soft_wrap=True)
            console.out.print(_oracles_table(oracles))
        if ablation.flaky:
            console.out.print(f"flaky tasks set apart: {len(ablation.flaky)} (the same code passed and failed)")
    chosen = next(arm for arm in arms if arm.name == (best or reports[0]).name)
    next_command(_next(suite, split, out, chosen))


def _next(suite: str, split: str, out: Path, arm: Arm) -> str:
    """What to look at after a comparison; failures are shown of training tasks only."""
    if split == "train":
        return f"goldloop failures {out}/{arm.folder}"
    if not (arm.rules or arm.adapter or arm.evals):
        return f"goldloop eval {suite} --split train --out evals/{suite.rpartition('/')[2]}-train"
    if arm.evals:
        sets = " ".join(f"--set evals.{key}={value:g}" for key, value in arm.evals.items())
        return f"goldloop eval {suite} --split {split} {sets} --out evals/{arm.folder}"
    return f"goldloop compare {out}/base {out}/{arm.folder}"


def _best(reports: Sequence[ArmReport]) -> ArmReport | None:
    """The arm with the largest gain among those that are significantly better than the base, after Holm; None without one.

    An arm with an oracle is never it: an unchanged model would win by drawing often enough.
    """
    sure = [r for r in reports if not r.oracle and r.delta is not None and r.delta > 0 and r.p is not None and r.p < SURE]
    return max(sure, key=lambda report: report.delta or 0.0, default=None)


def _conclusion(reports: Sequence[ArmReport], best: ArmReport | None) -> str:
    from loop.gate import points

    if best is not None:
        return f"better than the base: {best.name}, {points(best.delta or 0.0)} points (p {best.p:.3f} after Holm)"
    compared = [r for r in reports if r.detectable is not None]
    if not compared:
        return "nothing is compared with the base: every lever needs an oracle at use"
    worse = [r.name for r in compared if (r.delta or 0.0) < 0 and r.p is not None and r.p < SURE]
    said = f"; worse than the base: {', '.join(worse)}" if worse else ""
    least = max(r.detectable or 0.0 for r in compared)
    detects = f"detects {100 * least:.0f} points or more (80% power)" if least < 1 else "detects nothing"
    return f"no evidence that an arm is better than the base; a comparison of {reports[0].n} tasks {detects}{said}"


def _splits(tasks: Callable[..., Sequence[Task]]) -> list[str]:
    return [name for name in ("train", "dev", "holdout") if tasks(name)]


def _arms_table(reports: Sequence[ArmReport]) -> Table:
    from loop.gate import points

    table = Table(title=f"{reports[0].n} tasks", title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column("arm", overflow="fold")
    for name in ("rate", "95% in %", "to base", "95% in points", "p (Holm)", "detects"):
        table.add_column(name, justify="right", overflow="fold")
    for report in reports:
        cells = [f"{report.rate:.1%}", f"{100 * report.ci95[0]:.0f} to {100 * report.ci95[1]:.0f}"]
        if report.delta is not None and report.delta_ci95 is not None and report.detectable is not None:
            spread = f"{points(report.delta_ci95[0])} to {points(report.delta_ci95[1])}"
            cells += [points(report.delta), spread, f"{report.p:.3f}", f"{100 * report.detectable:.0f}"]
        table.add_row(Text(report.name), *cells)
    return table


def _oracles_table(reports: Sequence[ArmReport]) -> Table:
    """What answers are worth that the tests chose; no difference to the base, whose answers nobody chose."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("arm", overflow="fold")
    for name in ("solved", "95% in %"):
        table.add_column(name, justify="right")
    for report in reports:
        table.add_row(Text(report.name), f"{report.rate:.1%}", f"{100 * report.ci95[0]:.0f} to {100 * report.ci95[1]:.0f}")
    return table
