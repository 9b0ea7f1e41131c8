"""``goldloop score``: answers of any agent or harness, graded without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evals.errors import BadInput
from loop import console
from loop.app import RUNS, Json, Runs, Sets, Unsafe, app, emit, next_command
from loop.verbs.common import Out, make_bench
from loop.verbs.evaluating import describe_rates, show_rates

if TYPE_CHECKING:
    from evals.predictions import Matched
    from evals.records import Result, Task
    from loop.bench import Bench

_SHOWN = 5


@app.command()
def score(
    predictions: Annotated[Path, typer.Argument(help="Answers: JSONL, JSON, CSV or Parquet, one row an answer.")],
    suite: Annotated[str, typer.Option("--suite", help="Suite that they answer: a folder, a shipped name, or importer:path.")],
    out: Out,
    split: Annotated[list[str] | None, typer.Option(help="train, dev or holdout; repeatable, default all three.")] = None,
    set_: Sets = None,
    runs: Runs = RUNS,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> None:
    """Grade ready answers: SWE-bench's predictions, EvalPlus's samples, LiveCodeBench's lists, plain task and completion.

    A task without an answer counts as failed. A look at holdout tasks is logged and spends one of gate.looks, once for the
    same answers.

    Example: goldloop score samples.jsonl --suite humaneval:HumanEval.jsonl.gz --out evals/theirs
    """
    from evals.predictions import match_predictions, read_predictions
    from loop.holdout import HoldoutLedger

    known = ("train", "dev", "holdout")
    if unknown := [name for name in split or () if name not in known]:
        raise BadInput(f"--split {unknown[0]}; expected {', '.join(known)}")
    read = read_predictions(predictions)
    bench = make_bench([suite], "predictions", unsafe_local=unsafe_local, quiet=json, overrides=set_ or ())
    try:
        tasks = bench.tasks(*(split or known))
        if not tasks:
            raise BadInput(f"suite {suite}: no task has split {', '.join(split or known)}")
        matched = match_predictions(read, tasks)
        bench.ledger = HoldoutLedger(runs)
        results = _graded(bench, out, tasks, matched)
    finally:
        bench.close()
    if json:
        emit({"out": str(out), **describe_rates(results), "missing": len(matched.missing), "unknown": list(matched.unknown)})
    else:
        show_rates(results)
        if matched.missing:
            console.out.print(f"without an answer, counted as failed: {len(matched.missing)} of {len(tasks)} tasks")
        if matched.unknown:
            console.out.print(f"answers to no task of the suite: {len(matched.unknown)}")
            for line in matched.unknown[:_SHOWN]:
                console.out.print(f"  {console.escape(line)}", soft_wrap=True)
    next_command(f"goldloop failures {out}")


def _graded(bench: Bench, folder: Path, tasks: Sequence[Task], matched: Matched) -> list[Result]:
    from evals.files import Journal, digest, digest_file, read_records, write_jsonl
    from evals.models.scripted import ScriptedBackend
    from evals.predictions import journal_entry
    from evals.records import Result
    from evals.run import check_errors, evaluate
    from loop.bench import sampling_of
    from loop.stage import stage
    from loop.stages import RESULTS, count_results

    assert bench.ledger is not None
    ledger = bench.ledger
    subject = f"predictions {digest([attempt.model_dump(mode='json') for attempt in matched.attempts])[:23]}"
    inputs: dict[str, Any] = {"subject": subject, "tasks": [task.model_dump(mode="json") for task in tasks]}

    def work(out: Path) -> Mapping[str, Any]:
        ledger.spend(tasks, subject, f"score: {folder}", bench.config.gate.looks)
        journal = Journal(out / "journal.jsonl")
        if not journal.entries:
            journal.append(journal_entry(matched.attempts))
        results = evaluate(
            tasks,
            ScriptedBackend({}),  # plans; every answer is there
            bench.grade,
            journal,
            sampling=sampling_of(bench.config),
            samples=matched.samples,
            workers=bench.config.evals.workers,
            progress=bench.progress,
            label="score",
        )
        check_errors(results, "score")
        write_jsonl(out / RESULTS, results)
        return {
            "counts": count_results(results),
            "results": digest_file(out / RESULTS),
            "sandbox": bench.sandbox.tier,
            "model": subject,
            "subject": subject,
        }

    stage(folder, inputs, work)
    return read_records(folder / RESULTS, Result)
