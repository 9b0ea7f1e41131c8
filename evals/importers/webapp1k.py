"""WebApp1K (Cui 2024, arXiv:2409.05177): React components from their tests, ``files.jsonl.gz``, one row a file.

Holdout only: the benchmark ships tests and no solutions, so the tasks have no golden to prove them by or to train on, and
``goldens verify`` lists them as unproved. ``import_single`` reads the thousand tests of one feature, ``import_duo`` those of
two. The group of a task is its scenario (``blogging``, ``ecommerce``, ...), so that a split by scenario stays one.
The tests are jest's: ``jest`` becomes ``vi``, and the component that each imports by a name of its own is ``src/App.jsx``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from evals.errors import TaskFault
from evals.importers import build_suite, find_file, missing, of_row, unix
from evals.records import Limits
from evals.tables import TableRow, read_rows
from evals.validation import Suite, SuiteHeader

FILES = ("files.jsonl.gz", "files.jsonl")
ENTRY = "src/App.jsx"
TEST = "tests/App.test.jsx"
_WANTED = {"path": str, "text": str}
_COMPONENT = re.compile(r"""^(import\s+[\w\s{},*]+?\s+from\s+)(['"])\./[^'"]+\2""", re.MULTILINE)
_PROMPT = """Write the React component of `src/App.jsx`, its default export, that passes these tests.

```jsx
{test}
```

React 18, react-router-dom 6 and `fetch` are there, no other packages. Answer with the complete file in one code block."""


def import_single(path: Path) -> Suite:
    """Read the tests of one feature each.

    Raises:
        BadInput: the file is not WebApp1K's.
    """
    return _import(path, "tests", "webapp1k", "WebApp1K: React components of one feature from their tests (Cui 2024).")


def import_duo(path: Path) -> Suite:
    """Read the tests of two features each.

    Raises:
        BadInput: the file is not WebApp1K's.
    """
    return _import(path, "duo_tests", "webapp1k-duo", "WebApp1K-Duo: React components of two features from their tests.")


def _import(path: Path, folder: str, name: str, description: str) -> Suite:
    header = SuiteHeader(
        name=name,
        description=description,
        kind="tests",
        language="javascript",
        licence="MIT",
        system="You write React components. Answer with one code block.",
        limits=Limits(wall_seconds=60.0, memory_mb=2048, processes=64),
    )
    file = find_file(path, FILES)
    problems: list[str] = []
    rows = read_rows(file, problems)
    tasks: list[Mapping[str, Any]] = []
    for row in rows:
        if row_problems := missing(row, _WANTED):
            problems += of_row(row, row_problems)
        elif PurePosixPath(row.values["path"]).parts[:1] == (folder,) and row.values["path"].endswith(".test.js"):
            try:
                tasks.append(_task(row))
            except TaskFault as error:
                problems += of_row(row, [f"{row.place}: {error}"])
    if not tasks and not problems:
        problems.append(f"{file}: expected rows whose path is {folder}/react/SCENARIO/NAME.test.js, found none")
    return build_suite(header, tasks, problems, path)


def _task(row: TableRow) -> Mapping[str, Any]:
    scenario, name = PurePosixPath(row.values["path"]).parts[-2:]
    test = convert(unix(row.values["text"]))
    return {
        "id": f"{scenario}.{name.removesuffix('.test.js')}",
        "group": scenario,
        "split": "holdout",
        "tags": [scenario],
        "prompt": _PROMPT.format(test=test.strip()),
        "golden": "",
        "entry": ENTRY,
        "tests": {TEST: test},
        "source": row.place,
    }


def convert(test: str) -> str:
    """A jest test of one component as a vitest test of ``src/App.jsx``.

    Raises:
        TaskFault: it imports no component.
    """
    converted, components = _COMPONENT.subn(r"\1\2../src/App\2", test)
    if not components:
        raise TaskFault("expected an import of the component from './NAME', found none")
    return re.sub(r"\bjest\.(?=\w)", "vi.", converted)
