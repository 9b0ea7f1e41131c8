"""The page on a user's own pairs: its commands run in order, on a tiny model, and print what the page shows of every model."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import exported_models
import pytest
from documentation import ROOT, Command, blocks, call, commands
from gguf import GGUFReader

PAGE = ROOT / "docs/own-pairs.md"
STEPS = [command for command in commands(PAGE) if command.whole]
WITH_MODEL = ("trainset", "trainset show", "finetune")

pytestmark = [pytest.mark.usefixtures("self_test_once"), pytest.mark.slow]


def shown(command: Command) -> str:
    """What the page shows under a command."""
    head = f"$ goldloop {' '.join(command.words[1:])}\n"
    return next(text.removeprefix(head) for _, text in blocks(PAGE.read_text()) if text.startswith(head))


def test_the_commands_lead_from_pairs_to_a_file_for_ollama(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [step.verb for step in STEPS] == ["trainset", "trainset show", "finetune", "export-model"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("loop.console.out._width", 120)
    (tmp_path / "examples/data").mkdir(parents=True)
    shutil.copyfile(ROOT / "examples/data/pairs.jsonl", tmp_path / "examples/data/pairs.jsonl")
    exported_models.base("llama", tmp_path / "tiny")
    for step in STEPS:
        model = ("--model", "tiny") if step.verb in WITH_MODEL else ()
        short = ("--set", "evals.max_new_tokens=8") if step.verb == "export-model" else ()
        done = call(*step.words[1:], *model, *short)
        assert done.code == 0, f"{step}: {done.err}"
        if step.verb == "trainset":
            assert done.out.split() == shown(step).split()
        elif step.verb == "trainset show":
            assert "row 1 of 4: given/fender, given; " in done.out and "end of the turn, trained: '<|im_end|>'" in done.out
            learnt = done.out.partition("\ntrained:\n")[2]
            assert "2450 * count" in learnt and "24.5 * count" not in learnt
        elif step.verb == "finetune":
            assert re.fullmatch(r"adapter b2:\w+: 4 rows, 2 steps, last loss [\d.]+", done.out.strip())
            assert re.fullmatch(r"adapter b2:\w+: 4 rows, 2 steps, last loss [\d.]+", shown(step).strip())
    export = STEPS[-1]
    found = call(*export.words[1:], "--set", "evals.max_new_tokens=8")
    assert "finished before" in found.err
    for what in ("merged weights", "weights of the q8_0 file"):
        assert f"The {what} were evaluated on 14 dev tasks beside base and adapter: 0 verdicts differ, " in found.out
    assert re.search(r"^exported: my-model, float32, [\d.]+ MB\n  my-model-q8_0.gguf \(q8_0\)$", found.out, re.MULTILINE)
    assert "rows whose licence is not stated: 1\n" in found.out
    reader = GGUFReader(tmp_path / "my-model/my-model-q8_0.gguf")
    assert reader.fields["general.architecture"].contents() == "llama" and len(reader.tensors) > 10
    modelfile = (tmp_path / "my-model/Modelfile").read_text()
    assert modelfile.startswith("# ollama create my-model -f Modelfile\nFROM ./my-model-q8_0.gguf\n")
    assert "$ ollama create my-model -f my-model/Modelfile\n" in PAGE.read_text()
    card = (tmp_path / "my-model/README.md").read_text()
    assert "Rows without a stated licence: 1 of 4." in card and "| given | 4 |" in card
    table = PAGE.read_text().partition("## What is in the folder")[2]
    names = {re.sub(r"^tokenizer.*", "tokenizer*", path.name) for path in (tmp_path / "my-model").iterdir()} - {"manifest.json"}
    assert [name for name in names if f"`{name}`" not in table] == []


def test_every_column_is_on_the_page() -> None:
    from trainset.given import COLUMNS

    table = PAGE.read_text().partition("| column | meaning |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`(?=[^|]*\|[^|]*\|$)", table, re.M)) & set(COLUMNS) == set(COLUMNS)
