"""What processes of one job share where the machine's own place for it, /dev/shm, is closed: locks and memory.

Runs inside a box, standard library only; executed in a fresh namespace, it waits for ``multiprocessing`` to be imported.
What the machine allows is left alone: only where it refuses, semaphores are made of event descriptors and shared memory is
files of the job's folder. Both reach the processes that a job forks, and those that it starts anew (``spawn``,
``forkserver``), which execute this text first and are handed the answer. Not covered: interpreters that a job starts by itself.
"""

import sys
from types import ModuleType
from typing import Any


def make_semaphore(real: Any) -> Any:
    """``_multiprocessing.SemLock``, or another of the same interface where none can be made."""
    import os
    import select
    from contextlib import suppress
    from threading import get_ident

    class Semaphore:
        """A count of events in one descriptor, which whoever holds the event of another may take out and put back."""

        SEM_VALUE_MAX = real.SEM_VALUE_MAX

        def __new__(cls, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> Any:
            try:
                return real(kind, value, maxvalue, name, unlink)
            except PermissionError:
                return super().__new__(cls)

        def __init__(self, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> None:
            self._adopt(kind, maxvalue, os.eventfd(value, os.EFD_CLOEXEC | os.EFD_NONBLOCK), os.eventfd(1, os.EFD_CLOEXEC))

        def _adopt(self, kind: int, maxvalue: int, events: int, lock: int) -> None:
            self.kind, self.maxvalue, self.name = kind, maxvalue, None
            self._events, self._lock = events, lock
            self._held, self._owner = 0, 0

        @staticmethod
        def _rebuild(handle: Any, kind: int, maxvalue: int, name: "str | None") -> Any:
            if not isinstance(handle, list):
                return real._rebuild(handle, kind, maxvalue, name)
            made = object.__new__(Semaphore)
            made._adopt(kind, maxvalue, *(descriptor.detach() for descriptor in handle))
            return made

        @property
        def handle(self) -> Any:
            """Its number; while a process is started with it, what gives that process both descriptors."""
            from multiprocessing import context, reduction

            if context.get_spawning_popen() is None:
                return self._events
            return [reduction.DupFd(self._events), reduction.DupFd(self._lock)]

        def __del__(self) -> None:
            for descriptor in (self._events, self._lock):
                with suppress(OSError):
                    os.close(descriptor)

        def _change(self, by: int) -> int:
            """What the count was; it is changed where it stays within its bounds."""
            os.eventfd_read(self._lock)
            try:
                value = 0
                with suppress(BlockingIOError):
                    value = os.eventfd_read(self._events)
                left = value + by if 0 <= value + by <= self.maxvalue else value
                if left:
                    os.eventfd_write(self._events, left)
                return value
            finally:
                os.eventfd_write(self._lock, 1)

        def _get_value(self) -> int:
            return self._change(0)

        def _is_zero(self) -> bool:
            return self._get_value() == 0

        def _count(self) -> int:
            return self._held

        def _is_mine(self) -> bool:
            return self._held > 0 and self._owner == get_ident()

        def _after_fork(self) -> None:
            self._held = 0

        def acquire(self, block: bool = True, timeout: "float | None" = None) -> bool:
            if self.kind == 0 and self._is_mine():
                self._held += 1
                return True
            import time

            end = None if timeout is None else time.monotonic() + max(0.0, timeout)
            while not self._change(-1):
                left = None if end is None else end - time.monotonic()
                if not block or (left is not None and left <= 0):
                    return False
                select.select([self._events], [], [], left)
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
            if self._change(1) >= self.maxvalue:
                raise ValueError("semaphore or lock released too many times")
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


def patch_starts(module: Any) -> None:
    """For ``multiprocessing.util``: what is started anew executes this text first, and can import the answer."""
    started = module.spawnv_passfds

    def spawnv_passfds(path: str, args: Any, passfds: Any) -> int:
        given = list(args)
        if "-c" in given[:-1] and SOURCE:
            names = {"__name__": "shared", "SOURCE": SOURCE, "ANSWER": Patching.answer}
            place = given.index("-c") + 1
            before = f"exec({SOURCE!r}, {names!r})\n"
            if len(before.encode(errors="replace")) < LONGEST_ARGUMENT:
                given[place] = before + given[place]
        child: int = started(path, given, passfds)
        return child

    module.spawnv_passfds = spawnv_passfds


PATCHES = {"_multiprocessing": patch_semaphores, "multiprocessing.heap": patch_heap, "_posixshmem": patch_memory}
PATCHES["multiprocessing.util"] = patch_starts
SOURCE: "str | bytes" = globals().get("SOURCE", "")  # of this text, where whoever executes it says
LONGEST_ARGUMENT = 120_000  # the kernel takes 128 KiB


class Patching:
    """A finder that has the others find a module, and changes it once it is loaded; itself it finds an answer only."""

    answer: str = globals().get("ANSWER", "")
    """The text of the module ``candidate``, for processes that are started anew."""

    @staticmethod
    def create_module(spec: Any) -> None:
        return None

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        exec(compile(Patching.answer, "<candidate>", "exec"), module.__dict__)

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        if name == "candidate" and Patching.answer:
            loader: Any = Patching
            return type(sys.__spec__)(name, loader)
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
