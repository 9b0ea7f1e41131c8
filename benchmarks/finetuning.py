"""Trained rows and tokens a second beside TRL's SFTTrainer and a floor, on the same rows, model and LoRA, turn by turn.

    python -m venv --system-site-packages PEER && PEER/bin/pip install trl==1.16
    python benchmarks/finetuning.py --trainset runs/demo/round-1/trainset --rows 32 --peer-python PEER/bin/python

Every contender is a process of its own: one epoch over the rows a turn, in effective batches of the same size, fp32, AdamW, the
same learning rate. TRL: prompt-completion rows with the loss on completions, grouped by length, ``chunked_nll`` (no scores of
tokens without loss), no gradient checkpointing, ``--peer-batch`` rows at once. The floor is what a step costs without padding:
each row alone through the same model under peft, forward and backward, scores of trained tokens only, no optimizer. Rates are of
the rows' own tokens, so a rate is a time; processor seconds are for machines with other work on them. Loading is not timed; our
processes warm up first. Memory is the process's peak. Does not cover GPUs, or several processes.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Turn = Callable[[], dict[str, Any]]


def timed(work: Callable[[], list[float]]) -> dict[str, Any]:
    """Losses of the steps, with wall clock, processor seconds and peak memory."""
    wall, cpu = time.perf_counter(), time.process_time()
    losses = work()
    spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return {"losses": losses, **spent, "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


def examples_of(options: argparse.Namespace) -> list[Any]:
    """The first rows of the trainset."""
    from trainset.build import load

    return load(Path(options.trainset))[1][: options.rows]


def ours(options: argparse.Namespace, *, floor: bool) -> Turn:
    """goldloop's own steps, or the floor under the same model."""
    from evals.models.loading import load_model
    from finetune.batches import epoch_batches
    from finetune.objectives import completion_loss
    from finetune.settings import FinetuneSettings
    from finetune.steps import LoraRun
    from trainset.render import encode_example

    settings = FinetuneSettings(
        learning_rate=options.rate, batch_size=options.batch_size, num_train_epochs=options.rounds, warmup_steps=0
    )
    model, tokenizer, _ = load_model(options.model)
    rows = [encode_example(tokenizer, example) for example in examples_of(options)]
    run = LoraRun(model, rows, settings)
    run._gradients(rows[:2])
    run.optimizer.zero_grad()
    epochs = iter(range(options.rounds))

    def bare() -> list[float]:
        run.model.get_base_model().set_attn_implementation("sdpa")
        for row in rows:
            completion_loss(run.model, [row]).backward()  # type: ignore[no-untyped-call]
        run.optimizer.zero_grad()
        return []

    def steps() -> list[float]:
        return [run.step(batch) for batch in epoch_batches(rows, settings, next(epochs))]

    return lambda: timed(bare if floor else steps)


def trl(options: argparse.Namespace) -> Turn:
    """TRL's trainer, a turn of which is ``train()`` over one epoch."""
    import tempfile

    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from evals.models.resolve import resolve_model

    folder = resolve_model(options.model).path
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = [{"prompt": list(row.prompt), "completion": list(row.completion)} for row in examples_of(options)]
    lora = LoraConfig(r=32, lora_alpha=32, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM")

    class Clock(TrainerCallback):
        """When the first step begins and the last one ends."""

        def on_step_begin(self, *given: Any, **how: Any) -> None:
            if not hasattr(self, "started"):
                self.started = time.perf_counter(), time.process_time()

        def on_step_end(self, *given: Any, **how: Any) -> None:
            self.ended = time.perf_counter(), time.process_time()

    def turn() -> dict[str, Any]:
        import torch

        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        config = SFTConfig(
            output_dir=tempfile.mkdtemp(),
            per_device_train_batch_size=options.peer_batch,
            gradient_accumulation_steps=options.batch_size // options.peer_batch,
            num_train_epochs=1,
            learning_rate=options.rate,
            adam_beta2=0.95,
            max_grad_norm=1.0,
            completion_only_loss=True,
            loss_type="chunked_nll",
            train_sampling_strategy="group_by_length",
            gradient_checkpointing=False,
            max_length=None,
            bf16=False,
            use_cpu=True,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
        )
        clock = Clock()
        trainer = SFTTrainer(
            model=model, args=config, train_dataset=Dataset.from_list(rows), processing_class=tokenizer, peft_config=lora,
            callbacks=[clock],
        )  # fmt: skip
        trainer.train()
        wall, cpu = (after - before for after, before in zip(clock.ended, clock.started, strict=True))
        losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
        return {
            "losses": losses, "wall": wall, "cpu": cpu,
            "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        }  # fmt: skip

    return turn


def serve(options: argparse.Namespace) -> None:
    """A contender in its own interpreter: a line in, a turn's figures out."""
    out, sys.stdout = sys.stdout, sys.stderr  # libraries print
    made = trl(options) if options.serve == "trl" else ours(options, floor=options.serve == "floor")
    print(json.dumps("ready"), file=out, flush=True)
    for _ in sys.stdin:
        print(json.dumps(made()), file=out, flush=True)


def start(python: str, kind: str, arguments: Sequence[str], *, verbose: bool) -> Turn:
    """Start a contender and wait until it has loaded."""
    process = subprocess.Popen(
        [python, __file__, "--serve", kind, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if verbose else subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    asked, answers = process.stdin, process.stdout

    def answer() -> Any:
        return json.loads(answers.readline() or sys.exit(f"{kind}: no answer; see --verbose"))

    def turn() -> dict[str, Any]:
        asked.write("\n")
        asked.flush()
        found: dict[str, Any] = answer()
        return found

    answer()
    return turn


def compare(options: argparse.Namespace, arguments: Sequence[str]) -> dict[str, Any]:
    """All turns of all contenders; returns the figures."""
    from evals.models.chat import load_tokenizer
    from evals.models.resolve import resolve_model
    from trainset.render import encode_example

    tokenizer = load_tokenizer(resolve_model(options.model).path, options.model)
    rows = [encode_example(tokenizer, example) for example in examples_of(options)]
    tokens, trained = sum(len(row.ids) for row in rows), sum(len(row.ids) - row.prompt_length for row in rows)
    kinds = [("goldloop", sys.executable), *([] if options.no_floor else [("floor", sys.executable)])]
    kinds += [("trl", options.peer_python)] if options.peer_python else []
    turns = {kind: start(python, kind, arguments, verbose=options.verbose) for kind, python in kinds}
    taken: dict[str, list[dict[str, Any]]] = {kind: [] for kind in turns}
    for _ in range(options.rounds):
        for kind, turn in turns.items():
            taken[kind].append(turn())
            print(kind, taken[kind][-1], file=sys.stderr)
    figures: dict[str, Any] = {"rows": len(rows), "tokens": tokens, "trained_tokens": trained, "contenders": {}}
    for kind, found in taken.items():
        cpu, wall = (statistics.median(turn[clock] for turn in found) for clock in ("cpu", "wall"))
        figures["contenders"][kind] = {
            "rows_per_second": len(rows) / wall,
            "trained_tokens_per_second": trained / wall,
            "processor_seconds": cpu,
            "times_as_long_as_goldloop": statistics.median(
                turn["cpu"] / own["cpu"] for turn, own in zip(found, taken["goldloop"], strict=True)
            ),
            "peak_gib": max(turn["peak_gib"] for turn in found),
            "losses_first_turn": found[0]["losses"],
        }
    return figures


def main() -> None:
    """Read the options; be a contender or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trainset", required=True, help="folder of a trainset")
    parser.add_argument("--model", default="smollm2-135m-instruct")
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--batch-size", type=int, default=16, help="effective batch, in rows")
    parser.add_argument("--peer-batch", type=int, default=4, help="TRL's rows a device; divides the effective batch")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--peer-python", default="", help="an interpreter with trl; without it only the floor is compared")
    parser.add_argument("--no-floor", action="store_true", help="compare with TRL alone")
    parser.add_argument("--verbose", action="store_true", help="show what the contenders print")
    parser.add_argument("--serve", choices=("goldloop", "floor", "trl"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    if options.serve:
        serve(options)
        return
    print(json.dumps(compare(options, sys.argv[1:]), indent=2))


if __name__ == "__main__":
    main()
