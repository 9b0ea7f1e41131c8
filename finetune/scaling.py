"""An adapter whose change of the model is made smaller: between the base and the whole adapter, along a straight line."""

from __future__ import annotations

import shutil
from pathlib import Path

from evals.errors import BadInput
from finetune.base import WEIGHTS

_SECOND = (".lora_B.", ".lora_embedding_B")
"""Parts of the names of a product's second factors: those scaled, the product is, whatever else peft's settings do to it."""


def scale_adapter(source: Path, out: Path, scale: float) -> None:
    """Write the adapter of folder ``source`` to ``out`` with ``scale`` times its change, 0 to 1.

    Raises:
        BadInput: the adapter has no weights that can be scaled.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file, save_file

    try:
        weights = load_file(source / WEIGHTS)
    except SafetensorError:
        weights = {}
    second = [name for name in weights if any(part in name for part in _SECOND)]
    if not second:
        raise BadInput(f"{source / WEIGHTS}: has no LoRA weights to scale; set finetune.dev_scales to []")
    out.mkdir(parents=True, exist_ok=True)
    save_file({name: weight * scale if name in second else weight for name, weight in weights.items()}, out / WEIGHTS)
    shutil.copyfile(source / "adapter_config.json", out / "adapter_config.json")
