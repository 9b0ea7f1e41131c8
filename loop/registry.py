"""Which adapter is in use for a base and its target suites: an append-only file beside the runs.

Promotion needs a gate that said promote. ``goldloop run`` starts from what is in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from evals.errors import BadInput
from evals.files import MANIFEST, Journal, digest_file, read_json
from evals.records import Record
from finetune.base import WEIGHTS
from loop.adapters import same_base
from loop.records import RoundReport

REGISTRY = "registry.jsonl"


class RegistryEntry(Record):
    """One change of what is in use. ``adapter`` is the folder relative to the runs folder; empty means the base model.

    It is in use for the model ``base`` and the target suites ``suites``, by name; both are empty where a version before them
    wrote the entry and the run is gone.
    """

    action: Literal["promote", "rollback"]
    run: str
    round: int
    adapter: str
    digest: str
    base: str = ""
    suites: tuple[str, ...] = ()


class Registry:
    """The registry of one runs folder."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._journal = Journal(runs / REGISTRY)

    @property
    def entries(self) -> list[RegistryEntry]:
        """All entries, oldest first."""
        return [RegistryEntry.model_validate(entry) for entry in self._journal.entries]

    def current(self, base: str = "", suites: Sequence[str] = ()) -> RegistryEntry | None:
        """The adapter in use, or None for the base model: of one base and exactly these target suites, where they are given."""
        in_use = [entry for entry in self.in_use() if not base or same_base(entry.base, base)]
        return next((entry for entry in reversed(in_use) if not suites or set(entry.suites) == set(suites)), None)

    def heads(self) -> list[RegistryEntry]:
        """The adapters in use, one for each base and its target suites."""
        return list({(entry.base, frozenset(entry.suites)): entry for entry in self.in_use()}.values())

    def in_use(self) -> list[RegistryEntry]:
        """Promotions that were not rolled back, oldest first; the last one of a base and its suites is in use."""
        stack: list[RegistryEntry] = []
        for entry in self.entries:
            if entry.action == "promote":
                stack.append(entry)
            elif stack:
                stack.pop()
        return [entry if entry.base else entry.model_copy(update=self._purpose(entry.run, entry.round)) for entry in stack]

    def _purpose(self, run: str, number: int) -> dict[str, Any]:
        """Base and target suites of a round, from the run's files; nothing where they are gone."""
        facts, gate = self._runs / run / "run.json", self._runs / run / f"round-{number}" / "gate" / MANIFEST
        if not (facts.is_file() and gate.is_file()):
            return {}
        lines = read_json(gate)["gate"]["lines"]
        suites = tuple(dict.fromkeys(line["suite"] for line in lines if line["role"] == "target"))
        return {"base": read_json(facts)["config"]["model"], "suites": suites}

    def promote(self, run: str, number: int, report: RoundReport) -> RegistryEntry:
        """Put a round's adapter in use, once: a resumed run does not undo a rollback.

        Raises:
            BadInput: the gate did not say promote, or the adapter is not the one that it saw.
        """
        known = [e for e in self.entries if (e.run, e.round, e.digest) == (run, number, report.adapter)]
        return known[-1] if known else self.promote_folder(run, number)

    def promote_folder(self, run: str, number: int) -> RegistryEntry:
        """Promote from what is on disk, whatever was rolled back before: the gate's manifest decides."""
        folder = self._runs / run / f"round-{number}"
        manifest = folder / "gate" / MANIFEST
        if not manifest.is_file():
            raise BadInput(f"{folder}: no finished gate here; run `goldloop resume {run}` first")
        gate = read_json(manifest)
        if gate["gate"] is None:
            raise BadInput(f"{folder}: {gate['decision']} ({'; '.join(gate['reasons'])}): this round trained no adapter")
        if gate["decision"] != gate["gate"]["decision"]:
            raise BadInput(
                f"{manifest}: was changed: its decision is {gate['decision']!r}, its evidence says {gate['gate']['decision']!r}"
            )
        if gate["decision"] != "promote":
            reasons = "; ".join(gate["gate"]["reasons"])
            raise BadInput(f"{folder}: the gate said {gate['decision']} ({reasons}); only a promoted adapter can be put in use")
        weights = folder / gate.get("candidate", "finetune") / "adapter_model.safetensors"
        if not weights.is_file() or digest_file(weights) != gate["adapter"]:
            raise BadInput(f"{weights}: is not the adapter that the gate saw ({gate['adapter']})")
        entry = RegistryEntry(
            action="promote",
            run=run,
            round=number,
            adapter=str(weights.parent.relative_to(self._runs)),
            digest=gate["adapter"],
            **self._purpose(run, number),
        )
        current = self.current(entry.base, entry.suites)
        if current is None or current.digest != entry.digest:
            self._journal.append(entry.model_dump(mode="json"))
        return entry

    def rollback(self) -> tuple[RegistryEntry, RegistryEntry | None]:
        """Take the adapter that was promoted last out again: (what was in use, what is now for its base and suites).

        Raises:
            BadInput: the base model is in use already.
        """
        in_use = self.in_use()
        if not in_use:
            raise BadInput(f"{self._runs / REGISTRY}: no adapter is in use; there is nothing to roll back")
        last = in_use[-1]
        self._journal.append({**last.model_dump(mode="json"), "action": "rollback"})
        return last, self.current(last.base, last.suites)


def current_adapter(base: str, suite: str, runs: Path) -> str:
    """The folder of the adapter in use for a base: of the one whose target suites hold ``suite``, or of the only one.

    Raises:
        BadInput: none is in use for this base, several are and none of them for the suite, or its weights are gone or changed.
    """
    heads = [entry for entry in Registry(runs).heads() if same_base(entry.base, base)]
    fitting = [entry for entry in heads if suite in entry.suites] or heads
    if not fitting:
        raise BadInput(f"--adapter current: no adapter is in use for {base} ({runs / REGISTRY}); `goldloop run` makes one")
    if len({entry.adapter for entry in fitting}) > 1:
        several = "; ".join(f"{entry.adapter} for {', '.join(entry.suites)}" for entry in fitting)
        raise BadInput(f"--adapter current: several adapters are in use for {base}: {several}; give the folder of one")
    folder = runs / fitting[-1].adapter
    if not (folder / WEIGHTS).is_file() or digest_file(folder / WEIGHTS) != fitting[-1].digest:
        raise BadInput(
            f"{folder}: is not the adapter that was promoted ({fitting[-1].digest}); give it back, or `goldloop rollback`"
        )
    return str(folder)
