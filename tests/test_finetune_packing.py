"""Packs: every row's loss and gradient as alone, nothing seen of a neighbour, what is shared computed once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
import tiny_models
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.batches import packed_microbatches
from finetune.objectives import completion_loss, pack_where_exact, token_losses
from finetune.packing import PACKED, pack, takes_packs
from finetune.settings import FinetuneSettings, LoraSettings
from finetune.steps import LoraRun
from trainset.render import Encoded

SETTINGS = FinetuneSettings(batch_size=8, learning_rate=1e-2, warmup_steps=0, lora=LoraSettings(r=4, lora_alpha=4))


def row(key: str, prompt: Sequence[int], answer: Sequence[int]) -> Encoded:
    return Encoded(key=key, ids=(*prompt, *answer), prompt_length=len(prompt))


def some_rows() -> list[Encoded]:
    """Two families of prompts, one prompt with three answers, one row twice, and one that has nothing in common."""
    draw = random.Random(5)
    house, shop = ([draw.randrange(5, 300) for _ in range(20)] for _ in range(2))
    asked = [*house, *(draw.randrange(5, 300) for _ in range(11))]
    rows = [row(f"a{n}", asked, [7 + n, *range(20 + n, 26 + n)]) for n in range(3)]
    rows += [row("a0 again", asked, [7, *range(20, 26)])]
    rows += [row(f"b{n}", [*shop, *range(30, 31 + 3 * n)], [9] * (n + 1)) for n in range(3)]
    return [*rows, row("c", [6], [8, 9])]


@st.composite
def families(draw: st.DrawFn) -> list[Encoded]:
    stem = draw(st.lists(st.integers(5, 7), max_size=24))
    rows = []
    for number in range(draw(st.integers(1, 6))):
        prompt = [*stem[: draw(st.integers(0, len(stem)))], *draw(st.lists(st.integers(5, 7), min_size=1, max_size=12))]
        rows.append(row(str(number), prompt, draw(st.lists(st.integers(5, 7), min_size=1, max_size=6))))
    return rows


@settings(deadline=None)
@given(families())
def test_the_way_to_every_trained_token_holds_the_rows_own_tokens(rows: list[Encoded]) -> None:
    made = pack(rows)
    of_place = [(number, k) for number, branch in enumerate(made.branches) for k in range(len(branch.ids))]
    places = iter(made.places)
    for each in rows:
        for position in range(each.prompt_length - 1, len(each.ids) - 1):
            number, k = of_place[next(places)]
            branch = made.branches[number]
            before = [token for above in branch.above for token in made.branches[above].ids]
            assert (*before, *branch.ids[: k + 1]) == each.ids[: position + 1]
            assert branch.start == len(before)
    assert next(places, None) is None
    assert made.tokens <= sum(len(each.ids) - 1 for each in rows)


def test_what_rows_begin_with_alike_is_computed_once() -> None:
    rows = some_rows()
    made = pack(rows)
    once = (20 + 11) + 4 * 6 + (20 + 1) + (3 + 1) + (6 + 2) + 2  # six tokens alike are not worth a branch
    assert made.tokens == once < sum(len(each.ids) - 1 for each in rows)


@settings(deadline=None)
@given(families(), st.integers(1, 60))
def test_packs_hold_every_row_once_within_the_budget(rows: list[Encoded], budget: int) -> None:
    parts = list(packed_microbatches(rows, budget))
    assert sorted(each.key for part in parts for each in part) == sorted(each.key for each in rows)
    assert all(len(part) == 1 or pack(part).tokens <= budget for part in parts)


def flat_gradient(run: LoraRun) -> torch.Tensor:
    gradient = torch.cat([weight.grad.flatten() for weight in run.weights if weight.grad is not None])
    run.optimizer.zero_grad()
    return gradient


def losses(model: Any, rows: Sequence[Encoded]) -> list[float]:
    with torch.no_grad():
        return [float(completion_loss(model, [each])) for each in rows]


def moved(run: LoraRun) -> LoraRun:
    """With weights as in the middle of training: at the start half of the gradient is zero."""
    torch.manual_seed(3)
    with torch.no_grad():
        for weight in run.weights:
            weight.normal_(std=0.05)
    return run


@pytest.mark.parametrize("family", ["llama", "qwen3", "gpt2", "gemma3_text", "phi3", "cohere"])
def test_a_pack_has_the_losses_and_gradients_of_its_rows_alone(family: str) -> None:
    rows = some_rows()
    run = moved(LoraRun(tiny_models.build(family), rows, SETTINGS))
    assert run.packed
    run.model.eval()  # no dropout
    together = token_losses(run.model, rows)
    torch.cat(together).sum().backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    packed = flat_gradient(run)
    run.model.get_base_model().set_attn_implementation("eager")
    assert not takes_packs(run.model)
    alone = [token_losses(run.model, [each])[0] for each in rows]
    torch.cat(alone).sum().backward()  # type: ignore[no-untyped-call]
    for ours, own in zip(together, alone, strict=True):
        assert torch.allclose(ours, own, atol=2e-4, rtol=1e-4)
    assert torch.allclose(packed, flat_gradient(run), atol=1e-3, rtol=1e-3)
    assert packed.abs().max() > 0.01


@pytest.mark.parametrize("family", ["bloom", "mamba2", "gemma2", "falcon_h1", "mpt"])
def test_what_a_pack_would_change_is_not_packed(family: str) -> None:
    model = tiny_models.build(family)
    before = model.config._attn_implementation
    rows = some_rows()
    alone = losses(model, rows)
    assert not pack_where_exact(model, rows)
    assert model.config._attn_implementation == before
    assert losses(model, rows) == pytest.approx(alone)


def test_rows_longer_than_a_layers_window_are_not_packed() -> None:
    model = tiny_models.build("mistral")
    model.config.sliding_window = 30
    for layer in model.model.layers:
        layer.self_attn.sliding_window = 30
    assert not pack_where_exact(model, some_rows())
    assert pack_where_exact(model, [each for each in some_rows() if len(each.ids) <= 30])


def test_neighbours_that_leak_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import AttentionInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    def leaky(*given: Any, goldloop_pack: Any = None, **options: Any) -> Any:
        options["is_causal"] = True
        return sdpa_attention_forward(*given[:4], None, **options)  # one long text: every row sees those before it

    model = tiny_models.build("llama")
    monkeypatch.setitem(AttentionInterface._global_mapping, PACKED, leaky)
    assert not pack_where_exact(model, some_rows())
