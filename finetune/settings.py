"""Settings of the LoRA run, under the names that peft and transformers use, with where the defaults come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from evals.records import Record


class LoraSettings(Record):
    """``lora.*``. All-linear, rank 32, alpha 32: LoRA Without Regret (Thinking Machines, 2025) and tinker-cookbook."""

    r: int = Field(default=32, gt=0, description="rank")
    lora_alpha: int = Field(default=32, gt=0, description="scale is alpha / r")
    lora_dropout: float = Field(default=0.0, ge=0, lt=1, description="dropout on the adapter's input")
    target_modules: str | tuple[str, ...] = Field(default="all-linear", description="layers that get an adapter")


TrackerName = Literal["tensorboard", "trackio", "wandb", "mlflow"]
DtypeName = Literal["auto", "float32", "bfloat16", "float16"]


def _one_problem(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """One finding for a value that is neither, where pydantic has one for each kind that it might be."""
    try:
        return read(value)
    except ValidationError:
        raise ValueError("Input should be a number greater than 0, or auto") from None


Rate = Annotated[Annotated[float, Field(gt=0)] | Literal["auto"], WrapValidator(_one_problem)]


class FinetuneSettings(Record):
    """``finetune.*``. Learning rate: tinker-cookbook's rule; epochs and batch: SWE-smith, LoRA Without Regret."""

    learning_rate: Rate = Field(
        default="auto", description="peak, after warm-up; cosine to a tenth. auto follows from the model's width (1.3e-3 at 576)"
    )
    sweep: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        default=(), description="learning rates to train with, in place of learning_rate; the best on dev is kept"
    )
    num_train_epochs: int = Field(default=2, gt=0, description="passes over the trainset, at most")
    batch_size: int = Field(default=16, gt=0, description="effective batch, in rows")
    warmup_steps: int = Field(default=3, ge=0, description="optimizer steps of linear warm-up")
    weight_decay: float = Field(default=0.0, ge=0, description="of AdamW, on the adapter")
    max_grad_norm: float = Field(default=1.0, gt=0, description="gradient clipping")
    max_length: int = Field(default=1024, gt=0, description="tokens a row; a longer row is an error")
    tokens_per_microbatch: int = Field(default=1024, gt=0, description="bounds memory, does not change the result's meaning")
    dtype: DtypeName = Field(
        default="auto", description="of the base: float32, bfloat16, float16; auto is float32 on a CPU, bfloat16 on a GPU"
    )
    load_in_4bit: bool = Field(default=False, description="keep the base in 4 bits (QLoRA); needs bitsandbytes")
    gradient_checkpointing: bool = Field(default=False, description="compute activations twice instead of keeping them")
    save_steps: int = Field(
        default=0, ge=0, description="optimizer steps between checkpoints; 0 is every minute, and each epoch's end"
    )
    report_to: tuple[TrackerName, ...] = Field(default=(), description="tools that get the curves, each where it is installed")
    seed: int = 0
    seeds: int = Field(default=1, ge=1, description="adapters to train, with as many seeds; the best on dev is the candidate")
    dev_samples: int = Field(
        default=0, ge=0, description="answers a dev task by which epoch and adapter scale are chosen; 0 takes the last epoch"
    )
    dev_temperature: float = Field(default=0.5, gt=0, le=5, description="of those answers")
    dev_scales: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(
        default=(0.5, 0.75), description="shares of the adapter's change that are tried beside the whole, with dev_samples"
    )
    objective: str = Field(default="sft", description="what a row teaches: sft, weighted, dpo, or pkg.mod:function")
    objective_options: Mapping[str, Any] = Field(default={}, description="options of that objective")
    trainer: str = Field(default="lora", description="lora, scripted (trains nothing), or pkg.mod:Class")
    trainer_options: Mapping[str, Any] = Field(default={}, description="options of that trainer's class")
    lora: LoraSettings = LoraSettings()


HOW_ONLY = frozenset({"tokens_per_microbatch", "gradient_checkpointing", "save_steps", "report_to"})
"""Settings that change how a training runs, and what it gives but for rounding."""
CHOOSING = frozenset({"seeds", "sweep", "dev_samples", "dev_temperature", "dev_scales"})
"""Settings of the choice among several trainings; a single training knows nothing of them."""
