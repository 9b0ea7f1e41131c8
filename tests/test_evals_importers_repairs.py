from pathlib import Path

import orjson
import pytest
from sandbox_requirements import required_sandbox

from evals.errors import BadInput
from evals.graders import grade
from evals.importers import import_benchmark
from evals.suites import Suite, load_suite

DATA = Path(__file__).parents[2] / "shared" / "data" / "quixbugs"
SWITCH = """if pytest.use_correct:
    from correct_python_programs.{name} import {name}
else:
    from python_programs.{name} import {name}
"""
HALVES = "import pytest\nfrom load_testdata import load_json_testcases\n\n" + SWITCH.format(name="halves")
FILES = {
    "python_programs/halves.py": "def halves(n):\n    return n / 2\n",
    "correct_python_programs/halves.py": "def halves(n):\n    return n // 2\n",
    "python_testcases/test_halves.py": HALVES
    + """
testdata = load_json_testcases(halves.__name__)


@pytest.mark.parametrize("input_data,expected", testdata)
def test_halves(input_data, expected):
    if not pytest.run_slow and input_data == [7]:
        pytest.skip("Takes too long to pass!")
    assert halves(*input_data) == expected
""",
    "json_testcases/halves.json": "[[4], 2]\n[[5], 2]\n\n[[7], 3]\n",
    "python_testcases/node.py": "class Node:\n    def __init__(self, value=None):\n        self.value = value\n",
    "python_programs/same.py": "def same(one, other):\n    return one is other\n",
    "correct_python_programs/same.py": "def same(one, other):\n    return one.value == other.value\n",
    "python_testcases/test_same.py": "import pytest\nfrom node import Node\n\n"
    + SWITCH.format(name="same")
    + "\n\ndef test1():\n    assert same(Node(1), Node(1))\n\n\ndef test2():\n    assert not same(Node(1), Node(2))\n",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    rows = [{"path": path, "text": text} for path, text in files.items()]
    (folder / "files.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return folder


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return load_suite(f"quixbugs:{write(tmp_path, FILES)}")


def test_cases_of_json_become_checks_without_those_that_the_test_skips(suite: Suite) -> None:
    assert suite.tasks[0].checks == "assert halves(4) == 2\nassert halves(5) == 2\n"


def test_the_prompt_shows_the_buggy_program_and_the_golden_is_the_correct_one(suite: Suite) -> None:
    for task in suite.tasks:
        assert FILES[f"python_programs/{task.id}.py"].strip() in task.question
        assert task.golden == FILES[f"correct_python_programs/{task.id}.py"]


def test_programs_on_nodes_are_judged_by_their_test_file(suite: Suite) -> None:
    task = suite.tasks[1]
    assert (task.kind, task.entry, sorted(task.starter)) == ("tests", "same.py", ["node.py", "same.py"])
    assert "from same import same" in task.tests["tests/test_same.py"]
    assert "use_correct" not in task.tests["tests/test_same.py"]


def test_every_task_is_holdout_and_carries_its_licence(suite: Suite) -> None:
    assert {(task.split, task.licence, task.train_ok) for task in suite.tasks} == {("holdout", "MIT", False)}


def test_the_repositorys_folder_reads_as_the_file_does(suite: Suite, tmp_path: Path) -> None:
    for name, text in FILES.items():
        file = tmp_path / "repository" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert import_benchmark("quixbugs", tmp_path / "repository").digest == suite.digest


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1])
def test_the_correct_program_passes_and_the_buggy_one_fails(suite: Suite, number: int) -> None:
    sandbox, task = required_sandbox("sandlock"), suite.tasks[number]
    assert grade(task, task.golden, sandbox).passed
    assert grade(task, FILES[f"python_programs/{task.id}.py"], sandbox).status == "fail"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"correct_python_programs/halves.py": None}, r"files\.jsonl:\d+: expected the file correct_python_programs/halves\.py"),
        ({"json_testcases/halves.json": "[[4]]"}, r"line 1 of the cases: expected \[arguments, expected\], found \[\[4\]\]"),
        ({"json_testcases/halves.json": "{"}, r"line 1 of the cases is not JSON"),
        ({"python_testcases/test_same.py": "def test1(): pass\n"}, r"expected `if pytest\.use_correct"),
        ({"python_testcases/test_halves.py": "def ("}, r"not Python"),
    ],
)
def test_a_malformed_file_is_named_with_its_place(tmp_path: Path, change: dict[str, str | None], message: str) -> None:
    files = {name: text for name, text in {**FILES, **change}.items() if text is not None}
    with pytest.raises(BadInput, match=message):
        load_suite(f"quixbugs:{write(tmp_path, files)}")


def test_all_findings_come_at_once(tmp_path: Path) -> None:
    files = {**FILES, "json_testcases/halves.json": "{", "python_testcases/test_same.py": "def ("}
    with pytest.raises(BadInput) as caught:
        load_suite(f"quixbugs:{write(tmp_path, files)}")
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.skipif(not DATA.is_dir(), reason="needs QuixBugs' files")
def test_quixbugs_has_forty_programs_nine_of_them_on_graphs() -> None:
    suite = load_suite(f"quixbugs:{DATA}")
    assert len(suite.tasks) == 40
    assert sum(task.kind == "tests" for task in suite.tasks) == 9
