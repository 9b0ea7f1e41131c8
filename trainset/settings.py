"""Settings of the trainset: what is learnt from a failure, how it is sampled, and the mix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from evals.records import Record
from goldens.records import SAMPLED, Source

TargetSource = Literal["own", "revise", "hint", "repair", "golden"]


class TargetShare(Record):
    """One entry of ``trainset.targets``: a source, and the share of the learnt tasks that may learn from it."""

    source: TargetSource
    share: float = Field(default=1.0, gt=0, le=1)

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        """``own``, or ``own: 0.5``."""
        if isinstance(value, str):
            return {"source": value}
        if isinstance(value, Mapping) and len(value) == 1 and "source" not in value:
            ((source, share),) = value.items()
            return {"source": source, "share": share}
        return value

    def __str__(self) -> str:
        return self.source if self.share == 1 else f"{self.source}: {self.share:g}"


class SamplingSettings(Record):
    """``trainset.sampling.*``: how the sources ``own``, ``revise`` and ``hint`` ask the model."""

    samples: int = Field(default=8, gt=0, description="answers a task and source")
    temperature: float = Field(default=0.8, gt=0, le=5, description="of those answers")
    hint_share: float = Field(default=0.5, gt=0, lt=1, description="share of the golden's lines that `hint` gives")


class TargetRules(Record):
    """Which of a failure's proved targets are learnt; the keys of ``trainset.*`` that decide it."""

    targets: tuple[TargetShare, ...] = Field(
        default=(TargetShare(source="repair"), TargetShare(source="golden")),
        min_length=1,
        description="what is learnt from a failure, the best source first: own, revise, hint, repair, golden; `own: 0.5` is one "
        "that at most half of the tasks learn from",
    )
    sources_per_task: int = Field(default=1, ge=1, description="sources that a task learns from: the first that have a target")
    own_per_task: int = Field(default=4, ge=1, description="distinct passes of `own` that a task learns from")
    goldens_per_slice: int = Field(default=0, ge=0, description="goldens of a slice at most; 0 is no bound")
    goldens_per_cluster: int = Field(default=0, ge=0, description="goldens of failures that say the same at most; 0 is no bound")
    goldens_held_back: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="share of the groups of training tasks that are never learnt from, to measure memorising",
    )

    @field_validator("targets")
    @classmethod
    def _each_once(cls, value: tuple[TargetShare, ...]) -> tuple[TargetShare, ...]:
        names = [entry.source for entry in value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} is listed twice")
        return value

    @property
    def sources(self) -> tuple[Source, ...]:
        """The listed sources, in order."""
        return tuple(entry.source for entry in self.targets)

    @property
    def sampled(self) -> tuple[Source, ...]:
        """Those for which the model is asked."""
        return tuple(source for source in self.sources if source in SAMPLED)

    @property
    def most_sources(self) -> int:
        """Sources of a task that can be needed; 0 is all, where a bound may pass a task on to the next one."""
        bounded = any(entry.share < 1 for entry in self.targets) or self.goldens_per_slice or self.goldens_per_cluster
        return 0 if bounded else self.sources_per_task


class TrainsetSettings(TargetRules):
    """``trainset.*``."""

    sampling: SamplingSettings = SamplingSettings()
    leave_out_likely: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="leave out targets whose tokens the base gives this mean probability already; none leaves out none",
    )
    replay_share: float = Field(default=0.10, ge=0, lt=1, description="share of the model's own passing attempts")
    guard_failures: bool = Field(default=False, description="learn from the guard suites' training failures, too")
    max_repeats: int = Field(
        default=3, ge=1, description="rows of a task that still fails after it was trained on: one more a round, at most so many"
    )
