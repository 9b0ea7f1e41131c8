"""Tiny bases, adapters and tokenizers for tests of what is exported; nothing is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tiny_models
import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from evals.files import read_json, write_json
from finetune import export_vocab

TEXT = Path(export_vocab.__file__).read_text(encoding="utf-8")
_BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False)
_WHOLE = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
CUTTING: Mapping[str, Any] = {
    "gpt-2": _BYTES,
    "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), _BYTES]),
    "llama-bpe": pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(export_vocab._LLAMA3), "isolated"), _WHOLE]),
    "dbrx": pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(export_vocab._LLAMA3), "isolated"), _WHOLE]),
    "qwen2": pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(export_vocab._QWEN2), "isolated"), _WHOLE]),
}
"""Tokenizers' ways to cut a text, by llama.cpp's name."""


def tokenizer(scheme: str = "gpt-2", template: str = tiny_models.CHATML) -> PreTrainedTokenizerFast:
    """A byte-level BPE with merges, trained on a module of goldloop."""
    made = Tokenizer(models.BPE(ignore_merges=scheme == "llama-bpe"))
    made.pre_tokenizer, made.decoder = CUTTING[scheme], decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=350, special_tokens=list(tiny_models.SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator([TEXT], trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        extra_special_tokens=["<|im_start|>", "<|im_end|>"],
    )
    wrapped.chat_template = template
    return wrapped


def base(family: str, folder: Path, *, scheme: str = "gpt-2", **settings: Any) -> Path:
    """A random model of a family with a tokenizer, written to a folder; ``settings`` replace those of the tiny configuration."""
    config = tiny_models.build(family).config
    config = type(config)(**{**config.to_dict(), "vocab_size": 360, **settings})
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, mean=0.0 if weight.ndim > 1 else 1.0, std=0.15)
    model.save_pretrained(folder)
    tokenizer(scheme).save_pretrained(folder)
    return folder


def adapter(of: Path, folder: Path, *, seed: int = 1) -> Path:
    """A random LoRA adapter of a base, large enough to change what it says."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(of)
    config = LoraConfig(
        r=4,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
        init_lora_weights=False,
        fan_in_fan_out=model.config.model_type == "gpt2",
    )
    get_peft_model(model, config).save_pretrained(folder)
    file = folder / "adapter_config.json"
    write_json(file, {**read_json(file), "base_model_name_or_path": str(of)})
    return folder
