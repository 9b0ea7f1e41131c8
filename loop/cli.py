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

import typer
from typer.exceptions import TyperException

from evals.errors import GoldloopError
from loop import console, verbs
from loop.app import app

_READER_GONE = 141  # the shell's exit code for a program that wrote to a closed pipe


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of ``goldloop`` and ``python -m loop``."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    warnings.filterwarnings("ignore", module=r"(transformers|peft|torch)\.")  # for the developers to fix, not the user
    verbs.load()
    try:
        code = _run(arguments, debug=debug)
    finally:
        console.LifeSigns.stop_all()
    sys.exit(code)


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
    except SystemExit:  # rich and typer end like this when nobody reads stdout any more, as in `goldloop failures RUN | head`
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
    """The value that an option was given last; None if it was not given, or for an argument."""
    given = None
    for place, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name in names and name.startswith("-"):
            given = value if equals else next(iter(arguments[place + 1 :]), None)
    return given


def _explain_os(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return (
            f"{place}no space left ({error.strerror}); free some, then the same command goes on "
            "(a run also by `goldloop resume`): what was finished is kept"
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST) and error.filename:
        wanted = Path(error.filename)
        file = next((parent for parent in (wanted, *wanted.parents) if parent.exists() and not parent.is_dir()), wanted)
        return f"{file}: is a file, and a folder is needed there; give another folder"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{place}{error.strerror}; give a folder that you may write to (--out, --runs), or fix its permissions"
    return f"{place}{error.strerror or error}"
