"""The drawings of the report, as coordinates: training loss, dev by epoch, pass rates by round, slices by round, intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evals.errors import BadInput
from loop.gate import Line
from loop.report.story import Chapter, DevFigure
from loop.report.words import percent, points


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The common axis of interval bars, from ``low`` to ``high`` with 0 in it; ``labels`` are places in percent, and text."""

    low: float
    high: float
    labels: tuple[tuple[float, str], ...]

    def place(self, value: float) -> float:
        """Where a value lies, in percent of the axis, at its ends where it is beyond them."""
        return round(100 * min(1.0, max(0.0, (value - self.low) / (self.high - self.low))), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCell:
    """A pass rate in the heat map; ``share`` is None where the round did not measure it, ``kept`` whether it is in use."""

    share: float | None
    said: str
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRow:
    """A suite (slice ``*``) or one of its slices over the rounds."""

    suite: str
    slice: str
    role: str
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """Slices by rounds: what they passed at the start, and after each round."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[HeatRow, ...]


def axis(lines: Sequence[Line]) -> Axis:
    """The axis that holds all intervals and 0, no wider than whole steps of it ask for."""
    low = min([0.0, *(line.ci95[0] for line in lines)])
    high = max([0.0, *(line.ci95[1] for line in lines)])
    step = next((s for s in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2) if high - low <= 6 * s), 0.25)
    first, last = math.floor(round(low / step, 6)), math.ceil(round(high / step, 6))
    last = max(last, first + 1)
    drawn = Axis(low=step * first, high=step * last, labels=())
    zero = drawn.place(0.0)
    ends = [(0.0, points(drawn.low))] if zero > 22 else []
    ends += [(100.0, points(drawn.high))] if zero < 78 else []
    return replace(drawn, labels=tuple(sorted([(zero, "0"), *ends])))


def heat(chapters: Sequence[Chapter], start: str) -> Heat | None:
    """The heat map of the rounds that were decided; None with fewer than two, where the table says it all."""
    if len(chapters) < 2:
        return None
    known = [{(line.suite, line.slice): line for line in chapter.lines} for chapter in chapters]
    order = {(line.suite, line.slice): line.role for chapter in chapters for line in chapter.lines}
    rows = []
    for (suite, name), role in order.items():
        found = [lines.get((suite, name)) for lines in known]
        first = next(line for line in found if line is not None)
        cells = [HeatCell(share=first.before if found[0] else None, said=_counted(first, first.before, start), kept=True)]
        for chapter, line in zip(chapters, found, strict=True):
            said = _counted(line, line.after, f"round {chapter.facts.round}") if line else "not measured"
            share = line.after if line else None
            cells.append(HeatCell(share=share, said=said, kept=chapter.facts.decision == "promote"))
        rows.append(HeatRow(suite=suite, slice=name, role=role, cells=tuple(cells)))
    columns = ((start, ""), *((f"round {c.facts.round}", c.facts.decision) for c in chapters))
    return Heat(columns=columns, rows=tuple(rows))


def _counted(line: Line, share: float, when: str) -> str:
    name = line.suite if line.slice == "*" else f"{line.suite}, {line.slice}"
    return f"{name}, {when}: {percent(share)} of {line.n} tasks"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DevCurve:
    """Shares of dev tasks passed after each epoch, one polyline a training, in a box of 1000 x 100 from ``low`` to ``high``."""

    lines: tuple[str, ...]
    low: float
    high: float


def dev_curve(looks: Sequence[DevFigure]) -> DevCurve | None:
    """The curves of whole adapters over the epochs; None where no training was looked at after two of them."""
    trainings: dict[tuple[int, float | None], list[DevFigure]] = {}
    for look in looks:
        if look.scale == 1 and look.epoch:
            trainings.setdefault((look.seed, look.learning_rate), []).append(look)
    drawn = [sorted(found, key=lambda look: look.epoch) for found in trainings.values() if len(found) > 1]
    if not drawn:
        return None
    shares, last = [look.dev for found in drawn for look in found], max(look.epoch for found in drawn for look in found)
    low, high = min(shares), max(shares)
    lines = [
        " ".join(
            f"{1000 * (look.epoch - 1) / (last - 1):.1f},{96 - 92 * (look.dev - low) / ((high - low) or 1.0):.1f}"
            for look in found
        )
        for found in drawn
    ]
    return DevCurve(lines=tuple(lines), low=low, high=high)


def hill(chapters: Sequence[Chapter], start: str, width: int, height: int, margin: int) -> Hill:
    """Pass rates of the holdout of each suite: where the rounds started, then what each decided round made of it."""
    left, top, bottom = 52, 16, 46
    rates = {line.suite: _rates(line.suite, chapters) for line in chapters[0].wholes}
    floor, ceiling = _bounds([rate.interval for of_suite in rates.values() for rate in of_suite])
    names = [start, *(f"round {c.facts.round}" if len(chapters) < 5 else str(c.facts.round) for c in chapters)]
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
