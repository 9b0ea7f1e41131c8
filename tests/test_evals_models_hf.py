"""The hf backend on the embedded model: plans, early stop, seeds, independence of the batch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evals.models import hf
from evals.models.base import Prompt, Sampling
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


def test_the_plan_holds_every_prompt_once_longest_first(backend: hf.HFBackend) -> None:
    plan = backend.plan(PROMPTS)
    assert sorted(index for batch in plan for index in batch) == [0, 1, 2, 3]
    assert plan[0][0] == 2
    assert max(map(len, plan)) <= 3


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
    import torch

    ids = torch.tensor([hf.encode_chat(backend._tokenizer, PROMPTS[0].messages)])
    with torch.inference_mode():
        output = backend._model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=30, do_sample=False)
    expected = backend._tokenizer.decode(output[0, ids.shape[1] :], skip_special_tokens=True)
    sampling = Sampling(max_new_tokens=30, stop_at_code_block=False)
    assert backend.generate(PROMPTS[:1], sampling)[0].text == expected
