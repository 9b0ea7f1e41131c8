"""After the worst attacks at once: the harness grades as before, and nothing of a sandbox is left once it is closed.

Compares what this machine has before a sandbox is made and after it is closed: processes, containers, files in the
temporary folder, mounts, shared memory and this process' descriptors and threads.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import docker
import pytest
from attacks_bombs import BOMBS
from attacks_next import GROUP, HARNESS, SEQUELS
from attacks_world import SANDBOXES, named_as, required, run
from sandbox_requirements import IMAGE

from evals.graders import grade
from evals.records import Limits, Task
from evals.sandboxes import make_sandbox
from evals.sandboxes.base import Sandbox
from evals.sandboxes.docker import LABEL

pytestmark = pytest.mark.slow

_WORST = (
    "forks", "threads in tight loops", "memory of one process", "many files", "deep folders", "deep folders, never ending",
    "closed folders", "output", "a loop that ignores all signals", "stopping itself", "stopped by its child", "killing itself",
    "a daemon", "a daemon not tied to its parent", "removing its folder", "renaming its folder",
    "System V shared memory",
)  # fmt: skip


def children() -> dict[int, str]:
    """Processes below this one, by pid, with their names."""
    parents: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                head, _, tail = (folder / "stat").read_text().rpartition(") ")
            except OSError:
                continue
            parents[int(folder.name)] = (int(tail.split()[1]), head.partition("(")[2])
    found: dict[int, str] = {}
    fresh = {os.getpid()}
    while fresh:
        fresh = {pid for pid, (parent, _) in parents.items() if parent in fresh}
        found |= {pid: parents[pid][1] for pid in fresh}
    return found


def containers() -> set[str]:
    """Containers on the engine that are this process's."""
    with closing(docker.from_env()) as client:
        found = client.api.containers(all=True, filters={"label": LABEL})
    return {each["Id"] for each in found if f"/{os.getpid()}/" in each["Labels"][LABEL]}


def descriptors() -> list[str]:
    found = []
    for each in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(each.readlink()))
        except OSError:
            continue
    return sorted(found)


def shared() -> list[str]:
    """Shared memory as the attacks make it: by its key or size, or its name. Other programs of this machine have their own."""
    segments = [line.split()[:4] for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
    files = [name for name in ("big", "goldloop-left") if Path("/dev/shm", name).exists()]
    return files + [number for key, number, _, size in segments if key == "4711" or size == str(20 << 20)]


def mounts() -> list[str]:
    """Where something is mounted, but for what an engine mounts for anybody's containers."""
    places = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [place for place in places if not re.match(r"/(var/lib|run|var/run)/(docker|containerd)", place)]


LOOKS: dict[str, Callable[[], object]] = {
    "processes": children,
    "descriptors": descriptors,
    "threads": lambda: sorted(thread.name for thread in threading.enumerate()),
    "shared memory": shared,
    "mounts": mounts,
}


def opened(name: str) -> Sandbox:
    required(name)
    return make_sandbox(name, **({"image": IMAGE} if name == "docker" else {}))


def attack(sandbox: Sandbox) -> None:
    """The worst, two at a time."""
    programs = [named_as("glworst") + BOMBS[name].source for name in _WORST]
    programs += [each.first.replace(HARNESS, str(os.getpid())).replace(GROUP, str(os.getpgrp())) for each in SEQUELS.values()]
    with ThreadPoolExecutor(2) as threads:
        for _ in threads.map(lambda source: run(sandbox, source, wall_seconds=1.5, max_output_bytes=100_000), programs):
            pass


def graded(sandbox: Sandbox, code: str) -> str:
    task = Task(id="f", suite="s", split="dev", group="g", prompt="p", golden="", checks="assert f(2) == 4", limits=Limits())
    return grade(task, code, sandbox).status


@pytest.mark.parametrize("name", SANDBOXES)
def test_after_the_worst_at_once_grading_goes_on_and_nothing_is_left(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with closing(opened(name)) as first:  # loads what the harness loads once
        graded(first, "def f(x): return x")
    looks = {**LOOKS, **({"containers": containers} if name == "docker" else {})}
    before = {what: look() for what, look in looks.items()}
    files = sorted(tmp_path.iterdir())
    sandbox = opened(name)
    try:
        attack(sandbox)
        assert graded(sandbox, "def f(x): return x + 2") == "pass"
        assert graded(sandbox, "def f(x): return x + 3") == "fail"
    finally:
        sandbox.close()
    deadline = time.monotonic() + 5  # what was killed may still be dying
    while (after := {what: look() for what, look in looks.items()}) != before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert after == before
    assert sorted(tmp_path.iterdir()) == files
