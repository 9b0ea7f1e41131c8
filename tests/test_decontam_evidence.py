"""Everything that leaks is counted and judged; only what is shown of it is limited. Kernels of evidence against plain Python."""

from __future__ import annotations

import html
import json
from collections import defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decontam.audit.run import Audit, AuditSettings, run_audit
from decontam.audit.scanned import Matches
from decontam.audit.tally import WorstOfItems
from decontam.holdouts import load_items
from decontam.kernels import likeness
from decontam.matching.alignment import aligned_shares, shapes_of
from decontam.matching.index import build_index
from decontam.matching.match import match_text
from decontam.sources import find_sources

ITEMS = [
    {
        "task_id": f"{name}/1",
        "prompt": f"Write a function that adds the {unit} of every {thing} in the {book}, leaving out those which the keeper has "
        f"marked as {bad}, and round the sum to two digits.",
        "canonical_solution": f"def total_{unit}({book}, limit=47):\n    total = 0\n    for {thing} in {book}:\n"
        f"        if {thing}['{bad}'] or {thing}['{unit}'] > limit:\n            continue\n"
        f"        total += {thing}['{unit}'] * 35\n"
        f"    return round(total / 60, 2)\n",
        "test": f"assert total_{unit}([{{'{bad}': False, '{unit}': 4.5}}, {{'{bad}': True, '{unit}': 9}}]) == 2.63\n",
    }
    for name, unit, thing, book, bad in (
        ("lamp", "hours", "lamp", "ledger", "broken"),
        ("ferry", "minutes", "crossing", "timetable", "cancelled"),
        ("mill", "sacks", "grinding", "journal", "spoiled"),
    )
]  # fmt: skip
EVIDENCE_COLUMNS = {"document_span", "item_span", "document_spans", "item_spans", "snippet"}


def rows() -> list[dict[str, Any]]:
    """Leaks in many wrappings, some of them partial, and rows without one."""
    made: list[dict[str, Any]] = []
    for number in range(4):
        for item in ITEMS:
            prompt, answer, tests = item["prompt"], item["canonical_solution"], item["test"]
            half = " ".join(prompt.split()[: 12 + 3 * number])
            made += [
                {"text": f"Question {number}: {prompt}\n\n```python\n{answer}```\nGood luck."},
                {"prompt": half, "completion": answer.replace("total", "amount").replace("limit", "most")},
                {"messages": [{"role": "user", "content": f"{prompt}\n{tests}"}, {"role": "assistant", "content": answer}]},
                {"content": f"<p>{html.escape(prompt)}</p><pre>{html.escape(answer)}</pre>"},
                {"text": f"The heron of the marsh was seen near the old mill {number} times, and nobody could say why."},
            ]
    return made


def written(path: Path, lines: Sequence[object]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def audited(folder: Path, name: str, train: Path, **options: Any) -> tuple[Audit, Path]:
    """An audit with its results in a folder of this name, and the cleaned rows beside it."""
    holdout = load_items([str(written(folder / "holdout.jsonl", ITEMS))])
    out = folder / name
    found = find_sources([str(train)])
    return run_audit(found, holdout, AuditSettings(**options), out=out, clean=folder / f"{name}-clean"), out


def table(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(file).to_pylist()
    return found


def rank(row: dict[str, Any]) -> tuple[int, float]:
    return ("shared", "short", "flag", "strict").index(row["verdict"]), row["coverage"]


@pytest.mark.parametrize("most", [0, 1, 3])
def test_what_is_shown_is_limited_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    train = written(tmp_path / "train.jsonl", rows())
    whole, all_of_it = audited(tmp_path, "whole", train)
    monkeypatch.setattr("decontam.audit.tally.EVIDENCE_FIRST", 0)
    limited, out = audited(tmp_path, "limited", train, evidence=most)
    changed = {"seconds", "megabytes_per_second"}
    assert limited.summary.model_dump(exclude=changed) == whole.summary.model_dump(exclude=changed)
    assert limited.items == whole.items
    assert limited.total_matches == whole.total_matches > 60
    assert table(out / "documents.parquet") == table(all_of_it / "documents.parquet")
    for name in ("train.jsonl", "removed.jsonl"):
        cleaned = [(tmp_path / f"{run}-clean" / name).read_bytes() for run in ("limited", "whole")]
        assert cleaned[0] == cleaned[1]
    got, wanted = table(out / "matches.parquet"), table(all_of_it / "matches.parquet")
    kept = [row for row in got if row["snippet"] is not None]
    assert all(row in wanted for row in kept)
    assert all(not any(row[name] for name in EVIDENCE_COLUMNS) for row in got if row not in kept)
    assert [strip(row) for row in got] == [strip(row) for row in wanted]
    worst: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for row in kept:
        worst[row["item"]].append(rank(row))
    for item in worst:
        best = sorted((rank(row) for row in wanted if row["item"] == item), reverse=True)[:most]
        assert sorted(worst[item], reverse=True)[:most] == best  # beside those that were the worst when they were read
    assert bool(kept) == bool(most)


def strip(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in EVIDENCE_COLUMNS}


def test_verdicts_by_row_and_item_are_those_of_each_text_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("decontam.audit.tally.EVIDENCE_FIRST", 0)
    texts = [text for row in rows() for text in row.values() if isinstance(text, str)]
    _, out = audited(tmp_path, "out", written(tmp_path / "train.jsonl", [{"text": text} for text in texts]), evidence=1)
    index = build_index(load_items([str(tmp_path / "holdout.jsonl")]).items)
    alone = [(number, match) for number, text in enumerate(texts, 1) for match in match_text(text, index)]
    counted = ("item", "part", "channel", "verdict", "rule", "coverage", "grams", "unique", "longest_run")
    got = [(row["row"], *(row[name] for name in counted)) for row in table(out / "matches.parquet")]
    assert got == [(number, *(getattr(match, name) for name in counted)) for number, match in alone]
    assert len(got) > 50


def test_files_together_give_what_each_gives_alone(tmp_path: Path) -> None:
    train = tmp_path / "train"
    train.mkdir()
    for number, row in enumerate(rows()[:20]):
        written(train / f"file{number:02}.jsonl", [row, {"text": f"nothing to see in row {number} of it"}])
    (train / "broken.jsonl").write_text('{"text": "half of a', encoding="utf-8")
    _, out = audited(tmp_path, "together", train)
    names = ("documents.parquet", "matches.parquet")
    alone: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number, file in enumerate(sorted(train.iterdir())):
        _, own = audited(tmp_path, f"alone{number}", file)
        for name in names:
            alone[name] += table(own / name)
    assert [table(out / name) for name in names] == [alone[name] for name in names]
    assert len(list((out / "documents.parquet").iterdir())) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)), max_size=12), max_size=5), st.integers(1, 3))
def test_the_worst_of_an_item_are_those_worse_than_all_but_a_few_before(batches: list[list[tuple[int, int]]], most: int) -> None:
    shown = WorstOfItems(4, most, 0)
    before: dict[int, list[float]] = defaultdict(list)
    for batch in batches:
        item = np.array([item for item, _ in batch], np.int32)
        ranks = np.array([rank / 2 for _, rank in batch])
        chosen = shown.choose(cast(Matches, Ranked(item, ranks)))
        wanted = []
        for number, (own, value) in enumerate(zip(item.tolist(), ranks.tolist(), strict=True)):
            ahead = sum(rank >= value for rank in before[own])
            here = list(zip(item.tolist(), ranks.tolist(), strict=True))
            ahead += sum(i == own and (r > value or (r == value and n < number)) for n, (i, r) in enumerate(here))
            wanted += [number] if ahead < most else []
        assert chosen == wanted
        for own, value in zip(item.tolist(), ranks.tolist(), strict=True):
            before[own].append(value)


class Ranked:
    """The items and ranks of some matches."""

    def __init__(self, item: Any, ranks: Any) -> None:
        self.table, self.ranks = {"item": item}, ranks

    def __len__(self) -> int:
        return len(self.ranks)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=30), st.lists(st.integers(1, 5), max_size=60))
def test_alignment_gives_the_stretches_of_difflib(item: list[int], text: list[int]) -> None:
    begins = np.array([0, len(item)], np.int64)
    arrays = (np.array(item, np.uint64), begins, np.zeros(1, np.int64), np.array(text, np.uint64))
    found = likeness.aligned(*arrays, np.array([0, len(text)], np.int64), np.zeros(1))
    blocks = SequenceMatcher(None, item, text, autojunk=False).get_matching_blocks()
    assert found.tolist() == [sum(block.size for block in blocks if block.size > 1)]


def test_alignment_looks_through_names_and_not_through_literals() -> None:
    item = ITEMS[0]["canonical_solution"]
    renamed, other = item.replace("total", "amount"), item.replace("35", "36")
    shapes = shapes_of([item])
    for text, least, share in ((renamed, 0.0, 1.0), (other, 0.0, (shapes.sizes[0] - 1) / shapes.sizes[0]), (other, 1.0, 0.0)):
        data = np.frombuffer(text.encode(), np.uint8)
        low, high = np.zeros(1, np.int64), np.full(1, len(data), np.int64)
        assert aligned_shares(shapes, low, data, low, high, np.full(1, least)).tolist() == [share]
