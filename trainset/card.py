"""The dataset card of a trainset: the hub's README with features and splits, so that ``load_dataset(FOLDER)`` opens it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from trainset.records import Example

CARD = "README.md"
_KINDS = {bool: "bool", int: "int64", float: "float64", str: "string", type(None): "null"}


def card_of(rows: Sequence[Mapping[str, Any]], file: str, examples: Sequence[Example], said: str, index_digest: str) -> str:
    """A card for ``rows`` in ``file``; ``examples`` are the rows of the trainset that they come from."""
    licences = Counter(str(row.provenance.get("licence") or "not stated") for row in examples)
    sources = Counter(str(row.provenance.get("source") or "not stated") for row in examples)
    head = {
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": file}]}],
        "dataset_info": {"features": _features(rows)},
        "tags": ["code", "goldloop"],
    }
    lines = [
        "---",
        yaml.safe_dump(head, sort_keys=False).strip(),
        "---",
        "",
        "# Fine-tuning rows of goldloop",
        "",
        f"{said}. {_proof(examples)}. Rows were screened against the holdout `{index_digest}`.",
        "",
        _table("source", sources),
        "",
        _table("licence", licences),
        "",
    ]
    return "\n".join(lines)


def _proof(examples: Sequence[Example]) -> str:
    """What proves the answers; a user's own rows may have nothing that does."""
    unproved = sum(row.provenance.get("source") == "given" and not row.provenance.get("proof") for row in examples)
    if not unproved:
        return "Every answer passed its task's tests in a sandbox"
    passed = f"{len(examples) - unproved} of {len(examples)} answers passed their task's tests in a sandbox"
    return f"{passed}; nothing proved the other {unproved}, which were given"


def _table(head: str, counts: Mapping[str, int]) -> str:
    cells = [f"| {name.replace('|', chr(92) + '|')} | {count} |" for name, count in sorted(counts.items())]
    return "\n".join([f"| {head} | rows |", "|---|---:|", *cells])


def _features(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The columns as the hub's cards describe them; a column that some rows lack is there."""
    columns: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    return [{"name": name, **_feature(values)} for name, values in columns.items()]


def _feature(values: Sequence[Any]) -> dict[str, Any]:
    if any(isinstance(value, Mapping) for value in values):
        return {"struct": _features([value for value in values if isinstance(value, Mapping)])}
    if any(isinstance(value, (list, tuple)) for value in values):
        inner = _feature([item for value in values if isinstance(value, (list, tuple)) for item in value])
        return {"list": inner.get("struct") or inner["dtype"]}
    kinds = {_KINDS[type(value)] for value in values} - {"null"}
    return {"dtype": kinds.pop() if len(kinds) == 1 else "string"}
