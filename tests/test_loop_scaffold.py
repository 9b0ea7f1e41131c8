"""``goldloop init --kind``: an example suite of each kind that loads, whose goldens are proved and whose goldens alone pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from sandbox_requirements import required_sandbox, unavailable

from evals.errors import BadInput
from evals.graders import grade
from evals.suites import load_suite
from evals.toolchains import find_toolchain
from loop.config import load_config
from loop.scaffold import KINDS, example_suite, init_project

PYTHON = sorted(set(KINDS) - {"react"})
_SLOW = {"tests": pytest.mark.slow, "patch": pytest.mark.slow}  # real projects: each grading runs a test runner


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_of_each_kind_loads_with_its_suite(tmp_path: Path, kind: str) -> None:
    files = init_project(tmp_path / "mine", kind)
    assert files == sorted(path for path in (tmp_path / "mine").rglob("*") if path.is_file())
    config = load_config(tmp_path / "mine/goldloop.yaml")
    (name,) = config.suites.target
    suite = load_suite(str(tmp_path / "mine" / name))
    assert suite.digest == load_suite(str(example_suite(kind))).digest
    assert {task.split for task in suite.tasks} >= {"train", "holdout"} and 3 <= len(suite.tasks) <= 4
    assert {task.kind for task in suite.tasks} == {"tests" if kind == "react" else kind}
    assert len((tmp_path / "mine/README.md").read_text().strip().splitlines()) <= 6


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=_SLOW.get(kind, ())) for kind in PYTHON])
def test_the_goldens_of_each_kind_pass_and_the_empty_answer_fails(kind: str) -> None:
    box = required_sandbox("sandlock")
    suite = load_suite(str(example_suite(kind)))
    for task in suite.tasks:
        verdict = grade(task, task.golden, box)
        assert verdict.passed, (task.id, verdict.reason, verdict.evidence)
        assert grade(task, "", box).status == "fail", task.id


@pytest.mark.slow
def test_react_goldens_pass_and_the_empty_answer_fails() -> None:
    if find_toolchain("web") is None:
        unavailable("web", "no web toolchain here: goldloop images build")
    box = required_sandbox("sandlock")
    for task in load_suite(str(example_suite("react"))).tasks:
        verdict = grade(task, task.golden, box)
        assert verdict.passed, (task.id, verdict.reason, verdict.evidence)
        assert grade(task, "", box).status == "fail", task.id


def test_an_unknown_kind_is_refused_with_what_was_meant(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"--kind pach: .* \(did you mean 'patch'\?\); expected one of function, stdin"):
        init_project(tmp_path / "mine", "pach")
    assert not (tmp_path / "mine").exists()
