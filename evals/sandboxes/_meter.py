"""How much of the processor a job's processes have used, and how long all of them were at rest; read from /proc.

Runs on this machine and inside containers, standard library only. Time in which a job could run and did not get to, or in
which it waited for the disk, counts as neither: it is the machine's. Rest counts only where the look itself came on time,
so that waiting for something that had to wait for a processor seldom counts. Not covered: work that other processes do
for a job.
"""

# Every box would pay for importing pathlib.
# ruff: noqa: PTH123, PTH208

import os
import time
from collections.abc import Callable, Iterable

LOOK_SECONDS = 0.025
PROCESSOR, REST, WALL = 1, 2, 3
"""Which limit ended a job: processor time, time at rest, or the wall time at which nothing more is expected."""
_LATE = 2.5  # in multiples of LOOK_SECONDS: a look that comes later shows a busy machine
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Places in /proc/PID/stat, counted from the state.
_STATE, _PARENT, _OWN, _WHOLE, _THREADS, _STARTED = 0, 1, slice(11, 13), slice(11, 15), 17, 19


class Meter:
    """Sums over the processes of one job from its start on. ``processor_seconds`` counts all of them together."""

    def __init__(self, processes: Iterable[int], clock: Callable[[], float] = time.monotonic) -> None:
        self.processor_seconds = self.rest_seconds = 0.0
        self._clock = clock
        self._looked = clock()
        self._known: dict[tuple[int, int], tuple[int, int]] = {}
        self._advance(_read(processes))

    def look(self, processes: Iterable[int]) -> None:
        """Add what was used since the last look by the processes that there are now."""
        now = self._clock()
        passed, self._looked = now - self._looked, now
        stats = _read(processes)
        used = self._advance(stats)
        self.processor_seconds += used / _TICKS_PER_SECOND
        if not used and stats and passed <= _LATE * LOOK_SECONDS and not _wants_to_run(stats):
            self.rest_seconds += passed

    def passed(self, seconds: float) -> int:
        """Which limit of so many seconds is passed; 0 for none."""
        if self.processor_seconds >= seconds:
            return PROCESSOR
        return REST if self.rest_seconds >= seconds else 0

    def _advance(self, stats: dict[int, list[bytes]]) -> int:
        """Processor time since the last look, in ticks.

        A process that was waited for is counted by its parent from then on, so what was known of it is taken off; one that
        nobody waits for takes its last moments with it.
        """
        known = {
            (process, int(stat[_STARTED])): (sum(map(int, stat[_OWN])), sum(map(int, stat[_WHOLE])))
            for process, stat in stats.items()
        }
        own = whole = 0
        for key, (own_ticks, whole_ticks) in known.items():
            own_before, whole_before = self._known.get(key, (0, 0))
            own += max(0, own_ticks - own_before)
            whole += max(0, whole_ticks - whole_before)
        gone = sum(ticks for key, (_, ticks) in self._known.items() if key not in known)
        self._known = known
        return max(own, whole - gone)


def _read(processes: Iterable[int]) -> dict[int, list[bytes]]:
    stats = {}
    for process in processes:
        if stat := _stat(f"/proc/{process}/stat"):
            stats[process] = stat
    return stats


def _stat(path: str) -> list[bytes]:
    """The fields of a stat file from the state on; nothing if the process is gone."""
    try:
        with open(path, "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def _wants_to_run(stats: dict[int, list[bytes]]) -> bool:
    """Whether any thread could run or waits for the disk. A process that waits in a fork for its child does neither."""
    parents = {int(stat[_PARENT]) for stat in stats.values()}
    for process, stat in stats.items():
        states = {stat[_STATE]}
        if int(stat[_THREADS]) > 1:
            states |= _states_of_threads(process)
        if b"R" in states or (b"D" in states and process not in parents):
            return True
    return False


def _states_of_threads(process: int) -> set[bytes]:
    folder = f"/proc/{process}/task"
    try:
        threads = os.listdir(folder)
    except OSError:
        return set()
    return {stat[_STATE] for thread in threads if (stat := _stat(f"{folder}/{thread}/stat"))}


class ContainerMeter(Meter):
    """In a container, where all that runs beside this process belongs to the job."""

    def __init__(self) -> None:
        super().__init__(_all_others())

    def late(self, seconds: float) -> int:
        """Look, and say which limit of so many seconds is passed; 0 for none."""
        self.look(_all_others())
        return self.passed(seconds)


def _all_others() -> list[int]:
    own = os.getpid()
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != own]
