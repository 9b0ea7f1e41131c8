"""Goldens on a quiet machine and beside busy neighbours: the limits of an attempt do not depend on the machine's load.

    python benchmarks/grading/load.py basics house web humaneval:HumanEval.jsonl.gz mbpp:mbpp.jsonl [--sample 100]

Each suite's goldens are graded by one worker, alone and then beside busy loops on the same processor, which end by themselves
after ``--seconds``. What is not graded by then is left out and counted. Neighbours that run already are not known here. Not
measured: speed; ``speed.py`` does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evals.graders import grade
from evals.records import Task
from evals.sandboxes import make_sandbox
from evals.sandboxes.base import Sandbox
from evals.suites import load_suite

_LOOP = "import os, time\nos.sched_setaffinity(0, {%d})\nend = time.monotonic() + %d\nwhile time.monotonic() < end: pass"


def spread(tasks: Sequence[Task], sample: int) -> list[Task]:
    """So many of the tasks, evenly spread; 0 is all."""
    if not sample or sample >= len(tasks):
        return list(tasks)
    return [tasks[place * len(tasks) // sample] for place in range(sample)]


def graded(tasks: Sequence[Task], sandbox: Sandbox, seconds: float) -> dict[str, Any]:
    """Counts of the verdicts on goldens until the time is over, and those that are no passes."""
    started = time.monotonic()
    counts: Counter[str] = Counter()
    others = []
    for task in tasks:
        if time.monotonic() - started > seconds:
            break
        verdict = grade(task, task.golden, sandbox)
        counts[verdict.status] += 1
        if not verdict.passed:
            others.append({"task": task.key, "reason": verdict.reason, "message": str(verdict.evidence.get("message", ""))[:300]})
    found: dict[str, Any] = {"graded": counts.total(), "passed": counts["pass"], "others": others}
    return {**found, "seconds": round(time.monotonic() - started, 1)}


def beside(neighbours: int, processor: int, seconds: int) -> list[subprocess.Popen[bytes]]:
    """Busy loops on a processor, which end by themselves."""
    return [subprocess.Popen([sys.executable, "-S", "-c", _LOOP % (processor, seconds)]) for _ in range(neighbours)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="+", help="suites: folders, shipped names, or importer:path")
    parser.add_argument("--sandbox", default="sandlock")
    parser.add_argument("--neighbours", type=int, default=16)
    parser.add_argument("--sample", type=int, default=0, help="tasks of each suite, evenly spread; 0 is all")
    parser.add_argument("--seconds", type=int, default=170, help="how long the busy loops beside one suite run")
    parser.add_argument("--quiet-seconds", type=int, default=3600, help="the end of grading a suite alone")
    parser.add_argument("--json", type=Path, help="where to write the table")
    options = parser.parse_args()
    processor = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {processor})
    sandbox = make_sandbox(options.sandbox)
    rows: dict[str, Any] = {}
    for name in options.suites:
        suite = load_suite(name)
        tasks = spread([task for task in suite.tasks if task.golden.strip()], options.sample)
        row = {"tasks": len(tasks), "alone": graded(tasks, sandbox, options.quiet_seconds)}
        loops = beside(options.neighbours, processor, options.seconds)
        try:
            row["beside"] = graded(tasks, sandbox, options.seconds - 5)
        finally:
            for loop in loops:
                loop.kill()
                loop.wait()
        rows[suite.name] = row
        print(suite.name, json.dumps(row), flush=True)
        if options.json:
            made = {"sandbox": sandbox.tier, "neighbours": options.neighbours, "suites": rows}
            options.json.write_text(json.dumps(made, indent=1) + "\n")
    sandbox.close()


if __name__ == "__main__":
    main()
