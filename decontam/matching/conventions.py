"""What a suite's training tasks tell about its holdout: grams that are conventions of the suite are no single item's own.

A small holdout cannot show what is common: a phrase that stands in a tenth of a suite's tasks may stand in two of 25 holdout
items, and looks like theirs. Training tasks are counted beside them, but for those that may be copies of an item: a convention
is what tasks share that differ otherwise. Copies that were changed so far that they look like neighbours of the item, with
other words and other literals, hide it only where they are more than ``common_share`` of the whole suite.

Two tasks of one template differ in their own constants and keys. Where training tasks are known, these decide whether code, or
words of an answer, are a leak (``matching.judging``): a copy of which all were changed is not told from a sibling.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from decontam.kernels.batches import Longs
from decontam.matching.alignment import aligned_shares, shapes_of
from decontam.matching.families import ALIKE, families_of
from decontam.matching.grams import Grams, text_grams
from decontam.matching.index import HoldoutIndex, telling_literals, without_boilerplate
from decontam.matching.match import as_column, scan
from decontam.records import Item
from evals.files import digest

_THE_SAME = 0.995  # of an answer's tokens, in order: its literals are there, too


def without_conventions(index: HoldoutIndex, training: Sequence[Item]) -> HoldoutIndex:
    """The index in which grams that more than ``common_share`` of the suite's tasks have belong to no item.

    Numbers and texts that are common in training tasks do not tell an item's code from another's either.

    Counted are families of similar tasks, a group as one. A training task that has half of the words of an item's prompt or
    tests, or all of the code of its answer up to names, does not count for what is in that part. The digest names the training
    tasks, too.
    """
    if not training:
        return index
    column = as_column("\n".join((item.prompt, item.answer, item.tests)) for item in training)
    pairs = {name: _occurrences(scan(column, index, name)) for name in ("text", "code")}
    copies = {name: _copies(grams, training, pairs[name]) for name, grams in (("text", index.text), ("code", index.code))}
    families = _families(training, index)
    counts = {
        name: _in_items(grams, index) + _in_families(grams, pairs[name], copies[name], families)
        for name, grams in (("text", index.text), ("code", index.code))
    }
    most = max(index.rule.common_least, int(index.rule.common_share * (len(index.items) + len(training))))
    reduced = without_boilerplate(index, counts["text"], counts["code"], most)
    named = digest([index.digest, sorted((item.model_dump() for item in training), key=lambda row: str(row["key"]))])
    copied = {text for text, part in copies["code"] if index.code.parts[part].name == "answer"}
    return replace(reduced, digest=named, training_literals=_literals(training, families, copied), own_literals=most)


def _occurrences(hits: Longs) -> Longs:
    """Rows (text, gram), each once."""
    return np.unique(hits[:, :2], axis=0).astype(np.int64)


def _holders(grams: Grams, gram: int) -> list[int]:
    """The parts in which a gram occurs."""
    parts: list[int] = grams.posting_parts[grams.posting_starts[gram] : grams.posting_starts[gram + 1]].tolist()
    return parts


def _copies(grams: Grams, training: Sequence[Item], pairs: Longs) -> set[tuple[int, int]]:
    """Each (text, part) where the text may be a copy of the part."""
    sizes = np.bincount(grams.posting_parts, minlength=len(grams.parts))
    shared = _shared(grams, pairs)
    of_answers = [pair for pair in shared if grams.parts[pair[1]].name == "answer"]
    found = {pair for pair, count in shared.items() if grams.parts[pair[1]].name != "answer" and count >= ALIKE * sizes[pair[1]]}
    texts, parts = np.array(of_answers, np.int64).reshape(-1, 2).T
    answers = as_column(item.answer for item in training)
    lows, highs = answers.offsets[:-1][texts], answers.offsets[1:][texts]
    shapes = shapes_of(part.text for part in grams.parts)
    shares = aligned_shares(shapes, parts, answers.data, lows, highs, np.zeros(len(parts)))
    return found | {pair for pair, share in zip(of_answers, shares.tolist(), strict=True) if share >= _THE_SAME}


def _shared(grams: Grams, pairs: Longs) -> dict[tuple[int, int], int]:
    """For each (text, part) how many grams they share."""
    shared: dict[tuple[int, int], int] = {}
    for text, gram in pairs.tolist():
        for part in _holders(grams, gram):
            shared[text, part] = shared.get((text, part), 0) + 1
    return shared


def _in_items(grams: Grams, index: HoldoutIndex) -> Longs:
    """In how many families of the holdout's items each gram occurs."""
    families = families_of(index.twins, index.rule.common_least)
    gram_of = np.repeat(np.arange(len(grams.idf)), np.diff(grams.posting_starts))
    numbers = families[np.array([part.number for part in grams.parts], np.int64)[grams.posting_parts]]
    return np.bincount(np.unique(np.stack([gram_of, numbers], axis=1), axis=0)[:, 0], minlength=len(grams.idf)).astype(np.int64)


def _in_families(grams: Grams, pairs: Longs, copies: set[tuple[int, int]], families: Longs) -> Longs:
    """In how many families of training tasks each gram occurs, without tasks that may be copies of an item that has it."""
    counted = set()
    for text, gram in pairs.tolist():
        if not any((text, part) in copies for part in _holders(grams, gram)):
            counted.add((gram, int(families[text])))
    return np.bincount(np.array([gram for gram, _ in counted], np.int64), minlength=len(grams.idf)).astype(np.int64)


def _literals(training: Sequence[Item], families: Longs, copied: Collection[int]) -> Counter[str]:
    """In how many families of training tasks each telling number and text of an answer occurs, without copies of an item."""
    pairs = {
        (text, int(families[number]))
        for number, item in enumerate(training)
        if number not in copied
        for text in telling_literals(item.answer).values()
    }
    return Counter(text for text, _ in pairs)


def _families(training: Sequence[Item], index: HoldoutIndex) -> Longs:
    """A family number for each task: similar ones share one, and those of one group."""
    *_, twins = text_grams(training, index.rule)
    families = families_of(twins, index.rule.common_least)
    first: dict[str, int] = {}
    for number, item in enumerate(training):
        if item.group:
            families[families == families[number]] = families[first.setdefault(item.group, number)]
    return families
