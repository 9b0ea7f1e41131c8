"""Datasets of the ``datasets`` library by name: the Arrow files in its cache. A folder of ``save_to_disk`` needs no library."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from evals.errors import BadInput, install_command


def dataset_files(given: str) -> Iterator[tuple[Path, str]]:
    """The files of ``hf:NAME`` or ``hf:NAME:split`` and their names for reports, ``hf:NAME:split/file``.

    Raises:
        BadInput: the library is missing, it cannot load the dataset, or the dataset has no files.
    """
    try:
        datasets = import_module("datasets")
    except ImportError:
        raise BadInput(f"{given}: needs datasets: {install_command('datasets')}") from None
    name, _, split = given.removeprefix("hf:").partition(":")
    try:
        loaded = datasets.load_dataset(name, split=split or None)
    except Exception as error:  # the library raises whatever its loaders raise
        raise BadInput(f"{given}: datasets cannot load it: {type(error).__name__}: {error}"[:500]) from None
    for part, dataset in ({split: loaded} if split else loaded).items():
        files = [Path(item["filename"]) for item in dataset.cache_files]
        if not files or getattr(dataset, "_indices", None) is not None:
            raise BadInput(f"{given}: not stored as files; save it with Dataset.save_to_disk and give that folder")
        yield from ((file, f"hf:{name}:{part}/{file.name}") for file in files)
