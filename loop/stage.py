"""One stage, one folder: done when its manifest is there, resumable while it is not, refused when its inputs changed."""

from __future__ import annotations

import fcntl
import importlib.metadata
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evals.errors import BadInput
from evals.files import MANIFEST, digest, read_json, write_json

_STARTED, _LOCK = "inputs.json", ".lock"


def code_version() -> str:
    """The installed version of goldloop."""
    try:
        return importlib.metadata.version("goldloop")
    except importlib.metadata.PackageNotFoundError:
        return "source"


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """A lock that the kernel drops when the process dies, however it dies.

    Raises:
        BadInput: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(f"{folder}: another goldloop is at work in this folder; wait for it, or give another one") from None
        yield


def is_done(folder: Path) -> bool:
    """Whether a stage is complete: its manifest exists."""
    return (folder / MANIFEST).is_file()


def was_started(folder: Path) -> bool:
    """Whether a stage began its work here, and perhaps ended it."""
    return (folder / MANIFEST).is_file() or (folder / _STARTED).is_file()


def _holds_work(folder: Path) -> bool:
    return folder.is_dir() and any(path.name not in (_STARTED, _LOCK) for path in folder.iterdir())


def stage(folder: Path, inputs: Mapping[str, Any], work: Callable[[Path], Mapping[str, Any]]) -> dict[str, Any]:
    """Do the work of a stage unless it is done already; returns the manifest.

    ``work`` gets the folder and returns what the manifest should say beside the inputs: counts in, out, and dropped by
    reason. The manifest is written last.

    Raises:
        BadInput: the folder holds work on other inputs, and the message names those that differ; or another process is at it.
    """
    wanted = {name: value if isinstance(value, (str, int, float)) else digest(value) for name, value in inputs.items()}
    for name in (MANIFEST, _STARTED) if _holds_work(folder) else ():
        if (folder / name).is_file():
            found = read_json(folder / name)["inputs"]
            if found != wanted:
                keys = sorted(k for k in found.keys() | wanted.keys() if found.get(k) != wanted.get(k))
                raise BadInput(
                    f"{folder}: was made from other inputs ({', '.join(keys)} differ); take another run name "
                    "(--set name=...), another --out, or remove the folder"
                )
    if is_done(folder):
        manifest: dict[str, Any] = read_json(folder / MANIFEST)
        return manifest
    with only_one(folder):
        write_json(folder / _STARTED, {"inputs": wanted})
        start = time.monotonic()
        outcome = work(folder)
    manifest = {
        "stage": folder.name,
        "inputs": wanted,
        "version": code_version(),
        "seconds": round(time.monotonic() - start, 1),
        **outcome,
    }
    write_json(folder / MANIFEST, manifest)
    return manifest
