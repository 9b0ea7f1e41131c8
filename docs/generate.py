"""Fills the generated parts of the documentation: ``python -m docs.generate``; with ``--check`` it names the pages that differ.

A generated part stands between ``<!-- table: NAME -->`` and ``<!-- end -->`` in README.md, CONTRIBUTING.md or a page of
``docs/``. NAME is a row of ``docs.tables.TABLES``, one with an argument (``functions evals``), or a file of
``benchmarks/results`` without its suffix. Add one: a function that returns Markdown, and a row there.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docs.tables import ROOT, TABLES, table

RESULTS = ROOT / "benchmarks" / "results"
_PART = re.compile(r"(?P<head><!-- table: (?P<name>[\w .:-]+) -->\n).*?(?P<tail><!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """Every page that may hold a generated part."""
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")]
    return [page for page in (*top, *sorted((ROOT / "docs").glob("*.md"))) if page.is_file()]


def filled(text: str) -> str:
    """A page with its generated parts as they should be.

    Raises:
        KeyError: a part of a name that nothing generates.
    """
    return _PART.sub(lambda match: f"{match['head']}\n{generated(match['name']).strip()}\n\n{match['tail']}", text)


def generated(name: str) -> str:
    """The Markdown of one part."""
    head, _, argument = name.partition(" ")
    if name in TABLES:
        return TABLES[name]()
    if head in TABLES:
        return TABLES[head](argument)
    if (RESULTS / f"{name}.json").is_file():
        return measured(name)
    raise KeyError(f"table {name!r}: expected one of {', '.join(TABLES)}, or a file of {RESULTS.relative_to(ROOT)}")


def measured(name: str) -> str:
    """The table of a benchmark's result. ``columns`` gives the headings, and the text of a cell with a row's keys in braces."""
    result = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    rows = [[column["text"].format(**row) for column in result["columns"]] for row in result["rows"]]
    return f"{table([column['title'] for column in result['columns']], rows)}\n\n{_measured_how(result)}"


def _measured_how(result: dict[str, Any]) -> str:
    """One line on how it was measured; what was not recorded is left out, and so is a line that would say nothing."""
    machine, cores = result["machine"], result["machine"]["cores"]
    facts = [
        f"with `{result['command']}`" if result["command"] else "",
        f"on {cores} core{'' if cores == 1 else 's'}" if cores else "",
        f"{machine['memory_gib']} GiB of memory" if machine["memory_gib"] else "",
        machine["note"] or "",
        result["date"] or "",
        *(f"{package} {version}" for package, version in (result["versions"] or {}).items()),
    ]
    said = ", ".join(fact for fact in facts if fact)
    return f"Measured {said}." if said else ""


def main(arguments: Sequence[str]) -> int:
    """Fill every page; exit code 1 with ``--check`` where one differs."""
    differing = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if (wanted := filled(text)) != text:
            differing.append(page)
            if "--check" not in arguments:
                page.write_text(wanted, encoding="utf-8")
    for page in differing:
        print(f"{page.relative_to(ROOT)}: {'differs; run `python -m docs.generate`' if '--check' in arguments else 'written'}")
    return 1 if differing and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
