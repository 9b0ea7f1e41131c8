"""Model backends by name. Add one: a class that fits ``base.Backend`` and a row in BACKENDS, or 'pkg.mod:Class' in the config.

A class may have a class attribute ``settings``, a pydantic model: ``backend_options`` are read with it, and an
instance is given as the keyword argument ``options``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evals.models import threads
from evals.models.base import Backend
from evals.options import read_options
from evals.plugins import load
from evals.records import ModelRef

threads.prepare()  # here, as torch reads it when it is loaded, which any module of this package may do

BACKENDS: Mapping[str, str] = {
    "hf": "evals.models.hf:HFBackend",
    "openai": "evals.models.openai:OpenAIBackend",
    "vllm": "evals.models.vllm:VLLMBackend",
}


def backend_class(name: str) -> Any:
    """The class of a backend, imported.

    Raises:
        BadInput: no such backend, or its module cannot be imported.
    """
    return load(BACKENDS, name, "backend")


def open_backend(name: str, ref: ModelRef, *, options: Mapping[str, Any] | None = None, **arguments: Any) -> Backend:
    """Load a model. ``options`` are the backend's own, ``arguments`` those that the caller knows.

    Raises:
        BadInput: unknown backend, options that it does not have, or a model that cannot be loaded.
    """
    target = backend_class(name)
    own = read_options(target, options or {}, f"backend {name}", "backend_options")
    backend: Backend = target(ref, **arguments, **own)
    return backend
