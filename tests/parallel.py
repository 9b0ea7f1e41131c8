"""How the tests share a machine: which files stay together, which go first, threads, and the kernels compiled once.

With ``-n 2`` a worker takes whole files, so that what a file's tests share is made once; of two files it takes case by case.
A file's place here changes how long the tests take and never what they assert.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from hashlib import blake2b
from pathlib import Path
from typing import Any, TextIO

import pytest
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).parents[1]
KERNELS = ROOT / "decontam" / "kernels"
WORKER = "PYTEST_XDIST_WORKER"

# Files that must not run beside each other: attacks look at names and mounts of the whole machine, and one audit mounts.
TOGETHER = {
    "test_attacks_aftermath.py": "attacks",
    "test_attacks.py": "attacks",
    "test_attacks_node.py": "attacks",
    "test_decontam_audit.py": "attacks",
}
# Files whose tests share nothing that takes long: the cases of one value, such as a task, go where a worker is free.
APART = {"test_shipped_web.py", "test_forging_projects.py", "test_families.py"}
# Minutes first, so that no worker begins the longest file when the others end.
FIRST = (
    "test_loop_kill.py",
    "test_attacks.py",
    "test_attacks_node.py",
    "test_attacks_aftermath.py",
    "test_decontam_audit.py",
    "test_loop_kill_climb.py",
    "test_evals_importers_javascript.py",
    "test_evals_models_hf.py",
    "test_evals_sandboxes_docker.py",
    "test_sandboxeval.py",
    "test_hostile_answers.py",
    "test_packaging.py",
    "test_finetune_lora.py",
    "test_evals_graders_projects.py",
    "test_loop_cli.py",
    "test_loop_scaffold.py",
    "test_loop_audit.py",
    "test_evals_graders_metrics.py",
    "test_loop_rounds.py",
    "test_production_kill.py",
    "test_loop_targets.py",
    "test_evals_sandboxes_pool.py",
    "test_loop_stage_verbs.py",
)
_PLACES = {name: place for place, name in enumerate(FIRST)}

_STAMP = KERNELS / "__pycache__" / "all-compiled"
# Touches every kernel: both channels of an index and of a scan.
_COMPILE = """
import sys
from pathlib import Path
from decontam.matching.index import build_index
from decontam.matching.match import match_text
from decontam.records import Item
code = "def total(hours):\\n    found = 0\\n    for hour in hours:\\n        found += hour * 2\\n    return found\\n"
words = "Add up the burning hours of every lighthouse lamp in the ledger, leaving out the broken ones."
index = build_index([Item(key="a", prompt=words, answer=code * 3)])
match_text(words + "\\n" + code * 3, index, ["text", "code"])
Path(sys.argv[1]).touch()
"""
_started: list[subprocess.Popen[bytes]] = []


class Files(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Whole files in the order of ``sort_tests``, and some files together."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """What stays in one worker: the test's file, the files that it is together with, or of some files the cases of one value."""
    file, _, test = nodeid.partition("::")
    if Path(file).name in APART:
        return f"{file}::{test.partition('[')[2]}"
    return TOGETHER.get(Path(file).name, file)


def sort_tests(items: list[pytest.Item]) -> None:
    """The longest files first, and last those that go case by case, so that all workers end together; a file's order stays."""
    items.sort(key=lambda item: _PLACES.get(item.path.name, len(_PLACES) + (item.path.name in APART)))


def one_thread() -> None:
    """Workers and what they start do not fight for cores; before torch and OpenMP are loaded."""
    if WORKER in os.environ:
        os.environ.setdefault("OMP_NUM_THREADS", "1")


def start_compiling() -> None:
    """Compile the kernels in a process beside the collection, where their cache is missing or old.

    Two workers would compile them twice, and a test's child process might take longer than its test waits.
    """
    if WORKER in os.environ or is_compiled():
        return
    with _lock() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        # The child inherits the lock with the file, and lets go of it when it ends.
        command = [sys.executable, "-c", _COMPILE, str(_STAMP)]
        _started.append(subprocess.Popen(command, cwd=ROOT, pass_fds=(lock.fileno(),), stdout=subprocess.DEVNULL))


def await_compiled() -> None:
    """Until nobody compiles."""
    with _lock() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
    while _started:
        _started.pop().wait()


def is_compiled() -> bool:
    """Whether the kernels were compiled since they were last changed."""
    sources = [path.stat().st_mtime for path in KERNELS.glob("*.py")]
    return _STAMP.is_file() and max(sources) < _STAMP.stat().st_mtime


def _lock() -> TextIO:
    name = blake2b(str(ROOT).encode(), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir(), f"goldloop-kernels-{os.getuid()}-{name}.lock").open("a")
