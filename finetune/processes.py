"""One training in several processes, as `torchrun` starts them, or what sets its variables: each takes a part of every batch.

Gradients and losses of the parts are summed, so that a step is that of one process with the same effective batch, but for the
order of sums. The first process alone shows progress and writes; the others take part in the steps. Covers one copy of the model
in each process; a model over several devices is not covered.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from trainset.render import Encoded


def process_number() -> int:
    """This process among those of one training, from 0; 0 where it is alone."""
    return int(os.environ.get("RANK", "0")) if process_count() > 1 else 0


def process_count() -> int:
    """How many processes were started for one training; 1 without a launcher."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The processes of one training, and the device of this one; None is the usual one."""

    number: int = 0
    size: int = 1
    device: Any = None

    def part(self, batch: Sequence[Encoded]) -> list[Encoded]:
        """This process's rows of an effective batch: about as many tokens as the others', rows that begin alike together."""
        if self.size == 1:
            return list(batch)
        rows = sorted(batch, key=lambda row: (row.ids, row.key))
        total, before, mine = sum(len(row.ids) for row in rows), 0, []
        for row in rows:
            if (before + len(row.ids) / 2) * self.size // total == self.number:
                mine.append(row)
            before += len(row.ids)
        return mine

    def add_up(self, weights: Sequence[Any], loss: float) -> float:
        """Sum the gradients of all processes into each; returns the sum of the losses."""
        if self.size == 1:
            return loss
        import torch

        gradients = [weight.grad if weight.grad is not None else torch.zeros_like(weight) for weight in weights]
        flat = torch.cat([*(gradient.flatten() for gradient in gradients), gradients[0].new_tensor([loss])])
        torch.distributed.all_reduce(flat)
        start = 0
        for weight in weights:
            weight.grad = flat[start : start + weight.numel()].view_as(weight).clone()
            start += weight.numel()
        return float(flat[-1])

    def wait(self) -> None:
        """Until all processes are here."""
        if self.size > 1:
            import torch

            torch.distributed.barrier()


@contextmanager
def team() -> Iterator[Team]:
    """The processes that a launcher started, joined; alone without one."""
    if process_count() == 1:
        yield Team()
        return
    import torch

    on_gpu = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if on_gpu else torch.device("cpu")
    if on_gpu:
        torch.cuda.set_device(device)
    torch.distributed.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield Team(number=process_number(), size=process_count(), device=device)
    finally:
        torch.distributed.destroy_process_group()
