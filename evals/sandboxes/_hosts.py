"""What a job's command stands for on this machine: interpreters and toolchains. Not for containers, which have their own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from evals.errors import ToolchainMissing


def node_program() -> str:
    """The path of Node.js.

    Raises:
        ToolchainMissing: there is none.
    """
    program = shutil.which("node")
    if program is None:
        raise ToolchainMissing("node is not installed: install Node.js 20 or newer, or use the Docker sandbox")
    return str(Path(program).resolve())


def installed_toolchain(name: str) -> str:
    """The folder that holds a toolchain's ``node_modules``.

    Raises:
        ToolchainMissing: it has not been installed.
    """
    from evals.toolchains import find_toolchain

    folder = find_toolchain(name)
    if folder is None:
        raise ToolchainMissing(f"the {name} toolchain is not here: goldloop images build")
    return str(folder)


def filled(part: str, names: Mapping[str, str]) -> str:
    """A part of a command with ``{python}`` and the like replaced."""
    for name, value in names.items():
        part = part.replace(name, value)
    return part
