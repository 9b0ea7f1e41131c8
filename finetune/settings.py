"""Settings of the LoRA run, under the names that peft and transformers use, with where the defaults come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from evals.records import Record


class LoraSettings(Record):
    """``lora.*``. All-linear, rank 32, alpha 32: LoRA Without Regret (Thinking Machines, 2025) and tinker-cookbook."""

    r: int = Field(default=32, gt=0, description="rank")
    lora_alpha: int = Field(default=32, gt=0, description="scale is alpha / r")
    lora_dropout: float = Field(default=0.0, ge=0, lt=1, description="dropout on the adapter's input")
    target_modules: str | tuple[str, ...] = Field(default="all-linear", description="layers that get an adapter")


class FinetuneSettings(Record):
    """``finetune.*``. Learning rate: TRL's LoRA guide; epochs and batch: SWE-smith, LoRA Without Regret."""

    learning_rate: float = Field(default=2e-4, gt=0, description="peak, after warm-up; cosine to a tenth")
    num_train_epochs: int = Field(default=3, gt=0, description="passes over the trainset")
    batch_size: int = Field(default=16, gt=0, description="effective batch, in rows")
    warmup_steps: int = Field(default=3, ge=0, description="optimizer steps of linear warm-up")
    weight_decay: float = Field(default=0.0, ge=0, description="of AdamW, on the adapter")
    max_grad_norm: float = Field(default=1.0, gt=0, description="gradient clipping")
    max_length: int = Field(default=1024, gt=0, description="tokens a row; a longer row is an error")
    tokens_per_microbatch: int = Field(default=1024, gt=0, description="bounds memory, does not change the result's meaning")
    seed: int = 0
    seeds: int = Field(default=1, ge=1, description="adapters to train, with as many seeds; the best on dev is the candidate")
    objective: str = Field(default="sft", description="what a row teaches: sft, weighted, dpo, or pkg.mod:function")
    objective_options: Mapping[str, Any] = Field(default={}, description="options of that objective")
    trainer: str = Field(default="lora", description="lora, scripted (trains nothing), or pkg.mod:Class")
    trainer_options: Mapping[str, Any] = Field(default={}, description="options of that trainer's class")
    lora: LoraSettings = LoraSettings()
