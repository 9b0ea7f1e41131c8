"""MultiPL-E as a suite, from made-up rows of its own format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from javascript_tasks import required_node

from evals.errors import BadInput
from evals.graders import grade
from evals.importers import Imported, import_benchmark

ROW: dict[str, Any] = {
    "name": "HumanEval_7_pairs",
    "language": "js",
    "prompt": "//Pair the items.\n// >>> pairs([1])\n// [[1, 1]]\nfunction pairs(items){\n",
    "doctests": "transform",
    "original": "HumanEval_7_pairs.py",
    "prompt_terminology": "reworded",
    "tests": (
        "const assert = require('node:assert');\n\n\nfunction test() {\n  let candidate = pairs;\n"
        "  assert.deepEqual(candidate([1, 2]),[[1, 1], [2, 2]]);\n  assert.deepEqual(candidate([]),[]);\n"
        "  assert.deepEqual(candidate(candidate([])),[]);\n}\n\ntest();"
    ),
    "stop_tokens": ["\nfunction ", "\n/*", "\n//", "\nconsole.log"],
}
TYPESCRIPT = {
    **ROW,
    "language": "ts",
    "prompt": "//Pair the items.\nfunction pairs(items: number[]): number[][] {\n",
    "tests": "declare var require: any;\n" + ROW["tests"],
}


def suite(folder: Path, *rows: dict[str, Any]) -> Imported:
    (folder / "humaneval-js.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = import_benchmark("multipl-e", folder, most_broken=1)
    assert isinstance(found, Imported)
    return found


def test_a_task_is_holdout_because_its_licence_forbids_training(tmp_path: Path) -> None:
    (task,) = suite(tmp_path, ROW).tasks
    assert (task.key, task.group, task.tags) == ("multipl-e-js/HumanEval_7_pairs", "HumanEval-7", ("humaneval",))
    assert (task.split, task.train_ok, task.golden) == ("holdout", False, "")
    assert task.licence == "BSD-3-Clause with Machine Learning Restriction"
    assert task.prompt.endswith("```javascript\n" + ROW["prompt"].strip() + "\n```")


def test_parquet_is_read_as_jsonl_is(tmp_path: Path) -> None:
    file = tmp_path / "test-00000-of-00001.parquet"
    pq.write_table(pa.Table.from_pylist([ROW]), file)
    assert import_benchmark("multipl-e", file).digest == suite(tmp_path, ROW).digest


@pytest.mark.parametrize("row", [ROW, TYPESCRIPT])
def test_right_answers_pass_and_wrong_ones_fail(tmp_path: Path, row: dict[str, Any]) -> None:
    (task,) = suite(tmp_path, row).tasks
    sandbox = required_node(toolchain="web") if row is TYPESCRIPT else required_node()
    answer = row["prompt"] + "  return items.map((x) => [x, x]);\n}\n"
    assert grade(task, answer, sandbox).passed
    assert grade(task, answer.replace("[x, x]", "[x]"), sandbox).reason == "wrong_value"


def test_every_row_that_does_not_fit_is_named_in_one_go(tmp_path: Path) -> None:
    changes: tuple[dict[str, Any], ...] = (
        {},
        {"language": "ts"},
        {"name": "x"},
        {"tests": "test();"},
        {"prompt": "function other(){"},
        {"tests": 5},
        {},
    )
    imported = suite(tmp_path, *({**ROW, **change} for change in changes))
    assert len(imported.tasks) == 1
    lines = imported.broken
    wanted = (
        "language: expected js",
        "name: expected",
        "expected `let candidate",
        "they call 'pairs'",
        "tests: expected str",
        "already",
    )
    assert len(lines) == len(wanted)
    for line, number, what in zip(lines, range(2, 8), wanted, strict=True):
        assert f"humaneval-js.jsonl:{number}: " in line and what in line


def test_another_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"jsonl:1: language: expected js or ts, found 'rkt'"):
        suite(tmp_path, {**ROW, "language": "rkt"})
