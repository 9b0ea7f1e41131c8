"""The verbs that turn a log's failures into tasks: triage runs everything that can be run, review asks a person."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.app import RUNS, Json, Runs, Sets, Unsafe, app, emit, next_command

if TYPE_CHECKING:
    from evals.records import Verdict
    from goldens.production.activation import Activation
    from goldens.production.records import Standing
    from goldens.production.triage import Tools, Triaged

Folder = Annotated[Path, typer.Argument(help="Folder of the project, as given to ingest --into.")]
AskedModel = Annotated[str, typer.Option("--model", help="Model in question, asked again; without it problems wait for one.")]
AskedAdapter = Annotated[str, typer.Option("--adapter", help="LoRA adapter on the model: a folder, or `current`.")]
_SHOWN = 20


@app.command()
def triage(
    folder: Folder = Path("production"),
    model: AskedModel = "",
    adapter: AskedAdapter = "",
    stronger: Annotated[
        str, typer.Option(help="A stronger model: writes goldens where the log has none, marked as its own.")
    ] = "",
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
    from evals.logs.ingest import locked
    from goldens.production.triage import triage as run_triage

    asking = {"samples": samples, "temperature": temperature, "stronger": stronger}
    with locked(folder), _tools(folder, model, adapter, set_, runs, unsafe_local, json, **asking) as tools:
        result = run_triage(folder, tools)
    if json:
        emit({"folder": str(folder), "funnel": result.funnel, "problems": list(result.standings)})
    else:
        show_funnel(result)
    reviewable = any(standing.waiting.startswith("a person: review") for standing in result.standings)
    next_command(f"goldloop review {folder}" if reviewable or not result.funnel.active else f"goldloop run --target {folder}")
    return 0


@contextmanager
def _tools(
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
        console.out.print(f"{funnel.mistaken:,} signals are wrong by what was run: failures that pass, or good answers that fail")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, justify in (("problem", "left"), ("failures", "right"), ("users", "right"), ("split", "left"), ("state", "left")):
        table.add_column(name, justify=justify, no_wrap=name != "problem")  # type: ignore[arg-type]
    table.add_column("waits for", overflow="fold")
    for standing in result.standings[:_SHOWN]:
        problem = standing.problem
        table.add_row(
            Text(f"{problem.id} {_short(problem.title)}"),
            f"{problem.failures:,}",
            f"{problem.users:,}" if problem.users else "-",
            problem.split,
            standing.state,
            Text(standing.waiting),
        )
    if result.standings:
        console.out.print(table)
    if len(result.standings) > _SHOWN:
        console.out.print(f"... and {len(result.standings) - _SHOWN} more (--json has all)")


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


@app.command()
def review(
    folder: Folder = Path("production"),
    approve: Annotated[list[str] | None, typer.Option("--approve", metavar="ID", help="Approve a draft; `all` is all.")] = None,
    reject: Annotated[list[str] | None, typer.Option("--reject", metavar="ID", help="Reject a draft; needs --why.")] = None,
    retire: Annotated[
        list[str] | None, typer.Option("--retire", metavar="ID", help="Retire an active task; needs --why.")
    ] = None,
    golden: Annotated[str, typer.Option(metavar="ID=FILE", help="Give a problem this golden.")] = "",
    checks: Annotated[str, typer.Option(metavar="ID=FILE", help="Give a problem these checks.")] = "",
    who: Annotated[str, typer.Option(envvar="GOLDLOOP_WHO", help="Your name, kept with every decision.")] = "",
    why: Annotated[str, typer.Option(help="The reason, kept with every decision.")] = "",
    adapter: Annotated[str, typer.Option(help="Adapter whose training data must not hold the tasks.")] = "",
    set_: Sets = None,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> int:
    """Review drafts: see the prompt, the recorded failure, the golden and the checks; run them; approve, edit or reject.

    On a terminal it goes from draft to draft: a approves, e edits in $EDITOR, r rejects, s skips, q ends. Approved tasks become
    active if the golden passes three times, stubs and mutants fail, the recorded failure fails and nothing was trained on them.

    Example: goldloop review production --who "Ada"

    Example, without a terminal: goldloop review production --approve add_entry-3fa2b1c4 --who Ada --why "checked by hand"
    """
    from evals.logs.ingest import locked
    from goldens.production.triage import look

    model = "smollm2-135m-instruct" if adapter else ""
    with locked(folder), _tools(folder, model, adapter, set_, RUNS, unsafe_local, json) as tools:
        named = bool(approve or reject or retire or golden or checks)
        done = (
            _decide(folder, tools, approve or [], reject or [], retire or [], golden, checks, who, why)
            if named
            else _ask_through(folder, tools, who, json)
        )
        result = _settled(folder, tools)
    if json:
        emit({"folder": str(folder), "decided": done, "funnel": look(folder).funnel})
    else:
        for line in done:
            console.out.print(Text(line["said"]), soft_wrap=True)
        console.out.print(f"{result.funnel.active:,} active of {result.funnel.problems:,} problems")
    next_command(f"goldloop run --target {folder}" if result.funnel.active else f"goldloop triage {folder}")
    return 0


def _settled(folder: Path, tools: Tools) -> Triaged:
    """Bring the suite's files up to what was decided."""
    from goldens.production.folders import write_suite
    from goldens.production.triage import look

    result = look(folder)
    write_suite(folder, tools.suite, result.standings, result.funnel.model_dump(mode="json"))
    return result


def _decide(
    folder: Path,
    tools: Tools,
    approved: list[str],
    rejected: list[str],
    retired: list[str],
    golden: str,
    checks: str,
    who: str,
    why: str,
) -> list[dict[str, Any]]:
    """Decisions given on the command line."""
    from goldens import review as people
    from goldens.production.triage import look

    done: list[dict[str, Any]] = []
    for part, pair in (("golden", golden), ("checks", checks)):
        if pair:
            name, _, file = pair.partition("=")
            if not file or not Path(file).is_file():
                raise BadInput(f"--{part} {pair}: expected ID=FILE, and a file that is there")
            standing = people.standing_of(folder, name)
            people.edit(folder, standing, part, Path(file).read_text(encoding="utf-8"), who=who, why=why)  # type: ignore[arg-type]
            done.append({"problem": standing.problem.id, "did": part, "said": f"{standing.problem.id}: {part} kept; run triage"})
    if approved == ["all"]:
        approved = [standing.problem.id for standing in people.waiting_for_review(look(folder).standings)]
    for name in approved:
        standing = people.standing_of(folder, name)
        done.append(_approved(standing, people.approve(folder, standing, tools, who=who, why=why)))
    for name in rejected:
        standing = people.standing_of(folder, name)
        people.reject(folder, standing, who=who, why=why)
        done.append({"problem": standing.problem.id, "did": "reject", "said": f"{standing.problem.id}: rejected"})
    for name in retired:
        standing = people.standing_of(folder, name)
        people.retire(folder, standing, who=who, why=why)
        done.append({"problem": standing.problem.id, "did": "retire", "said": f"{standing.problem.id}: retired"})
    return done


def _approved(standing: Standing, shown: Activation) -> dict[str, Any]:
    said = "active" if not shown.missing else f"approved, not active: {'; '.join(shown.missing)}"
    return {
        "problem": standing.problem.id,
        "did": "approve",
        "active": not shown.missing,
        "missing": list(shown.missing),
        "said": f"{standing.problem.id}: {said}",
    }


def _ask_through(folder: Path, tools: Tools, who: str, json: bool) -> list[dict[str, Any]]:
    """Draft after draft on the terminal."""
    from goldens import review as people
    from goldens.production.triage import look

    waiting = people.waiting_for_review(look(folder).standings)
    if json or not console.out.is_terminal:
        done = [
            {"problem": s.problem.id, "did": "waits", "said": f"{s.problem.id}  {_short(s.problem.title, 70)}"} for s in waiting
        ]
        if not json:
            console.out.print(
                f"{len(waiting)} drafts wait for a person; on a terminal they are shown one by one, or give --approve ID"
            )
        return done
    done = []
    for number, standing in enumerate(waiting, 1):
        answer = _ask(folder, tools, standing, f"{number} of {len(waiting)}", who)
        if answer is None:
            break
        done += answer
    return done


def _ask(folder: Path, tools: Tools, standing: Standing, place: str, who: str) -> list[dict[str, Any]] | None:
    """One draft: shown, run, and decided; None ends the review."""
    from goldens import review as people

    while True:
        show_draft(folder, tools, standing, place)
        answer = typer.prompt("a approve, e edit, r reject, s skip, q end", default="s").strip().lower()[:1]
        if answer == "q":
            return None
        if answer == "s":
            return []
        if answer not in "aer":
            continue
        named = who or typer.prompt("your name")
        if answer == "a":
            return [_approved(standing, people.approve(folder, standing, tools, who=named, why="reviewed on the terminal"))]
        if answer == "r":
            people.reject(folder, standing, who=named, why=typer.prompt("why"))
            return [{"problem": standing.problem.id, "did": "reject", "said": f"{standing.problem.id}: rejected"}]
        standing = _edited(folder, tools, standing, named)


def show_draft(folder: Path, tools: Tools, standing: Standing, place: str = "") -> None:
    """A draft as a person judges it: what was asked, what failed, what is right, and what both do now."""
    from goldens import review as people
    from goldens.production.drafts import code_of
    from goldens.production.folders import Workbook

    proposal, problem = standing.proposal, standing.problem
    assert proposal is not None
    task = Workbook(folder).task(proposal)
    tried = people.try_out(task, proposal.recorded, tools.grade)
    console.out.print(Rule(Text(f"{task.id}  {place}".strip()), align="left"))
    users = f" of {problem.users} users" if problem.users else ""
    console.out.print(
        f"{problem.failures} failures{users}, split {task.split}; golden from {proposal.golden_source}: "
        f"{proposal.support} voices for it, {proposal.against} for another"
    )
    console.out.print(Text(f"\n{task.prompt}\n"))
    if proposal.recorded:
        console.out.print(Text(f"recorded failure ({_said(tried.recorded)})", style="bold red"))
        console.out.print(Syntax(code_of(proposal.recorded, task.language) or proposal.recorded, task.language, word_wrap=True))
    console.out.print(Text(f"golden ({_said(tried.golden)})", style="bold green"))
    console.out.print(Syntax(task.golden, task.language, word_wrap=True))
    console.out.print(Text("checks" + (" and hidden inputs drawn like these" if task.fuzz else ""), style="bold"))
    console.out.print(Syntax(task.checks, task.language, word_wrap=True))


def _said(verdict: Verdict | None) -> str:
    return (
        "not run"
        if verdict is None
        else f"{verdict.status}s now"
        if verdict.passed
        else f"{verdict.status}s now: {verdict.reason}"
    )


def _edited(folder: Path, tools: Tools, standing: Standing, who: str) -> Standing:
    """Golden or checks through $EDITOR; the draft is made anew from them."""
    from goldens import review as people
    from goldens.production.folders import Workbook
    from goldens.production.triage import triage as run_triage

    assert standing.proposal is not None
    task = Workbook(folder).task(standing.proposal)
    part: Any = {"g": "golden", "c": "checks", "p": "prompt"}.get(
        typer.prompt("g golden, c checks, p prompt", default="g").strip()[:1]
    )
    if part is None:
        return standing
    text = open_editor(getattr(task, part), suffix=".md" if part == "prompt" else ".py" if task.language == "python" else ".js")
    if text == getattr(task, part):
        return standing
    people.edit(folder, standing, part, text, who=who)
    run_triage(folder, tools)
    return people.standing_of(folder, standing.problem.id)


def open_editor(text: str, suffix: str) -> str:
    """A text as it is after $EDITOR.

    Raises:
        BadInput: no editor can be started.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"draft{suffix}"
        file.write_text(text, encoding="utf-8")
        try:
            subprocess.run([*editor.split(), str(file)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise BadInput(f"the editor {editor!r} could not be used ({error}); set EDITOR, or give --golden ID=FILE") from None
        return file.read_text(encoding="utf-8")
