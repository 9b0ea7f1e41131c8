"""Faults of the machine, made while an answer is graded: each a context that spoils the sandbox from outside."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest

from evals.sandboxes import _hosts, sandlock

Fault = Callable[[pytest.MonkeyPatch, Path, float], AbstractContextManager[None]]


def below(root: int) -> list[int]:
    """The processes below one, the youngest last."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, left = [], [root]
    while left:
        left = [child for parent in left for child in children.get(parent, [])]
        found += left
    return found


@contextmanager
def _meanwhile(act: Callable[[], None], delay: float) -> Iterator[None]:
    """Do something once, after a delay, while the block runs."""
    timer = threading.Timer(delay, act)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _kill(which: int) -> None:
    found = below(os.getpid())
    if found:
        with suppress(ProcessLookupError):
            os.kill(found[which], signal.SIGKILL)


@contextmanager
def _at_work(work: Callable[[], None], stop: threading.Event, delay: float) -> Iterator[None]:
    """A thread that works from some time on, until it is told to stop."""
    thread = threading.Thread(target=work)
    with _meanwhile(thread.start, delay):
        try:
            yield
        finally:
            stop.set()
    if thread.ident is not None:
        thread.join()


@contextmanager
def youngest_killed(patch: pytest.MonkeyPatch, folder: Path, delay: float) -> Iterator[None]:
    """The job's own process, or one that it has started."""
    with _meanwhile(lambda: _kill(-1), delay):
        yield


@contextmanager
def oldest_killed(patch: pytest.MonkeyPatch, folder: Path, delay: float) -> Iterator[None]:
    """The box around the job."""
    with _meanwhile(lambda: _kill(0), delay):
        yield


@contextmanager
def memory_of_the_machine(patch: pytest.MonkeyPatch, folder: Path, delay: float) -> Iterator[None]:
    """The kernel kills the job whenever it runs, and counts that."""
    killed, stop = [0], threading.Event()

    def kill() -> None:
        while not stop.wait(0.02):
            for process in below(os.getpid())[1:]:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                    killed[0] += 1

    for module in (_hosts, sandlock):
        patch.setattr(module, "out_of_memory", lambda: killed[0])
    with _at_work(kill, stop, delay):
        yield


@contextmanager
def killed_by_somebody(patch: pytest.MonkeyPatch, folder: Path, delay: float) -> Iterator[None]:
    """Another program kills the job whenever it runs, and nobody counts that."""
    stop = threading.Event()

    def kill() -> None:
        while not stop.wait(0.02):
            for process in below(os.getpid())[1:]:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    with _at_work(kill, stop, delay):
        yield


@contextmanager
def no_folder(patch: pytest.MonkeyPatch, folder: Path, delay: float) -> Iterator[None]:
    """The folder for temporary files is not there."""
    patch.setattr(tempfile, "tempdir", str(folder / "missing"))
    yield


@contextmanager
def no_writable_folder(patch: pytest.MonkeyPatch, folder: Path, delay: float) -> Iterator[None]:
    """The folder for temporary files takes none, not even from root."""
    patch.setattr(tempfile, "tempdir", "/proc")
    yield


@contextmanager
def no_descriptors(patch: pytest.MonkeyPatch, folder: Path, delay: float) -> Iterator[None]:
    """This process can open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = max(int(name.name) for name in Path("/proc/self/fd").iterdir())

    def lower() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + 2, hard))

    try:
        with _meanwhile(lower, delay):
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def _small_disk(patch: pytest.MonkeyPatch, folder: Path, options: str) -> Iterator[Path]:
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode=1777,{options}", "tmpfs", str(disk)], check=True, capture_output=True)
    patch.setattr(tempfile, "tempdir", str(disk))
    try:
        yield disk
    finally:
        deadline = time.monotonic() + 10
        while subprocess.run(["umount", str(disk)], check=False, capture_output=True).returncode:
            assert time.monotonic() < deadline
            time.sleep(0.1)


@contextmanager
def disk_fills_up(patch: pytest.MonkeyPatch, folder: Path, delay: float) -> Iterator[None]:
    """No space is left from some moment on."""
    with _small_disk(patch, folder, "size=24m") as disk:

        def fill() -> None:
            with suppress(OSError), (disk / "filler").open("wb") as file:
                while True:
                    file.write(bytes(1 << 16))
                    file.flush()

        with _meanwhile(fill, delay):
            yield
        (disk / "filler").unlink(missing_ok=True)


@contextmanager
def inodes_run_out(patch: pytest.MonkeyPatch, folder: Path, delay: float) -> Iterator[None]:
    """No file can be made from some moment on."""
    with _small_disk(patch, folder, "size=64m,nr_inodes=400") as disk:

        def fill() -> None:
            with suppress(OSError):
                for number in range(1000):
                    (disk / f"filler{number}").touch()

        with _meanwhile(fill, delay):
            yield
        for file in disk.glob("filler*"):
            file.unlink()


FAULTS: Mapping[str, Fault] = {
    "the youngest process is killed": youngest_killed,
    "the box is killed": oldest_killed,
    "the machine's memory ends": memory_of_the_machine,
    "somebody kills what runs": killed_by_somebody,
    "no folder for temporary files": no_folder,
    "no writable folder": no_writable_folder,
    "no descriptors": no_descriptors,
    "the disk fills up": disk_fills_up,
    "the inodes run out": inodes_run_out,
}
