"""The card of an exported model: the hub's README with what it was made from, what was measured, and whose the rows are.

Says what is known and names what is not; every figure has its interval and the split that it is of. Measures nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from pydantic import Field

from evals.records import Record
from finetune.export_merge import MergedModel
from trainset.records import Example

NOT_STATED = "not stated"


class CardFigure(Record):
    """One suite's pass rate before and after, shares from 0 to 1; ``ci95`` of ``delta``, ``after_ci95`` of ``after``."""

    suite: str
    role: str
    split: str
    tasks: int
    before: float
    after: float
    delta: float
    ci95: tuple[float, float]
    after_ci95: tuple[float, float] | None = None


class TrainedRows(Record):
    """The rows that an adapter was trained on: digests, and rows by source and by licence."""

    digest: str
    index_digest: str
    rows: int
    sources: Mapping[str, int]
    licences: Mapping[str, int]

    @classmethod
    def of(cls, digest: str, index_digest: str, examples: Sequence[Example]) -> TrainedRows:
        """Counted from the rows."""
        sources = Counter(str(row.provenance.get("source") or NOT_STATED) for row in examples)
        licences = Counter(str(row.provenance.get("licence") or NOT_STATED) for row in examples)
        return cls(digest=digest, index_digest=index_digest, rows=len(examples), sources=dict(sources), licences=dict(licences))

    @property
    def unknown(self) -> int:
        """Rows whose licence is not stated."""
        return self.licences.get(NOT_STATED, 0)


class ModelCardFacts(Record):
    """Everything that a card says. ``rows`` is None where what the adapter was trained on is unknown, and ``why`` says why.

    ``check`` is what the evaluation of the merged model found, in words. ``ancestry`` are the adapters, oldest first.
    """

    name: str
    merged: MergedModel
    licence: str = ""
    origin: str
    figures: tuple[CardFigure, ...] = ()
    compared_with: str = "before this adapter"
    decision: str = ""
    reasons: tuple[str, ...] = ()
    conditions: str = ""
    check: str
    ancestry: tuple[str, ...]
    rows: TrainedRows | None = None
    why: str = ""
    gguf: Mapping[str, str] = Field(default_factory=dict)


def card_text(facts: ModelCardFacts) -> str:
    """The README of an exported model."""
    parts = [
        f"# {facts.name}",
        f"{shown_base(facts.merged.base)} with a LoRA adapter of goldloop merged into its weights, stored as "
        f"{facts.merged.dtype}. {facts.origin}",
        _use(facts),
        f"## What was measured\n\n{_measured(facts)}",
        f"## The merged weights\n\n{facts.check}",
        f"## Training data\n\n{_data(facts)}",
        f"## Ancestry\n\n{_ancestry(facts)}",
    ]
    head = yaml.safe_dump(_head(facts), sort_keys=False, allow_unicode=True).strip()
    return "---\n" + head + "\n---\n\n" + "\n\n".join(parts) + "\n"


def _head(facts: ModelCardFacts) -> dict[str, Any]:
    head: dict[str, Any] = {"base_model": facts.merged.base} if _is_hub_name(facts.merged.base) else {}
    if facts.licence:
        head["license"] = facts.licence
    head |= {
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["code", "goldloop", "lora", *(["gguf"] if facts.gguf else [])],
    }
    if facts.figures:
        head["model-index"] = [{"name": facts.name, "results": [_result(figure) for figure in facts.figures]}]
    return head


def shown_base(name: str) -> str:
    """A base's name as others may read it: of a path, the last part."""
    is_path = name.count("/") > 1 or name.startswith((".", "/", "~"))
    return name.rstrip("/").rpartition("/")[2] if is_path else name


def _is_hub_name(name: str) -> bool:
    return name.count("/") == 1 and not name.startswith((".", "/", "~"))


def _result(figure: CardFigure) -> dict[str, Any]:
    interval = f", 95% interval {_spread(figure.after_ci95)}" if figure.after_ci95 else ""
    said = (
        f"pass rate of {figure.tasks} tasks{interval}; gain {figure.delta:+.1%}, 95% interval {_spread(figure.ci95, signed=True)}"
    )
    return {
        "task": {"type": "text-generation", "name": "code, graded by running it"},
        "dataset": {"type": "goldloop-suite", "name": f"{figure.suite} ({figure.split})", "split": figure.split},
        "metrics": [{"type": "pass@1", "value": round(figure.after, 6), "name": said, "verified": False}],
    }


def _spread(interval: Sequence[float], *, signed: bool = False) -> str:
    low, high = interval
    return f"{low:+.1%} to {high:+.1%}" if signed else f"{low:.1%} to {high:.1%}"


def _use(facts: ModelCardFacts) -> str:
    lines = [
        "```python",
        "from transformers import AutoModelForCausalLM, AutoTokenizer",
        "",
        'model, tokenizer = AutoModelForCausalLM.from_pretrained("."), AutoTokenizer.from_pretrained(".")',
        "```",
    ]
    if facts.gguf:
        files = ", ".join(f"`{file}` ({form})" for file, form in facts.gguf.items())
        lines += ["", f"For llama.cpp: {files}. For Ollama: `ollama create {facts.name} -f Modelfile`."]
    return "\n".join(lines)


def _measured(facts: ModelCardFacts) -> str:
    if not facts.figures:
        return "Nothing: this adapter belongs to no run of goldloop, so no figure is known."
    heads = (
        f"| suite | role | split | tasks | {facts.compared_with} | this model | 95% interval | gain | 95% interval of the gain |"
    )
    rows = [
        f"| {f.suite} | {f.role} | {f.split} | {f.tasks} | {f.before:.1%} | {f.after:.1%} | "
        f"{_spread(f.after_ci95) if f.after_ci95 else 'not recorded'} | {f.delta:+.1%} | {_spread(f.ci95, signed=True)} |"
        for f in facts.figures
    ]
    said = ["\n".join([heads, "|---|---|---|---:|---:|---:|---|---:|---|", *rows])]
    if facts.decision:
        said.append(f"Decision of the gate: {facts.decision} ({'; '.join(facts.reasons)}).")
    if facts.conditions:
        said.append(f"Answers were drawn with {facts.conditions}.")
    said.append("Measured with the adapter on its base, on tasks that were never trained on.")
    return "\n\n".join(said)


def _data(facts: ModelCardFacts) -> str:
    rows = facts.rows
    if rows is None:
        return f"Unknown: {facts.why}. The licences of the rows are unknown with it."
    said = (
        f"Trainset `{rows.digest}`, {rows.rows} rows, screened against the holdout `{rows.index_digest}`. "
        f"Rows without a stated licence: {rows.unknown} of {rows.rows}."
    )
    return f"{said}\n\n{_counts('source', rows.sources)}\n\n{_counts('licence', rows.licences)}"


def _counts(head: str, counts: Mapping[str, int]) -> str:
    lines = [f"| {name.replace('|', chr(92) + '|')} | {count} |" for name, count in sorted(counts.items())]
    return "\n".join([f"| {head} | rows |", "|---|---:|", *lines])


def _ancestry(facts: ModelCardFacts) -> str:
    merged = facts.merged
    lines = [f"1. base: {shown_base(merged.base)}, revision `{merged.base_revision}` ({merged.base_source})"]
    lines += [f"{number}. adapter: `{name}`" for number, name in enumerate(facts.ancestry, 2)]
    return "\n".join([*lines, f"{len(lines) + 1}. these weights: `{merged.revision}`"])
