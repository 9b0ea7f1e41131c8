"""The drawings of the report, as coordinates: the loss of a training run, and pass rates over the rounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evals.errors import BadInput
from loop.gate import Line
from loop.report.story import Chapter
from loop.report.words import percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """Training loss as a polyline in a box of 1000 x 100; ``epochs`` are the x of the epochs' ends."""

    points: str
    epochs: tuple[float, ...]
    first: float
    last: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A pass rate in the chart, with the ends of its 95% interval, in pixels."""

    x: float
    y: float
    low: float
    high: float
    said: str
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One suite in the chart: ``solid`` joins the models in use, ``dashed`` leads to those that were not promoted."""

    suite: str
    role: str
    colour: int
    points: tuple[Point, ...]
    solid: tuple[tuple[Point, Point], ...]
    dashed: tuple[tuple[Point, Point], ...]
    label: str
    label_y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hill:
    """The chart of pass rates over the rounds, in pixels. ``labelled``: there is room for names beside the curves."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    ticks: tuple[tuple[float, str], ...]
    columns: tuple[tuple[float, str, str], ...]
    series: tuple[Series, ...]
    labelled: bool


def spark(losses: Sequence[float], epochs: int) -> Spark | None:
    """The loss curve; None with fewer than two finite steps, since one point is not a curve."""
    finite = [(step, loss) for step, loss in enumerate(losses) if math.isfinite(loss)]
    if len(finite) < 2:
        return None
    low, high = min(loss for _, loss in finite), max(loss for _, loss in finite)
    across, height = 1000 / (len(losses) - 1), (high - low) or 1.0
    drawn = " ".join(f"{step * across:.1f},{96 - 92 * (loss - low) / height:.1f}" for step, loss in finite)
    ends = tuple(round(1000 * epoch / epochs, 1) for epoch in range(1, epochs))
    return Spark(points=drawn, epochs=ends, first=finite[0][1], last=finite[-1][1], low=low, high=high)


def hill(chapters: Sequence[Chapter], width: int, height: int, margin: int) -> Hill:
    """Pass rates of the holdout of each suite: the base model, then what each round made of it."""
    left, top, bottom = 52, 16, 46
    rates = {line.suite: _rates(line.suite, chapters) for line in chapters[0].wholes}
    floor, ceiling = _bounds([rate.interval for of_suite in rates.values() for rate in of_suite])
    names = ["base", *(f"round {c.facts.round}" if len(chapters) < 5 else str(c.facts.round) for c in chapters)]
    room = (width - left - margin) / len(names)

    def pixel(share: float) -> float:
        return round(top + (height - top - bottom) * (ceiling - share) / (ceiling - floor), 1)

    series = []
    for number, line in enumerate(chapters[0].wholes):
        shift = (number - (len(rates) - 1) / 2) * min(16.0, 0.6 * room / len(rates))  # side by side: bars stay readable
        drawn = [
            Point(
                x=round(left + room * (column + 0.5) + shift, 1),
                y=pixel(rate.share),
                low=pixel(rate.interval[0]),
                high=pixel(rate.interval[1]),
                said=f"{line.suite}, {name}: {rate.said}",
                kept=rate.kept,
            )
            for column, (name, rate) in enumerate(zip(names, rates[line.suite], strict=True))
        ]
        series.append(_series(line, number, drawn, percent(rates[line.suite][-1].share)))
    step = 0.1 if ceiling - floor <= 0.5 else 0.2
    marks = [floor + step * k for k in range(round((ceiling - floor) / step) + 1)]
    decisions = ["", *(c.facts.decision for c in chapters)]
    return Hill(
        width=width,
        height=height,
        left=left,
        right=width - margin,
        top=top,
        bottom=height - bottom,
        ticks=tuple((pixel(mark), f"{100 * mark:.0f}%") for mark in marks),
        columns=tuple(
            (round(left + room * (k + 0.5), 1), name, decision)
            for k, (name, decision) in enumerate(zip(names, decisions, strict=True))
        ),
        series=tuple(_spread(series, top, height - bottom)),
        labelled=margin > 100,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _ChartRate:
    share: float
    interval: tuple[float, float]
    said: str
    kept: bool


def _rates(suite: str, chapters: Sequence[Chapter]) -> list[_ChartRate]:
    lines = [next((line for line in chapter.wholes if line.suite == suite), None) for chapter in chapters]
    points = []
    for number, line in enumerate([lines[0], *lines]):
        if line is None:
            raise BadInput(f"round {number}: its gate does not know suite {suite}, which the first round has")
        share = line.after if number else line.before
        low, high = line.after_ci95 if number else line.before_ci95
        counted = f"{round(share * line.n)} of {line.n}" if line.samples == 1 else f"{line.n} tasks, {line.samples} samples each"
        said = f"{counted}, {percent(share)}, 95% {percent(low)} to {percent(high)}"
        kept = number == 0 or chapters[number - 1].facts.decision == "promote"
        points.append(_ChartRate(share=share, interval=(low, high), said=said, kept=kept))
    return points


def _bounds(intervals: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The axis in tens of percent. It starts at 0 unless everything lies far above."""
    low, high = min(i[0] for i in intervals), max(i[1] for i in intervals)
    floor = math.floor(low * 10) / 10 if low > 0.4 else 0.0
    return floor, min(1.0, max(math.ceil(high * 10) / 10, floor + 0.2))


def _series(line: Line, number: int, drawn: Sequence[Point], last: str) -> Series:
    solid: list[tuple[Point, Point]] = []
    dashed: list[tuple[Point, Point]] = []
    champion = drawn[0]
    for point in drawn[1:]:
        (solid if point.kept else dashed).append((champion, point))
        champion = point if point.kept else champion
    return Series(
        suite=line.suite,
        role=line.role,
        colour=number % 6,
        points=tuple(drawn),
        solid=tuple(solid),
        dashed=tuple(dashed),
        label=f"{line.suite if len(line.suite) <= 16 else line.suite[:15] + '…'} {last}",
        label_y=drawn[-1].y,
    )


def _spread(series: Sequence[Series], top: int, bottom: int, gap: float = 18) -> list[Series]:
    """Push apart labels that would overlap, and back up where they would leave the chart."""
    order = sorted(series, key=lambda s: s.label_y)
    places: list[float] = []
    for line in order:
        places.append(max(line.label_y, places[-1] + gap if places else float(top)))
    over = max(0.0, places[-1] - bottom) if places else 0.0
    moved = {line.suite: place - over for line, place in zip(order, places, strict=True)}
    return [replace(line, label_y=round(moved[line.suite], 1)) for line in series]
