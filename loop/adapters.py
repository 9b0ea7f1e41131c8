"""Adapters as folders: what identifies one, and whether it fits a base."""

from __future__ import annotations

import os
from pathlib import Path

from evals.errors import BadInput
from evals.files import digest_file, read_json
from evals.records import ModelRef
from finetune.records import TRAINED_ON, TrainedOn
from trainset.build import load
from trainset.records import Example


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


def training_record(adapter: Path) -> tuple[Path, str] | None:
    """The folder of the trainset that an adapter was trained on, and its digest then; None where there is no record of it."""
    if not (adapter / TRAINED_ON).is_file():
        return None
    trained = TrainedOn.model_validate(read_json(adapter / TRAINED_ON))
    return Path(os.path.normpath(adapter / trained.trainset)), trained.digest


def trained_rows(adapter: Path, tasks: str) -> tuple[Path, list[Example]] | str:
    """The trainset's folder and rows of an adapter, or why it cannot be told whether it was trained on ``tasks`` (in words).

    Raises:
        BadInput: the trainset was changed since.
    """
    record = training_record(adapter)
    if record is None:
        return f"{adapter}: no {TRAINED_ON}; whether it was trained on {tasks} is unknown"
    folder, digest = record
    if not folder.is_dir():
        return f"{adapter}: its trainset is gone ({folder}); whether it was trained on {tasks} is unknown"
    trainset, examples = load(folder)
    if trainset.digest != digest:
        raise BadInput(f"{folder}: has digest {trainset.digest}, {adapter} was trained on {digest}; give that trainset back")
    return folder, examples


def same_base(one: str, other: str) -> bool:
    """Whether two names are surely of one base model: the same text, or the same name on the hub, short or long."""
    return one == other or (bool(_hub_name(one)) and _hub_name(one) == _hub_name(other))


def _hub_name(name: str) -> str:
    """A model's name on the hub, also for short names; empty for a path, which does not tell which model it holds."""
    is_path = name.count("/") > 1 or name.startswith((".", "/", "~")) or name.endswith(".gguf") or Path(name).exists()
    return "" if is_path else name.rpartition("/")[2].casefold()
