"""Tokens a second of the hf backend with its in-place cache, beside the library's cache, on the same prompts in one run.

    .venv/bin/python benchmarks/generation.py

Prints the median of five rounds each, taken in turn, and whether the texts are the same.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from transformers import DynamicCache

from evals.models import hf
from evals.models.base import Prompt, Sampling
from evals.records import ModelRef
from evals.suites import load_suite


def main() -> None:
    prompts = [Prompt(messages=tuple(task.messages())) for task in load_suite("basics").tasks[:32]]
    backend = hf.HFBackend(ModelRef(base="smollm2-135m-instruct"), batch_size=32)
    ours = hf.new_cache

    def library(config: Any) -> Any:
        return DynamicCache(config=config)

    speeds: dict[str, list[float]] = {"in place, grouped": [], "library": []}
    texts: dict[str, list[str]] = {}
    for _ in range(5):
        for name, cache, attention in (("in place, grouped", ours, hf.ATTENTION), ("library", library, "sdpa")):
            hf.new_cache = cache
            backend._model.set_attn_implementation(attention)
            start = time.perf_counter()
            completions = backend.generate(prompts, Sampling(max_new_tokens=64))
            seconds = time.perf_counter() - start
            speeds[name].append(sum(c.completion_tokens for c in completions) / seconds)
            texts[name] = [c.text for c in completions]
    for name, values in speeds.items():
        print(f"{name:20} {statistics.median(values):7.1f} tokens/s   (of {', '.join(f'{v:.0f}' for v in values)})")
    print("same texts:", texts["library"] == texts["in place, grouped"])


if __name__ == "__main__":
    main()
