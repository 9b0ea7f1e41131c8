"""What is known of an exported adapter, for its card: figures of the gate, what it was trained on, its ancestors, its licence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from evals.files import MANIFEST, read_json
from evals.models.resolve import EMBEDDED, names_of, resolve_model
from finetune.export_card import CardFigure, ModelCardFacts, TrainedRows
from finetune.export_merge import MergedModel
from loop.adapters import trained_rows
from loop.closing import Conditions, read_conditions
from loop.exportsubjects import ExportSubject
from loop.gate import GateReport
from trainset.build import load


def licence_of(base: str) -> str:
    """A base's licence as the hub names it, where that is known here: from its own card, or for the embedded model."""
    resolved = resolve_model(base)
    card = resolved.path / "README.md"
    head = card.read_text(encoding="utf-8", errors="replace").split("---\n") if card.is_file() else []
    if len(head) > 2 and not head[0].strip():
        try:
            known: Any = yaml.safe_load(head[1])
        except yaml.YAMLError:
            known = None
        if isinstance(known, dict) and isinstance(known.get("license"), str):
            return str(known["license"])
    return "apache-2.0" if EMBEDDED.rpartition("/")[2].lower() in names_of(base) else ""


def conditions_of_round(subject: ExportSubject) -> Conditions | None:
    """How the answers of the round's decision were drawn; None where that is not known."""
    manifest = subject.run / f"round-{subject.round}" / "after-holdout" / MANIFEST if subject.run else None
    return read_conditions(read_json(manifest)) if manifest is not None and manifest.is_file() else None


def card_facts(
    subject: ExportSubject, name: str, licence: str, merged: MergedModel, check: str, gguf: Mapping[str, str]
) -> ModelCardFacts:
    """What the card of an exported adapter says; ``check`` are the words of its check after merging."""
    found = trained_rows(Path(subject.ref.adapter), "these tasks")
    rows, why = None, found if isinstance(found, str) else ""
    if not isinstance(found, str):
        built = load(found[0])[0]
        rows = TrainedRows.of(built.digest, built.index_digest, found[1])
    gate = _gate(subject)
    conditions = conditions_of_round(subject)
    return ModelCardFacts(
        name=name,
        merged=merged,
        licence=licence,
        origin=f"Trained by run {subject.run.name}, round {subject.round}." if subject.run else "",
        figures=_figures(gate),
        decision=gate.decision if gate else "",
        reasons=gate.reasons if gate else (),
        conditions=str(conditions) if conditions else "",
        check=check,
        ancestry=_ancestry(subject),
        rows=rows,
        why="no record of its trainset was found beside the adapter" if why else "",
        gguf=gguf,
    )


def _gate(subject: ExportSubject) -> GateReport | None:
    """The decision on this very adapter; None where the round had another candidate, or no decision yet."""
    file = subject.run / f"round-{subject.round}" / "gate" / MANIFEST if subject.run else None
    if file is None or not file.is_file():
        return None
    manifest = read_json(file)
    return GateReport.model_validate(manifest["gate"]) if manifest["gate"] and manifest["adapter"] == subject.digest else None


def _figures(gate: GateReport | None) -> tuple[CardFigure, ...]:
    return tuple(
        CardFigure(
            suite=line.suite,
            role=line.role,
            split="holdout",
            tasks=line.n,
            before=line.before,
            after=line.after,
            delta=line.delta,
            ci95=line.ci95,
            after_ci95=line.after_ci95,
        )
        for line in (gate.lines if gate else ())
        if line.slice == "*"
    )


def _ancestry(subject: ExportSubject) -> tuple[str, ...]:
    """The adapters before this one and itself, oldest first."""
    report = subject.run / "report.json" if subject.run else None
    rounds = read_json(report)["rounds"] if report is not None and report.is_file() else ()
    before = next((row["lineage"] for row in rounds if row["round"] == subject.round), ())
    names = [name for name in before if name != "base"]
    own = f"round-{subject.round}:{subject.digest}" if subject.run else subject.digest
    return (*(name for name in names if not name.endswith(subject.digest)), own)
