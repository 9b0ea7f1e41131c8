"""Probes at the kernel: privileged and obscure system calls, other processes, identity, priorities, limits.

Every call that could do harm has an argument that is wrong, chosen so that the kernel looks at the permission first:
``EPERM`` then means refused, and ``EINVAL`` or ``EFAULT`` that only the argument was in the way. What targets a process
aims at the test's own victim, or sends signal 0. Not covered: races and flaws of the kernel itself.
"""
# Paths are as the kernel takes them.
# ruff: noqa: PTH110

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
import struct
import termios
from collections.abc import Callable

from attacks_probe import DENIED, GONE, Probe, World, call, probe

PROBES: dict[str, Probe] = {}
_NEW = {"ns": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000, "pid": 0x20000000,
        "net": 0x40000000, "time": 0x80}  # fmt: skip


def _plain(name: str, syscall: str, *arguments: int | bytes | None, held: tuple[str, ...] = DENIED) -> None:
    """A probe that is one system call; that it answers at all is the breach."""

    def attack(world: World) -> str:
        return f"answered {call(syscall, *arguments)}"

    attack.__name__ = name
    probe(*held, into=PROBES)(attack)


for _kind, _flag in _NEW.items():
    _plain(f"unshare_{_kind}", "unshare", _flag)
_plain("umount", "umount2", b".", 0)
_plain("pivot_root", "pivot_root", b".", b".")
_plain("chroot", "chroot", b".")
_plain("fsopen", "fsopen", b"tmpfs", 0)
_plain("open_tree_clone", "open_tree", -100, b".", 1)
_plain("move_mount", "move_mount", -1, b"", -1, b"", 0)
_plain("mount_setattr", "mount_setattr", -100, b".", 0, bytes(32), 32)
_plain("keyctl", "keyctl", 0, -3, 0)
_plain("add_key", "add_key", b"user", b"goldloop", b"x", 1, -2)
_plain("request_key", "request_key", b"user", b"goldloop", None, 0)
_plain("bpf", "bpf", 0, None, 0)
_plain("io_uring_setup", "io_uring_setup", 1, None)
_plain("perf_event_open", "perf_event_open", None, 0, -1, -1, 0)
_plain("userfaultfd", "userfaultfd", 1)
_plain("fanotify_init", "fanotify_init", 0, 0)
_plain("init_module", "init_module", None, 0, b"")
_plain("finit_module", "finit_module", -1, b"", 0)
_plain("delete_module", "delete_module", b"goldloop_none", 0x800)
_plain("reboot_with_wrong_magic", "reboot", 0, 0, 0, None)
_plain("kexec_load", "kexec_load", 0, 1000, None, 0xDEAD)
_plain("kexec_file_load", "kexec_file_load", -1, -1, 0, b"", 0xDEAD)
_plain("swapon", "swapon", b"goldloop-none", 0)
_plain("swapoff", "swapoff", b"goldloop-none")
_plain("sethostname", "sethostname", None, -1)
_plain("setdomainname", "setdomainname", None, -1)
_plain("settimeofday", "settimeofday", None, None)
_plain("acct", "acct", b"goldloop-none")
_plain("kernel_log", "syslog", 10, None, 0)
_plain("quotactl", "quotactl", 0x80000700, None, 0, None)
_plain("iopl", "iopl", 3)
_plain("ioperm", "ioperm", 0x80, 1, 1)
_plain("personality_without_address_randomisation", "personality", 0x40000)
_plain("open_by_handle_at", "open_by_handle_at", -100, struct.pack("Ii8s", 8, 1, b"\2"), 0)


@probe(*DENIED, into=PROBES)
def mount(world: World) -> str:
    call("mount", b"none", b".", b"tmpfs", 1, None)
    call("umount2", b".", 2)
    return "mounted"


@probe(*DENIED, into=PROBES)
def adjtimex(world: World) -> str:
    # ADJ_TICK with a tick of 0, which is out of bounds for those who may.
    return f"answered {call('adjtimex', struct.pack('I', 0x4000) + bytes(252))}"


@probe(*DENIED, into=PROBES)
def clone_into_a_user_namespace(world: World) -> str:
    child = call("clone", _NEW["user"] | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    return "cloned"


@probe(*DENIED, into=PROBES)
def clone3_into_a_user_namespace(world: World) -> str:
    arguments = ctypes.create_string_buffer(struct.pack("8Q", _NEW["user"], 0, 0, 0, signal.SIGCHLD, 0, 0, 0), 64)
    child = call("clone3", arguments, 64)
    if child == 0:
        os._exit(0)
    return "cloned"


@probe(*GONE, into=PROBES)
def setns_to_the_victim(world: World) -> str:
    call("setns", call("pidfd_open", world["victim"], 0), _NEW["net"])
    return "entered"


@probe(*DENIED, into=PROBES)
def setns_to_itself(world: World) -> str:
    call("setns", call("pidfd_open", os.getpid(), 0), _NEW["uts"])
    return "entered"


@probe(*DENIED, "EINVAL", into=PROBES)
def become_root(world: World) -> str:
    if os.getuid() == 0:
        return "is root already"
    try:
        os.setgid(0)
        return "group 0"
    except OSError:
        os.setresuid(0, 0, 0)
    return "user 0"


@probe(*DENIED, "EINVAL", into=PROBES)
def take_groups(world: World) -> str:
    os.setgroups([0])
    return "group 0"


@probe(*DENIED, into=PROBES)
def take_capabilities(world: World) -> str:
    call("capset", struct.pack("Ii", 0x20080522, 0), struct.pack("6I", *(1 << 21,) * 3, 0, 0, 0))
    return "has CAP_SYS_ADMIN"


@probe("1", into=PROBES)
def no_new_privileges(world: World) -> str:
    return str(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))


@probe("none", into=PROBES)
def capabilities_left(world: World) -> str:
    sets = (ctypes.c_uint32 * 6)()
    ctypes.CDLL(None).capget((ctypes.c_uint32 * 2)(0x20080522, 0), sets)
    return "none" if not any(sets[n] for n in (0, 1, 3, 4)) else str(list(sets))


@probe("filtered", into=PROBES)
def system_call_filter(world: World) -> str:
    return {2: "filtered"}.get(ctypes.CDLL(None).prctl(21, 0, 0, 0, 0), "none")


# At import this is the job's first process, in a probe a child of it.
_JOB_PARENT = os.getppid()


def _pid(world: World, target: str) -> int:
    return _JOB_PARENT if target == "parent" else int(world[target])


def _memory(world: World, target: str, name: str) -> str:
    """Memory at an address that no process has: that this is noticed means that the permission was there."""
    buffer = ctypes.create_string_buffer(8)
    near = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), 8)
    call(name, _pid(world, target), near, 1, (ctypes.c_uint64 * 2)(16, 8), 1, 0)
    return "reached"


def _read_memory(world: World, target: str) -> str:
    return _memory(world, target, "process_vm_readv")


def _write_memory(world: World, target: str) -> str:
    return _memory(world, target, "process_vm_writev")


def _trace(world: World, target: str) -> str:
    # SEIZE does not stop it, and ends with the tracer.
    call("ptrace", 0x4206, _pid(world, target), 0, 0)
    return "traced"


def _take_descriptor(world: World, target: str) -> str:
    call("pidfd_getfd", call("pidfd_open", _pid(world, target), 0), 0, 0)
    return "taken"


def _compare(world: World, target: str) -> str:
    call("kcmp", os.getpid(), _pid(world, target), 2, 0, 0)
    return "compared"


def _signal(world: World, target: str) -> str:
    os.kill(_pid(world, target), 0)
    return "would be delivered"


def _signal_by_descriptor(world: World, target: str) -> str:
    call("pidfd_send_signal", call("pidfd_open", _pid(world, target), 0), 0, None, 0)
    return "would be delivered"


def _limit(world: World, target: str) -> str:
    before = resource.prlimit(_pid(world, target), resource.RLIMIT_NOFILE)
    resource.prlimit(_pid(world, target), resource.RLIMIT_NOFILE, before)
    return "changed"


def _priority(world: World, target: str) -> str:
    os.setpriority(os.PRIO_PROCESS, _pid(world, target), os.getpriority(os.PRIO_PROCESS, _pid(world, target)))
    return "changed"


def _affinity(world: World, target: str) -> str:
    os.sched_setaffinity(_pid(world, target), os.sched_getaffinity(_pid(world, target)))
    return "changed"


_SECRETIVE = (_read_memory, _write_memory, _trace, _take_descriptor, _compare)
_DISTURBING = (_signal, _signal_by_descriptor, _limit, _priority, _affinity)


def _aim(reach: Callable[[World, str], str], target: str) -> None:
    def attack(world: World) -> str:
        pid = _pid(world, target)
        if pid == 0:
            return "out of sight"  # in another process namespace; the calls would take 0 for the caller itself
        # The init of an own process namespace ignores what comes from inside, and ends with the job.
        return "own init" if pid == 1 and reach in _DISTURBING else reach(world, target)

    attack.__name__ = f"{reach.__name__.lstrip('_')}_of_{target}"
    probe(*GONE, "own init", "out of sight", into=PROBES)(attack)


for _each in (*_SECRETIVE, *_DISTURBING):
    for _target in ("victim", "harness", "parent"):
        _aim(_each, _target)


@probe(*GONE, into=PROBES)
def signal_the_group_of_the_harness(world: World) -> str:
    os.killpg(world["harness_group"], 0)
    return "would be delivered"


@probe(*DENIED, into=PROBES)
def trace_me(world: World) -> str:
    call("ptrace", 0, 0, None, None)
    return "may be traced"


@probe(*DENIED, into=PROBES)
def real_time_scheduling(world: World) -> str:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    return "runs first"


@probe(*DENIED, into=PROBES)
def raise_the_priority(world: World) -> str:
    os.setpriority(os.PRIO_PROCESS, 0, -10)
    return f"priority {os.getpriority(os.PRIO_PROCESS, 0)}"


@probe(*DENIED, into=PROBES)
def real_time_input_and_output(world: World) -> str:
    call("ioprio_set", 1, 0, 1 << 13)
    return "reads first"


@probe("as before", into=PROBES)
def raise_the_limits(world: World) -> str:
    kinds = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    before = {name: resource.getrlimit(getattr(resource, name))[1] for name in kinds}
    for name in kinds:
        for most in (resource.RLIM_INFINITY, 1 << 20):
            try:
                resource.setrlimit(getattr(resource, name), (most, most))
            except (OSError, ValueError):
                continue
    after = {name: resource.getrlimit(getattr(resource, name))[1] for name in kinds}
    wide = [name for name in kinds if before[name] != -1 and (after[name] == -1 or after[name] > before[name])]
    return f"raised {wide}" if wide else "as before"


@probe("finite", into=PROBES)
def open_files_have_a_limit(world: World) -> str:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return "finite" if 0 < hard <= 4096 else f"limit {hard}"


@probe("0", into=PROBES)
def core_files_have_no_room(world: World) -> str:
    return str(resource.getrlimit(resource.RLIMIT_CORE)[1])


@probe(*DENIED, "EIO", "ENOTTY", "EBADF", "EINVAL", "ENXIO", into=PROBES)
def type_into_a_terminal(world: World) -> str:
    for descriptor in (0, 1, 2, os.open("/dev/tty", os.O_RDWR) if os.path.exists("/dev/tty") else 0):
        try:
            fcntl.ioctl(descriptor, termios.TIOCSTI, b" ")
        except OSError as error:
            last = error
        else:
            return "typed"
    raise last
