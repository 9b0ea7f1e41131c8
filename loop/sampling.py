"""The sampling of targets: a stage of a round that asks the model for answers to learn from, and proves each in the sandbox.

Sources are asked in the order of ``trainset.targets``, each as one batch over its tasks: those for which the sources before it
did not find enough. One journal holds them all, so that a killed stage asks nothing twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.files import MANIFEST, Journal, read_json, read_records, write_jsonl
from evals.models.base import Sampling
from evals.records import Failure, ModelRef, Result, Task, Try
from evals.run import Asking, ask, check_errors, forget_errors
from goldens.records import Golden, Source
from loop.adapters import model_identity
from loop.bench import Bench, sampling_of
from loop.stage import stage
from trainset.choosing import is_held_back
from trainset.settings import TrainsetSettings
from trainset.targets import own_passes, questions_of, targets_of, yields

TARGETS = "targets"
"""The stage's folder in a round, and the name of its file."""


def sample_targets_stage(
    bench: Bench, folder: Path, ref: ModelRef, failures: Sequence[Failure], results: Sequence[Result], label: str
) -> dict[str, list[Golden]]:
    """Proved answers of the model's own to the tasks that it failed, by task key; nothing where no source asks for any.

    ``results`` is the evaluation that the failures are of: its passing samples of a failed task are targets of ``own``.

    Raises:
        Inconclusive: too many infrastructure errors; resuming asks those again.
    """
    config, rules = bench.config, bench.config.trainset
    if not rules.sampled:
        return {}
    by_key = {task.key: task for task in bench.tasks("train")}
    learnable = [(by_key[failure.key], failure) for failure in failures if _is_learnable(by_key.get(failure.key), rules)]
    sampling = sampling_of(config).model_copy(update={"temperature": rules.sampling.temperature})
    inputs: dict[str, Any] = {
        "model": model_identity(ref),
        "failures": [failure for _, failure in learnable],
        "tasks": [task.model_dump(mode="json") for task, _ in learnable],
        "passes": [result for result in results if result.verdict.passed and result.key in {f.key for f in failures}],
        "sampling": sampling.model_dump(mode="json"),
        "trainset": rules.model_dump(mode="json", include={"targets", "sources_per_task", "sampling"}),
        "first": config.evals.samples,
        "backend": config.backend,
    }

    def work(out: Path) -> Mapping[str, Any]:
        forget_errors(out / "journal.jsonl")
        made = _Sampling(bench, ref, Journal(out / "journal.jsonl"), sampling, label)
        made.run(learnable, results)
        write_jsonl(out / f"{TARGETS}.jsonl", [golden for found in made.targets.values() for golden in found])
        yielded = {source: (targets, tasks) for source, targets, tasks in yields(made.targets, rules.sampled)}
        counts = {"in": len(learnable), "out": sum(targets for targets, _ in yielded.values())}
        return {
            "counts": counts | {source: targets for source, (targets, _) in yielded.items()},
            "yield": {
                source: {"asked": made.asked[source], "answers": made.answers[source], "targets": targets, "tasks": tasks}
                for source, (targets, tasks) in yielded.items()
            },
            "tokens": {
                "prompt": sum(one.attempt.prompt_tokens for one in made.tries),
                "completion": sum(one.attempt.completion_tokens for one in made.tries),
            },
            "sandbox": bench.sandbox.tier,
            "model": model_identity(ref),
        }

    stage(folder, inputs, work)
    by_task: dict[str, list[Golden]] = {}
    for golden in read_records(folder / f"{TARGETS}.jsonl", Golden):
        by_task.setdefault(golden.key, []).append(golden)
    return by_task


def yields_of(round_folder: Path) -> dict[str, dict[str, int]]:
    """What each sampled source gave in a round: ``asked`` tasks, ``answers``, ``targets``, ``tasks`` with one; empty without."""
    manifest = round_folder / TARGETS / MANIFEST
    found: dict[str, dict[str, int]] = read_json(manifest)["yield"] if manifest.is_file() else {}
    return found


def _is_learnable(task: Task | None, rules: TrainsetSettings) -> bool:
    return task is not None and task.train_ok and not is_held_back(task.suite, task.group, rules.goldens_held_back)


class _Sampling:
    """The sources one after the other; ``asked`` counts tasks by source, ``answers`` those that the model gave."""

    def __init__(self, bench: Bench, ref: ModelRef, journal: Journal, sampling: Sampling, label: str) -> None:
        self._bench, self._ref, self._journal, self._sampling, self._label = bench, ref, journal, sampling, label
        self.targets: dict[str, list[Golden]] = {}
        self.tries: list[Try] = []
        self.asked: dict[Source, int] = {}
        self.answers: dict[Source, int] = {}

    def run(self, learnable: Sequence[tuple[Task, Failure]], results: Sequence[Result]) -> None:
        """Ask each source for the tasks that need it."""
        rules = self._bench.config.trainset
        first, found = self._bench.config.evals.samples, Counter[str]()
        for source in rules.sources:
            if source not in rules.sampled:
                found.update(failure.key for _, failure in learnable if source == "golden" or failure.repair is not None)
                continue
            needing = [pair for pair in learnable if not rules.most_sources or found[pair[1].key] < rules.most_sources]
            questions = {task.key: questions_of(source, task, failure, rules.sampling, first) for task, failure in needing}
            tries = self._ask([question for asked in questions.values() for question in asked], source)
            self.asked[source] = sum(map(bool, questions.values()))
            for task, failure in needing:
                asked = questions[task.key]
                given = [tries[question.sample, question.turn, task.key] for question in asked]
                if source == "own":
                    known, passes = own_passes(results, task)
                    asked, given = [*known, *asked], [*passes, *given]
                if targets := targets_of(source, task, failure, asked, given):
                    found[task.key] += 1
                    self.targets.setdefault(task.key, []).extend(targets)

    def _ask(self, questions: Sequence[Asking], source: Source) -> dict[tuple[int, int, str], Try]:
        bench = self._bench
        tries = ask(
            questions,
            bench.backend(self._ref),
            bench.grade,
            self._journal,
            sampling=self._sampling,
            workers=bench.config.evals.workers,
            progress=bench.progress,
            label=f"{self._label}, {source}",
        )
        results = [_result(question, one) for question, one in zip(questions, tries, strict=True)]
        if results:
            check_errors(results, f"{self._label}, {source}")
        self.tries += tries
        self.answers[source] = len(tries)
        return {(q.sample, q.turn, q.task.key): one for q, one in zip(questions, tries, strict=True)}


def _result(question: Asking, one: Try) -> Result:
    task = question.task
    return Result(
        id=task.id,
        suite=task.suite,
        split=task.split,
        group=task.group,
        slice=task.slice,
        attempt=one.attempt,
        verdict=one.verdict,
    )
