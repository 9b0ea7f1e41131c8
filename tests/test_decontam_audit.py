"""The audit engine: what is found, where it is said to be, and that nothing unread is ever called clean.

In one process through ``run_audit``; the command line is in ``test_loop_audit``.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest
import zstandard
from sandbox_requirements import unavailable

import decontam.audit.scan
from decontam.audit.clean import REMOVED
from decontam.audit.run import Audit, AuditSettings, check_threads, in_order, run_audit, training_texts
from decontam.holdouts import Holdout, load_items
from decontam.kernels.batches import Batch
from decontam.matching.index import build_index
from decontam.records import AuditSummary, ItemReport
from decontam.screen import match_text
from decontam.sources import find_sources
from decontam.sources.base import BLOCK_BYTES
from evals.errors import BadInput, Inconclusive
from evals.files import MANIFEST
from evals.progress import Silent

LAMP = {
    "task_id": "lamp/1",
    "prompt": "Write a function lamp_hours that adds the burning hours of every lighthouse lamp in the ledger, leaving out those "
    "lamps which the keeper has marked as broken.",
    "canonical_solution": "def lamp_hours(ledger):\n    total = 0\n    for lamp in ledger:\n        if lamp['broken']:\n"
    "            continue\n        total += lamp['hours']\n    return round(total, 2)\n",
    "test": "assert lamp_hours([{'broken': False, 'hours': 4.5}, {'broken': True, 'hours': 9}]) == 4.5\n",
}
FERRY = {
    "task_id": "ferry/2",
    "prompt": "Given the departures and arrivals of a ferry as pairs of minutes, merge all crossings that overlap and return the "
    "merged crossings in ascending order of departure.",
    "canonical_solution": "def merge_crossings(crossings):\n    merged = []\n    for start, end in sorted(crossings):\n"
    "        if merged and start <= merged[-1][1]:\n            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))\n"
    "        else:\n            merged.append((start, end))\n    return merged\n",
    "test": "assert merge_crossings([(10, 30), (25, 40), (55, 60)]) == [(10, 40), (55, 60)]\n",
}
# The ferry's answer under other names, with comments and another layout: no eight words in a row are left.
DISGUISED = (
    "def unite(spans):  # joins them\n  result = []\n  for left, right in sorted(spans):\n    # touching counts\n"
    "    if result and left <= result[-1][1]:\n      result[-1] = (result[-1][0],\n        max(right, result[-1][1]))\n"
    "    else:\n      result.append((left, right))\n  return result\n"
)
SHORT = {"task_id": "short/3", "prompt": "Reverse a list", "canonical_solution": "items[::-1]"}
ITEMS = (LAMP, FERRY)
FILLER = tuple(
    f"The {bird} of the {place} was seen near the old mill, and nobody could say why it stayed there all {season} long."
    for bird in ("heron", "magpie", "swallow", "buzzard")
    for place, season in (("marsh", "winter"), ("orchard", "spring"), ("quarry", "summer"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An audit and the folder of its results."""

    audit: Audit
    out: Path

    @property
    def summary(self) -> AuditSummary:
        return self.audit.summary

    def table(self, name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(self.out / name).to_pylist()
        return rows

    @property
    def matches(self) -> list[dict[str, Any]]:
        return self.table("matches.parquet")

    @property
    def documents(self) -> list[tuple[str, int, str]]:
        return [(row["file"], row["row"], row["verdict"]) for row in self.table("documents.parquet")]

    @property
    def items(self) -> dict[str, dict[str, Any]]:
        return {row["item"]: row for row in self.table("items.parquet")}


def lines(path: Path, rows: Sequence[object]) -> Path:
    """JSONL; a string is a line as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return path


def texts(path: Path, *leaks: str) -> Path:
    """JSONL of harmless rows, the leaks after the third."""
    return lines(path, [{"text": text} for text in (*FILLER[:3], *leaks, *FILLER[3:])])


def holdout_of(tmp_path: Path, *items: Mapping[str, str] | str) -> Holdout:
    return load_items([str(lines(tmp_path / "holdout.jsonl", items or ITEMS))])


def audited(
    tmp_path: Path,
    *train: Path,
    items: Sequence[Mapping[str, str] | str] = (),
    out: str = "out",
    settings: AuditSettings | None = None,
    **options: Any,
) -> Outcome:
    found = find_sources([str(path) for path in train])
    audit = run_audit(found, holdout_of(tmp_path, *items), settings or AuditSettings(), out=tmp_path / out, **options)
    return Outcome(audit=audit, out=tmp_path / out)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


# What is found, and under which name.


def test_files_without_leaks_are_clean(tmp_path: Path) -> None:
    summary = audited(tmp_path, texts(tmp_path / "t.jsonl")).summary
    assert (summary.verdict, summary.rows, summary.leaking_rows, summary.broken_rows) == ("clean", len(FILLER), 0, 0)


def test_a_prompt_alone_is_found_and_named(tmp_path: Path) -> None:
    (match,) = audited(tmp_path, texts(tmp_path / "t.jsonl", f"Task: {LAMP['prompt'].upper()} Thanks!")).matches
    named = {name: match[name] for name in ("file", "row", "column", "item", "part", "channel", "verdict")}
    assert named == {
        "file": str(tmp_path / "t.jsonl"), "row": 4, "column": "text", "item": "lamp/1", "part": "prompt", "channel": "text",
        "verdict": "strict",
    }  # fmt: skip


def test_an_answer_alone_is_found_and_named(tmp_path: Path) -> None:
    matches = audited(tmp_path, texts(tmp_path / "t.jsonl", FERRY["canonical_solution"])).matches
    assert {(match["row"], match["item"], match["part"]) for match in matches} == {(4, "ferry/2", "answer")}


def test_tests_alone_are_found_and_named(tmp_path: Path) -> None:
    matches = audited(tmp_path, texts(tmp_path / "t.jsonl", f"He wrote {LAMP['test']}")).matches
    assert {(match["row"], match["item"], match["part"]) for match in matches} == {(4, "lamp/1", "tests")}


def test_renamed_code_without_its_comments_is_found_by_the_code_channel(tmp_path: Path) -> None:
    (match,) = audited(tmp_path, texts(tmp_path / "t.jsonl", DISGUISED)).matches
    assert (match["item"], match["part"], match["channel"]) == ("ferry/2", "answer", "code")


def test_renamed_code_is_not_found_where_only_text_is_looked_at(tmp_path: Path) -> None:
    outcome = audited(tmp_path, texts(tmp_path / "t.jsonl", DISGUISED), settings=AuditSettings(channels=("text",)))
    assert outcome.summary.verdict == "clean"


def test_two_items_in_one_row_are_two_matches_and_one_leaking_row(tmp_path: Path) -> None:
    outcome = audited(tmp_path, texts(tmp_path / "t.jsonl", f"{LAMP['prompt']} {FERRY['prompt']}"))
    assert {match["item"] for match in outcome.matches} == {"lamp/1", "ferry/2"}
    assert (outcome.summary.leaking_rows, outcome.summary.leaked_items) == (1, 2)


def test_an_item_that_stands_twice_in_the_holdout_is_still_found(tmp_path: Path) -> None:
    twin = {**LAMP, "task_id": "lamp/again"}
    outcome = audited(tmp_path, texts(tmp_path / "t.jsonl", LAMP["prompt"]), items=[LAMP, FERRY, twin])
    assert {match["item"] for match in outcome.matches} == {"lamp/1", "lamp/again"}


def test_an_item_that_stands_often_in_the_holdout_is_still_found(tmp_path: Path) -> None:
    again = [{**LAMP, "task_id": f"lamp/{number}"} for number in range(1, 9)]
    outcome = audited(tmp_path, texts(tmp_path / "t.jsonl", LAMP["prompt"]), items=[FERRY, *again])
    assert outcome.summary.verdict == "leaks"


def test_a_duplicate_within_the_holdout_is_named(tmp_path: Path) -> None:
    twin = {**LAMP, "task_id": "lamp/again"}
    outcome = audited(tmp_path, texts(tmp_path / "t.jsonl"), items=[LAMP, FERRY, twin])
    assert {name: row["duplicate_of"] for name, row in outcome.items.items()} == {
        "lamp/1": "", "ferry/2": "", "lamp/again": "lamp/1",
    }  # fmt: skip
    assert outcome.summary.duplicates == {"holdout x holdout exact": 1}


def test_the_loops_own_screen_is_the_same_engine(tmp_path: Path) -> None:
    index = build_index(holdout_of(tmp_path).items)
    text = f"{LAMP['prompt']}\n{DISGUISED}"
    outcome = audited(tmp_path, texts(tmp_path / "t.jsonl", text))
    own = {(match.item, match.part, match.channel, match.coverage, match.document_span) for match in match_text(text, index)}
    theirs = {(m["item"], m["part"], m["channel"], m["coverage"], tuple(m["document_span"].values())) for m in outcome.matches}
    assert own == theirs != set()


# Where it is said to be.


@pytest.mark.parametrize("before", ["", "Größe 日本語 😀 — ", "\ufeff\r\n\t"], ids=["plain", "wide", "blank"])
def test_spans_of_text_point_at_the_same_words_on_both_sides(tmp_path: Path, before: str) -> None:
    document = f"{before}Please: {LAMP['prompt']} 😀 Merci"
    outcome = audited(tmp_path, texts(tmp_path / "t.jsonl", document))
    (match,) = outcome.matches
    here, there = (slice(*match[name].values()) for name in ("document_span", "item_span"))
    assert document[here] == LAMP["prompt"][there]
    assert len(words(document[here])) == match["longest_run"] > 20


def test_every_matched_stretch_stands_in_the_item(tmp_path: Path) -> None:
    start, end = LAMP["prompt"].split(" lighthouse ")
    document = f"ß {start} lighthouse (as it were) {end} lighthouse"
    (match,) = audited(tmp_path, texts(tmp_path / "t.jsonl", document)).matches
    here = [words(document[slice(*span.values())]) for span in match["document_spans"]]
    there = [words(LAMP["prompt"][slice(*span.values())]) for span in match["item_spans"]]
    assert len(here) == 2
    assert here == there


def test_spans_of_code_point_at_the_code_on_both_sides(tmp_path: Path) -> None:
    document = f"# déjà vu 😀\n\n{DISGUISED}\nprint(unite([]))\n"
    (match,) = audited(tmp_path, texts(tmp_path / "t.jsonl", document)).matches
    here, there = (slice(*match[name].values()) for name in ("document_span", "item_span"))
    renamed = {"unite": "merge_crossings", "spans": "crossings", "result": "merged", "left": "start", "right": "end"}
    found = re.sub(r"#.*", "", document[here])
    found = re.sub(r"\w+", lambda name: renamed.get(name[0], name[0]), found)
    assert "".join(found.split()) == "".join(FERRY["canonical_solution"][there].split())
    assert "merged" in found


def test_the_snippet_is_what_the_span_points_at(tmp_path: Path) -> None:
    document = f"é {LAMP['prompt']}"
    (match,) = audited(tmp_path, texts(tmp_path / "t.jsonl", document)).matches
    assert match["snippet"] == document[slice(*match["document_span"].values())][:200] != ""


def test_half_an_item_is_covered_by_about_half(tmp_path: Path) -> None:
    half = " ".join(LAMP["prompt"].split()[:16])
    whole = audited(tmp_path, texts(tmp_path / "t.jsonl", LAMP["prompt"]), out="one").matches[0]
    part = audited(tmp_path, texts(tmp_path / "u.jsonl", half), out="two").matches[0]
    assert whole["coverage"] == 1.0
    assert 0.3 < part["coverage"] < 0.6
    assert 0 < part["unique"] <= part["grams"] < whole["grams"]


def test_a_match_names_its_rule(tmp_path: Path) -> None:
    matches = audited(tmp_path, texts(tmp_path / "t.jsonl", LAMP["prompt"], DISGUISED)).matches
    assert ["8-grams of words" in matches[0]["rule"], "windows of 12 code tokens" in matches[1]["rule"]] == [True, True]
    assert len(matches) == 2


def test_rows_are_lines_of_the_file_also_after_blank_and_broken_ones(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.jsonl", ["", {"text": FILLER[0]}, "{", "  ", {"text": LAMP["prompt"]}])
    outcome = audited(tmp_path, path)
    assert [match["row"] for match in outcome.matches] == [5]
    assert outcome.documents == [(str(path), 2, "clean"), (str(path), 3, "broken"), (str(path), 5, "strict")]


def test_rows_go_on_counting_over_the_blocks_of_a_large_file(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "t.jsonl", [*({"text": f"{n} {FILLER[n % 12] * 9}"} for n in range(10_000)), {"text": LAMP["prompt"]}]
    )
    assert path.stat().st_size > BLOCK_BYTES
    outcome = audited(tmp_path, path, threads=2)
    assert [match["row"] for match in outcome.matches] == [10_001]
    assert [row for _, row, _ in outcome.documents] == list(range(1, 10_002))


# Shapes and formats of training data.

SHAPES: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"text": LAMP["prompt"]}, "text"),
    "completion": ({"prompt": "Do it", "completion": LAMP["prompt"]}, "completion"),
    "chat": (
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": LAMP["prompt"]}]},
        "messages[1].content",
    ),
    "sharegpt": ({"conversations": [{"from": "human", "value": LAMP["prompt"]}]}, "conversations[0].value"),
    "parts": ({"messages": [{"role": "user", "content": [{"type": "text", "text": LAMP["prompt"]}]}]}, "messages[0].content"),
    "unknown name": ({"id": "7", "essay": LAMP["prompt"]}, "essay"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_column_with_the_leak_is_guessed_and_named(tmp_path: Path, shape: str) -> None:
    row, column = SHAPES[shape]
    outcome = audited(tmp_path, lines(tmp_path / "t.jsonl", [row]))
    assert [match["column"] for match in outcome.matches] == [column]
    assert column.partition("[")[0] in outcome.summary.files[0].columns


def test_a_column_map_reaches_into_objects(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.jsonl", [{"text": "a", "meta": {"draft": LAMP["prompt"]}}])
    outcome = audited(tmp_path, path, settings=AuditSettings(text_columns=("meta.draft",)))
    assert [match["column"] for match in outcome.matches] == ["meta.draft"]


def test_a_column_that_is_not_there_is_refused_with_what_is(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.jsonl", [{"body": "a", "title": "b"}])
    with pytest.raises(BadInput, match=r"t\.jsonl: no text column 'boddy' \(did you mean 'body'\?\); there are body, title"):
        audited(tmp_path, path, settings=AuditSettings(text_columns=("boddy",)))
    assert not (tmp_path / "out").exists()


def test_a_column_that_the_user_leaves_out_is_said(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.jsonl", [{"text": FILLER[0], "my_notes": LAMP["prompt"]}])
    summary = audited(tmp_path, path, settings=AuditSettings(text_columns=("text",))).summary
    assert summary.verdict == "clean" and "left out by --text-column: my_notes" in " ".join(summary.reasons)


def test_rows_of_mixed_schemas_are_all_read(tmp_path: Path) -> None:
    rows = [{"text": FILLER[0]}, *({**row} for row, column in SHAPES.values() if column != "essay"), {"text": [LAMP["prompt"]]}]
    outcome = audited(tmp_path, lines(tmp_path / "t.jsonl", rows))
    assert [row for _, row, verdict in outcome.documents if verdict == "strict"] == list(range(2, len(rows) + 1))


def write_table(path: Path, rows: Sequence[str]) -> int:
    """The rows in the format that the name says; the row of the second text."""
    name = path.name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(json.dumps({"text": row}) + "\n" for row in rows).encode()
    if name.endswith(".gz"):
        data = gzip.compress(data)
    elif name.endswith(".zst"):
        data = b"".join(zstandard.compress(part) for part in (data[:100], data[100:]))
    elif name.endswith(".json"):
        data = json.dumps([{"text": row} for row in rows]).encode()
    elif name.endswith((".txt", ".py")):
        data = "\n".join(rows).encode()
    path.write_bytes(data)
    table = pa.table({"number": range(len(rows)), "text": list(rows)})
    if name.endswith(".parquet"):
        pq.write_table(table, path, row_group_size=1)
    elif name.endswith(".csv"):
        pc.write_csv(table, path)
    elif name.endswith(".tsv"):
        pc.write_csv(table, path, pc.WriteOptions(delimiter="\t"))
    return 1 if name.endswith((".txt", ".py")) else 2


FORMATS = ("t.jsonl", "t.jsonl.gz", "t.jsonl.zst", "t.json", "t.parquet", "t.csv", "t.tsv", "notes.txt", "tree/src/deep/code.py")


@pytest.mark.parametrize("name", FORMATS)
def test_a_leak_is_found_in_every_format_at_its_row(tmp_path: Path, name: str) -> None:
    row = write_table(tmp_path / "in" / name, [FILLER[0], LAMP["prompt"], FILLER[1]])
    outcome = audited(tmp_path, tmp_path / "in")
    assert [(match["file"], match["row"]) for match in outcome.matches] == [(str(tmp_path / "in" / name), row)]
    assert outcome.summary.leaking_rows == 1
    assert outcome.summary.broken_rows == 0


@pytest.mark.parametrize("name", [name for name in FORMATS if not name.endswith((".txt", ".py"))])
def test_a_cleaned_file_is_clean_and_keeps_the_other_rows_in_order(tmp_path: Path, name: str) -> None:
    rows = [FILLER[0], LAMP["prompt"], FILLER[1], FERRY["prompt"], FILLER[2]]
    write_table(tmp_path / "in" / name, rows)
    audited(tmp_path, tmp_path / "in" / name, clean=tmp_path / "cleaned")
    cleaned = tmp_path / "cleaned" / name
    assert audited(tmp_path, cleaned, out="again").summary.verdict == "clean"
    assert [text for *_, text in training_texts(find_sources([str(cleaned)]), ["text"])] == [FILLER[0], FILLER[1], FILLER[2]]


def test_a_dataset_saved_by_datasets_is_read(tmp_path: Path) -> None:
    try:
        import datasets
    except ImportError as error:
        unavailable("datasets", str(error))
        raise
    datasets.Dataset.from_list([{"text": FILLER[0]}, {"text": LAMP["prompt"]}]).save_to_disk(str(tmp_path / "saved"))
    outcome = audited(tmp_path, tmp_path / "saved")
    assert [(match["row"], match["item"]) for match in outcome.matches] == [(2, "lamp/1")]


def test_a_file_given_twice_is_read_once_and_said(tmp_path: Path) -> None:
    path = texts(tmp_path / "a" / "t.jsonl", LAMP["prompt"])
    (tmp_path / "link.jsonl").symlink_to(path)
    outcome = audited(tmp_path, path, tmp_path / "a", tmp_path / "link.jsonl")
    assert (outcome.summary.rows, outcome.summary.leaking_rows) == (len(FILLER) + 1, 1)
    assert sum("read once" in reason for reason in outcome.summary.reasons) == 2


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    texts(tmp_path / "a" / "b" / "t.jsonl", LAMP["prompt"])
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "a" / "self").symlink_to("self")
    outcome = audited(tmp_path, tmp_path / "a")
    assert outcome.summary.leaking_rows == 1
    assert len(outcome.summary.files) == 1


def test_a_lone_surrogate_hides_nothing(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.jsonl", ['{"text": "\\ud800 ' + LAMP["prompt"] + '"}'])
    assert audited(tmp_path, path).summary.verdict == "leaks"


# Short items.


def test_a_short_item_with_its_answer_nearby_is_reported_and_no_leak(tmp_path: Path) -> None:
    outcome = audited(
        tmp_path, texts(tmp_path / "t.jsonl", "How to reverse a list: use items[::-1] of course"), items=[LAMP, SHORT]
    )
    (match,) = outcome.matches
    assert (match["row"], match["item"], match["channel"], match["verdict"]) == (4, "short/3", "exact", "short")
    assert (outcome.summary.verdict, outcome.summary.short_rows, outcome.summary.leaking_rows) == ("clean", 1, 0)


def test_the_spans_of_a_short_item_are_its_words(tmp_path: Path) -> None:
    document = "Größe: reverse a list: use items[::-1]"
    (match,) = audited(tmp_path, texts(tmp_path / "t.jsonl", document), items=[LAMP, SHORT]).matches
    assert document[slice(*match["document_span"].values())] == "reverse a list"
    assert SHORT["prompt"][slice(*match["item_span"].values())] == "Reverse a list"


def test_a_short_item_is_never_removed(tmp_path: Path) -> None:
    path = texts(tmp_path / "in" / "t.jsonl", "reverse a list: items[::-1]")
    audited(tmp_path, path, items=[LAMP, SHORT], clean=tmp_path / "cleaned")
    assert (tmp_path / "cleaned" / "t.jsonl").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "text",
    ["How to reverse a list is asked often", f"reverse a list {'and then ' * 300} items[::-1]", "reverse the list items[::-1]"],
    ids=["no answer", "far answer", "other words"],
)
def test_a_short_item_without_all_of_it_is_not_reported(tmp_path: Path, text: str) -> None:
    outcome = audited(tmp_path, texts(tmp_path / "t.jsonl", text), items=[LAMP, SHORT])
    assert outcome.matches == []


def test_a_row_with_a_leak_and_a_short_item_is_a_leak(tmp_path: Path) -> None:
    text = f"reverse a list: items[::-1]. {LAMP['prompt']}"
    outcome = audited(tmp_path, texts(tmp_path / "t.jsonl", text), items=[LAMP, SHORT])
    assert (outcome.summary.leaking_rows, outcome.summary.short_rows) == (1, 0)
    assert (str(tmp_path / "t.jsonl"), 4, "strict") in outcome.documents


# It fails closed.


def test_a_broken_row_is_counted_and_located(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.jsonl", [{"text": FILLER[0]}, '{"text": "torn', {"text": FILLER[1]}])
    (file,) = audited(tmp_path, path).summary.files
    assert (file.rows, file.clean, file.broken) == (3, 2, 1)
    assert [why.partition(":")[0] for why in file.first_broken] == ["row 2"]


def test_broken_rows_up_to_the_share_leave_a_file_clean(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.jsonl", [*({"text": text} for text in FILLER[:9]), "torn"])
    assert audited(tmp_path, path, settings=AuditSettings(max_broken_share=0.1)).summary.verdict == "clean"


def test_broken_rows_above_the_share_are_inconclusive(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.jsonl", [*({"text": text} for text in FILLER[:9]), "torn"])
    summary = audited(tmp_path, path, settings=AuditSettings(max_broken_share=0.09)).summary
    assert summary.verdict == "inconclusive"
    assert "1 of 10 rows could not be read, more than 9.0%" in summary.reasons


def test_a_row_without_text_is_broken_and_not_clean(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.jsonl", [{"text": FILLER[0]}, {"text": None, "score": 3}])
    assert [verdict for *_, verdict in audited(tmp_path, path).documents] == ["clean", "broken"]


@pytest.mark.parametrize("content", [b"", b"\n \n\n"], ids=["empty", "blank"])
def test_a_file_without_rows_is_not_clean(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.jsonl").write_bytes(content)
    assert audited(tmp_path, tmp_path / "t.jsonl").summary.verdict == "inconclusive"


@pytest.mark.parametrize("name", ["t.jsonl.gz", "t.jsonl.zst", "t.parquet"])
@pytest.mark.parametrize("kept", [0.5, 0.97], ids=["half", "nearly all"])
def test_a_truncated_file_is_never_clean(tmp_path: Path, name: str, kept: float) -> None:
    rng = np.random.default_rng(1)
    write_table(tmp_path / name, [f"{FILLER[0]} {rng.bytes(40).hex()}" for _ in range(300)])
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * kept)])
    summary = audited(tmp_path, tmp_path / name, settings=AuditSettings(max_broken_share=1)).summary
    assert summary.verdict == "inconclusive"
    assert f"{tmp_path / name}: not read to its end" in summary.reasons


def test_a_leak_before_the_cut_is_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    write_table(tmp_path / "t.jsonl.gz", [LAMP["prompt"], *(rng.bytes(300).hex() for _ in range(300))])
    whole = (tmp_path / "t.jsonl.gz").read_bytes()
    (tmp_path / "t.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    summary = audited(tmp_path, tmp_path / "t.jsonl.gz").summary
    assert (summary.verdict, summary.leaking_rows) == ("leaks", 1)
    assert f"{tmp_path / 't.jsonl.gz'}: not read to its end" in summary.reasons


def test_one_unread_file_among_many_is_not_clean(tmp_path: Path) -> None:
    for number in range(8):
        texts(tmp_path / "in" / f"{number}.jsonl")
    (tmp_path / "in" / "9.parquet").write_bytes(b"PAR1 and nothing else")
    assert audited(tmp_path, tmp_path / "in", settings=AuditSettings(max_broken_share=1)).summary.verdict == "inconclusive"


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.bin").write_bytes(bytes(range(256)) * 4)
    with pytest.raises(BadInput, match=r"t\.bin: a binary file"):
        audited(tmp_path, tmp_path / "t.bin")


def test_an_unreadable_holdout_row_is_inconclusive_and_located(tmp_path: Path) -> None:
    summary = audited(tmp_path, texts(tmp_path / "t.jsonl"), items=[LAMP, "torn", FERRY]).summary
    assert summary.verdict == "inconclusive"
    assert any("holdout.jsonl:2" in reason for reason in summary.reasons)


def test_leaks_beside_an_unreadable_holdout_row_are_leaks_and_both_are_said(tmp_path: Path) -> None:
    summary = audited(tmp_path, texts(tmp_path / "t.jsonl", LAMP["prompt"]), items=[LAMP, "torn"]).summary
    assert summary.verdict == "leaks"
    assert any("holdout.jsonl:2" in reason for reason in summary.reasons)


def test_nothing_to_index_is_inconclusive(tmp_path: Path) -> None:
    with pytest.raises(Inconclusive, match="none of the 1 holdout items"):
        audited(tmp_path, texts(tmp_path / "t.jsonl"), items=[{"task_id": "x", "prompt": "too short"}])


def test_nothing_to_index_in_the_chosen_channel_is_inconclusive(tmp_path: Path) -> None:
    prose = {"task_id": "prose", "prompt": LAMP["prompt"]}
    try:
        verdict = audited(
            tmp_path, texts(tmp_path / "t.jsonl", LAMP["prompt"]), items=[prose], settings=AuditSettings(channels=("code",))
        ).summary.verdict
    except Inconclusive:
        verdict = "inconclusive"
    assert verdict == "inconclusive"


def test_an_item_that_cannot_be_found_is_listed_with_the_reason(tmp_path: Path) -> None:
    outcome = audited(tmp_path, texts(tmp_path / "t.jsonl"), items=[LAMP, {"task_id": "tiny", "prompt": "too short"}])
    assert outcome.items["tiny"]["indexable"] == []
    assert "fewer than 8 informative words" in outcome.items["tiny"]["reason"]
    assert (outcome.summary.items, outcome.summary.indexable_items) == (2, 1)
    assert any("1 holdout items cannot be found" in reason for reason in outcome.summary.reasons)


# Boilerplate.


def test_grams_of_many_texts_count_for_nothing_where_asked(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "t.jsonl", [{"text": f"{LAMP['prompt']} {filler}"} for filler in FILLER] + [{"text": FERRY["prompt"]}]
    )
    outcome = audited(tmp_path, path, settings=AuditSettings(boilerplate_documents=5))
    assert {match["item"] for match in outcome.matches} == {"ferry/2"}


def test_grams_of_few_texts_count_also_where_boilerplate_is_on(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.jsonl", [{"text": f"{LAMP['prompt']} {filler}"} for filler in FILLER[:5]])
    assert audited(tmp_path, path, settings=AuditSettings(boilerplate_documents=5)).summary.leaking_rows == 5


def test_a_gram_counts_once_a_text(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.jsonl", [{"text": " ".join([LAMP["prompt"]] * 9)}])
    assert audited(tmp_path, path, settings=AuditSettings(boilerplate_documents=5)).summary.leaking_rows == 1


def test_code_of_many_texts_counts_for_nothing_where_asked(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.jsonl", [{"text": f"{DISGUISED}\n# {filler}"} for filler in FILLER])
    assert audited(tmp_path, path, settings=AuditSettings(boilerplate_documents=5)).matches == []


def test_an_item_that_boilerplate_hides_is_listed_as_one_that_cannot_be_found(tmp_path: Path) -> None:
    prose = {"task_id": "prose", "prompt": LAMP["prompt"]}
    path = lines(tmp_path / "t.jsonl", [{"text": f"{LAMP['prompt']} {filler}"} for filler in FILLER])
    outcome = audited(tmp_path, path, items=[prose, FERRY], settings=AuditSettings(boilerplate_documents=5))
    assert outcome.items["prose"]["indexable"] == []
    assert outcome.summary.indexable_items == 1


# What is written.


def test_the_folder_holds_six_results_and_nothing_else(tmp_path: Path) -> None:
    out = audited(tmp_path, texts(tmp_path / "t.jsonl", LAMP["prompt"])).out
    assert sorted(path.name for path in out.iterdir()) == [
        "documents.parquet", "items.parquet", "matches.parquet", "report.html", "summary.json", "texts.jsonl",
    ]  # fmt: skip


def test_matches_have_all_their_columns(tmp_path: Path) -> None:
    names = pq.read_schema(audited(tmp_path, texts(tmp_path / "t.jsonl")).out / "matches.parquet").names
    assert set(names) >= {
        "file", "row", "item", "part", "channel", "verdict", "coverage", "grams", "unique", "longest_run", "document_span",
        "item_span", "snippet", "rule",
    }  # fmt: skip


def test_documents_have_a_line_a_row_in_the_order_of_files(tmp_path: Path) -> None:
    files = [texts(tmp_path / "in" / f"{name}.jsonl", *leaks) for name, leaks in (("b", [LAMP["prompt"]]), ("a", []), ("c", []))]
    (tmp_path / "in" / "d.jsonl").write_bytes(b"")
    out = audited(tmp_path, tmp_path / "in").out
    parts = sorted((out / "documents.parquet").iterdir())
    rows = [(row["file"], row["row"]) for part in parts for row in pq.read_table(part).to_pylist()]
    assert rows == [(str(file), number) for file in sorted(files) for number in range(1, len(FILLER) + 1 + (file.stem == "b"))]


def test_documents_say_the_worst_of_each_row(tmp_path: Path) -> None:
    quarter = " ".join(FERRY["prompt"].split()[:14])
    path = lines(
        tmp_path / "t.jsonl",
        [{"prompt": quarter, "completion": LAMP["prompt"]}, {"prompt": LAMP["prompt"], "completion": quarter}],
    )
    outcome = audited(tmp_path, path)
    assert len(outcome.matches) == 4
    found = [(row["verdict"], row["coverage"], row["item"]) for row in outcome.table("documents.parquet")]
    assert found == [("strict", 1.0, "lamp/1")] * 2


def test_items_have_documents_and_the_highest_coverage(tmp_path: Path) -> None:
    half = " ".join(LAMP["prompt"].split()[:16])
    outcome = audited(tmp_path, texts(tmp_path / "t.jsonl", half, LAMP["prompt"], half))
    found = {name: (row["documents"], row["max_coverage"]) for name, row in outcome.items.items()}
    assert found == {"lamp/1": (3, 1.0), "ferry/2": (0, 0.0)}


def test_items_in_the_table_are_those_of_the_outcome(tmp_path: Path) -> None:
    outcome = audited(tmp_path, texts(tmp_path / "t.jsonl", LAMP["prompt"]))
    rows = outcome.table("items.parquet")
    assert tuple(ItemReport(**{**row, "indexable": tuple(row["indexable"])}) for row in rows) == outcome.audit.items


def test_the_summary_file_is_the_summary(tmp_path: Path) -> None:
    outcome = audited(tmp_path, texts(tmp_path / "t.jsonl", LAMP["prompt"]))
    assert AuditSummary.model_validate_json((outcome.out / "summary.json").read_bytes()) == outcome.summary
    assert outcome.summary.megabytes == round((tmp_path / "t.jsonl").stat().st_size / 1e6, 3)


def test_the_counts_of_a_file_add_up(tmp_path: Path) -> None:
    rows = ["{", {"text": LAMP["prompt"]}, {"text": "reverse a list: items[::-1]"}, *({"text": text} for text in FILLER)]
    (file,) = audited(tmp_path, lines(tmp_path / "t.jsonl", rows), items=[LAMP, SHORT]).summary.files
    assert (file.clean, file.leaking, file.short, file.broken) == (len(FILLER), 1, 1, 1)
    assert file.rows == len(rows)


@pytest.mark.parametrize(
    "settings", [AuditSettings(channels=("text",)), AuditSettings(max_broken_share=0.5), AuditSettings(boilerplate_documents=9)],
    ids=["channels", "share", "boilerplate"],
)  # fmt: skip
def test_the_digest_of_the_configuration_follows_every_setting(tmp_path: Path, settings: AuditSettings) -> None:
    path = texts(tmp_path / "t.jsonl")
    one, two = (audited(tmp_path, path, settings=s, out=o).summary for s, o in ((AuditSettings(), "one"), (settings, "two")))
    assert one.config_digest != two.config_digest
    assert one.index_digest == two.index_digest


def test_the_digest_of_the_holdout_follows_the_holdout(tmp_path: Path) -> None:
    path = texts(tmp_path / "t.jsonl")
    other = {**LAMP, "test": LAMP["test"].replace("9", "8")}
    one, two = (
        audited(tmp_path, path, items=[item], out=item["test"][-9:-6] + o).summary for item, o in ((LAMP, "1"), (other, "2"))
    )
    assert one.index_digest != two.index_digest
    assert one.config_digest == two.config_digest


def test_the_report_shows_the_item_and_the_place(tmp_path: Path) -> None:
    page = (audited(tmp_path, texts(tmp_path / "t.jsonl", LAMP["prompt"])).out / "report.html").read_text(encoding="utf-8")
    assert "lamp/1" in page
    assert "t.jsonl" in page
    assert "leaving out those" in page


def test_the_worst_matches_come_first_and_all_are_counted(tmp_path: Path) -> None:
    prompt = LAMP["prompt"].split()
    cut = [" ".join(prompt[:size]) for size in (14, 27, 18, 22)]
    audit = audited(tmp_path, texts(tmp_path / "t.jsonl", *cut), worst=3).audit
    assert [entry.leak.row for entry in audit.entries] == [5, 7, 6]
    assert audit.total_matches == 4


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "summary.json").write_text("mine")
    with pytest.raises(BadInput, match="nothing is overwritten"):
        audited(tmp_path, texts(tmp_path / "t.jsonl"))
    assert [(path.name, path.read_text()) for path in (tmp_path / "out").iterdir()] == [("summary.json", "mine")]


def test_a_refused_folder_for_the_cleaned_files_leaves_no_results(tmp_path: Path) -> None:
    (tmp_path / "cleaned").mkdir()
    (tmp_path / "cleaned" / "t.jsonl").write_text("mine")
    with pytest.raises(BadInput, match="nothing is overwritten"):
        audited(tmp_path, texts(tmp_path / "t.jsonl"), clean=tmp_path / "cleaned")
    assert not (tmp_path / "out").exists()


def fail(*arguments: object, **options: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("step", ["AuditFiles.add", "AuditFiles.finish", "write_report", "write_json"])
def test_results_are_whole_or_absent_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    monkeypatch.setattr(f"decontam.audit.outputs.{step}", fail)
    with pytest.raises(OSError, match="No space left"):
        audited(tmp_path, texts(tmp_path / "t.jsonl", LAMP["prompt"]))
    assert not (tmp_path / "out" / "summary.json").exists()
    for file in (tmp_path / "out").rglob("*.parquet"):
        if ".unfinished" not in file.parts and file.is_file():
            pq.read_table(file)


def test_an_audit_can_be_run_again_into_the_folder_of_one_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = texts(tmp_path / "t.jsonl", LAMP["prompt"])
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr("decontam.audit.outputs.AuditFiles.add", fail)
        audited(tmp_path, path)
    assert audited(tmp_path, path).summary.verdict == "leaks"


def test_a_full_disk_is_an_error_and_no_result(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(small)], capture_output=True, text=True)
    if mounted.returncode:
        unavailable("mount", mounted.stderr.strip() or "no rights")
    try:
        with pytest.raises(OSError, match="No space left"):
            audited(tmp_path, texts(tmp_path / "t.jsonl", LAMP["prompt"]), out="small/out")
        assert not (small / "out" / "summary.json").exists()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


# Cleaning.


def test_files_of_one_name_in_two_folders_keep_their_own_rows(tmp_path: Path) -> None:
    lines(tmp_path / "in" / "a" / "t.jsonl", [{"text": LAMP["prompt"]}, {"text": FILLER[0]}, {"text": FILLER[1]}])
    lines(tmp_path / "in" / "b" / "t.jsonl", [{"text": FILLER[2]}, {"text": FILLER[3]}, {"text": FERRY["prompt"]}])
    audited(tmp_path, tmp_path / "in", clean=tmp_path / "cleaned")
    kept = {
        name: [json.loads(line)["text"] for line in (tmp_path / "cleaned" / name / "t.jsonl").read_text().splitlines()]
        for name in "ab"
    }
    assert kept == {"a": [FILLER[0], FILLER[1]], "b": [FILLER[2], FILLER[3]]}


def test_the_manifest_says_what_went_and_why(tmp_path: Path) -> None:
    path = texts(tmp_path / "in" / "t.jsonl", LAMP["prompt"], DISGUISED)
    audited(tmp_path, path, clean=tmp_path / "cleaned")
    manifest = json.loads((tmp_path / "cleaned" / MANIFEST).read_bytes())
    removed = [json.loads(line) for line in (tmp_path / "cleaned" / REMOVED).read_text().splitlines()]
    assert (manifest["rows"], manifest["kept"], manifest["removed"]) == (len(FILLER) + 2, len(FILLER), 2)
    assert [(row["file"], row["row"]) for row in removed] == [(str(path), 4), (str(path), 5)]
    assert [row["reason"].rpartition(",")[0] for row in removed] == ["lamp/1 (prompt, text", "ferry/2 (answer, code"]


def test_broken_rows_stay_in_the_cleaned_file_and_are_counted(tmp_path: Path) -> None:
    path = lines(tmp_path / "in" / "t.jsonl", ["torn", {"text": LAMP["prompt"]}, {"text": FILLER[0]}])
    audited(tmp_path, path, clean=tmp_path / "cleaned")
    assert (tmp_path / "cleaned" / "t.jsonl").read_text().splitlines() == ["torn", json.dumps({"text": FILLER[0]})]
    assert json.loads((tmp_path / "cleaned" / MANIFEST).read_bytes())["unread"] == 1


def test_the_input_is_never_touched(tmp_path: Path) -> None:
    path = texts(tmp_path / "in" / "t.jsonl", LAMP["prompt"])
    before, when = path.read_bytes(), path.stat().st_mtime_ns
    audited(tmp_path, path, clean=tmp_path / "cleaned")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, when)


# Ctrl-C.


class Impatient(Silent):
    """Progress that is interrupted at its ``stop``-th step under ``label``."""

    def __init__(self, stop: int, label: str = "audit") -> None:
        self.left, self.wanted, self.label = stop, label, ""

    def start(self, label: str, total: float, unit: str) -> None:
        self.label = label

    def advance(self, amount: float = 1, note: str = "") -> None:
        self.left -= self.label == self.wanted
        if not self.left:
            raise KeyboardInterrupt


def three_files(tmp_path: Path, leaking: str) -> Path:
    for name in "abc":
        texts(tmp_path / "in" / f"{name}.jsonl", *([LAMP["prompt"]] if name == leaking else []))
    return tmp_path / "in"


def test_an_interrupted_audit_is_partial_and_inconclusive(tmp_path: Path) -> None:
    outcome = audited(tmp_path, three_files(tmp_path, "c"), progress=Impatient(2))
    written = json.loads((outcome.out / "summary.json").read_bytes())
    assert (written["partial"], written["verdict"]) == (True, "inconclusive")
    assert "interrupted: what came after was not read" in written["reasons"]


def test_leaks_seen_before_the_interruption_are_leaks(tmp_path: Path) -> None:
    outcome = audited(tmp_path, three_files(tmp_path, "a"), progress=Impatient(2))
    assert (outcome.summary.partial, outcome.summary.verdict) == (True, "leaks")
    assert [match["item"] for match in outcome.matches] == ["lamp/1"]


def test_an_interrupted_audit_reports_the_files_it_read(tmp_path: Path) -> None:
    outcome = audited(tmp_path, three_files(tmp_path, "a"), progress=Impatient(2))
    assert [Path(file.file).name for file in outcome.summary.files] == ["a.jsonl", "b.jsonl"]
    assert len(outcome.documents) == outcome.summary.rows == 2 * len(FILLER) + 1


def test_an_interruption_while_a_batch_is_counted_keeps_the_counts_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("decontam.audit.outputs.AuditFiles.add", interrupted)
    outcome = audited(tmp_path, three_files(tmp_path, "a"))
    parts = [pq.read_table(part).num_rows for part in (outcome.out / "documents.parquet").iterdir()]
    assert sum(parts) == outcome.summary.rows
    assert len(outcome.matches) == outcome.audit.total_matches


def test_an_interrupted_audit_cleans_nothing(tmp_path: Path) -> None:
    audited(tmp_path, three_files(tmp_path, "a"), progress=Impatient(2), clean=tmp_path / "cleaned")
    assert not (tmp_path / "cleaned").exists()


def test_an_interrupted_count_of_boilerplate_is_never_clean(tmp_path: Path) -> None:
    settings = AuditSettings(boilerplate_documents=5)
    try:
        outcome = audited(tmp_path, three_files(tmp_path, "c"), progress=Impatient(2, "boilerplate"), settings=settings)
    except KeyboardInterrupt:
        assert not (tmp_path / "out").exists()
    else:
        assert (outcome.summary.partial, outcome.summary.verdict) == (True, "inconclusive")


# Threads.


@pytest.mark.parametrize("threads", [2, 5])
def test_the_results_do_not_depend_on_the_number_of_threads(tmp_path: Path, threads: int) -> None:
    leaks = [LAMP["prompt"], DISGUISED, FERRY["prompt"], "reverse a list: items[::-1]"]
    rows = [f"{FILLER[n % 12]} {n} {leaks[n // 7 % 4] if n % 7 == 0 else ''}" for n in range(300)]
    for name in ("a", "b"):
        (tmp_path / "in").mkdir(exist_ok=True)
        pq.write_table(pa.table({"text": rows}), tmp_path / "in" / f"{name}.parquet", row_group_size=11)
    lines(tmp_path / "in" / "c.jsonl", ["torn", *({"text": row} for row in rows)])
    one, many = (
        audited(tmp_path, tmp_path / "in", items=[LAMP, FERRY, SHORT], out=f"out{count}", threads=count, worst=20)
        for count in (1, threads)
    )
    for name in ("matches.parquet", "documents.parquet", "items.parquet"):
        assert one.table(name) == many.table(name) != []
    assert one.audit.entries == many.audit.entries
    timing = {"seconds", "megabytes_per_second"}
    assert one.summary.model_dump(exclude=timing) == many.summary.model_dump(exclude=timing)


def counted(parses: int, running: list[int]) -> Iterator[Callable[[], Batch]]:
    """Parses that count how many have been handed out and not yet answered for."""
    for number in range(parses):
        running[0] += 1
        running[1] = max(running)
        yield lambda number=number: Batch(rows=np.array([number], np.int64), columns=())  # type: ignore[misc]


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_work_comes_back_in_order_and_what_is_in_flight_is_bounded(threads: int) -> None:
    running = [0, 0]
    seen = []
    first = threading.Event()

    def work(parse: Callable[[], Batch]) -> int:
        number = int(parse().rows[0])
        if number == 0 and threads > 1:
            first.wait(0.2)  # the others are done long before the first
        return number

    for number in in_order(counted(40, running), work, threads):
        seen.append(number)
        running[0] -= 1
    assert seen == list(range(40))
    assert running[1] <= threads + 2


def test_a_fault_in_a_worker_ends_the_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(decontam.audit.scan, "find_matches", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        audited(tmp_path, three_files(tmp_path, "a"), threads=2)
    assert not (tmp_path / "out" / "summary.json").exists()


def test_threads_default_to_one_a_core() -> None:
    assert (check_threads(0), check_threads(3)) == (len(os.sched_getaffinity(0)), 3)


def test_a_negative_number_of_threads_is_refused() -> None:
    with pytest.raises(BadInput, match="--threads -1"):
        check_threads(-1)
