"""The HTML report of a run: one file that shows what was learned, what was dropped, and why the gate decided as it did.

Covers every round of ``report.json``, with the evidence from the stages' folders. Does not show holdout items one by
one (their attempts are not even read), and holds nothing that depends on the clock or the machine: the same run gives
the same bytes. How it looks is in ``templates/report.html.j2``; model output is hostile text, so all is escaped there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from jinja2 import Environment
from pydantic import BaseModel, ConfigDict, ValidationError

from decontam.pages import page_environment
from decontam.records import CleanPair, ContaminatedPair
from decontam.screen import BLIND
from evals.errors import BadInput
from evals.files import MANIFEST, describe, read_json, read_records, write_atomic
from evals.reasons import reason_words
from evals.records import Failure, Result
from finetune.records import TrainReport
from goldens.records import Golden
from loop.gate import GateReport, Line

HTML = "report.html"
SHOWN_PER_SLICE = 25  # failing attempts; a report of thousands would not open on a phone
SHOWN_LEAKS = 100
SHOWN_CHARACTERS = 6000
_TEMPLATES = Path(__file__).parent / "templates"
# Width, height and right margin in px, for a screen and for a phone: text in a scaled drawing would become too small.
_PLOTS = ((780, 330, 175), (400, 300, 14))
_EVIDENCE = (
    ("check", "failing check"),
    ("expected", "expected"),
    ("got", "got"),
    ("raised", "raised"),
    ("message", "message"),
    ("exit_code", "exit code"),
    ("stderr", "stderr"),
)
_FROM_MACHINE = {"message", "stderr"}  # may hold paths of the machine; the others compare values and stay as they are
_ABSOLUTE = re.compile(r"(?<![\w.:/])(?:[A-Za-z]:)?[\\/](?:[\w.@+~-]+[\\/])+(?=[\w<])")


class Round(BaseModel):
    """A round as ``report.json`` has it; keys that this page does not show are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    round: int
    decision: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int]
    dropped: Mapping[str, int]
    failures: Mapping[str, int]
    before: str
    trainset: str
    index: str
    adapter: str
    lineage: tuple[str, ...]


class Story(BaseModel):
    """``report.json``."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    run: str
    rounds: tuple[Round, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One bar of the funnel; ``lost`` says what did not get here, by reason.

    ``golden + replay == total``, except for the tasks, which are neither yet.
    """

    name: str
    note: str
    total: int
    golden: int
    replay: int
    lost: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One failing attempt of a training task.

    ``golden`` is None where it is not shown; ``golden_note`` says why, or how it was proved. ``fate``: ``trained``,
    ``leaks`` or ``unpaired``.
    """

    task: str
    reason: str
    headline: str
    prompt: str
    wrote: str
    whole_answer: str
    evidence: tuple[tuple[str, str], ...]
    golden: str | None
    golden_note: str
    fate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The failing attempts of one slice; ``total`` counts those beyond ``SHOWN_PER_SLICE`` too."""

    suite: str
    slice: str
    total: int
    cases: tuple[Case, ...]


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
class Chapter:
    """Everything that the page says about one round."""

    facts: Round
    lines: tuple[Line, ...]
    scale: float
    funnel: tuple[Step, ...]
    leaks: tuple[ContaminatedPair, ...]
    leaks_total: int
    reasons: tuple[tuple[str, str, int], ...]
    groups: tuple[Group, ...]
    train: TrainReport
    spark: Spark | None
    unindexable: int
    sandbox: str
    version: str

    @property
    def wholes(self) -> tuple[Line, ...]:
        """The lines of whole suites, without slices."""
        return tuple(line for line in self.lines if line.slice == "*")


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


def write_report(run: Path) -> Path:
    """Write ``report.html`` into a run's folder, from what is on the disk; returns its path.

    Raises:
        BadInput: there is no ``report.json`` yet, or a file of a round is missing or damaged; the message names it.
    """
    source = run / "report.json"
    if not source.is_file():
        raise BadInput(f"{source}: no such file; it is written when a round ends (see `goldloop status`)")
    try:
        story = Story.model_validate(read_json(source))
    except ValidationError as error:
        raise BadInput(f"{source}: {describe(error)}") from None
    if not story.rounds:
        raise BadInput(f"{source}: holds no round")
    chapters = [_chapter(run / f"round-{facts.round}", facts) for facts in story.rounds]
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            run=story.run,
            chapters=chapters,
            hills=[hill(chapters, width, height, margin) for width, height, margin in _PLOTS],
            lineage=_lineage(run, chapters),
            blind=BLIND,
        )
    )
    write_atomic(run / HTML, page.encode("utf-8", errors="replace"))
    return run / HTML


def _environment() -> Environment:
    environment = page_environment(_TEMPLATES)
    environment.filters |= {"points": points, "percent": percent, "model": model_name, "reason": reason_words}
    return environment


def _chapter(folder: Path, facts: Round) -> Chapter:
    try:
        gate = GateReport.model_validate(read_json(folder / "gate" / MANIFEST)["gate"])
    except (ValidationError, KeyError) as error:
        detail = describe(error) if isinstance(error, ValidationError) else f"key {error} is missing"
        raise BadInput(f"{folder / 'gate' / MANIFEST}: {detail}") from None
    clean = read_records(folder / "screen" / "clean.jsonl", CleanPair)
    leaks = read_records(folder / "screen" / "contaminated.jsonl", ContaminatedPair)
    train = read_records(folder / "finetune" / "report.jsonl", TrainReport)
    if not train:
        raise BadInput(f"{folder / 'finetune' / 'report.jsonl'}: is empty")
    stages = ("goldens", "before-train", "screen", "finetune")
    manifests = {name: read_json(folder / name / MANIFEST) for name in stages}
    built = read_json(folder / "trainset" / "trainset.json")["counts"]
    return Chapter(
        facts=facts,
        lines=gate.lines,
        scale=_scale(gate.lines),
        funnel=_funnel(facts, clean, leaks, built),
        leaks=tuple(leaks[:SHOWN_LEAKS]),
        leaks_total=len(leaks),
        reasons=tuple((reason_words(key), key, count) for key, count in _most_common(facts.failures)),
        groups=_groups(folder, clean, leaks),
        train=train[0],
        spark=spark(train[0].losses, train[0].epochs),
        unindexable=len(manifests["screen"].get("unindexable", ())),
        sandbox=_joined(m["sandbox"] for m in manifests.values() if m.get("sandbox")),
        version=_joined(m["version"] for m in manifests.values() if m.get("version")),
    )


def _most_common(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _joined(values: Iterable[Any]) -> str:
    return ", ".join(sorted({str(value) for value in values})) or "not recorded"


def _scale(lines: Sequence[Line]) -> float:
    """Half the width of the interval bars' common axis: the widest bound, rounded up to something that one can read."""
    widest = max((abs(bound) for line in lines for bound in line.ci95), default=1.0)
    return next((step for step in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75) if widest <= step), 1.0)


def _funnel(
    facts: Round, clean: Sequence[CleanPair], leaks: Sequence[ContaminatedPair], built: Mapping[str, int]
) -> tuple[Step, ...]:
    def lost(stage: str) -> tuple[tuple[str, int], ...]:
        prefix = f"{stage}: "
        return tuple((k.removeprefix(prefix), n) for k, n in _most_common(facts.dropped) if k.startswith(prefix))

    def step(name: str, note: str, golden: int, replay: int, stage: str) -> Step:
        return Step(name=name, note=note, total=golden + replay, golden=golden, replay=replay, lost=lost(stage))

    tasks, failed = facts.counts.get("train_tasks", 0), facts.counts.get("failures", 0)
    golden, dirty = sum(not pair.replay for pair in clean), sum(not pair.replay for pair in leaks)
    pairs = len(clean) + len(leaks)
    rows = "what was trained on" if facts.round == 1 else "what was trained on: pairs of all rounds so far"
    return (
        Step(name="training tasks", note="of all suites", total=tasks, golden=0, replay=0),
        Step(name="failures", note="of the training tasks", total=failed, golden=failed, replay=0),
        step("pairs", "failures with a proved golden, and own passes", golden + dirty, pairs - golden - dirty, "pairs"),
        step("clean pairs", "nothing of the holdout found in them", golden, len(clean) - golden, "screen"),
        step("training rows", rows, built.get("golden", 0) + built.get("repair", 0), built.get("replay", 0), "trainset"),
    )


def _groups(folder: Path, clean: Sequence[CleanPair], leaks: Sequence[ContaminatedPair]) -> tuple[Group, ...]:
    """Failing attempts by slice. Only what the evaluation of split ``train`` holds can get in here."""
    results = read_records(folder / "before-train" / "results.jsonl", Result)
    origin = {r.key: r for r in results if r.split == "train"}
    goldens = {golden.key: golden for golden in read_records(folder / "goldens" / "goldens.jsonl", Golden)}
    trained = {pair.key: pair.prompt for pair in clean if not pair.replay}
    leaking = {pair.key for pair in leaks if not pair.replay}
    found: dict[tuple[str, str], list[Failure]] = {}
    for failure in read_records(folder / "failures" / "failures.jsonl", Failure):
        if failure.key in origin:
            result = origin[failure.key]
            found.setdefault((result.suite, result.slice), []).append(failure)
    groups = []
    for (suite, name), failures in sorted(found.items()):
        cases = []
        for failure in failures[:SHOWN_PER_SLICE]:
            fate = "leaks" if failure.key in leaking else "trained" if failure.key in trained else "unpaired"
            cases.append(_case(failure, goldens.get(failure.key), trained.get(failure.key, ""), fate))
        groups.append(Group(suite=suite, slice=name, total=len(failures), cases=tuple(cases)))
    return tuple(groups)


def _case(failure: Failure, golden: Golden | None, prompt: str, fate: str) -> Case:
    attempt, verdict = failure.attempt, failure.verdict
    wrote = (attempt.code if attempt.code is not None else attempt.completion).strip()
    evidence = tuple(
        (label, clip(_pathless(text) if key in _FROM_MACHINE else text))
        for key, label in _EVIDENCE
        if (text := str(verdict.evidence.get(key, "")).strip())
    )
    if fate == "leaks":
        shown, note = None, "Not shown: the pair leaks a holdout item, and this text would give the item away."
    elif golden is None:
        shown, note = None, "This task has no proved golden."
    else:
        shown, note = clip(golden.code.strip()), _proof(golden)
    said = dict(evidence)
    return Case(
        task=failure.key,
        reason=verdict.reason,
        headline=said.get("failing check") or said.get("message") or said.get("stderr", ""),
        prompt=clip(prompt.strip()),
        wrote=clip(wrote),
        whole_answer=clip(attempt.completion.strip()) if attempt.completion.strip() != wrote else "",
        evidence=evidence,
        golden=shown,
        golden_note=note,
        fate=fate,
    )


def _proof(golden: Golden) -> str:
    checks = golden.proof.evidence.get("checks")
    passed = f"passed {checks} check{'' if checks == 1 else 's'}" if isinstance(checks, int) else "passed its checks"
    empty = f"; an empty answer fails ({reason_words(golden.empty.reason)})" if golden.empty else ""
    return f"Proved in {golden.proof.sandbox or 'the sandbox'}: {passed}{empty}."


def spark(losses: Sequence[float], epochs: int) -> Spark | None:
    """The loss curve; None without two finite steps, since one point is no curve."""
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
    floor, ceiling = _bounds([rate.interval for found in rates.values() for rate in found])
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
class _Rate:
    share: float
    interval: tuple[float, float]
    said: str
    kept: bool


def _rates(suite: str, chapters: Sequence[Chapter]) -> list[_Rate]:
    lines = [next((line for line in chapter.wholes if line.suite == suite), None) for chapter in chapters]
    found = []
    for number, line in enumerate([lines[0], *lines]):
        if line is None:
            raise BadInput(f"round {number}: its gate does not know suite {suite}, which the first round has")
        share = line.after if number else line.before
        low, high = line.after_ci95 if number else line.before_ci95
        counted = f"{round(share * line.n)} of {line.n}" if line.samples == 1 else f"{line.n} tasks, {line.samples} samples each"
        said = f"{counted}, {percent(share)}, 95% {percent(low)} to {percent(high)}"
        kept = number == 0 or chapters[number - 1].facts.decision == "promote"
        found.append(_Rate(share=share, interval=(low, high), said=said, kept=kept))
    return found


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
    """Push labels apart that would cover each other, and back up where they would leave the chart."""
    order = sorted(series, key=lambda s: s.label_y)
    places: list[float] = []
    for one in order:
        places.append(max(one.label_y, places[-1] + gap if places else float(top)))
    over = max(0.0, places[-1] - bottom) if places else 0.0
    moved = {one.suite: place - over for one, place in zip(order, places, strict=True)}
    return [replace(one, label_y=round(moved[one.suite], 1)) for one in series]


def _lineage(run: Path, chapters: Sequence[Chapter]) -> list[tuple[str, list[str]]]:
    """Rows of the lineage table: a name, and one value a round."""
    facts = read_json(run / "run.json") if (run / "run.json").is_file() else {}

    def row(name: str, values: Iterable[object]) -> tuple[str, list[str]]:
        return name, [str(value) or "not recorded" for value in values]

    def settings(train: TrainReport) -> str:
        lora = train.settings.get("lora")
        rank = {f"lora.{key}": lora.get(key) for key in ("r", "lora_alpha")} if isinstance(lora, dict) else {}
        named = {key: train.settings.get(key) for key in ("learning_rate", "batch_size", "seed")} | rank
        return ", ".join(f"{key} {value}" for key, value in named.items() if value is not None)

    return [
        row("base model", (model_name(c.train.model.base) for c in chapters)),
        row("revision", (c.train.model.revision for c in chapters)),
        row("measured against", (model_name(c.facts.before, c.train.model.base) for c in chapters)),
        row("trainset", (c.facts.trainset for c in chapters)),
        row("holdout index", (c.facts.index for c in chapters)),
        row("adapter", (c.facts.adapter for c in chapters)),
        row("comes after", (" → ".join(c.facts.lineage) for c in chapters)),
        row("training", (f"{c.train.rows} rows, {c.train.epochs} epochs, {c.train.steps} steps" for c in chapters)),
        row("settings", (settings(c.train) for c in chapters)),
        row("sandbox", (c.sandbox for c in chapters)),
        row("goldloop", (c.version for c in chapters)),
        *([row("configuration", [facts["digest"]] * len(chapters))] if facts.get("digest") else []),
    ]


def percent(share: float) -> str:
    """0.254 is ``25.4%``."""
    return f"{100 * share:.1f}%"


def points(share: float) -> str:
    """A difference of shares as signed points with a true minus sign: -0.25 is ``−25.0``; no sign at zero."""
    value = round(100 * share, 1)
    return f"{value:+.1f}".replace("-", "−") if value else "0.0"


def model_name(name: str, base: str = "") -> str:
    """A model without the folders of this machine: an absolute path is cut to its last part."""
    base = base or name
    if PurePosixPath(base).is_absolute() or PureWindowsPath(base).is_absolute() or base.startswith("~"):
        return name.replace(base, PureWindowsPath(base).name)
    return name


def clip(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """A text that fits a page, with the number of characters that were left out."""
    return text if len(text) <= limit else f"{text[:limit]}\n… {len(text) - limit} more characters, in the run's folder"


def _pathless(text: str) -> str:
    """Tracebacks without the folders of the machine that they happened on."""
    return _ABSOLUTE.sub("…/", text)
