"""What many looks at the same holdout do, by simulation: false promotions in sequences of decisions, and the power that is left.

    python benchmarks/sequences.py table      # writes loop/data/sequences.json, which `goldloop gate` and `run` quote
    python benchmarks/sequences.py show       # writes benchmarks/results/sequences.json

A model answers each task once. A share of the tasks is open: every model passes each of them with a chance of one half; the
others all models pass, or none. Two unchanged models differ on half of the open tasks, which is the *discordance*. With
groups, four tasks are one group, and a model answers an open task by one toss for its group with a chance of 0.3.

A sequence starts from the base's results, which are kept as goldloop keeps them: they are *before* for every decision until a
model is promoted, right or wrong, and its results take their place. The rule is that of ``loop.gate`` for a target: interval
above 0, p below the level, gain of 2 points or more. Single tasks are computed for all sequences at once
(``tests/test_loop_sequence.py`` holds that against ``evals``); groups by ``evals.clusters``, joined with the t interval. Guards
and the noise floor, which make a promotion rarer, are left out.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binom, norm
from scipy.stats import t as student

from evals.clusters import difference_interval
from loop.sequence import level_of

ROOT = Path(__file__).parents[1]
TABLE, RESULTS = ROOT / "loop/data/sequences.json", ROOT / "benchmarks/results/sequences.json"
MIN_EFFECT = 0.02
USUAL = 0.05
FAMILY = 0.05
GROUP, TOGETHER = 4, 0.3
TASKS, GROUPS = (20, 40, 80, 160, 320, 640), (6, 10, 20, 40, 80)
DISCORDANCE = (0.05, 0.1, 0.2, 0.35, 0.5)
DECISIONS = (1, 2, 3, 5, 7, 10, 15, 20, 25, 40)
Bools = np.ndarray
Judge = Callable[[Bools, Bools, float], Bools]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Holdout tasks to draw results of models on; ``group`` tasks are one group."""

    tasks: int
    discordance: float
    group: int = 1

    @property
    def open(self) -> np.ndarray:
        """By task, whether models can differ on it: every so many, the same in each group on average."""
        share = 2 * self.discordance
        places = np.arange(self.tasks)
        return np.asarray(np.floor((places + 1) * share + 1e-9) > np.floor(places * share + 1e-9))

    def draw(self, generator: np.random.Generator, sequences: int, gain: float = 0.0) -> Bools:
        """Results of one model in each sequence: sequences by tasks. ``gain`` is the share of tasks won, from all open ones."""
        share = 0.5 + gain / (2 * self.discordance)
        if share > 1:
            raise ValueError(f"no gain of {gain} with a discordance of {self.discordance}: at most {self.discordance}")
        own = generator.random((sequences, self.tasks), dtype=np.float32)
        if self.group > 1:
            groups = np.arange(self.tasks) // self.group
            tossed = generator.random((sequences, int(groups[-1]) + 1), dtype=np.float32)[:, groups]
            together = generator.random((sequences, self.tasks), dtype=np.float32) < TOGETHER
            own = np.where(together, tossed, own)
        settled = np.arange(self.tasks) % 2 == 0
        return np.where(self.open, own < share, settled)


def judge_singles(before: Bools, after: Bools, level: float) -> Bools:
    """Which rows of results would be promoted: Newcombe's paired interval and McNemar's mid-p, as ``evals.stats`` has them."""
    n = before.shape[1]
    both, gained, lost = (side.sum(axis=1) for side in (before & after, ~before & after, before & ~after))
    delta = (gained - lost) / n
    promoted = (delta >= MIN_EFFECT - 1e-12) & (newcombe_low(both, gained, lost, n, level) > 0)
    rows = np.flatnonzero(promoted)
    discordant = gained[rows] + lost[rows]
    p = 2 * binom.cdf(lost[rows], discordant, 0.5) - binom.pmf(lost[rows], discordant, 0.5)
    promoted[rows] = p < level
    return promoted


def newcombe_low(both: np.ndarray, gained: np.ndarray, lost: np.ndarray, n: int, level: float) -> np.ndarray:
    """Lower limits of the paired difference (Newcombe 1998, method 10)."""
    after, before = both + gained, both + lost
    neither = n - both - gained - lost
    p_after, p_before = after / n, before / n
    z = float(norm.ppf(1 - level / 2))
    down_after, up_before = p_after - _wilson(p_after, n, z, -1), _wilson(p_before, n, z, 1) - p_before
    product = (after * (n - after) * before * (n - before)).astype(float)
    cross = (both * neither - gained * lost).astype(float)
    cross = np.where(cross > 0, np.maximum(cross - n / 2, 0), cross)
    phi = np.divide(cross, np.sqrt(product), out=np.zeros_like(cross), where=product > 0)
    below = np.sqrt(np.maximum(0, down_after**2 - 2 * phi * down_after * up_before + up_before**2))
    limits: np.ndarray = p_after - p_before - below
    return limits


def _wilson(share: np.ndarray, n: int, z: float, side: int) -> np.ndarray:
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    limits: np.ndarray = np.clip(centre + side * half, 0, 1)
    return limits


class GroupsJudge:
    """The rule with groups. Most rows fail the t interval, which is computed for all at once; the rest is judged one by one."""

    def __init__(self, group: int, generator: np.random.Generator, draws: int = 20_000) -> None:
        self._group = group
        self._generator = generator
        self._draws = draws

    def __call__(self, before: Bools, after: Bools, level: float) -> Bools:
        rows, n = before.shape
        change = (after.astype(np.int8) - before.astype(np.int8)).reshape(rows, n // self._group, self._group).sum(axis=2)
        groups = change.shape[1]
        mean = change.mean(axis=1) / self._group
        error = change.std(axis=1, ddof=1) / self._group / math.sqrt(groups)
        low = mean - float(student.ppf(1 - level / 2, groups - 1)) * error
        promoted = (mean >= MIN_EFFECT - 1e-12) & (low > 0)
        labels = [str(task // self._group) for task in range(n)]
        for row in np.flatnonzero(promoted):
            sides = before[row].astype(float).tolist(), after[row].astype(float).tolist()
            seen = difference_interval(*sides, labels, 1 - level).low > 0
            promoted[row] = seen and self._p(change[row]) < level
        return promoted

    def _p(self, change: np.ndarray) -> float:
        """The sign-flip test over groups: all patterns of signs up to 14 groups that changed, else drawn."""
        values = np.abs(change[change != 0]).astype(np.float32)
        if values.size <= 14:
            signs = ((np.arange(1 << values.size)[:, None] >> np.arange(values.size)) & 1).astype(np.float32) * 2 - 1
            return float(np.mean(np.abs(signs @ values) >= abs(change.sum()) - 1e-6))
        signs = self._generator.integers(0, 2, size=(self._draws, values.size), dtype=np.int8).astype(np.float32) * 2 - 1
        return float((np.count_nonzero(np.abs(signs @ values) >= abs(change.sum()) - 1e-6) + 1) / (self._draws + 1))


def judge_of(world: World, generator: np.random.Generator) -> Judge:
    """The gate's rule for results of this world."""
    return judge_singles if world.group == 1 else GroupsJudge(world.group, generator)


def promotions(
    world: World, levels: Sequence[float], gains: Sequence[float], sequences: int, generator: np.random.Generator
) -> Bools:
    """Which decisions promote, sequences by decisions: decision k tests a model of ``gains[k]`` at ``levels[k]``."""
    judge = judge_of(world, generator)
    champion = world.draw(generator, sequences)
    decided = []
    for level, gain in zip(levels, gains, strict=True):
        candidate = world.draw(generator, sequences, gain)
        promoted = judge(champion, candidate, level)
        champion[promoted] = candidate[promoted]
        decided.append(promoted)
    return np.stack(decided, axis=1)


def at_least_once(world: World, levels: Sequence[float], sequences: int, generator: np.random.Generator) -> np.ndarray:
    """By number of decisions so far, the share of sequences of unchanged models in which one was promoted."""
    decided = promotions(world, levels, [0.0] * len(levels), sequences, generator)
    shares: np.ndarray = np.logical_or.accumulate(decided, axis=1).mean(axis=0)
    return shares


def write_table(sequences: int, generator: np.random.Generator) -> None:
    """The table that ``loop.sequence`` reads: shares by kind, size, discordance and number of decisions."""
    content: dict[str, Any] = {
        "what": "share of sequences of unchanged models in which at least one is promoted, by number of decisions",
        "command": f"python benchmarks/sequences.py table --sequences {sequences}",
        "decisions": list(DECISIONS),
        "discordance": list(DISCORDANCE),
    }
    for kind, sizes, group in (("single", TASKS, 1), ("grouped", GROUPS, GROUP)):
        shares = []
        for size in sizes:
            rows = []
            for discordance in DISCORDANCE:
                world = World(tasks=size * group, discordance=discordance, group=group)
                found = at_least_once(world, [USUAL] * max(DECISIONS), sequences, generator)
                rows.append([round(float(found[k - 1]), 4) for k in DECISIONS])
                print(kind, size, discordance, rows[-1], flush=True)
            shares.append(rows)
        content[kind] = {"sizes": list(sizes), "shares": shares}
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(_in_lines(content))


def _in_lines(content: dict[str, Any]) -> str:
    """JSON with one line for each row of figures."""
    text = json.dumps(content, indent=1)
    for _ in range(2):
        text = _joined(text)
    return text + "\n"


def _joined(text: str) -> str:
    import re

    return re.sub(r"\[\s+((?:[-\d.e]+,\s+)*[-\d.e]+)\s+\]", lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", text)


def gain_seen_at(world: World, power: float, sequences: int, generator: np.random.Generator) -> float:
    """The true gain that a single decision at the usual level promotes with this power."""
    low, high = 0.0, world.discordance
    for _ in range(14):
        middle = (low + high) / 2
        found = promotions(world, [USUAL], [middle], sequences, generator).mean()
        low, high = (middle, high) if found < power else (low, middle)
    return (low + high) / 2


def show(sequences: int, generator: np.random.Generator) -> None:
    """False promotions with and without ``family_error``, and the power that is left; written as a table of the docs."""
    rows: list[dict[str, str]] = []
    for name, world in (
        ("500 tasks, 20% differ", World(tasks=500, discordance=0.2)),
        ("164 tasks, 35% differ", World(tasks=164, discordance=0.35)),
        ("80 tasks in 20 groups, 35% differ", World(tasks=80, discordance=0.35, group=GROUP)),
    ):
        few = sequences if world.group == 1 else sequences // 4
        gain = gain_seen_at(world, 0.95, few, generator)
        second = promotions(world, [USUAL] * 2, [gain, 2 * gain], few, generator) if 2 * gain <= world.discordance else None
        for looks in (10, 25):
            for family in (None, FAMILY):
                levels = [USUAL if family is None else level_of(k, looks, family) for k in range(1, looks + 1)]
                row = {
                    "design": name,
                    "looks": str(looks),
                    "family": "off" if family is None else f"{family:g}",
                    "false": f"{at_least_once(world, levels, few, generator)[-1]:.1%}",
                }
                for k in (1, 2, 5, 10):
                    found = promotions(world, levels[:k], [0.0] * (k - 1) + [gain], few, generator)[:, -1].mean()
                    row[f"power_{k}"] = f"{found:.0%}"
                usual = family is None and second is not None
                row["second"] = f"{second[second[:, 0], 1].mean():.0%}" if usual and second is not None else ""
                rows.append(row)
                print(row, flush=True)
    columns = [
        {"title": "holdout", "text": "{design}"},
        {"title": "decisions", "text": "{looks}"},
        {"title": "`gate.family_error`", "text": "{family}"},
        {"title": "sequences of unchanged models with a promotion", "text": "{false}"},
        {"title": "power in decision 1", "text": "{power_1}"},
        {"title": "2", "text": "{power_2}"},
        {"title": "5", "text": "{power_5}"},
        {"title": "10", "text": "{power_10}"},
        {"title": "a second gain as large after the first", "text": "{second}"},
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    content = {
        "what": "Errors over a sequence of decisions on the same holdout, and power, by simulation",
        "command": f"python benchmarks/sequences.py show --sequences {sequences}",
        "machine": {"cores": os.cpu_count(), "memory_gib": round(memory), "note": None},
        "versions": {"numpy": np.__version__},
        "date": datetime.now(UTC).date().isoformat(),
        "columns": columns,
        "rows": rows,
    }
    RESULTS.write_text(json.dumps(content, indent=2) + "\n")


PARTS: dict[str, Callable[[int, np.random.Generator], None]] = {"table": write_table, "show": show}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--sequences", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    PARTS[chosen.part](chosen.sequences, np.random.default_rng(chosen.seed))


if __name__ == "__main__":
    main()
