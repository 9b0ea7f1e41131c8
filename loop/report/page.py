"""The HTML report of a run: one file that shows what was learned, what was dropped, and why the gate decided as it did.

Covers every round of ``report.json``. Holds nothing that depends on the clock or the machine: the same run gives the same
bytes. The layout is in ``templates/report.html.j2``; model output is hostile text, so all is escaped there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from jinja2 import Environment

from decontam.pages import page_environment
from decontam.screen import BLIND
from evals.files import read_json, write_atomic
from evals.reasons import reason_words
from finetune.records import TrainReport
from loop.report.chart import Spark, hill, spark
from loop.report.story import Chapter, read_chapter, read_story
from loop.report.words import model_name, percent, points

HTML = "report.html"
_TEMPLATES = Path(__file__).parents[1] / "templates"
# Width, height and right margin in px, for a screen and for a phone: text in a scaled drawing would become too small.
_PLOTS = ((780, 330, 175), (400, 300, 14))


def write_report(run: Path) -> Path:
    """Write ``report.html`` into a run's folder, from what is on disk; returns its path.

    Raises:
        BadInput: there is no ``report.json`` yet, or a file of a round is missing or damaged; the message names it.
    """
    story = read_story(run)
    chapters = [read_chapter(run / f"round-{facts.round}", facts) for facts in story.rounds]
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
    environment.filters |= {"points": points, "percent": percent, "model": model_name, "reason": reason_words, "spark": _spark}
    return environment


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


def _spark(train: TrainReport) -> Spark | None:
    return spark(train.losses, train.epochs)
