"""A model's folder as one GGUF file, for llama.cpp, Ollama and what else reads it: written here over the ``gguf`` package.

Covers dense models of the Llama, Mistral, Qwen2 and Qwen3 families with byte-level BPE, in f32, f16, bf16 and q8_0. Every other
family, rotation or tokenizer is refused by name: a file that loads and answers wrong is worse than none. Tensors are read,
changed and written one at a time. Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.errors import BadInput
from finetune.export_vocab import CONVERTER, GgufVocabulary, read_vocabulary

if TYPE_CHECKING:
    import numpy as np

FORMS: Mapping[str, str] = {"f32": "F32", "f16": "F16", "bf16": "BF16", "q8_0": "Q8_0"}
"""How weights are stored, with the ``gguf`` package's name. Vectors (norms, biases) stay f32, as in llama.cpp's own files."""
_FILE_TYPES = {"f32": "ALL_F32", "f16": "MOSTLY_F16", "bf16": "MOSTLY_BF16", "q8_0": "MOSTLY_Q8_0"}
_BLOCK = 32
_LARGEST_HALF = 65504.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufFamily:
    """``name`` in GGUF. ``turned``: rows of query and key are kept in pairs of one rotation, as the original Llama has them."""

    name: str
    turned: bool


FAMILIES: Mapping[str, GgufFamily] = {
    "llama": GgufFamily(name="llama", turned=True),
    "mistral": GgufFamily(name="llama", turned=True),
    "qwen2": GgufFamily(name="qwen2", turned=False),
    "qwen3": GgufFamily(name="qwen3", turned=False),
}
"""By ``model_type`` of the configuration."""


def require_form(form: str) -> None:
    """Check the name of a form.

    Raises:
        BadInput: there is none of this name.
    """
    if form not in FORMS:
        raise BadInput(f"--gguf {form}: expected {', '.join(FORMS)}; for others, quantise a f16 or bf16 file with llama-quantize")


def require_family(config: Any) -> GgufFamily:
    """The family of a configuration of transformers.

    Raises:
        BadInput: it is not covered, or the configuration asks for what the family's GGUF cannot say.
    """
    family = FAMILIES.get(config.model_type)
    if family is None:
        raise BadInput(
            f"--gguf: the model is of the kind {config.model_type!r}, and only {', '.join(FAMILIES)} are written here; "
            f"use {CONVERTER}"
        )
    asked = {
        "hidden_act": (config.hidden_act, "silu"),
        "rope_type": (_rope(config).get("rope_type", "default"), ("default", "linear", "llama3")),
        "partial_rotary_factor": (_rope(config).get("partial_rotary_factor") or 1.0, 1.0),
        "sliding_window": (_window(config), None),
    }
    for key, (found, allowed) in asked.items():
        if found not in (allowed if isinstance(allowed, tuple) else (allowed,)):
            raise BadInput(f"--gguf: the model's {key} is {found!r}, expected {allowed!r}; use {CONVERTER}")
    return family


def _window(config: Any) -> int | None:
    """The window of attention where it is shorter than the longest text; else it changes nothing."""
    if config.model_type == "qwen2" and not getattr(config, "use_sliding_window", False):
        return None
    window = getattr(config, "sliding_window", None)
    return window if window is not None and window < config.max_position_embeddings else None


def _rope(config: Any) -> Mapping[str, Any]:
    return getattr(config, "rope_parameters", None) or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """One tensor of the file: its ``shape``, the stored form, and what gives its numbers in float32.

    ``key`` is its name in the folder, empty for one that is computed; ``heads`` are those whose rows are turned, 0 for none.
    """

    name: str
    shape: tuple[int, ...]
    form: str
    read: Callable[[], np.ndarray]
    key: str = ""
    heads: int = 0


def write_gguf(folder: Path, file: Path, form: str, *, name: str = "", licence: str = "") -> None:
    """Write the model of a folder (safetensors) as a GGUF file; whole or absent.

    Raises:
        BadInput: the form, the family or the tokenizer is not covered, or a weight is too large for f16.
    """
    from gguf import GGUFWriter
    from transformers import AutoConfig

    from evals.models.chat import load_tokenizer

    require_form(form)
    config = AutoConfig.from_pretrained(folder)
    family = require_family(config)
    planned = list(_planned(folder, config, family, form))
    rows = next(tensor.shape[0] for tensor in planned if tensor.name == "token_embd.weight")
    vocabulary = read_vocabulary(folder, load_tokenizer(folder, str(folder)), rows)
    unfinished = file.with_name(f".{file.name}.unfinished")
    writer = GGUFWriter(unfinished, family.name)
    try:
        _say_what_it_is(writer, config, form, name=name, licence=licence)
        _say_vocabulary(writer, vocabulary)
        for tensor in planned:
            _announce(writer, tensor)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for tensor in planned:
            writer.write_tensor_data(_stored(tensor))
        writer.close()
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _say_what_it_is(writer: Any, config: Any, form: str, *, name: str, licence: str) -> None:
    from gguf import GGML_QUANT_VERSION, LlamaFileType, RopeScalingType

    heads, rope = config.num_attention_heads, _rope(config)
    size = head_size(config)
    writer.add_type("model")
    if name:
        writer.add_name(name)
    if licence:
        writer.add_license(licence)
    writer.add_file_type(LlamaFileType[_FILE_TYPES[form]])
    writer.add_quantization_version(GGML_QUANT_VERSION)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    writer.add_head_count_kv(getattr(config, "num_key_value_heads", None) or heads)
    writer.add_key_length(size)
    writer.add_value_length(size)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(size)
    writer.add_rope_freq_base(float(rope.get("rope_theta", 10000.0)))
    writer.add_vocab_size(config.vocab_size)
    if rope.get("rope_type") == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(float(rope["factor"]))


def _say_vocabulary(writer: Any, vocabulary: GgufVocabulary) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    for kind, number in vocabulary.special.items():
        getattr(writer, f"add_{kind}_token_id")(number)
    writer.add_add_bos_token(vocabulary.add_bos)
    writer.add_add_eos_token(False)
    if vocabulary.template:
        writer.add_chat_template(vocabulary.template)


def folder_of_gguf(file: Path, folder: Path, out: Path) -> None:
    """Write a folder with the weights that a GGUF file of ``folder``'s model has, in float32: what an engine computes with.

    Configuration and tokenizer are those of ``folder``; tensors come back under their own names and in their own order.

    Raises:
        BadInput: the file lacks a tensor of the folder's model.
    """
    import torch
    from gguf import GGUFReader
    from gguf.quants import dequantize
    from safetensors.torch import save_file
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(folder)
    stored = {tensor.name: tensor for tensor in GGUFReader(file).tensors}
    weights = {}
    for tensor in _planned(folder, config, require_family(config), "f32"):
        if not tensor.key:
            continue
        if tensor.name not in stored:
            raise BadInput(f"{file}: has no tensor {tensor.name}; write it again")
        found = stored[tensor.name]
        values = dequantize(found.data, found.tensor_type).reshape(tensor.shape)
        if tensor.heads:
            values = halves_of_rotation(values, tensor.heads)
        weights[tensor.key] = torch.from_numpy(values.copy())
    out.mkdir(parents=True, exist_ok=True)
    for beside in folder.iterdir():
        if beside.is_file() and beside.suffix not in (".safetensors", ".gguf") and not beside.name.endswith(".index.json"):
            shutil.copyfile(beside, out / beside.name)
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})


def is_exact(form: str, dtype: str) -> bool:
    """Whether a form holds weights of a type (``finetune.export_merge.WEIGHT_BYTES``) without rounding."""
    return form == "f32" or (form, dtype) in (("bf16", "bfloat16"), ("f16", "float16"))


def head_size(config: Any) -> int:
    """Width of one attention head."""
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)


def _planned(folder: Path, config: Any, family: GgufFamily, form: str) -> Iterator[_Planned]:
    """The tensors of a folder in the order of its files, under GGUF's names.

    Raises:
        BadInput: a tensor has no name in this family.
    """
    import gguf
    from safetensors import safe_open

    kind = next(arch for arch, known in gguf.MODEL_ARCH_NAMES.items() if known == family.name)
    names = gguf.get_tensor_name_map(kind, config.num_hidden_layers)
    tied = bool(config.tie_word_embeddings)
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as weights:
            for key in weights.keys():  # noqa: SIM118  # no mapping: it has only keys()
                if tied and key == "lm_head.weight":
                    continue
                found = names.get_name(key, try_suffixes=(".weight", ".bias"))
                if found is None:
                    raise BadInput(
                        f"--gguf: {file.name} has {key}, which has no place in a GGUF of {family.name}; use {CONVERTER}"
                    )
                shape = tuple(weights.get_slice(key).get_shape())
                heads = _heads_of(key, config) if family.turned else 0
                yield _Planned(
                    name=found, shape=shape, form=_form_of(shape, form), read=_reader(file, key, heads), key=key, heads=heads
                )
    if _rope(config).get("rope_type") == "llama3":
        factors = llama3_factors(_rope(config), head_size(config))
        yield _Planned(name="rope_freqs.weight", shape=(len(factors),), form="f32", read=lambda: _array(factors))


def _array(values: Sequence[float]) -> np.ndarray:
    import numpy as np

    return np.array(values, dtype=np.float32)


def _heads_of(key: str, config: Any) -> int:
    """How many heads a query's or a key's weight has; 0 for any other tensor."""
    if ".q_proj." in key:
        return int(config.num_attention_heads)
    return int(getattr(config, "num_key_value_heads", None) or config.num_attention_heads) if ".k_proj." in key else 0


def _reader(file: Path, key: str, heads: int) -> Callable[[], np.ndarray]:
    def read() -> np.ndarray:
        import torch
        from safetensors import safe_open

        with safe_open(file, framework="pt") as weights:
            values: np.ndarray = weights.get_tensor(key).to(torch.float32).numpy()
        return pairs_of_rotation(values, heads) if heads else values

    return read


def pairs_of_rotation(weight: np.ndarray, heads: int) -> np.ndarray:
    """Rows of a query or key in llama.cpp's order: within a head, row i of each half beside the other.

    transformers rotates the first half of a head against the second, llama.cpp neighbours against each other.
    """
    halves = weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:])
    return halves.swapaxes(1, 2).reshape(weight.shape)


def halves_of_rotation(weight: np.ndarray, heads: int) -> np.ndarray:
    """What ``pairs_of_rotation`` was given."""
    pairs = weight.reshape(heads, weight.shape[0] // heads // 2, 2, *weight.shape[1:])
    return pairs.swapaxes(1, 2).reshape(weight.shape)


def llama3_factors(rope: Mapping[str, Any], size: int) -> list[float]:
    """By how much each frequency is divided under Llama 3's scaling, as transformers computes it (``rope_type: llama3``)."""
    factor, low, high = float(rope["factor"]), float(rope["low_freq_factor"]), float(rope["high_freq_factor"])
    trained = int(rope["original_max_position_embeddings"])
    factors = []
    for place in range(0, size, 2):
        length = 2 * math.pi * float(rope["rope_theta"]) ** (place / size)
        if length < trained / high:
            factors.append(1.0)
        elif length > trained / low:
            factors.append(factor)
        else:
            smooth = (trained / length - low) / (high - low)
            factors.append(1 / ((1 - smooth) / factor + smooth))
    return factors


def _form_of(shape: Sequence[int], form: str) -> str:
    """Vectors stay f32; a matrix whose rows are no whole blocks of q8_0 is f16, as llama.cpp stores it."""
    if len(shape) < 2:
        return "f32"
    return "f16" if form == "q8_0" and shape[-1] % _BLOCK else form


def _announce(writer: Any, tensor: _Planned) -> None:
    import numpy as np
    from gguf import GGMLQuantizationType, quant_shape_to_byte_shape

    kind = GGMLQuantizationType[FORMS[tensor.form]]
    plains: dict[str, np.dtype[Any]] = {"f32": np.dtype(np.float32), "f16": np.dtype(np.float16)}
    plain = plains.get(tensor.form)
    if plain is not None:
        writer.add_tensor_info(tensor.name, tensor.shape, plain, math.prod(tensor.shape) * plain.itemsize, raw_dtype=kind)
    else:
        shape = quant_shape_to_byte_shape(tensor.shape, kind)
        writer.add_tensor_info(tensor.name, shape, np.dtype(np.uint8), math.prod(shape), raw_dtype=kind)


def _stored(tensor: _Planned) -> np.ndarray:
    import numpy as np
    from gguf import GGMLQuantizationType
    from gguf.quants import quantize

    values = tensor.read()
    if tensor.form == "f16" and float(np.abs(values).max()) > _LARGEST_HALF:
        raise BadInput(f"--gguf f16: {tensor.name} has a weight beyond {_LARGEST_HALF:g}, which f16 cannot hold; take bf16")
    stored: np.ndarray = quantize(values, GGMLQuantizationType[FORMS[tensor.form]])
    return stored
