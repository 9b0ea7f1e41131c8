"""How fast logs are read, redacted and kept: megabytes a second of one core, beside traceval's ingest on the same file.

    python -m venv PEER && PEER/bin/pip install traceval==0.2.7
    python -m benchmarks.ingest --lines 1000000 --peer PEER/bin/traceval --write

The log is made up: OTLP JSON, one span a line of about 1.3 KB, chat text and a code block, content captured; one line in 500
holds an address. Both are separate processes bound to one core, in turn, best of the rounds; traceval redacts nothing. Peak
memory is the process's (``ru_maxrss``). Without ``--write`` the figures are only printed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "benchmarks/results/ingest.json"
_WORDS = [
    *(
        "please",
        "the",
        "a",
        "function",
        "list",
        "of",
        "numbers",
        "returns",
        "text",
        "when",
        "we",
        "need",
        "sort",
        "value",
        "result",
    ),
    *("data", "order", "user", "account", "report", "daily", "fix", "error", "handle", "parse", "file", "name", "count", "total"),
    *("average", "write", "python", "code", "example", "input", "output"),
]


def make_log(file: Path, lines: int) -> None:
    """Write the log: the same bytes for the same number of lines."""
    rng = random.Random(7)
    chunks = [" ".join(rng.choice(_WORDS) for _ in range(50)) for _ in range(997)]
    with file.open("w", encoding="utf-8") as out:
        for number in range(lines):
            asked = chunks[number % 997] + (f" mail kim{number}@corp-mail.com" if number % 500 == 0 else "")
            said = f"```python\ndef step(x):\n    return x + {number}\n```\n{chunks[(7 * number) % 997]}"
            out.write(json.dumps(_span(number, asked, said)) + "\n")


def _span(number: int, asked: str, said: str) -> dict[str, Any]:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "some-model",
        "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": asked}]}]),
        "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": said}]}]),
        "user.id": f"u{number % 5000}",
    }
    start = 1_790_000_000_000_000_000 + number * 10**9
    span = {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "chat some-model",
        "kind": 3,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 10**9),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()],
        "status": {},
    }
    return {"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"scope": {"name": "app"}, "spans": [span]}]}]}


def run(command: list[str], folder: Path) -> dict[str, float]:
    """Wall seconds, processor seconds and peak memory of a process on one core."""
    core = min(os.sched_getaffinity(0))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, preexec_fn=lambda: os.sched_setaffinity(0, {core})
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "cpu": cpu, "peak_mib": after.ru_maxrss / 1024}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--peer", default="", help="the traceval command of another environment")
    parser.add_argument("--peer-lines", type=int, default=100_000, help="lines that both read for the comparison")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows.append(measured(folder, given.lines, "goldloop ingest", 1))
        if given.peer:
            rows.append(measured(folder, given.peer_lines, "goldloop ingest", given.rounds))
            rows.append(measured(folder, given.peer_lines, "traceval ingest", given.rounds, given.peer))
    print(json.dumps(rows, indent=1))
    if given.write:
        write(rows, sys.argv[1:])


def measured(folder: Path, lines: int, what: str, rounds: int, peer: str = "") -> dict[str, Any]:
    """The best of some rounds; what a round leaves is removed before the next."""
    log = folder / f"log-{lines}.jsonl"
    if not log.is_file():
        make_log(log, lines)
    best: dict[str, float] = {}
    for _ in range(rounds):
        shutil.rmtree(folder / "project", ignore_errors=True)
        (folder / "traces.db").unlink(missing_ok=True)
        ours = [sys.executable, "-m", "loop", "ingest", "otel", str(log), "--into", "project", "--json"]
        theirs = [peer, "ingest", str(log), "--format", "otel", "-o", "traces.db"]
        taken = run(theirs if peer else ours, folder)
        best = taken if not best or taken["wall"] < best["wall"] else best
    megabytes = log.stat().st_size / 1e6
    print(f"{what}: {lines:,} lines, {megabytes:,.0f} MB, {megabytes / best['wall']:.1f} MB/s", file=sys.stderr)
    return {"what": what, "lines": lines, "megabytes": megabytes, "rate": megabytes / best["wall"], **best}


def write(rows: list[dict[str, Any]], arguments: list[str]) -> None:
    """The figures, as the documentation's table takes them. A peak is the largest of all processes so far: the first one's."""
    packages = {name: version(name) for name in ("orjson", "detect-secrets", "rensa")}
    shown = [
        {"what": row["what"], "lines": row["lines"], "megabytes": row["megabytes"], "rate": row["rate"], "seconds": row["wall"]}
        for row in rows
    ]
    peak = rows[0]["peak_mib"]
    result = {
        "what": "OTLP JSON, one span a line, read, redacted and kept on one core; traceval, which redacts nothing, beside it",
        "command": f"python -m benchmarks.ingest {' '.join(word for word in arguments if '/' not in word and word != '--peer')}",
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
            "note": f"peak memory {peak:,.0f} MiB with {rows[0]['lines']:,} lines; best of the rounds, in turn",
        },
        "versions": {"python": sys.version.split()[0], **packages, "traceval": "0.2.7"},
        "date": datetime.now(UTC).date().isoformat(),
        "columns": [
            {"title": "", "text": "{what}"},
            {"title": "lines", "text": "{lines:,}"},
            {"title": "MB", "text": "{megabytes:,.0f}"},
            {"title": "seconds", "text": "{seconds:.1f}"},
            {"title": "MB/s", "text": "{rate:.1f}"},
        ],
        "rows": shown,
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
