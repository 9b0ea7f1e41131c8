"""Tokens a second of the hf backend beside a padded ``model.generate`` loop and lm-eval's hf model, on the same MBPP prompts.

    python -m venv PEER && PEER/bin/pip install torch==2.13.0 lm-eval==0.4.13
    python benchmarks/generation.py --suite mbpp:FOLDER --peer-python PEER/bin/python

One run, rounds in turn, every contender with the same model, prompts, batch size and limit, greedy, fp32. All rates are of the
same tokens: those of our texts, so a rate is a time. ``whole answers``: up to the end token or the limit, everyone's texts are
compared. ``first code block``: what goldloop keeps of an answer; ours stop there, lm-eval stops at a closing fence, and the loop,
which has no such stop, goes on; our text must be the start of theirs. Loading is not timed; every contender warms up first.
Does not cover GPUs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FENCE = "\n```\n"
Generate = Callable[[list[str]], list[str]]


@dataclass(slots=True, kw_only=True)
class Contender:
    """A way to generate, and the seconds that each round took."""

    name: str
    early: bool
    run: Callable[[], dict[str, Any]]
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def timed(generate: Generate, texts: list[str]) -> dict[str, Any]:
    """Answers, and the wall clock and processor seconds they took."""
    wall, cpu = time.perf_counter(), time.process_time()
    answers = generate(texts)
    return {"texts": answers, "wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def plain_loop(folder: str, batch_size: int, tokens: int) -> Generate:
    """What one writes first: batches in the order given, padded on the left, ``generate`` until the last row is done."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    @torch.inference_mode()
    def generate(texts: list[str]) -> list[str]:
        answers = []
        for start in range(0, len(texts), batch_size):
            batch = tokenizer(texts[start : start + batch_size], padding=True, add_special_tokens=False, return_tensors="pt")
            made = model.generate(**batch, max_new_tokens=tokens, do_sample=False, pad_token_id=tokenizer.pad_token_id)
            answers += tokenizer.batch_decode(made[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
        return answers

    return generate


def lm_eval_model(folder: str, batch_size: int, tokens: int, until: list[str]) -> Generate:
    """lm-eval's ``hf`` model, asked as its own tasks ask it."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    model = HFLM(pretrained=folder, dtype="float32", batch_size=batch_size, device="cpu", max_length=2048)
    options = {"until": until, "max_gen_toks": tokens, "do_sample": False}

    def generate(texts: list[str]) -> list[str]:
        requests = [
            Instance(request_type="generate_until", doc={}, arguments=(text, dict(options)), idx=index)
            for index, text in enumerate(texts)
        ]
        return list(model.generate_until(requests, disable_tqdm=True))

    return generate


def serve(options: argparse.Namespace) -> None:
    """A peer in its own interpreter: a line of prompts in, a line of answers and seconds out."""
    out, sys.stdout = sys.stdout, sys.stderr  # libraries print
    until = [FENCE] if options.serve == "lm-eval-fence" else []
    if options.serve == "loop":
        generate = plain_loop(options.folder, options.batch_size, options.tokens)
    else:
        generate = lm_eval_model(options.folder, options.batch_size, options.tokens, until)
    for line in sys.stdin:
        print(json.dumps(timed(generate, json.loads(line))), file=out, flush=True)


def peer(python: str, kind: str, options: argparse.Namespace, folder: str) -> tuple[subprocess.Popen[str], Any]:
    """Start a peer; returns its process and a function from prompts to its answer."""
    shared = ["--batch-size", str(options.batch_size), "--tokens", str(options.tokens), "--folder", folder]
    log = None if options.verbose else subprocess.DEVNULL
    process = subprocess.Popen(
        [python, __file__, "--serve", kind, *shared], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
    )

    def ask(texts: list[str]) -> dict[str, Any]:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(texts) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline() or sys.exit(f"{kind}: no answer; see --verbose"))
        return answer

    return process, ask


def compare(options: argparse.Namespace) -> None:
    """Run all rounds and print the figures."""
    from evals.models import hf
    from evals.models.base import Prompt, Sampling
    from evals.models.resolve import resolve_model
    from evals.records import ModelRef
    from evals.suites import load_suite

    tasks = load_suite(options.suite).split("holdout")[: options.prompts]
    prompts = [Prompt(messages=tuple(task.messages())) for task in tasks]
    backend = hf.HFBackend(ModelRef(base=options.model), batch_size=options.batch_size)
    texts = [
        backend._tokenizer.apply_chat_template(list(p.messages), add_generation_prompt=True, tokenize=False) for p in prompts
    ]
    folder = str(resolve_model(options.model).path)
    counts: dict[bool, list[int]] = {}

    def ours(early: bool, chosen: list[Prompt]) -> dict[str, Any]:
        sampling = Sampling(max_new_tokens=options.tokens, stop_at_code_block=early)
        answers: list[str] = [""] * len(chosen)
        lengths = [0] * len(chosen)
        wall, cpu = time.perf_counter(), time.process_time()
        for chunk in backend.plan(chosen):
            for index, completion in zip(chunk, backend.generate([chosen[i] for i in chunk], sampling), strict=True):
                answers[index], lengths[index] = completion.text, completion.completion_tokens
        seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        counts[early] = lengths
        return {"texts": answers, **seconds}

    warm = max(2, options.batch_size // 4)
    ours(True, prompts[:warm])
    entries = [
        Contender(name="goldloop", early=False, run=lambda: ours(False, prompts)),
        Contender(name="goldloop", early=True, run=lambda: ours(True, prompts)),
    ]
    asked = [(sys.executable, "loop", "model.generate loop", False)]
    if options.peer_python:
        asked += [
            (options.peer_python, "lm-eval", "lm-eval hf", False),
            (options.peer_python, "lm-eval-fence", "lm-eval hf", True),
        ]
    processes = []
    for python, kind, name, early in asked:
        process, ask = peer(python, kind, options, folder)
        processes.append(process)
        ask(texts[:warm])
        entries.append(Contender(name=name, early=early, run=lambda ask=ask: ask(texts)))  # type: ignore[misc]
    for _ in range(options.rounds):
        for entry in entries:
            answer = entry.run()
            entry.wall.append(answer["wall"])
            entry.cpu.append(answer["cpu"])
            entry.texts = answer["texts"]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
    print(
        f"{len(prompts)} prompts of {options.suite}, batch size {options.batch_size}, at most {options.tokens} tokens, "
        "fp32, greedy"
    )
    report(entries, counts)


def report(entries: list[Contender], counts: dict[bool, list[int]]) -> None:
    """Both tables: useful tokens a second by wall clock, our speed over theirs, and how many texts agree."""
    for early, title in ((False, "whole answers"), (True, "first code block")):
        mine = next(entry for entry in entries if entry.name == "goldloop" and entry.early == early)
        # Who cannot stop at a block is compared by its whole answers.
        others = [
            e for e in entries if e is not mine and e.name != "goldloop" and (e.early == early or (early and "loop" in e.name))
        ]
        useful = sum(counts[early])
        print(f"\n{title}: {useful} useful tokens")
        for entry in [mine, *others]:
            wall, cpu = statistics.median(entry.wall), statistics.median(entry.cpu)
            ratio = statistics.median(w / m for w, m in zip(entry.wall, mine.wall, strict=True))
            by_cpu = statistics.median(c / m for c, m in zip(entry.cpu, mine.cpu, strict=True))
            same = sum(_agrees(own, other, early) for own, other in zip(mine.texts, entry.texts, strict=True))
            print(
                f"  {entry.name:20} {useful / wall:7.1f} tokens/s  {wall:7.1f} s  {cpu:7.1f} processor s  "
                f"ours is {ratio:.2f}x as fast ({by_cpu:.2f}x by processor time)  texts {same}/{len(mine.texts)}"
            )


def _agrees(own: str, other: str, early: bool) -> bool:
    """Equal, or for a stop at the block one the start of the other: lm-eval cuts its stop string off."""
    if not early:
        return own == other
    return other.startswith(own) or own.startswith(other)


def main() -> None:
    """Read the options; be a peer or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="basics", help="a suite; its holdout's prompts are used")
    parser.add_argument("--model", default="smollm2-135m-instruct")
    parser.add_argument("--prompts", type=int, default=96)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--tokens", type=int, default=192, help="limit of an answer")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--peer-python", default="", help="an interpreter with lm-eval; without it only the loop is compared")
    parser.add_argument("--verbose", action="store_true", help="show what the peers print")
    parser.add_argument("--serve", choices=("loop", "lm-eval", "lm-eval-fence"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options)
        return
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    compare(options)


if __name__ == "__main__":
    main()
