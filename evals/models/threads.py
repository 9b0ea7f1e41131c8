"""Threads of a product beside other work: how they wait, how many there are, and that neither shows in a text.

Covers torch on a CPU under Linux. A product is split over threads that wait for each other; beside other work one of them is
without a processor most of the time, and the rest spin through their own share until it comes back.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path

# About a tenth of a millisecond, which outlasts the gaps between the products of one step; libgomp's own 300,000 last some
# milliseconds, a whole slice of the neighbour that the missing thread waits for.
_SPINS = "10000"
_SLICE_NANOSECONDS = 100_000  # the least that Linux gives
_SCHED_CALLS = {"x86_64": (314, 315), "aarch64": (274, 275)}  # numbers of sched_setattr and sched_getattr
_SCHED_ATTR = "IIQiIQQQII"
_RUNTIME = 5  # place of sched_runtime in it
_WINDOW_SECONDS, _WINDOW_STEPS = 0.5, 2
_BUSY = 0.05  # share of a window that the calling thread waited for a processor
_FASTER, _NOT_SLOWER = 1.05, 0.97
_LONGEST_PATIENCE = 32  # windows between two trials that changed nothing


def prepare(environment: MutableMapping[str, str] = os.environ, features: str | None = None) -> None:
    """Settle, before torch is loaded, how its threads wait and that sums do not depend on their number.

    What the user set stays. MKL splits some sums by its threads unless told not to: on the embedded model the scores of 5, 7 and
    9 rows differed in the last bits between one thread and two, and with ``STRICT`` none of eight batch sizes does, at no cost in
    time.
    """
    if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"} & environment.keys():
        environment["GOMP_SPINCOUNT"] = _SPINS
    if features is None:
        with suppress(OSError):
            features = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    known = (features or "").split()
    branch = next((branch for flag, branch in (("avx512f", "AVX512"), ("avx2", "AVX2")) if flag in known), "")
    if branch:
        environment.setdefault("MKL_CBWR", f"{branch},STRICT")


class Pace:
    """How many threads decode: all on a quiet machine, fewer where that was measured to be faster.

    ``most`` is their largest number, ``set_threads`` sets it, ``clock`` gives seconds and ``waited`` the seconds that the calling
    thread stood in line for a processor so far. Only a window in which it stood in line leads to a trial of half as many, and
    the windows before and after it decide, so that a quiet machine pays nothing.
    """

    def __init__(
        self,
        most: int,
        set_threads: Callable[[int], None],
        *,
        clock: Callable[[], float] = time.perf_counter,
        waited: Callable[[], float] | None = None,
    ) -> None:
        self.threads = self._most = most
        self._set, self._clock, self._waited = set_threads, clock, waited or seconds_waited
        self._tried: tuple[int, float, float | None] | None = None  # threads on trial, the rate before, and the trial's
        self._patience, self._rest = 1, 0
        self._begin()

    @contextmanager
    def running(self) -> Iterator[None]:
        """While this lasts the chosen number of threads is set; afterwards it is the largest again, for other work."""
        if self._most == 1:
            yield
            return
        ask_for_short_slices()
        self._set(self.threads if self._tried is None else self._tried[0])
        self._begin()
        try:
            yield
        finally:
            self._set(self._most)

    @contextmanager
    def step(self, work: int) -> Iterator[None]:
        """One step of the work, of this many rows."""
        if self._most == 1:
            yield
            return
        started = self._clock()
        yield
        self._seconds += self._clock() - started
        self._work += work
        self._steps += 1
        if self._seconds >= _WINDOW_SECONDS and self._steps >= _WINDOW_STEPS:
            self._close(self._work / self._seconds, (self._waited() - self._waited_before) / self._seconds > _BUSY)
            self._begin()

    def _begin(self) -> None:
        self._seconds, self._work, self._steps = 0.0, 0, 0
        self._waited_before = self._waited()

    def _close(self, rate: float, busy: bool) -> None:
        """One window is over; the next one may have another number of threads."""
        if self._tried is None:
            self._rest -= 1
            other = self._other(busy)
            if self._rest < 0 and other != self.threads:
                self._tried = (other, rate, None)
                self._set(other)
            return
        other, before, there = self._tried
        if there is None:
            self._tried = (other, before, rate)
            self._set(self.threads)
            return
        self._tried = None
        enough = _FASTER if other < self.threads or busy else _NOT_SLOWER
        if there >= enough * (before + rate) / 2:
            self.threads, self._patience = other, 1
            self._set(other)
        else:
            self._patience = min(2 * self._patience, _LONGEST_PATIENCE)
        self._rest = self._patience

    def _other(self, busy: bool) -> int:
        """The number to try next: fewer where a thread stands in line, more where none does."""
        if busy and self.threads > 1:
            return max(1, self.threads // 2)
        return min(self._most, 2 * self.threads)


def seconds_waited() -> float:
    """Seconds that the calling thread was ready to run and had no processor; 0 where the kernel does not count them."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def ask_for_short_slices() -> None:
    """Ask the kernel for the shortest slices for all threads of this process; where it refuses, nothing changes.

    Their share stays the same, and one that was waited for runs at once instead of after its neighbour's slice. Linux 6.12.
    """
    calls = _SCHED_CALLS.get(platform.machine())
    if calls is None or platform.system() != "Linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    size = struct.calcsize(_SCHED_ATTR)
    for task in Path("/proc/self/task").iterdir():
        attributes = ctypes.create_string_buffer(size)
        if libc.syscall(calls[1], int(task.name), attributes, size, 0):
            continue
        values = list(struct.unpack(_SCHED_ATTR, attributes.raw))
        values[0], values[_RUNTIME] = size, _SLICE_NANOSECONDS
        libc.syscall(calls[0], int(task.name), struct.pack(_SCHED_ATTR, *values), 0)


def pace_of_torch() -> Pace:
    """A pace for this process's torch."""
    import torch

    return Pace(torch.get_num_threads(), torch.set_num_threads)
