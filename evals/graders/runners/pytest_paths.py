"""Where a Python project's own configuration says that its modules lie, read on the host from the task's files.

Covers ``pythonpath`` in ``pyproject.toml``, ``pytest.ini``, ``tox.ini`` and ``setup.cfg``, and a ``src`` folder that the settings
of packaging name. An answer cannot write these files. What is malformed or leads out of the project is left out.
"""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

_INI = {"pytest.ini": "pytest", ".pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}


def import_paths(project: Mapping[str, str]) -> list[str]:
    """Folders of a project to import from, beside its root, relative to it, in order."""
    listed = [*_of_toml(project.get("pyproject.toml", "")), *(path for name in _INI for path in _of_ini(project, name))]
    paths = [str(PurePosixPath(path)) for path in listed if not PurePosixPath(path).is_absolute()]
    return [path for path in dict.fromkeys(paths) if path != "." and ".." not in PurePosixPath(path).parts]


def _of_toml(text: str) -> Iterator[str]:
    try:
        tool = _table(tomllib.loads(text), "tool")
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    pytest = _table(tool, "pytest")
    yield from _strings(_table(pytest, "ini_options").get("pythonpath", pytest.get("pythonpath")))
    setuptools = _table(tool, "setuptools")
    yield from _strings(_table(_table(setuptools, "packages"), "find").get("where"))
    yield from _strings(_table(setuptools, "package-dir").get(""))
    packages = _table(_table(_table(tool, "hatch"), "build"), "targets")
    for package in _strings(_table(packages, "wheel").get("packages")):
        yield str(PurePosixPath(package).parent)
    listed = _table(tool, "poetry").get("packages")
    for package in listed if isinstance(listed, list) else ():
        yield from _strings(package.get("from") if isinstance(package, dict) else None)


def _of_ini(project: Mapping[str, str], name: str) -> Iterator[str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(project.get(name, ""))
    except configparser.Error:
        return
    yield from parser.get(_INI[name], "pythonpath", fallback="").split()
    if name == "setup.cfg":
        yield from parser.get("options.packages.find", "where", fallback="").split()
        for line in parser.get("options", "package_dir", fallback="").splitlines():
            package, equals, path = line.partition("=")
            if equals and not package.strip():
                yield path.strip()


def _table(value: Any, key: str) -> Mapping[str, Any]:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _strings(value: Any) -> list[str]:
    """A list of text, or one text with paths in it."""
    if isinstance(value, str):
        return value.split()
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
