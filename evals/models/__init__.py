"""Model backends by name. Add one: a class that fits ``base.Backend`` and a row in BACKENDS, or 'pkg.mod:Class' in the config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evals.models.base import Backend
from evals.plugins import load
from evals.records import ModelRef

BACKENDS: Mapping[str, str] = {
    "hf": "evals.models.hf:HFBackend",
    "openai": "evals.models.openai:OpenAIBackend",
    "vllm": "evals.models.vllm:VLLMBackend",
}


def open_backend(name: str, ref: ModelRef, **options: Any) -> Backend:
    """Load a model.

    Raises:
        BadInput: unknown backend, or a model that cannot be loaded.
    """
    backend: Backend = load(BACKENDS, name, "backend")(ref, **options)
    return backend
