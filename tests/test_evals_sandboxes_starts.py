"""Processes that an answer starts, forked or anew, share locks, queues and pools in both sandboxes, and can import the answer."""

from __future__ import annotations

import pytest
from sandbox_requirements import required_sandbox

from evals.graders import grade
from evals.records import Case, Limits, Task

LIMITS = Limits(wall_seconds=20.0, memory_mb=512, processes=16)
HEAD = {"suite": "s", "split": "dev", "prompt": "p", "limits": LIMITS}
FUNCTION = Task(
    id="f", group="f", golden="def f(ns): return sorted(n * n for n in ns)", checks="assert f([1, 2]) == [1, 4]", **HEAD
)
PROGRAM = Task(
    id="p", group="p", kind="stdin", golden="print(sorted(int(n) ** 2 for n in input().split()))",
    cases=(Case(stdin="1 2\n", stdout="[1, 4]\n"),), **HEAD,
)  # fmt: skip
MAIN = "\nif __name__ == '__main__':\n    print(f([int(n) for n in input().split()]))\n"
USES = {
    "a lock and a queue": """
import multiprocessing as mp
def work(n, lock, queue):
    with lock:
        queue.put(n * n)
def f(ns):
    context = mp.get_context("WAY")
    lock, queue = context.Lock(), context.Queue()
    started = [context.Process(target=work, args=(n, lock, queue)) for n in ns]
    for process in started: process.start()
    found = sorted(queue.get() for _ in ns)
    for process in started: process.join()
    return found
""",
    "a pool": """
import multiprocessing as mp
def square(n): return n * n
def f(ns):
    with mp.get_context("WAY").Pool(2) as pool:
        return sorted(pool.map(square, ns))
""",
    "an executor": """
import multiprocessing as mp
from concurrent.futures import ProcessPoolExecutor
SCALE = 1
def square(n): return SCALE * n * n
def f(ns):
    with ProcessPoolExecutor(2, mp_context=mp.get_context("WAY")) as pool:
        return sorted(pool.map(square, ns))
""",
    "a bounded semaphore and an event": """
import multiprocessing as mp
def work(n, free, ready, value):
    with free:
        ready.wait()
        with value.get_lock():
            value.value += n * n
def f(ns):
    context = mp.get_context("WAY")
    free, ready, value = context.BoundedSemaphore(2), context.Event(), context.Value("i", 0)
    assert free.acquire(False) and free.acquire(False) and not free.acquire(False) and not free.acquire(timeout=0.01)
    free.release(); free.release()
    try:
        free.release()
        raise SystemExit(3)
    except ValueError: pass
    started = [context.Process(target=work, args=(n, free, ready, value)) for n in ns]
    for process in started: process.start()
    ready.set()
    for process in started: process.join()
    return [1, 4] if value.value == 5 else [value.value]
""",
}


@pytest.mark.parametrize("kind", ["function", "program"])
@pytest.mark.parametrize("way", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("name", ["sandlock", pytest.param("docker", marks=pytest.mark.docker)])
def test_processes_share_what_they_are_given(name: str, use: str, way: str, kind: str) -> None:
    code = USES[use].replace("WAY", way)
    task, code = (FUNCTION, code) if kind == "function" else (PROGRAM, code + MAIN)
    found = grade(task, code, required_sandbox(name))
    assert found.passed, found


@pytest.mark.parametrize("way", ["spawn", "forkserver"])
def test_a_wrong_answer_in_other_processes_is_wrong(way: str) -> None:
    code = USES["a pool"].replace("WAY", way).replace("n * n", "n + n")
    assert grade(FUNCTION, code, required_sandbox("sandlock")).reason == "wrong_value"
