"""The embedded sandbox: Landlock and seccomp through sandlock. No root, no engine, about 20 ms a run.

Confines the file system to the interpreter and an own empty folder, denies all network, and caps memory (of the whole
process tree, counted as mapped), processes, open files, file size, output and time. Needs Linux 6.7 or newer (Landlock
ABI 6). Not covered: processor share; threads, which count as memory only; the sum of many files, which only the time
limit bounds.
"""

from __future__ import annotations

import os
import resource
import selectors
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.errors import SandboxFault
from evals.records import Limits
from evals.sandboxes.base import Job, Outcome, check_names, write_files

_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
_REAP_SECONDS = 5.0
_NOBODY = 65534


class SandlockSandbox:
    """One confined process tree a job. Thread-safe: every job has its own folder and policy."""

    name = "sandlock"

    def __init__(self) -> None:
        try:
            import sandlock
        except ImportError as error:
            raise SandboxFault(f"sandlock does not load ({error}): pip install sandlock") from None
        abi, least = sandlock.landlock_abi_version(), sandlock.min_landlock_abi()
        if abi < least:
            raise SandboxFault(f"this kernel has Landlock ABI {abi}, sandlock needs {least} (Linux 6.7 or newer)")
        # sandlock 0.9 passes gid on together with uid and then warns that it does not.
        sandlock._sdk._NativePolicy._HANDLED_FIELDS |= {"gid"}
        self._library: Any = sandlock
        self.tier = f"sandlock/landlock-{abi}"
        self._python = str(Path(sys.executable).resolve())
        self._readable = [str(Path(sys.base_prefix).resolve()), *(p for p in _SYSTEM_LIBRARIES if Path(p).exists())]
        self._user = self._unprivileged_user()

    def _unprivileged_user(self) -> dict[str, int]:
        """The options that take root's capabilities from a job: a user namespace, where the machine allows one.

        Without it a job of a root user holds CAP_SYS_RESOURCE and kin behind nothing but the system call filter.
        """
        if os.geteuid() != 0:
            return {}
        user = {"uid": _NOBODY, "gid": _NOBODY}
        self._user = user
        with suppress(SandboxFault):
            if self.run(Job(files={}, command=("{python}", "-I", "-S", "-c", ""), limits=Limits())).exit_code == 0:
                return user
        return {}

    def run(self, job: Job) -> Outcome:
        """See ``Sandbox.run``."""
        check_names(job)
        try:
            with tempfile.TemporaryDirectory(prefix="goldloop-box-", ignore_cleanup_errors=True) as folder:
                write_files(job.files, Path(folder))
                return self._run_in(job, folder)
        except OSError as error:
            raise SandboxFault(f"sandlock: {error}") from error

    def _policy(self, job: Job, folder: str) -> Any:
        return self._library.Sandbox(
            fs_readable=[*self._readable, *job.readable, folder],
            fs_writable=[folder, "/dev/null"],
            max_memory=job.limits.memory_mb << 20,
            max_processes=job.limits.processes,
            max_open_files=128,
            # What is written to a memory file is not mapped, so the memory limit does not see it.
            extra_deny_syscalls=["memfd_create"],
            no_coredump=True,
            clean_env=True,
            env={"HOME": folder, "TMPDIR": folder, "PYTHONHASHSEED": "0", "LANG": "C.UTF-8"},
            cwd=folder,
            **self._user,
        )

    def _run_in(self, job: Job, folder: str) -> Outcome:
        library = self._library
        command = [self._python if part == "{python}" else part for part in job.command]
        start = time.monotonic()
        try:
            process = self._policy(job, folder).popen(
                command, stdin=library.StdioMode.NULL, stdout=library.StdioMode.PIPED, stderr=library.StdioMode.PIPED
            )
        except (RuntimeError, ValueError, library.SandlockError) as error:
            raise SandboxFault(f"sandlock could not start the job: {error}") from None
        with process:
            # sandlock has no such limit. The interpreter is still starting now; without root it cannot be raised again.
            with suppress(ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (job.limits.file_mb << 20,) * 2)
            seen = _watch(process, start + job.limits.wall_seconds, job.limits.max_output_bytes)
            if seen.timed_out or seen.truncated:
                process.kill()
            # Reaping also ends whatever the job started and left running, in sessions of its own too.
            result = process.wait(timeout=_REAP_SECONDS)
        wall = time.monotonic() - start
        if result.reason is None:
            raise SandboxFault(f"sandlock: {result.error}")
        reasons = library._sdk.ExitReason
        if result.reason == reasons.TIMEOUT:
            raise SandboxFault(f"sandlock could not end the job within {_REAP_SECONDS:g} s")
        # As a shell and Docker number them; sandlock itself answers -1 and names no signal for SIGKILL.
        signals = {reasons.KILLED: 137, reasons.SIGNALED: 128 + result.signal}
        return Outcome(
            exit_code=signals.get(result.reason, result.exit_code),
            stdout=bytes(seen.stdout),
            stderr=bytes(seen.stderr),
            timed_out=seen.timed_out,
            killed=result.reason in signals and not seen.timed_out and not seen.truncated,
            truncated=seen.truncated,
            wall_seconds=wall,
        )

    def close(self) -> None:
        """Nothing is held between jobs."""


@dataclass(slots=True)
class _Seen:
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    timed_out: bool = False
    truncated: bool = False


def _watch(process: Any, deadline: float, limit: int) -> _Seen:
    """Collect output until the job's first process ends, the deadline or the byte limit.

    The end of the pipes is no sign of the end: a job can close them and go on, and a process that it left behind can
    hold them open. So the process itself is watched.
    """
    seen = _Seen()
    buffers = {process.stdout: seen.stdout, process.stderr: seen.stderr}
    try:
        ended = os.pidfd_open(process.pid)
    except ProcessLookupError:
        ended = -1
    running = ended >= 0
    try:
        with selectors.DefaultSelector() as selector:
            for stream in buffers:
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ)
            if running:
                selector.register(ended, selectors.EVENT_READ)
            while running and not seen.truncated:
                left = deadline - time.monotonic()
                if left <= 0:
                    seen.timed_out = True
                    break
                for key, _ in selector.select(left):
                    if key.fd == ended:
                        running = False
                    elif _read(key.fd, buffers[key.fileobj], limit, seen) == "closed":
                        selector.unregister(key.fileobj)
    finally:
        if ended >= 0:
            os.close(ended)
    for stream, buffer in buffers.items():
        while not seen.truncated and _read(stream.fileno(), buffer, limit, seen) == "data":
            pass
    return seen


def _read(descriptor: int, buffer: bytearray, limit: int, seen: _Seen) -> str:
    try:
        chunk = os.read(descriptor, 65536)
    except BlockingIOError:
        return "empty"
    buffer += chunk[: limit - len(buffer)]
    seen.truncated = seen.truncated or len(buffer) >= limit
    return "data" if chunk else "closed"
