"""The evaluations that the gate needs beside before and after: again, on trained tasks, and the old model with other seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from decontam.records import CleanPair
from evals.records import ModelRef, Result
from loop.bench import Bench
from loop.gate import History, broken_tasks
from loop.stages import evaluate_stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """A round's three evaluations: training tasks before, holdout before and after."""

    on_train: Sequence[Result]
    before: Sequence[Result]
    after: Sequence[Result]


def evidence_stages(
    bench: Bench,
    folder: Path,
    number: int,
    champion: ModelRef,
    candidate: ModelRef,
    looks: Looks,
    pairs: Sequence[CleanPair],
) -> History:
    """Run the evaluations that the gate needs beside before and after; the champion comes last, one model in memory at a time.

    Stages: ``after-again``, the tasks that fell, with other samples; ``after-train``, trained tasks for the overfit alarm;
    ``before-again-N``, the old model with other seeds. The caller adds the tasks that earlier rounds fixed.

    Raises:
        Inconclusive: too many infrastructure errors in one of them.
    """
    settings, holdout = bench.config.gate, bench.tasks("holdout")
    again = []
    if fell := broken_tasks(looks.before, looks.after):
        tasks = [task for task in holdout if task.key in fell]
        again = evaluate_stage(bench, folder / "after-again", candidate, tasks, f"round {number}: again", reseed=1)
    trained_keys = sorted({pair.key for pair in pairs if not pair.replay})
    chosen = set(Random(bench.config.seed).sample(trained_keys, min(settings.overfit_tasks, len(trained_keys))))
    trained = None
    if chosen:
        tasks = [task for task in bench.tasks("train") if task.key in chosen]
        known = [result for result in looks.on_train if result.key in chosen]
        trained = (known, evaluate_stage(bench, folder / "after-train", candidate, tasks, f"round {number}: after, train"))
    reruns = [
        evaluate_stage(
            bench, folder / f"before-again-{run}", champion, holdout, f"round {number}: before, again {run}", reseed=run
        )
        for run in range(1, settings.noise_runs + 1 if bench.config.evals.temperature else 1)
    ]
    return History(reruns=reruns, again=again, trained=trained)
