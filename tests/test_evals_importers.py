"""Benchmarks' own files as suites: made-up rows everywhere, the real files where they are."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from evals.checks import parse_checks
from evals.errors import BadInput
from evals.graders import grade
from evals.importers import IMPORTERS, Imported, import_benchmark
from evals.importers.humaneval import convert
from evals.importers.mbpp import official_split
from evals.records import Task, Verdict
from evals.sandboxes import make_sandbox, open_sandbox
from evals.suites import Suite, export_suite, load_suite
from goldens.prove import Proof, prove

DATA = Path(os.environ.get("GOLDLOOP_DATA", Path(__file__).parents[2] / "shared" / "data"))

MBPP_ROW: Mapping[str, Any] = {
    "text": "Write a function to sum a tree. ",
    "code": "class Node:\r\n  def __init__(self, v):\r\n    self.v = v\r\ndef total(n):\r\n  return n.v",
    "task_id": 601,
    "test_setup_code": "root = Node(1)\r\nroot.v += 1",
    "test_list": ["assert total(root) == 2", "assert total(Node(3)) == 3 "],
    "challenge_test_list": ["assert total(Node(9)) == 9"],
}
HUMANEVAL_ROW: Mapping[str, Any] = {
    "task_id": "HumanEval/7",
    "prompt": 'import math\n\ndef half(x):\n    return x / 2\n\ndef f(x):\n    """ Half of x, rounded down. """\n',
    "entry_point": "f",
    "canonical_solution": "    return math.floor(half(x))\n",
    "test": "METADATA = {'a': 1}\n\ndef check(candidate):\n    assert True\n    assert candidate(5) == 2, 'no'\n",
}


def mbpp(folder: Path, **changes: Any) -> Task:
    (folder / "mbpp.jsonl").write_text(json.dumps({**MBPP_ROW, **changes}) + "\n")
    return import_benchmark("mbpp", folder).tasks[0]


def humaneval(folder: Path, **changes: Any) -> Task:
    data = json.dumps({**HUMANEVAL_ROW, **changes}).encode() + b"\n"
    (folder / "HumanEval.jsonl.gz").write_bytes(gzip.compress(data))
    return import_benchmark("humaneval", folder).tasks[0]


def local(task: Task, code: str | None) -> Verdict:
    return grade(task, code, make_sandbox("local"))


def refusal(name: str, path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        import_benchmark(name, path)
    return str(caught.value)


def test_an_mbpp_prompt_tells_the_assertions_and_what_they_stand_on(tmp_path: Path) -> None:
    start = "Write a function to sum a tree.\nYour code should pass these tests:\n\n"
    tests = "assert total(root) == 2\nassert total(Node(3)) == 3"
    assert mbpp(tmp_path).prompt == f"{start}root = Node(1)\nroot.v += 1\n{tests}"
    assert mbpp(tmp_path, test_setup_code="").prompt == start + tests


def test_mbpp_runs_code_then_setup_then_tests(tmp_path: Path) -> None:
    task = mbpp(tmp_path)
    assert task.checks == "root = Node(1)\nroot.v += 1\nassert total(root) == 2\nassert total(Node(3)) == 3\n"
    assert prove(task, local).golden is not None


def test_mbpp_line_ends_are_normalised(tmp_path: Path) -> None:
    assert "\r" not in mbpp(tmp_path).model_dump_json()


def test_mbpp_carries_its_licence(tmp_path: Path) -> None:
    task = mbpp(tmp_path)
    assert (task.licence, task.train_ok, task.split) == ("CC-BY-4.0", True, "train")


def test_every_mbpp_task_is_its_own_group(tmp_path: Path) -> None:
    task = mbpp(tmp_path)
    assert (task.key, task.group) == ("mbpp/601", "601")


@pytest.mark.parametrize(
    ("number", "split"),
    [
        (0, None),
        (1, "dev"),
        (10, "dev"),
        (11, "holdout"),
        (510, "holdout"),
        (511, "dev"),
        (600, "dev"),
        (601, "train"),
        (974, "train"),
        (975, None),
    ],
)
def test_the_mbpp_split_is_the_official_one(number: int, split: str | None) -> None:
    assert official_split(number) == split


def test_sanitized_mbpp_is_an_array_with_prompt_and_imports(tmp_path: Path) -> None:
    row = {
        "source_file": "x",
        "task_id": 2,
        "prompt": "Write root.",
        "code": "def root(x): return x ** 0.5",
        "test_imports": ["import math"],
        "test_list": ["assert math.isclose(root(4), 2.0)"],
    }
    (tmp_path / "sanitized-mbpp.json").write_text(json.dumps([row], indent=2))
    (task,) = import_benchmark("mbpp", tmp_path).tasks
    assert (task.id, task.split) == ("2", "dev")
    assert task.prompt.startswith("Write root.\nYour code should pass these tests:")
    assert prove(task, local).golden is not None


def test_a_humaneval_prompt_holds_the_stub_in_a_block(tmp_path: Path) -> None:
    task = humaneval(tmp_path)
    assert task.prompt.startswith("Complete this Python code.")
    assert f"```python\n{HUMANEVAL_ROW['prompt']}```" in task.prompt


def test_humaneval_is_holdout_and_never_trained_on(tmp_path: Path) -> None:
    task = humaneval(tmp_path)
    assert (task.key, task.split, task.train_ok, task.licence) == ("humaneval/7", "holdout", False, "MIT")


def test_the_humaneval_golden_is_prompt_and_solution(tmp_path: Path) -> None:
    task = humaneval(tmp_path)
    assert task.golden == HUMANEVAL_ROW["prompt"] + HUMANEVAL_ROW["canonical_solution"]
    assert prove(task, local).golden is not None


def test_helpers_of_the_prompt_need_not_be_repeated(tmp_path: Path) -> None:
    assert local(humaneval(tmp_path), "def f(x):\n    return int(half(x))\n").passed


def test_helpers_of_the_prompt_cannot_be_changed_for_the_checks(tmp_path: Path) -> None:
    test = "def check(candidate):\n    for x in range(5):\n        assert candidate(x) == half(x) // 1\n"
    task = humaneval(tmp_path, test=test)
    assert not local(task, "def half(x): return 0\ndef f(x): return 0").passed


def test_assertions_of_check_move_to_the_module_level() -> None:
    test = "def check(candidate):\n    'Cases.'\n    assert True\n    assert candidate(candidate(1)) == 2, 'a'\n    pass\n"
    assert convert(test, "f") == "assert f(f(1)) == 2, 'a'\n"


def test_what_is_more_than_an_assertion_stays_in_check() -> None:
    test = "def check(candidate):\n    assert candidate(1) == 2\n    x = 3\n    assert candidate(x) == x\n"
    assert [step.kind for step in parse_checks(convert(test, "f"))] == ["value", "run", "inside"]


def test_imports_and_helpers_of_a_test_stay_set_up() -> None:
    test = "import math\ndef near(a): return a\ndef check(candidate):\n    assert near(candidate(1)) == math.pi\n"
    assert [step.kind for step in parse_checks(convert(test, "f"))] == ["run", "run", "value"]


def test_a_file_is_taken_as_well_as_its_folder(tmp_path: Path) -> None:
    mbpp(tmp_path)
    renamed = (tmp_path / "mbpp.jsonl").rename(tmp_path / "other-name.jsonl")
    assert len(import_benchmark("mbpp", renamed).tasks) == 1


def test_load_suite_takes_an_importer_with_a_path_relative_to_the_base(tmp_path: Path) -> None:
    mbpp(tmp_path)
    assert load_suite(f"mbpp:{tmp_path.name}", base=tmp_path.parent).name == "mbpp"


@pytest.mark.parametrize("name", ["humaneval", "mbpp"])
def test_an_imported_suite_keeps_its_digest_when_exported(tmp_path: Path, name: str) -> None:
    mbpp(tmp_path)
    humaneval(tmp_path)
    suite = import_benchmark(name, tmp_path)
    export_suite(suite, tmp_path / "out", "folder")
    assert load_suite(str(tmp_path / "out")).digest == suite.digest


def test_an_unknown_importer_lists_what_is_there(tmp_path: Path) -> None:
    assert f"is none of {', '.join(sorted(IMPORTERS))}" in refusal("mpbb", tmp_path)
    assert "did you mean 'mbpp'?" in refusal("mbpp2", tmp_path)


def test_a_missing_path_says_what_to_give(tmp_path: Path) -> None:
    assert refusal("mbpp", tmp_path / "x") == (
        f"{tmp_path}/x: no such file or folder; give mbpp.jsonl or sanitized-mbpp.json, or the folder that holds it"
    )


def test_a_foreign_folder_says_what_was_found(tmp_path: Path) -> None:
    mbpp(tmp_path)
    assert "expected HumanEval.jsonl.gz or HumanEval.jsonl in this folder, found mbpp.jsonl" in refusal("humaneval", tmp_path)


def test_foreign_rows_are_refused_each_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mbpp.jsonl"
    rows = [MBPP_ROW, HUMANEVAL_ROW, {**MBPP_ROW, "task_id": "601"}, {**MBPP_ROW, "task_id": 9999}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    text = refusal("mbpp", tmp_path)
    assert f"{file}:2: text: expected" in text or f"{file}:2: task_id" in text
    assert "expected the key 'test_list', found task_id, prompt, entry_point" in text
    assert f"{file}:3: task_id: expected int, found str '601'" in text
    assert f"{file}:4: task_id: expected 1 to 974, found 9999" in text


def test_mbpp_given_to_the_humaneval_importer_is_refused(tmp_path: Path) -> None:
    mbpp(tmp_path)
    assert "mbpp.jsonl:1: expected the key 'entry_point', found text, code" in refusal("humaneval", tmp_path / "mbpp.jsonl")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"{\n", ":1: not JSON"),
        (b"\xff\n", ":1: not JSON"),
        (b"[1]", "entry 1: expected a JSON object, found int"),
        (b"[]", "the file is empty"),
        (b"\n3\n", ":2: expected a JSON object, found int"),
        (gzip.compress(b"{}", mtime=0)[:-9], "cannot be read"),
        (b"\x1f\x8bjunk", "cannot be read"),
    ],
)
@pytest.mark.parametrize("name", sorted(set(IMPORTERS) - {"defog", "harbor", "hub"}))  # these read CSV, folders, datasets
def test_unreadable_files_are_refused_with_their_place(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    file = tmp_path / "data"
    file.write_bytes(data)
    text = refusal(name, file)
    assert text.startswith(str(file))
    assert message in text


def test_every_line_that_does_not_fit_is_named_in_one_go(tmp_path: Path) -> None:
    rows = [json.dumps({**MBPP_ROW, **changes}) for changes in ({}, {"task_id": 5000}, {"code": 1}, {"task_id": 602})]
    (tmp_path / "mbpp.jsonl").write_text("\n".join(["\ufeff" + rows[0], "{", rows[1], "[1]", rows[2], rows[0], rows[3]]))
    text = refusal("mbpp", tmp_path)
    for place in (":2: not JSON", ":3: task_id", ":4: expected a JSON object, found list", ":5: code", ":6: task id '601'"):
        assert f"{tmp_path}/mbpp.jsonl{place}" in text
    head, *rest = text.splitlines()
    assert len(rest) == 5 and "5 of 7 rows are broken, more than 5%; --max-left-out 72%" in head


def mbpp_rows(folder: Path, broken: int, sound: int) -> Path:
    rows = [{**MBPP_ROW, "task_id": 601 + n, "code": 1} for n in range(broken)]
    rows += [{**MBPP_ROW, "task_id": 701 + n} for n in range(sound)]
    (folder / "mbpp.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "mbpp.jsonl"


def test_a_broken_row_costs_one_row_and_is_listed_with_its_reason(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = mbpp_rows(tmp_path, 1, 19)
    suite = import_benchmark("mbpp", file)
    assert isinstance(suite, Imported)
    assert ([task.id for task in suite.tasks], suite.rows) == ([str(701 + n) for n in range(19)], 20)
    assert suite.broken == (f"{file}:1: code: expected str, found int 1",)
    assert f"suite mbpp: 1 of 20 rows are broken and left out, the first: {file}:1: code" in caplog.text


@pytest.mark.parametrize(("option", "tasks"), [("", 0), ("?strict=yes", 0), ("?max_left_out=50%", 8), ("?max_left_out=0.2", 8)])
def test_how_many_rows_may_be_broken_is_said_behind_the_path(tmp_path: Path, option: str, tasks: int) -> None:
    name = f"mbpp:{mbpp_rows(tmp_path, 2, 8)}{option}"
    if tasks:
        assert len(load_suite(name).tasks) == tasks
    else:
        with pytest.raises(
            BadInput, match=r"2 of 10 rows are broken, more than .*--max-left-out 21%.*\n.*:1: code.*\n.*:2: code"
        ):
            load_suite(name)


def test_a_single_broken_row_is_refused_where_that_is_asked_for(tmp_path: Path) -> None:
    file = mbpp_rows(tmp_path, 1, 99)
    assert len(load_suite(f"mbpp:{file}").tasks) == 99
    with pytest.raises(BadInput, match="1 of 100 rows are broken, more than 0%"):
        load_suite(f"mbpp:{file}?strict=yes")


@pytest.mark.parametrize("share", ["x", "-1", "120%", "2", ""])
def test_a_share_that_is_none_is_refused(tmp_path: Path, share: str) -> None:
    with pytest.raises(BadInput, match=r"max_left_out: expected a share such as 20% or 0\.2, found"):
        load_suite(f"mbpp:{mbpp_rows(tmp_path, 1, 9)}?max_left_out={share}")


def test_a_group_in_two_splits_costs_the_later_row(tmp_path: Path) -> None:
    table = "id,prompt,checks,group,split\n" + "".join(f"{n},Do {n}.,assert f() == {n},g{n},holdout\n" for n in range(30))
    (tmp_path / "t.csv").write_text(table + "30,Do more.,assert f() == 30,g3,train\n")
    (tmp_path / "t.csv.yaml").write_text(
        "licence: MIT\ncolumns: {id: id, prompt: prompt, checks: checks, group: group, split: split}\n"
    )
    suite = import_benchmark("table", tmp_path / "t.csv")
    assert isinstance(suite, Imported) and len(suite.tasks) == 30
    assert "group 'g3' is in split 'train' here and in 'holdout' at" in suite.broken[0]


def test_more_findings_than_anybody_reads_are_counted(tmp_path: Path) -> None:
    (tmp_path / "mbpp.jsonl").write_text("{\n" * 50)
    assert refusal("mbpp", tmp_path).splitlines()[20:] == ["... and 30 more"]


@pytest.mark.parametrize(
    "changes",
    [
        {"test_list": [1]},
        {"test_list": []},
        {"test_list": ["assert f("]},
        {"test_setup_code": 1},
        {"test_imports": "x"},
    ],
)
def test_broken_mbpp_tests_are_refused_with_their_line(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"mbpp\.jsonl:1:"):
        mbpp(tmp_path, **changes)


@pytest.mark.parametrize("changes", [{"test": "def check("}, {"test": "x = 1"}, {"prompt": "def f("}, {"test": None}])
def test_broken_humaneval_tests_are_refused_with_their_line(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"HumanEval\.jsonl\.gz:1: "):
        humaneval(tmp_path, **changes)


def real(name: str, path: str) -> Suite:
    if os.environ.get("CI"):
        pytest.skip("CI is set: the benchmarks' files are no part of the project")
    if not (DATA / path).exists():
        pytest.skip(f"no {DATA / path}; set GOLDLOOP_DATA to the folder with the benchmarks' files")
    return import_benchmark(name, DATA / path)


def unproved(suite: Suite) -> list[tuple[str, str]]:
    sandbox = open_sandbox()

    def proof(task: Task) -> Proof:
        return prove(task, lambda t, code: grade(t, code, sandbox))

    with ThreadPoolExecutor(2) as pool:
        return [(p.task.id, p.problem) for p in pool.map(proof, suite.tasks) if p.golden is None]


def inside(suite: Suite) -> list[str]:
    return [task.id for task in suite.tasks if any(step.kind == "inside" for step in parse_checks(task.checks))]


def test_mbpp_has_its_published_counts() -> None:
    suite = real("mbpp", "mbpp")
    assert Counter(task.split for task in suite.tasks) == {"train": 374, "dev": 100, "holdout": 500}


def test_sanitized_mbpp_has_its_published_count() -> None:
    assert len(real("mbpp", "mbpp/sanitized-mbpp.json").tasks) == 427


def test_humaneval_has_its_published_count() -> None:
    suite = real("humaneval", "humaneval")
    assert Counter((task.split, task.train_ok) for task in suite.tasks) == {("holdout", False): 164}


def test_nearly_all_expected_values_stay_outside_the_sandbox() -> None:
    assert inside(real("mbpp", "mbpp")) == ["596"]
    assert inside(real("humaneval", "humaneval")) == ["32", "33", "38", "44", "50", "53", "151"]


def test_the_tasks_that_need_their_setup_code_are_proved() -> None:
    suite = real("mbpp", "mbpp")
    tasks = tuple(task for task in suite.tasks if task.id in {"367", "927"})
    assert len(tasks) == 2
    assert unproved(Suite(header=suite.header, tasks=tasks, path=suite.path)) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "path"), [("mbpp", "mbpp"), ("mbpp", "mbpp/sanitized-mbpp.json"), ("humaneval", "humaneval")])
def test_every_golden_passes_and_every_empty_answer_fails(name: str, path: str) -> None:
    assert unproved(real(name, path)) == []
