"""The verbs that look at runs and suites and change nothing."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.app import RUNS, Json, Runs, app, emit, next_command
from loop.verbs.common import Out, SuiteArgument, run_folder

if TYPE_CHECKING:
    from evals.suites import Suite
    from loop.store import QueryAnswer

SHOWN_ROWS = 200


@app.command()
def report(name: Annotated[str, typer.Argument(help="Name of the run.")] = "", runs: Runs = RUNS, json: Json = False) -> None:
    """Write the HTML report of a run again: one file, works offline.

    Example: goldloop report demo
    """
    from evals.files import read_json
    from loop.report.page import write_report

    folder = run_folder(name, runs)
    html = write_report(folder)
    if json:
        emit({**read_json(folder / "report.json"), "html": str(html)})
    else:
        console.out.print(f"report: {console.escape(str(html))}", soft_wrap=True)
    next_command(f"goldloop lineage {folder.name}")


@app.command()
def lineage(name: Annotated[str, typer.Argument(help="Name of the run.")] = "", runs: Runs = RUNS, json: Json = False) -> None:
    """Show where each adapter comes from: base, trainset, holdout index, parents, decision.

    Example: goldloop lineage demo
    """
    from evals.files import read_json
    from loop.registry import Registry

    folder = run_folder(name, runs)
    if not (folder / "report.json").is_file():
        raise BadInput(f"{folder}: no round has ended yet (report.json is missing); go on with `goldloop resume {folder.name}`")
    rounds = read_json(folder / "report.json")["rounds"]
    current = Registry(runs).current()
    if json:
        emit({"run": folder.name, "rounds": rounds, "in_use": current})
    else:
        for item in rounds:
            console.out.print(f"[bold]round {item['round']}[/] {console.decision_text(item['decision'])}")
            for key in ("before", "trainset", "index", "adapter"):
                console.out.print(f"  {key:9} {console.escape(str(item[key]))}", soft_wrap=True)
            console.out.print(f"  lineage   {console.escape(' -> '.join(item['lineage']))}", soft_wrap=True)
        console.out.print(f"in use: {current.adapter if current else 'the base model'}")
    next_command(f"goldloop status {folder.name}")


@app.command()
def export(
    suite: SuiteArgument,
    out: Out,
    form: Annotated[str, typer.Option("--format", help="folder, jsonl or parquet.")] = "folder",
    json: Json = False,
) -> None:
    """Convert a suite between its forms: one folder per task, JSONL, Parquet.

    Example: goldloop export house --out my-house --format folder
    """
    from evals.suites import load_suite

    _write_suite(load_suite(suite), out, form, json=json)
    next_command(f"goldloop goldens verify {out}")


def _write_suite(suite: Suite, out: Path, form: str, *, json: bool) -> None:
    from evals.suites import export_suite

    forms: dict[str, Literal["folder", "jsonl", "parquet"]] = {
        "folder": "folder",
        "jsonl": "jsonl",
        "parquet": "parquet",
    }
    if form not in forms:
        raise BadInput(f"--format {form}: expected {', '.join(forms)}")
    export_suite(suite, out, forms[form])
    counts: dict[str, int] = dict(Counter(str(task.split) for task in suite.tasks))
    if json:
        emit({"out": str(out), "suite": suite.name, "digest": suite.digest, "splits": counts})
    else:
        console.out.print(console.counts_table(f"{suite.name}: {len(suite.tasks)} tasks in {out}", counts, ("split", "tasks")))


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="A query over results, scores, failures, pairs, contaminated, trainset.")],
    runs: Runs = RUNS,
    form: Annotated[str, typer.Option("--format", help="table, csv or jsonl; csv and jsonl give every row.")] = "table",
    json: Json = False,
) -> None:
    """Ask the artifacts in SQL (DuckDB), also while a run writes them. Rows too wide for the terminal are shown key by key.

    Example: goldloop sql "select slice, count(*) as n from failures join pairs using (run, round, key) group by slice"

    Example: goldloop sql "from scores" --format csv > scores.csv
    """
    from loop.store import ask

    if form not in ("table", "csv", "jsonl"):
        raise BadInput(f"--format {form}: expected table, csv or jsonl")
    answer = ask(runs, query)
    if json:
        emit({"columns": answer.columns, "rows": answer.rows})
    elif form == "csv":
        _write_csv(answer)
    elif form == "jsonl":
        _write_jsonl(answer)
    else:
        _show_rows(answer)
    next_command("goldloop status")


def _write_csv(answer: QueryAnswer) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows(["" if value is None else value for value in row] for row in answer.rows)


def _write_jsonl(answer: QueryAnswer) -> None:
    import orjson

    for row in answer.rows:
        line = orjson.dumps(dict(zip(answer.columns, row, strict=True)), default=str, option=orjson.OPT_NON_STR_KEYS)
        sys.stdout.write(line.decode() + "\n")


def _show_rows(answer: QueryAnswer) -> None:
    """As a table if it fits, else as one block per row with a line for each column."""
    shown = answer.rows[:SHOWN_ROWS]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in answer.columns:
        table.add_column(column)
    for row in shown:
        table.add_row(*(Text(str(value)) for value in row))
    unbounded = console.out.options.update(max_width=1_000_000)
    if shown and console.out.measure(table, options=unbounded).maximum > console.out.width:
        width = max(map(len, answer.columns))
        for number, row in enumerate(shown, 1):
            console.out.print(Text(f"row {number}", style="bold"))
            for column, value in zip(answer.columns, row, strict=True):
                first, *more = str(value).splitlines() or [""]
                console.out.print(Text(f"  {column:{width}}  {first}"), soft_wrap=True)
                for line in more:
                    console.out.print(Text(f"  {'':{width}}  {line}"), soft_wrap=True)
    else:
        console.out.print(table)
    if len(answer.rows) > SHOWN_ROWS:
        console.out.print(f"... {len(answer.rows) - SHOWN_ROWS} more rows (--format csv or jsonl has all)")
