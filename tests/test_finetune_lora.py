"""The training step on a real, small model: masks, microbatches, resumption, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from evals.errors import BadInput
from evals.files import read_json
from evals.models.adapters import merge_adapter
from evals.models.loading import load_model
from evals.models.resolve import resolve_model
from evals.records import ModelRef
from finetune.batches import epoch_batches, microbatches, schedule
from finetune.records import TRAINED_ON
from finetune.settings import FinetuneSettings, LoraSettings
from finetune.steps import LoraRun
from finetune.train import finetune
from trainset.build import Built, save
from trainset.records import Example
from trainset.render import Encoded, encode_example

pytestmark = pytest.mark.model

INDEX = "b2:index"
SETTINGS = FinetuneSettings(
    learning_rate=1e-2, num_train_epochs=2, batch_size=4, warmup_steps=0, lora=LoraSettings(r=4, lora_alpha=4)
)


@pytest.fixture(scope="module")
def small_model(tmp_path_factory: pytest.TempPathFactory, embedded_model: str) -> Path:
    """Two random layers under the embedded model's own tokenizer: the same code path, a hundred times faster."""
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("small")
    tokenizer = AutoTokenizer.from_pretrained(resolve_model(embedded_model).path)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def example(number: int) -> Example:
    return Example(
        prompt=({"role": "user", "content": f"Question {number} " + "word " * (number % 5)},),
        completion=({"role": "assistant", "content": f"```python\nx = {number}\n```"},),
        provenance={"key": f"s/t{number}"},
    )


def write_trainset(folder: Path, rows: int = 10) -> Path:
    examples = tuple(example(n) for n in range(rows))
    save(Built(examples=examples, index_digest=INDEX, counts={"rows": rows}, dropped={}), folder)
    return folder


def test_only_the_completion_is_trained_and_it_ends_the_turn(small_model: Path) -> None:
    _, tokenizer, _ = load_model(str(small_model))
    row = encode_example(tokenizer, example(3))
    assert row.ids[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(row.ids[row.prompt_length :]) == "```python\nx = 3\n```<|im_end|>"
    assert tokenizer.decode(row.ids[: row.prompt_length]).endswith("<|im_start|>assistant\n")


def test_the_prompt_is_encoded_as_generation_meets_it(small_model: Path) -> None:
    from evals.models.chat import encode_chat

    _, tokenizer, _ = load_model(str(small_model))
    row = encode_example(tokenizer, example(1))
    assert list(row.ids[: row.prompt_length]) == encode_chat(tokenizer, example(1).prompt)


def encoded(tokenizer: Any, rows: int = 8) -> list[Encoded]:
    return [encode_example(tokenizer, example(n)) for n in range(rows)]


def test_the_loss_equals_the_librarys_own(small_model: Path) -> None:
    model, tokenizer, _ = load_model(str(small_model))
    rows = encoded(tokenizer)
    run = LoraRun(model, rows, SETTINGS)
    losses = []
    for row in rows:
        ids = torch.tensor([row.ids])
        labels = ids.clone()
        labels[0, : row.prompt_length] = -100
        trained = len(row.ids) - row.prompt_length
        with torch.no_grad():
            losses.append(float(run.model(input_ids=ids, labels=labels).loss) * trained)
    with torch.no_grad():
        assert float(run.objective(run.model, rows)) == pytest.approx(sum(losses), rel=1e-5)


def test_microbatches_do_not_change_the_gradient(small_model: Path) -> None:
    gradients = []
    for budget in (10_000, 40):
        model, tokenizer, _ = load_model(str(small_model))
        rows = encoded(tokenizer)
        run = LoraRun(model, rows, SETTINGS)
        for part in microbatches(rows, budget):
            run.objective(run.model, part).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        gradients.append(torch.cat([w.grad.flatten() for w in run.weights if w.grad is not None]))
    assert torch.allclose(gradients[0], gradients[1], atol=1e-5)


def test_microbatches_hold_every_row_once_within_the_budget() -> None:
    rows = [Encoded(key=str(n), ids=tuple(range(n + 2)), prompt_length=1) for n in range(20)]
    parts = list(microbatches(rows, 30))
    assert sorted(row.key for part in parts for row in part) == sorted(row.key for row in rows)
    assert all(len(part) == 1 or len(part) * max(len(row.ids) for row in part) <= 30 for part in parts)


def test_every_epoch_shuffles_all_rows_by_the_seed() -> None:
    rows = [Encoded(key=str(n), ids=(1, 2), prompt_length=1) for n in range(20)]
    orders = [[row.key for batch in epoch_batches(rows, SETTINGS, epoch) for row in batch] for epoch in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[2]) == sorted(row.key for row in rows)


def test_training_lowers_the_loss_and_the_adapter_loads(small_model: Path, tmp_path: Path) -> None:
    base = ModelRef(base=str(small_model))
    report = finetune(write_trainset(tmp_path / "t"), base, SETTINGS, tmp_path / "out", index_digest=INDEX)
    assert report.losses[-1] < report.losses[0]
    assert read_json(tmp_path / "out" / TRAINED_ON) == {"trainset": "../t", "digest": report.trainset_digest}
    model, tokenizer, _ = load_model(str(small_model))
    ids = torch.tensor([encode_example(tokenizer, example(0)).ids])
    with torch.no_grad():
        plain = model(input_ids=ids).logits
        merged = merge_adapter(model, tmp_path / "out")(input_ids=ids).logits
    assert not torch.allclose(plain, merged, atol=1e-3)


def test_the_same_seed_gives_the_same_adapter(small_model: Path, tmp_path: Path) -> None:
    base = ModelRef(base=str(small_model))
    trainset = write_trainset(tmp_path / "t")
    digests = {finetune(trainset, base, SETTINGS, tmp_path / name, index_digest=INDEX).adapter_digest for name in "ab"}
    assert len(digests) == 1


def test_a_run_killed_between_epochs_ends_as_if_it_had_not_been(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = ModelRef(base=str(small_model))
    trainset = write_trainset(tmp_path / "t")
    whole = finetune(trainset, base, SETTINGS, tmp_path / "whole", index_digest=INDEX)

    class Killed(BaseException):
        pass

    step = LoraRun.step

    def dying(self: LoraRun, batch: Any) -> float:
        if len(self.losses) == 4:  # in the second epoch, after the first one's checkpoint
            raise Killed
        return step(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(LoraRun, "step", dying)
        with pytest.raises(Killed):
            finetune(trainset, base, SETTINGS, tmp_path / "killed", index_digest=INDEX)
    assert (tmp_path / "killed/checkpoint.pt").is_file()
    resumed = finetune(trainset, base, SETTINGS, tmp_path / "killed", index_digest=INDEX)
    assert (resumed.adapter_digest, resumed.losses) == (whole.adapter_digest, whole.losses)


def test_a_trainset_of_another_holdout_is_refused(small_model: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"screened against holdout b2:index, today's holdout is b2:other"):
        finetune(
            write_trainset(tmp_path / "t"), ModelRef(base=str(small_model)), SETTINGS, tmp_path / "o", index_digest="b2:other"
        )


def test_an_over_long_row_is_refused_not_cut(small_model: Path, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"max_length": 20})
    with pytest.raises(BadInput, match=r"tokens, finetune\.max_length is 20"):
        finetune(write_trainset(tmp_path / "t"), ModelRef(base=str(small_model)), settings, tmp_path / "o", index_digest=INDEX)


def test_the_adapter_names_no_path_of_this_machine_for_a_hub_model(small_model: Path, tmp_path: Path) -> None:
    report = finetune(
        write_trainset(tmp_path / "t"), ModelRef(base=str(small_model)), SETTINGS, tmp_path / "out", index_digest=INDEX
    )
    text = (tmp_path / "out/adapter_config.json").read_text()
    assert "/.cache/" not in text
    assert report.model.revision in text


@pytest.mark.parametrize(("step", "factor"), [(0, 0.25), (2, 0.75), (3, 1.0), (13, 0.1)])
def test_the_schedule_warms_up_and_cools_to_a_tenth(step: int, factor: float) -> None:
    assert schedule(step, 13, 3) == pytest.approx(factor)


def test_training_goes_on_from_an_adapters_weights(small_model: Path, tmp_path: Path) -> None:
    trainset = write_trainset(tmp_path / "t")
    base = ModelRef(base=str(small_model))
    finetune(trainset, base, SETTINGS, tmp_path / "first", index_digest=INDEX)
    first = ModelRef(base=str(small_model), adapter=str(tmp_path / "first"))
    model, tokenizer, _ = load_model(str(small_model))
    rows = [encode_example(tokenizer, example(number)) for number in range(8)]
    merged = merge_adapter(load_model(str(small_model))[0], tmp_path / "first")
    with torch.no_grad():
        untrained = LoraRun(merged, rows, SETTINGS)  # adds nothing to the merged weights before its first step
        wanted = float(untrained.objective(untrained.model, rows))
        found = LoraRun(model, rows, SETTINGS, first.adapter)
        assert float(found.objective(found.model, rows)) == pytest.approx(wanted, rel=1e-4)
    assert found.weights, "nothing of the adapter is trained"
    report = finetune(trainset, first, SETTINGS, tmp_path / "second", index_digest=INDEX)
    alone = finetune(trainset, base, SETTINGS, tmp_path / "alone", index_digest=INDEX)
    assert report.losses[-1] < alone.losses[-1]


def test_an_adapter_of_another_shape_is_not_gone_on_from(small_model: Path, tmp_path: Path) -> None:
    trainset = write_trainset(tmp_path / "t", rows=4)
    finetune(trainset, ModelRef(base=str(small_model)), SETTINGS, tmp_path / "first", index_digest=INDEX)
    first = ModelRef(base=str(small_model), adapter=str(tmp_path / "first"))
    other = SETTINGS.model_copy(update={"lora": LoraSettings(r=8, lora_alpha=4)})
    with pytest.raises(BadInput, match=r"finetune\.lora\.r: 8, and the adapter to go on from has 4"):
        finetune(trainset, first, other, tmp_path / "second", index_digest=INDEX)
