"""Levers side by side: base, a prompt rule, an adapter, both, and ways of decoding, on the same tasks with the same statistics.

Every arm is a separate evaluation in its own folder, named after it, so a killed comparison resumes and a
further lever is added to it. The text of a rule is kept beside the results and its digest with the figures: an edited rule
is another lever, and needs another folder. Best of several and repair turns know the tests' verdicts (an oracle), which use
does not have: they are reported, and compared with nothing. Says nothing about levers that were not tried.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from evals.clusters import Groups, holm
from evals.comparison import Outcomes, compare_outcomes, flaky_tasks, groups_of, outcomes_of, pass_rate, set_apart
from evals.errors import BadInput, Inconclusive
from evals.files import digest, write_atomic, write_json
from evals.records import ModelRef, Record, Result, Task
from loop.adapters import trained_rows
from loop.bench import Bench
from loop.config import EvalSettings
from loop.holdout import require_untrained
from loop.stages import evaluate_stage

BASE = "base"
RULES_FILE = "rules.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One combination of levers. ``evals`` are changed keys of ``evals.*``; ``any_of`` counts a task whose best sample passes."""

    name: str
    rules: str = ""
    adapter: str = ""
    evals: Mapping[str, float] | None = None
    any_of: bool = False
    repaired: bool = False

    @property
    def oracle(self) -> bool:
        """Whether the tests' verdicts choose or mend its answers: an unchanged model scores higher so, in every run."""
        return self.any_of or self.repaired

    @property
    def folder(self) -> str:
        """The name of its folder: ``base``, ``rules-adapter``, ``best-of-4-at-0.8``."""
        return re.sub(r"[^\w.]+", "-", self.name).strip("-").lower()


class ArmReport(Record):
    """An arm's rate and, but for the base, its difference to the base. Shares, not points; ``p`` is after Holm.

    An arm with an ``oracle`` has its rate alone: a difference to the base, whose answers nobody chooses, says nothing about use.
    ``rules`` is the digest of the rule's text, ``adapter`` the adapter's folder, ``folder`` where the results are.
    """

    name: str
    folder: str = ""
    rules: str = ""
    adapter: str = ""
    n: int
    rate: float
    ci95: tuple[float, float]
    oracle: bool = False
    delta: float | None = None
    delta_ci95: tuple[float, float] | None = None
    p: float | None = None
    gained: int = 0
    lost: int = 0
    detectable: float | None = None


def read_rules(files: Sequence[Path]) -> dict[str, str]:
    """The texts of rule files by the name of their arm: ``rules`` for a single one, else each file's own name.

    Raises:
        BadInput: a file is missing, empty, or not text; two have the same name or text.
    """
    texts: dict[str, str] = {}
    for file in files:
        if not file.is_file():
            state = "is a folder" if file.is_dir() else "no such file"
            raise BadInput(f"--rules {file}: {state}; write the rules that every prompt should get into a file")
        try:
            text = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise BadInput(f"--rules {file}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None
        name = "rules" if len(files) == 1 else file.stem
        if not text.strip():
            raise BadInput(f"--rules {file}: the file is empty; without rules it would equal the base")
        if name in texts:
            raise BadInput(f"--rules {file}: another file is called {name!r}, too; its name is the arm's, rename one of them")
        if twin := next((earlier for earlier, known in texts.items() if known.strip() == text.strip()), ""):
            raise BadInput(f"--rules {file}: has the same text as {twin!r}; give each rule once")
        texts[name] = text
    return texts


def arms_of(
    *, rules: Mapping[str, str], adapter: str, temperature: float, tries: int, repair: int, usual_temperature: float = 0.0
) -> list[Arm]:
    """The arms that these levers make; the base is always the first. ``usual_temperature`` is the base's own.

    Raises:
        BadInput: no lever was given, or one equals the base's setting.
    """
    arms = [Arm(name=BASE)]
    arms += [Arm(name=f"+ {name}", rules=text) for name, text in rules.items()]
    if adapter:
        arms.append(Arm(name="+ adapter", adapter=adapter))
        arms += [Arm(name=f"+ {name} + adapter", rules=text, adapter=adapter) for name, text in rules.items()]
    if temperature and temperature == usual_temperature and tries == 1:
        raise BadInput(f"--temperature {temperature:g}: the base has this temperature already (evals.temperature)")
    if temperature and temperature != usual_temperature:
        arms.append(Arm(name=f"temperature {temperature:g}", evals={"temperature": temperature}))
    if tries > 1:
        heat = temperature or usual_temperature or 0.8
        arms.append(Arm(name=f"best of {tries} at {heat:g}", evals={"temperature": heat, "samples": tries}, any_of=True))
    if repair:
        turns = "1 repair turn" if repair == 1 else f"{repair} repair turns"
        arms.append(Arm(name=turns, evals={"repair_turns": repair}, repaired=True))
    if len(arms) == 1:
        raise BadInput("nothing to compare: give at least one of --rules, --adapter, --temperature, --tries, --repair")
    folders = [arm.folder for arm in arms]
    if twice := next((arm for arm in arms if folders.count(arm.folder) > 1), None):
        raise BadInput(f"two arms would be called {twice.folder!r}; rename the rule file {twice.name.removeprefix('+ ')!r}")
    return arms


class Ablation(Record):
    """All arms, the base first. ``flaky`` tasks are set apart in all of them: the same code got both verdicts."""

    model: str
    arms: tuple[ArmReport, ...]
    flaky: tuple[str, ...] = ()


def run_arms(bench: Bench, arms: Sequence[Arm], tasks: Sequence[Task], out: Path) -> Ablation:
    """Evaluate every arm and compare it with the base; ``ablation.json`` in ``out`` has it all.

    Raises:
        BadInput: an arm's folder holds results of other rules, settings or tasks.
        Inconclusive: too many infrastructure errors, or no task with a verdict in all arms.
    """
    for arm in arms:
        _keep_rules(arm, out / arm.folder)
    results: dict[str, list[Result]] = {}
    for arm in sorted(arms, key=lambda arm: arm.adapter):  # one model in memory at a time
        settings = EvalSettings.model_validate({**bench.config.evals.model_dump(), **(arm.evals or {})})
        asked = [with_rules(task, arm.rules) for task in tasks]
        ref = ModelRef(base=bench.config.model, adapter=arm.adapter)
        results[arm.name] = evaluate_stage(bench, out / arm.folder, ref, asked, arm.name, evals=settings)
    flaky = flaky_tasks([result for side in results.values() for result in side])
    outcomes = {arm.name: _outcomes(arm, set_apart(flaky, results[arm.name])) for arm in arms}
    oracles = {arm.name for arm in arms if arm.oracle}
    reports = compare_arms(outcomes, groups_of(results[BASE]), oracles)
    named = [
        report.model_copy(update={"folder": arm.folder, "rules": digest(arm.rules) if arm.rules else "", "adapter": arm.adapter})
        for arm, report in zip(arms, reports, strict=True)
    ]
    ablation = Ablation(model=bench.config.model, arms=tuple(named), flaky=flaky)
    write_json(out / "ablation.json", ablation)
    return ablation


def _keep_rules(arm: Arm, folder: Path) -> None:
    """Keep the text of an arm's rules beside its results; what is kept is never replaced."""
    kept = folder / RULES_FILE
    if kept.is_file() and kept.read_bytes() != arm.rules.encode():
        raise BadInput(
            f"{folder}: holds results of other rules (kept in {RULES_FILE}, digest {digest(kept.read_text(encoding='utf-8'))}) "
            f"than those of --rules (digest {digest(arm.rules)}); an edited rule is another lever: give another --out"
        )
    if arm.rules and not kept.is_file():
        write_atomic(kept, arm.rules.encode())


def with_rules(task: Task, rules: str) -> Task:
    """The task with rules after its system prompt."""
    return task.model_copy(update={"system": f"{task.system}\n\n{rules.strip()}".strip()}) if rules.strip() else task


def _outcomes(arm: Arm, results: Sequence[Result]) -> dict[str, list[bool]]:
    if arm.repaired:
        results = [result.model_copy(update={"verdict": result.after_repair}) for result in results]
    outcomes = outcomes_of(results)
    return {task: [any(passed)] for task, passed in outcomes.items()} if arm.any_of else outcomes


def require_comparable(adapter: str, tasks: Sequence[Task]) -> str:
    """Check that an adapter was trained on none of these tasks; returns why that cannot be determined, or nothing.

    Raises:
        BadInput: it was trained on some of them, or its trainset was changed since.
    """
    unknown = require_untrained(Path(adapter), tasks)
    training = {task.key for task in tasks if task.split == "train"}
    if not training:
        return unknown
    rows = trained_rows(Path(adapter), "these tasks")
    if isinstance(rows, str):
        return rows
    if trained := sorted(training & {str(example.provenance["key"]) for example in rows[1]}):
        raise BadInput(
            f"--adapter {adapter}: was trained on {len(trained)} of these {len(training)} training tasks, such as {trained[0]}: "
            "a gain on them says nothing about others; compare on tasks that it never saw: --split dev"
        )
    return unknown


def compare_arms(
    outcomes: Mapping[str, Outcomes], groups: Groups | None = None, oracles: Set[str] = frozenset()
) -> list[ArmReport]:
    """Reports in the order given, the base first; tasks of one group are not independent. ``oracles`` are compared with nothing.

    Raises:
        Inconclusive: no task has a verdict in all arms.
    """
    shared = set.intersection(*(set(side) for side in outcomes.values()))
    if not shared:
        raise Inconclusive("no task has a verdict in all arms; nothing can be compared")
    kept = {name: {task: side[task] for task in sorted(shared)} for name, side in outcomes.items()}
    fair = {name: side for name, side in kept.items() if name not in {BASE, *oracles}}
    compared = {name: compare_outcomes(kept[BASE], side, groups) for name, side in fair.items()}
    adjusted = holm({name: comparison.p for name, comparison in compared.items()})
    reports = []
    for name, side in kept.items():
        rate = pass_rate(side, groups)
        limits = rate.interval.low, rate.interval.high
        report = ArmReport(name=name, n=rate.n, rate=rate.share, ci95=limits, oracle=name in oracles)
        if name in compared:
            against = compared[name]
            report = report.model_copy(
                update={
                    "delta": against.delta,
                    "delta_ci95": (against.ci95.low, against.ci95.high),
                    "p": adjusted[name],
                    "gained": against.gained,
                    "lost": against.lost,
                    "detectable": against.detectable,
                }
            )
        reports.append(report)
    return reports
