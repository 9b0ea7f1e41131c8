"""Rounds: evaluate, collect what failed, pair it with proved goldens, screen, build, fine-tune, re-evaluate, decide.

Every round trains from the original base on the clean pairs of all rounds so far, and starts from the last promoted model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from decontam.records import CleanPair
from evals.comparison import outcomes_of
from evals.errors import Inconclusive
from evals.files import MANIFEST, read_json, write_json
from evals.records import ModelRef, Result
from evals.suites import Suite
from loop import stages
from loop.adapters import model_identity
from loop.bench import Bench
from loop.evidence import Looks, evidence_stages
from loop.gate import decide
from loop.records import RoundReport
from loop.registry import Registry
from loop.stage import is_done, stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a round starts from: the champion, its holdout results once they are known, and all clean pairs so far.

    ``fixed`` are the holdout tasks that promoted rounds made pass.
    """

    champion: ModelRef
    holdout: tuple[Result, ...] | None = None
    pairs: tuple[CleanPair, ...] = ()
    lineage: tuple[str, ...] = ()
    fixed: frozenset[str] = frozenset()


def run_rounds(bench: Bench, run: Path, count: int) -> list[RoundReport]:
    """Run ``count`` rounds; finished stages of an earlier, killed run are kept. Stops early when nothing is left to learn.

    Raises:
        Inconclusive: the very first round has nothing to train on.
    """
    standing = Standing(champion=ModelRef(base=bench.config.model))
    reports: list[RoundReport] = []
    for number in range(1, count + 1):
        try:
            report, standing = run_round(bench, run / f"round-{number}", number, standing)
        except NothingToLearn as error:
            if not reports:
                raise Inconclusive(str(error)) from None
            break
        reports.append(report)
        write_json(run / "report.json", {"run": bench.config.name, "rounds": [r.summary() for r in reports]})
        if report.decision == "promote":
            Registry(run.parent).promote(run.name, number, report)
    return reports


class NothingToLearn(Exception):
    """No failure of the training split that was not trained on already."""


def run_round(bench: Bench, folder: Path, number: int, start: Standing) -> tuple[RoundReport, Standing]:
    """One round, and what it leaves to the next one."""
    config, train, holdout = bench.config, bench.tasks("train"), bench.tasks("holdout")
    if bench.ledger is not None and not is_done(folder / "gate"):
        bench.ledger.require_budget(bench.suites, config.gate.looks)
    index = stages.holdout_index(config, bench.suites)
    goldens = stages.prove_stage(bench, folder / "goldens")
    on_train = stages.evaluate_stage(bench, folder / "before-train", start.champion, train, f"round {number}: before, train")
    before = start.holdout or stages.evaluate_stage(
        bench, folder / "before-holdout", start.champion, holdout, f"round {number}: before, holdout"
    )
    learning = bench.suites if config.trainset.guard_failures else bench.targets
    failures = stages.failures_stage([r for r in on_train if r.suite in _names(learning)], folder / "failures")
    if not any(f.key.startswith(f"{suite.name}/") for f in failures for suite in bench.targets):
        raise NothingToLearn(
            f"all {sum(r.suite in _names(bench.targets) for r in on_train)} training tasks pass: nothing to train on; "
            "add harder tasks to the target suite"
        )
    pairs = stages.pair_stage(failures, on_train, train, goldens, folder / "pairs", prefer_repairs=config.trainset.prefer_repairs)
    clean = stages.screen_stage(pairs, index, folder / "screen")
    cumulative = (*start.pairs, *clean)
    if start.pairs and not _new(start.pairs, clean):
        raise NothingToLearn("every failure left was trained on already")
    trainset = stages.trainset_stage(cumulative, index, config, folder / "trainset", stages.token_counter(config))
    candidate = stages.finetune_stage(
        config,
        folder / "trainset",
        trainset["trainset"],
        index,
        folder / "finetune",
        release=bench.release,
        progress=bench.progress,
    )
    after = stages.evaluate_stage(bench, folder / "after-holdout", candidate, holdout, f"round {number}: after, holdout")
    if bench.ledger is not None and not is_done(folder / "gate"):
        why = f"{folder.parent.name}, round {number}: gate"
        bench.ledger.look("decision", holdout, model_identity(candidate), why)
    looks = Looks(on_train=on_train, before=before, after=after)
    evidence = evidence_stages(bench, folder, number, start.champion, candidate, looks, cumulative)
    history = replace(evidence, fixed=start.fixed)
    gate = decide(before, after, target=_names(bench.targets), guard=_names(bench.guards), settings=config.gate, history=history)
    adapter = stages.train_report(folder / "finetune").adapter_digest
    stage(
        folder / "gate",
        {"before": list(before), "after": after, "history": history, "gate": config.gate.model_dump(mode="json")},
        lambda out: {"decision": gate.decision, "gate": gate.model_dump(mode="json"), "adapter": adapter},
    )
    lineage = (*start.lineage, f"round-{number}:{adapter}")
    report = RoundReport(
        number=number,
        before=start.champion,
        after=candidate,
        gate=gate,
        decision=gate.decision,
        reasons=gate.reasons,
        counts=_counts(on_train, before, after, len(failures), len(pairs), len(clean), trainset["counts"]),
        dropped=_dropped(folder),
        failure_reasons=dict(Counter(f.verdict.reason for f in failures).most_common()),
        trainset=trainset["trainset"],
        index=index.digest,
        adapter=adapter,
        lineage=start.lineage or ("base",),
        conditions=stages.conditions_of(config.evals, holdout),
    )
    if gate.decision == "promote":
        fixed = start.fixed | gained_tasks(before, after)
        return report, Standing(champion=candidate, holdout=tuple(after), pairs=cumulative, lineage=lineage, fixed=fixed)
    return report, replace(start, holdout=tuple(before), pairs=cumulative)


def gained_tasks(before: Sequence[Result], after: Sequence[Result]) -> frozenset[str]:
    """Tasks that passed in no sample before and in at least one after."""
    left, right = outcomes_of(before), outcomes_of(after)
    return frozenset(task for task in left.keys() & right.keys() if not any(left[task]) and any(right[task]))


def _names(suites: Sequence[Suite]) -> list[str]:
    return [suite.name for suite in suites]


def _new(known: Sequence[CleanPair], clean: Sequence[CleanPair]) -> bool:
    tasks = {pair.key for pair in known if not pair.replay}
    return any(not pair.replay and pair.key not in tasks for pair in clean)


def _counts(
    on_train: Sequence[Result],
    before: Sequence[Result],
    after: Sequence[Result],
    failures: int,
    pairs: int,
    clean: int,
    built: Mapping[str, int],
) -> dict[str, int]:
    errors = sum(r.verdict.status == "error" for r in (*on_train, *before, *after))
    return {
        "train_tasks": len(on_train),
        "holdout_tasks": len(before),
        "errors": errors,
        "failures": failures,
        "pairs": pairs,
        "clean_pairs": clean,
        "trainset_rows": built["rows"],
        "trainset_golden": built["golden"],
        "trainset_repair": built.get("repair", 0),
        "trainset_replay": built["replay"],
    }


def _dropped(folder: Path) -> dict[str, int]:
    """What was dropped on the way, by reason, from the stages' manifests."""
    counts: Counter[str] = Counter()
    for name in ("pairs", "screen", "trainset"):
        dropped = read_json(folder / name / MANIFEST)["counts"]["dropped"]
        counts.update({f"{name}: {reason}": count for reason, count in dropped.items() if count})
    return dict(counts)
