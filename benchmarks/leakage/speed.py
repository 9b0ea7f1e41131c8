"""Times goldloop's audit beside the bare reader, on the same files in one run: medians of five, pinned to one and two cores.

    .venv/bin/python benchmarks/leakage/speed.py --holdout house --megabytes 200

Four layouts of the same documents: one JSONL file, one zstd Parquet file, eight JSONL files, and the code alone as a tree of
files. ``pyarrow.json`` reads the JSONL and does nothing with it: a limit, not a peer. Peak memory is the largest of the child
processes; the cold start (no compiled kernels in the cache) is run once.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
from corpus import Document, documents

ROUNDS = 5
_READ = """
import sys, time
import pyarrow, pyarrow.json
paths, threads = sys.argv[2:], int(sys.argv[1])
pyarrow.set_cpu_count(threads)
start = time.perf_counter()
for path in paths:
    pyarrow.json.read_json(path, read_options=pyarrow.json.ReadOptions(use_threads=threads > 1, block_size=1 << 22))
print(time.perf_counter() - start)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """A run: ``megabytes`` are those on disk."""

    name: str
    threads: int
    seconds: float
    megabytes: float
    peak_megabytes: float
    rounds: tuple[float, ...]

    @property
    def megabytes_per_second(self) -> float:
        """Of the median round."""
        return self.megabytes / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A finished child process."""

    stdout: str
    stderr: str
    peak_megabytes: float
    returncode: int


def run_goldloop(paths: Sequence[Path], holdout: str, threads: int, channels: str) -> float:
    """Seconds that ``goldloop audit`` reports for the files, on the cores that this process may use.

    ``channels``: a list with commas; empty for the audit's own choice.

    Raises:
        RuntimeError: the audit did not run to its end; the message has its last lines.
    """
    return _audit(paths, holdout, threads, channels)[0]


def _audit(paths: Sequence[Path], holdout: str, threads: int, channels: str, cache: Path | None = None) -> tuple[float, float]:
    command = [sys.executable, "-m", "loop", "audit", "--holdout", holdout, "--threads", str(threads), "--json"]
    for channel in channels.split(","):
        command += ["--channel", channel] if channel else []
    for path in paths:
        command += ["--train", str(path)]
    child = _child(command, {"NUMBA_CACHE_DIR": str(cache)} if cache else {})
    if child.returncode not in (0, 2, 3):  # clean, leaks, inconclusive
        raise RuntimeError(f"audit: exit code {child.returncode}: {child.stderr[-600:]}")
    report: dict[str, Any] = json.loads(child.stdout)
    return float(report["seconds"]), child.peak_megabytes


def run_reader(paths: Sequence[Path], threads: int) -> tuple[float, float]:
    """Seconds and peak MB of ``pyarrow.json.read_json`` alone."""
    child = _child([sys.executable, "-c", _READ, str(threads), *map(str, paths)], {})
    if child.returncode:
        raise RuntimeError(f"pyarrow.json: {child.stderr[-600:]}")
    return float(child.stdout), child.peak_megabytes


def make_files(out: Path, megabytes: float) -> dict[str, list[Path]]:
    """The four layouts; the code tree is of the first 2,000 code files."""
    rows = list(documents(megabytes=megabytes))
    one = out / "one.jsonl"
    _write_jsonl(one, rows)
    parquet = out / "one.parquet"
    table = pyarrow.table({"id": [row.id for row in rows], "text": [row.text for row in rows]})
    pyarrow.parquet.write_table(table, parquet, compression="zstd", row_group_size=2_000)
    eight = [out / f"part-{n}.jsonl" for n in range(8)]
    for n, path in enumerate(eight):
        _write_jsonl(path, rows[n::8])
    tree = out / "code"
    for n, row in enumerate([row for row in rows if row.kind != "prose"][:2_000]):
        suffix = {"python": "py", "c": "h", "javascript": "js"}[row.kind]
        path = tree / f"{n // 100:02}" / f"file{n}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(row.text, encoding="utf-8")
    return {"one JSONL": [one], "one Parquet (zstd)": [parquet], "eight JSONL": eight, "code tree": [tree]}


def measure(name: str, paths: Sequence[Path], threads: int, run: Callable[[], tuple[float, float]]) -> Timing:
    """Median of ``ROUNDS`` runs on ``threads`` cores."""
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(everywhere)[:threads]))
    try:
        rounds = [run() for _ in range(ROUNDS)]
    finally:
        os.sched_setaffinity(0, everywhere)
    return Timing(
        name=name,
        threads=threads,
        seconds=statistics.median(seconds for seconds, _ in rounds),
        megabytes=sum(_size(path) for path in paths) / 1e6,
        peak_megabytes=max(peak for _, peak in rounds),
        rounds=tuple(seconds for seconds, _ in rounds),
    )


def _child(command: Sequence[str], variables: dict[str, str]) -> Child:
    """Run a command; its output goes through files, so that wait4 can tell the memory of this very child."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=output, stderr=errors, env=os.environ | variables)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return Child(stdout=texts[0], stderr=texts[1], peak_megabytes=usage.ru_maxrss / 1024, returncode=process.returncode)


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) if path.is_dir() else path.stat().st_size


def _write_jsonl(path: Path, rows: Sequence[Document]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({"id": row.id, "text": row.text}, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time goldloop's audit beside the bare reader.")
    parser.add_argument("--holdout", required=True, help="a suite, or holdout.jsonl of a bench")
    parser.add_argument("--megabytes", type=float, default=200.0)
    parser.add_argument("--channels", default="", help="passed on to the audit where given")
    parser.add_argument("--reader-only", action="store_true", help="only pyarrow's reader")
    parser.add_argument("--json", type=Path, help="where the timings are written")
    args = parser.parse_args()
    timings: list[Timing] = []
    with tempfile.TemporaryDirectory(prefix="speed-") as folder:
        layouts = make_files(Path(folder), args.megabytes)
        for threads in (1, 2):
            for name in ("one JSONL", "eight JSONL"):
                paths = layouts[name]
                timings.append(measure(f"pyarrow.json, {name}", paths, threads, functools.partial(run_reader, paths, threads)))
                _print(timings[-1])
            if args.reader_only:
                continue
            for name, paths in layouts.items():
                audit = functools.partial(_audit, paths, args.holdout, threads, args.channels)
                timings.append(measure(f"goldloop audit, {name}", paths, threads, audit))
                _print(timings[-1])
        if not args.reader_only:
            start = time.perf_counter()
            _audit(layouts["code tree"], args.holdout, 1, args.channels, Path(folder, "empty-cache"))
            print(f"cold start (no compiled kernels), code tree, wall time: {time.perf_counter() - start:.1f} s")
    if args.json:
        args.json.write_text(json.dumps([asdict(timing) for timing in timings], indent=2) + "\n", encoding="utf-8")


def _print(timing: Timing) -> None:
    rounds = ", ".join(f"{seconds:.2f}" for seconds in timing.rounds)
    rate = f"{timing.megabytes_per_second:8.1f} MB/s"
    print(f"{timing.name:38} {timing.threads} core(s) {rate}  peak {timing.peak_megabytes:6.0f} MB   ({rounds} s)", flush=True)


if __name__ == "__main__":
    main()
