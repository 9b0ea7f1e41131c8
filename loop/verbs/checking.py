"""The verbs that say what is wrong before anything is run: validate, config schema."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.app import RUNS, Anyway, Json, Runs, Sets, Unsafe, app, emit, next_command

if TYPE_CHECKING:
    from evals.suites import Suite
    from loop.config import ConfigText
    from loop.validate import Examined, Problem

config_app = typer.Typer(help="About the configuration file.", no_args_is_help=True)
app.add_typer(config_app, name="config")


@app.command()
def validate(
    config: Annotated[Path, typer.Argument(help="Configuration file.")] = Path("goldloop.yaml"),
    adapter: Annotated[str, typer.Option(help="Folder of an adapter that should fit the model.")] = "",
    set_: Sets = None,
    runs: Runs = RUNS,
    unsafe_local: Unsafe = False,
    anyway: Anyway = False,
    json: Json = False,
) -> int:
    """Check everything that can be checked before a run: keys, suites, model, backend, sandbox, sample sizes.

    All problems at once, each with file, line and key, and what each suite's holdout detects. Exit code 0: a run can start; 3: no
    honest answer is possible, such as with a holdout so small that no outcome could be promoted; 4: something is wrong.

    Example: goldloop validate goldloop.yaml --set model=./my-model
    """
    from loop.config import read_config

    read = read_config(config, set_ or ())
    examined = _examine(read, config.parent, unsafe_local=unsafe_local, adapter=adapter, anyway=anyway)
    problems = list(examined.problems) if examined else []
    if examined is not None:
        problems += _past(read, [*examined.targets, *examined.guards], runs)
    lines = [*read.problems, *map(str, problems)]
    fine, notes = (examined.fine, examined.notes) if examined else ({}, [])
    code = 0 if not lines else 3 if not read.problems and all(problem.inconclusive for problem in problems) else 4
    if json:
        emit({"valid": not lines, "problems": lines, "notes": notes, "checked": fine})
    else:
        for name, said in fine.items():
            console.out.print(Text.assemble(("ok ", "green"), f"{name}: {said}"), soft_wrap=True)
        for note in notes:
            console.out.print(Text.assemble(("note ", "yellow"), note), soft_wrap=True)
        for line in lines:
            console.out.print(Text.assemble(("problem ", "bold red"), line), soft_wrap=True)
        if not lines:
            console.out.print(f"{console.escape(str(config))}: a run can start")
    next_command(f"goldloop run {config}" if not lines else f"goldloop validate {config}")
    return code


def _past(read: ConfigText, suites: Sequence[Suite], runs: Path) -> list[Problem]:
    """What earlier runs of the same folder rule out: other settings under the same name, more looks at the holdout."""
    from loop.holdout import HoldoutLedger
    from loop.runs import require_same_settings
    from loop.validate import Problem

    if (config := read.config) is None:
        return []
    problems = []
    try:
        require_same_settings(config, runs / config.name)
        spent = HoldoutLedger(runs).standing([task for suite in suites for task in suite.split("holdout")])
    except BadInput as error:
        return [Problem(where=read.where("name"), key="name", message=str(error))]
    for suite, standing in spent.items() if not (runs / config.name).is_dir() else ():
        if max(standing.decisions, standing.looks) >= config.gate.looks:
            message = (
                f"the holdout of suite {suite} was decided on {standing.decisions:.4g} times and {standing.looks:.4g} models "
                f"were evaluated on it, and {config.gate.looks} are allowed"
            )
            problems.append(Problem(where=read.where("gate.looks"), key="gate.looks", message=message, inconclusive=True))
    return problems


@config_app.command("schema")
def schema(
    out: Annotated[Path | None, typer.Option("--out", help="File to write; without it, stdout.")] = None,
    json: Json = False,
) -> None:
    """Print the JSON schema of goldloop.yaml, so that an editor completes and checks it. It is JSON with and without --json.

    Example: goldloop config schema --out goldloop.schema.json
    """
    from evals.files import write_json
    from loop.config import config_schema

    if out is None:
        emit(config_schema())
    else:
        write_json(out, config_schema())
        console.say(f"first line for goldloop.yaml: # yaml-language-server: $schema={out.name}")
    next_command("goldloop validate")


def require_valid(read: ConfigText, base: Path, *, unsafe_local: bool, anyway: bool = False) -> None:
    """Report problems of a configuration's keys together with all other problems.

    Raises:
        BadInput: with every problem.
    """
    examined = _examine(read, base, unsafe_local=unsafe_local, anyway=anyway)
    raise BadInput("\n".join([*read.problems, *(map(str, examined.problems) if examined else ())]))


def _examine(read: ConfigText, base: Path, *, unsafe_local: bool, adapter: str = "", anyway: bool = False) -> Examined | None:
    from loop.validate import examine

    if read.config is None:
        return None
    examined = examine(read.config, base, where=read.where, unsafe_local=unsafe_local, adapter=adapter, anyway=anyway)
    examined.close()
    return examined
