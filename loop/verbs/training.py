"""The verbs from failures to an adapter: pair, trainset, trainset show, export-trainset, finetune."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.app import DEFAULT_MODEL, Json, Model, Sets, Unsafe, app, emit, next_command
from loop.verbs.common import Holdouts, Out, column_map, make_bench, read_results


@app.command()
def pair(
    results: Annotated[Path, typer.Argument(help="Folder of an evaluation, or of a run.")],
    suite: Annotated[list[str], typer.Option(help="Suite that was evaluated; repeatable.")],
    out: Out,
    set_: Sets = None,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> None:
    """Pair failures of the training split with goldens, each proved now.

    Example: goldloop pair evals/base --suite house --out pairs
    """
    from goldens.pair import collect_failures
    from goldens.prove import prove_all
    from loop.stages import pair_stage

    evaluation = read_results(results)
    failed = collect_failures(evaluation)
    bench = make_bench(suite, DEFAULT_MODEL, unsafe_local=unsafe_local, quiet=json, overrides=set_ or ())
    try:
        evaluated = {result.suite for result in evaluation}
        for name, loaded in zip(suite, bench.targets, strict=True):
            if loaded.name not in evaluated:
                raise BadInput(f"--suite {name}: {results} holds no attempt at it; it evaluated {', '.join(sorted(evaluated))}")
        keys = {failure.key for failure in failed}
        train = bench.tasks("train")
        wanted = [task for task in train if task.key in keys]
        proved = prove_all(wanted, bench.grade, workers=bench.config.evals.workers, progress=bench.progress)
    finally:
        bench.close()
    pairs = pair_stage(failed, evaluation, train, proved, out, rules=bench.config.trainset)
    counts = {"failures": len(failed), "pairs": sum(not pair.replay for pair in pairs)}
    counts["replay"] = len(pairs) - counts["pairs"]
    if json:
        emit({"out": str(out), "counts": counts})
    else:
        console.out.print(console.counts_table("paired", counts))
    next_command(f"goldloop trainset {out} --holdout {suite[0]} --out trainset")


@app.command()
def trainset(
    holdout: Holdouts,
    out: Out,
    pairs: Annotated[list[Path] | None, typer.Argument(help="Folders that `goldloop pair` wrote.")] = None,
    given: Annotated[
        list[Path] | None,
        typer.Option("--pairs", help="Table of your own prompts and answers; repeatable. Its columns: docs/own-pairs.md."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="NAME=COLUMN", help="What a column of that table is called, as prompt=question."),
    ] = None,
    model: Model = DEFAULT_MODEL,
    replay_share: Annotated[float, typer.Option(min=0, max=0.9, help="Share of the model's own passing attempts.")] = 0.10,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice of replay rows.")] = 0,
    set_: Sets = None,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> None:
    """Screen pairs against the holdout and build the fine-tuning rows.

    With --pairs from your own prompts and answers, which are screened like all others. An answer that names a task (column task,
    SUITE/ID) is learnt only if it passes that task's checks; of all others the card says that nothing proved them.

    Example: goldloop trainset pairs --holdout house --holdout basics --out trainset --set decontam.coverage=0.2

    Example, your own pairs: goldloop trainset --pairs pairs.jsonl --holdout basics --out trainset
    """
    from evals.files import read_records
    from evals.suites import load_suite
    from goldens.records import Pair
    from loop.config import make_config
    from loop.given import given_stage, leaks_of
    from loop.stages import contaminated, holdout_index, screen_stage, token_counter, trainset_stage

    settings = {"model": model, "seed": seed, "suites": {"target": holdout}, "trainset": {"replay_share": replay_share}}
    config = make_config(settings, set_ or (), place="command line")
    if not (pairs or given):
        raise BadInput("nothing to build from: give folders that `goldloop pair` wrote, or --pairs FILE with pairs of your own")
    suites = [load_suite(name) for name in holdout]
    index, count = holdout_index(config, suites), token_counter(config)
    loaded = [pair for folder in pairs or () for pair in read_records(_pairs_of(folder), Pair)]
    clean = screen_stage(loaded, index, out / "screen")
    rows, bars = None, console.Bars(quiet=json)
    if given:
        columns = column_map(column or (), "NAME=COLUMN, such as prompt=question")
        rows = given_stage(given, columns, index, suites, config, out / "given", count, unsafe_local=unsafe_local, progress=bars)
    manifest = trainset_stage(clean, index, config, out, count, given=rows, progress=bars)
    dropped = [*contaminated(out / "screen"), *(leaks_of(out / "given") if given else ())]
    if json:
        emit({"out": str(out), "digest": manifest["trainset"], "counts": manifest["counts"], "contaminated": dropped})
    else:
        counts = {k: v for k, v in manifest["counts"].items() if isinstance(v, int) and k not in ("in", "out")}
        counts |= {why: left for why, left in manifest["counts"]["dropped"].items() if why.startswith("given")}
        console.out.print(f"trainset {manifest['trainset']}", soft_wrap=True)
        console.out.print(console.counts_table("", {"leaking the holdout": len(dropped), **counts}))
    sets = _repeated([*(set_ or ()), *([f"seed={seed}"] if seed else [])])
    base = f" --model {shlex.quote(model)}" if model != DEFAULT_MODEL else ""
    next_command(f"goldloop finetune {out} {' '.join(f'--holdout {name}' for name in holdout)} --out adapter{base}{sets}")


@app.command("trainset show")
def trainset_show(
    trainset: Annotated[Path, typer.Argument(help="Folder that `goldloop trainset` or a run wrote.")],
    model: Model = DEFAULT_MODEL,
    rows: Annotated[int, typer.Option(min=1, help="Rows to show, from the first.")] = 3,
    task: Annotated[str, typer.Option(help="Show the rows of this task alone, by its key or a part of it.")] = "",
    json: Json = False,
) -> None:
    """Show rows as they are trained: decoded from their tokens, what is learnt, and the end of the turn.

    Example: goldloop trainset show runs/demo/round-1/trainset --rows 2
    """
    from transformers import AutoTokenizer

    from evals.models.resolve import resolve_model
    from trainset.build import load
    from trainset.render import decoded

    wanted = [row for row in load(trainset)[1] if task in str(row.provenance.get("key", ""))]
    if not wanted:
        raise BadInput(f"--task {task}: {trainset} has no row of such a task")
    tokenizer = AutoTokenizer.from_pretrained(resolve_model(model).path)
    shown = [decoded(tokenizer, row) for row in wanted[:rows]]
    if json:
        emit({"rows": [asdict(row) for row in shown], "of": len(wanted)})
    for number, row in enumerate(shown if not json else (), 1):
        total = row.prompt_tokens + row.trained_tokens
        head = f"row {number} of {len(wanted)}: {row.key}, {row.source}; {total} tokens, {row.trained_tokens} of them trained"
        console.out.print(Text(head, style="bold"), soft_wrap=True)
        console.out.print(Text("not trained:", style="bold"))
        console.out.print(Text(row.prompt, style="dim"), soft_wrap=True)
        console.out.print(Text("trained:", style="bold"))
        console.out.print(Text.assemble((row.completion, "green"), (row.end, "bold reverse")), soft_wrap=True)
        console.out.print(Text(f"end of the turn, trained: {row.end!r}\n", style="bold"), soft_wrap=True)
    next_command(f"goldloop export-trainset {trainset} --format trl --out exported")


@app.command("export-trainset")
def export_trainset(
    trainset: Annotated[Path, typer.Argument(help="Folder that `goldloop trainset` or a run wrote.")],
    out: Out,
    form: Annotated[
        str,
        typer.Option(
            "--format", help="trl, axolotl, llama-factory, sharegpt, alpaca, dpo (TRL's preference form), or pkg.mod:func."
        ),
    ] = "trl",
    json: Json = False,
) -> None:
    """Write a trainset for another trainer: its data file, what the tool needs beside it, and a dataset card.

    Example: goldloop export-trainset runs/demo/round-1/trainset --format llama-factory --out exported
    """
    from trainset.build import load
    from trainset.export import export_trainset as export

    built, examples = load(trainset)
    if (out / "trainset.json").exists():
        raise BadInput(f"--out {out}: is a trainset itself; give a folder of its own")
    written = export(built, examples, form, out)
    if json:
        files = sorted([written.file, "README.md", *written.beside])
        emit({"out": str(out), "format": form, "rows": len(written.rows), "of": len(examples), "files": files})
    else:
        console.out.print(
            f"{len(written.rows)} rows of {len(examples)} in {console.escape(str(out / written.file))}", soft_wrap=True
        )
    next_command(f"goldloop audit {out / written.file} --holdout SUITE --out audit")


def _repeated(overrides: Sequence[str]) -> str:
    """The same overrides for the next command, quoted for a shell."""
    return "".join(f" --set {shlex.quote(item)}" for item in overrides)


def _pairs_of(folder: Path) -> Path:
    file = folder / "pairs.jsonl"
    if not file.is_file():
        below = sorted(folder.glob("round-*/pairs/pairs.jsonl"))
        near = f"; did you mean {below[-1].parent}?" if below else ""
        raise BadInput(f"{folder}: no pairs.jsonl here; give a folder that `goldloop pair --out` wrote{near}")
    return file


@app.command()
def finetune(
    trainset: Annotated[Path, typer.Argument(help="Folder that `goldloop trainset` or a run wrote.")],
    holdout: Holdouts,
    out: Out,
    model: Model = DEFAULT_MODEL,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a configuration key; finetune.* also without the prefix."),
    ] = None,
    json: Json = False,
) -> None:
    """Train a LoRA adapter. Refuses a trainset that was screened against another holdout than today's.

    Stopped or killed, the same command goes on from its last checkpoint. Started by `torchrun`, several processes
    share each batch.

    Example: goldloop finetune trainset --holdout house --holdout basics --out adapter --set lora.r=16 --set seed=1

    Example, two processes: torchrun --nproc-per-node 2 -m loop finetune trainset --holdout house --out adapter
    """
    from evals.suites import load_suite
    from finetune.processes import process_number
    from loop.config import full_keys, make_config
    from loop.stage import is_done
    from loop.stages import finetune_stage, holdout_index, train_report
    from trainset.build import load

    overrides = full_keys(set_ or (), "finetune")
    config = make_config({"model": model, "suites": {"target": holdout}}, overrides, place="command line")
    index = holdout_index(config, [load_suite(name) for name in holdout])
    built = load(trainset)[0]
    if is_done(out):
        console.say(f"{console.escape(str(out))}: finished before; shown, not trained again")
    finetune_stage(config, trainset, built.digest, index, out, progress=console.Bars(quiet=json))
    if process_number():
        return  # the first process says what was done
    report = train_report(out)
    if json:
        emit(report)
    else:
        console.out.print(
            f"adapter {report.adapter_digest}: {report.rows} row{'s' if report.rows != 1 else ''}, "
            f"{report.steps} step{'s' if report.steps != 1 else ''}, last loss {report.losses[-1]:.3f}",
            soft_wrap=True,
        )
    next_command(f"goldloop eval {holdout[0]} --split holdout --adapter {out} --out evals/after")
