"""A bare subprocess with rlimits. No isolation at all: only behind ``--unsafe-local``, never chosen by itself."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from evals.errors import SandboxFault
from evals.sandboxes.base import Job, Outcome, check_names, write_files


class LocalSandbox:
    """Runs jobs as the current user. For code that you wrote yourself."""

    name = "local"
    tier = "none (unsafe-local)"

    def run(self, job: Job) -> Outcome:
        """See ``Sandbox.run``."""
        check_names(job)
        limits = job.limits

        def confine() -> None:
            resource.setrlimit(resource.RLIMIT_AS, (limits.memory_mb << 20,) * 2)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_mb << 20,) * 2)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        with tempfile.TemporaryDirectory(prefix="goldloop-box-", ignore_cleanup_errors=True) as folder:
            write_files(job.files, Path(folder))
            command = [sys.executable if part == "{python}" else part for part in job.command]
            start = time.monotonic()
            try:
                process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env={"HOME": folder, "PYTHONHASHSEED": "0", "LANG": "C.UTF-8"},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    preexec_fn=confine,
                    start_new_session=True,
                )
            except OSError as error:
                raise SandboxFault(f"could not start the job: {error}") from None
            timed_out = False
            try:
                out, err = process.communicate(timeout=limits.wall_seconds)
            except subprocess.TimeoutExpired:
                timed_out = True
                process.kill()
                out, err = process.communicate()
        return Outcome(
            exit_code=process.returncode,
            stdout=out[: limits.max_output_bytes],
            stderr=err[: limits.max_output_bytes],
            timed_out=timed_out,
            killed=not timed_out and process.returncode < 0,
            truncated=len(out) > limits.max_output_bytes,
            wall_seconds=time.monotonic() - start,
        )

    def close(self) -> None:
        """Nothing is held."""
