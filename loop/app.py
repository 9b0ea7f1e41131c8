"""The application of all verbs: shared options, the JSON document, and the closing line that names the next command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from loop import console


class _Verbs(TyperGroup):
    """All verbs. Typer would end an interrupted one silently, and has no verb of two words beside one of the first word alone."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The verb that the arguments begin with: ``trainset show`` before ``trainset``."""
        both = " ".join(args[:2])
        if len(args) > 1 and both in self.commands:
            return both, self.commands[both], args[2:]
        return super().resolve_command(ctx, args)

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
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, with stable keys.")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a configuration key; repeatable.")]
Runs = Annotated[Path, typer.Option("--runs", help="Folder that holds the runs.")]
Unsafe = Annotated[bool, typer.Option("--unsafe-local", help="Run model-written code as bare processes, without any isolation.")]
Anyway = Annotated[bool, typer.Option("--anyway", help="Go on with a holdout so small that no outcome could be promoted.")]
Model = Annotated[str, typer.Option("--model", help="Hub id, local folder or GGUF file.")]
RUNS = Path("runs")
DEFAULT_MODEL = "smollm2-135m-instruct"


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
