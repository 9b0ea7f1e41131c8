"""Levers side by side: base, a prompt rule, an adapter, both, and ways of decoding, on the same tasks with the same statistics.

Every arm is an evaluation of its own in a folder of its own, so a killed comparison goes on where it was. The rule's text is
kept beside the results. Says nothing of levers that were not tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.clusters import holm
from evals.comparison import Outcomes, compare_outcomes, outcomes_of, pass_rate
from evals.errors import BadInput, Inconclusive
from evals.files import write_atomic, write_json
from evals.records import ModelRef, Record, Result, Task
from loop.config import EvalSettings
from loop.stages import Bench, evaluate_stage

BASE = "base"
RULES_FILE = "rules.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One combination of levers. ``evals`` are changed keys of ``evals.*``; ``any_of`` counts a task whose best sample passes."""

    name: str
    rules: str = ""
    adapter: str = ""
    evals: Mapping[str, float] | None = None
    any_of: bool = False
    repaired: bool = False


class ArmReport(Record):
    """An arm's rate and, but for the base, its difference to the base. Shares, not points; ``p`` is after Holm."""

    name: str
    n: int
    rate: float
    ci95: tuple[float, float]
    delta: float | None = None
    delta_ci95: tuple[float, float] | None = None
    p: float | None = None
    gained: int = 0
    lost: int = 0
    detectable: float | None = None


def arms_of(*, rules: str, adapter: str, temperature: float, tries: int, repair: int) -> list[Arm]:
    """The arms that these levers make; the base is always the first.

    Raises:
        BadInput: no lever was given.
    """
    arms = [Arm(name=BASE)]
    if rules:
        arms.append(Arm(name="+ rules", rules=rules))
    if adapter:
        arms.append(Arm(name="+ adapter", adapter=adapter))
    if rules and adapter:
        arms.append(Arm(name="+ rules + adapter", rules=rules, adapter=adapter))
    if temperature:
        arms.append(Arm(name=f"temperature {temperature:g}", evals={"temperature": temperature}))
    if tries > 1:
        heat = temperature or 0.8
        arms.append(Arm(name=f"best of {tries} at {heat:g}", evals={"temperature": heat, "samples": tries}, any_of=True))
    if repair:
        arms.append(Arm(name=f"{repair} repair turns", evals={"repair_turns": repair}, repaired=True))
    if len(arms) == 1:
        raise BadInput("nothing to compare: give at least one of --rules, --adapter, --temperature, --tries, --repair")
    return arms


def run_arms(bench: Bench, arms: Sequence[Arm], tasks: Sequence[Task], out: Path) -> list[ArmReport]:
    """Evaluate every arm and compare it with the base; ``ablation.json`` in ``out`` has it all.

    Raises:
        Inconclusive: too many infrastructure errors, or no task with a verdict in all arms.
    """
    outcomes: dict[str, dict[str, list[bool]]] = {}
    for number, arm in enumerate(sorted(arms, key=lambda arm: arm.adapter)):  # one model in memory at a time
        folder = out / f"arm-{number}"
        settings = EvalSettings.model_validate({**bench.config.evals.model_dump(), **(arm.evals or {})})
        if arm.rules:
            write_atomic(folder / RULES_FILE, arm.rules.encode())
        asked = [with_rules(task, arm.rules) for task in tasks]
        ref = ModelRef(base=bench.config.model, adapter=arm.adapter)
        outcomes[arm.name] = _outcomes(arm, evaluate_stage(bench, folder, ref, asked, arm.name, evals=settings))
    reports = compare_arms({arm.name: outcomes[arm.name] for arm in arms})
    write_json(out / "ablation.json", {"arms": reports})
    return reports


def with_rules(task: Task, rules: str) -> Task:
    """The task with rules after its system prompt."""
    return task.model_copy(update={"system": f"{task.system}\n\n{rules.strip()}".strip()}) if rules.strip() else task


def _outcomes(arm: Arm, results: Sequence[Result]) -> dict[str, list[bool]]:
    if arm.repaired:
        results = [result.model_copy(update={"verdict": result.after_repair}) for result in results]
    found = outcomes_of(results)
    return {task: [any(passed)] for task, passed in found.items()} if arm.any_of else found


def compare_arms(outcomes: Mapping[str, Outcomes]) -> list[ArmReport]:
    """Reports in the order given, the base first.

    Raises:
        Inconclusive: no task has a verdict in all arms.
    """
    shared = set.intersection(*(set(found) for found in outcomes.values()))
    if not shared:
        raise Inconclusive("no task has a verdict in all arms; nothing can be compared")
    kept = {name: {task: found[task] for task in sorted(shared)} for name, found in outcomes.items()}
    compared = {name: compare_outcomes(kept[BASE], found) for name, found in kept.items() if name != BASE}
    adjusted = holm({name: comparison.p for name, comparison in compared.items()})
    reports = []
    for name, found in kept.items():
        rate = pass_rate(found)
        report = ArmReport(name=name, n=rate.n, rate=rate.share, ci95=(rate.interval.low, rate.interval.high))
        if name in compared:
            one = compared[name]
            report = report.model_copy(
                update={
                    "delta": one.delta,
                    "delta_ci95": (one.ci95.low, one.ci95.high),
                    "p": adjusted[name],
                    "gained": one.gained,
                    "lost": one.lost,
                    "detectable": one.detectable,
                }
            )
        reports.append(report)
    return reports
