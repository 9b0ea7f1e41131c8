"""An adapter folded into its base and written as a model's folder: weights, configuration, tokenizer, template, settings.

Merged in float32 whatever the base is stored in, then stored in the asked type. Files of the tokenizer and the settings of
generation are the base's, byte for byte. Does not evaluate what it wrote (``loop.exporting`` does).
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.errors import BadInput
from evals.files import MANIFEST, digest_file, write_json
from evals.records import ModelRef, Record

WEIGHT_BYTES: Mapping[str, int] = {"float32": 4, "bfloat16": 2, "float16": 2}
"""Types that weights are stored in, with the bytes of one."""
_BESIDE = (
    "tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab.*", "merges.txt", "chat_template*", "*.jinja", "*.model",
    "generation_config.json", "LICENSE*", "NOTICE*",
)  # fmt: skip
_LARGEST_HALF = 65504.0


class MergedModel(Record):
    """What was written: a model stored as ``dtype``. ``context`` is the longest text that it takes, in tokens.

    ``revision`` is the digest of its (first) file of weights, ``base_revision`` that of the base, ``adapter`` that of the
    adapter's weights.
    """

    base: str
    base_revision: str
    base_source: str
    adapter: str
    dtype: str
    parameters: int
    context: int
    family: str
    revision: str


def require_dtype(name: str) -> None:
    """Check the name of a type of weights; empty is the base's own.

    Raises:
        BadInput: there is none of this name.
    """
    if name and name not in WEIGHT_BYTES:
        raise BadInput(f"--dtype {name}: expected {', '.join(WEIGHT_BYTES)}; without it, the base's own")


def write_merged(ref: ModelRef, out: Path, dtype: str = "") -> MergedModel:
    """Merge ``ref.adapter`` into ``ref.base`` and write the model to a folder; needs 4 bytes of memory a weight.

    ``dtype`` is a row of ``WEIGHT_BYTES``; without it, what the base is stored in.

    Raises:
        BadInput: the base is not found, the adapter does not fit it, or a weight is too large for float16.
        OSError: the disk is full, or the folder cannot be written.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import GenerationConfig

    from evals.models.adapters import merge_adapter, require_adapter
    from evals.models.chat import load_tokenizer
    from evals.models.loading import load_weights
    from evals.models.resolve import resolve_model

    require_dtype(dtype)
    resolved, adapter = resolve_model(ref.base), Path(ref.adapter)
    require_adapter(adapter, ref.base, resolved)
    tokenizer = load_tokenizer(resolved.path, ref.base)
    dtype = dtype or stored_dtype(resolved.path)
    model = load_weights(resolved, tokenizer, ref.base, torch.device("cpu"))
    parameters = sum(weight.numel() for weight in model.parameters())
    _require_room(out, parameters * WEIGHT_BYTES[dtype])
    model = merge_adapter(model, adapter)
    if dtype == "float16":
        _require_fits_half(model)
    model = model.to(getattr(torch, dtype))
    # A base's settings of generation may not pass the library's own check of what it writes; they are copied as they are.
    model.generation_config = GenerationConfig()
    out.mkdir(parents=True, exist_ok=True)
    try:
        model.save_pretrained(out, max_shard_size="40GB")
    except SafetensorError as error:
        if "No space left" in str(error):
            raise OSError(errno.ENOSPC, "No space left on device", str(out)) from None
        raise
    (out / "generation_config.json").unlink(missing_ok=True)
    for file in _files_beside(resolved.path):
        shutil.copyfile(file, out / file.name)
    if not (out / "generation_config.json").is_file():
        write_json(out / "generation_config.json", _ends_of_generation(model, tokenizer))
    for file in out.glob("*.safetensors"):
        file.chmod((out / "config.json").stat().st_mode)  # written for the owner alone; a server may run as another user
    weights = sorted(out.glob("*.safetensors"))[0]
    merged = MergedModel(
        base=ref.base,
        base_revision=resolved.revision,
        base_source=resolved.source,
        adapter=digest_file(adapter / "adapter_model.safetensors"),
        dtype=dtype,
        parameters=parameters,
        context=int(getattr(model.config, "max_position_embeddings", 0) or 0),
        family=str(model.config.model_type),
        revision=digest_file(weights),
    )
    write_json(out / MANIFEST, {"source": f"{ref.base} with adapter {merged.adapter}", "revision": merged.revision})
    return merged


def stored_dtype(folder: Path) -> str:
    """The type that most weights of a model's folder are stored in; float32 for one that this module does not write."""
    from safetensors import safe_open

    files = sorted(folder.glob("*.safetensors"))
    if not files:
        return "float32"
    with safe_open(files[0], framework="pt") as weights:
        kinds = [weights.get_slice(name).get_dtype() for name in weights.keys()]  # noqa: SIM118  # no mapping: it has only keys()
    known = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}
    return known.get(max(set(kinds), key=kinds.count) if kinds else "", "float32")


def _files_beside(base: Path) -> Iterator[Path]:
    found = {file for pattern in _BESIDE for file in base.glob(pattern) if file.is_file()}
    yield from sorted(found)


def _require_room(out: Path, needed: int) -> None:
    there = next(folder for folder in (out, *out.resolve().parents) if folder.is_dir())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise BadInput(
            f"{out}: the merged weights need {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free; free some, give another "
            "--out, or a smaller --dtype"
        )


def _require_fits_half(model: Any) -> None:
    for name, weight in model.named_parameters():
        if float(weight.detach().abs().max()) > _LARGEST_HALF:
            raise BadInput(
                f"--dtype float16: {name} has a weight beyond {_LARGEST_HALF:g}, which float16 cannot hold; take bfloat16"
            )


def _ends_of_generation(model: Any, tokenizer: Any) -> dict[str, Any]:
    """Settings for a base that has none: its own special tokens."""
    ids = {name: getattr(model.config, name, None) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    ids = {name: getattr(tokenizer, name, None) if value is None else value for name, value in ids.items()}
    return {name: value for name, value in ids.items() if value is not None}
