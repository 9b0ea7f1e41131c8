"""The records that finetune emits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evals.records import ModelRef, Record

TRAINED_ON = "trained-on.json"


class TrainReport(Record):
    """What a training run did. ``losses``: mean loss per trained token of each optimizer step."""

    model: ModelRef
    trainset_digest: str
    index_digest: str
    settings: Mapping[str, Any]
    steps: int
    rows: int
    epochs: int
    trained_tokens: int
    total_tokens: int
    losses: tuple[float, ...]
    adapter_digest: str


class TrainedOn(Record):
    """Beside an adapter: the folder of the trainset that it was trained on, seen from the adapter's, and its digest."""

    trainset: str
    digest: str
