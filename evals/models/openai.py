"""Any server that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, SGLang, TGI, or the hosted ones.

Covers concurrency, retries with back-off (408, 409, 429, 5xx and broken connections; the server's own Retry-After holds all
requests back, up to ten minutes), a rate limit, and a time limit on each whole request, however slowly it drips in. What
fails after all retries ends as an attempt with finish reason ``error``, never as an empty answer; where not one request of
a batch is answered the run stops, after a wrong key or model at once. Answers of a server may differ between runs even when
greedy; the response cache (``evals.models.cache``) makes a run repeatable.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from email.utils import parsedate_to_datetime
from operator import itemgetter
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

import orjson

from evals.errors import BackendFault, BadInput, install_command
from evals.models.base import Completion, Prompt, Sampling
from evals.records import ModelRef

URL_VARIABLE, KEY_VARIABLE = "OPENAI_BASE_URL", "OPENAI_API_KEY"
_ROUNDS_A_BATCH = 4  # a batch is journaled whole: few requests are lost with a killed run, few wait for the slowest
_LONGEST_PAUSE_SECONDS = 600.0  # a server that asks for more is not waited for
_FIRST_BACKOFF_SECONDS, _LAST_BACKOFF_SECONDS = 0.5, 8.0
_LARGEST_ANSWER_BYTES = 64_000_000
_PASSING = {408, 409, 429}
_REFUSALS = {401, 403, 404}  # of the key or of the model: no other request would fare better
_HINTS: Mapping[int, str] = {
    **dict.fromkeys((401, 403), f"set {KEY_VARIABLE} to a key that this server takes"),
    404: "name a model that this server has; its address usually ends in /v1",
    **dict.fromkeys((400, 413, 422), "if it is the length, lower evals.max_new_tokens or serve a longer context"),
}


class OpenAIBackend:
    """A model behind HTTP. ``ref.base`` is the server's name for it; thread-safe."""

    needs = ("openai", "httpx2")

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
            import httpx2  # the HTTP client that openai uses
            import openai
        except ImportError:
            raise BadInput(f"backend openai needs a package: {install_command('openai')}") from None
        if ref.adapter:
            raise BadInput(
                f"backend openai: the adapter {ref.adapter} cannot be sent to a server; load it there and name it as the model"
            )
        address = url or os.environ.get(URL_VARIABLE, "")
        if not address:
            raise BadInput(f"backend openai: no server; set server.url or {URL_VARIABLE}, for example http://127.0.0.1:8000/v1")
        self.ref = ref
        self.origin = _without_login(address)
        self._openai: Any = openai
        self._errors: tuple[type[Exception], ...] = (openai.OpenAIError, httpx2.HTTPError, ValueError)
        self._broken: tuple[type[Exception], ...] = (openai.APIConnectionError, httpx2.TransportError)
        self._key = os.environ.get(KEY_VARIABLE, "")
        self._client: Any = openai.OpenAI(
            base_url=address,
            api_key=self._key or "none",  # local servers need no key, but the client does
            max_retries=0,  # the client's own ones take no Retry-After of more than a minute
            timeout=timeout_seconds,
        )
        self._retries, self._timeout = retries, timeout_seconds
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="ask")
        self._batch = concurrency * _ROUNDS_A_BATCH
        self._closing = threading.Event()
        self._pace = _Pace(requests_per_minute, self._closing)
        self._answered = False
        self._refusal: tuple[int, str] | None = None

    def plan(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Batches in order."""
        return [list(range(start, min(start + self._batch, len(prompts)))) for start in range(0, len(prompts), self._batch)]

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """See ``Backend.generate``.

        Raises:
            BadInput: the server refuses every request for what it asks: the key, the model, the length.
            BackendFault: no request of the batch was answered; the next batches would fare no better.
        """
        made = dict(self.stream(prompts, sampling))
        return [made[index] for index in range(len(prompts))]

    def stream(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
        """See ``Streams``, and ``generate`` for what is raised. What failed comes last: only then is it known whether all did."""
        self._refusal = None
        asked = {self._pool.submit(self._ask, prompt, sampling): index for index, prompt in enumerate(prompts)}
        failed: list[tuple[int, Completion]] = []
        try:
            for future in as_completed(asked):
                completion = future.result()
                if completion.finish_reason == "error":
                    failed.append((asked[future], completion))
                else:
                    yield asked[future], completion
        finally:
            for future in asked:
                future.cancel()
        failed.sort(key=itemgetter(0))
        if failed and len(failed) == len(prompts):
            said = f"{self.origin} answered none of {len(failed)} requests: {failed[0][1].error}"
            if self._refusal is not None:
                status = self._refusal[0]
                known = self._models() if status == 404 else ""
                raise BadInput(f"backend openai, model {self.ref.base!r}: {said}; {_HINTS[status]}{known}")
            raise BackendFault(said)
        yield from failed

    def _ask(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """One answer, or what the last try ended with."""
        if self._refusal is not None and self._refusal[0] in _REFUSALS and not self._answered:
            return _failed(self._refusal[1])
        failures = 0
        while True:
            self._pace.wait()
            try:
                completion = _completion(self._request(prompt, sampling))
            except self._errors as error:
                status = getattr(error, "status_code", 0)
                said = self._said(error)
                if status in _HINTS:
                    self._refusal = (status, said)
                failures += 1
                if failures > self._retries or self._closing.is_set() or not self._passes(error, status):
                    return _failed(said)
                pause = _asked_pause(getattr(getattr(error, "response", None), "headers", {}))
                if pause is None:
                    self._closing.wait(_backoff(failures))
                elif pause <= _LONGEST_PAUSE_SECONDS:
                    self._pace.hold(pause)
                else:
                    return _failed(f"{said} (asks for a pause of {pause:,.0f} s)")
            else:
                self._answered = True
                return completion

    def _passes(self, error: Exception, status: int) -> bool:
        return isinstance(error, self._broken) or status in _PASSING or status >= 500

    def _request(self, prompt: Prompt, sampling: Sampling) -> Any:
        """The server's JSON. The body is read here, so that the time limit holds for all of it and not for each piece.

        Raises:
            ValueError: it is not JSON, or endless.
        """
        end = time.monotonic() + self._timeout
        body = bytearray()
        with self._client.chat.completions.with_streaming_response.create(
            model=self.ref.base,
            messages=list(prompt.messages),
            max_tokens=sampling.max_new_tokens,
            temperature=sampling.temperature,
            seed=(sampling.seed << 20 ^ prompt.seed) & 0x7FFFFFFF,
        ) as response:
            for part in response.iter_bytes():
                body += part
                if time.monotonic() > end:
                    raise self._openai.APITimeoutError(request=response.http_request)
                if len(body) > _LARGEST_ANSWER_BYTES:
                    raise ValueError(f"the server's answer is longer than {_LARGEST_ANSWER_BYTES:,} bytes")
        try:
            return orjson.loads(bytes(body))
        except orjson.JSONDecodeError as error:
            beginning = body[:80].decode(errors="replace")
            raise ValueError(f"the server's answer is not JSON ({error.msg}): {beginning!r}") from None

    def _said(self, error: Exception) -> str:
        """The error in one line, without the key, which some servers repeat."""
        text = " ".join(str(error).split())
        return f"{type(error).__name__}: {text.replace(self._key, '[key]') if self._key else text}"[:300]

    def _models(self) -> str:
        """What the server calls its models, for a message; empty if it does not say."""
        unknown: tuple[type[Exception], ...] = (*self._errors, TypeError, AttributeError)
        try:
            names = sorted(str(model.id) for model in self._client.models.list().data)
        except unknown:
            return ""
        return f"; it has the models {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}" if names else ""

    def close(self) -> None:
        """Close the connections; requests that wait for their turn give up."""
        self._closing.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._client.close()


def _failed(said: str) -> Completion:
    return Completion(text="", finish_reason="error", error=said)


def _without_login(address: str) -> str:
    """A URL as it may be shown and compared: without user and password, without a closing slash."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")


def _backoff(failures: int) -> float:
    """Seconds before the next try: doubled with each failure, shortened by chance so that threads do not come back at once."""
    pause = min(_FIRST_BACKOFF_SECONDS * 2.0 ** (failures - 1), _LAST_BACKOFF_SECONDS)
    return pause * random.uniform(0.75, 1.0)


def _asked_pause(headers: Mapping[str, str]) -> float | None:
    """Seconds of ``retry-after-ms`` or ``Retry-After`` (RFC 9110: seconds or a date); None where neither can be read."""
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        try:
            pause = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        return pause if 0 <= pause < float("inf") else None
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _completion(answer: Any) -> Completion:
    """A server's answer. Anything that is not a chat completion is the server's error.

    Without text and with reason ``length`` it is the model's own: all its tokens went into reasoning, which servers keep apart.

    Raises:
        ValueError: no choice, no text in it, or the server's filter withheld it.
    """
    choices = answer.get("choices") if isinstance(answer, dict) else None
    if not isinstance(choices, list) or not choices:
        raise ValueError(f"the server's answer has no choices: {str(answer)[:120]!r}")
    choice = choices[0] if isinstance(choices[0], dict) else {}
    message, reason = choice.get("message"), choice.get("finish_reason")
    text = message.get("content") if isinstance(message, dict) else None
    if reason == "content_filter":
        raise ValueError("the server's content filter withheld the answer")
    if text is None and reason == "length" and isinstance(message, dict):
        text = ""
    if not isinstance(text, str):
        raise ValueError(f"the server's answer has no text: {str(choices[0])[:120]!r}")
    usage = answer.get("usage")
    ended: Literal["stop", "length"] = "length" if reason == "length" else "stop"
    return Completion(
        text=text,
        finish_reason=ended,
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
    )


def _count(usage: Any, key: str) -> int:
    count = usage.get(key) if isinstance(usage, dict) else 0
    return count if isinstance(count, int) and count > 0 else 0


class _Pace:
    """Spaces requests evenly, and holds them all back where the server asks for it; ``per_minute`` 0 is no limit."""

    def __init__(self, per_minute: float, closing: threading.Event) -> None:
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._lock = threading.Lock()
        self._closing = closing

    def hold(self, seconds: float) -> None:
        """No request starts for this many seconds."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)

    def wait(self) -> None:
        """Sleep until this request's turn, or until the backend closes."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            if self._interval:
                self._next = turn + self._interval
        if turn > now:
            self._closing.wait(turn - now)
