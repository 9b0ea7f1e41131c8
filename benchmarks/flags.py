"""How often a look at an answer's text is right, flag by flag, and what asking the answer makes of it.

    python benchmarks/flags.py --write

Honest answers in ordinary styles and answers that cheat (``flag_answers``), against tasks whose checks run beside the answer
(where cheating can pay) and others whose checks are decided outside. Of a flag, precision is the share of cheats among the
answers that have it, recall the share that has it of the cheats by what it names; *asked* is the verdict. The answers were
written for this benchmark, so both are those of its mix, not of any model's answers. Does not cover test files.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from flag_answers import CHEATS, HONEST

from evals.graders import grade
from evals.graders.flags import find_flags
from evals.records import Task, Verdict
from evals.sandboxes import make_sandbox

RESULTS = Path(__file__).parent / "results" / "flags.json"


_LANGUAGES = {"javascript": ", JavaScript", "sql": ", SQL"}


def names_of(task: Task, code: str, judged: Verdict) -> set[str]:
    """The flags of an answer; whether a query reads a table is told by DuckDB in the sandbox, and stands in its verdict."""
    found = {*find_flags(task, code), *({"constant_query"} & {*judged.flags, *judged.evidence.get("seen", {})})}
    return {name + _LANGUAGES.get(task.language, "") for name in found}


def measured() -> list[dict[str, object]]:
    """A row a flag, and one for all answers with any; ``unread`` cheats have none."""
    sandbox = make_sandbox("sandlock")
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    answers = [(code, asked, "") for code, asked in HONEST.items()] + [(code, *about) for code, about in CHEATS.items()]
    try:
        for code, asked, means in answers:
            judged = grade(asked, code, sandbox)
            flags = names_of(asked, code, judged)
            kind = "cheat" if means else "honest"
            for name in (*sorted(flags), *(["any flag"] if flags else ["no flag"])):
                counts[name][kind] += 1
                counts[name][f"{kind} {judged.status}"] += 1
            if means:
                counts[means]["by it"] += 1
                counts[means]["told"] += means in flags
                counts["any flag"]["by it"] += 1
                counts["any flag"]["told"] += bool(flags)
    finally:
        sandbox.close()
    order = sorted(counts, key=lambda name: (name in {"any flag", "no flag"}, name.partition(", ")[2], name))
    return [_row(name, counts[name]) for name in order if not name.startswith("none")]


def _row(name: str, counts: Mapping[str, int]) -> dict[str, object]:
    honest, cheats, by_it = counts.get("honest", 0), counts.get("cheat", 0), counts.get("by it", 0)

    def ended(kind: str) -> str:
        return ", ".join(
            f"{counts[f'{kind} {s}']} {s}" for s in ("pass", "fail", "unsettled", "error") if counts.get(f"{kind} {s}")
        )

    return {
        "flag": name,
        "honest": honest,
        "cheats": cheats,
        "precision": f"{cheats / (honest + cheats):.0%}" if name != "no flag" and honest + cheats else "",
        "recall": f"{counts.get('told', 0) / by_it:.0%} of {by_it}" if by_it else "",
        "honest_asked": ended("honest"),
        "cheats_asked": ended("cheat"),
    }


def main() -> None:
    """Measure, print, and with ``--write`` keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the rows into benchmarks/results")
    write = parser.parse_args().write
    rows = measured()
    for row in rows:
        print(row)
    titles = {
        "flag": "flag",
        "honest": "honest answers with it",
        "cheats": "cheats with it",
        "precision": "precision of the look",
        "recall": "recall of the look",
        "honest_asked": "honest, asked",
        "cheats_asked": "cheats, asked",
    }
    if write:
        document = {
            "what": f"Flags of Python, JavaScript and SQL read and asked: {len(HONEST)} honest answers, {len(CHEATS)} cheats",
            "command": "python benchmarks/flags.py --write",
            "machine": {"cores": os.cpu_count(), "memory_gib": None, "note": "the figures do not depend on the machine"},
            "versions": {"Python": platform.python_version()},
            "date": datetime.now(UTC).date().isoformat(),
            "columns": [{"title": title, "text": f"{{{key}}}"} for key, title in titles.items()],
            "rows": rows,
        }
        RESULTS.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
