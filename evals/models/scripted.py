"""A backend that answers from a function or a table: the whole loop runs on it in tests, in milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from evals.models.base import Completion, Prompt, Sampling
from evals.records import ModelRef


class ScriptedBackend:
    """Answers with ``answer(last user message)``; a mapping works too. An answer of None is a backend error."""

    def __init__(
        self,
        answer: Callable[[str], str | None] | Mapping[str, str],
        *,
        ref: ModelRef | None = None,
        batch_size: int = 4,
    ) -> None:
        self.ref = ref or ModelRef(base="scripted")
        self._answer = answer if callable(answer) else answer.get
        self._batch_size = batch_size
        self.prompts: list[str] = []

    def plan(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Batches in order."""
        order = range(len(prompts))
        return [list(order[start : start + self._batch_size]) for start in range(0, len(prompts), self._batch_size)]

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """Answer each prompt on its own."""
        completions = []
        for prompt in prompts:
            question = prompt.messages[-1]["content"]
            self.prompts.append(question)
            text = self._answer(question)
            if text is None:
                completions.append(Completion(text="", finish_reason="error", error="scripted error"))
            else:
                completions.append(Completion(text=text, finish_reason="stop", completion_tokens=len(text.split())))
        return completions

    def close(self) -> None:
        """Nothing to release."""
