"""Model backends by name. Add one: a class that fits ``base.Backend`` and a row in BACKENDS, or 'pkg.mod:Class' in the config."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from evals.errors import BadInput
from evals.models.base import Backend
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
    target = BACKENDS.get(name, name)
    if ":" not in target:
        raise BadInput(f"backend: {name!r} is none of {', '.join(BACKENDS)}, nor a 'pkg.mod:Class'")
    module, _, attribute = target.partition(":")
    try:
        factory = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise BadInput(f"backend: {name!r} cannot be loaded: {error}") from None
    backend: Backend = factory(ref, **options)
    return backend
