"""An archive of the packages of the web toolchain that most tests load, compiled, beside their folder: made once, for speed only.

Made in the sandbox by a job of our own, so that no package's code runs outside of it; jobs can read it and not write it.
Where it cannot be made, jobs load the packages' files. Not for containers, whose image is finished.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from evals.errors import SandboxFault
from evals.records import Limits
from evals.sandboxes.base import Job, Outcome
from evals.toolchains import modules_script, modules_version

_LIMITS = Limits(wall_seconds=60, memory_mb=1024, file_mb=64)
_PROGRAM, _ARCHIVE = "modules.cjs", "modules.bin"


def compile_modules(folder: Path, node: str, run: Callable[[Job], Outcome]) -> None:
    """Make the archive of a toolchain's folder for this Node.js where it is missing and the folder can be written."""
    version = _version_of(node)
    archive = folder / f"modules-{modules_version()}-{version}.bin"
    if not version or archive.exists() or not os.access(folder, os.W_OK):
        return
    job = Job(
        files={_PROGRAM: modules_script()},
        command=("{node}", "--no-warnings", _PROGRAM, _ARCHIVE, "{web}"),
        limits=_LIMITS,
        toolchain="web",
        outputs=(_ARCHIVE,),
    )
    with suppress(SandboxFault, OSError):
        outcome = run(job)
        if outcome.exit_code or _ARCHIVE not in outcome.files:
            return
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".modules-", delete=False) as made:
            made.write(outcome.files[_ARCHIVE])
        Path(made.name).chmod(0o644)
        Path(made.name).replace(archive)


@cache
def _version_of(node: str) -> str:
    """What Node.js calls its version and its machine; empty if it says nothing."""
    command = [node, "-p", "process.version + '-' + process.arch"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
