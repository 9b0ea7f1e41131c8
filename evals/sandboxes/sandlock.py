"""The embedded sandbox: Landlock and seccomp through sandlock. No root, no engine, about 10 ms a run.

Confines the file system to the interpreter and an own empty folder, denies all network, caps memory, processes, open files,
file size, output and time. Needs Linux 6.7 or newer (Landlock ABI 6).
"""

from __future__ import annotations

import os
import selectors
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from evals.errors import SandboxFault
from evals.sandboxes.base import Job, Outcome

_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
_GRACE_SECONDS = 0.25


class SandlockSandbox:
    """One confined process a job. Thread-safe: every job has its own folder and policy."""

    name = "sandlock"

    def __init__(self) -> None:
        try:
            import sandlock
        except ImportError as error:
            raise SandboxFault(f"sandlock does not load ({error}): pip install sandlock") from None
        abi, least = sandlock.landlock_abi_version(), sandlock.min_landlock_abi()
        if abi < least:
            raise SandboxFault(f"this kernel has Landlock ABI {abi}, sandlock needs {least} (Linux 6.7 or newer)")
        self._library: Any = sandlock
        self.tier = f"sandlock/landlock-{abi}"
        self._python = str(Path(sys.executable).resolve())
        self._readable = [str(Path(sys.base_prefix).resolve()), *(p for p in _SYSTEM_LIBRARIES if Path(p).exists())]

    def run(self, job: Job) -> Outcome:
        """See ``Sandbox.run``."""
        library = self._library
        with tempfile.TemporaryDirectory(prefix="goldloop-box-", ignore_cleanup_errors=True) as folder:
            for name, data in job.files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            box = library.Sandbox(
                fs_readable=[*self._readable, *job.readable, folder],
                fs_writable=[folder, "/dev/null"],
                max_memory=job.limits.memory_mb << 20,
                max_processes=job.limits.processes,
                max_open_files=128,
                no_coredump=True,
                clean_env=True,
                env={"HOME": folder, "TMPDIR": folder, "PYTHONHASHSEED": "0", "LANG": "C.UTF-8"},
                cwd=folder,
            )
            command = [self._python if part == "{python}" else part for part in job.command]
            start = time.monotonic()
            try:
                process = box.popen(
                    command,
                    stdin=library.StdioMode.NULL,
                    stdout=library.StdioMode.PIPED,
                    stderr=library.StdioMode.PIPED,
                )
            except (RuntimeError, OSError, library.SandlockError) as error:
                raise SandboxFault(f"sandlock could not start the job: {error}") from None
            with process:
                streams, timed_out, truncated = _drain(process, start + job.limits.wall_seconds, job.limits.max_output_bytes)
                if timed_out or truncated:
                    process.kill()
                left = max(_GRACE_SECONDS, start + job.limits.wall_seconds - time.monotonic())
                result = process.wait(timeout=left)
            wall = time.monotonic() - start
        if result.error and result.reason is None:
            raise SandboxFault(f"sandlock: {result.error}")
        reasons = library._sdk.ExitReason
        timed_out = timed_out or result.reason == reasons.TIMEOUT
        return Outcome(
            exit_code=result.exit_code,
            stdout=streams[0],
            stderr=streams[1],
            timed_out=timed_out,
            killed=not timed_out and not truncated and result.reason in (reasons.KILLED, reasons.SIGNALED),
            truncated=truncated,
            wall_seconds=wall,
        )

    def close(self) -> None:
        """Nothing is held between jobs."""


def _drain(process: Any, deadline: float, limit: int) -> tuple[tuple[bytes, bytes], bool, bool]:
    """Read both pipes to their ends, the deadline or the byte limit: (streams, timed out, truncated)."""
    buffers = {process.stdout: bytearray(), process.stderr: bytearray()}
    timed_out = truncated = False
    with selectors.DefaultSelector() as selector:
        for stream in buffers:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map() and not (timed_out or truncated):
            left = deadline - time.monotonic()
            if left <= 0:
                timed_out = True
                break
            for key, _ in selector.select(left):
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                    continue
                buffer = buffers[key.fileobj]
                buffer += chunk[: limit - len(buffer)]
                truncated = truncated or len(buffer) >= limit
    out, err = buffers.values()
    return (bytes(out), bytes(err)), timed_out, truncated
