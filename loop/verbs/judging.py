"""The verb that asks a model for its opinion of answers, and says how far that opinion can be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.cli import Json, Sets, app, emit, next_command
from loop.verbs.common import Out, read_results

if TYPE_CHECKING:
    from evals.judge import Criterion

JUDGEMENTS = "judgements.jsonl"


@app.command()
def judge(
    results: Annotated[Path, typer.Argument(help="Folder of an evaluation, or of a run.")],
    suite: Annotated[list[str], typer.Option(help="Suite that was evaluated; repeatable.")],
    model: Annotated[str, typer.Option(help="The judge: a model as in the configuration.")],
    out: Out,
    rubric: Annotated[Path | None, typer.Option(help="YAML list of name, description and weight.")] = None,
    labels: Annotated[Path | None, typer.Option(help='People\'s labels, JSONL: {"task": "suite/id", "good": true}.')] = None,
    set_: Sets = None,
    json: Json = False,
) -> None:
    """Score the answers of training and dev tasks by a rubric beside the golden; with labels, say how far the judge agrees.

    A judgement changes no verdict: tests decide, the judge only adds what tests cannot see.

    Example: goldloop judge evals/base --suite house --model judge-7b --set backend=openai --labels labels.jsonl --out judged
    """
    from evals.files import iter_jsonl, write_json, write_jsonl
    from evals.judge import calibrate, judge_answers
    from evals.records import ModelRef
    from evals.suites import load_suite
    from loop.config import make_config
    from loop.stages import open_model

    config = make_config({"model": model, "suites": {"target": suite}}, set_ or (), place="command line")
    tasks = {task.key: task for name in suite for task in load_suite(name).tasks}
    found = [r for r in read_results(results) if r.split != "holdout" and r.attempt.code and r.attempt.task in tasks]
    if not found:
        raise BadInput(f"{results}: no answer with code to a training or dev task of {', '.join(suite)}")
    criteria = _rubric(rubric)
    backend = open_model(config, ModelRef(base=config.model))
    try:
        judged = judge_answers([(tasks[r.attempt.task], r.attempt.code or "") for r in found], backend, criteria)
    finally:
        backend.close()
    write_jsonl(out / JUDGEMENTS, judged)
    scored = [one for one in judged if one.score is not None]
    summary: dict[str, Any] = {
        "answers": len(judged),
        "scored": len(scored),
        "mean": sum(one.score or 0.0 for one in scored) / len(scored) if scored else None,
        "criteria": {c.name: sum(one.scores[c.name] for one in scored) / len(scored) for c in criteria} if scored else {},
    }
    if labels is not None:
        known = {str(row.get("task")): bool(row.get("good")) for _, row in iter_jsonl(labels)}
        try:
            calibration = calibrate(judged, known)
        except ValueError as error:
            raise BadInput(f"{labels}: {error}") from None
        summary["calibration"] = {**calibration.model_dump(mode="json"), "may_gate": calibration.may_gate}
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
        return tuple(Criterion.model_validate(row) for row in rows)
    except FileNotFoundError:
        raise BadInput(f"--rubric {file}: no such file") from None
    except yaml.YAMLError as error:
        raise BadInput(f"{file}: not YAML: {error}") from None
    except ValidationError as error:
        raise BadInput(f"{file}: {describe(error)}") from None


def _show(summary: dict[str, Any]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("criterion")
    table.add_column("mean", justify="right")
    for name, mean in summary["criteria"].items():
        table.add_row(Text(name), f"{mean:.2f}")
    console.out.print(table)
    swayed = summary["answers"] - summary["scored"]
    console.out.print(f"{summary['scored']} of {summary['answers']} answers scored; {swayed} without a score that holds")
    if found := summary.get("calibration"):
        trust = "may count in a gate" if found["may_gate"] else "may not count in a gate"
        console.out.print(
            f"against {found['n']} labels: accuracy {found['accuracy']:.0%}, kappa {found['kappa']:.2f}, "
            f"calibration error {found['ece']:.2f}: {trust}"
        )
