"""Rounds: evaluate, collect what failed, pair it with proved goldens, screen, build, fine-tune, re-evaluate, decide.

Every round starts from the model in use: its failures are learnt from, and it is what the candidate is measured against.
Training starts at the original base (``train_from``) on the clean pairs of all rounds so far, those of the adapter that the run
started from among them. A task that still fails after it was trained on gets one more row, up to ``trainset.max_repeats``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from decontam.records import CleanPair
from decontam.screen import AnyIndex
from evals.comparison import compare_outcomes, groups_of, outcomes_of
from evals.errors import Inconclusive
from evals.files import MANIFEST, read_json, write_json
from evals.records import ModelRef, Result
from evals.suites import Suite
from goldens.records import SAMPLED
from loop import stages
from loop.adapters import model_identity
from loop.bench import Bench
from loop.candidates import rate_seeds, seed_reports, train_candidates
from loop.evidence import Looks, base_holdout, evaluations, evidence_stages, held_back_gap
from loop.gate import decide
from loop.production import production_notes
from loop.records import NOTHING_NEW, AgainstBase, RoundReport
from loop.registry import Registry
from loop.sampling import TARGETS, sample_targets_stage, yields_of
from loop.sequence import USUAL_LEVEL, decision_level, sequence_note
from loop.stage import stage, was_started
from loop.start import Start, inherit
from loop.stops import Stop, spent, stop_before
from trainset.choosing import choose_targets, latest_targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """What a round starts from.

    ``holdout`` are the champion's results once they are known, ``base_holdout`` and ``base_train`` the original base's;
    ``pairs`` are all clean pairs so far, ``repeats`` the rows of tasks that have several. ``learnt`` and ``rows`` are what the
    champion was trained on: the tasks, and the targets with how often each; ``tried`` are the targets of the last training.
    """

    champion: ModelRef
    holdout: tuple[Result, ...] | None = None
    base_holdout: tuple[Result, ...] | None = None
    base_train: tuple[Result, ...] = ()
    pairs: tuple[CleanPair, ...] = ()
    repeats: Mapping[str, int] = field(default_factory=dict)
    learnt: frozenset[str] = frozenset()
    tried: Mapping[tuple[str, str], int] = field(default_factory=dict)
    lineage: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """The rounds of a run, and the rule that ended it before its last one, if one did."""

    rounds: tuple[RoundReport, ...]
    stop: Stop | None = None


def run_rounds(bench: Bench, run: Path, count: int, start: Start | None = None, *, promote: bool = True) -> Climb:
    """Run ``count`` rounds; finished stages of an earlier, killed run are kept.

    Ends early where a rule of ``stop.*`` says so, where nothing new is left to train on, or where the looks are spent.

    Raises:
        Inconclusive: the budget of looks does not allow the first round.
    """
    start = start or Start()
    reports: list[RoundReport] = []
    index = stages.holdout_index(bench.config, bench.suites)
    footing = footing_of(bench, run, start, index)
    stop: Stop | None = None
    for number in range(1, count + 1):
        if stop := stop_before(bench.config.stop, reports, spent(run)):
            break
        try:
            report, footing = run_round(bench, run / f"round-{number}", number, footing, index)
        except LooksSpent as error:
            if not reports:
                raise Inconclusive(str(error)) from None
            stop = Stop(rule="gate.looks", said=str(error))
            break
        reports.append(report)
        _write_report(bench, run, start, reports, None)
        if report.decision == "promote" and promote:
            Registry(run.parent).promote(run.name, number, report)
    if stop is None and reports and reports[-1].kind == NOTHING_NEW:
        stop = stop_before(bench.config.stop, reports, spent(run))
    _write_report(bench, run, start, reports, stop)
    return Climb(rounds=tuple(reports), stop=stop)


def _write_report(bench: Bench, run: Path, start: Start, reports: Sequence[RoundReport], stop: Stop | None) -> None:
    rounds = [report.summary() for report in reports]
    content = {"run": bench.config.name, "start": start.said, "rounds": rounds, "stopped": stop}
    write_json(run / "report.json", content)


def footing_of(bench: Bench, run: Path, start: Start, index: AnyIndex) -> Footing:
    """Where the first round stands: at the base, or at an adapter with what it was trained on."""
    champion = start.ref(bench.config.model, run.parent)
    taught = inherit(champion, index, run / "inherited")
    return Footing(
        champion=champion,
        pairs=taught.pairs,
        repeats=taught.repeats,
        learnt=frozenset(pair.key for pair in taught.pairs if not pair.replay),
        tried=_targets(latest_targets(taught.pairs), taught.repeats),
        lineage=start.lineage,
        notes=() if taught.known else (UNKNOWN_PAST,),
    )


UNKNOWN_PAST = (
    "what the adapter at the start was trained on is not recorded beside it: this round learns from its failures alone, and "
    "whether it was trained on holdout tasks is unknown"
)


class LooksSpent(Exception):
    """The budget of looks at the holdout does not allow another decision."""


def run_round(bench: Bench, folder: Path, number: int, start: Footing, index: AnyIndex) -> tuple[RoundReport, Footing]:
    """One round, and what it leaves to the next one.

    Raises:
        LooksSpent: the holdout may not be decided on again.
    """
    config, train, holdout = bench.config, bench.tasks("train"), bench.tasks("holdout")
    if bench.ledger is not None and not was_started(folder / "after-holdout"):
        models = [model_identity(ModelRef(base=config.model)), model_identity(start.champion)]
        try:
            bench.ledger.require_budget(bench.suites, config.gate.looks, models=models, unknown=config.finetune.seeds)
        except Inconclusive as error:
            raise LooksSpent(str(error)) from None
    goldens = stages.prove_stage(bench, folder / "goldens")
    on_train = stages.evaluate_stage(
        bench,
        folder / "before-train",
        start.champion,
        train,
        f"round {number}: before, train",
        known=evaluations(folder.parent.parent, "before-train"),
    )
    learning = bench.suites if config.trainset.guard_failures else bench.targets
    failures = stages.failures_stage([r for r in on_train if r.suite in _names(learning)], folder / "failures")
    sampled = sample_targets_stage(bench, folder / TARGETS, start.champion, failures, on_train, f"round {number}: targets")
    pairs = stages.pair_stage(failures, on_train, train, goldens, folder / "pairs", rules=config.trainset, sampled=sampled)
    clean = stages.screen_stage(pairs, index, folder / "screen")
    if not start.champion.adapter:
        start = replace(start, base_train=tuple(on_train))
    counts = _counts(on_train, len(failures), len(pairs), len(clean))
    reasons = dict(Counter(failure.verdict.reason for failure in failures).most_common())
    known = (*start.pairs, *clean)
    learning_from = choose_targets(known, config.trainset, config.seed).targets
    repeats = _repeats(start, clean, config.trainset.max_repeats)
    targets = _targets(learning_from, repeats)
    if why := _nothing_new(bench, on_train, failures_of={f.key for f in failures}, targets=targets, tried=start.tried):
        report = RoundReport(
            number=number,
            kind=NOTHING_NEW,
            start=_start_name(start),
            before=start.champion,
            after=None,
            gate=None,
            decision=NOTHING_NEW,
            reasons=(why,),
            notes=start.notes,
            counts=counts,
            dropped=_dropped(folder, "pairs", "screen"),
            failure_reasons=reasons,
            trainset="",
            index=index.digest,
            adapter="",
            lineage=start.lineage or ("base",),
            yields=yields_of(folder),
        )
        stage(
            folder / "gate",
            {"failures": failures, "tried": sorted(start.tried), "targets": sorted(targets)},
            lambda out: {"decision": NOTHING_NEW, "reasons": [why], "gate": None, "adapter": ""},
        )
        return report, start
    counter = stages.token_counter(config)
    trainset = stages.trainset_stage(
        known,
        index,
        config,
        folder / "trainset",
        counter,
        repeats=repeats,
        release=bench.release,
        progress=bench.progress,
    )
    learning_from = tuple(pair for pair in stages.taught(folder / "trainset") if not pair.replay)
    before = start.holdout or tuple(
        stages.evaluate_stage(
            bench,
            folder / "before-holdout",
            start.champion,
            holdout,
            f"round {number}: before, holdout",
            known=evaluations(folder.parent.parent, "*-holdout"),
        )
    )
    base = start.base_holdout or (tuple(base_holdout(bench, folder.parent)) if start.champion.adapter else before)
    first = start.champion if config.train_from == "current" and start.champion.adapter else None
    trained = train_candidates(bench, folder, number, trainset["trainset"], index, first)
    chosen, candidates = trained.chosen, trained.by_seed
    after = stages.evaluate_stage(bench, folder / "after-holdout", chosen.ref, holdout, f"round {number}: after, holdout")
    by_seed = rate_seeds(bench, folder, number, chosen, candidates, after)
    looks = Looks(on_train=on_train, before=before, after=after, base_train=start.base_train, base_holdout=base)
    evidence = evidence_stages(bench, folder, number, start.champion, chosen.ref, looks, learning_from)
    held_back = held_back_gap(bench, folder, number, chosen.ref, on_train, learning, evidence.trained)
    history = replace(evidence, fixed=gained_tasks(base, before))
    level, noted = USUAL_LEVEL, (model_identity(chosen.ref), f"{folder.parent.name}, round {number}: gate")
    if bench.ledger is not None:
        bench.ledger.look("decision", holdout, *noted)
        level = decision_level(bench.ledger, holdout, config.gate, *noted)
    gate = decide(
        before,
        after,
        target=_names(bench.targets),
        guard=_names(bench.guards),
        settings=config.gate,
        history=history,
        level=level,
    )
    sequence: tuple[str, ...] = ()
    if bench.ledger is not None:
        sequence = tuple(sequence_note(bench.ledger, holdout, config.gate, gate.lines, *noted))
    stage(
        folder / "gate",
        {
            "before": list(before),
            "after": after,
            "history": history,
            "gate": config.gate.model_dump(mode="json", exclude={"looks"}),
            "level": level,
        },
        lambda out: {
            "decision": gate.decision,
            "gate": gate.model_dump(mode="json"),
            "adapter": chosen.adapter,
            "candidate": chosen.name,
        },
    )
    seeds, spread = seed_reports(bench, candidates, chosen, by_seed, before)
    left_out = Counter[str](result.verdict.status for result in (*on_train, *before, *after))
    report = RoundReport(
        number=number,
        start=_start_name(start),
        before=start.champion,
        after=chosen.ref,
        gate=gate,
        decision=gate.decision,
        reasons=gate.reasons,
        yields=yields_of(folder),
        held_back=held_back,
        counts={**counts, **_built(trainset["counts"]), "holdout_tasks": len(outcomes_of(before)), **_left_out(left_out)},
        dropped=_dropped(folder, "pairs", "screen", "trainset"),
        failure_reasons=reasons,
        notes=(*start.notes, *sequence, *production_notes(bench.suites, number, before, after)),
        against_base=_against_base(bench.targets, base, after),
        seeds=seeds,
        spread=spread,
        looks=trained.looks,
        trainset=trainset["trainset"],
        index=index.digest,
        adapter=chosen.adapter,
        folder=chosen.name,
        lineage=start.lineage or ("base",),
        conditions=stages.conditions_of(config.evals, holdout),
    )
    start = replace(start, notes=())
    cumulative = (*learning_from, *(pair for pair in known if pair.replay))
    left = replace(start, holdout=before, base_holdout=base, pairs=cumulative, repeats=repeats, tried=targets)
    if gate.decision != "promote":
        return report, left
    learnt = frozenset(pair.key for pair in learning_from)
    lineage = (*start.lineage, f"round-{number}:{chosen.adapter}")
    return report, replace(left, champion=chosen.ref, holdout=tuple(after), learnt=learnt, lineage=lineage)


def _nothing_new(
    bench: Bench,
    on_train: Sequence[Result],
    *,
    failures_of: set[str],
    targets: Mapping[tuple[str, str], int],
    tried: Mapping[tuple[str, str], int],
) -> str:
    """Why there is nothing to train on that was not trained on already; empty if there is."""
    names = _names(bench.targets)
    asked = sum(result.suite in names for result in on_train)
    if not any(key.startswith(f"{name}/") for key in failures_of for name in names):
        return f"all {asked} training tasks pass: nothing to train on; add harder tasks to the target suite"
    if not targets:
        return f"of {len(failures_of)} failures none has a proved target that may be trained on: nothing to train on"
    if targets == tried:
        return (
            f"{len(failures_of)} training tasks fail, and their goldens were trained on already, as often as "
            "trainset.max_repeats allows: nothing new to train on"
        )
    return ""


def _targets(pairs: Sequence[CleanPair], repeats: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """What a trainset teaches beside replay: (task, target) with the number of rows."""
    return {(pair.key, pair.golden.code): repeats.get(pair.key, 1) for pair in pairs}


def _repeats(start: Footing, clean: Sequence[CleanPair], most: int) -> dict[str, int]:
    """Rows of tasks that have several: one more for what the champion was trained on and still fails."""
    again = {pair.key for pair in clean if not pair.replay and pair.key in start.learnt}
    raised = {key: min(most, start.repeats.get(key, 1) + 1) for key in sorted(again)}
    return {key: rows for key, rows in {**start.repeats, **raised}.items() if rows > 1}


def _against_base(targets: Sequence[Suite], base: Sequence[Result], after: Sequence[Result]) -> tuple[AgainstBase, ...]:
    rows = []
    for suite in targets:
        sides = [[result for result in side if result.suite == suite.name] for side in (base, after)]
        left, right = map(outcomes_of, sides)
        shared = sorted(left.keys() & right.keys())
        if shared:
            found = compare_outcomes({k: left[k] for k in shared}, {k: right[k] for k in shared}, groups_of(sides[0]))
            figures = {"before": found.before, "after": found.after, "delta": found.delta}
            rows.append(
                AgainstBase(suite=suite.name, n=found.n, ci95=tuple(found.ci95), **{k: round(v, 6) for k, v in figures.items()})
            )
    return tuple(rows)


def gained_tasks(before: Sequence[Result], after: Sequence[Result]) -> frozenset[str]:
    """Tasks that passed in no sample before and in at least one after."""
    left, right = outcomes_of(before), outcomes_of(after)
    return frozenset(task for task in left.keys() & right.keys() if not any(left[task]) and any(right[task]))


def _start_name(start: Footing) -> str:
    return start.lineage[-1] if start.champion.adapter else "base"


def _names(suites: Sequence[Suite]) -> list[str]:
    return [suite.name for suite in suites]


def _counts(on_train: Sequence[Result], failures: int, pairs: int, clean: int) -> dict[str, int]:
    left_out = _left_out(Counter[str](result.verdict.status for result in on_train))
    tasks = len({result.key for result in on_train})
    return {"train_tasks": tasks, **left_out, "failures": failures, "pairs": pairs, "clean_pairs": clean}


def _left_out(statuses: Mapping[str, int]) -> dict[str, int]:
    """What is neither a pass nor a failure."""
    return {"errors": statuses.get("error", 0), "unsettled": statuses.get("unsettled", 0)}


def _built(built: Mapping[str, int]) -> dict[str, int]:
    return {
        "trainset_rows": built["rows"],
        "trainset_golden": built["golden"],
        "trainset_repair": built.get("repair", 0),
        **{f"trainset_{source}": built[source] for source in SAMPLED if built.get(source)},
        "trainset_replay": built["replay"],
        "trainset_again": built.get("again", 0),
    }


def _dropped(folder: Path, *names: str) -> dict[str, int]:
    """What was dropped on the way, by reason, from the stages' manifests."""
    counts: Counter[str] = Counter()
    for name in names:
        dropped = read_json(folder / name / MANIFEST)["counts"]["dropped"]
        counts.update({f"{name}: {reason}": count for reason, count in dropped.items() if count})
    return dict(counts)
