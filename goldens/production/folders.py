"""Files of triage: what was run for each problem, and the suite with its drafts and active tasks.

A task's folder that somebody edited by hand is theirs: it is read instead of what triage made, and never written over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from evals.errors import BadInput
from evals.files import read_json, write_atomic, write_json
from evals.records import Task, TaskStatus
from evals.suiteexport import write_task
from evals.suites import PROJECT_SUITE, SUITE_FILE, SuiteHeader, load_suite
from goldens.production.activation import Activation, content_digest
from goldens.production.records import Proposal, Reproduction, Standing

PROBLEMS = "problems"
FUNNEL = "funnel.json"
_VARIANT = re.compile(r"-q\d+$")
_STATUS: Mapping[str, TaskStatus] = {"active": "active", "saturated": "active", "retired": "retired"}


class Workbook:
    """What was run for the problems of a project, one file a problem, whole or absent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._edited = {task.group: task for task in _tasks_in(folder / PROJECT_SUITE) if not _is_variant(task)}

    def _file(self, problem: str) -> Path:
        return self._folder / PROBLEMS / f"{problem}.json"

    def _read(self, problem: str) -> dict[str, Any]:
        file = self._file(problem)
        return dict(read_json(file)) if file.is_file() else {}

    def _keep(self, problem: str, **parts: Any) -> None:
        plain = {name: part.model_dump(mode="json") if hasattr(part, "model_dump") else part for name, part in parts.items()}
        write_json(self._file(problem), {**self._read(problem), **plain})

    def proposal(self, problem: str, basis: str = "") -> Proposal | None:
        """What triage made of a problem; None where nothing is kept, or where it was made from something else (``basis``)."""
        kept = self._read(problem)
        if "proposal" not in kept or (basis and kept.get("basis") != basis):
            return None
        return Proposal.model_validate(kept["proposal"])

    def keep_proposal(self, proposal: Proposal, basis: str) -> None:
        """Keep a proposal; what was run for an earlier one of other content is dropped."""
        earlier = self.proposal(proposal.problem)
        file = self._file(proposal.problem)
        same = earlier is not None and _content(earlier) == _content(proposal)
        rest = {k: v for k, v in self._read(proposal.problem).items() if same or k == "written"}
        write_json(file, {**rest, "proposal": proposal.model_dump(mode="json"), "basis": basis})

    def reproduction(self, problem: str) -> Reproduction | None:
        """What asking the model again gave."""
        kept = self._read(problem).get("reproduction")
        return Reproduction.model_validate(kept) if kept else None

    def keep_reproduction(self, problem: str, found: Reproduction) -> None:
        """Keep what asking the model again gave."""
        self._keep(problem, reproduction=found)

    def activation(self, problem: str) -> Activation | None:
        """What was run for an approved draft."""
        kept = self._read(problem).get("activation")
        return Activation.model_validate(kept) if kept else None

    def keep_activation(self, problem: str, shown: Activation) -> None:
        """Keep what was run for an approved draft."""
        self._keep(problem, activation=shown)

    def task(self, proposal: Proposal) -> Task:
        """The task of a problem: as it was edited by hand in the suite, else as triage made it.

        Raises:
            BadInput: there is no task yet.
        """
        if proposal.task is None:
            raise BadInput(f"{proposal.problem}: has no draft yet: {proposal.waiting}")
        edited = self._edited.get(proposal.problem)
        written = self._read(proposal.problem).get("written")
        if edited is not None and written and content_digest(edited) != written:
            return edited.model_copy(update={"split": proposal.task.split, "group": proposal.task.group})
        return proposal.task

    def in_suite(self, problem: str) -> Task | None:
        """The task of a problem as it stands in the suite; None where there is none."""
        return self._edited.get(problem)

    def is_other_golden(self, proposal: Proposal) -> bool:
        """Whether the log now speaks for another golden than the suite's, which triage wrote there itself."""
        there = self._edited.get(proposal.problem)
        if there is None or proposal.task is None or self._read(proposal.problem).get("written") != content_digest(there):
            return False
        return there.golden.strip() != proposal.task.golden.strip()

    def wrote(self, problem: str, task: Task) -> None:
        """Remember what was written into the suite, to see edits by hand."""
        if self._read(problem).get("written") != content_digest(task):
            self._keep(problem, written=content_digest(task))


def _content(proposal: Proposal) -> str:
    return content_digest(proposal.task) if proposal.task is not None else ""


def _tasks_in(suite: Path) -> tuple[Task, ...]:
    """All tasks of a project's suite, drafts too; none where there is no suite yet.

    Raises:
        BadInput: somebody's edit left a task that cannot be loaded.
    """
    if not (suite / SUITE_FILE).is_file() or not any(suite.glob("*/prompt.md")):
        return ()
    return load_suite(str(suite), drafts=True).tasks


def write_suite(folder: Path, name: str, standings: Sequence[Standing], funnel: Mapping[str, Any]) -> Path:
    """Write the drafts and active tasks of a project as a suite, and how many of the log's failures came how far."""
    suite = folder / PROJECT_SUITE
    header = SuiteHeader(name=name, description="Failures of production that were reproduced and proved; see docs/production.md.")
    book = Workbook(folder)
    there = {task.id: task for task in _tasks_in(suite)}
    for standing in standings:
        proposal = standing.proposal
        if proposal is None or proposal.task is None or standing.state in ("clustered", "reproduced"):
            continue
        kept = book.in_suite(standing.problem.id) if standing.state in _STATUS else None  # exactly what was approved
        task = kept or book.task(proposal)
        edited = kept is not None or content_digest(task) != content_digest(proposal.task)
        task = task.model_copy(update={"status": _STATUS.get(standing.state, "draft"), "source": ""})
        if task.id not in there or there[task.id].model_dump() != task.model_dump():
            write_task(suite, task, header)
        if not edited:
            book.wrote(standing.problem.id, task)
        for variant in _variants(task, proposal.also_asked):
            known = there.get(variant.id)
            wanted = known is not None or variant.status == "active"
            if wanted and (known is None or known.model_dump() != variant.model_dump()):
                write_task(suite, variant, header)
    if any(suite.glob("*/prompt.md")):
        shown = header.model_dump(mode="json", exclude_defaults=True)
        _write_changed(suite / SUITE_FILE, yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=110).encode())
        write_json(suite / FUNNEL, dict(funnel))
    return suite


def _variants(task: Task, also_asked: Sequence[str]) -> list[Task]:
    """The training task in the words of others; a holdout task is asked once, so that no problem counts more than another."""
    if task.split != "train":
        return []
    return [task.model_copy(update={"id": f"{task.id}-q{number}", "prompt": text}) for number, text in enumerate(also_asked, 2)]


def _is_variant(task: Task) -> bool:
    return _VARIANT.search(task.id) is not None


def _write_changed(file: Path, data: bytes) -> None:
    if not file.is_file() or file.read_bytes() != data:
        write_atomic(file, data)
