"""A kill by SIGKILL: memory where that is shown, the answer's own where it sends it, else somebody else's and no failure."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from sandbox_requirements import required_sandbox

from evals.errors import SandboxFault
from evals.graders import grade
from evals.records import Case, Limits, Task
from evals.sandboxes._usage import usage_below
from evals.sandboxes.base import Job, Outcome, Sandbox, explained

LIMITS = Limits(wall_seconds=10.0, memory_mb=100, processes=8)
JOB = Job(files={}, command=("{python}",), limits=LIMITS)


def ended(code: int = 137, *, killed: bool = True, why: str = "", peak_mb: int = 1) -> Outcome:
    return Outcome(
        exit_code=code, stdout=b"", stderr=b"", timed_out=False, killed=killed, truncated=False, wall_seconds=0.1, ended=why,
        peak_bytes=peak_mb << 20,
    )  # fmt: skip


KILLED, FINE = ended(), ended(0, killed=False)
RUNS: dict[str, tuple[list[Outcome], int, str]] = {
    "not killed": ([FINE], 1, ""),
    "killed once": ([KILLED, FINE], 2, ""),
    "killed twice": ([KILLED, KILLED, FINE], 3, ""),
    "killed always": ([KILLED, KILLED, KILLED], 3, "fault"),
    "by a limit": ([ended(why="the memory of all processes passed 100 MiB")], 1, "the memory of all processes passed 100 MiB"),
    "near its limit": ([ended(peak_mb=95)], 1, "it was killed when all its processes used 95 of 100 MiB"),
    "near its limit at last": ([KILLED, ended(peak_mb=95)], 2, "it was killed when all its processes used 95 of 100 MiB"),
    "by another signal": ([ended(139)], 1, ""),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_kill_is_run_again_until_it_is_told_who_did_it(name: str) -> None:
    outcomes, runs, why = RUNS[name]
    seen: list[Job] = []

    def run(job: Job) -> Outcome:
        seen.append(job)
        return outcomes[len(seen) - 1]

    if why == "fault":
        with pytest.raises(SandboxFault, match="killed three times from outside"):
            explained(JOB, run)
    else:
        found = explained(JOB, run)
        assert (found.ended, found.exit_code) == (why, outcomes[runs - 1].exit_code)
    assert [job.sheltered for job in seen] == [False, False, True][:runs]


def function(golden: str, checks: str) -> Task:
    limits = Limits(wall_seconds=10.0, memory_mb=256)
    return Task(id="t", suite="s", split="dev", group="t", prompt="p", golden=golden, checks=checks, limits=limits)


SUM = function("def f(n): return n + 1", "assert f(1) == 2\nassert f(4) == 5")
PROGRAM = Task(id="p", suite="s", split="dev", group="p", prompt="p", kind="stdin", golden="print(int(input()) + 1)\n",
               cases=(Case(stdin="1\n", stdout="2\n"),), limits=Limits(wall_seconds=10.0, memory_mb=256))  # fmt: skip
MEMORY = {
    "at once": "x = bytearray(1 << 30)\nfor i in range(0, 1 << 30, 4096): x[i] = 1\n",
    "by and by": "x = []\nwhile True: x.append(bytes(1 << 20) + b'x')\n",
    "in a child": "import os, time\nx = bytearray(180 << 20)\nif os.fork() == 0:\n"
    "    for i in range(0, len(x), 4096): x[i] = 1\n    time.sleep(9)\n"
    "for i in range(0, len(x), 4096): x[i] = 1\ntime.sleep(9)\n",
}
ITSELF = {
    "by its number": "import os\nos.kill(os.getpid(), 9)\n",
    "its group": "import os\nos.killpg(0, 9)\n",
    "a thread of it": "import signal, threading\nsignal.pthread_kill(threading.get_ident(), 9)\n",
    "by a program": "import os, subprocess\nsubprocess.run(['sh', '-c', f'kill -9 {os.getpid()}'], check=True)\n",
    "by a descriptor": "import os, signal\nsignal.pidfd_send_signal(os.pidfd_open(os.getpid()), 9)\n",
}


@pytest.mark.parametrize("way", MEMORY)
@pytest.mark.parametrize("task", [SUM, PROGRAM], ids=["function", "program"])
def test_memory_that_is_used_up_is_the_answers(way: str, task: Task) -> None:
    found = grade(task, MEMORY[way] + task.golden, required_sandbox("sandlock"))
    assert (found.status, found.reason) == ("fail", "memory"), found


@pytest.mark.parametrize("way", ITSELF)
@pytest.mark.parametrize("task", [SUM, PROGRAM], ids=["function", "program"])
def test_an_answer_that_kills_itself_fails_and_not_for_memory(way: str, task: Task) -> None:
    found = grade(task, ITSELF[way] + task.golden, required_sandbox("sandlock"))
    assert found.status == "fail", found
    assert found.reason != "memory", found


@pytest.mark.parametrize("task", [SUM, PROGRAM], ids=["function", "program"])
def test_an_answer_may_kill_what_it_has_started(task: Task) -> None:
    code = "import subprocess, sys\nchild = subprocess.Popen(['sleep', '9'])\nchild.kill()\nassert child.wait() == -9\n"
    assert grade(task, code + task.golden, required_sandbox("sandlock")).passed


@contextmanager
def killed_from_outside() -> Iterator[None]:
    """Whatever runs below this process, but for the boxes themselves, is killed again and again."""
    stop = threading.Event()
    boxes = set(usage_below(os.getpid()).processes)

    def kill() -> None:
        while not stop.wait(0.01):
            for process in sorted(set(usage_below(os.getpid()).processes) - boxes)[-1:]:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("task", [SUM, PROGRAM], ids=["function", "program"])
@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_what_is_killed_from_outside_every_time_is_an_error(task: Task, right: bool, sandbox: Sandbox) -> None:
    code = "import time\ntime.sleep(0.3)\n" + (task.golden if right else task.golden.replace("+ 1", "+ 2"))
    with killed_from_outside():
        found = grade(task, code, sandbox)
    assert (found.status, found.reason) == ("error", "sandbox"), found
