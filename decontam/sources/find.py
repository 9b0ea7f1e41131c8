"""From what the user names (files, globs, folders, datasets) to sources, each file once, in the order of their names.

Every file of a folder is looked into. Left out are what the user left out, folders and notes of tools, and what is known to
hold no text (pictures, sound, programs): counted in the notes. What cannot be read is named, and stops no other file.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fnmatch import fnmatch
from glob import glob, has_magic
from pathlib import Path

from decontam.sources.archives import Scratch, uncompressed, unpack
from decontam.sources.base import Found, Source
from decontam.sources.hub import dataset_files
from decontam.sources.magic import LITTER, TOOL_FOLDERS
from decontam.sources.sniff import METADATA, Packed, Skipped, UnreadFile, extension, is_special, sniff
from evals.errors import BadInput

OF_AN_AUDIT = {"summary.json", "matches.parquet", "documents.parquet", "items.parquet"}
OF_CLEANING = ("manifest.json", "removed.jsonl")
_USUAL = {"csv": ",", "tsv": "\t"}
_MAX_NESTING = 8  # of archives in archives


def is_of_cleaning(path: Path) -> bool:
    """Whether a file is what ``--clean`` writes beside the cleaned data."""
    return path.name in OF_CLEANING and all((path.parent / name).is_file() for name in OF_CLEANING)


@dataclass(slots=True)
class _Search:
    """What has been found so far.

    ``given``: the names as the user gave them. ``nothing``: whether all that is unread was given by name and is no training data:
    binaries of unknown kinds, and names that lead nowhere.
    """

    given: tuple[str, ...]
    skip: tuple[str, ...]
    sources: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)
    scratch: Scratch | None = None
    nothing: bool = True

    def refuse(self, name: str, why: str, *, nothing: bool = False) -> None:
        """Note what cannot be read."""
        self.unread.append(f"{name}: {why}")
        self.nothing = self.nothing and nothing

    def leaves_out(self, name: str) -> bool:
        """Whether the user left a file out: by its name, its path, or a folder above it."""
        parts = name.split("/")
        hit = any(fnmatch(part, pattern) for pattern in self.skip for part in (name, *parts))
        self.left_out += [name] if hit else []
        return hit

    def add(self, path: Path, name: str, home: Path | None, depth: int = 0) -> None:
        """Look into one file, and into the files that are packed in it."""
        found = sniff(path, name)
        if isinstance(found, Source):
            if found.delimiter and found.cell_end != _USUAL[found.kind]:
                self.notes.append(f"{name}: cells are told apart by {found.delimiter!r}")
            if found.encoding:
                self.notes.append(f"{name}: read as {found.encoding}")
            self.sources.append(replace(found, home=home))
        elif isinstance(found, Skipped):
            self.skipped[found.what] += 1
        elif isinstance(found, UnreadFile):
            self.refuse(name, found.why, nothing=found.binary and name in self.given)
        elif depth == _MAX_NESTING:
            self.refuse(name, "too many archives in one another")
        else:
            self._unpack(found, path, name, home or path, depth)

    def _unpack(self, packed: Packed, path: Path, name: str, home: Path, depth: int) -> None:
        self.scratch = self.scratch or Scratch()
        for member, place in unpack(packed, self.scratch):
            full = f"{name}/{member}" if member else name
            if isinstance(place, UnreadFile):
                self.refuse(full, place.why)
            elif not member:  # compressed Parquet, which --clean writes as plain Parquet
                self.add(place, name, uncompressed(home), depth + 1)
            elif not self.leaves_out(full):
                inside = [part for part in member.replace("\\", "/").split("/") if part not in ("", ".", "..")]
                self.add(place, full, home.joinpath(*inside), depth + 1)


def find_sources(paths: Sequence[str], skip: Sequence[str] = ()) -> Found:
    """All files to read.

    Names are files, globs (``**`` too), folders, folders of ``Dataset.save_to_disk``, ``hf:NAME`` or ``hf:NAME:split``. ``skip``:
    globs of names, paths or folders to leave out.

    Raises:
        BadInput: a path is missing, or there is nothing at all that could be training data.
    """
    search = _Search(tuple(map(shown, paths)), tuple(skip))
    files: dict[str, str] = {}  # names by real path
    for path, name in (item for given in paths for item in expand(given, search)):
        if search.leaves_out(name):
            continue
        real = os.path.realpath(path)
        if real not in files:
            files[real] = name
            search.add(path, name, None)
        else:
            same = files[real]
            again = f"{name}: given twice, read once" if same == name else f"{name}: the same file as {same}, read once"
            search.notes.append(again)
    notes = list(dict.fromkeys(search.notes))
    if search.left_out:
        first = ", ".join(search.left_out[:5]) + (", ..." if len(search.left_out) > 5 else "")
        notes.append(f"left out by --skip: {len(search.left_out)} ({first})")
    if search.skipped:
        listed = ", ".join(f"{count} {what}" for what, count in sorted(search.skipped.items()))
        notes.append(f"skipped in folders: {listed}")
    if not search.sources and search.nothing:
        why = "; ".join([*search.unread, *notes[-1:]])
        raise BadInput(f"{', '.join(paths) or 'no path given'}: nothing to read" + (f" ({why})" if why else ""))
    return Found(
        sources=tuple(sorted(search.sources, key=lambda source: source.name)),
        notes=tuple(notes),
        unread=tuple(search.unread),
        scratch=search.scratch,
    )


def expand(given: str, search: _Search) -> Iterator[tuple[Path, str]]:
    """The files behind one argument and their names.

    Raises:
        BadInput: there is nothing.
    """
    if given.startswith("hf:"):
        yield from dataset_files(given)
        return
    if not given.strip():
        raise BadInput("an empty name: give a file, a folder or a glob (. is this folder)")
    path = Path(given).expanduser()
    if os.path.lexists(path) or not has_magic(given):
        yield from expand_path(path, given, search)
        return
    hits = sorted(glob(str(path), recursive=True))  # noqa: PTH207  (Path.glob takes no absolute pattern)
    hits = [hit for hit in hits if not any(part in TOOL_FOLDERS for part in Path(hit).parts)]
    seen = set()
    for hit in (hit for hit in hits if not is_of_cleaning(Path(hit))):
        for file, name in expand_path(Path(hit), hit, search):
            if file not in seen:
                seen.add(file)
                yield file, name
    if not hits:
        raise BadInput(f"{given}: no file matches{near(path.parent)}")


def expand_path(path: Path, name: str, search: _Search) -> Iterator[tuple[Path, str]]:
    """The files behind a path without wildcards.

    Raises:
        BadInput: it is missing.
    """
    name = shown(name)
    try:
        if path.is_dir():
            yield from ((file, shown(str(file))) for file in walk(path, search))
        elif path.is_file():
            yield path, name
        elif path.is_symlink():
            search.refuse(name, "a link that leads nowhere, or to itself", nothing=True)
        elif path.exists():
            search.refuse(name, "not a regular file; copy it to one first", nothing=True)
        else:
            hub = f"; for the hub give hf:{name}" if re.fullmatch(r"[\w.-]+/[\w.-]+", name) and not path.parent.exists() else ""
            raise BadInput(f"{name}: no such file or folder{near(path)}{hub}")
    except PermissionError as error:
        search.refuse(name, error.strerror or str(error))


def shown(name: str) -> str:
    """A name for reports: bytes of a file name that are not UTF-8 are escaped."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def walk(folder: Path, search: _Search) -> Iterator[Path]:
    """The files in a folder and below, links followed, no folder twice; what cannot be listed is noted as unread."""

    def refuse(error: OSError) -> None:
        search.refuse(shown(str(error.filename)), error.strerror or str(error))

    seen = set()
    for place, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        here = Path(place)
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        if {*folders, *files} >= OF_AN_AUDIT:
            search.skipped["results of an audit"] += 1
            folders.clear()
            continue
        of_tools = [name for name in folders if name in TOOL_FOLDERS]
        search.skipped.update({"folders of tools": len(of_tools)} if of_tools else {})
        folders[:] = sorted(set(folders) - set(of_tools))
        for name in sorted(files):
            if name in METADATA and is_special(here / name):
                search.skipped["metadata of datasets"] += 1
            elif name in LITTER:
                search.skipped["files of tools"] += 1
            elif is_of_cleaning(here / name):
                search.skipped["notes of --clean"] += 1
            elif (here / name).is_file():
                yield here / name
            else:
                link = (here / name).is_symlink()
                why = "a link that leads nowhere, or to itself" if link else "not a regular file"
                if not search.leaves_out(shown(str(here / name))):
                    search.refuse(shown(str(here / name)), why)


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
