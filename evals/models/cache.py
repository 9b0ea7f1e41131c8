"""Answers kept by all that decides them: model, revision, adapter's content, origin, messages, decoding, seed, names asked for.

A cached answer is the backend's own, so a run with a cache equals one without where the backend is deterministic, and is
repeatable where it is not. A sample's number is in its seed; at temperature 0 all samples of a prompt are one answer, asked
once. Errors are never kept. One file an answer, written whole; several runs may share a folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Protocol, runtime_checkable

from pydantic import TypeAdapter, ValidationError

from evals.errors import BadInput
from evals.files import digest, digest_tree, read_json, write_json
from evals.models.base import Backend, Completion, Prompt, Sampling, swapped
from evals.records import ModelRef

_FORM = 4  # of the key and the file; raised when either changes
_COMPLETION = TypeAdapter(Completion)


@runtime_checkable
class Originates(Protocol):
    """What a backend may say beside its model: whatever else decides its answers, such as a server's address."""

    origin: str


class CachedBackend:
    """A backend that looks into a folder first. Only what is missing of a batch is generated."""

    def __init__(self, backend: Backend, folder: Path, *, name: str) -> None:
        self._backend, self._folder, self._name = backend, folder, name
        self.found = 0
        self._take(backend.ref)

    def _take(self, ref: ModelRef) -> None:
        adapter = digest_tree(Path(ref.adapter)) if ref.adapter else ""
        self.ref = ref
        origin = self._backend.origin if isinstance(self._backend, Originates) else ""
        self._model = [_FORM, self._name, ref.base, ref.revision, adapter, origin]

    def swap(self, ref: ModelRef) -> bool:
        """See ``Swaps``."""
        if not swapped(self._backend, ref):
            return False
        self._take(self._backend.ref)
        return True

    def plan(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """The backend's own plan."""
        return self._backend.plan(prompts)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """See ``Backend.generate``."""
        files = [self._file(prompt, sampling) for prompt in prompts]
        answers = {file: answer for file in set(files) if (answer := _read(file)) is not None}
        self.found += sum(file in answers for file in files)
        missing = {file: prompt for file, prompt in zip(files, prompts, strict=True) if file not in answers}
        if missing:
            made = self._backend.generate(list(missing.values()), sampling)
            for file, completion in zip(missing, made, strict=True):
                answers[file] = completion
                if completion.finish_reason != "error":
                    write_json(file, asdict(completion))
        return [answers[file] for file in files]

    def _file(self, prompt: Prompt, sampling: Sampling) -> Path:
        asked = None if prompt.asked is None else [prompt.language, *sorted(prompt.asked)]  # decide where an answer ends
        parts = [*self._model, list(prompt.messages), sampling.model_dump(mode="json"), prompt.seed, asked]
        key = digest(parts).rpartition(":")[2]
        return self._folder / key[:2] / f"{key}.json"

    def close(self) -> None:
        """Close the backend."""
        self._backend.close()


def _read(file: Path) -> Completion | None:
    """A kept answer; one that cannot be read counts as missing and is made again."""
    if not file.is_file():
        return None
    try:
        return _COMPLETION.validate_python(asdict(Completion(**read_json(file))))
    except (BadInput, TypeError, ValidationError):
        return None
