"""Every family that transformers lists with a causal language model, tiny and random: right, or refused by its name.

Right: the backend's tokens are those of ``model.generate``, and the training loss is the model's own ``model(labels=...)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tiny_models
import torch
from safetensors.torch import save_file

from evals.errors import BadInput
from evals.files import write_json
from evals.models import hf
from evals.models.base import Completion, Prompt, Sampling
from evals.models.chat import encode_chat
from evals.models.loading import load_model
from evals.records import ModelRef
from finetune.batches import microbatches
from finetune.objectives import completion_loss, padding_is_unseen, require_next_token_loss
from trainset.records import Example
from trainset.render import Encoded, encode_example

pytestmark = pytest.mark.model
GAP_FILLERS = (
    "bert bert-generation big_bird camembert cpmant data2vec-text electra ernie megatron-bert rembert roberta "
    "roberta-prelayernorm roc_bert roformer xlm xlm-roberta xlm-roberta-xl xlnet"
)
HALVES = "bart bigbird_pegasus blenderbot blenderbot-small marian mbart mvp pegasus plbart prophetnet whisper"
REFUSED = {
    **dict.fromkeys(GAP_FILLERS.split(), "fills gaps and does not go on with a text"),
    **dict.fromkeys(HALVES.split(), "an encoder and a decoder"),
    "blt": "does not run on text alone",
    "emu3": "does not load",  # what transformers saves of it, its own AutoModel does not know
    "gemma4_unified_assistant": "does not run on text alone",
    "mllama": "does not load",  # as emu3
    "xmod": "fills gaps and does not go on with a text",
}
"""Families whose models are refused, each by its kind and with what it says."""
UNTRAINED = {"git": "has no loss on text alone", "trocr": "is not that of the next token"}
"""Families that are decoded and not trained."""
UNBUILT = {
    "gemma3n": "PIL",  # its images need packages, and it is not made without that part
    "gemma4_assistant": "hidden_size_per_layer_input must be 0",
    "musicgen": "no attribute 'dropout'",
    "musicgen_melody": "no attribute 'dropout'",
}
"""Families that transformers itself does not make from a configuration here, with what it says."""
TOKENS = 8
TEXTS = ("a", "A longer question, with words.", "What?", "Another longer one, in words.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    name: str
    folder: str


@pytest.fixture(scope="module", params=[name for name in tiny_models.FAMILIES if name not in UNBUILT])
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Family:
    folder = tmp_path_factory.mktemp("family")
    return Family(name=request.param, folder=tiny_models.save(tiny_models.build(request.param), folder))


@pytest.mark.parametrize("name", UNBUILT)
def test_what_cannot_be_made_is_refused_by_its_kind(name: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=UNBUILT[name]):
        tiny_models.build(name)
    write_json(tmp_path / "config.json", {"model_type": name})
    tiny_models.tokenizer().save_pretrained(tmp_path)
    save_file({"none": torch.zeros(1)}, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BadInput, match=rf"kind '{name}'"):
        load_model(str(tmp_path))


@pytest.mark.slow
def test_tokens_are_those_of_generate(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    if family.name in REFUSED:
        with pytest.raises(BadInput, match=rf"kind '.+{REFUSED[family.name]}"):
            hf.HFBackend(ModelRef(base=family.folder))
        return
    backend = hf.HFBackend(ModelRef(base=family.folder), batch_size=3)
    monkeypatch.setattr(backend, "_text", lambda tokens: " ".join(map(str, tokens)))
    prompts = [Prompt(messages=({"role": "user", "content": text},)) for text in TEXTS]
    sampling = Sampling(max_new_tokens=TOKENS, stop_at_code_block=False)
    found: dict[int, Completion] = {}
    for chunk in backend.plan(prompts):
        found.update(zip(chunk, backend.generate([prompts[index] for index in chunk], sampling), strict=True))
    answers = [found[index].text for index in range(len(prompts))]
    assert answers == [library_tokens(backend, prompt) for prompt in prompts]


def library_tokens(backend: hf.HFBackend, prompt: Prompt) -> str:
    ids = torch.tensor([encode_chat(backend._tokenizer, prompt.messages)])
    ends = sorted(backend._ends.tokens)
    with torch.inference_mode():
        made = backend._model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=TOKENS, do_sample=False, eos_token_id=ends
        )
    tokens = made[0, ids.shape[1] :].tolist()
    return " ".join(str(token) for token in tokens if token not in ends)


@pytest.mark.slow
def test_the_loss_is_the_models_own(family: Family) -> None:
    if family.name in REFUSED:
        with pytest.raises(BadInput, match=REFUSED[family.name]):
            load_model(family.folder)
        return
    model, tokenizer, _ = load_model(family.folder)
    rows = [
        encode_example(
            tokenizer,
            Example(
                prompt=({"role": "user", "content": text},),
                completion=({"role": "assistant", "content": f"x = {number}" * (number + 1)},),
                provenance={"key": str(number)},
            ),
        )
        for number, text in enumerate(TEXTS)
    ]
    if family.name in UNTRAINED:
        with pytest.raises(BadInput, match=UNTRAINED[family.name]):
            require_next_token_loss(model, rows[0], family.folder)
        return
    require_next_token_loss(model, rows[0], family.folder)
    parts = list(microbatches(rows, 10_000, mixed=padding_is_unseen(model, rows)))
    with torch.no_grad():
        own = sum(own_loss(model, row) for row in rows)
        assert sum(float(completion_loss(model, part)) for part in parts) == pytest.approx(own, rel=1e-4)


def own_loss(model: Any, row: Encoded) -> float:
    ids = torch.tensor([row.ids])
    labels = ids.clone()
    labels[0, : row.prompt_length] = -100
    loss = float(model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels).loss)
    return loss * (len(row.ids) - row.prompt_length)
