"""The verbs that compare, decide, and put an adapter in use or take it out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.errors import BadInput
from loop import console
from loop.cli import RUNS, Json, Runs, app, emit, next_command, run_folder
from loop.verbs.common import read_results

if TYPE_CHECKING:
    pass


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

    left, right = read_results(before), read_results(after)
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

    left = [r for r in read_results(before) if r.split == "holdout"]
    right = [r for r in read_results(after) if r.split == "holdout"]
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

    folder = run_folder(name, runs)
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
