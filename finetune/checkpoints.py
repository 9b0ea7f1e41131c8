"""Checkpoints of a training run: whole or absent, and resumed only by exactly the same run.

The identity (trainset, base, settings) is part of the file. Covers adapter weights, the optimizer, and the random numbers of
dropout; the shuffle needs no state, since it follows from seed and epoch (``finetune.batches``).
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
    losses: Sequence[float],
    weights: Sequence[torch.Tensor],
    optimizer: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
) -> None:
    """Write the state after as many steps as there are ``losses``.

    Raises:
        OSError: there is no room for it; the message says how much is left.
    """
    state = {
        "identity": dict(identity),
        "losses": list(losses),
        "weights": [weight.detach().cpu() for weight in weights],
        "optimizer": optimizer.state_dict(),
        "scaler": scaler.state_dict(),
        "random": torch.get_rng_state(),
        "random_gpu": torch.cuda.get_rng_state() if weights[0].is_cuda else None,
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
    file: Path,
    *,
    identity: Mapping[str, Any],
    weights: Sequence[torch.Tensor],
    optimizer: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
) -> list[float]:
    """Put everything back; the losses of the steps that are done, none without a fitting checkpoint."""
    if not file.is_file():
        return []
    state = torch.load(file, weights_only=True, map_location="cpu")
    if state.get("identity") != identity or "random" not in state:
        return []
    with torch.no_grad():
        for weight, saved in zip(weights, state["weights"], strict=True):
            weight.copy_(saved)
    optimizer.load_state_dict(state["optimizer"])
    scaler.load_state_dict(state["scaler"])
    torch.set_rng_state(state["random"])
    if state["random_gpu"] is not None and weights[0].is_cuda:
        torch.cuda.set_rng_state(state["random_gpu"])
    return list(state["losses"])
