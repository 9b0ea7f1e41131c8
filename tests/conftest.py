"""Fixtures: tiny suites as real files, the real sandbox, the embedded model; skips that CI turns into failures."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import parallel
import pytest
import sandbox_requirements
from sandbox_requirements import unavailable

import evals.sandboxes
from evals.errors import BadInput
from evals.sandboxes import open_sandbox
from evals.sandboxes.base import Sandbox

WriteSuite = Callable[..., Path]
parallel.one_thread()


def pytest_configure() -> None:
    parallel.start_compiling()
    gc.disable()  # until the tests are collected: what is made till then stays


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files whose every test the command leaves out are not imported: torch and transformers take ten seconds of each worker."""
    if "not model" not in config.option.markexpr or collection_path.suffix != ".py":
        return None
    return True if "\npytestmark = pytest.mark.model\n" in collection_path.read_text(encoding="utf-8") else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    parallel.sort_tests(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    # Three quarters of a million objects of tests and libraries, which a full collection would go through each time.
    gc.freeze()
    gc.enable()
    parallel.await_compiled()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return parallel.Files(config, log)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    try:
        found = open_sandbox("sandlock")
    except BadInput as error:
        unavailable("sandlock", str(error))
    yield found
    found.close()


@pytest.fixture
def self_test_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """See ``sandbox_requirements.self_test_once``."""
    monkeypatch.setattr(evals.sandboxes, "self_test", sandbox_requirements.self_test_once)


@pytest.fixture(scope="session")
def embedded_model() -> str:
    """The embedded model's name, once it is in the cache."""
    from evals.models.resolve import resolve_model

    name = "smollm2-135m-instruct"
    try:
        resolve_model(name)
    except BadInput as error:
        unavailable("model", str(error))
    return name


def write_task(folder: Path, *, split: str, group: str, prompt: str, golden: str, checks: str) -> None:
    folder.mkdir(parents=True)
    (folder / "prompt.md").write_text(f"---\nsplit: {split}\ngroup: {group}\n---\n{prompt}\n")
    (folder / "golden.py").write_text(golden)
    (folder / "checks.py").write_text(checks)


# Distinct words, so that no task shares eight words in a row with another one.
_TOPICS = {
    "train": ["anchor", "basket", "candle", "dragon", "engine", "feather", "garden", "hammer"],
    "holdout": ["island", "jacket", "kettle", "ladder", "mirror", "needle", "oyster", "pebble", "quartz", "rocket", "spider",
                "tunnel", "urchin", "velvet", "wagon", "xylophone"],
    "dev": ["orchard", "pencil", "quarry", "ribbon"],
    "final": ["saddle", "timber", "umbrella", "violin", "walnut", "yogurt"],
}  # fmt: skip


def _blurb(topic: str) -> str:
    """Eight words in a row that no other topic has: the screen needs them to tell one task from another."""
    return "Not " + ", ".join(topic + ending for ending in ("s", "ish", "like", "less", "y", "ed", "ing", "ful", "let")) + "."


def make_suite(path: Path, name: str, *, train: int, holdout: int, dev: int = 0, final: int = 0) -> Path:
    """Write a suite of functions that return a fixed code word; the word cannot be guessed from the prompt."""
    path.mkdir(parents=True)
    (path / "suite.yaml").write_text(f"name: {name}\nlicence: Apache-2.0\n")
    for split, count in (("train", train), ("holdout", holdout), ("dev", dev), ("final", final)):
        for topic in _TOPICS[split][:count]:
            write_task(
                path / "words" / f"{name}_{topic}",
                split=split,
                group=topic,
                prompt=f"Write `{name}_{topic}()`, the {topic} word. {_blurb(topic)}",
                golden=f"def {name}_{topic}():\n    return 'secret {topic}'\n",
                checks=f"assert {name}_{topic}() == 'secret {topic}'\n",
            )
    return path


def suite_writer(folder: Path) -> WriteSuite:
    """Calls ``make_suite``, in ``folder`` if not told where."""

    def write(
        name: str = "codes", *, train: int = 4, holdout: int = 5, dev: int = 0, final: int = 0, root: Path | None = None
    ) -> Path:
        return make_suite((root or folder) / name, name, train=train, holdout=holdout, dev=dev, final=final)

    return write


@pytest.fixture
def write_suite(tmp_path: Path) -> WriteSuite:
    """Writes suites in the test's temporary folder; see ``make_suite``."""
    return suite_writer(tmp_path)
