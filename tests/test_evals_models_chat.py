"""Chat templates as they are: without a system role, with ends of a turn of their own, over tokenizers that lack tokens."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import tiny_models
import torch

from evals import notices
from evals.errors import BadInput
from evals.models import hf
from evals.models.base import Prompt, Sampling
from evals.models.chat import encode_chat, pad_token, turn_end
from evals.records import Message, ModelRef
from trainset.records import Example
from trainset.render import EmptyRow, encode_example

pytestmark = pytest.mark.model

TURN = "{{ message['role'] }}: {{ message['content'] }}"
EACH = "{% for message in messages %}"
CUE = "{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
GEMMA = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    f"{EACH}<|im_start|>{TURN}<|im_end|>\n{CUE}"
)
DROPS = EACH + "{% if message['role'] != 'system' %}" + TURN + "</s>{% endif %}" + CUE
PHI = (
    f"{EACH}<|im_start|>{TURN}<|im_end|>\n{{% endfor %}}{{% if add_generation_prompt %}}assistant: {{% else %}}</s>{{% endif %}}"
)
PLAIN = f"{EACH}{TURN}\n### End\n\n{CUE}"
NOTHING = f"{EACH}{TURN}\n\n{CUE}"
ALTERNATES = (
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate') }}{% endif %}" + TURN + "</s>" + CUE
)
SYSTEM: Message = {"role": "system", "content": "Be brief."}
USER: Message = {"role": "user", "content": "Say x."}


def example(answer: str = "x = 1") -> Example:
    return Example(prompt=(USER,), completion=({"role": "assistant", "content": answer},), provenance={"key": "s/t"})


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "_said", set())


@pytest.mark.parametrize("template", [GEMMA, DROPS, ALTERNATES])
def test_a_template_without_a_system_role_gets_its_text_in_the_first_user_turn(
    template: str, caplog: pytest.LogCaptureFixture
) -> None:
    tokenizer = tiny_models.tokenizer(template)
    for _ in range(3):
        text = tokenizer.decode(encode_chat(tokenizer, [SYSTEM, USER]))
        assert "user: Be brief.\n\nSay x." in text and "system" not in text
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_template_with_a_system_role_keeps_it(caplog: pytest.LogCaptureFixture) -> None:
    tokenizer = tiny_models.tokenizer()
    assert tokenizer.decode(encode_chat(tokenizer, [SYSTEM, USER])).startswith("<|im_start|>system\nBe brief.<|im_end|>\n")
    assert not caplog.records


def test_a_conversation_that_a_template_refuses_is_said_with_its_roles() -> None:
    with pytest.raises(BadInput, match=r"refuses the roles user, user: Conversation roles must alternate"):
        encode_chat(tiny_models.tokenizer(ALTERNATES), [USER, USER])


@pytest.mark.parametrize(
    ("template", "options", "trained"),
    [
        (tiny_models.CHATML, {}, "x = 1<|im_end|>"),  # over another end token
        (tiny_models.CHATML, {"eos_token": None}, "x = 1<|im_end|>"),
        (GEMMA, {}, "x = 1<|im_end|>"),
        (PHI, {}, "x = 1<|im_end|>"),
        (DROPS, {}, "x = 1</s>"),
        (PLAIN, {}, "x = 1\n### End"),
        (PLAIN, {"eos_token": None}, "x = 1\n### End"),
        (NOTHING, {}, "x = 1</s>"),
    ],
)
def test_what_the_template_puts_after_an_answer_is_trained(template: str, options: dict[str, Any], trained: str) -> None:
    tokenizer = tiny_models.tokenizer(template, **options)
    row = encode_example(tokenizer, example())
    assert tokenizer.decode(row.ids[row.prompt_length :]) == trained
    assert list(row.ids[: row.prompt_length]) == encode_chat(tokenizer, [USER])


def test_a_tokenizer_of_words_that_do_not_end_is_refused_for_training() -> None:
    tokenizer = tiny_models.tokenizer(NOTHING, eos_token=None)
    assert turn_end(tokenizer) is None
    with pytest.raises(BadInput, match=r"never stops"):
        encode_example(tokenizer, example())


@pytest.mark.parametrize("answer", ["", " \n"])
def test_an_empty_completion_is_no_row(answer: str) -> None:
    with pytest.raises(EmptyRow, match=r"s/t: the completion is empty"):
        encode_example(tiny_models.tokenizer(), example(answer))


def test_a_template_that_is_changed_is_looked_at_again() -> None:
    tokenizer = tiny_models.tokenizer(DROPS)
    first = turn_end(tokenizer)
    tokenizer.chat_template = PHI
    assert first != turn_end(tokenizer)


@pytest.mark.parametrize(("options", "pad"), [({}, 0), ({"pad_token": None}, 2), ({"pad_token": None, "eos_token": None}, 0)])
def test_padding_needs_no_token_of_its_own(options: dict[str, Any], pad: int) -> None:
    assert pad_token(tiny_models.tokenizer(**options)) == pad


def forced(folder: str, text: str, limit: int = 64) -> Any:
    """What a backend makes of a model that says this text, whatever it is asked, and then repeats its last token."""
    backend = hf.HFBackend(ModelRef(base=folder))
    said = backend._tokenizer(text, add_special_tokens=False)["input_ids"]
    steps = iter([*said, *[said[-1]] * limit])
    backend._choose = lambda logits, sampling, answers: [next(steps)] * len(answers)  # type: ignore[method-assign]
    return backend.generate([Prompt(messages=(USER,))], Sampling(max_new_tokens=limit))[0]


@pytest.mark.parametrize(
    ("template", "options", "said"),
    [
        (tiny_models.CHATML, {}, "x = 1<|im_end|>\nmore"),
        (tiny_models.CHATML, {"eos_token": None, "pad_token": None}, "x = 1<|im_end|>\nmore"),
        (tiny_models.CHATML, {}, "x = 1</s>more"),
        (PLAIN, {}, "x = 1\n### End\nmore"),
    ],
)
@pytest.mark.parametrize("family", ["llama", "gpt2", "mamba"])
def test_generation_stops_at_what_the_template_puts_there(
    family: str, template: str, options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    folder = tiny_models.save(tiny_models.build(family), tmp_path, template=template, **options)
    answer = forced(folder, said)
    assert (answer.text.strip(), answer.finish_reason) == ("x = 1", "stop")


def test_without_any_end_an_answer_runs_to_its_limit_and_that_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = tiny_models.build("gpt2")
    model.config.eos_token_id = model.generation_config.eos_token_id = None
    folder = tiny_models.save(model, tmp_path, template=NOTHING, eos_token=None)
    assert forced(folder, "x = 1", limit=9).finish_reason == "length"
    assert "has no end of a turn" in caplog.text


@pytest.mark.parametrize("family", ["gpt2", "mamba", "qwen3_next"])
def test_settings_of_the_model_do_not_change_greedy_text(family: str, tmp_path: Path) -> None:
    model = tiny_models.build(family)
    plain = answers(tiny_models.save(model, tmp_path / "plain"))
    model.generation_config.repetition_penalty = 5.0
    assert answers(tiny_models.save(model, tmp_path / "penalty")) == plain


def answers(folder: str) -> list[str]:
    backend = hf.HFBackend(ModelRef(base=folder))
    backend._text = lambda tokens: " ".join(map(str, tokens))  # type: ignore[method-assign]
    prompts = [Prompt(messages=(USER,)), Prompt(messages=({"role": "user", "content": "Something longer."},))]
    return [answer.text for answer in backend.generate(prompts, Sampling(max_new_tokens=12, stop_at_code_block=False))]


@pytest.mark.parametrize("family", ["llama", "gpt2", "mamba"])
def test_samples_depend_on_their_seed_alone(family: str, tmp_path: Path) -> None:
    backend = hf.HFBackend(ModelRef(base=tiny_models.save(tiny_models.build(family), tmp_path)), batch_size=4)
    sampling = Sampling(max_new_tokens=8, temperature=1.0, stop_at_code_block=False)
    prompts = [Prompt(messages=(USER,), seed=seed) for seed in range(4)]
    together = [answer.text for answer in backend.generate(prompts, sampling)]
    assert together == [backend.generate([prompt], sampling)[0].text for prompt in prompts]
    assert len(set(together)) > 1


def test_a_recurrent_model_answers_prompts_of_many_lengths_as_if_alone(tmp_path: Path) -> None:
    backend = hf.HFBackend(ModelRef(base=tiny_models.save(tiny_models.build("mamba2"), tmp_path)), batch_size=2)
    prompts = [Prompt(messages=({"role": "user", "content": "w" * length},)) for length in (1, 40, 40, 40, 7)]
    plan = backend.plan(prompts)
    assert sorted(index for chunk in plan for index in chunk) == [0, 1, 2, 3, 4]
    assert all(len({len(prompts[index].messages[0]["content"]) for index in chunk}) == 1 for chunk in plan)
    sampling = Sampling(max_new_tokens=8, stop_at_code_block=False)
    together = [answer.text for answer in backend.generate(prompts, sampling)]  # whatever the plan was
    assert together == [backend.generate([prompt], sampling)[0].text for prompt in prompts]
    assert torch.is_inference_mode_enabled() is False
