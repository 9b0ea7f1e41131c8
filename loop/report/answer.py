"""The headline of a run's page: whether something was promoted, and by how much it is better. Says nothing of why."""

from __future__ import annotations

from collections.abc import Sequence

from loop.gate import Line
from loop.report.story import Chapter
from loop.report.words import points

NOT_PROMOTED = {"reject": "rejected", "inconclusive": "inconclusive"}
NOTHING_NEW = "nothing new to train on"


def headline(chapters: Sequence[Chapter]) -> str:
    """The answer in one line: ``Promoted: house +42.9 points``, or ``Not promoted: inconclusive, house +1.2 points (...)``."""
    decided = [chapter for chapter in chapters if chapter.lines]
    if not decided:
        return f"Not promoted: {NOTHING_NEW}"
    last = decided[-1]
    kept = [chapter for chapter in decided if chapter.facts.decision == "promote"]
    if not kept:
        return f"Not promoted: {_why(last)}, {_gains(last, with_interval=True)}"
    if kept[-1] is last:
        return f"Promoted: {_gains_since_the_base(last)}"
    return f"Promoted in round {kept[-1].facts.round}: {_gains_since_the_base(kept[-1])}. Round {last.facts.round}: {_why(last)}"


def _why(chapter: Chapter) -> str:
    return NOT_PROMOTED.get(chapter.facts.decision, chapter.facts.decision)


def _targets(chapter: Chapter) -> list[Line]:
    return [line for line in chapter.wholes if line.role == "target"]


def _gains(chapter: Chapter, *, with_interval: bool = False) -> str:
    said = []
    for line in _targets(chapter):
        interval = f" ({points(line.ci95[0])} to {points(line.ci95[1])})" if with_interval else ""
        said.append(f"{line.suite} {points(line.delta)} points{interval}")
    return ", ".join(said)


def _gains_since_the_base(chapter: Chapter) -> str:
    """Against the original base where this round did not start there and the figure is known, else the round's own gain."""
    against = chapter.facts.against_base
    suites = [line.suite for line in _targets(chapter)]
    if chapter.first_from_base or not all(suite in against for suite in suites):
        return _gains(chapter)
    return ", ".join(f"{suite} {points(against[suite].delta)} points against the base" for suite in suites)
