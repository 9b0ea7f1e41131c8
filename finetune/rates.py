"""The learning rate that follows from a model's width, where none is given."""

from __future__ import annotations

from typing import Any

_FULL, _LORA, _WIDTH = 5e-5, 10.0, 2000
_EXPONENTS = {"qwen": 0.0775}
_USUAL = 0.781


def rate_by_width(config: Any) -> float:
    """``5e-5 * 10 * (2000 / width) ** exponent``, to two digits: tinker-cookbook's rule for LoRA (``get_lr``, 2025).

    Its exponents were fitted on Llama and Qwen models of 1 to 70 billion weights: 0.781 and 0.0775; other kinds take Llama's. The
    embedded model (576 wide) gets 1.3e-3, an extrapolation.
    """
    text = config.get_text_config(decoder=True)
    exponent = next((value for kind, value in _EXPONENTS.items() if str(text.model_type).startswith(kind)), _USUAL)
    return float(f"{_FULL * _LORA * (_WIDTH / text.hidden_size) ** exponent:.1e}")
