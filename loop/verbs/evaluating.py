"""The verbs that evaluate a model and show what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.app import DEFAULT_MODEL, RUNS, Json, Model, Runs, Sets, Unsafe, app, emit, next_command
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
    adapter: Annotated[str, typer.Option(help="LoRA adapter to put on the model: a folder, or `current`, the one in use.")] = "",
    split: Annotated[list[str] | None, typer.Option(help="train, dev or holdout; repeatable, default all three.")] = None,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Tokens per answer at most.")] = 192,
    set_: Sets = None,
    runs: Runs = RUNS,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> None:
    """Evaluate a model on a suite: generate, grade, keep every attempt with its verdict.

    A look at holdout tasks is logged and spends one of gate.looks, once for a model; an adapter that was trained on dev or
    holdout tasks is refused. Split final is only for `goldloop publish`.

    Example: goldloop eval house --split train --out evals/base

    Example, a model behind a server: goldloop eval house --model NAME --out evals/served --set backend=openai
    --set server.url=http://127.0.0.1:8000/v1
    """
    from evals.records import ModelRef
    from loop.adapters import check_adapter
    from loop.holdout import HoldoutLedger, require_untrained
    from loop.registry import current_adapter
    from loop.stage import is_done
    from loop.stages import evaluate_stage

    evals = {"max_new_tokens": max_new_tokens}
    bench = make_bench([suite], model, unsafe_local=unsafe_local, quiet=json, overrides=set_ or (), evals=evals)
    try:
        known = ("train", "dev", "holdout")
        if unknown := [name for name in split or () if name not in known]:
            why = ": it is looked at once, by `goldloop publish`" if unknown[0] == "final" else ""
            raise BadInput(f"--split {unknown[0]}{why}; expected {', '.join(known)}")
        tasks = bench.tasks(*(split or known))
        if not tasks:
            raise BadInput(f"suite {suite}: no task has split {', '.join(split or known)}")
        if adapter == "current":
            adapter = current_adapter(bench.config.model, bench.targets[0].name, runs)
            console.say(f"adapter in use: {console.escape(adapter)}")
        if adapter:
            check_adapter(adapter, bench.config.model)
            if unknown_ancestry := require_untrained(Path(adapter), tasks):
                console.say(f"note: {console.escape(unknown_ancestry)}")
        bench.ledger = HoldoutLedger(runs)
        if is_done(out):
            console.say(f"{console.escape(str(out))}: finished before; shown, not run again")
        results = evaluate_stage(
            bench, out, ModelRef(base=bench.config.model, adapter=adapter), tasks, f"evaluate {bench.targets[0].name}"
        )
    finally:
        bench.close()
    if json:
        emit({"out": str(out), **describe_rates(results)})
    else:
        show_rates(results)
    next_command(f"goldloop failures {out}")


def describe_rates(results: Sequence[Result]) -> dict[str, Any]:
    """An evaluation in figures: counts by status, pass rates by slice with their intervals, pass@k, flaky tasks."""
    from evals.comparison import flaky_tasks
    from evals.records import BLIND
    from loop.stages import count_results

    repaired = _after_repair(results)
    return {
        "counts": count_results(results),
        "slices": {name: _plain(rate) for name, rate in _by_slice(results).items()},
        "after_repair": {name: _plain(rate) for name, rate in _by_slice(repaired).items()} if repaired else {},
        "powers": _powers(results),
        "flaky": [r.key for r in _of_tasks(flaky_tasks(results), results) if r.split not in BLIND],
    }


def show_rates(results: Sequence[Result]) -> None:
    """The same for a person."""
    from evals.comparison import flaky_tasks
    from loop.stages import count_results

    counts = count_results(results)
    console.out.print(_rates_table(results, _after_repair(results)))
    if powers := _powers(results):
        console.out.print(Text("; ".join(f"{name} {share:.1%}" for name, share in powers.items())))
    _show_flaky(flaky_tasks(results), results)
    if counts["unsettled"]:
        console.out.print(f"unsettled, neither passed nor failed: {counts['unsettled']} of {counts['in']} attempts")


def _after_repair(results: Sequence[Result]) -> list[Result]:
    """The results with the verdicts of their last tries; empty if nothing was repaired."""
    if not any(result.repairs for result in results):
        return []
    return [result.model_copy(update={"verdict": result.after_repair}) for result in results]


def _rates_table(results: Sequence[Result], repaired: Sequence[Result]) -> Table:
    first, last = _by_slice(results), _by_slice(repaired)
    table = Table(box=None, header_style="bold", pad_edge=False)
    heads = ("slice", "tasks", "pass rate", "95% interval")
    for name in heads if not last else (*heads[:2], "first try", "95% interval", "after repair", "95% interval"):
        table.add_column(name, justify="left" if name == "slice" else "right")
    for name, rate in first.items():
        cells = [Text(name), Text(f"{rate.n}"), *_cells(rate)]
        table.add_row(*cells, *(_cells(last[name]) if name in last else ()))
    return table


def _cells(rate: Rate) -> tuple[Text, Text]:
    return Text(f"{rate.share:.1%}"), Text(f"{rate.interval.low:.1%} to {rate.interval.high:.1%}")


def _plain(rate: Rate) -> dict[str, Any]:
    return {"tasks": rate.n, "samples": rate.samples, "rate": rate.share, "ci95": [rate.interval.low, rate.interval.high]}


def _of_tasks(tasks: Sequence[str], results: Sequence[Result]) -> list[Result]:
    """The first result of each of these tasks."""
    return list({r.key: r for r in reversed(results) if r.key in set(tasks)}.values())


def _show_flaky(flaky: Sequence[str], results: Sequence[Result]) -> None:
    """Tasks whose verdict flipped for the same code; those of the holdout as a count."""
    from evals.records import BLIND

    if flaky:
        shown = [r.key for r in _of_tasks(flaky, results) if r.split not in BLIND]
        names = f": {', '.join(shown[:5])}{', ...' if len(shown) > 5 else ''}" if shown else ""
        console.out.print(Text(f"flaky, the same code passed and failed: {len(flaky)} tasks{names}"))


def _powers(results: Sequence[Result]) -> dict[str, float]:
    """pass@k and pass^k for k of 2, 5, 10, ... and the number of samples; nothing with one sample per task."""
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
    from evals.comparison import groups_of, outcomes_of, pass_rate

    groups = groups_of(results)
    parts: dict[str, list[Result]] = {}
    for result in results:
        for name in ("all", f"{result.suite} {result.split}: {result.slice}"):
            parts.setdefault(name, []).append(result)
    outcomes = {name: outcomes_of(part) for name, part in parts.items()}
    return {name: pass_rate(outcomes[name], groups) for name in sorted(outcomes, key=lambda n: (n != "all", n)) if outcomes[name]}


@app.command()
def failures(
    results: Annotated[Path, typer.Argument(help="Folder of an evaluation, or of a run.")],
    json: Json = False,
) -> None:
    """Show what failed on the training split: by kind, then in clusters that say the same. Holdout items are never shown.

    Flaky tasks, whose verdict flipped for the same code, are set apart: their failures say nothing about the model. Answers
    that are unsettled, neither passed nor failed, are listed for a person to look at.

    Example: goldloop failures runs/demo
    """
    from evals.comparison import flaky_tasks, set_apart
    from goldens.pair import collect_failures
    from goldens.taxonomy import clusters_of, count_kinds

    trained = [result for result in read_results(results) if result.split == "train"]
    flaky = flaky_tasks(trained)
    failed = collect_failures(set_apart(flaky, trained))
    clusters = clusters_of(failed, {result.key: result.slice for result in trained})
    kinds = count_kinds(failed)
    unsettled = [result for result in trained if result.verdict.status == "unsettled"]
    if json:
        reasons = Counter(failure.verdict.reason for failure in failed)
        summary = {"failures": len(failed), "kinds": kinds, "reasons": reasons, "flaky": flaky}
        emit({**summary, "clusters": [_described(cluster) for cluster in clusters], "items": failed, "unsettled": unsettled})
    else:
        tasks = len({result.key for result in trained})
        console.out.print(_kinds_table(f"{len(failed)} failures of {tasks} training tasks", kinds))
        console.out.print()
        console.out.print(_clusters_table(clusters[:12]))
        if len(clusters) > 12:
            console.out.print(f"... and {len(clusters) - 12} smaller clusters (--json has all)")
        _show_flaky(flaky, trained)
        if unsettled:
            console.out.print()
            console.out.print(_unsettled_table(unsettled))
        if failed:
            console.out.print("try prompt rules and repair turns: goldloop ablate SUITE --split train --rules FILE --repair 1")
    is_run = (results / "run.json").is_file()
    next_command(f"goldloop serve {results.parent}" if is_run else f"goldloop pair {results} --suite SUITE --out pairs")


def _unsettled_table(results: Sequence[Result]) -> Table:
    """Answers for a person to look at: what was seen in each, and no run could settle."""
    from evals.reasons import reason_words

    title = f"unsettled, neither passed nor failed: {len(results)} (--json has all of them, with their code)"
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for name in ("task", "why", "seen"):
        table.add_column(name, overflow="fold")
    for result in results[:12]:
        seen = "; ".join(map(str, result.verdict.evidence.get("flags", {}).values()))[:160]
        table.add_row(*map(Text, (result.key, reason_words(result.verdict.reason), seen)))
    return table


def _described(cluster: Cluster) -> dict[str, Any]:
    return {**asdict(cluster), "representative": cluster.representative, "size": cluster.size}


def _kinds_table(title: str, kinds: Mapping[str, int]) -> Table:
    from evals.reasons import KINDS

    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    table.add_column("kind", no_wrap=True)
    table.add_column("tasks", justify="right")
    table.add_column("what may help")
    for kind, count in kinds.items():
        table.add_row(Text(kind), f"{count:,}", Text(KINDS[kind].advice))
    return table


def _clusters_table(clusters: Sequence[Cluster]) -> Table:
    table = Table(title="alike", title_justify="left", header_style="bold", box=None, pad_edge=False)
    table.add_column("tasks", justify="right")
    for name in ("what it says", "slices, * unusually many", "for example"):
        table.add_column(name, overflow="fold")
    for cluster in clusters:
        marked = [f"{name}{'*' if name in cluster.unusual else ''} {count}" for name, count in cluster.slices.items()]
        rest = f", {len(marked) - 3} more" if len(marked) > 3 else ""
        cells = (", ".join(marked[:3]) + rest, ", ".join(sorted({cluster.representative.key, *cluster.tasks[:2]})[:2]))
        table.add_row(f"{cluster.size}", Text(cluster.signature), *map(Text, cells))
    return table
