"""LoRA on transformers and peft: a plain loop whose every batch follows from the seed, resumable at each epoch.

Rows of a batch are packed without padding where the model allows it (``finetune.packing``), else grouped by length, and the loss
is a mean over the trained tokens of the effective batch, whatever the microbatches. What is learnt from a row is in
``finetune.objectives``.
"""

from __future__ import annotations

import gc
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from evals.errors import BadInput, joined
from evals.files import digest_file, write_json
from evals.models.adapters import open_adapter, require_adapter, shared_under, shared_weights
from evals.models.chat import first_line, load_tokenizer
from evals.models.loading import load_weights
from evals.models.resolve import resolve_model
from evals.notices import say_once
from evals.progress import Progress
from evals.records import ModelRef
from finetune.base import WEIGHTS, Learnt, Lesson, objective_of
from finetune.batches import epoch_batches, microbatches, packed_microbatches, schedule
from finetune.checkpoints import FILE, restore_checkpoint, save_checkpoint
from finetune.likelihood import mean_probabilities
from finetune.objectives import (
    BatchObjective,
    Objective,
    loss_share,
    pack_where_exact,
    padding_is_unseen,
    require_next_token_loss,
)
from finetune.settings import FinetuneSettings
from trainset.records import Example
from trainset.render import EmptyRow, Encoded, encode_example

_SHOWN_ROWS = 8


class LoraTrainer:
    """See the module. It has no further options: everything it needs is in ``finetune.*``."""

    def counter(self, base: ModelRef) -> Callable[[Example], int]:
        """See ``Trainer.counter``: tokens of the model's own tokenizer, which is loaded at the first row."""
        tokenizers: list[Any] = []

        def count(example: Example) -> int:
            if not tokenizers:
                tokenizers.append(load_tokenizer(resolve_model(base.base).path, base.base))
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
        resolved = resolve_model(lesson.base.base)
        tokenizer = load_tokenizer(resolved.path, lesson.base.base)
        rows = _encoded(lesson, tokenizer)
        if lesson.base.adapter:
            require_adapter(Path(lesson.base.adapter), lesson.base.base, resolved)
        model = load_weights(resolved, tokenizer, lesson.base.base)
        require_next_token_loss(model, min(rows, key=lambda row: len(row.ids)), lesson.base.base)
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


def _encoded(lesson: Lesson, tokenizer: Any) -> list[Encoded]:
    """The lesson's rows as token ids.

    Raises:
        BadInput: there are none, or some are longer than ``finetune.max_length``, empty, or have nothing to train; all are named.
    """
    rows, problems = [], []
    for example in lesson.examples:
        try:
            row = encode_example(tokenizer, example)
        except EmptyRow as error:
            problems.append(f"{lesson.place}: {error}")
            continue
        rows.append(row)
        if len(row.ids) > lesson.settings.max_length:
            problems.append(
                f"{lesson.place}: {row.key} has {len(row.ids)} tokens, finetune.max_length is {lesson.settings.max_length}; "
                "raise it (rows are never cut)"
            )
    if problems:
        raise BadInput(joined(problems))
    if not rows:
        raise BadInput(f"{lesson.place}: no rows to train on")
    return rows


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
        shared = shared_weights(model)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of shared weights: an error below
                self.model = _loaded(model, config, first) if first else get_peft_model(model, config)
        except ValueError as error:
            raise BadInput(f"finetune.lora.target_modules: {first_line(error)}") from None
        if tied := shared_under(self.model, shared):
            raise BadInput(f"finetune.lora.target_modules: {tied}; merged, the adapter would change both: leave it out")
        self.packed = pack_where_exact(self.model.eval(), rows)
        self._mixed = self.packed or padding_is_unseen(self.model, rows)
        self.model.train()
        self._budget = settings.tokens_per_microbatch
        self.weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.weights, lr=settings.learning_rate, betas=(0.9, 0.95), weight_decay=settings.weight_decay
        )
        self.steps = settings.num_train_epochs * math.ceil(len(rows) / settings.batch_size)
        self.losses: list[float] = []

    def step(self, batch: Sequence[Encoded]) -> float:
        """One optimizer step; returns the batch's loss, the mean per trained token unless the objective has a mean of its own.

        Where memory runs out, microbatches become smaller.

        Raises:
            BadInput: the loss or its gradient is not a number, or a single row needs more memory than there is.
        """
        total = self._gradients(batch)
        norm = torch.nn.utils.clip_grad_norm_(self.weights, self.settings.max_grad_norm)
        if not math.isfinite(float(norm)):
            raise self._not_a_number("gradient", batch)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * schedule(len(self.losses), self.steps, self.settings.warmup_steps)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.losses.append(total)
        return total

    def _gradients(self, batch: Sequence[Encoded]) -> float:
        """Gradients of the batch's loss, which is returned."""
        passes = getattr(self.objective, "passes", 1)
        while True:
            total, part = 0.0, list(batch)
            try:
                for part in self.parts(batch, max(1, self._budget // passes)):
                    loss = loss_share(self.objective, self.model, part, batch)
                    if not math.isfinite(float(loss.detach())):
                        raise self._not_a_number("loss", part)
                    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
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


def _save_adapter(model: Any, out: Path, base: ModelRef, revision: str) -> None:
    """Peft's files, with the base named as the user named it, not by a path of this machine."""
    import orjson

    model.save_pretrained(str(out))
    (out / "README.md").unlink(missing_ok=True)  # peft's empty card; the run's report has more
    config = orjson.loads((out / "adapter_config.json").read_bytes())
    write_json(out / "adapter_config.json", {**config, "base_model_name_or_path": base.base, "revision": revision})
