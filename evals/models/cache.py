"""Answers kept by all that decides them: model, revision, adapter's content, origin, messages, decoding, seed, names asked for.

A cached answer is the backend's own, so a run with a cache equals one without where the backend is deterministic, and is
repeatable where it is not. A sample's number is in its seed; at temperature 0 all samples of a prompt are one answer, asked
once. Errors are never kept. One file an answer, written whole; several runs may share a folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Protocol, runtime_checkable

from pydantic import TypeAdapter, ValidationError

from evals.errors import BadInput
from evals.files import digest, digest_tree, read_json, write_json
from evals.models.base import Backend, Completion, Prompt, Sampling, completions, swapped
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
        made = dict(self.stream(prompts, sampling))
        return [made[index] for index in range(len(prompts))]

    def stream(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
        """See ``Streams``: what is kept first."""
        asked: dict[Path, list[int]] = {}
        for index, prompt in enumerate(prompts):
            asked.setdefault(self._file(prompt, sampling), []).append(index)
        missing: list[Path] = []
        for file, indices in asked.items():
            if (answer := _read(file)) is None:
                missing.append(file)
            else:
                self.found += len(indices)
                yield from ((index, answer) for index in indices)
        if not missing:
            return
        for place, completion in completions(self._backend, [prompts[asked[file][0]] for file in missing], sampling):
            if completion.finish_reason != "error":
                write_json(missing[place], asdict(completion))
            yield from ((index, completion) for index in asked[missing[place]])

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
