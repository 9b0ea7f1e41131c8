"""The seam between grading and isolation: a job goes in, an outcome comes out, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from evals.errors import SandboxFault
from evals.records import Limits

Toolchain = Literal["python", "node", "web"]
ENVIRONMENT: Mapping[str, str] = {
    "HOME": "{box}",
    "TMPDIR": "{box}",
    "USER": "nobody",
    "LOGNAME": "nobody",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    # A thread each processor of the machine would take memory by the machine's size.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""What a job finds in its environment, beside the path to programs; ``{box}`` is its folder."""
SHARED = Path(__file__).with_name("_shared.py").read_bytes()
"""Source that a job executes first in each interpreter which it starts itself, so that processes can share locks and memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Files for an empty working folder and a command in it.

    ``toolchain`` is what the command needs: ``python`` (the standard library), ``node`` (Node.js alone), or ``web``
    (Node.js with the pinned packages of the web toolchain). In the command ``{python}`` and ``{node}`` stand for the
    interpreters, ``{web}`` for the folder that holds the web toolchain's ``node_modules``. ``readable`` are host folders
    that the job may read beside these. ``outputs`` are files, by exact name, to bring back when it has ended: regular files
    only, of at most ``limits.file_mb``. ``sealed``: no process of the job may open another's output in /proc, not even its own.
    ``sheltered``: nothing of the job's own can kill it but for its memory: its processes cannot send SIGKILL, and no bound on
    mapped memory ends them; so that a kill tells of somebody else.
    """

    files: Mapping[str, bytes]
    command: tuple[str, ...]
    limits: Limits
    toolchain: Toolchain = "python"
    readable: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    sealed: bool = False
    sheltered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a finished job left: bounded output, exit code, and whether a limit ended it.

    ``timed_out``: it used ``limits.wall_seconds`` of processor time, all its processes together, or was at rest for as long.
    ``killed`` is a kill that no time limit explains (memory, or a signal of its own); ``truncated`` means that the output
    passed ``max_output_bytes`` and the job was ended for it. ``ended`` says in words which limit ended it. ``peak_bytes`` is the
    most memory that all its processes were seen to use, 0 where nobody looked. ``files`` has those of ``Job.outputs`` that exist.
    """

    exit_code: int
    stdout: bytes
    stderr: bytes
    timed_out: bool
    killed: bool
    truncated: bool
    wall_seconds: float
    processor_seconds: float = 0.0
    ended: str = ""
    peak_bytes: int = 0
    files: Mapping[str, bytes] = field(default_factory=dict)


_KILLED = 128 + 9
NEAR_ITS_LIMIT = "it was killed when all its processes used"
"""How it is said that memory explains a kill."""
_NEAR = 0.9  # of a limit; what a job acquires between two looks is not seen


def is_unexplained(outcome: Outcome) -> bool:
    """Whether SIGKILL ended a job and no limit tells why: by itself, by the machine, or by somebody."""
    return outcome.killed and outcome.exit_code == _KILLED and not outcome.ended


def explained(job: Job, run: Callable[[Job], Outcome]) -> Outcome:
    """The outcome of a job that is run again where it was killed for no limit: the third time ``sheltered``.

    Raises:
        SandboxFault: it was killed even so, and not near its limit of memory: that was somebody else.
    """
    for again in (job, job, replace(job, sheltered=True)):
        outcome = run(again)
        if not is_unexplained(outcome):
            return outcome
        if outcome.peak_bytes > _NEAR * (job.limits.memory_mb << 20):
            used = f"{outcome.peak_bytes >> 20:,} of {job.limits.memory_mb:,} MiB"
            return replace(outcome, ended=f"{NEAR_ITS_LIMIT} {used}")
    raise SandboxFault("the job was killed three times from outside, far from its limit of memory")


class Sandbox(Protocol):
    """Runs untrusted code. ``tier`` names the isolation and is stored with every verdict."""

    name: str
    tier: str

    def run(self, job: Job) -> Outcome:
        """Run a job to its end or its limits.

        Raises:
            SandboxFault: the sandbox itself failed, lacks the toolchain, or got no processor; nothing is known about the code.
        """
        ...

    def close(self) -> None:
        """Release what the sandbox holds; leaves no process, container or file behind."""
        ...


def check_names(job: Job) -> None:
    """Refuse a job whose files would leave its folder.

    Raises:
        SandboxFault: a name that is absolute, empty, or has ``..`` in it.
    """
    for name in (*job.files, *job.outputs):
        if not name or name.startswith("/") or "\0" in name or ".." in name.split("/"):
            raise SandboxFault(f"the job's file {name!r} would leave its folder")


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write a job's files into its folder on this machine."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
