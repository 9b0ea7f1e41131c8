"""What a run starts from: the adapter in use, the base, or a given adapter; and the training data that comes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from decontam.records import CleanPair
from decontam.screen import AnyIndex
from evals.errors import BadInput
from evals.files import digest_file, read_json, read_records
from evals.records import ModelRef, Record
from finetune.base import WEIGHTS
from goldens.records import Pair
from loop.adapters import check_adapter, training_record
from loop.config import Config
from loop.registry import Registry, RegistryEntry
from loop.stages import REPEATS, TAUGHT, screen_stage


class Start(Record):
    """The model that a run's first round is measured against. ``adapter`` is a folder, empty for the base.

    A folder below the runs folder is kept relative to it. ``lineage`` are the rounds before it, oldest first; ``said`` is
    which model and why, in words.
    """

    adapter: str = ""
    digest: str = ""
    lineage: tuple[str, ...] = ()
    said: str = "the base model"

    def ref(self, base: str, runs: Path) -> ModelRef:
        """The model to evaluate."""
        return ModelRef(base=base, adapter=str(runs / self.adapter) if self.adapter else "")


def resolve_start(config: Config, suites: Sequence[str], runs: Path) -> Start:
    """What ``start`` means today; ``suites`` are the names of the target suites.

    Raises:
        BadInput: no adapter in that folder, one of another base, or the adapter in use was changed or removed.
    """
    if config.start == "base":
        return Start(said="the base model, as asked (start: base)")
    if config.start != "current":
        check_adapter(config.start, config.model)
        digest = digest_file(Path(config.start, WEIGHTS))
        return Start(
            adapter=_within(Path(config.start), runs),
            digest=digest,
            lineage=(f"adapter:{digest}",),
            said=f"adapter {config.start}",
        )
    entry = Registry(runs).current(config.model, suites)
    if entry is None:
        return Start(said=f"the base model: no adapter is in use for {config.model} on {', '.join(suites)}")
    weights = runs / entry.adapter / WEIGHTS
    if not weights.is_file() or digest_file(weights) != entry.digest:
        state = "was changed" if weights.is_file() else "is missing"
        raise BadInput(
            f"{weights}: the adapter in use {state} (promoted: {entry.digest}); give it back, take it out with "
            "`goldloop rollback`, or start from the base (--set start=base)"
        )
    return Start(
        adapter=entry.adapter,
        digest=entry.digest,
        lineage=_lineage(entry, runs),
        said=f"the adapter in use, of {entry.run}, round {entry.round}",
    )


def _within(folder: Path, runs: Path) -> str:
    """Relative to the runs folder where it is below, so that the whole folder can be moved; else absolute."""
    here, there = folder.resolve(), runs.resolve()
    return str(here.relative_to(there)) if here.is_relative_to(there) else str(here)


def _lineage(entry: RegistryEntry, runs: Path) -> tuple[str, ...]:
    report = runs / entry.run / "report.json"
    rounds = read_json(report)["rounds"] if report.is_file() else ()
    before = next((row["lineage"] for row in rounds if row["round"] == entry.round), ())
    own = [name if "/" in name or not name.startswith("round-") else f"{entry.run}/{name}" for name in before if name != "base"]
    return (*own, f"{entry.run}/round-{entry.round}:{entry.digest}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What an adapter was trained on: its pairs, and how many rows a task had where it had more than one.

    ``known`` is False where that is not recorded: the adapter was made elsewhere.
    """

    pairs: tuple[CleanPair, ...] = ()
    repeats: Mapping[str, int]
    known: bool = True


def inherit(start: ModelRef, index: AnyIndex, folder: Path) -> Taught:
    """The training data of the adapter that a run starts from, screened again against today's holdout.

    Raises:
        BadInput: the record of its training data is damaged.
    """
    if not start.adapter:
        return Taught(repeats={})
    record = training_record(Path(start.adapter))
    if record is None or not (record[0] / TAUGHT).is_file():
        return Taught(repeats={}, known=False)
    trainset = record[0]
    known = read_records(trainset / TAUGHT, CleanPair)
    pairs = [Pair.model_validate(pair.model_dump(exclude={"index_digest"})) for pair in known]
    clean = screen_stage(pairs, index, folder)
    repeats = read_json(trainset / REPEATS) if (trainset / REPEATS).is_file() else {}
    return Taught(pairs=tuple(clean), repeats=repeats)
