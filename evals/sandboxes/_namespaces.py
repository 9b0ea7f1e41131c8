"""Confinement of one job inside a container: its own namespaces, or the container itself, used once.

Runs in the container, sent there with ``_confine.py`` and ``_zygote.py``; standard library only. With ``Namespaces`` every
job gets a new user, process, mount, IPC, network and host name namespace, with fresh memory file systems over all that it
can write to or look around in, but for its folder; it cannot see, signal or outlive anything else. ``Single`` adds nothing but
the system call filter and is for machines that refuse user namespaces: the host throws its container away after one job.
Not covered: memory and processes, which the container's control group bounds for all that runs in it.
"""

# Every box would pay for importing pathlib.
# ruff: noqa: PTH102, PTH103, PTH110, PTH112, PTH120, PTH123, PTH208, PTH211

import ctypes
import os
import select
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NoReturn

from evals.sandboxes._confine import Confinement, call, drop_capabilities, no_kill_program, prctl, seccomp_program
from evals.sandboxes._folder import FOLDER, STDIN
from evals.sandboxes._meter import ContainerMeter

_LIBC = ctypes.CDLL(None, use_errno=True)
_SET_PDEATHSIG, _SET_DUMPABLE, _SET_SECCOMP, _CAPBSET_DROP, _SET_NO_NEW_PRIVS = 1, 4, 22, 24, 38
_ROOT = "/box"
_NEW = 0x10000000 | 0x20000000 | 0x00020000 | 0x08000000 | 0x40000000 | 0x04000000  # user pid mount ipc net uts
_READ_ONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1
_PLACES = ("/sys", "/dev/shm", "/dev/mqueue", "/dev/pts")
# Node reads how much it uses, and what the machine has; nothing in them is of another process.
_FACTS = ("self/stat", "cpuinfo", "meminfo", "stat", "uptime")
_COUNTERS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
_LOOK_MILLISECONDS = 20
# kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_open
_SIGNALLING = {"x86_64": (62, 200, 234, 129, 297, 434), "aarch64": (129, 130, 131, 138, 240, 434)}
_LAST_TO_GO, _FIRST_TO_GO = b"0", b"1000"


class _Filtered:
    """The system call filters, made once in the zygote."""

    def __init__(self, *programs: bytes) -> None:
        self._kept: list[ctypes.Array[ctypes.c_char]] = []
        self._filters: list[ctypes.Array[ctypes.c_char]] = []
        for program in (seccomp_program(), *programs):
            self._add(program)
        prctl(_SET_NO_NEW_PRIVS, 1)

    def _add(self, program: bytes) -> None:
        kept = ctypes.create_string_buffer(program, len(program))
        head = (len(kept) // 8).to_bytes(8, "little") + ctypes.addressof(kept).to_bytes(8, "little")
        self._kept.append(kept)
        self._filters.append(ctypes.create_string_buffer(head, len(head)))

    def shelter(self) -> None:
        """See ``Confinement.shelter``."""
        self._add(no_kill_program())

    def out_of_memory(self) -> "bytes | None":
        """See ``Confinement``."""
        try:
            with open(next(path for path in _COUNTERS if os.path.exists(path)), "rb") as counter:
                return _counted(counter.read()) or None
        except (StopIteration, OSError):
            return None

    def child(self, folder: str) -> None:
        """See ``Confinement.child``."""
        capability = 0
        while _LIBC.prctl(_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) == 0:
            capability += 1
        drop_capabilities()
        for program in reversed(self._filters):  # the first takes the right to install another
            prctl(_SET_SECCOMP, 2, program)

    def fork(self) -> int:
        """See ``Confinement.fork``."""
        return os.fork()

    def meter(self) -> ContainerMeter:
        """See ``Confinement``."""
        return ContainerMeter()


class Single(_Filtered):
    """The container is the confinement; the zygote is its first process, which nothing in it can signal."""

    tier = "single"

    def __init__(self) -> None:
        super().__init__(_first_is_out_of_reach())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a first process only receives signals for which it has a handler

    def child(self, folder: str) -> None:
        """See ``Confinement.child``."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        super().child(folder)

    def sweep(self) -> None:
        """See ``Confinement.sweep``. All but the container's first process, which this is."""
        with suppress(OSError):
            os.kill(-1, signal.SIGKILL)


class Namespaces(_Filtered):
    """New namespaces for every job, and two processes beside it that see none of its data.

    The *keeper* makes them, is what the zygote takes for the job, and ends as the job did. The *first* process in them
    does nothing: its end is the end of all in there, and comes with the keeper's.
    """

    tier = "namespaces"

    def __init__(self) -> None:
        super().__init__()
        self._keeper = 0
        self._size = os.environ["BOX_SIZE"]
        self._readable = [path for path in os.environ["BOX_READABLE"].split(":") if path]
        self._facts = {}
        for name in _FACTS:
            with open(f"/proc/{name}", "rb") as file:
                self._facts[name] = file.read()
        # Whether the machine allows it is tested here, before there is a job.
        trial = os.fork()
        if trial == 0:
            try:
                self._enter()
                os._exit(0)
            except OSError as error:
                os._exit(error.errno or 255)
        status = os.waitstatus_to_exitcode(os.waitpid(trial, 0)[1])
        if status:
            raise OSError(status, f"namespaces are refused here: {os.strerror(abs(status))}")

    def fork(self) -> int:
        """See ``Confinement.fork``. Where memory runs out, the job goes first and never its keeper."""
        self._keeper = os.fork()
        if self._keeper:
            return self._keeper
        prctl(_SET_PDEATHSIG, signal.SIGKILL)
        counter = os.open(next((path for path in _COUNTERS if os.path.exists(path)), os.devnull), os.O_RDONLY | os.O_CLOEXEC)
        score = self._enter()
        os.write(score, _FIRST_TO_GO)
        if job := os.fork():
            os.write(score, _LAST_TO_GO)
            os.dup2(counter, 0)
            os.closerange(1, 1 << 20)
            _end_as(job)
        os.close(score)
        os.close(counter)
        return 0

    def sweep(self) -> None:
        """See ``Confinement.sweep``: the first process ends with the keeper, and everything with the first process."""
        with suppress(ProcessLookupError):
            os.kill(self._keeper, signal.SIGKILL)

    def _enter(self) -> int:
        """Make the namespaces and enter them; what is forked from here on is in them. The keeper's badness, to write to."""
        user, group = os.getuid(), os.getgid()
        prctl(_SET_DUMPABLE, 1)  # else these files are root's; no job runs yet
        if _LIBC.unshare(_NEW):
            raise OSError(ctypes.get_errno(), "unshare")
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        score = os.open("/proc/self/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)
        prctl(_SET_DUMPABLE, 0)
        there, tell = os.pipe()
        if os.fork() == 0:
            _be_first(tell)
        os.read(there, 1)
        for descriptor in (there, tell):
            os.close(descriptor)
        self._mount_all()
        _bring_loopback_up()
        return score

    def _mount_all(self) -> None:
        _mount("", "/", "", _RECURSIVE | _PRIVATE)
        for name in os.listdir(_ROOT):
            _mount(f"{_ROOT}/{name}", f"{_ROOT}/{name}", "", _BIND)
        _mount("", _ROOT, "", _REMOUNT | _BIND | _READ_ONLY | _NOSUID | _NODEV)
        given = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in self._readable if path.startswith("/tmp/")]
        _tmpfs("/tmp", _NOSUID | _NODEV, f"size={self._size},mode=0700")
        for path, descriptor in given:
            _put_back(path, f"/proc/self/fd/{descriptor}")
            os.close(descriptor)
        for path in _PLACES:
            if os.path.isdir(path):
                shared = path == "/dev/shm"
                size = self._size if shared else "1m"
                _tmpfs(path, _NOSUID | _NODEV | _NOEXEC | (0 if shared else _READ_ONLY), f"size={size},mode=0700")
        _tmpfs("/proc", _NOSUID | _NODEV | _NOEXEC, "size=1m,mode=0755")
        for name, data in self._facts.items():
            os.makedirs(os.path.dirname(f"/proc/{name}"), exist_ok=True)
            descriptor = os.open(f"/proc/{name}", os.O_WRONLY | os.O_CREAT, 0o444)
            os.write(descriptor, data)
            os.close(descriptor)
        os.mkdir("/proc/self/fd")
        os.symlink(f"{_ROOT}/{FOLDER}/{STDIN}", "/proc/self/fd/0")  # where /dev/stdin leads
        _mount("", "/proc", "", _REMOUNT | _READ_ONLY | _NOSUID | _NODEV | _NOEXEC)


def _first_is_out_of_reach() -> bytes:
    """A filter program that answers EPERM to every call that would signal process 1."""
    numbers = _SIGNALLING[os.uname().machine]
    steps = [(0x20, 0, 0, 0)]  # the call's number
    steps += [(0x15, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    steps += [(0x06, 0, 0, 0x7FFF0000), (0x20, 0, 0, 16), (0x15, 0, 1, 1), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7FFF0000)]
    return b"".join(code.to_bytes(2, "little") + bytes((yes, no)) + value.to_bytes(4, "little") for code, yes, no, value in steps)


def _be_first(tell: int) -> NoReturn:
    """Be the first process of a namespace: reap orphans, ignore the signals of a job, end with the keeper."""
    prctl(_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    os.write(tell, b"+")
    os.closerange(0, 1 << 20)
    while True:
        signal.pause()


def _end_as(job: int) -> NoReturn:
    """Wait for a process and end in the same way; or by SIGKILL, where memory ran out for any of the job's processes.

    Else a job could take more than its limit, one killed process after the other. Reads the counter on descriptor 0.
    """
    before = _out_of_memory()
    poll = select.poll()
    poll.register(os.pidfd_open(job), select.POLLIN)
    while not poll.poll(_LOOK_MILLISECONDS) and _out_of_memory() == before:
        pass
    if _out_of_memory() != before:
        os.kill(os.getpid(), signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(job, 0)[1])
    if status < 0:
        if -status not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status & 0xFF)


def _out_of_memory() -> bytes:
    """How often it happened in the container; nothing if the kernel does not say."""
    return _counted(os.pread(0, 4096, 0))


def _counted(text: bytes) -> bytes:
    return b"".join(line for line in text.splitlines() if line.startswith(b"oom_kill "))


def _put_back(path: str, source: str) -> None:
    """Bring a readable file or folder back that a new file system covered."""
    os.makedirs(path if os.path.isdir(source) else os.path.dirname(path), exist_ok=True)
    if not os.path.isdir(source):
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o400))
    _mount(source, path, "", _BIND | _RECURSIVE)


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    if _LIBC.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()):
        code = ctypes.get_errno()
        raise OSError(code, f"mount {target}: {os.strerror(code)}")


def _tmpfs(path: str, flags: int, options: str) -> None:
    _mount("tmpfs", path, "tmpfs", flags, f"{options},uid={os.getuid()},gid={os.getgid()}")


def _bring_loopback_up() -> None:
    """As in a fresh container: a program may talk to itself."""
    descriptor = call(41 if os.uname().machine == "x86_64" else 198, 2, 2, 0)
    try:
        name = b"lo".ljust(16, b"\0")
        request = ctypes.create_string_buffer(name + bytes(24), 40)
        if _LIBC.ioctl(descriptor, _GET_FLAGS, request) == 0:
            flags = int.from_bytes(request.raw[16:18], "little") | _UP
            _LIBC.ioctl(descriptor, _SET_FLAGS, ctypes.create_string_buffer(name + flags.to_bytes(24, "little"), 40))
    finally:
        os.close(descriptor)


CONFINEMENTS: Mapping[str, Callable[[], Confinement]] = {"namespaces": Namespaces, "single": Single}
