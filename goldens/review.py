"""What people decide about drafts: approve, reject, send back, edit, retire; each an entry of the journal with who, when and why.

The same functions serve the terminal and any other surface. Does not ask anything itself (see ``loop.verbs.reviewing``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evals.asked import asked_names
from evals.errors import BadInput
from evals.files import digest
from evals.graders import problems_of as problems_of_task
from evals.records import Task, Verdict
from evals.run import Grade
from goldens.production.activation import Activation, content_digest
from goldens.production.drafts import code_of
from goldens.production.folders import Workbook
from goldens.production.journal import Decisions
from goldens.production.records import MACHINE, Standing
from goldens.production.triage import LEAST_RATE, Tools, activate, look

Part = Literal["golden", "checks", "prompt"]
PARTS: tuple[Part, ...] = ("golden", "checks", "prompt")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRun:
    """A draft run now: the golden, and the recorded failure, each with its verdict."""

    golden: Verdict
    recorded: Verdict | None


def standing_of(folder: Path, name: str) -> Standing:
    """A problem by its id, its task's id or the beginning of either.

    Raises:
        BadInput: none or several have it; the message lists what there is.
    """
    standings = look(folder).standings
    found = [s for s in standings if name in _names(s)] or [s for s in standings if any(n.startswith(name) for n in _names(s))]
    if len(found) != 1:
        known = ", ".join(_names(s)[-1] for s in (found or standings)[:12])
        what = "is several problems" if found else "is no problem"
        raise BadInput(f"{name!r} {what} of {folder}; there are: {known}")
    return found[0]


def _names(standing: Standing) -> list[str]:
    task = standing.proposal.task if standing.proposal is not None else None
    return [standing.problem.id, *([task.id] if task is not None else [])]


def waiting_for_review(standings: Sequence[Standing]) -> list[Standing]:
    """Drafts that wait for a person, the most frequent problems first."""
    return [s for s in standings if s.state in ("drafted", "reviewed") and s.proposal is not None and s.proposal.task is not None]


def try_out(task: Task, recorded: str, grade: Grade) -> DraftRun:
    """Run the golden and the recorded failure through the task's checks."""
    failed = grade(task, code_of(recorded, task.language, asked_names(task))) if recorded else None
    return DraftRun(golden=grade(task, task.golden), recorded=failed)


def approve(folder: Path, standing: Standing, tools: Tools, *, who: str, why: str = "") -> Activation:
    """Approve a draft as it is, run what it must show, and make it active if it does.

    Raises:
        BadInput: there is no draft, or nobody is named.
        SandboxFault: the sandbox failed twice; the approval is kept, and ``goldloop triage`` goes on.
    """
    decisions, book, task = _opened(folder, standing, who)
    decisions.add("approve", standing.problem.id, content_digest(task), who=who, why=why)
    decisions.move(standing.problem.id, "reviewed", who=who, why=why or "approved")
    assert standing.proposal is not None
    return activate(standing.problem.id, task, standing.proposal, decisions, book, tools)


def reject(folder: Path, standing: Standing, *, who: str, why: str) -> None:
    """Reject a draft: its problem stays as evidence, and no step of the machine drafts it again.

    Raises:
        BadInput: nobody is named, no reason is given, or the task is active (retire it).
    """
    _require(who, why)
    if standing.state in ("active", "saturated"):
        raise BadInput(f"{standing.problem.id}: is active; retire it (--retire), so that the journal says that it counted once")
    decisions = Decisions(folder)
    decisions.add("reject", standing.problem.id, who=who, why=why)
    decisions.move(standing.problem.id, "clustered", who=who, why=why)


def send_back(folder: Path, standing: Standing, *, who: str, why: str) -> None:
    """Send a draft back to whoever wrote it: it stays in the queue with the reason, and an approval of it ends.

    Raises:
        BadInput: nobody is named, no reason is given, or there is no draft to send back.
    """
    _require(who, why)
    if standing.state not in ("drafted", "reviewed"):
        raise BadInput(f"{standing.problem.id}: is {standing.state}; only a draft is sent back")
    decisions = Decisions(folder)
    decisions.add("return", standing.problem.id, who=who, why=why)
    decisions.move(standing.problem.id, "drafted", who=who, why=why)


def version_of(folder: Path, standing: Standing) -> str:
    """Digest of what a reviewer is shown: the draft, and what people have decided about it; another one means that it changed."""
    said = [d.model_dump(mode="json") for d in Decisions(folder).all if d.problem == standing.problem.id and d.by_person]
    proposal = standing.proposal
    draft = content_digest(Workbook(folder).task(proposal)) if proposal is not None and proposal.task is not None else ""
    return digest([draft, standing.state, said])


def retire(folder: Path, standing: Standing, *, who: str, why: str) -> None:
    """Take an active task out of the suite's count for good; its folder stays.

    Raises:
        BadInput: nobody is named, no reason is given, or the task is not active.
    """
    _require(who, why)
    if standing.state not in ("active", "saturated"):
        raise BadInput(
            f"{standing.problem.id}: is {standing.state}, not active; only what counted is retired, a draft is rejected"
        )
    Decisions(folder).move(standing.problem.id, "retired", who=who, why=why)


def edit(folder: Path, standing: Standing, part: Part, text: str, *, who: str, why: str = "") -> None:
    """Give a problem a golden, checks or a prompt of a person's; triage makes the draft anew from it, of an active task, too.

    Raises:
        BadInput: nobody is named, the text is empty, or the task would not be sound; the message says why.
    """
    _require(who, why or "edited")
    if not text.strip():
        raise BadInput(f"{standing.problem.id}: the {part} is empty")
    task = standing.proposal.task if standing.proposal is not None else None
    if task is not None and (found := problems_of_task(task.model_copy(update={part: text, "source": standing.problem.id}))):
        raise BadInput("\n".join(found))
    decisions = Decisions(folder)
    decisions.add(part, standing.problem.id, text, who=who, why=why)
    if standing.state in ("active", "saturated"):
        decisions.move(standing.problem.id, "drafted", who=who, why=why or f"{part} edited")


def _opened(folder: Path, standing: Standing, who: str) -> tuple[Decisions, Workbook, Task]:
    _require(who, "named")
    if standing.proposal is None:
        raise BadInput(f"{standing.problem.id}: has no draft; run `goldloop triage {folder}` first")
    if standing.state in ("clustered", "reproduced") and not _is_rejected_draft(standing):
        raise BadInput(f"{standing.problem.id}: is {standing.state}, not drafted; it waits for {standing.waiting}")
    book = Workbook(folder)
    return Decisions(folder), book, book.task(standing.proposal)


def _is_rejected_draft(standing: Standing) -> bool:
    """Whether all that a draft lacks is that a person rejected it, which a person may take back."""
    proposal, reproduction = standing.proposal, standing.reproduction
    if standing.by == MACHINE or proposal is None or proposal.task is None or proposal.waiting:
        return False
    return reproduction is not None and reproduction.rate >= LEAST_RATE


def _require(who: str, why: str) -> None:
    if not who.strip() or who == MACHINE:
        raise BadInput("decisions are people's: name yourself with --who NAME (or set GOLDLOOP_WHO)")
    if not why.strip():
        raise BadInput("give the reason with --why TEXT; it is kept with the decision")
