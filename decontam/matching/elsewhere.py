"""Which n-grams of a holdout stand elsewhere, too: in many unrelated training texts, or in the answers of unrelated tasks.

Such text shows that an item leaks only where text of its own stands beside it; alone it gets the verdict ``shared``, which is
told and is no leak. Stock text is in no index (``matching.stock``), and the conventions of a suite belong to no item at all
(``matching.conventions``).

Training texts are counted by what stands around a shared stretch, not by how many there are: a gram is common where its stretches
begin after 20 different texts and end before 20. So a text that was copied whole counts once, and a copy of an item that was
reworded in the same way everywhere has the same words around what is left of the item. Where more than half of a part is common,
the texts have the part itself and not something that it shares with them: these are copies, which count for nothing, however many
there are. Counts are kept as 64 bits a side and gram (linear counting, Whang et al. 1990), whatever the size of the data.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from decontam.kernels.batches import Column, Longs
from decontam.matching.families import ALIKE
from decontam.matching.grams import Grams
from decontam.matching.held import Elsewhere, Flags
from decontam.matching.index import HoldoutIndex
from decontam.matching.match import as_column, scan
from decontam.records import Channel, Item

LEAST_AROUND = 20
_COPIED = 0.5  # share of a part's grams from which the texts that have them are copies of the part
_SIDE = 64  # bytes before and after a stretch that are looked at,
_LETTERS = 24  # and how many of them count, without white space and punctuation
_TOGETHER = 3  # unrelated items of one holdout that have the same code
_DEFINED = re.compile(r"\b(?:def|function|func|fn|fun|const|let|var|class)\s+([^\W\d]\w{3,})")
_DROPPED = bytes(c for c in range(128) if not chr(c).isalnum())
_LOWER = bytes(c + 32 if 65 <= c <= 90 else c for c in range(256))
Bits = NDArray[np.uint64]


class Around:
    """Counts, over training texts, what stands around the stretches that the texts share with a holdout."""

    def __init__(self, index: HoldoutIndex) -> None:
        self._bits = {
            channel: np.zeros((len(grams.idf), 2), np.uint64) for channel, grams in (("text", index.text), ("code", index.code))
        }

    def add(self, channel: Channel, found: tuple[Longs, Bits]) -> None:
        """Count what ``sides_of`` found in one column."""
        grams, bits = found
        for side in (0, 1):
            np.bitwise_or.at(self._bits[channel][:, side], grams, bits[:, side])

    def common(self, channel: Channel, grams: Grams) -> Flags:
        """By gram whether it is common in the training texts that were counted."""
        enough = np.bitwise_count(self._bits[channel]) >= LEAST_AROUND
        often: Flags = enough[:, 0] & enough[:, 1]
        gram_of = np.repeat(np.arange(len(grams.idf)), np.diff(grams.posting_starts))
        parts = len(grams.parts)
        share = np.bincount(grams.posting_parts, weights=often[gram_of], minlength=parts) / np.maximum(
            np.bincount(grams.posting_parts, minlength=parts), 1
        )
        copied = np.zeros(len(grams.idf), np.bool_)
        copied[gram_of[share[grams.posting_parts] > _COPIED]] = True
        return often & ~copied


def sides_of(column: Column, hits: Longs) -> tuple[Longs, Bits]:
    """The grams of hits as ``match.scan`` gives them, and for each a bit for what stands before its stretch and after it."""
    if not len(hits):
        return np.zeros(0, np.int64), np.zeros((0, 2), np.uint64)
    steps = np.diff(hits[:, 2])  # literals and calls come after the windows of a piece
    breaks = (hits[1:, 0] != hits[:-1, 0]) | (steps > 1) | (steps < 0)
    firsts = np.flatnonzero(np.concatenate([[True], breaks]))
    ends = np.append(firsts[1:], len(hits))
    bits = np.empty((len(firsts), 2), np.uint64)
    for run, (first, end) in enumerate(zip(firsts.tolist(), ends.tolist(), strict=True)):
        low, high = int(column.offsets[hits[first, 0]]), int(column.offsets[hits[first, 0] + 1])
        start, stop = low + int(hits[first, 3]), low + int(hits[end - 1, 4])
        before = _letters(column.data[max(low, start - _SIDE) : start].tobytes())[-_LETTERS:]
        after = _letters(column.data[stop : min(high, stop + _SIDE)].tobytes())[:_LETTERS]
        # Nothing before or after tells nothing: then the other side decides, as if it stood on both.
        bits[run] = _bit(before or after), _bit(after or before)
    return hits[:, 1], np.repeat(bits, ends - firsts, axis=0)


def _letters(text: bytes) -> bytes:
    return text.translate(_LOWER, _DROPPED)


def _bit(text: bytes) -> np.uint64:
    return np.uint64(1) << np.uint64(zlib.crc32(text) * 0x9E3779B1 >> 20 & 63)


def with_elsewhere(index: HoldoutIndex, others: Sequence[Item], around: Around | None = None) -> HoldoutIndex:
    """The index, with what is known of its grams: ``others`` are tasks of the same suites that may be trained on."""
    found: dict[str, Elsewhere] = {}
    related = _Related(index, others)
    channels: tuple[tuple[Channel, Grams], ...] = (("text", index.text), ("code", index.code))
    for channel, grams in channels:
        common = around.common(channel, grams) if around else np.zeros(len(grams.idf), np.bool_)
        answers = related.answers(channel, grams)
        if common.any() or answers.any():
            found[channel] = Elsewhere(grams=grams, common=common, answers=answers)
    return replace(index, elsewhere=found) if found else index


@dataclass(frozen=True, slots=True)
class _Task:
    """What tells whether two tasks are one: the grams of the prompt, and the names of what the program defines."""

    prompt: frozenset[int]
    names: frozenset[str]

    @classmethod
    def of(cls, item: Item, prompt: Iterable[int]) -> _Task:
        return cls(frozenset(prompt), frozenset(name.lower() for name in _DEFINED.findall(f"{item.prompt}\n{item.answer}")))

    def related(self, other: _Task) -> bool:
        """Whether they share half of the 8-grams of a prompt, or define the same name: the task again, in another dress."""
        shared = len(self.prompt & other.prompt)
        return bool(self.names & other.names) or 0 < ALIKE * min(len(self.prompt), len(other.prompt)) <= shared


class _Related:
    """Which unrelated tasks have the answer of an item."""

    def __init__(self, index: HoldoutIndex, others: Sequence[Item]) -> None:
        self._index = index
        self._others = others
        self._tasks = self._of_items()

    def answers(self, channel: Channel, grams: Grams) -> Flags:
        """By gram whether unrelated tasks have it in their answers: one of the others, or three items of the holdout."""
        held = np.zeros(len(grams.idf), np.bool_)
        answer = np.array([part.name == "answer" for part in grams.parts], np.bool_)
        number = np.array([part.number for part in grams.parts], np.int64)
        gram_of = np.repeat(np.arange(len(grams.idf)), np.diff(grams.posting_starts))
        chosen = answer[grams.posting_parts]
        often = np.flatnonzero(np.bincount(gram_of[chosen], minlength=len(grams.idf)) >= _TOGETHER)
        for gram in often.tolist():
            low, high = grams.posting_starts[gram], grams.posting_starts[gram + 1]
            holders = grams.posting_parts[low:high]
            held[gram] = self._unrelated(np.unique(number[holders[answer[holders]]]).tolist()) >= _TOGETHER
        for gram, task in self._of_others(channel):
            low, high = grams.posting_starts[gram], grams.posting_starts[gram + 1]
            held[gram] |= not any(self._tasks[int(number[part])].related(task) for part in grams.posting_parts[low:high])
        return held

    def _of_others(self, channel: Channel) -> Iterator[tuple[int, _Task]]:
        """Grams in the answers of the other tasks, each with the task."""
        if not self._others:
            return
        prompts: dict[int, set[int]] = {}
        for text, gram in scan(as_column(item.prompt for item in self._others), self._index, "text")[:, :2].tolist():
            prompts.setdefault(text, set()).add(gram)
        tasks = [_Task.of(item, prompts.get(text, ())) for text, item in enumerate(self._others)]
        hits = scan(as_column(item.answer for item in self._others), self._index, channel)
        for text, gram in np.unique(hits[:, :2], axis=0).tolist():
            yield gram, tasks[text]

    def _of_items(self) -> list[_Task]:
        grams = self._index.text
        gram_of = np.repeat(np.arange(len(grams.idf)), np.diff(grams.posting_starts))
        prompts: dict[int, set[int]] = {}
        for gram, part in zip(gram_of.tolist(), grams.posting_parts.tolist(), strict=True):
            if grams.parts[part].name == "prompt":
                prompts.setdefault(grams.parts[part].number, set()).add(gram)
        return [_Task.of(item, prompts.get(number, ())) for number, item in enumerate(self._index.items)]

    def _unrelated(self, items: Iterable[int]) -> int:
        """How many of these items are no variants of one another."""
        kept: list[_Task] = []
        for item in items:
            if not any(self._tasks[item].related(other) for other in kept):
                kept.append(self._tasks[item])
        return len(kept)
