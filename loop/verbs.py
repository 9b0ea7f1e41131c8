"""The verbs that work on one stage, or look at what is there: each is a thin door to the package that owns the work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop import goldens as _goldens  # noqa: F401  registers its group
from loop.cli import DEFAULT_MODEL, RUNS, Json, Model, Runs, Sets, Unsafe, _run_folder, app, emit, next_command

if TYPE_CHECKING:
    from evals.comparison import Rate
    from evals.records import Result
    from evals.suites import Suite
    from goldens.taxonomy import Cluster
    from loop.stages import Bench

Out = Annotated[Path, typer.Option("--out", help="New folder for the result.")]
SuiteArgument = Annotated[str, typer.Argument(help="Suite: a folder, a shipped name, or importer:path.")]
Holdouts = Annotated[list[str], typer.Option("--holdout", help="Suite whose holdout must not leak; repeatable.")]


def _bench(
    suites: Sequence[str], model: str, *, unsafe_local: bool, quiet: bool, overrides: Sequence[str] = (), **settings: Any
) -> Bench:
    from evals.suites import load_suite
    from loop.config import make_config
    from loop.stages import Bench, open_model, sandbox_of

    config = make_config({"model": model, "suites": {"target": list(suites)}, **settings}, overrides, place="command line")
    loaded = [load_suite(name) for name in suites]
    return Bench(
        config=config,
        targets=loaded,
        guards=[],
        sandbox=sandbox_of(config, unsafe_local=unsafe_local),
        open_backend=lambda ref: open_model(config, ref),
        progress=console.Bars(quiet=quiet),
    )


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
    bench = _bench([suite], model, unsafe_local=unsafe_local, quiet=json, overrides=set_ or (), evals=evals)
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


def _results(folder: Path) -> list[Result]:
    """The results of a finished evaluation, or of a run's latest look at its training tasks."""
    from evals.files import read_records
    from evals.records import Result
    from loop.stages import RESULTS

    if not (folder / RESULTS).is_file():
        rounds = sorted(folder.glob(f"round-*/before-train/{RESULTS}"))
        if not rounds:
            raise BadInput(
                f"{folder}: no {RESULTS} here, and no run; give the folder that `goldloop eval --out` or `goldloop run` wrote"
            )
        folder = rounds[-1].parent
    return read_records(folder / RESULTS, Result)


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

    found = _results(results)
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


@app.command()
def pair(
    results: Annotated[Path, typer.Argument(help="Folder of an evaluation, or of a run.")],
    suite: Annotated[list[str], typer.Option(help="Suite that was evaluated; repeatable.")],
    out: Out,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> None:
    """Pair failures of the training split with goldens, each proved now.

    Example: goldloop pair evals/base --suite house --out pairs
    """
    from goldens.pair import collect_failures
    from goldens.prove import prove_all
    from loop.stages import pair_stage

    found = _results(results)
    failed = collect_failures(found)
    bench = _bench(suite, DEFAULT_MODEL, unsafe_local=unsafe_local, quiet=json)
    try:
        keys = {failure.task for failure in failed}
        train = bench.tasks("train")
        proved = prove_all([task for task in train if task.key in keys], bench.grade, progress=bench.progress)
    finally:
        bench.close()
    pairs = pair_stage(failed, found, train, proved, out)
    counts = {"failures": len(failed), "pairs": sum(p.failure is not None for p in pairs)}
    counts["replay"] = len(pairs) - counts["pairs"]
    if json:
        emit({"out": str(out), "counts": counts})
    else:
        console.out.print(console.counts_table("paired", counts))
    next_command(f"goldloop trainset {out} --holdout {suite[0]} --out trainset")


@app.command()
def trainset(
    pairs: Annotated[list[Path], typer.Argument(help="Folders that `goldloop pair` wrote.")],
    holdout: Holdouts,
    out: Out,
    model: Model = DEFAULT_MODEL,
    replay_share: Annotated[float, typer.Option(min=0, max=0.9, help="Share of the model's own passing attempts.")] = 0.10,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice of replay rows.")] = 0,
    json: Json = False,
) -> None:
    """Screen pairs against the holdout and build the fine-tuning rows.

    Example: goldloop trainset pairs --holdout house --holdout basics --out trainset
    """
    from decontam.screen import index_tasks
    from evals.files import read_records
    from evals.suites import load_suite
    from goldens.records import Pair
    from loop.config import make_config
    from loop.stages import contaminated, screen_stage, token_counter, trainset_stage

    settings = {"model": model, "seed": seed, "suites": {"target": holdout}, "trainset": {"replay_share": replay_share}}
    config = make_config(settings, place="command line")
    index = index_tasks([task for name in holdout for task in load_suite(name).split("holdout")])
    loaded = [pair for folder in pairs for pair in read_records(folder / "pairs.jsonl", Pair)]
    clean = screen_stage(loaded, index, out / "screen")
    manifest = trainset_stage(clean, index, config, out, token_counter(config))
    dropped = contaminated(out / "screen")
    if json:
        emit({"out": str(out), "digest": manifest["trainset"], "counts": manifest["counts"], "contaminated": dropped})
    else:
        counts = {k: v for k, v in manifest["counts"].items() if isinstance(v, int) and k not in ("in", "out")}
        console.out.print(
            console.counts_table(f"trainset {manifest['trainset']}", {"leaking the holdout": len(dropped), **counts})
        )
    names = " ".join(f"--holdout {name}" for name in holdout)
    next_command(f"goldloop finetune {out} {names} --out adapter")


@app.command()
def finetune(
    trainset: Annotated[Path, typer.Argument(help="Folder that `goldloop trainset` wrote.")],
    holdout: Holdouts,
    out: Out,
    model: Model = DEFAULT_MODEL,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="finetune.* keys, e.g. lora.r=16.")] = None,
    json: Json = False,
) -> None:
    """Train a LoRA adapter. Refuses a trainset that was screened against another holdout than today's.

    Example: goldloop finetune trainset --holdout house --holdout basics --out adapter --set learning_rate=1e-3
    """
    from decontam.screen import index_tasks
    from evals.records import ModelRef
    from evals.suites import load_suite
    from finetune.lora import finetune as train
    from loop.config import make_config

    overrides = [f"finetune.{item}" for item in set_ or ()]
    config = make_config({"model": model, "suites": {"target": holdout}}, overrides, place="command line")
    if (out / "adapter_config.json").is_file():
        raise BadInput(f"{out}: holds an adapter already; give a new folder")
    index = index_tasks([task for name in holdout for task in load_suite(name).split("holdout")])
    bars = console.Bars(quiet=json)
    report = train(trainset, ModelRef(base=model), config.finetune, out, index_digest=index.digest, progress=bars)
    if json:
        emit(report)
    else:
        console.out.print(
            f"adapter {report.adapter_digest}: {report.rows} rows, {report.steps} steps, last loss {report.losses[-1]:.3f}"
        )
    next_command(f"goldloop eval {holdout[0]} --split holdout --adapter {out} --out evals/after")


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="Folder of an evaluation.")],
    after: Annotated[Path, typer.Argument(help="Folder of an evaluation of the same tasks.")],
    json: Json = False,
) -> None:
    """Compare two evaluations task by task: difference, 95% interval, what a run of this size can see.

    Example: goldloop compare evals/before evals/after
    """
    from loop.config import GateSettings
    from loop.gate import decide

    left, right = _results(before), _results(after)
    suites = sorted({result.suite for result in left} & {result.suite for result in right})
    gate = decide(left, right, target=suites, guard=[], settings=GateSettings())
    if json:
        emit({"lines": gate.lines})
    else:
        console.out.print(console.gate_table(gate, "paired, in points"))
        for line in gate.lines:
            if line.slice == "*":
                console.out.print(
                    f"{line.suite}: {line.gained} gained, {line.lost} lost, p {line.p:.4f} ({line.test}); "
                    f"with {line.n} tasks this comparison can see {100 * line.detectable:.0f} points"
                )
    next_command(f"goldloop gate {before} {after} --target {suites[0] if suites else 'SUITE'}")


@app.command()
def gate(
    before: Annotated[Path, typer.Argument(help="Folder of an evaluation of the holdout.")],
    after: Annotated[Path, typer.Argument(help="Folder of an evaluation of the same tasks.")],
    target: Annotated[list[str], typer.Option(help="Name of a suite that must improve; repeatable.")],
    guard: Annotated[list[str] | None, typer.Option(help="Name of a suite that must not get worse; repeatable.")] = None,
    json: Json = False,
) -> int:
    """Decide: promote (exit code 0), reject (2) or inconclusive (3).

    Example: goldloop gate evals/before evals/after --target house --guard basics
    """
    from loop.config import GateSettings
    from loop.gate import EXIT_CODES, decide

    left = [r for r in _results(before) if r.split == "holdout"]
    right = [r for r in _results(after) if r.split == "holdout"]
    report = decide(left, right, target=target, guard=guard or (), settings=GateSettings())
    if json:
        emit(report)
    else:
        console.out.print(console.gate_table(report, "holdout, paired, in points"))
        console.out.print(f"decision: {console.decision_text(report.decision)}")
        for reason in (*report.reasons, *report.notes()):
            console.out.print(f"  {console.escape(reason)}")
    next_command("goldloop run --help")
    return EXIT_CODES[report.decision]


@app.command()
def promote(
    name: Annotated[str, typer.Argument(help="Name of the run.")] = "",
    number: Annotated[int, typer.Option("--round", min=0, help="Round; 0 takes the last one.")] = 0,
    runs: Runs = RUNS,
    json: Json = False,
) -> None:
    """Put a round's adapter in use. Only what the gate promoted can be.

    Example: goldloop promote demo --round 1
    """
    from loop.registry import Registry

    folder = _run_folder(name, runs)
    rounds = sorted(int(path.name.split("-")[1]) for path in folder.glob("round-*"))
    if not rounds or (number and number not in rounds):
        raise BadInput(f"{folder}: rounds here: {', '.join(map(str, rounds)) or 'none'}, asked for {number or 'the last'}")
    entry = Registry(runs).promote_folder(folder.name, number or rounds[-1])
    if json:
        emit(entry)
    else:
        console.out.print(f"in use: {entry.adapter} ({entry.digest})")
    next_command("goldloop rollback")


@app.command()
def rollback(runs: Runs = RUNS, json: Json = False) -> None:
    """Take the adapter in use out again; the one before it, or the base model, is in use then.

    Example: goldloop rollback
    """
    from loop.registry import Registry

    removed, current = Registry(runs).rollback()
    if json:
        emit({"removed": removed, "current": current})
    else:
        console.out.print(f"taken out: {removed.adapter}; in use: {current.adapter if current else 'the base model'}")
    next_command(f"goldloop promote {removed.run} --round {removed.round}")


@app.command()
def status(name: Annotated[str, typer.Argument(help="Name of the run.")] = "", runs: Runs = RUNS, json: Json = False) -> None:
    """Show how far a run is: every stage with its counts.

    Example: goldloop status demo
    """
    from loop.runs import run_status

    folder = _run_folder(name, runs)
    rows = run_status(folder)
    if json:
        emit({"run": folder.name, "stages": rows})
    else:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for column in ("round", "stage", "state", "seconds", "counts"):
            table.add_column(column, justify="right" if column == "seconds" else "left")
        for row in rows:
            counts = ", ".join(f"{k} {v}" for k, v in row["counts"].items() if v and not isinstance(v, dict))
            seconds = "" if row["seconds"] is None else f"{row['seconds']:.1f}"
            table.add_row(row["round"], row["stage"], row["state"], seconds, Text(counts))
        console.out.print(table)
    done = bool(rows) and all(row["state"] == "done" for row in rows)
    next_command(f"goldloop report {folder.name}" if done else f"goldloop resume {folder.name}")


@app.command()
def report(name: Annotated[str, typer.Argument(help="Name of the run.")] = "", runs: Runs = RUNS, json: Json = False) -> None:
    """Write the HTML report of a run again: one file, works offline.

    Example: goldloop report demo
    """
    from evals.files import read_json
    from loop.report import write_report

    folder = _run_folder(name, runs)
    html = write_report(folder)
    if json:
        emit({**read_json(folder / "report.json"), "html": str(html)})
    else:
        console.out.print(f"report: {console.escape(str(html))}", soft_wrap=True)
    next_command(f"goldloop lineage {folder.name}")


@app.command()
def lineage(name: Annotated[str, typer.Argument(help="Name of the run.")] = "", runs: Runs = RUNS, json: Json = False) -> None:
    """Show where each adapter comes from: base, trainset, holdout index, parents, decision.

    Example: goldloop lineage demo
    """
    from evals.files import read_json
    from loop.registry import Registry

    folder = _run_folder(name, runs)
    rounds = read_json(folder / "report.json")["rounds"]
    current = Registry(runs).current()
    if json:
        emit({"run": folder.name, "rounds": rounds, "in_use": current})
    else:
        for item in rounds:
            console.out.print(f"[bold]round {item['round']}[/] {console.decision_text(item['decision'])}")
            for key in ("before", "trainset", "index", "adapter"):
                console.out.print(f"  {key:9} {console.escape(str(item[key]))}", soft_wrap=True)
            console.out.print(f"  lineage   {console.escape(' -> '.join(item['lineage']))}", soft_wrap=True)
        console.out.print(f"in use: {current.adapter if current else 'the base model'}")
    next_command(f"goldloop status {folder.name}")


@app.command("import")
def import_(
    benchmark: Annotated[str, typer.Argument(help="Importer, for example mbpp or humaneval.")],
    path: Annotated[Path, typer.Argument(help="The benchmark's file or folder.")],
    out: Out,
    form: Annotated[str, typer.Option("--format", help="folder, jsonl or parquet.")] = "jsonl",
    json: Json = False,
) -> None:
    """Turn a public benchmark into a suite of yours.

    Example: goldloop import mbpp ../data/mbpp --out suites/mbpp
    """
    from evals.importers import import_benchmark

    _write_suite(import_benchmark(benchmark, path), out, form, json=json)
    next_command(f"goldloop goldens verify {out}")


@app.command()
def export(
    suite: SuiteArgument,
    out: Out,
    form: Annotated[str, typer.Option("--format", help="folder, jsonl or parquet.")] = "folder",
    json: Json = False,
) -> None:
    """Convert a suite between its forms: one folder a task, JSONL, Parquet.

    Example: goldloop export house --out my-house --format folder
    """
    from evals.suites import load_suite

    _write_suite(load_suite(suite), out, form, json=json)
    next_command(f"goldloop goldens verify {out}")


def _write_suite(suite: Suite, out: Path, form: str, *, json: bool) -> None:
    from evals.suites import export_suite

    forms: dict[str, Literal["folder", "jsonl", "parquet"]] = {
        "folder": "folder",
        "jsonl": "jsonl",
        "parquet": "parquet",
    }
    if form not in forms:
        raise BadInput(f"--format {form}: expected {', '.join(forms)}")
    export_suite(suite, out, forms[form])
    counts: dict[str, int] = dict(Counter(str(task.split) for task in suite.tasks))
    if json:
        emit({"out": str(out), "suite": suite.name, "digest": suite.digest, "splits": counts})
    else:
        console.out.print(console.counts_table(f"{suite.name}: {len(suite.tasks)} tasks in {out}", counts, ("split", "tasks")))


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="A query over results, scores, failures, pairs, contaminated, trainset.")],
    runs: Runs = RUNS,
    json: Json = False,
) -> None:
    """Ask the artifacts in SQL (DuckDB), also while a run writes them.

    Example: goldloop sql "select slice, count(*) as n from failures join pairs using (run, round, task) group by slice"
    """
    from loop.store import ask

    answer = ask(runs, query)
    if json:
        emit({"columns": answer.columns, "rows": answer.rows})
    else:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for column in answer.columns:
            table.add_column(column)
        for row in answer.rows[:200]:
            table.add_row(*(Text(str(value)) for value in row))
        console.out.print(table)
        if len(answer.rows) > 200:
            console.out.print(f"... {len(answer.rows) - 200} more rows (--json has all)")
    next_command("goldloop status")
