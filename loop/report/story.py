"""Reads what a run left on disk into what its page shows of each round.

Covers ``report.json`` and the evidence in the stages' folders. Holdout items are not shown one by one: their attempts are not
even read. Model output is hostile text; it is escaped where the page is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from decontam.records import CleanPair, ContaminatedPair
from evals.errors import BadInput
from evals.files import MANIFEST, describe, read_json, read_records
from evals.reasons import reason_words
from evals.records import Failure, Result
from finetune.records import TrainReport
from goldens.records import TARGET_SOURCES, Golden
from loop.closing import Conditions, verdict_words
from loop.gate import GateReport, Line
from loop.overfit import Overfit
from loop.report.making import StageCost, read_costs
from loop.report.words import clip, pathless
from loop.stops import Stop

SHOWN_PER_SLICE = 25  # failing attempts; a report of thousands would not open on a phone
SHOWN_LEAKS = 100
EVIDENCE = (
    ("check", "failing check"),
    ("expected", "expected"),
    ("got", "got"),
    ("raised", "raised"),
    ("message", "message"),
    ("exit_code", "exit code"),
    ("stderr", "stderr"),
)
FROM_MACHINE = {"message", "stderr"}  # may hold paths of the machine; the others compare values and stay as they are


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class BaseGain(_Facts):
    """A suite's gain against the original base."""

    delta: float
    ci95: tuple[float, float]


class SeedRun(_Facts):
    """One of several trainings of a round: its rate on the dev tasks, if it was evaluated there."""

    seed: int
    adapter: str = ""
    dev: float | None = Field(default=None, validation_alias=AliasChoices("dev", "dev_rate", "rate"))
    holdout: Mapping[str, float] = Field(default_factory=dict)
    chosen: bool = False


class DevFigure(_Facts):
    """One adapter that dev saw, and the share of dev tasks that it passed."""

    name: str
    seed: int = 0
    learning_rate: float | None = None
    epoch: int = 0
    scale: float = 1.0
    dev: float
    chosen: bool = False


class GainSpread(_Facts):
    """The gains of all seeds of a round on one target."""

    mean: float
    deviation: float


class Round(_Facts):
    """A round as ``report.json`` has it; keys that this page does not show are ignored.

    ``kind`` is ``trained``, or ``nothing new`` for a round that had nothing to train on. ``start`` is the adapter that the round
    started from, empty for the base. Reports of earlier versions lack them, and what comes after ``lineage``.
    """

    round: int
    kind: str = "trained"
    decision: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int]
    dropped: Mapping[str, int]
    failures: Mapping[str, int]
    before: str
    trainset: str = ""
    index: str = ""
    adapter: str = ""
    lineage: tuple[str, ...] = ()
    start: str = ""
    against_base: Mapping[str, BaseGain] = Field(default_factory=dict)
    seeds: tuple[SeedRun, ...] = ()
    looks: tuple[DevFigure, ...] = ()
    spread: Mapping[str, GainSpread] = Field(default_factory=dict)
    yields: Mapping[str, Mapping[str, int]] = Field(default_factory=dict)
    held_back: Overfit | None = None
    conditions: Conditions | None = None

    @field_validator("trainset", "index", "adapter", "lineage", "start", "against_base", "seeds", "looks", mode="before")
    @classmethod
    def _nothing_for_null(cls, value: Any, info: ValidationInfo) -> Any:
        if info.field_name == "start" and value == "base":
            return ""
        return cls.model_fields[str(info.field_name)].get_default(call_default_factory=True) if value is None else value

    @property
    def trained(self) -> bool:
        """Whether something was trained and decided on."""
        return self.kind == "trained"


class Story(_Facts):
    """``report.json``."""

    run: str
    rounds: tuple[Round, ...]
    stopped: Stop | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStep:
    """One bar of the funnel; ``lost`` counts what was dropped before, by reason.

    ``golden + replay == total``, except for the tasks, which are neither yet.
    """

    name: str
    note: str
    total: int
    golden: int
    replay: int
    lost: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureCase:
    """One failing attempt of a training task.

    ``golden`` is None if it is not shown; ``golden_note`` says why, or how it was proved. ``fate``: ``trained``,
    ``leaks``, ``left out`` (by a share, a cap, or held back) or ``unpaired``.
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
class SliceFailures:
    """The failing attempts of one slice; ``total`` counts those beyond ``SHOWN_PER_SLICE`` too."""

    suite: str
    slice: str
    total: int
    cases: tuple[FailureCase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Everything that the page shows about one round. ``lines``, ``words`` and ``train`` are empty if nothing was trained.

    ``words`` has the verdict of each line, by suite and slice.
    """

    facts: Round
    lines: tuple[Line, ...]
    words: Mapping[tuple[str, str], str]
    funnel: tuple[FunnelStep, ...]
    leaks: tuple[ContaminatedPair, ...]
    leaks_total: int
    reasons: tuple[tuple[str, str, int], ...]
    groups: tuple[SliceFailures, ...]
    train: TrainReport | None
    costs: tuple[StageCost, ...]
    unindexable: int
    sandbox: str
    version: str

    @property
    def wholes(self) -> tuple[Line, ...]:
        """The lines of whole suites, without slices."""
        return tuple(line for line in self.lines if line.slice == "*")

    @property
    def first_from_base(self) -> bool:
        """Whether what the round is compared with is the original base."""
        return not self.facts.start and self.facts.lineage in ((), ("base",))

    def slices_of(self, suite: str) -> tuple[Line, ...]:
        """The lines of a suite's slices."""
        return tuple(line for line in self.lines if line.suite == suite and line.slice != "*")


def read_story(run: Path) -> Story:
    """``report.json`` of a run's folder.

    Raises:
        BadInput: there is none yet, or it is damaged; the message names the file.
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
    return story


def read_chapter(folder: Path, facts: Round) -> Chapter:
    """One round, from its folder.

    Raises:
        BadInput: a file of the round is missing or damaged; the message names it.
    """
    lines = _gate(folder).lines if facts.trained else ()
    screened = facts.trained or (folder / "screen" / MANIFEST).is_file()
    clean = read_records(folder / "screen" / "clean.jsonl", CleanPair) if screened else []
    leaks = read_records(folder / "screen" / "contaminated.jsonl", ContaminatedPair) if screened else []
    stages = ("goldens", "before-train", "screen", adapter_folder(folder, facts).name)
    needed = [name for name in stages if facts.trained or (folder / name / MANIFEST).is_file()]
    train = _train_report(adapter_folder(folder, facts)) if facts.trained else None
    manifests = {name: read_json(folder / name / MANIFEST) for name in needed}
    built = read_json(folder / "trainset" / "trainset.json")["counts"] if facts.trained else {}
    return Chapter(
        facts=facts,
        lines=lines,
        words=verdict_words(lines),
        funnel=_funnel(facts, clean, leaks, built),
        leaks=tuple(leaks[:SHOWN_LEAKS]),
        leaks_total=len(leaks),
        reasons=tuple((reason_words(key), key, count) for key, count in _most_common(facts.failures)),
        groups=_groups(folder, clean, leaks),
        train=train,
        costs=read_costs(folder),
        unindexable=len(manifests.get("screen", {}).get("unindexable", ())),
        sandbox=_joined(m["sandbox"] for m in manifests.values() if m.get("sandbox")),
        version=_joined(m["version"] for m in manifests.values() if m.get("version")),
    )


def _gate(folder: Path) -> GateReport:
    try:
        return GateReport.model_validate(read_json(folder / "gate" / MANIFEST)["gate"])
    except (ValidationError, KeyError) as error:
        detail = describe(error) if isinstance(error, ValidationError) else f"key {error} is missing"
        raise BadInput(f"{folder / 'gate' / MANIFEST}: {detail}") from None


def adapter_folder(folder: Path, facts: Round) -> Path:
    """Where the round's adapter is: of several trainings the one that it reports, else the usual place."""
    for file in sorted(folder.glob(f"finetune*/{MANIFEST}")):
        if facts.adapter and read_json(file).get("adapter") == facts.adapter:
            return file.parent
    return folder / "finetune"


def _train_report(folder: Path) -> TrainReport:
    file = folder / "report.jsonl"
    reports = read_records(file, TrainReport)
    if not reports:
        raise BadInput(f"{file}: is empty")
    return reports[0]


def _most_common(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _joined(values: Iterable[Any]) -> str:
    return ", ".join(sorted({str(value) for value in values})) or "not recorded"


def _funnel(
    facts: Round, clean: Sequence[CleanPair], leaks: Sequence[ContaminatedPair], built: Mapping[str, int]
) -> tuple[FunnelStep, ...]:
    def lost(stage: str) -> tuple[tuple[str, int], ...]:
        prefix = f"{stage}: "
        return tuple((k.removeprefix(prefix), n) for k, n in _most_common(facts.dropped) if k.startswith(prefix))

    def step(name: str, note: str, golden: int, replay: int, stage: str) -> FunnelStep:
        return FunnelStep(name=name, note=note, total=golden + replay, golden=golden, replay=replay, lost=lost(stage))

    tasks, failed = facts.counts.get("train_tasks", 0), facts.counts.get("failures", 0)
    golden, dirty = sum(not pair.replay for pair in clean), sum(not pair.replay for pair in leaks)
    pairs = len(clean) + len(leaks)
    steps = 5 if facts.trained else 4 if pairs else 2
    rows = "what was trained on" if facts.round == 1 else "what was trained on: pairs of all rounds so far"
    return (
        FunnelStep(name="training tasks", note="of all suites", total=tasks, golden=0, replay=0),
        FunnelStep(name="failures", note="of the training tasks", total=failed, golden=failed, replay=0),
        step("pairs", "failures with a proved golden, and own passes", golden + dirty, pairs - golden - dirty, "pairs"),
        step("clean pairs", "nothing of the holdout found in them", golden, len(clean) - golden, "screen"),
        step("training rows", rows, sum(built.get(s, 0) for s in TARGET_SOURCES), built.get("replay", 0), "trainset"),
    )[:steps]


def _groups(folder: Path, clean: Sequence[CleanPair], leaks: Sequence[ContaminatedPair]) -> tuple[SliceFailures, ...]:
    """Failing attempts by slice. Only attempts of the evaluation of split ``train`` can appear here."""
    if not (folder / "failures" / "failures.jsonl").is_file():
        return ()
    results = read_records(folder / "before-train" / "results.jsonl", Result)
    origin = {r.key: r for r in results if r.split == "train"}
    goldens = {golden.key: golden for golden in read_records(folder / "goldens" / "goldens.jsonl", Golden)}
    trained = {pair.key: pair.prompt for pair in clean if not pair.replay}
    taught = folder / "trainset" / "taught.jsonl"
    rows = {pair.key for pair in read_records(taught, CleanPair)} if taught.is_file() else trained.keys()
    leaking = {pair.key for pair in leaks if not pair.replay}
    by_slice: dict[tuple[str, str], list[Failure]] = {}
    for failure in read_records(folder / "failures" / "failures.jsonl", Failure):
        if failure.key in origin:
            result = origin[failure.key]
            by_slice.setdefault((result.suite, result.slice), []).append(failure)
    groups = []
    for (suite, name), failures in sorted(by_slice.items()):
        cases = []
        for failure in failures[:SHOWN_PER_SLICE]:
            clean_fate = "trained" if failure.key in rows else "left out" if failure.key in trained else "unpaired"
            fate = "leaks" if failure.key in leaking else clean_fate
            cases.append(_case(failure, goldens.get(failure.key), trained.get(failure.key, ""), fate))
        groups.append(SliceFailures(suite=suite, slice=name, total=len(failures), cases=tuple(cases)))
    return tuple(groups)


def _case(failure: Failure, golden: Golden | None, prompt: str, fate: str) -> FailureCase:
    attempt, verdict = failure.attempt, failure.verdict
    wrote = (attempt.code if attempt.code is not None else attempt.completion).strip()
    evidence = tuple(
        (label, clip(pathless(text) if key in FROM_MACHINE else text))
        for key, label in EVIDENCE
        if (text := str(verdict.evidence.get(key, "")).strip())
    )
    if fate == "leaks":
        shown, note = None, "Not shown: the pair leaks a holdout item, and this text would give the item away."
    elif golden is None:
        shown, note = None, "This task has no proved golden."
    else:
        shown, note = clip(golden.code.strip()), _proof(golden)
    said = dict(evidence)
    return FailureCase(
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
