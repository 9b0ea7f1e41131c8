"""Where a training row comes from, and what a trace became: joined by the task's key over rounds and projects of production."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evals.errors import GoldloopError
from evals.files import read_json
from goldens.production.journal import Decisions
from goldens.production.records import Standing
from loop.registry import REGISTRY, Registry
from loop.web.catalogue import Catalogue
from loop.web.desk import Desk
from loop.web.workplace import Workplace

_VARIANT = re.compile(r"-q\d+$")
_MOST_TRACES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The problem of production that a task was made of. ``traces`` are the log's answers, at most twenty of ``of``."""

    project: str
    standing: Standing
    traces: tuple[str, ...]
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterFacts:
    """A round's adapter: what it was trained on and screened against, and what was decided. Empty where nothing was trained."""

    run: str
    round: int
    decision: str
    reasons: tuple[str, ...]
    before: str
    trainset: str
    index: str
    adapter: str
    lineage: tuple[str, ...]
    in_use: bool


def adapters(place: Workplace) -> list[AdapterFacts]:
    """The rounds of all runs that ended, promoted ones first; a run that is damaged is left out."""
    try:
        heads = {entry.digest for entry in Registry(place.runs).heads()} if (place.runs / REGISTRY).is_file() else set()
    except (GoldloopError, OSError, ValueError):
        heads = set()
    found: list[AdapterFacts] = []
    for name in place.run_names():
        file = place.runs / name / "report.json"
        try:
            rounds = read_json(file)["rounds"] if file.is_file() else []
            found += [_facts(name, row, heads) for row in rounds]
        except (GoldloopError, OSError, KeyError, TypeError):
            continue
    return sorted(found, key=lambda facts: (not facts.in_use, facts.decision != "promote", facts.run, -facts.round))


def _facts(run: str, row: dict[str, Any], heads: set[str]) -> AdapterFacts:
    adapter = str(row.get("adapter") or "")
    return AdapterFacts(
        run=run, round=row["round"], decision=row["decision"], reasons=tuple(row["reasons"]), before=row["before"],
        trainset=str(row.get("trainset") or ""), index=str(row.get("index") or ""), adapter=adapter,
        lineage=tuple(row.get("lineage") or ()), in_use=adapter in heads,
    )  # fmt: skip


def origin_of(place: Workplace, desk: Desk, key: str) -> Origin | None:
    """The problem that a task was made of; None for a task that somebody wrote by hand."""
    suite, _, name = key.partition("/")
    folder = place.projects().get(suite)
    if folder is None:
        return None
    wanted = _VARIANT.sub("", name)
    for standing in desk.look(folder).standings:
        if standing.proposal is not None and standing.proposal.task is not None and standing.proposal.task.id == wanted:
            members = standing.problem.members
            return Origin(project=suite, standing=standing, traces=members[:_MOST_TRACES], of=len(members))
    return None


def traced(place: Workplace, desk: Desk, catalogue: Catalogue, given: str) -> tuple[list[str], list[dict[str, Any]]]:
    """From an answer's id, a problem's id or a task's key forward: the tasks made of it, and the rows that were trained on."""
    keys: list[str] = []
    for name, folder in place.projects().items():
        assigned = Decisions(folder).assigned()
        problem = assigned.get(given, given)
        for standing in desk.look(folder).standings:
            task = standing.proposal.task if standing.proposal is not None else None
            if task is not None and standing.problem.id == problem:
                variants = len(standing.proposal.also_asked) if standing.proposal is not None else 0
                keys += [f"{name}/{task.id}", *(f"{name}/{task.id}-q{number}" for number in range(2, 2 + variants))]
    keys = keys or [given]
    return keys, catalogue.uses(keys)


def attempts_of(catalogue: Catalogue, run: str, number: int, key: str) -> Sequence[dict[str, Any]]:
    """The failing attempts that a row of a round answers."""
    return catalogue.ask(
        "SELECT run, round, stage, key, sample, reason FROM failed WHERE run = ? AND round <= ? AND key = ? "
        "AND stage = 'before-train' ORDER BY round DESC, sample LIMIT 5",
        [run, number, key],
    )
