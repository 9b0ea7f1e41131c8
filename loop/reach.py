"""What a holdout's size allows, before anything is trained: what it detects, what it would take, and whether it is hopeless.

Tasks whose verdicts change decide how much can be detected, and nobody knows before how many will: ``CHANGED`` is assumed, and
said. Samples count like tasks where verdicts change by chance only, and tasks of one group like one where they change
together; both limits are said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import norm

from evals.comparison import compare_outcomes
from evals.records import Task
from evals.stats import detectable_gain
from loop.config import Config

LEVEL = 0.05
POWER = 0.8
CHANGED = 0.2
"""Share of the tasks whose verdict is another one after training: 15% to 35% in the runs of ``benchmarks/results``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What one suite's holdout allows. ``hopeless`` says why no outcome whatsoever could be promoted; empty if one could."""

    said: str
    hopeless: str = ""


def tasks_for_gain(gain: float, changed: float = CHANGED) -> int:
    """Tasks at which a gain is detected at 5% (two-sided) with 80% power, if this share of the tasks changes.

    Miller (2024, arXiv:2411.00640), section 5, for paired verdicts: their difference has the variance ``changed - gain**2``.
    """
    variance = max(changed, gain) - gain**2
    return max(5, math.ceil((float(norm.ppf(1 - LEVEL / 2) + norm.ppf(POWER)) / gain) ** 2 * variance))


def tasks_for_guard(margin: float, changed: float = CHANGED) -> int:
    """Tasks at which a drop above the margin is excluded (one-sided 95%) with 80% power for a model that did not change."""
    return math.ceil((float(norm.ppf(1 - LEVEL) + norm.ppf(POWER)) / margin) ** 2 * changed)


def guard_power(trials: int, margin: float, changed: float = CHANGED) -> float:
    """Chance that a drop above the margin is excluded for a model that did not change."""
    return float(norm.cdf(margin / math.sqrt(changed / trials) - norm.ppf(1 - LEVEL)))


def target_reach(config: Config, name: str, holdout: Sequence[Task]) -> Reach:
    """What a target's holdout detects of a gain of ``gate.min_effect``."""
    groups, samples = _groups(holdout), config.evals.samples
    best = compare_outcomes({t.key: [False] * samples for t in holdout}, {t.key: [True] * samples for t in holdout}, groups)
    size = _size(holdout, samples)
    if best.p >= LEVEL or best.ci95.low <= 0:
        why = f"suite {name}: with {size} no gain at all can be told from chance (p is {best.p:.2g} at the very best)"
        return Reach(said="", hopeless=f"{why}, so nothing can be promoted; add holdout tasks, in groups of their own")
    clusters, trials = len(set(groups.values())), len(holdout) * samples
    at_best, together = _detects(trials), _detects(clusters)
    detects = f"detects about {_points(at_best)} points"
    if clusters < trials:
        detects = (
            f"detects between {_points(at_best)} and {_points(together)} points, as tasks of a group and samples differ or agree"
        )
    said = f"suite {name} (target): {size}; {detects} (80% power, if {CHANGED:.0%} of the verdicts change)"
    if (wanted := config.gate.min_effect) and at_best > wanted:
        said += f"; gate.min_effect, {_points(wanted)} points, needs about {tasks_for_gain(wanted):,} tasks or samples"
    return Reach(said=said)


def guard_reach(config: Config, name: str, holdout: Sequence[Task]) -> Reach:
    """How sure a guard's holdout can be that an unchanged model did not fall by ``gate.guard_margin``."""
    groups, samples, margin = _groups(holdout), config.evals.samples, config.gate.guard_margin
    best = compare_outcomes({t.key: [False] * samples for t in holdout}, {t.key: [True] * samples for t in holdout}, groups)
    size = _size(holdout, samples)
    if best.low_one_sided <= -margin:
        why = f"suite {name}: with {size} a drop of {_points(margin)} points (gate.guard_margin) can never be excluded"
        return Reach(said="", hopeless=f"{why}, so nothing can be promoted; add holdout tasks, in groups of their own")
    same = {task.key: [number % 2 == 0] * samples for number, task in enumerate(holdout)}
    low = compare_outcomes(same, same, groups).low_one_sided
    trials, needed = len(holdout) * samples, tasks_for_guard(margin)
    said = f"suite {name} (guard): {size}; "
    if low <= -margin:
        said += f"even if no verdict changes, a loss of {_points(-low)} points cannot be excluded"
    else:
        said += f"an unchanged model passes in about {guard_power(trials, margin):.0%} of runs at best"
    said += f" (gate.guard_margin is {_points(margin)} points, if {CHANGED:.0%} of the verdicts change)"
    return Reach(said=said if trials >= needed and low > -margin else f"{said}; 80% needs about {needed:,} tasks or samples")


def _groups(holdout: Sequence[Task]) -> dict[str, str]:
    return {task.key: f"{task.suite}/{task.group}" for task in holdout}


def _detects(trials: int) -> float:
    return detectable_gain(trials, round(CHANGED * trials))


def _points(share: float) -> str:
    return f"{100 * share:.3g}"


def _size(holdout: Sequence[Task], samples: int) -> str:
    said = f"{_counted(len(holdout), 'holdout task')} in {_counted(len(set(_groups(holdout).values())), 'group')}"
    return said if samples == 1 else f"{said} ({samples} samples each)"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"
