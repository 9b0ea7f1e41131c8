"""The stages of a round as functions over folders: what ``goldloop run`` chains and the single verbs call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from decontam.records import CleanPair, ContaminatedPair
from decontam.screen import HoldoutIndex, Rule, index_tasks, match_text, screen_pairs
from evals.errors import BadInput, Inconclusive
from evals.files import Journal, digest, digest_file, read_records, write_jsonl
from evals.graders import grade
from evals.models import open_backend
from evals.models.base import Backend, Sampling, swapped
from evals.models.cache import CachedBackend
from evals.progress import Progress, Silent
from evals.records import Failure, ModelRef, Result, Task, Verdict
from evals.run import check_errors, evaluate, forget_errors
from evals.sandboxes import open_sandbox
from evals.sandboxes.base import Sandbox
from evals.suites import Suite, load_suite
from finetune.records import TrainReport
from goldens.pair import collect_failures, pair_failures, replay_pairs
from goldens.prove import prove_all, within
from goldens.records import Golden, Pair
from loop.config import Config, EvalSettings
from loop.holdout import HoldoutLedger
from loop.stage import stage
from trainset import build as trainsets
from trainset.records import Example

RESULTS = "results.jsonl"
OpenBackend = Callable[[ModelRef], Backend]


@dataclass(slots=True, kw_only=True)
class Bench:
    """What every stage works with: configuration, suites, the sandbox, and how to open a model."""

    config: Config
    targets: Sequence[Suite]
    guards: Sequence[Suite]
    sandbox: Sandbox
    open_backend: OpenBackend
    progress: Progress = field(default_factory=Silent)
    goldens: Mapping[str, Golden] = field(default_factory=dict)
    ledger: HoldoutLedger | None = None
    _opened: tuple[ModelRef, Backend] | None = None

    @property
    def suites(self) -> list[Suite]:
        """Targets, then guards."""
        return [*self.targets, *self.guards]

    def tasks(self, *splits: Any) -> list[Task]:
        """Tasks of all suites in the given splits."""
        return [task for suite in self.suites for task in suite.split(*splits)]

    def grade(self, task: Task, code: str | None) -> Verdict:
        """Grade in this bench's sandbox, within a time that the task's golden justifies."""
        if (golden := self.goldens.get(task.key)) is not None:
            task = within(task, golden.seconds)
        return grade(task, code, self.sandbox)

    def backend(self, ref: ModelRef) -> Backend:
        """The model, kept open until another one is asked for: one model in memory at a time."""
        if self._opened is not None and self._opened[0] != ref:
            opened, self._opened = self._opened[1], None  # a swap that fails leaves a closed backend
            if swapped(opened, ref):
                self._opened = (ref, opened)
            else:
                opened.close()
        if self._opened is None:
            self._opened = (ref, self.open_backend(ref))
        return self._opened[1]

    def release(self) -> None:
        """Drop the open model."""
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None

    def close(self) -> None:
        """Drop the model and close the sandbox."""
        self.release()
        self.sandbox.close()


def open_bench(config: Config, base: Path, *, unsafe_local: bool = False, progress: Progress | None = None) -> Bench:
    """Load the suites, open and self-test the sandbox.

    Raises:
        BadInput: a suite does not load, or no sandbox works.
        Inconclusive: a target suite has no holdout.
    """
    targets = [load_suite(name, base) for name in config.suites.target]
    guards = [load_suite(name, base) for name in config.suites.guard]
    names = [suite.name for suite in [*targets, *guards]]
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise BadInput(f"suites: {', '.join(twice)} given twice; a suite is a target or a guard, once")
    for suite in targets:
        check_splits(suite)
    return Bench(
        config=config,
        targets=targets,
        guards=guards,
        sandbox=sandbox_of(config, unsafe_local=unsafe_local),
        open_backend=lambda ref: open_model(config, ref),
        progress=progress or Silent(),
    )


def sandbox_of(config: Config, *, unsafe_local: bool = False) -> Sandbox:
    """The configured sandbox, self-tested.

    Raises:
        BadInput: none works here.
    """
    chosen = config.sandbox.model_dump(exclude={"name"})
    return open_sandbox(config.sandbox.name, unsafe_local=unsafe_local, **chosen)


def open_model(config: Config, ref: ModelRef) -> Backend:
    """The model on the configured backend, behind the answer cache where there is one.

    Raises:
        BadInput: unknown backend, or a model that cannot be loaded.
    """
    server = config.server.model_dump() if config.backend == "openai" else {}
    backend = open_backend(config.backend, ref, batch_size=config.evals.batch_size, **server)
    return CachedBackend(backend, Path(config.evals.cache), name=config.backend) if config.evals.cache else backend


def check_splits(suite: Suite) -> None:
    """A target suite needs tasks to train on and tasks to believe.

    Raises:
        BadInput: no training task.
        Inconclusive: no holdout task.
    """
    if not suite.split("train"):
        raise BadInput(f"suite {suite.name} ({suite.path}): no task has split 'train'; there is nothing to learn from")
    if not suite.split("holdout"):
        raise Inconclusive(
            f"suite {suite.name} ({suite.path}): the holdout is empty, so no gain could be believed; "
            "give at least a third of the tasks, in groups of their own, split: holdout"
        )


def sampling_of(config: Config) -> Sampling:
    """Decoding settings of a configuration."""
    return Sampling(max_new_tokens=config.evals.max_new_tokens, temperature=config.evals.temperature, seed=config.seed)


def prove_stage(bench: Bench, folder: Path) -> dict[str, Golden]:
    """Prove the goldens of all tasks: a task with broken checks would lie in the baseline as much as in the holdout."""
    tasks = bench.tasks("train", "dev", "holdout")

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
) -> list[Result]:
    """Evaluate a model on tasks; results are those of an earlier stage where the very same evaluation is done already.

    ``reseed`` draws other samples than the run's own seed would; ``evals`` takes the place of the configured decoding.

    Raises:
        Inconclusive: too many infrastructure errors. Resuming tries those attempts again, and keeps all others.
    """
    config = bench.config if evals is None else bench.config.model_copy(update={"evals": evals})
    inputs: dict[str, Any] = {
        "model": model_identity(ref),
        "tasks": [task.model_dump(mode="json") for task in tasks],
        "evals": config.evals.model_dump(mode="json", exclude={"workers", "cache"}),
        "backend": config.backend,
        "seed": config.seed + reseed,
    }

    def work(out: Path) -> Mapping[str, Any]:
        if bench.ledger is not None:
            bench.ledger.look("evaluation", tasks, inputs["model"], f"{label}: {folder}")
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
            "results": digest_file(out / RESULTS),
            "sandbox": bench.sandbox.tier,
            "model": model_identity(ref),
        }

    stage(folder, inputs, work)
    return read_records(folder / RESULTS, Result)


def model_identity(ref: ModelRef) -> str:
    """What makes two models the same: the base's name, and the digest of the adapter's weights."""
    if not ref.adapter:
        return ref.base
    weights = Path(ref.adapter, "adapter_model.safetensors")
    if not weights.is_file():
        raise BadInput(f"adapter: {ref.adapter} holds no adapter_model.safetensors; give the folder that finetune wrote")
    return f"{ref.base}+{digest_file(weights)}"


def count_results(results: Sequence[Result]) -> dict[str, int]:
    """``pass + fail + error == in``."""
    counts = Counter(result.verdict.status for result in results)
    return {"in": len(results), "pass": counts["pass"], "fail": counts["fail"], "error": counts["error"]}


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
    prefer_repairs: bool = True,
) -> list[Pair]:
    """Pairs of failures with proved goldens or own repairs, and the model's own passes as replay."""
    pairing = pair_failures(failures, tasks, goldens, prefer_repairs=prefer_repairs)
    pairs = [*pairing.pairs, *replay_pairs(results, tasks)]

    def work(out: Path) -> Mapping[str, Any]:
        write_jsonl(out / "pairs.jsonl", pairs)
        replay = len(pairs) - len(pairing.pairs)
        counts = {"in": len(failures), "out": len(pairing.pairs), "replay": replay, "dropped": pairing.dropped}
        return {"counts": counts}

    stage(folder, {"failures": list(failures), "goldens": sorted(goldens)}, work)
    return pairs


def holdout_index(bench: Bench) -> HoldoutIndex:
    """The index over the holdout of all suites, targets and guards."""
    rule = Rule(coverage=bench.config.decontam.coverage, unique=bench.config.decontam.unique)
    return index_tasks(bench.tasks("holdout"), rule)


def screen_stage(pairs: Sequence[Pair], index: HoldoutIndex, folder: Path) -> list[CleanPair]:
    """Throw out every pair that leaks the holdout; the evidence is kept."""

    def work(out: Path) -> Mapping[str, Any]:
        screening = screen_pairs(pairs, index)
        write_jsonl(out / "clean.jsonl", screening.clean)
        write_jsonl(out / "contaminated.jsonl", screening.contaminated)
        dropped = Counter(f"leaks {c.matches[0].part}, {c.matches[0].channel}" for c in screening.contaminated)
        counts = {"in": len(pairs), "out": len(screening.clean), "dropped": dict(dropped)}
        return {"counts": counts, "index": index.digest, "unindexable": list(index.unindexable)}

    stage(folder, {"pairs": list(pairs), "index": index.digest}, work)
    return read_records(folder / "clean.jsonl", CleanPair)


def contaminated(folder: Path) -> list[ContaminatedPair]:
    """What a finished screen threw out."""
    return read_records(folder / "contaminated.jsonl", ContaminatedPair)


def trainset_stage(
    pairs: Sequence[CleanPair],
    index: HoldoutIndex,
    config: Config,
    folder: Path,
    count_tokens: Callable[[Example], int],
) -> Mapping[str, Any]:
    """Build the rows, then audit them as they are on the disk.

    Raises:
        Inconclusive: nothing is left to train on, or a finished row leaks after all.
    """

    def work(out: Path) -> Mapping[str, Any]:
        mix = trainsets.Mix(replay_share=config.trainset.replay_share, seed=config.seed)
        built = trainsets.build(pairs, mix, count_tokens=count_tokens, max_length=config.finetune.max_length)
        trainset = trainsets.save(built, out)
        audit_rows(built.examples, index, str(out))
        return {
            "counts": {"in": len(pairs), "out": trainset.rows, "dropped": built.dropped, **built.counts},
            "trainset": trainset.digest,
            "index": trainset.index_digest,
        }

    inputs = {
        "pairs": list(pairs),
        "index": index.digest,
        "trainset": config.trainset.model_dump(mode="json"),
        "max_length": config.finetune.max_length,
        "seed": config.seed,
    }
    return stage(folder, inputs, work)


def audit_rows(examples: Sequence[Example], index: HoldoutIndex, place: str) -> None:
    """The last look before training: rendered rows, not pairs, against the holdout.

    Raises:
        Inconclusive: a row leaks.
    """
    for example in examples:
        text = "\n".join(m["content"] for m in (*example.prompt, *example.completion) if m["role"] != "system")
        if matches := match_text(text, index):
            raise Inconclusive(
                f"{place}: the row of {example.provenance['key']} leaks holdout item {matches[0].item}: {matches[0].snippet!r}"
            )


def finetune_stage(bench: Bench, trainset: Path, trainset_digest: str, index: HoldoutIndex, folder: Path) -> ModelRef:
    """Train an adapter from the original base; returns the model to evaluate."""
    config = bench.config
    base = ModelRef(base=config.model)
    settings = config.finetune.model_copy(update={"seed": config.seed})

    def work(out: Path) -> Mapping[str, Any]:
        from finetune.lora import finetune

        bench.release()
        report = finetune(trainset, base, settings, out, index_digest=index.digest, progress=bench.progress)
        write_jsonl(out / "report.jsonl", [report])
        return {"adapter": report.adapter_digest, "counts": {"rows": report.rows, "steps": report.steps}}

    inputs = {
        "trainset": trainset_digest,
        "model": base.base,
        "finetune": settings.model_dump(mode="json", exclude={"tokens_per_microbatch"}),
        "index": index.digest,
    }
    stage(folder, inputs, work)
    return ModelRef(base=config.model, adapter=str(folder))


def train_report(folder: Path) -> TrainReport:
    """The report of a finished fine-tuning stage."""
    return read_records(folder / "report.jsonl", TrainReport)[0]


def token_counter(config: Config) -> Callable[[Example], int]:
    """Counts the tokens of a row with the model's own tokenizer, loaded on first use."""
    tokenizers: list[Any] = []

    def count(example: Example) -> int:
        from transformers import AutoTokenizer

        from evals.models.resolve import resolve_model
        from trainset.render import encode_example

        if not tokenizers:
            tokenizers.append(AutoTokenizer.from_pretrained(resolve_model(config.model).path))
        return len(encode_example(tokenizers[0], example).ids)

    return count


def config_digest(config: Config) -> str:
    """Digest of everything in a configuration that can change a result."""
    return digest(config.model_dump(mode="json", exclude={"name", "rounds"}))
