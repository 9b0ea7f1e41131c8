"""Splits for benchmarks that bring none: by the digest of the group, so that they are the same everywhere and never change.

Covers train and holdout. A benchmark's own splits win; this is only for tasks that have none.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal

TRAIN_SHARE = 0.6


def assign_split(suite: str, group: str, train_share: float = TRAIN_SHARE) -> Literal["train", "holdout"]:
    """The split of a group: ``train`` for about ``train_share`` of all groups, else ``holdout``.

    The same names give the same split on every machine, whatever other groups there are; a group is never divided.
    """
    key = f"{suite}/{group}".encode()
    place = int.from_bytes(blake2b(key, digest_size=8).digest(), "big") / 2**64
    return "train" if place < train_share else "holdout"
