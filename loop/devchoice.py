"""The trainings of a round and their looks at dev: learning rates, seeds, epochs, and parts of the adapter.

The share of dev tasks passed tells what is best, so that the holdout is looked at with a candidate that was not chosen on it.
One thing after the other, not all with all: the rate with the first seed, the epoch within each training, which ends early where
one is worse than the one before, and the scale of the best. Each training and each look is a stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from decontam.screen import AnyIndex
from evals.comparison import outcomes_of, pass_rate, unsettled_as
from evals.errors import Inconclusive
from evals.files import digest_file, read_json, write_json, write_jsonl
from evals.notices import say_once
from evals.records import ModelRef, Result
from finetune.base import WEIGHTS
from finetune.records import TRAINED_ON
from finetune.train import trainer_class
from loop import stages
from loop.bench import Bench
from loop.records import DevLook
from loop.stage import stage

_FIRST = "finetune"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """An adapter of a round: its seed's number from 0, its folder's name in the round, its share of dev tasks passed.

    ``rate`` is None where the configured one was taken.
    """

    seed: int
    name: str
    ref: ModelRef
    adapter: str
    rate: float | None = None
    epoch: int = 0
    scale: float = 1.0
    dev: float = 0.0

    def look(self, chosen: Contender) -> DevLook:
        """What a report says of it."""
        return DevLook(
            name=self.name, seed=self.seed, learning_rate=self.rate, epoch=self.epoch, scale=self.scale, dev=self.dev,
            chosen=self.name == chosen.name,
        )  # fmt: skip


def best_of(contenders: Sequence[Contender]) -> Contender:
    """The best on dev; of equal ones the first seed's, the later epoch, the larger part."""
    return max(contenders, key=lambda one: (one.dev, -one.seed, one.epoch, one.scale))


class DevChoice:
    """Trains and rates the contenders of a round."""

    def __init__(self, bench: Bench, folder: Path, number: int, trainset: str, index: AnyIndex, first: ModelRef | None) -> None:
        self._bench, self._folder, self._number = bench, folder, number
        self._trainset, self._index, self._first = trainset, index, first
        self._dev = [task for suite in bench.targets for task in suite.split("dev")]
        settings = bench.config.finetune
        self.rates: tuple[float | None, ...] = settings.sweep or (None,)
        self._samples = settings.dev_samples if self._dev else 0
        if settings.dev_samples and not self._dev:
            say_once("finetune.dev_samples: no target suite has a dev task to choose epoch and scale on; the last epoch is taken")
        self._by_epoch = bool(self._samples) and getattr(trainer_class(settings.trainer), "by_epoch", False)
        self._scales = settings.dev_scales if self._samples else ()
        self.chooses = bool(self._samples) or len(self.rates) > 1 or settings.seeds > 1

    def say_cost(self) -> None:
        """What the choice may take, before it begins."""
        settings = self._bench.config.finetune
        trainings = len(self.rates) + settings.seeds - 1
        looks = trainings * (settings.num_train_epochs if self._by_epoch else 1) + len(self._scales)
        answers = looks * len(self._dev) * (self._samples or self._bench.config.evals.samples)
        say_once(
            f"round {self._number}: choosing on dev: {trainings} training{'s' if trainings > 1 else ''}, "
            f"at most {looks} evaluations of {len(self._dev)} dev tasks, {answers:,} answers"
        )

    def train(self, seed: int, rate: float | None) -> list[Contender]:
        """One training; its epochs, if they are chosen among, up to the first one that is worse than the one before."""
        name = "-".join([_FIRST, *([f"rate-{rate:g}"] if rate != self.rates[0] else []), *([f"seed-{seed}"] if seed else [])])
        epochs = self._bench.config.finetune.num_train_epochs
        if not self._by_epoch:
            made = self._stage(name, seed, rate, epochs)
            return [self.rated(made) if self.chooses else made]
        found: list[Contender] = []
        for epoch in range(1, epochs + 1):
            one = self.rated(self._stage(name, seed, rate, epoch, state=self._folder / f"{name}.state.pt"))
            found.append(one)
            if len(found) > 1 and one.dev < found[-2].dev:
                break
        return found

    def _stage(self, name: str, seed: int, rate: float | None, epoch: int, state: Path | None = None) -> Contender:
        config = self._bench.config
        whole = epoch == config.finetune.num_train_epochs
        out = self._folder / (name if whole else f"{name}-epoch-{epoch}")
        ref = stages.finetune_stage(
            config,
            self._folder / "trainset",
            self._trainset,
            self._index,
            out,
            reseed=seed,
            rate=rate,
            epochs=0 if whole else epoch,
            state=state,
            first=self._first,
            release=self._bench.release,
            progress=self._bench.progress,
        )
        adapter = stages.train_report(out).adapter_digest
        return Contender(seed=seed, name=out.name, ref=ref, adapter=adapter, rate=rate, epoch=epoch)

    def scaled(self, one: Contender) -> Iterator[Contender]:
        """Parts of an adapter, rated."""
        for scale in self._scales:
            out = self._folder / f"{one.name}-scale-{scale:g}"
            ref = scale_stage(self._folder / one.name, out, scale)
            adapter = stages.train_report(out).adapter_digest
            yield self.rated(replace(one, name=out.name, ref=ref, adapter=adapter, scale=scale))

    def rated(self, one: Contender) -> Contender:
        """With its share of dev tasks passed.

        Raises:
            Inconclusive: too many infrastructure errors on dev.
        """
        tail = one.name.removeprefix(f"{_FIRST}-") if one.name != _FIRST else "seed-0"
        evals = self._bench.config.evals
        if self._samples:
            temperature = self._bench.config.finetune.dev_temperature
            evals = evals.model_copy(update={"samples": self._samples, "temperature": temperature})
        results = stages.evaluate_stage(
            self._bench, self._folder / f"dev-{tail}", one.ref, self._dev, f"round {self._number}: {tail}, dev", evals=evals
        )
        return replace(one, dev=passed_share(results))

    def tidy(self) -> None:
        """Remove what only further epochs would have needed."""
        for file in self._folder.glob(f"{_FIRST}*.state.*"):
            file.unlink()


def scale_stage(source: Path, folder: Path, scale: float) -> ModelRef:
    """Write a part of a trained adapter (``finetune.scaling``); returns the model to evaluate."""
    whole = stages.train_report(source)

    def work(out: Path) -> Mapping[str, Any]:
        from finetune.scaling import scale_adapter

        scale_adapter(source, out, scale)
        adapter = digest_file(out / WEIGHTS)
        ref = whole.model.model_copy(update={"adapter": str(out)})
        write_jsonl(out / "report.jsonl", [whole.model_copy(update={"model": ref, "adapter_digest": adapter})])
        write_json(out / TRAINED_ON, read_json(source / TRAINED_ON))
        return {"adapter": adapter, "scale": scale, "counts": {"rows": whole.rows, "steps": whole.steps}}

    stage(folder, {"adapter": whole.adapter_digest, "scale": scale}, work)
    return ModelRef(base=whole.model.base, adapter=str(folder))


def passed_share(results: Sequence[Result]) -> float:
    """The mean over tasks of the share of passing samples.

    Raises:
        Inconclusive: no task has a verdict.
    """
    outcomes = outcomes_of(unsettled_as(False, results))
    if not outcomes:
        raise Inconclusive("no dev or holdout task has a verdict; adapters cannot be told apart")
    return pass_rate(outcomes).share
