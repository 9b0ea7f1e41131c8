"""What a draft must show to become an active task, each part run now: nothing gets in on somebody's word alone.

The golden passes three times, stubs and mutants fail, the recorded failure fails, no earlier training set of the model holds the
task, and a person approved exactly this golden and these checks. What is missing is said, part by part.
"""

from __future__ import annotations

from collections.abc import Callable

from evals.asked import asked_names
from evals.files import digest
from evals.records import Record, Task
from evals.run import Grade
from goldens.production.drafts import code_of
from goldens.production.journal import Decisions
from goldens.production.records import Proposal
from goldens.records import Verification
from goldens.verify import Effort, verify_task

Leaks = Callable[[Task], str]
"""Where a task is found in what a model was trained on; empty where it is not."""


class Activation(Record):
    """What was run for a task, and ``missing``: why it is not active; empty where it may be."""

    missing: tuple[str, ...]
    verification: Verification | None = None


def content_digest(task: Task) -> str:
    """Digest of what a person approves: what is asked and what decides; not the status."""
    return digest(task.model_dump(mode="json", exclude={"status", "split"}))


def is_approved(task: Task, decisions: Decisions) -> bool:
    """Whether a person approved exactly this task; an approval ends with an edit or a rejection."""
    judged = decisions.judged(task.group)
    return judged is not None and judged.what == "approve" and judged.value == content_digest(task)


def activation(task: Task, proposal: Proposal, decisions: Decisions, grade: Grade, leaks: Leaks, effort: Effort) -> Activation:
    """Run everything that a draft must show.

    Raises:
        SandboxFault: the sandbox failed twice.
    """
    missing: list[str] = []
    verification = verify_task(task, grade, effort)
    if verification.state != "sound":
        missing.append(f"{verification.state}: {'; '.join(verification.findings) or 'it could not be verified'}")
    if passing := [name for name, stub in verification.stubs.items() if name != "empty" and stub.status in {"pass", "unsettled"}]:
        missing.append(f"an answer that knows nothing passes ({', '.join(passing)}): add checks")
    if proposal.recorded:
        verdict = grade(task, code_of(proposal.recorded, task.language, asked_names(task)))
        if verdict.status != "fail":
            missing.append(f"the recorded failure does not fail ({verdict.reason}): the checks do not show it")
    elif not proposal.failing:
        missing.append("no recorded answer fails the checks")
    if place := leaks(task):
        missing.append(f"the model was trained on it: {place}")
    if not is_approved(task, decisions):
        missing.append("a person's approval of this golden and these checks (goldloop review)")
    return Activation(missing=tuple(missing), verification=verification)
