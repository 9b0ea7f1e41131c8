"""Checkpoints of a training run: whole or absent, and resumed only by exactly the same run.

The identity (trainset, base, settings) is part of the file. Covers adapter weights and the optimizer; the shuffle needs no state,
since it follows from seed and epoch (``finetune.batches``).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

FILE = "checkpoint.pt"


def save_checkpoint(
    file: Path,
    *,
    identity: Mapping[str, Any],
    epoch: int,
    losses: Sequence[float],
    weights: Sequence[torch.Tensor],
    optimizer: torch.optim.Optimizer,
) -> None:
    """Write the state after ``epoch`` whole epochs.

    Raises:
        OSError: there is no room for it; the message says how much is left.
    """
    state = {
        "identity": dict(identity),
        "epoch": epoch,
        "losses": list(losses),
        "weights": [weight.detach().cpu() for weight in weights],
        "optimizer": optimizer.state_dict(),
    }
    temporary = file.with_suffix(".tmp")
    try:
        torch.save(state, temporary)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        temporary.unlink(missing_ok=True)
        free = shutil.disk_usage(file.parent).free
        raise OSError(28, f"checkpoint not written ({free >> 20} MiB free): {error}", str(file)) from None
    temporary.replace(file)


def restore_checkpoint(
    file: Path, *, identity: Mapping[str, Any], weights: Sequence[torch.Tensor], optimizer: torch.optim.Optimizer
) -> tuple[int, list[float]]:
    """Put weights and optimizer back; the epochs that are done and their losses, 0 and none without a fitting checkpoint."""
    if not file.is_file():
        return 0, []
    state = torch.load(file, weights_only=True, map_location=weights[0].device)
    if state["identity"] != identity:
        return 0, []
    with torch.no_grad():
        for weight, saved in zip(weights, state["weights"], strict=True):
            weight.copy_(saved)
    optimizer.load_state_dict(state["optimizer"])
    return int(state["epoch"]), list(state["losses"])
