"""The examples: a language and an importer from outside the package, each by ``pkg.mod:name``."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sandbox_requirements import unavailable

from evals.comments import without_comments
from evals.errors import BadInput, SandboxFault, TaskFault
from evals.extract import extract_code
from evals.graders import grade, problems_of
from evals.graders.runtimes import runtime_for
from evals.importers import import_benchmark
from evals.records import Task
from evals.sandboxes import open_sandbox
from evals.sandboxes.base import Sandbox
from evals.suites import load_suite
from examples import go_language
from examples.go_language import as_package
from goldens.mutants import mutants_of
from goldens.stubs import empty_answer, more_stubs

ROOT = Path(go_language.__file__).parent
NAME = "examples.go_language:GO"
NEEDS_GO = pytest.mark.usefixtures("go")
ADD = "package main\n\nfunc Add(a, b int) int {\n\treturn a + b\n}\n"


def go_task(**changes: Any) -> Task:
    row = {"id": "add", "suite": "go", "split": "train", "group": "add", "prompt": "p", "language": NAME, "golden": ADD}
    return Task.model_validate({**row, "checks": "assert Add(1, 2) == 3\nassert Add(-4, 4) == 0\n", **changes})


@pytest.fixture(scope="module")
def go() -> None:
    if shutil.which("go") is None:
        unavailable("go", "Go is not installed (no `go` on PATH)")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox()
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "completion",
    [
        f"Here:\n```go\n{ADD}```\nand a use:\n```go\nAdd(1, 2)\n```",
        f"```golang\n{ADD}```",
        f"```\n{ADD}```",
        f"The function:\n\n{ADD}",
    ],
)
def test_go_is_taken_out_of_an_answer(completion: str) -> None:
    extraction = extract_code(completion, NAME)
    assert extraction is not None
    assert extraction.code.strip() == ADD.strip()


def test_go_checks_are_taken_apart_and_their_expected_values_stay_outside() -> None:
    checks = '// sums\nassert Add(1, 2) == 3\n\nassert Words("a == b") == ["a", null]\n'
    first, second = runtime_for(NAME).parse(checks, "here")
    assert (first.source, first.expected, first.line) == ("Add(1, 2)", 3, 2)
    assert (second.source, second.expected, second.line) == ('Words("a == b")', ["a", None], 4)


@pytest.mark.parametrize(
    ("checks", "message"),
    [
        ("Add(1, 2) == 3", "here:1: expected `assert CALL == JSON`.*found 'Add"),
        ("// none\n", "here: no assertion"),
        ("assert Add(1, 2) == three", "here:1: expected JSON after ==, found 'three'"),
    ],
)
def test_what_is_no_go_check_is_refused_with_its_line(checks: str, message: str) -> None:
    with pytest.raises(TaskFault, match=message):
        runtime_for(NAME).parse(checks, "here")


def test_an_answer_becomes_a_file_of_the_checks_package() -> None:
    assert as_package("func F() {}") == "package main\n\nfunc F() {}"
    assert as_package("// c\npackage sums\n\nfunc main() {}") == "// c\npackage main\n\nfunc answerMain() {}"


def test_a_go_task_is_sound_and_its_golden_has_stubs_and_mutants() -> None:
    task = go_task()
    assert problems_of(task) == []
    assert empty_answer(task) == 'package main\n\nfunc Add(a, b int) int { panic("empty") }\n'
    assert more_stubs(task) == {}
    assert [mutant.after for mutant in mutants_of(task, 5).drawn] == ["return a - b"]
    assert without_comments("x // say\n/* more */y", NAME) == "x \ny"


def test_hidden_inputs_of_go_are_refused_with_their_place() -> None:
    (problem,) = problems_of(go_task(fuzz="def inputs(random):\n    yield (1, 2)\n"))
    assert "fuzz: language 'examples.go_language:GO' takes no hidden inputs" in problem


def test_a_go_job_holds_the_answer_and_no_expected_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(go_language, "_installed", lambda: ("/go/bin/go", "/go", ("/go",)))
    runtime, task = runtime_for(NAME), go_task(checks="assert Add(1, 2) == 31337")
    job = runtime.job(task, ADD, runtime.parse(task.checks, "here"))
    assert b"goldloopAll(Add(1, 2))" in job.files["main.go"]
    assert job.files["answer.go"].decode() == ADD
    assert not any(b"31337" in data for data in job.files.values())
    assert job.readable == ("/go",)


def test_without_go_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    go_language._installed.cache_clear()
    with pytest.raises(SandboxFault, match="Go is not installed: put `go` on PATH"):
        runtime_for(NAME).job(go_task(), ADD, ())


@pytest.mark.slow
@NEEDS_GO
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (ADD, "pass"),
        ('package sums\nimport "fmt"\nfunc Add(a, b int) int { fmt.Println("hello"); return b + a }\nfunc main() {}', "pass"),
        (ADD.replace("+", "-"), "wrong_value"),
        (ADD.replace("return a + b", "return a +"), "syntax_error"),
        ("package main\nfunc Sum(a, b int) int { return a + b }", "syntax_error"),
        ('package main\nfunc Add(a, b int) int { panic("no") }', "exception:panic"),
        ('package main\nimport "os"\nfunc Add(a, b int) int { os.Exit(0); return 3 }', "exited_early"),
        ('package main\nfunc Add(a, b int) string { return "3" }', "wrong_value"),
    ],
)
def test_go_runs_in_the_sandbox(sandbox: Sandbox, code: str, reason: str) -> None:
    verdict = grade(go_task(), code, sandbox)
    assert verdict.reason == reason, verdict.evidence


@NEEDS_GO
def test_every_kind_of_plain_value_crosses_the_wall(sandbox: Sandbox) -> None:
    golden = (
        "package main\nfunc Ints(n int) []int { return make([]int, n) }\nfunc Half(x int) float64 { return float64(x) / 2 }\n"
        'func Names() map[string]int { return map[string]int{"a": 1, "b": 2} }\nfunc Big() uint64 { return 1 << 63 }\n'
        'func Both() (string, error) { return "é", nil }\nfunc None() any { return nil }\n'
    )
    checks = (
        'assert Ints(2) == [0, 0]\nassert Ints(0) == []\nassert Half(5) == 2.5\nassert Names() == {"b": 2, "a": 1}\n'
        'assert Big() == 9223372036854775808\nassert Both() == ["é", null]\nassert None() == null\nassert Half(4) > 1 == true\n'
    )
    verdict = grade(go_task(golden=golden, checks=checks), golden, sandbox)
    assert verdict.passed, verdict.evidence


@pytest.mark.slow
@NEEDS_GO
def test_the_go_suites_goldens_are_proved(sandbox: Sandbox) -> None:
    suite = load_suite(str(ROOT / "data" / "go_suite"))
    assert len(suite.tasks) == 2
    for task in suite.tasks:
        assert grade(task, task.golden, sandbox).passed
        assert not grade(task, empty_answer(task), sandbox).passed
        for mutant in mutants_of(task, 3).drawn:
            assert grade(task, mutant.code, sandbox).status == "fail"


def test_the_go_suite_is_sound_without_go() -> None:
    assert {task.language for task in load_suite(str(ROOT / "data" / "go_suite")).tasks} == {NAME}


def test_the_toy_importer_is_read_by_its_name(sandbox: Sandbox) -> None:
    suite = load_suite("examples.toy_importer:read_toy:data/toy.txt", ROOT)
    assert [(task.key, task.split) for task in suite.tasks] == [
        ("toy/double", "train"),
        ("toy/shout", "train"),
        ("toy/last", "holdout"),
    ]
    assert all(grade(task, task.golden, sandbox).passed for task in suite.tasks)


def test_the_toy_importer_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "toy.txt"
    file.write_text("# head\na | train | p\n")
    with pytest.raises(BadInput, match=r"toy\.txt:2: expected `id \| split \| prompt \| golden \| checks`, found 3 parts"):
        import_benchmark("examples.toy_importer:read_toy", file)
    with pytest.raises(BadInput, match=r"none\.txt: cannot be read"):
        import_benchmark("examples.toy_importer:read_toy", tmp_path / "none.txt")
