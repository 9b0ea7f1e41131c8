"""The openai backend against a real server over HTTP on loopback: good answers, bad ones, and none."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
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
from evals.records import Message, ModelRef, Task, Verdict
from evals.run import evaluate
from loop.cli import main

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
        self.answer: Callable[[Any, int], tuple[int, dict[str, str], bytes | Iterable[bytes]] | None] = lambda b, n: chat("hello")
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
                finally:
                    with lock:  # before the client hears of it, and sends the next
                        outer.busy -= 1
                if found is None:  # hang up without a word
                    self.close_connection = True
                    return
                status, headers, data = found
                self.send_response(status)
                for name, value in {"content-type": "application/json", **self.sized(data), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(ConnectionError):  # a client that has given up
                    for piece in [data] if isinstance(data, bytes) else data:
                        self.wfile.write(piece)

            def sized(self, data: bytes | Iterable[bytes]) -> dict[str, str]:
                return {"content-length": str(len(data))} if isinstance(data, bytes) else {}

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


def test_an_answer_does_not_wait_for_a_slow_one_before_it_and_failures_come_last(server: Server) -> None:
    others = threading.Event()

    def answer(body: Any, n: int) -> tuple[int, dict[str, str], bytes]:
        question = body["messages"][-1]["content"]
        if question == "slow":
            others.wait(5)
        return (500, {}, b"{}") if question == "broken" else chat(question)

    server.answer = answer
    backend = OpenAIBackend(REF, url=server.url, retries=0, timeout_seconds=10.0, concurrency=4)
    given = []
    for index, completion in backend.stream(prompts("slow", "broken", "quick"), GREEDY):
        given.append((index, completion.text))
        others.set()
    backend.close()
    assert given == [(2, "quick"), (0, "slow"), (1, "")]


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
        ((200, {}, b'{"choices": [{"message": null}]}'), "no text"),
        ((200, {}, b'{"choices": "none"}'), "no choices"),
        ((200, {}, b"[]"), "no choices"),
        ((200, {}, b'{"choices": [{"message": {"content": ["x"]}}]}'), "no text"),
        ((200, {}, b'{"choices": [{"finish_reason": "content_filter", "message": {"content": ""}}]}'), "content filter"),
        ((200, {}, b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'), "not JSON"),
        ((200, {}, b'{"choices": [{"message": {"content": "\\ud800"}}]}'), "not JSON"),
        ((200, {}, b'{"choices": [{"message": {"con'), "not JSON"),
        ((200, {"content-length": "500"}, b'{"choices": ['), "RemoteProtocolError"),
        ((200, {"content-encoding": "gzip"}, b"not gzip"), "DecodingError"),
        ((200, {}, b""), "not JSON"),
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


def test_an_answer_that_drips_in_for_ever_ends_as_an_error(server: Server) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(100):
            time.sleep(0.05)
            yield b" "

    bad = (200, {"content-length": "100"}, drip())
    server.answer = lambda body, n: bad if "bad" in body["messages"][-1]["content"] else chat("fine")
    good, dripped = ask(server, "good", "bad", timeout_seconds=0.3)
    assert good.text == "fine" and "Timeout" in dripped.error


def test_an_answer_of_reasoning_alone_is_the_models_own(server: Server) -> None:
    choice = {"finish_reason": "length", "message": {"role": "assistant", "content": None, "reasoning_content": "hm"}}
    server.answer = lambda body, n: (200, {}, json.dumps({"choices": [choice], "usage": {"completion_tokens": 16}}).encode())
    assert ask(server, "q") == [Completion(text="", finish_reason="length", completion_tokens=16)]


@pytest.mark.parametrize("usage", [None, "many", {"prompt_tokens": None, "completion_tokens": "3"}, {"prompt_tokens": -1}])
def test_counts_that_are_none_do_not_spoil_an_answer(server: Server, usage: Any) -> None:
    body = {"choices": [{"finish_reason": None, "message": {"content": "x"}}], "usage": usage}
    server.answer = lambda _, n: (200, {}, json.dumps(body).encode())
    assert ask(server, "q") == [Completion(text="x", finish_reason="stop")]


def at(**later: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(**later), usegmt=True)


@pytest.mark.parametrize("pause", ["0", "an hour ago", "soon", ""])
def test_a_pause_that_is_over_or_makes_no_sense_does_not_end_the_tries(server: Server, pause: str) -> None:
    told = at(hours=-1) if pause == "an hour ago" else pause
    server.answer = lambda body, n: (429, {"retry-after": told}, b"{}") if n == 1 else chat("at last")
    assert ask(server, "q", retries=1)[0].text == "at last"


@pytest.mark.parametrize("as_date", [False, True])
def test_a_pause_of_hours_is_not_waited_for(server: Server, as_date: bool) -> None:
    server.answer = lambda body, n: (429, {"retry-after": at(hours=2) if as_date else "7200"}, b"{}")
    with pytest.raises(BackendFault, match=r"asks for a pause of 7,\d\d\d s"):
        ask(server, "q", retries=5)
    assert len(server.requests) == 1


def test_a_pause_that_one_request_is_told_holds_all_of_them_back(server: Server) -> None:
    served: list[str] = []

    def answer(body: Any, n: int) -> tuple[int, dict[str, str], bytes]:
        if n == 1:
            return 429, {"retry-after-ms": "400"}, b"{}"
        served.append(body["messages"][-1]["content"])
        return chat("x")

    server.answer = answer
    started = time.monotonic()
    ask(server, "a", "b", "c", retries=1, concurrency=1)
    assert served == ["a", "b", "c"] and time.monotonic() - started >= 0.4


@pytest.mark.parametrize(
    ("status", "said", "asked"),
    [
        (401, "set OPENAI_API_KEY", range(1, 3)),
        (403, "set OPENAI_API_KEY", range(1, 3)),
        (404, "name a model that this server has", range(1, 3)),
        (400, "lower evals.max_new_tokens", range(8, 9)),
    ],
)
def test_a_refusal_of_all_is_one_message_with_its_fix(server: Server, status: int, said: str, asked: range) -> None:
    server.answer = lambda body, n: (status, {}, b'{"error": {"message": "so it is"}}')
    with pytest.raises(BadInput, match=rf"model 'served': http://127.*so it is.*{said}"):
        ask(server, *map(str, range(8)), concurrency=2, retries=3)
    assert len(server.requests) in asked, "a refusal that no other request would escape was asked for again"


def test_the_key_is_in_no_message(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    server.answer = lambda body, n: (500, {"retry-after-ms": "1"}, b'{"error": {"message": "no user sk-very-secret"}}')
    with pytest.raises(BackendFault, match=r"no user \[key\]") as caught:
        ask(server, "q")
    assert "secret" not in str(caught.value)


def test_a_login_in_the_address_is_in_no_message(server: Server) -> None:
    server.answer = lambda body, n: None
    server.url = server.url.replace("127.0.0.1", "me:secret@127.0.0.1")
    with pytest.raises(BackendFault, match="http://127") as caught:
        ask(server, "q")
    assert "secret" not in str(caught.value)


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


def test_an_evaluation_whose_server_dies_is_resumed_to_the_result_of_an_undisturbed_one(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [task(f"t{n}").model_dump(mode="json", exclude={"suite"}) for n in range(10)]
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite/suite.yaml").write_text("name: s\n")
    (tmp_path / "suite/tasks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    answered: Counter[str] = Counter()

    def answer(body: Any, n: int) -> tuple[int, dict[str, str], bytes]:
        question = body["messages"][-1]["content"]
        answered[question] += 1
        return chat(f"```python\ndef f(): return {int(question in ('t1', 't5', 't9'))}\n```")

    def run(name: str) -> tuple[int, str]:
        settings = ["backend=openai", f"server.url={server.url}", "server.retries=0", "server.concurrency=1"]
        settings += [f"evals.cache={tmp_path / name}-cache"]
        arguments = [
            "eval",
            str(tmp_path / "suite"),
            "--model",
            "served",
            "--out",
            str(tmp_path / name),
            "--unsafe-local",
            "--json",
        ]
        with pytest.raises(SystemExit) as caught:
            main([*arguments, *(part for setting in settings for part in ("--set", setting))])
        return int(caught.value.code or 0), capsys.readouterr().out

    server.answer = lambda body, n: answer(body, n) if n <= 6 else None
    assert run("cut")[0] == 3
    server.answer = answer
    assert run("cut")[0] == 0 and set(answered.values()) == {1}
    counts = json.loads((tmp_path / "cut/manifest.json").read_text())["counts"]
    assert run("whole")[0] == 0
    assert counts == json.loads((tmp_path / "whole/manifest.json").read_text())["counts"]
    assert counts == {"in": 10, "pass": 3, "fail": 7, "unsettled": 0, "error": 0}


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


def test_the_cache_gives_what_it_has_before_it_asks(tmp_path: Path) -> None:
    inner = ScriptedBackend(lambda question: question.upper())
    cached = CachedBackend(inner, tmp_path, name="scripted")
    cached.generate(prompts("b"), GREEDY)
    stream = cached.stream(prompts("a", "b", "a"), GREEDY)
    assert (next(stream)[0], inner.prompts, cached.found) == (1, ["b"], 1)
    assert [(index, completion.text) for index, completion in stream] == [(0, "A"), (2, "A")]


class Elsewhere(ScriptedBackend):
    """A backend with an origin, as a server has one."""

    def __init__(self, answers: Any, ref: ModelRef, origin: str) -> None:
        super().__init__(answers, ref=ref)
        self.origin = origin


def test_whatever_decides_an_answer_makes_it_another_one(tmp_path: Path) -> None:
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter/weights").write_text("1")
    plain: dict[str, Any] = {"base": "one", "origin": "http://a/v1", "name": "scripted", "seed": 0, "text": "q"}
    changes: list[dict[str, Any]] = [
        {},
        {"base": "two"},
        {"revision": "abc"},
        {"adapter": str(tmp_path / "adapter")},
        {"origin": "http://b/v1"},
        {"name": "other"},
        {"seed": 1},
        {"text": "Q"},
        {"role": "system"},
        *({"sampling": {key: value}} for key, value in (("max_new_tokens", 17), ("temperature", 0.1), ("seed", 1))),
        {"sampling": {"stop_at_code_block": False}},
        {"asked": frozenset({"f"})},
        {"asked": frozenset({"g"})},
        {"asked": frozenset({"g"}), "language": "sql"},
    ]
    assert {key for change in changes for key in change.get("sampling", {})} == set(Sampling.model_fields)

    def ask_cached(change: dict[str, Any], answer: str) -> str:
        values = {**plain, **change}
        ref = ModelRef(**{key: values[key] for key in ("base", "revision", "adapter") if key in values})
        backend = Elsewhere(lambda question: answer, ref, values["origin"])
        messages: tuple[Message, ...] = (
            {"role": values.get("role", "user"), "content": values["text"]},
            {"role": "user", "content": "go"},
        )
        sampling = GREEDY.model_copy(update=values.get("sampling", {}))
        cached = CachedBackend(backend, tmp_path / "cache", name=values["name"])
        return cached.generate(
            [Prompt(messages=messages, **{key: values[key] for key in ("seed", "asked", "language") if key in values})], sampling
        )[0].text

    assert [ask_cached(change, f"answer {n}") for n, change in enumerate(changes)] == [f"answer {n}" for n in range(len(changes))]
    assert [ask_cached(change, "anew") for change in changes] == [f"answer {n}" for n in range(len(changes))]
    (tmp_path / "adapter/weights").write_text("2")
    assert ask_cached({"adapter": str(tmp_path / "adapter")}, "retrained") == "retrained"


def test_two_servers_that_name_their_models_alike_have_answers_of_their_own(server: Server, tmp_path: Path) -> None:
    other = Server()
    try:
        for place, word in ((server, "one"), (other, "two"), (server, "three")):
            place.answer = partial(lambda said, body, n: chat(said), word)
            backend = CachedBackend(OpenAIBackend(REF, url=place.url, retries=0), tmp_path, name="openai")
            found = backend.generate(prompts("q"), GREEDY)[0].text
            backend.close()
            assert found == ("one" if place is server else "two")
    finally:
        other.close()


def test_the_same_question_twice_in_a_batch_is_asked_once(tmp_path: Path) -> None:
    inner = ScriptedBackend(lambda question: f"{question}{len(inner.prompts)}")
    cached = CachedBackend(inner, tmp_path, name="scripted")
    first = cached.generate(prompts("a", "b", "a"), GREEDY)
    assert inner.prompts == ["a", "b"] and first[0] == first[2]
    assert cached.generate(prompts("a", "b", "a"), GREEDY) == first


def test_writers_side_by_side_leave_whole_answers(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from evals.models.base import Prompt, Sampling\n"
        "from evals.models.cache import CachedBackend\n"
        "from evals.models.scripted import ScriptedBackend\n"
        "asked = [Prompt(messages=({'role': 'user', 'content': str(n)},)) for n in range(40)]\n"
        "backend = CachedBackend(ScriptedBackend(lambda q: q * 5000), Path(sys.argv[1]), name='scripted')\n"
        "print(all(c.text == str(n) * 5000 for n, c in enumerate(backend.generate(asked, Sampling()))))\n"
    )
    root = Path(__file__).parents[1]
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=root, stdout=subprocess.PIPE) for _ in range(3)
    ]
    assert [writer.communicate()[0] for writer in writers] == [b"True\n"] * 3
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 40 and all(json.loads(path.read_text())["finish_reason"] == "stop" for path in files)


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


@pytest.mark.parametrize(
    "left",
    [
        '{"text": "x", "fini',
        "",
        "[]",
        '{"text": 5, "finish_reason": "stop"}',
        '{"text": "old", "finish_reason": "stop", "of_a_later_version": 1}',
    ],
)
def test_a_file_that_is_torn_or_of_another_form_is_made_anew(tmp_path: Path, left: str) -> None:
    cached = CachedBackend(ScriptedBackend({"q": "x"}), tmp_path, name="scripted")
    cached.generate(prompts("q"), GREEDY)
    (file,) = tmp_path.rglob("*.json")
    file.write_text(left)
    assert cached.generate(prompts("q"), GREEDY)[0].text == "x"
