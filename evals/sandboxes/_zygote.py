"""Runs inside a box: forks a confined child for every job and discards whatever the job left.

The *zygote* starts once and forks a *child* ahead for every job. It is told the job's limits and nothing else: the child
reads the job itself, confines itself (see ``_confine``), and becomes the candidate. The zygote watches the time, passes
the output on through one buffer that it wipes, ends everything that is left, and forks the next child; so that no byte of
one job is in the memory, or the folder, that the next one starts from. Standard library only: the source is sent through
standard input, and nothing has to be mounted. Not covered: memory and disk over several processes, which the host watches.

Host to box go marshalled values, each with its length in four bytes in front: the sources, the settings of ``serve``, then
two a job, the zygote's part and the child's; and while a job runs one byte, where the host found a limit passed (see
``_meter``). Box to host go frames of a kind, four bytes of length, and plain bytes, so that the host unpacks nothing that a
candidate could have made: ``r`` ready (what confines jobs, wall and processor microseconds of the start) or why not, ``c`` a
compiled program, ``o`` and ``e`` output, ``f`` a file (its name, a zero byte, its content), ``x`` the end (exit code or minus
a signal, which limit of time was passed, truncated, wall and processor microseconds, whether memory ran out, and after a newline
what kept the job from starting).
"""

# Every box would pay for importing pathlib.
# ruff: noqa: PTH102, PTH118

import ctypes
import gc
import marshal
import os
import resource
import select
import signal
import sys
import time
from _socket import socketpair
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import CodeType
from typing import Any

from evals.sandboxes._folder import FOLDER, open_output, remove_folder, write, write_files
from evals.sandboxes._meter import LOOK_SECONDS, WALL, ContainerMeter

_DIED = 124
_DEATH_SECONDS = 20.0
_SET_PDEATHSIG, _SET_DUMPABLE, _SET_SUBREAPER = 1, 4, 36
_LIBC = ctypes.CDLL(None, use_errno=True)


def _socketpair() -> tuple[int, int]:
    """To read from and to write to, as a pipe, which another process of the job could open by /proc; a socket it cannot."""
    reading, writing = socketpair()
    return reading.detach(), writing.detach()


def _prctl(option: int, value: int) -> None:
    if _LIBC.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def receive() -> Any:
    """The next value; the end of standard input is the end of this process."""

    def read(size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = os.read(0, min(size - len(data), 1 << 20))
            if not part:
                os._exit(0)
            data += part
        return data

    return marshal.loads(read(int.from_bytes(read(4), "big")))


def send(kind: bytes, *parts: bytes | memoryview) -> None:
    """Write a frame to the host."""
    head = kind + sum(map(len, parts)).to_bytes(4, "big")
    for part in (head, *parts):
        write(1, part)


def serve(confinements: Mapping[str, Callable[[], Any]]) -> tuple[Any, str, Sequence[str]]:
    """Answer jobs until the host hangs up. Returns in a job's child alone: program, its name, its command."""
    root, name, preload, environment, readable, pipes, sheltered = receive()
    started, used = time.monotonic(), time.process_time()
    connect = os.pipe if pipes else _socketpair
    folder = os.path.join(root, FOLDER)
    try:
        confinement = confinements[name]()
        if readable:
            confinement.read_only(readable)
        if sheltered:
            confinement.shelter()
        for module in preload:
            __import__(module)
        os.environ.clear()
        os.environ.update({key: value.replace("{box}", folder) for key, value in environment.items()})
        os.umask(0o077)
        _prctl(_SET_PDEATHSIG, 0)  # a box may have set it, and then the end of the host's thread that made it would count
        _prctl(_SET_SUBREAPER, 1)
        with suppress(PermissionError):  # some boxes forbid it; domains keep other processes' memory closed anyway
            _prctl(_SET_DUMPABLE, 0)
    except BaseException as error:
        send(b"r", b"\n", f"{type(error).__name__}: {error}".encode(errors="replace"))
        os._exit(1)
    gc.collect()
    gc.freeze()  # a collection in a child would write to, and so copy, every page of it
    start = (int((time.monotonic() - started) * 1e6), int((time.process_time() - used) * 1e6))
    send(b"r", b"%s %d %d" % (confinement.tier.encode(), *start), b"\n")
    keeper = getattr(confinement, "keeper", None)
    buffer = bytearray(1 << 16)
    while True:
        if keeper and (kept := os.fork()):
            if os.waitpid(kept, 0)[1]:
                os._exit(1)
            continue
        try:
            if keeper:
                _prctl(_SET_PDEATHSIG, signal.SIGKILL)
                _prctl(_SET_SUBREAPER, 1)
                keeper()
            if run := attempt(folder, confinement, buffer, connect):
                return run
        except BaseException as error:
            send(b"x", f"-1 0 0 0 0 0\n{type(error).__name__}: {error}".encode(errors="replace"))
            os._exit(1)
        if keeper:
            os._exit(0)


def attempt(
    folder: str, confinement: Any, buffer: bytearray, connect: Callable[[], tuple[int, int]]
) -> tuple[Any, str, Sequence[str]] | None:
    """Answer one job. In its child: what to run."""
    os.mkdir(folder, 0o700)
    go, out, err, ready = os.pipe(), connect(), connect(), os.pipe()
    child = confinement.fork()
    if child == 0:
        return become_child(folder, (go[0], out[1], err[1], ready[1]), confinement)
    for descriptor in (go[0], out[1], err[1], ready[1]):
        os.close(descriptor)
    answer(folder, child, (go[1], out[0], err[0], ready[0]), confinement, buffer)
    # What the host has got is final, and this is done while it reads; where it fails, the box ends.
    remove_folder(folder)
    return None


def answer(folder: str, child: int, pipes: Sequence[int], confinement: Any, buffer: bytearray) -> None:
    """Handle one job, from its limits to its end."""
    go, out, err, ready = pipes
    limits, outputs = receive()
    started, used = time.monotonic(), waited_for()
    counted = getattr(confinement, "out_of_memory", int)
    memory = counted()
    meter = confinement.meter() if hasattr(confinement, "meter") else None
    os.write(go, b"+")
    os.close(go)
    relay = Relay(buffer, limits["output_bytes"])
    late = follow(child, relay, (out, err, ready), limits, confinement, meter)
    wall = time.monotonic() - started
    status = end_all(child, confinement)
    for descriptor, kind in ((out, b"o"), (err, b"e")):
        while not relay.truncated and relay.take(descriptor, kind):
            pass
        os.close(descriptor)
    for name in outputs:
        relay.file(folder, name, limits["file_bytes"])
    said = os.read(ready, 4096)
    os.close(ready)
    fault = said.removeprefix(b"+") if said else b"the job's process ended before it could start"
    processor = max(waited_for() - used, meter.processor_seconds if meter else 0.0)
    ran_out = memory is None or counted() != memory  # a kernel that does not say leaves a kill to memory
    numbers = (status, late, relay.truncated, int(wall * 1e6), int(processor * 1e6), ran_out)
    send(b"x", b"%d %d %d %d %d %d\n" % numbers, fault)
    if not said:
        os._exit(1)  # half a job may be left on standard input


def waited_for() -> float:
    """Processor seconds of all that this process has waited for, and of what that has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def become_child(folder: str, pipes: Sequence[int], confinement: Any) -> tuple[Any, str, Sequence[str]]:
    """Turn a fresh fork into what a fresh box would start, wait for the job, and set it up.

    Returns only where the program runs in this process: the program, its name, its command.
    """
    go, out, err, ready = pipes
    what = "the job's process"
    try:
        _prctl(_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        os.chdir(folder)
        null = os.open(os.devnull, os.O_RDONLY)
        confinement.child(folder)
        if not os.read(go, 1):
            os._exit(0)
        job = receive()
        what = job["command"][0]
        write_files(job["files"], job["links"])
        program: Any = marshal.loads(job["code"]) if job["code"] else job["files"].get(job["program"])
        if job["want_code"]:
            with suppress(Exception):  # what does not compile is run, and fails, like any other program
                program = compile(program, job["program"], "exec", dont_inherit=True)
                send(b"c", marshal.dumps(program))
        for source, target in ((null, 0), (out, 1), (err, 2)):
            os.dup2(source, target)
        if ready != 3:
            os.dup2(ready, 3, inheritable=False)
            ready = 3
        os.closerange(4, 1 << 20)
        limits = job["limits"]
        bounds = (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, limits["file_bytes"]),
            (resource.RLIMIT_CPU, limits["cpu_seconds"]),
            (resource.RLIMIT_NOFILE, limits["open_files"]),
            (resource.RLIMIT_MEMLOCK, 0),
        )
        for kind, most in bounds:
            resource.setrlimit(kind, (most, most))
        os.write(ready, b"+")
        if not job["program"]:
            for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and an exec would inherit that
                signal.signal(number, signal.SIG_DFL)
            os.execvpe(what, job["command"], os.environ)
    except BaseException as error:
        os.write(ready, f"{what}: {error}".encode(errors="replace"))
        os._exit(_DIED)
    os.close(ready)
    return program, job["program"], job["command"]


class Relay:
    """Passes bytes on to the host through one buffer, which is wiped after each of them."""

    def __init__(self, buffer: bytearray, most: int) -> None:
        self._buffer = memoryview(buffer)
        self._most = most
        self._passed = {b"o": 0, b"e": 0}
        self.truncated = False

    def take(self, descriptor: int, kind: bytes) -> int:
        """Pass on what can be read, up to the limit of bytes for this kind. Returns how much was read."""
        size = os.readv(descriptor, [self._buffer])
        if size:
            kept = min(size, self._most - self._passed[kind])
            send(kind, self._buffer[:kept])
            self._passed[kind] += kept
            self.truncated = self.truncated or kept < size
            self._wipe(size)
        return size

    def file(self, folder: str, name: str, limit: int) -> None:
        """Pass on a file that the job left, if it is a regular file of the job of at most so many bytes."""
        opened = open_output(folder, name, limit)
        if opened is None:
            return
        descriptor, size = opened
        encoded = name.encode() + b"\0"
        write(1, b"f" + (len(encoded) + size).to_bytes(4, "big") + encoded)
        while size:
            part = os.readv(descriptor, [self._buffer[: min(size, len(self._buffer))]])
            if not part:
                raise OSError(f"{name} became shorter while it was read")
            write(1, self._buffer[:part])
            self._wipe(part)
            size -= part
        os.close(descriptor)

    def _wipe(self, size: int) -> None:
        self._buffer[:size] = bytes(size)


def follow(
    child: int,
    relay: Relay,
    pipes: tuple[int, int, int],
    limits: Mapping[str, Any],
    confinement: Any,
    meter: ContainerMeter | None,
) -> int:
    """Pass on output until the child ends, a limit of time is passed (then which one), or a stream floods.

    The end of the pipes does not mean the end: a job can close them and go on, and what it left can hold them open.
    """
    out, _, ready = pipes
    ended = os.pidfd_open(child)
    poll = select.poll()
    for descriptor in (*pipes, ended):
        poll.register(descriptor, select.POLLIN)
    poll.register(0, 0)  # hung up when the host is gone
    running, late = True, 0
    next_look = time.monotonic() + LOOK_SECONDS
    deadline = time.monotonic() + limits["most_seconds"]
    while running and not late and not relay.truncated:
        now = time.monotonic()
        if now >= deadline:
            late = WALL
            break
        for descriptor, event in poll.poll(((min(deadline, next_look) if meter else deadline) - now) * 1000 + 1):
            if descriptor == ended:
                running = False
            elif descriptor == 0:
                if not (said := os.read(0, 1)):
                    end_all(child, confinement)
                    os._exit(0)
                late = said[0]
            elif descriptor == ready:
                poll.unregister(ready)
                if event & select.POLLIN:  # the child has read its part: what comes now is for this process
                    poll.modify(0, select.POLLIN)
            elif not relay.truncated and not relay.take(descriptor, b"o" if descriptor == out else b"e"):
                poll.unregister(descriptor)
        if meter and time.monotonic() >= next_look:
            late = late or meter.late(limits["own_seconds"])
            next_look = time.monotonic() + LOOK_SECONDS
    os.close(ended)
    return late if running and not relay.truncated else 0


def end_all(child: int, confinement: Any) -> int:
    """End everything that is left of a job. The exit code of its first process, or minus a signal's number."""
    status = -int(signal.SIGKILL)
    deadline = time.monotonic() + _DEATH_SECONDS
    while True:
        try:
            ended, state = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if ended == child:
            status = os.waitstatus_to_exitcode(state)
        elif ended == 0:
            confinement.sweep()
            if time.monotonic() > deadline:
                raise OSError(f"the job's processes did not end in {_DEATH_SECONDS:g} s")
            time.sleep(0.0002)


def execute(program: CodeType | bytes, name: str, command: Sequence[str]) -> None:
    """Run a program as the interpreter would run its file, and end the process without taking the interpreter down."""
    main = type(sys)("__main__")
    main.__dict__.update(__file__=name, __builtins__=sys.modules["builtins"], __cached__=None)
    sys.modules["__main__"] = main
    sys.argv = list(command[command.index(name) :])
    status = 0
    try:
        exec(program if isinstance(program, CodeType) else compile(program, name, "exec", dont_inherit=True), main.__dict__)
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        if not isinstance(leaving.code, int | None):
            print(leaving.code, file=sys.stderr)
    except BaseException as error:
        status = 1
        sys.excepthook(
            type(error), error.with_traceback(error.__traceback__ and error.__traceback__.tb_next), error.__traceback__
        )
    try:
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()
        if "atexit" in sys.modules:
            sys.modules["atexit"]._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        status = status or 120
    os._exit(status & 0xFF)
