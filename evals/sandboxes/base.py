"""The seam between grading and isolation: a job goes in, an outcome comes out, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from evals.records import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Files for an empty working folder and a command in it; ``{python}`` in the command is the sandbox's interpreter.

    ``readable`` are host folders that the job may read beside the interpreter's own.
    """

    files: Mapping[str, bytes]
    command: tuple[str, ...]
    limits: Limits
    readable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a finished job left: bounded output, exit code, and whether a limit ended it.

    ``killed`` is a kill that no time limit explains (memory, or a signal of its own); ``truncated`` means that the output
    passed ``max_output_bytes`` and the job was ended for it.
    """

    exit_code: int
    stdout: bytes
    stderr: bytes
    timed_out: bool
    killed: bool
    truncated: bool
    wall_seconds: float


class Sandbox(Protocol):
    """Runs untrusted code. ``tier`` names the isolation and is stored with every verdict."""

    name: str
    tier: str

    def run(self, job: Job) -> Outcome:
        """Run a job to its end or its limits.

        Raises:
            SandboxFault: the sandbox itself failed; nothing is known of the code.
        """
        ...

    def close(self) -> None:
        """Release what the sandbox holds; leaves no process, container or file behind."""
        ...
