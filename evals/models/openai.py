"""Any server that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, SGLang, TGI, or the hosted ones.

Covers concurrency, retries with back-off (429 and 5xx, the server's own Retry-After where it names one), a rate limit and a
time limit a request. The client and its retries are the ``openai`` package's. What fails after all retries ends as an
attempt with finish reason ``error``, never as an empty answer. Answers of a server may differ between runs even when greedy;
the response cache (``evals.models.cache``) makes a run repeatable.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from evals.errors import BackendFault, BadInput
from evals.models.base import Completion, Prompt, Sampling
from evals.records import ModelRef

URL_VARIABLE, KEY_VARIABLE = "OPENAI_BASE_URL", "OPENAI_API_KEY"
_ROUNDS_A_BATCH = 4  # a batch is journaled whole: few requests are lost with a killed run, few wait for the slowest


class OpenAIBackend:
    """A model behind HTTP. ``ref.base`` is the server's name for it; thread-safe."""

    def __init__(
        self,
        ref: ModelRef,
        *,
        batch_size: int = 32,
        url: str = "",
        concurrency: int = 8,
        retries: int = 5,
        timeout_seconds: float = 120.0,
        requests_per_minute: float = 0.0,
    ) -> None:
        try:
            import openai
        except ImportError:
            raise BadInput("backend openai needs a package: pip install 'goldloop[openai]'") from None
        if ref.adapter:
            raise BadInput(
                f"backend openai: the adapter {ref.adapter} cannot be sent to a server; load it there and name it as the model"
            )
        address = url or os.environ.get(URL_VARIABLE, "")
        if not address:
            raise BadInput(f"backend openai: no server; set server.url or {URL_VARIABLE}, for example http://127.0.0.1:8000/v1")
        self.ref = ref
        self._errors: tuple[type[Exception], ...] = (openai.OpenAIError, ValueError, TypeError, AttributeError, LookupError)
        self._client: Any = openai.OpenAI(
            base_url=address,
            api_key=os.environ.get(KEY_VARIABLE) or "none",  # local servers ask for none, the client for one
            max_retries=retries,
            timeout=timeout_seconds,
        )
        self._address = address
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="ask")
        self._batch = concurrency * _ROUNDS_A_BATCH
        self._pace = _Pace(requests_per_minute)

    def plan(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Batches in order."""
        return [list(range(start, min(start + self._batch, len(prompts)))) for start in range(0, len(prompts), self._batch)]

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """See ``Backend.generate``.

        Raises:
            BackendFault: no request of the batch was answered; the next batches would fare no better.
        """
        completions = list(self._pool.map(lambda prompt: self._ask(prompt, sampling), prompts))
        if completions and all(completion.finish_reason == "error" for completion in completions):
            raise BackendFault(f"{self._address} answered none of {len(completions)} requests: {completions[0].error}")
        return completions

    def _ask(self, prompt: Prompt, sampling: Sampling) -> Completion:
        self._pace.wait()
        try:
            answer = self._client.chat.completions.create(
                model=self.ref.base,
                messages=list(prompt.messages),
                max_tokens=sampling.max_new_tokens,
                temperature=sampling.temperature,
                seed=(sampling.seed << 20 ^ prompt.seed) & 0x7FFFFFFF,
            )
            return _completion(answer)
        except self._errors as error:
            text = " ".join(str(error).split())
            return Completion(text="", finish_reason="error", error=f"{type(error).__name__}: {text}"[:300])

    def close(self) -> None:
        """Close the connections."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._client.close()


def _completion(answer: Any) -> Completion:
    """A server's answer. What is no chat completion at all is an error of the server's.

    Raises:
        ValueError: no choice, or no text in it.
    """
    choices = getattr(answer, "choices", None)
    if not choices:
        raise ValueError(f"the server's answer has no choices: {str(answer)[:120]!r}")
    text = choices[0].message.content
    if not isinstance(text, str):
        raise ValueError(f"the server's answer has no text: {str(choices[0])[:120]!r}")
    usage = getattr(answer, "usage", None)
    reason: Literal["stop", "length"] = "length" if choices[0].finish_reason == "length" else "stop"
    return Completion(
        text=text,
        finish_reason=reason,
        prompt_tokens=int(getattr(usage, "prompt_tokens", 0) or 0),
        completion_tokens=int(getattr(usage, "completion_tokens", 0) or 0),
    )


class _Pace:
    """Spaces requests evenly; ``per_minute`` 0 is no limit."""

    def __init__(self, per_minute: float) -> None:
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Sleep until this request's turn."""
        if not self._interval:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._interval
        time.sleep(max(0.0, turn - now))
