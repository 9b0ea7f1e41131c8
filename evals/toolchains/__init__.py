"""Toolchains: pinned packages that jobs in a sandbox may read. Found in the user's cache, or built there once.

A toolchain is a folder here with ``package.json`` (exact versions) and ``package-lock.json`` (their digests, no
addresses); its name in the cache carries the digest of both, so an edited toolchain is another one. On the disk it is
whole or absent. Does not cover images: a container engine installs the same two files (``read_toolchain``) in its own.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from evals.errors import SandboxFault
from evals.files import digest, write_json

TOOLCHAINS: Mapping[str, tuple[str, ...]] = {"web": ("package.json", "package-lock.json")}
"""By name: the files that define it, in the folder of that name here. Add one: a folder and a row."""

LEAST_NODE = (20, 19)
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund")
_MARKER = "toolchain.json"
_BUILD_SECONDS = 900.0


def read_toolchain(name: str) -> dict[str, bytes]:
    """The files that define a toolchain, by name.

    Raises:
        SandboxFault: there is no such toolchain.
    """
    if name not in TOOLCHAINS:
        raise SandboxFault(f"toolchain {name!r}: there is none; there are: {', '.join(sorted(TOOLCHAINS))}")
    folder = Path(__file__).parent / name
    return {file: (folder / file).read_bytes() for file in TOOLCHAINS[name]}


def modules_script() -> bytes:
    """The program that makes the web toolchain's archive of compiled modules, and reads it (``evals.sandboxes._modules``)."""
    return (Path(__file__).parent / "web" / "modules.cjs").read_bytes()


def modules_version() -> str:
    """What the name of an archive carries: archives of another form are others."""
    return digest(modules_script().decode()).removeprefix("b2:")[:12]


def toolchain_digest(name: str) -> str:
    """Digest of the files that define a toolchain.

    Raises:
        SandboxFault: there is no such toolchain.
    """
    return digest({file: data.decode() for file, data in read_toolchain(name).items()})


def base_folder() -> Path:
    """Where everything lies that is built once for jobs: ``$GOLDLOOP_TOOLCHAINS``, else a folder of the user's cache."""
    given = os.environ.get("GOLDLOOP_TOOLCHAINS")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (Path(given) if given else cache / "goldloop" / "toolchains").absolute()


def toolchain_folder(name: str) -> Path:
    """Where a toolchain is or would be: below ``$GOLDLOOP_TOOLCHAINS``, else in the user's cache.

    Raises:
        SandboxFault: there is no such toolchain.
    """
    return base_folder() / f"{name}-{toolchain_digest(name).removeprefix('b2:')[:16]}"


def find_toolchain(name: str) -> Path | None:
    """The folder with a toolchain's ``node_modules``, or None if it has not been built.

    Raises:
        SandboxFault: there is no such toolchain.
    """
    folder = toolchain_folder(name)
    return folder if (folder / _MARKER).is_file() else None


def build_toolchain(name: str, *, report: Callable[[str], None] = lambda line: None) -> Path:
    """Install a toolchain where it is missing, from the registry that npm is set to; returns its folder.

    Raises:
        SandboxFault: npm or Node.js is missing or too old, or the installation failed; with the fix.
    """
    built = find_toolchain(name)
    if built is not None:
        return built
    target = toolchain_folder(name)
    npm = _require_npm(name)
    report(f"toolchain {name}: installing {target} (once; about 170 MB)")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=target.parent, ignore_cleanup_errors=True) as made:
            folder = Path(made) / target.name
            folder.mkdir(mode=0o755)
            for file, data in read_toolchain(name).items():
                (folder / file).write_bytes(data)
            _install(npm, folder, name)
            write_json(folder / _MARKER, {"digest": toolchain_digest(name), "machine": platform.machine()})
            put_whole(folder, target, _MARKER)
    except OSError as error:
        raise SandboxFault(f"toolchain {name}: {target} cannot be written ({error}); set GOLDLOOP_TOOLCHAINS") from None
    report(f"toolchain {name}: {target}")
    return target


def put_whole(folder: Path, target: Path, marker: str) -> None:
    """Move a folder that is whole, as its marker says, to its place; if another process was first, its copy is used."""
    if (target / marker).is_file():
        return
    if target.exists():  # a folder without its marker is an incomplete copy
        shutil.rmtree(target)
    try:
        folder.rename(target)
    except OSError:
        if not (target / marker).is_file():
            raise


def _require_npm(name: str) -> str:
    """The path of npm.

    Raises:
        SandboxFault: it or Node.js is missing or too old.
    """
    least = ".".join(map(str, LEAST_NODE))
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        missing = "npm" if npm is None else "node"
        raise SandboxFault(f"toolchain {name}: {missing} was not found on PATH; install Node.js {least} or newer (with npm)")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    version = re.match(r"v(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < LEAST_NODE:
        raise SandboxFault(f"toolchain {name}: {node} is {said or 'silent about its version'}; install Node.js {least} or newer")
    return npm


def _install(npm: str, folder: Path, name: str) -> None:
    try:
        done = subprocess.run(
            [npm, *INSTALL], cwd=folder, capture_output=True, text=True, errors="replace", check=False, timeout=_BUILD_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise SandboxFault(
            f"toolchain {name}: npm ci took longer than {_BUILD_SECONDS:g} s; is the registry reachable?"
        ) from None
    if done.returncode != 0 or not (folder / "node_modules").is_dir():
        said = " ".join(line for line in done.stderr.splitlines() if "A complete log" not in line)[-600:]
        raise SandboxFault(
            f"toolchain {name}: `npm {' '.join(INSTALL)}` failed with exit code {done.returncode}: {said or 'it said nothing'}; "
            "check the registry (`npm config get registry`) and the free space"
        )
