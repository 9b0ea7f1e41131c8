"""``weighted`` and ``dpo`` on a tiny random model, beside the same numbers computed from the model's whole logits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn.functional import logsigmoid

from evals.errors import BadInput
from finetune.base import objective_of
from finetune.contrasts import DpoLoss, DpoSettings, WeightedLoss, WeightedSettings
from finetune.objectives import completion_loss, loss_share, token_losses
from finetune.settings import FinetuneSettings, LoraSettings
from finetune.steps import LoraRun
from trainset.render import Encoded

pytestmark = pytest.mark.model

ROWS = [
    Encoded(key="a", ids=(5, 6, 7, 8, 9, 2), prompt_length=3, rejected=(8, 4, 9, 2), preferred=True),
    Encoded(key="b", ids=(5, 1, 3, 3, 11, 12, 13, 2), prompt_length=2, rejected=(3, 2), preferred=True),
    Encoded(key="c", ids=(7, 8, 9, 2), prompt_length=1),
    Encoded(key="d", ids=(5, 6, 7, 1, 2), prompt_length=3, rejected=(8, 4, 9, 2)),
]


@pytest.fixture(scope="module")
def model() -> Any:
    """Two random layers with an adapter that changes what the model says."""
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(r=4, lora_alpha=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
    return get_peft_model(bare(), lora).train()


def bare() -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=16,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        initializer_range=0.5,
    )
    return LlamaForCausalLM(config)


def by_token(model: Any, prompt: tuple[int, ...], answer: tuple[int, ...]) -> torch.Tensor:
    """Log-probabilities of an answer's tokens, one row at a time, from all logits."""
    ids = torch.tensor([[*prompt, *answer]])
    scores = model(input_ids=ids).logits[0].log_softmax(-1)
    return torch.stack([scores[len(prompt) - 1 + place, token] for place, token in enumerate(answer)])


def parts(row: Encoded) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return row.ids[: row.prompt_length], row.ids[row.prompt_length :]


def test_losses_by_token_add_up_to_the_plain_objective(model: Any) -> None:
    for row, losses in zip(ROWS, token_losses(model, ROWS), strict=True):
        assert torch.allclose(-losses, by_token(model, *parts(row)), atol=1e-5)
    assert torch.allclose(torch.cat(token_losses(model, ROWS)).sum(), completion_loss(model, ROWS), rtol=1e-6)


@pytest.mark.parametrize(
    ("trained", "rejected", "weights"),
    [
        ((8, 9, 2), (8, 9, 2), [1, 1, 1]),
        ((8, 9, 2), (8, 4, 2), [1, 3, 1]),
        ((8, 9, 2), (8, 2), [1, 3, 1]),
        ((8, 2), (8, 9, 9, 2), [1, 3]),
        ((8, 9, 2), (), [1, 1, 1]),
        ((8, 9, 2), (4, 5), [3, 3, 3]),
    ],
)
def test_tokens_in_which_target_and_attempt_differ_weigh_more(
    trained: tuple[int, ...], rejected: tuple[int, ...], weights: list[float]
) -> None:
    row = Encoded(key="a", ids=(1, *trained), prompt_length=1, rejected=rejected)
    assert WeightedLoss(options=WeightedSettings(weight=3)).weights(row) == weights


def test_the_weighted_loss_is_the_weighted_mean(model: Any) -> None:
    weighted = WeightedLoss(options=WeightedSettings(weight=3))
    total, weight = 0.0, 0.0
    for row in ROWS:
        weights = torch.tensor(weighted.weights(row))
        total += float((-by_token(model, *parts(row)) * weights).sum().detach())
        weight += float(weights.sum())
    assert weighted(model, ROWS).item() == pytest.approx(total / weight, rel=1e-5)
    same = WeightedLoss(options=WeightedSettings(weight=1))
    trained = sum(len(row.ids) - row.prompt_length for row in ROWS)
    assert same(model, ROWS).item() == pytest.approx(completion_loss(model, ROWS).item() / trained, rel=1e-5)


def by_hand(model: Any, settings: DpoSettings) -> float:
    """Equation 7 of the paper, TRL's label smoothing, and the mean over trained tokens beside it."""
    pairs, tokens = [], []
    for row in ROWS:
        prompt, chosen = parts(row)
        tokens.append(by_token(model, prompt, chosen))
        if row.preferred:
            now = tokens[-1].sum() - by_token(model, prompt, row.rejected).sum()
            with model.disable_adapter():
                base = by_token(model, prompt, chosen).sum() - by_token(model, prompt, row.rejected).sum()
            delta, smoothing = settings.beta * (now - base), settings.label_smoothing
            pairs.append(-(1 - smoothing) * logsigmoid(delta) - smoothing * logsigmoid(-delta))
    terms = {"sigmoid": torch.stack(pairs).mean(), "sft": -torch.cat(tokens).mean()}
    weights = settings.loss_weights or (1.0,) * len(settings.loss_type)
    return sum(weight * terms[kind].item() for kind, weight in zip(settings.loss_type, weights, strict=True))


@pytest.mark.parametrize(
    "settings",
    [
        DpoSettings(),
        DpoSettings(beta=0.5, label_smoothing=0.1),
        DpoSettings(loss_type=("sigmoid",)),
        DpoSettings(loss_type=("sigmoid", "sft"), loss_weights=(0.5, 2.0)),
    ],
    ids=str,
)
def test_the_preference_loss_is_the_papers(model: Any, settings: DpoSettings) -> None:
    assert DpoLoss(options=settings)(model, ROWS).item() == pytest.approx(by_hand(model, settings), rel=1e-5)
    assert model.training


@pytest.mark.parametrize("name", ["sft", "weighted", "dpo"])
def test_microbatches_share_one_loss_and_one_gradient(model: Any, name: str) -> None:
    objective = objective_of(name)

    def step(cuts: list[list[Encoded]]) -> tuple[float, torch.Tensor]:
        model.zero_grad()
        losses = [loss_share(objective, model, rows, ROWS) for rows in cuts]
        for loss in losses:
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        grads = [weight.grad.flatten() for weight in model.parameters() if weight.grad is not None]
        return sum(float(loss.detach()) for loss in losses), torch.cat(grads)

    whole, cut = step([ROWS]), step([ROWS[:1], ROWS[1:3], ROWS[3:]])
    assert whole[0] == pytest.approx(cut[0], rel=1e-5) and torch.allclose(whole[1], cut[1], atol=1e-6)
    assert whole[1].abs().sum() > 0


def test_without_an_adapters_change_every_pair_is_even(model: Any) -> None:
    with model.disable_adapter():
        loss = DpoLoss(options=DpoSettings(loss_type=("sigmoid",)))(model, ROWS[:2])
    assert loss.item() == pytest.approx(0.6931472, rel=1e-5)


@pytest.mark.parametrize("name", ["weighted", "dpo"])
def test_the_trainer_learns_by_it_whatever_the_microbatches(name: str) -> None:
    losses = []
    for budget in (1000, 8):
        settings = FinetuneSettings(
            objective=name, learning_rate=1e-2, warmup_steps=0, tokens_per_microbatch=budget, lora=LoraSettings(r=4, lora_alpha=4)
        )
        run = LoraRun(bare(), ROWS, settings)
        losses.append([run.step(ROWS) for _ in range(6)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    assert losses[0][-1] < losses[0][0]
    if name == "dpo":  # the two are even at first: the logarithm of 2, beside the plain loss
        plain = LoraRun(bare(), ROWS, FinetuneSettings(lora=LoraSettings(r=4, lora_alpha=4))).step(ROWS)
        assert losses[0][0] == pytest.approx(0.6931472 + plain, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("dpo", {"betta": 1}, "finetune.objective_options.betta: unknown option 'betta'; did you mean 'beta'"),
        ("dpo", {"loss_type": ["sigmoid"], "loss_weights": [1, 2]}, "2 loss_weights for 1 terms"),
        ("sft", {"beta": 1}, "unknown option 'beta': objective sft takes none"),
        ("weighted", {"weight": 0.5}, "greater than or equal to 1"),
    ],
)
def test_options_of_an_objective_are_checked(name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        objective_of(name, options)
