"""The steps of a training: resumed at any of them, the same whatever the microbatches, processes and number format."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tiny_models
import torch
from safetensors.torch import load_file

from evals.errors import BadInput
from evals.models.loading import load_model
from evals.records import ModelRef
from finetune import lora
from finetune.base import WEIGHTS
from finetune.objectives import completion_loss
from finetune.products import sum_in_products
from finetune.rates import rate_by_width
from finetune.records import TrainReport
from finetune.scaling import scale_adapter
from finetune.settings import FinetuneSettings, LoraSettings
from finetune.steps import LoraRun
from finetune.train import finetune
from trainset.build import Built, save
from trainset.records import Example
from trainset.render import Encoded

ROOT = Path(__file__).parents[1]
SETTINGS = FinetuneSettings(
    learning_rate=1e-2, num_train_epochs=2, batch_size=4, warmup_steps=1, lora=LoraSettings(r=4, lora_alpha=4)
)
ROWS = [Encoded(key=f"s/t{n}", ids=tuple(range(5, 20 + n)), prompt_length=8) for n in range(8)]
UNEQUAL = [
    Encoded(key="long", ids=tuple(range(5, 90)), prompt_length=5),
    *(Encoded(key=f"short{n}", ids=(200 + n, 7, 8), prompt_length=2) for n in range(3)),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_models.save(tiny_models.build("llama"), tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def trainset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trainset")
    rows = tuple(
        Example(
            prompt=({"role": "user", "content": f"Question {number} " + "word " * (number % 4)},),
            completion=({"role": "assistant", "content": f"x = {number}"},),
            provenance={"key": f"s/t{number}"},
        )
        for number in range(10)
    )
    save(Built(examples=rows, index_digest="b2:index", counts={"rows": 10}, dropped={}), folder)
    return folder


def train(trainset: Path, base: str, out: Path, **changed: Any) -> TrainReport:
    return finetune(trainset, ModelRef(base=base), SETTINGS.model_copy(update=changed), out, index_digest="b2:index")


class Killed(BaseException):
    """What no code of ours catches."""


@pytest.mark.parametrize("died_at", [1, 4])
def test_a_run_killed_at_a_step_ends_as_if_it_had_not_been(
    died_at: int, base: str, trainset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = {"save_steps": 1, "lora": LoraSettings(r=4, lora_alpha=4, lora_dropout=0.3)}
    whole = train(trainset, base, tmp_path / "whole", **how)
    step = LoraRun.step
    taken: list[str] = []

    def counted(self: LoraRun, batch: Sequence[Encoded]) -> float:
        if len(self.losses) == died_at and not taken.count("died"):
            taken.append("died")
            raise Killed
        taken.append("step")
        return step(self, batch)

    monkeypatch.setattr(LoraRun, "step", counted)
    with pytest.raises(Killed):
        train(trainset, base, tmp_path / "killed", **how)
    resumed = train(trainset, base, tmp_path / "killed", **how)
    assert (resumed.adapter_digest, resumed.losses) == (whole.adapter_digest, whole.losses)
    assert taken.count("step") == whole.steps == 6, "no step was taken twice"
    assert not (tmp_path / "killed/checkpoint.pt").exists()


def test_epochs_one_by_one_are_those_of_a_whole_run(base: str, trainset: Path, tmp_path: Path) -> None:
    whole = train(trainset, base, tmp_path / "whole")
    parts = [
        finetune(
            trainset,
            ModelRef(base=base),
            SETTINGS,
            tmp_path / f"epoch-{epoch}",
            index_digest="b2:index",
            epochs=epoch,
            state=tmp_path / "state.pt",
        )
        for epoch in (1, 2)
    ]
    assert [part.steps for part in parts] == [3, 6]
    assert parts[0].adapter_digest != parts[1].adapter_digest == whole.adapter_digest
    assert not (tmp_path / "state.pt").exists()


def gradients(base: str, rows: Sequence[Encoded], **changed: Any) -> tuple[float, torch.Tensor]:
    run = LoraRun(load_model(base)[0], rows, SETTINGS.model_copy(update=changed))
    with torch.no_grad():
        for number, weight in enumerate(run.weights):
            weight.copy_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(number)) * 0.05)
    loss = run._gradients(rows)
    return loss, torch.cat([weight.grad.flatten() for weight in run.weights if weight.grad is not None])


def test_a_batch_in_parts_has_the_mean_over_all_its_trained_tokens(base: str) -> None:
    """Means of means would count a token of a short row ten times as much as one of the long row."""
    whole, at_once = gradients(base, UNEQUAL, tokens_per_microbatch=10_000)
    parts, summed = gradients(base, UNEQUAL, tokens_per_microbatch=1)
    assert parts == pytest.approx(whole, rel=1e-5)
    assert torch.allclose(summed, at_once, atol=1e-6, rtol=1e-4)


def test_activations_computed_twice_give_the_same_gradient(base: str) -> None:
    kept, of_kept = gradients(base, ROWS)
    again, of_again = gradients(base, ROWS, gradient_checkpointing=True)
    assert again == pytest.approx(kept, rel=1e-6)
    assert torch.allclose(of_again, of_kept, atol=1e-6)


@pytest.mark.parametrize(("family", "summed"), [("llama", 14), ("qwen2", 14), ("gpt2", 0)])
def test_layers_that_add_up_in_their_products_have_pefts_numbers(family: str, summed: int) -> None:
    """GPT-2's layers are no linear ones; Qwen2's have a bias, and its adapter is scaled."""
    from peft import LoraConfig, get_peft_model

    found = []
    for ours in (False, True):
        torch.manual_seed(0)
        config = LoraConfig(r=4, lora_alpha=6, target_modules="all-linear", task_type="CAUSAL_LM")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of layers that are stored the other way round
            model = get_peft_model(tiny_models.build(family), config).eval()
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        with torch.no_grad():
            for weight in weights:
                weight.normal_(std=0.05)
        if ours:
            assert sum_in_products(model) == summed
        loss = completion_loss(model, ROWS)
        loss.backward()  # type: ignore[no-untyped-call]
        with torch.no_grad(), model.disable_adapter():
            plain = float(completion_loss(model, ROWS))
        assert plain != pytest.approx(float(loss.detach()))
        flat = torch.cat([weight.grad.flatten() for weight in weights if weight.grad is not None])
        found.append((float(loss.detach()), plain, flat))
    (own, own_plain, own_flat), (summed_loss, summed_plain, flat) = found
    assert (summed_loss, summed_plain) == pytest.approx((own, own_plain), rel=1e-5)
    assert torch.allclose(flat, own_flat, atol=1e-4, rtol=1e-4) and float(flat.abs().max()) > 0.1


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_other_number_formats_learn_with_weights_in_full_precision(dtype: str, base: str, trainset: Path, tmp_path: Path) -> None:
    report = train(trainset, base, tmp_path / "out", dtype=dtype, num_train_epochs=2)
    full = train(trainset, base, tmp_path / "full", num_train_epochs=2)
    assert report.losses[-1] < report.losses[0] - 0.05
    assert report.losses[-1] == pytest.approx(full.losses[-1], rel=0.05)
    assert {weight.dtype for weight in load_file(tmp_path / "out" / WEIGHTS).values()} == {torch.float32}


def test_gradients_that_float16_cannot_hold_leave_a_step_out_and_scale_less(base: str) -> None:
    model = load_model(base)[0].half()
    run = LoraRun(model, ROWS, SETTINGS)
    before = [weight.clone() for weight in run.weights]
    run.scaler._init_scale = 2.0**40
    run.step(ROWS)
    assert all(torch.equal(old, new) for old, new in zip(before, run.weights, strict=True))
    assert run.scaler.get_scale() == 2.0**39
    for _ in range(40):
        scale = run.scaler.get_scale()
        run.step(ROWS)
        if run.scaler.get_scale() == scale:
            break
    assert 1 < scale < 2.0**40
    assert not all(torch.equal(old, new) for old, new in zip(before, run.weights, strict=True))


@pytest.mark.slow
def test_two_processes_train_the_adapter_of_one(base: str, trainset: Path, tmp_path: Path) -> None:
    alone = train(trainset, base, tmp_path / "alone")
    program = (
        "import sys; from pathlib import Path\n"
        "from evals.records import ModelRef; from finetune.settings import FinetuneSettings\n"
        "from finetune.train import finetune\n"
        "trainset, base, out, settings = sys.argv[1:]\n"
        "report = finetune(Path(trainset), ModelRef(base=base), FinetuneSettings.model_validate_json(settings), Path(out),"
        " index_digest='b2:index')\n"
        "print(report.model_dump_json())\n"
    )
    (tmp_path / "program.py").write_text(program)
    launcher = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--local-addr",
        "127.0.0.1",
        "--nproc-per-node",
        "2",
    ]
    arguments = [str(trainset), base, str(tmp_path / "both"), SETTINGS.model_dump_json()]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*launcher, str(tmp_path / "program.py"), *arguments], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    reports = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(reports) == 2
    for report in reports:
        assert report["losses"] == pytest.approx(alone.losses, abs=2e-4)
        assert (report["steps"], report["trained_tokens"]) == (alone.steps, alone.trained_tokens)
    ours, own = (load_file(tmp_path / name / WEIGHTS) for name in ("both", "alone"))
    assert ours.keys() == own.keys()
    moved = max(float(weight.abs().max()) for name, weight in own.items() if "lora_B" in name)
    assert moved > 0.01
    assert all(torch.allclose(ours[name], own[name], atol=moved / 50) for name in own)


def test_the_rate_follows_from_the_width(base: str, trainset: Path, tmp_path: Path) -> None:
    from transformers import LlamaConfig, Qwen2Config

    assert rate_by_width(LlamaConfig(hidden_size=576)) == 1.3e-3
    assert rate_by_width(LlamaConfig(hidden_size=4096)) == 2.9e-4
    assert rate_by_width(Qwen2Config(hidden_size=2000)) == 5e-4
    report = train(trainset, base, tmp_path / "out", learning_rate="auto", num_train_epochs=1)
    assert report.settings["learning_rate"] == rate_by_width(LlamaConfig(hidden_size=32))


def test_a_part_of_an_adapter_is_a_part_of_its_change(base: str, trainset: Path, tmp_path: Path) -> None:
    from evals.models.adapters import merge_adapter

    train(trainset, base, tmp_path / "whole", learning_rate=5e-2)
    scale_adapter(tmp_path / "whole", tmp_path / "half", 0.5)
    plain = load_model(base)[0].state_dict()
    whole, half = (merge_adapter(load_model(base)[0], tmp_path / name).state_dict() for name in ("whole", "half"))
    changes = {name: (whole[name] - plain[name], half[name] - plain[name]) for name in plain}
    assert max(float(change.abs().max()) for change, _ in changes.values()) > 0.01
    assert all(torch.allclose(change / 2, part, atol=1e-5) for change, part in changes.values())


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*arguments: Any, **options: Any) -> Any:
        raise AssertionError("the base was loaded")

    monkeypatch.setattr(lora, "load_weights", load)


@pytest.mark.usefixtures("unloaded")
def test_a_package_that_is_missing_is_named_before_the_base_is_loaded(
    base: str, trainset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadInput) as caught:
        train(trainset, base, tmp_path / "out", report_to=("wandb", "mlflow"))
    assert [line.split(", or")[0] for line in str(caught.value).splitlines()] == [
        "finetune.report_to: wandb needs a package: pip install wandb",
        "finetune.report_to: mlflow needs a package: pip install mlflow",
    ]
    with pytest.raises(BadInput, match=r"finetune\.load_in_4bit: needs a package: pip install bitsandbytes"):
        train(trainset, base, tmp_path / "out", load_in_4bit=True)


def test_a_tool_gets_every_step_by_its_own_functions(
    base: str, trainset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trackio.py").write_text(
        "said = []\n"
        "def init(project, name, config): said.append((project, name, config['batch_size']))\n"
        "def log(metrics, step=None): said.append((step, metrics))\n"
        "def finish(): said.append('finished')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    report = train(trainset, base, tmp_path / "out", report_to=("trackio",))
    said = sys.modules.pop("trackio").said
    assert said[0] == ("goldloop", "out", 4) and said[-1] == "finished"
    steps = said[1:-1]
    assert [step for step, _ in steps] == [1, 2, 3, 4, 5, 6]
    assert [round(values["loss"], 5) for _, values in steps] == list(report.losses)
    assert steps[-1][1]["epoch"] == 2.0 and steps[0][1]["learning_rate"] == pytest.approx(5e-3)
    assert all(values["tokens_per_second"] > 0 and values["grad_norm"] > 0 for _, values in steps)
