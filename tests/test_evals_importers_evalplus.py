import json
import math
from pathlib import Path
from typing import Any

import orjson
import pytest
from sandbox_requirements import required_sandbox

from evals.errors import BadInput
from evals.graders import grade
from evals.importers import Imported
from evals.importers.evalplus import import_evalplus
from evals.importers.partial import python_literal

HALF = {
    "task_id": "HumanEval/3",
    "prompt": 'def half(x):\n    """Half of x."""\n',
    "entry_point": "half",
    "canonical_solution": "    return x / 2\n",
    "base_input": [[4], [7]],
    "plus_input": [[n] for n in range(10, 30)],
    "atol": 1e-3,
    "contract": "\n    assert isinstance(x, int)\n",
}
ZERO = {
    "task_id": "HumanEval/32",
    "prompt": (
        "import math\n\ndef poly(xs: list, x: float):\n    return sum([c * math.pow(x, i) for i, c in enumerate(xs)])\n\n"
        'def find_zero(xs: list):\n    """A root."""\n'
    ),
    "entry_point": "find_zero",
    "canonical_solution": "    return 2.0 if xs == [-4, 0, 1] else -xs[0] / xs[1]\n",
    "base_input": [[[1, 2]], [[-4, 0, 1]]],
    "plus_input": [[[3, 4]]],
    "atol": 1e-4,
}
DIFF = {
    "task_id": "Mbpp/769",
    "prompt": '"""\nItems of one list only.\nassert sorted(Diff([1, 2], [2, 3])) == [1, 3]\n"""\n',
    "entry_point": "Diff",
    "canonical_solution": "def Diff(a, b):\n    return list(set(a) - set(b)) + list(set(b) - set(a))\n",
    "base_input": [[[1, 2], [2, 3]]],
    "plus_input": [[[n, n + 1], [n + 1, n + 2]] for n in range(12)],
    "atol": 0,
    "assertion": "assert sorted(Diff([1, 2], [2, 3])) == [1, 3]",
}


def read(folder: Path, *rows: dict[str, Any], name: str = "HumanEvalPlus.jsonl") -> Imported:
    (folder / name).write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return import_evalplus(folder)


def test_base_and_plus_inputs_are_the_hidden_ones(tmp_path: Path) -> None:
    (task,) = read(tmp_path, HALF).tasks
    assert task.fuzz.startswith("def inputs(random):\n    yield (4,)\n    yield (7,)\n    yield (10,)\n")
    assert task.fuzz.count("yield") == 22
    assert (task.entry, task.compare, task.split, task.train_ok) == ("half", "approx(rtol=1e-7, atol=0.001)", "holdout", False)


LEAST = {
    "task_id": "Mbpp/404",
    "prompt": '"""\nThe smaller number.\nassert minimum(1, 2) == 1\n"""\n',
    "entry_point": "minimum",
    "canonical_solution": "def minimum(a, b):\n    return min(a, b)\n",
    "base_input": [[1, 2], [-5, -4]],
    "plus_input": [[float("-inf"), float("inf")], [10**22, -(10**22) - 1], [float("inf"), 0.5]],
    "atol": 0,
    "assertion": "assert minimum(1, 2) == 1",
}


def test_numbers_that_json_has_no_word_for_are_those_of_the_release(tmp_path: Path) -> None:
    (tmp_path / "MbppPlus.jsonl").write_text(json.dumps(LEAST) + "\n")
    (task,) = import_evalplus(tmp_path).tasks
    made: dict[str, Any] = {}
    exec(task.fuzz, made)
    assert list(made["inputs"](None)) == [(1, 2), (-5, -4), (-math.inf, math.inf), (10**22, -(10**22) - 1), (math.inf, 0.5)]
    sandbox = required_sandbox("sandlock")
    assert grade(task, task.golden, sandbox).passed
    assert grade(task, "def minimum(a, b):\n    return a if a < 9 else 1", sandbox).reason == "hidden_fail"


@pytest.mark.parametrize("nothing", [{}, [], None])
def test_a_task_without_further_inputs_has_those_of_the_benchmark(tmp_path: Path, nothing: Any) -> None:
    (task,) = read(tmp_path, {**LEAST, "plus_input": nothing}, name="MbppPlus.jsonl").tasks
    assert task.fuzz.startswith("LEAST = 2\n") and task.fuzz.count("yield") == 2
    sandbox = required_sandbox("sandlock")
    assert grade(task, task.golden, sandbox).evidence["hidden"] == 2
    assert grade(task, "def minimum(a, b):\n    return abs(min(a, b))", sandbox).reason == "hidden_fail"


@pytest.mark.parametrize("value", [math.inf, -math.inf, complex(1, -math.inf), (), (1,), [], set(), {2}, {"a": (math.inf,)}])
def test_a_literal_gives_the_value_back(value: Any) -> None:
    assert eval(python_literal(value)) == value and type(eval(python_literal(value))) is type(value)


def test_the_golden_passes_and_a_wrong_answer_fails_on_a_hidden_input(tmp_path: Path) -> None:
    sandbox = required_sandbox("sandlock")
    (task,) = read(tmp_path, HALF).tasks
    found = grade(task, task.golden, sandbox)
    assert (found.passed, found.evidence["hidden"]) == (True, 22)
    assert grade(task, "def half(x):\n    return x / 2 + 1e-5\n", sandbox).passed
    assert grade(task, "def half(x):\n    return 14 if x == 29 else x / 2\n", sandbox).reason == "hidden_fail"


def test_any_root_of_a_polynomial_is_right(tmp_path: Path) -> None:
    sandbox = required_sandbox("sandlock")
    (task,) = read(tmp_path, ZERO).tasks
    assert grade(task, task.golden, sandbox).passed
    assert grade(task, task.golden.replace("return 2.0", "return -2.0"), sandbox).passed
    assert grade(task, task.golden.replace("return 2.0", "return 1.0"), sandbox).status == "fail"


def test_a_list_that_stands_for_a_set_may_have_any_order(tmp_path: Path) -> None:
    sandbox = required_sandbox("sandlock")
    (task,) = read(tmp_path, DIFF, name="MbppPlus.jsonl").tasks
    assert (task.split, task.licence, task.train_ok) == ("train", "Apache-2.0 AND CC-BY-4.0", True)
    assert grade(task, task.golden, sandbox).passed
    assert grade(task, "def Diff(a, b):\n    return sorted(set(a) ^ set(b), reverse=True)\n", sandbox).passed
    assert grade(task, "def Diff(a, b):\n    return list(set(a) - set(b))\n", sandbox).status == "fail"


def test_arguments_get_the_types_that_json_cannot_write(tmp_path: Path) -> None:
    row = {**DIFF, "task_id": "Mbpp/2", "entry_point": "similar_elements", "assertion": ""}
    row["canonical_solution"] = "def similar_elements(a, b):\n    return tuple(set(a) & set(b))\n"
    (task,) = read(tmp_path, row, name="MbppPlus.jsonl").tasks
    assert "yield ((1, 2), (2, 3))" in task.fuzz
    assert task.compare == "same_items"


def test_more_inputs_than_the_grader_asks_are_thinned_with_a_note(tmp_path: Path) -> None:
    found = read(tmp_path, {**HALF, "plus_input": [[n] for n in range(1000)]})
    assert found.tasks[0].fuzz.count("yield") == 200
    assert [note.rpartition(": ")[2] for note in found.left_out] == ["198 of 1000 inputs kept, evenly spread"]


def test_an_input_too_long_to_record_is_left_out_with_a_note(tmp_path: Path) -> None:
    found = read(tmp_path, {**HALF, "plus_input": [*HALF["plus_input"], ["x" * 30_000]]})  # type: ignore[misc]
    assert found.tasks[0].fuzz.count("yield") == 22
    assert "1 of 21 inputs are longer than 20,000 characters" in found.left_out[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base_input": [4]}, r":1: base_input\[0\]: expected a list of arguments, found 4"),
        ({"atol": "no"}, r":1: atol: expected a number >= 0, found 'no'"),
        ({"entry_point": "a b"}, r":1: entry_point: expected a function's name, found 'a b'"),
        ({"base_input": {}, "plus_input": []}, r":1: base_input and plus_input: expected inputs, found none"),
        ({"task_id": "Other/1"}, r":1: task_id: expected HumanEval/NUMBER or Mbpp/NUMBER, found 'Other/1'"),
        ({"plus_input": "x"}, r":1: plus_input: expected a list of inputs, found 'x'"),
    ],
)
def test_a_malformed_row_is_named_with_its_line(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read(tmp_path, {**HALF, **change})


def test_all_findings_come_at_once_and_the_first_twenty_are_shown(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path, *({**HALF, "task_id": f"HumanEval/{n}", "atol": -1} for n in range(30)))
    assert len(str(caught.value).splitlines()) == 21
    assert str(caught.value).endswith("... and 10 more")
