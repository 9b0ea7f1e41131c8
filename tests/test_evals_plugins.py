"""One loader for every seam: names of a table, ``pkg.mod:Class`` from outside, and messages that say what to give."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from evals.errors import BadInput, GoldloopError, TaskFault
from evals.graders import grade, grader_for, problems_of
from evals.graders.codec import parse_comparator
from evals.graders.metrics import AnswerFiles, ToolFinding, measure, measure_for, metric_problems
from evals.graders.runners import runner
from evals.graders.runners.pytest import PytestRunner
from evals.importers import import_benchmark, split_importer
from evals.models import open_backend
from evals.plugins import load
from evals.records import Metric, ModelRef, Task, Verdict
from evals.sandboxes import make_sandbox
from evals.sandboxes.base import Sandbox
from evals.suites import SuiteHeader, load_suite
from evals.validation import validate

TABLE = {"path": "pathlib:Path", "thing": 7, "gone": "pathlib:Nothing"}


class LengthGrader:
    """A grader from outside: an answer passes when it is short."""

    def problems(self, task: Task) -> list[str]:
        return [] if task.entry else [f"{task.source or task.key}: no entry"]

    def grade(self, task: Task, code: str, sandbox: Sandbox) -> Verdict:
        return Verdict(status="pass" if len(code) < 5 else "fail", reason="length", sandbox=sandbox.tier)


@measure
def long_lines(answer: AnswerFiles, sandbox: Sandbox) -> Sequence[ToolFinding]:
    """A metric from outside."""
    lines = [(name, line) for name in answer.written for line in answer.project[name].splitlines()]
    return [ToolFinding(file=name, line=1, code="long", message="long") for name, line in lines if len(line) > 10]


class OtherRunner(PytestRunner):
    """A runner from outside: pytest for files of another name."""

    name = "other"

    def runs(self, file: str) -> bool:
        return file.endswith("_spec.py")


HERE = f"{__name__}:"


def task(**changes: object) -> Task:
    values = {"id": "t", "suite": "suite", "split": "train", "group": "t", "prompt": "p", "golden": "x", **changes}
    return Task.model_validate(values)


def test_a_name_is_a_row_of_the_table_or_comes_from_outside() -> None:
    assert load(TABLE, "path", "thing") is Path
    assert load(TABLE, "thing", "thing") == 7
    assert load(TABLE, "pathlib:PurePath", "thing").__name__ == "PurePath"


def test_an_unknown_name_lists_the_known_ones_and_the_form() -> None:
    with pytest.raises(BadInput) as caught:
        load(TABLE, "paht", "thing", more=["auto"])
    assert str(caught.value) == "thing 'paht' is none of auto, path, thing, gone, nor a 'pkg.mod:Class'; did you mean 'path'?"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_package.mod:Class", "no_such_package.* put the folder that holds it on PYTHONPATH"),
        ("pathlib:NoClass", "cannot be loaded: .*NoClass.*expected 'pkg.mod:Class'"),
        ("gone", "cannot be loaded: .*Nothing"),
        ("a/b:C", "is none of path"),
        ("pathlib:", "is none of path"),
    ],
)
def test_what_cannot_be_loaded_says_why(name: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        load(TABLE, name, "thing")


@pytest.mark.parametrize(
    "ask",
    [
        lambda name: open_backend(name, ModelRef(base="m")),
        make_sandbox,
        grader_for,
        runner,
        lambda name: import_benchmark(name, Path("x")),
        lambda name: measure_for(Metric(name=name), task()),
    ],
)
def test_every_seam_says_what_there_is_and_how_to_bring_another(ask: Callable[[str], object]) -> None:
    with pytest.raises(GoldloopError, match=r"'nothing' is none of \w+.*, nor a 'pkg\.mod:\w+'"):
        ask("nothing")
    with pytest.raises(GoldloopError, match=r"'no_such\.mod:Thing' cannot be loaded"):
        ask("no_such.mod:Thing")


def test_a_kind_is_a_grader_from_outside() -> None:
    sandbox = make_sandbox("local")
    assert grade(task(kind=f"{HERE}LengthGrader", entry="e"), "1234", sandbox).passed
    assert not grade(task(kind=f"{HERE}LengthGrader", entry="e"), "12345", sandbox).passed
    assert problems_of(task(kind=f"{HERE}LengthGrader")) == ["suite/t: no entry"]


def test_an_unknown_kind_is_a_finding_of_its_suite() -> None:
    problems: list[str] = []
    row = {"id": "t", "group": "t", "split": "train", "prompt": "p", "golden": "x", "kind": "functoin", "source": "a.jsonl:3"}
    validate([row], SuiteHeader(name="s"), problems)
    known = "function, sql, stdin, tests, patch"
    assert problems == [f"a.jsonl:3: kind 'functoin' is none of {known}, nor a 'pkg.mod:Class'; did you mean 'function'?"]


@pytest.mark.parametrize("name", ["os:abort", "pathlib:Path", "subprocess:Popen"])
def test_a_task_cannot_have_any_class_of_this_machine_called(name: str) -> None:
    with pytest.raises(TaskFault, match="expected a class with problems and grade"):
        grader_for(name)
    with pytest.raises(TaskFault, match="expected a class with runs and ids"):
        runner(name)
    with pytest.raises(TaskFault, match="is not marked as one"):
        measure_for(Metric(name=name), task())
    with pytest.raises(TaskFault, match="is not a comparator"):
        parse_comparator(name, "here")


def test_a_metric_comes_from_outside() -> None:
    wanted = task(metrics=[{"name": f"{HERE}long_lines", "required": True}])
    assert metric_problems(wanted) == []
    assert measure_for(wanted.metrics[0], wanted)(AnswerFiles(project={"a": "x" * 11}, written=("a",)), make_sandbox("local"))


def test_a_runner_comes_from_outside() -> None:
    tests = {"tests/sum_spec.py": "def test_one():\n    assert 1 + 1 == 2\n"}
    wanted = task(kind="tests", entry="a.py", tests=tests, runner=f"{HERE}OtherRunner")
    assert problems_of(wanted) == []
    assert any("expected test files of one runner" in one for one in problems_of(wanted.model_copy(update={"runner": ""})))


def test_a_runner_that_is_not_named_leaves_no_trace_in_a_tasks_digest() -> None:
    assert "runner" not in task().model_dump(mode="json")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("mbpp:../data/mbpp", ("mbpp", "../data/mbpp")),
        ("hub:a/b?split=c:d", ("hub", "a/b?split=c:d")),
        ("examples.toy:read:data/x.txt", ("examples.toy:read", "data/x.txt")),
        ("toy:read:/data/x:y.txt", ("toy:read", "/data/x:y.txt")),
        ("folder", None),
        ("mbpp:", None),
        ("examples.toy:read", None),
        ("a/b:read:x", None),
        ("./toy:read:x", None),
    ],
)
def test_an_importer_stands_before_its_path(name: str, parts: tuple[str, str] | None) -> None:
    assert split_importer(name) == parts


def test_a_suites_name_that_is_none_says_how_importers_are_named() -> None:
    with pytest.raises(BadInput, match=r"IMPORTER:PATH with one of defog, .*or 'pkg\.mod:function:PATH'"):
        load_suite("toy:read")
