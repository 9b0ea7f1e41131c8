"""The embedded sandbox: Landlock and seccomp through sandlock, one prepared process tree for many jobs.

A box is a sandlock sandbox around a zygote (see ``_zygote``): it reads the interpreter and its own folder, has no network,
no capability, and bounds of memory (mapped, over all processes) and processes. Installed packages, where goldens may lie, it
can list and not read. Each job runs in a child of its own with a nested domain, and what several processes use together is
watched from here every few milliseconds: resident memory, which sandlock does not see behind a fork, threads, files, and
time. What was killed, and not from here, is run again, alone, in the end with nothing of its own that could kill it. Needs
Linux 6.12 or newer (Landlock ABI 6). Not covered:
processor share; what a job acquires between two looks.
"""

from __future__ import annotations

import os
import select
import sys
import tempfile
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evals.errors import SandboxFault
from evals.sandboxes._folder import remove_folder
from evals.sandboxes._hosts import filled, installed_toolchain, node_program, out_of_memory, package_folders, without
from evals.sandboxes._meter import Meter
from evals.sandboxes._modules import compile_modules
from evals.sandboxes._usage import disk_below, shared_fairly, usage_below
from evals.sandboxes.base import ENVIRONMENT, NEAR_ITS_LIMIT, Job, Outcome, Toolchain, check_names, explained
from evals.sandboxes.pool import BOOT, Box, Ending, Order, Pool, Settings

# The same on every machine of a kind, and nobody's: libraries, programs, time zones, kinds of files, and randomness.
_SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/bin", "/usr/bin", "/usr/share/zoneinfo"),
    *("/etc/localtime", "/etc/timezone", "/etc/mime.types", "/dev/urandom", "/dev/random", "/dev/zero"),
)
_REAP_SECONDS = 5.0
_NOBODY = 65534
_ZYGOTES = 1  # processes of a box beside the job's
_BASE_BYTES = 64 << 20  # what the box maps before a job has asked for anything
_THREADS = 256  # plus one per process
_DISK_FACTOR = 4  # limit of all files together, in multiples of the limit of one
# Node maps far more than it uses: the mapping limit is a coarse bound, actual use is watched.
_NODE_MAPPED_BYTES = 6 << 30
_SHELTERED_MAPPED_BYTES = 1 << 46  # more than a process can map
_PRELOAD = (
    "abc", "bisect", "collections", "collections.abc", "contextlib", "copy", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "heapq", "itertools", "json", "math", "operator", "random", "re", "statistics", "string",
    "threading", "traceback", "typing",
)  # fmt: skip
_NO_SPACE = (b"No space left on device", b"Disk quota exceeded", b"ENOSPC", b"EDQUOT")
_NO_FILES = (b"Too many open files in system", b"ENFILE")
_LEAST_INODES = 1000
_DENIED = ("memfd_create", "memfd_secret")


@dataclass(frozen=True, slots=True, kw_only=True)
class _BoxKind:
    """What is fixed when a box is made."""

    toolchain: Toolchain
    memory_mb: int
    processes: int
    readable: tuple[str, ...]
    pipes: bool
    sheltered: bool


class SandlockSandbox:
    """Boxes made by sandlock, kept and reused. Thread-safe."""

    name = "sandlock"

    def __init__(self) -> None:
        try:
            import sandlock
        except ImportError as error:
            raise SandboxFault(f"sandlock does not load ({error}): pip install sandlock") from None
        abi, least = sandlock.landlock_abi_version(), max(sandlock.min_landlock_abi(), 6)
        if abi < least:
            raise SandboxFault(f"this kernel has Landlock ABI {abi}, needed is {least} (Linux 6.12 or newer)")
        # sandlock 0.9 passes gid on together with uid and then warns that it does not.
        sandlock._sdk._NativePolicy._HANDLED_FIELDS |= {"gid"}
        self._library: Any = sandlock
        self.tier = f"sandlock/landlock-{abi}+zygote"
        self._python = str(Path(sys.executable).resolve())
        self._base = [str(Path(sys.base_prefix).resolve()), *(p for p in _SYSTEM if Path(p).exists())]
        self._files = tuple(without(self._base, package_folders()))
        _sweep(Path(tempfile.gettempdir()))
        self._user = self._unprivileged_user()
        self._compiling = threading.Lock()
        self._compiled: frozenset[str] = frozenset()
        self._pool: Pool[_BoxKind] = Pool(self._open)
        self._end = weakref.finalize(self, self._pool.close)  # at the interpreter's end at the latest

    def _unprivileged_user(self) -> dict[str, int]:
        """The options that put a job into a user namespace, where the machine allows one; root's only."""
        if os.geteuid() != 0:
            return {}
        user = {"uid": _NOBODY, "gid": _NOBODY}
        policy = self._library.Sandbox(fs_readable=self._base, clean_env=True, **user)
        with suppress(RuntimeError, self._library.SandlockError):
            if policy.run([self._python, "-I", "-S", "-c", ""], timeout=_REAP_SECONDS).exit_code == 0:
                return user
        return {}

    def run(self, job: Job) -> Outcome:
        """See ``Sandbox.run``."""
        check_names(job)
        names = {"{python}": self._python}
        links: dict[str, str] = {}
        if job.toolchain != "python":
            names["{node}"] = node_program()
        if job.toolchain == "web":
            names["{web}"] = installed_toolchain("web")
            links["node_modules"] = f"{names['{web}']}/node_modules"
            self._compile_once(names["{web}"], names["{node}"])
        order = Order(
            job=job,
            command=tuple(filled(part, names) for part in job.command),
            links=links,
            python=self._python,
            open_files=128 if job.toolchain == "python" else 1024,
        )
        kind = _BoxKind(
            toolchain=job.toolchain,
            memory_mb=job.limits.memory_mb,
            processes=job.limits.processes,
            readable=(*(path for name, path in names.items() if name != "{python}"), *job.readable),
            pipes=job.toolchain != "python" and not job.sealed,
            sheltered=False,
        )
        return self._settled(kind, order)

    def _settled(self, kind: _BoxKind, order: Order) -> Outcome:
        """The outcome of a job. One that the machine may have spoilt is run again, alone.

        Raises:
            SandboxFault: the machine spoilt it again.
        """

        def run(job: Job) -> Outcome:
            return self._pool.run(replace(kind, sheltered=job.sheltered), replace(order, job=job))

        before = out_of_memory()
        fault = "sandlock: this machine ran out of memory and killed a process"
        try:
            outcome = explained(order.job, run)
        except SandboxFault as error:
            meanwhile = "" if out_of_memory() == before else "; meanwhile this machine ran out of memory and killed a process"
            raise SandboxFault(f"{error}{meanwhile}") from None
        if outcome.killed and outcome.ended.startswith(NEAR_ITS_LIMIT) and out_of_memory() != before:
            raise SandboxFault(fault)
        if not _spoilt(outcome, order.job):
            return outcome
        outcome = explained(order.job, run)
        if said := _spoilt(outcome, order.job):
            raise SandboxFault(f"sandlock: {said}")
        return outcome

    def _compile_once(self, web: str, node: str) -> None:
        """Have the toolchain's modules compiled before its first job; the job that compiles them comes through here too."""
        with self._compiling:
            first, self._compiled = web not in self._compiled, self._compiled | {web}
        if first:
            compile_modules(Path(web), node, self.run)

    def _open(self, kind: _BoxKind) -> Box:
        """Make a box and wait until it is ready.

        Raises:
            SandboxFault: it cannot be made.
        """
        try:
            folder = tempfile.mkdtemp(prefix=f"goldloop-box-{os.getpid()}_")
        except OSError as error:
            raise SandboxFault(f"sandlock: {error}") from None
        try:
            process = self._policy(kind, folder).popen(
                [self._python, "-I", "-S", "-B", "-c", BOOT],
                stdin=self._library.StdioMode.PIPED,
                stdout=self._library.StdioMode.PIPED,
                stderr=self._library.StdioMode.NULL,
            )
        except (RuntimeError, ValueError, OSError, self._library.SandlockError) as error:
            _remove(folder)
            raise SandboxFault(f"sandlock could not make a box: {error}") from None
        environment = {**ENVIRONMENT, "PATH": "/usr/bin:/bin"}
        readable = (*self._files, *kind.readable, folder, os.devnull)
        if kind.toolchain == "python":
            settings = Settings(
                root=folder, preload=_PRELOAD, environment=environment, readable=readable, sheltered=kind.sheltered
            )
        else:
            # Node stops where it cannot read the machine's configuration of OpenSSL.
            environment |= {"OPENSSL_CONF": os.devnull, "NODE_OPTIONS": f"--max-old-space-size={kind.memory_mb}"}
            settings = Settings(
                root=folder, environment=environment, readable=readable, pipes=kind.pipes, sheltered=kind.sheltered
            )
        return Box.start(_Channel(process, folder), settings)

    def _policy(self, kind: _BoxKind, folder: str) -> Any:
        mapped = kind.memory_mb << 20 if kind.toolchain == "python" else _NODE_MAPPED_BYTES
        if kind.sheltered:
            mapped = _SHELTERED_MAPPED_BYTES
        return self._library.Sandbox(
            fs_readable=[*self._base, *kind.readable, folder],
            fs_writable=[folder, os.devnull],
            max_memory=mapped + _BASE_BYTES,
            max_processes=kind.processes + _ZYGOTES,
            max_open_files=1024,
            extra_deny_syscalls=list(_DENIED),
            clean_env=True,
            env={"HOME": folder, "LANG": "C.UTF-8"},
            cwd=folder,
            **self._user,
        )

    def close(self) -> None:
        """End every box."""
        self._end()


class _Channel:
    """A running sandlock process and its folder. See ``pool.Channel``."""

    def __init__(self, process: Any, folder: str) -> None:
        self._process = process
        self._root: int = process.pid
        self._folder = folder
        self._stdin, self._stdout = process.stdin.fileno(), process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._stdout, select.POLLIN)
        self._processes: tuple[int, ...] = ()
        self._meter = Meter(())
        self._peak = 0

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._stdin, view) :]

    def receive(self, deadline: float) -> bytes:
        if not self._poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise TimeoutError
        return os.read(self._stdout, 1 << 16)

    def begin(self) -> None:
        self._meter = Meter(usage_below(self._root).processes)
        self._peak = 0

    def late(self, job: Job) -> int:
        self._meter.look(self._processes)
        return self._meter.passed(job.limits.wall_seconds)

    def excess(self, job: Job) -> str:
        limits = job.limits
        used = usage_below(self._root)
        self._processes = used.processes
        most = limits.memory_mb << 20
        self._peak = max(self._peak, used.memory_bytes)
        if used.memory_bytes > most:
            fairly = shared_fairly(used.processes)
            if fairly is None or fairly > most:
                return f"the memory of all processes passed {limits.memory_mb:,} MiB"
        if used.threads > limits.processes + _ZYGOTES + _THREADS:
            return f"more than {limits.processes + _THREADS:,} threads"
        given = sum(map(len, job.files.values()))
        disk = _DISK_FACTOR * (limits.file_mb << 20) + given
        if disk_below(self._folder, used.processes, disk) > disk:
            return f"all files together passed {disk:,} bytes, or are too many"
        return ""

    def peak(self) -> int:
        return self._peak

    def close(self) -> Ending:
        process = self._process
        with process:
            with suppress(OSError):
                process.kill()
            # Reaping also ends whatever a job started and left running, in sessions of its own too.
            result = process.wait(timeout=_REAP_SECONDS)
        _remove(self._folder)
        return Ending(killed=False, message=f"sandlock: {result.error or result.reason}")


def _spoilt(outcome: Outcome, job: Job) -> str:
    """What this machine is short of where a job says that it is; empty where the machine is not."""
    told = outcome.stdout + outcome.stderr
    if any(word in told for word in _NO_SPACE):
        left = os.statvfs(tempfile.gettempdir())
        if left.f_bavail * left.f_frsize < job.limits.file_mb << 20 or (left.f_files and left.f_favail < _LEAST_INODES):
            return f"no space is left in {tempfile.gettempdir()}"
    if any(word in told for word in _NO_FILES):
        used, _, most = map(int, Path("/proc/sys/fs/file-nr").read_text().split())
        if used > 0.9 * most:
            return "this machine has too many open files"
    return ""


def _sweep(folder: Path) -> None:
    """Remove the folders of boxes whose goldloop process is gone."""
    for path in folder.glob("goldloop-box-*_*"):
        owner = path.name.removeprefix("goldloop-box-").split("_")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            _remove(str(path))


def _remove(folder: str) -> None:
    """Remove a box's folder. What cannot be removed stays: a verdict does not depend on it."""
    with suppress(OSError):
        remove_folder(folder)
