"""The evaluations that the gate needs beside before and after: again, on trained tasks, of the base, and with other seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from decontam.records import CleanPair
from evals.records import ModelRef, Result
from evals.suites import Suite
from loop.bench import Bench
from loop.gate import History, broken_tasks
from loop.overfit import Overfit, judge_overfit
from loop.stages import RESULTS, evaluate_stage
from trainset.choosing import is_held_back


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """A round's evaluations. ``base_train`` and ``base_holdout`` are of the original base; the former may lack tasks."""

    on_train: Sequence[Result]
    before: Sequence[Result]
    after: Sequence[Result]
    base_train: Sequence[Result]
    base_holdout: Sequence[Result]


def base_holdout(bench: Bench, run: Path) -> list[Result]:
    """The original base on the holdout, for runs that start from an adapter; taken from another run if it did the same.

    Raises:
        Inconclusive: too many infrastructure errors.
    """
    base, tasks = ModelRef(base=bench.config.model), bench.tasks("holdout")
    return evaluate_stage(bench, run / "base-holdout", base, tasks, "base, holdout", known=evaluations(run.parent, "*-holdout"))


def evaluations(runs: Path, name: str) -> Iterable[Path]:
    """Folders of finished evaluations of a runs folder by their stage's name, oldest name first."""
    return (file.parent for pattern in ("*", "*/round-*") for file in sorted(runs.glob(f"{pattern}/{name}/{RESULTS}")))


def evidence_stages(
    bench: Bench,
    folder: Path,
    number: int,
    champion: ModelRef,
    candidate: ModelRef,
    looks: Looks,
    pairs: Sequence[CleanPair],
) -> History:
    """Run the evaluations that the gate needs beside before and after; one model in memory at a time.

    Stages: ``after-again``, the tasks that fell, with other samples; ``after-train``, trained tasks for the overfit alarm;
    ``base-train``, those that the base was not asked yet; ``before-again-N``, the old model with other seeds.

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
    tasks = [task for task in bench.tasks("train") if task.key in chosen]
    trained, base_train = None, [result for result in looks.base_train if result.key in chosen]
    if tasks:
        known = [result for result in looks.on_train if result.key in chosen]
        trained = (known, evaluate_stage(bench, folder / "after-train", candidate, tasks, f"round {number}: after, train"))
        asked = {result.key for result in base_train}
        if unasked := [task for task in tasks if task.key not in asked]:
            base = ModelRef(base=bench.config.model)
            base_train += evaluate_stage(bench, folder / "base-train", base, unasked, f"round {number}: base, train")
    reruns = [
        evaluate_stage(
            bench, folder / f"before-again-{run}", champion, holdout, f"round {number}: before, again {run}", reseed=run
        )
        for run in range(1, settings.noise_runs + 1 if bench.config.evals.temperature else 1)
    ]
    return History(reruns=reruns, again=again, trained=trained, base_train=base_train, base_holdout=looks.base_holdout)


def held_back_gap(
    bench: Bench,
    folder: Path,
    number: int,
    candidate: ModelRef,
    on_train: Sequence[Result],
    learning: Sequence[Suite],
    trained: tuple[Sequence[Result], Sequence[Result]] | None,
) -> Overfit | None:
    """Memorising beside learning: training tasks that failed, learnt from and held back (``trainset.goldens_held_back``).

    Both were chosen alike, by a failure on tasks of the training split. Stage ``after-held-back``; None where nothing is held
    back, none of it failed, or no trained task is run again (``gate.overfit_tasks``).

    Raises:
        Inconclusive: too many infrastructure errors.
    """
    share, gate = bench.config.trainset.goldens_held_back, bench.config.gate
    names = {suite.name for suite in learning}
    held = [r for r in on_train if r.suite in names and is_held_back(r.suite, r.group, share)]
    failed = sorted({result.key for result in held if result.verdict.status == "fail"})
    if not failed or trained is None:
        return None
    asked = set(Random(bench.config.seed).sample(failed, min(gate.overfit_tasks, len(failed))))
    tasks = [task for task in bench.tasks("train") if task.key in asked]
    after = evaluate_stage(bench, folder / "after-held-back", candidate, tasks, f"round {number}: after, held back")
    before = [result for result in held if result.key in asked]
    return judge_overfit(trained, (before, after), gate.overfit_margin)
