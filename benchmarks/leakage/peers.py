"""Runs the peers on a bench, each in a virtual environment of its own in a temporary folder, with their default settings.

    .venv/bin/python benchmarks/leakage/peers.py --bench bench-report --python python3.12

Covers decon (``decontaminate``: the Python bindings, question and answer of each item as its reference; as ``decon-parts``
with prompt and answer as two questions without answers, since it looks for an answer only near its question), datatrove's
n-gram decontamination (12 words; as ``datatrove-query`` with the words of the prompt too, which it leaves out by default) and
``corpus-assay`` (13 words; prompt, then answer, as two texts an item). datatrove's indexer needs lighteval whatever it is
given, so the index is made by its own hash method and in its file format, without its ``run``; it reports no item, only that
a row is contaminated: for it ``flagged`` is the number to look at. Each gets one process and one thread. The time that is
reported is that of reading and matching: the index and the start of Python are not in it.
A peer that fails is reported with its last lines.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sight

_DECON = """
    import json, os, pathlib, sys, time, decon
    bench, out = map(pathlib.Path, sys.argv[1:3])
    parts = sys.argv[3] == "parts"
    for name in ("evals", "train", "report"):
        (out / name).mkdir()
    with (bench / "holdout.jsonl").open() as lines, (out / "evals" / "bench.jsonl").open("w") as file:
        for n, item in enumerate(map(json.loads, lines)):
            wanted = [{"question": item["prompt"], "answer": item["answer"], "is_correct": True}]
            if parts:
                wanted = [{"question": item[part]} for part in ("prompt", "answer") if item[part].strip()]
            for place, fields in enumerate(wanted):
                number = 2 * n + place
                row = {"eval_key": "bench", "doc_id": number, "eval_instance_index": number, "split": "test"}
                print(json.dumps(row | {"fingerprint": str(n)} | fields), file=file)
    def run(training, report):
        start, cpu = time.perf_counter(), sum(os.times()[:4])
        config = decon.Config(training_dir=str(training), evals_dir=str(out / "evals"), report_output_dir=str(report),
                              worker_threads=1)
        decon.detect(config)
        return time.perf_counter() - start, sum(os.times()[:4]) - cpu
    (out / "empty").mkdir(); (out / "none").mkdir()
    (out / "empty" / "train.jsonl").write_text('{"text": "nothing"}\\n')
    index = run(out / "empty", out / "none")
    (out / "train" / "train.jsonl").symlink_to((bench / "train.jsonl").resolve())
    seconds = [a - b for a, b in zip(run(out / "train", out / "report"), index)]
    with (out / "found.jsonl").open("w") as file:
        for path in (out / "report").glob("*.jsonl"):
            for match in map(json.loads, path.open()):
                print(json.dumps({"row": match["training_line"] + 1, "number": int(match["fingerprint"])}), file=file)
    (out / "seconds.json").write_text(json.dumps(seconds))
"""
_DATATROVE = """
    import json, os, pathlib, sys, time, types
    import numpy as np
    from datatrove.data import Document
    from datatrove.pipeline.decont import NGramsDecontConfig, NGramsDecontFilter, NGramsDecontIndexer
    from datatrove.utils.hashing import create_hash_func
    from datatrove.utils.typeshelper import Languages
    from datatrove.utils.word_tokenizers import load_word_tokenizer
    bench, out = map(pathlib.Path, sys.argv[1:3])
    config = NGramsDecontConfig(find_query_ngrams=sys.argv[3] == "query")
    # the indexer's own method on what it needs of itself: to construct one asks for lighteval
    indexer = types.SimpleNamespace(config=config, tokenizer=load_word_tokenizer(Languages.english),
                                    hash_func=create_hash_func(config.hash_config))
    hashes = set()
    for item in map(json.loads, (bench / "holdout.jsonl").open()):
        hashes.update(NGramsDecontIndexer.compute_hashes(indexer, item["answer"], item["prompt"]))
    (out / "index").mkdir()
    np.array(list(hashes), dtype=config.hash_config.np_descr).tofile(out / "index" / "bench.index.hashes")
    block = NGramsDecontFilter(str(out / "index"), config)
    block.filter(Document(text="nothing here", id="0"))
    start, cpu = time.perf_counter(), sum(os.times()[:4])
    with (out / "found.jsonl").open("w") as file:
        for number, line in enumerate((bench / "train.jsonl").open(), 1):
            row = json.loads(line)
            if block.filter(Document(text=row["text"], id=row["id"])) is not True:
                print(json.dumps({"row": number}), file=file)
    (out / "seconds.json").write_text(json.dumps([time.perf_counter() - start, sum(os.times()[:4]) - cpu]))
"""
_CORPUS_ASSAY = """
    import json, os, pathlib, sys, time
    from corpus_assay import build_index_hf, do_scan
    from corpus_assay.benchmark_spec import BenchmarkSpec
    from corpus_assay.config import BuildIndexConfig, ScanConfig
    from corpus_assay.scanner import OutputLayout, write_run_outputs
    if __name__ == "__main__":
        bench, out = map(pathlib.Path, sys.argv[1:3])
        numbers = []
        with (out / "items.jsonl").open("w") as file:
            for number, item in enumerate(map(json.loads, (bench / "holdout.jsonl").open())):
                for part in ("prompt", "answer"):
                    if item[part].strip():
                        numbers.append(number)
                        print(json.dumps({"content": item[part]}), file=file)
        spec = BenchmarkSpec(name="bench", dataset="json", data_files={"test": str(out / "items.jsonl")}, splits=["test"],
                             fields=["content"])
        build_index_hf(BuildIndexConfig(out_path=str(out / "bench.native"), ngram=13, benchmarks=[spec], allow_unpinned=True))
        def scan(path, folder):
            start, cpu = time.perf_counter(), sum(os.times()[:4])
            config = ScanConfig(inputs=[str(path)], text_key="text", id_key="id", index_path=str(out / "bench.native"),
                                out_dir=str(folder), workers=1, max_return_records=1_000_000)
            run = do_scan(config)
            seconds = time.perf_counter() - start, sum(os.times()[:4]) - cpu
            write_run_outputs(layout=OutputLayout(folder), run=run, cfg=config)
            return seconds
        (out / "empty.jsonl").write_text('{"id": "a", "text": "nothing"}\\n')
        base = scan(out / "empty.jsonl", out / "none")
        seconds = [a - b for a, b in zip(scan((bench / "train.jsonl").resolve(), out / "scan"), base)]
        with (out / "found.jsonl").open("w") as file:
            for path in (out / "scan" / "contaminated_docs").glob("*.ndjson"):
                for record in map(json.loads, path.open()):
                    row = int(record["doc_id"].split("-part-")[0].lstrip("r"))
                    for hit in record.get("item_hits") or [{"item_id": None}]:
                        found = {"row": row}
                        if hit["item_id"] is not None:
                            found["number"] = numbers[int(str(hit["item_id"]).rpartition("#")[2])]
                        print(json.dumps(found), file=file)
        (out / "seconds.json").write_text(json.dumps(seconds))
"""


_DATATROVE_PACKAGES = ("datatrove", "spacy", "xxhash<4", "orjson", "regex", "nltk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A peer: what to install and the program that runs it as ``program BENCH OUT SETTING``.

    It leaves ``found.jsonl`` (row, and number of the item where known) and ``seconds.json`` (wall, processor).
    """

    name: str
    packages: tuple[str, ...]
    program: str
    setting: str = ""


PEERS = (
    Peer(name="decon", packages=("decontaminate",), program=_DECON),
    Peer(name="decon-parts", packages=("decontaminate",), program=_DECON, setting="parts"),
    Peer(name="datatrove", packages=_DATATROVE_PACKAGES, program=_DATATROVE),
    Peer(name="datatrove-query", packages=_DATATROVE_PACKAGES, program=_DATATROVE, setting="query"),
    Peer(name="corpus-assay", packages=("corpus-assay",), program=_CORPUS_ASSAY),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A peer's score, or why there is none."""

    peer: str
    versions: tuple[str, ...] = ()
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    megabytes_per_second: float = 0.0
    score: sight.Score | None = None
    failure: str = ""


def run_peer(peer: Peer, bench: Path, python: str, folder: Path, timeout_seconds: float) -> Result:
    """Install a peer and run it on a bench."""
    out = folder / "out"
    out.mkdir(parents=True)
    inside = folder / "venv" / "bin" / "python"
    program = folder / "program.py"
    program.write_text(textwrap.dedent(peer.program), encoding="utf-8")
    for command in (
        [python, "-m", "venv", str(folder / "venv")],
        [str(inside), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *peer.packages],
        [str(inside), str(program), str(bench.resolve()), str(out), peer.setting],
    ):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_seconds, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return Result(peer=peer.name, failure=str(error))
        if done.returncode:
            return Result(peer=peer.name, failure=f"exit code {done.returncode}: {done.stderr.strip()[-600:]}")
    frozen = subprocess.run([str(inside), "-m", "pip", "freeze"], capture_output=True, text=True, check=False).stdout.split()
    seconds, cpu_seconds = json.loads((out / "seconds.json").read_text())
    truth = sight.read_lines(bench / "truth.jsonl")
    return Result(
        peer=peer.name,
        versions=tuple(line for line in frozen if line.split("==")[0].lower() in peer.packages),
        seconds=round(seconds, 2),
        cpu_seconds=round(cpu_seconds, 2),
        megabytes_per_second=round((bench / "train.jsonl").stat().st_size / 1e6 / seconds, 2),
        score=sight.score(truth, _findings(out / "found.jsonl", sight.read_lines(bench / "holdout.jsonl"))),
    )


def _findings(path: Path, holdout: list[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for found in sight.read_lines(path):
        yield {"row": found["row"], "item": holdout[found["number"]]["id"] if "number" in found else "", "channel": "peer"}


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the peers on a leakage bench.")
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--python", default="python3.12", help="an interpreter of version 3.12 or later")
    parser.add_argument("--peer", action="append", choices=[peer.name for peer in PEERS], help="only this one; repeatable")
    parser.add_argument("--timeout-seconds", type=float, default=1800.0)
    parser.add_argument("--json", type=Path, help="where the results are written")
    args = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        for peer in PEERS:
            if args.peer and peer.name not in args.peer:
                continue
            result = run_peer(peer, args.bench, args.python, Path(folder, peer.name), args.timeout_seconds)
            results.append(result)
            print(f"\n== {peer.name} {' '.join(result.versions)}")
            if result.score is None:
                print(f"no result: {result.failure}")
                continue
            rate = f"{result.megabytes_per_second} MB/s of JSONL in one process"
            print(
                f"{result.seconds} s ({result.cpu_seconds} s of processor time), {rate}\n{sight.table(result.score)}", flush=True
            )
    if args.json:
        args.json.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n", encoding="utf-8")
    return int(any(result.score is None for result in results))


if __name__ == "__main__":
    sys.exit(main())
