"""The records that loop emits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evals.records import ModelRef, Record
from loop.closing import Conditions
from loop.gate import GateReport


class RoundReport(Record):
    """One round, without anything that depends on the clock or the machine: the same inputs give the same report."""

    number: int
    before: ModelRef
    after: ModelRef | None
    gate: GateReport | None
    decision: str
    reasons: tuple[str, ...]
    counts: Mapping[str, int]
    dropped: Mapping[str, int]
    failure_reasons: Mapping[str, int]
    trainset: str
    index: str
    adapter: str
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
            "suites": suites,
            "decision": self.decision,
            "reasons": list(self.reasons),
            "notes": self.gate.notes() if self.gate else [],
            "counts": dict(self.counts),
            "dropped": dict(self.dropped),
            "failures": dict(self.failure_reasons),
            "before": str(self.before.base) if not self.before.adapter else f"{self.before.base} + {self.lineage[-1]}",
            "trainset": self.trainset,
            "index": self.index,
            "adapter": self.adapter,
            "lineage": list(self.lineage),
            "conditions": self.conditions.model_dump(mode="json") if self.conditions else None,
        }
