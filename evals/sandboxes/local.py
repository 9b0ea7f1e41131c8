"""A bare subprocess with rlimits. No isolation at all: only with ``--unsafe-local``, never chosen automatically."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from evals.errors import SandboxFault
from evals.sandboxes._hosts import filled, installed_toolchain, node_program
from evals.sandboxes._meter import LOOK_SECONDS, Meter
from evals.sandboxes._usage import usage_below
from evals.sandboxes._wire import OVER, longest_wait, too_busy
from evals.sandboxes.base import ENVIRONMENT, Job, Outcome, check_names, write_files


class LocalSandbox:
    """Runs jobs as the current user. For code that you wrote yourself."""

    name = "local"
    tier = "none (unsafe-local)"

    def run(self, job: Job) -> Outcome:
        """See ``Sandbox.run``."""
        check_names(job)
        limits = job.limits
        names = {"{python}": sys.executable}
        if job.toolchain != "python":
            names["{node}"] = node_program()
        if job.toolchain == "web":
            names["{web}"] = installed_toolchain("web")

        def confine() -> None:
            if job.toolchain == "python":  # Node reserves far more address space than it uses
                resource.setrlimit(resource.RLIMIT_AS, (limits.memory_mb << 20,) * 2)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_mb << 20,) * 2)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        with tempfile.TemporaryDirectory(prefix="goldloop-box-", ignore_cleanup_errors=True) as folder:
            write_files(job.files, Path(folder))
            if job.toolchain == "web" and not Path(folder, "node_modules").exists():
                Path(folder, "node_modules").symlink_to(f"{names['{web}']}/node_modules")
            start = time.monotonic()
            try:
                process = subprocess.Popen(
                    [filled(part, names) for part in job.command],
                    cwd=folder,
                    env={**{k: filled(v, {"{box}": folder}) for k, v in ENVIRONMENT.items()}, "PATH": os.environ.get("PATH", "")},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    preexec_fn=confine,
                    start_new_session=True,
                )
            except OSError as error:
                raise SandboxFault(f"could not start the job: {error}") from None
            late = 0
            meter = Meter(())
            while True:
                try:
                    out, err = process.communicate(timeout=LOOK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    meter.look((process.pid, *usage_below(process.pid).processes))
                    waited = time.monotonic() - start
                    over = waited > longest_wait(limits)
                    if over or (late := late or meter.passed(limits.wall_seconds)):
                        _kill_group(process.pid)
                    if over and not late:
                        process.communicate()
                        raise SandboxFault(too_busy(meter.processor_seconds, waited, limits.wall_seconds)) from None
            _kill_group(process.pid)  # what the job left running in its own session
            files = _outputs(job, Path(folder))
        status = process.returncode
        return Outcome(
            exit_code=status if status >= 0 else 128 - status,
            stdout=out[: limits.max_output_bytes],
            stderr=err[: limits.max_output_bytes],
            timed_out=late > 0,
            killed=not late and status < 0,
            truncated=max(len(out), len(err)) > limits.max_output_bytes,
            wall_seconds=time.monotonic() - start,
            processor_seconds=meter.processor_seconds,
            ended=OVER[late].format(limit=limits.wall_seconds) if late else "",
            files=files,
        )

    def close(self) -> None:
        """Nothing to release."""


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _outputs(job: Job, folder: Path) -> Mapping[str, bytes]:
    outputs = {}
    for name in job.outputs:
        path = folder / name
        with suppress(OSError):
            state = path.lstat()
            inside = path.parent.resolve() == (folder.resolve() / name).parent
            if stat.S_ISREG(state.st_mode) and state.st_nlink == 1 and inside and state.st_size <= job.limits.file_mb << 20:
                outputs[name] = path.read_bytes()
    return outputs
