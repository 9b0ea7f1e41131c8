"""What people said of attempts: one line each, beside the runs, as `goldloop judge --labels` reads them.

A label that was given in error is followed by another one; the last of an answer counts, and the file that the judge reads is
made of the last ones.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from evals.errors import BadInput
from evals.files import Journal, write_jsonl
from evals.judge import DEFAULT_RUBRIC
from evals.records import Record
from loop.web.catalogue import Place

JOURNAL = "reviews.jsonl"
LABELS = "labels.jsonl"


class AttemptReview(Record):
    """What a person said of one attempt: good or not, by criterion of the rubric, who, when and why."""

    run: str
    round: int
    stage: str
    key: str
    sample: int = 0
    good: bool
    scores: Mapping[str, float] = Field(default_factory=dict)
    who: str
    when: str
    why: str = ""


class AttemptReviews:
    """The journal of a runs folder. Several processes may write: each line under a lock, whole."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs

    def of(self, place: Place) -> list[AttemptReview]:
        """All reviews of one attempt, oldest first."""
        with self._locked() as journal:
            found = [AttemptReview.model_validate(entry) for entry in journal.entries]
        return [review for review in found if _place(review) == place]

    def add(self, place: Place, *, good: bool, scores: Mapping[str, float], who: str, why: str, seen: int) -> None:
        """Add a review; ``seen`` is how many of this attempt its author was shown.

        Raises:
            BadInput: nobody is named, a score is of no criterion, or somebody reviewed it in between.
        """
        if not who.strip():
            raise BadInput("a review is a person's: give your name")
        if unknown := set(scores) - {criterion.name for criterion in DEFAULT_RUBRIC}:
            raise BadInput(f"{', '.join(sorted(unknown))}: no criterion of the rubric")
        with self._locked() as journal:
            entries = [AttemptReview.model_validate(entry) for entry in journal.entries]
            there = [review for review in entries if _place(review) == place]
            if len(there) != seen:
                last = there[-1]
                said = "good" if last.good else "not good"
                raise BadInput(f"{last.who} reviewed it while you were looking: {said}. Reload the page, then decide again")
            now = datetime.now(UTC).isoformat(timespec="seconds")
            review = AttemptReview(
                run=place.run, round=place.round, stage=place.stage, key=place.key, sample=place.sample, good=good,
                scores=dict(scores), who=who.strip(), when=now, why=why.strip(),
            )  # fmt: skip
            journal.append(review.model_dump(mode="json"))
            last_of = {(r.run, r.round, r.stage, r.key, r.sample): r for r in [*entries, review]}
            for run in {r.run for r in last_of.values()} & {review.run}:
                rows = [{"key": r.key, "sample": r.sample, "good": r.good} for r in last_of.values() if _judged(r, run, review)]
                write_jsonl(self._runs / run / LABELS, rows)

    @contextmanager
    def _locked(self) -> Iterator[Journal]:
        if not self._runs.is_dir():
            raise BadInput(f"{self._runs}: is not there")
        with (self._runs / ".reviews.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield Journal(self._runs / JOURNAL)


def _place(review: AttemptReview) -> Place:
    return Place(run=review.run, round=review.round, stage=review.stage, key=review.key, sample=review.sample)


def _judged(review: AttemptReview, run: str, latest: AttemptReview) -> bool:
    """Whether a label goes into the file of a run: the judge reads the answers of one evaluation."""
    return (review.run, review.round, review.stage) == (run, latest.round, latest.stage)
