"""Exports of a trainset, each beside the schema that its tool documents, and opened with ``datasets`` by its card."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from command_line import ended
from sandbox_requirements import unavailable

from evals.errors import BadInput
from evals.records import Message
from trainset.build import Built, load, save
from trainset.export import EXPORTS, export_trainset
from trainset.records import Example


def turn(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def row(number: int, *, attempt: str = "", system: str = "", **provenance: Any) -> Example:
    return Example(
        prompt=(*([turn("system", system)] if system else []), turn("user", f"Question {number}\n\twith `ticks` and ünïcode")),
        completion=(turn("assistant", f"```python\nx = {number}\n```"),),
        rejected=(turn("assistant", attempt),) if attempt else (),
        provenance={"key": f"s/t{number}", "source": "golden", "licence": "MIT", "failure": "time", **provenance},
    )


ROWS = (
    row(0, attempt="```python\nx = 9\n```", system="Be good."),
    row(1),
    row(2, attempt="```python\nx = 8\n```", distance=3, sample=1, seed=2**31),
    row(2, attempt="```python\nx = 8\n```", distance=7, nearest=False),
    row(2, attempt="```python\nx = 8\n```", distance=3, sample=1, seed=2**31),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = Built(examples=ROWS, index_digest="b2:index", counts={"rows": len(ROWS)}, dropped={})
    save(built, tmp_path / "trainset")
    return tmp_path / "trainset"


def exported(folder: Path, name: str) -> tuple[Path, list[dict[str, Any]]]:
    out = folder.parent / name
    written = export_trainset(*load(folder), name, out)
    data = (out / written.file).read_bytes()
    rows = orjson.loads(data) if written.file.endswith(".json") else [orjson.loads(line) for line in data.splitlines()]
    return out, rows


def are_messages(messages: Any, last: str) -> bool:
    """OpenAI's form: at most one system turn, first; user and assistant in turns; ``last`` speaks last."""
    roles = [message["role"] for message in messages]
    spoken = roles[1:] if roles[0] == "system" else roles
    expected = ["user" if place % 2 == 0 else "assistant" for place in range(len(spoken))]
    return spoken == expected and roles[-1] == last and all(set(m) == {"role", "content"} and m["content"] for m in messages)


def test_trl_is_conversational_prompt_and_completion(folder: Path) -> None:
    _, rows = exported(folder, "trl")
    assert len(rows) == len(ROWS)
    for given, one in zip(ROWS, rows, strict=True):
        assert one == {"prompt": list(given.prompt), "completion": list(given.completion)}
        assert are_messages([*one["prompt"], *one["completion"]], "assistant")


def test_dpo_is_trls_preference_with_one_pair_a_task(folder: Path) -> None:
    _, rows = exported(folder, "dpo")
    assert [set(one) for one in rows] == [{"prompt", "chosen", "rejected"}] * 2
    for given, one in zip((ROWS[0], ROWS[2]), rows, strict=True):
        assert one == {"prompt": list(given.prompt), "chosen": list(given.completion), "rejected": list(given.rejected)}
        assert are_messages([*one["prompt"], *one["rejected"]], "assistant")


def test_axolotl_is_messages_and_a_configuration_that_names_them(folder: Path) -> None:
    out, rows = exported(folder, "axolotl")
    (entry,) = yaml.safe_load((out / "axolotl.yaml").read_text())["datasets"]
    assert (entry["type"], entry["roles_to_train"], entry["train_on_eos"]) == ("chat_template", ["assistant"], "turn")
    mapping = entry["message_property_mappings"]
    assert (out / entry["path"]).is_file()
    for one in rows:
        messages = one[entry["field_messages"]]
        assert are_messages([{name: m[key] for name, key in mapping.items()} for m in messages], "assistant")


def test_llama_factory_describes_its_file(folder: Path) -> None:
    out, rows = exported(folder, "llama-factory")
    (entry,) = orjson.loads((out / "dataset_info.json").read_bytes()).values()
    assert (out / entry["file_name"]).is_file() and entry["formatting"] == "sharegpt"
    tags = entry["tags"]
    assert set(tags) == {"role_tag", "content_tag", "user_tag", "assistant_tag", "system_tag"}
    names = {tags["system_tag"]: "system", tags["user_tag"]: "user", tags["assistant_tag"]: "assistant"}
    for one in rows:
        messages = one[entry["columns"]["messages"]]
        read = [{"role": names[m[tags["role_tag"]]], "content": m[tags["content_tag"]]} for m in messages]
        assert are_messages(read, "assistant")


def test_sharegpt_is_from_and_value(folder: Path) -> None:
    _, rows = exported(folder, "sharegpt")
    for given, one in zip(ROWS, rows, strict=True):
        assert set(one) == {"conversations"}
        spoken = [(said["from"], said["value"]) for said in one["conversations"]]
        assert [who for who, _ in spoken] == [*["system"] * (len(given.prompt) - 1), "human", "gpt"]
        assert spoken[-1][1] == given.completion[0]["content"]


def test_alpaca_is_instruction_input_output(folder: Path) -> None:
    out, rows = exported(folder, "alpaca")
    assert (out / "train.json").read_bytes().startswith(b"[")
    for given, one in zip(ROWS, rows, strict=True):
        assert set(one) == {"instruction", "input", "output", "system"}
        assert (one["instruction"], one["input"]) == (given.prompt[-1]["content"], "")
        assert one["output"] == given.completion[0]["content"]
    assert (rows[0]["system"], rows[1]["system"]) == ("Be good.", "")


@pytest.mark.parametrize("name", ["axolotl", "llama-factory", "sharegpt", "alpaca"])
def test_a_row_that_a_form_cannot_hold_is_an_error(tmp_path: Path, name: str) -> None:
    talk = ROWS[1].model_copy(update={"prompt": (turn("user", "a"), turn("assistant", "b"), turn("user", "c"))})
    trainset = save(Built(examples=(talk,), index_digest="b2:i", counts={}, dropped={}), tmp_path / "talk")
    with pytest.raises(BadInput, match=f"format {name}: the row of s/t1 has the turns user, assistant, user"):
        export_trainset(trainset, [talk], name, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert export_trainset(trainset, [talk], "trl", tmp_path / "out").rows[0]["prompt"] == list(talk.prompt)


def test_without_attempts_there_is_no_preference(tmp_path: Path) -> None:
    trainset = save(Built(examples=(ROWS[1],), index_digest="b2:i", counts={}, dropped={}), tmp_path / "t")
    with pytest.raises(BadInput, match="no row has a failing attempt"):
        export_trainset(trainset, [ROWS[1]], "dpo", tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["", *EXPORTS])
def test_datasets_opens_the_folder_by_its_card(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    out, rows = exported(folder, name) if name else (folder, [row.model_dump(mode="json") for row in ROWS])
    opened = datasets.load_dataset(str(out), cache_dir=str(folder.parent / "cache"))
    assert list(opened) == ["train"] and opened["train"].num_rows == len(rows)
    for given, read in zip(rows, opened["train"], strict=True):
        assert {key: read[key] for key in given if key != "provenance"} == {k: v for k, v in given.items() if k != "provenance"}
        if not name:
            provenance = {key: value for key, value in read["provenance"].items() if value is not None}
            assert provenance == given["provenance"]
    card = (out / "README.md").read_text()
    assert "| MIT | 5 |" in card and "b2:index" in card


@pytest.mark.slow
def test_trls_own_reader_takes_its_forms(folder: Path) -> None:
    try:
        is_conversational = import_module("trl.data_utils").is_conversational
    except ImportError as error:
        unavailable("trl", str(error))
    for name in ("trl", "dpo"):
        assert all(is_conversational(one) for one in exported(folder, name)[1])


def test_the_verb_writes_and_names_what_it_wrote(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder.parent / "out"
    said = ended(capsys, "export-trainset", str(folder), "--format", "llama-factory", "--out", str(out), "--json")
    assert said.code == 0 and said.json["files"] == ["README.md", "dataset_info.json", "train.json"]
    assert (said.json["rows"], said.json["of"]) == (5, 5) and all((out / name).is_file() for name in said.json["files"])
    unknown = ended(capsys, "export-trainset", str(folder), "--format", "alpacca", "--out", str(out), flat="err")
    assert unknown.code == 4 and "did you mean 'alpaca'" in unknown.err
    into = ended(capsys, "export-trainset", str(folder), "--out", str(folder), flat="err")
    assert into.code == 4 and "is a trainset itself" in into.err
    assert load(folder)[0].rows == len(ROWS)
