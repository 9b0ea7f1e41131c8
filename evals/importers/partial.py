"""What the importers of other people's files share: notes on what was left out, options, licences, literals.

A row that is broken and one that is sound but cannot be graded here are left out, each with a note. Nothing is left out
without one.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.errors import BadInput, joined
from evals.importers import Imported, build_suite
from evals.validation import SuiteHeader

_TRAINABLE = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC-BY-2.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0"),
    *("CC-BY-SA-4.0", "CC0-1.0", "CDLA-Permissive-2.0", "ISC", "MIT", "MIT-0", "ODC-By-1.0", "PDDL-1.0", "Unlicense", "Zlib"),
}


def build_partial(
    header: SuiteHeader,
    tasks: Collection[Mapping[str, Any]],
    problems: list[str],
    path: Path,
    left_out: Sequence[str],
) -> Imported:
    """A validated suite with notes on what cannot be graded here.

    Raises:
        BadInput: as ``build_suite``; or nothing that can be graded.
    """
    if not tasks and not problems:
        raise BadInput("\n".join([f"{path}: no task that can be graded here", *([joined(left_out)] if left_out else [])]))
    return build_suite(header, tasks, problems, path, left_out)


def split_options(path: Path, known: Mapping[str, str]) -> tuple[Path, dict[str, str]]:
    """The path and the options behind it: ``tasks.jsonl?after=2024-08-01&private=none``. A file of exactly that name wins.

    Raises:
        BadInput: an option that is not in ``known`` (name: what it means), or one without a value.
    """
    name, mark, text = str(path).partition("?")
    if not mark or path.exists():
        return path, {}
    options: dict[str, str] = {}
    for part in filter(None, text.split("&")):
        key, equals, value = part.partition("=")
        if key not in known or not equals or not value:
            there = "; ".join(f"{option}=... ({meaning})" for option, meaning in known.items()) or "none"
            raise BadInput(f"{path}: option {part!r}: expected NAME=VALUE, options here: {there}")
        options[key] = value
    return Path(name), options


def may_train(licence: str) -> bool:
    """Whether a licence is known to allow training on the task. An unknown or missing one does not.

    Several joined by ``AND`` must all allow it, of several joined by ``OR`` one.
    """
    return any(
        all(part.strip() in _TRAINABLE for part in choice.split(" AND "))
        for choice in licence.replace("(", "").replace(")", "").split(" OR ")
    )


def python_literal(value: Any) -> str:
    """A value as Python that evaluates to it, with floats that have no literal of their own: ``float('inf')``."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    if isinstance(value, complex):
        return f"complex({python_literal(value.real)}, {python_literal(value.imag)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{python_literal(key)}: {python_literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple, set)):
        inner = ", ".join(map(python_literal, value))
        if isinstance(value, set):
            return f"{{{inner}}}" if value else "set()"
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    return repr(value)
