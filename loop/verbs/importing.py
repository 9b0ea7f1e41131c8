"""``goldloop import``: a benchmark's own files as a suite, with what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer
from rich.table import Table
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.app import Json, Unsafe, app, emit, next_command
from loop.verbs.common import Out, column_map

if TYPE_CHECKING:
    from evals.records import Task
    from evals.suites import Suite

_SHOWN = 20
_SPLITS = ("train", "dev", "holdout", "final")
_FORMS = ("folder", "jsonl", "parquet")
_MAPPED = ("hub", "table")


@app.command("import")
def import_(
    importer: Annotated[str, typer.Argument(metavar="NAME", help="Importer; an unknown name lists them.")],
    path: Annotated[str, typer.Argument(help="The benchmark's file or folder, with the importer's ?OPTION=VALUE.")],
    out: Out,
    form: Annotated[str, typer.Option("--form", "--format", help="folder, jsonl or parquet.")] = "jsonl",
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="KEY=COLUMN", help="For table and hub: prompt=question, licence==MIT; repeatable."),
    ] = None,
    mapped_by: Annotated[
        str, typer.Option("--map", metavar="MAP", help="For table and hub: a map's file, or a shipped one such as apps.")
    ] = "",
    name: Annotated[str, typer.Option("--name", help="The suite's name; default the importer's.")] = "",
    verify: Annotated[bool, typer.Option("--verify", help="Run each golden once; leave out what does not pass.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse the file for its first broken row.")] = False,
    max_left_out: Annotated[
        str, typer.Option(metavar="SHARE", help="Share of broken rows that is left out without a refusal, such as 20%.")
    ] = "5%",
    limit: Annotated[int, typer.Option(min=0, help="Only so many tasks, evenly spread; 0 is all.")] = 0,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> None:
    """Import a benchmark: its splits, its licence, and a note on everything that was left out.

    Nothing in the files is unpickled or run; `--verify` runs the goldens, in the sandbox.

    Example: goldloop import quixbugs ../data/quixbugs --out suites/quixbugs

    Example: goldloop import table tasks.csv --column prompt=question --column checks=tests --out suites/mine
    """
    from evals.suites import export_suite

    if form not in _FORMS:
        raise BadInput(f"--form {form}: expected one of {', '.join(_FORMS)}")
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise BadInput(f"--out {out}: exists already and is not empty; give a new folder")
    from evals.importers import Imported, read_share

    allowed = 0.0 if strict else read_share(max_left_out, "--max-left-out")
    suite = _read(importer, path, _columns(importer, column or (), mapped_by), name, mapped_by, allowed)
    left_out = list(suite.left_out) if isinstance(suite, Imported) else []
    broken = list(suite.broken) if isinstance(suite, Imported) else []
    suite = _renamed(suite, name, _spread(suite.tasks, limit))
    if verify:
        suite, unproved = _verified(suite, unsafe_local=unsafe_local, quiet=json)
        left_out += unproved
    export_suite(suite, out, cast(Literal["folder", "jsonl", "parquet"], form))
    if json:
        emit(_report(suite, out, form, left_out, broken))
    else:
        _show(suite)
        _list("broken rows, left out", broken)
        _list("notes and what was left out", left_out)
    next_command(f"goldloop goldens verify {out}")


def _columns(importer: str, given: Sequence[str], mapped_by: str) -> dict[str, str]:
    if (given or mapped_by) and importer not in _MAPPED:
        raise BadInput(f"--{'column' if given else 'map'}: for {' and '.join(_MAPPED)} only; {importer} knows its own columns")
    return column_map(given, "KEY=COLUMN, such as prompt=question, or KEY==CONSTANT")


def _read(importer: str, path: str, columns: dict[str, str], name: str, mapped_by: str, allowed: float) -> Suite:
    from evals.importers import import_benchmark, split_allowance, with_few_broken

    if importer in _MAPPED:
        from evals.importers.hub import import_hub, import_table

        place, _ = split_allowance(Path(path))
        return with_few_broken((import_hub if importer == "hub" else import_table)(place, columns, name, mapped_by), allowed)
    return import_benchmark(importer, Path(path), most_broken=allowed)


def _renamed(suite: Suite, name: str, tasks: Sequence[Task]) -> Suite:
    from evals.suites import Suite

    header = suite.header.model_copy(update={"name": name}) if name else suite.header
    kept = tuple(task.model_copy(update={"suite": header.name}) for task in tasks)
    return Suite(header=header, tasks=kept, path=suite.path)


def _spread(tasks: Sequence[Task], limit: int) -> list[Task]:
    if not limit or limit >= len(tasks):
        return list(tasks)
    return [tasks[place * len(tasks) // limit] for place in range(limit)]


def _verified(suite: Suite, *, unsafe_local: bool, quiet: bool) -> tuple[Suite, list[str]]:
    """The suite without the tasks whose golden fails or whose checks pass an empty answer, and a note on each.

    A task without a golden is kept unchecked.

    Raises:
        Inconclusive: too many runs were spoiled by infrastructure to tell.
        BadInput: no sandbox works here, or no task is left.
    """
    from evals.graders import grade
    from evals.suites import Suite
    from goldens.verify import Effort, check_known, verify_all
    from loop.bench import sandbox_of
    from loop.config import make_config

    config = make_config({"suites": {"target": [suite.name]}}, (), place="command line")
    box = sandbox_of(config, unsafe_local=unsafe_local)
    proved = [task for task in suite.tasks if task.golden.strip()]
    try:
        verified = verify_all(
            proved,
            lambda task, code: grade(task, code, box),
            Effort(repeats=1, mutants=0),
            workers=config.evals.workers,
            progress=console.Bars(quiet=quiet),
        )
    finally:
        box.close()
    if verified:
        check_known(verified)
    out = {row.id: "; ".join(row.findings) for row in verified if row.state in {"broken", "error"}}
    kept = tuple(task for task in suite.tasks if task.id not in out)
    notes = [f"{task.source or task.key}: {out[task.id]}" for task in suite.tasks if task.id in out]
    if not kept:
        raise BadInput("\n".join([f"{suite.path}: no golden passes here", *notes[:_SHOWN]]))
    return Suite(header=suite.header, tasks=kept, path=suite.path), notes


def _report(suite: Suite, out: Path, form: str, left_out: Sequence[str], broken: Sequence[str]) -> dict[str, Any]:
    counted = Counter(task.split for task in suite.tasks)
    return {
        "suite": suite.name,
        "digest": suite.digest,
        "folder": str(out),
        "form": form,
        "splits": {split: counted[cast(Any, split)] for split in _SPLITS},
        "licences": sorted({task.licence for task in suite.tasks}),
        "train_ok": sum(task.train_ok for task in suite.tasks),
        "without_golden": sum(not task.golden.strip() for task in suite.tasks),
        "broken": list(broken),
        "left_out": list(left_out),
    }


def _show(suite: Suite) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(suite.name)
    for column in ("tasks", "groups", "may train", "with golden"):
        table.add_column(column, justify="right")
    table.add_column("licence")
    for split in _SPLITS:
        tasks = [task for task in suite.tasks if task.split == split]
        if tasks:
            counts = (
                len(tasks),
                len({task.group for task in tasks}),
                sum(task.train_ok for task in tasks),
                sum(bool(task.golden.strip()) for task in tasks),
            )
            licences = ", ".join(sorted({task.licence or "none named" for task in tasks}))
            table.add_row(split, *(f"{count:,}" for count in counts), Text(licences))
    console.out.print(table)


def _list(heading: str, notes: Sequence[str]) -> None:
    if not notes:
        return
    console.out.print(f"\n{heading}: {len(notes):,}")
    for note in notes[:_SHOWN]:
        console.out.print(f"  {console.escape(note)}", soft_wrap=True)
    if len(notes) > _SHOWN:
        console.out.print(f"  ... and {len(notes) - _SHOWN:,} more (--json has all)")
