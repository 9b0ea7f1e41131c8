"""A round's candidates: adapters trained with several seeds, of which the best on dev is put before the gate.

The choice is made on dev, so that the holdout is looked at with a candidate that was not chosen on it. The other seeds are
evaluated on the holdout after the choice: a claim about a way of training needs their spread, and no decision uses it.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from decontam.screen import AnyIndex
from evals.comparison import outcomes_of, pass_rate, unsettled_as
from evals.errors import Inconclusive
from evals.records import ModelRef, Result
from loop import stages
from loop.bench import Bench
from loop.records import SeedReport, SeedSpread
from loop.stage import stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One trained adapter of a round: its seed's number from 0, its folder's name in the round, its share of dev tasks passed."""

    seed: int
    name: str
    ref: ModelRef
    adapter: str
    dev: float = 0.0


def train_candidates(
    bench: Bench, folder: Path, number: int, trainset: str, index: AnyIndex, first: ModelRef | None
) -> tuple[Contender, list[Contender]]:
    """Train ``finetune.seeds`` adapters; returns the best on dev, and all in the order of their seeds.

    Raises:
        BadInput: a row is too long, or the model does not load.
        Inconclusive: too many infrastructure errors on dev.
    """
    config = bench.config
    trained = []
    for seed in range(config.finetune.seeds):
        name = "finetune" if seed == 0 else f"finetune-seed-{seed}"
        ref = stages.finetune_stage(
            config,
            folder / "trainset",
            trainset,
            index,
            folder / name,
            reseed=seed,
            first=first,
            release=bench.release,
            progress=bench.progress,
        )
        trained.append(Contender(seed=seed, name=name, ref=ref, adapter=stages.train_report(folder / name).adapter_digest))
    if len(trained) == 1:
        return trained[0], trained
    rated, dev = [], [task for suite in bench.targets for task in suite.split("dev")]
    for one in trained:
        label = f"round {number}: seed {one.seed}, dev"
        results = stages.evaluate_stage(bench, folder / f"dev-seed-{one.seed}", one.ref, dev, label)
        rated.append(Contender(seed=one.seed, name=one.name, ref=one.ref, adapter=one.adapter, dev=_share(results)))
    best = max(rated, key=lambda one: (one.dev, -one.seed))
    stage(
        folder / "choice",
        {"candidates": [(one.adapter, one.dev) for one in rated]},
        lambda out: {"chosen": best.name, "dev": {one.name: one.dev for one in rated}},
    )
    return best, rated


def rate_seeds(
    bench: Bench, folder: Path, number: int, chosen: Contender, candidates: Sequence[Contender], after: Sequence[Result]
) -> dict[int, Sequence[Result]]:
    """Holdout results of every seed, those of the chosen one given; each other model is one more look."""
    holdout, results = bench.tasks("holdout"), {chosen.seed: after}
    for one in candidates:
        if one.seed != chosen.seed:
            label = f"round {number}: seed {one.seed}, holdout"
            results[one.seed] = stages.evaluate_stage(bench, folder / f"after-holdout-seed-{one.seed}", one.ref, holdout, label)
    return results


def seed_reports(
    bench: Bench,
    candidates: Sequence[Contender],
    chosen: Contender,
    results: Mapping[int, Sequence[Result]],
    before: Sequence[Result],
) -> tuple[tuple[SeedReport, ...], tuple[SeedSpread, ...]]:
    """Every seed's figures, and the spread of their gains on each target; nothing with one seed."""
    if len(candidates) == 1:
        return (), ()
    names = [suite.name for suite in bench.suites]
    rates = {one.seed: {name: _share([r for r in results[one.seed] if r.suite == name]) for name in names} for one in candidates}
    reports = tuple(
        SeedReport(
            seed=bench.config.seed + one.seed,
            adapter=one.adapter,
            folder=one.name,
            dev=one.dev,
            holdout=rates[one.seed],
            chosen=one.seed == chosen.seed,
        )
        for one in candidates
    )
    spread = []
    for suite in bench.targets:
        start = _share([r for r in before if r.suite == suite.name])
        gains = [rates[one.seed][suite.name] - start for one in candidates]
        spread.append(
            SeedSpread(suite=suite.name, seeds=len(gains), mean=statistics.fmean(gains), deviation=statistics.stdev(gains))
        )
    return reports, tuple(spread)


def _share(results: Sequence[Result]) -> float:
    """The mean over tasks of the share of passing samples.

    Raises:
        Inconclusive: no task has a verdict.
    """
    outcomes = outcomes_of(unsettled_as(False, results))
    if not outcomes:
        raise Inconclusive("no dev or holdout task has a verdict; adapters of several seeds cannot be told apart")
    return pass_rate(outcomes).share
