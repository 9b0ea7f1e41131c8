"""The HTML report of a run: one file that shows what was learned, what was dropped, and why the gate decided as it did.

Covers every round of ``report.json``. Dates, durations and machines stand in its ``made`` parts and nowhere else: but for these
the same run gives the same bytes wherever it is made, and the same folder always. The layout is in ``templates/report*.j2``;
model output is hostile text, so all is escaped there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from decontam.pages import page_environment
from decontam.screen import BLIND
from evals.files import read_json, write_atomic
from evals.reasons import reason_words
from finetune.records import TrainReport
from loop.closing import basis_words
from loop.overfit import held_back_words
from loop.report import making
from loop.report.answer import headline
from loop.report.chart import Spark, axis, dev_curve, heat, hill, spark
from loop.report.story import Chapter, adapter_folder, read_chapter, read_story
from loop.report.words import model_name, percent, points

HTML = "report.html"
_TEMPLATES = Path(__file__).parents[1] / "templates"
_UNTRAINED = "nothing was trained"
# Width, height and right margin in px, for a screen and for a phone: text in a scaled drawing would become too small.
_PLOTS = ((780, 330, 175), (400, 300, 14))


def write_report(run: Path) -> Path:
    """Write ``report.html`` into a run's folder, from what is on disk; returns its path.

    Raises:
        BadInput: there is no ``report.json`` yet, or a file of a round is missing or damaged; the message names it.
    """
    story = read_story(run)
    facts = read_json(run / "run.json") if (run / "run.json").is_file() else {}
    chapters = [read_chapter(run / f"round-{round_.round}", round_) for round_ in story.rounds]
    decided = [chapter for chapter in chapters if chapter.lines]
    start = "base" if not decided or decided[0].first_from_base else "start"
    page = (
        report_pages()
        .get_template("report.html.j2")
        .render(
            run=story.run,
            answer=headline(chapters),
            base=_base(chapters),
            chapters=chapters,
            stopped=story.stopped,
            when=_when(chapters),
            gated=decided,
            hills=[hill(decided, start, width, height, margin) for width, height, margin in _PLOTS] if decided else [],
            heat=heat(decided, start),
            lineage=_lineage(facts, chapters),
            made=_made(run, chapters),
            configuration=making.configuration_text(facts),
            commands=_commands(run, story.run, facts, chapters),
            blind=BLIND,
        )
    )
    write_atomic(run / HTML, page.encode("utf-8", errors="replace"))
    return run / HTML


@cache
def report_pages() -> Environment:
    """The templates of this page, which compile once a process."""
    environment = page_environment(_TEMPLATES)
    environment.filters |= {
        "points": points,
        "percent": percent,
        "model": model_name,
        "reason": reason_words,
        "devcurve": dev_curve,
        "spark": _spark,
        "axis": axis,
        "basis": basis_words,
        "held_back_words": held_back_words,
    }
    return environment


def _base(chapters: Sequence[Chapter]) -> str:
    """The model that was trained, or, where nothing was, the one that was measured."""
    trained = next((c.train.model.base for c in chapters if c.train), "")
    return model_name(trained) if trained else model_name(chapters[0].facts.before)


def _adapter(run: Path, chapter: Chapter) -> str:
    """The adapter's folder below the run's, with the run's name; empty if nothing was trained."""
    if not chapter.facts.trained:
        return ""
    folder = adapter_folder(run / f"round-{chapter.facts.round}", chapter.facts)
    return f"{run.name}/{folder.relative_to(run)}"


def _commands(run: Path, name: str, facts: Mapping[str, Any], chapters: Sequence[Chapter]) -> tuple[tuple[str, str], ...]:
    kept = [chapter for chapter in chapters if chapter.lines and chapter.facts.decision == "promote"]
    named: Sequence[str] = facts.get("config", {}).get("suites", {}).get("target", ())
    suites = [model_name(suite) for suite in named] or [line.suite for line in kept[-1].wholes[:1]] if kept else []
    start = str(facts.get("start", {}).get("adapter", ""))
    return making.commands(name, run.resolve().parent.name, start, suites, _adapter(run, kept[-1]) if kept else "")


def _when(chapters: Sequence[Chapter]) -> str:
    costs = [cost for chapter in chapters for cost in chapter.costs]
    return f"{making.dates_words(costs)} · {making.duration_words(costs)}"


def _made(run: Path, chapters: Sequence[Chapter]) -> list[tuple[str, list[str]]]:
    """Rows of the table of how the run was made: a name, and one value a round."""
    return [
        ("date", [making.dates_words(c.costs) for c in chapters]),
        ("duration", [making.duration_words(c.costs) for c in chapters]),
        ("machine", [making.machine_words(c.costs) for c in chapters]),
        ("tokens", [making.tokens_words(c.costs, c.train.trained_tokens if c.train else None) for c in chapters]),
        ("answers", [str(c.facts.conditions or (making.UNKNOWN if c.train else _UNTRAINED)) for c in chapters]),
        ("adapter's folder", [_adapter(run, c) or _UNTRAINED for c in chapters]),
    ]


def _lineage(facts: Mapping[str, Any], chapters: Sequence[Chapter]) -> list[tuple[str, list[str]]]:
    """Rows of the lineage table: a name, and one value a round."""

    def row(name: str, values: Iterable[object]) -> tuple[str, list[str]]:
        return name, [str(value) or "not recorded" for value in values]

    def settings(train: TrainReport | None) -> str:
        if train is None:
            return _UNTRAINED
        lora = train.settings.get("lora")
        rank = {f"lora.{key}": lora.get(key) for key in ("r", "lora_alpha")} if isinstance(lora, dict) else {}
        named = {key: train.settings.get(key) for key in ("learning_rate", "batch_size", "seed")} | rank
        return ", ".join(f"{key} {value}" for key, value in named.items() if value is not None)

    return [
        row("base model", (model_name(c.train.model.base) if c.train else _UNTRAINED for c in chapters)),
        row("revision", (c.train.model.revision if c.train else _UNTRAINED for c in chapters)),
        row("measured against", (model_name(c.facts.before, c.train.model.base if c.train else "") for c in chapters)),
        row("trainset", (c.facts.trainset if c.train else _UNTRAINED for c in chapters)),
        row("holdout index", (c.facts.index for c in chapters)),
        row("adapter", (c.facts.adapter if c.train else _UNTRAINED for c in chapters)),
        row("comes after", (" → ".join(c.facts.lineage) for c in chapters)),
        row("training", (_training(c.train) for c in chapters)),
        row("settings", (settings(c.train) for c in chapters)),
        row("sandbox", (c.sandbox for c in chapters)),
        row("goldloop", (c.version for c in chapters)),
        *([row("configuration", [facts["digest"]] * len(chapters))] if facts.get("digest") else []),
    ]


def _training(train: TrainReport | None) -> str:
    if train is None:
        return _UNTRAINED
    counted = {"row": train.rows, "epoch": train.epochs, "step": train.steps}
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counted.items())


def _spark(train: TrainReport) -> Spark | None:
    return spark(train.losses, train.epochs)
