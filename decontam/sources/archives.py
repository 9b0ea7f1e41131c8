"""Archives and compressed Parquet, unpacked into a folder of their own, so that every reader sees plain files.

Covers tar (also compressed), zip, and 7z where py7zr is installed, one in another. Members are written under numbers: a
member's own name is only part of the name in reports, so it can lead nowhere. Does not cover rar, and members that need a
password.
"""

from __future__ import annotations

import lzma
import shutil
import tarfile
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import IO

from decontam.sources.magic import is_media
from decontam.sources.sniff import COMPRESSIONS, Packed, UnreadFile
from decontam.sources.streams import Stream
from evals.errors import install_command

_COPY_BYTES = 1 << 20


class Scratch:
    """A folder for unpacked files, removed when nothing uses it any more, at the latest at the end of the process."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="goldloop-audit-"))
        self._count = 0
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def new(self, name: str) -> Path:
        """A path for one file; its folder's number makes it unique, and ``name`` keeps the ending that says what it is."""
        self._count += 1
        place = self.folder / str(self._count)
        place.mkdir()
        return place / (PurePosixPath(name.replace("\\", "/")).name[-100:].replace("\0", "") or "member")


Member = tuple[str, Path | UnreadFile]  # its name in the archive, and where it lies now


def unpack(packed: Packed, scratch: Scratch) -> Iterator[Member]:
    """The files in an archive; what of it cannot be read is a member with the reason, named or (``""``) the rest."""
    try:
        if packed.archive == "zip":
            yield from _zip(packed, scratch)
        elif packed.archive == "7z":
            yield from _seven_zip(packed, scratch)
        elif packed.archive == "tar":
            with Stream(packed.path, packed.compression) as stream:
                yield from _tar(stream, scratch)
                if stream.failure:
                    yield "", UnreadFile(why=stream.failure)
        else:
            yield from _file(packed, scratch)
    except (OSError, EOFError, ValueError, tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error) as error:
        yield "", UnreadFile(why=f"not a whole {packed.archive or packed.compression} file ({error})"[:300])


def _file(packed: Packed, scratch: Scratch) -> Iterator[Member]:
    target = scratch.new(uncompressed(packed.path).name)
    with Stream(packed.path, packed.compression) as stream:
        why = _write(stream, target) or stream.failure
        yield "", UnreadFile(why=why) if why else target


def uncompressed(path: Path) -> Path:
    """A path without the endings of compressions."""
    while path.suffix[1:].lower() in COMPRESSIONS:
        path = path.with_suffix("")
    return path


def _tar(stream: Stream, scratch: Scratch) -> Iterator[Member]:
    names: set[str] = set()
    links: dict[str, str] = {}
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            name = member.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            names.add(normpath(member.name))
            if member.isdir() or _litter(name):
                continue
            if member.issym() or member.islnk():
                links[name] = normpath(
                    str(PurePosixPath(member.name).parent / member.linkname) if member.issym() else member.linkname
                )
                continue
            content = archive.extractfile(member)
            if content is None:
                yield name, UnreadFile(why="not a regular file of the archive")
                continue
            target = scratch.new(name)
            why = _write(content, target)
            yield name, UnreadFile(why=why) if why else target
    yield from ((name, UnreadFile(why="a link that leads out of the archive")) for name, to in links.items() if to not in names)
    more = False
    while part := stream.read(_COPY_BYTES):
        more = more or any(part)
    if more:
        yield "", UnreadFile(why="more after the end of the archive")


def _zip(packed: Packed, scratch: Scratch) -> Iterator[Member]:
    path = packed.path
    if packed.compression:
        path = scratch.new("archive.zip")
        with Stream(packed.path, packed.compression) as stream:
            if why := _write(stream, path) or stream.failure:
                yield "", UnreadFile(why=why)
                return
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.is_dir() or _litter(member.filename):
                continue
            name = member.filename.encode("utf-8", "backslashreplace").decode()
            target = scratch.new(name)
            try:
                with archive.open(member) as content:
                    why = _write(content, target)
            except (RuntimeError, NotImplementedError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError) as error:
                why = str(error) or type(error).__name__  # a password, another method, a damaged member
            yield name, UnreadFile(why=why) if why else target


def _seven_zip(packed: Packed, scratch: Scratch) -> Iterator[Member]:
    try:
        py7zr = import_module("py7zr")
    except ImportError:
        yield "", UnreadFile(why=f"a 7z archive, which needs py7zr: {install_command('py7zr', 'archives')}")
        return
    folder = scratch.new("members")
    try:
        with py7zr.SevenZipFile(packed.path, "r") as archive:
            archive.extractall(path=folder)
    except Exception as error:  # the library has a class for each of its faults, and lets those of its decoders through
        yield "", UnreadFile(why=f"not a 7z archive that py7zr reads ({type(error).__name__}: {error})"[:300])
        return
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            yield str(path.relative_to(folder)), UnreadFile(why="not a regular file of the archive")
        elif path.is_file():
            yield str(path.relative_to(folder)), path


def _litter(name: str) -> bool:
    """What macOS puts into archives beside the files."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in (".DS_Store", "") or "/._" in f"/{name}"


def _write(content: IO[bytes] | Stream, target: Path) -> str:
    """Copy a member; of media only the beginning, by which it is known. Returns why it could not be written."""
    try:
        with target.open("wb") as out:
            first = content.read(_COPY_BYTES) or b""
            out.write(first)
            if is_media(first) and b"\0" in first:
                return ""
            while part := content.read(_COPY_BYTES):
                out.write(part)
    except OSError as error:
        target.unlink(missing_ok=True)
        return f"cannot be unpacked: {error.strerror or error}"
    return ""
