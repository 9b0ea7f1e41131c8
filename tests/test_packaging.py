"""What an installed goldloop needs beside Python modules is declared as package data."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_file_that_is_no_module_is_package_data_and_every_package_is_listed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    tops = {name.partition(".")[0] for name in settings["packages"]}
    missing = []
    for top in sorted(tops):
        covered = {file for pattern in settings["package-data"].get(top, ()) for file in (ROOT / top).glob(pattern)}
        for file in (ROOT / top).rglob("*"):
            if not file.is_file() or "__pycache__" in file.parts or file in covered:
                continue
            package = ".".join(file.parent.relative_to(ROOT).parts)
            if file.suffix != ".py" or package not in settings["packages"]:
                missing.append(str(file.relative_to(ROOT)))
    assert missing == []
