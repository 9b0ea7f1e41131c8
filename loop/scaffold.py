"""``goldloop init``: a project that runs at once, small enough to read in a minute.

Its suite is copied from ``loop/examples/KIND``, one suite for each kind of task.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from evals.errors import BadInput
from evals.files import write_atomic, write_json
from loop.config import config_schema

SCHEMA_FILE = "goldloop.schema.json"
EXAMPLES = Path(__file__).parent / "examples"
KINDS: Mapping[str, str] = {
    "function": "`golden.py` (a right answer) and `checks.py` (plain asserts)",
    "stdin": "`golden.py` (a right program) and `cases.jsonl` (what it reads and what it must print)",
    "sql": "`golden.sql` (a right query) and `starter/` (the database, with other data sets)",
    "tests": "`golden.py` (a right file), `starter/` (the rest of the project) and `tests/` (pytest files)",
    "patch": "`golden.diff` (a right change), `starter/` (the project) and `tests/` (pytest files)",
    "react": "`golden.tsx` (a right component) and `tests/` (vitest files)",
}
"""Kinds of example suites, with what a task's folder holds beside ``prompt.md``."""

_CONFIG = """\
# yaml-language-server: $schema={schema}
# Every key and its meaning: goldloop config schema. Override one on the command line: --set finetune.learning_rate=1e-4
name: first
model: smollm2-135m-instruct   # a hub id, a local folder or a GGUF file works the same way

suites:
  target: [suites/{suite}]{space}# what the model shall learn
  guard: []                    # what it must not unlearn, e.g. [basics]

finetune:
  learning_rate: 1.0e-3
  num_train_epochs: 3
  batch_size: 4
"""

_README = """\
# A goldloop project
`goldloop run --anyway` evaluates the model on `suites/{suite}`, trains on what it failed, and says whether it got better.
A task is a folder: `prompt.md` (with its split and group), {parts}.
Give every task a `group`; a group is either for training or in the holdout. {count} tasks prove nothing, hence
`--anyway`: write more. `goldloop validate` says how many it takes.
`goldloop goldens verify suites/{suite}` proves your goldens; `goldloop doctor` says what this machine can do.
"""
_NUMBERS = {3: "Three", 4: "Four"}


def init_project(folder: Path, kind: str = "function") -> list[Path]:
    """Write the project, with an example suite of a kind (one of ``KINDS``); returns its files.

    Raises:
        BadInput: no such kind; or the folder holds a project, or other files, already: nothing is overwritten.
    """
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, 1)
        meant = f" (did you mean {near[0]!r}?)" if near else ""
        raise BadInput(f"--kind {kind}: no such kind of example{meant}; expected one of {', '.join(KINDS)}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder}: exists already and is not empty; give a new folder")
    suite = example_suite(kind)
    count = _NUMBERS[len(list(suite.glob("*/prompt.md")))]
    space = " " * max(1, 18 - len(suite.name) - 3)
    files = {
        folder / "goldloop.yaml": _CONFIG.format(schema=SCHEMA_FILE, suite=suite.name, space=space).encode(),
        folder / "README.md": _README.format(suite=suite.name, parts=KINDS[kind], count=count).encode(),
    }
    for file in sorted(suite.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            files[folder / "suites" / file.relative_to(suite.parent)] = file.read_bytes()
    for file, data in files.items():
        write_atomic(file, data)
    write_json(folder / SCHEMA_FILE, config_schema())
    return sorted([*files, folder / SCHEMA_FILE])


def example_suite(kind: str) -> Path:
    """The folder of the example suite of a kind."""
    return next(file.parent for file in (EXAMPLES / kind).glob("*/suite.yaml"))
