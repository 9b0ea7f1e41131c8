r"""An importer from outside the package: a benchmark of one line a task, as a suite.

Use it from a checkout, wherever a suite's name is expected::

    python -m loop goldens verify examples.toy_importer:read_toy:examples/data/toy.txt
    python -m loop import examples.toy_importer:read_toy examples/data/toy.txt --out suites/toy

Each line is ``id | split | prompt | golden | check``, with ``\n`` for a line end; lines that start with ``#`` are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.errors import BadInput
from evals.importers import build_suite
from evals.suites import Suite, SuiteHeader

_KEYS = ("id", "split", "prompt", "golden", "checks")


def read_toy(path: Path) -> Suite:
    """The suite in a file of such lines.

    Raises:
        BadInput: the file cannot be read, or a line is not of that form; every finding with its line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read: {error}; give a file of lines `{' | '.join(_KEYS)}`") from None
    problems: list[str] = []
    tasks: list[Mapping[str, Any]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip().replace("\\n", "\n") for part in line.split(" | ")]
        if len(parts) == len(_KEYS):
            values = dict(zip(_KEYS, parts, strict=True))
            tasks.append({**values, "group": values["id"], "source": f"{path}:{number}"})
        else:
            problems.append(f"{path}:{number}: expected `{' | '.join(_KEYS)}`, found {len(parts)} parts")
    header = SuiteHeader(name="toy", description="Three functions, one line each.", licence="CC0-1.0")
    return build_suite(header, tasks, problems, path)
