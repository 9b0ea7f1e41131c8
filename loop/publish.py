"""The last figure: base against the adapter in use, on split final, once.

Covers the single look at the final tasks of a project's suites. Everything before it (which adapter, which rules, which decoding)
was chosen on dev and decided on the holdout, so that this figure was not chosen for being high. Decides nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evals.comparison import flaky_tasks, set_apart
from evals.errors import BadInput, Inconclusive
from evals.files import MANIFEST, digest, read_json
from evals.records import ModelRef, Record
from evals.suites import Suite
from loop.adapters import check_adapter, model_identity
from loop.bench import Bench
from loop.gate import Line, compare_suites
from loop.holdout import HoldoutLedger, require_untrained
from loop.registry import Registry, RegistryEntry
from loop.stage import stage
from loop.stages import count_results, evaluate_stage, prove_stage


class Publication(Record):
    """The figure, and what it is of. ``lines`` compare base and adapter on the final tasks of each suite and slice.

    ``at`` is the day; ``run`` and ``round`` made the adapter; ``unproved`` counts final tasks whose golden did not pass here;
    ``flaky`` counts those that are set apart.
    """

    at: str
    base: str
    adapter: str
    run: str
    round: int
    lines: tuple[Line, ...]
    tasks: int
    unproved: int = 0
    flaky: int = 0

    @classmethod
    def read(cls, folder: Path) -> Publication:
        """What a finished publication says.

        Raises:
            BadInput: it did not finish, or was written by another version.
        """
        if not (folder / MANIFEST).is_file():
            raise BadInput(f"{folder}: no {MANIFEST}: nothing was published here; `goldloop publish` starts or goes on")
        manifest = read_json(folder / MANIFEST)
        return cls.model_validate(manifest["publication"])


def publish(bench: Bench, runs: Path, out: Path | None = None) -> tuple[Path, Publication]:
    """Evaluate the base and the adapter in use on the final tasks of the bench's suites, and compare them.

    The look is logged before a model is run. Stopped or killed, the same call with the same models and settings goes on; after
    its end no other look at any of these tasks is given. ``out`` is below ``runs`` unless given, by the digest of the tasks.

    Raises:
        BadInput: no adapter is in use, it is not the one that was promoted or not one of this base, it was trained on a final
            task, or a task changed its split.
        Inconclusive: no final task, one of them was looked at before, what the adapter was trained on is unknown, or too many
            infrastructure errors.
    """
    entry, adapter = adapter_in_use(bench.config.model, runs, [suite.name for suite in bench.targets])
    tasks = bench.tasks("final")
    if not tasks:
        raise Inconclusive(_how_to_make_one(bench.suites))
    ledger = HoldoutLedger(runs)
    ledger.settle(bench.suites)
    if unknown := require_untrained(Path(adapter.adapter), tasks):
        raise Inconclusive(f"{unknown}; a figure to publish needs to know")
    base = ModelRef(base=adapter.base)
    config = bench.config
    inputs: dict[str, Any] = {
        "base": model_identity(base),
        "adapter": model_identity(adapter),
        "tasks": [task.model_dump(mode="json") for task in tasks],
        "evals": config.evals.model_dump(mode="json", exclude={"workers", "cache"}),
        "backend": [config.backend, dict(config.backend_options)],
        "seed": config.seed,
    }
    subject = f"{inputs['base']} and {inputs['adapter']}"
    folder = out or runs / "published" / digest(sorted(task.key for task in tasks))[3:15]
    why = f"goldloop publish, {digest(inputs)[:15]}"
    ledger.require_unpublished(tasks, subject, why)

    def work(made: Path) -> Mapping[str, Any]:
        bench.ledger = ledger
        goldens = prove_stage(bench, made / "goldens", ("final",))
        ledger.begin_publication(tasks, subject, why)
        before = evaluate_stage(bench, made / "base", base, tasks, "publish: base, final", publish=True)
        after = evaluate_stage(bench, made / "adapter", adapter, tasks, "publish: adapter, final", publish=True)
        flaky = flaky_tasks([*before, *after])
        names = [[suite.name for suite in suites if suite.split("final")] for suites in (bench.targets, bench.guards)]
        lines = compare_suites(set_apart(flaky, before), set_apart(flaky, after), target=names[0], guard=names[1])
        publication = Publication(
            at=datetime.now(UTC).date().isoformat(),
            base=inputs["base"],
            adapter=inputs["adapter"],
            run=entry.run,
            round=entry.round,
            lines=lines,
            tasks=len(tasks),
            unproved=len(tasks) - len(goldens),
            flaky=len(flaky),
        )
        counts = {"base": count_results(before), "adapter": count_results(after)}
        return {"counts": counts, "publication": publication.model_dump(mode="json"), "sandbox": bench.sandbox.tier}

    stage(folder, inputs, work)
    ledger.end_publication(tasks, subject, why)
    return folder, Publication.read(folder)


def adapter_in_use(model: str, runs: Path, suites: Sequence[str] = ()) -> tuple[RegistryEntry, ModelRef]:
    """The adapter in use for these target suites, or the last one promoted, and the model that it makes of the base.

    Raises:
        BadInput: none is in use, it is that of another base, or not the one that was promoted.
    """
    registry = Registry(runs) if runs.is_dir() else None
    entry = (registry.current(model, suites) or registry.current()) if registry else None
    if entry is None:
        raise BadInput(
            f"{runs}: no adapter is in use, so there is nothing to publish; `goldloop run` or `goldloop promote RUN` "
            "puts one in use"
        )
    ref = ModelRef(base=model, adapter=str(runs / entry.adapter))
    check_adapter(ref.adapter, model)
    if not model_identity(ref).endswith(f"+{entry.digest}"):
        raise BadInput(f"{ref.adapter}: is not the adapter that was promoted ({entry.digest}); promote it again, or roll back")
    return entry, ref


def _how_to_make_one(suites: Sequence[Suite]) -> str:
    said = []
    for suite in suites:
        counts = Counter(task.split for task in suite.tasks)
        said.append(f"{suite.name} ({', '.join(f'{count} {split}' for split, count in sorted(counts.items()))})")
    return (
        f"no task has split: final in {'; '.join(said)}. To publish a figure, add tasks that no run has used, about as many as "
        "the holdout has, each with `split: final` in a group of its own; tasks keep their split for good, so those of another "
        "split cannot become final"
    )
