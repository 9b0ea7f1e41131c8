"""LoRA adapters on a base: read whole or refused, for this base and no other, and merged only where that is what was trained.

Covers adapters of peft's format in a local folder. Does not cover adapters that a server or another engine loads by itself.
"""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from evals.errors import BadInput
from evals.files import read_json
from evals.models.chat import first_line
from evals.models.resolve import ResolvedModel, names_of, revision_here

CONFIG = "adapter_config.json"
_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")
_SHOWN_KEYS = 3


def require_adapter(folder: Path, name: str, base: ResolvedModel) -> None:
    """Check, before anything is loaded, that a folder is an adapter and names this base; ``name`` is what the user calls it.

    A digest of goldloop's or a commit of the hub decides where the adapter has one; else the name, or the weights behind it where
    they are on this machine.

    Raises:
        BadInput: it is no adapter, or of another base or revision.
    """
    if not (folder / CONFIG).is_file():
        raise BadInput(f"adapter: {folder} holds no {CONFIG}; give the folder that finetune wrote")
    if not any((folder / file).is_file() for file in _WEIGHTS):
        raise BadInput(f"adapter: {folder} holds no {_WEIGHTS[0]}; give the folder that finetune wrote")
    known: Any = read_json(folder / CONFIG)
    if not isinstance(known, Mapping):
        raise BadInput(f"adapter: {folder / CONFIG} is not a mapping")
    named, revision = str(known.get("base_model_name_or_path") or ""), str(known.get("revision") or "")
    _, _, commit = base.source.partition("@")
    for there, expected in (
        (revision if revision.startswith("b2:") else "", base.revision),
        (_commit(revision), _commit(commit)),
    ):
        if there and expected:
            if there != expected:
                raise BadInput(
                    f"adapter: {folder} was trained on {named or 'a base'} at revision {there}, and {name} is at {expected}; "
                    "give the base that it was trained on"
                )
            return
    if not named:
        return
    here = revision_here(named)
    if here is not None and here != base.revision:
        raise BadInput(f"adapter: {folder} was trained on {named}, whose weights differ from those of {name}; give that base")
    if here is None and not names_of(named) & (names_of(name) | names_of(str(base.path))):
        raise BadInput(
            f"adapter: {folder} was trained on {named}, not on {name}; give that base, or, if this is the same one by another "
            f"name, write that name into base_model_name_or_path of {folder / CONFIG}"
        )


def _commit(text: str) -> str:
    return text if re.fullmatch(r"[0-9a-f]{40}", text) else ""


def open_adapter(model: Any, folder: Path, *, trainable: bool = False) -> Any:
    """The model under an adapter, peft's ``PeftModel``: every weight of the file in its place, and every place filled.

    Raises:
        BadInput: the adapter does not fit the model, or changes weights that other layers share.
    """
    from peft import PeftModel

    shared = shared_weights(model)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of keys that are missing: an error below
            adapted = PeftModel.from_pretrained(model, str(folder), is_trainable=trainable)
            found = adapted.load_adapter(str(folder), adapted.active_adapter, is_trainable=trainable)
    except (ValueError, RuntimeError, OSError, KeyError, TypeError, AttributeError, ImportError, SafetensorError) as error:
        raise BadInput(f"adapter: {folder} does not fit the model: {first_line(error)}") from None
    for keys, said in (
        (found.unexpected_keys, "has weights that fit nowhere in the model"),
        (found.missing_keys, "lacks weights that its own configuration asks for"),
    ):
        if keys:
            shown = ", ".join(keys[:_SHOWN_KEYS])
            raise BadInput(f"adapter: {folder} {said}: {shown} ({len(keys)} in all); it belongs to another model")
    if tied := shared_under(adapted, shared):
        raise BadInput(f"adapter: {folder} changes {tied}, and merging it would change both; train other layers")
    return adapted


def merge_adapter(model: Any, adapter: Path, touched: dict[str, torch.Tensor] | None = None) -> Any:
    """The model with a LoRA adapter folded into its weights: exact in fp32 up to rounding, and no slower than the base.

    ``touched`` receives copies, in the host's memory, of the weights as they were, by parameter name; it stays empty where the
    adapter changes more than its LoRA layers.

    Raises:
        BadInput: the folder is not an adapter, does not fit the model, or cannot be merged.
    """
    if not (adapter / CONFIG).is_file():
        raise BadInput(f"adapter: {adapter} holds no {CONFIG}; give the folder that finetune wrote")
    adapted = open_adapter(model, adapter)
    if touched is not None:
        touched |= _weights_under(adapted)
    try:
        return adapted.merge_and_unload().eval()
    except (ValueError, RuntimeError, AttributeError, NotImplementedError) as error:
        raise BadInput(f"adapter: {adapter} cannot be merged: {first_line(error)}") from None


def shared_weights(model: Any) -> Mapping[str, str]:
    """Modules that share a weight with another one, each with the name of that one."""
    owners: dict[int, dict[int, str]] = defaultdict(dict)
    for name, module in model.named_modules():
        for weight in module.parameters(recurse=False):
            owners[id(weight)][id(module)] = name
    shared = {}
    for modules in owners.values():
        names = list(modules.values())
        for name in names if len(names) > 1 else ():
            shared[name] = next(other for other in names if other != name)
    return shared


def shared_under(adapted: Any, shared: Mapping[str, str]) -> str:
    """In words, the first adapted module whose weight another module shares; empty if there is none."""
    for name in _adapted_modules(adapted):
        if name in shared:
            return f"{name}, whose weight the model shares with {shared[name]} (tie_word_embeddings)"
    return ""


def _adapted_modules(adapted: Any) -> Iterator[str]:
    """Names, in the bare model, of the modules that an adapter changes."""
    from peft.tuners.tuners_utils import BaseTunerLayer
    from peft.utils.other import AuxiliaryTrainingWrapper

    for name, module in adapted.base_model.model.named_modules():
        if isinstance(module, BaseTunerLayer | AuxiliaryTrainingWrapper):
            yield name


def _weights_under(adapted: Any) -> dict[str, torch.Tensor]:
    """Copies of what merging will change, by its name in the bare model; none if more than LoRA layers changes."""
    config = adapted.peft_config[adapted.active_adapter]
    beyond = ("modules_to_save", "trainable_token_indices", "target_parameters")
    if any(getattr(config, name, None) for name in beyond) or getattr(config, "bias", "none") == "all":
        return {}
    kept = {}
    for name, module in adapted.base_model.model.named_modules():
        if hasattr(module, "lora_A"):
            for field_name, parameter in module.get_base_layer().named_parameters():
                kept[f"{name}.{field_name}"] = parameter.detach().to("cpu", copy=True)
    return kept
