"""Merged weights are base and adapter; a GGUF file holds the same numbers and tokens; what is not covered is refused by name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import exported_models
import numpy as np
import pytest
import tiny_models
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from evals.errors import BadInput
from evals.files import read_json, write_json
from evals.records import Message, ModelRef
from finetune.export_gguf import folder_of_gguf, write_gguf
from finetune.export_merge import write_merged
from finetune.export_ollama import modelfile, turn_texts
from finetune.export_vocab import adds_bos, read_vocabulary

IDS = torch.tensor([[7, 30, 100, 45, 9, 200, 31, 5]])
TEXTS = (
    "def f(x):\n    return x + 12345\n",
    "I'm HERE, WE'LL  see 3.14159 é你好  \t\n\n  done!!",
    "<|im_start|>user\nhi 100<|im_end|>\n",
    "   leading   \r\n x",
)
CASES: dict[str, dict[str, Any]] = {
    "llama untied": {"family": "llama"},
    "llama tied": {"family": "llama", "tie_word_embeddings": True},
    "qwen2 tied": {"family": "qwen2", "tie_word_embeddings": True, "scheme": "qwen2"},
    "gemma": {"family": "gemma", "tie_word_embeddings": True},
    "gpt2": {"family": "gpt2"},
}


def logits(folder: Path, **options: Any) -> torch.Tensor:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options).eval()
    with torch.inference_mode():
        found: torch.Tensor = model(IDS).logits
    return found


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_merged_logits_are_those_of_base_and_adapter(case: str, dtype: str, tmp_path: Path) -> None:
    base = exported_models.base(folder=tmp_path / "base", **CASES[case])
    adapter = exported_models.adapter(base, tmp_path / "adapter")
    merged = write_merged(ModelRef(base=str(base), adapter=str(adapter)), tmp_path / "out", dtype)
    with torch.inference_mode():
        adapted = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), str(adapter)).eval()
        wanted = adapted(IDS).logits
    found, plain = logits(tmp_path / "out"), logits(base)
    spread = float(wanted.std())
    assert float((found - wanted).abs().max()) < {"float32": 1e-4, "bfloat16": 0.1}[dtype] * spread
    assert float((plain - wanted).abs().max()) > spread / 2, "an adapter that changes nothing would prove nothing"
    stored = load_file(tmp_path / "out/model.safetensors")
    tied = AutoModelForCausalLM.from_pretrained(base).config.tie_word_embeddings
    assert ("lm_head.weight" in stored) is not tied
    assert {str(weight.dtype) for weight in stored.values()} == {f"torch.{dtype}"} and merged.dtype == dtype
    for file in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        assert (tmp_path / "out" / file).read_bytes() == (base / file).read_bytes()


def test_without_a_type_the_bases_own_is_kept_and_its_settings_too(tmp_path: Path) -> None:
    base = exported_models.base("llama", tmp_path / "base")
    AutoModelForCausalLM.from_pretrained(base).to(torch.bfloat16).save_pretrained(base)
    write_json(base / "generation_config.json", {"eos_token_id": [2, 4], "temperature": 0.6})  # which the library would refuse
    merged = write_merged(ModelRef(base=str(base), adapter=str(exported_models.adapter(base, tmp_path / "a"))), tmp_path / "out")
    assert merged.dtype == "bfloat16" and read_json(tmp_path / "out/config.json")["dtype"] == "bfloat16"
    assert (tmp_path / "out/generation_config.json").read_bytes() == (base / "generation_config.json").read_bytes()


def test_a_weight_beyond_half_precision_is_named(tmp_path: Path) -> None:
    base = exported_models.base("llama", tmp_path / "base")
    weights = load_file(base / "model.safetensors")
    weights["model.norm.weight"][0] = 1e6
    save_file(weights, base / "model.safetensors", metadata={"format": "pt"})
    adapter = exported_models.adapter(base, tmp_path / "a")
    with pytest.raises(BadInput, match=r"--dtype float16: model\.norm\.weight has a weight beyond 65504"):
        write_merged(ModelRef(base=str(base), adapter=str(adapter)), tmp_path / "out", "float16")
    with pytest.raises(BadInput, match="--dtype int8: expected float32, bfloat16, float16"):
        write_merged(ModelRef(base=str(base), adapter=str(adapter)), tmp_path / "out", "int8")


def test_a_disk_too_small_is_told_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = exported_models.base("llama", tmp_path / "base")
    adapter = exported_models.adapter(base, tmp_path / "a")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10_000}))
    with pytest.raises(BadInput, match=r"the merged weights need 0\.0 GB and 0\.0 GB are free"):
        write_merged(ModelRef(base=str(base), adapter=str(adapter)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
GGUF_CASES: dict[str, dict[str, Any]] = {
    "llama tied": {"family": "llama", "tie_word_embeddings": True},
    "mistral": {"family": "mistral", "sliding_window": None},
    "qwen2 tied": {"family": "qwen2", "tie_word_embeddings": True, "scheme": "qwen2"},
    "qwen2 untied": {"family": "qwen2", "scheme": "qwen2"},
}


@pytest.mark.parametrize("case", GGUF_CASES)
def test_a_gguf_read_by_transformers_says_the_same(case: str, tmp_path: Path) -> None:
    base = exported_models.base(folder=tmp_path / "base", **GGUF_CASES[case])
    write_gguf(base, tmp_path / "m.gguf", "f32", name="tiny", licence="mit")
    found = logits(tmp_path, gguf_file="m.gguf")
    wanted = logits(base)
    assert torch.allclose(found, wanted, atol=1e-4 * float(wanted.std()))
    tokenizer, own = AutoTokenizer.from_pretrained(tmp_path, gguf_file="m.gguf"), AutoTokenizer.from_pretrained(base)
    scheme = GGUF_CASES[case].get("scheme", "gpt-2")
    known = exported_models.tokenizer(scheme).get_vocab()  # the library's class for qwen2 adds a token that its file has not
    assert {token: tokenizer.convert_tokens_to_ids(token) for token in known} == known
    assert tokenizer.chat_template == own.chat_template and tokenizer.eos_token_id == own.eos_token_id
    if scheme == "gpt-2":  # the library does not read how another scheme cuts
        assert [tokenizer(text)["input_ids"] for text in TEXTS] == [own(text)["input_ids"] for text in TEXTS]


@pytest.mark.parametrize("form", ["f32", "f16", "bf16", "q8_0"])
def test_every_tensor_comes_back(form: str, tmp_path: Path) -> None:
    base = exported_models.base("llama", tmp_path / "base", rope_parameters=LLAMA3, attention_bias=True, mlp_bias=True)
    write_gguf(base, tmp_path / "m.gguf", form)
    folder_of_gguf(tmp_path / "m.gguf", base, tmp_path / "back")
    wanted, found = load_file(base / "model.safetensors"), load_file(tmp_path / "back/model.safetensors")
    assert found.keys() == wanted.keys()
    for name, weight in wanted.items():
        expected = weight.to({"f16": torch.float16, "bf16": torch.bfloat16}.get(form, torch.float32)).float()
        if weight.ndim < 2 or form != "q8_0":
            assert torch.equal(found[name], weight if weight.ndim < 2 else expected), name
        else:
            largest = weight.reshape(-1, 32).abs().amax(1, keepdim=True)
            half_a_step = largest / 127 * (0.5 + 127 / 2**11)  # and the scale, which is a half-precision number
            assert ((found[name] - weight).reshape(-1, 32).abs() <= half_a_step).all(), name
    kinds = {tensor.name: tensor.tensor_type.name for tensor in GGUFReader(tmp_path / "m.gguf").tensors}
    assert kinds["blk.0.attn_q.weight"] == form.upper() and kinds["output_norm.weight"] == "F32"


def test_a_matrix_without_whole_blocks_is_stored_as_f16(tmp_path: Path) -> None:
    base = exported_models.base("llama", tmp_path / "base", intermediate_size=40)
    write_gguf(base, tmp_path / "m.gguf", "q8_0")
    kinds = {tensor.name: tensor.tensor_type.name for tensor in GGUFReader(tmp_path / "m.gguf").tensors}
    assert kinds["blk.0.ffn_down.weight"] == "F16" and kinds["blk.0.ffn_up.weight"] == "Q8_0"


def test_frequencies_of_llama3_are_those_of_transformers(tmp_path: Path) -> None:
    base = exported_models.base("llama", tmp_path / "base", rope_parameters=LLAMA3, hidden_size=128, head_dim=32)
    write_gguf(base, tmp_path / "m.gguf", "f32")
    stored = next(tensor for tensor in GGUFReader(tmp_path / "m.gguf").tensors if tensor.name == "rope_freqs.weight")
    model = AutoModelForCausalLM.from_pretrained(base).model
    plain = 1 / 10000.0 ** (np.arange(0, 32, 2) / 32)
    assert np.allclose(plain / dequantize(stored.data, stored.tensor_type), model.rotary_emb.inv_freq.numpy(), rtol=1e-5)
    assert len(set(stored.data.tolist())) > 2


@pytest.mark.parametrize("scheme", exported_models.CUTTING)
def test_a_vocabulary_keeps_tokens_types_merges_and_its_cutting(scheme: str, tmp_path: Path) -> None:
    made = exported_models.tokenizer(scheme)
    made.add_tokens(["<user_token>"])
    made.save_pretrained(tmp_path)
    found = read_vocabulary(tmp_path, made, 360)
    assert found.pre == scheme and len(found.tokens) == len(found.types) == 360
    vocabulary = made.get_vocab()
    assert {text: number for number, text in enumerate(found.tokens) if found.types[number] != 5} == vocabulary
    kinds = dict(zip(found.tokens, found.types, strict=True))
    assert (kinds["<|im_end|>"], kinds["<user_token>"], kinds["e"], kinds["[PAD359]"]) == (3, 4, 1, 5)
    stored = read_json(tmp_path / "tokenizer.json")["model"]["merges"]
    assert [merge.split(" ") for merge in found.merges] == stored and len(stored) > 50
    assert found.special == {"bos": 1, "eos": 2, "pad": 0, "eot": 4} and not found.add_bos


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"model_type": "gemma"},
            "of the kind 'gemma', and only llama, mistral, qwen2, qwen3 are written here; use llama.cpp's own",
        ),
        ({"hidden_act": "gelu"}, "the model's hidden_act is 'gelu', expected 'silu'"),
        ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0}}, "the model's rope_type is 'yarn'"),
        ({"model_type": "mistral", "sliding_window": 16}, "the model's sliding_window is 16"),
    ],
)
def test_a_model_that_is_not_covered_is_refused_by_name(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    base = exported_models.base("llama", tmp_path / "base")
    write_json(base / "config.json", {**read_json(base / "config.json"), **change})
    with pytest.raises(BadInput, match=re.escape(message)):
        write_gguf(base, tmp_path / "m.gguf", "f16")
    assert list(tmp_path.iterdir()) == [base]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("model", "byte_fallback"), True, "the tokenizer is BPE with byte fallback"),
        (("model", "type"), "Unigram", "the tokenizer is Unigram"),
        (("normalizer",), {"type": "Lowercase"}, "the tokenizer normalises texts (Lowercase)"),
        (("pre_tokenizer",), {"type": "Whitespace"}, "the tokenizer cuts texts in a way that has no name here (Whitespace)"),
    ],
)
def test_a_tokenizer_that_is_not_covered_is_refused_by_name(
    path: tuple[str, ...], value: Any, message: str, tmp_path: Path
) -> None:
    made = exported_models.tokenizer()
    made.save_pretrained(tmp_path)
    known = read_json(tmp_path / "tokenizer.json")
    (known[path[0]] if len(path) > 1 else known)[path[-1]] = value
    write_json(tmp_path / "tokenizer.json", known)
    with pytest.raises(BadInput, match=re.escape(message)):
        read_vocabulary(tmp_path, made, 360)


NO_SYSTEM = (
    "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no') }}{% endif %}<|im_start|>{{ m['content'] }}"
    "<|im_end|>{% endfor %}"
)
DEFAULT_SYSTEM = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}<|im_start|>system\nBe nice<|im_end|>\n"
    "{% endif %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
FIRST_TOKEN = "<s>" + tiny_models.CHATML


def say(role: str, content: str) -> Message:
    return {"role": role, "content": content}


@pytest.mark.parametrize("template", [tiny_models.CHATML, DEFAULT_SYSTEM, FIRST_TOKEN])
def test_a_template_of_fixed_texts_is_written_in_ollamas_language(template: str) -> None:
    made = exported_models.tokenizer(template=template)
    found = turn_texts(made)
    assert found is not None
    for talk in ([say("user", "x y")], [say("system", "s"), say("user", "u"), say("assistant", "a"), say("user", "v")]):
        assert found.write(talk) == made.apply_chat_template(talk, add_generation_prompt=True, tokenize=False)
    text = modelfile(made, "m.gguf", name="tiny", context=32768, temperature=0.0)
    assert text.startswith('# ollama create tiny -f Modelfile\nFROM ./m.gguf\nTEMPLATE """')
    assert text.endswith('"""\nPARAMETER stop "<|im_end|>"\nPARAMETER num_ctx 8192\nPARAMETER temperature 0\n')
    assert '{{ else if eq .Role "user" }}<|im_start|>user\n{{ .Content }}<|im_end|>\n{{ else if' in text
    assert ("{{ if not .System }}" in text) is (template is not tiny_models.CHATML)


def test_the_first_token_that_an_engine_adds_is_not_written_twice() -> None:
    made = exported_models.tokenizer(template=FIRST_TOKEN)
    found = turn_texts(made, skip="<s>")
    assert found is not None and found.default == "" and found.system[0] == "<|im_start|>system\n"


def test_a_template_that_does_more_has_no_translation_and_says_so() -> None:
    made = exported_models.tokenizer(template=NO_SYSTEM)
    assert turn_texts(made) is None
    text = modelfile(made, "m.gguf", name="tiny", context=0, temperature=None)
    assert 'TEMPLATE "' not in text and "# No TEMPLATE:" in text and 'PARAMETER stop "<|im_end|>"' in text
    trimmed = tiny_models.CHATML.replace("message['content']", "message['content'] | trim")
    assert turn_texts(exported_models.tokenizer(template=trimmed)) is not None  # the same for every text that was tried
    upper = tiny_models.CHATML.replace("message['content']", "message['content'] | upper")
    assert turn_texts(exported_models.tokenizer(template=upper)) is None


def test_an_engine_adds_the_first_token_only_where_template_and_tokenizer_both_do() -> None:
    from tokenizers.processors import TemplateProcessing

    both = exported_models.tokenizer(template=FIRST_TOKEN)
    assert not adds_bos(both)
    for template, wanted in ((FIRST_TOKEN, True), (tiny_models.CHATML, False)):
        made = exported_models.tokenizer(template=template)
        made.backend_tokenizer.post_processor = TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
        assert adds_bos(made) is wanted
