"""``goldloop trainset show``: rows as they are trained, decoded from the tokens of the embedded model's own tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import ended

from trainset.build import Built, save
from trainset.records import Example
from trainset.render import decoded, encode_example

pytestmark = pytest.mark.model


def row(number: int) -> Example:
    return Example(
        prompt=({"role": "system", "content": "Be good."}, {"role": "user", "content": f"Question [{number}]"}),
        completion=({"role": "assistant", "content": f"```python\nx = [{number}]\n```"},),
        rejected=({"role": "assistant", "content": "```python\nx = 0\n```"},),
        provenance={"key": f"s/t{number}", "source": "own", "nearest": number == 0},
    )


@pytest.fixture
def tokenizer(embedded_model: str) -> Any:
    from transformers import AutoTokenizer

    from evals.models.resolve import resolve_model

    return AutoTokenizer.from_pretrained(resolve_model(embedded_model).path)


def test_a_decoded_row_is_all_of_its_tokens_and_no_others(tokenizer: Any) -> None:
    shown, encoded = decoded(tokenizer, row(0)), encode_example(tokenizer, row(0))
    assert shown.prompt + shown.completion + shown.end == tokenizer.decode(encoded.ids)
    assert shown.completion == row(0).completion[0]["content"]
    assert shown.end.startswith("<|im_end|>") and shown.prompt.endswith("<|im_start|>assistant\n")
    assert shown.prompt_tokens + shown.trained_tokens == len(encoded.ids)


def test_the_attempt_of_a_row_is_encoded_in_place_of_its_completion(tokenizer: Any) -> None:
    encoded = encode_example(tokenizer, row(0))
    end = decoded(tokenizer, row(0)).end
    assert tokenizer.decode(encoded.rejected) == "```python\nx = 0\n```" + end
    attempt = encoded.of_attempt()
    assert attempt.ids == (*encoded.ids[: encoded.prompt_length], *encoded.rejected)
    assert encoded.preferred and not encode_example(tokenizer, row(1)).preferred
    bare = encode_example(tokenizer, row(0).model_copy(update={"rejected": ()}))
    assert (bare.rejected, bare.preferred, bare.ids) == ((), False, encoded.ids)


def test_the_verb_shows_rows_with_what_is_trained(
    embedded_model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(Built(examples=tuple(map(row, range(5))), index_digest="b2:i", counts={}, dropped={}), tmp_path / "show")
    said = ended(capsys, "trainset", "show", str(tmp_path / "show"), "--rows", "2", "--model", embedded_model)
    assert said.code == 0 and "row 2 of 5: s/t1, own;" in said.out and "row 3" not in said.out
    untrained, _, trained = said.out.partition("not trained:")[2].partition("\ntrained:\n")
    assert "Question [0]" in untrained and trained.startswith("```python\nx = [0]\n```<|im_end|>")
    rows = ended(capsys, "trainset", "show", str(tmp_path / "show"), "--task", "t3", "--model", embedded_model, "--json").json
    assert [one["key"] for one in rows["rows"]] == ["s/t3"] and rows["rows"][0]["completion"] == "```python\nx = [3]\n```"
    none = ended(capsys, "trainset", "show", str(tmp_path / "show"), "--task", "t9", "--model", embedded_model, flat="err")
    assert none.code == 4 and "has no row of such a task" in none.err


def test_likelihoods_are_the_mean_probabilities_of_the_trained_tokens(tokenizer: Any, tmp_path: Path) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from evals.models.loading import load_model
    from evals.progress import Silent
    from evals.records import ModelRef
    from finetune.settings import FinetuneSettings
    from finetune.train import likelihoods

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        initializer_range=0.3,
        eos_token_id=tokenizer.eos_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    examples = [row(0), row(12345), row(0)]
    found = likelihoods(ModelRef(base=str(tmp_path)), examples, FinetuneSettings(), Silent())
    model = load_model(str(tmp_path))[0]
    for example, likely in zip(examples, found, strict=True):
        one = encode_example(tokenizer, example)
        with torch.no_grad():
            scores = model(input_ids=torch.tensor([one.ids])).logits[0].log_softmax(-1)
        trained = [scores[place - 1, one.ids[place]].item() for place in range(one.prompt_length, len(one.ids))]
        assert likely == pytest.approx(torch.tensor(trained).mean().exp().item(), rel=1e-4)
    assert found[0] == found[2] != found[1]
