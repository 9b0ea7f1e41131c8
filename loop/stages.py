"""The stages of a round as functions over folders: what ``goldloop run`` chains and the single verbs call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from decontam.records import CleanPair, ContaminatedPair
from decontam.screen import AnyIndex, Rule, SplitIndex, index_splits, match_splits, screen_pairs
from evals.errors import BadInput, Inconclusive
from evals.files import MANIFEST, Journal, digest, digest_file, read_json, read_records, write_json, write_jsonl
from evals.progress import Progress
from evals.records import STATUSES, Failure, ModelRef, Result, Split, Task
from evals.run import check_errors, evaluate, forget_errors
from evals.suites import Suite
from finetune.processes import process_number
from finetune.records import TrainReport
from finetune.settings import CHOOSING, HOW_ONLY
from goldens.pair import collect_failures, pair_failures, replay_pairs
from goldens.prove import prove_all
from goldens.records import Golden, Pair
from loop.adapters import model_identity
from loop.bench import Bench, sampling_of
from loop.closing import Conditions, prompts_digest
from loop.config import Config, EvalSettings
from loop.given import GivenRows
from loop.stage import code_version, is_done, stage, was_made_from, was_started
from trainset import build as trainsets
from trainset.records import Example
from trainset.settings import TargetRules

RESULTS = "results.jsonl"
TAUGHT = "taught.jsonl"
REPEATS = "repeats.json"
"""In a trainset's folder: the pairs that it was built from, and the tasks with several rows, for rounds that go on from it."""
_NO_MATTER = {"workers", "cache", "batch_size"}
"""Keys of ``evals.*`` that change no answer but for rounding."""


def prove_stage(bench: Bench, folder: Path, splits: Sequence[Split] = ("train", "dev", "holdout")) -> dict[str, Golden]:
    """Prove the goldens of all tasks: a task with broken checks would falsify the baseline as much as the holdout."""
    tasks = bench.tasks(*splits)

    def work(out: Path) -> Mapping[str, Any]:
        goldens = prove_all(tasks, bench.grade, workers=bench.config.evals.workers, progress=bench.progress)
        write_jsonl(out / "goldens.jsonl", goldens.values())
        unproved = len(tasks) - len(goldens)
        dropped = {"no golden": unproved} if unproved else {}
        return {"counts": {"in": len(tasks), "out": len(goldens), "dropped": dropped}, "sandbox": bench.sandbox.tier}

    stage(folder, {"suites": [suite.digest for suite in bench.suites]}, work)
    bench.goldens = {golden.key: golden for golden in read_records(folder / "goldens.jsonl", Golden)}
    return dict(bench.goldens)


def evaluate_stage(
    bench: Bench,
    folder: Path,
    ref: ModelRef,
    tasks: Sequence[Task],
    label: str,
    *,
    reseed: int = 0,
    evals: EvalSettings | None = None,
    known: Iterable[Path] = (),
    publish: bool = False,
) -> list[Result]:
    """Evaluate a model on tasks.

    ``reseed`` draws other samples than the run's own seed would; ``evals`` replaces the configured decoding. ``known`` are
    folders of other evaluations: one that was exactly the same is copied, not run again. On holdout tasks the model spends a look
    of the budget (``gate.looks``) before it is run, once. Tasks of split final are taken only to ``publish``.

    Raises:
        BadInput: there are final tasks, and this is not to publish.
        Inconclusive: too many infrastructure errors. Resuming tries those attempts again, and keeps all others. Or the budget of
            looks at the holdout is spent.
    """
    if not publish and any(task.split == "final" for task in tasks):
        raise BadInput("split final is looked at once, by `goldloop publish`; evaluate on train, dev or holdout")
    subject = _subject(bench, ref, tasks, evals)
    config = bench.config if evals is None else bench.config.model_copy(update={"evals": evals})
    inputs: dict[str, Any] = {
        "model": model_identity(ref),
        "tasks": [task.model_dump(mode="json") for task in tasks],
        "evals": config.evals.model_dump(mode="json", exclude={"workers", "cache"}),
        "backend": config.backend,
        "seed": config.seed + reseed,
    }
    if config.backend_options:
        inputs["backend_options"] = dict(config.backend_options)

    def work(out: Path) -> Mapping[str, Any]:
        if bench.ledger is not None:
            bench.ledger.spend(tasks, subject, f"{label}: {folder}", config.gate.looks)
        for same in known:
            if same == folder or not was_made_from(same, inputs):
                continue
            manifest = read_json(same / MANIFEST)
            if (manifest["version"], manifest.get("sandbox")) == (code_version(), bench.sandbox.tier):
                write_jsonl(out / RESULTS, read_records(same / RESULTS, Result))
                kept = ("counts", "conditions", "results", "sandbox", "model", "subject")
                return {key: manifest[key] for key in kept if key in manifest} | {"copied": True, "tokens": count_tokens([])}
        forget_errors(out / "journal.jsonl")  # of a run that was killed or gave up
        results = evaluate(
            tasks,
            bench.backend(ref),
            bench.grade,
            Journal(out / "journal.jsonl"),
            sampling=sampling_of(config).model_copy(update={"seed": config.seed + reseed}),
            samples=config.evals.samples,
            repair_turns=config.evals.repair_turns,
            workers=config.evals.workers,
            progress=bench.progress,
            label=label,
        )
        check_errors(results, label)
        write_jsonl(out / RESULTS, results)
        return {
            "counts": count_results(results),
            "conditions": conditions_of(config.evals, tasks).model_dump(mode="json"),
            "tokens": count_tokens(results),
            "results": digest_file(out / RESULTS),
            "sandbox": bench.sandbox.tier,
            "model": model_identity(ref),
            "subject": subject,
        }

    stage(folder, inputs, work)
    return read_records(folder / RESULTS, Result)


def conditions_of(evals: EvalSettings, tasks: Sequence[Task]) -> Conditions:
    """How the answers of an evaluation are drawn."""
    return Conditions(samples=evals.samples, temperature=evals.temperature, prompts=prompts_digest(tasks))


def count_tokens(results: Sequence[Result]) -> dict[str, int]:
    """Tokens read and written over all attempts, further tries included; 0 where the backend does not count them."""
    attempts = [result.attempt for result in results]
    attempts += [further.attempt for result in results for further in result.repairs]
    return {"prompt": sum(a.prompt_tokens for a in attempts), "completion": sum(a.completion_tokens for a in attempts)}


def _subject(bench: Bench, ref: ModelRef, tasks: Sequence[Task], evals: EvalSettings | None) -> str:
    """What looks at the holdout: the model, and other rules or decoding than its own, since to choose them is a choice, too."""
    own = {task.key: task.system for suite in bench.suites for task in suite.tasks}
    rules = sorted({task.system for task in tasks if task.system != own.get(task.key, task.system)})
    usual = bench.config.evals.model_dump(mode="json", exclude=_NO_MATTER)
    chosen = evals.model_dump(mode="json", exclude=_NO_MATTER) if evals is not None else usual
    decoding = {key: value for key, value in chosen.items() if value != usual[key]}
    identity = model_identity(ref)
    return f"{identity} with {digest([rules, decoding])[:15]}" if rules or decoding else identity


def count_results(results: Sequence[Result]) -> dict[str, int]:
    """``in``, and by status: these add up to it."""
    counts = Counter(result.verdict.status for result in results)
    return {"in": len(results), **{status: counts[status] for status in STATUSES}}


def failures_stage(results: Sequence[Result], folder: Path) -> list[Failure]:
    """Collect the failures of split train."""
    failures = collect_failures(results)

    def work(out: Path) -> Mapping[str, Any]:
        write_jsonl(out / "failures.jsonl", failures)
        reasons = Counter(failure.verdict.reason for failure in failures)
        return {"counts": {"in": len(results), "out": len(failures)}, "reasons": dict(reasons)}

    stage(folder, {"results": list(results)}, work)
    return failures


def pair_stage(
    failures: Sequence[Failure],
    results: Sequence[Result],
    tasks: Sequence[Task],
    goldens: Mapping[str, Golden],
    folder: Path,
    *,
    rules: TargetRules | None = None,
    sampled: Mapping[str, Sequence[Golden]] | None = None,
) -> list[Pair]:
    """Pairs of failures with their proved targets (``sampled`` among them), and the model's own passes as replay."""
    rules = rules or TargetRules()
    sources = {"sources": rules.sources, "most_sources": rules.most_sources}
    pairing = pair_failures(failures, tasks, goldens, sampled, sources=rules.sources, most_sources=rules.most_sources)
    pairs = [*pairing.pairs, *replay_pairs(results, tasks)]

    def work(out: Path) -> Mapping[str, Any]:
        write_jsonl(out / "pairs.jsonl", pairs)
        replay = len(pairs) - len(pairing.pairs)
        counts = {"in": len(failures), "out": len(pairing.pairs), "replay": replay, "dropped": pairing.dropped}
        return {"counts": counts}

    inputs: dict[str, Any] = {"failures": list(failures), "goldens": sorted(goldens), **sources}
    if sampled:
        inputs["sampled"] = dict(sampled)
    stage(folder, inputs, work)
    return pairs


def holdout_index(config: Config, suites: Sequence[Suite]) -> SplitIndex:
    """The index over holdout, dev and final of these suites, targets and guards, under ``decontam.*``.

    Raises:
        Inconclusive: there is no holdout, or none of a split can be indexed.
    """
    rule = Rule(coverage=config.decontam.coverage, unique=config.decontam.unique)
    return index_splits([task for suite in suites for task in suite.tasks], rule)


def screen_stage(pairs: Sequence[Pair], index: AnyIndex, folder: Path) -> list[CleanPair]:
    """Remove every pair that leaks the holdout, dev or final; the evidence is kept."""

    def work(out: Path) -> Mapping[str, Any]:
        screening = screen_pairs(pairs, index)
        write_jsonl(out / "clean.jsonl", screening.clean)
        write_jsonl(out / "contaminated.jsonl", screening.contaminated)
        first = [pair.matches[0] for pair in screening.contaminated]
        dropped = Counter(f"leaks {match.split} {match.part}, {match.channel}" for match in first)
        counts = {"in": len(pairs), "out": len(screening.clean), "dropped": dict(dropped)}
        return {"counts": counts, "index": index.digest, "unindexable": list(index.unindexable)}

    stage(folder, {"pairs": list(pairs), "index": index.digest}, work)
    return read_records(folder / "clean.jsonl", CleanPair)


def contaminated(folder: Path) -> list[ContaminatedPair]:
    """What a finished screen removed."""
    return read_records(folder / "contaminated.jsonl", ContaminatedPair)


def trainset_stage(
    pairs: Sequence[CleanPair],
    index: AnyIndex,
    config: Config,
    folder: Path,
    count_tokens: Callable[[Example], int],
    *,
    repeats: Mapping[str, int] | None = None,
    given: GivenRows | None = None,
    release: Callable[[], None] = lambda: None,
    progress: Progress | None = None,
) -> Mapping[str, Any]:
    """Build the rows, then audit them as they are on disk. ``repeats``: rows of a target whose task shall have more than one.

    ``given`` are a user's own rows, beside those of the pairs or alone. ``release`` frees memory before the base rates rows, if
    ``trainset.leave_out_likely`` asks it to.

    Raises:
        Inconclusive: nothing is left to train on, or a finished row leaks after all.
    """

    def work(out: Path) -> Mapping[str, Any]:
        settings = config.trainset
        mix = trainsets.Mix(replay_share=settings.replay_share, seed=config.seed, repeats=repeats or {}, rules=settings)
        most = config.finetune.max_length
        built = trainsets.Built(examples=(), index_digest=index.digest, counts={}, dropped={})
        if pairs or given is None:
            built = trainsets.build(pairs, mix, count_tokens=count_tokens, max_length=most)
        if built.examples and (likely := config.trainset.leave_out_likely) is not None:
            from finetune.train import likelihoods

            release()
            rated = likelihoods(ModelRef(base=config.model), built.examples, config.finetune, progress)
            built = trainsets.leave_out_likely(built, rated, likely)
        if given is not None:
            built = trainsets.with_given(built, given.examples, dropped=given.dropped, proved=given.proved)
        built = replace(built, examples=tuple(_showable(row, index, count_tokens, most) for row in built.examples))
        write_jsonl(out / TAUGHT, built.taught)
        write_json(out / REPEATS, dict(repeats or {}))
        trainset = trainsets.save(built, out)
        audit_rows(built.examples, index, str(out))
        rows = {"in": len(pairs) + (given.rows if given else 0), "out": trainset.rows}
        return {
            "counts": {**rows, "dropped": built.dropped, **built.counts},
            "trainset": trainset.digest,
            "index": trainset.index_digest,
        }

    inputs: dict[str, Any] = {
        "pairs": list(pairs),
        "index": index.digest,
        "trainset": config.trainset.model_dump(mode="json", exclude={"sampling"}),
        **({"model": config.model} if config.trainset.leave_out_likely is not None else {}),
        "max_length": config.finetune.max_length,
        "seed": config.seed,
    }
    if repeats:
        inputs["repeats"] = dict(repeats)
    if given is not None:
        inputs["given"] = [list(given.examples), dict(given.dropped)]
    return stage(folder, inputs, work)


def taught(folder: Path) -> list[CleanPair]:
    """The pairs that a trainset was built from: those behind its rows, and all replay."""
    return read_records(folder / TAUGHT, CleanPair)


def _showable(row: Example, index: AnyIndex, count_tokens: Callable[[Example], int], most: int) -> Example:
    """A row without its failing attempt where that has something of the held-out splits in it, or is too long to train on."""
    if not row.rejected:
        return row
    attempt = row.model_copy(update={"completion": row.rejected, "rejected": ()})
    shown = count_tokens(attempt) <= most and not match_splits(row.rejected[0]["content"], index)
    return row if shown else row.model_copy(update={"rejected": ()})


def audit_rows(examples: Sequence[Example], index: AnyIndex, place: str) -> None:
    """The last check before training: rendered rows, not pairs, against holdout, dev and final.

    Raises:
        Inconclusive: a row leaks.
    """
    for example in examples:
        text = "\n".join(m["content"] for m in (*example.prompt, *example.completion, *example.rejected) if m["role"] != "system")
        if matches := match_splits(text, index):
            raise Inconclusive(
                f"{place}: the row of {example.provenance['key']} leaks the split {matches[0].split} ({matches[0].part}, "
                f"{matches[0].channel})"
            )


def finetune_stage(
    config: Config,
    trainset: Path,
    trainset_digest: str,
    index: AnyIndex,
    folder: Path,
    *,
    reseed: int = 0,
    rate: float | None = None,
    epochs: int = 0,
    state: Path | None = None,
    first: ModelRef | None = None,
    release: Callable[[], None] = lambda: None,
    progress: Progress | None = None,
) -> ModelRef:
    """Train an adapter; returns the model to evaluate. ``release`` frees memory before the work.

    ``first`` is the model whose weights training starts at, by default the original base; ``reseed`` is added to the run's seed,
    and ``rate`` replaces the configured one. ``epochs`` and ``state`` are those of ``finetune.base.Lesson``. Of several processes
    (``finetune.processes``) the first one does the stage, and the others help.

    Raises:
        BadInput: the trainset was screened against another holdout, a row is too long, the model does not load, or the folder
            holds an adapter that this stage did not write.
    """
    if (folder / "adapter_config.json").is_file() and not was_started(folder):
        raise BadInput(f"{folder}: holds an adapter already; give a new folder")
    base = first or ModelRef(base=config.model)
    own = {"seed": config.seed + reseed, **({} if rate is None else {"learning_rate": rate})}
    settings = config.finetune.model_copy(update=own)

    def train(out: Path) -> TrainReport:
        from finetune.train import finetune

        release()
        how: dict[str, Any] = {"progress": progress, "epochs": epochs, "state": state}
        return finetune(trainset, base, settings, out, index_digest=index.digest, **how)

    def work(out: Path) -> Mapping[str, Any]:
        report = train(out)
        write_jsonl(out / "report.jsonl", [report])
        counts = {"counts": {"rows": report.rows, "steps": report.steps}, "tokens": {"trained": report.total_tokens}}
        return {"adapter": report.adapter_digest, **counts}

    inputs = {
        "trainset": trainset_digest,
        "model": model_identity(base),
        "finetune": settings.model_dump(mode="json", exclude=set(HOW_ONLY | CHOOSING)),
        "index": index.digest,
        **({"epochs": epochs} if epochs else {}),
    }
    if process_number() == 0:
        stage(folder, inputs, work)
    elif not is_done(folder):
        train(folder)
    return ModelRef(base=config.model, adapter=str(folder))


def train_report(folder: Path) -> TrainReport:
    """The report of a finished fine-tuning stage."""
    return read_records(folder / "report.jsonl", TrainReport)[0]


def token_counter(config: Config) -> Callable[[Example], int]:
    """Counts the tokens of a row as the configured trainer does."""
    from finetune.train import open_trainer

    return open_trainer(config.finetune).counter(ModelRef(base=config.model))
