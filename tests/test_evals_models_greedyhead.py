"""The fast head picks the very token that full precision picks, ties and long vocabularies included."""

from __future__ import annotations

import pytest
import torch

from evals.models.greedyhead import GreedyHead, is_worth_it


def head(vocabulary: int, size: int, *, scale: float = 1.0) -> torch.nn.Linear:
    layer = torch.nn.Linear(size, vocabulary, bias=False)
    layer.weight.data = torch.randn(vocabulary, size, generator=torch.Generator().manual_seed(vocabulary)) * scale
    return layer.requires_grad_(False)


def states(rows: int, size: int) -> torch.Tensor:
    return torch.randn(rows, 2, size, generator=torch.Generator().manual_seed(rows))


@pytest.mark.parametrize("vocabulary", [1, 63, 64, 65, 1000, 4096])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e4])
def test_it_picks_what_full_precision_picks(vocabulary: int, scale: float) -> None:
    layer, asked = head(vocabulary, 96, scale=scale), states(50, 96)
    found = GreedyHead(layer)(asked)
    assert found.shape == (50, 2, 1)
    assert torch.equal(found[..., 0], layer(asked).argmax(-1))


def test_tokens_that_bfloat16_cannot_tell_apart_are_told_apart() -> None:
    layer, asked = head(512, 96), states(20, 96)
    layer.weight.data[:] = layer.weight[:1]
    layer.weight.data += torch.randn(512, 96, generator=torch.Generator().manual_seed(1)) * 1e-4
    best = GreedyHead(layer)(asked)[..., 0]
    assert torch.equal(best, (asked.double() @ layer.weight.double().t()).argmax(-1))
    assert len(best.unique()) > 10


def test_of_equal_tokens_the_first_is_taken() -> None:
    layer, asked = head(300, 32), states(20, 32)
    layer.weight.data[150:] = layer.weight[:150]
    assert GreedyHead(layer)(asked).max() < 150


def test_all_scores_below_zero() -> None:
    layer, asked = head(200, 32), states(10, 32).abs()
    layer.weight.data = -layer.weight.abs()
    assert torch.equal(GreedyHead(layer)(asked)[..., 0], layer(asked).argmax(-1))


@pytest.mark.parametrize(
    "layer", [torch.nn.Linear(8, 8), torch.nn.Linear(8, 8, bias=False, dtype=torch.bfloat16), torch.nn.Identity()]
)
def test_other_heads_stay_as_they_are(layer: torch.nn.Module) -> None:
    assert not is_worth_it(layer, torch.device("cpu"))
