"""The steps of a LoRA training: model, optimizer, schedule, and one effective batch after the other.

Rows of a batch are packed without padding where the model allows it (``finetune.packing``), else grouped by length, and the loss
is a mean over the trained tokens of the effective batch, whatever the microbatches and processes. What is learnt from a row is in
``finetune.objectives``.
"""

from __future__ import annotations

import gc
import math
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from evals.errors import BadInput
from evals.models.adapters import open_adapter, shared_under, shared_weights
from evals.models.chat import first_line
from evals.notices import say_once
from finetune.base import objective_of
from finetune.batches import microbatches, packed_microbatches, schedule
from finetune.checkpoints import restore_checkpoint, save_checkpoint
from finetune.objectives import BatchObjective, Objective, loss_share, pack_where_exact, padding_is_unseen
from finetune.packing import bare_model
from finetune.processes import Team
from finetune.products import sum_in_products
from finetune.rates import rate_by_width
from finetune.settings import FinetuneSettings
from trainset.render import Encoded

_SHOWN_ROWS = 8


class LoraRun:
    """Model, optimizer and schedule of one training run; ``first`` is the folder of an adapter to go on from, if any.

    In several processes (``team``) each has such a run, and their weights stay the same.
    """

    def __init__(
        self, model: Any, rows: Sequence[Encoded], settings: FinetuneSettings, first: str = "", team: Team | None = None
    ) -> None:
        from peft import LoraConfig, get_peft_model

        torch.manual_seed(settings.seed)
        lora = settings.lora
        config = LoraConfig(
            r=lora.r,
            lora_alpha=lora.lora_alpha,
            lora_dropout=lora.lora_dropout,
            target_modules=lora.target_modules if isinstance(lora.target_modules, str) else list(lora.target_modules),
            task_type="CAUSAL_LM",
        )
        self.settings = settings
        self.rate = rate_by_width(model.config) if settings.learning_rate == "auto" else settings.learning_rate
        self.objective: Objective | BatchObjective = objective_of(settings.objective, settings.objective_options)
        shared = shared_weights(model)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of shared weights: an error below
                self.model = _loaded(model, config, first) if first else get_peft_model(model, config)
        except ValueError as error:
            raise BadInput(f"finetune.lora.target_modules: {first_line(error)}") from None
        if tied := shared_under(self.model, shared):
            raise BadInput(f"finetune.lora.target_modules: {tied}; merged, the adapter would change both: leave it out")
        sum_in_products(self.model)
        self.packed = pack_where_exact(self.model.eval(), rows)
        self._mixed = self.packed or padding_is_unseen(self.model, rows)
        self.model.train()
        if settings.gradient_checkpointing:
            bare_model(self.model).gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        self._team = team or Team()
        self._budget = settings.tokens_per_microbatch
        self.weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        self.optimizer = torch.optim.AdamW(self.weights, lr=self.rate, betas=(0.9, 0.95), weight_decay=settings.weight_decay)
        half = model.dtype == torch.float16  # gradients that float16 would round to 0 are computed as multiples
        self.scaler = torch.amp.GradScaler(model.device.type, enabled=half)
        self.steps = settings.num_train_epochs * math.ceil(len(rows) / settings.batch_size)
        self.losses: list[float] = []
        self.norm = 0.0

    def step(self, batch: Sequence[Encoded]) -> float:
        """One optimizer step; returns the batch's loss, the mean per trained token unless the objective has a mean of its own.

        Where memory runs out, microbatches become smaller.

        Raises:
            BadInput: the loss or its gradient is not a number, or a single row needs more memory than there is.
        """
        total = self._team.add_up(self.weights, self._gradients(batch))
        self.scaler.unscale_(self.optimizer)
        self.norm = float(torch.nn.utils.clip_grad_norm_(self.weights, self.settings.max_grad_norm))
        if not math.isfinite(self.norm) and (not self.scaler.is_enabled() or self.scaler.get_scale() < 1):
            raise self._not_a_number("gradient", batch)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate_now
        self.scaler.step(self.optimizer)  # leaves out a step in float16 that was scaled too far, and scales less from then on
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        self.losses.append(total)
        return total

    @property
    def rate_now(self) -> float:
        """The learning rate of the next step."""
        return self.rate * schedule(len(self.losses), self.steps, self.settings.warmup_steps)

    def _gradients(self, batch: Sequence[Encoded]) -> float:
        """Gradients of this process's part of the batch's loss, which is returned."""
        mine = self._team.part(batch)
        passes = getattr(self.objective, "passes", 1)
        while True:
            total, part = 0.0, mine
            try:
                for part in self.parts(mine, max(1, self._budget // passes)):
                    loss = loss_share(self.objective, self.model, part, batch)
                    if not math.isfinite(float(loss.detach())):
                        raise self._not_a_number("loss", part)
                    self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
                    total += float(loss.detach())
                return total
            except (RuntimeError, MemoryError) as error:
                if not _is_out_of_memory(error):
                    raise
                longest = max(len(row.ids) for row in part)
                if len(part) == 1:
                    raise BadInput(
                        f"finetune: out of memory at step {len(self.losses) + 1} with one row, {part[0].key} of {longest} "
                        "tokens; lower finetune.max_length, or take a smaller model"
                    ) from None
            self._make_room(longest * len(part))

    def parts(self, batch: Sequence[Encoded], budget: int) -> Iterator[list[Encoded]]:
        """The microbatches of an effective batch, of ``budget`` tokens each."""
        return packed_microbatches(batch, budget) if self.packed else microbatches(batch, budget, mixed=self._mixed)

    def _make_room(self, tokens: int) -> None:
        """Halve the microbatches, of which one of this many tokens was too large, and begin the step again."""
        self._budget = min(self._budget, tokens) // 2
        self.optimizer.zero_grad(set_to_none=True)
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        say_once(
            f"finetune: out of memory at step {len(self.losses) + 1}; going on with {self._budget} tokens a microbatch "
            "(finetune.tokens_per_microbatch), which does not change what is learnt"
        )

    def _not_a_number(self, what: str, rows: Sequence[Encoded]) -> BadInput:
        """The error for a step whose numbers broke; names the rows that break alone, else all that were together."""
        broken = [row.key for row in rows if not self._is_finite(row)] or [row.key for row in rows]
        self.optimizer.zero_grad(set_to_none=True)
        return BadInput(
            f"finetune: the {what} is not a number at step {len(self.losses) + 1}, rows {', '.join(broken[:_SHOWN_ROWS])}"
            f"{f' and {len(broken) - _SHOWN_ROWS} more' if len(broken) > _SHOWN_ROWS else ''}; lower finetune.learning_rate, or "
            "look at these rows"
        )

    def _is_finite(self, row: Encoded) -> bool:
        with torch.no_grad():
            return math.isfinite(float(self.objective(self.model, [row])))

    def save(self, file: Path, identity: dict[str, Any]) -> None:
        """Checkpoint after the steps so far: whole or absent."""
        save_checkpoint(
            file, identity=identity, losses=self.losses, weights=self.weights, optimizer=self.optimizer, scaler=self.scaler
        )

    def restore(self, file: Path, identity: dict[str, Any]) -> int:
        """Go back to a checkpoint of exactly the same run; returns the steps that are done, 0 without one."""
        self.losses = restore_checkpoint(
            file, identity=identity, weights=self.weights, optimizer=self.optimizer, scaler=self.scaler
        )
        return len(self.losses)


def _loaded(model: Any, wanted: Any, adapter: str) -> Any:
    """The model with the weights of an adapter, to be trained further.

    Raises:
        BadInput: the adapter has another shape than ``finetune.lora`` asks for, or does not load.
    """
    from peft import PeftConfig

    there = PeftConfig.from_pretrained(adapter)
    for key in ("r", "lora_alpha"):
        if getattr(there, key, None) != getattr(wanted, key):
            raise BadInput(
                f"finetune.lora.{key}: {getattr(wanted, key)}, and the adapter to go on from has {getattr(there, key, None)} "
                f"({adapter}); give the same, or train_from: base"
            )
    return open_adapter(model, Path(adapter), trainable=True)


def _is_out_of_memory(error: Exception) -> bool:
    """Of a GPU, or of the allocator on a CPU, which raises a plain RuntimeError."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)
