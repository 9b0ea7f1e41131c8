"""The openai backend against a real server over HTTP on loopback: good answers, bad ones, and none."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from evals.errors import BackendFault, BadInput
from evals.files import Journal
from evals.models import open_backend
from evals.models.base import Completion, Prompt, Sampling, swapped
from evals.models.cache import CachedBackend
from evals.models.openai import OpenAIBackend
from evals.models.scripted import ScriptedBackend
from evals.records import ModelRef, Task, Verdict
from evals.run import evaluate

REF = ModelRef(base="served")
GREEDY = Sampling(max_new_tokens=16)


def chat(text: str, reason: str = "stop") -> tuple[int, dict[str, str], bytes]:
    choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "served", "choices": [choice], "usage": usage}
    return 200, {}, json.dumps(body).encode()


class Server:
    """A chat server on loopback that answers with ``answer(request body, number of the request)``."""

    def __init__(self) -> None:
        self.answer: Callable[[Any, int], tuple[int, dict[str, str], bytes] | None] = lambda body, n: chat("hello")
        self.requests: list[Any] = []
        self.busiest = self.busy = 0
        lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with lock:
                    outer.requests.append(body)
                    number = len(outer.requests)
                    outer.busy += 1
                    outer.busiest = max(outer.busiest, outer.busy)
                try:
                    found = outer.answer(body, number)
                    if found is None:  # hang up without a word
                        self.close_connection = True
                        return
                    status, headers, data = found
                    self.send_response(status)
                    for name, value in {"content-type": "application/json", "content-length": str(len(data)), **headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(data)
                finally:
                    with lock:
                        outer.busy -= 1

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.close()


def ask(server: Server, *questions: str, **options: Any) -> list[Completion]:
    backend = OpenAIBackend(REF, url=server.url, **{"retries": 0, "timeout_seconds": 5.0, **options})
    try:
        return backend.generate([Prompt(messages=({"role": "user", "content": q},)) for q in questions], GREEDY)
    finally:
        backend.close()


def test_an_answer_comes_with_its_reason_and_tokens(server: Server) -> None:
    server.answer = lambda body, n: chat(body["messages"][-1]["content"].upper(), "length")
    (completion,) = ask(server, "abc")
    assert completion == Completion(text="ABC", finish_reason="length", prompt_tokens=7, completion_tokens=3)
    assert server.requests[0]["model"] == "served" and server.requests[0]["max_tokens"] == 16


def test_answers_keep_the_order_of_the_prompts(server: Server) -> None:
    def answer(body: Any, n: int) -> tuple[int, dict[str, str], bytes]:
        time.sleep(0.02 * (n % 3))
        return chat(body["messages"][-1]["content"])

    server.answer = answer
    questions = [str(n) for n in range(20)]
    assert [completion.text for completion in ask(server, *questions, concurrency=6)] == questions


def test_no_more_requests_are_open_than_allowed(server: Server) -> None:
    def answer(body: Any, n: int) -> tuple[int, dict[str, str], bytes]:
        time.sleep(0.05)
        return chat("x")

    server.answer = answer
    ask(server, *map(str, range(12)), concurrency=3)
    assert server.busiest == 3


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_refusal_that_passes_is_tried_again(server: Server, status: int) -> None:
    server.answer = lambda body, n: (status, {"retry-after-ms": "10"}, b"{}") if n < 3 else chat("at last")
    (completion,) = ask(server, "q", retries=3)
    assert completion.text == "at last" and len(server.requests) == 3


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((429, {"retry-after-ms": "5"}, b"{}"), "RateLimitError"),
        ((500, {"retry-after-ms": "5"}, b"{}"), "InternalServerError"),
        ((200, {}, b"<html>not JSON</html>"), ""),
        ((200, {}, b'{"object": "chat.completion"}'), "no choices"),
        ((200, {}, b'{"choices": []}'), "no choices"),
        ((200, {}, b'{"choices": [{"message": {"role": "assistant", "content": null}}]}'), "no text"),
        ((404, {}, b'{"error": {"message": "no such model"}}'), "no such model"),
    ],
)
def test_what_is_no_answer_ends_as_an_error_and_not_as_an_answer(server: Server, answer: Any, said: str) -> None:
    server.answer = lambda body, n: answer if "bad" in body["messages"][-1]["content"] else chat("fine")
    good, bad = ask(server, "good", "bad", retries=1)
    assert good.text == "fine"
    assert (bad.text, bad.finish_reason) == ("", "error") and bad.error and said in bad.error


def test_a_server_that_never_answers_ends_as_an_error(server: Server) -> None:
    def answer(body: Any, n: int) -> tuple[int, dict[str, str], bytes]:
        if "bad" in body["messages"][-1]["content"]:
            time.sleep(1.0)
        return chat("fine")

    server.answer = answer
    good, bad = ask(server, "good", "bad", timeout_seconds=0.3)
    assert good.text == "fine" and "Timeout" in bad.error


def test_a_server_that_answers_nothing_is_a_fault(server: Server) -> None:
    server.answer = lambda body, n: None
    with pytest.raises(BackendFault, match=r"answered none of 2 requests.*APIConnectionError"):
        ask(server, "a", "b")


def task(name: str) -> Task:
    return Task(
        id=name, suite="s", split="holdout", group=name, prompt=name, golden="def f(): return 1", checks="assert f() == 1"
    )


def test_a_server_that_dies_midway_counts_nothing_against_the_model_and_the_run_resumes(server: Server, tmp_path: Path) -> None:
    tasks = [task(f"t{n}") for n in range(12)]
    code = "```python\ndef f(): return 1\n```"
    server.answer = lambda body, n: chat(code) if n <= 6 else None

    def grade(task: Task, code: str | None) -> Verdict:
        return Verdict(status="pass", reason="pass") if code else Verdict(status="fail", reason="no_code")

    def run() -> list[str]:
        backend = OpenAIBackend(REF, url=server.url, retries=0, concurrency=1)
        try:
            journal = Journal(tmp_path / "journal.jsonl")
            return [result.verdict.status for result in evaluate(tasks, backend, grade, journal, sampling=GREEDY)]
        finally:
            backend.close()

    with pytest.raises(BackendFault):
        run()  # batches of four: one is whole, one is half, and the third finds nobody
    server.answer = lambda body, n: chat(code)
    seen = len(server.requests)
    statuses = run()
    assert statuses.count("fail") == 0 and statuses.count("error") == 2 and statuses.count("pass") == 10
    assert len(server.requests) - seen == 4, "what had been answered was asked again"


def test_requests_are_spaced_by_the_rate_limit(server: Server) -> None:
    times: list[float] = []

    def answer(body: Any, n: int) -> tuple[int, dict[str, str], bytes]:
        times.append(time.monotonic())
        return chat("x")

    server.answer = answer
    ask(server, *map(str, range(4)), requests_per_minute=600)
    assert max(times) - min(times) > 0.25  # three gaps of 0.1 s


def test_a_missing_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(BadInput, match=r"server\.url"):
        open_backend("openai", REF)


def test_an_adapter_cannot_be_sent(server: Server) -> None:
    with pytest.raises(BadInput, match="load it there"):
        OpenAIBackend(ModelRef(base="m", adapter="a"), url=server.url)


def prompts(*questions: str) -> list[Prompt]:
    return [Prompt(messages=({"role": "user", "content": question},)) for question in questions]


def test_the_cache_answers_only_the_very_same_question(tmp_path: Path) -> None:
    inner = ScriptedBackend(lambda question: question.upper())
    cached = CachedBackend(inner, tmp_path, name="scripted")
    first = cached.generate(prompts("a", "b"), GREEDY)
    assert cached.generate(prompts("b", "c", "a"), GREEDY)[::2] == [first[1], first[0]]
    cached.generate(prompts("a"), GREEDY.model_copy(update={"temperature": 0.5}))
    assert inner.prompts == ["a", "b", "c", "a"]


def test_the_cache_of_another_model_is_another(tmp_path: Path) -> None:
    for base in ("one", "two"):
        inner = ScriptedBackend({"q": base}, ref=ModelRef(base=base))
        assert CachedBackend(inner, tmp_path, name="scripted").generate(prompts("q"), GREEDY)[0].text == base


def test_a_swapped_model_has_answers_of_its_own(tmp_path: Path) -> None:
    class Swapping(ScriptedBackend):
        def swap(self, ref: ModelRef) -> bool:
            self.ref = ref
            return ref.base == "scripted"

    inner = Swapping(lambda question: f"{question} by {inner.ref.adapter or 'base'}", ref=ModelRef(base="scripted"))
    cached = CachedBackend(inner, tmp_path / "cache", name="scripted")
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter/weights").write_text("1")
    assert cached.generate(prompts("q"), GREEDY)[0].text == "q by base"
    assert swapped(cached, ModelRef(base="scripted", adapter=str(tmp_path / "adapter")))
    assert cached.generate(prompts("q"), GREEDY)[0].text == f"q by {tmp_path / 'adapter'}"
    assert not swapped(cached, ModelRef(base="other")) and not swapped(ScriptedBackend({}), ModelRef(base="scripted"))


def test_errors_are_not_kept(tmp_path: Path) -> None:
    answers: dict[str, str] = {}
    cached = CachedBackend(ScriptedBackend(answers.get), tmp_path, name="scripted")
    assert cached.generate(prompts("q"), GREEDY)[0].finish_reason == "error"
    answers["q"] = "now"
    assert cached.generate(prompts("q"), GREEDY)[0].text == "now"


def test_a_torn_file_is_made_anew(tmp_path: Path) -> None:
    cached = CachedBackend(ScriptedBackend({"q": "x"}), tmp_path, name="scripted")
    cached.generate(prompts("q"), GREEDY)
    (file,) = tmp_path.rglob("*.json")
    file.write_text('{"text": "x", "fini')
    assert cached.generate(prompts("q"), GREEDY)[0].text == "x"
