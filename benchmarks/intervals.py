"""What the intervals and the gate promise, by simulation: coverage of the 95% intervals, power, errors of the gate.

    python benchmarks/intervals.py coverage
    python benchmarks/intervals.py power
    python benchmarks/intervals.py gate

Tasks are logits: a level, a normal term a group, a normal term a task; the new model has further terms of both. ``tasks`` like
``77 in 18`` are tasks in groups of unequal size. Coverage is of the true mean over such tasks, groups drawn anew each time.
Rows end with the Monte Carlo error of their figures. Does not cover judges.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from evals.clusters import bootstrap_interval, difference_interval, mean_interval
from evals.comparison import compare_outcomes
from evals.records import Attempt, Result, Verdict
from evals.stats import detectable_gain, mcnemar_midp, newcombe_paired, wilson
from loop.config import GateSettings
from loop.gate import History, decide

HOUSE = [4, 5, 6, 6, 7, 4, 3, 5, 6, 2, 4, 5, 6, 1, 3, 4, 3, 3]
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
LEVELS = {"half": 0.0, "near 0": -3.5, "near 1": 3.5}


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


def coverage(rounds: int, generator: np.random.Generator) -> None:
    print("tasks | samples | rate | mean | difference, no change | difference, a change | bootstrap")
    for name, sizes in SUITES.items():
        for samples in (1, 4):
            for word, level in LEVELS.items():
                shares = []
                for shift in (0.0, -math.copysign(1.0, level)):
                    world = World(sizes, level, shift)
                    truth = [side.mean() for side in world.shares(generator, 20_000)]
                    shares.append(_covered(world, samples, truth, rounds, generator))
                (mean, still, boot), (_, moved, _) = shares
                error = 100 * math.sqrt(0.05 * 0.95 / rounds)
                figures = " | ".join(f"{100 * value:.1f}" for value in (mean, still, moved, boot))
                print(f"{name} | {samples} | {word} | {figures} (+-{error:.1f})", flush=True)


def _covered(world: World, samples: int, truth: list[float], rounds: int, generator: np.random.Generator) -> list[float]:
    groups = [str(group) for group in world.groups]
    alone = samples == 1 and max(world.sizes) == 1
    hits = [0, 0, 0]
    few = rounds // 10
    before, after = (generator.binomial(samples, share) / samples for share in world.shares(generator, rounds))
    for number, (left, right) in enumerate(zip(before, after, strict=True)):
        if alone:
            cells = Counter(zip(left.astype(bool).tolist(), right.astype(bool).tolist(), strict=True))
            counts = [cells[True, True], cells[False, True], cells[True, False], cells[False, False]]
            mean, difference = wilson(int(left.sum()), left.size), newcombe_paired(*counts)
        else:
            mean = mean_interval(left.tolist(), groups=groups)
            difference = difference_interval(left.tolist(), right.tolist(), groups)
        hits[0] += mean.low <= truth[0] <= mean.high
        hits[1] += difference.low <= truth[1] - truth[0] <= difference.high
        if number < few:
            totals = np.bincount(world.groups, weights=right - left).tolist()
            box = bootstrap_interval(totals, draws=1_000, seed=number, sizes=world.sizes)
            hits[2] += box.low <= truth[1] - truth[0] <= box.high
    return [hits[0] / rounds, hits[1] / rounds, hits[2] / few]


def power(rounds: int, generator: np.random.Generator) -> None:
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


def gate(rounds: int, generator: np.random.Generator) -> None:
    print("tasks, target and guard | samples | target, guard | promote | inconclusive | reject")
    cases: dict[str, tuple[float, float]] = {
        "no change": (0.0, 0.0), "gain": (1.5, 0.0), "gain, guard falls": (1.5, -1.0), "guard falls": (0.0, -1.0),
    }  # fmt: skip
    for name in ("60", "164", "77 in 18"):
        for samples in (1, 4):
            for word, shifts in cases.items():
                found: Counter[str] = Counter()
                for _ in range(rounds if word == "no change" else rounds // 5):
                    before: list[Result] = []
                    after: list[Result] = []
                    again: list[Result] = []
                    for suite, shift in zip(("target", "guard"), shifts, strict=True):
                        world = World(SUITES[name], 0.0, shift, churn=0.3 if shift else 0.0)
                        old, new = world.shares(generator, 1)
                        for side, shares in ((before, old), (after, new), (again, new)):
                            side += _results(suite, shares[0], samples, world.groups, generator)
                    sides: dict[str, Any] = {
                        "target": ["target"],
                        "guard": ["guard"],
                        "settings": GateSettings(),
                        "history": History(again=again),
                    }
                    found[decide(before, after, **sides).decision] += 1
                figures = " | ".join(f"{100 * found[d] / found.total():.1f}%" for d in ("promote", "inconclusive", "reject"))
                print(f"{name} | {samples} | {word} | {figures} of {found.total()}", flush=True)


def _results(suite: str, shares: np.ndarray, samples: int, groups: np.ndarray, generator: np.random.Generator) -> list[Result]:
    verdicts = {passed: Verdict(status="pass" if passed else "fail", reason="drawn") for passed in (True, False)}
    made = []
    for number, share in enumerate(shares.tolist()):
        for sample in range(samples):
            attempt = Attempt(key=f"{suite}/{number}", sample=sample, completion="", code="", finish_reason="stop")
            verdict = verdicts[bool(generator.random() < share)]
            place = {"id": f"{number}", "suite": suite, "group": f"{groups[number]}", "slice": f"{number % 3}"}
            made.append(Result(split="holdout", attempt=attempt, verdict=verdict, **place))
    return made


PARTS: dict[str, Callable[[int, np.random.Generator], None]] = {"coverage": coverage, "power": power, "gate": gate}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--rounds", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    PARTS[chosen.part](chosen.rounds, np.random.default_rng(chosen.seed))


if __name__ == "__main__":
    main()
