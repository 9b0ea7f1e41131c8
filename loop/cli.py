"""The command line. Every verb has an example in its help, ``--json`` for machines, and ends by naming the next command.

Exit codes: 0 done or promote, 1 internal error, 2 reject or findings, 3 inconclusive, 4 bad input or configuration.
"""

from __future__ import annotations

import errno
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from evals.errors import BadInput, GoldloopError
from loop import console


class _Verbs(TyperGroup):
    """All verbs. Typer would end an interrupted one without a word."""

    def invoke(self, ctx: Any) -> Any:
        """Run the verb that the arguments name."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Abort() from None


app = typer.Typer(
    name="goldloop",
    cls=_Verbs,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, with stable keys.")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a configuration key; repeatable.")]
Runs = Annotated[Path, typer.Option("--runs", help="Folder that holds the runs.")]
Unsafe = Annotated[bool, typer.Option("--unsafe-local", help="Run model-written code as bare processes, without any isolation.")]
Model = Annotated[str, typer.Option("--model", help="Hub id, local folder or GGUF file.")]
RUNS = Path("runs")
DEFAULT_MODEL = "smollm2-135m-instruct"
_READER_GONE = 141  # what a shell says of a program that wrote to a closed pipe


@app.callback(invoke_without_command=True)
def goldloop(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; works with every verb.")] = False,
) -> None:
    """Turn a code model's failures into a better model, and prove it.

    Exit codes: 0 done or promote, 1 internal error, 2 reject or findings, 3 inconclusive, 4 bad input.
    """
    if version:
        from loop.stage import code_version

        typer.echo(f"goldloop {code_version()}")
        raise typer.Exit()


def emit(value: Any) -> None:
    """One JSON document on stdout."""
    import orjson
    from pydantic import BaseModel

    def default(item: Any) -> Any:
        return item.model_dump(mode="json") if isinstance(item, BaseModel) else str(item)

    sys.stdout.write(orjson.dumps(value, default=default, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n")


def next_command(command: str) -> None:
    """The last line of every verb."""
    console.say(f"next: [bold cyan]{console.escape(command)}[/]")


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of ``goldloop`` and ``python -m loop``."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    warnings.filterwarnings("ignore", module=r"(transformers|peft|torch)\.")  # theirs to mend, not the user's
    from loop.verbs import load

    load()

    sys.exit(_run(arguments, debug=debug))


def _run(arguments: list[str], *, debug: bool) -> int:
    try:
        result = app(arguments, prog_name="goldloop", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # the help was printed already
            return 0
        if debug:
            raise
        console.plain_error(_explain_usage(error, arguments))
        return 4
    except (typer.Abort, KeyboardInterrupt):
        return _interrupted()
    except SystemExit:  # rich and typer end so when nobody reads stdout any more, as in `goldloop failures RUN | head`
        return _READER_GONE
    except GoldloopError as error:
        if debug:
            raise
        console.plain_error(str(error))
        return error.exit_code
    except OSError as error:
        if debug:
            raise
        console.plain_error(_explain_os(error))
        return 4
    except Exception as error:
        if debug:
            raise
        console.plain_error(f"internal: {type(error).__name__}: {error}; run again with --debug for the traceback")
        return 1


def _interrupted() -> int:
    console.plain_error(
        "interrupted; what was finished is kept: the same command goes on from there (a run also by `goldloop resume`)"
    )
    return 130


def _explain_usage(error: TyperException, arguments: Sequence[str]) -> str:
    """What typer found, what was given, what the parameter is for, and where the help is."""
    message = error.format_message().rstrip(".")
    parameter = getattr(error, "param", None)
    if isinstance(error, typer.BadParameter) and parameter is not None:
        given, meant = _given(arguments, parameter.opts), getattr(parameter, "help", None)
        message += f", got {given!r}" if given is not None else ""
        message += f": {meant.rstrip('.')}" if meant and message.startswith("Missing") else ""
    context = getattr(error, "ctx", None)
    return f"{message}; see `{context.command_path if context else 'goldloop'} --help`"


def _given(arguments: Sequence[str], names: Sequence[str]) -> str | None:
    """The value that an option was given last; None where it was not given, or for an argument."""
    found = None
    for place, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name in names and name.startswith("-"):
            found = value if equals else next(iter(arguments[place + 1 :]), None)
    return found


def _explain_os(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return (
            f"{place}no space left ({error.strerror}); free some, then the same command goes on "
            "(a run also by `goldloop resume`): what was finished is kept"
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST) and error.filename:
        wanted = Path(error.filename)
        file = next((one for one in (wanted, *wanted.parents) if one.exists() and not one.is_dir()), wanted)
        return f"{file}: is a file, and a folder is needed there; give another folder"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{place}{error.strerror}; give a folder that you may write to (--out, --runs), or mend its permissions"
    return f"{place}{error.strerror or error}"


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="New folder for the project.")],
    json: Json = False,
) -> None:
    """Make a working project: configuration, a suite of three tasks, a README.

    Example: goldloop init my-project
    """
    from loop.scaffold import init_project

    files = init_project(folder)
    if json:
        emit({"folder": str(folder), "files": [str(file.relative_to(folder)) for file in files]})
    else:
        for file in files:
            console.out.print(f"  {console.escape(str(file))}")
    next_command(f"cd {folder} && goldloop run")


@app.command()
def doctor(json: Json = False) -> int:
    """Say what this machine can do, and what to install.

    Example: goldloop doctor
    """
    from rich.table import Table
    from rich.text import Text

    from loop.doctor import examine, healthy

    findings = examine(Path.cwd())
    good = healthy(findings)
    if json:
        emit({"healthy": good, "findings": findings})
        return 0 if good else 2
    colours = {"ok": "green", "missing": "bold red", "optional": "yellow"}
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("what", "state", "found", "to do"):
        table.add_column(name, overflow="fold")
    for finding in findings:
        fix = finding.fix if finding.state != "ok" else ""
        table.add_row(finding.name, f"[{colours[finding.state]}]{finding.state}[/]", Text(finding.found), Text(fix))
    console.out.print(table)
    next_command("goldloop demo" if good else "goldloop doctor")
    return 0 if good else 2


@app.command()
def demo(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds to run.")] = 1,
    runs: Runs = RUNS,
    set_: Sets = None,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> int:
    """Close the loop once on the shipped suites with the embedded model: fail, learn, pass.

    Example: goldloop demo
    """
    import yaml

    from loop.config import make_config

    text = Path(__file__).with_name("templates").joinpath("demo.yaml").read_text(encoding="utf-8")
    config = make_config({**yaml.safe_load(text), "rounds": rounds}, set_ or (), place="demo.yaml")
    return _run_config(config, Path.cwd(), runs, unsafe_local=unsafe_local, json=json)


@app.command()
def run(
    config: Annotated[Path, typer.Argument(help="Configuration file.")] = Path("goldloop.yaml"),
    target: Annotated[list[str] | None, typer.Option(help="Suite to improve on; repeatable. Replaces the file's.")] = None,
    guard: Annotated[list[str] | None, typer.Option(help="Suite that must not get worse; repeatable.")] = None,
    model: Annotated[str, typer.Option(help="Hub id, local folder or GGUF file.")] = "",
    name: Annotated[str, typer.Option(help="The run's name.")] = "",
    rounds: Annotated[int, typer.Option(min=0, help="Rounds; 0 takes the configuration's.")] = 0,
    set_: Sets = None,
    runs: Runs = RUNS,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> int:
    """Run rounds: evaluate, collect failures, pair, screen, train, re-evaluate, decide.

    A run that is there already under the same settings goes on where it stopped.

    Example: goldloop run goldloop.yaml --rounds 2 --set finetune.learning_rate=1e-4

    Example: goldloop run --target mbpp:../data/mbpp --name mbpp
    """
    from loop.config import load_config, make_config

    overrides = list(set_ or ())
    overrides += [f"{key}={value}" for key, value in (("model", model), ("name", name), ("rounds", rounds or "")) if value]
    for key, suites in (("target", target), ("guard", guard)):
        if suites:
            overrides.append(f"suites.{key}=[{', '.join(repr(suite) for suite in suites)}]")
    if target and not config.is_file():
        settings, base = make_config({}, overrides, place="command line"), Path.cwd()
    else:
        settings, base = load_config(config, overrides), Path.cwd() if target else config.parent
    return _run_config(settings, base, runs, unsafe_local=unsafe_local, json=json)


@app.command()
def resume(
    name: Annotated[str, typer.Argument(help="Name of the run; without it, the newest one.")] = "",
    runs: Runs = RUNS,
    json: Json = False,
) -> int:
    """Go on with a run that was stopped or killed: nothing is lost, nothing is done twice.

    Example: goldloop resume demo
    """
    from loop.runs import resume_run

    folder = run_folder(name, runs)
    return _show_run(resume_run(folder, progress=console.Bars(quiet=json)), json=json)


def _run_config(config: Any, base: Path, runs: Path, *, unsafe_local: bool, json: bool) -> int:
    from loop.runs import start_run

    if not json:
        targets, guards = ", ".join(config.suites.target), ", ".join(config.suites.guard) or "none"
        console.say(f"[bold]goldloop[/] {config.name}: {console.escape(config.model)}, target {targets}, guard {guards}")
    bars = console.Bars(quiet=json)
    return _show_run(start_run(config, base, runs, unsafe_local=unsafe_local, progress=bars), json=json)


def _show_run(finished: Any, *, json: bool) -> int:
    from evals.files import read_json
    from loop.gate import EXIT_CODES
    from loop.show import show_round

    last = finished.rounds[-1]
    if json:
        emit({**read_json(finished.folder / "report.json"), "html": str(finished.html)})
    else:
        for report in finished.rounds:
            show_round(report)
        console.out.print(f"report: {console.escape(str(finished.html))}", soft_wrap=True)
        promoted = f"goldloop lineage {finished.folder.name}"
        next_command(promoted if last.decision == "promote" else f"goldloop failures {finished.folder}")
    return EXIT_CODES[last.decision]


def run_folder(name: str, runs: Path) -> Path:
    """The folder of a run by name, or of the only one there is."""
    from loop.runs import list_runs

    names = list_runs(runs)
    if name in names:
        return runs / name
    if name:
        raise BadInput(f"{runs / name}: no such run; runs here: {', '.join(names) or 'none'}")
    if len(names) == 1:
        return runs / names[0]
    if not names:
        raise BadInput(f"{runs}: no runs here; start one with `goldloop run` or `goldloop demo`")
    newest = max(names, key=lambda one: (runs / one / "run.json").stat().st_mtime)
    console.say(f"taking the newest run, {newest} (of {', '.join(names)})")
    return runs / newest
