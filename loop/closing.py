"""What the closing tables say beside their figures: the verdict in words, what it rests on, how the answers were drawn.

One place for the terminal and the page. Decides nothing: that is the gate's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from evals.clusters import holm
from evals.files import digest
from evals.records import Record, Task
from evals.stats import NO_EVIDENCE, score_interval

if TYPE_CHECKING:
    from loop.gate import Line

_LEVEL = 0.05
_NORMAL_QUANTILE = 1.959963984540054  # of a two-sided 95% interval
_SHOWN_DIGITS = 12


class Conditions(Record):
    """How answers were drawn: ``samples`` a task at a ``temperature``; ``prompts`` is the digest of what was asked."""

    samples: int
    temperature: float
    prompts: str

    def __str__(self) -> str:
        each = f"{self.samples} sample{'' if self.samples == 1 else 's'} a task"
        return f"{each}, temperature {self.temperature:g}, prompts {short_digest(self.prompts)}"


def prompts_digest(tasks: Sequence[Task]) -> str:
    """Digest of the tasks' system texts and questions as a model gets them, whatever their order."""
    return digest(sorted([task.key, task.messages()] for task in tasks))


def short_digest(text: str) -> str:
    """``b2:`` and the first digits of a digest: enough to tell two apart by eye."""
    mark, colon, digits = text.rpartition(":")
    return f"{mark}{colon}{digits[:_SHOWN_DIGITS]}"


def verdict_words(lines: Sequence[Line]) -> dict[tuple[str, str], str]:
    """``better``, ``worse`` or ``no evidence of a change`` for each suite and slice of one table.

    A suite is a question that was asked; its slices are many at once. Of them only those count whose p is below 5% after
    Holm's correction over all slices of the table.
    """
    adjusted = holm({f"{line.suite}: {line.slice}": line.p for line in lines if line.slice != "*"})
    words = {}
    for line in lines:
        sure = line.slice == "*" or adjusted[f"{line.suite}: {line.slice}"] < _LEVEL
        words[line.suite, line.slice] = line.verdict if sure else NO_EVIDENCE
    return words


def effective_tasks(line: Line) -> float | None:
    """How many independent tasks with one sample each would give intervals as narrow as this line's; None if not recorded.

    The number whose Wilson interval is as wide as that of the pass rate, of both sides the smaller; at least 1. Equal to the
    number of tasks where each is a group of its own and has one sample.
    """
    sides = [(line.before, line.before_ci95), (line.after, line.after_ci95)]
    if line.clusters > 1 and all(tuple(limits) == (0.0, 1.0) for _, limits in sides):
        return None
    return min(_trials(share, limits[1] - limits[0]) for share, limits in sides)


def _trials(share: float, width: float) -> float:
    """By bisection: the interval's width falls as the trials grow."""
    low, high = 1.0, 2.0
    while _width(share, high) > width and high < 1e9:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _width(share, middle) > width else (low, middle)
    return high


def _width(share: float, trials: float) -> float:
    interval = score_interval(share, trials, _NORMAL_QUANTILE)
    return interval.high - interval.low


def basis_words(line: Line) -> str:
    """``77 tasks in 7 groups, 4 samples each, worth 31 independent ones``."""
    said = f"{line.n} task{'' if line.n == 1 else 's'}"
    said += f" in {line.clusters} group{'' if line.clusters == 1 else 's'}" if line.clusters != line.n else ""
    said += f", {line.samples} samples each" if line.samples > 1 else ""
    worth = effective_tasks(line)
    plain = line.clusters == line.n and line.samples == 1
    return said if plain or worth is None else f"{said}, worth {worth:.0f} independent one{'' if round(worth) == 1 else 's'}"


def conditions_words(before: Conditions | None, after: Conditions | None) -> str:
    """One line on how both evaluations were drawn."""
    if before == after:
        return str(before) if before else "samples, temperature and prompts: not recorded"
    return f"before: {before or 'not recorded'}; after: {after or 'not recorded'}"


def read_conditions(manifest: Mapping[str, object]) -> Conditions | None:
    """The conditions in an evaluation's manifest; None in one that an earlier version wrote."""
    kept = manifest.get("conditions")
    return None if kept is None else Conditions.model_validate(kept)
