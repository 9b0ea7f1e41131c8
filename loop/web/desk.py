"""The reviewers' desk: what waits in a project, one draft with its version, decisions that overwrite nobody's.

A decision is taken under the project's lock, and only on the version that its author was shown. Code of a reviewer runs where a
model's does, in the sandbox. Does not know pages (see ``loop.web.reviewing``).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from evals.errors import BadInput, Inconclusive, SandboxFault
from evals.graders import problems_of as problems_of_task
from evals.logs.ingest import locked
from evals.logs.project import JudgedAnswer, read_log
from evals.records import Task
from goldens import review as people
from goldens.production.folders import Workbook, write_suite
from goldens.production.records import Standing
from goldens.production.triage import Tools, Triaged, look, triage

OpenTools = Callable[[Path], AbstractContextManager[Tools]]
_PATIENCE_SECONDS = 8.0
_SHOWN_ANSWERS = 3


class DraftChanged(Inconclusive):
    """Somebody else decided about a draft, or it was made anew, after its reader was shown it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """A problem as a reviewer sees it. ``task`` is None where it waits for a golden. ``answers`` are recorded failures."""

    standing: Standing
    task: Task | None
    version: str
    answers: tuple[JudgedAnswer, ...]


class Desk:
    """The drafts of the projects of one server."""

    def __init__(self, open_tools: OpenTools) -> None:
        self._open_tools = open_tools
        self._guard = threading.Lock()
        self._busy: dict[Path, threading.Lock] = {}
        self._seen: dict[Path, tuple[object, Triaged]] = {}
        self._answers: dict[Path, tuple[object, tuple[JudgedAnswer, ...]]] = {}
        self._tools: dict[Path, tuple[AbstractContextManager[Tools], Tools]] = {}

    def close(self) -> None:
        """Close the sandboxes that were opened."""
        with self._guard:
            opened, self._tools = list(self._tools.values()), {}
        for context, _ in opened:
            context.__exit__(None, None, None)

    def look(self, folder: Path) -> Triaged:
        """Where all problems stand; read again only when a file changed."""
        stamp = _stamp(folder, ("", "problems", "suite", "log"))
        known = self._seen.get(folder)
        if known is None or known[0] != stamp:
            known = (stamp, look(folder))
            self._seen[folder] = known
        return known[1]

    def waiting(self, folder: Path) -> list[Standing]:
        """Problems that wait for a person: drafts first, then those without a golden, each by how often they failed."""
        standings = self.look(folder).standings
        drafts = people.waiting_for_review(standings)
        names = {standing.problem.id for standing in drafts}
        return [*drafts, *(s for s in standings if s.problem.id not in names and s.waiting.startswith("a person"))]

    def view(self, folder: Path, problem: str) -> DraftView:
        """One problem.

        Raises:
            BadInput: there is none of this id.
        """
        standing = next((s for s in self.look(folder).standings if s.problem.id == problem), None)
        if standing is None:
            raise BadInput(f"{problem}: no such problem in {folder.name}, or not any more")
        task = Workbook(folder).task(standing.proposal) if standing.proposal and standing.proposal.task else None
        members = set(standing.problem.members)
        failing = [answer for answer in self._judged(folder) if answer.id in members and answer.fails]
        version = people.version_of(folder, standing)
        return DraftView(standing=standing, task=task, version=version, answers=tuple(failing[:_SHOWN_ANSWERS]))

    def _judged(self, folder: Path) -> tuple[JudgedAnswer, ...]:
        """The log's judged answers; read again only when a file was ingested or a rule declared."""
        stamp = _stamp(folder, ("log",), ("signals.json",))
        known = self._answers.get(folder)
        if known is None or known[0] != stamp:
            known = (stamp, read_log(folder).judged)
            self._answers[folder] = known
        return known[1]

    def try_out(self, folder: Path, problem: str, texts: Mapping[str, str]) -> people.DraftRun:
        """Run golden and recorded failure through the checks as they stand in the editor; keeps nothing.

        Raises:
            BadInput: there is no draft yet, or the task would not be sound.
        """
        view = self.view(folder, problem)
        if view.task is None or view.standing.proposal is None:
            raise BadInput("there are no checks to run yet: save the golden, and goldloop draws them from it")
        task = view.task.model_copy(update={part: texts[part] for part in people.PARTS if texts.get(part, "").strip()})
        if found := problems_of_task(task.model_copy(update={"source": problem})):
            raise BadInput("\n".join(found))
        with self._with_tools(folder) as tools:
            return people.try_out(task, view.standing.proposal.recorded, tools.grade)

    def save(
        self, folder: Path, problem: str, version: str, texts: Mapping[str, str], *, who: str, why: str
    ) -> tuple[people.Part, ...]:
        """Keep what was edited, and make the draft anew from it; returns the parts that changed.

        Raises:
            DraftChanged: it is not the version that the author was shown.
            BadInput: nobody is named, or the task would not be sound.
        """
        with self._deciding(folder, problem, version) as (view, tools):
            parts = tuple(part for part in people.PARTS if part in texts and _differs(texts[part], _text(view, part)))
            for part in parts:
                text = texts[part] if texts[part].endswith("\n") else texts[part] + "\n"
                people.edit(folder, view.standing, part, text, who=who, why=why)
            if parts:
                triage(folder, tools)
        return parts

    def approve(
        self, folder: Path, problem: str, version: str, texts: Mapping[str, str], *, who: str, why: str
    ) -> tuple[str, ...]:
        """Approve exactly what was shown; returns what it still lacks to be active.

        Raises:
            DraftChanged: see ``save``.
            BadInput: nobody is named, or the editor holds what was not saved.
        """
        with self._deciding(folder, problem, version) as (view, tools):
            if any(part in texts and _differs(texts[part], _text(view, part)) for part in people.PARTS):
                raise BadInput("the editor holds changes that were not saved: save them, look at the result, then approve")
            missing = people.approve(folder, view.standing, tools, who=who, why=why or "reviewed in the browser").missing
            _settle(folder, tools)
        return missing

    def turn_down(self, folder: Path, problem: str, version: str, how: str, *, who: str, why: str) -> None:
        """Reject a draft, send it back, or retire an active task.

        Raises:
            DraftChanged: see ``save``.
            BadInput: nobody is named, no reason is given, or it is in no state for this.
        """
        with self._deciding(folder, problem, version) as (view, tools):
            decide = {"reject": people.reject, "return": people.send_back, "retire": people.retire}[how]
            decide(folder, view.standing, who=who, why=why)
            _settle(folder, tools)

    @contextmanager
    def _deciding(self, folder: Path, problem: str, version: str) -> Iterator[tuple[DraftView, Tools]]:
        """The version that was shown, under the project's lock."""
        with self._guard:
            busy = self._busy.setdefault(folder, threading.Lock())
        with busy, _patiently(folder), self._with_tools(folder) as tools:
            self._seen.pop(folder, None)
            view = self.view(folder, problem)
            if view.version != version:
                raise DraftChanged(f"{problem}: changed while you were looking at it")
            yield view, tools

    @contextmanager
    def _with_tools(self, folder: Path) -> Iterator[Tools]:
        """Tools that stay open from one decision to the next: a sandbox is tested when it is opened, which takes a second."""
        with self._guard:
            if folder not in self._tools:
                context = self._open_tools(folder)
                self._tools[folder] = (context, context.__enter__())
            tools = self._tools[folder][1]
        try:
            yield tools
        except SandboxFault:
            with self._guard:
                context, _ = self._tools.pop(folder)
            context.__exit__(None, None, None)
            raise


@contextmanager
def _patiently(folder: Path) -> Iterator[None]:
    """The project's lock; another process may hold it for a moment.

    Raises:
        Inconclusive: it is held for longer.
    """
    end = time.monotonic() + _PATIENCE_SECONDS
    if not folder.is_dir():
        raise BadInput(f"{folder}: is not there any more")
    while True:
        held = locked(folder)
        try:
            held.__enter__()
            break
        except Inconclusive:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
    try:
        yield
    finally:
        held.__exit__(None, None, None)


def _settle(folder: Path, tools: Tools) -> None:
    """Bring the suite's files up to what was decided."""
    result = look(folder)
    write_suite(folder, tools.suite, result.standings, result.funnel.model_dump(mode="json"))


def _text(view: DraftView, part: str) -> str:
    return str(getattr(view.task, part)) if view.task is not None else ""


def _differs(text: str, kept: str) -> bool:
    """Whether a person changed something; a browser may add or drop the last line's end."""
    return text.rstrip() != kept.rstrip()


def _stamp(folder: Path, below: Sequence[str], files: Sequence[str] = ()) -> object:
    """Changes whenever something changes in these folders, or in these files."""
    found: list[tuple[str, int, int]] = []
    for name in below:
        place = folder / name
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    facts = entry.stat()
                    found.append((entry.path, facts.st_mtime_ns, facts.st_size))
                    if entry.is_dir() and name == "suite":
                        found += [(file.path, file.stat().st_mtime_ns, file.stat().st_size) for file in os.scandir(entry.path)]
        except OSError:
            found.append((str(place), 0, 0))
    for name in files:
        with suppress(OSError):
            facts = (folder / name).stat()
            found.append((name, facts.st_mtime_ns, facts.st_size))
    return sorted(found)
