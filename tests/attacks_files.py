"""Probes at files and secrets: what is the host's, the harness' or another job's, and every way around a closed door.

The files are the test's own, readable and writable for everybody, so that only the sandbox is in the way; of files that are
not the test's, a probe says no more than whether they could be opened. A look at the sandbox's own files (its ``/etc``,
its ``/tmp``) is no breach. Not covered: what a flaw of the kernel or of a file system would open.
"""
# Paths are as the kernel takes them.
# ruff: noqa: PTH101, PTH102, PTH104, PTH108, PTH109, PTH116, PTH120, PTH123, PTH208, PTH211

from __future__ import annotations

import ctypes
import os
import socket
import stat
import sys
from collections.abc import Callable

from attacks_probe import DENIED, GONE, Probe, World, probe

PROBES: dict[str, Probe] = {}
_ENVIRONMENT = "GOLDLOOP_ATTACK_SECRET"


def _opens(name: str, path_of: Callable[[World], str], held: tuple[str, ...] = GONE) -> None:
    """A probe that reads a file; not what is in it but that it opens is the breach."""

    def attack(world: World) -> str:
        with open(path_of(world), "rb") as file:
            return f"read {len(file.read(4096))} bytes"

    attack.__name__ = name
    probe(*held, into=PROBES)(attack)


def _own(place: str) -> Callable[[World], str]:
    return lambda world: f"{world['folder']}/{place}"


_opens("read_the_secret", _own("secret"))
_opens("read_an_ssh_key", _own("home/.ssh/id_ed25519"))
_opens("read_cloud_credentials", _own("home/.aws/credentials"))
_opens("read_a_netrc", _own("home/.netrc"))
_opens("read_the_repository", lambda world: f"{world['repository']}/pyproject.toml")
_opens("read_the_secret_through_the_root_of_itself", lambda world: f"/proc/self/root{world['folder']}/secret")
_opens("read_the_secret_through_the_root_of_init", lambda world: f"/proc/1/root{world['folder']}/secret")
_opens("read_the_secret_through_the_root_of_the_harness", lambda world: f"/proc/{world['harness']}/root{world['folder']}/secret")
_opens("read_the_secret_through_the_folder_of_the_parent", lambda world: f"/proc/{os.getppid()}/cwd/../{world['folder']}/secret")
_opens("read_the_secret_by_dots", lambda world: "../" * 40 + world["folder"].lstrip("/") + "/secret")
_opens("read_the_passwords", lambda world: "/etc/shadow")
_opens("read_the_memory_of_the_kernel", lambda world: "/proc/kcore")
_opens("read_the_log_of_the_kernel", lambda world: "/dev/kmsg")
_opens("read_physical_memory", lambda world: "/dev/mem")
_opens("read_a_key_file_of_the_host", lambda world: "/etc/ssh/ssh_host_ed25519_key")
for _what in ("environ", "mem", "maps", "cmdline", "fd/0", "auxv", "stack"):
    for _target in ("victim", "harness"):
        _opens(
            f"read_{_what.replace('/', '_')}_of_the_{_target}",
            lambda world, what=_what, target=_target: f"/proc/{world[target]}/{what}",  # type: ignore[misc]
        )


@probe(*GONE, into=PROBES)
def read_the_secret_through_a_symlink(world: World) -> str:
    os.symlink(f"{world['folder']}/secret", "link")
    with open("link") as file:
        return f"read {len(file.read())} bytes"


@probe(*GONE, into=PROBES)
def read_the_secret_through_a_hardlink(world: World) -> str:
    os.link(f"{world['folder']}/secret", "hard")
    with open("hard") as file:
        return f"read {len(file.read())} bytes"


@probe(*GONE, into=PROBES)
def list_the_folder_of_the_test(world: World) -> str:
    return f"sees {os.listdir(world['folder'])}"


@probe(*GONE, "none", into=PROBES)
def see_other_jobs_folders(world: World) -> str:
    place = os.path.dirname(world["folder"])
    others = [name for name in os.listdir(place) if name.startswith("goldloop-")]
    return f"sees {others}" if others else "none"


@probe("none", into=PROBES)
def find_the_secret_in_the_environment(world: World) -> str:
    return "found" if _ENVIRONMENT in os.environ else "none"


def _environments(paths: list[str]) -> str:
    """Whether the secret's name is in one of these; the rest of what they hold is looked at by nobody."""
    for path in paths:
        try:
            with open(path, "rb") as file:
                if _ENVIRONMENT.encode() in file.read():
                    return f"found in {path}"
        except OSError:
            continue
    return "none"


@probe("none", into=PROBES)
def find_the_secret_in_the_environment_of_processes(world: World) -> str:
    pids = ["self", "1", str(os.getppid()), str(world["harness"]), *map(str, range(1, 400))]
    return _environments([f"/proc/{pid}/environ" for pid in pids])


def _assigns(memory: bytes) -> bool:
    """Whether the secret's name stands before an equals sign. The two are never put together here: it would find itself."""
    name = _ENVIRONMENT.encode()
    at = memory.find(name)
    while at >= 0:
        if memory[at + len(name) : at + len(name) + 1] == b"=":
            return True
        at = memory.find(name, at + 1)
    return False


@probe("none", into=PROBES)
def find_the_secret_in_own_memory(world: World) -> str:
    """A forked interpreter would still hold what its parent knew."""
    try:
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
            for line in maps:
                where, mode = line.split()[:2]
                low, high = (int(part, 16) for part in where.split("-"))
                if "rw" in mode and high - low < 64 << 20:
                    memory.seek(low)
                    if _assigns(memory.read(high - low)):
                        return "found"
    except OSError:
        pass
    return "none"


@probe("none", into=PROBES)
def find_the_secret_on_the_first_stack(world: World) -> str:
    """Where the kernel put the environment at the start, which clearing the environment does not wipe."""
    try:
        start = ctypes.c_void_p.in_dll(ctypes.CDLL(None), "__libc_stack_end").value
    except ValueError:
        return "none"
    assert start is not None
    words = ctypes.cast(start, ctypes.POINTER(ctypes.c_size_t))
    at = words[0] + 2  # past the count of arguments, the arguments and their end
    while words[at]:
        if _assigns(ctypes.string_at(words[at])):
            return "found"
        at += 1
    return "none"


@probe("none", into=PROBES)
def find_the_harness_among_the_modules(world: World) -> str:
    found = sorted({name.split(".")[0] for name in sys.modules} & {"evals", "goldens", "loop", "pydantic", "pytest", "sandlock"})
    return f"found {found}" if found else "none"


@probe("none", into=PROBES)
def find_descriptors_of_the_harness(world: World) -> str:
    # One is the probe's own: the pipe on which it answers.
    found = []
    for number in range(3, 1024):
        try:
            found.append((number, oct(os.fstat(number).st_mode)))
        except OSError:
            continue
    own = len(found) == 1 and stat.S_ISFIFO(int(found[0][1], 8))
    return "none" if own else f"found {found}"


def _writes(name: str, path_of: Callable[[World], str], held: tuple[str, ...] = GONE) -> None:
    """A probe that makes a file. What is made in a place that only the sandbox has is judged by the test, from outside."""

    def attack(world: World) -> str:
        with open(path_of(world), "w") as file:
            file.write("written by an attack")
        return "wrote"

    attack.__name__ = name
    probe(*held, into=PROBES)(attack)


_writes("write_into_an_open_folder", _own("open/new"))
_writes("write_over_an_open_file", _own("open/file"))
_writes("write_by_dots", lambda world: "../" * 40 + world["folder"].lstrip("/") + "/open/dots")
_writes("write_through_the_root_of_itself", lambda world: f"/proc/self/root{world['folder']}/open/root")
_writes("write_beside_the_own_folder", lambda world: "../goldloop-attack-beside", (*GONE, "wrote"))
_writes("write_into_tmp", lambda world: f"/tmp/{world['mark']}", (*GONE, "wrote"))
_writes("write_into_var_tmp", lambda world: f"/var/tmp/{world['mark']}", (*GONE, "wrote"))
_writes("write_into_the_home_of_root", lambda world: f"/root/{world['mark']}")
_writes("write_into_etc", lambda world: f"/etc/{world['mark']}")
_writes("write_into_bin", lambda world: f"/usr/bin/{world['mark']}")
_writes("write_into_the_interpreter", lambda world: f"{os.path.dirname(os.__file__)}/{world['mark']}.py")
_writes("write_into_the_repository", lambda world: f"{world['repository']}/{world['mark']}.py")
_writes("write_a_cron_table", lambda world: f"/etc/cron.d/{world['mark']}")
_writes("write_into_sys", lambda world: f"/sys/fs/cgroup/{world['mark']}", (*GONE, "EINVAL"))
_writes("write_a_core_pattern", lambda world: "/proc/sys/kernel/core_pattern.goldloop")
_writes("write_into_own_oom_score", lambda world: "/proc/self/oom_score_adj.goldloop", (*GONE, "EINVAL"))


@probe(*GONE, into=PROBES)
def write_through_a_symlink(world: World) -> str:
    os.symlink(f"{world['folder']}/open/linked", "out")
    with open("out", "w") as file:
        file.write("written by an attack")
    return "wrote"


@probe(*GONE, into=PROBES)
def write_through_a_symlinked_folder(world: World) -> str:
    os.symlink(f"{world['folder']}/open", "folder")
    with open("folder/linked", "w") as file:
        file.write("written by an attack")
    return "wrote"


@probe(*GONE, into=PROBES)
def rename_over_a_file(world: World) -> str:
    with open("mine", "w") as file:
        file.write("written by an attack")
    os.rename("mine", f"{world['folder']}/open/file")
    return "renamed"


@probe(*GONE, into=PROBES)
def remove_a_file(world: World) -> str:
    os.unlink(f"{world['folder']}/open/file")
    return "removed"


@probe(*GONE, into=PROBES)
def truncate_a_file(world: World) -> str:
    os.truncate(f"{world['folder']}/open/file", 0)
    return "cut"


def _changes(name: str, change: Callable[[str], None]) -> None:
    """A probe at what is written about a file. A sandbox may say yes and do nothing, so that honest code goes on."""

    def attack(world: World) -> str:
        path = f"{world['folder']}/open/file"
        change(path)
        found = os.stat(path)
        # As the test made it, a moment ago and with no attribute.
        same = stat.S_IMODE(found.st_mode) == 0o666 and found.st_mtime > 1 and found.st_uid == world["owner"]
        return "without effect" if same and not os.listxattr(path) else "changed"

    attack.__name__ = name
    probe(*GONE, "ENOTSUP", "without effect", into=PROBES)(attack)


_changes("change_the_mode_of_a_file", lambda path: os.chmod(path, 0o600))
_changes("change_the_times_of_a_file", lambda path: os.utime(path, (0, 0)))
_changes("change_the_owner_of_a_file", lambda path: os.chown(path, 7, 7))
_changes("put_an_attribute_on_a_file", lambda path: os.setxattr(path, "user.goldloop", b"1"))


@probe(*GONE, "without effect", into=PROBES)
def change_a_file_that_may_be_read(world: World) -> str:
    """The mode that it has, given to a library of the interpreter again: the time of the change tells of it."""
    descriptor = os.open(os.__file__, os.O_RDONLY)
    before = os.fstat(descriptor)
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
    return "without effect" if os.fstat(descriptor).st_ctime_ns == before.st_ctime_ns else "changed"


@probe(*GONE, into=PROBES)
def make_a_folder_outside(world: World) -> str:
    os.mkdir(f"{world['folder']}/open/made")
    return "made"


@probe(*GONE, into=PROBES)
def make_a_symlink_outside(world: World) -> str:
    os.symlink("/", f"{world['folder']}/open/link")
    return "made"


@probe(*GONE, into=PROBES)
def make_a_socket_outside(world: World) -> str:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{world['folder']}/open/socket")
    return "made"


@probe(*DENIED, into=PROBES)
def make_a_block_device(world: World) -> str:
    os.mknod("device", 0o600 | stat.S_IFBLK, os.makedev(7, 7))
    return "made"


@probe(*DENIED, into=PROBES)
def make_a_memory_device(world: World) -> str:
    os.mknod("memory", 0o600 | stat.S_IFCHR, os.makedev(1, 1))
    return "made"


@probe(*DENIED, "without effect", into=PROBES)
def make_a_setuid_program(world: World) -> str:
    with open("program", "w") as file:
        file.write("#!/bin/sh\n")
    os.chmod("program", 0o6755)
    made = os.stat("program").st_mode & (stat.S_ISUID | stat.S_ISGID)
    # On such a file system the bits mean nothing.
    return "made" if made and not os.statvfs("program").f_flag & os.ST_NOSUID else "without effect"


@probe(*GONE, "EBUSY", into=PROBES)
def move_the_own_folder_into_the_open_one(world: World) -> str:
    here = os.getcwd()
    os.rename(here, f"{world['folder']}/open/moved")
    return "moved"
