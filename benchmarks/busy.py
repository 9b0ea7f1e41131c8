"""Tokens a second of the hf backend beside busy neighbours: with torch as it comes, and with goldloop's policy of threads.

    python -m benchmarks.busy --write

Neighbours are loops of plain Python of the same priority, which end by themselves. The fair share beside N of them is the quiet
rate of torch as it comes, times what as many equal tasks as there are processors get beside N others. Every policy is a process
of its own that loads the model once; rates are of decoding alone, after a few seconds in which a policy may find its way.
``short waits`` are bounded spinning and short slices with all threads, without following the load. Needs a machine that is quiet
else. Without ``--write`` the figures are only printed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "benchmarks/results/busy.json"
NEIGHBOURS = (0, 2, 8)
POLICIES = ("torch", "short waits", "goldloop")
_LOOP = "import sys, time\nend = time.monotonic() + float(sys.argv[1])\nwhile time.monotonic() < end: pass"
_LONGEST_SECONDS = 180  # a neighbour that nobody ends


class TimeUp(Exception):
    """Enough was measured."""


@contextmanager
def neighbours(number: int) -> Iterator[None]:
    """So many busy loops while this lasts."""
    command = [sys.executable, "-S", "-c", _LOOP, str(_LONGEST_SECONDS)]
    started = [subprocess.Popen(command) for _ in range(number)]
    try:
        if started:
            time.sleep(1.0)
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def environment(policy: str) -> dict[str, str]:
    """What a policy's process starts with; libgomp spins 300,000 times unless told otherwise."""
    fixed = {"GOMP_SPINCOUNT": "300000", "MKL_CBWR": "AUTO"} if policy == "torch" else {}
    own = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_", "KMP_", "MKL_"))}
    return {**own, **fixed}


def serve(given: argparse.Namespace) -> None:
    """One policy: a line of warm-up and measured seconds in, a line of figures out."""
    from evals.models import hf, threads
    from evals.models.base import Prompt, Sampling
    from evals.records import ModelRef

    out, sys.stdout = sys.stdout, sys.stderr  # libraries print
    backend: Any = hf.HFBackend(ModelRef(base=given.model), batch_size=given.rows)
    if given.serve != "goldloop":
        backend._pace = threads.Pace(1, lambda number: None)
    if given.serve == "short waits":
        threads.ask_for_short_slices()
    asked = [f"Write a Python function that returns the sum of {number} numbers." for number in range(given.rows)]
    prompts = [Prompt(messages=({"role": "user", "content": text},)) for text in asked]
    sampling = Sampling(max_new_tokens=4000, stop_at_code_block=False)
    take = backend._take
    backend._ends = hf._Ends(tokens=frozenset())  # every row goes on until the time is up
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        warm, seconds = map(float, line.split())
        marks: list[tuple[float, float, int]] = []

        def counted(answers: Any, scores: Any, sampling: Any, *, marks: Any = marks, limit: float = warm + seconds) -> Any:
            chosen = take(answers, scores, sampling)
            if len(answers) == given.rows:
                marks.append((time.perf_counter(), time.process_time(), len(answers)))
                if marks[-1][0] - marks[0][0] > limit and len(marks) > 3:
                    raise TimeUp
            return chosen

        backend._take = counted
        with suppress(TimeUp):
            backend.generate(prompts, sampling)
        first = next(place for place, mark in enumerate(marks) if mark[0] - marks[0][0] >= warm or place == len(marks) - 2)
        tokens = sum(mark[2] for mark in marks[first + 1 :])
        wall, cpu = marks[-1][0] - marks[first][0], marks[-1][1] - marks[first][1]
        print(json.dumps({"tokens": tokens, "wall": wall, "cpu": cpu, "threads": backend._pace.threads}), file=out, flush=True)


def measured(policy: str, given: argparse.Namespace) -> dict[int, dict[str, float]]:
    """The figures of one policy by the number of neighbours."""
    options = ["--model", given.model, "--rows", str(given.rows)]
    command = [sys.executable, "-m", "benchmarks.busy", "--serve", policy, *options]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment(policy)
    )
    assert process.stdin is not None and process.stdout is not None
    found = {}
    try:
        if process.stdout.readline().strip() != "ready":
            sys.exit(f"{policy}: did not start")
        for number in given.neighbours:
            with neighbours(number):
                warm = given.warm if number else min(given.warm, 2.0)
                process.stdin.write(f"{warm} {given.seconds}\n")
                process.stdin.flush()
                answer = json.loads(process.stdout.readline() or sys.exit(f"{policy}: no answer beside {number}"))
            answer["rate"] = answer["tokens"] / answer["wall"]
            found[number] = answer
            print(
                f"{policy:12} beside {number}: {answer['rate']:6.1f} tokens/s, {answer['threads']} threads, "
                f"{answer['cpu'] / answer['tokens'] * 1000:6.1f} ms of processor time a token",
                flush=True,
            )
    finally:
        process.stdin.close()
        process.wait(timeout=120)
    return found


def rows_of(found: dict[str, dict[int, dict[str, float]]]) -> list[dict[str, Any]]:
    """The rows of the table: rates, and what share of the fair one each is."""
    cores = len(os.sched_getaffinity(0))
    rows = []
    for number, quiet in ((number, found["torch"][0]["rate"]) for number in found["torch"]):
        fair = quiet * cores / (cores + number)
        row: dict[str, Any] = {"neighbours": number, "fair": fair}
        for policy in POLICIES:
            rate = found[policy][number]["rate"]
            row[policy.split()[0]] = f"{rate:.1f} ({rate / fair:.0%})"
        rows.append(row)
    return rows


def write(rows: list[dict[str, Any]], arguments: list[str]) -> None:
    """The figures, as the documentation's table takes them."""
    result = {
        "what": "Tokens a second beside busy neighbours of the same priority, and the share of the fair rate",
        "command": f"python -m benchmarks.busy {' '.join(arguments)}",
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
            "note": "embedded model, fp32",
        },
        "versions": {"torch": version("torch"), "transformers": version("transformers")},
        "date": datetime.now(UTC).date().isoformat(),
        "columns": [
            {"title": "busy neighbours", "text": "{neighbours}"},
            {"title": "fair share", "text": "{fair:.1f}"},
            {"title": "torch as it comes", "text": "{torch}"},
            {"title": "short waits", "text": "{short}"},
            {"title": "goldloop", "text": "{goldloop}"},
        ],
        "rows": rows,
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m-instruct")
    parser.add_argument("--rows", type=int, default=16, help="answers decoded together")
    parser.add_argument("--seconds", type=float, default=16.0, help="measured, for each policy and number of neighbours")
    parser.add_argument("--warm", type=float, default=10.0, help="seconds before them")
    parser.add_argument("--neighbours", type=int, nargs="+", default=NEIGHBOURS)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--serve", choices=POLICIES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given)
        return
    if given.neighbours[0] != 0:
        parser.error("--neighbours must begin with 0, the rate that the others are compared with")
    rows = rows_of({policy: measured(policy, given) for policy in POLICIES})
    print(json.dumps(rows, indent=1))
    if given.write:
        write(rows, sys.argv[1:])


if __name__ == "__main__":
    main()
