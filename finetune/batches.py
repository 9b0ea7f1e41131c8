"""Which rows are trained together, and how fast: everything here follows from the seed alone."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

from finetune.packing import new_tokens
from finetune.settings import FinetuneSettings
from trainset.render import Encoded


def epoch_batches(rows: Sequence[Encoded], settings: FinetuneSettings, epoch: int) -> Iterator[list[Encoded]]:
    """The effective batches of one epoch: a shuffle that depends on seed and epoch only."""
    order = list(rows)
    random.Random(f"{settings.seed}/{epoch}").shuffle(order)
    for start in range(0, len(order), settings.batch_size):
        yield order[start : start + settings.batch_size]


def microbatches(batch: Sequence[Encoded], budget: int, *, mixed: bool = True) -> Iterator[list[Encoded]]:
    """Rows of similar length whose padded size stays within ``budget`` tokens; a longer single row goes alone.

    Without ``mixed`` the rows of a microbatch are of one length, and nothing is padded.
    """
    current: list[Encoded] = []
    for row in sorted(batch, key=lambda row: (-len(row.ids), row.key)):
        full = (len(current) + 1) * len(current[0].ids) > budget if current else False
        if full or (current and not mixed and len(row.ids) != len(current[0].ids)):
            yield current
            current = []
        current.append(row)
    if current:
        yield current


def packed_microbatches(batch: Sequence[Encoded], budget: int) -> Iterator[list[Encoded]]:
    """Rows that begin alike side by side, whose packs are of at most ``budget`` tokens; a longer single row goes alone."""
    current: list[Encoded] = []
    taken = 0
    for row in sorted(batch, key=lambda row: (row.ids, row.key)):
        added = new_tokens(row, current[-1] if current else None)
        if current and taken + added > budget:
            yield current
            current, taken, added = [], 0, new_tokens(row, None)
        current.append(row)
        taken += added
    if current:
        yield current


def schedule(step: int, steps: int, warmup: int) -> float:
    """Linear warm-up, then cosine to 10% (Loshchilov and Hutter 2017); a factor of the learning rate."""
    if step < warmup:
        return (step + 1) / (warmup + 1)
    progress = (step - warmup) / max(1, steps - warmup)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * progress))
