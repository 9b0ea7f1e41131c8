"""Scores a detector's findings against a bench: recall by disguise, false flags on clean text, hard negatives flagged.

    .venv/bin/python benchmarks/leakage/sight.py --bench bench-tune --matches matches.parquet --show 20
    .venv/bin/python benchmarks/leakage/sight.py --bench bench-report --matches found/matches.parquet --write

With ``--write`` the figures go into ``benchmarks/results`` (``sight.json``, ``negatives.json``), which the documentation shows.
Findings are a Parquet or JSONL file with ``row`` (the line in train.jsonl, from 1) and ``item``; ``verdict``, ``channel``,
``rule`` and ``snippet`` are used where they are there. A finding whose verdict is ``short`` or ``shared`` is no flag. A plant is
*found* when its row is flagged with a right item (``accept`` in the truth) and *flagged* when its row is flagged with any item.
Results come for all plants and for those of 25 code tokens or more: a smaller answer cannot be known by its structure.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow.parquet

sys.path.insert(0, str(Path(__file__).parents[2]))

from decontam.rule import RULE_VERSION

RESULTS = Path(__file__).parents[1] / "results"
MIN_TOKENS = 25
_COLUMNS = ("row", "item", "verdict", "channel", "rule", "snippet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """``found`` (right item) <= ``flagged`` (any item) <= ``plants``; ``large``: the same for answers of 25 tokens or more.

    ``channels``: found plants by the channels that saw them; a plant seen by two counts in both.
    """

    plants: int
    found: int
    flagged: int
    large: int
    large_found: int
    channels: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseFlags:
    """Rows of one type that must not be flagged, and how many are."""

    rows: int
    flagged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a detector saw of a bench. ``clean_per_10000``: flagged clean documents in 10,000."""

    recall: Mapping[str, Recall]
    clean: Mapping[str, FalseFlags]
    clean_per_10000: float
    negatives: Mapping[str, FalseFlags]
    misses: Sequence[int]  # rows of the plants that were not found
    false_rows: Sequence[int]  # rows flagged that are clean or negative

    def total(self) -> Recall:
        """All disguises together."""
        parts = self.recall.values()
        channels: Counter[str] = Counter()
        for part in parts:
            channels.update(part.channels)
        return Recall(
            plants=sum(part.plants for part in parts),
            found=sum(part.found for part in parts),
            flagged=sum(part.flagged for part in parts),
            large=sum(part.large for part in parts),
            large_found=sum(part.large_found for part in parts),
            channels=dict(channels),
        )


def read_lines(path: Path) -> list[dict[str, Any]]:
    """A JSONL file."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read_matches(path: Path) -> list[dict[str, Any]]:
    """Findings, without those whose verdict is ``short`` or ``shared``."""
    if path.suffix == ".parquet":
        table = pyarrow.parquet.read_table(path)
        rows = table.select([name for name in _COLUMNS if name in table.column_names]).to_pylist()
    else:
        rows = [row | row["match"] if isinstance(row.get("match"), dict) else row for row in read_lines(path)]
    return [row for row in rows if row.get("verdict") not in ("short", "shared")]


def score(truth: Sequence[Mapping[str, Any]], matches: Iterable[Mapping[str, Any]]) -> Score:
    """Compare findings with the truth.

    Raises:
        ValueError: a finding names a row that the bench does not have.
    """
    by_row: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for match in matches:
        by_row[match["row"]].append(match)
    strange = sorted(row for row in by_row if not 1 <= row <= len(truth))
    if strange:
        raise ValueError(
            f"{len(strange)} findings name rows outside 1-{len(truth)}, the first {strange[0]}: row is the line, from 1"
        )
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    channels: dict[str, Counter[str]] = defaultdict(Counter)
    other: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    misses: list[int] = []
    false_rows: list[int] = []
    for line in truth:
        found = by_row.get(line["row"], [])
        if line["kind"] != "plant":
            other[line["kind"], line["type"]].update(rows=1, flagged=bool(found))
            if found:
                false_rows.append(line["row"])
            continue
        right = [match for match in found if is_right(str(match["item"]), line["accept"])]
        large = line["tokens"] >= MIN_TOKENS
        counts[line["type"]].update(
            plants=1, found=bool(right), flagged=bool(found), large=large, large_found=large and bool(right)
        )
        channels[line["type"]].update({str(match.get("channel", "any")) for match in right})
        if not right:
            misses.append(line["row"])
    clean = {name: FalseFlags(**_all(count)) for (kind, name), count in sorted(other.items()) if kind == "clean"}
    documents = sum(part.rows for part in clean.values())
    return Score(
        recall={
            name: Recall(
                plants=count["plants"],
                found=count["found"],
                flagged=count["flagged"],
                large=count["large"],
                large_found=count["large_found"],
                channels=dict(channels[name]),
            )
            for name, count in counts.items()
        },
        clean=clean,
        clean_per_10000=round(1e4 * sum(part.flagged for part in clean.values()) / documents, 2) if documents else 0.0,
        negatives={name: FalseFlags(**_all(count)) for (kind, name), count in sorted(other.items()) if kind == "negative"},
        misses=misses,
        false_rows=false_rows,
    )


def is_right(item: str, accept: Iterable[str]) -> bool:
    """Whether a finding's item is a right one; a detector may put the holdout's name before it (``holdout/HumanEval/3``)."""
    return any(item == name or item.endswith(("/" + name, ":" + name)) for name in accept)


def table(result: Score) -> str:
    """The score as text."""
    lines = [f"{'disguise':26}{'plants':>7}{'found':>7}{'recall':>8}{'flagged':>9}   {'>= 25 tokens':16}by channel"]
    rows = [*result.recall.items(), ("all", result.total())]
    for name, part in rows:
        seen = ", ".join(f"{channel} {count}" for channel, count in sorted(part.channels.items()))
        large = f"{part.large_found}/{part.large}"
        rates = f"{_share(part.found, part.plants):>8}{part.flagged:>9}"
        lines.append(
            f"{name:26}{part.plants:>7}{part.found:>7}{rates}   {large:>8} {_share(part.large_found, part.large):7}{seen}"
        )
    lines.append("")
    for title, parts in (("clean", result.clean), ("negative", result.negatives)):
        for name, false in parts.items():
            lines.append(
                f"{title:9} {name:34}{false.rows:>7} rows{false.flagged:>6} flagged  {_share(false.flagged, false.rows)}"
            )
    lines.append(f"\nfalse flags on clean documents: {result.clean_per_10000} in 10,000")
    return "\n".join(lines)


def show(bench: Path, truth: Sequence[Mapping[str, Any]], matches: Iterable[Mapping[str, Any]], result: Score, count: int) -> str:
    """The first misses and false flags, with the text."""
    texts = read_lines(bench / "train.jsonl")
    by_row: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for match in matches:
        by_row[match["row"]].append(match)
    lines = []
    for row in result.misses[:count]:
        line = truth[row - 1]
        held = f"prompt {line['prompt_share']}, answer {line['answer_share']} held"
        flagged = ", ".join(sorted({str(match["item"]) for match in by_row.get(row, [])})) or "nothing"
        lines.append(f"MISS row {row} {line['type']} {line['item']} ({line['tokens']} tokens; {held}); flagged: {flagged}")
    for row in result.false_rows[:count]:
        line = truth[row - 1]
        lines.append(f"FALSE row {row} {line['kind']} {line['type']} {line['source']}")
        for match in by_row[row][:3]:
            lines.append(
                f"    {match['item']} {match.get('channel', '')} {match.get('rule', '')}: {str(match.get('snippet', ''))[:300]!r}"
            )
        lines.append(f"    text: {texts[row - 1]['text'][:160]!r}")
    return "\n".join(lines)


def write(result: Score, note: str) -> None:
    """The figures, as the documentation's tables take them. ``note``: how the bench was made, and under which rule."""
    documents = sum(part.rows for part in result.clean.values())
    flagged = sum(part.flagged for part in result.clean.values())
    clean = f"{documents:,} clean documents, {flagged or 'none'} flagged; rule {RULE_VERSION}"
    shown = [{"disguise": name, **_recall(part)} for name, part in (*result.recall.items(), ("**all**", result.total()))]
    columns = {
        "disguise": "{disguise}",
        "found": "{found} of {plants}",
        f"of those with {MIN_TOKENS} code tokens or more": "{large_found}/{large} ({large_share:.1%})",
    }
    what = "Holdout items planted in clean text under a disguise, and how many the audit finds with a right item"
    _write("sight", what, f"{note}; {clean}" if note else clean, columns, shown)
    negatives = [{"kind": name, "texts": part.rows, "flagged": part.flagged} for name, part in result.negatives.items()]
    columns = {"kind": "{kind}", "texts": "{texts}", "flagged": "{flagged}"}
    _write(
        "negatives", "Texts that look like a holdout item and are none, and how many the audit flags", note, columns, negatives
    )


def _recall(part: Recall) -> dict[str, Any]:
    share = round(part.large_found / part.large, 4) if part.large else 0.0
    counts = {"plants": part.plants, "found": part.found, "large": part.large, "large_found": part.large_found}
    return {**counts, "large_share": share}


def _write(name: str, what: str, note: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    content = {
        "what": what,
        "command": "python benchmarks/leakage/sight.py --bench bench-report --matches found/matches.parquet --write",
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
            "note": note or None,
        },
        "versions": {"python": sys.version.split()[0], "goldloop": version("goldloop"), "numba": version("numba")},
        "date": datetime.now(UTC).date().isoformat(),
        "columns": [{"title": title, "text": text} for title, text in columns.items()],
        "rows": list(rows),
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _all(count: Counter[str]) -> dict[str, int]:
    return {"rows": count["rows"], "flagged": count["flagged"]}


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description="Score findings against a leakage bench.")
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--matches", type=Path, required=True, help="Parquet or JSONL with row and item")
    parser.add_argument("--json", type=Path, help="where the score is written (default: sight.json beside the findings)")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="list the first N misses and N false flags")
    parser.add_argument("--write", action="store_true", help="write benchmarks/results/sight.json and negatives.json")
    parser.add_argument("--note", default="", help="with --write: how the bench was made")
    args = parser.parse_args()
    truth = read_lines(args.bench / "truth.jsonl")
    matches = read_matches(args.matches)
    result = score(truth, matches)
    print(table(result))
    if args.show:
        print(show(args.bench, truth, matches, result, args.show))
    out = args.json or args.matches.parent / "sight.json"
    out.write_text(json.dumps(asdict(result) | {"all": asdict(result.total())}, indent=2) + "\n", encoding="utf-8")
    print(f"written: {out}")
    if args.write:
        write(result, args.note)


if __name__ == "__main__":
    main()
