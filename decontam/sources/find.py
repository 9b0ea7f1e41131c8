"""From what the user names (files, globs, folders, datasets) to sources, each file once, in the order of their names.

In folders, hidden and unknown files are skipped and counted in the notes; a file that is named explicitly is examined.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from glob import glob, has_magic
from pathlib import Path

from decontam.sources.base import Found, Source
from decontam.sources.hub import dataset_files
from decontam.sources.sniff import METADATA, extension, is_special, sniff
from evals.errors import BadInput

OF_AN_AUDIT = {"summary.json", "matches.parquet", "documents.parquet", "items.parquet"}
OF_CLEANING = ("manifest.json", "removed.jsonl")


def is_of_cleaning(path: Path) -> bool:
    """Whether a file is what ``--clean`` writes beside the cleaned data."""
    return path.name in OF_CLEANING and all((path.parent / name).is_file() for name in OF_CLEANING)


def find_sources(paths: Sequence[str]) -> Found:
    """All files to read.

    Names are files, globs (``**`` too), folders, folders of ``Dataset.save_to_disk``, ``hf:NAME`` or ``hf:NAME:split``.

    Raises:
        BadInput: a path is missing, not readable, binary, or there is nothing to read at all.
    """
    files: dict[str, tuple[Path, str, bool]] = {}  # by real path: path, name, named explicitly
    notes: list[str] = []
    skipped: Counter[str] = Counter()
    for path, name, named in (item for given in paths for item in expand(given, skipped)):
        real = os.path.realpath(path)
        if real not in files:
            files[real] = (path, name, named)
        else:
            same = files[real][1]
            notes.append(f"{name}: given twice, read once" if same == name else f"{name}: the same file as {same}, read once")
    sources = []
    for path, name, named in files.values():
        source = sniff(path, name, named)
        if isinstance(source, Source):
            sources.append(source)
        else:
            skipped[source] += 1
    if skipped:
        listed = ", ".join(f"{count} {what}" for what, count in sorted(skipped.items()))
        notes.append(f"skipped in folders: {listed}")
    if not sources:
        raise BadInput(f"{', '.join(paths) or 'no path given'}: nothing to read" + (f" ({notes[-1]})" if skipped else ""))
    return Found(sources=tuple(sorted(sources, key=lambda source: source.name)), notes=tuple(dict.fromkeys(notes)))


def expand(given: str, skipped: Counter[str]) -> Iterator[tuple[Path, str, bool]]:
    """The files behind one argument: path, name, and whether it was named explicitly rather than found in a folder.

    Raises:
        BadInput: there is nothing.
    """
    if given.startswith("hf:"):
        yield from ((path, name, True) for path, name in dataset_files(given))
        return
    if not given.strip():
        raise BadInput("an empty name: give a file, a folder or a glob (. is this folder)")
    path = Path(given).expanduser()
    if path.exists() or not has_magic(given):
        yield from expand_path(path, given, skipped)
        return
    hits = sorted(glob(str(path), recursive=True))  # noqa: PTH207  (Path.glob takes no absolute pattern)
    anything = path.name in ("*", "**")  # not chosen by their extension, so those of unknown kinds may be skipped
    seen = set()
    for hit in (hit for hit in hits if not is_of_cleaning(Path(hit))):
        for file, name, named in expand_path(Path(hit), hit, skipped):
            if file not in seen:
                seen.add(file)
                yield file, name, named and not anything
    if not hits:
        raise BadInput(f"{given}: no file matches{near(path.parent)}")


def expand_path(path: Path, name: str, skipped: Counter[str]) -> Iterator[tuple[Path, str, bool]]:
    """The files behind a path without wildcards.

    Raises:
        BadInput: it is missing or not a file.
    """
    if path.is_dir():
        yield from ((file, str(file), False) for file in walk(path, skipped))
    elif path.is_file():
        yield path, name, True
    elif path.exists():
        raise BadInput(f"{name}: not a regular file; copy it to one first")
    elif path.is_symlink():
        raise BadInput(f"{name}: a link that leads nowhere, or to itself")
    else:
        hub = f"; for the hub give hf:{name}" if re.fullmatch(r"[\w.-]+/[\w.-]+", name) and not path.parent.exists() else ""
        raise BadInput(f"{name}: no such file or folder{near(path)}{hub}")


def walk(folder: Path, skipped: Counter[str]) -> Iterator[Path]:
    """The files in a folder and below, links followed, no folder twice.

    Raises:
        BadInput: a folder cannot be listed, so that what is in it would go unread.
    """

    def refuse(error: OSError) -> None:
        raise BadInput(f"{error.filename}: {error.strerror}") from None

    seen = set()
    for place, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        here = Path(place)
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        if {*folders, *files} >= OF_AN_AUDIT:
            skipped["results of an audit"] += 1
            folders.clear()
            continue
        hidden = [name for name in folders if name.startswith(".")]
        skipped.update({"hidden folders": len(hidden)} if hidden else {})
        folders[:] = sorted(set(folders) - set(hidden))
        for name in sorted(files):
            if name in METADATA and is_special(here / name):
                skipped["metadata of datasets"] += 1
            elif is_of_cleaning(here / name):
                skipped["notes of --clean"] += 1
            elif (here / name).is_file():
                yield here / name
            else:
                skipped["links to nothing and special files"] += 1


def near(path: Path) -> str:
    """A hint at what exists instead of a missing path."""
    parent = path.parent
    while not parent.is_dir() and parent != parent.parent:
        path, parent = parent, parent.parent
    try:
        names = sorted(item.name for item in parent.iterdir() if not item.name.startswith("."))
    except OSError:
        return ""
    close = get_close_matches(path.name, names, 3, 0.5) or [name for name in names if extension(Path(name))[0]][:3] or names[:3]
    return f"; did you mean {', '.join(str(parent / name) for name in close)}?" if close else f"; {parent} is empty"
