"""Snapshots of a repository as text files: a folder, or a tar that is read in memory and never unpacked to disk.

Covers plain files of UTF-8 text. Binary files are left out and counted; links, devices and paths outside the archive make
the whole snapshot invalid, as do sizes that no task should have.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from evals.errors import TaskFault

MOST_FILES = 5_000
MOST_BYTES = 8_000_000
_IGNORED = {".git", "__pycache__", ".tox", ".mypy_cache", ".pytest_cache", "node_modules"}
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar.zst")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Text files by name, and how many binary ones were left out."""

    files: dict[str, str]
    binary: int


def find_snapshot(folders: tuple[Path, ...], name: str) -> Path | None:
    """The folder or tar of a name, in the first of ``folders`` that has one; a name that is a path matches nothing."""
    if not name or name in {".", ".."} or set("/\\\0") & set(name):
        return None
    places = [folder / f"{name}{ending}" for folder in folders for ending in ("", *_ARCHIVES[:-1])]
    return next((place for place in places if place.is_dir() or (place.is_file() and place.name != name)), None)


def read_snapshot(place: Path) -> Snapshot:
    """The text files of a snapshot.

    Raises:
        TaskFault: it is unreadable, holds what is not a plain file, leaves its folder, or is too large.
    """
    files: dict[str, str] = {}
    binary = total = 0
    for name, data in _from_folder(place) if place.is_dir() else _from_tar(place):
        if set(PurePosixPath(name).parts) & _IGNORED:
            continue
        total += len(data)
        if len(files) >= MOST_FILES or total > MOST_BYTES:
            raise TaskFault(f"{place}: more than {MOST_FILES:,} files or {MOST_BYTES:,} bytes; keep what the tests need")
        try:
            text = data.decode()
        except UnicodeDecodeError:
            binary += 1
            continue
        if "\0" in text:
            binary += 1
        else:
            files[name] = text
    if not files:
        raise TaskFault(f"{place}: no text files in it")
    return Snapshot(files=files, binary=binary)


def _from_folder(root: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(root.rglob("*")):
        inner = file.relative_to(root)
        if set(inner.parts) & _IGNORED:
            continue
        if file.is_symlink():
            raise TaskFault(f"{file}: a link; a snapshot holds plain files only")
        if file.is_file():
            if file.stat().st_size > MOST_BYTES:
                raise TaskFault(f"{file}: larger than {MOST_BYTES:,} bytes")
            yield inner.as_posix(), file.read_bytes()


def _from_tar(place: Path) -> Iterator[tuple[str, bytes]]:
    """Members read one by one; nothing is extracted, so no member can write anywhere."""
    left = MOST_BYTES
    try:
        with tarfile.open(place, "r:*") as archive:
            for number, member in enumerate(archive):
                parts = PurePosixPath(member.name).parts
                if member.name.startswith("/") or ".." in parts or "\\" in member.name:
                    raise TaskFault(f"{place}: member {member.name!r:.80} leaves the archive")
                if member.isdir() or set(parts) & _IGNORED:
                    continue
                if not member.isreg():
                    raise TaskFault(f"{place}: member {member.name!r:.80} is a link or a device; plain files only")
                left -= member.size
                if left < 0 or number > 4 * MOST_FILES:
                    raise TaskFault(f"{place}: more than {MOST_BYTES:,} bytes; keep what the tests need")
                handle = archive.extractfile(member)
                yield str(PurePosixPath(member.name)), handle.read() if handle is not None else b""
    except (tarfile.TarError, OSError, EOFError) as error:
        raise TaskFault(f"{place}: not a tar that can be read: {error}") from None
