import json
import re
import subprocess
import sys
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import Any

import pytest
from project_tasks import CART, CART_TEST, COUNTER, COUNTER_TEST, IDS, cart_task, counter_task
from sandbox_requirements import required_for

from evals.errors import SandboxFault, TaskFault
from evals.graders.projects import ProjectGrader, expected_ids
from evals.graders.runners import Disarming, discover_ids, runner
from evals.graders.runners.pytest import _packages
from evals.records import Limits, Task, Verdict
from evals.sandboxes.base import Job, Outcome

pytestmark = pytest.mark.slow

COUNTER_IDS = tuple(f"tests/counter.test.tsx > Counter > {name}" for name in IDS)


def graded(task: Task, code: str) -> Verdict:
    return ProjectGrader().grade(task, code, required_for(task, "sandlock"))


class Broken:
    """A sandbox that cannot run anything, or whose jobs say nothing."""

    name = tier = "broken"

    def __init__(self, outcome: Outcome | None = None) -> None:
        self.outcome, self.jobs = outcome, 0

    def run(self, job: Job) -> Outcome:
        self.jobs += 1
        if self.outcome is None:
            raise SandboxFault("the web toolchain is not here: goldloop images build")
        return self.outcome

    def close(self) -> None:
        pass


SILENT = Outcome(
    exit_code=1, stdout=b"", stderr=b"no such file", timed_out=False, killed=False, truncated=False, wall_seconds=0.1
)


def test_the_ids_of_vitest_files_are_read_without_running_them() -> None:
    assert discover_ids({"tests/counter.test.tsx": COUNTER_TEST}) == COUNTER_IDS


def test_the_ids_of_pytest_files_are_read_without_running_them() -> None:
    names = (
        "test_empty_is_zero",
        "test_teas[1-3]",
        "test_teas[2-6]",
        "test_unknown",
        "TestItems::test_items",
        "CartCase::test_both",
    )
    assert discover_ids({"tests/test_cart.py": CART_TEST}) == tuple(f"tests/test_cart.py::{name}" for name in names)


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("tests/a.test.js", "\nfor (const n of [1]) test(`adds ${n}`, () => {});", "tests/a.test.js:2"),
        ("tests/a.test.js", "test.each([1])('adds %s', () => {});", "tests/a.test.js:1"),
        ("tests/a.test.js", "test('a', () => {", "tests/a.test.js:1"),
        ("tests/test_a.py", "import pytest\n@pytest.mark.parametrize('n', range(3))\ndef test_a(n): pass", "tests/test_a.py:3"),
        ("tests/test_a.py", "def test_a(:", "tests/test_a.py:1"),
        ("tests/a.rb", "", "tests/a.rb"),
    ],
)
def test_ids_that_cannot_be_read_are_named_with_their_place(file: str, text: str, place: str) -> None:
    with pytest.raises(TaskFault, match=place.replace(".", r"\.")):
        discover_ids({file: text})


def test_the_ids_that_a_task_names_are_the_expected_ones() -> None:
    task = counter_task(fail_to_pass=("tests/counter.test.tsx > Counter > a",), pass_to_pass=("tests/counter.test.tsx > b",))
    assert expected_ids(task) == ("tests/counter.test.tsx > Counter > a", "tests/counter.test.tsx > b")


def test_sound_tasks_have_no_problems() -> None:
    assert ProjectGrader().problems(counter_task()) == []
    assert ProjectGrader().problems(cart_task()) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"entry": ""}, "needs entry"),
        ({"tests": {}}, "no test files"),
        ({"kind": "patch"}, "takes no entry"),
        ({"kind": "patch", "entry": "", "starter": {}}, "needs starter/"),
        ({"entry": "../Counter.tsx"}, "leaves the project"),
        ({"entry": "package.json"}, "is protected by the pattern 'package.json'"),
        ({"entry": "src/a.ts", "protected": ("src/*",)}, "is protected by the pattern 'src/*'"),
        ({"starter": {"node_modules/react/index.js": ""}}, "node_modules, which the toolchain provides"),
        ({"starter": {".goldloop/main.mjs": ""}}, "is in .goldloop/"),
        ({"fail_to_pass": ("tests/other.test.tsx > a",)}, "names no test file; there are: tests/counter.test.tsx"),
        ({"tests": {"tests/a.test.js": "test.skip('a', () => {});"}}, "tests/a.test.js:1: the test is marked 'skip'"),
        ({"tests": {"tests/a.test.js": "test('a', check);"}}, "tests/a.test.js:1: the test's callback must be written inline"),
        ({"tests": {"tests/a.test.js": "test('a', () => {}); test('a', () => {});"}}, "is given twice"),
        ({"tests": {"tests/a.test.js": "", "tests/test_a.py": ""}}, "files of pytest and vitest"),
        ({"tests": {"tests/test_a.py": "import pytest\n@pytest.mark.xfail\ndef test_a(): pass"}}, "marked 'xfail'"),
    ],
)
def test_what_is_wrong_with_a_task_is_named(changes: dict[str, Any], problem: str) -> None:
    found = ProjectGrader().problems(counter_task(**changes))
    assert any(problem in text for text in found), found


def test_every_flipped_vitest_test_differs_in_its_deciding_value() -> None:
    flipped = runner("vitest").prepare({}, {"tests/counter.test.tsx": COUNTER_TEST}, Limits(), flipped=True)
    text = json.loads(flipped.job.files[".goldloop/job.json"])["sources"].popitem()[1]
    assert re.search(r'getByText\("clicked \d\d+"\)\)\.toBeInTheDocument\(\)', text)
    assert "queryByText('clicked 0')).toBeInTheDocument()" in text


def test_what_a_pytest_file_compares_with_is_not_in_the_job() -> None:
    text = """import pytest
WANTED = {"total": 90210}
@pytest.mark.parametrize("n, want", [(1, 31337), (2, 31338)])
def test_a(n, want):
    expected = [41999]
    assert f(n) == want, f"not {want}"
    assert f(n) != 55555 and g(n) == expected
    assert h(n) == WANTED
    assert k(n) == pytest.approx(77.125)
    for x, y in [(3, 66001), (4, 66002)]:
        assert f(x) == y
    with pytest.raises(ZeroDivisionError, match="hushhush"):
        f(n)
"""
    for flipped in (False, True):
        job = runner("pytest").prepare({}, {"tests/test_a.py": text}, Limits(), flipped=flipped).job
        sent = b"".join(data for name, data in job.files.items() if "packages" not in name).decode()
        found = [
            word
            for word in ("90210", "3133", "41999", "55555", "77.125", "6600", "ZeroDivisionError", "hushhush")
            if word in sent
        ]
        assert found == []


REACHING = {
    "import { randomUUID } from 'crypto';": "ordinary_reach",
    "import fs, { readFileSync as read } from 'fs';": "ordinary_reach",
    "import { env } from 'process';": "forbidden_reach",
    "import * as zlib from 'zlib';": "ordinary_reach",
    "const p = process;": "forbidden_reach",
    "const e = () => eval('1');": "forbidden_reach",
}


@pytest.mark.parametrize("code", REACHING)
def test_a_component_that_reaches_for_the_machine_is_flagged_and_can_be_written_without_it(code: str) -> None:
    text = f"{code}\n{COUNTER}"
    flags = runner("vitest").flags({"src/Counter.tsx": text})
    assert list(flags) == [REACHING[code]]
    assert flags[REACHING[code]].startswith("src/Counter.tsx:1: ")
    chosen = runner("vitest")
    assert isinstance(chosen, Disarming)
    without = chosen.disarm({"src/Counter.tsx": text})
    assert without is not None
    assert chosen.flags(without) == {}
    assert without["src/Counter.tsx"].endswith(COUNTER)


def test_a_component_may_ask_whether_there_is_a_process_and_use_the_page_s_crypto() -> None:
    code = "export const id = typeof process === 'undefined' ? crypto.randomUUID() : process.env.NODE_ENV;\n"
    assert runner("vitest").flags({"src/Counter.tsx": code + COUNTER}) == {}


def test_the_two_runs_have_files_of_the_same_names() -> None:
    runs = [runner("pytest").prepare({}, {"tests/test_cart.py": CART_TEST}, Limits(), flipped=flag).job for flag in (False, True)]
    shapes = [sorted(name.split("_")[0] for name in run.files) for run in runs]
    assert shapes[0] == shapes[1]
    assert runs[0].command == runs[1].command


def test_a_test_file_may_use_any_names_and_leave_imports_out() -> None:
    text = "const [shown, made, called] = [1, 2, 3];\n" + COUNTER_TEST.replace(
        "import '@testing-library/jest-dom';\n", ""
    ).replace("import { describe, expect, test, vi } from 'vitest';\n", "")
    found = graded(counter_task(tests={"tests/counter.test.tsx": text}), COUNTER)
    assert found.passed, (found.reason, found.evidence)


def test_a_wrong_component_fails_with_the_tests_that_say_so() -> None:
    found = graded(counter_task(), COUNTER.replace("n + 1)", "n + 2)"))
    assert (found.status, found.reason) == ("fail", "tests_failed")
    assert [entry["test"] for entry in found.evidence["failed"]] == list(COUNTER_IDS[1:])
    assert "Unable to find an element with the text: clicked 1" in found.evidence["failed"][0]["message"]


def test_a_component_that_is_no_code_is_a_syntax_error() -> None:
    assert graded(counter_task(), "Here is the component (").reason == "syntax_error"


def test_a_wrong_class_fails_with_the_tests_that_say_so() -> None:
    found = graded(cart_task(), CART.replace("sum(", "1 + sum("))
    failed = [entry["test"] for entry in found.evidence["failed"]]
    assert failed == [
        f"tests/test_cart.py::{n}" for n in ("test_empty_is_zero", "test_teas[1-3]", "test_teas[2-6]", "CartCase::test_both")
    ]


def test_an_answer_without_end_fails_for_time() -> None:
    found = graded(cart_task(limits=Limits(wall_seconds=3.0, processes=32)), "while True: pass")
    assert (found.status, found.reason) == ("fail", "time")


def test_a_diff_is_applied_before_the_tests() -> None:
    task = cart_task(
        kind="patch", entry="", starter={"prices.py": "PRICES = {'tea': 3, 'cup': 5}\n", "cart.py": CART.replace("sum", "len")}
    )
    diff = (
        "--- a/cart.py\n+++ b/cart.py\n@@ -12,2 +12,2 @@\n     def total(self):\n"
        "-        return len(PRICES[item] for item in self.items)\n+        return sum(PRICES[item] for item in self.items)\n"
    )
    assert graded(task, diff).passed


def test_a_diff_that_finds_no_place_fails_with_its_hunk() -> None:
    found = ProjectGrader().grade(
        cart_task(kind="patch", entry="", starter={"cart.py": CART}),
        "--- a/cart.py\n+++ b/cart.py\n@@ -1 +1 @@\n-x\n+y\n",
        Broken(),
    )
    assert (found.status, found.reason) == ("fail", "patch_does_not_apply")
    assert found.evidence["place"] == "cart.py @@ -1 +1 @@"


@pytest.mark.parametrize(
    "name", ["conftest.py", "tests/test_cart.py", "pkg/conftest.py", "pyproject.toml", "sitecustomize.py", "secret/a.py"]
)
def test_a_diff_that_writes_a_protected_path_is_flagged_and_not_run(name: str) -> None:
    sandbox = Broken()
    task = cart_task(kind="patch", entry="", starter={"cart.py": CART}, protected=("secret/*",))
    found = ProjectGrader().grade(task, f"--- /dev/null\n+++ b/{name}\n@@ -0,0 +1 @@\n+x = 1\n", sandbox)
    assert (found.status, found.flags, sandbox.jobs) == ("fail", ("protected_path",), 0)
    assert name in found.evidence["flags"]["protected_path"]


def test_what_the_starter_imports_already_is_no_flag() -> None:
    before = "import unittest.mock\n" + CART
    task = cart_task(kind="patch", entry="", starter={"cart.py": before})
    found = ProjectGrader().grade(
        task, "--- a/cart.py\n+++ b/cart.py\n@@ -1,1 +1,2 @@\n import unittest.mock\n+X = 1\n", Broken()
    )
    assert found.flags == ()


def test_a_missing_toolchain_is_an_error_with_the_fix() -> None:
    found = ProjectGrader().grade(counter_task(), COUNTER, Broken())
    assert found.status == "error"
    assert "goldloop images build" in found.evidence["message"]


def test_a_runner_that_does_not_start_is_an_error_and_no_fail() -> None:
    found = ProjectGrader().grade(counter_task(), COUNTER, Broken(SILENT))
    assert found.status == "error"
    assert "the test runner did not start: no such file" in found.evidence["message"]


def test_pytest_travels_compiled_and_other_interpreters_compile_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the compiled file is of another version, the source beside it is taken."""
    said = []
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import iniconfig; print(iniconfig.IniConfig.__init__.__code__.co_filename)"
    )
    for name, magic in (("same", MAGIC_NUMBER), ("other", b"\0\0\r\n")):
        monkeypatch.setattr("evals.graders.runners.pytest.MAGIC_NUMBER", magic)
        archive = tmp_path / f"{name}.zip"
        archive.write_bytes(_packages.__wrapped__())
        command = [sys.executable, "-I", "-S", "-B", "-c", program, str(archive)]
        said.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    assert said == ["<iniconfig/__init__.py>", str(tmp_path / "other.zip" / "iniconfig" / "__init__.py")]
