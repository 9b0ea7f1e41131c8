"""How many threads decode beside others: by what was measured, and on a quiet machine all of them, all of the time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from evals.models import threads
from evals.models.threads import Pace

ROOT = Path(__file__).parents[1]


class Machine:
    """A clock that goes by what a step takes with the threads that are set, as ``seconds`` says for each number of them."""

    def __init__(self, seconds: dict[int, float], *, queue: Callable[[int], float] = lambda threads: 0.0, most: int = 2) -> None:
        self.seconds, self.queue = seconds, queue
        self.now = self.waited = 0.0
        self.set = most
        self.steps: list[int] = []
        self.pace = Pace(most, self.use, clock=lambda: self.now, waited=lambda: self.waited)

    def use(self, threads: int) -> None:
        self.set = threads

    def run(self, steps: int) -> None:
        with self.pace.running():
            for _ in range(steps):
                with self.pace.step(16):
                    self.steps.append(self.set)
                    self.now += self.seconds[self.set]
                    self.waited += self.seconds[self.set] * self.queue(self.set)


def test_a_quiet_machine_never_pays_for_a_trial() -> None:
    machine = Machine({1: 0.4, 2: 0.38, 4: 0.2, 8: 0.1}, most=8)
    machine.run(400)
    assert set(machine.steps) == {8}


@pytest.mark.parametrize("most", [2, 8, 16])
def test_beside_others_the_faster_number_is_found_and_kept(most: int) -> None:
    machine = Machine({n: 1.0 * n for n in (1, 2, 4, 8, 16)}, queue=lambda threads: 0.5, most=most)
    machine.run(400)
    assert machine.pace.threads == 1
    assert machine.steps[40:].count(1) > 0.9 * len(machine.steps[40:])


def test_threads_that_help_beside_others_stay() -> None:
    machine = Machine({1: 1.0, 2: 0.6}, queue=lambda threads: 0.5)
    machine.run(600)
    assert machine.pace.threads == 2
    assert machine.steps[100:].count(1) < 0.1 * len(machine.steps[100:])


def test_the_threads_come_back_when_the_others_have_gone() -> None:
    machine = Machine({1: 1.0, 2: 2.0}, queue=lambda threads: 0.5)
    machine.run(100)
    assert machine.pace.threads == 1
    machine.seconds, machine.queue = {1: 0.40, 2: 0.40}, lambda threads: 0.0
    machine.run(200)
    assert machine.pace.threads == 2


def test_between_two_calls_all_threads_are_for_others() -> None:
    machine = Machine({1: 1.0, 2: 2.0}, queue=lambda threads: 0.5)
    machine.run(100)
    assert (machine.pace.threads, machine.set) == (1, 2)
    machine.steps.clear()
    machine.run(1)
    assert machine.steps == [1]


def test_one_thread_is_left_alone() -> None:
    machine = Machine({1: 1.0}, queue=lambda threads: 0.9, most=1)
    machine.run(50)
    assert set(machine.steps) == {1}


@pytest.mark.parametrize(
    ("features", "expected"),
    [("flags : fma avx2 avx512f", "AVX512,STRICT"), ("flags : avx2", "AVX2,STRICT"), ("flags : sse2", None), ("", None)],
)
def test_what_is_not_set_is_set_by_the_processor(features: str, expected: str | None) -> None:
    environment: dict[str, str] = {}
    threads.prepare(environment, features)
    assert environment.get("MKL_CBWR") == expected
    assert environment["GOMP_SPINCOUNT"] == "10000"


@pytest.mark.parametrize("own", [{"OMP_WAIT_POLICY": "ACTIVE"}, {"GOMP_SPINCOUNT": "5"}, {"MKL_CBWR": "AVX2"}])
def test_what_the_user_set_stays(own: dict[str, str]) -> None:
    environment = dict(own)
    threads.prepare(environment, "avx2 avx512f")
    assert own.items() <= environment.items()
    assert ("GOMP_SPINCOUNT" in environment) == ("OMP_WAIT_POLICY" not in own)


@pytest.mark.model
@pytest.mark.parametrize("module", ["evals.models.hf", "finetune.lora"])
def test_it_is_set_before_torch_is_loaded(module: str) -> None:
    code = (
        "import builtins, os, sys\n"
        "real = builtins.__import__\n"
        "def watched(name, *rest, **named):\n"
        "    if name == 'torch' and 'torch' not in sys.modules:\n"
        "        print(os.environ.get('GOMP_SPINCOUNT'))\n"
        "    return real(name, *rest, **named)\n"
        "builtins.__import__ = watched\n"
        f"import {module}\n"
    )
    clean = {name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=clean, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "10000"


@pytest.mark.model
def test_the_number_of_threads_does_not_show_in_the_scores(embedded_model: str) -> None:
    import torch

    from evals.models.loading import lay_out, load_model

    model, _, _ = load_model(embedded_model)
    lay_out(model)
    before = torch.get_num_threads()
    scores: dict[int, list[torch.Tensor]] = {}
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            with torch.inference_mode():
                scores[count] = [model(input_ids=torch.arange(5, 5 + rows)[:, None]).logits for rows in (1, 5, 7, 9, 32)]
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, two) for one, two in zip(scores[1], scores[2], strict=True))


def test_short_slices_are_asked_for_without_harm() -> None:
    priority = os.getpriority(os.PRIO_PROCESS, 0)
    threads.ask_for_short_slices()
    assert (os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0)) == (priority, os.SCHED_OTHER)


@pytest.mark.model
@pytest.mark.parametrize("family", ["llama", "gpt2", "mamba"])
def test_a_backend_that_changes_its_threads_says_the_same(family: str, tmp_path: Path) -> None:
    import tiny_models
    import torch

    from evals.models import hf
    from evals.models.base import Prompt, Sampling
    from evals.records import ModelRef

    backend = hf.HFBackend(ModelRef(base=tiny_models.save(tiny_models.build(family), tmp_path)), batch_size=5)
    prompts = [Prompt(messages=({"role": "user", "content": "w" * length},)) for length in (3, 9, 9, 20, 4)]
    sampling = Sampling(max_new_tokens=12, stop_at_code_block=False)
    alone = backend.generate(prompts, sampling)
    before, ticks, used = torch.get_num_threads(), iter(range(10**6)), []

    def use(count: int) -> None:
        used.append(count)
        torch.set_num_threads(count)

    backend._pace = Pace(2, use, clock=lambda: float(next(ticks)), waited=lambda: float(next(ticks)))
    try:
        assert backend.generate(prompts, sampling) == alone
    finally:
        torch.set_num_threads(before)
    assert {1, 2} == set(used) or family == "mamba"  # ``generate`` has no steps of ours to time
    assert used[-1] == 2
