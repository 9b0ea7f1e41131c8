"""Adapters on the base that they were trained on, whole, and merged as they were trained; everything else is refused."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest
import tiny_models
import torch
from safetensors.torch import load_file, save_file

from evals.errors import BadInput
from evals.files import read_json, write_json
from evals.models import hf
from evals.models.adapters import merge_adapter, open_adapter
from evals.models.loading import load_model
from evals.records import ModelRef
from finetune.settings import FinetuneSettings, LoraSettings
from finetune.steps import LoraRun
from trainset.render import Encoded

pytestmark = pytest.mark.model
WEIGHTS = "adapter_model.safetensors"


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Folders of tiny models: one, another of the same shape, and one whose embedding and head share their weight."""
    folder = tmp_path_factory.mktemp("bases")
    one, other, tied = (tiny_models.build("llama") for _ in range(3))
    with torch.no_grad():
        other.model.norm.weight.add_(1.0)
    tied.config.tie_word_embeddings = True
    tied.tie_weights()
    return {name: tiny_models.save(model, folder / name) for name, model in (("one", one), ("other", other), ("tied", tied))}


def write_adapter(base: str, folder: Path, **options: Any) -> Path:
    """An adapter of peft's own making that does change the model."""
    from peft import LoraConfig, get_peft_model

    model, _, _ = load_model(base)
    torch.manual_seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adapted = get_peft_model(
            model, LoraConfig(**{"r": 4, "target_modules": "all-linear", "task_type": "CAUSAL_LM", **options})
        )
        for weight in adapted.parameters():
            if weight.requires_grad:
                torch.nn.init.normal_(weight, std=0.2)
        adapted.save_pretrained(folder)
    return folder


def opened(base: str, adapter: Path) -> hf.HFBackend:
    return hf.HFBackend(ModelRef(base=base, adapter=str(adapter)))


def rewrite(folder: Path, **config: Any) -> None:
    write_json(folder / "adapter_config.json", {**read_json(folder / "adapter_config.json"), **config})


def test_keys_that_fit_nowhere_are_refused(bases: dict[str, str], tmp_path: Path) -> None:
    adapter = write_adapter(bases["one"], tmp_path / "a")
    weights = load_file(adapter / WEIGHTS)
    save_file({key.replace("model.layers", "model.decoder.blocks"): value for key, value in weights.items()}, adapter / WEIGHTS)
    with pytest.raises(BadInput, match=r"has weights that fit nowhere in the model: .*decoder\.blocks.* \(\d+ in all\)"):
        opened(bases["one"], adapter)


def test_one_key_too_many_is_refused(bases: dict[str, str], tmp_path: Path) -> None:
    adapter = write_adapter(bases["one"], tmp_path / "a")
    weights = load_file(adapter / WEIGHTS)
    key = next(iter(weights))
    save_file({**weights, key.replace("layers.0", "layers.7"): weights[key].clone()}, adapter / WEIGHTS)
    with pytest.raises(BadInput, match=r"fit nowhere .*layers\.7.* \(1 in all\)"):
        opened(bases["one"], adapter)


def test_a_key_that_is_missing_is_refused(bases: dict[str, str], tmp_path: Path) -> None:
    adapter = write_adapter(bases["one"], tmp_path / "a")
    weights = load_file(adapter / WEIGHTS)
    weights.pop(next(iter(weights)))
    save_file(weights, adapter / WEIGHTS)
    with pytest.raises(BadInput, match=r"lacks weights that its own configuration asks for"):
        opened(bases["one"], adapter)


@pytest.mark.parametrize("broken", ["", "not safetensors"])
def test_a_file_that_is_no_weights_is_refused(bases: dict[str, str], tmp_path: Path, broken: str) -> None:
    adapter = write_adapter(bases["one"], tmp_path / "a")
    (adapter / WEIGHTS).write_text(broken)
    with pytest.raises(BadInput, match=r"adapter: .* does not fit the model"):
        opened(bases["one"], adapter)


def test_an_adapter_without_weights_is_refused(bases: dict[str, str], tmp_path: Path) -> None:
    adapter = write_adapter(bases["one"], tmp_path / "a")
    (adapter / WEIGHTS).unlink()
    with pytest.raises(BadInput, match=r"holds no adapter_model\.safetensors"):
        opened(bases["one"], adapter)


def test_an_adapter_of_another_base_of_the_same_shape_is_refused(bases: dict[str, str], tmp_path: Path) -> None:
    adapter = write_adapter(bases["one"], tmp_path / "a")
    with pytest.raises(BadInput, match=r"was trained on .*one, whose weights differ from those of .*other"):
        opened(bases["other"], adapter)


def test_a_swap_to_an_adapter_of_another_base_is_refused(bases: dict[str, str], tmp_path: Path) -> None:
    adapter = write_adapter(bases["one"], tmp_path / "a")
    backend = hf.HFBackend(ModelRef(base=bases["other"]))
    with pytest.raises(BadInput, match=r"whose weights differ"):
        backend.swap(ModelRef(base=bases["other"], adapter=str(adapter)))


def test_an_adapter_of_another_revision_is_refused(bases: dict[str, str], tmp_path: Path) -> None:
    adapter = write_adapter(bases["one"], tmp_path / "a")
    rewrite(adapter, revision="b2:" + "0" * 32)
    with pytest.raises(BadInput, match=r"at revision b2:0+, and .* is at b2:"):
        opened(bases["one"], adapter)


def test_the_revision_decides_and_not_the_name(bases: dict[str, str], tmp_path: Path) -> None:
    adapter = write_adapter(bases["one"], tmp_path / "a")
    rewrite(adapter, revision=load_model(bases["one"])[2].revision, base_model_name_or_path="moved/elsewhere")
    assert opened(bases["one"], adapter).ref.adapter


def test_the_same_weights_in_another_folder_are_the_same_base(bases: dict[str, str], tmp_path: Path) -> None:
    adapter = write_adapter(bases["one"], tmp_path / "a")
    shutil.copytree(bases["one"], tmp_path / "copy")
    assert opened(str(tmp_path / "copy"), adapter).ref.adapter


@pytest.mark.parametrize(("named", "accepted"), [("Someone/ONE", True), ("Someone/two", False), ("", True), (None, True)])
def test_a_base_that_is_not_here_is_known_by_its_last_name(
    bases: dict[str, str], tmp_path: Path, named: str | None, accepted: bool
) -> None:
    adapter = write_adapter(bases["one"], tmp_path / "a")
    rewrite(adapter, base_model_name_or_path=named)
    if accepted:
        assert opened(bases["one"], adapter).ref.adapter
    else:
        with pytest.raises(BadInput, match=r"was trained on Someone/two, not on .*one; .*base_model_name_or_path"):
            opened(bases["one"], adapter)


LAYERS = [{"target_modules": ["lm_head"]}, {"target_modules": ["embed_tokens"]}, {"modules_to_save": ["lm_head"]}]


@pytest.mark.parametrize("options", LAYERS)
def test_an_adapter_on_shared_weights_is_refused(bases: dict[str, str], tmp_path: Path, options: dict[str, Any]) -> None:
    adapter = write_adapter(bases["tied"], tmp_path / "a", **options)
    with pytest.raises(BadInput, match=r"whose weight the model shares with"):
        opened(bases["tied"], adapter)


@pytest.mark.parametrize("options", [{}, *LAYERS])
@pytest.mark.parametrize("base", ["one", "tied"])
def test_what_is_merged_is_what_was_trained(bases: dict[str, str], tmp_path: Path, base: str, options: dict[str, Any]) -> None:
    if base == "tied" and options:
        return  # refused, above
    adapter = write_adapter(bases[base], tmp_path / "a", **options)
    ids = torch.arange(5, 40)[None]
    with torch.no_grad():
        bare = load_model(bases[base])[0](input_ids=ids).logits
        adapted = open_adapter(load_model(bases[base])[0], adapter)(input_ids=ids).logits
        merged = merge_adapter(load_model(bases[base])[0], adapter)(input_ids=ids).logits
    assert torch.allclose(adapted, merged, atol=1e-3)
    assert not torch.allclose(bare, merged, atol=1e-2)


@pytest.mark.parametrize("target", ["lm_head", "embed_tokens"])
def test_shared_weights_are_not_trained(bases: dict[str, str], target: str) -> None:
    rows = [Encoded(key="k", ids=tuple(range(5, 15)), prompt_length=4)]
    settings = FinetuneSettings(lora=LoraSettings(r=4, target_modules=("q_proj", target)))
    with pytest.raises(BadInput, match=rf"finetune\.lora\.target_modules: {target}|target_modules: model\.{target}"):
        LoraRun(load_model(bases["tied"])[0], rows, settings)
    assert LoraRun(load_model(bases["one"])[0], rows, settings).weights


@pytest.mark.parametrize(
    ("settings", "package"),
    [
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "bitsandbytes"),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "bitsandbytes"),
        ({"load_in_4bit": True}, "bitsandbytes"),
        ({"quant_method": "gptq", "bits": 4}, "optimum"),
        ({"quant_method": "awq", "bits": 4}, "gptqmodel"),
        ({"quant_method": "hqq"}, "hqq"),
        ({"quant_method": "aqlm"}, "aqlm"),
        ({"quant_method": "compressed-tensors"}, "compressed-tensors"),
    ],
)
def test_a_quantised_base_without_its_package_names_it(
    bases: dict[str, str], tmp_path: Path, settings: dict[str, Any], package: str
) -> None:
    shutil.copytree(bases["one"], tmp_path / "base")
    config = read_json(tmp_path / "base/config.json")
    write_json(tmp_path / "base/config.json", {**config, "quantization_config": settings})
    with pytest.raises(BadInput, match=rf"model: .*quantised by .*needs a package: .*{package}") as caught:
        hf.HFBackend(ModelRef(base=str(tmp_path / "base")))
    assert caught.value.exit_code == 4
