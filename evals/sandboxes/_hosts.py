"""What a job's command stands for on this machine, and what it may read here. Not for containers, which have their own."""

from __future__ import annotations

import os
import shutil
import site
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence, Set
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


def package_folders() -> list[Path]:
    """Where installed packages lie, and so perhaps goldloop's suites with their goldens; and goldloop itself."""
    versions = [Path(os.__file__).resolve().parent, *Path("/usr/lib").glob("python3*"), *Path("/usr/local/lib").glob("python3*")]
    found = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")} | {Path(name) for name in site.getsitepackages()}
    found |= {version / name for version in versions for name in ("site-packages", "dist-packages")}
    own = Path(__file__).resolve().parent.parent
    return sorted({own, own.parent, *(folder.resolve() for folder in found)})


def without(folders: Sequence[str], hidden: Sequence[Path]) -> Iterator[str]:
    """The folders, and instead of one that holds a hidden one, what lies beside that. An interpreter is never hidden."""
    closed = {*hidden} - {*Path(sys.executable).resolve().parents}
    opened = {folder for other in hidden for folder in (other, *other.parents)} - closed
    for folder in folders:
        yield from _beside(Path(folder).resolve(), opened, closed)


def _beside(path: Path, opened: Set[Path], closed: Set[Path]) -> Iterator[str]:
    """A resolved path, or what lies in it where it is to be opened."""
    if path in opened:
        with os.scandir(path) as entries:
            for entry in entries:
                inner = path / entry.name
                if entry.is_symlink() and (inner := inner.resolve()) in (path, *path.parents):
                    continue
                yield from _beside(inner, opened, closed)
    elif path not in closed:
        yield str(path)


def out_of_memory() -> int:
    """How many processes this machine has killed for want of memory; 0 where it does not say."""
    try:
        counters = dict(line.split() for line in Path("/proc/vmstat").read_text().splitlines())
    except OSError:
        return 0
    return int(counters.get("oom_kill", 0))


def filled(part: str, names: Mapping[str, str]) -> str:
    """A part of a command with ``{python}`` and the like replaced."""
    for name, value in names.items():
        part = part.replace(name, value)
    return part
