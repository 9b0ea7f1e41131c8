"""``goldloop`` as a library and as a module: what it exports, how fast it is there, and what stands in its way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from conftest import WriteSuite
from fakes import LearningBackend

import goldloop
from evals.records import ModelRef
from loop.config import make_config

pytestmark = pytest.mark.usefixtures("self_test_once")

REPOSITORY = Path(__file__).parents[1]


def python(*arguments: str, cwd: Path, path: tuple[Path, ...] = ()) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (*path, REPOSITORY)))}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", goldloop.__all__)
def test_every_exported_name_is_there_and_documented(name: str) -> None:
    value = getattr(goldloop, name)
    assert value.__name__ == name
    assert value.__doc__ and len(value.__doc__.split()) > 2


def test_what_is_exported_is_what_can_be_loaded() -> None:
    assert sorted(goldloop.__all__) == sorted(goldloop._WHERE)
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = goldloop.nothing_such


def test_importing_it_loads_nothing_else(tmp_path: Path) -> None:
    code = "import goldloop, sys; print([n for n in sys.modules if n.split('.')[0] in ('evals', 'loop', 'torch', 'pydantic')])"
    assert python("-c", code, cwd=tmp_path).stdout == "[]\n"


@pytest.mark.parametrize("module", ["goldloop", "loop"])
def test_the_module_is_the_command_line(module: str, tmp_path: Path) -> None:
    ended = python("-m", module, "--version", cwd=tmp_path)
    assert (ended.returncode, ended.stdout.split()[0]) == (0, "goldloop"), ended.stderr


@pytest.mark.parametrize("name", ["evals", "finetune"])
def test_a_foreign_package_of_the_same_name_is_named_with_what_to_do(name: str, tmp_path: Path) -> None:
    foreign = tmp_path / "elsewhere"
    (foreign / name).mkdir(parents=True)
    (foreign / name / "__init__.py").write_text('"""Evals of somebody else."""\n')
    ended = python("-m", "goldloop", "--version", cwd=tmp_path, path=(foreign,))
    assert ended.returncode == 4
    assert f"{name}: Python takes {foreign / name}, which is not goldloop's {REPOSITORY / name}" in ended.stderr
    assert f"take {foreign} off PYTHONPATH" in ended.stderr and "Traceback" not in ended.stderr
    library = python("-c", "import goldloop; goldloop.run", cwd=tmp_path, path=(foreign,))
    assert f"ImportError: {name}: Python takes {foreign / name}" in library.stderr


def test_the_three_jobs_in_python(write_suite: WriteSuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    suite = write_suite(train=6, holdout=6)
    config = make_config({"suites": {"target": [str(suite)]}, "backend": f"fakes:{LearningBackend.__name__}"})
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_model.safetensors").write_bytes(b"weights")
    (adapter / "adapter_config.json").write_text("{}")
    results = [
        goldloop.evaluate(str(suite), ModelRef(base="scripted", adapter=folder), Path(out), splits=["holdout"], config=config)
        for out, folder in (("before", ""), ("after", str(adapter)))
    ]
    (line,) = goldloop.compare(*results)
    assert (line.before, line.after, line.n) == (0.0, 1.0, 6)
    assert (tmp_path / "runs/looks.jsonl").is_file()

    prompt = (suite / "words/codes_island/prompt.md").read_text()
    (tmp_path / "leaky.jsonl").write_bytes(orjson.dumps({"text": prompt}) + b"\n")
    audit = goldloop.audit(["leaky.jsonl"], [str(suite)])
    assert (audit.summary.verdict, audit.summary.leaked_items) == ("leaks", 1)
