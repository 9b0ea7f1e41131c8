"""The verb that asks a person about drafts: what was asked, what failed, what is right, and what both do when they are run."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.rule import Rule
from rich.syntax import Syntax
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.app import DEFAULT_MODEL, RUNS, Json, Sets, Unsafe, app, emit, next_command
from loop.verbs.triaging import ProjectFolder, shortened, triage_tools

if TYPE_CHECKING:
    from evals.records import Verdict
    from goldens.production.activation import Activation
    from goldens.production.records import Standing
    from goldens.production.triage import Tools, Triaged


@app.command()
def review(
    folder: ProjectFolder = Path("production"),
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
    from evals.logs.ingest import locked, require_ingested
    from goldens.production.triage import look

    require_ingested(folder)

    model = DEFAULT_MODEL if adapter else ""
    with locked(folder), triage_tools(folder, model, adapter, set_, RUNS, unsafe_local, json) as tools:
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
        if not result.standings:
            console.out.print("nothing was drafted yet: triage makes the drafts")
        elif approve == ["all"] and not done:
            console.out.print("no draft waits for an approval; triage says what the problems wait for")
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
            {"problem": s.problem.id, "did": "waits", "said": f"{s.problem.id}  {shortened(s.problem.title, 70)}"}
            for s in waiting
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
        f"{proposal.support} voices for it, {proposal.against} for another",
        soft_wrap=True,
    )
    console.out.print(Text(f"\n{task.prompt}\n"))
    if proposal.also_asked and task.split == "train":
        console.out.print(Text("also asked, and trained on, as", style="bold"))
        for question in proposal.also_asked:
            console.out.print(Text(f"  {' '.join(question.split())}"))
    if proposal.recorded:
        console.out.print(Text(f"recorded failure ({_said(tried.recorded)})", style="bold red"))
        console.out.print(Syntax(code_of(proposal.recorded, task.language) or proposal.recorded, task.language, word_wrap=True))
    console.out.print(Text(f"golden ({_said(tried.golden)})", style="bold green"))
    console.out.print(Syntax(task.golden, task.language, word_wrap=True))
    console.out.print(Text("checks" + (" and hidden inputs drawn like these" if task.fuzz else ""), style="bold"))
    console.out.print(Syntax(task.checks, task.language, word_wrap=True))


def _said(verdict: Verdict | None) -> str:
    if verdict is None:
        return "not run"
    if verdict.status == "unsettled":
        return f"unsettled now: {verdict.reason}"
    return "passes now" if verdict.passed else f"{verdict.status}s now: {verdict.reason}"


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
