"""The hf backend: plans, early stop, seeds, independence of the batch, places taken anew, adapters swapped.

On the embedded model where the text matters, else on random models of a few layers under its tokenizer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from evals.errors import BadInput
from evals.models import hf
from evals.models.base import Prompt, Sampling
from evals.models.chat import encode_chat
from evals.models.kvcache import RaggedRows, supports
from evals.models.loading import load_model
from evals.models.resolve import resolve_model
from evals.records import ModelRef

pytestmark = pytest.mark.model

QUESTIONS = [
    "Write a Python function `add(a, b)` that returns the sum of its two arguments.",
    "Write `is_even(n)`.",
    "Write a Python function `largest(numbers)` which returns the largest number of a list that has at least one number.",
    "Implement `shout(text)`, the text in upper case.",
]
PROMPTS = [Prompt(messages=({"role": "user", "content": text},), seed=number) for number, text in enumerate(QUESTIONS)]
SHORT = Sampling(max_new_tokens=40)


@pytest.fixture(scope="module")
def backend(embedded_model: str) -> Iterator[hf.HFBackend]:
    opened = hf.HFBackend(ModelRef(base=embedded_model), batch_size=3)
    yield opened
    opened.close()


def asking(*texts: str) -> list[Prompt]:
    return [Prompt(messages=({"role": "user", "content": text},), seed=number) for number, text in enumerate(texts)]


def test_the_plan_holds_every_prompt_once_longest_first(backend: hf.HFBackend) -> None:
    plan = backend.plan(PROMPTS)
    assert sorted(index for chunk in plan for index in chunk) == [0, 1, 2, 3]
    assert plan[0][0] == 2


def test_many_prompts_are_planned_in_even_chunks_of_a_few_batches(backend: hf.HFBackend) -> None:
    assert [len(chunk) for chunk in backend.plan(asking(*["Same length."] * 40))] == [13, 13, 14]


def test_the_plan_does_not_depend_on_what_was_planned_before(embedded_model: str, backend: hf.HFBackend) -> None:
    fresh = hf.HFBackend(ModelRef(base=embedded_model), batch_size=3)
    assert fresh.plan(PROMPTS) == backend.plan(PROMPTS)
    fresh.close()


def test_a_very_long_prompt_does_not_pad_the_others(backend: hf.HFBackend) -> None:
    long = Prompt(messages=({"role": "user", "content": "word " * 5000},))
    assert backend.plan([*PROMPTS, long])[0] == [4]


def test_greedy_text_is_the_same_alone_and_in_a_batch(backend: hf.HFBackend) -> None:
    together = [completion.text for completion in backend.generate(PROMPTS, SHORT)]
    alone = [backend.generate([prompt], SHORT)[0].text for prompt in PROMPTS]
    assert together == alone


def test_an_answer_ends_with_its_first_code_block(backend: hf.HFBackend) -> None:
    (completion,) = backend.generate(PROMPTS[:1], Sampling(max_new_tokens=120))
    assert completion.finish_reason == "code_block"
    assert completion.text.rstrip().endswith("```")
    assert completion.text.count("```") == 2


def test_a_limit_is_told_from_an_end(backend: hf.HFBackend) -> None:
    (completion,) = backend.generate(PROMPTS[:1], Sampling(max_new_tokens=5))
    assert (completion.finish_reason, completion.completion_tokens) == ("length", 5)


def test_a_sample_depends_on_its_seed_and_not_on_its_neighbours(backend: hf.HFBackend) -> None:
    sampling = Sampling(max_new_tokens=20, temperature=1.0)
    first = backend.generate(PROMPTS, sampling)[1].text
    assert backend.generate(PROMPTS[1:2], sampling)[0].text == first
    other = Prompt(messages=PROMPTS[1].messages, seed=99)
    assert backend.generate([other], sampling)[0].text != first


def test_the_greedy_text_is_the_librarys(backend: hf.HFBackend) -> None:
    ids = torch.tensor([encode_chat(backend._tokenizer, PROMPTS[0].messages)])
    with torch.inference_mode():
        output = backend._model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=30, do_sample=False)
    expected = backend._tokenizer.decode(output[0, ids.shape[1] :], skip_special_tokens=True)
    sampling = Sampling(max_new_tokens=30, stop_at_code_block=False)
    assert backend.generate(PROMPTS[:1], sampling)[0].text == expected


ARCHITECTURES: dict[str, dict[str, Any]] = {
    "llama": {},
    "mistral": {"sliding_window": None},
    "olmo2": {},
    "qwen2": {},
    "qwen3": {"head_dim": 8},
    "smollm3": {},
}
BUILD = Callable[..., str]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory, embedded_model: str) -> BUILD:
    """Makes random models of two layers under the embedded model's tokenizer; returns their folder."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(resolve_model(embedded_model).path)

    def made(architecture: str, **options: Any) -> str:
        folder = tmp_path_factory.mktemp(architecture)
        config = AutoConfig.for_model(
            architecture,
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=tokenizer.bos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            **options,
        )
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config)
        for weight in model.parameters():  # untrained weights give nearly the same word for any prompt
            if weight.ndim > 1:
                torch.nn.init.normal_(weight, std=0.2)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return str(folder)

    return made


@pytest.fixture(scope="module")
def small(build: BUILD) -> str:
    return build("llama")


def library_texts(backend: hf.HFBackend, prompts: Sequence[Prompt], tokens: int) -> list[str]:
    """What the library generates, each prompt alone."""
    texts = []
    for prompt in prompts:
        ids = torch.tensor([encode_chat(backend._tokenizer, prompt.messages)])
        with torch.inference_mode():
            output = backend._model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False)
        texts.append(backend._tokenizer.decode(output[0, ids.shape[1] :], skip_special_tokens=True))
    return texts


def texts(backend: hf.HFBackend, prompts: Sequence[Prompt], tokens: int) -> list[str]:
    return [c.text for c in backend.generate(prompts, Sampling(max_new_tokens=tokens, stop_at_code_block=False))]


UNEVEN = asking("a", "word " * 150, "b c", "long " * 70, "d", "e f g", "other " * 30)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_rows_of_any_length_in_places_taken_anew_give_the_librarys_text(build: BUILD, architecture: str) -> None:
    backend = hf.HFBackend(ModelRef(base=build(architecture, **ARCHITECTURES[architecture])), batch_size=2)
    assert supports(backend._model.config)
    answers = texts(backend, UNEVEN, 12)
    assert answers == library_texts(backend, UNEVEN, 12)
    assert len(set(answers)) > 4


def test_a_model_with_a_sliding_window_keeps_to_the_librarys_cache(build: BUILD) -> None:
    backend = hf.HFBackend(ModelRef(base=build("mistral", sliding_window=16)), batch_size=2)
    assert not supports(backend._model.config)
    assert max(map(len, backend.plan(UNEVEN))) == 2
    assert texts(backend, UNEVEN, 12) == library_texts(backend, UNEVEN, 12)


def test_prompts_start_in_order_and_never_more_than_the_batch_size_run(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = hf.HFBackend(ModelRef(base=small), batch_size=3)
    started: list[list[int]] = []
    running: list[int] = []

    class Watched(RaggedRows):
        def admit(self, prompts: Sequence[list[int]]) -> torch.Tensor:
            started.extend(list(prompt) for prompt in prompts)
            logits = super().admit(prompts)
            running.append(len(self.lengths))
            return logits

    monkeypatch.setattr(hf, "RaggedRows", Watched)
    texts(backend, UNEVEN, 6)
    assert started == [encode_chat(backend._tokenizer, prompt.messages) for prompt in UNEVEN]
    assert max(running) == 3


@pytest.mark.parametrize("tokens", [1, 2, 3])
def test_answers_that_end_at_once_leave_their_places_to_the_next(small: str, tokens: int) -> None:
    backend = hf.HFBackend(ModelRef(base=small), batch_size=2)
    answers = backend.generate(UNEVEN, Sampling(max_new_tokens=tokens, stop_at_code_block=False))
    assert [(a.finish_reason, a.completion_tokens) for a in answers] == [("length", tokens)] * len(UNEVEN)
    assert [a.text for a in answers] == library_texts(backend, UNEVEN, tokens)


def test_a_chunk_of_one_and_an_empty_one_are_answered(small: str) -> None:
    backend = hf.HFBackend(ModelRef(base=small), batch_size=4)
    assert texts(backend, UNEVEN[:1], 5) == library_texts(backend, UNEVEN[:1], 5)
    assert backend.generate([], SHORT) == []


def test_samples_of_one_prompt_differ_by_seed_and_not_by_neighbours(small: str) -> None:
    backend = hf.HFBackend(ModelRef(base=small), batch_size=3)
    sampling = Sampling(max_new_tokens=8, temperature=1.0, stop_at_code_block=False)
    same = [Prompt(messages=UNEVEN[2].messages, seed=seed) for seed in range(5)]
    answers = [c.text for c in backend.generate([*same, UNEVEN[1]], sampling)]
    assert len(set(answers[:5])) == 5
    assert answers[3] == backend.generate([same[3]], sampling)[0].text


def test_rows_that_end_early_do_not_disturb_those_behind_them(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = hf.HFBackend(ModelRef(base=small), batch_size=7)
    whole = texts(backend, UNEVEN, 10)
    tokens = [backend._tokenizer(text, add_special_tokens=False)["input_ids"] for text in whole]
    end = tokens[0][3]  # now the first answer ends here, and others where they meet this token
    monkeypatch.setattr(backend, "_ends", hf._Ends(tokens=frozenset({end})))
    answers = backend.generate(UNEVEN, Sampling(max_new_tokens=10, stop_at_code_block=False))
    assert answers[0].finish_reason == "stop"
    assert any(answer.finish_reason == "length" for answer in answers)
    assert all(full.startswith(answer.text) for full, answer in zip(whole, answers, strict=True))


def test_an_answer_is_given_once_as_soon_as_it_ends(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = hf.HFBackend(ModelRef(base=small), batch_size=7)
    whole = texts(backend, UNEVEN, 10)
    end = backend._tokenizer(whole[3], add_special_tokens=False)["input_ids"][2]
    monkeypatch.setattr(backend, "_ends", hf._Ends(tokens=frozenset({end})))
    sampling = Sampling(max_new_tokens=10, stop_at_code_block=False)
    given = list(backend.stream(UNEVEN, sampling))
    assert sorted(index for index, _ in given) == list(range(len(UNEVEN)))
    lengths = [completion.completion_tokens for _, completion in given]
    assert lengths == sorted(lengths) and lengths[0] < lengths[-1]
    assert [dict(given)[index] for index in range(len(UNEVEN))] == backend.generate(UNEVEN, sampling)


def test_a_batch_left_half_way_changes_nothing_of_the_next(small: str) -> None:
    backend = hf.HFBackend(ModelRef(base=small), batch_size=2)
    before, head = texts(backend, UNEVEN, 6), backend._model.get_output_embeddings()
    stream = backend.stream(UNEVEN, Sampling(max_new_tokens=6, stop_at_code_block=False))
    assert isinstance(stream, Generator) and next(stream)
    stream.close()
    assert backend._model.get_output_embeddings() is head
    assert texts(backend, UNEVEN, 6) == before


@pytest.mark.parametrize("window", [None, 16])
def test_an_answer_that_ends_before_its_first_token_is_empty(
    build: BUILD, window: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = hf.HFBackend(ModelRef(base=build("mistral", sliding_window=window)), batch_size=16)
    prompts = [*UNEVEN, *asking("g h", "i j k l")]
    whole = backend.generate(prompts, Sampling(max_new_tokens=6, stop_at_code_block=False))
    end = backend._tokenizer(whole[2].text, add_special_tokens=False)["input_ids"][0]
    monkeypatch.setattr(backend, "_ends", hf._Ends(tokens=frozenset({end})))
    answers = backend.generate(prompts, Sampling(max_new_tokens=6, stop_at_code_block=False))
    assert (answers[2].finish_reason, answers[2].text, answers[2].completion_tokens) == ("stop", "", 0)
    assert answers[0].text == whole[0].text


def test_every_end_token_of_the_generation_settings_ends_an_answer(small: str) -> None:
    backend = hf.HFBackend(ModelRef(base=small))
    backend._model.generation_config.eos_token_id = [5, 7]
    assert hf._ends_of(backend._model, backend._tokenizer).tokens == {backend._tokenizer.eos_token_id, 5, 7}


def write_adapter(base: str, folder: Path, seed: int, **options: Any) -> str:
    """A LoRA adapter that does change what the model says."""
    from peft import LoraConfig, get_peft_model

    model, _, _ = load_model(base)
    torch.manual_seed(seed)
    adapted = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM", **options))
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.2)
    adapted.save_pretrained(folder)
    return str(folder)


def test_a_swapped_adapter_is_the_one_that_is_opened_anew(small: str, tmp_path: Path) -> None:
    first, second = (write_adapter(small, tmp_path / str(seed), seed) for seed in (1, 2))
    backend = hf.HFBackend(ModelRef(base=small, adapter=first))
    assert backend.swap(ModelRef(base=small, adapter=second))
    fresh = hf.HFBackend(ModelRef(base=small, adapter=second))
    assert backend.ref == fresh.ref
    swapped, opened = backend._model.state_dict(), fresh._model.state_dict()
    assert swapped.keys() == opened.keys()
    assert all(torch.equal(swapped[name], opened[name]) for name in opened)


def test_the_base_comes_back_bit_for_bit(small: str, tmp_path: Path) -> None:
    adapter = write_adapter(small, tmp_path / "a", 1)
    backend = hf.HFBackend(ModelRef(base=small))
    before = {name: weight.clone() for name, weight in backend._model.state_dict().items()}
    plain = texts(backend, UNEVEN[:2], 8)
    assert backend.swap(ModelRef(base=small, adapter=adapter))
    assert texts(backend, UNEVEN[:2], 8) != plain
    assert backend.swap(ModelRef(base=small))
    after = backend._model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_another_base_is_not_swapped_in(small: str) -> None:
    backend = hf.HFBackend(ModelRef(base=small))
    assert not backend.swap(ModelRef(base="elsewhere"))
    assert backend.ref.base == small


def test_an_adapter_that_replaced_a_module_is_not_swapped_out(small: str, tmp_path: Path) -> None:
    backend = hf.HFBackend(ModelRef(base=small, adapter=write_adapter(small, tmp_path / "a", 1, modules_to_save=["norm"])))
    assert not backend.swap(ModelRef(base=small))


def test_a_swap_to_no_adapter_is_refused_with_a_reason(small: str, tmp_path: Path) -> None:
    backend = hf.HFBackend(ModelRef(base=small))
    with pytest.raises(BadInput, match=r"adapter_config\.json"):
        backend.swap(ModelRef(base=small, adapter=str(tmp_path)))
