"""Random models of a few thousand weights, of every family that transformers lists, and a tokenizer of bytes; nothing is fetched.

A family's own defaults are made small by the names of their sizes; what a family needs beside that is in ``_OWN``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedConfig, PreTrainedTokenizerFast
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

FAMILIES = tuple(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)
SPECIAL = ("<pad>", "<s>", "</s>", "<|im_start|>", "<|im_end|>")
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_WIDTH, _INNER, _LAYERS, _HEADS = 32, 64, 2, 4
_SIZES: Mapping[str, int] = {
    **dict.fromkeys(
        ("hidden_size", "n_embd", "d_model", "dim", "emb_dim", "embedding_size", "embedding_dim", "lru_width"), _WIDTH
    ),
    **dict.fromkeys(("dim_model_base", "embed_dim", "hidden_size_per_layer_input"), _WIDTH),
    **dict.fromkeys(("intermediate_size", "n_inner", "ffn_dim", "d_ff", "dff", "ffn_hidden_size", "block_ff_dim"), _INNER),
    **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim", "expert_ffn_hidden_size", "shared_intermediate_size"), _INNER),
    **dict.fromkeys(("moe_intermediate_size", "shared_expert_intermediate_size", "shared_experts_intermediate_size"), _WIDTH),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_blocks", "num_decoder_layers"), _LAYERS),
    **dict.fromkeys(("encoder_layers", "decoder_layers", "num_encoder_layers"), _LAYERS),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads", "encoder_attention_heads"), _HEADS),
    **dict.fromkeys(("decoder_attention_heads", "num_decoder_attention_heads", "num_encoder_attention_heads"), _HEADS),
    **dict.fromkeys(("swa_num_attention_heads", "linear_num_heads", "index_n_heads"), _HEADS),
    **dict.fromkeys(("num_key_value_heads", "n_kv_heads", "swa_num_key_value_heads"), 2),
    **dict.fromkeys(("head_dim", "kv_channels", "linear_head_dim", "swa_head_dim", "index_head_dim", "rotary_dim"), 8),
    **dict.fromkeys(("kv_lora_rank", "q_lora_rank", "v_head_dim", "adapter_rank", "d_rel"), 8),
    **dict.fromkeys(("qk_rope_head_dim", "qk_nope_head_dim"), 8),
    **dict.fromkeys(
        ("max_position_embeddings", "n_positions", "max_sequence_length", "max_target_positions", "max_seq_len"), 512
    ),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"), 4),
    **dict.fromkeys(("num_experts_per_tok", "num_experts_per_token", "experts_per_token", "moe_k", "moe_topk"), 2),
    **dict.fromkeys(("n_group", "topk_group", "num_expert_group", "first_k_dense_replace"), 1),
    **dict.fromkeys(("mamba_n_heads", "n_mamba_heads", "mamba_d_head", "mamba_d_state", "state_size", "time_step_rank"), 8),
    **dict.fromkeys(("mamba_dt_rank", "max_seq_length"), 8),
    "vocab_size": 300,
    "vocab_size_per_layer_input": 300,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
# With two layers a hybrid has one of each kind; the rest are sizes that others follow from.
_ZAMBA = ["linear_attention", "hybrid", "linear_attention", "hybrid"]
_ROPE = {"rope_type": "default", "rope_theta": 10000.0}
_OWN: Mapping[str, Mapping[str, Any]] = {
    "bailing_hybrid": {"layer_types": ["linear_attention", "full_attention"]},
    "bamba": {"attn_layer_indices": [1], "mamba_n_groups": 1},
    "cohere_compass_text": {"rope_parameters": {"full_attention": _ROPE, "sliding_attention": _ROPE}},
    "blt": {"encoder_hash_byte_group_vocab": 500},
    "dbrx": {
        "attn_config": {"rope_theta": 10000.0, "kv_n_heads": 2, "clip_qkv": 8.0},
        "ffn_config": {"ffn_hidden_size": 64, "hidden_size": 32},
    },
    "deepseek_v2": {"num_experts_per_tok": 2, "topk_method": "greedy"},
    "dots1": {"n_routed_experts": 4, "n_shared_experts": 1, "num_experts_per_tok": 2},
    "dots3_note_audio_encoder": {"adapter_input_size": 32, "adapter_output_size": 32},
    "dots3_note_vision_encoder": {
        "mlp_layer_types": ["dense", "sparse"],
        "adapter_out_dim": 32,
        "adapter_in_dim": 32,
        "per_layer_config": {},
    },
    "dots3_note_text": {"per_layer_config": {}, "head_dim": 16},
    "falcon_h1": {"mamba_d_ssm": 64, "mamba_n_heads": 8, "mamba_d_head": 8, "mamba_n_groups": 1},
    "gemma3n_text": {"num_kv_shared_layers": 0, "activation_sparsity_pattern": [0.0, 0.0]},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "num_layers": 2},
    "granitemoehybrid": {"layer_types": ["linear_attention", "full_attention"]},
    "hunyuan_v1_dense": {"head_dim": 8},
    "hunyuan_v1_moe": {"head_dim": 8, "moe_topk": 2},
    "inkling2_text": {"unpadded_vocab_size": 300},
    "inkling2_loop_text": {"unpadded_vocab_size": 300},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "kimi_linear": {"layer_types": ["linear_attention", "full_attention"]},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"], "num_dense_layers": 1},
    "lfm3": {"layer_types": ["conv", "full_attention"]},
    "longcat_flash": {"head_dim": 8, "qk_rope_head_dim": 8},
    "mamba2": {"num_heads": 8, "head_dim": 8, "n_groups": 1},
    "ministral": {"head_dim": 8},
    "nemotron": {"num_key_value_heads": 2},
    "recurrent_gemma": {"block_types": ["recurrent", "attention"]},
    "qwen4_exp_text": {
        "layer_types": ["linear_attention", "full_attention"],
        "indexer_n_heads": 4,
        "indexer_kv_heads": 1,
        "indexer_head_dim": 8,
        "indexer_budget": 64,
        "indexer_compress_ratio": 4,
        "ngram_vocab_size_base": 300,
        "split_ngram_parts": 1,
    },
    "reformer": {
        "is_decoder": True,
        "axial_pos_shape": [16, 32],
        "axial_pos_embds_dim": [16, 16],
        "attn_layers": ["local", "local"],
        "attention_head_size": 8,
    },
    "roc_bert": {"pronunciation_vocab_size": 300, "shape_vocab_size": 300},
    "rwkv": {"attention_hidden_size": 32},
    "xlstm": {"qk_dim_factor": 1.0, "hidden_size": 64, "embedding_dim": 64},
    "xmod": {"default_language": "en_XX"},
    "zamba": {"layers_block_type": _ZAMBA, "num_hidden_layers": 4, "attention_hidden_size": 64, "attention_head_dim": 16},
    "zamba2": {"layers_block_type": _ZAMBA, "num_hidden_layers": 4, "num_mem_blocks": 1},
    "zaya": {"num_experts_per_tok": 1},
    **{
        family: {"layer_types": ["linear_attention", "full_attention"]}
        for family in ("qwen3_5_moe_text", "qwen3_5_text", "qwen3_next")
    },
}


_NEEDED: Mapping[str, Mapping[str, Any]] = {
    "dots1": {"n_routed_experts": 4, "n_shared_experts": 1, "num_experts_per_tok": 2},
    "gemma4_assistant": {"text_config": {"hidden_size_per_layer_input": 0, "vocab_size_per_layer_input": 0}},
}
"""What a family's configuration asks for before it has defaults."""


def build(family: str) -> Any:
    """A model with weights large enough that its texts differ from prompt to prompt."""
    default = AutoConfig.for_model(family, **_NEEDED.get(family, {}))
    config = type(default)(**{**_small(default), **_OWN.get(family, {})})
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config).eval()
    for weight in model.parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=0.15)
    return model


def _small(config: Any) -> dict[str, Any]:
    """Constructor arguments: the sizes that this configuration has, its parts made small in the same way."""
    found: dict[str, Any] = {}
    latent = "qk_rope_head_dim" in config.__dict__  # its head sizes follow from those of its parts
    for name, value in config.__dict__.items():
        if isinstance(value, PreTrainedConfig):
            found[name] = type(value)(**_small(value), **_OWN.get(value.model_type, {}))
        elif name in _SIZES and isinstance(value, int) and value and not (latent and name in ("head_dim", "num_key_value_heads")):
            found[name] = _SIZES[name]
    if latent:
        found["num_key_value_heads"] = _HEADS
    return found


def tokenizer(template: str = CHATML, **options: Any) -> PreTrainedTokenizerFast:
    """A tokenizer of bytes with a few special tokens; ``options`` replace its end, start and padding tokens."""
    vocabulary = {token: number for number, token in enumerate([*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    usual = {
        "pad_token": "<pad>",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "extra_special_tokens": ["<|im_start|>", "<|im_end|>"],
    }
    wrapped = PreTrainedTokenizerFast(tokenizer_object=made, **{**usual, **options})
    wrapped.chat_template = template
    return wrapped


def save(model: Any, folder: Path, **options: Any) -> str:
    """Write a model and a tokenizer as a folder that any loader takes."""
    model.save_pretrained(folder)
    tokenizer(**options).save_pretrained(folder)
    return str(folder)
