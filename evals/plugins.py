"""The one loader of all seams: a table says what each name stands for, and ``pkg.mod:Class`` names what is in no table.

A seam is a table from names to ``module:attribute`` (text, imported on demand) or to the thing itself. Whatever a
table does not list is given as ``pkg.mod:Class`` in the configuration or in a task; its module must be importable: installed,
on ``PYTHONPATH``, or below the working folder with ``python -m goldloop``. Importing it runs its code on this machine, outside
any sandbox; what a task names is not called unless it has the seam's methods or its mark. Does not check types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from evals.errors import BadInput, GoldloopError

_OUTSIDE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def is_outside(name: str) -> bool:
    """Whether a name has the form ``pkg.mod:Class``."""
    return _OUTSIDE.fullmatch(name) is not None


def load(
    table: Mapping[str, Any],
    name: str,
    what: str,
    *,
    form: str = "pkg.mod:Class",
    more: Iterable[str] = (),
    methods: Sequence[str] = (),
    fault: type[GoldloopError] = BadInput,
) -> Any:
    """What a name of a seam stands for: a row of ``table``, or ``pkg.mod:Class`` from outside.

    Args:
        table: by name, ``module:attribute`` or the thing itself.
        name: from a configuration, a command line or a task.
        what: what the table holds (``backend``, ``metric``), for messages.
        form: how a name from outside is written, for messages.
        more: names that the caller takes beside the table's, for messages.
        methods: what a class from outside must define: a task names it, and a task must not be able to call any class.
        fault: the exception class to raise.

    Raises:
        GoldloopError: of class ``fault``: no such name, or it cannot be loaded; with the names that there are and the form.
    """
    target = table.get(name)
    if target is None:
        if not is_outside(name):
            raise fault(unknown(table, name, what, form=form, more=more))
        target = name
    if not isinstance(target, str):
        return target
    module, _, attribute = target.partition(":")
    try:
        loaded = getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        if name in table:
            raise
        fix = "install it, or put the folder that holds it on PYTHONPATH" if _is_within(error.name, module) else "install that"
        raise fault(f"{what} {name!r} cannot be loaded: {error}; {fix}") from None
    except (ImportError, AttributeError) as error:
        raise fault(f"{what} {name!r} cannot be loaded: {error}; expected {form!r}") from None
    if methods and name not in table and not (isinstance(loaded, type) and all(hasattr(loaded, method) for method in methods)):
        raise fault(f"{what} {name!r} cannot be used: expected a class with {' and '.join(methods)}, found {loaded!r:.80}")
    return loaded


def unknown(table: Mapping[str, Any], name: str, what: str, *, form: str = "pkg.mod:Class", more: Iterable[str] = ()) -> str:
    """The message about a name that a seam does not have: the names that there are, the nearest one, the form for others."""
    known = [*more, *table]
    near = get_close_matches(name, known, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{what} {name!r} is none of {', '.join(known)}, nor a {form!r}{hint}"


def _is_within(missing: str | None, module: str) -> bool:
    """Whether the missing module is the one that was named, or a package that holds it."""
    return missing is not None and f"{module}.".startswith(f"{missing}.")
