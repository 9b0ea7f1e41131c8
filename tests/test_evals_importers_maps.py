"""Maps with templates: benchmarks as they are released become tasks whose goldens pass, by a YAML file and no module."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from javascript_tasks import required_node
from sandbox_requirements import required_sandbox

from evals.errors import BadInput
from evals.graders import grade
from evals.importers import Imported
from evals.importers.hub import MAPS, import_table
from evals.importers.templates import compile_templates, doctests
from evals.records import Case
from evals.suites import load_suite

APPS = {
    "problem_id": 7,
    "question": "Add two numbers.",
    "solutions": json.dumps(["a, b = map(int, input().split())\nprint(a + b)\n", "print(sum(map(int, input().split())))"]),
    "input_output": json.dumps({"inputs": ["1 2\n", ["3 4", ""]], "outputs": ["3\n", ["7"]]}),
    "difficulty": "introductory",
    "url": "https://example.com",
    "starter_code": "",
}
CRUX = {
    "code": "def f(nums):\n    output = []\n    for n in nums:\n        output.append((nums.count(n), n))\n    return output",
    "input": "[1, 1, 3]",
    "output": "[(2, 1), (2, 1), (1, 3)]",
    "id": "sample_0",
}
BIG = {
    "task_id": "BigCodeBench/3",
    "complete_prompt": "",
    "instruct_prompt": "Write `task_func(words)`, the words by how often they occur.",
    "code_prompt": "from collections import Counter\ndef task_func(words):\n",
    "canonical_solution": "    return Counter(words)\n",
    "test": (
        "import unittest\n\nclass TestCases(unittest.TestCase):\n"
        "    def test_case_1(self):\n        self.assertEqual(task_func(['a', 'a', 'b'])['a'], 2)\n"
        "    def test_case_2(self):\n        self.assertEqual(task_func([]), Counter())\n"
    ),
    "entry_point": "task_func",
    "libs": "['collections']",
}
CLASS = {
    "task_id": "ClassEval_0",
    "class_name": "Stack",
    "skeleton": "class Stack:\n    def push(self, item):\n        pass\n    def pop(self):\n        pass\n",
    "solution_code": (
        "class Stack:\n    def __init__(self):\n        self.items = []\n    def push(self, item):\n"
        "        self.items.append(item)\n    def pop(self):\n        return self.items.pop()\n"
    ),
    "test": (
        "import unittest\n\nclass StackTestPush(unittest.TestCase):\n    def test_push_1(self):\n"
        "        stack = Stack()\n        stack.push(3)\n        self.assertEqual(stack.pop(), 3)\n"
    ),
}
PYTHON = {
    "task_id": "Python/23",
    "prompt": 'def strlen(string: str) -> int:\n    """ Return length of given string """\n',
    "declaration": "def strlen(string: str) -> int:\n",
    "canonical_solution": "    return len(string)\n",
    "test": "def check(strlen):\n    assert strlen('') == 0\n    assert strlen('asdf') == 4\n\ncheck(strlen)\n",
}
JS = {
    "task_id": "JavaScript/23",
    "prompt": "/* Return length of given string */\nconst strlen = (string) => {\n",
    "canonical_solution": "  return string.length;\n}\n\n",
    "test": (
        "const testStrlen = () => {\n  console.assert(strlen('') === 0)\n"
        "  console.assert(strlen('asdf') === 4)\n}\n\ntestStrlen()\n"
    ),
}


def imported(folder: Path, mapped_by: str, *rows: dict[str, Any]) -> Imported:
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return import_table(folder / "rows.jsonl", mapped_by=mapped_by)


@pytest.mark.parametrize(
    ("name", "row", "wrong"),
    [
        ("apps", APPS, "print(3)"),
        ("cruxeval-input", CRUX, "def arguments():\n    return ([1, 1],)"),
        ("cruxeval-output", CRUX, "def result():\n    return []"),
        ("bigcodebench", BIG, "def task_func(words):\n    return {word: 1 for word in words}"),
        ("classeval", CLASS, "class Stack:\n    def push(self, item): pass\n    def pop(self): pass\n"),
        ("humaneval-x-python", PYTHON, "def strlen(string):\n    return 4"),
        ("humaneval-x-js", JS, "const strlen = (string) => 4;"),
    ],
)
def test_a_released_row_is_a_task_whose_golden_passes(tmp_path: Path, name: str, row: dict[str, Any], wrong: str) -> None:
    suite = imported(tmp_path, name, row)
    (task,) = suite.tasks
    sandbox = required_node() if name.endswith("js") else required_sandbox("sandlock")
    assert (suite.name, suite.left_out) == (name, ())
    assert grade(task, task.golden, sandbox).passed
    assert grade(task, wrong, sandbox).status == "fail"
    assert "{{" not in task.prompt and "    class Stack" not in task.prompt


def test_every_shipped_map_is_tried() -> None:
    tried = {"apps", "bigcodebench", "classeval", "cruxeval-input", "cruxeval-output", "humaneval-x-js", "humaneval-x-python"}
    assert {file.stem for file in MAPS.glob("*.yaml")} == tried


def test_the_cases_of_a_program_may_be_lists_of_lines(tmp_path: Path) -> None:
    (task,) = imported(tmp_path, "apps", APPS).tasks
    assert task.cases == (Case(stdin="1 2\n", stdout="3\n"), Case(stdin="3 4\n\n", stdout="7\n"))
    assert (task.tags, task.compare, task.id) == (("introductory",), "tokens", "7")


@pytest.mark.parametrize(
    ("name", "row", "reason"),
    [
        (
            "apps",
            {**APPS, "input_output": json.dumps({"fn_name": "add", "inputs": [[1]], "outputs": [1]})},
            "call the function add",
        ),
        ("apps", {**APPS, "input_output": ""}, "it has no cases"),
        ("bigcodebench", {**BIG, "libs": "['os', 'pandas', 'numpy.random']"}, "it needs packages: numpy, pandas"),
    ],
)
def test_what_cannot_be_graded_here_is_left_out_with_its_reason(
    tmp_path: Path, name: str, row: dict[str, Any], reason: str
) -> None:
    sound = APPS if name == "apps" else BIG
    ids = {"problem_id": 8} if name == "apps" else {"task_id": "BigCodeBench/4"}
    suite = imported(tmp_path, name, sound, {**row, **ids})
    assert len(suite.tasks) == 1 and not suite.broken
    assert "rows.jsonl:2: " in suite.left_out[0] and reason in suite.left_out[0]


def test_a_row_that_lacks_what_a_template_reads_costs_one_row(tmp_path: Path) -> None:
    lost = {key: value for key, value in CRUX.items() if key != "output"}
    suite = imported(tmp_path, "cruxeval-output", CRUX, {**lost, "id": "sample_1"})
    assert len(suite.tasks) == 1
    assert "rows.jsonl:2: templates.prompt: UndefinedError" not in suite.broken[0]  # the first that reads it is checks or golden
    assert "'output' is undefined; the row has: code, input, id" in suite.broken[0]


def own_map(folder: Path, **values: Any) -> str:
    (folder / "map.yaml").write_text(yaml.safe_dump({"name": "own", "licence": "MIT", **values}))
    return str(folder / "map.yaml")


def test_columns_within_columns_and_files_by_templates(tmp_path: Path) -> None:
    row = {"meta": {"id": "a", "io": [{"q": "Write f."}]}, "odd name": "1", "name": "sum"}
    mapping = own_map(
        tmp_path,
        columns={"id": "meta.id", "prompt": "meta.io.0.q", "split": "=holdout"},
        kind="tests",
        templates={
            "entry": "{{ name }}.py",
            "golden": 'VALUE = {{ row["odd name"] }}\n',
            "tests": {"test_{{ name }}.py": "from {{ name }} import VALUE\n\ndef test_value():\n    assert VALUE == 1\n"},
        },
    )
    (task,) = imported(tmp_path, mapping, row).tasks
    assert (task.id, task.prompt, task.entry, list(task.tests)) == ("a", "Write f.", "sum.py", ["test_sum.py"])
    assert load_suite(f"table:{tmp_path / 'rows.jsonl'}?map={mapping}").tasks == (task,)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"templates": {"prompt": "{{ a"}}, r"templates\.prompt: line 1: unexpected end of template"),
        ({"templates": {"prompt": "x", "nokey": "y"}}, r"templates\.nokey: no key of a task; there are: cases, checks, compare"),
        ({"templates": {"golden": "x"}}, "no column for 'prompt'"),
        ({"columns": {"prompt": "a.b"}}, r"no column 'a\.b' for prompt; there are: name"),
        ({"templates": {"prompt": "{{ name.__class__.__mro__ }}"}}, "access to attribute '__class__' of 'str' object is unsafe"),
        ({"templates": {"prompt": "{% for n in range(9) %}x{% endfor %}"}}, "'range' is undefined"),
        ({"templates": {"prompt": "{{ name | fromjson }}"}}, r"templates\.prompt: JSONDecodeError"),
        ({"templates": {"prompt": "{{ 'x' * 3000000 }}"}}, "gave 3,000,000 characters, more than 1,000,000"),
    ],
)
def test_a_map_that_does_not_fit_is_refused_with_its_key(tmp_path: Path, values: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        imported(tmp_path, own_map(tmp_path, **values), {"name": "sum"})


def test_an_unknown_map_is_named_beside_those_that_are_shipped(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"map 'nomap': no such file, and none of the shipped maps: apps, bigcodebench"):
        imported(tmp_path, "nomap", APPS)


def test_examples_of_a_docstring_become_assertions() -> None:
    text = (
        "Sums.\n\n>>> f(1, 2)\n3\n>>> f([1])  # note\n[1]\n>>> x = 3\n>>> print(f(x))\n3 of 4\n"
        ">>> f()\nTraceback (most recent call last):\nTypeError\n"
    )
    assert doctests(text) == "assert f(1, 2) == 3\nassert f([1]) == [1]\n"
    assert compile_templates({"checks": "{{ text | doctests }}"}).fill({"text": ">>> f(1)\n2\n"}) == {
        "checks": "assert f(1) == 2\n"
    }
