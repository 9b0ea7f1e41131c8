"""How likely a base finds the rows of a trainset before it is trained on them."""

from __future__ import annotations

import gc
import math
from collections.abc import Sequence

import torch

from evals.models.loading import load_model
from evals.progress import Progress
from evals.records import ModelRef
from finetune.batches import microbatches
from finetune.objectives import token_losses
from finetune.settings import FinetuneSettings
from trainset.records import Example
from trainset.render import Encoded, encode_example


def mean_probabilities(base: ModelRef, examples: Sequence[Example], settings: FinetuneSettings, bar: Progress) -> list[float]:
    """Of each row, the geometric mean of the probabilities that the base gives its trained tokens, 0 to 1.

    Raises:
        BadInput: the model does not load, or a row cannot be encoded.
    """
    model, tokenizer, _ = load_model(base.base)
    model.eval()
    rows = [encode_example(tokenizer, example) for example in examples]
    found: dict[Encoded, float] = {}
    bar.start("likelihood of rows", len(rows), "rows")
    with torch.no_grad():
        for part in microbatches(list(dict.fromkeys(rows)), settings.tokens_per_microbatch):
            for row, losses in zip(part, token_losses(model, part), strict=True):
                found[row] = math.exp(-float(losses.double().mean()))
            bar.advance(len(part))
    bar.finish()
    del model
    gc.collect()
    return [found[row] for row in rows]
