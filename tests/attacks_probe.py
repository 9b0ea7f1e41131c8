"""Small attacks that travel into a sandbox as they stand here, many in one job, each with an outcome of its own.

A probe is a function under ``@probe(...)``, which names the outcomes that a sandbox which holds may give: an errno
(``EPERM``), a signal (``SIGSYS``), or a word that the probe returns. Every probe runs in a process of its own and ends by
itself. The modules with probes are imported by the tests for this table and run in the sandbox for their effect, so they
may use the standard library only. Not covered: attacks that need a job or a limit of their own (see ``attacks_bombs``).
"""
# Paths are as the kernel takes them.
# ruff: noqa: PTH123

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

World = Mapping[str, Any]
"""What the test tells the probes: pids, paths and ports that are its own."""

DENIED = ("EPERM", "EACCES", "ENOSYS", "SIGSYS")
GONE = (*DENIED, "ENOENT", "ENOTDIR", "EROFS", "ESRCH", "ELOOP", "EXDEV", "ENXIO", "ENODEV")
_PROBE_SECONDS = 4

# name: (x86_64, aarch64); None where the architecture has no such call.
NUMBERS: Mapping[str, tuple[int, int | None]] = {
    "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "bpf": (321, 280), "capset": (126, 91),
    "chroot": (161, 51), "clone": (56, 220), "clone3": (435, 435), "delete_module": (176, 106), "fanotify_init": (300, 262),
    "finit_module": (313, 273), "fsopen": (430, 430), "init_module": (175, 105), "io_uring_setup": (425, 425),
    "ioperm": (173, None), "iopl": (172, None), "ioprio_set": (251, 30), "kcmp": (312, 272), "kexec_file_load": (320, 294),
    "kexec_load": (246, 104), "keyctl": (250, 219), "memfd_secret": (447, 447), "mount": (165, 40), "mount_setattr": (442, 442),
    "move_mount": (429, 429), "open_by_handle_at": (304, 265), "open_tree": (428, 428), "perf_event_open": (298, 241),
    "personality": (135, 92), "pidfd_getfd": (438, 438), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117),
    "quotactl": (179, 60), "reboot": (169, 142), "request_key": (249, 218), "setdomainname": (171, 162), "setns": (308, 268),
    "sethostname": (170, 161), "settimeofday": (164, 170), "shmat": (30, 196), "shmget": (29, 194), "swapoff": (168, 225),
    "swapon": (167, 224), "syslog": (103, 116), "umount2": (166, 39), "unshare": (272, 97), "userfaultfd": (323, 282),
    "vhangup": (153, 58), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """An attack and the outcomes that are no breach."""

    name: str
    attack: Callable[[World], str]
    held: frozenset[str]


def probe(*held: str, into: dict[str, Probe]) -> Callable[[Callable[[World], str]], Callable[[World], str]]:
    """Put a function into a module's table, under its own name."""

    def register(attack: Callable[[World], str]) -> Callable[[World], str]:
        name = attack.__name__
        assert name not in into, name
        into[name] = Probe(name=name, attack=attack, held=frozenset(held))
        return attack

    return register


def call(name: str, *arguments: int | bytes | ctypes.Array[Any] | None) -> int:
    """A system call by its number, past every wrapper.

    Raises:
        OSError: as the kernel answered it.
    """
    number = NUMBERS[name][0 if platform.machine() == "x86_64" else 1]
    if number is None:
        raise OSError(errno.ENOSYS, name)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    answer: int = libc.syscall(ctypes.c_long(number), *words)
    if answer == -1:
        raise OSError(ctypes.get_errno(), name)
    return answer


def outcome_of(attack: Callable[[World], str], world: World) -> str:
    """One word: what the probe returned, the errno that it met, or the name of another exception."""
    try:
        return attack(world)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, f"{type(error).__name__}: {error}")
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


def run_probes(probes: Mapping[str, Probe], world: World) -> None:
    """Run each in a child and print a JSON line for it, whatever becomes of the child."""
    for name, each in probes.items():
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            signal.alarm(_PROBE_SECONDS)
            os.write(writer, outcome_of(each.attack, world).encode(errors="replace")[:2000])
            os._exit(0)
        os.close(writer)
        _, status = os.waitpid(child, 0)
        # A child of the child may hold the pipe open; what matters was written before the child ended.
        os.set_blocking(reader, False)
        try:
            said = os.read(reader, 4096).decode()
        except BlockingIOError:
            said = ""
        os.close(reader)
        ended = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else ""
        print(json.dumps({"probe": name, "outcome": said or ended or "nothing said"}), flush=True)


def main(table: Mapping[str, Probe]) -> None:
    """Run a module's probes on the world in ``world.json``, under the name by which the test finds what is left."""
    with open("world.json") as file:
        world = json.load(file)
    ctypes.CDLL(None).prctl(15, world["mark"].encode())
    run_probes({name: table[name] for name in world["only"] or table}, world)
    sys.stdout.flush()
