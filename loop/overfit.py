"""The overfit alarm: among tasks that the base failed, the share that is solved now, of trained ones and of unseen ones.

Both shares are of tasks chosen alike, by a failure of the original base. A gain would not do: trained tasks were chosen for
failing, so theirs is larger even for a model that learnt in general, and beside a model that was promoted before, tasks that
it memorised show none.
"""

from __future__ import annotations

from collections.abc import Sequence

from evals.comparison import Rate, groups_of, outcomes_of, pass_rate
from evals.records import Record, Result
from evals.stats import square_and_add


class Overfit(Record):
    """Of tasks that the base failed: the share solved of ``trained_tasks`` and of ``unseen_tasks``, and their difference.

    ``gap == trained - unseen``, with its 95% interval; ``alarm`` if it is above ``gate.overfit_margin`` for sure.
    """

    trained_tasks: int
    unseen_tasks: int
    trained: float
    unseen: float
    gap: float
    ci95: tuple[float, float]
    alarm: bool


def judge_overfit(
    trained: tuple[Sequence[Result], Sequence[Result]], unseen: tuple[Sequence[Result], Sequence[Result]], margin: float
) -> Overfit | None:
    """The gap between trained and unseen tasks; each pair is the base's results and the new model's.

    Two independent samples of tasks: Newcombe's interval of the difference of two shares (1998, Statistics in Medicine
    17:873-890, method 10), each with the limits that its clusters allow. None where the base failed no task of one side.
    """
    known, fresh = _solved(*trained), _solved(*unseen)
    if known is None or fresh is None:
        return None
    interval = square_and_add(fresh.share, fresh.interval, known.share, known.interval, 0.0)
    return Overfit(
        trained_tasks=known.n,
        unseen_tasks=fresh.n,
        trained=known.share,
        unseen=fresh.share,
        gap=known.share - fresh.share,
        ci95=(interval.low, interval.high),
        alarm=interval.low > margin,
    )


def held_back_words(found: Overfit) -> str:
    """What training tasks that were held back say of how a model learnt."""
    low, high = found.ci95
    return (
        f"training tasks that failed before: solved {found.trained:.1%} of {found.trained_tasks} that were learnt from, "
        f"{found.unseen:.1%} of {found.unseen_tasks} that were held back; {100 * found.gap:+.1f} points "
        f"({100 * low:+.1f} to {100 * high:+.1f}) are what was memorised rather than learnt"
    )


def _solved(base: Sequence[Result], now: Sequence[Result]) -> Rate | None:
    """Share solved of the tasks that the base failed in some sample, which is what makes a training task a failure."""
    failed = {task for task, passed in outcomes_of(base).items() if not all(passed)}
    solved = {task: passed for task, passed in outcomes_of(now).items() if task in failed}
    return pass_rate(solved, groups_of(base)) if solved else None
