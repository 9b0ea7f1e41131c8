"""HumanEvalPack and MBXP as suites: made-up rows everywhere, the real files of HumanEvalPack where they are."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from javascript_tasks import required_node
from sandbox_requirements import required_sandbox

from evals.errors import BadInput
from evals.graders import grade
from evals.importers import import_benchmark
from evals.javascript.checks import parse_javascript
from evals.javascript.wanted import Reference
from evals.records import Limits, Task, Verdict
from evals.sandboxes.base import Sandbox
from evals.suites import Suite, export_suite, load_suite

DATA = Path(os.environ.get("GOLDLOOP_DATA", Path(__file__).parents[2] / "shared" / "data"))

JAVASCRIPT_ROW: dict[str, Any] = {
    "task_id": "JavaScript/7",
    "prompt": "/* Half. */\nconst half = (x) => {\n  return x / 2;\n}\n\n/* Half of x, rounded down. */\nconst f = (x) => {\n",
    "canonical_solution": "  return Math.floor(half(x));\n}\n\n",
    "buggy_solution": "  return Math.ceil(half(x));\n}\n\n",
    "bug_type": "function misuse",
    "entry_point": "f",
    "test": "const testF = () => {\n  console.assert(f(5) === 2)\n  console.assert(f(half(8)) === 2)\n}\n\ntestF()\n",
}
PYTHON_ROW: dict[str, Any] = {
    "task_id": "Python/7",
    "prompt": 'def f(x: int) -> int:\n    """ Half of x, rounded down. """\n',
    "canonical_solution": "    return x // 2\n",
    "buggy_solution": "    return x / 2\n",
    "bug_type": "operator misuse",
    "entry_point": "f",
    "test": "\n\ndef check(f):\n    assert f(5) == 2\n    assert f(8) == 4\n\ncheck(f)",
}
# As amazon-science/mxeval publishes them, with functions of our own.
MBXP_JAVASCRIPT_ROW: dict[str, Any] = {
    "task_id": "MBJSP/612",
    "language": "javascript",
    "prompt": "/**\n * * Write a function to pair the items.\n *\n * > pairs([1])\n * [[1]]\n */\nfunction pairs(lst) {\n",
    "description": "Write a function to pair the items.",
    "test": (
        '\nconst _ = require("lodash")\n\nfunction compare(object1, object2){\n    return _.isEqual(object1, object2)\n}\n\n'
        "var arg00 = [1, 2];\nvar x0 = pairs(arg00);\nvar v0 = [[1], [2]];\nif(!compare(x0, v0)){\n"
        "    throw 'Error at 1th assert statement. Value = ' + JSON.stringify(x)  \n}\n\n"
        "var arg10 = [];\nvar x1 = pairs(arg10);\nvar v1 = [];\nif(!compare(x1, v1)){\n"
        "    throw 'Error at 2th assert statement. Value = ' + JSON.stringify(x)  \n}\n\n"
    ),
    "entry_point": "pairs",
    "canonical_solution": "  return lst.map((x) => [x]);\n}\n",
}
MBXP_TYPESCRIPT_ROW: dict[str, Any] = {
    "task_id": "MBTSP/612",
    "language": "typescript",
    "prompt": (
        "import * as math from 'mathjs'\n\n/**\n * Write a function to pair the items.\n */\n"
        "const pairs = function (lst: Array<number>) : Array<Array<number>>  {\n"
    ),
    "description": "Write a function to pair the items.",
    "test": (
        "\nimport * as assert from 'assert'\n\nlet actual_1 = pairs([1, 2]);\nlet expected_1 = [[1], [2]];\n"
        'assert.deepEqual(actual_1, expected_1, "Exception --- test case 0 failed to pass");\n\n'
    ),
    "entry_point": "pairs",
    "canonical_solution": None,
}
ROWS = {
    "humanevalpack-js": JAVASCRIPT_ROW,
    "humanevalpack-js-fix": JAVASCRIPT_ROW,
    "humanevalpack-python-fix": PYTHON_ROW,
    "mbxp": MBXP_JAVASCRIPT_ROW,
}


def suite(folder: Path, name: str, row: dict[str, Any] | None = None, **changes: Any) -> Suite:
    file = folder / "rows.jsonl"
    file.write_text(json.dumps({**(row or ROWS[name]), **changes}) + "\n")
    return import_benchmark(name, file)


def task(folder: Path, name: str, row: dict[str, Any] | None = None, **changes: Any) -> Task:
    return suite(folder, name, row, **changes).tasks[0]


def refusal(folder: Path, name: str, **changes: Any) -> str:
    with pytest.raises(BadInput) as caught:
        suite(folder, name, **changes)
    return str(caught.value)


def test_a_prompt_to_complete_shows_the_stub_alone(tmp_path: Path) -> None:
    found = task(tmp_path, "humanevalpack-js")
    assert found.prompt.startswith("Complete this JavaScript code.")
    assert found.prompt.endswith("const f = (x) => {\n```")


@pytest.mark.parametrize("name", ["humanevalpack-js-fix", "humanevalpack-python-fix"])
def test_a_prompt_to_repair_shows_the_bug_and_not_the_answer(tmp_path: Path, name: str) -> None:
    found = task(tmp_path, name)
    assert ROWS[name]["buggy_solution"].strip() in found.prompt
    assert ROWS[name]["canonical_solution"].strip() not in found.prompt
    assert found.slice == ROWS[name]["bug_type"].replace(" ", "-")


@pytest.mark.parametrize("name", [name for name in ROWS if name != "mbxp"])
def test_humanevalpack_is_holdout_and_never_trained_on(tmp_path: Path, name: str) -> None:
    found = task(tmp_path, name)
    assert (found.split, found.train_ok, found.licence) == ("holdout", False, "MIT")


def test_helper_functions_of_a_prompt_are_set_up(tmp_path: Path) -> None:
    checks = task(tmp_path, "humanevalpack-js").checks
    assert checks.startswith("const half = (x) => {")
    assert "const f =" not in checks


def test_a_python_test_becomes_checks_at_the_top_level(tmp_path: Path) -> None:
    assert task(tmp_path, "humanevalpack-python-fix").checks == "assert f(5) == 2\nassert f(8) == 4\n"


def test_a_test_that_throws_becomes_assertions(tmp_path: Path) -> None:
    checks = task(tmp_path, "mbxp").checks
    assert "console.assert(_.isEqual(x0, v0));" in checks
    assert "compare" not in checks
    assert [step.kind for step in parse_javascript(checks)] == ["run", "run", "value"] * 2


@pytest.mark.parametrize(("number", "split"), [("1", "dev"), ("11", "holdout"), ("511", "dev"), ("601", "train")])
def test_mbxp_has_the_splits_of_mbpp(tmp_path: Path, number: str, split: str) -> None:
    found = task(tmp_path, "mbxp", task_id=f"MBJSP/{number}")
    assert (found.split, found.group, found.licence) == (split, number, "Apache-2.0")


def test_mbxp_without_a_solution_is_holdout(tmp_path: Path) -> None:
    found = task(tmp_path, "mbxp", canonical_solution=None)
    assert (found.split, found.golden) == ("holdout", "")


def test_mbxp_is_one_language_a_file(tmp_path: Path) -> None:
    assert suite(tmp_path, "mbxp", MBXP_TYPESCRIPT_ROW).tasks[0].language == "typescript"
    assert "language: expected javascript or typescript, found 'ruby'" in refusal(tmp_path, "mbxp", language="ruby")


@pytest.mark.parametrize("name", ROWS)
def test_an_imported_suite_keeps_its_digest_when_exported(tmp_path: Path, name: str) -> None:
    found = suite(tmp_path, name)
    export_suite(found, tmp_path / "out", "jsonl")
    assert load_suite(str(tmp_path / "out")).digest == found.digest


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("humanevalpack-js", {"test": 1}, "rows.jsonl:1: test: expected str, found int 1"),
        ("humanevalpack-js", {"task_id": "Python/7"}, "rows.jsonl:1: task_id: expected JavaScript/..., found 'Python/7'"),
        ("humanevalpack-js", {"test": "const x = ("}, "rows.jsonl:1:4: the checks are not javascript"),
        ("humanevalpack-js", {"test": "f(1)"}, "rows.jsonl:1: nothing is checked"),
        ("humanevalpack-python-fix", {"test": "x = 1"}, "rows.jsonl:1: test: expected a function check(candidate), found none"),
        ("mbxp", {"task_id": "MBJSP/975"}, "rows.jsonl:1: task_id: expected NAME/1 to NAME/974, found 'MBJSP/975'"),
        ("mbxp", {"test": "if (x) { throw 1 }"}, "rows.jsonl:1: test: expected `if (!compare(..)) throw ..`, found `if (x)"),
        ("mbxp", {"canonical_solution": 3}, "rows.jsonl:1: canonical_solution: expected str or null, found 3"),
    ],
)
def test_broken_rows_are_refused_with_their_line(tmp_path: Path, name: str, changes: dict[str, Any], message: str) -> None:
    assert message in refusal(tmp_path, name, **changes)


@pytest.mark.parametrize("name", ROWS)
def test_the_solution_passes_and_the_bug_fails(tmp_path: Path, name: str) -> None:
    found = task(tmp_path, name)
    sandbox = required_sandbox("sandlock") if found.language == "python" else required_node()
    row = ROWS[name]
    assert grade(found, found.golden, sandbox).passed
    wrong = row["prompt"] + (row.get("buggy_solution") or "  return lst;\n}\n")
    assert grade(found, wrong, sandbox).status == "fail"


def test_a_typescript_answer_passes_its_mbxp_checks(tmp_path: Path) -> None:
    found = task(tmp_path, "mbxp", MBXP_TYPESCRIPT_ROW)
    sandbox = required_node(toolchain="web")
    answer = MBXP_TYPESCRIPT_ROW["prompt"] + "  return lst.map((x: number): Array<number> => [x]);\n}\n"
    assert grade(found, answer, sandbox).passed
    assert grade(found, answer.replace("[x])", "[x, x])"), sandbox).reason == "wrong_value"


def real(name: str) -> Suite:
    path = DATA / "humanevalpack"
    if os.environ.get("CI"):
        pytest.skip("CI is set: the benchmarks' files are no part of the project")
    if not path.exists():
        pytest.skip(f"no {path}; set GOLDLOOP_DATA to the folder with the benchmarks' files")
    return import_benchmark(name, path)


@pytest.mark.parametrize("name", ["humanevalpack-js", "humanevalpack-js-fix", "humanevalpack-python-fix"])
def test_all_of_humanevalpack_is_read(name: str) -> None:
    assert len(real(name).tasks) == 164


def test_humanevalpack_has_six_steps_that_need_the_golden_and_none_decided_inside() -> None:
    kinds: Counter[str] = Counter()
    for found in real("humanevalpack-js").tasks:
        for step in parse_javascript(found.checks, found.id):
            kinds["reference" if isinstance(step.expected, Reference) else step.kind] += 1
    assert (kinds["value"], kinds["reference"], kinds["inside"]) == (1135, 6, 0)


def verdicts(tasks: Sequence[Task], answers: dict[str, str], sandbox: Sandbox) -> dict[str, Verdict]:
    def one(each: Task) -> tuple[str, Verdict]:
        return each.id, grade(each, answers[each.id], sandbox)

    with ThreadPoolExecutor(2) as threads:
        return dict(threads.map(one, tasks))


def bugs() -> dict[str, str]:
    lines = (DATA / "humanevalpack" / "humanevalpack-js.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return {row["task_id"].rpartition("/")[2]: row["prompt"] + row["buggy_solution"] for row in rows}


BRIEF = Limits(wall_seconds=3.0)  # some of the bugs never end
SANDBOXES = ["sandlock", pytest.param("docker", marks=pytest.mark.docker)]


@pytest.mark.slow
@pytest.mark.parametrize("name", SANDBOXES)
def test_every_canonical_solution_of_humanevalpack_passes(name: str) -> None:
    found = real("humanevalpack-js")
    seen = verdicts(found.tasks, {each.id: each.golden for each in found.tasks}, required_node(name))
    assert {key: verdict for key, verdict in seen.items() if not verdict.passed} == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", SANDBOXES)
def test_every_buggy_solution_of_humanevalpack_fails(name: str) -> None:
    tasks = [each.model_copy(update={"limits": BRIEF}) for each in real("humanevalpack-js").tasks]
    seen = verdicts(tasks, bugs(), required_node(name))
    assert {key: verdict for key, verdict in seen.items() if verdict.status != "fail"} == {}
