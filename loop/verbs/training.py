"""The verbs from failures to an adapter: pair, trainset, finetune."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evals.errors import BadInput
from loop import console
from loop.cli import DEFAULT_MODEL, Json, Model, Unsafe, app, emit, next_command
from loop.verbs.common import Holdouts, Out, make_bench, read_results


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

    found = read_results(results)
    failed = collect_failures(found)
    bench = make_bench(suite, DEFAULT_MODEL, unsafe_local=unsafe_local, quiet=json)
    try:
        evaluated = {result.suite for result in found}
        for name, loaded in zip(suite, bench.targets, strict=True):
            if loaded.name not in evaluated:
                raise BadInput(f"--suite {name}: {results} holds no attempt at it; it evaluated {', '.join(sorted(evaluated))}")
        keys = {failure.key for failure in failed}
        train = bench.tasks("train")
        proved = prove_all([task for task in train if task.key in keys], bench.grade, progress=bench.progress)
    finally:
        bench.close()
    pairs = pair_stage(failed, found, train, proved, out)
    counts = {"failures": len(failed), "pairs": sum(not pair.replay for pair in pairs)}
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
    loaded = [pair for folder in pairs for pair in read_records(_pairs_of(folder), Pair)]
    clean = screen_stage(loaded, index, out / "screen")
    manifest = trainset_stage(clean, index, config, out, token_counter(config))
    dropped = contaminated(out / "screen")
    if json:
        emit({"out": str(out), "digest": manifest["trainset"], "counts": manifest["counts"], "contaminated": dropped})
    else:
        counts = {k: v for k, v in manifest["counts"].items() if isinstance(v, int) and k not in ("in", "out")}
        console.out.print(f"trainset {manifest['trainset']}", soft_wrap=True)
        console.out.print(console.counts_table("", {"leaking the holdout": len(dropped), **counts}))
    names = " ".join(f"--holdout {name}" for name in holdout)
    next_command(f"goldloop finetune {out} {names} --out adapter")


def _pairs_of(folder: Path) -> Path:
    file = folder / "pairs.jsonl"
    if not file.is_file():
        below = sorted(folder.glob("round-*/pairs/pairs.jsonl"))
        near = f"; did you mean {below[-1].parent}?" if below else ""
        raise BadInput(f"{folder}: no pairs.jsonl here; give a folder that `goldloop pair --out` wrote{near}")
    return file


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

    overrides = [f"finetune.{item.removeprefix('finetune.')}" for item in set_ or ()]
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
            f"adapter {report.adapter_digest}: {report.rows} row{'s' if report.rows != 1 else ''}, "
            f"{report.steps} step{'s' if report.steps != 1 else ''}, last loss {report.losses[-1]:.3f}",
            soft_wrap=True,
        )
    next_command(f"goldloop eval {holdout[0]} --split holdout --adapter {out} --out evals/after")
