"""What processes of one job share where the machine's own place for it, /dev/shm, is closed: locks and memory.

Runs inside a box, standard library only; executed in a fresh namespace, it waits for ``multiprocessing`` to be imported.
What the machine allows is left alone: only where it refuses, semaphores are made of event descriptors and shared memory is
files of the job's folder. Both reach the processes that a job forks. Not covered: locks that are sent to a process which was
started anew (``spawn``), whose name the kernel would have to know.
"""

import sys
from types import ModuleType
from typing import Any


def make_semaphore(real: Any) -> Any:
    """``_multiprocessing.SemLock``, or another of the same interface where none can be made."""
    import mmap
    import os
    import select
    from contextlib import suppress
    from threading import get_ident

    class Semaphore:
        """A count in memory that forks share, beside an event descriptor with as many events."""

        SEM_VALUE_MAX = real.SEM_VALUE_MAX
        _rebuild = real._rebuild

        def __new__(cls, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> Any:
            try:
                return real(kind, value, maxvalue, name, unlink)
            except PermissionError:
                return super().__new__(cls)

        def __init__(self, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> None:
            flags = os.EFD_SEMAPHORE | os.EFD_CLOEXEC
            self.kind, self.maxvalue, self.name = kind, maxvalue, None
            self.handle = os.eventfd(value, flags | os.EFD_NONBLOCK)
            self._lock = os.eventfd(1, flags)
            self._value = mmap.mmap(-1, 8)
            self._set(value)
            self._held, self._owner = 0, 0

        def __del__(self) -> None:
            for descriptor in (self.handle, self._lock):
                with suppress(OSError):
                    os.close(descriptor)

        def _set(self, value: int) -> None:
            self._value[:8] = value.to_bytes(8, "little")

        def _get_value(self) -> int:
            return int.from_bytes(self._value[:8], "little")

        def _is_zero(self) -> bool:
            return self._get_value() == 0

        def _count(self) -> int:
            return self._held

        def _is_mine(self) -> bool:
            return self._held > 0 and self._owner == get_ident()

        def _after_fork(self) -> None:
            self._held = 0

        def _take(self) -> bool:
            os.eventfd_read(self._lock)
            try:
                os.eventfd_read(self.handle)
                self._set(self._get_value() - 1)
            except BlockingIOError:
                return False
            finally:
                os.eventfd_write(self._lock, 1)
            return True

        def acquire(self, block: bool = True, timeout: "float | None" = None) -> bool:
            if self.kind == 0 and self._is_mine():
                self._held += 1
                return True
            import time

            end = None if timeout is None else time.monotonic() + max(0.0, timeout)
            while not self._take():
                left = None if end is None else end - time.monotonic()
                if not block or (left is not None and left <= 0):
                    return False
                select.select([self.handle], [], [], left)
            self._held += 1
            self._owner = get_ident()
            return True

        def release(self) -> None:
            if self.kind == 0:
                if not self._is_mine():
                    raise AssertionError("attempt to release recursive lock not owned by thread")
                if self._held > 1:
                    self._held -= 1
                    return
            os.eventfd_read(self._lock)
            try:
                value = self._get_value()
                if value >= self.maxvalue:
                    raise ValueError("semaphore or lock released too many times")
                self._set(value + 1)
                os.eventfd_write(self.handle, 1)
            finally:
                os.eventfd_write(self._lock, 1)
            self._held -= 1

        def __enter__(self) -> bool:
            return self.acquire()

        def __exit__(self, *raised: object) -> None:
            self.release()

    return Semaphore


def patch_semaphores(module: Any) -> None:
    """For ``_multiprocessing``."""
    module.SemLock = make_semaphore(module.SemLock)


def patch_heap(module: Any) -> None:
    """For ``multiprocessing.heap``: where its values lie."""
    import os

    if not can_write("/dev/shm"):
        module.Arena._dir_candidates = [os.environ.get("TMPDIR", ".")]


def patch_memory(module: Any) -> None:
    """For ``_posixshmem``: named memory, as files in the job's own place."""
    import os

    opened, unlinked = module.shm_open, module.shm_unlink
    place = os.path.join(os.environ.get("TMPDIR", "."), ".shm-")  # noqa: PTH118

    def shm_open(path: str, flags: int, mode: int = 0o777) -> int:
        try:
            descriptor: int = opened(path, flags, mode=mode)
        except (PermissionError, FileNotFoundError):
            descriptor = os.open(place + path.strip("/"), flags | os.O_CLOEXEC, mode)
        return descriptor

    def shm_unlink(path: str) -> None:
        try:
            unlinked(path)
        except (PermissionError, FileNotFoundError):
            os.unlink(place + path.strip("/"))  # noqa: PTH108

    module.shm_open, module.shm_unlink = shm_open, shm_unlink


def can_write(folder: str) -> bool:
    """Whether a file can be made there; the folder's mode does not tell."""
    import tempfile

    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


PATCHES = {"_multiprocessing": patch_semaphores, "multiprocessing.heap": patch_heap, "_posixshmem": patch_memory}


class Patching:
    """A finder that finds nothing itself: it has the others find a module, and changes it once it is loaded."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        if name not in PATCHES:
            return None
        found: Any = (finder.find_spec(name, path, target) for finder in sys.meta_path if finder is not Patching)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is None:
            return None
        patch, load = PATCHES.pop(name), spec.loader.exec_module

        def execute(module: ModuleType) -> None:
            load(module)
            patch(module)

        spec.loader.exec_module = execute
        return spec


sys.meta_path.insert(0, Patching)
