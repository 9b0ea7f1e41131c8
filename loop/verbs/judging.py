"""The verb that asks a model for its opinion of answers, and says how far that opinion can be trusted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.app import Json, Sets, app, emit, next_command
from loop.verbs.common import Out, read_results

if TYPE_CHECKING:
    from evals.judge import Criterion

JUDGEMENTS = "judgements.jsonl"
INFORMS = "a judge informs and never decides: no verdict, gate or trainset reads these scores"


@app.command()
def judge(
    results: Annotated[Path, typer.Argument(help="Folder of an evaluation, or of a run.")],
    suite: Annotated[list[str], typer.Option(help="Suite that was evaluated; repeatable.")],
    model: Annotated[str, typer.Option(help="The judge: a model as in the configuration.")],
    out: Out,
    rubric: Annotated[Path | None, typer.Option(help="YAML list of name, description and weight.")] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help='People\'s labels, JSONL: {"key": "suite/id", "good": true}, "sample" after the first.'),
    ] = None,
    set_: Sets = None,
    json: Json = False,
) -> None:
    """Score the answers of training and dev tasks by a rubric beside the golden; with labels, say how far the judge agrees.

    A judge informs and never decides: no verdict, gate or trainset reads what it says. That it agrees with people is said from
    100 labels on, if the 95% interval of kappa begins at 0.6 or above.

    Example: goldloop judge evals/base --suite house --model judge-7b --set backend=openai --labels labels.jsonl --out judged
    """
    from evals.files import write_json, write_jsonl
    from evals.judge import calibrate, judge_answers
    from evals.records import BLIND, ModelRef
    from evals.suites import load_suite
    from loop.bench import open_model
    from loop.config import make_config

    config = make_config({"model": model, "suites": {"target": suite}}, set_ or (), place="command line")
    tasks = {task.key: task for name in suite for task in load_suite(name).tasks}
    answered = [r for r in read_results(results) if r.split not in BLIND and r.attempt.code and r.key in tasks]
    if not answered:
        raise BadInput(f"{results}: no answer with code to a training or dev task of {', '.join(suite)}")
    criteria = _rubric(rubric)
    known = _labels(labels) if labels is not None else {}
    backend = open_model(config, ModelRef(base=config.model))
    try:
        answers = [(tasks[r.key], r.attempt.code or "") for r in answered]
        judged = judge_answers(answers, backend, criteria, progress=console.Bars(quiet=json))
    finally:
        backend.close()
    judged = [judgement.model_copy(update={"sample": r.attempt.sample}) for judgement, r in zip(judged, answered, strict=True)]
    write_jsonl(out / JUDGEMENTS, judged)
    scored = [judgement for judgement in judged if judgement.score is not None]
    summary: dict[str, Any] = {
        "note": INFORMS,
        "answers": len(judged),
        "scored": len(scored),
        "mean": sum(judgement.score or 0.0 for judgement in scored) / len(scored) if scored else None,
        "criteria": {c.name: sum(judgement.scores[c.name] for judgement in scored) / len(scored) for c in criteria}
        if scored
        else {},
        "abstained": dict(Counter(judgement.error[:80] for judgement in judged if judgement.score is None).most_common(5)),
    }
    if labels is not None:
        try:
            calibration = calibrate(judged, known)
        except ValueError as error:
            raise BadInput(f"{labels}: {error}") from None
        found = {"agrees": calibration.agrees, "doubts": calibration.doubts}
        summary["calibration"] = {**calibration.model_dump(mode="json"), **found}
    write_json(out / "judge.json", summary)
    if json:
        emit({"out": str(out), **summary})
    else:
        _show(summary)
    next_command(f"goldloop failures {results}")


def _rubric(file: Path | None) -> tuple[Criterion, ...]:
    import yaml
    from pydantic import ValidationError

    from evals.files import describe
    from evals.judge import DEFAULT_RUBRIC, Criterion

    if file is None:
        return DEFAULT_RUBRIC
    try:
        rows = yaml.safe_load(file.read_text(encoding="utf-8"))
        if not isinstance(rows, list) or not rows:
            raise BadInput(f"{file}: expected a list of criteria with name and description, found {type(rows).__name__}")
        criteria = tuple(Criterion.model_validate(row) for row in rows)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"--rubric {file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except yaml.YAMLError as error:
        raise BadInput(f"{file}: not YAML: {error}") from None
    except ValidationError as error:
        raise BadInput(f"{file}: {describe(error)}") from None
    names = [criterion.name for criterion in criteria]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadInput(f"{file}: criterion {', '.join(twice)} is given twice; give each its own name")
    return criteria


def _labels(file: Path) -> dict[str, bool]:
    """People's labels by the judgement that they are about.

    Raises:
        BadInput: the file is missing, a row is not a label, or two labels of one answer differ.
    """
    from evals.judge import Label
    from evals.tables import read_table_records

    if not file.is_file():
        raise BadInput(f'--labels {file}: no such file; expected a table such as JSONL with {{"key": "suite/id", "good": true}}')
    known: dict[str, bool] = {}
    for label in read_table_records(file, Label):
        if known.setdefault(label.answer, label.good) is not label.good:
            raise BadInput(f"{file}: {label.answer} is labelled both good and not; keep one label per answer")
    return known


def _show(summary: dict[str, Any]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("criterion")
    table.add_column("mean", justify="right")
    for name, mean in summary["criteria"].items():
        table.add_row(Text(name), f"{mean:.2f}")
    console.out.print(table)
    without = summary["answers"] - summary["scored"]
    console.out.print(f"{summary['scored']} of {summary['answers']} answers scored; {without} without a consistent score")
    for reason, count in summary["abstained"].items():
        console.out.print(Text(f"  {count} {reason}"))
    if agreed := summary.get("calibration"):
        low, high = agreed["kappa95"]
        labels = f"{agreed['n']} labels of {agreed['tasks']} tasks ({agreed['good']} good)"
        console.out.print(
            f"against {labels}: accuracy {agreed['accuracy']:.0%}, kappa {agreed['kappa']:.2f} (95% interval {low:.2f} to "
            f"{high:.2f}), calibration error {agreed['ece']:.2f}",
            soft_wrap=True,
        )
        shown = "it agrees with people" if agreed["agrees"] else f"not shown to agree with people: {'; '.join(agreed['doubts'])}"
        console.out.print(shown, soft_wrap=True)
    console.out.print(INFORMS, soft_wrap=True)
