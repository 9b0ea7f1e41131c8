"""One stage, one folder: done when its manifest is there, resumable while it is not, refused when its inputs changed."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from evals.errors import BadInput
from evals.files import MANIFEST, digest, read_json, write_json

_STARTED = "inputs.json"


def code_version() -> str:
    """The installed version of goldloop."""
    try:
        return importlib.metadata.version("goldloop")
    except importlib.metadata.PackageNotFoundError:
        return "source"


def is_done(folder: Path) -> bool:
    """Whether a stage is complete: its manifest exists."""
    return (folder / MANIFEST).is_file()


def stage(folder: Path, inputs: Mapping[str, Any], work: Callable[[Path], Mapping[str, Any]]) -> dict[str, Any]:
    """Do the work of a stage unless it is done already; returns the manifest.

    ``work`` gets the folder and returns what the manifest should say beside the inputs: counts in, out, and dropped by
    reason. The manifest is written last.

    Raises:
        BadInput: the folder holds work on other inputs; the message names those that differ.
    """
    wanted = {name: value if isinstance(value, (str, int, float)) else digest(value) for name, value in inputs.items()}
    for name in (MANIFEST, _STARTED):
        if (folder / name).is_file():
            found = read_json(folder / name)["inputs"]
            if found != wanted:
                keys = sorted(k for k in found.keys() | wanted.keys() if found.get(k) != wanted.get(k))
                raise BadInput(
                    f"{folder}: was made from other inputs ({', '.join(keys)} differ); take another run name "
                    "(--set name=...) or remove the folder"
                )
    if is_done(folder):
        manifest: dict[str, Any] = read_json(folder / MANIFEST)
        return manifest
    folder.mkdir(parents=True, exist_ok=True)
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
