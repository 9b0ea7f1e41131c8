"""LoRA on transformers and peft: a plain loop whose every batch follows from the seed, resumable at each epoch.

Rows of a batch are grouped by length, and the loss is a mean over the trained tokens of the effective batch, whatever the
microbatches. What is learnt from a row is in ``finetune.objectives``.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from evals.errors import BadInput
from evals.files import digest_file, write_json
from evals.models.loading import load_model
from evals.models.resolve import resolve_model
from evals.progress import Progress
from evals.records import ModelRef
from finetune.base import WEIGHTS, Learnt, Lesson, objective_of
from finetune.batches import epoch_batches, microbatches, schedule
from finetune.checkpoints import FILE, restore_checkpoint, save_checkpoint
from finetune.likelihood import mean_probabilities
from finetune.objectives import BatchObjective, Objective, loss_share
from finetune.settings import FinetuneSettings
from trainset.records import Example
from trainset.render import Encoded, encode_example


class LoraTrainer:
    """See the module. It has no further options: everything it needs is in ``finetune.*``."""

    def counter(self, base: ModelRef) -> Callable[[Example], int]:
        """See ``Trainer.counter``: tokens of the model's own tokenizer, which is loaded at the first row."""
        tokenizers: list[Any] = []

        def count(example: Example) -> int:
            from transformers import AutoTokenizer

            if not tokenizers:
                tokenizers.append(AutoTokenizer.from_pretrained(resolve_model(base.base).path))
            return len(encode_example(tokenizers[0], example).ids)

        return count

    def likelihoods(
        self, base: ModelRef, examples: Sequence[Example], settings: FinetuneSettings, progress: Progress
    ) -> Sequence[float]:
        """See ``Rates``."""
        return mean_probabilities(base, examples, settings, progress)

    def train(self, lesson: Lesson) -> Learnt:
        """See ``Trainer.train``. Resumes from the last finished epoch; the result is that of an undisturbed run."""
        settings, bar = lesson.settings, lesson.progress
        objective_of(settings.objective, settings.objective_options)  # a wrong name is reported before a model is loaded
        model, tokenizer, resolved = load_model(lesson.base.base)
        rows = [encode_example(tokenizer, example) for example in lesson.examples]
        if long := [row for row in rows if len(row.ids) > settings.max_length]:
            raise BadInput(
                f"{lesson.place}: {long[0].key} has {len(long[0].ids)} tokens, finetune.max_length is {settings.max_length}; "
                "raise it (rows are never cut)"
            )
        run = LoraRun(model, rows, settings, lesson.base.adapter)
        identity = {"trainset": lesson.trainset, "base": resolved.revision, "settings": settings.model_dump(mode="json")}
        if lesson.base.adapter:
            identity["adapter"] = digest_file(Path(lesson.base.adapter, WEIGHTS))
        checkpoint = lesson.out / FILE
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
        _save_adapter(run.model, lesson.out, lesson.base, resolved.revision)
        checkpoint.unlink(missing_ok=True)
        learnt = Learnt(
            revision=resolved.revision,
            losses=run.losses,
            epochs=settings.num_train_epochs,
            trained_tokens=settings.num_train_epochs * sum(len(row.ids) - row.prompt_length for row in rows),
            total_tokens=settings.num_train_epochs * tokens_an_epoch,
        )
        del run, model
        gc.collect()
        return learnt


class LoraRun:
    """Model, optimizer and schedule of one training run; ``first`` is the folder of an adapter to go on from, if any."""

    def __init__(self, model: Any, rows: Sequence[Encoded], settings: FinetuneSettings, first: str = "") -> None:
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
        self.objective: Objective | BatchObjective = objective_of(settings.objective, settings.objective_options)
        try:
            self.model = (_loaded(model, config, first) if first else get_peft_model(model, config)).train()
        except ValueError as error:
            raise BadInput(f"finetune.lora.target_modules: {str(error).splitlines()[0]}") from None
        self.weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.weights, lr=settings.learning_rate, betas=(0.9, 0.95), weight_decay=settings.weight_decay
        )
        self.steps = settings.num_train_epochs * math.ceil(len(rows) / settings.batch_size)
        self.losses: list[float] = []

    def step(self, batch: Sequence[Encoded]) -> float:
        """One optimizer step; returns the batch's loss, the mean per trained token unless the objective has a mean of its own."""
        total = 0.0
        budget = self.settings.tokens_per_microbatch // getattr(self.objective, "passes", 1)
        for part in microbatches(batch, budget):
            loss = loss_share(self.objective, self.model, part, batch)
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(self.weights, self.settings.max_grad_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * schedule(len(self.losses), self.steps, self.settings.warmup_steps)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.losses.append(total)
        return total

    def save(self, file: Path, epoch: int, identity: dict[str, Any]) -> None:
        """Checkpoint after an epoch: whole or absent."""
        save_checkpoint(file, identity=identity, epoch=epoch, losses=self.losses, weights=self.weights, optimizer=self.optimizer)

    def restore(self, file: Path, identity: dict[str, Any]) -> int:
        """Epochs done already; 0 without a checkpoint of exactly the same run."""
        epochs, self.losses = restore_checkpoint(file, identity=identity, weights=self.weights, optimizer=self.optimizer)
        return epochs


def _loaded(model: Any, wanted: Any, adapter: str) -> Any:
    """The model with the weights of an adapter, to be trained further.

    Raises:
        BadInput: the adapter has another shape than ``finetune.lora`` asks for, or does not load.
    """
    from peft import PeftConfig, PeftModel

    there = PeftConfig.from_pretrained(adapter)
    for key in ("r", "lora_alpha"):
        if getattr(there, key, None) != getattr(wanted, key):
            raise BadInput(
                f"finetune.lora.{key}: {getattr(wanted, key)}, and the adapter to go on from has {getattr(there, key, None)} "
                f"({adapter}); give the same, or train_from: base"
            )
    try:
        return PeftModel.from_pretrained(model, adapter, is_trainable=True)
    except (ValueError, RuntimeError, OSError) as error:
        raise BadInput(f"adapter: {adapter} does not fit the model: {str(error).splitlines()[0]}") from None


def _save_adapter(model: Any, out: Path, base: ModelRef, revision: str) -> None:
    """Peft's files, with the base named as the user named it, not by a path of this machine."""
    import orjson

    model.save_pretrained(str(out))
    (out / "README.md").unlink(missing_ok=True)  # peft's empty card; the run's report has more
    config = orjson.loads((out / "adapter_config.json").read_bytes())
    write_json(out / "adapter_config.json", {**config, "base_model_name_or_path": base.base, "revision": revision})
