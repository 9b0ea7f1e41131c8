"""The records that loop emits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from evals.records import ModelRef, Record
from loop.closing import Conditions
from loop.gate import GateReport
from loop.overfit import Overfit

NOTHING_NEW = "nothing new"


class SeedReport(Record):
    """One of several adapters of a round, trained with seed ``seed``.

    Shares passed: ``dev`` of the targets' dev tasks, ``holdout`` of the holdout tasks by suite.
    """

    seed: int
    adapter: str
    folder: str
    dev: float
    holdout: Mapping[str, float]
    chosen: bool


class SeedSpread(Record):
    """A training method's gain on a target over its ``seeds``: mean and standard deviation (n - 1) of the seeds' gains."""

    suite: str
    seeds: int
    mean: float
    deviation: float


class DevLook(Record):
    """One adapter that dev saw: how it was trained, the epoch it is after, the part of its change, the share of tasks passed.

    ``learning_rate`` is None where the configured one was taken.
    """

    name: str
    seed: int
    learning_rate: float | None
    epoch: int
    scale: float
    dev: float
    chosen: bool


class AgainstBase(Record):
    """A target's holdout under the original base and under a round's adapter. Shares; ``ci95`` is of ``delta``."""

    suite: str
    before: float
    after: float
    delta: float
    ci95: tuple[float, float]
    n: int


class RoundReport(Record):
    """One round, without anything that depends on the clock or the machine: the same inputs give the same report.

    ``kind``: ``trained``, or ``nothing new`` for a round that found nothing to train on that was not trained on already; that
    one has no ``gate``, and its ``decision`` is ``nothing new``. ``start`` names the model it was measured against. ``yields``
    are those of the sampled targets, by source (``loop.sampling``). ``held_back``: of training tasks that failed before, the
    share solved after, of those learnt from (``trained``) and of those that are never learnt from (``unseen``).
    """

    number: int
    kind: Literal["trained", "nothing new"] = "trained"
    start: str = ""
    before: ModelRef
    after: ModelRef | None
    gate: GateReport | None
    decision: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int]
    dropped: Mapping[str, int]
    failure_reasons: Mapping[str, int]
    against_base: tuple[AgainstBase, ...] = ()
    seeds: tuple[SeedReport, ...] = ()
    spread: tuple[SeedSpread, ...] = ()
    looks: tuple[DevLook, ...] = ()
    yields: Mapping[str, Mapping[str, int]] = Field(default_factory=dict)
    held_back: Overfit | None = None
    trainset: str
    index: str
    adapter: str
    folder: str = "finetune"
    lineage: tuple[str, ...]
    conditions: Conditions | None = None

    def summary(self) -> dict[str, Any]:
        """The round as ``report.json`` shows it: per suite and split the shares before and after, 0 to 1."""
        suites: dict[str, Any] = {}
        for line in self.gate.lines if self.gate else ():
            figures = {
                "before": round(line.before, 6),
                "after": round(line.after, 6),
                "delta": round(line.delta, 6),
                "ci95": [round(bound, 6) for bound in line.ci95],
                "n": line.n,
                "clusters": line.clusters,
                "gained": line.gained,
                "lost": line.lost,
                "p": round(line.p, 6),
                "test": line.test,
                "detectable": round(line.detectable, 6),
            }
            suite = suites.setdefault(line.suite, {"role": line.role})
            if line.slice == "*":
                suite["holdout"] = figures
            else:
                suite.setdefault("slices", {})[line.slice] = figures
        return {
            "round": self.number,
            "kind": self.kind,
            "start": self.start,
            "suites": suites,
            "decision": self.decision,
            "reasons": list(self.reasons),
            "notes": [*(self.gate.notes() if self.gate else ()), *self.notes],
            "against_base": {
                row.suite: {**row.model_dump(mode="json", exclude={"suite"}), "ci95": [round(bound, 6) for bound in row.ci95]}
                for row in self.against_base
            },
            "seeds": [seed.model_dump(mode="json") for seed in self.seeds],
            "spread": {row.suite: row.model_dump(mode="json", exclude={"suite"}) for row in self.spread},
            **({"looks": [look.model_dump(mode="json") for look in self.looks]} if self.looks else {}),
            **({"yields": {source: dict(counts) for source, counts in self.yields.items()}} if self.yields else {}),
            **({"held_back": self.held_back.model_dump(mode="json")} if self.held_back else {}),
            "counts": dict(self.counts),
            "dropped": dict(self.dropped),
            "failures": dict(self.failure_reasons),
            "before": self.before.base if not self.before.adapter else f"{self.before.base} + {self.lineage[-1]}",
            "trainset": self.trainset,
            "index": self.index,
            "adapter": self.adapter,
            "folder": self.folder,
            "lineage": list(self.lineage),
            "conditions": self.conditions.model_dump(mode="json") if self.conditions else None,
        }
