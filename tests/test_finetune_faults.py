"""What ends a training run before or while it runs: rows, adapters and models that do not fit, numbers that break, memory."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import tiny_models
import torch

from evals import notices
from evals.errors import BadInput
from evals.models.loading import load_model
from evals.progress import Silent
from evals.records import ModelRef
from finetune import lora, objectives
from finetune.base import Learnt, Lesson
from finetune.lora import LoraTrainer
from finetune.settings import FinetuneSettings, LoraSettings
from finetune.steps import LoraRun
from trainset.records import Example
from trainset.render import Encoded

pytestmark = pytest.mark.model
SETTINGS = FinetuneSettings(num_train_epochs=1, batch_size=8, warmup_steps=0, lora=LoraSettings(r=4, lora_alpha=4))
ROWS = [Encoded(key=f"s/t{n}", ids=tuple(range(5, 15 + n)), prompt_length=6) for n in range(8)]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_models.save(tiny_models.build("gemma2"), tmp_path_factory.mktemp("base"))


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "_said", set())


def example(key: str, prompt: str = "Say x.", answer: str = "x = 1") -> Example:
    return Example(
        prompt=({"role": "user", "content": prompt},),
        completion=({"role": "assistant", "content": answer},),
        provenance={"key": key},
    )


def train(base: str, out: Path, examples: Sequence[Example], settings: FinetuneSettings = SETTINGS, adapter: str = "") -> Learnt:
    out.mkdir(exist_ok=True)
    lesson = Lesson(
        examples=examples,
        base=ModelRef(base=base, adapter=adapter),
        settings=settings,
        out=out,
        trainset="b2:t",
        place="TRAINSET",
        progress=Silent(),
    )
    return LoraTrainer().train(lesson)


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*arguments: Any) -> Any:
        raise AssertionError("the base was loaded")

    monkeypatch.setattr(lora, "load_weights", load)


@pytest.mark.usefixtures("unloaded")
def test_rows_that_cannot_be_trained_are_all_named_before_the_base_is_loaded(base: str, tmp_path: Path) -> None:
    rows = [example("s/good"), example("s/empty", answer=""), example("s/blank", answer=" \n"), example("s/long", "word " * 300)]
    with pytest.raises(BadInput) as caught:
        train(base, tmp_path / "out", rows)
    assert [line.split(";")[0] for line in str(caught.value).splitlines()] == [
        "TRAINSET: s/empty: the completion is empty",
        "TRAINSET: s/blank: the completion is empty",
        "TRAINSET: s/long has 1525 tokens, finetune.max_length is 1024",
    ]


@pytest.mark.usefixtures("unloaded")
def test_no_rows_are_an_error_before_the_base_is_loaded(base: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no rows to train on"):
        train(base, tmp_path / "out", [])


@pytest.mark.usefixtures("unloaded")
def test_a_row_of_which_nothing_is_trained_is_an_error(base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lora, "load_tokenizer", lambda *given: Deaf(tiny_models.tokenizer()))
    with pytest.raises(BadInput, match=r"s/t: no token of the completion is trained"):
        train(base, tmp_path / "out", [example("s/t", answer="\u200b")])


class Deaf:
    """A tokenizer that has no token for an answer."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokenizer, name)

    def __call__(self, text: str, **options: Any) -> Any:
        return {"input_ids": []} if text.startswith("\u200b") else self._tokenizer(text, **options)


@pytest.mark.usefixtures("unloaded")
def test_an_adapter_of_another_base_is_refused_before_the_base_is_loaded(base: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/adapter_config.json").write_text('{"base_model_name_or_path": "some/other"}')
    (tmp_path / "a/adapter_model.safetensors").write_bytes(b"")
    with pytest.raises(BadInput, match=r"was trained on some/other, not on"):
        train(base, tmp_path / "out", [example("s/t")], adapter=str(tmp_path / "a"))


def test_a_model_whose_loss_is_another_is_not_trained(tmp_path: Path) -> None:
    folder = tiny_models.save(tiny_models.build("trocr"), tmp_path / "base")
    with pytest.raises(BadInput, match=r"of the kind 'trocr', whose own loss is not that of the next token"):
        train(folder, tmp_path / "out", [example("s/t")])


@pytest.mark.parametrize("family", ["gpt2", "gpt_neox", "bloom", "mpt", "gptj", "cohere", "granite", "gemma2", "dory"])
def test_every_kind_of_model_learns_its_rows(family: str, tmp_path: Path) -> None:
    folder = tiny_models.save(tiny_models.build(family), tmp_path / "base")
    settings = SETTINGS.model_copy(update={"num_train_epochs": 12, "learning_rate": 2e-2, "batch_size": 4})
    rows = [example(f"s/t{n}", answer="x = 1" + " # one" * n) for n in range(4)]
    losses = train(folder, tmp_path / "out", rows, settings).losses
    assert losses[-1] < losses[0] - 0.1


def test_layers_that_an_adapter_cannot_change_are_named(tmp_path: Path) -> None:
    folder = tiny_models.save(tiny_models.build("mamba"), tmp_path / "base")
    with pytest.raises(BadInput, match=r"finetune\.lora\.target_modules: .*out_proj"):
        train(folder, tmp_path / "out", [example("s/t")])
    chosen = SETTINGS.model_copy(update={"lora": LoraSettings(r=4, target_modules=("in_proj", "x_proj"))})
    assert train(folder, tmp_path / "out", [example("s/t")], chosen).losses


def broken(key: str) -> Callable[[Any, Sequence[Encoded]], torch.Tensor]:
    def loss(model: Any, rows: Sequence[Encoded]) -> torch.Tensor:
        whole = objectives.completion_loss(model, rows)
        return whole * torch.nan if any(row.key == key for row in rows) else whole

    return loss


def test_a_loss_that_is_not_a_number_stops_with_the_step_and_the_row(base: str) -> None:
    run = LoraRun(load_model(base)[0], ROWS, SETTINGS)
    run.step(ROWS)
    before = [weight.detach().clone() for weight in run.weights]
    run.objective = broken("s/t3")
    with pytest.raises(BadInput, match=r"the loss is not a number at step 2, rows s/t3; lower finetune\.learning_rate"):
        run.step(ROWS)
    assert all(torch.equal(old, new) for old, new in zip(before, run.weights, strict=True))


def test_weights_that_broke_name_every_row_of_the_step(base: str) -> None:
    run = LoraRun(load_model(base)[0], ROWS, SETTINGS)
    with torch.no_grad():
        run.weights[0].fill_(torch.inf)
    with pytest.raises(BadInput, match=r"is not a number at step 1, rows .*s/t7"):
        run.step(ROWS)


def test_a_gradient_that_is_not_a_number_stops_before_the_weights_change(base: str) -> None:
    run = LoraRun(load_model(base)[0], ROWS, SETTINGS)
    before = [weight.detach().clone() for weight in run.weights]
    run.weights[0].register_hook(lambda gradient: gradient * torch.nan)
    with pytest.raises(BadInput, match=r"the gradient is not a number at step 1"):
        run.step(ROWS)
    assert all(torch.equal(old, new) for old, new in zip(before, run.weights, strict=True))


FAILURES = [
    torch.OutOfMemoryError("CUDA out of memory."),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried ..."),
    MemoryError(),
]


@pytest.mark.parametrize("failure", FAILURES, ids=["gpu", "cpu", "python"])
def test_out_of_memory_halves_the_microbatches_and_says_so(
    base: str, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    quiet = LoraRun(load_model(base)[0], ROWS, SETTINGS)
    expected = [quiet.step(ROWS), quiet.step(ROWS)]
    run = LoraRun(load_model(base)[0], ROWS, SETTINGS)
    sizes: list[int] = []

    def tight(model: Any, rows: Sequence[Encoded]) -> torch.Tensor:
        sizes.append(len(rows))
        if len(rows) > 2:
            raise failure
        return objectives.completion_loss(model, rows)

    run.objective = tight
    assert [run.step(ROWS), run.step(ROWS)] == pytest.approx(expected, rel=1e-4)
    assert sizes[0] == 8 and max(sizes[-4:]) <= 2
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * len(caplog.records) and caplog.records
    assert "out of memory at step 1; going on with" in caplog.text
    for old, new in zip(quiet.weights, run.weights, strict=True):
        assert torch.allclose(old, new, atol=1e-4)


def test_a_row_that_never_fits_is_named(base: str) -> None:
    run = LoraRun(load_model(base)[0], ROWS, SETTINGS)

    def never(model: Any, rows: Sequence[Encoded]) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    run.objective = never
    with pytest.raises(BadInput, match=r"out of memory at step 1 with one row, s/t7 of 17 tokens"):
        run.step(ROWS)


def test_other_errors_are_not_taken_for_memory(base: str) -> None:
    run = LoraRun(load_model(base)[0], ROWS, SETTINGS)

    def wrong(model: Any, rows: Sequence[Encoded]) -> torch.Tensor:
        raise RuntimeError("shapes do not match")

    run.objective = wrong
    with pytest.raises(RuntimeError, match="shapes do not match"):
        run.step(ROWS)
