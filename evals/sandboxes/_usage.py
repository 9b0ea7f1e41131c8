"""What the processes below one process use together, read from outside: memory, threads, files.

For limits that the kernel has per process only. Read every few milliseconds while a job runs, so a job can pass a limit
by what it acquires in between. Needs /proc/PID/task/TID/children in the kernel, which is usual.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

_MOST_DEPTH = 64
_MOST_ENTRIES = 20_000
_MOST_PROCESSES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Sums over a process tree. ``memory_bytes`` counts what several processes share once a process."""

    processes: tuple[int, ...]
    threads: int
    memory_bytes: int


def usage_below(root: int) -> Usage:
    """The processes that ``root`` has started, directly or not, without itself. What ends meanwhile is left out."""
    processes: list[int] = []
    queue = _children(root)
    threads = memory = 0
    while queue and len(processes) < _MOST_PROCESSES:
        process = queue.pop()
        processes.append(process)
        queue += _children(process)
        status = _status(process)
        threads += status.get("Threads", 0)
        memory += (status.get("RssAnon", 0) + status.get("RssShmem", 0) + status.get("VmPTE", 0)) << 10
    return Usage(processes=tuple(processes), threads=threads, memory_bytes=memory)


def shared_fairly(processes: tuple[int, ...]) -> int | None:
    """Memory in bytes where what is shared counts once in all; None if this user may not read it."""
    total = 0
    for process in processes:
        try:
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        except OSError:
            return None
        for line in text.splitlines():
            if line.startswith(("Pss_Anon:", "Pss_Shmem:")):
                total += int(line.split()[1]) << 10
    return total


def disk_below(folder: str, processes: tuple[int, ...], most_bytes: int) -> int:
    """Bytes that files take up: those in the folder, and those that are deleted but still open.

    Stops counting beyond ``most_bytes``; a folder of too many or too deep entries counts as more than that.
    """
    total, entries = 0, 0
    queue = [(folder, 0)]
    while queue and total <= most_bytes:
        path, depth = queue.pop()
        try:
            with os.scandir(path) as listing:
                for entry in listing:
                    entries += 1
                    if entries > _MOST_ENTRIES or depth > _MOST_DEPTH:
                        return most_bytes + 1
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        queue.append((entry.path, depth + 1))
        except OSError:  # gone meanwhile
            continue
    return total + (_deleted(processes) if total <= most_bytes else 0)


def _deleted(processes: tuple[int, ...]) -> int:
    sizes: dict[tuple[int, int], int] = {}
    for process in processes:
        try:
            descriptors = list(Path(f"/proc/{process}/fd").iterdir())
        except OSError:
            continue
        for descriptor in descriptors:
            try:
                status = descriptor.stat()
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode) and not status.st_nlink:
                sizes[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(sizes.values())


def _children(process: int) -> list[int]:
    children: list[int] = []
    try:
        for task in os.listdir(f"/proc/{process}/task"):  # noqa: PTH208 - a Path each is what this would cost
            with open(f"/proc/{process}/task/{task}/children", "rb") as file:  # noqa: PTH123
                children += map(int, file.read().split())
    except OSError:
        pass
    return children


def _status(process: int) -> dict[str, int]:
    try:
        with open(f"/proc/{process}/status", "rb") as file:  # noqa: PTH123
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in lines if line.startswith(("Threads:", "RssAnon:", "RssShmem:", "VmPTE:")))
    return {name: int(value.split()[0]) for name, value in pairs}
