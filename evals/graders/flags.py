"""Attempts at gaming, found by reading the answer. A flagged attempt is never a pass and never a training row."""

from __future__ import annotations

from collections.abc import Mapping

from evals.records import Task, Verdict


def find_flags(task: Task, code: str) -> Mapping[str, str]:
    """Flags by name, each with the text that shows it."""
    return {}


def flagged(found: Verdict, flags: Mapping[str, str]) -> Verdict:
    """The verdict with these flags beside its own; a pass with any flag is a fail."""
    names = tuple(sorted({*found.flags, *flags}))
    if not names:
        return found
    evidence = {**found.evidence, "flags": {**found.evidence.get("flags", {}), **flags}}
    changes = {"status": "fail", "reason": f"flagged:{names[0]}"} if found.passed else {}
    return found.model_copy(update={**changes, "flags": names, "evidence": evidence})
