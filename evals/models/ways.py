"""How a model is decoded, and whether it can be: found out from its forward pass, not from a list of names.

``ragged``: rows of any length side by side. ``padded``: left-padded batches on the library's cache, for models that keep keys
and values alone and that a short probe showed to be untouched by the padding. ``library``: ``generate`` itself, batches of one
length: recurrent models, positions that depend on the longest row, steps of a model's own making. What reads later tokens, or
needs more than text, is refused by its name.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import torch

from evals.errors import BadInput
from evals.models.chat import first_line, pad_token
from evals.models.kvcache import PaddedRows, supports
from evals.models.library import decode_batch

Way = Literal["ragged", "padded", "library"]
_LENGTH_ROPES = {"dynamic", "longrope"}  # rotary positions that depend on the longest row of a batch
_PROBE = "def add(first, second):\n    return first + second"
_PROBE_TOKENS, _SHORT_TOKENS = 8, 5
# Largest difference of scores that is rounding, in their standard deviations: padding that is not masked shifts them by tenths.
_ROUNDING: Mapping[torch.dtype, float] = {torch.float32: 1e-3}
_COARSE_ROUNDING = 0.15


@torch.inference_mode()
def require_causal(model: Any, tokenizer: Any, name: str) -> None:
    """Check that a model goes on with a text: that it runs on tokens alone, and that no token's scores depend on later ones.

    Raises:
        BadInput: it does not; the message names the kind of model.
    """
    if supports(model.config):
        return
    kind = f"model: {name} is of the kind {model.config.model_type!r}"
    ids = _probe(tokenizer)
    try:
        if not model.can_generate():
            raise BadInput(f"{kind}, which transformers does not generate with; give a decoder-only model")
        one, other = (_scores(model, prompt)[:, :-1] for prompt in (ids, [*ids[:-1], _another(ids)]))
    except torch.OutOfMemoryError:
        raise
    except BadInput:
        raise
    except Exception as error:  # whatever a forward pass that wants more than token ids may raise
        raise BadInput(f"{kind}, which does not run on text alone: {first_line(error)}; give a decoder-only model") from None
    if _differ(one, other):
        raise BadInput(
            f"{kind}, and the scores of a token depend on later ones: it fills gaps and does not go on with a text "
            "(is_decoder is not set in its config.json, or it is an encoder); give a decoder-only model"
        )


@torch.inference_mode()
def way_of(model: Any, tokenizer: Any, name: str) -> Way:
    """The fastest way that gives the library's text.

    Raises:
        BadInput: there is none; the message names the kind of model.
    """
    if supports(model.config):
        return "ragged"
    if _may_be_padded(model) and _padding_is_unseen(model, tokenizer):
        return "padded"
    ids, pad = _probe(tokenizer), pad_token(tokenizer)
    try:
        decode_batch(model, [ids], lambda scores: scores.argmax(-1).tolist(), lambda: [False], tokens=2, pad=pad)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # see require_causal
        kind = model.config.model_type
        raise BadInput(f"model: {name} is of the kind {kind!r}, which does not generate: {first_line(error)}") from None
    return "library"


def _may_be_padded(model: Any) -> bool:
    """Whether a model keeps nothing but keys and values, takes a mask, and gives a token the same position in any batch."""
    takes = inspect.signature(model.forward).parameters
    return (
        not getattr(model, "_is_stateful", False)
        and {"attention_mask", "logits_to_keep"} <= takes.keys()
        and not _LENGTH_ROPES & set(_rope_types(model.config.get_text_config(decoder=True)))
    )


def _rope_types(config: Any) -> Iterator[str]:
    """Kinds of rotary positions: some configurations have one for each kind of layer."""
    rope = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    for part in (rope, *(value for value in rope.values() if isinstance(value, Mapping))):
        yield part.get("rope_type", "default")


def _padding_is_unseen(model: Any, tokenizer: Any) -> bool:
    """Whether two rows, one of them padded, get the scores that each gets alone and without a cache, also when the other left."""
    ids = _probe(tokenizer)
    prompts = [ids, ids[-_SHORT_TOKENS:]]
    rows = PaddedRows(model, pad_token(tokenizer))
    try:
        scores = rows.admit(prompts)
        for step in range(4):
            alone = torch.cat([_scores(model, prompt)[:, -1] for prompt in prompts])
            if _differ(scores, alone):
                return False
            best = alone.argmax(-1)
            prompts = [[*prompt, token] for prompt, token in zip(prompts, best.tolist(), strict=True)]
            if step == 1:
                rows.keep([1])
                prompts, best = prompts[1:], best[1:]
            scores = rows.step(best)
    except torch.OutOfMemoryError:
        raise
    except Exception:  # a cache or a position that this model does not take: the library's own way is left
        return False
    return True


def _probe(tokenizer: Any) -> list[int]:
    ids: list[int] = tokenizer(_PROBE, add_special_tokens=False)["input_ids"]
    return (ids * _PROBE_TOKENS)[:_PROBE_TOKENS]


def _another(ids: Sequence[int]) -> int:
    return next((token for token in ids if token != ids[-1]), ids[-1] - 1 if ids[-1] else 1)


def _scores(model: Any, prompt: Sequence[int]) -> torch.Tensor:
    ids = torch.tensor([list(prompt)], device=model.device)
    scores: torch.Tensor = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    return scores


def _differ(one: torch.Tensor, other: torch.Tensor) -> bool:
    allowed = _ROUNDING.get(one.dtype, _COARSE_ROUNDING)
    return not bool((one - other).float().abs().max() <= allowed * one.float().std())
