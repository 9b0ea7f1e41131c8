"""Makes a bench: training rows with disguised holdout items planted in clean text, hard negatives, and the truth about each row.

    .venv/bin/python benchmarks/leakage/plant.py --data shared/data --half tune --out bench-tune

Writes into the folder ``--out``, truth.jsonl last:

- ``holdout.jsonl``: id, prompt, answer, tests of every item of the half;
- ``train.jsonl``: rows of ``id`` and ``text``: clean documents, plants and negatives, shuffled. The ids say nothing;
- ``truth.jsonl``: one line for each row, in the same order: ``row`` (its line in train.jsonl, from 1), ``id``, ``kind``
  (clean, plant, negative), ``type`` (the disguise, the kind of negative, the kind of document), ``item`` and ``accept`` (all
  items that are a right answer), ``tokens`` (code tokens of the answer), ``prompt_share`` and ``answer_share``: how many of
  the 8-word runs of the item's prompt and answer the plant still holds. A plant with ``prompt_share`` 0 cannot be seen by its
  prompt.

The same arguments on the same machine give the same bench. Each half uses its own items, documents and negatives.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus import Document, documents
from disguise import DISGUISES
from items import HALVES, Half, Item, load_items
from negatives import negatives

GRAM_WORDS = 8
FAR_CHARACTERS = (20_000, 60_000)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A training row and what is true of it."""

    text: str
    kind: str
    type: str
    item: str = ""
    accept: tuple[str, ...] = ()
    facts: dict[str, Any]


class Surroundings:
    """Real text to stand before and after a plant, from documents that are not in the bench otherwise."""

    def __init__(self, pool: Sequence[Document], rng: random.Random) -> None:
        self.rng = rng
        self.long = [document.text for document in pool if len(document.text) >= FAR_CHARACTERS[0]]
        self.chunks = [chunk for document in pool for chunk in _chunks(document)]

    def near(self, text: str) -> str:
        """The text with 0 to 3 paragraphs or functions on either side."""
        before = self.rng.sample(self.chunks, self.rng.randrange(4))
        after = self.rng.sample(self.chunks, self.rng.randrange(4))
        return "\n\n".join([*before, text.strip("\n"), *after]) + "\n"

    def far(self, text: str) -> str:
        """The text in the middle of a document of 20 to 60 KB, between two of its lines."""
        document = self.rng.choice(self.long)
        size = self.rng.randrange(*FAR_CHARACTERS)
        start = self.rng.randrange(max(1, len(document) - size + 1))
        document = document[start : start + size]
        middle = document.find("\n", len(document) // 2) + 1 or len(document)
        return f"{document[:middle]}\n{text.strip(chr(10))}\n\n{document[middle:]}"


def plants(items: Sequence[Item], per_type: int, around: Surroundings, seed: str) -> Iterator[Row]:
    """``per_type`` rows for each disguise, or as many as there are items that it applies to; sources in turn."""
    same: dict[str, list[str]] = {}
    for item in items:
        same.setdefault(item.group, []).append(item.id)
    for name, disguise in DISGUISES.items():
        count = 0
        for item in _in_turn(items, random.Random(f"{seed} {name}")):
            if count == per_type:
                break
            text = disguise.function(item, random.Random(f"{seed} {name} {item.id}"))
            if not text or not text.strip():
                continue
            count += 1
            facts = {
                "source": item.source,
                "language": item.language,
                "tokens": item.tokens,
                "reach": sorted(disguise.reach),
                "prompt_share": share(item.prompt, text),
                "answer_share": share(item.answer, text),
            }
            yield Row(
                text=around.far(text) if disguise.far else around.near(text),
                kind="plant",
                type=name,
                item=item.id,
                accept=tuple(same[item.group]),
                facts=facts,
            )


def share(part: str, text: str) -> float:
    """Share of the runs of 8 words of an item's part that a text holds; of the whole part where that is shorter."""
    words = _WORD.findall(part.lower())
    size = min(GRAM_WORDS, len(words))
    if size == 0:
        return 0.0
    held = _grams(_WORD.findall(text.lower()), size)
    wanted = _grams(words, size)
    return round(len(wanted & held) / len(wanted), 3)


def make(data: Path, half: Half, corpus_mb: float, per_type: int, seed: int) -> tuple[list[Item], list[Row]]:
    """Items of the half and all rows, shuffled."""
    everything = load_items(data)
    items = [item for item in everything if item.half == half]
    key = f"{seed} {half}"
    rng = random.Random(key)
    reserve = max(8.0, per_type * 0.3)
    pool: list[Document] = []
    rows: list[Row] = []
    size = 0
    for document in documents(half, corpus_mb + reserve, everything):
        size += len(document.text.encode())
        if size <= reserve * 1e6:
            pool.append(document)
        else:
            rows.append(Row(text=document.text, kind="clean", type=document.kind, facts={"source": document.id}))
    around = Surroundings(pool, rng)
    rows += plants(items, per_type, around, key)
    for negative in negatives(data, half):
        rows.append(Row(text=around.near(negative.text), kind="negative", type=negative.kind, facts={"source": negative.name}))
    rng.shuffle(rows)
    return items, rows


def write(out: Path, items: Iterable[Item], rows: Sequence[Row]) -> None:
    """The three files; truth.jsonl last."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "truth.jsonl").unlink(missing_ok=True)
    holdout = ({"id": item.id, "prompt": item.prompt, "answer": item.answer, "tests": item.tests} for item in items)
    _write(out / "holdout.jsonl", holdout)
    _write(out / "train.jsonl", ({"id": f"r{number:06}", "text": row.text} for number, row in enumerate(rows, 1)))
    truth = (
        {
            "row": number,
            "id": f"r{number:06}",
            "kind": row.kind,
            "type": row.type,
            "item": row.item,
            "accept": row.accept,
            **row.facts,
        }
        for number, row in enumerate(rows, 1)
    )
    _write(out / "truth.jsonl", truth)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a leakage bench.")
    parser.add_argument("--data", type=Path, required=True, help="folder with humaneval/, mbpp/, ... (see items.py)")
    parser.add_argument("--half", choices=HALVES, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--corpus-mb", type=float, default=60.0, help="clean text, as far as the machine has it")
    parser.add_argument("--per-type", type=int, default=40, help="plants of each disguise")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    items, rows = make(args.data, args.half, args.corpus_mb, args.per_type, args.seed)
    write(args.out, items, rows)
    clean = sum(len(row.text.encode()) for row in rows if row.kind == "clean") / 1e6
    print(f"{args.out}: {len(items)} items ({_counts(item.source for item in items)})")
    print(f"{len(rows)} rows, {clean:.1f} MB of clean text")
    for kind in ("clean", "plant", "negative"):
        print(f"{kind:9} {_counts(row.type for row in rows if row.kind == kind)}")
    tiny = sum(row.kind == "plant" and row.facts["tokens"] < 25 for row in rows)
    print(f"{tiny} plants are of answers under 25 code tokens")


def _counts(names: Iterable[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(Counter(names).items()))


def _in_turn(items: Sequence[Item], rng: random.Random) -> Iterator[Item]:
    """Items in random order, one of each source in turn."""
    stacks: dict[str, list[Item]] = {}
    for item in items:
        stacks.setdefault(item.source, []).append(item)
    for stack in stacks.values():
        rng.shuffle(stack)
    while any(stacks.values()):
        for stack in stacks.values():
            if stack:
                yield stack.pop()


def _chunks(document: Document) -> Iterator[str]:
    """Functions of code, paragraphs of prose; neither tiny nor long."""
    pattern = r"\n(?=(?:async )?def |class |@)" if document.kind == "python" else r"\n\s*\n(?=\S)"
    for chunk in re.split(pattern, document.text):
        if 80 <= len(chunk) <= 4_000:
            yield chunk.strip("\n")


def _grams(words: Sequence[str], size: int) -> set[tuple[str, ...]]:
    return {tuple(words[start : start + size]) for start in range(len(words) - size + 1)}


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
