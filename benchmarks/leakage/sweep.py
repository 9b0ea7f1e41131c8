"""The sweep behind the rule: recall, false flags and flagged negatives of many rules over one scan of a bench.

    .venv/bin/python benchmarks/leakage/sweep.py --bench bench-tune

Scores every (row, part of an item) with thresholds near zero, then judges those figures by each rule. Tune on the half `tune`;
the half `report` is for the figures that are told.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

sys.path.insert(0, str(Path(__file__).parents[2]))

from decontam.holdouts import load_items
from decontam.kernels import score as scorekernel
from decontam.matching import judging
from decontam.matching import match as matching
from decontam.matching.index import build_index
from decontam.rule import Rule

ENOUGH = 25  # code tokens below which a program has too little shape to be told by it
BASE = Rule()
RULES: Sequence[tuple[str, Rule]] = (
    ("the rule", BASE),
    ("text only", replace(BASE, code_windows=10**9, bare_windows=10**9, whole_windows=10**9, aligned=2.0)),
    ("prompts from 0.05", replace(BASE, coverage=0.05)),
    ("prompts from 0.20", replace(BASE, coverage=0.20)),
    ("answers from 0.10, 3 unique", replace(BASE, answer_coverage=0.10, answer_unique=3)),
    ("answers from 0.30", replace(BASE, answer_coverage=0.30)),
    ("no whole parts", replace(BASE, whole=2.0)),
    ("whole parts from 0.60", replace(BASE, whole=0.60)),
    ("code from 0.40", replace(BASE, code_coverage=0.40)),
    ("code from 0.60", replace(BASE, code_coverage=0.60)),
    ("bare code from 0.50, 10 windows", replace(BASE, bare_coverage=0.50, bare_windows=10)),
    ("bare code from 0.70, 20 windows", replace(BASE, bare_coverage=0.70, bare_windows=20)),
    ("no whole code", replace(BASE, code_whole=2.0)),
    ("whole code from 6 windows", replace(BASE, whole_windows=6)),
    ("no alignment", replace(BASE, aligned=2.0)),
    ("aligned from 0.80", replace(BASE, aligned=0.80)),
    ("aligned from 0.95", replace(BASE, aligned=0.95)),
    ("aligned from 20 tokens", replace(BASE, aligned_tokens=20)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A part of an item in a row, with all that a rule judges by. ``right``: the row is a plant of this item."""

    row: int
    right: bool
    channel: str
    part: str
    coverage: float
    grams: int
    unique: int
    told: judging.Literals
    share: float
    tokens: int

    def literals(self) -> judging.Literals:
        return self.told

    def aligned(self, least: float) -> float:
        return self.share if self.share >= least else 0.0


def rows_of(file: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in file.read_bytes().splitlines()]


def score(bench: Path) -> Iterator[Scored]:
    """Every pair of a row and a part of an item with two grams in common."""
    truth = rows_of(bench / "truth.jsonl")
    index = build_index(load_items([str(bench / "holdout.jsonl")]).items, BASE)
    column = matching.as_column(row["text"] for row in rows_of(bench / "train.jsonl"))
    for channel in matching.CHANNELS:
        grams = index.text if channel == "text" else index.code
        hits = matching.scan(column, index, channel)
        tables = (grams.posting_starts, grams.posting_parts, grams.idf, grams.unique, grams.weight, grams.tokens)
        found, coverages, order = scorekernel.score(hits, *tables, 2, 0.04)
        told: list[judging.Literals] = ["none"] * len(found)
        shares = np.zeros(len(found))
        if channel == "code":
            told = judging.told_by_literals(column, index, hits, order, found)
            shares = judging.aligned_in(column, index, hits, order, found, np.zeros(len(found)))
        for row, coverage, says, share in zip(found, coverages, told, shares.tolist(), strict=True):
            value, number = int(row[scorekernel.VALUE]), int(row[scorekernel.PART])
            part, known = grams.parts[number], truth[value]
            key = index.items[part.number].key
            yield Scored(
                row=value,
                right=known["kind"] == "plant" and key in (known["item"], *known["accept"]),
                channel=channel,
                part=part.name,
                coverage=float(coverage),
                grams=int(row[scorekernel.GRAMS]),
                unique=int(row[scorekernel.UNIQUE]),
                told=says,
                share=share,
                tokens=int(index.shapes.sizes[number]) if channel == "code" else 0,
            )


def flags(item: Scored, rule: Rule) -> bool:
    """Whether the rule makes a leak of it."""
    counts = (item.coverage, item.grams, item.unique)
    if item.channel == "text":
        return judging.judge_text(rule, item.part, *counts) is not None
    if item.part == "tests":
        return judging.judge_tests(rule, item.coverage, item.unique) is not None
    return judging.judge_code(rule, item, *counts) is not None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    bench = parser.parse_args().bench
    truth, scored = rows_of(bench / "truth.jsonl"), list(score(bench))
    kinds = Counter(row["kind"] for row in truth)
    shaped = {n for n, row in enumerate(truth) if row["kind"] == "plant" and row["tokens"] >= ENOUGH}
    print(f"{bench}: {kinds['plant']} plants, {len(shaped)} of {ENOUGH} tokens or more; rule {asdict(BASE)}")
    print(f"{'':34} recall  of >= {ENOUGH}  clean / 10,000  negatives")
    for name, rule in RULES:
        flagged = [item for item in scored if flags(item, rule)]
        right = {item.row for item in flagged if item.right}
        wrong = Counter(truth[row]["kind"] for row in {item.row for item in flagged} if truth[row]["kind"] != "plant")
        print(
            f"{name:34} {len(right) / kinds['plant']:6.1%}  {len(right & shaped) / len(shaped):8.1%}"
            f"  {10_000 * wrong['clean'] / kinds['clean']:14.1f}  {wrong['negative'] / kinds['negative']:9.1%}"
        )


if __name__ == "__main__":
    main()
