from __future__ import annotations

from pathlib import Path

import pytest

from evals.errors import BadInput
from loop.config import config_keys, load_config, make_config

GOOD = "model: m\nsuites:\n  target: [a]\n"


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "goldloop.yaml"
    file.write_text(text)
    return file


def test_an_unknown_key_names_its_line_and_the_nearest_key(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD + "finetune:\n  learning_rat: 1\n")
    with pytest.raises(BadInput) as caught:
        load_config(file)
    assert str(caught.value) == f"{file}:5: unknown key 'finetune.learning_rat'; did you mean 'finetune.learning_rate'?"


def test_all_findings_come_at_once(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD + "seed: -1\nevals:\n  batch_size: many\nfoo: 1\n")
    with pytest.raises(BadInput) as caught:
        load_config(file)
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [f"{file}:{n}" for n in (4, 6, 7)]


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="goldloop init"):
        load_config(tmp_path / "goldloop.yaml")


def test_no_yaml_names_the_line(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD + "a: [1\n")
    with pytest.raises(BadInput, match=r"goldloop\.yaml:\d+: not YAML"):
        load_config(file)


def test_a_list_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="expected keys and values"):
        load_config(write(tmp_path, "- a\n"))


def test_set_overrides_and_reads_scientific_numbers(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD), ["finetune.learning_rate=1e-4", "finetune.lora.r=8", "name=x"])
    assert (config.finetune.learning_rate, config.finetune.lora.r, config.name) == (1e-4, 8, "x")


def test_a_wrong_override_is_located_at_the_option(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"--set: finetune\.lora\.r: .* got -1"):
        load_config(write(tmp_path, GOOD), ["finetune.lora.r=-1"])


def test_an_override_without_value_is_refused() -> None:
    with pytest.raises(BadInput, match="expected KEY=VALUE"):
        make_config({}, ["seed"])


def test_every_key_has_a_description() -> None:
    for key, _, description in config_keys():
        assert description, key
