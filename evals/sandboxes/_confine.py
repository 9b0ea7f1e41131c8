"""Confinement of one job inside a box that sandlock made: nested Landlock domains, a system call filter, no capability.

Runs inside the box, sent there together with ``_zygote.py``; standard library only. The isolation of a separate box is
given to a forked child here: it writes below its own folder only, and the zygote cannot be signalled, traced, or given other
limits by it. What can be read is confined by the box around it, and once more for all of its jobs.
"""

# Every box would pay for importing pathlib.
# ruff: noqa: PTH110

import ctypes
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from evals.sandboxes._filter import file_program, no_kill_program, seccomp_program

__all__ = [
    "CONFINEMENTS",
    "Confinement",
    "Filter",
    "call",
    "drop_capabilities",
    "no_kill_program",
    "prctl",
    "seccomp_program",
]

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_SET_SECCOMP, _SET_NO_NEW_PRIVS = 22, 38
_LEAST_ABI = 6
_PATH_BENEATH = 1
_SIGKILL = 9


class Confinement(Protocol):
    """How the jobs of one zygote are kept from it and from one another. Made once, in the zygote.

    Where it has a method ``keeper`` too, that is called in a process forked for each job, which then does the zygote's
    part for that one job and is thrown away with it. Where it has a method ``meter``, that is called when a job starts and
    gives what finds out which limit of time it has passed (``_meter.ContainerMeter``); else the host looks. Where it has a method
    ``out_of_memory``, that counts how often memory ran out so far, None where the kernel does not say.
    """

    tier: str

    def shelter(self) -> None:
        """From here on no job can send SIGKILL."""
        ...

    def fork(self) -> int:
        """Start the child; returns as ``os.fork`` does."""
        ...

    def child(self, folder: str) -> None:
        """In the child, before the candidate: from here on it writes below ``folder`` only."""
        ...

    def sweep(self) -> None:
        """In the zygote: kill whatever the job has left. Called until nothing is left."""
        ...


def call(number: int, *arguments: Any) -> int:
    """A raw system call.

    Raises:
        OSError: it failed.
    """
    result: int = _LIBC.syscall(ctypes.c_long(number), *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"system call {number}: {os.strerror(code)}")
    return result


def prctl(option: int, value: int, pointer: Any = 0) -> None:
    """A prctl of one or two arguments.

    Raises:
        OSError: it failed.
    """
    if _LIBC.prctl(option, ctypes.c_ulong(value), pointer, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def drop_capabilities() -> None:
    """Give up every capability: a box run by root has them if the machine has no user namespaces."""
    head = ctypes.create_string_buffer((0x20080522).to_bytes(4, "little") + bytes(4), 8)
    _LIBC.capset(head, ctypes.create_string_buffer(24))


class Filter:
    """A system call filter, ready to be put on processes."""

    def __init__(self, program: bytes) -> None:
        self._program = ctypes.create_string_buffer(program, len(program))
        head = (len(program) // 8).to_bytes(8, "little") + ctypes.addressof(self._program).to_bytes(8, "little")
        self._head = ctypes.create_string_buffer(head, len(head))

    def apply(self) -> None:
        """Put it on this process, and so on what it forks, for good."""
        prctl(_SET_SECCOMP, 2, self._head)


class Landlock:
    """A separate domain for every child, nested in the box's: it reaches itself and its folder only."""

    _WRITES = 0xFFF2  # every right but to read, to list and to execute, which the box grants or not
    _IN_FOLDER = _WRITES & ~(1 << 6 | 1 << 11 | 1 << 15)  # no devices
    _TO_NULL = 1 << 1 | 1 << 14
    _NETWORK = 3  # bind and connect by TCP
    _READ, _MOVE = 1 << 2, 1 << 13

    def __init__(self) -> None:
        abi = call(_CREATE_RULESET, None, 0, 1)
        if abi < _LEAST_ABI:
            raise OSError(f"this kernel has Landlock ABI {abi}, needed is {_LEAST_ABI} (Linux 6.12 or newer)")
        # A sweep kills whatever it may signal. Where that is more than the box, it must not.
        with suppress(PermissionError):
            os.kill(os.getppid(), 0)
            raise OSError("the box does not confine signals")
        self.tier = f"landlock-{abi}"
        self._filters = [Filter(file_program())]
        self._rules = _ruleset(files=self._WRITES, network=self._NETWORK)
        prctl(_SET_NO_NEW_PRIVS, 1)
        Filter(seccomp_program()).apply()  # all that is forked from here has it

    def read_only(self, paths: Sequence[str]) -> None:
        """From here on only these files are read, and those in these folders; what is not there is passed over.

        To move a file from folder to folder is denied in every domain that does not allow it; never to where more is allowed.
        """
        rules = [("/", self._MOVE), *((path, self._READ) for path in paths if os.path.exists(path))]
        _enter(_ruleset(files=self._READ | self._MOVE, network=0, scoped=0), rules)

    def shelter(self) -> None:
        """See ``Confinement.shelter``."""
        self._filters.append(Filter(no_kill_program()))

    def fork(self) -> int:
        """See ``Confinement.fork``."""
        return os.fork()

    def child(self, folder: str) -> None:
        """See ``Confinement.child``."""
        drop_capabilities()
        _enter(self._rules, [(folder, self._IN_FOLDER), (os.devnull, self._TO_NULL)])
        for filter_ in self._filters:
            filter_.apply()

    def sweep(self) -> None:
        """See ``Confinement.sweep``. A single call, which no fork bomb can outrun."""
        with suppress(OSError):
            os.kill(-1, _SIGKILL)


def _enter(rules: Any, allowed: Sequence[tuple[str, int]]) -> None:
    """Make a domain of these rules, with rights on paths and all beneath them, and enter it for good."""
    domain = call(_CREATE_RULESET, rules, 24, 0)
    for path, rights in allowed:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = rights.to_bytes(8, "little") + beneath.to_bytes(4, "little")
        call(_ADD_RULE, domain, _PATH_BENEATH, ctypes.c_char_p(rule), 0)
        os.close(beneath)
    call(_RESTRICT_SELF, domain, 0)
    os.close(domain)


def _ruleset(*, files: int, network: int, scoped: int = 3) -> Any:
    """``scoped``: abstract unix sockets (1) and signals (2)."""
    return ctypes.c_char_p(b"".join(part.to_bytes(8, "little") for part in (files, network, scoped)))


CONFINEMENTS: Mapping[str, Callable[[], Confinement]] = {"landlock": Landlock}
