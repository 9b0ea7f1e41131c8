"""``goldloop goldens``: verify goldens and measure how sharp the checks of a suite are."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.app import Json, Sets, Unsafe, app, emit, next_command
from loop.verbs.common import no_file_in_the_way

if TYPE_CHECKING:
    from evals.records import Task
    from goldens.records import Tally, Verification

goldens_app = typer.Typer(help="Verify goldens and the checks that they pass.", no_args_is_help=True)
app.add_typer(goldens_app, name="goldens")
_SHOWN_TASKS, _SHOWN_SURVIVORS = 25, 4


@goldens_app.command("verify")
def goldens_verify(
    suites: Annotated[list[str], typer.Argument(help="Suites: folders, shipped names, or importer:path.")],
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each golden; all must pass.")] = 3,
    mutants: Annotated[int, typer.Option(min=0, help="Mutants of each golden; they must fail.")] = 8,
    least_score: Annotated[float, typer.Option(min=0, max=1, help="A task that kills a smaller share is weak.")] = 0.75,
    sample: Annotated[int, typer.Option(min=0, help="Verify only so many tasks of each suite, evenly spread; 0 is all.")] = 0,
    sandbox: Annotated[str, typer.Option(help="auto, sandlock, docker, or pkg.mod:Class.")] = "",
    workers: Annotated[int, typer.Option(min=0, help="Sandboxes in use at once; 0 follows processors and memory.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="File for the whole report, as JSON.")] = None,
    set_: Sets = None,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> int:
    """Verify goldens: each passes its checks every time, while stubs and mutants of it fail.

    Exit code 0: all sound; 2: weak or broken tasks; 3: too many runs were spoiled by infrastructure to tell.

    Example: goldloop goldens verify house basics

    Example, fast and only the goldens: goldloop goldens verify house --repeats 1 --mutants 0
    """
    from evals.suites import load_suite
    from goldens.verify import Effort, check_known, verify_all
    from loop.bench import sandbox_of
    from loop.config import make_config

    if out is not None:
        _may_write(out)
    overrides = [*(set_ or ()), *([f"sandbox.name={sandbox}"] if sandbox else [])]
    config = make_config({"suites": {"target": list(suites)}}, overrides, place="command line")
    loaded = [load_suite(name) for name in suites]
    names = [suite.name for suite in loaded]
    if twice := {name for name in names if names.count(name) > 1}:
        raise BadInput(f"suite {', '.join(sorted(twice))} is given twice; give each once")
    tasks = [task for suite in loaded for task in _spread(suite.tasks, sample)]
    effort = Effort(repeats=repeats, mutants=mutants, least_score=least_score)
    box = sandbox_of(config, unsafe_local=unsafe_local)
    try:
        verified = verify_all(
            tasks,
            _grader(box),
            effort,
            workers=workers or config.evals.workers,
            progress=console.Bars(quiet=json),
        )
    finally:
        box.close()
    report = _report(verified, box.tier, {suite.name: suite.digest for suite in loaded}, effort)
    if out is not None:
        _write(out, report)
    if json:
        emit(report)
    else:
        _show(verified)
    check_known(verified)
    unsound = sum(row.state in {"weak", "broken"} for row in verified)
    again = f"goldloop goldens verify {shlex.join(suites)} --out report.json"
    next_command(again if unsound else f"goldloop eval {suites[0]} --out evals/base")
    return 2 if unsound else 0


def _grader(box: Any) -> Any:
    from evals.graders import grade

    return lambda task, code: grade(task, code, box)


def _spread(tasks: Sequence[Task], sample: int) -> list[Task]:
    """All tasks, or ``sample`` of them at even distances."""
    if not sample or sample >= len(tasks):
        return list(tasks)
    return [tasks[place * len(tasks) // sample] for place in range(sample)]


def _report(verified: Sequence[Verification], tier: str, digests: dict[str, str], effort: Any) -> dict[str, Any]:
    from goldens.verify import score_of, tallies

    return {
        "sandbox": tier,
        "digests": digests,
        "effort": {"repeats": effort.repeats, "mutants": effort.mutants, "least_score": effort.least_score},
        "runs": sum(row.runs for row in verified),
        "errors": sum(row.errors for row in verified),
        "score": score_of(verified),
        "proved": {name: sum(row.suite == name and row.state in {"sound", "weak"} for row in verified) for name in digests},
        "tallies": list(tallies(verified)),
        "tasks": list(verified),
    }


def _may_write(out: Path) -> None:
    if out.is_dir():
        raise BadInput(f"--out {out}: is a folder; give a file such as report.json")
    if not out.is_file():
        no_file_in_the_way("--out", out)


def _write(out: Path, report: dict[str, Any]) -> None:
    from evals.files import write_json

    plain = {**report, "tallies": [row.model_dump(mode="json") for row in report["tallies"]]}
    write_json(out, {**plain, "tasks": [row.model_dump(mode="json") for row in report["tasks"]]})


def _show(verified: Sequence[Verification]) -> None:
    from goldens.verify import tallies

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("suite", overflow="fold")
    for name in ("tasks", "sound", "weak", "broken", "error", "mutants", "killed", "score"):
        table.add_column(name, justify="right", overflow="fold")
    for row in tallies(verified):
        table.add_row(*_cells(row), style="bold" if row.slice == "*" else "")
    console.out.print(table)
    unsound = [row for row in verified if row.state != "sound"]
    for verification in unsound[:_SHOWN_TASKS]:
        console.out.print()
        console.out.print(
            Text.assemble(
                (verification.state, _COLOURS[verification.state]),
                f" {verification.source or verification.suite + '/' + verification.id}",
            )
        )
        for finding in verification.findings:
            console.out.print(Text(f"  {finding}"))
        for survivor in verification.survivors[:_SHOWN_SURVIVORS]:
            console.out.print(Text(f"  golden{survivor.file and ' ' + survivor.file}:{survivor.line} {survivor.operator}"))
            console.out.print(Text(f"    - {survivor.before}", style="red"))
            console.out.print(Text(f"    + {survivor.after}", style="green"))
    if len(unsound) > _SHOWN_TASKS:
        console.out.print(f"\n... and {len(unsound) - _SHOWN_TASKS} more (--json and --out have all)")


_COLOURS = {"weak": "yellow", "broken": "bold red", "error": "bold magenta"}


def _cells(row: Tally) -> list[Text]:
    name = row.suite if row.slice == "*" else f"  {row.slice}"
    score = "-" if row.score is None else f"{row.score:.1%}"
    counts = (row.tasks, row.sound, row.weak, row.broken, row.errors, row.mutants, row.killed)
    return [Text(name), *(Text(f"{count:,}") for count in counts), Text(score)]
