import re
from pathlib import Path

import pytest
from sandbox_requirements import required_sandbox

from evals.errors import BadInput
from evals.graders import grade
from evals.importers.harbor import import_harbor
from evals.suites import load_suite

TASK = {
    "instruction.md": "Write `count(words)`, the number of different words.\n",
    "task.toml": 'version = "1.0"\n[metadata]\ncategory = "text"\nlicence = "MIT"\n',
    "environment/Dockerfile": "FROM python:3.11-slim\n\nWORKDIR /app\n",
    "solution/words.py": "def count(words):\n    return len(set(words))\n",
    "tests/test_words.py": "from words import count\n\n\ndef test_two():\n    assert count(['a', 'b', 'a']) == 2\n",
}


def write(folder: Path, name: str, changes: dict[str, str | None]) -> Path:
    for file, text in {**TASK, **changes}.items():
        if text is not None:
            place = folder / name / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
    return folder


def test_a_python_file_with_pytest_files_becomes_a_task(tmp_path: Path) -> None:
    (task,) = load_suite(f"harbor:{write(tmp_path, 'words', {})}").tasks
    assert (task.id, task.kind, task.entry, task.tags) == ("words", "tests", "words.py", ("text",))
    assert "Write `count(words)`" in task.prompt
    assert (task.licence, task.train_ok) == ("MIT", True)


@pytest.mark.slow
def test_the_solution_passes_and_a_wrong_one_fails(tmp_path: Path) -> None:
    sandbox = required_sandbox("sandlock")
    (task,) = import_harbor(write(tmp_path, "words", {})).tasks
    found = grade(task, task.golden, sandbox)
    assert found.passed, (found.reason, found.evidence)
    assert grade(task, "def count(words):\n    return len(words)\n", sandbox).reason == "tests_failed"


def test_a_terminal_bench_folder_reads_too(tmp_path: Path) -> None:
    old: dict[str, str | None] = {
        "instruction.md": None,
        "task.toml": None,
        "task.yaml": "instruction: |\n  Count words.\ncategory: text\n",
        "solution/words.py": None,
        "solution.py": "def count(words):\n    return len(set(words))\n",
        "tests/test_words.py": "from solution import count\n\n\ndef test_none():\n    assert count([]) == 0\n",
    }
    (task,) = import_harbor(write(tmp_path, "words", old)).tasks
    assert (task.entry, task.split, task.train_ok) == ("solution.py", "holdout", False)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        (
            {"environment/Dockerfile": "FROM ubuntu\nRUN apt-get install -y gcc\n"},
            r"Dockerfile:2: needs its own image: RUN apt-get",
        ),
        ({"docker-compose.yaml": "services: {}\n"}, r"docker-compose\.yaml: needs its own containers"),
        ({"solution/words.py": None, "solution.sh": "echo\n"}, r"expected one Python file as solution .* found solution\.sh"),
        ({"solution/more.py": "x = 1\n"}, r"expected one Python file as solution .* found more\.py, words\.py"),
        ({"tests/test_words.py": "import subprocess\n"}, r"test_words\.py:1: imports subprocess: starts programs"),
        ({"tests/test_words.py": "import numpy\n"}, r"test_words\.py:1: imports numpy, which is in the task's own image only"),
        (
            {"tests/test_words.py": "X = open('/app/out.txt')\n"},
            r"test_words\.py:1: reads '/app/out\.txt', a path of the task's own",
        ),
        ({"tests/test_words.py": None, "tests/test.sh": "pytest\n"}, r"expected test_NAME\.py, found no Python files"),
    ],
)
def test_what_cannot_be_graded_here_is_left_out_and_says_where(tmp_path: Path, changes: dict[str, str | None], note: str) -> None:
    write(tmp_path, "sound", {})
    found = import_harbor(write(tmp_path, "words", changes))
    assert [task.id for task in found.tasks] == ["sound"]
    with pytest.raises(BadInput, match=note):
        import_harbor(tmp_path / "words")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task.toml": "version = \n"}, r"task\.toml: cannot be parsed"),
        ({"instruction.md": " \n"}, r"words: no instruction; expected instruction\.md"),
        ({"tests/test_words.py": "def (\n"}, r"test_words\.py: not Python"),
    ],
)
def test_a_malformed_folder_is_left_out_with_its_reason(tmp_path: Path, changes: dict[str, str | None], message: str) -> None:
    write(tmp_path, "sound", {})
    write(tmp_path, "words", changes)
    suite = import_harbor(tmp_path)
    assert [task.id for task in suite.tasks] == ["sound"]
    assert len(suite.broken) == 1 and re.search(message, suite.broken[0])


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "words", {"solution/words.py": None, "solution/readme.txt": "x"})
    (tmp_path / "words/solution/words.py").symlink_to("/etc/hostname")
    with pytest.raises(BadInput, match=r"words\.py: a link; a task's folder holds plain files only"):
        import_harbor(tmp_path)


def test_a_folder_without_tasks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no task folders; expected task\.yaml, task\.toml, instruction\.md"):
        import_harbor(tmp_path)
