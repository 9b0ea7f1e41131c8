"""One stage, one folder: done once its manifest exists, resumable until then, refused when its inputs changed."""

from __future__ import annotations

import fcntl
import importlib.metadata
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from evals.errors import BadInput
from evals.files import MANIFEST, digest, read_json, write_json
from loop.machine import machine_facts, utc_now

_STARTED, _LOCK = "inputs.json", ".lock"
_LOCK_TRIES = 5


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
    with (folder / _LOCK).open("a+") as handle:
        if not _lock(handle):
            raise BadInput(f"{folder}: another goldloop is working in this folder; wait for it, or give another one")
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def _lock(handle: IO[str]) -> bool:
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)  # another process may just be checking, see lock_holder
        else:
            return True
    return False


def lock_holder(folder: Path) -> int | None:
    """The process that works in a folder, 0 if it did not record its id; None without one, whatever a file says."""
    try:
        with (folder / _LOCK).open() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                written = handle.read().strip()
                return int(written) if written.isdigit() else 0
    except FileNotFoundError:
        pass
    return None


def is_done(folder: Path) -> bool:
    """Whether a stage is complete: its manifest exists."""
    return (folder / MANIFEST).is_file()


def was_started(folder: Path) -> bool:
    """Whether a stage started its work here, finished or not."""
    return (folder / MANIFEST).is_file() or (folder / _STARTED).is_file()


def _holds_work(folder: Path) -> bool:
    return folder.is_dir() and any(path.name not in (_STARTED, _LOCK) for path in folder.iterdir())


def was_made_from(folder: Path, inputs: Mapping[str, Any]) -> bool:
    """Whether a finished stage had exactly these inputs."""
    return is_done(folder) and read_json(folder / MANIFEST).get("inputs") == _named(inputs)


def _named(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, (str, int, float)) else digest(value) for name, value in inputs.items()}


def _first_start(folder: Path) -> str:
    """When the work here began, by whichever process; one that was killed left the time."""
    kept = read_json(folder / _STARTED) if _holds_work(folder) and (folder / _STARTED).is_file() else {}
    return str(kept.get("started") or utc_now())


def stage(folder: Path, inputs: Mapping[str, Any], work: Callable[[Path], Mapping[str, Any]]) -> dict[str, Any]:
    """Do the work of a stage unless it is done already; returns the manifest.

    ``work`` gets the folder and returns what the manifest should say beside the inputs: counts in, out, and dropped by
    reason. The manifest is written last; its ``seconds`` are those of the process that ended the work, and ``made`` says when
    it began and ended, and on what machine.

    Raises:
        BadInput: the folder holds work on other inputs, and the message names those that differ; or another process works on it.
    """
    wanted = _named(inputs)
    for name in (MANIFEST, _STARTED) if _holds_work(folder) else ():
        if (folder / name).is_file():
            written = read_json(folder / name)["inputs"]
            if written != wanted:
                keys = sorted(k for k in written.keys() | wanted.keys() if written.get(k) != wanted.get(k))
                raise BadInput(
                    f"{folder}: was made from other inputs ({', '.join(keys)} differ); take another run name "
                    "(--set name=...), another --out, or remove the folder"
                )
    if is_done(folder):
        manifest: dict[str, Any] = read_json(folder / MANIFEST)
        return manifest
    with only_one(folder):
        first = _first_start(folder)
        write_json(folder / _STARTED, {"inputs": wanted, "started": first})
        start = time.monotonic()
        outcome = work(folder)
    manifest = {
        "stage": folder.name,
        "inputs": wanted,
        "version": code_version(),
        "seconds": round(time.monotonic() - start, 1),
        "made": {"started": first, "ended": utc_now(), "machine": machine_facts().model_dump(mode="json")},
        **outcome,
    }
    write_json(folder / MANIFEST, manifest)
    return manifest
