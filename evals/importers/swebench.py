"""SWE-bench (Jimenez et al. 2023, arXiv:2310.06770) and similar benchmarks: issues to resolve by a diff, JSONL, JSON or Parquet.

A row names a repository and a commit; its files must be beside the rows, in ``snapshots/INSTANCE_ID/`` or
``snapshots/INSTANCE_ID.tar`` (``.gz``, ``.xz``, ``.bz2``), for nothing is downloaded: a row without them is left out with a
note. ``test_patch`` makes the test files, ``FAIL_TO_PASS`` and ``PASS_TO_PASS`` name the tests. Holdout only, unless a row
brings a ``split`` and a ``licence`` that allows training. What a repository needs beside the standard library is not
installed: ``goldens verify`` tells which tasks work.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.errors import TaskFault
from evals.graders.patches import PatchFault, apply_patch
from evals.importers import Imported, find_file, missing, of_row, unix
from evals.importers.partial import build_partial, may_train
from evals.importers.snapshots import find_snapshot, read_snapshot
from evals.records import Limits
from evals.tables import TableRow, read_rows
from evals.validation import SuiteHeader

FILES = ("test.jsonl", "test.parquet", "test.json", "swebench.jsonl", "tasks.jsonl")
HEADER = SuiteHeader(
    name="swebench",
    description="SWE-bench: issues of real repositories, resolved by a diff (Jimenez et al. 2023).",
    kind="patch",
    licence="",
    train_ok=False,
    system="You change Python projects. Answer with one unified diff in one code block.",
    limits=Limits(wall_seconds=120.0, memory_mb=2048, processes=64),
)
_WANTED = dict.fromkeys(("instance_id", "repo", "base_commit", "problem_statement", "patch", "test_patch"), str)
_SPLITS = {"train": "train", "dev": "dev", "validation": "dev", "test": "holdout", "holdout": "holdout"}
_PROMPT = """Resolve this issue in the project below. Answer with a unified diff (--- a/FILE, +++ b/FILE) in one code block.

{issue}"""


def import_swebench(path: Path) -> Imported:
    """Read a file of instances with the snapshots beside it.

    Raises:
        BadInput: the file has another format, or there is no snapshot for any row.
    """
    file = find_file(path, FILES)
    problems: list[str] = []
    left_out: list[str] = []
    tasks = []
    for row in read_rows(file, problems):
        row_problems = missing(row, _WANTED)
        ids: dict[str, list[str]] = {}
        for key in ("FAIL_TO_PASS", "PASS_TO_PASS"):
            try:
                ids[key] = _ids(row, key)
            except TaskFault as error:
                row_problems.append(f"{row.place}: {error}")
        problems += of_row(row, row_problems)
        if row_problems:
            continue
        place = find_snapshot((file.parent / "snapshots", file.parent), row.values["instance_id"])
        if place is None:
            left_out.append(
                f"{row.place}: no snapshot of {row.values['repo']} at {row.values['base_commit'][:12]}; "
                f"put its files into {file.parent / 'snapshots'}/{row.values['instance_id']}/"
            )
            continue
        try:
            tasks.append(_task(row, place, ids))
        except TaskFault as error:
            left_out.append(f"{row.place}: {error}")
    return build_partial(HEADER, tasks, problems, file, left_out)


def _ids(row: TableRow, key: str) -> list[str]:
    """Test ids, as a list or as JSON text of one.

    Raises:
        TaskFault: it is neither.
    """
    value = row.values.get(key)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise TaskFault(f"{key}: not JSON: {error}") from None
    if not isinstance(value, list) or not all(isinstance(test, str) for test in value):
        raise TaskFault(f"{key}: expected a list of test ids, or JSON text of one, found {value!r:.60}")
    return value


def _task(row: TableRow, place: Path, ids: Mapping[str, list[str]]) -> Mapping[str, Any]:
    """A task of a row whose snapshot exists.

    Raises:
        TaskFault: the snapshot, the test patch or the ids do not fit one another.
    """
    values = row.values
    before = dict(read_snapshot(place).files)
    try:
        after = apply_patch(before, unix(values["test_patch"]))
    except PatchFault as error:
        raise TaskFault(f"test_patch does not apply to {place}: {error}") from None
    named = {test.partition("::")[0] for key in ids for test in ids[key]}
    changed = {name for name, text in after.items() if before.get(name) != text}
    if not ids["FAIL_TO_PASS"]:
        raise TaskFault("FAIL_TO_PASS: expected at least one test id, found none")
    if lost := sorted(name for name in named if name not in after):
        raise TaskFault(f"FAIL_TO_PASS or PASS_TO_PASS: expected ids such as tests/test_x.py::test_y, no file {lost[0]!r}")
    tests = {name: after[name] for name in sorted(named | changed)}
    licence = str(values.get("licence") or values.get("license") or "")
    trainable = may_train(licence)
    return {
        "id": values["instance_id"],
        "group": values["repo"],
        "split": _split(values, trainable=trainable),
        "tags": [values["repo"].replace("/", "__")],
        "prompt": _PROMPT.format(issue=unix(values["problem_statement"]).strip()),
        "starter": {name: text for name, text in before.items() if name not in tests},
        "golden": unix(values["patch"]),
        "tests": tests,
        "fail_to_pass": ids["FAIL_TO_PASS"],
        "pass_to_pass": ids["PASS_TO_PASS"],
        "licence": licence,
        "train_ok": trainable,
        "source": row.place,
    }


def _split(values: Mapping[str, Any], *, trainable: bool) -> str:
    if "split" not in values or not trainable:
        return "holdout"
    split = _SPLITS.get(str(values["split"]))
    if split is None:
        raise TaskFault(f"split: expected one of {', '.join(_SPLITS)}, found {values['split']!r:.40}")
    return split
