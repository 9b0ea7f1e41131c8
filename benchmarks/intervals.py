"""What the intervals and the gate promise, by simulation: coverage of the 95% intervals, power, errors of the gate.

    python benchmarks/intervals.py coverage --write
    python benchmarks/intervals.py power
    python benchmarks/intervals.py gate --write

Tasks are logits: a level, a normal term a group, a normal term a task; the new model has further terms of both. ``tasks`` like
``77 in 18`` are tasks in groups of unequal size. Coverage is of the true mean over such tasks, groups drawn anew each time.
Rows end with the Monte Carlo error of their figures. ``--write`` puts the ranges into ``benchmarks/results``. Sequences of
decisions are simulated by ``sequences.py``. Does not cover judges.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from evals import clusters
from evals.clusters import bootstrap_interval, mean_interval
from evals.comparison import compare_outcomes, delta_interval
from evals.records import Attempt, Result, Verdict
from evals.stats import detectable_gain, mcnemar_midp, wilson
from loop.config import GateSettings
from loop.gate import History, decide

RESULTS = Path(__file__).parent / "results"
HOUSE = [4, 5, 6, 6, 7, 4, 3, 5, 6, 2, 4, 5, 6, 1, 3, 4, 3, 3]
FEW = (2, 3, 4, 5, 6, 8, 12, 18)
UNEQUAL = [7, 2, 5, 3, 1, 8, 4, 6, 2, 12, 1, 3, 5, 2, 4, 9, 1, 6]
SUITES = {
    "20": [1] * 20,
    "40": [1] * 40,
    "60": [1] * 60,
    "164": [1] * 164,
    "77 in 18": HOUSE,
    "107 in 48": [1] * 30 + HOUSE,
    "31 in 8": [7, 5, 3, 1, 8, 2, 4, 6],
    "43 in 10": [20, 1, 2, 3, 2, 4, 5, 2, 3, 1],
    "20 in 5": [4] * 5,
}
DESIGNS = {
    **{f"{count} alone": [1] * count for count in FEW},
    **{f"{4 * count} in {count}": [4] * count for count in FEW},
    **{f"{sum(UNEQUAL[:count])} in {count}, unequal": UNEQUAL[:count] for count in FEW},
    **{name: SUITES[name] for name in ("20", "40", "60", "164", "77 in 18", "107 in 48", "43 in 10")},
}
RATES = {"50%": (0.50, 0.50), "50% to 65%": (0.50, 0.65), "5%": (0.05, 0.05), "5% to 9%": (0.05, 0.09)}


@dataclass(frozen=True, slots=True)
class World:
    """Suites and models to draw from. ``shift``: the new model's gain, in logits; ``churn``: how differently it fails."""

    sizes: list[int]
    level: float
    shift: float = 0.0
    churn: float = 1.0

    @property
    def groups(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def shares(self, generator: np.random.Generator, rounds: int) -> tuple[np.ndarray, np.ndarray]:
        """Chances to pass before and after, ``rounds`` by tasks."""
        grouped = 0.8 if max(self.sizes) > 1 else 0.0
        kinds, tasks = (rounds, len(self.sizes)), (rounds, sum(self.sizes))
        before = self.level + generator.normal(0, 1.5, tasks) + generator.normal(0, 1, kinds)[:, self.groups] * grouped
        change = generator.normal(0, 1, tasks) + generator.normal(0, 1, kinds)[:, self.groups] * grouped / 2
        return 1 / (1 + np.exp(-before)), 1 / (1 + np.exp(-before - self.shift - self.churn * change))


def level_of(share: float, sizes: list[int], generator: np.random.Generator, before: float | None = None) -> float:
    """The level at which this share of tasks passes; with ``before``, a level, the shift to it."""
    low, high = -9.0, 9.0
    for _ in range(24):
        middle = (low + high) / 2
        world = World(sizes, middle) if before is None else World(sizes, before, middle)
        found = float(world.shares(generator, max(200, 40_000 // sum(sizes)))[before is not None].mean())
        low, high = (middle, high) if found < share else (low, middle)
    return (low + high) / 2


def coverage(rounds: int, generator: np.random.Generator, write: bool) -> None:
    print("tasks | samples | rates | mean | difference | bootstrap of the difference")
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for name, sizes in DESIGNS.items():
        for word, (old, new) in RATES.items():
            level = level_of(old, sizes, generator)
            shift = 0.0 if old == new else level_of(new, sizes, generator, level)
            for samples in (1, 4):
                world = World(sizes, level, shift, churn=0.0 if old != new else 1.0)
                truth = [side.mean() for side in world.shares(generator, 20_000)]
                mean, difference, boot = _covered(world, samples, truth, rounds, generator)
                error = 100 * math.sqrt(0.05 * 0.95 / rounds)
                print(
                    f"{name} | {samples} | {word} | {100 * mean:.1f} | {100 * difference:.1f} | {100 * boot:.1f} (+-{error:.1f})",
                    flush=True,
                )
                groups = (
                    f"{len(sizes)}"
                    if len(sizes) in FEW
                    else "20 to 164"
                    if max(sizes) == 1 or len(sizes) > 18
                    else f"{len(sizes)}"
                )
                found[groups]["half" if old == 0.5 else "rare"].append(difference)
                found[groups]["half mean" if old == 0.5 else "rare mean"].append(mean)
    order = sorted(found, key=lambda groups: int(groups.split()[0]))
    rows = [{"groups": groups, **{kind: _range(values) for kind, values in found[groups].items()}} for groups in order]
    if write:
        columns = {
            "groups": "{groups}",
            "difference, at 50% and 50% to 65%": "{half}",
            "difference, at 5% and 5% to 9%": "{rare}",
            "one rate, at 50%": "{half mean}",
            "one rate, at 5%": "{rare mean}",
        }
        write_result("coverage", "Coverage of the 95% intervals, by simulation", columns, rows, f"{rounds:,} suites a figure")


def _range(values: Sequence[float]) -> str:
    return f"{100 * min(values):.1f}% to {100 * max(values):.1f}%"


def _covered(world: World, samples: int, truth: list[float], rounds: int, generator: np.random.Generator) -> list[float]:
    groups = [str(group) for group in world.groups]
    names = [str(number) for number in range(len(groups))]
    grouped = dict(zip(names, groups, strict=True))
    hits = [0, 0, 0]
    few = rounds // 10
    shares = world.shares(generator, rounds)
    for number, chances in enumerate(zip(*shares, strict=True)):
        passed = [generator.random((share.size, samples)) < share[:, None] for share in chances]
        sides = [dict(zip(names, side.tolist(), strict=True)) for side in passed]
        left, right = (side.mean(axis=1) for side in passed)
        if samples == 1 and max(world.sizes) == 1:
            mean = wilson(int(left.sum()), left.size)
        else:
            mean = mean_interval(left.tolist(), groups=groups, trials=left.size * samples)
        difference = delta_interval(sides[0], sides[1], grouped)
        hits[0] += mean.low <= truth[0] <= mean.high
        hits[1] += difference.low <= truth[1] - truth[0] <= difference.high
        if number < few:
            totals = np.bincount(world.groups, weights=right - left).tolist()
            box = bootstrap_interval(totals, draws=1_000, seed=number, sizes=world.sizes)
            hits[2] += box.low <= truth[1] - truth[0] <= box.high
    return [hits[0] / rounds, hits[1] / rounds, hits[2] / few]


def power(rounds: int, generator: np.random.Generator, write: bool) -> None:
    print("tasks | what changes | detectable | seen at that gain")
    for n in (20, 57, 60, 164, 500):
        for discordant in (0, 2, round(0.15 * n), round(0.3 * n)):
            gain = detectable_gain(n, discordant)
            changed = max(gain, discordant / n)
            drawn = generator.multinomial(n, [(changed + gain) / 2, (changed - gain) / 2, 1 - changed], size=rounds)
            seen = np.mean([a > b and mcnemar_midp(a, b) < 0.05 for a, b, _ in drawn.tolist()])
            print(f"{n} | {discordant} tasks | {100 * gain:.1f} points | {100 * seen:.0f}%", flush=True)
    print("tasks | samples | rate | detectable, median | true gain | seen at that gain: interval, test")
    for name, sizes in SUITES.items():
        for samples in (1, 4):
            if samples > 1 or max(sizes) > 1:
                for word, level in (("half", 0.0), ("low", -2.0)):
                    _seen(name, sizes, samples, word, level, rounds // 20, generator)


def _seen(name: str, sizes: list[int], samples: int, word: str, level: float, rounds: int, rng: np.random.Generator) -> None:
    labels = {f"{number}": f"{group}" for number, group in enumerate(World(sizes, level).groups)}

    def compared(world: World, rounds: int) -> list[tuple[float, bool, bool]]:
        found = []
        for shares in zip(*world.shares(rng, rounds), strict=True):
            sides = [rng.random((samples, share.size)) < share for share in shares]
            outcomes = [{task: passed.tolist() for task, passed in zip(labels, side.T, strict=True)} for side in sides]
            one = compare_outcomes(outcomes[0], outcomes[1], labels)
            found.append((one.detectable, one.ci95.low > 0, one.delta > 0 and one.p < 0.05))
        return found

    def gain(shift: float) -> float:
        before, after = World(sizes, level, shift).shares(rng, 2_000)
        return float(after.mean() - before.mean())

    wanted = float(np.median([one[0] for one in compared(World(sizes, level), 30)]))
    low, high = 0.0, 8.0
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if gain(middle) < wanted else (low, middle)
    found = compared(World(sizes, level, high), rounds)
    interval, test = (100 * float(np.mean([one[place] for one in found])) for place in (1, 2))
    print(f"{name} | {samples} | {word} | {100 * wanted:.1f} | {100 * gain(high):.1f} | {interval:.0f}%, {test:.0f}%", flush=True)


CASES: Mapping[str, tuple[str, float, float]] = {
    "no change": ("has not changed", 0.0, 0.0),
    "gain": ("gained 24 points", 1.5, 0.0),
    "gain, guard falls": ("gained 24 points, and its guard fell by 16", 1.5, -1.0),
    "guard falls": ("has not changed, and its guard fell by 16 points", 0.0, -1.0),
}


def gate(rounds: int, generator: np.random.Generator, write: bool) -> None:
    clusters.bootstrap_interval = partial(bootstrap_interval, draws=10)  # it stands beside, decides nothing, and takes longest
    clusters._DRAWS = 10_000
    print("new model | tasks, target and guard | samples | promote | inconclusive | reject")
    rows: list[dict[str, Any]] = []

    def keep(model: str, design: str, samples: int, found: Counter[str]) -> None:
        shares = {d: f"{100 * found[d] / found.total():.1f}%" for d in ("promote", "inconclusive", "reject")}
        rows.append({"model": model, "design": design, "samples": samples, "models": f"{found.total():,}", **shares})
        print(" | ".join([model, design, str(samples), *shares.values(), f"of {found.total()}"]), flush=True)

    for case, (model, *shifts) in CASES.items():
        for name in ("60", "164", "77 in 18"):
            for samples in (1, 4):
                count = max(1, (rounds if case == "no change" else rounds // 4) // (1 if samples == 1 else 4))
                keep(
                    model,
                    f"{name} tasks, as many in the guard",
                    samples,
                    _decisions(SUITES[name], samples, shifts, count, generator),
                )
    keep(
        "has a guard that did not change", "84 guard tasks, of which 35% get another verdict", 1, _still_guard(rounds, generator)
    )
    single, second = _two_rounds(max(rounds // 2, 1), generator)
    keep("is truly better: 59% to 68%, a single look", "500 tasks", 1, single)
    keep("is truly better: 59% to 68%, after a promoted round from 50%", "500 tasks", 1, second)
    if write:
        columns = {"the new model": "{model}", "design": "{design}", "samples": "{samples}", "models": "{models}"}
        columns |= {"promoted": "{promote}", "inconclusive": "{inconclusive}", "rejected": "{reject}"}
        write_result("gate", "What the gate decides, by simulation", columns, rows)


def _decisions(
    sizes: list[int], samples: int, shifts: Sequence[float], rounds: int, generator: np.random.Generator
) -> Counter[str]:
    found: Counter[str] = Counter()
    for _ in range(rounds):
        before: list[Result] = []
        after: list[Result] = []
        again: list[Result] = []
        for suite, shift in zip(("target", "guard"), shifts, strict=True):
            world = World(sizes, 0.0, shift, churn=0.3 if shift else 0.0)
            old, new = world.shares(generator, 1)
            for side, shares in ((before, old), (after, new), (again, new)):
                side += _results(suite, generator.random((shares[0].size, samples)) < shares[0][:, None], world.groups)
        found[_decide(before, after, History(again=again))] += 1
    return found


def _decide(before: Sequence[Result], after: Sequence[Result], history: History, guard: Sequence[str] = ("guard",)) -> str:
    return decide(before, after, target=["target"], guard=guard, settings=GateSettings(), history=history).decision


def _still_guard(rounds: int, generator: np.random.Generator) -> Counter[str]:
    """A sure gain on the target, and a guard of 84 tasks whose verdicts change by chance only."""
    target = [_results("target", np.arange(60)[:, None] < passed, np.arange(60)) for passed in (5, 50)]
    found: Counter[str] = Counter()
    for _ in range(rounds):
        cells = generator.choice(4, size=84, p=[0.175, 0.175, 0.325, 0.325])  # gained, lost, passed twice, failed twice
        sides = [_results("guard", np.isin(cells, kinds)[:, None], np.arange(84), slices=1) for kinds in ([1, 2], [0, 2])]
        found[_decide(target[0] + sides[0], target[1] + sides[1], History())] += 1
    return found


def _two_rounds(rounds: int, generator: np.random.Generator) -> tuple[Counter[str], Counter[str]]:
    """Models that pass 50%, 59% and 68% of 500 tasks: 59 to 68 alone, and as the second round where the first was promoted.

    The second round's old model is the first one's new model, with the very answers that it was promoted for.
    """
    levels = np.array([0.0, 0.80, 1.62])  # 50%, 59% and 68%, over the spread below
    single: Counter[str] = Counter()
    second: Counter[str] = Counter()
    none = np.arange(500)
    for _ in range(rounds):
        logits = generator.normal(0, 2.5, 500) + levels[:, None] + generator.normal(0, 1.7, (3, 500))
        passed = 1 / (1 + np.exp(-logits)) > generator.random((3, 500))
        base, first, last = (_results("target", side[:, None], none, slices=1) for side in passed)
        single[_decide(first, last, History(), ())] += 1
        if _decide(base, first, History(), ()) == "promote":
            fixed = frozenset(result.key for result, gained in zip(first, passed[1] & ~passed[0], strict=True) if gained)
            second[_decide(first, last, History(fixed=fixed), ())] += 1
    return single, second


_VERDICTS = {passed: Verdict(status="pass" if passed else "fail", reason="drawn") for passed in (True, False)}


def _results(suite: str, passed: np.ndarray, groups: np.ndarray, slices: int = 3) -> list[Result]:
    """Results of ``passed``, tasks by samples."""
    return [
        _result(suite, number, f"{groups[number]}", f"{number % slices}", sample, verdict)
        for number, row in enumerate(passed.tolist())
        for sample, verdict in enumerate(row)
    ]


@cache
def _result(suite: str, number: int, group: str, slice_: str, sample: int, passed: bool) -> Result:
    attempt = Attempt(key=f"{suite}/{number}", sample=sample, completion="", code="", finish_reason="stop")
    place = {"id": f"{number}", "suite": suite, "group": group, "slice": slice_}
    return Result(split="holdout", attempt=attempt, verdict=_VERDICTS[passed], **place)


def write_result(name: str, what: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]], note: str = "") -> None:
    """A file of ``benchmarks/results``, from which the tables of the documentation are written."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    head = {
        "what": what,
        "command": f"python benchmarks/intervals.py {' '.join(sys.argv[1:])}",
        "machine": {"cores": os.cpu_count(), "memory_gib": round(memory), "note": note or None},
        "versions": {"Python": platform.python_version(), **{package: version(package) for package in ("numpy", "scipy")}},
        "date": datetime.now(UTC).date().isoformat(),
        "columns": [{"title": title, "text": text} for title, text in columns.items()],
    }
    lines = ",\n    ".join(json.dumps(row) for row in rows)
    text = json.dumps(head, indent=2).removesuffix("\n}") + f',\n  "rows": [\n    {lines}\n  ]\n}}\n'
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")


PARTS: dict[str, Callable[[int, np.random.Generator, bool], None]] = {"coverage": coverage, "power": power, "gate": gate}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--rounds", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="write the ranges to benchmarks/results")
    chosen = parser.parse_args()
    PARTS[chosen.part](chosen.rounds, np.random.default_rng(chosen.seed), chosen.write)


if __name__ == "__main__":
    main()
