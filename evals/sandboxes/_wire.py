"""The messages between a box and the host (see ``_zygote``), as the host writes and reads it.

What comes from a box is bounded in size, and read as plain bytes and decimal numbers: nothing in it is unpacked here.
"""

from __future__ import annotations

import hashlib
import marshal
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from evals.records import Limits
from evals.sandboxes._meter import LOOK_SECONDS, PROCESSOR, REST, WALL
from evals.sandboxes.base import Job, Outcome

# A job that neither uses its time nor rests for as long has no processor. Nobody waits for it longer than this multiple of its
# limit, and of how much slower its box started than it would have alone.
_MOST_FACTOR = 16.0
_LEAST_WAIT_SECONDS = 60.0
_HERE = Path(__file__).parent
_CODES = 64
_IMPORTED = ("_filter", "_folder", "_meter")
_MOST_TEXT = 1 << 16
_MOST_CODE = 64 << 20
OVER = {
    PROCESSOR: "{limit:g} s of processor time are used up, the limit is {limit:g} s",
    REST: "it waited for {limit:g} s without using the processor, the limit is {limit:g} s",
}
"""Limits of time in words."""

BOOT = """import marshal, os, sys
def read(size):
    data = b""
    while len(data) < size:
        part = os.read(0, size - len(data))
        if not part: os._exit(0)
        data += part
    return data
confinements = {}
for name, source in marshal.loads(read(int.from_bytes(read(4), "big"))):
    module = sys.modules[name] = type(sys)(name)
    module.SOURCE = source
    exec(compile(source, "<box>", "exec"), module.__dict__)
    confinements.update(getattr(module, "CONFINEMENTS", {}))
for name in [name for name in sys.modules if name.startswith("evals.")]: del sys.modules[name]
module.execute(*module.serve(confinements))
"""
"""What a box's interpreter is started with: ``python3 -I -S -B -c BOOT``."""


class Lost(Exception):
    """The box broke down or violated the protocol; the message says how."""


class Readable(Protocol):
    """What ``answer`` reads from: see ``pool.Channel.receive``."""

    def receive(self, deadline: float) -> bytes:
        """Some bytes, nothing at the end; TimeoutError where none came before the deadline."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A job as the zygote takes it: the command with nothing left to fill in, and links to make in its folder.

    ``python`` is the box's interpreter; a command that runs it with ``-I -S -B`` and a file needs no second interpreter.
    """

    job: Job
    command: tuple[str, ...]
    links: Mapping[str, str] = field(default_factory=dict)
    python: str = ""
    open_files: int = 128

    @property
    def program(self) -> str:
        """The file that runs in the forked interpreter; empty if another program is started."""
        head, name = self.command[:-1], self.command[-1]
        return name if head == (self.python, "-I", "-S", "-B") and name in self.job.files else ""


def longest_wait(limits: Limits) -> float:
    """Wall seconds after which nobody waits for a job any more, where the machine is as fast as it can be."""
    return max(_LEAST_WAIT_SECONDS, _MOST_FACTOR * limits.wall_seconds)


def too_busy(processor_seconds: float, wall_seconds: float, limit: float) -> str:
    """The fault of a machine on which a job got no processor."""
    got = f"{processor_seconds:.1f} s of processor time in {wall_seconds:.0f} s, with a limit of {limit:g} s"
    return f"the machine is too busy to say whether the job ends in time: it got {got}"


def frame(value: Any) -> bytes:
    """A value for the box."""
    body = marshal.dumps(value)
    return len(body).to_bytes(4, "big") + body


def sources(names: tuple[str, ...]) -> bytes:
    """The modules that run in the box, the zygote last, after those that it imports."""
    modules = [f"evals.sandboxes.{name}" for name in dict.fromkeys((*_IMPORTED, *names))]
    return frame([(module, (_HERE / f"{module.rpartition('.')[2]}.py").read_bytes()) for module in modules])


class Codes:
    """Compiled programs by their source, made in the boxes: a grader sends the same driver again and again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, bytes] = OrderedDict()

    def pack(self, order: Order, most_seconds: float) -> tuple[bytes, bytes]:
        """The two values of a job, and the digest of a program that has none of its own start (else nothing).

        After ``most_seconds`` of wall time nobody waits for the job any more, whatever it has used.
        """
        job, program = order.job, order.program
        digest, code, seen = b"", b"", False
        if program:
            digest = hashlib.blake2b(job.files[program] + b"\0" + program.encode(), digest_size=16).digest()
            with self._lock:
                seen = digest in self._known
                code = self._known.get(digest, b"")
        limits = {
            "own_seconds": job.limits.wall_seconds,
            "most_seconds": most_seconds,
            "output_bytes": job.limits.max_output_bytes,
            "file_bytes": job.limits.file_mb << 20,
            "cpu_seconds": 2 * math.ceil(job.limits.wall_seconds) + 2,
            "open_files": order.open_files,
        }
        work = {
            "command": order.command,
            "program": program,
            "code": code,
            "want_code": seen and not code,
            "files": dict(job.files),
            "links": dict(order.links),
            "limits": limits,
        }
        return frame((limits, job.outputs)) + frame(work), digest

    def learn(self, digest: bytes, code: bytes) -> None:
        """Remember that a program has run, and its compiled form once there is one."""
        if digest:
            with self._lock:
                self._known[digest] = code or self._known.get(digest, b"")
                self._known.move_to_end(digest)
                while len(self._known) > _CODES:
                    self._known.popitem(last=False)


class FrameReader:
    """Reads frames. ``look`` is called every few milliseconds while nothing comes, and may raise.

    Every method raises Lost where the box is gone, silent beyond the deadline, or sends what it must not.
    """

    def __init__(self, channel: Readable, deadline: float, look: Callable[[], None] | None = None) -> None:
        self._channel = channel
        self._deadline = deadline
        self._look = look
        self._next_look = time.monotonic() + LOOK_SECONDS
        self._data = bytearray()

    def next(self, most: Mapping[bytes, int]) -> tuple[bytes, bytes]:
        """A frame's kind and content; ``most`` has the kinds that may come and what is left to them of bytes."""
        kind, size = self._take(1), int.from_bytes(self._take(4), "big")
        if size > most.get(kind, -1):
            raise Lost(f"the box sent {size:,} bytes of kind {kind!r}, expected at most {most.get(kind, 0):,}")
        return kind, self._take(size)

    def end(self) -> None:
        """Check that nothing came after the last frame."""
        if self._data:
            raise Lost("the box sent more than it was asked for")

    def _take(self, size: int) -> bytes:
        while len(self._data) < size:
            self._fill()
        taken = bytes(self._data[:size])
        del self._data[:size]
        return taken

    def _fill(self) -> None:
        if self._look and time.monotonic() >= self._next_look:  # also at a box that says something all the time
            self._look()
            self._next_look = time.monotonic() + LOOK_SECONDS
        try:
            chunk = self._channel.receive(min(self._deadline, self._next_look) if self._look else self._deadline)
        except TimeoutError:
            if time.monotonic() >= self._deadline:
                raise Lost("the box does not answer") from None
            return
        if not chunk:
            raise Lost("the box has ended")
        self._data += chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a job: the outcome, or why it says nothing; and its compiled program, if that was requested."""

    outcome: Outcome
    fault: str
    code: bytes


def read_answer(reader: FrameReader, job: Job) -> Answer:
    """All frames of one job.

    Raises:
        Lost: see ``FrameReader``.
    """
    limits = job.limits
    left = {b"o": limits.max_output_bytes, b"e": limits.max_output_bytes, b"c": _MOST_CODE, b"x": _MOST_TEXT}
    names = {name.encode(): name for name in job.outputs}
    parts: dict[bytes, list[bytes]] = {b"o": [], b"e": [], b"c": []}
    files: dict[str, bytes] = {}
    while True:
        longest = max(map(len, names), default=-1)
        kind, data = reader.next({**left, b"f": (limits.file_mb << 20) + longest + 1} if names else left)
        if kind == b"x":
            reader.end()
            return _parsed(data, parts, files, limits)
        if kind == b"f":
            name, _, content = data.partition(b"\0")
            if name not in names:
                raise Lost(f"the box sent a file {name[:100]!r} that nobody asked for")
            files[names.pop(name)] = content
        else:
            parts[kind].append(data)
            left[kind] -= len(data)


def _parsed(data: bytes, parts: Mapping[bytes, list[bytes]], files: Mapping[str, bytes], limits: Limits) -> Answer:
    limit = limits.wall_seconds
    numbers, _, said = data.partition(b"\n")
    try:
        status, late, truncated, wall, processor, ran_out = map(int, numbers.split())
    except ValueError:
        raise Lost("the box sent a broken end") from None
    fault = f"could not start the job: {said.decode(errors='replace')}" if said else ""
    if late == WALL and not fault:
        fault = too_busy(processor / 1e6, wall / 1e6, limit)
    killed = status < 0 and not late and not truncated
    ended = OVER[late].format(limit=limit) if late in OVER else ""
    if killed and ran_out:
        ended = f"the memory of all processes passed {limits.memory_mb:,} MiB"
    outcome = Outcome(
        exit_code=status if status >= 0 else 128 - status,
        stdout=b"".join(parts[b"o"]),
        stderr=b"".join(parts[b"e"]),
        timed_out=late in OVER,
        killed=killed,
        truncated=bool(truncated),
        wall_seconds=wall / 1e6,
        processor_seconds=processor / 1e6,
        ended=ended,
        files=files,
    )
    return Answer(outcome=outcome, fault=fault, code=b"".join(parts[b"c"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What a zygote says first: what confines its jobs, and how slow the machine was when it prepared itself.

    ``slowness`` is wall time in multiples of the processor time that it took, at least 1.
    """

    tier: str
    slowness: float


def read_start(reader: FrameReader) -> Started:
    """The zygote's first frame.

    Raises:
        Lost: it reports that it cannot, or see ``FrameReader``.
    """
    said, _, fault = reader.next({b"r": _MOST_TEXT})[1].decode(errors="replace").partition("\n")
    if fault:
        raise Lost(fault)
    tier, _, numbers = said.partition(" ")
    try:
        wall, processor = map(int, numbers.split())
    except ValueError:
        raise Lost("the box sent a broken start") from None
    return Started(tier=tier, slowness=max(1.0, wall / max(processor, 1)))
