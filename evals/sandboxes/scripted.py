"""A sandbox that answers from a function: for tests of the logic around it."""

from __future__ import annotations

from collections.abc import Callable

from evals.sandboxes.base import Job, Outcome


class ScriptedSandbox:
    """Returns what ``answer(job)`` returns; ``answer`` may raise ``SandboxFault``."""

    name = "scripted"
    tier = "scripted"

    def __init__(self, answer: Callable[[Job], Outcome]) -> None:
        self._answer = answer
        self.jobs: list[Job] = []

    def run(self, job: Job) -> Outcome:
        """Record the job and answer it."""
        self.jobs.append(job)
        return self._answer(job)

    def close(self) -> None:
        """Nothing to release."""
