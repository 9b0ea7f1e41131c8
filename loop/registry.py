"""Which adapter is in use: an append-only file beside the runs. Promotion needs a gate that said promote."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from evals.errors import BadInput
from evals.files import MANIFEST, Journal, digest_file, read_json
from evals.records import Record
from loop.records import RoundReport

REGISTRY = "registry.jsonl"


class RegistryEntry(Record):
    """One change of what is in use. ``adapter`` is the folder relative to the runs folder; empty means the base model."""

    action: Literal["promote", "rollback"]
    run: str
    round: int
    adapter: str
    digest: str


class Registry:
    """The registry of one runs folder."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._journal = Journal(runs / REGISTRY)

    @property
    def entries(self) -> list[RegistryEntry]:
        """All entries, oldest first."""
        return [RegistryEntry.model_validate(entry) for entry in self._journal.entries]

    def current(self) -> RegistryEntry | None:
        """The adapter in use, or None for the base model."""
        stack: list[RegistryEntry] = []
        for entry in self.entries:
            if entry.action == "promote":
                stack.append(entry)
            elif stack:
                stack.pop()
        return stack[-1] if stack else None

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
        if gate["decision"] != gate["gate"]["decision"]:
            raise BadInput(
                f"{manifest}: was changed: its decision is {gate['decision']!r}, its evidence says {gate['gate']['decision']!r}"
            )
        if gate["decision"] != "promote":
            reasons = "; ".join(gate["gate"]["reasons"])
            raise BadInput(f"{folder}: the gate said {gate['decision']} ({reasons}); only a promoted adapter can be put in use")
        weights = folder / "finetune" / "adapter_model.safetensors"
        if not weights.is_file() or digest_file(weights) != gate["adapter"]:
            raise BadInput(f"{weights}: is not the adapter that the gate saw ({gate['adapter']})")
        current = self.current()
        entry = RegistryEntry(
            action="promote",
            run=run,
            round=number,
            adapter=str(weights.parent.relative_to(self._runs)),
            digest=gate["adapter"],
        )
        if current is None or current.digest != entry.digest:
            self._journal.append(entry.model_dump(mode="json"))
        return entry

    def rollback(self) -> tuple[RegistryEntry, RegistryEntry | None]:
        """Take the adapter in use out again: (what was in use, what is now).

        Raises:
            BadInput: the base model is in use already.
        """
        current = self.current()
        if current is None:
            raise BadInput(f"{self._runs / REGISTRY}: no adapter is in use; there is nothing to roll back")
        self._journal.append({**current.model_dump(mode="json"), "action": "rollback"})
        return current, self.current()
