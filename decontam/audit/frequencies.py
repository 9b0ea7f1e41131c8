"""A look at training files before the audit: what of a holdout is common in them, so that it alone makes no leak.

``count_around`` reads the beginning of every file, in proportion to its size, up to a bound; of less data all. What is common
only further on is not seen. ``without_often`` reads everything, for those who ask for it. Each batch is given up when counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from decontam.kernels.batches import Batch, Longs, Parse
from decontam.matching.elsewhere import Around, sides_of
from decontam.matching.index import HoldoutIndex, without_boilerplate
from decontam.matching.match import scan
from decontam.records import Channel
from decontam.sources import Columns, Source, read_batches
from evals.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What is read, and how: ``in_order`` as ``audit.run.in_order``, ``check`` raises KeyboardInterrupt if one was asked for."""

    sources: Sequence[Source]
    columns: Mapping[str, Columns]
    channels: Sequence[Channel]
    in_order: Callable[[Iterator[Parse], Callable[[Parse], Any]], Iterator[Any]]
    progress: Progress
    check: Callable[[], None]

    @property
    def megabytes(self) -> float:
        """Of all files."""
        return sum(source.size_bytes for source in self.sources) / 1e6

    def batches(
        self, count: Callable[[Batch, Channel], list[Any]], label: str, share: float = 1.0
    ) -> Iterator[tuple[Channel, Any]]:
        """What ``count`` finds in each batch and channel, of the first ``share`` of each file, 0 to 1."""

        def work(parse: Parse) -> tuple[int, list[tuple[Channel, Any]]]:
            batch = parse()
            return batch.size_bytes, [(channel, found) for channel in self.channels for found in count(batch, channel)]

        self.progress.start(label, share * self.megabytes, "MB")
        for source in self.sources:
            used = 0
            for size_bytes, found in self.in_order(read_batches(source, self.columns[source.name]), work):
                self.check()
                yield from found
                self.progress.advance(size_bytes / 1e6)
                used += size_bytes
                if share < 1 and used >= share * source.size_bytes:
                    break


def count_around(index: HoldoutIndex, sample: Sample, megabytes: float) -> Around | None:
    """Count what stands around the stretches that ``megabytes`` of the files share with the holdout; None for 0."""
    if not megabytes:
        return None
    around = Around(index)

    def count(batch: Batch, channel: Channel) -> list[Any]:
        return [sides_of(column, scan(column, index, channel)) for column in batch.columns]

    share = min(1.0, megabytes / sample.megabytes) if sample.megabytes else 1.0
    for channel, sides in sample.batches(count, "frequencies", share):
        around.add(channel, sides)
    sample.progress.finish()
    return around


def without_often(index: HoldoutIndex, sample: Sample, most: int) -> HoldoutIndex:
    """The index without the grams that stand in more than ``most`` texts, however alike these are."""
    counts = {"text": np.zeros(len(index.text.idf), np.int64), "code": np.zeros(len(index.code.idf), np.int64)}

    def count(batch: Batch, channel: Channel) -> list[Longs]:
        return [np.unique(scan(column, index, channel)[:, :2], axis=0)[:, 1] for column in batch.columns]

    for channel, seen in sample.batches(count, "boilerplate"):
        np.add.at(counts[channel], seen, 1)
    often = sum(int((count > most).sum()) for count in counts.values())
    sample.progress.finish(f"{often:,} grams in more than {most:,} texts")
    return without_boilerplate(index, counts["text"], counts["code"], most)
