"""What is asked of vLLM and what becomes of its answers. The engine is scripted: no GPU is needed, and none is tested."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from jinja2 import TemplateError

from evals.errors import BackendFault, BadInput
from evals.files import write_json
from evals.models import open_backend
from evals.models.base import Prompt, Sampling
from evals.models.resolve import ResolvedModel
from evals.records import ModelRef
from loop.bench import open_model
from loop.config import make_config

PROMPTS = [Prompt(messages=({"role": "user", "content": text},), seed=n) for n, text in enumerate(["a", "b", "c"])]


class Tokenizer:
    """A tokenizer with a template of one special token, which has a system role if ``refuses`` is not set."""

    chat_template, eos_token_id, all_special_tokens, all_special_ids = "a template", 2, ["</s>"], [2]
    refuses = False

    def get_added_vocab(self) -> dict[str, int]:
        return {"<|end|>": 7}

    def apply_chat_template(self, messages: Any, **options: Any) -> str:
        if self.refuses and messages[0]["role"] == "system":
            raise TemplateError("System role not supported")
        return "".join(f"{message['role']}: {message['content']}<|end|>" for message in messages)


class Engine:
    """Stands in for ``vllm.LLM``: keeps what it is given, answers with the question in upper case."""

    last: Engine

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.calls: list[dict[str, Any]] = []
        self.reason = "stop"
        self.tokenizer = Tokenizer()
        Engine.last = self

    def get_tokenizer(self) -> Tokenizer:
        return self.tokenizer

    def chat(self, messages: Any, sampling_params: Any, *, use_tqdm: bool, lora_request: Any) -> list[Any]:
        self.calls.append({"messages": messages, "params": sampling_params, "lora": lora_request})
        if self.reason == "broken":
            raise RuntimeError("CUDA out of memory\nand more")
        made = []
        for conversation in messages:
            text = conversation[-1]["content"].upper()
            output = SimpleNamespace(text=text, finish_reason=self.reason, token_ids=[1, 2])
            made.append(SimpleNamespace(outputs=[output], prompt_token_ids=[1, 2, 3]))
        return made


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    vllm, lora, request = ModuleType("vllm"), ModuleType("vllm.lora"), ModuleType("vllm.lora.request")
    vllm.LLM = Engine  # type: ignore[attr-defined]
    vllm.SamplingParams = lambda **options: options  # type: ignore[attr-defined]
    request.LoRARequest = lambda name, number, path: (name, number, path)  # type: ignore[attr-defined]
    for module in (vllm, lora, request):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    found = ResolvedModel(path=tmp_path, source="test", revision="r1")
    monkeypatch.setattr("evals.models.vllm.resolve_model", lambda name: found)


def test_answers_come_in_order_with_their_tokens(engine: None) -> None:
    completions = open_backend("vllm", ModelRef(base="m"), batch_size=4).generate(PROMPTS, Sampling(max_new_tokens=9))
    assert [(c.text, c.finish_reason, c.prompt_tokens, c.completion_tokens) for c in completions] == [
        ("A", "stop", 3, 2),
        ("B", "stop", 3, 2),
        ("C", "stop", 3, 2),
    ]


def test_the_templates_end_stops_and_a_missing_system_role_is_made_up_for(engine: None) -> None:
    backend = open_backend("vllm", ModelRef(base="m"), batch_size=4)
    Engine.last.tokenizer.refuses = True
    asked = Prompt(messages=({"role": "system", "content": "Be brief."}, {"role": "user", "content": "a"}))
    backend.generate([asked], Sampling())
    assert Engine.last.calls[0]["messages"] == [[{"role": "user", "content": "Be brief.\n\na"}]]
    assert Engine.last.calls[0]["params"][0]["stop_token_ids"] == [7]


def test_greedy_has_no_seed_and_every_sample_has_its_own(engine: None) -> None:
    backend = open_backend("vllm", ModelRef(base="m"), batch_size=4)
    backend.generate(PROMPTS, Sampling(max_new_tokens=9))
    backend.generate(PROMPTS, Sampling(max_new_tokens=9, temperature=0.7, seed=1))
    greedy, sampled = (call["params"] for call in Engine.last.calls)
    assert [p["seed"] for p in greedy] == [None] * 3
    assert len({p["seed"] for p in sampled}) == 3 and sampled[0]["temperature"] == 0.7 and sampled[0]["max_tokens"] == 9


def test_the_adapter_goes_with_the_requests_and_its_rank_with_the_engine(engine: None, tmp_path: Path) -> None:
    write_json(tmp_path / "adapter_config.json", {"r": 48})
    backend = open_backend("vllm", ModelRef(base="m", adapter=str(tmp_path)), batch_size=4)
    backend.generate(PROMPTS, Sampling())
    assert Engine.last.options["max_lora_rank"] == 48 and Engine.last.options["enable_lora"]
    assert Engine.last.calls[0]["lora"] == ("adapter", 1, str(tmp_path))


def test_a_folder_that_is_no_adapter_is_refused(engine: None, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"adapter_config\.json"):
        open_backend("vllm", ModelRef(base="m", adapter=str(tmp_path / "none")))


def test_a_request_that_was_aborted_is_an_error(engine: None) -> None:
    backend = open_backend("vllm", ModelRef(base="m"))
    Engine.last.reason = "abort"
    assert {c.finish_reason for c in backend.generate(PROMPTS, Sampling())} == {"error"}


def test_an_engine_that_breaks_is_a_fault_of_the_backend(engine: None) -> None:
    backend = open_backend("vllm", ModelRef(base="m"))
    Engine.last.reason = "broken"
    with pytest.raises(BackendFault, match=r"CUDA out of memory$"):
        backend.generate(PROMPTS, Sampling())


def test_the_engine_gets_the_options_of_the_configuration_and_no_others(engine: None) -> None:
    options = {"gpu_memory_utilization": 0.5, "max_model_len": 4096, "tensor_parallel_size": 2, "dtype": "bfloat16"}
    config = make_config({"suites": {"target": ["house"]}, "backend": "vllm", "backend_options": options})
    open_model(config, ModelRef(base="m"))
    assert Engine.last.options.items() >= options.items()
    open_model(make_config({"suites": {"target": ["house"]}, "backend": "vllm"}), ModelRef(base="m"))
    assert Engine.last.options.keys() == {"model", "max_num_seqs"}


def test_wrong_options_are_all_said_with_what_was_meant(engine: None) -> None:
    with pytest.raises(BadInput) as caught:
        open_backend("vllm", ModelRef(base="m"), options={"max_model_length": 9, "gpu_memory_utilization": 90, "dtype": "int3"})
    first, *rest = str(caught.value).splitlines()
    assert first == "backend_options.max_model_length: unknown option 'max_model_length'; did you mean 'max_model_len'?"
    assert [line.split(": ")[0] for line in rest] == ["backend_options.gpu_memory_utilization", "backend_options.dtype"]


def test_a_backend_without_settings_takes_no_options() -> None:
    with pytest.raises(BadInput, match="unknown option 'x': backend fakes:Perfect takes none"):
        open_backend("fakes:Perfect", ModelRef(base="m"), options={"x": 1})


def test_without_the_package_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(BadInput, match=r"pip install vllm \(in a checkout of goldloop: pip install -e '\.\[vllm\]'\)"):
        open_backend("vllm", ModelRef(base="m"))
