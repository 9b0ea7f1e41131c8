"""LoRA on transformers and peft: a plain loop whose every batch follows from the seed, resumable at each step.

The steps are in ``finetune.steps``, what is learnt from a row in ``finetune.objectives``.
"""

from __future__ import annotations

import gc
import importlib.util
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from evals.errors import BadInput, joined
from evals.files import digest_file, write_json
from evals.models.adapters import require_adapter
from evals.models.chat import load_tokenizer
from evals.models.loading import load_weights
from evals.models.resolve import ResolvedModel, resolve_model
from evals.progress import Progress, Silent
from evals.records import ModelRef
from finetune.base import WEIGHTS, Learnt, Lesson, objective_of
from finetune.batches import epoch_batches
from finetune.checkpoints import FILE
from finetune.likelihood import mean_probabilities
from finetune.objectives import require_next_token_loss
from finetune.processes import Team, team
from finetune.settings import CHOOSING, HOW_ONLY, FinetuneSettings
from finetune.steps import LoraRun
from finetune.tracking import Trackers, require_trackers
from trainset.records import Example
from trainset.render import EmptyRow, Encoded, encode_example

_SAVE_SECONDS = 60.0


class LoraTrainer:
    """See the module. It has no further options: everything it needs is in ``finetune.*``."""

    by_epoch = True

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
        """See ``Trainer.train``. Resumes from the last checkpoint; the result is that of an undisturbed run."""
        settings = lesson.settings
        # What can be wrong is said before a model is loaded.
        objective_of(settings.objective, settings.objective_options)
        require_trackers(settings.report_to)
        if settings.load_in_4bit and importlib.util.find_spec("bitsandbytes") is None:
            raise BadInput("finetune.load_in_4bit: needs a package: pip install bitsandbytes, or set it to false")
        resolved = resolve_model(lesson.base.base)
        tokenizer = load_tokenizer(resolved.path, lesson.base.base)
        rows = _encoded(lesson, tokenizer)
        if lesson.base.adapter:
            require_adapter(Path(lesson.base.adapter), lesson.base.base, resolved)
        with team() as processes:
            model = _load_base(lesson, resolved, tokenizer, processes)
            require_next_token_loss(model, min(rows, key=lambda row: len(row.ids)), lesson.base.base)
            run = LoraRun(model, rows, settings, lesson.base.adapter, processes)
            epochs = _take_steps(lesson, run, rows, resolved, processes)
            if processes.number == 0:
                _save_adapter(run.model, lesson.out, lesson.base, resolved.revision)
            processes.wait()
        learnt = Learnt(
            revision=resolved.revision,
            losses=run.losses,
            epochs=epochs,
            trained_tokens=epochs * sum(len(row.ids) - row.prompt_length for row in rows),
            total_tokens=epochs * sum(len(row.ids) for row in rows),
            learning_rate=run.rate,
        )
        del run, model
        gc.collect()
        return learnt


def _load_base(lesson: Lesson, resolved: ResolvedModel, tokenizer: Any, processes: Team) -> Any:
    """The base in the number format of the settings."""
    settings = lesson.settings
    dtype = None if settings.dtype == "auto" else getattr(torch, settings.dtype)
    quantization = None
    if settings.load_in_4bit:
        from transformers import BitsAndBytesConfig

        # NF4 with doubly quantised constants: QLoRA (arXiv 2305.14314).
        quantization = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype or (torch.bfloat16 if torch.cuda.is_available() else torch.float32),
        )
    return load_weights(resolved, tokenizer, lesson.base.base, processes.device, dtype=dtype, quantization=quantization)


def _take_steps(lesson: Lesson, run: LoraRun, rows: Sequence[Encoded], resolved: ResolvedModel, processes: Team) -> int:
    """All steps that the lesson asks for and a checkpoint has not; returns the epochs that are done then."""
    settings, first = lesson.settings, processes.number == 0
    bar = lesson.progress if first else Silent()
    identity: dict[str, Any] = {
        "trainset": lesson.trainset,
        "base": resolved.revision,
        "settings": settings.model_dump(mode="json", exclude=set(HOW_ONLY | CHOOSING)),
    }
    if lesson.base.adapter:
        identity["adapter"] = digest_file(Path(lesson.base.adapter, WEIGHTS))
    checkpoint = lesson.state or lesson.out / FILE
    done = run.restore(checkpoint, identity)
    epochs, an_epoch = lesson.epochs or settings.num_train_epochs, math.ceil(len(rows) / settings.batch_size)
    trackers = Trackers(settings.report_to if first else (), lesson.out, _plain(settings), done + 1)
    bar.start("finetune", sum(len(row.ids) for row in rows) * epochs, "tokens")
    saved = time.monotonic()
    for step, batch in enumerate(batch for epoch in range(epochs) for batch in epoch_batches(rows, settings, epoch)):
        tokens = sum(len(row.ids) for row in batch)
        if step < done:
            bar.advance(tokens)
            continue
        started, rate = time.monotonic(), run.rate_now
        loss = run.step(batch)
        bar.advance(tokens, f"loss {loss:.3f}")
        now = time.monotonic()
        figures = {"loss": loss, "learning_rate": rate, "grad_norm": run.norm, "tokens_per_second": tokens / (now - started)}
        trackers.log({**figures, "epoch": (step + 1) / an_epoch}, step + 1)
        last, whole = step + 1 == run.steps, (step + 1) % an_epoch == 0
        due = (step + 1) % settings.save_steps == 0 if settings.save_steps else now - saved >= _SAVE_SECONDS
        if first and not last and (due or whole):
            run.save(checkpoint, identity)
            saved = time.monotonic()
    trackers.close()
    bar.finish(f"loss {run.losses[-1]:.3f}")
    if first and len(run.losses) == run.steps:
        checkpoint.unlink(missing_ok=True)
    return epochs


def _plain(settings: FinetuneSettings) -> dict[str, Any]:
    """The settings as one level of plain values."""
    dumped = settings.model_dump(mode="json", exclude=set(CHOOSING))
    lora = {f"lora.{key}": value for key, value in dumped.pop("lora").items()}
    return {key: value if isinstance(value, (int, float, str)) else str(value) for key, value in {**dumped, **lora}.items()}


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


def _save_adapter(model: Any, out: Path, base: ModelRef, revision: str) -> None:
    """Peft's files, with the base named as the user named it, not by a path of this machine."""
    import orjson

    model.save_pretrained(str(out))
    (out / "README.md").unlink(missing_ok=True)  # peft's empty card; the run's report has more
    config = orjson.loads((out / "adapter_config.json").read_bytes())
    write_json(out / "adapter_config.json", {**config, "base_model_name_or_path": base.base, "revision": revision})
