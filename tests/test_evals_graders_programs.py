"""Programs: what they print is compared outside, case by case."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_requirements import required_sandbox, unavailable

from evals.errors import SandboxFault
from evals.graders import grade, problems_of
from evals.graders.outputs import comparison_of
from evals.graders.programs import ProgramGrader
from evals.records import Task, Verdict
from evals.sandboxes.base import Job, Outcome, Sandbox

DOUBLE = "n = int(input())\nprint(n * 2)\n"
DOUBLE_JS = 'const n = Number(require("fs").readFileSync(0, "utf8"));\nconsole.log(n * 2);\n'
JAVASCRIPT: dict[str, Any] = {"language": "javascript", "golden": DOUBLE_JS, "limits": {"wall_seconds": 20.0}}
CASES = ({"stdin": "1\n", "stdout": "2\n"}, {"stdin": "21\n", "stdout": "42\n"})


def task(**changes: Any) -> Task:
    row = {"id": "t", "suite": "s", "split": "train", "group": "g", "prompt": "p", "kind": "stdin", "golden": DOUBLE}
    return Task.model_validate({**row, "cases": CASES, "source": "suite/t", **changes})


def judged(code: str, sandbox: Sandbox, **changes: Any) -> Verdict:
    return grade(task(**changes), code, sandbox)


def test_a_right_program_passes_every_case(sandbox: Sandbox) -> None:
    verdict = judged(DOUBLE, sandbox)
    assert (verdict.status, verdict.evidence["checks"]) == ("pass", 2)


def test_the_first_wrong_case_is_shown_with_what_went_in_and_came_out(sandbox: Sandbox) -> None:
    verdict = judged("print(2)", sandbox)
    assert (verdict.status, verdict.reason) == ("fail", "wrong_output")
    evidence = dict(verdict.evidence)
    assert evidence == {"check": "case 2 of 2", "stdin": "21\n", "expected": "42", "got": "2", "line": 1}


def test_white_space_at_the_ends_does_not_count(sandbox: Sandbox) -> None:
    assert judged('print("2  \\n\\n") if input() == "1" else print(42, end="")', sandbox).passed


def test_white_space_within_a_line_counts(sandbox: Sandbox) -> None:
    cases = [{"stdin": "", "stdout": "1 2"}]
    assert judged('print("1  2")', sandbox, cases=cases).reason == "wrong_output"
    assert judged('print("1  2")', sandbox, cases=cases, compare="tokens").passed


def test_approx_takes_near_numbers_and_nothing_else(sandbox: Sandbox) -> None:
    changes: dict[str, Any] = {"cases": [{"stdin": "", "stdout": "x 0.333333333"}], "compare": "approx(rtol=1e-6)"}
    assert judged('print("x", 1 / 3)', sandbox, **changes).passed
    assert judged('print("x", 0.3334)', sandbox, **changes).reason == "wrong_output"
    assert judged('print("y", 1 / 3)', sandbox, **changes).reason == "wrong_output"


@pytest.mark.parametrize(
    ("compare", "got", "expected"),
    [
        ("exact", "3  \r\n7\n\n", "3\n7"),
        ("tokens", "3\t7\n", "3\n7"),
        ("approx(rtol=1e-6)", "2.9999999", "3"),
        ("approx(rtol=1e-6)", "5", "5.000001"),
        ("approx(rtol=1e-6)", "1e3 NaN -inf", "1000.0 nan -Infinity"),
        ("approx(atol=2)", "101", "100"),
        ("decimals", "  1.50 2\n x \n", "1.5 2.0\nx"),
        ("decimals", "1e2", "100"),
        ("decimals(atol=0.01)", "1.501", "1.5"),
    ],
)
def test_outputs_that_may_stand_for_the_expected_one(compare: str, got: str, expected: str) -> None:
    assert comparison_of(task(compare=compare)).matches(got, expected)


@pytest.mark.parametrize(
    ("compare", "got", "expected"),
    [
        *((compare, "3\f7", "3\n7") for compare in ("exact", "decimals")),
        *(("exact", f"3{mark}7", "3\n7") for mark in "\v\x1c\x85\u2028\r"),
        ("tokens", "3\u30007", "3\n7"),
        *(
            (compare, text, "10")
            for compare in ("approx(rtol=1e-6)", "decimals", "decimals(rtol=1e-6)")
            for text in ("1_0", "\uff11\uff10", "\u0661\u0660", "0xa", "1 0", "")
        ),
        *(("approx(rtol=1e-6)", text, "1000000000005") for text in ("1000000000006", "1000000000006.0", "1.000000000006e12")),
        ("approx(rtol=1e-6)", "100000000000000000001", "100000000000000000002"),
        ("approx(rtol=1e-6)", "nan", "1"),
        ("approx(rtol=1e-6)", "inf", "-inf"),
        ("approx(rtol=1e-6)", "1e999999999", "1e999999998"),
        ("decimals", "1 2", "1\n2"),
        ("decimals", "a 1.0", "a 1"),
    ],
)
def test_outputs_that_may_not(compare: str, got: str, expected: str) -> None:
    assert not comparison_of(task(compare=compare)).matches(got, expected)


def test_an_exception_is_named_with_the_end_of_its_traceback(sandbox: Sandbox) -> None:
    verdict = judged("input()\n1 / 0\n", sandbox)
    assert verdict.reason == "exception:ZeroDivisionError"
    assert verdict.evidence["check"] == "case 1 of 2"
    assert verdict.evidence["message"].endswith("ZeroDivisionError: division by zero")


def test_a_syntax_error_is_named(sandbox: Sandbox) -> None:
    assert judged("def f(:\n", sandbox).reason == "syntax_error"


def test_a_right_output_with_a_bad_exit_code_fails(sandbox: Sandbox) -> None:
    assert judged(DOUBLE + "raise SystemExit(3)\n", sandbox).reason == "exited_early"


def test_exit_is_there_as_in_a_script(sandbox: Sandbox) -> None:
    assert judged(DOUBLE + "exit()\n", sandbox).passed


def test_a_program_that_waits_for_ever_is_late_at_its_case(sandbox: Sandbox) -> None:
    endless = "n = int(input())\nwhile n > 1: pass\nprint(2)\n"
    verdict = judged(endless, sandbox, limits={"wall_seconds": 2.0})
    assert (verdict.reason, verdict.evidence["check"]) == ("time", "case 2 of 2")


def test_a_flood_of_output_is_ended(sandbox: Sandbox) -> None:
    verdict = judged('while True: print("x" * 1000)', sandbox, limits={"max_output_bytes": 10_000})
    assert verdict.reason == "output_flood"


def test_a_process_left_behind_does_not_hold_the_next_case(sandbox: Sandbox) -> None:
    fork = "import os, time\nn = int(input())\nif os.fork() == 0:\n    time.sleep(60)\nelse:\n    print(n * 2)\n"
    assert ProgramGrader().grade(task(), fork, sandbox).passed


def test_every_case_starts_in_an_empty_folder(sandbox: Sandbox) -> None:
    keep = "import os\nn = int(input())\nprint(len(os.listdir()) + n * 2)\nopen('kept', 'w').close()\n"
    assert judged(keep, sandbox).passed


def test_starter_files_are_there_for_every_case(sandbox: Sandbox) -> None:
    read = "print(int(open('data/factor.txt').read()) * int(input()))"
    assert judged(read, sandbox, starter={"data/factor.txt": "2"}).passed


def test_no_expected_output_is_anywhere_inside(sandbox: Sandbox) -> None:
    look = """
import os, pathlib
found = []
for process in ["self", str(os.getppid())]:
    for name in ("environ", "cmdline"):
        try:
            found.append(pathlib.Path("/proc", process, name).read_bytes())
        except OSError:
            pass
for folder, _, names in os.walk(".."):
    for name in names:
        try:
            found.append(pathlib.Path(folder, name).read_bytes())
        except OSError:
            pass
marked = b"needle" + b"-in-hay"
print("found" if any(marked in data for data in found) else "nothing")
"""
    cases = [{"stdin": "", "stdout": "nothing"}, {"stdin": "", "stdout": "needle-in-hay"}]
    verdict = judged(look, sandbox, cases=cases)
    assert (verdict.reason, verdict.evidence["check"], verdict.evidence["got"]) == ("wrong_output", "case 2 of 2", "nothing")


def test_a_forged_record_without_the_expected_output_does_not_pass(sandbox: Sandbox) -> None:
    forge = """
import json, os
for descriptor in range(3, 20):
    try:
        os.write(descriptor, (json.dumps({"case": 0, "code": 0, "out": "?", "err": "", "flood": False}) + "\\n").encode())
    except OSError:
        pass
try:
    with open(f"/proc/{os.getppid()}/fd/1", "w") as handle:
        handle.write(json.dumps({"case": 1, "code": 0, "out": "?", "err": "", "flood": False}) + "\\n")
except OSError:
    pass
"""
    assert judged(forge, sandbox).status == "fail"


@pytest.mark.parametrize("reader", [DOUBLE_JS, 'import fs from "node:fs";\nconsole.log(2 * Number(fs.readFileSync(0)));\n'])
def test_javascript_programs_run_in_either_style_of_modules(reader: str) -> None:
    verdict = judged(reader, node_sandbox(), **JAVASCRIPT)
    assert verdict.passed, verdict


def test_a_javascript_error_is_named() -> None:
    verdict = judged("null.x", node_sandbox(), **JAVASCRIPT)
    assert verdict.reason == "exception:TypeError"


def test_a_wrong_javascript_program_fails() -> None:
    verdict = judged("console.log(2)", node_sandbox(), **JAVASCRIPT)
    assert (verdict.reason, verdict.evidence["got"]) == ("wrong_output", "2")


def node_sandbox() -> Sandbox:
    found = required_sandbox("sandlock")
    try:
        found.run(Job(files={}, command=("{node}", "--version"), limits=task().limits, toolchain="node"))
    except SandboxFault as fault:
        unavailable("node", f"no Node.js in the sandbox: {fault}")
    return found


class _Broken:
    name, tier = "broken", "broken"

    def run(self, job: Job) -> Outcome:
        raise SandboxFault("gone")

    def close(self) -> None:
        pass


def test_a_broken_sandbox_is_an_error_and_no_failure() -> None:
    verdict = judged(DOUBLE, _Broken())
    assert (verdict.status, verdict.evidence["message"]) == ("error", "gone")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cases": ()}, "has no cases"),
        ({"cases": [{"stdin": "1", "stdout": "\n"}]}, "expects no output"),
        ({"language": "cobol"}, "'cobol'"),
        ({"compare": "unordered"}, "'unordered'"),
        ({"compare": "decimals(digits=3)"}, "digits"),
        ({"compare": "decimals[1]"}, "decimals[1]"),
    ],
)
def test_a_task_that_cannot_be_graded_is_named_with_its_place(changes: dict[str, Any], said: str) -> None:
    (problem,) = problems_of(task(**changes))
    assert problem.startswith("suite/t: ")
    assert said in problem


def test_a_sound_task_has_no_problems() -> None:
    assert problems_of(task()) == []
    assert comparison_of(task()).unit == "lines"
