"""A round's candidates: trained with several rates, seeds and epochs, of which the best on dev is put before the gate.

How they are trained and rated is in ``loop.devchoice``. The other seeds are evaluated on the holdout after the choice: a claim
about a way of training needs their spread, and no decision uses it.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from decontam.screen import AnyIndex
from evals.records import ModelRef, Result
from loop import stages
from loop.bench import Bench
from loop.devchoice import Contender, DevChoice, best_of, passed_share
from loop.records import DevLook, SeedReport, SeedSpread
from loop.stage import stage


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundCandidates:
    """``chosen`` goes before the gate; ``by_seed`` has one a seed, in their order; ``looks`` are all that dev saw."""

    chosen: Contender
    by_seed: tuple[Contender, ...]
    looks: tuple[DevLook, ...] = ()


def train_candidates(
    bench: Bench, folder: Path, number: int, trainset: str, index: AnyIndex, first: ModelRef | None
) -> RoundCandidates:
    """Train the adapters that ``finetune.*`` asks for, and choose on dev where there are several.

    Raises:
        BadInput: a row is too long, or the model does not load.
        Inconclusive: too many infrastructure errors on dev.
    """
    choice = DevChoice(bench, folder, number, trainset, index, first)
    if not choice.chooses:
        (only,) = choice.train(0, None if choice.rates == (None,) else choice.rates[0])
        return RoundCandidates(chosen=only, by_seed=(only,))
    choice.say_cost()
    rated = [one for rate in choice.rates for one in choice.train(0, rate)]
    rate = best_of(rated).rate
    for seed in range(1, bench.config.finetune.seeds):
        rated += choice.train(seed, rate)
    rated += choice.scaled(best_of(rated))
    chosen = best_of(rated)
    by_seed = tuple(
        best_of([one for one in rated if (one.seed, one.rate) == (seed, rate)]) for seed in range(bench.config.finetune.seeds)
    )
    stage(
        folder / "choice",
        {"candidates": [(one.adapter, one.dev) for one in rated]},
        lambda out: {"chosen": chosen.name, "dev": {one.name: one.dev for one in rated}},
    )
    choice.tidy()
    return RoundCandidates(chosen=chosen, by_seed=by_seed, looks=tuple(one.look(chosen) for one in rated))


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
    rates = {
        one.seed: {name: passed_share([r for r in results[one.seed] if r.suite == name]) for name in names} for one in candidates
    }
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
        start = passed_share([r for r in before if r.suite == suite.name])
        gains = [rates[one.seed][suite.name] - start for one in candidates]
        spread.append(
            SeedSpread(suite=suite.name, seeds=len(gains), mean=statistics.fmean(gains), deviation=statistics.stdev(gains))
        )
    return reports, tuple(spread)
