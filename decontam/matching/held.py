"""What is known of a holdout's n-grams beyond the holdout: whether they stand elsewhere, too. ``elsewhere`` finds it out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from decontam.kernels.batches import Longs
from decontam.matching.grams import Grams

Flags = NDArray[np.bool_]
_ALL = 0.9  # of the n-grams of a window: the ends of a stretch have a word of what stands beside it


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """By gram of one channel: whether it is common in training texts, and whether unrelated tasks have it in their answers."""

    grams: Grams
    common: Flags
    answers: Flags

    @cached_property
    def _weights(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The weight of each part without what is common; the second for answers."""
        grams, parts = self.grams, len(self.grams.parts)
        gram_of = np.repeat(np.arange(len(grams.idf)), np.diff(grams.posting_starts))
        own = [np.where(held, 0.0, grams.idf) for held in (self.common, self.common | self.answers)]
        first, second = (np.bincount(grams.posting_parts, weights=idf[gram_of], minlength=parts) for idf in own)
        return first.astype(np.float64), second.astype(np.float64)

    def own(self, part: int, window: Longs) -> tuple[float, int, int]:
        """Coverage, grams and unique grams of a part in a window of hits, without what stands elsewhere."""
        grams = np.unique(window[:, 1])
        shared = self._in_answers(part, grams)
        held = self.common | self.answers if shared else self.common
        starts, holders = self.grams.posting_starts, self.grams.posting_parts
        mine = [g for g in grams[~held[grams]].tolist() if part in holders[starts[g] : starts[g + 1]]]
        weight = float(self._weights[shared][part])
        if not mine or weight <= 0:
            return 0.0, 0, 0
        return float(self.grams.idf[mine].sum()) / weight, len(mine), int(self.grams.unique[mine].sum())

    def decides(self, part: int, window: Longs) -> bool:
        """Whether anything in a window is common in training texts, or nearly all of an answer's stands in other answers."""
        grams = np.unique(window[:, 1])
        return bool(self.common[grams].any()) or self._in_answers(part, grams)

    def _in_answers(self, part: int, grams: Longs) -> bool:
        return self.grams.parts[part].name == "answer" and bool(self.answers[grams].mean() >= _ALL)
