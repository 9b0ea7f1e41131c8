"""The seam between evals and whatever generates text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from pydantic import Field

from evals.records import Message, ModelRef, Record


class Sampling(Record):
    """How to decode. ``temperature`` 0 is greedy; ``stop_at_code_block``: see ``evals.extract.is_settled``."""

    max_new_tokens: int = Field(default=192, gt=0)
    temperature: float = Field(default=0.0, ge=0)
    seed: int = 0
    stop_at_code_block: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One conversation to complete; ``seed`` makes a sample its own, whatever batch it falls in.

    ``language`` and ``asked`` say which code is asked for, so that an answer can end with it (``evals.asked``): None where
    nobody said, and an answer ends with the first block that is whole; without names it goes on to its own end.
    """

    messages: tuple[Message, ...]
    seed: int = 0
    language: str = ""
    asked: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What came back. ``finish_reason`` ``error`` means the backend failed; ``error`` then says how."""

    text: str
    finish_reason: Literal["stop", "code_block", "length", "error"]
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error: str = ""


@runtime_checkable
class Streams(Protocol):
    """What a backend may offer beside: a batch's completions as each ends, so that grading does not wait for the longest."""

    def stream(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
        """What ``Backend.generate`` gives, in the order in which answers end, each with the index of its prompt."""
        ...


def completions(backend: Backend, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
    """A planned batch's completions with the indices of their prompts, as soon as the backend gives them."""
    if isinstance(backend, Streams):
        yield from backend.stream(prompts, sampling)
    else:
        yield from enumerate(backend.generate(prompts, sampling))


@runtime_checkable
class Swaps(Protocol):
    """What a backend may offer beside: another adapter on the base that is in memory."""

    def swap(self, ref: ModelRef) -> bool:
        """Become this model; False where that needs opening again."""
        ...


def swapped(backend: object, ref: ModelRef) -> bool:
    """Whether an open backend could become another model."""
    return isinstance(backend, Swaps) and backend.swap(ref)


class Backend(Protocol):
    """A model that answers. Batches are planned first, so that a resumed run meets the very same batches."""

    ref: ModelRef

    def plan(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Indices of the prompts in batches; the same prompts always give the same plan."""
        ...

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """Complete one planned batch, in order.

        Raises:
            BackendFault: nothing could be generated at all.
        """
        ...

    def close(self) -> None:
        """Release memory and connections."""
        ...
