"""Limits of time are of what a job does itself: processor time, or rest; what a busy machine withholds is nobody's failure."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sandbox_requirements import required_sandbox

from evals.errors import SandboxFault
from evals.graders import grade
from evals.records import Limits, Task
from evals.sandboxes import _wire
from evals.sandboxes._meter import LOOK_SECONDS, PROCESSOR, REST, WALL, Meter
from evals.sandboxes._usage import usage_below
from evals.sandboxes._wire import FrameReader, read_answer
from evals.sandboxes.base import Job, Outcome
from evals.sandboxes.local import LocalSandbox

BOXES = ("sandlock", "docker")
BURN = "import time\nend = time.process_time() + {seconds}\nwhile time.process_time() < end: pass\n"


def run(name: str, source: str, **limits: Any) -> Outcome:
    job = Job(
        files={"program.py": source.encode()}, command=("{python}", "-I", "-S", "-B", "program.py"), limits=Limits(**limits)
    )
    return (LocalSandbox() if name == "local" else required_sandbox(name)).run(job)


@contextmanager
def neighbours(count: int) -> Iterator[None]:
    """Busy loops on one processor, with this process and all that it starts from here on; they end by themselves."""
    allowed = os.sched_getaffinity(0)
    source = "import os, time\nos.sched_setaffinity(0, {%d})\nend = time.monotonic() + 60\nwhile time.monotonic() < end: pass"
    started = [subprocess.Popen([sys.executable, "-S", "-c", source % max(allowed)]) for _ in range(count)]
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
        for process in started:
            process.kill()
            process.wait()


SPENT = {
    "a loop": "while True: pass",
    "a child": "import os\nif os.fork(): os.wait()\nwhile True: pass",
    "children one after another": (
        "import os, time\nwhile True:\n    if os.fork() == 0:\n        end = time.process_time() + 0.1\n"
        "        while time.process_time() < end: pass\n        os._exit(0)\n    os.wait()"
    ),
    "threads": "import threading\nfor _ in range(3): threading.Thread(target=lambda: exec('while True: pass')).start()",
}
RESTED = {
    "sleep": "import time\ntime.sleep(100)",
    "a lock": "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    "short sleeps": "import time\nwhile True: time.sleep(0.05)",
    "short sleeps with words": "import time\nwhile True:\n    print('x', flush=True)\n    time.sleep(0.01)",
    "a child": "import os, time\nif os.fork(): os.wait()\ntime.sleep(100)",
    "a stop": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
}


@pytest.mark.parametrize("name", [*BOXES, "local"])
@pytest.mark.parametrize("how", SPENT)
def test_processor_time_is_the_sum_of_all_that_a_job_starts(name: str, how: str) -> None:
    outcome = run(name, SPENT[how], wall_seconds=0.6)
    assert outcome.timed_out, outcome
    assert outcome.ended == "0.6 s of processor time are used up, the limit is 0.6 s"
    assert 0.55 <= outcome.processor_seconds < 3  # a watcher that waits for its own turn sees it late


@pytest.mark.parametrize("name", [*BOXES, "local"])
@pytest.mark.parametrize("how", RESTED)
def test_a_job_at_rest_ends_too_and_is_told_apart(name: str, how: str) -> None:
    outcome = run(name, RESTED[how], wall_seconds=0.6)
    assert outcome.timed_out, outcome
    assert outcome.ended == "it waited for 0.6 s without using the processor, the limit is 0.6 s"
    assert outcome.processor_seconds < 0.3


def test_a_job_among_busy_neighbours_takes_longer_and_is_not_late() -> None:
    """In the embedded sandbox, whose jobs stay on this process's processor; what looks in a container is the same."""
    took: list[float] = []
    with neighbours(8):
        while not took or (took[-1] <= 2.3 and len(took) < 4):  # neighbours that were late themselves slowed nothing
            outcome = run("sandlock", BURN.format(seconds=2.0) + "print('done')", wall_seconds=2.3)
            assert outcome.stdout == b"done\n", outcome
            took.append(outcome.wall_seconds)
    assert took[-1] > 2.3, took


def test_a_job_that_gets_no_processor_is_a_fault_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a job that neither uses its time nor rests for as long nothing is known."""
    required_sandbox("sandlock")
    monkeypatch.setattr("evals.sandboxes.pool.longest_wait", lambda limits: 0.3)
    with pytest.raises(SandboxFault, match=r"too busy.* s of processor time in .* with a limit of 50 s"):
        run("sandlock", "while True: pass", wall_seconds=50.0)


def test_the_verdict_on_a_late_answer_names_the_limit() -> None:
    box = required_sandbox("sandlock")
    task = Task(
        id="t",
        suite="s",
        split="train",
        group="g",
        prompt="p",
        golden="",
        checks="assert f() == 1",
        limits=Limits(wall_seconds=0.5),
    )
    for code, message in (
        ("def f():\n    while True: pass", "0.5 s of processor time are used up, the limit is 0.5 s"),
        ("import time\ndef f(): time.sleep(9)", "it waited for 0.5 s without using the processor, the limit is 0.5 s"),
    ):
        verdict = grade(task, code, box)
        assert (verdict.status, verdict.reason, verdict.evidence["message"]) == ("fail", "time", message)
    verdict = grade(task, "def f(): return bytearray(900 << 20)", box)
    assert verdict.reason in ("memory", "exception:MemoryError")


class Frames:
    """A channel that has said everything already."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def receive(self, deadline: float) -> bytes:
        data, self._data = self._data, b""
        return data


@pytest.mark.parametrize(
    ("code", "timed_out", "fault"), [(0, False, False), (PROCESSOR, True, False), (REST, True, False), (WALL, False, True)]
)
def test_only_a_limit_of_the_jobs_own_is_a_time_out(code: int, timed_out: bool, fault: bool) -> None:
    body = b"-9 %d 0 2000000 10000 0\n" % code
    reader = FrameReader(Frames(b"x" + len(body).to_bytes(4, "big") + body), time.monotonic() + 1)
    answer = read_answer(reader, Job(files={}, command=("x",), limits=Limits(wall_seconds=3.0)))
    assert (answer.outcome.timed_out, bool(answer.fault), bool(answer.outcome.ended)) == (timed_out, fault, timed_out)


@pytest.mark.parametrize(("ran_out", "said"), [(0, ""), (1, "the memory of all processes passed 512 MiB")])
def test_a_kill_is_for_memory_where_the_kernel_counted_that(ran_out: int, said: str) -> None:
    body = b"-9 0 0 2000000 10000 %d\n" % ran_out
    reader = FrameReader(Frames(b"x" + len(body).to_bytes(4, "big") + body), time.monotonic() + 1)
    answer = read_answer(reader, Job(files={}, command=("x",), limits=Limits(memory_mb=512)))
    assert (answer.outcome.killed, answer.outcome.ended) == (True, said)


def test_nobody_waits_for_ever_and_longer_where_the_machine_is_slow() -> None:
    assert _wire.longest_wait(Limits(wall_seconds=1.0)) == 60.0
    assert _wire.longest_wait(Limits(wall_seconds=10.0)) == 160.0
    from evals.sandboxes.pool import Box

    job = Job(files={}, command=("x",), limits=Limits(wall_seconds=10.0))
    assert Box(channel=None, tier="t", slowness=7.0).most_seconds(job) == 1120.0  # type: ignore[arg-type]


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def process(source: str) -> Iterator[int]:
    started = subprocess.Popen([sys.executable, "-I", "-S", "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert started.stdout is not None
    started.stdout.readline()
    try:
        yield started.pid
    finally:
        started.kill()
        started.communicate()


def test_rest_counts_where_the_look_came_on_time() -> None:
    clock = Clock()
    with process("print(1, flush=True); input()") as sleeper:
        time.sleep(0.05)
        meter = Meter([sleeper], clock)
        for step in (LOOK_SECONDS, 40 * LOOK_SECONDS, LOOK_SECONDS):  # the second one came late
            clock.now += step
            meter.look([sleeper])
    assert meter.rest_seconds == pytest.approx(2 * LOOK_SECONDS)
    assert meter.passed(2 * LOOK_SECONDS - 1e-9) == REST


def test_time_in_which_a_process_could_run_is_no_rest() -> None:
    clock = Clock()
    with process("print(1, flush=True)\nwhile True: pass") as busy:
        meter = Meter([busy], clock)
        for _ in range(4):
            clock.now += LOOK_SECONDS
            meter.look([busy])
    assert meter.rest_seconds == 0


def test_a_thread_that_could_run_is_seen_behind_one_that_waits() -> None:
    clock = Clock()
    loop = "t = threading.Thread(target=lambda: exec('while True: pass'))"
    source = f"import threading\n{loop}\nt.start()\nprint(1, flush=True)\nt.join()"
    with process(source) as waiting:
        meter = Meter([waiting], clock)
        for _ in range(4):
            clock.now += LOOK_SECONDS
            meter.look([waiting])
    assert meter.rest_seconds == 0


def test_a_child_that_was_waited_for_counts_once() -> None:
    source = (
        "import os, time\nprint(1, flush=True)\nfor _ in range(3):\n    if os.fork() == 0:\n"
        "        end = time.process_time() + 0.2\n        while time.process_time() < end: pass\n        os._exit(0)\n"
        "    os.wait()\nprint(2, flush=True)\ninput()"
    )
    with process(source) as parent:
        meter = Meter([parent])
        end = time.monotonic() + 60
        while meter.rest_seconds < 0.2 and time.monotonic() < end:
            time.sleep(LOOK_SECONDS / 2)
            meter.look((parent, *usage_below(parent).processes))
    assert 0.55 < meter.processor_seconds < 0.9
