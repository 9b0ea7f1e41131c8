"""Merged weights beside base and adapter on the same tasks: the same verdicts, others, or too few tasks to tell.

Merging rounds: in the type that is stored, and once more in a quantised GGUF. What that changes is measured like any other,
by the paired comparison of verdicts, and a model that is not the one that was measured is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from evals.comparison import compare_outcomes, groups_of, outcomes_of
from evals.errors import GoldloopError, Inconclusive
from evals.records import ModelRef, Record, Result, Task
from evals.stats import Comparison
from loop.bench import Bench
from loop.stages import evaluate_stage

_MOST_DIFFERING_P = 0.05


class ExportRefused(GoldloopError):
    """The merged weights are not the model that was measured."""

    exit_code = 2


class MergeCheck(Record):
    """A merged model, or a GGUF of it, beside the adapter on ``tasks`` of ``splits``; ``differing`` ones have another verdict.

    ``same_answers`` of the ``answers`` are the same text. ``comparison`` is adapter to merged model. ``verdict``: ``same`` (no
    verdict differs, or no more than noise makes), ``differs``, ``unclear`` (too few tasks to tell), or ``not checked``.
    """

    verdict: Literal["same", "differs", "unclear", "not checked"]
    splits: tuple[str, ...] = ()
    tasks: int = 0
    differing: int = 0
    errors: int = 0
    answers: int = 0
    same_answers: int = 0
    margin: float = 0.0
    comparison: Comparison | None = None

    def words(self, what: str = "merged weights") -> str:
        """For the card, the terminal and the error."""
        if self.verdict == "not checked" or self.comparison is None:
            return f"The {what} were not evaluated (`--no-check`)."
        low, high = self.comparison.ci95
        return (
            f"The {what} were evaluated on {self.tasks} {' and '.join(self.splits)} tasks beside base and adapter: "
            f"{self.differing} verdicts differ, {self.same_answers} of {self.answers} answers are the same text; pass rate "
            f"{self.comparison.before:.1%} with the adapter, {self.comparison.after:.1%} with them, difference "
            f"{100 * self.comparison.delta:+.1f} points (95% interval {100 * low:+.1f} to {100 * high:+.1f}, "
            f"p {self.comparison.p:.2g})."
        )


def check_models(
    bench: Bench,
    adapter: ModelRef,
    models: Mapping[str, Path],
    tasks: Sequence[Task],
    work: Path,
    known: Iterable[Path],
    tell: Callable[[str], None],
) -> dict[str, MergeCheck]:
    """Evaluate the adapter and each folder of ``models``, by what it holds in words, on the same tasks.

    ``work`` keeps the evaluations; ``known`` are evaluations of the adapter that may be taken over.

    Raises:
        ExportRefused: the verdicts of one differ from the adapter's beyond noise.
        Inconclusive: some differ, and the tasks are too few to tell whether that is noise; or too many errors.
    """
    splits = sorted({task.split for task in tasks})
    tell(f"evaluating the adapter and the {', the '.join(models)} on {len(tasks)} {' and '.join(splits)} tasks")
    before = evaluate_stage(bench, work / "adapter", adapter, tasks, "export: adapter", known=known)
    margin = bench.config.gate.guard_margin
    checks = {}
    for what, folder in models.items():
        after = evaluate_stage(bench, work / f"check-{folder.name}", ModelRef(base=str(folder)), tasks, f"export: {what}")
        check = compare_merged(before, after, splits, margin)
        if check.verdict == "differs":
            raise ExportRefused(f"refused, nothing was written: {check.words(what)} That is another model than the one measured")
        if check.verdict == "unclear":
            raise Inconclusive(
                f"{check.words(what)} A fall of {100 * margin:g} points cannot be excluded with so few tasks; check on more "
                "(--split, --suite), or write it unchecked with --no-check"
            )
        checks[what] = check
    return checks


def compare_merged(before: Sequence[Result], after: Sequence[Result], splits: Sequence[str], margin: float) -> MergeCheck:
    """Whether a merged model's verdicts are those of base and adapter, by the paired comparison that the gate uses.

    ``differs``: the exact test says so at 5%, or it is sure that the pass rate fell by more than ``margin``. ``unclear``: some
    verdicts differ, and a fall of ``margin`` is not excluded.

    Raises:
        Inconclusive: no task has a verdict on both sides.
    """
    left, right = outcomes_of(before), outcomes_of(after)
    shared = sorted(left.keys() & right.keys())
    if not shared:
        raise Inconclusive("no task has a verdict with the adapter and with the merged weights, so they cannot be compared")
    old, new = {task: left[task] for task in shared}, {task: right[task] for task in shared}
    found = compare_outcomes(old, new, groups_of(before))
    differing = sum(old[task] != new[task] for task in shared)
    said = {(result.key, result.attempt.sample): result.attempt.completion for result in before}
    answers = [said[place] == r.attempt.completion for r in after if (place := (r.key, r.attempt.sample)) in said]
    if found.p < _MOST_DIFFERING_P or found.high_one_sided < -margin:
        verdict: Literal["same", "differs", "unclear"] = "differs"
    else:
        verdict = "unclear" if differing and found.low_one_sided <= -margin else "same"
    return MergeCheck(
        verdict=verdict,
        splits=tuple(splits),
        tasks=len(shared),
        differing=differing,
        errors=len({r.key for r in before} - set(shared)),
        answers=len(answers),
        same_answers=sum(answers),
        margin=margin,
        comparison=found,
    )
