"""The verb that turns a log's failures into drafts: everything that can be run is run, and what waits is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.app import RUNS, Json, Runs, Sets, Unsafe, app, emit, next_command

if TYPE_CHECKING:
    from goldens.production.records import Standing
    from goldens.production.triage import Tools, Triaged


def _project(folder: Path) -> Path:
    """A project's folder, also where its suite's was given."""
    return folder.parent if (folder.parent / "log").is_dir() and (folder / "suite.yaml").is_file() else folder


ProjectFolder = Annotated[Path, typer.Argument(callback=_project, help="Folder of the project, as given to ingest --into.")]
AskedModel = Annotated[str, typer.Option("--model", help="Model in question, asked again; without it problems wait for one.")]
AskedAdapter = Annotated[str, typer.Option("--adapter", help="LoRA adapter on the model: a folder, or `current`.")]
_SHOWN = 20
_SHOWN_NAMES = 4


@app.command()
def triage(
    folder: ProjectFolder = Path("production"),
    model: AskedModel = "",
    adapter: AskedAdapter = "",
    stronger: Annotated[str, typer.Option(help="A stronger model: writes goldens that the log lacks, marked as its own.")] = "",
    samples: Annotated[int, typer.Option(min=1, help="Answers asked of the model for each draft.")] = 5,
    temperature: Annotated[float, typer.Option(min=0, max=5, help="Temperature at which it is asked.")] = 0.7,
    set_: Sets = None,
    runs: Runs = RUNS,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> int:
    """Cluster a log's failures, draft tasks from them, reproduce them, and show how far each is.

    A draft needs a golden (a correction, a fixing commit, yours), recorded failures that fail its checks, and a model that fails
    3 of 5 times when it is asked again. An active task needs more, and your approval: see goldloop review. The suite is
    FOLDER/suite; only its active tasks count.

    Example: goldloop triage production --model smollm2-135m-instruct

    Example, for cron: goldloop ingest new.jsonl --into production && goldloop triage production --model NAME --json
    """
    from evals.logs.ingest import locked, require_ingested
    from goldens.production.triage import triage as run_triage

    require_ingested(folder)

    asking = {"samples": samples, "temperature": temperature, "stronger": stronger}
    with locked(folder), triage_tools(folder, model, adapter, set_, runs, unsafe_local, json, **asking) as tools:
        result = run_triage(folder, tools)
    if json:
        emit({"folder": str(folder), "funnel": result.funnel, "problems": list(result.standings)})
    else:
        show_funnel(result)
    reviewable = any(standing.waiting.startswith("a person: review") for standing in result.standings)
    asked = f" --model {model}" if model else ""
    wait = reviewable or not result.funnel.active
    next_command(f"goldloop serve {folder}{asked}" if wait else f"goldloop run --target {folder}")
    return 0


@contextmanager
def triage_tools(
    folder: Path,
    model: str,
    adapter: str,
    set_: list[str] | None,
    runs: Path,
    unsafe_local: bool,
    quiet: bool,
    **asking: Any,
) -> Iterator[Tools]:
    """What triage works with; the sandbox is opened and closed here, the model only if it is asked."""
    from evals.graders import grade
    from evals.records import ModelRef
    from goldens.production.triage import Tools
    from loop.adapters import check_adapter
    from loop.ancestry import trained_on
    from loop.bench import open_model, sandbox_of
    from loop.config import make_config
    from loop.production import latest_verdicts
    from loop.registry import current_adapter

    if adapter and not model:
        raise BadInput(f"--adapter {adapter}: an adapter is put on a model; give --model too")
    config = make_config(
        {"suites": {"target": [str(folder)]}, **({"model": model} if model else {})}, set_ or (), place="command line"
    )
    if adapter == "current":
        adapter = current_adapter(config.model, folder.resolve().name, runs)
    if adapter:
        check_adapter(adapter, config.model)
    ref = ModelRef(base=config.model, adapter=adapter)
    box = sandbox_of(config, unsafe_local=unsafe_local)
    try:
        yield Tools(
            sandbox=box,
            grade=lambda task, code: grade(task, code, box),
            suite=folder.resolve().name,
            leaks=trained_on(adapter),
            model=str(ref) if model else "",
            open_model=(lambda: open_model(config, ref)) if model else None,
            open_stronger=(lambda: open_model(config, ModelRef(base=asking["stronger"]))) if asking.get("stronger") else None,
            passes=latest_verdicts(runs, folder.resolve().name),
            max_new_tokens=config.evals.max_new_tokens,
            seed=config.seed,
            workers=config.evals.workers,
            progress=console.Bars(quiet=quiet),
            **asking,
        )
    finally:
        box.close()


def show_funnel(result: Triaged) -> None:
    """How many failures came how far, the problems by frequency, and who is waited for."""
    funnel = result.funnel
    said = ", ".join(f"{name} {count:,}" for name, count in funnel.said.items())
    console.out.print(
        f"{funnel.entries:,} answers in the log: {funnel.failing:,} failing, {funnel.passing:,} called good, "
        f"{funnel.unknown:,} unknown (silence is not success)",
        soft_wrap=True,
    )
    if said:
        console.out.print(Text(f"signals: {said}"), soft_wrap=True)
    if funnel.unruled:
        first = next(iter(funnel.unruled))
        console.out.print(
            Text(
                f"no rule: {', '.join(f'{k} {v:,}' for k, v in funnel.unruled.items())}: goldloop ingest ... "
                f"--fails '{first}<0.5'"
            ),
            soft_wrap=True,
        )
    if funnel.waiting_feedback:
        console.out.print(f"{funnel.waiting_feedback:,} feedback waits for an answer that was not ingested yet")
    console.out.print(
        Text(
            f"{funnel.problems:,} problems: {funnel.reproduced:,} reproduced, {funnel.drafted:,} drafted, "
            f"{funnel.active:,} active"
        ),
        style="bold",
    )
    if funnel.mistaken:
        wrong = f"{funnel.mistaken:,} signal{'s are' if funnel.mistaken != 1 else ' is'} wrong by what was run"
        console.out.print(f"{wrong}: a failure that passes, or a good answer that fails", soft_wrap=True)
    if result.standings:
        console.out.print(_problems_table(result.standings[:_SHOWN]))
    if len(result.standings) > _SHOWN:
        console.out.print(f"... and {len(result.standings) - _SHOWN} more (--json has all)")
    waiting: dict[str, list[str]] = {}
    for standing in result.standings:
        if standing.waiting:
            waiting.setdefault(standing.waiting, []).append(standing.problem.id)
    if waiting:
        console.out.print(Text("waiting for", style="bold"))
    for reason, names in sorted(waiting.items(), key=lambda item: -len(item[1])):
        which = ", ".join(names[:_SHOWN_NAMES]) + (f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else "")
        console.out.print(Text(f"  {len(names):>3}  {reason}: {which}"), soft_wrap=True)


def _problems_table(standings: Sequence[Standing]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, expand=True)
    for name, width in (("problem", 10), ("failures", 8), ("users", 5), ("split", 7), ("state", 10)):
        table.add_column(name, justify="right" if name in ("failures", "users") else "left", no_wrap=True, min_width=width)
    table.add_column("first asked as", no_wrap=True, overflow="ellipsis", ratio=1)
    for standing in standings:
        problem = standing.problem
        users = f"{problem.users:,}" if problem.users else "-"
        table.add_row(problem.id, f"{problem.failures:,}", users, problem.split, standing.state, Text(problem.title))
    return table


def shortened(text: str, most: int = 40) -> str:
    """A text cut to so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
