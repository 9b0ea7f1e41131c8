"""Adapters as folders: what identifies one, and whether it fits a base."""

from __future__ import annotations

from pathlib import Path

from evals.errors import BadInput
from evals.files import digest_file, read_json
from evals.records import ModelRef


def model_identity(ref: ModelRef) -> str:
    """What makes two models the same: the base's name, and the digest of the adapter's weights."""
    if not ref.adapter:
        return ref.base
    weights = Path(ref.adapter, "adapter_model.safetensors")
    if not weights.is_file():
        raise BadInput(f"adapter: {ref.adapter} holds no adapter_model.safetensors; give the folder that finetune wrote")
    return f"{ref.base}+{digest_file(weights)}"


def check_adapter(adapter: str, model: str) -> None:
    """Check before the first evaluation what would otherwise end the comparison after hours.

    Bases are compared by their names on the hub; if one is a path, only loading can tell.

    Raises:
        BadInput: the folder holds no adapter, or that of another base.
    """
    model_identity(ModelRef(base=model, adapter=adapter))
    file = Path(adapter, "adapter_config.json")
    if not file.is_file():
        raise BadInput(f"adapter: {adapter} holds no adapter_config.json; give the folder that finetune wrote")
    config = read_json(file)
    trained = str(config.get("base_model_name_or_path") or "") if isinstance(config, dict) else ""
    if all(map(_hub_name, (trained, model))) and not same_base(trained, model):
        raise BadInput(f"adapter: {adapter} was trained on {trained}, the model is {model}; give --model {trained}")


def same_base(one: str, other: str) -> bool:
    """Whether two names are surely of one base model: the same text, or the same name on the hub, short or long."""
    return one == other or (bool(_hub_name(one)) and _hub_name(one) == _hub_name(other))


def _hub_name(name: str) -> str:
    """A model's name on the hub, also for short names; empty for a path, which does not tell which model it holds."""
    is_path = name.count("/") > 1 or name.startswith((".", "/", "~")) or name.endswith(".gguf") or Path(name).exists()
    return "" if is_path else name.rpartition("/")[2].casefold()
