"""The verbs that evaluate a model and show what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.cli import DEFAULT_MODEL, Json, Model, Sets, Unsafe, app, emit, next_command
from loop.verbs.common import Out, SuiteArgument, make_bench, read_results

if TYPE_CHECKING:
    from evals.comparison import Rate
    from evals.records import Result
    from goldens.taxonomy import Cluster


@app.command("eval")
def eval_(
    suite: SuiteArgument,
    out: Out,
    model: Model = DEFAULT_MODEL,
    adapter: Annotated[str, typer.Option(help="Folder of a LoRA adapter to put on the model.")] = "",
    split: Annotated[list[str] | None, typer.Option(help="train, dev or holdout; repeatable, default all.")] = None,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Tokens an answer may have.")] = 192,
    set_: Sets = None,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> None:
    """Evaluate a model on a suite: generate, grade, keep every attempt with its verdict.

    Example: goldloop eval house --split train --out evals/base

    Example, a model behind a server: goldloop eval house --model NAME --out evals/served --set backend=openai
    --set server.url=http://127.0.0.1:8000/v1
    """
    from evals.records import ModelRef
    from loop.stages import count_results, evaluate_stage

    evals = {"max_new_tokens": max_new_tokens}
    bench = make_bench([suite], model, unsafe_local=unsafe_local, quiet=json, overrides=set_ or (), evals=evals)
    try:
        known = ("train", "dev", "holdout")
        if unknown := [name for name in split or () if name not in known]:
            raise BadInput(f"--split {unknown[0]}: expected {', '.join(known)}")
        tasks = bench.tasks(*(split or known))
        if not tasks:
            raise BadInput(f"suite {suite}: no task has split {', '.join(split or known)}")
        results = evaluate_stage(
            bench, out, ModelRef(base=bench.config.model, adapter=adapter), tasks, f"evaluate {bench.targets[0].name}"
        )
    finally:
        bench.close()
    counts = count_results(results)
    if json:
        slices = {
            name: {"tasks": r.n, "samples": r.samples, "rate": r.share, "ci95": [r.interval.low, r.interval.high]}
            for name, r in _by_slice(results).items()
        }
        emit({"out": str(out), "counts": counts, "slices": slices, "powers": _powers(results)})
    else:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for name in ("slice", "tasks", "pass rate", "95% interval"):
            table.add_column(name, justify="left" if name == "slice" else "right")
        for name, rate in _by_slice(results).items():
            spread = f"{rate.interval.low:.1%} to {rate.interval.high:.1%}"
            table.add_row(Text(name), f"{rate.n}", f"{rate.share:.1%}", spread)
        console.out.print(table)
        if powers := _powers(results):
            console.out.print(Text("; ".join(f"{name} {share:.1%}" for name, share in powers.items())))
    next_command(f"goldloop failures {out}")


def _powers(results: Sequence[Result]) -> dict[str, float]:
    """pass@k and pass^k for k of 2, 5, 10, ... and the number of samples; nothing where there is one sample a task."""
    from evals.clusters import pass_at_k, pass_hat_k
    from evals.comparison import outcomes_of

    outcomes = list(outcomes_of(results).values())
    most = min(map(len, outcomes), default=0)
    powers = {}
    for k in sorted({k for k in (2, 5, 10, 50, 100) if k < most} | {most}) if most > 1 else ():
        for name, estimate in (("pass@", pass_at_k), ("pass^", pass_hat_k)):
            powers[f"{name}{k}"] = sum(estimate(len(o), sum(o), k) for o in outcomes) / len(outcomes)
    return powers


def _by_slice(results: Sequence[Result]) -> dict[str, Rate]:
    """Rates by slice, the whole first; a slice without a verdict has no row."""
    from evals.comparison import outcomes_of, pass_rate

    parts: dict[str, list[Result]] = {}
    for result in results:
        for name in ("all", f"{result.suite} {result.split}: {result.slice}"):
            parts.setdefault(name, []).append(result)
    found = {name: outcomes_of(part) for name, part in parts.items()}
    return {name: pass_rate(found[name]) for name in sorted(found, key=lambda n: (n != "all", n)) if found[name]}


@app.command()
def failures(
    results: Annotated[Path, typer.Argument(help="Folder of an evaluation, or of a run.")],
    json: Json = False,
) -> None:
    """Show what failed on the training split: by kind, then in clusters that say the same. Holdout items are never shown.

    Example: goldloop failures runs/demo
    """
    from goldens.pair import collect_failures
    from goldens.taxonomy import clusters_of, count_kinds

    found = read_results(results)
    failed = collect_failures(found)
    clusters = clusters_of(failed, {result.attempt.task: result.slice for result in found})
    kinds = count_kinds(failed)
    if json:
        reasons = Counter(failure.verdict.reason for failure in failed)
        emit({"failures": len(failed), "kinds": kinds, "reasons": reasons, "clusters": clusters, "items": failed})
    else:
        console.out.print(console.counts_table(f"{len(failed)} failures", kinds, ("kind", "tasks")))
        console.out.print()
        console.out.print(_clusters_table(clusters[:12]))
        if len(clusters) > 12:
            console.out.print(f"... and {len(clusters) - 12} smaller clusters (--json has all)")
    next_command(f"goldloop pair {results} --suite SUITE --out pairs")


def _clusters_table(clusters: Sequence[Cluster]) -> Table:
    table = Table(title="alike", title_justify="left", header_style="bold", box=None, pad_edge=False)
    table.add_column("tasks", justify="right")
    for name in ("what it says", "slices", "for example"):
        table.add_column(name, overflow="fold")
    for cluster in clusters:
        slices = ", ".join(f"{name} {count}" for name, count in list(cluster.slices.items())[:3])
        table.add_row(f"{cluster.size}", Text(cluster.signature), Text(slices), Text(cluster.representative.task))
    return table
