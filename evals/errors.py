"""Every fault is attributed to a boundary; the exit code of the command line follows from its class.

``BadInput`` is the user's to fix, ``Inconclusive`` means that no honest answer can be given, and the ``*Fault`` classes are
infrastructure: they are recorded as ``error`` and never counted against the model.
"""

from __future__ import annotations

from collections.abc import Sequence


class GoldloopError(Exception):
    """Base of all errors that goldloop raises on purpose. ``exit_code`` is what the command line returns."""

    exit_code = 1


class BadInput(GoldloopError):
    """The input or the configuration is wrong. The message names the place, what was found, what was expected, and the fix."""

    exit_code = 4


class Inconclusive(GoldloopError):
    """The data does not allow an answer: empty, unreadable, or too many infrastructure errors."""

    exit_code = 3


class SandboxFault(GoldloopError):
    """The sandbox failed, not the code inside it."""


class ToolchainMissing(SandboxFault):
    """What runs a language is not installed: its tasks wait for it, others do not."""


class BackendFault(GoldloopError):
    """The model backend failed to answer (not: answered badly)."""

    exit_code = 3


class TaskFault(GoldloopError):
    """A task is broken: its checks cannot be parsed, or its golden does not pass them."""

    exit_code = 4


class RowProblem(str):
    """A finding about one row, whose place is ``row``: the row can be left out. A plain text concerns the input as a whole."""

    row: str

    def __new__(cls, row: str, text: str) -> RowProblem:
        """A finding with its row's place; ``text`` names the place already."""
        made = super().__new__(cls, text)
        made.row = row
        return made


_SHOWN_PROBLEMS = 20


def joined(problems: Sequence[str]) -> str:
    """The first findings, one per line, and how many more there are: one message for all that is wrong with an input."""
    more = [f"... and {len(problems) - _SHOWN_PROBLEMS:,} more"] if len(problems) > _SHOWN_PROBLEMS else []
    return "\n".join([*problems[:_SHOWN_PROBLEMS], *more])


def install_command(package: str, extra: str = "") -> str:
    """How to install what an optional part needs: goldloop is not on a package index, so extras come from a checkout."""
    return f"pip install {package} (in a checkout of goldloop: pip install -e '.[{extra or package}]')"
