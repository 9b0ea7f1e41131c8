"""Boxes that run one job after another, each job in a process of its own: lent, watched, recycled, thrown away.

A box holds a zygote (see ``_zygote``) behind a ``Channel``; what the box itself is, its maker decides. A box goes back
to the pool only after a job that ended by itself and was cleaned up; whatever else happened, it is thrown away and, since
its kind is wanted, another is made meanwhile. A job that took its box down is run once more in an unused box.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar

from evals.errors import SandboxFault
from evals.sandboxes._wire import BOOT, Codes, FrameReader, Lost, Order, frame, longest_wait, read_answer, read_start, sources
from evals.sandboxes.base import Job, Outcome

__all__ = ["BOOT", "OURS", "Box", "Channel", "Ending", "Order", "Pool", "Settings"]

OURS = b"goldloop ended this job"
"""How the errors of a job begin that passed a limit of all its processes together."""

_MOST_JOBS = 400
_MOST_IDLE = 8
_GRACE_SECONDS = 10.0
_START_SECONDS = 30.0
_SOURCES = ("_shared", "_confine", "_zygote")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why a box ended: ``killed`` where a limit of the box itself ended it."""

    killed: bool
    message: str


class Channel(Protocol):
    """A started box: the two ends of its zygote, what its processes use, and its end."""

    def send(self, data: bytes) -> None:
        """Write to the zygote's standard input.

        Raises:
            OSError: it is gone.
        """
        ...

    def receive(self, deadline: float) -> bytes:
        """Some bytes of its standard output, nothing at its end.

        Raises:
            TimeoutError: none came before the deadline (``time.monotonic``).
        """
        ...

    def begin(self) -> None:
        """A job starts now."""
        ...

    def excess(self, job: Job) -> str:
        """Which limit the processes of a running job together exceed, in words; else nothing."""
        ...

    def late(self, job: Job) -> int:
        """Which limit of time the job has passed (see ``_meter``); 0 for none, or where the zygote finds out itself."""
        ...

    def peak(self) -> int:
        """The most memory that the processes of the job were seen to use together, in bytes; 0 where nobody looked."""
        ...

    def close(self) -> Ending:
        """End everything in the box and remove what it held."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a zygote is set up: the folder for its jobs inside the box, its confinement, modules to import beforehand.

    Where ``readable`` names files and folders, only these can be read, of all that the box can. Where ``pipes``, a job's output
    can be opened in /proc, which its own driver may need; so can whoever finds it there.

    Where ``sheltered``, no job can send SIGKILL. In the environment ``{box}`` stands for the folder of the job.
    """

    root: str
    confinement: str = "landlock"
    preload: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    readable: tuple[str, ...] = ()
    pipes: bool = False
    sheltered: bool = False
    sources: tuple[str, ...] = _SOURCES


@dataclass(slots=True)
class Box:
    """A zygote that has said that it is ready."""

    channel: Channel
    tier: str
    slowness: float = 1.0
    jobs: int = 0

    def most_seconds(self, job: Job) -> float:
        """Wall time after which nobody waits for a job any more."""
        return self.slowness * longest_wait(job.limits)

    @classmethod
    def start(cls, channel: Channel, settings: Settings) -> Box:
        """Send the source and wait for the zygote.

        Raises:
            SandboxFault: it did not start; the channel is closed.
        """
        try:
            channel.send(sources(settings.sources))
            channel.send(frame(_values(settings)))
            started = read_start(FrameReader(channel, time.monotonic() + _START_SECONDS))
        except (Lost, OSError) as error:
            ending = channel.close()
            raise SandboxFault(f"a box did not start: {error} ({ending.message})") from None
        except BaseException:
            channel.close()
            raise
        return cls(channel, started.tier, started.slowness)


def _values(settings: Settings) -> tuple[object, ...]:
    given = (settings.root, settings.confinement, settings.preload, dict(settings.environment), settings.readable)
    return (*given, settings.pipes, settings.sheltered)


Key = TypeVar("Key", bound=Hashable)


class Pool(Generic[Key]):
    """Boxes by kind. Thread-safe; each box is lent to one job at a time."""

    def __init__(self, open_box: Callable[[Key], Box], *, most_jobs: int = _MOST_JOBS) -> None:
        self._open_once = open_box
        self._most_jobs = most_jobs
        self._lock = threading.Lock()
        self._idle: OrderedDict[Key, list[Box]] = OrderedDict()
        self._coming: dict[Key, list[Future[Box]]] = {}
        self._codes = Codes()
        self._closed = False
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="boxes")

    def run(self, key: Key, order: Order) -> Outcome:
        """Run a job in a box of this kind.

        Raises:
            SandboxFault: the job could not be run, or took down two boxes without a sign that it was the cause.
        """
        box = self._lend(key)
        used = box.jobs > 0
        outcome, ending = self._attempt(key, box, order)
        if outcome is not None and not (used and outcome.killed):
            return outcome
        # Once more, alone: so that neither an earlier job nor the box is blamed on this one.
        outcome, ending = self._attempt(key, self._open(key), order)
        if outcome is not None:
            return outcome
        if ending.killed:
            return _killed("it ended its box", 0.0)
        raise SandboxFault(f"the job took down two boxes: {ending.message}")

    def _attempt(self, key: Key, box: Box, order: Order) -> tuple[Outcome | None, Ending]:
        """One run in one box, which afterwards is back in the pool or closed."""
        job = order.job
        most = box.most_seconds(job)
        values, source = self._codes.pack(order, most)
        excess, late = "", 0
        box.jobs += 1
        started = time.monotonic()

        def look() -> None:
            nonlocal excess, late
            if excess := box.channel.excess(job):
                raise Lost(excess)
            if not late and (late := box.channel.late(job)):
                box.channel.send(bytes([late]))

        try:
            box.channel.begin()
            box.channel.send(values)
            deadline = started + most + _GRACE_SECONDS
            answer = read_answer(FrameReader(box.channel, deadline, look), job)
        except (Lost, OSError) as error:
            wall = time.monotonic() - started
            ending = self._discard(key, box)
            if excess:
                return _killed(excess, wall), ending
            return None, Ending(killed=ending.killed, message=f"{error}; {ending.message}")
        except BaseException:
            self._discard(key, box)
            raise
        outcome = replace(answer.outcome, peak_bytes=box.channel.peak())
        if answer.fault:
            self._discard(key, box)
            raise SandboxFault(answer.fault)
        self._codes.learn(source, answer.code)
        if late or outcome.timed_out or outcome.truncated or outcome.killed:
            self._discard(key, box)
        else:
            self._give_back(key, box)
        return outcome, Ending(killed=False, message="")

    def _open(self, key: Key) -> Box:
        """A new box. A failure to start says nothing about the next: a busy machine is sometimes late.

        Raises:
            SandboxFault: two did not start.
        """
        try:
            return self._open_once(key)
        except SandboxFault:
            return self._open_once(key)

    def _lend(self, key: Key) -> Box:
        coming = None
        with self._lock:
            if self._idle.get(key):
                self._idle.move_to_end(key)
                return self._idle[key].pop()
            if self._coming.get(key):
                coming = self._coming[key].pop()
        return coming.result() if coming else self._open(key)

    def _give_back(self, key: Key, box: Box) -> None:
        if box.jobs >= self._most_jobs:
            self._discard(key, box)
            return
        out = []
        with self._lock:
            if self._closed:
                out.append(box)
            else:
                self._idle.setdefault(key, []).append(box)
                self._idle.move_to_end(key)
                while sum(map(len, self._idle.values())) > _MOST_IDLE:
                    oldest = next(kind for kind, boxes in self._idle.items() if boxes)
                    out.append(self._idle[oldest].pop(0))
                self._idle = OrderedDict((kind, boxes) for kind, boxes in self._idle.items() if boxes)
        for old in out:
            old.channel.close()

    def _discard(self, key: Key, box: Box) -> Ending:
        """Throw a box away, and have another one ready when the next job comes."""
        with self._lock:
            if not self._closed and not self._coming.get(key):
                with suppress(RuntimeError):  # the interpreter is shutting down
                    self._coming.setdefault(key, []).append(self._maker.submit(self._open, key))
        return box.channel.close()

    def close(self) -> None:
        """Close every box that is not lent; lent ones are closed when they come back."""
        with self._lock:
            self._closed = True
            idle = [box for boxes in self._idle.values() for box in boxes]
            coming = [future for futures in self._coming.values() for future in futures]
            self._idle.clear()
            self._coming.clear()
        self._maker.shutdown(wait=True, cancel_futures=True)
        for future in coming:
            if not future.cancelled() and future.exception() is None:
                idle.append(future.result())
        for box in idle:
            box.channel.close()


def _killed(why: str, wall: float) -> Outcome:
    return Outcome(
        exit_code=137,
        stdout=b"",
        stderr=OURS + f": {why}\n".encode(),
        timed_out=False,
        killed=True,
        truncated=False,
        wall_seconds=wall,
        ended=why,
    )
