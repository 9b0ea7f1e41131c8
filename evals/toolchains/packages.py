"""Environments of Python packages for tasks that name some (``Task.packages``): a folder for each set, built once.

The folder lies beside the toolchains in the user's cache; its name carries the digest of the set and of the interpreter's
version. A sandbox shows it to the job, read-only, and the job imports from it after the standard library; jobs of tasks
that name no packages see none. Wheels only: nothing of a package runs while it is installed. Does not cover packages of
JavaScript, which are the web toolchain's.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.errors import SandboxFault, ToolchainMissing
from evals.files import digest, write_json
from evals.toolchains import base_folder, put_whole

_PINNED = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?(?:\[[\w,. -]+\])?==[A-Za-z0-9][\w.!+-]*")
_MARKER = "packages.json"
_PYTHON = f"{platform.python_implementation().lower()}-{sys.version_info.major}.{sys.version_info.minor}"
_BUILD_SECONDS = 1800.0


def is_pinned(package: str) -> bool:
    """Whether this names one version of one package: ``NAME==VERSION``."""
    return _PINNED.fullmatch(package) is not None


def environment_folder(packages: Sequence[str]) -> Path:
    """Where the environment of a set of packages is or would be."""
    made_from = digest({"packages": sorted(set(packages)), "python": _PYTHON, "machine": platform.machine()})
    return base_folder() / f"packages-{made_from.removeprefix('b2:')[:16]}"


def import_paths(packages: Sequence[str]) -> list[str]:
    """The folders that a job with these packages imports from; none for no packages.

    Raises:
        ToolchainMissing: the environment has not been built.
    """
    if not packages:
        return []
    folder = environment_folder(packages)
    if not (folder / _MARKER).is_file():
        raise ToolchainMissing(f"the environment of {', '.join(packages)} is not here: goldloop images build SUITE")
    return [str(folder)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A built environment: what was asked for, and all that is in it, as ``NAME==VERSION``."""

    packages: tuple[str, ...]
    installed: tuple[str, ...]
    folder: Path


def built_environments() -> Iterator[Environment]:
    """The environments that are there, for this interpreter."""
    for marker in sorted(base_folder().glob(f"packages-*/{_MARKER}")):
        made = json.loads(marker.read_bytes())
        if made["python"] == _PYTHON:
            yield Environment(packages=tuple(made["packages"]), installed=tuple(made["installed"]), folder=marker.parent)


def build_environment(
    packages: Sequence[str], *, offline: bool = False, report: Callable[[str], None] = lambda line: None
) -> Path:
    """Install a set of packages where it is missing, with pip from the index that it is set to; returns the folder.

    With ``offline`` no index is asked: pip takes the wheels below the folders that it is set to (``find-links``).

    Raises:
        SandboxFault: pip is missing, or the installation failed; with the fix.
    """
    named = ", ".join(packages)
    target = environment_folder(packages)
    if (target / _MARKER).is_file():
        report(f"packages {named}: {target} is there")
        return target
    if importlib.util.find_spec("pip") is None:
        raise SandboxFault(f"packages {named}: there is no pip beside goldloop: {sys.executable} -m ensurepip")
    report(f"packages {named}: installing {target}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".packages-", dir=target.parent, ignore_cleanup_errors=True) as made:
            folder = Path(made) / target.name
            folder.mkdir(mode=0o755)
            _install(packages, folder, offline=offline)
            content = {"packages": sorted(set(packages)), "installed": sorted(_installed(folder)), "python": _PYTHON}
            write_json(folder / _MARKER, content)
            put_whole(folder, target, _MARKER)
    except OSError as error:
        raise SandboxFault(f"packages {named}: {target} cannot be written ({error}); set GOLDLOOP_TOOLCHAINS") from None
    report(f"packages {named}: {target}")
    return target


def _install(packages: Sequence[str], folder: Path, *, offline: bool) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--only-binary", ":all:", "--target", str(folder), *(["--no-index"] if offline else []), *sorted(set(packages))]
    named = ", ".join(packages)
    old = os.umask(0o022)  # other users' sandboxes read it
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=_BUILD_SECONDS)
    except subprocess.TimeoutExpired:
        raise SandboxFault(f"packages {named}: pip took longer than {_BUILD_SECONDS:g} s; is the index reachable?") from None
    finally:
        os.umask(old)
    if done.returncode:
        said = " ".join(line for line in done.stderr.splitlines() if line.startswith("ERROR"))[-600:] or done.stderr[-400:]
        wheels = "are the wheels below a folder that pip is set to (PIP_FIND_LINKS)?" if offline else "see `pip config list`"
        raise SandboxFault(f"packages {named}: pip failed with exit code {done.returncode}: {said.strip()}; {wheels}")
    shutil.rmtree(folder / "bin", ignore_errors=True)  # scripts that start this interpreter, which no job has


def _installed(folder: Path) -> Iterator[str]:
    for info in folder.glob("*.dist-info"):
        name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
        yield f"{name}=={version}"
