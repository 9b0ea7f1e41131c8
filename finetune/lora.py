"""LoRA on transformers and peft: a plain loop whose every batch follows from the seed, resumable at each epoch.

Logits are computed at completion tokens only (a logit tensor over a 49k vocabulary for every prompt token is most of the
memory of the usual step), rows of a batch are grouped by length, and the loss is a mean over the trained tokens of the
effective batch, whatever the microbatches.
"""

from __future__ import annotations

import gc
import math
import os
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from evals.errors import BadInput
from evals.files import digest_file, write_json
from evals.models.loading import load_model
from evals.progress import Progress, Silent
from evals.records import ModelRef
from finetune.records import TRAINED_ON, TrainedOn, TrainReport
from finetune.settings import FinetuneSettings
from trainset import build as trainsets
from trainset.render import Encoded, encode_example

_WEIGHTS = "adapter_model.safetensors"
_CHECKPOINT = "checkpoint.pt"


def finetune(
    trainset: Path,
    base: ModelRef,
    settings: FinetuneSettings,
    out: Path,
    *,
    index_digest: str,
    progress: Progress | None = None,
) -> TrainReport:
    """Train an adapter on a trainset's folder and write it to ``out``; returns what was done.

    Resumes from the last finished epoch where an earlier, killed run left its checkpoint; the result is the same.

    Raises:
        BadInput: the trainset was screened against another holdout than today's, a row is too long, or the model does not load.
    """
    built, examples = trainsets.load(trainset)
    if built.index_digest != index_digest:
        raise BadInput(
            f"{trainset}: screened against holdout {built.index_digest}, today's holdout is {index_digest}; "
            "screen the pairs again and rebuild the trainset"
        )
    bar = progress or Silent()
    model, tokenizer, resolved = load_model(base.base)
    rows = [encode_example(tokenizer, example) for example in examples]
    if long := [row for row in rows if len(row.ids) > settings.max_length]:
        raise BadInput(
            f"{trainset}: {long[0].key} has {len(long[0].ids)} tokens, finetune.max_length is {settings.max_length}; "
            "raise it (rows are never cut)"
        )
    run = _Run(model, rows, settings)
    identity = {"trainset": built.digest, "base": resolved.revision, "settings": settings.model_dump(mode="json")}
    checkpoint = out / _CHECKPOINT
    out.mkdir(parents=True, exist_ok=True)
    first_epoch = run.restore(checkpoint, identity)
    tokens_an_epoch = sum(len(row.ids) for row in rows)
    bar.start("finetune", tokens_an_epoch * settings.num_train_epochs, "tokens")
    bar.advance(tokens_an_epoch * first_epoch)
    for epoch in range(first_epoch, settings.num_train_epochs):
        for batch in epoch_batches(rows, settings, epoch):
            loss = run.step(batch)
            bar.advance(sum(len(row.ids) for row in batch), f"loss {loss:.3f}")
        run.save(checkpoint, epoch + 1, identity)
    bar.finish(f"loss {run.losses[-1]:.3f}")
    _save_adapter(run.model, out, base, resolved.revision)
    report = TrainReport(
        model=base.model_copy(update={"revision": resolved.revision, "adapter": str(out)}),
        trainset_digest=built.digest,
        index_digest=built.index_digest,
        settings=settings.model_dump(mode="json"),
        steps=len(run.losses),
        rows=len(rows),
        epochs=settings.num_train_epochs,
        trained_tokens=settings.num_train_epochs * sum(len(row.ids) - row.prompt_length for row in rows),
        total_tokens=settings.num_train_epochs * tokens_an_epoch,
        losses=tuple(round(loss, 5) for loss in run.losses),
        adapter_digest=digest_file(out / _WEIGHTS),
    )
    write_json(out / TRAINED_ON, TrainedOn(trainset=os.path.relpath(trainset, out), digest=built.digest))
    checkpoint.unlink(missing_ok=True)
    del run, model
    gc.collect()
    return report


def epoch_batches(rows: Sequence[Encoded], settings: FinetuneSettings, epoch: int) -> Iterator[list[Encoded]]:
    """The effective batches of one epoch: a shuffle that depends on seed and epoch only."""
    order = list(rows)
    random.Random(f"{settings.seed}/{epoch}").shuffle(order)
    for start in range(0, len(order), settings.batch_size):
        yield order[start : start + settings.batch_size]


def microbatches(batch: Sequence[Encoded], budget: int) -> Iterator[list[Encoded]]:
    """Rows of similar length whose padded size stays within ``budget`` tokens; a longer single row goes alone."""
    current: list[Encoded] = []
    for row in sorted(batch, key=lambda row: (-len(row.ids), row.key)):
        if current and (len(current) + 1) * len(current[0].ids) > budget:
            yield current
            current = []
        current.append(row)
    if current:
        yield current


class _Run:
    """Model, optimizer and schedule of one training run."""

    def __init__(self, model: Any, rows: Sequence[Encoded], settings: FinetuneSettings) -> None:
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
        self.device = model.device
        try:
            self.model = get_peft_model(model, config).train()
        except ValueError as error:
            raise BadInput(f"finetune.lora.target_modules: {str(error).splitlines()[0]}") from None
        self.weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.weights, lr=settings.learning_rate, betas=(0.9, 0.95), weight_decay=settings.weight_decay
        )
        self.steps = settings.num_train_epochs * math.ceil(len(rows) / settings.batch_size)
        self.losses: list[float] = []

    def step(self, batch: Sequence[Encoded]) -> float:
        """One optimizer step; returns the mean loss a trained token."""
        trained = sum(len(row.ids) - row.prompt_length for row in batch)
        total = 0.0
        for part in microbatches(batch, self.settings.tokens_per_microbatch):
            loss = self._loss(part) / trained
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(self.weights, self.settings.max_grad_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * schedule(len(self.losses), self.steps, self.settings.warmup_steps)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.losses.append(total)
        return total

    def _loss(self, rows: Sequence[Encoded]) -> torch.Tensor:
        """Summed cross-entropy over the completion tokens of right-padded rows."""
        width = max(len(row.ids) for row in rows)
        ids = torch.tensor([[*row.ids, *[0] * (width - len(row.ids))] for row in rows], device=self.device)
        mask = torch.tensor([[1] * len(row.ids) + [0] * (width - len(row.ids)) for row in rows], device=self.device)
        inner = self.model.base_model.model
        hidden = inner.model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        # The state at position t predicts token t + 1, so the first trained state is the prompt's last.
        states = torch.cat([hidden[n, row.prompt_length - 1 : len(row.ids) - 1] for n, row in enumerate(rows)])
        targets = torch.cat([ids[n, row.prompt_length : len(row.ids)] for n, row in enumerate(rows)])
        return cross_entropy(inner.lm_head(states).float(), targets, reduction="sum")

    def save(self, file: Path, epoch: int, identity: dict[str, Any]) -> None:
        """Checkpoint after an epoch: whole or absent."""
        state = {
            "identity": identity,
            "epoch": epoch,
            "losses": self.losses,
            "weights": [weight.detach().cpu() for weight in self.weights],
            "optimizer": self.optimizer.state_dict(),
        }
        temporary = file.with_suffix(".tmp")
        try:
            torch.save(state, temporary)
        except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
            temporary.unlink(missing_ok=True)
            free = shutil.disk_usage(file.parent).free
            raise OSError(28, f"checkpoint not written ({free >> 20} MiB free): {error}", str(file)) from None
        temporary.replace(file)

    def restore(self, file: Path, identity: dict[str, Any]) -> int:
        """Epochs done already; 0 where there is no checkpoint of the very same run."""
        if not file.is_file():
            return 0
        state = torch.load(file, weights_only=True, map_location=self.device)
        if state["identity"] != identity:
            return 0
        with torch.no_grad():
            for weight, saved in zip(self.weights, state["weights"], strict=True):
                weight.copy_(saved)
        self.optimizer.load_state_dict(state["optimizer"])
        self.losses = list(state["losses"])
        return int(state["epoch"])


def schedule(step: int, steps: int, warmup: int) -> float:
    """Linear warm-up, then cosine to 10% (Loshchilov and Hutter 2017); a factor of the learning rate."""
    if step < warmup:
        return (step + 1) / (warmup + 1)
    progress = (step - warmup) / max(1, steps - warmup)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * progress))


def _save_adapter(model: Any, out: Path, base: ModelRef, revision: str) -> None:
    """Peft's files, with the base named as the user named it, not by a path of this machine."""
    import orjson

    model.save_pretrained(str(out))
    (out / "README.md").unlink(missing_ok=True)  # peft's empty card; the run's report says more
    config = orjson.loads((out / "adapter_config.json").read_bytes())
    write_json(out / "adapter_config.json", {**config, "base_model_name_or_path": base.base, "revision": revision})
