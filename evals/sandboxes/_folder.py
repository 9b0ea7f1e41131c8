"""The folder of one job: filled, read from, removed. Runs inside a box, standard library only.

What a job leaves is not trusted: no link in it is followed, and nothing prevents its removal.
"""

# Every box would pay for importing pathlib.
# ruff: noqa: PTH101, PTH103, PTH106, PTH120, PTH211

import os
from collections.abc import Mapping

FOLDER = "goldloop-box-job"
"""Name of the folder in a box's place for jobs, the same for one job after another."""
STDIN = ".stdin"
"""Name of the file in it that a job's program reads as its input, where there is one."""


def write(descriptor: int, data: bytes | memoryview) -> None:
    """Write all of it."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def write_files(files: Mapping[str, bytes], links: Mapping[str, str]) -> None:
    """Put a job's files and links into the working folder."""
    made = {""}
    for name, data in files.items():
        parent = os.path.dirname(name)
        if parent not in made:
            os.makedirs(parent, exist_ok=True)
            made.add(parent)
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        write(descriptor, data)
        os.close(descriptor)
    for name, target in links.items():
        if not any(given.split("/")[0] == name for given in files):
            os.symlink(target, name)


def open_output(folder: str, name: str, limit: int) -> tuple[int, int] | None:
    """A plain file of the job's own, opened, and its size; nothing on the way to it may be a link."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    parts = name.split("/")
    descriptor = os.open(folder, flags | os.O_DIRECTORY)
    try:
        for place, part in enumerate(parts, 1):
            inner = os.open(part, flags if place == len(parts) else flags | os.O_DIRECTORY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        status = os.fstat(descriptor)
        if status.st_mode & 0o170000 == 0o100000 and status.st_nlink == 1 and status.st_size <= limit:
            return descriptor, status.st_size
    except OSError:
        pass
    os.close(descriptor)
    return None


def remove_folder(folder: str) -> None:
    """Remove a folder whatever is in it: closed folders, and paths deeper than the system or a recursion takes.

    Raises:
        OSError: something in it cannot be removed.
    """
    number, aside = 0, os.urandom(8).hex()
    top = _opened(folder)
    try:
        while entries := _entries(top):
            for name, is_folder in entries:
                if not is_folder:
                    os.unlink(name, dir_fd=top)
                    continue
                inner = _opened(name, top)
                try:
                    for below, is_folder_below in _entries(inner):
                        if is_folder_below:
                            os.close(_opened(below, inner))  # only a folder that can be written can be moved
                        number += 1
                        os.rename(below, f"{aside}.{number}", src_dir_fd=inner, dst_dir_fd=top)
                finally:
                    os.close(inner)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    os.rmdir(folder)


def _opened(name: str, parent: int | None = None) -> int:
    """A folder, never one behind a link, that can be read and written from now on."""
    flags = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags | os.O_RDONLY, dir_fd=parent)
    except PermissionError:
        closed = os.open(name, flags | os.O_PATH, dir_fd=parent)
        try:
            os.chmod(f"/proc/self/fd/{closed}", 0o700)
        finally:
            os.close(closed)
        descriptor = os.open(name, flags | os.O_RDONLY, dir_fd=parent)
    os.fchmod(descriptor, 0o700)
    return descriptor


def _entries(descriptor: int) -> list[tuple[str, bool]]:
    with os.scandir(descriptor) as entries:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
